//! The blocking transport, on `ureq`.
//!
//! `ureq` is made to behave as a signed request needs: nothing is added to its headers, redirected, decoded or taken from
//! the environment. Root certificates are looked at when the first https connection is opened, not before.

use std::io;
use std::time::Instant;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method};
use ureq::config::{AutoHeaderValue, Config};
use ureq::{Agent, Error, SendBody};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::body::{Body, ResponseBody};

/// HTTP/1.1 over plain sockets and TLS, with a pool of connections.
#[derive(Debug)]
pub struct UreqTransport {
    agent: Agent,
}

/// So that as many threads as a transfer has share the pool without closing each other's connections.
const MAX_IDLE: usize = 64;

impl UreqTransport {
    /// One with an empty pool.
    pub fn new() -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .user_agent(AutoHeaderValue::None)
            .allow_non_standard_methods(true)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .build();
        Self {
            agent: config.new_agent(),
        }
    }
}

impl Default for UreqTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let uri = head.uri.clone();
        if limits.cancel.is_cancelled() {
            return Err(TransportError::new(
                TransportErrorKind::Cancelled,
                &uri,
                "it was not sent",
            ));
        }
        set_length(&head.method, &mut head.headers, &body);
        // ureq writes its own from the same URL; two of them would be an error
        head.headers.remove(HOST);
        let is_head = head.method == Method::HEAD;
        let sending = match body.is_empty() {
            true => SendBody::none(),
            false => {
                let reader = body.open();
                let fault = |e| TransportError::new(TransportErrorKind::Request, &uri, e);
                SendBody::from_owned_reader(reader.map_err(fault)?)
            }
        };
        let request = http::Request::from_parts(head, sending);
        let left = limits
            .deadline
            .map(|at| at.saturating_duration_since(Instant::now()));
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(left)
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.read))
            .timeout_per_read(Some(limits.read))
            .build();
        let response = self.agent.run(request).map_err(|e| failure(&uri, e))?;
        let (head, body) = response.into_parts();
        let len = match is_head {
            true => Some(0),
            false => body.content_length(),
        };
        let reader = body.into_with_config().limit(u64::MAX).reader();
        Ok(Response::from_parts(head, ResponseBody::new(reader, len)))
    }
}

/// A known length is said, also where it is zero and a server may ask for one; else the body goes in chunks.
fn set_length(method: &Method, headers: &mut http::HeaderMap, body: &Body) {
    if headers.contains_key(TRANSFER_ENCODING) {
        return;
    }
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

fn failure(uri: &http::Uri, error: Error) -> TransportError {
    let kind = match &error {
        Error::HostNotFound | Error::ConnectionFailed => TransportErrorKind::Connect,
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            TransportErrorKind::Connect
        }
        Error::Timeout(_) => TransportErrorKind::Timeout,
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) | Error::TlsRequired => {
            TransportErrorKind::Tls
        }
        Error::BadUri(_) | Error::Http(_) => TransportErrorKind::Request,
        Error::Io(e) => match e.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => TransportErrorKind::Timeout,
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => TransportErrorKind::Connect,
            _ => TransportErrorKind::Interrupted,
        },
        _ => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, uri, error)
}
