//! The output of a call.

#[cfg(feature = "cli")]
mod arranged;
mod decode;
#[cfg(feature = "cli")]
pub(crate) mod listed;
mod ordered;
#[cfg(feature = "cli")]
pub(crate) mod printed;

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::ResponseBody;
use crate::checksum::{ChecksumAlgorithm, Expected};
pub use crate::codec::edit::Edit;
use crate::codec::edit::Edits;
use crate::codec::fit::Fitted;
use crate::codec::sink::{ToText, ToValue};
use crate::codec::tree::ToTree;
use crate::codec::warning::Warning;
use crate::codec::xml_tape::Tape;
use crate::error::{Error, Result};
use crate::eventstream::{EventLink, EventReader};
use crate::model::{Operation, ServiceModel};
use crate::protocol::{self, Nodes};
use crate::tree::Tree;
#[cfg(feature = "cli")]
use listed::Listed;
#[cfg(feature = "cli")]
use printed::{Context, Spelling, ToListed, ToPrinted};

/// The output of a successful call, decoded on demand.
///
/// A streaming body (S3's `GetObject`) is in [`Output::body`], streamed events (Kinesis' `SubscribeToShard`) are in
/// [`Output::events`]. Everything else is decoded from the response's bytes: by [`deserialize`](Output::deserialize),
/// [`deserialize_borrowed`](Output::deserialize_borrowed) or [`write_json`](Output::write_json) without a tree between, by
/// [`to_tree`](Output::to_tree) to a compact tree, by [`to_value`](Output::to_value) to a JSON value.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("content-type", "text/plain")], "hello"))?;
/// let params = serde_json::json!({"Bucket": "my-bucket", "Key": "greeting"});
/// let output = client.request("s3", "GetObject").params(params).send()?;
/// assert_eq!(output.to_value()?["ContentType"], "text/plain");
/// assert_eq!(output.body.expect("GetObject streams").read_to_vec()?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Output {
    /// The streaming body, if the operation has one. It is read from the connection on demand.
    pub body: Option<ResponseBody>,
    /// The events of an operation that streams events. They are read from the connection on demand.
    pub events: Option<EventReader>,
    /// Status, headers and ids of the response.
    pub meta: ResponseMeta,
    pub(crate) source: OutputSource,
}

/// The data that a result is decoded from.
pub(crate) struct OutputSource {
    pub(crate) model: Arc<ServiceModel>,
    pub(crate) operation: Arc<Operation>,
    pub(crate) bytes: Bytes,
    pub(crate) nodes: Option<Nodes>,
    /// Whether the payload is in `Output::body` or `Output::events`.
    pub(crate) is_streamed: bool,
    /// The checksum that a streaming body is verified against.
    pub(crate) verify: Option<Expected>,
    /// Whether the response is a placeholder for a result that an interceptor sets.
    pub(crate) stands_in: bool,
    /// The events of a buffered call.
    pub(crate) events: Option<Vec<Value>>,
    /// The result that replaces the response's.
    pub(crate) given: Option<Value>,
    /// The changes that interceptors make.
    pub(crate) edits: Edits,
    /// Whether a member that does not fit the model is an error.
    pub(crate) is_strict: bool,
    /// For a person, a function makes the timestamps of a value of those that were received.
    pub(crate) printed: Option<fn(Value) -> Value>,
    /// Whether members have the order of the model.
    pub(crate) is_ordered: bool,
    /// Whether bytes that are not UTF-8 were replaced in the body.
    pub(crate) is_mended: bool,
    /// The part of the result that fits the model, once a member was found not to.
    pub(crate) fitted: OnceLock<Box<Fitted>>,
}

impl OutputSource {
    /// The elements of an XML body.
    pub(crate) fn tape(&self) -> Option<Tape<'_, '_>> {
        protocol::tape(&self.bytes, self.nodes.as_ref()?)
    }
}

/// The metadata of a response.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "hello");
/// # let client = Client::with_transport(config, replay)?;
/// let object = serde_json::json!({"Bucket": "my-bucket", "Key": "greeting"});
/// let output = client.request("s3", "GetObject").params(object).send()?;
/// assert_eq!(output.meta.headers["etag"], "\"e\"");
/// assert_eq!(output.meta.attempts, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ResponseMeta {
    /// The service's id of this request, for support cases.
    pub request_id: Option<String>,
    /// S3's second id (`x-amz-id-2`).
    pub extended_request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The number of attempts that the call took.
    pub attempts: u32,
    /// The checksum that the body is verified against, if any. A streaming body is verified when it has been read to its end.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
}

impl Output {
    /// Decodes the result as a JSON value, without a streaming body.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// assert_eq!(output.to_value()?["TableNames"][1], "u");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the response is malformed, or if a member does not fit the model and responses are strict.
    pub fn to_value(&self) -> Result<Value> {
        match self.source.printed {
            None => self.decode(|| ToValue),
            Some(_) => Ok(self.to_tree()?.root().to_value()),
        }
    }

    /// Decodes the result as a compact tree, which a program walks or searches. It needs a third to a seventh of the memory of a
    /// [`Value`], and half of the time.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let tree = client.request("dynamodb", "ListTables").send()?.to_tree()?;
    /// let tables = tree.root().get("TableNames").expect("the response has it");
    /// assert_eq!(tables.elements().filter_map(|table| table.as_str()).collect::<Vec<_>>(), ["t", "u"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the response is malformed, or if a member does not fit the model and responses are strict.
    pub fn to_tree(&self) -> Result<Tree> {
        let source = &self.source;
        let mut tree = self.decode(|| ToTree {
            timestamp: source.printed,
            len: source.bytes.len(),
        })?;
        if let (true, Some(shape)) = (source.is_ordered, source.operation.output) {
            ordered::sort(&mut tree, 0, shape, &source.model);
        }
        Ok(tree)
    }

    /// Deserializes the result without building a tree first.
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
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// let tables: Tables = output.deserialize()?;
    /// assert_eq!(tables.table_names, ["t", "u"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the response is malformed or does not fit the type, or if a member does not fit the model and responses
    /// are strict.
    pub fn deserialize<T: DeserializeOwned>(self) -> Result<T> {
        self.decode_type()
    }

    /// Deserializes the result to a type that may borrow strings from the response.
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
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t", "u"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// let tables: Tables<'_> = output.deserialize_borrowed()?;
    /// assert_eq!(tables.table_names, ["t", "u"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the response is malformed or does not fit the type, or if a member does not fit the model and responses
    /// are strict.
    pub fn deserialize_borrowed<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        self.decode_type()
    }

    /// Writes the result as compact JSON. Nothing is written if the result cannot be decoded.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t", "u"]}"#);
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
    /// Returns an error if the response is malformed, a member does not fit the model and responses are strict, or the writer fails.
    pub fn write_json(&self, out: impl io::Write) -> Result<()> {
        let capacity = self.source.bytes.len();
        write_whole(out, &self.decode(|| ToText { capacity })?)
    }

    /// Writes the result as indented JSON. Nothing is written if the result cannot be decoded.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// output.write_json_pretty(std::io::stdout())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the response is malformed, a member does not fit the model and responses are strict, or the writer fails.
    pub fn write_json_pretty(&self, out: impl io::Write) -> Result<()> {
        let tree = self.decode(|| ToTree {
            timestamp: None,
            len: self.source.bytes.len(),
        })?;
        let text = serde_json::to_vec_pretty(&tree).map_err(Error::response)?;
        write_whole(out, &text)
    }

    /// Registers a change to the member at the end of a path. It is made whenever the result is decoded, be it to a `Value`, to a
    /// type or to JSON text.
    ///
    /// A path consists of the names of members in the model. `*` stands for every entry of a map; the items of a list need no step
    /// of their own. A path that the response does not have changes nothing.
    ///
    /// ```
    /// use tucuxi::Output;
    /// use tucuxi::interceptor::{CallContext, Interceptor};
    /// use tucuxi::output::Edit;
    /// # use tucuxi::{Client, Config, transport::Replay};
    ///
    /// /// Parses the attributes of queues that are JSON.
    /// struct Policies;
    ///
    /// impl Interceptor for Policies {
    ///     fn result(&self, _: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
    ///         if let Ok(output) = result {
    ///             output.edit(["Attributes", "*"], Edit::Json);
    ///         }
    ///     }
    /// }
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().interceptor(Policies);
    /// # let replay = Replay::new().respond(200, &[], r#"{"Attributes": {"Policy": "{\"Version\": \"2012-10-17\"}"}}"#);
    /// # let client = Client::with_transport(config.build()?, replay)?;
    /// # let params = serde_json::json!({"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"});
    /// # let found = client.call("sqs", "GetQueueAttributes", params)?;
    /// # assert_eq!(found["Attributes"]["Policy"]["Version"], "2012-10-17");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit<'p>(&mut self, path: impl IntoIterator<Item = &'p str>, edit: Edit) {
        self.source.edits.at(path, edit);
    }

    /// Adds a member to the result, such as one that the service sends in a header that the model does not have.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let mut output = client.request("dynamodb", "ListTables").send()?;
    /// output.add_member("Region", "eu-west-1");
    /// assert_eq!(output.to_value()?["Region"], "eu-west-1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_member(&mut self, name: &str, value: impl Into<Value>) {
        self.source.edits.add(name, value);
    }

    /// Replaces the result with a value, in the form in which [`to_value`](Self::to_value) returns it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let mut output = client.request("dynamodb", "ListTables").send()?;
    /// output.set_value(serde_json::json!({"TableNames": ["t"]}));
    /// assert_eq!(output.to_value()?["TableNames"][0], "t");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_value(&mut self, value: Value) {
        self.source.given = Some(value);
    }

    /// Gives [`to_value`](Self::to_value) the form for a person: a function makes its timestamps of those that were received.
    #[cfg(feature = "cli")]
    pub(crate) fn set_printed(&mut self, form: fn(Value) -> Value) {
        self.source.printed = Some(form);
    }

    /// Gives members the order of the model.
    #[cfg(feature = "cli")]
    pub(crate) fn set_ordered(&mut self) {
        self.source.is_ordered = true;
    }

    /// What is printed, of timestamps as they are set to be.
    #[cfg(feature = "cli")]
    fn printed_context(&self, number: fn(&serde_json::Number) -> String) -> Result<Context<'_>> {
        let source = &self.source;
        let shape = source.operation.output.map(|id| source.model.shape(id));
        Ok(Context {
            model: &source.model,
            shape: shape.transpose()?,
            spelling: Spelling {
                timestamp: source.printed.unwrap_or(std::convert::identity),
                number,
            },
            depth: 0,
        })
    }

    /// The result as JSON text in the form for a person, with numbers as a function writes them.
    #[cfg(feature = "cli")]
    pub(crate) fn to_printed(&self, number: fn(&serde_json::Number) -> String) -> Result<Vec<u8>> {
        let context = self.printed_context(number)?;
        self.decode(|| ToPrinted(context, self.printed_len()))
    }

    /// The result as a value in the form for a person, but for the items of one list, which are text.
    #[cfg(feature = "cli")]
    pub(crate) fn to_listed(
        &self,
        list: &str,
        number: fn(&serde_json::Number) -> String,
    ) -> Result<Listed> {
        let context = self.printed_context(number)?;
        let mut listed = self.decode(|| ToListed {
            context,
            list,
            capacity: self.printed_len(),
        })?;
        if let Some(shape) = self.source.operation.output {
            let mut rest = Tree::from(&listed.rest);
            ordered::sort(&mut rest, 0, shape, &self.source.model);
            listed.rest = rest.root().to_value();
        }
        Ok(listed)
    }

    /// The estimated length of the text, which is longer than the response by its indents.
    #[cfg(feature = "cli")]
    fn printed_len(&self) -> usize {
        2 * self.source.bytes.len()
    }

    /// Attaches the response body that the driver holds, which is verified as it is read.
    pub(crate) fn with_stream(mut self, stream: Option<ResponseBody>) -> Self {
        if let Some(stream) = stream.filter(|_| self.source.is_streamed) {
            self.body = Some(match self.source.verify.take() {
                Some(expected) => expected.verified(stream),
                None => stream,
            });
        }
        self
    }

    /// Opens the body of an event stream; `sent` are the events of the request. With `collect`, reads all events into memory, up to that many bytes.
    pub(crate) fn with_events(
        mut self,
        collect: Option<u64>,
        sent: Option<Arc<EventLink>>,
    ) -> Result<Self> {
        if let Some(mut events) = self.open_events(collect, sent)? {
            if self.has_initial_response() {
                self.source.bytes = events.initial_response()?;
            }
            match collect.is_some() {
                true => self.source.events = Some(events.collect::<Result<_>>()?),
                false => self.events = Some(events),
            }
        }
        Ok(self)
    }

    /// Does the same without blocking.
    #[cfg(feature = "async")]
    pub(crate) async fn with_events_async(
        mut self,
        collect: Option<u64>,
        sent: Option<Arc<EventLink>>,
    ) -> Result<Self> {
        if let Some(mut events) = self.open_events(collect, sent)? {
            if self.has_initial_response() {
                self.source.bytes = events.initial_response_async().await?;
            }
            if collect.is_some() {
                let mut all = Vec::new();
                while let Some(event) = events.next_event().await {
                    all.push(event?);
                }
                self.source.events = Some(all);
            } else {
                self.events = Some(events);
            }
        }
        Ok(self)
    }

    /// The reader of the events, if the body is a stream of them.
    fn open_events(
        &mut self,
        collect: Option<u64>,
        sent: Option<Arc<EventLink>>,
    ) -> Result<Option<EventReader>> {
        let source = &self.source;
        let operation = &source.operation;
        let Some(stream) = protocol::event_stream(&source.model, operation)? else {
            return Ok(None);
        };
        let Some(body) = self.body.take() else {
            return Ok(None);
        };
        let body = match collect {
            Some(most) => body.limited(most),
            None => body,
        };
        let mut events = EventReader::new(source.model.clone(), operation, stream, body);
        events.is_strict = source.is_strict;
        events.sent = sent;
        Ok(Some(events))
    }

    /// Whether the first message of the stream holds the other members of the result.
    fn has_initial_response(&self) -> bool {
        protocol::for_model(&self.source.model).has_initial_response()
    }

    /// Returns the members of the result that do not fit the model, at most 100; none if [`set_value`](Self::set_value) set the
    /// result.
    ///
    /// The rest of such a response is decoded all the same. A scalar that cannot be decoded is kept as text. If the caller's type
    /// has no place for the text, an `Option` of a number, a boolean or an enumeration is `None`, and any other field is an error
    /// that names the member. A member of another kind (an object where the model has a list) is left out. With
    /// [`ConfigBuilder::strict_responses`](crate::ConfigBuilder::strict_responses) each of these is an error.
    ///
    /// This decodes the response once more.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"TableName": "t", "CreationDateTime": "soon"}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let params = serde_json::json!({"TableName": "t"});
    /// let output = client.request("dynamodb", "DescribeTable").params(params).send()?;
    /// assert_eq!(output.to_value()?["Table"]["CreationDateTime"], "soon");
    /// assert_eq!(output.warnings()[0].path, "Table.CreationDateTime");
    /// # Ok(())
    /// # }
    /// ```
    pub fn warnings(&self) -> &[Warning] {
        // a type of the caller's may have skipped them
        if self.source.fitted.get().is_none() {
            drop(self.decode(|| ToValue));
        }
        let fitted = self.source.fitted.get();
        fitted.map_or(&[], |fitted| &fitted.warnings)
    }
}

/// Writes a text that is complete, so that no truncated document is written.
fn write_whole(mut out: impl io::Write, text: &[u8]) -> Result<()> {
    out.write_all(text).map_err(Error::response)
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("operation", &self.source.operation.name)
            .field("status", &self.meta.status)
            .field("bytes", &self.source.bytes.len())
            .finish_non_exhaustive()
    }
}
