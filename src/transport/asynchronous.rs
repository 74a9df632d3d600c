//! Transports of the async client.

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures_core::Stream;
use http::Uri;
use tokio::runtime::Handle;

use super::{
    Limits, Record, Replay, Request, Response, Transport, TransportError, TransportErrorKind,
};
use crate::body::{Body, ResponseBody};
use crate::cancel::Cancelled;
use crate::runtime;

/// A request that is being sent: completes with the head of the response.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends requests without blocking.
///
/// What [`Transport`] says about requests and responses holds here, too. The body of the request is read with
/// [`Body::open_async`], the body of the response is made with [`ResponseBody::from_stream`](crate::ResponseBody::from_stream). Dropping the future gives the request up. The client
/// drops it when the call is cancelled or its deadline has passed, so a transport observes the other limits only.
///
/// ```
/// use tucuxi::transport::{AsyncTransport, Limits, Replay, Request, Sending};
///
/// /// Counts the requests of another transport.
/// struct Counted<T>(T, std::sync::atomic::AtomicUsize);
///
/// impl<T: AsyncTransport> AsyncTransport for Counted<T> {
///     fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.send(request, limits)
///     }
/// }
/// ```
pub trait AsyncTransport: Send + Sync {
    /// Sends a request and waits for the head of its response.
    fn send(&self, request: Request, limits: Limits) -> Sending<'_>;
}

impl<T: AsyncTransport + ?Sized> AsyncTransport for Arc<T> {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        (**self).send(request, limits)
    }
}

/// Reads the body of a request into memory.
async fn in_memory(request: Request) -> Result<Request, TransportError> {
    let (head, body) = request.into_parts();
    let broken = |e| TransportError::new(TransportErrorKind::Request, &head.uri, e);
    let body: Body = body.read_async().await.map_err(broken)?.into();
    Ok(Request::from_parts(head, body))
}

impl AsyncTransport for Replay {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        Box::pin(async move { Transport::send(self, in_memory(request).await?, &limits) })
    }
}

impl<T: AsyncTransport> AsyncTransport for Record<T> {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        Box::pin(async move {
            let (head, body) = in_memory(request).await?.into_parts();
            let uri = head.uri.clone();
            let recorded = Self::request(&head, body.bytes().map_or(&[], |bytes| bytes));
            let broken = |e| TransportError::new(TransportErrorKind::Interrupted, &uri, e);
            let received = async {
                let request = Request::from_parts(head, body);
                let (head, mut body) = self.transport.send(request, limits).await?.into_parts();
                Ok((head, body.collect().await.map_err(broken)?))
            };
            let received = received.await;
            self.received(recorded, received)
        })
    }
}

/// An async transport for code that blocks: credentials providers and transfers.
pub(crate) struct Bridge {
    pub(crate) transport: Arc<dyn AsyncTransport>,
    /// The runtime, for threads outside of it.
    pub(crate) runtime: Option<Handle>,
}

impl Transport for Bridge {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let runtime = self.runtime.as_ref();
        let sent = within(limits, &uri, self.transport.send(request, limits.clone()));
        let sent = runtime::block_on(runtime, sent);
        let sent = sent.map_err(|e| TransportError::new(TransportErrorKind::Request, &uri, e))?;
        let cancelled = limits.cancel.cancelled();
        sent.map(|response| {
            response.map(|body| UntilCancelled::of(body, cancelled, uri).for_threads(runtime))
        })
    }
}

/// A body that a thread reads, until the call is cancelled.
struct UntilCancelled {
    body: ResponseBody,
    cancelled: Cancelled,
    uri: Uri,
}

impl UntilCancelled {
    fn of(body: ResponseBody, cancelled: Cancelled, uri: Uri) -> ResponseBody {
        let (len, ends_by_close) = (body.len(), body.ends_by_close());
        let stream = Self {
            body,
            cancelled,
            uri,
        };
        ResponseBody::from_stream(stream, len).ending_by_close(ends_by_close)
    }
}

impl Stream for UntilCancelled {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if Pin::new(&mut self.cancelled).poll(cx).is_ready() {
            let error = TransportError::cancelled(&self.uri);
            return Poll::Ready(Some(Err(io::Error::other(error))));
        }
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// Waits for a request or its response until it is cancelled or its deadline has passed.
pub(crate) async fn within<T>(
    limits: &Limits,
    uri: &Uri,
    exchange: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::select! {
        biased;
        done = exchange => done,
        () = limits.cancel.cancelled() => Err(TransportError::cancelled(uri)),
        () = passed(limits.deadline) => Err(TransportError::late(uri)),
    }
}

/// Completes when a deadline has passed.
pub(crate) async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
