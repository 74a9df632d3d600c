//! Sending events from anywhere in a program.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Creates a queue of events: what a task sends into the one end, a call sends from the other
/// ([`RequestBuilder::events`](crate::RequestBuilder::events)). At most `capacity` events wait in it, at least one.
///
/// ```
/// use serde_json::json;
/// use tucuxi::eventstream;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (sender, events) = eventstream::channel(16);
/// sender.send(json!({"audioEvent": {"audioChunk": "c291bmQ="}})).await?;
/// drop(events);
/// assert!(sender.send(json!({"audioEvent": {}})).await.is_err());
/// # Ok(())
/// # }
/// ```
pub fn channel(capacity: usize) -> (EventSender, Events) {
    let (sender, receiver) = mpsc::channel(capacity.clamp(1, tokio::sync::Semaphore::MAX_PERMITS));
    (EventSender(sender), Events(receiver))
}

/// Sends events to a call. The stream ends when all clones are dropped. [`channel`] returns it.
///
/// ```
/// use tucuxi::eventstream::{EventSender, StreamEnded};
///
/// /// Sends a recording in pieces.
/// async fn send_all(sender: EventSender, recording: Vec<String>) -> Result<(), StreamEnded> {
///     for chunk in recording {
///         sender.send(serde_json::json!({"AudioEvent": {"AudioChunk": chunk}})).await?;
///     }
///     Ok(())
/// }
/// # let _ = send_all;
/// ```
#[derive(Clone, Debug)]
pub struct EventSender(Sender<Value>);

impl EventSender {
    /// Sends an event, an object with one member. It waits while the queue is full.
    ///
    /// # Errors
    ///
    /// Returns an error if the call has ended, or its response is not read any more.
    pub async fn send(&self, event: Value) -> Result<(), StreamEnded> {
        self.0.send(event).await.map_err(|_| StreamEnded)
    }
}

/// The events of an [`EventSender`], for [`RequestBuilder::events`](crate::RequestBuilder::events).
///
/// ```
/// use tucuxi::AsyncClient;
/// use tucuxi::eventstream::Events;
///
/// /// Transcribes what is sent into the other end.
/// async fn transcribe(client: &AsyncClient, audio: Events) -> tucuxi::Result<tucuxi::Output> {
///     let params = serde_json::json!({"LanguageCode": "en-US", "MediaSampleRateHertz": 16_000, "MediaEncoding": "pcm"});
///     client.request("transcribe-streaming", "StartStreamTranscription").params(params).events(audio).send().await
/// }
/// # let _ = transcribe;
/// ```
#[derive(Debug)]
pub struct Events(Receiver<Value>);

impl Stream for Events {
    type Item = Value;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Value>> {
        self.0.poll_recv(cx)
    }
}

/// The call that an event was sent to has ended.
///
/// ```
/// use tucuxi::eventstream::{self, StreamEnded};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (sender, events) = eventstream::channel(1);
/// drop(events);
/// assert_eq!(sender.send(serde_json::json!({"Ping": {}})).await, Err(StreamEnded));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call has ended, or its response is not read any more")]
pub struct StreamEnded;
