//! An error that the service returned, and what follows from it for another attempt.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Detail, ErrorKind};
use crate::printable::Printable;

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
    /// Which side is at fault, if the response says so.
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
    /// The code that the service's JSON body has, where a header replaced it by the older query protocol's.
    pub query_error_code: Option<Box<str>>,
    pub(crate) retry: Option<RetryReason>,
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
            query_error_code: None,
            retry: None,
        }
    }

    /// The text, with the number of attempts if there were several.
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

/// Whose fault an error is. Exhaustive, as Smithy's trait `error` has these two values.
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
