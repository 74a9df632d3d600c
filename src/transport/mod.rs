//! Transports: one request out, one answer in. Signing, retries and redirects are done above.

mod cassette;
mod network;
mod record;
mod replay;
#[cfg(feature = "ureq")]
mod ureq;

pub(crate) use self::network::hosts;
pub use self::network::{Network, Proxies, Throughput};
pub use self::record::Record;
pub use self::replay::{Replay, Sent};
#[cfg(feature = "ureq")]
pub use self::ureq::UreqTransport;
pub use crate::cancel::{CancelToken, Cancelled};

use std::time::{Duration, Instant};
use std::{fmt, io};

use crate::body::{Body, ResponseBody};
use crate::error::{BoxError, Detail, ErrorKind, unsaid};
use crate::printable::Printable;

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
    /// When the head of the answer must be there.
    pub deadline: Option<Instant>,
    /// When its body must be read.
    pub body_deadline: Option<Instant>,
    /// The least that the bodies of request and response must flow.
    pub throughput: Option<Throughput>,
    /// The least that the body of the response must flow, where it is read whole.
    pub whole_throughput: Option<Throughput>,
    /// Whether the program reads the body of a good response itself, at its own pace. That of an error is read whole, until
    /// `deadline` at most.
    pub streams: bool,
    /// Whether the request goes to its host without a proxy.
    pub direct: bool,
    /// Ends the wait when it is set.
    pub cancel: CancelToken,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(60),
            read: Duration::from_secs(60),
            deadline: None,
            body_deadline: None,
            throughput: None,
            whole_throughput: None,
            streams: false,
            direct: false,
            cancel: CancelToken::default(),
        }
    }
}

/// Why no answer came.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    to: Box<str>,
    source: BoxError,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (to, source) = (Printable(&self.to), Printable(&self.source));
        write!(f, "{} {to}: {source}", self.kind.what())
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        unsaid(self, Some(&*self.source))
    }
}

impl Detail for TransportError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Transport
    }

    fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }

    fn is_timeout(&self) -> bool {
        self.kind == TransportErrorKind::Timeout
    }

    fn is_cancelled(&self) -> bool {
        self.kind == TransportErrorKind::Cancelled
    }
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

    /// The caller cancelled.
    pub fn cancelled(to: &http::Uri) -> Self {
        Self::new(TransportErrorKind::Cancelled, to, "the caller cancelled it")
    }

    /// The body of a response could not be read. An error of the transport's own stays as it is.
    pub(crate) fn of_body(from: &http::Uri, error: io::Error) -> Self {
        error.downcast().unwrap_or_else(|error| {
            let kind = match error.kind() {
                io::ErrorKind::FileTooLarge => TransportErrorKind::TooLarge,
                _ => TransportErrorKind::Interrupted,
            };
            Self::new(kind, from, error)
        })
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
    /// The response is larger than a limit allows. Not tried again.
    TooLarge,
}

impl TransportErrorKind {
    /// Whether another attempt may succeed.
    pub fn is_retryable(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Request | Self::TooLarge)
    }

    /// As cassettes have it.
    fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Connect => "connect",
            Self::Interrupted => "interrupted",
            Self::Request => "request",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too large",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let all = [
            Self::Cancelled,
            Self::Connect,
            Self::Interrupted,
            Self::Request,
            Self::Timeout,
            Self::Tls,
            Self::TooLarge,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    fn what(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled the request to",
            Self::Connect => "could not connect to",
            Self::Interrupted => "the connection broke to",
            Self::Request => "could not send to",
            Self::Timeout => "no answer in time from",
            Self::Tls => "no trusted connection to",
            Self::TooLarge => "refused the response of",
        }
    }
}
