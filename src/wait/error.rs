//! The error of a wait.

use std::fmt;

use serde_json::Value;

use crate::error::{Detail, Error, ErrorKind};
use crate::printable::Printable;

/// The error of a wait that ended before the waiter's state was reached.
///
/// ```
/// use tucuxi::{WaitError, WaitFailure};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"TableStatus": "CREATING"}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let table = serde_json::json!({"TableName": "orders"});
/// let wait = client.waiter("dynamodb", "TableExists", table)?.max_attempts(1);
/// let error: WaitError = wait.run().unwrap_err().downcast()?;
/// assert!(matches!(error.reason, WaitFailure::AttemptsUsed(_)));
/// assert_eq!(
///     error.to_string(),
///     r#"waiter dynamodb.TableExists: not reached after 1 attempt; last response: Table.TableStatus = "CREATING""#
/// );
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitError {
    /// The service, as the caller named it.
    pub service: String,
    /// The name of the waiter.
    pub waiter: String,
    /// Why the wait ended.
    pub reason: WaitFailure,
    /// The number of requests.
    pub attempts: u32,
    /// The last response, if it was not an error.
    pub last_response: Option<Value>,
    /// The last response, if it was an error.
    pub source: Option<Error>,
    /// The part of the last response that the waiter looks at, as `path = value`, or the text of the error.
    pub(super) observed: Option<String>,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        let attempts = format_args!("{} attempt{plural}", self.attempts);
        write!(f, "waiter {}.{}: ", Printable(&self.service), self.waiter)?;
        match &self.reason {
            WaitFailure::AttemptsUsed(_) => write!(f, "not reached after {attempts}")?,
            WaitFailure::Deadline => write!(f, "not reached in time, after {attempts}")?,
            WaitFailure::Terminal(_) => write!(f, "can no longer be reached")?,
            WaitFailure::Unexpected(error) => {
                write!(f, "unexpected error: {}", Printable(error))?;
            }
        }
        match &self.observed {
            Some(observed) => write!(f, "; last response: {}", Printable(observed)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for WaitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // `Display` has the text of the source itself
        self.source.as_ref()?.source()
    }
}

impl Detail for WaitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Wait
    }

    fn is_timeout(&self) -> bool {
        self.reason == WaitFailure::Deadline
    }
}

/// The reason why a wait ended before the waiter's state was reached.
///
/// ```
/// use tucuxi::{WaitError, WaitFailure};
///
/// fn advice(error: &WaitError) -> &'static str {
///     match error.reason {
///         WaitFailure::AttemptsUsed(_) | WaitFailure::Deadline => "wait again",
///         WaitFailure::Terminal(_) => "create it again",
///         _ => "read the error",
///     }
/// }
/// # let _ = advice;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitFailure {
    /// The maximum number of attempts was made. The text, which is botocore's, describes the acceptor that matched
    /// last.
    AttemptsUsed(Option<String>),
    /// The timeout of the wait has passed, or would pass before the next attempt.
    Deadline,
    /// The resource is in a state from which the expected one cannot be reached. The text, which is botocore's,
    /// describes the acceptor that matched.
    Terminal(String),
    /// The service returned an error that the waiter does not expect; the text is the error's.
    Unexpected(String),
}

impl fmt::Display for WaitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptsUsed(None) => f.write_str("maximum number of attempts"),
            Self::AttemptsUsed(Some(last)) => write!(f, "maximum number of attempts: {last}"),
            Self::Deadline => f.write_str("timeout"),
            Self::Terminal(what) => write!(f, "terminal failure state: {what}"),
            Self::Unexpected(what) => f.write_str(what),
        }
    }
}
