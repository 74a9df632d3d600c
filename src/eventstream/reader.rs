//! Converts messages to events.

use std::fmt;
#[cfg(feature = "async")]
use std::io::Read as _;
#[cfg(feature = "async")]
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "async")]
use std::task::{Context, Poll, ready};

use bytes::Bytes;
#[cfg(feature = "async")]
use bytes::{Buf as _, BytesMut};
#[cfg(feature = "async")]
use futures_core::Stream;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::input::EventLink;
use crate::body::ResponseBody;
use crate::codec::raw::Text;
use crate::codec::{scalar, warning};
use crate::error::{Detail, Error, ErrorKind, Result, ServiceError};
use crate::frame::{FrameError, HeaderValue, Message};
use crate::model::{Kind, Member, Operation, ServiceModel, ShapeId};
use crate::protocol::{self, BufferedResponse};
use crate::time;
use crate::transport::TransportError;

/// An iterator over the events of a response, as they are received. An event is an object with one member.
///
/// `next` waits for an event, and the reader holds one message at a time. Dropping the reader closes the connection.
///
/// A value that does not fit the model is converted as far as possible, as in results, and logged. Events that are not in the model
/// are skipped. The last item is an error if the stream fails, ends inside a message or contains an error. It is also an error if
/// only the end of the connection ends the stream, because the stream may then be truncated.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # use tucuxi::eventstream::{HeaderValue, Message};
/// # let header = |text: &str| HeaderValue::String(text.into());
/// # let records = Message::new("1,squid\n")
/// #     .with(":message-type", header("event"))
/// #     .with(":event-type", header("Records"));
/// # let replay = Replay::new().respond(200, &[], records.encode()?);
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, replay)?;
/// let query = serde_json::json!({
///     "Bucket": "river", "Key": "catch.csv", "Expression": "select * from s3object", "ExpressionType": "SQL",
///     "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}},
/// });
/// let output = client.request("s3", "SelectObjectContent").params(query).send()?;
/// for event in output.events.unwrap() {
///     assert_eq!(event?["Records"]["Payload"], "MSxzcXVpZAo="); // base64, as all blobs
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventReader {
    model: Arc<ServiceModel>,
    operation: Arc<Operation>,
    /// The union whose members are the events.
    stream: ShapeId,
    body: Option<ResponseBody>,
    /// Whether a value that does not fit the model is an error.
    pub(crate) is_strict: bool,
    /// The events that are sent at the same time.
    pub(crate) sent: Option<Arc<EventLink>>,
    /// The part of a message that has been received.
    #[cfg(feature = "async")]
    received: BytesMut,
}

impl EventReader {
    pub(crate) fn new(
        model: Arc<ServiceModel>,
        operation: &Arc<Operation>,
        stream: &Member,
        body: ResponseBody,
    ) -> Self {
        Self {
            stream: stream.target,
            operation: operation.clone(),
            body: Some(body),
            is_strict: false,
            sent: None,
            model,
            #[cfg(feature = "async")]
            received: BytesMut::new(),
        }
    }

    /// Reads the first message of an RPC protocol's stream. It holds the members of the output other than the event stream.
    pub(crate) fn initial_response(&mut self) -> Result<Bytes> {
        let message = self.message()?;
        self.initial(message)
    }

    fn initial(&self, message: Option<Message>) -> Result<Bytes> {
        match message {
            Some(message) if message.text(":event-type") == Some("initial-response") => {
                Ok(message.payload)
            }
            // an error event in its place is the error of the call
            Some(message) => match self.event(&message) {
                Err(error) => Err(error),
                Ok(_) => Err(Error::response(
                    "the event stream does not start with its initial response",
                )),
            },
            None => Err(FrameError::Empty.into()),
        }
    }

    fn message(&mut self) -> Result<Option<Message>> {
        let Some(body) = &mut self.body else {
            return Ok(None);
        };
        // an async driver may have received more than it needed
        #[cfg(feature = "async")]
        let read = Message::read(&mut (&mut self.received).reader().chain(&mut *body));
        #[cfg(not(feature = "async"))]
        let read = Message::read(body);
        match read {
            Ok(None) if body.ends_by_close() => Err(FrameError::Unproven.into()),
            read => Ok(read?),
        }
    }

    #[cfg(feature = "async")]
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>>> {
        loop {
            if let Some(message) = Message::split_from(&mut self.received)? {
                return Poll::Ready(Ok(Some(message)));
            }
            let Some(body) = &mut self.body else {
                return Poll::Ready(Ok(None));
            };
            match ready!(Pin::new(&mut *body).poll_next(cx)) {
                Some(Ok(chunk)) => self.received.extend_from_slice(&chunk),
                Some(Err(error)) => return Poll::Ready(Err(FrameError::Read(error).into())),
                None if !self.received.is_empty() => {
                    return Poll::Ready(Err(FrameError::Truncated.into()));
                }
                None if body.ends_by_close() => {
                    return Poll::Ready(Err(FrameError::Unproven.into()));
                }
                None => return Poll::Ready(Ok(None)),
            }
        }
    }

    /// Does what [`initial_response`](Self::initial_response) does, without blocking.
    #[cfg(feature = "async")]
    pub(crate) async fn initial_response_async(&mut self) -> Result<Bytes> {
        let message = std::future::poll_fn(|cx| self.poll_message(cx)).await?;
        self.initial(message)
    }

    /// Lets threads outside of the runtime read the events.
    #[cfg(all(feature = "async", feature = "_internals"))]
    pub(crate) fn for_threads(mut self, runtime: Option<&tokio::runtime::Handle>) -> Self {
        self.body = self.body.take().map(|body| body.for_threads(runtime));
        self
    }

    /// Returns the next event, or `None` at the end, without blocking. The iterator's rules hold.
    #[cfg(feature = "async")]
    pub async fn next_event(&mut self) -> Option<Result<Value>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Ends the stream and the sending of events. Returns the error of these, if they failed.
    fn end(&mut self) -> Option<Error> {
        self.body = None;
        #[cfg(feature = "async")]
        self.received.clear();
        let sent = self.sent.take()?;
        sent.close();
        sent.take_error()
    }

    /// Returns the item for a message, or `None` if the model does not have the event.
    fn item(&mut self, message: Result<Option<Message>>) -> Option<Option<Result<Value>>> {
        let found = match message {
            Ok(Some(message)) => self.event(&message).transpose()?,
            Ok(None) => match self.end() {
                Some(error) => Err(error),
                None => return Some(None),
            },
            Err(error) => Err(error),
        };
        Some(Some(found.map_err(|error| {
            // an event that cannot be sent breaks the connection
            let error = self.end().unwrap_or(error);
            error.of_call(self.model.name(), &self.operation.name)
        })))
    }

    /// Converts a message to an event. Returns `None` if the event is not in the model.
    fn event(&self, message: &Message) -> Result<Option<Value>> {
        let text = |name: &str| message.text(name).unwrap_or_default();
        match message.text(":message-type") {
            Some("event") => self.named_event(text(":event-type"), message),
            Some("exception") => Err(self.exception(text(":exception-type"), message)),
            Some("error") => {
                let found = ServiceError::in_stream(text(":error-code"), text(":error-message"));
                Err(found.into())
            }
            other => Err(Error::response(format!(
                "event stream: unknown message type {other:?}"
            ))),
        }
    }

    fn member(&self, name: &str) -> Result<Option<&Member>> {
        let members = self.model.shape(self.stream)?.members();
        Ok(members.and_then(|members| members.get(name)))
    }

    fn named_event(&self, name: &str, message: &Message) -> Result<Option<Value>> {
        let Some(member) = self.member(name)? else {
            tracing::debug!(event = name, "the model does not know this event");
            return Ok(None);
        };
        let mut event = Map::new();
        let mut payload = None;
        for part in self
            .model
            .shape(member.target)?
            .members()
            .into_iter()
            .flatten()
        {
            if part.event_payload {
                payload = Some(part);
            }
            if let Some(value) = message
                .header(&part.wire_name)
                .filter(|_| part.event_header)
            {
                event.insert((*part.name).into(), header_value(value)?);
            }
        }
        match payload {
            Some(part) => {
                let value = self.payload(part, &message.payload)?;
                event.insert((*part.name).into(), value);
            }
            None if message.payload.is_empty() => {}
            None => {
                if let Value::Object(members) = self.decode(member.target, &message.payload)? {
                    event.extend(members);
                }
            }
        }
        let event = Map::from_iter([((*member.name).into(), event.into())]);
        Ok(Some(event.into()))
    }

    fn payload(&self, part: &Member, bytes: &Bytes) -> Result<Value> {
        match self.model.shape(part.target)?.kind {
            Kind::Blob => Ok(scalar::base64_encode(bytes).into()),
            Kind::String => Ok(Text::of_bytes(bytes).text.into()),
            _ => self.decode(part.target, bytes),
        }
    }

    fn decode(&self, shape: ShapeId, bytes: &[u8]) -> Result<Value> {
        let (nodes, none) = (
            BufferedResponse::scan(&self.model, bytes).map_err(Error::response)?,
            HeaderMap::new(),
        );
        let response = BufferedResponse {
            nodes: nodes.as_ref(),
            ..BufferedResponse::new(&self.model, &none, bytes)
        };
        let (value, warnings) = response.value(shape, |_| 0).map_err(Error::response)?;
        if let Some(warning) = warnings.first().filter(|_| self.is_strict) {
            let what = format!("{warning} (strict_responses is on)");
            return Err(Error::response(what));
        }
        warning::log(&warnings, self.model.name(), &self.operation.name);
        Ok(value)
    }

    /// Converts an exception, whose shape is a member of the event stream as well.
    fn exception(&self, name: &str, message: &Message) -> Error {
        let found = match self.member(name) {
            Ok(member) => {
                let mut found = protocol::service_error(
                    &self.model,
                    &self.operation,
                    400,
                    &HeaderMap::new(),
                    &message.payload,
                );
                found.code = name.into();
                if let Some(member) = member {
                    found.shape = Some(self.model.shape_name(member.target).into());
                    found.value = self
                        .decode(member.target, &message.payload)
                        .unwrap_or_default();
                }
                found
            }
            Err(_) => ServiceError::in_stream(name, ""),
        };
        found.into()
    }
}

impl Iterator for EventReader {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let message = self.message();
            if let Some(item) = self.item(message) {
                return item;
            }
        }
    }
}

#[cfg(feature = "async")]
impl Stream for EventReader {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let message = ready!(self.poll_message(cx));
            if let Some(item) = self.item(message) {
                return Poll::Ready(item);
            }
        }
    }
}

impl Drop for EventReader {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for EventReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader")
            .field("operation", &self.operation.name)
            .finish_non_exhaustive()
    }
}

impl Detail for FrameError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Response
    }

    fn is_timeout(&self) -> bool {
        self.of_transport().is_some_and(Detail::is_timeout)
    }

    fn is_cancelled(&self) -> bool {
        self.of_transport().is_some_and(Detail::is_cancelled)
    }

    fn below(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            _ => None,
        }
    }
}

impl FrameError {
    /// The transport error with which the stream failed.
    fn of_transport(&self) -> Option<&TransportError> {
        match self {
            Self::Read(error) => error.get_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

fn header_value(value: &HeaderValue) -> Result<Value> {
    Ok(match value {
        HeaderValue::Bool(yes) => (*yes).into(),
        HeaderValue::Byte(n) => (*n).into(),
        HeaderValue::Short(n) => (*n).into(),
        HeaderValue::Int(n) => (*n).into(),
        HeaderValue::Long(n) => (*n).into(),
        HeaderValue::Bytes(bytes) => scalar::base64_encode(bytes).into(),
        HeaderValue::String(text) => (**text).into(),
        HeaderValue::Timestamp(millis) => {
            let instant = time::from_epoch_millis(*millis).map_err(Error::response)?;
            instant.rfc3339().into()
        }
        HeaderValue::Uuid(uuid) => uuid::Uuid::from_bytes(*uuid).to_string().into(),
    })
}
