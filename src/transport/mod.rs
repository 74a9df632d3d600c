//! Transports, which send one request and receive one response. Signing, retries and redirects are not their task.
//!
//! A client uses [`UreqTransport`] by default. [`Replay`] returns canned responses in tests, [`Record`] writes what another
//! transport sends and receives to a file, and a program can implement [`Transport`] with its own HTTP client.

#[cfg(feature = "async")]
mod asynchronous;
#[cfg(any(feature = "async", feature = "ureq"))]
mod authority;
mod cassette;
#[cfg(any(feature = "async", feature = "ureq"))]
mod failure;
#[cfg(any(feature = "async", feature = "ureq"))]
mod idle;
#[cfg(any(feature = "async", feature = "ureq"))]
mod message;
mod network;
mod record;
mod replay;
#[cfg(any(feature = "async", feature = "ureq"))]
mod route;
#[cfg(feature = "async")]
mod tokio;
#[cfg(any(feature = "async", feature = "ureq"))]
mod trust;
#[cfg(feature = "ureq")]
mod ureq;
#[cfg(any(feature = "async", feature = "ureq"))]
mod watch;

#[cfg(feature = "async")]
pub use self::asynchronous::{AsyncTransport, Sending};
#[cfg(feature = "async")]
pub(crate) use self::asynchronous::{Bridge, passed, within};
pub(crate) use self::network::hosts;
pub use self::network::{Network, Proxies, Throughput};
pub use self::record::Record;
pub use self::replay::{Replay, SentRequest};
#[cfg(feature = "async")]
pub use self::tokio::TokioTransport;
#[cfg(feature = "ureq")]
pub use self::ureq::UreqTransport;
pub use crate::cancel::{CancelToken, Cancelled};

use std::time::{Duration, Instant};
use std::{fmt, io};

use crate::body::{Body, ResponseBody};
use crate::error::{BoxError, Detail, ErrorKind, unsaid};
use crate::printable::Printable;

/// A signed request, with all headers except those of the connection.
///
/// ```
/// use tucuxi::transport::Request;
///
/// let request: Request = http::Request::get("https://example.com/").body(tucuxi::Body::empty())?;
/// # let _ = request;
/// # Ok::<(), http::Error>(())
/// ```
pub type Request = http::Request<Body>;

/// A received response, whose body has not been read yet.
///
/// ```
/// use tucuxi::transport::Response;
///
/// let response: Response = http::Response::builder().status(200).body(r#"{"TableNames": []}"#.into())?;
/// # let _ = response;
/// # Ok::<(), http::Error>(())
/// ```
pub type Response = http::Response<ResponseBody>;

/// Sends requests.
///
/// An implementation sends path, query and headers unchanged, as the signature covers them. It returns every response,
/// whatever its status, and does not follow redirects, decode bodies or retry.
///
/// ```
/// use tucuxi::transport::{Limits, Replay, Request, Response, Transport, TransportError};
///
/// /// Counts the requests of another transport.
/// struct Counted<T>(T, std::sync::atomic::AtomicUsize);
///
/// impl<T: Transport> Transport for Counted<T> {
///     fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.send(request, limits)
///     }
/// }
/// # let config = tucuxi::Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// let replay = Replay::new().respond(200, &[], r#"{"TableNames": []}"#);
/// let client = tucuxi::Client::with_transport(config, Counted(replay, Default::default()))?;
/// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the head of its response.
    ///
    /// # Errors
    ///
    /// Returns an error if no complete head is received.
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError>;
}

/// The limits of a request.
///
/// ```
/// use std::time::Duration;
///
/// let mut limits = tucuxi::transport::Limits::default();
/// limits.read = Duration::from_secs(5);
/// assert_eq!(limits.deadline, None);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The time limit for opening a connection, including the TLS handshake.
    pub connect: Duration,
    /// The longest wait for bytes of the response.
    pub read: Duration,
    /// The time by which the head of the response must be received.
    pub deadline: Option<Instant>,
    /// The time by which the body of the response must be read.
    pub body_deadline: Option<Instant>,
    /// The minimum throughput of the bodies of request and response.
    pub throughput: Option<Throughput>,
    /// The minimum throughput of the body of a response that is read completely before the call returns.
    pub whole_throughput: Option<Throughput>,
    /// Whether the program reads the body of a successful response at its own pace. The body of an error is always read
    /// completely before the call returns, until `deadline` at most.
    pub streams: bool,
    /// Whether the bodies of request and response are sent at the same time, which needs HTTP/2. Both may be silent for any time.
    pub duplex: bool,
    /// Whether the body of the request is a stream of events. A service may report success before it has received all of them; before
    /// the end of any other body, that is an error.
    pub sends_events: bool,
    /// Whether the request is sent without a proxy, whatever the settings.
    pub direct: bool,
    /// Cancels the request.
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
            duplex: false,
            sends_events: false,
            cancel: CancelToken::default(),
        }
    }
}

/// The failure of a request for which no complete response was received.
///
/// ```
/// use tucuxi::transport::{Replay, TransportError, TransportErrorKind};
///
/// # let config = tucuxi::Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
/// let replay = Replay::new().failure(TransportErrorKind::Timeout);
/// let client = tucuxi::Client::with_transport(config, replay)?;
/// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
/// let cause: &TransportError = error.downcast_ref().unwrap();
/// assert_eq!(cause.kind(), TransportErrorKind::Timeout);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    to: Box<str>,
    source: BoxError,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (to, source) = (Printable(&self.to), Printable(&self.source));
        write!(f, "{} {to}: {source}", self.kind.problem())
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
    /// Creates an error of a request to `to`. Its text has scheme, host and port of the URL only: a query may hold secrets.
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

    /// Creates the error of a request that the caller cancelled.
    pub fn cancelled(to: &http::Uri) -> Self {
        Self::new(TransportErrorKind::Cancelled, to, "the caller cancelled it")
    }

    /// Creates the error of a request whose deadline has passed.
    #[cfg(feature = "async")]
    pub(crate) fn late(uri: &http::Uri) -> Self {
        let what = "the operation timeout or the attempt timeout has passed";
        Self::new(TransportErrorKind::Timeout, uri, what)
    }

    /// Converts an error that reading the body of a response returned. An error of the transport itself is returned unchanged.
    pub(crate) fn of_body(from: &http::Uri, error: io::Error) -> Self {
        error.downcast().unwrap_or_else(|error| {
            let kind = match error.kind() {
                io::ErrorKind::FileTooLarge => TransportErrorKind::TooLarge,
                _ => TransportErrorKind::Interrupted,
            };
            Self::new(kind, from, error)
        })
    }

    /// Converts the error into one of reading a body.
    #[cfg(any(feature = "async", feature = "ureq"))]
    fn into_io(self) -> io::Error {
        let kind = match self.kind {
            TransportErrorKind::Timeout => io::ErrorKind::TimedOut,
            TransportErrorKind::Interrupted => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, self)
    }

    /// Returns the kind of the failure.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// The kinds of failures of a transport.
///
/// ```
/// use tucuxi::transport::{TransportError, TransportErrorKind};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let replay = Replay::new().failure(TransportErrorKind::Tls);
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
/// # let client = Client::with_transport(config, replay)?;
/// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
/// match error.downcast_ref().map(TransportError::kind) {
///     Some(TransportErrorKind::Tls) => eprintln!("set AWS_CA_BUNDLE: {error}"),
///     _ => eprintln!("{error}"),
/// }
/// # assert_eq!(error.downcast_ref().map(TransportError::kind), Some(TransportErrorKind::Tls));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The caller cancelled the request. Not retried.
    Cancelled,
    /// No connection could be opened. Retried.
    Connect,
    /// The host name is unknown. Retried.
    HostNotFound,
    /// The connection broke, or the response is not HTTP. Retried.
    Interrupted,
    /// The request cannot be sent, for example because its body cannot be read. Not retried.
    Request,
    /// No response was received in time. Retried.
    Timeout,
    /// The server's certificate is not trusted, or the TLS handshake failed. Retried.
    Tls,
    /// The response is larger than a limit allows. Not retried.
    TooLarge,
}

impl TransportErrorKind {
    /// Whether a retry may succeed.
    pub fn is_retryable(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Request | Self::TooLarge)
    }

    /// Returns the name of the kind in cassettes.
    fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Connect => "connect",
            Self::HostNotFound => "host not found",
            Self::Interrupted => "interrupted",
            Self::Request => "request",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too large",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Cancelled,
            Self::Connect,
            Self::HostNotFound,
            Self::Interrupted,
            Self::Request,
            Self::Timeout,
            Self::Tls,
            Self::TooLarge,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the start of an error text, which a URL follows.
    fn problem(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled the request to",
            Self::Connect | Self::HostNotFound => "could not connect to",
            Self::Interrupted => "the connection broke to",
            Self::Request => "could not send to",
            Self::Timeout => "no response in time from",
            Self::Tls => "no TLS connection to",
            Self::TooLarge => "rejected the response from",
        }
    }
}
