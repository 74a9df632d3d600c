//! Pages and elements as streams.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::{Map, Value};

use super::{Elements, Pages, error};
use crate::cancel::CancelToken;
use crate::client::{AsyncClient, RequestBuilder, Shared};
use crate::error::{Error, Result};
use crate::exchange::Purpose;
use crate::runtime::{self, Background};

type Sent = <AsyncClient as Shared>::Sent;

impl AsyncClient {
    /// Lists the pages of an operation, as [`Client::pages`](crate::Client::pages) does. They are a [`Stream`].
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new()
    /// #     .respond(200, &[], r#"{"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}"#)
    /// #     .respond(200, &[], r#"{"TableNames": ["three"]}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// let mut names = client.pages("dynamodb", "ListTables", json!({})).await?.items();
    /// let mut count = 0;
    /// while let Some(name) = names.next().await {
    ///     println!("{}", name?);
    ///     count += 1;
    /// }
    /// assert_eq!(count, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the operation does not return its result in pages, or a parameter is not an object.
    pub async fn pages(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Pages<Self>> {
        self.request(service, operation)
            .params(params)
            .pages()
            .await
    }

    /// Returns whether an operation returns its result in pages.
    ///
    /// # Errors
    ///
    /// Returns an error if the service or the operation does not exist.
    pub async fn can_paginate(&self, service: &str, operation: &str) -> Result<bool> {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        self.blocking(move |client| client.can_paginate(&service, &operation))
            .await
    }
}

impl RequestBuilder<AsyncClient> {
    /// Lists the pages of the request, with its options, as [`RequestBuilder::pages`] does.
    ///
    /// # Errors
    ///
    /// As [`AsyncClient::pages`].
    pub async fn pages(self) -> Result<Pages<AsyncClient>> {
        // the definitions of pages are in a file
        let listing = runtime::off_executor(move || self.listing()).await;
        let listing = listing.map_err(Error::request)??;
        let (request, cancel) = (listing.request, listing.cancel);
        let fetch = move |params, cancel: CancelToken| -> Sent {
            let request = request.with(params).purpose(Purpose::Pages);
            let sent = request.cancel_with(&cancel).send_buffered();
            Box::pin(async { sent.await?.to_value() })
        };
        let fetch: <AsyncClient as Shared>::Fetch = Arc::new(fetch);
        let mut pages = Pages::new(listing.definition, listing.params, listing.call, fetch)?;
        pages.cancel = cancel;
        Ok(pages)
    }
}

impl Pages<AsyncClient> {
    /// Returns the next page, or `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Value>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Merges all pages into one result, as the blocking `collect_full` does.
    ///
    /// # Errors
    ///
    /// Returns the error of the first page that fails.
    pub async fn collect_full(&mut self) -> Result<Value> {
        let mut full = Value::Object(Map::new());
        while let Some(page) = self.next().await {
            self.cursor.merge(&mut full, page?)?;
        }
        self.cursor.complete(&mut full);
        Ok(full)
    }

    /// Receives the page that was requested, and requests the next one if it is wanted in advance.
    fn received(&mut self, page: Result<Value>) -> Result<Value> {
        let page = page.inspect_err(|_| self.cursor.end())?;
        let page = self.cursor.accept(page)?;
        if self.prefetch
            && let Some(params) = self.cursor.next_params()?
        {
            let sent = (self.fetch)(params, self.cancel.clone());
            let sent = Background::start(sent).map_err(Error::request)?;
            let ended = |e| error(format!("the request for the next page ended: {e}"));
            self.prefetched = Some(Box::pin(async move { sent.await.map_err(ended)? }));
        }
        Ok(page)
    }
}

impl Stream for Pages<AsyncClient> {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.prefetched.is_none() {
            match self.cursor.next_params() {
                Ok(None) => return Poll::Ready(None),
                Ok(Some(params)) => {
                    self.prefetched = Some((self.fetch)(params, self.cancel.clone()));
                }
                Err(error) => return Poll::Ready(Some(self.named(Err(error)))),
            }
        }
        let Some(sent) = &mut self.prefetched else {
            return Poll::Ready(None);
        };
        let page = ready!(sent.as_mut().poll(cx));
        self.prefetched = None;
        let page = self.received(page);
        Poll::Ready(Some(self.named(page)))
    }
}

impl<T> Elements<T, AsyncClient> {
    /// Returns the next element, or `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T> Stream for Elements<T, AsyncClient> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(element) = self.in_memory() {
                return Poll::Ready(Some(element));
            }
            let Some(page) = ready!(Pin::new(&mut self.pages).poll_next(cx)) else {
                return Poll::Ready(None);
            };
            match page.and_then(|page| self.of_page(page)) {
                Ok(elements) => self.page = elements.into_iter(),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}
