//! The body of a request that consists of events.

use std::io::{self, Read};
#[cfg(feature = "async")]
use std::pin::Pin;
use std::sync::{Arc, Mutex};
#[cfg(feature = "async")]
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
#[cfg(feature = "async")]
use futures_core::Stream;
use serde_json::Value;

use super::encoder::EventEncoder;
#[cfg(feature = "async")]
use crate::body::BodyStream;
use crate::body::{BodySource, Reuse};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::sync;

/// The events of a call. They can be sent once.
#[derive(Clone)]
pub(crate) struct EventInput(Arc<Mutex<Option<Source>>>);

enum Source {
    Iterator(Box<dyn Iterator<Item = Value> + Send>),
    #[cfg(feature = "async")]
    Stream(Pin<Box<dyn Stream<Item = Value> + Send>>),
}

impl EventInput {
    pub(crate) fn of_iterator(events: impl Iterator<Item = Value> + Send + 'static) -> Self {
        Self::new(Source::Iterator(Box::new(events)))
    }

    #[cfg(feature = "async")]
    pub(crate) fn of_stream(events: impl Stream<Item = Value> + Send + 'static) -> Self {
        Self::new(Source::Stream(Box::pin(events)))
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Mutex::new(Some(source))))
    }

    /// Whether events can be sent while those of the response are received.
    pub(crate) fn is_async(&self) -> bool {
        !matches!(*sync::lock(&self.0), Some(Source::Iterator(_)))
    }

    /// Whether a body has begun to send them.
    pub(crate) fn is_taken(&self) -> bool {
        sync::lock(&self.0).is_none()
    }

    fn take(&self) -> io::Result<Source> {
        let source = sync::lock(&self.0).take();
        source.ok_or_else(|| io::Error::other("the events were sent already, and are not kept"))
    }
}

/// Signs messages, each with the signature of the one before.
pub(crate) trait SignFrames: Send + Sync {
    /// Returns an encoded message whose payload is the encoded `message`. An empty one ends the stream.
    fn sign(&mut self, message: Vec<u8>) -> Result<Vec<u8>>;
}

/// What the two directions of a call know about each other.
#[derive(Default)]
pub(crate) struct EventLink {
    /// Set when nothing reads the response any more.
    unread: CancelToken,
    /// Why no further event could be sent.
    failed: Mutex<Option<Error>>,
}

impl EventLink {
    /// Ends the sending of events.
    pub(super) fn close(&self) {
        self.unread.cancel();
    }

    /// Returns the error of sending, which is the reason for an error of the response.
    pub(super) fn take_error(&self) -> Option<Error> {
        sync::lock(&self.failed).take()
    }
}

/// Everything that makes a body of events.
pub(crate) struct OpenStream {
    pub(crate) input: EventInput,
    pub(crate) encoder: Arc<EventEncoder>,
    pub(crate) signer: Option<Box<dyn SignFrames>>,
    /// The media type and the document of the parameters besides the events, in the RPC protocols.
    pub(crate) initial: Option<(String, Bytes)>,
    pub(crate) link: Arc<EventLink>,
}

/// The body of one attempt.
pub(crate) struct EventBody {
    input: EventInput,
    open: Mutex<Option<Messages>>,
}

impl OpenStream {
    pub(crate) fn body(self) -> EventBody {
        let messages = Messages {
            encoder: self.encoder,
            signer: self.signer,
            initial: self.initial,
            link: self.link,
            has_ended: false,
        };
        EventBody {
            input: self.input,
            open: Mutex::new(Some(messages)),
        }
    }
}

impl EventBody {
    fn take(&self) -> io::Result<(Source, Messages)> {
        let messages = sync::lock(&self.open).take();
        let spent = || io::Error::other("the events were sent already, and are not kept");
        Ok((self.input.take()?, messages.ok_or_else(spent)?))
    }
}

impl BodySource for EventBody {
    fn len(&self) -> Option<u64> {
        None
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self.take()? {
            (Source::Iterator(events), messages) => Ok(Box::new(MessageReader {
                events,
                messages,
                rest: Bytes::new(),
            })),
            #[cfg(feature = "async")]
            (Source::Stream(_), _) => Err(io::Error::other(
                "a stream of events can be sent by the async client only",
            )),
        }
    }

    #[cfg(feature = "async")]
    fn open_stream(&self) -> Option<io::Result<BodyStream>> {
        match *sync::lock(&self.input.0) {
            Some(Source::Stream(_)) => {}
            _ => return None,
        }
        Some(self.take().and_then(|taken| match taken {
            (Source::Stream(events), messages) => {
                let closed = messages.link.unread.cancelled();
                let stream: BodyStream = Box::pin(MessageStream {
                    events,
                    messages,
                    closed,
                });
                Ok(stream)
            }
            (Source::Iterator(_), _) => Err(io::Error::other("the events are not a stream")),
        }))
    }

    fn reuse(&self) -> Reuse {
        match self.input.is_taken() {
            true => Reuse::Consumed,
            false => Reuse::Once,
        }
    }
}

/// The messages of a body, in their order.
struct Messages {
    encoder: Arc<EventEncoder>,
    signer: Option<Box<dyn SignFrames>>,
    initial: Option<(String, Bytes)>,
    link: Arc<EventLink>,
    has_ended: bool,
}

impl Messages {
    /// The message that comes before all events.
    fn first(&mut self) -> Option<io::Result<Bytes>> {
        let (content_type, document) = self.initial.take()?;
        let message = EventEncoder::initial_request(&content_type, document);
        Some(self.encoded(Ok(message)))
    }

    /// The message of an event.
    fn event(&mut self, event: &Value) -> io::Result<Bytes> {
        let message = self.encoder.message(event);
        self.encoded(message)
    }

    /// The message that ends a signed stream.
    fn last(&mut self) -> Option<io::Result<Bytes>> {
        if std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        let signed = self.signer.as_mut()?.sign(Vec::new());
        Some(self.recorded(signed))
    }

    fn encoded(&mut self, message: Result<crate::frame::Message>) -> io::Result<Bytes> {
        let encoded = message.and_then(|message| Ok(message.encode()?));
        let signed = encoded.and_then(|bytes| match &mut self.signer {
            Some(signer) => signer.sign(bytes),
            None => Ok(bytes),
        });
        self.recorded(signed)
    }

    /// Ends the stream after an error, which the reader of the response returns.
    fn recorded(&mut self, signed: Result<Vec<u8>>) -> io::Result<Bytes> {
        match signed {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => {
                self.has_ended = true;
                let text = error.to_string();
                *sync::lock(&self.link.failed) = Some(error);
                Err(io::Error::other(text))
            }
        }
    }
}

/// The messages of events that a thread takes from an iterator.
struct MessageReader {
    events: Box<dyn Iterator<Item = Value> + Send>,
    messages: Messages,
    rest: Bytes,
}

impl Read for MessageReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && !self.messages.has_ended && !buf.is_empty() {
            let next = match self.messages.first() {
                Some(first) => Some(first),
                None => match self.events.next() {
                    Some(event) => Some(self.messages.event(&event)),
                    None => self.messages.last(),
                },
            };
            self.rest = next.transpose()?.unwrap_or_default();
        }
        let n = buf.len().min(self.rest.len());
        self.rest.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

/// The messages of a stream of events.
#[cfg(feature = "async")]
struct MessageStream {
    events: Pin<Box<dyn Stream<Item = Value> + Send>>,
    messages: Messages,
    closed: crate::cancel::Cancelled,
}

#[cfg(feature = "async")]
impl Stream for MessageStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.messages.has_ended {
            return Poll::Ready(None);
        }
        if Pin::new(&mut self.closed).poll(cx).is_ready() {
            self.messages.has_ended = true;
            let what = "the events of the response are not read any more";
            return Poll::Ready(Some(Err(io::Error::other(what))));
        }
        if let Some(first) = self.messages.first() {
            return Poll::Ready(Some(first));
        }
        Poll::Ready(match ready!(self.events.as_mut().poll_next(cx)) {
            Some(event) => Some(self.messages.event(&event)),
            None => self.messages.last(),
        })
    }
}
