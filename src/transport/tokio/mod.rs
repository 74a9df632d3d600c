//! The transport of the async client, on sockets and timers of tokio.
//!
//! ```text
//! http1 ─► [TLS ─►] [tunnel through a proxy ─►] socket
//! http2 ─► TLS ───► [tunnel through a proxy ─►] socket
//! ```
//! Messages of HTTP/1.1 are those of the blocking transport ([`message`](super::message)), and so are the limits
//! ([`watch`](super::watch)), routes and certificates. HTTP/2 is that of `h2`, hyper's own. A connection of HTTP/1.1 belongs to the
//! request that uses it, so dropping a request or the body of its response closes the connection. One of HTTP/2 is driven by a task
//! of its own and shared; dropping a request resets its stream.

mod connect;
mod http1;
mod http2;
mod outgoing;
mod pool;
mod sending;
mod shared;
mod socket;
mod tls;
mod wait;

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::{Uri, request, response};

use self::outgoing::Outgoing;
use self::pool::{Link, Need, Pool};
use self::wait::Wait;
use super::failure::Failure;
use super::route::{Route, Routes};
use super::watch::{Phase, Watch};
use super::{AsyncTransport, Limits, Network, Request, Response, Sending, TransportError, message};
use crate::body::ResponseBody;

/// How often a request is sent again that the server has not seen.
const MAX_UNSENT: usize = 3;

/// HTTP/1.1 and HTTP/2 over plain sockets and TLS, with a pool of connections.
///
/// Over https, the server chooses the protocol. Over http, it is HTTP/1.1, except for operations that need HTTP/2.
///
/// Connections are opened by requests, so a transport can be created outside of a runtime. The runtime needs its drivers for IO and
/// time. Requests of several runtimes do not share connections.
///
/// ```
/// use tucuxi::transport::TokioTransport;
/// use tucuxi::{AsyncClient, Config};
///
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// let transport = TokioTransport::new(config.network())?;
/// let client = AsyncClient::with_transport(config, transport)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TokioTransport {
    routes: Routes,
    pool: Arc<Pool>,
}

impl TokioTransport {
    /// Creates a transport with an empty pool.
    ///
    /// ```
    /// use tucuxi::transport::TokioTransport;
    /// let config = tucuxi::Config::builder().isolated().tcp_keepalive(true).build()?;
    /// let transport = TokioTransport::new(config.network())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a file of certificates has none, or if the URL of a proxy is invalid or has a scheme other than
    /// `http` and `https`.
    pub fn new(network: &Network) -> crate::error::Result<Self> {
        Ok(Self {
            routes: Routes::new(network)?,
            pool: Arc::new(Pool::new(network)?),
        })
    }

    async fn exchange(
        &self,
        head: &request::Parts,
        mut exchange: Exchange,
    ) -> Result<(response::Parts, Incoming), Failure> {
        let limits = &exchange.wait.watch.limits;
        let route = self.routes.to(&head.uri, limits.direct);
        let is_http2 = limits.duplex;
        let need = Need {
            uri: &head.uri,
            route,
            is_http2,
            is_long: is_http2 || limits.streams,
        };
        exchange.body.check_empty().await?;
        let mut again = 0;
        loop {
            let link = self.pool.connect(need, &mut exchange.wait).await?;
            let is_used = matches!(link, Link::Http1 { is_used: true, .. });
            match self.send_on(link, head, route, exchange, is_http2).await {
                Ok(received) => return Ok(received),
                Err(Trouble::Failed(failure)) => return Err(failure),
                Err(Trouble::Unsent(unsent, failure)) => {
                    // there are only so many idle connections
                    again += usize::from(!is_used);
                    if again > MAX_UNSENT {
                        return Err(failure);
                    }
                    exchange = unsent;
                }
            }
        }
    }

    async fn send_on(
        &self,
        link: Link,
        head: &request::Parts,
        route: Route<'_>,
        exchange: Exchange,
        is_http2: bool,
    ) -> Result<(response::Parts, Incoming), Trouble> {
        match link {
            Link::Http1 {
                stream,
                is_used,
                key,
            } => {
                let forward = match route {
                    Route::Forwarding(proxy) => Some(proxy.authorization.as_ref()),
                    Route::Direct | Route::Tunnel(_) => None,
                };
                let Exchange { body, wait } = exchange;
                let pool = self.pool.clone();
                let connection = http1::Connection::new(stream, is_used, pool, key, wait);
                let (head, incoming) = connection.exchange(head, forward, body).await?;
                Ok((head, Incoming::Http1(incoming)))
            }
            Link::Http2(lease) => {
                let (head, incoming) = http2::exchange(lease, head, exchange, is_http2).await?;
                Ok((head, Incoming::Http2(incoming)))
            }
        }
    }
}

impl AsyncTransport for TokioTransport {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            if limits.cancel.is_cancelled() {
                return Err(TransportError::cancelled(&head.uri));
            }
            message::complete(&mut head, &body);
            let watch = Arc::new(Watch::new(&limits));
            let exchange = Exchange {
                body: Outgoing::new(body),
                wait: Wait::new(watch.clone()),
            };
            let uri = head.uri.clone();
            let received = self.exchange(&head, exchange).await;
            let (head, incoming) = received.map_err(|failure| failure.into_error(&uri, &watch))?;
            if !head.status.is_success() {
                watch.set_error_response();
            }
            watch.set_phase(Phase::Receive);
            let (len, ends_by_close) = (incoming.len(), incoming.ends_by_close());
            let stream = Receiving {
                incoming: Some(incoming),
                watch,
                uri,
            };
            let body = ResponseBody::from_stream(stream, len).ending_by_close(ends_by_close);
            Ok(Response::from_parts(head, body))
        })
    }
}

/// A request that is being sent: what does not belong to a connection.
struct Exchange {
    body: Outgoing,
    wait: Wait,
}

/// A request without a response.
enum Trouble {
    Failed(Failure),
    /// The server has not seen the request, so it can be sent on another connection.
    Unsent(Exchange, Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The body of a response that is being received.
enum Incoming {
    Http1(http1::Incoming),
    Http2(http2::Incoming),
}

impl Incoming {
    fn len(&self) -> Option<u64> {
        match self {
            Self::Http1(incoming) => incoming.len(),
            Self::Http2(incoming) => incoming.len(),
        }
    }

    fn ends_by_close(&self) -> bool {
        match self {
            Self::Http1(incoming) => incoming.ends_by_close(),
            Self::Http2(_) => false,
        }
    }
}

/// The stream of a body that is being received.
struct Receiving {
    /// `None` after an error.
    incoming: Option<Incoming>,
    watch: Arc<Watch>,
    uri: Uri,
}

impl Stream for Receiving {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = match &mut self.incoming {
            Some(Incoming::Http1(incoming)) => incoming.poll_chunk(cx),
            Some(Incoming::Http2(incoming)) => incoming.poll_chunk(cx),
            None => return Poll::Ready(None),
        };
        polled.map(|next| match next? {
            Ok(chunk) => Some(Ok(chunk)),
            Err(failure) => {
                self.incoming = None;
                let error = failure.into_error(&self.uri, &self.watch);
                Some(Err(error.into_io()))
            }
        })
    }
}
