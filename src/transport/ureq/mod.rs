//! The blocking transport, on the connections of `ureq`.
//!
//! ```text
//! http1 ─► ureq's Transport: TLS ─► [tunnel through a proxy ─►] socket
//!  message                                                       watch: timeouts, cancellation
//! ```
//! `ureq` opens connections, with TLS and through proxies. The HTTP messages are written and read here: `ureq` would log every
//! byte of a signed request. Root certificates are loaded when the first https connection is opened. All waiting is done in
//! [`socket`], which [`watch`](super::watch) ends.

mod buffers;
mod current;
mod error;
mod http1;
mod pool;
mod pools;

mod socket;
mod tls;

use std::io::{self, Read};
use std::sync::Arc;

use http::Uri;

use self::current::enter;
use self::http1::{Connection, Incoming};
use self::pools::Way;
use super::watch::{Phase, Watch};
use super::{Limits, Network, Request, Response, Transport, TransportError, message};
use crate::body::ResponseBody;

/// HTTP/1.1 over plain sockets and TLS, with a pool of connections.
///
/// A client creates one by default ([`Client::with_config`](crate::Client::with_config)). A program creates one to share it among
/// clients, or to wrap it in another transport:
///
/// ```
/// use std::sync::Arc;
/// use tucuxi::{Client, Config, transport::UreqTransport};
///
/// let config = Config::builder().isolated().region("eu-west-1").build()?;
/// let connections = Arc::new(UreqTransport::new(config.network())?);
/// let clients = [
///     Client::with_transport(config.clone(), connections.clone())?,
///     Client::with_transport(config, connections)?,
/// ];
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
pub struct UreqTransport {
    pools: pools::Pools,
}

impl UreqTransport {
    /// Creates a transport with an empty pool.
    ///
    /// ```
    /// use tucuxi::transport::UreqTransport;
    /// let config = tucuxi::Config::builder().isolated().tcp_keepalive(true).build()?;
    /// let transport = UreqTransport::new(config.network())?;
    /// let client = tucuxi::Client::with_transport(config, transport)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a file of certificates has none, or if the URL of a proxy is invalid or has a scheme other than
    /// `http` and `https`.
    pub fn new(network: &Network) -> crate::error::Result<Self> {
        Ok(Self {
            pools: pools::Pools::new(network)?,
        })
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let uri = head.uri.clone();
        if limits.cancel.is_cancelled() {
            return Err(TransportError::cancelled(&uri));
        }
        message::complete(&mut head, &body);
        let watch = Arc::new(Watch::new(limits));
        let result = {
            let _entered = enter(&watch);
            let way = self.pools.to(&uri, limits.direct);
            way.and_then(|Way { pool, to, forward }| {
                Connection::new(pool, to, &watch)?.exchange(&head, forward, &body)
            })
        };
        let (head, mut incoming) = result.map_err(|failure| failure.into_error(&uri, &watch))?;
        if !head.status.is_success() {
            watch.set_error_response();
        }
        incoming.finish();
        let (len, ends_by_close) = (incoming.len(), incoming.ends_by_close());
        let reader = Receiving {
            incoming,
            watch,
            uri,
        };
        let body = match ends_by_close {
            true => ResponseBody::until_close(reader),
            false => ResponseBody::new(reader, len),
        };
        Ok(Response::from_parts(head, body))
    }
}

/// The body of a response that is being received.
struct Receiving {
    incoming: Incoming,
    watch: Arc<Watch>,
    uri: Uri,
}

impl Read for Receiving {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.watch.set_phase(Phase::Receive);
        let _entered = enter(&self.watch);
        let read = self.incoming.read(buf);
        read.map_err(|failure| failure.into_error(&self.uri, &self.watch).into_io())
    }
}
