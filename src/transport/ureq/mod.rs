//! The blocking transport, on the connections of `ureq`.
//!
//! ```text
//! http1 ─► ureq's Transport: TLS ─► [tunnel through a proxy ─►] socket
//!  head, chunks                                                  watch: timeouts, cancellation
//! ```
//! `ureq` opens connections, with TLS and through proxies. The HTTP messages are written and read here: `ureq` would log every
//! byte of a signed request. Root certificates are loaded when the first https connection is opened. All waiting is done in
//! [`socket`], until [`watch`] ends it.

mod authority;
mod chunks;
mod error;
mod head;
mod http1;
mod pool;
mod proxy;
mod socket;
mod tls;
mod watch;

use std::io::{self, Read};
use std::sync::Arc;

use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Uri};

use self::http1::{Connection, Incoming};
use self::proxy::Route;
use self::watch::{Phase, Watch};
use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::body::{Body, ResponseBody};
use crate::transport::Network;

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
    routes: proxy::Routes,
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
    /// Returns an error if a file of certificates is invalid, or if the URL of a proxy is invalid or has a scheme other than
    /// `http` and `https`.
    pub fn new(network: &Network) -> crate::error::Result<Self> {
        Ok(Self {
            routes: proxy::Routes::new(network)?,
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
        set_length(&head.method, &mut head.headers, &body);
        // this transport decodes nothing
        let identity = HeaderValue::from_static("identity");
        head.headers.entry(ACCEPT_ENCODING).or_insert(identity);
        let watch = Watch::new(limits);
        let result = {
            let _entered = watch.enter();
            let Route { pool, to, forward } = self.routes.to(&uri, limits.direct);
            let connection = Connection::new(pool, to, &watch);
            let forward = forward.as_ref().map(Option::as_ref);
            connection.and_then(|one| one.exchange(&head, forward, &body))
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

/// Sets the headers for the length of the body, whatever an interceptor has set. A known length is always sent, even zero if the
/// method may require it; a body of unknown length is sent in chunks.
fn set_length(method: &Method, headers: &mut HeaderMap, body: &Body) {
    headers.remove(TRANSFER_ENCODING);
    let may_have_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    match body.len() {
        Some(0) if !may_have_body => {}
        Some(len) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
        }
        None => {
            headers.remove(CONTENT_LENGTH);
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
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
        let _entered = self.watch.enter();
        self.incoming.read(buf).map_err(|failure| {
            let error = failure.into_error(&self.uri, &self.watch);
            let kind = match error.kind() {
                TransportErrorKind::Timeout => io::ErrorKind::TimedOut,
                TransportErrorKind::Interrupted => io::ErrorKind::UnexpectedEof,
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_the_length_follow_the_body() {
        let sized = || Body::from("hello");
        let unsized_ = || Body::from_reader(io::empty());
        let cases = [
            (Method::PUT, sized(), Some("5"), false),
            (Method::GET, sized(), Some("5"), false),
            (Method::PUT, Body::from(""), Some("0"), false),
            (Method::GET, Body::from(""), None, false),
            (Method::PUT, unsized_(), None, true),
        ];
        for (method, body, length, is_chunked) in cases {
            for preset in [None, Some("chunked"), Some("gzip, chunked")] {
                let mut headers = HeaderMap::new();
                headers.extend(preset.map(|is| (TRANSFER_ENCODING, HeaderValue::from_static(is))));
                set_length(&method, &mut headers, &body);
                let found = headers.get(CONTENT_LENGTH).and_then(|is| is.to_str().ok());
                assert_eq!(found, length, "{method} {preset:?}");
                let coding = headers.get(TRANSFER_ENCODING);
                assert_eq!(coding.is_some(), is_chunked, "{method} {preset:?}");
                assert!(coding.is_none_or(|coding| coding == "chunked"));
            }
        }
    }
}
