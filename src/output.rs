//! What a call gives back.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::Value;

use crate::body::ResponseBody;
use crate::checksum::ChecksumAlgorithm;
use crate::codec::ReadError;
use crate::codec::edit::{Edited, Edits};
use crate::codec::target::{Copier, ToValue};
use crate::codec::xml_tape::Tape;
use crate::error::{Error, Result};
use crate::eventstream::EventReader;
use crate::model::{Operation, ServiceModel};
use crate::protocol::{self, Answer, Nodes};

/// The answer of a successful call, decoded to what is asked for.
///
/// The body of an operation that streams one (S3's `GetObject`) is in [`Output::body`], the events of one that streams
/// those (Kinesis' `SubscribeToShard`) in [`Output::events`]; everything else is decoded from
/// the bytes by [`value`](Output::value), [`into`](Output::into), [`read`](Output::read) or
/// [`write_json`](Output::write_json). Only the first of these builds a tree.
pub struct Output {
    /// The streaming body, if the operation has one. It is read from the connection as you read it.
    pub body: Option<ResponseBody>,
    /// The events of an operation that streams events. They come from the connection as you ask for them.
    pub events: Option<EventReader>,
    /// Status, headers and ids of the answer.
    pub meta: ResponseMeta,
    pub(crate) source: OutputSource,
}

/// What a result is decoded from.
pub(crate) struct OutputSource {
    pub(crate) model: Arc<ServiceModel>,
    /// The operation's API name.
    pub(crate) operation: Box<str>,
    pub(crate) bytes: Bytes,
    pub(crate) nodes: Option<Nodes>,
    /// The payload was left to `Output::body` or to `Output::events`.
    pub(crate) is_streamed: bool,
    /// The response stands in for a result that a program gives.
    pub(crate) stands_in: bool,
    /// The events, if they were collected.
    pub(crate) events: Option<Vec<Value>>,
    /// What a program gave in the place of all that.
    pub(crate) given: Option<Value>,
    /// What the service's customisations change in it.
    pub(crate) edits: Edits,
}

impl OutputSource {
    /// The elements of an XML body.
    pub(crate) fn tape(&self) -> Option<Tape<'_, '_>> {
        protocol::tape(&self.bytes, self.nodes.as_ref()?)
    }
}

/// What an answer says beside its result.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ResponseMeta {
    /// The service's id of this request, for its support.
    pub request_id: Option<Box<str>>,
    /// S3's second id (`x-amz-id-2`).
    pub extended_request_id: Option<Box<str>>,
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// How many attempts were made.
    pub attempts: u32,
    /// The checksum that the body is held against, if it is: one that streams at its end.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
}

impl Output {
    /// The result as a JSON value. A streaming body is not in it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// assert_eq!(output.value()?["TableNames"][1], "u");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The answer does not fit the model.
    pub fn value(&self) -> Result<Value> {
        self.decode(ToValue)
    }

    /// The result as a type of yours, without a tree between.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Tables {
    ///     table_names: Vec<String>,
    /// }
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// let tables: Tables = output.into()?;
    /// assert_eq!(tables.table_names, ["t", "u"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The answer does not fit the model or the type.
    pub fn into<T: DeserializeOwned>(self) -> Result<T> {
        self.decode(PhantomData::<T>)
    }

    /// The result as a type that may borrow from the answer: what is as long as the call needs no copy.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Tables<'a> {
    ///     #[serde(borrow)]
    ///     table_names: Vec<&'a str>,
    /// }
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// let tables: Tables<'_> = output.read()?;
    /// assert_eq!(tables.table_names, ["t", "u"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The answer does not fit the model or the type.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        self.decode(PhantomData::<T>)
    }

    /// Writes the result as JSON text, on one line, straight from the reader.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// let mut text = Vec::new();
    /// output.write_json(&mut text)?;
    /// assert_eq!(text, br#"{"TableNames":["t","u"]}"#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The answer does not fit the model, or the writer fails: that error is the cause.
    pub fn write_json(&self, out: impl io::Write) -> Result<()> {
        keeping_error(out, |out| {
            self.decode(Copier(&mut serde_json::Serializer::new(out)))
        })
    }

    /// Writes the result as JSON text, indented.
    ///
    /// # Errors
    ///
    /// The answer does not fit the model, or the writer fails: that error is the cause.
    pub fn write_json_pretty(&self, out: impl io::Write) -> Result<()> {
        keeping_error(out, |out| {
            self.decode(Copier(&mut serde_json::Serializer::pretty(out)))
        })
    }

    /// Makes events of a stream of them, and collects up to so many bytes of them where the whole response is wanted at once.
    pub(crate) fn with_events(mut self, collect: Option<u64>) -> Result<Self> {
        let source = &mut self.source;
        let operation = source.model.operation(&source.operation)?;
        let Some(stream) = protocol::event_stream(&source.model, operation)? else {
            return Ok(self);
        };
        let Some(body) = self.body.take() else {
            return Ok(self);
        };
        let body = match collect {
            Some(most) => body.limited(most),
            None => body,
        };
        let mut events = EventReader::new(source.model.clone(), operation, stream, body);
        if !source.model.metadata().protocol.is_rest() {
            source.bytes = events.initial_response()?;
        }
        match collect.is_some() {
            true => source.events = Some(events.collect::<Result<_>>()?),
            false => self.events = Some(events),
        }
        Ok(self)
    }

    fn decode<'a, S: DeserializeSeed<'a>>(&'a self, seed: S) -> Result<S::Value> {
        let source = &self.source;
        let operation = source.model.operation(&source.operation)?;
        let edits = &source.edits;
        let named = |e| {
            self.unreadable(operation, e)
                .of_call(source.model.name(), &operation.name)
        };
        if let Some(given) = &source.given {
            let read = match edits.is_empty() {
                true => seed.deserialize(given),
                false => Edited { seed, edits }.deserialize(given),
            };
            return read.map_err(named);
        }
        let answer = Answer {
            model: &source.model,
            status: self.meta.status,
            headers: &self.meta.headers,
            body: &source.bytes,
            nodes: source.nodes.as_ref(),
            is_streamed: source.is_streamed,
            events: source.events.as_deref(),
        };
        let read = match edits.is_empty() {
            true => answer.read(operation, seed),
            false => answer.read(operation, Edited { seed, edits }),
        };
        read.map_err(named)
    }
}

impl Output {
    /// The error of a body that is broken, or does not fit what is wanted of it.
    fn unreadable(&self, operation: &Operation, error: ReadError) -> Error {
        if !(error.is_eof() || error.is_syntax()) {
            return Error::response(error);
        }
        let error = protocol::unexpected_response(
            &self.source.model,
            operation,
            self.meta.status,
            &self.meta.headers,
            &self.source.bytes,
            (
                "a whole document".into(),
                format!("one that is broken ({error})").into(),
            ),
        );
        Error::UnexpectedResponse(Box::new(error))
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("operation", &self.source.operation)
            .field("status", &self.meta.status)
            .field("bytes", &self.source.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A serializer makes text of its writer's error; this gives back the error itself.
fn keeping_error<W: io::Write>(
    out: W,
    write: impl FnOnce(&mut KeepError<W>) -> Result<()>,
) -> Result<()> {
    let mut out = KeepError { out, error: None };
    let written = write(&mut out);
    match out.error {
        Some(error) => Err(Error::response(error)),
        None => written,
    }
}

struct KeepError<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: io::Write> io::Write for KeepError<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.out.write(buf).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.error = Some(error);
            }
            kind.into()
        })
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
