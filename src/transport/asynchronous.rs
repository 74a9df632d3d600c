//! Transports of the async client.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use super::{
    Limits, Record, Replay, Request, Response, Transport, TransportError, TransportErrorKind,
};
use crate::body::Body;
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

/// An async transport for blocking code of a thread that may block: credentials providers and transfers.
pub(crate) struct Bridge(pub(crate) Arc<dyn AsyncTransport>);

impl Transport for Bridge {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let sent = runtime::block_on(self.0.send_within(request, limits.clone()));
        sent.map_err(|e| TransportError::new(TransportErrorKind::Request, &uri, e))?
    }
}

impl dyn AsyncTransport {
    /// Sends a request until it is cancelled or its deadline has passed.
    pub(crate) async fn send_within(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let (cancel, deadline) = (limits.cancel.clone(), limits.deadline);
        let late = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            sent = self.send(request, limits) => sent,
            () = cancel.cancelled() => Err(TransportError::cancelled(&uri)),
            () = late => Err(TransportError::late(&uri)),
        }
    }
}
