//! Errors that services return, and whether a retry may succeed.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Detail, ErrorKind};
use crate::printable::Printable;

/// An error that the service returned.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let body = "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message><Key>k</Key></Error>";
/// # let client = Client::with_transport(config, Replay::new().respond(404, &[], body))?;
/// let result = client.call("s3", "GetObject", serde_json::json!({"Bucket": "b", "Key": "k"}));
/// let error = result.unwrap_err();
/// let error = error.service_error().unwrap();
/// assert_eq!(error.code, "NoSuchKey");
/// assert_eq!(error.message, "The key does not exist.");
/// assert_eq!(error.value["Key"], "k");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceError {
    /// The error code, such as `NoSuchBucket`, or the HTTP status if the response has no code.
    pub code: String,
    /// The service's message, or empty. If the body is not an error document of the protocol, the message is its text, cut
    /// after 1,024 bytes. An HTML page of a failed server is replaced by the HTTP phrase for the status, as in botocore.
    pub message: String,
    /// The name of the error's shape in the model, if the model has one for the code.
    pub shape: Option<String>,
    /// The side that is at fault, if the response says so.
    pub fault: Fault,
    /// The members of the error's shape. For S3 and other XML services also the other elements of the error document.
    pub value: Value,
    /// The HTTP status.
    pub status: u16,
    /// The request id, which AWS Support asks for.
    pub request_id: Option<String>,
    /// S3's second request id (`x-amz-id-2`, `HostId`).
    pub extended_request_id: Option<String>,
    /// All headers of the response.
    pub headers: HeaderMap,
    /// The beginning of a body that contains neither code nor message: at most 200 bytes, escaped.
    pub excerpt: Option<String>,
    /// The code in the JSON body, if a header replaced it by the code of the older query protocol.
    pub query_error_code: Option<String>,
    pub(crate) retry: Option<RetryReason>,
}

impl ServiceError {
    /// Creates an error that was received in an event stream. It counts as a response with status 400.
    pub(crate) fn in_stream(code: &str, message: &str) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            shape: None,
            fault: Fault::Client,
            value: Value::Object(serde_json::Map::new()),
            status: 400,
            request_id: None,
            extended_request_id: None,
            headers: HeaderMap::new(),
            excerpt: None,
            query_error_code: None,
            retry: None,
        }
    }

    /// Writes the text, with the number of attempts if there was more than one.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, attempts: u32) -> fmt::Result {
        write!(f, "{}", Printable(&self.code))?;
        if !self.message.is_empty() {
            write!(f, ": {}", Printable(&self.message))?;
        }
        write!(f, " (status {}", self.status)?;
        let phrase = StatusCode::from_u16(self.status).ok();
        if let Some(phrase) = phrase.and_then(|status| status.canonical_reason())
            && self.message.is_empty()
        {
            write!(f, " {phrase}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request id {}", Printable(id))?;
        }
        if attempts > 1 {
            write!(f, ", {attempts} attempts")?;
        }
        f.write_str(")")?;
        match &self.excerpt {
            Some(excerpt) => write!(f, ": \"{excerpt}\""),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 1)
    }
}

impl std::error::Error for ServiceError {}

impl Detail for ServiceError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Service
    }

    fn is_retryable(&self) -> bool {
        self.retry.is_some()
    }

    fn is_throttling(&self) -> bool {
        self.retry == Some(RetryReason::Throttling)
    }
}

/// The side that is at fault. Exhaustive, because Smithy's `error` trait has these two values.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// use tucuxi::error::Fault;
/// # let body = r#"{"__type": "ValidationException", "message": "A key is missing."}"#;
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(400, &[], body))?;
/// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
/// match error.service_error().unwrap().fault {
///     Fault::Client => println!("correct the call: {error}"),
///     Fault::Server => println!("try again later: {error}"),
/// }
/// # assert_eq!(error.service_error().unwrap().fault, Fault::Client);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller.
    Client,
    /// The service.
    Server,
}

/// The reason why a failed call was not retried again. [`Error::retries_ended`](super::Error::retries_ended) returns it.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// use tucuxi::error::RetriesEnded;
/// # let replay = Replay::new().respond(503, &[], "").respond(503, &[], "");
///
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(2).build()?;
/// # let client = Client::with_transport(config, replay)?;
/// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
/// assert_eq!(error.retries_ended(), Some(RetriesEnded::Attempts));
/// assert_eq!(error.attempts(), 2);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetriesEnded {
    /// All configured attempts were made.
    Attempts,
    /// The body is a reader, which the first attempt consumed.
    Body,
    /// The deadline of the call would have passed before the next attempt.
    Deadline,
    /// The request consists of events, which were sent once.
    Events,
    /// The client's retry quota for this service is exhausted, because too many calls failed.
    Quota,
}

impl RetriesEnded {
    /// Returns the reason as text, unless the number of attempts says it already.
    pub(crate) fn text(self) -> Option<&'static str> {
        match self {
            Self::Attempts => None,
            Self::Body => Some(
                "not retried because the body is a reader that is consumed; use bytes, a file or a source that can be \
                 reopened",
            ),
            Self::Deadline => Some("not retried because the time limit of the call was reached"),
            Self::Events => Some("not retried because the events, which are not kept, were sent"),
            Self::Quota => Some("not retried because too many calls to this service failed"),
        }
    }
}

/// The reason why a retry of a failed attempt may succeed, for interceptors.
///
/// ```
/// use tucuxi::error::RetryReason;
/// use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
///
/// /// Logs throttled attempts.
/// struct Throttled;
///
/// impl Interceptor for Throttled {
///     fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
///         if attempt.retry == Some(RetryReason::Throttling) {
///             eprintln!("{} is throttled", call.operation.name);
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryReason {
    /// The service throttles.
    Throttling,
    /// The failure is temporary.
    Transient,
}
