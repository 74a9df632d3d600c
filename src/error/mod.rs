//! The one error of the crate.
//!
//! A room may have an error type of its own, with its texts in one place; it becomes an [`Error`] at the room's edge.
//! Every text says what failed, where, and what to do; none holds a secret.

mod unexpected;

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

pub use self::unexpected::UnexpectedResponse;
pub(crate) use self::unexpected::excerpt;

use crate::cancel::Cancelled;
use crate::checksum::ChecksumMismatch;
use crate::dynamodb::DynamoDbError;
use crate::params::ParamErrors;
use crate::printable::Printable;
use crate::transfer::TransferError;
use crate::transport::{TransportError, TransportErrorKind};
use crate::wait::WaitError;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, or its preparation, failed.
///
/// ```
/// # fn f(error: tucuxi::Error) {
/// match error.code() {
///     Some("NoSuchBucket") => println!("no such bucket"),
///     _ if error.is_throttling() => println!("slow down"),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
///
/// The texts of errors are for people: each is one line, in which control characters of what came from outside are escaped, as
/// with [`Printable`]. What a service says is whole in [`ServiceError::message`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Any of the others, with the operation that was called.
    #[error("{service}.{operation}: {source}")]
    Call {
        /// The service's name.
        service: Box<str>,
        /// The operation's API name.
        operation: Box<str>,
        /// What happened.
        #[source]
        source: Box<Self>,
    },
    /// A setting, from the builder, the environment or a file.
    #[error("configuration: {}", Printable(.0))]
    Config(#[source] BoxError),
    /// No credentials, or their provider failed.
    #[error("credentials: {}", Printable(.0))]
    Credentials(#[source] BoxError),
    /// An item, an expression or a batch of DynamoDB.
    #[error(transparent)]
    DynamoDb(Box<DynamoDbError>),
    /// No endpoint for these parameters.
    #[error("endpoint: {}", Printable(.0))]
    Endpoint(#[source] BoxError),
    /// A model that is missing or broken, or has no such operation.
    #[error("model: {}", Printable(.0))]
    Model(#[source] BoxError),
    /// A listing that cannot go on, or cannot begin as it should.
    #[error("pagination: {}", Printable(.0))]
    Pagination(#[source] BoxError),
    /// Parameters that do not fit the operation's input; all faults at once.
    #[error("invalid parameters: {0}")]
    Params(Box<ParamErrors>),
    /// A request that cannot be built or signed.
    #[error("cannot build the request: {}", Printable(.0))]
    Request(#[source] BoxError),
    /// A resource that has no such name, or of which nothing can be known.
    #[error("resource: {}", Printable(.0))]
    Resource(#[source] BoxError),
    /// A response that cannot be read into the type that is wanted.
    #[error("cannot read the response: {}", Printable(.0))]
    Response(#[source] BoxError),
    /// The service answered with an error.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// A transfer that failed for another reason than a call's.
    #[error(transparent)]
    Transfer(Box<TransferError>),
    /// No whole response came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A response that is not what the operation's model says.
    #[error(transparent)]
    UnexpectedResponse(Box<UnexpectedResponse>),
    /// A wait that did not end as it should.
    #[error(transparent)]
    Wait(Box<WaitError>),
    /// Something that the service has and this client cannot do.
    #[error("not supported: {}", Printable(.0))]
    Unsupported(Box<str>),
}

impl Error {
    /// The error without the name of the operation.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Call { source, .. } => source.cause(),
            Self::DynamoDb(error) => error.cause().map_or(self, Self::cause),
            Self::Transfer(error) => error.cause().map_or(self, Self::cause),
            other => other,
        }
    }

    /// The service's answer, if it gave one.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match self.cause() {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn service_error_mut(&mut self) -> Option<&mut ServiceError> {
        match self {
            Self::Call { source, .. } => source.service_error_mut(),
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The response that is not the operation's, if one came.
    pub fn unexpected_response(&self) -> Option<&UnexpectedResponse> {
        match self.cause() {
            Self::UnexpectedResponse(error) => Some(error),
            _ => None,
        }
    }

    /// The service's error code, such as `NoSuchBucket`.
    pub fn code(&self) -> Option<&str> {
        self.service_error().map(|e| &*e.code)
    }

    /// Whether the same call may succeed when it is made again: the service is throttling or failed, or the connection
    /// broke. The client has by then tried as often as it is configured to.
    pub fn is_retryable(&self) -> bool {
        match self.cause() {
            Self::DynamoDb(error) => error.is_retryable(),
            Self::Service(error) => error.retry.is_some(),
            Self::Transport(error) => error.kind().is_retryable(),
            Self::Response(error) => error.is::<ChecksumMismatch>(),
            _ => false,
        }
    }

    /// Whether the caller cancelled it.
    pub fn is_cancelled(&self) -> bool {
        match self.cause() {
            Self::Transfer(error) => error.is_cancelled(),
            Self::Transport(error) => error.kind() == TransportErrorKind::Cancelled,
            Self::Credentials(error) => error.is::<Cancelled>(),
            _ => false,
        }
    }

    /// Whether the service asks to slow down.
    pub fn is_throttling(&self) -> bool {
        self.service_error()
            .is_some_and(|e| e.retry == Some(RetryReason::Throttling))
    }

    /// The parameters' faults, if it is they.
    pub fn param_errors(&self) -> Option<&ParamErrors> {
        match self.cause() {
            Self::Params(errors) => Some(errors),
            _ => None,
        }
    }

    /// Keeps why there was no other attempt.
    pub(crate) fn retries_ended(&mut self, why: RetriesEnded) {
        match self {
            Self::Call { source, .. } => source.retries_ended(why),
            Self::Service(error) => error.retries_ended = Some(why),
            Self::Transport(error) => error.ended = Some(why),
            _ => {}
        }
    }

    pub(crate) fn model(error: impl Into<BoxError>) -> Self {
        Self::Model(error.into())
    }

    pub(crate) fn request(error: impl Into<BoxError>) -> Self {
        Self::Request(error.into())
    }

    pub(crate) fn response(error: impl Into<BoxError>) -> Self {
        Self::Response(error.into())
    }

    /// The same error, said to be of this call; once is enough.
    pub(crate) fn of_call(self, service: &str, operation: &str) -> Self {
        match self {
            Self::Call { .. } => self,
            other => Self::Call {
                service: service.into(),
                operation: operation.into(),
                source: Box::new(other),
            },
        }
    }
}

/// An error that the service answered with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceError {
    /// The error code, such as `NoSuchBucket`; the HTTP status where the response has none.
    pub code: Box<str>,
    /// The service's message, empty if the response has none. Of a body that is no error of the protocol it is the text, cut
    /// after 1,024 bytes; HTTP's phrase for the status stands in for a page of a failed server, as in botocore.
    pub message: Box<str>,
    /// The error shape of the model which the code names, if any.
    pub shape: Option<Box<str>>,
    /// Who is at fault, as far as the answer tells.
    pub fault: Fault,
    /// The members of the error's shape, and for S3 and other XML services what else the error element holds.
    pub value: Value,
    /// The HTTP status.
    pub status: u16,
    /// The service's id of this request, for its support.
    pub request_id: Option<Box<str>>,
    /// S3's second id (`x-amz-id-2`, `HostId`).
    pub extended_request_id: Option<Box<str>>,
    /// All headers of the response.
    pub headers: HeaderMap,
    /// The first bytes of a body in which neither code nor message was found, at most 200, with what is not printable escaped.
    pub excerpt: Option<Box<str>>,
    /// How many attempts were made.
    pub attempts: u32,
    /// The code that the service's JSON body has, where a header replaced it by the older query protocol's.
    pub query_error_code: Option<Box<str>>,
    /// Why the call was not tried once more, where another attempt might have succeeded.
    pub retries_ended: Option<RetriesEnded>,
    pub(crate) retry: Option<RetryReason>,
    /// What may help.
    pub(crate) hint: Option<&'static str>,
}

impl ServiceError {
    /// One that comes in an event stream, which counts as a response with status 400.
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
            attempts: 1,
            query_error_code: None,
            retries_ended: None,
            retry: None,
            hint: None,
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        if self.attempts > 1 {
            write!(f, ", {} attempts", self.attempts)?;
        }
        f.write_str(")")?;
        if let Some(excerpt) = &self.excerpt {
            write!(f, ": \"{excerpt}\"")?;
        }
        if let Some(what) = self.retries_ended.and_then(RetriesEnded::what) {
            write!(f, "; {what}")?;
        }
        match self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServiceError {}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Client,
    /// The service's.
    Server,
}

/// Why a call was not tried once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetriesEnded {
    /// It was tried as often as it may be.
    Attempts,
    /// Its body is a reader, which was read.
    Body,
    /// No time was left for the delay that the next attempt needs.
    Deadline,
    /// So many calls to this service failed that there is no quota left for more attempts.
    Quota,
}

impl RetriesEnded {
    /// What a caller cannot know from the number of attempts.
    pub(crate) fn what(self) -> Option<&'static str> {
        match self {
            Self::Attempts => None,
            Self::Body => Some(
                "it was not tried again because the body is a reader that was read already; give bytes, a file or a source \
                 that can be opened again",
            ),
            Self::Deadline => Some("no time was left to try it again"),
            Self::Quota => {
                Some("it was not tried again because too many calls to this service failed")
            }
        }
    }
}

/// Why another attempt may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryReason {
    /// The service asks to slow down.
    Throttling,
    /// Something failed that may not fail again.
    Transient,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_small_and_can_be_sent() {
        fn shareable<T: Send + Sync + 'static>() {}
        shareable::<Error>();
        assert!(size_of::<Error>() <= 48, "{}", size_of::<Error>());
    }
}
