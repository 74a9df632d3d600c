//! The blocking transport, on the connections of `ureq`.
//!
//! ```text
//! http1 ─► Transport: TLS ─► [tunnel through a proxy ─►] socket
//!  head, chunks                                           watch: time, cancel
//! ```
//! `ureq` opens connections, with TLS and through proxies. What is said on them is written and read here: a signed request
//! goes as it is, and `ureq` would write every byte of it to the log. Root certificates are looked at when the first https
//! connection is opened, not before. All waiting is done in [`socket`], under the eyes of [`watch`].

mod chunks;
mod head;
mod http1;
mod pool;
mod proxy;
mod socket;
mod tls;
mod watch;

use std::io::{self, ErrorKind, Read};
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
#[derive(Debug)]
pub struct UreqTransport {
    routes: proxy::Routes,
}

impl UreqTransport {
    /// One with an empty pool.
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
    /// Fails if a file of certificates is broken, or if a proxy's URL is invalid or of a kind that is not supported.
    pub fn new(network: &Network) -> crate::error::Result<Self> {
        Ok(Self {
            routes: proxy::Routes::new(network)?,
        })
    }
}

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// The request's body cannot be read.
    #[error("{0}")]
    Body(io::Error),
    #[error("{0}")]
    Closed(&'static str),
    #[error("{0}")]
    Http(String),
    #[error("{0}")]
    TooLarge(&'static str),
    #[error("{0}")]
    Ureq(#[from] ureq::Error),
}

impl Transport for UreqTransport {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let uri = head.uri.clone();
        if limits.cancel.is_cancelled() {
            return Err(TransportError::cancelled(&uri));
        }
        set_length(&head.method, &mut head.headers, &body);
        // nothing is decoded here
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
        let (head, mut incoming) = result.map_err(|error| failure(&uri, &watch, error))?;
        if !head.status.is_success() {
            watch.set_failed();
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

fn port(uri: &Uri) -> u16 {
    match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => port,
        (None, Some("https")) => 443,
        _ => 80,
    }
}

/// A known length is stated, also where it is zero and a server may require one; else the body goes in chunks. The headers
/// say how the body is sent, whatever an interceptor has set.
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

/// A response's body on its way.
struct Receiving {
    incoming: Incoming,
    watch: Arc<Watch>,
    uri: Uri,
}

impl Read for Receiving {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.watch.set_phase(Phase::Receive);
        let _entered = self.watch.enter();
        self.incoming.read(buf).map_err(|fault| {
            let error = failure(&self.uri, &self.watch, fault);
            let kind = match error.kind() {
                TransportErrorKind::Timeout => ErrorKind::TimedOut,
                TransportErrorKind::Interrupted => ErrorKind::UnexpectedEof,
                _ => ErrorKind::Other,
            };
            io::Error::new(kind, error)
        })
    }
}

fn failure(uri: &Uri, watch: &Watch, fault: Fault) -> TransportError {
    use ureq::Error as E;
    let fault = match fault {
        Fault::Body(error) => return TransportError::new(TransportErrorKind::Request, uri, error),
        other => other,
    };
    if let Some((kind, why)) = watch.stopped() {
        return TransportError::new(kind, uri, why);
    }
    let connecting = matches!(watch.phase(), Phase::Connect(_));
    let kind = match &fault {
        Fault::TooLarge(_) => TransportErrorKind::TooLarge,
        Fault::Ureq(E::Tls(_) | E::Pem(_) | E::Rustls(_) | E::TlsRequired) => {
            TransportErrorKind::Tls
        }
        Fault::Ureq(E::Io(e)) if connecting && e.kind() == ErrorKind::InvalidData => {
            TransportErrorKind::Tls
        }
        _ if connecting => TransportErrorKind::Connect,
        Fault::Ureq(E::BadUri(_) | E::Http(_)) => TransportErrorKind::Request,
        _ => TransportErrorKind::Interrupted,
    };
    match fault {
        Fault::Ureq(error) => TransportError::new(kind, uri, error),
        other => TransportError::new(kind, uri, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_say_how_the_body_is_sent() {
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
