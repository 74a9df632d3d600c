//! Transports: one request out, one answer in. Signing, retries and redirects are done above.

mod replay;
#[cfg(feature = "ureq")]
mod ureq;

pub use self::replay::{Replay, Sent};
#[cfg(feature = "ureq")]
pub use self::ureq::UreqTransport;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::body::{Body, ResponseBody};
use crate::error::BoxError;

/// A request as it goes out: signed, with all its headers but those of the connection.
pub type Request = http::Request<Body>;

/// An answer as it comes in, its body unread.
pub type Response = http::Response<ResponseBody>;

/// Sends requests.
///
/// Bytes of path, query and headers go out as they are: the signature covers them. Answers come back whatever their
/// status; nothing is redirected, decoded or tried again.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    ///
    /// No whole head came.
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError>;
}

/// How long a request may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// For a connection to stand, TLS included.
    pub connect: Duration,
    /// For anything to come, once the request is sent.
    pub read: Duration,
    /// When everything must be done.
    pub deadline: Option<Instant>,
    /// Ends the wait when it is set.
    pub cancel: CancelToken,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            read: Duration::from_secs(60),
            deadline: None,
            cancel: CancelToken::default(),
        }
    }
}

/// Cancels from another thread what was started with a clone of it.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Cancels.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("{} {to}: {source}", kind.what())]
pub struct TransportError {
    kind: TransportErrorKind,
    to: Box<str>,
    source: BoxError,
}

impl TransportError {
    /// `request` is told by its scheme, host and port: a query may hold secrets.
    pub fn new(kind: TransportErrorKind, to: &http::Uri, source: impl Into<BoxError>) -> Self {
        let scheme = to.scheme_str().unwrap_or("http");
        let host = to.host().unwrap_or_default();
        let port = to.port().map(|port| format!(":{port}")).unwrap_or_default();
        Self {
            kind,
            to: format!("{scheme}://{host}{port}").into(),
            source: source.into(),
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The caller cancelled. Not tried again.
    Cancelled,
    /// There is no connection. Tried again.
    Connect,
    /// The connection broke, or what came was no HTTP. Tried again.
    Interrupted,
    /// The request itself cannot be sent, for one because its body cannot be read. Not tried again.
    Request,
    /// Nothing came in time. Tried again.
    Timeout,
    /// The other side's certificate is not trusted, or there is no common TLS. Tried again.
    Tls,
}

impl TransportErrorKind {
    /// Whether another attempt may succeed.
    pub fn is_retryable(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Request)
    }

    fn what(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled the request to",
            Self::Connect => "could not connect to",
            Self::Interrupted => "the connection broke to",
            Self::Request => "could not send to",
            Self::Timeout => "no answer in time from",
            Self::Tls => "no trusted connection to",
        }
    }
}
