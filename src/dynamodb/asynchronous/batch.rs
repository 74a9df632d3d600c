//! Batches.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::SERVICE;
use super::super::backoff::Backoff;
use super::super::batch_get::{BATCH_GET, BatchGet, Reader};
use super::super::batch_write::{BATCH_WRITE, BatchWriter};
use super::super::listing::Items;
use super::listing::failed;
use crate::cancel::CancelToken;
use crate::client::AsyncClient;
use crate::error::Result;

impl Backoff {
    async fn wait_async(&self, client: &AsyncClient) -> Result<()> {
        match self.delay(client.config()) {
            Some(delay) => client.pause(delay, &CancelToken::default()).await,
            None => Ok(()),
        }
    }
}

impl BatchGet<AsyncClient> {
    /// Returns the items, in no particular order, as a [`Stream`]. Errors are items of it. An error of a call is the last item;
    /// after an item that does not fit the type, the stream continues.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Responses": {"films": [{"year": {"N": "1931"}}]}}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    ///
    /// let mut films = client.table("films").batch_get([json!({"title": "M"})]).items::<Value>();
    /// while let Some(film) = films.next().await {
    ///     assert_eq!(film?["year"], 1931);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items<T: DeserializeOwned>(self) -> Items<T, AsyncClient> {
        Items::new(match self.reader() {
            Ok(reader) => Box::pin(Reading::Idle(Box::new(reader))),
            Err(error) => failed(error),
        })
    }
}

type BatchReader = Box<Reader<AsyncClient>>;

/// The items of batches.
enum Reading {
    Idle(BatchReader),
    Sent(Pin<Box<dyn Future<Output = (BatchReader, Result<()>)> + Send>>),
    Done,
}

async fn read(mut reader: BatchReader) -> (BatchReader, Result<()>) {
    let client = reader.table.client().clone();
    let response = match reader.backoff.wait_async(&client).await {
        Ok(()) => {
            let (params, sent) = reader.next_batch();
            let response = client.call(SERVICE, BATCH_GET, params).await;
            reader.received(sent, response)
        }
        Err(error) => reader.received(0, Err(error)),
    };
    (reader, response)
}

impl Stream for Reading {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut *self {
                Self::Done => return Poll::Ready(None),
                Self::Idle(reader) => {
                    if let Some(item) = reader.found.next() {
                        return Poll::Ready(Some(Ok(item)));
                    }
                    *self = match std::mem::replace(&mut *self, Self::Done) {
                        Self::Idle(reader) if !reader.keys.is_empty() => {
                            Self::Sent(Box::pin(read(reader)))
                        }
                        _ => Self::Done,
                    };
                }
                Self::Sent(sent) => {
                    let (reader, received) = ready!(sent.as_mut().poll(cx));
                    *self = Self::Idle(reader);
                    if let Err(error) = received {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

/// Writing without blocking. If the future of a method is dropped, no request is lost: a batch whose response did not arrive is
/// sent again with the next one. A writer that is dropped with buffered requests only logs a warning.
impl BatchWriter<AsyncClient> {
    /// Writes an item.
    ///
    /// # Errors
    ///
    /// Returns an error if the item is invalid, which is then not buffered, as it would block the other items of its batch; or
    /// if a full batch could not be sent, which is then kept.
    pub async fn put(&mut self, item: impl Serialize) -> Result<()> {
        let buffered = self.buffer_put(&item);
        drop(item); // it need not be `Send`
        buffered?;
        self.send_full().await
    }

    /// Deletes the item with this key.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`put`](Self::put).
    pub async fn delete(&mut self, key: impl Serialize) -> Result<()> {
        let buffered = self.buffer_delete(&key);
        drop(key);
        buffered?;
        self.send_full().await
    }

    async fn send_full(&mut self) -> Result<()> {
        while self.is_full() {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<()> {
        let client = self.table.client().clone();
        self.backoff.wait_async(&client).await?;
        let params = self.next_batch();
        let response = client.call(SERVICE, BATCH_WRITE, params).await;
        self.received(response)
    }

    async fn send_all(&mut self) -> Result<()> {
        while self.pending() > 0 {
            self.send().await?;
        }
        Ok(())
    }

    /// Sends the remaining requests.
    ///
    /// # Errors
    ///
    /// Returns [`DynamoDbError::Unwritten`](super::super::DynamoDbError::Unwritten), with the requests that were not written, if
    /// a call fails or the service repeatedly processes nothing.
    pub async fn finish(mut self) -> Result<()> {
        let sent = self.send_all().await;
        self.unwritten(sent)
    }
}
