//! The one error of the crate.
//!
//! A room may have an error type of its own, with its texts in one place, and says with `Detail` what the crate needs to know
//! of it; it becomes an [`Error`] at the room's edge. This room knows none of those. Every text says what failed, where, and
//! what to do; none holds a secret.
//!
//! ```text
//!   Error ─► Inner { call, attempts, retries_ended, hint }     what the exchange records
//!              └─► Box<dyn Detail>                             ConfigError, TransferError, … or any other error with a kind
//!                    ├─► inner()   the Error of the call that it failed with
//!                    └─► below()   the next error of the chain
//! ```

mod kind;
mod service;
mod unexpected;

use std::error::Error as StdError;
use std::{fmt, iter};

pub use self::kind::ErrorKind;
pub use self::service::{Fault, RetriesEnded, RetryReason, ServiceError};
pub use self::unexpected::UnexpectedResponse;
pub(crate) use self::unexpected::excerpt;

use crate::printable::Printable;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

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
/// [`Error::kind`] says which part of the crate it comes from, the predicates what a program can do about it, and
/// [`Error::downcast_ref`] gives the error of that part with its fields: [`ConfigError`](crate::config::ConfigError),
/// [`TransferError`](crate::transfer::TransferError) and the like. `?` makes an `Error` of each of those:
///
/// ```
/// fn main() -> tucuxi::Result<()> {
///     let config = tucuxi::Config::builder().isolated().region("eu-west-1").build()?;
///     let query = tucuxi::query::Query::compile("Buckets[].Name")?;
///     # let _ = (config, query);
///     Ok(())
/// }
/// ```
///
/// # Texts
///
/// `Display` has the whole text: the call, what failed, where, and what to do, with the texts of the errors below it. It is one
/// line, in which control characters of what came from outside are escaped, as with [`Printable`].
///
/// `source()` skips the errors whose texts that line contains already, and returns the first one that adds something. So neither
/// `{error}` nor a chain such as anyhow's `{:#}` lacks a part or repeats one. What a service's message is in full stands in
/// [`ServiceError::message`].
pub struct Error(Box<Inner>);

struct Inner {
    call: Option<Call>,
    /// None before the first request of a call.
    attempts: u32,
    retries_ended: Option<RetriesEnded>,
    /// What may help.
    hint: Option<&'static str>,
    detail: Box<dyn Detail>,
}

struct Call {
    service: Box<str>,
    operation: Box<str>,
}

/// What a room says of its error.
pub(crate) trait Detail: StdError + Send + Sync + 'static {
    fn kind(&self) -> ErrorKind;

    fn is_retryable(&self) -> bool {
        false
    }

    fn is_throttling(&self) -> bool {
        false
    }

    fn is_timeout(&self) -> bool {
        false
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    /// The error of the call that it failed with.
    fn inner(&self) -> Option<&Error> {
        None
    }

    /// The next error of the chain, also if the text has all of it.
    fn below(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }
}

/// An error that is not of this crate, or a text.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Other {
    kind: ErrorKind,
    error: BoxError,
}

impl Detail for Other {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn inner(&self) -> Option<&Error> {
        self.error.downcast_ref()
    }

    fn below(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.error)
    }
}

impl<T: Detail> From<T> for Error {
    fn from(detail: T) -> Self {
        Self(Box::new(Inner {
            call: None,
            attempts: 0,
            retries_ended: None,
            hint: None,
            detail: Box::new(detail),
        }))
    }
}

impl Error {
    /// An error of a program's own, such as an interceptor returns. Errors of this crate are converted with `?` or `into()`
    /// instead.
    ///
    /// ```
    /// use tucuxi::error::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Request, "the tenant's header is missing");
    /// assert_eq!(error.to_string(), "cannot build the request: the tenant's header is missing");
    /// ```
    pub fn new(kind: ErrorKind, error: impl Into<BoxError>) -> Self {
        let error = error.into();
        Other { kind, error }.into()
    }

    pub(crate) fn config(error: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Config, error)
    }

    pub(crate) fn model(error: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Model, error)
    }

    pub(crate) fn request(error: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Request, error)
    }

    pub(crate) fn response(error: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Response, error)
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, what.into())
    }

    /// Which part of the crate it comes from. That of the call which a transfer failed with is `error.root().kind()`.
    ///
    /// ```
    /// use tucuxi::error::ErrorKind;
    ///
    /// let config = tucuxi::Config::builder().isolated().profile("missing").build();
    /// let error = tucuxi::Error::from(config.unwrap_err());
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.detail.kind()
    }

    /// The name of the service that was called.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(403, &[], ""))?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert_eq!(error.service(), Some("s3"));
    /// assert_eq!(error.operation(), Some("ListBuckets"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn service(&self) -> Option<&str> {
        self.call().map(|call| &*call.service)
    }

    /// The API name of the operation that was called.
    pub fn operation(&self) -> Option<&str> {
        self.call().map(|call| &*call.operation)
    }

    /// The service's error code, such as `NoSuchBucket`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = "<Error><Code>NoSuchBucket</Code><RequestId>r-1</RequestId></Error>";
    /// # let client = Client::with_transport(config, Replay::new().answer(404, &[], body))?;
    /// let error = client.call("s3", "ListObjectsV2", serde_json::json!({"Bucket": "b"})).unwrap_err();
    /// assert_eq!(error.code(), Some("NoSuchBucket"));
    /// assert_eq!(error.status(), Some(404));
    /// assert_eq!(error.request_id(), Some("r-1"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.service_error().map(|e| &*e.code)
    }

    /// The HTTP status of the response, where one came that is not the result.
    pub fn status(&self) -> Option<u16> {
        let unexpected = || self.unexpected_response().map(|found| found.status);
        self.service_error().map(|e| e.status).or_else(unexpected)
    }

    /// The service's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self.service_error() {
            Some(error) => error.request_id.as_deref(),
            None => self.unexpected_response()?.request_id.as_deref(),
        }
    }

    /// The error that the service returned, if it returned one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = r#"{"__type": "ResourceNotFoundException", "message": "no table t"}"#;
    /// # let client = Client::with_transport(config, Replay::new().answer(400, &[], body))?;
    /// let error = client.call("dynamodb", "DescribeTable", serde_json::json!({"TableName": "t"}));
    /// let error = error.unwrap_err();
    /// assert_eq!(&*error.service_error().unwrap().message, "no table t");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn service_error(&self) -> Option<&ServiceError> {
        self.root().own()
    }

    /// The response that is not the operation's, if one came.
    pub fn unexpected_response(&self) -> Option<&UnexpectedResponse> {
        self.root().own()
    }

    /// How many attempts of the call were made; 0 if it failed before the first, or without a call.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// use tucuxi::error::RetriesEnded;
    ///
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let replay = Replay::new().answer(503, &[], "").answer(503, &[], "").answer(503, &[], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert_eq!(error.attempts(), 3);
    /// assert_eq!(error.retries_ended(), Some(RetriesEnded::Attempts));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn attempts(&self) -> u32 {
        self.root().0.attempts
    }

    /// Why the call was not tried once more, where another attempt might have succeeded.
    pub fn retries_ended(&self) -> Option<RetriesEnded> {
        self.root().0.retries_ended
    }

    /// Whether the same call may succeed when it is made again: the service is throttling or failed, or the connection
    /// broke. The client has by then tried as often as it is configured to.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(503, &[], "").answer(403, &[], ""))?;
    /// let unavailable = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(unavailable.is_retryable());
    /// let forbidden = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(!forbidden.is_retryable());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.root().0.detail.is_retryable()
    }

    /// Whether the service requests fewer calls.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
    /// # let body = "<Error><Code>SlowDown</Code></Error>";
    /// # let client = Client::with_transport(config, Replay::new().answer(503, &[], body))?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(error.is_throttling());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_throttling(&self) -> bool {
        self.root().0.detail.is_throttling()
    }

    /// Whether a limit of time ended it: no connection or no response came in time, the lookup of credentials took too long, or
    /// a wait reached its end.
    ///
    /// ```
    /// use tucuxi::transport::{TransportError, TransportErrorKind};
    ///
    /// let uri = "https://s3.eu-west-1.amazonaws.com".parse().unwrap();
    /// let error = TransportError::new(TransportErrorKind::Timeout, &uri, "nothing for 60 seconds");
    /// assert!(tucuxi::Error::from(error).is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.root().0.detail.is_timeout()
    }

    /// Whether the caller cancelled it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::{CancelToken, Replay}};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let cancel = CancelToken::default();
    /// cancel.cancel();
    /// let result = client.request("dynamodb", "ListTables").cancel_with(&cancel).send();
    /// assert!(result.unwrap_err().is_cancelled());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.root().0.detail.is_cancelled()
    }

    /// The error at the bottom: that of the call which a transfer, or a batch, failed with. It is the error itself where no
    /// other call failed.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// use tucuxi::error::ErrorKind;
    ///
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(403, &[], ""))?;
    /// let transfer = client.transfer().upload("text", "bucket", "key");
    /// let error = transfer.run().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Transfer);
    /// assert_eq!(error.root().kind(), ErrorKind::Service);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn root(&self) -> &Self {
        self.chain().last().unwrap_or(self)
    }

    /// The error of this type that it is, or that it failed with: an area's, such as
    /// [`TransferError`](crate::transfer::TransferError), or what a program gave to [`Error::new`].
    ///
    /// ```
    /// use tucuxi::config::ConfigError;
    ///
    /// let config = tucuxi::Config::builder().isolated().profile("missing").build();
    /// let error = tucuxi::Error::from(config.unwrap_err());
    /// assert!(matches!(error.downcast_ref(), Some(ConfigError::Profile { name, .. }) if name == "missing"));
    /// ```
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.chain().find_map(Self::own)
    }

    /// The same as [`Error::downcast_ref`] to change it, but not that of the call it failed with.
    pub fn downcast_mut<T: StdError + 'static>(&mut self) -> Option<&mut T> {
        let own: &mut (dyn StdError + 'static) = &mut *self.0.detail;
        match own.is::<Other>() {
            true => own.downcast_mut::<Other>()?.error.downcast_mut(),
            false => own.downcast_mut(),
        }
    }

    /// The error of this type that it is.
    ///
    /// ```
    /// use tucuxi::query::{Query, QueryError, QueryErrorKind};
    ///
    /// let error = tucuxi::Error::from(Query::compile("a[").unwrap_err());
    /// let error: QueryError = error.downcast().unwrap();
    /// assert_eq!(error.kind, QueryErrorKind::Syntax);
    /// ```
    ///
    /// # Errors
    ///
    /// It is of another type; then it comes back as it was.
    pub fn downcast<T: StdError + 'static>(self) -> Result<T> {
        if self.own::<T>().is_none() {
            return Err(self);
        }
        let kind = self.kind();
        let own: BoxError = self.0.detail;
        let own = own
            .downcast::<Other>()
            .map_or_else(|own| own, |other| other.error);
        // the other branch is never taken: `own` found it
        own.downcast()
            .map(|own| *own)
            .map_err(|own| Self::new(kind, own))
    }

    /// This error, then the one that it failed with, and so on.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |error| error.0.detail.inner())
    }

    fn call(&self) -> Option<&Call> {
        self.chain().find_map(|error| error.0.call.as_ref())
    }

    /// The detail, if it is of this type.
    fn own<T: StdError + 'static>(&self) -> Option<&T> {
        let own: &(dyn StdError + 'static) = &*self.0.detail;
        match own.downcast_ref::<Other>() {
            Some(other) => other.error.downcast_ref(),
            None => own.downcast_ref(),
        }
    }

    /// The text without the name of the call.
    pub(crate) fn without_call(&self) -> impl fmt::Display {
        fmt::from_fn(|f| self.0.write(f))
    }

    /// The same error, said to be of this call; once is enough.
    pub(crate) fn of_call(mut self, service: &str, operation: &str) -> Self {
        self.0.call.get_or_insert_with(|| Call {
            service: service.into(),
            operation: operation.into(),
        });
        self
    }

    /// Keeps how many attempts were made, unless it is known already.
    pub(crate) fn set_attempts(&mut self, attempts: u32) {
        if self.0.attempts == 0 {
            self.0.attempts = attempts;
        }
    }

    /// Keeps why there was no other attempt.
    pub(crate) fn set_retries_ended(&mut self, why: RetriesEnded) {
        self.0.retries_ended = Some(why);
    }

    /// Keeps what may help.
    pub(crate) fn set_hint(&mut self, hint: &'static str) {
        self.0.hint = Some(hint);
    }
}

impl Inner {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail: &(dyn StdError + 'static) = &*self.detail;
        match detail.downcast_ref::<ServiceError>() {
            Some(error) => error.write(f, self.attempts)?,
            None => {
                f.write_str(self.detail.kind().label())?;
                write!(f, "{}", Printable(detail))?;
            }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Call { service, operation }) = &self.0.call {
            write!(f, "{service}.{operation}: ")?;
        }
        self.0.write(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.kind());
        if let Some(Call { service, operation }) = &self.0.call {
            shown
                .field("service", service)
                .field("operation", operation);
        }
        shown.field("attempts", &self.0.attempts);
        shown.field("retries_ended", &self.0.retries_ended);
        shown.field("detail", &self.0.detail).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        unsaid(self, self.0.detail.below())
    }
}

/// The first of the errors from `below` on that adds something to the text of `said`.
pub(crate) fn unsaid<'e>(
    said: &dyn fmt::Display,
    below: Option<&'e (dyn StdError + 'static)>,
) -> Option<&'e (dyn StdError + 'static)> {
    let said = Printable(said).to_string();
    iter::successors(below, |error| (**error).source())
        .find(|error| !said.contains(&Printable(error).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_small_and_can_be_sent() {
        fn shareable<T: Send + Sync + 'static>() {}
        shareable::<Error>();
        assert!(size_of::<Error>() <= 8, "{}", size_of::<Error>());
    }
}
