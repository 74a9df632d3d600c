//! Queries and scans.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::listing::{Items, Listing, count_of};
use super::super::{SERVICE, from_plain};
use super::segments::Segments;
use crate::client::{AsyncClient, Shared};
use crate::error::{Error, Result};
use crate::paginate::{Elements, Pages};

type Values = <AsyncClient as Shared>::Series;
type ItemsOfPages = Elements<Value, AsyncClient>;

impl Listing<AsyncClient> {
    /// Returns the items as a [`Stream`]. Pages are fetched as they are needed. The tasks of
    /// [`Table::parallel_scan`](super::super::Table::parallel_scan) start with the first item, read ahead by one page each, and
    /// end when the stream is dropped or one of them fails.
    ///
    /// Errors are items of the stream. An error of a call is the last item; after an item that does not fit the type, the stream
    /// continues.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"n": {"N": "1"}}, {"n": {"N": "2"}}]}"#)
    /// #     .respond(200, &[], r#"{"Items": [{"n": {"N": "3"}}]}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// #[derive(serde::Deserialize)]
    /// struct Number {
    ///     n: u32,
    /// }
    /// let mut numbers = client.table("numbers").parallel_scan(2).items::<Number>();
    /// let mut sum = 0;
    /// while let Some(number) = numbers.next().await {
    ///     sum += number?.n;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn items<T: DeserializeOwned>(self) -> Items<T, AsyncClient> {
        Items::new(match self.segments {
            Some(segments) => {
                let client = self.table.client().clone();
                match self.merged() {
                    Ok(params) => Box::pin(Segments::new(client, params, segments)),
                    Err(error) => failed(error),
                }
            }
            None => {
                let elements = async { Ok(self.pages().await?.items()) };
                Box::pin(Opening::Pending(Box::pin(elements)))
            }
        })
    }

    /// Returns the pages, as the blocking `pages` does. They are a [`Stream`].
    ///
    /// # Errors
    ///
    /// Returns an error if an expression is invalid.
    pub async fn pages(self) -> Result<Pages<AsyncClient>> {
        let (client, operation) = (self.table.client().clone(), self.operation);
        client.pages(SERVICE, operation, self.merged()?).await
    }

    /// Counts the items without returning them.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[], r#"{"Count": 7}"#))?;
    /// assert_eq!(client.table("films").scan().count().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an expression is invalid or a call fails.
    pub async fn count(self) -> Result<u64> {
        let mut pages = self.param("Select", "COUNT").pages().await?;
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += count_of(&page?);
        }
        Ok(count)
    }
}

impl<T: DeserializeOwned> Items<T, AsyncClient> {
    /// Returns the next item, or `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T: DeserializeOwned> Stream for Items<T, AsyncClient> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let value = ready!(self.values.as_mut().poll_next(cx));
        Poll::Ready(value.map(|value| value.and_then(from_plain)))
    }
}

/// Items of which the only one is an error.
pub(super) fn failed(error: Error) -> Values {
    struct Failed(Option<Error>);
    impl Stream for Failed {
        type Item = Result<Value>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.take().map(Err))
        }
    }
    Box::pin(Failed(Some(error)))
}

/// The items of a listing, whose definition is read first.
enum Opening {
    Pending(Pin<Box<dyn Future<Output = Result<ItemsOfPages>> + Send>>),
    Open(Box<ItemsOfPages>),
    Failed,
}

impl Stream for Opening {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            *self = match &mut *self {
                Self::Failed => return Poll::Ready(None),
                Self::Open(elements) => return Pin::new(elements).poll_next(cx),
                Self::Pending(elements) => match ready!(elements.as_mut().poll(cx)) {
                    Ok(elements) => Self::Open(Box::new(elements)),
                    Err(error) => {
                        *self = Self::Failed;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            };
        }
    }
}
