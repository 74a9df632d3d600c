//! The error type of the crate.
//!
//! A module may define its own error type, with all its texts in one place. It implements `Detail`, and is converted to an
//! [`Error`] where it leaves the module. This module depends on none of those types. Each text says what failed, where, and what
//! to do about it; none contains a secret.
//!
//! ```text
//!   Error ─► Inner { call, attempts, retries_ended, hint }     recorded by the exchange
//!              └─► Box<dyn Detail>                             ConfigError, TransferError, … or any other error with a kind
//!                    ├─► inner()   the Error of the call that caused it
//!                    └─► below()   the next error of the chain
//! ```

mod hint;
mod kind;
mod predicates;
mod service;
mod unexpected;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::{fmt, iter};

pub(crate) use self::hint::FailedRequest;
pub use self::kind::ErrorKind;
pub use self::service::{Fault, RetriesEnded, RetryReason, ServiceError};
pub use self::unexpected::UnexpectedResponse;
pub(crate) use self::unexpected::excerpt;

use crate::printable::Printable;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// A result whose error is an [`Error`] of this crate by default.
///
/// ```
/// use tucuxi::{Client, Result};
///
/// fn count_tables(client: &Client) -> Result<usize> {
///     let output = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
///     Ok(output["TableNames"].as_array().map_or(0, Vec::len))
/// }
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a call or of its preparation.
///
/// ```
/// # fn f(error: tucuxi::Error) {
/// match error {
///     _ if error.is("NoSuchBucket") => println!("no such bucket"),
///     _ if error.is_throttling() => println!("slow down"),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
///
/// [`Error::kind`] names the part of the crate that failed, and the predicates say what a program can do about it.
/// [`Error::downcast_ref`] returns that part's own error with its fields, such as
/// [`ConfigError`](crate::config::ConfigError) or [`TransferError`](crate::transfer::TransferError). The `?` operator converts
/// each of these to an `Error`, and errors of `serde_json` as well:
///
/// ```
/// fn main() -> tucuxi::Result<()> {
///     let config = tucuxi::Config::builder().isolated().region("eu-west-1").build()?;
///     let query = tucuxi::query::Query::compile("Buckets[].Name")?;
///     let names: Vec<String> = serde_json::from_value(serde_json::json!(["logs"]))?;
///     # let _ = (config, query, names);
///     Ok(())
/// }
/// ```
///
/// # Text
///
/// `Display` writes one line: the call, what failed, where, and what to do about it, including the texts of the underlying
/// errors. Control characters in text from outside are escaped, as by [`Printable`]. The unescaped message of a service is
/// [`ServiceError::message`].
///
/// `source()` skips errors whose text is already part of that line, and returns the first one that adds something. So a chain
/// such as anyhow's `{:#}` neither omits nor repeats a part.
///
/// `Debug` writes the same text followed by its sources, because that is what a `main` that returns an error prints. The
/// alternate form `{:#?}` lists the fields.
pub struct Error(Box<Inner>);

struct Inner {
    call: Option<Call>,
    /// 0 before the first request of a call.
    attempts: u32,
    retries_ended: Option<RetriesEnded>,
    /// Advice, appended to the text.
    hint: Option<Cow<'static, str>>,
    detail: Box<dyn Detail>,
}

struct Call {
    service: Box<str>,
    operation: Box<str>,
}

/// A module's own error, with the properties on which the predicates of [`Error`] are based.
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

    /// The error of the call that caused this one.
    fn inner(&self) -> Option<&Error> {
        None
    }

    /// The next error of the chain, even if its text is already part of this one's.
    fn below(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }
}

/// A foreign error, or a plain text.
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

impl Detail for serde_json::Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Json
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
    /// Wraps an error or a message of the program, for example in an interceptor. Errors of this crate are converted with `?`
    /// or `into()` instead.
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

    /// Returns the part of the crate that failed. For the call that made a transfer fail, use `error.root().kind()`.
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

    /// Returns the name of the service that was called.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(403, &[], ""))?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert_eq!(error.service(), Some("s3"));
    /// assert_eq!(error.operation(), Some("ListBuckets"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn service(&self) -> Option<&str> {
        self.call().map(|call| &*call.service)
    }

    /// Returns the API name of the operation that was called.
    pub fn operation(&self) -> Option<&str> {
        self.call().map(|call| &*call.operation)
    }

    /// Returns the service's error code, such as `NoSuchBucket`. To compare it, [`Error::is`] is more reliable.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = "<Error><Code>NoSuchBucket</Code><RequestId>r-1</RequestId></Error>";
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], body))?;
    /// let error = client.call("s3", "ListObjectsV2", serde_json::json!({"Bucket": "b"})).unwrap_err();
    /// assert_eq!(error.code(), Some("NoSuchBucket"));
    /// assert_eq!(error.status(), Some(404));
    /// assert_eq!(error.request_id(), Some("r-1"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.service_error().map(|e| &*e.code)
    }

    /// Returns the HTTP status of the response, if the service returned an error or an unexpected response.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[("x-amz-request-id", "r1")], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "lake"});
    /// let error = client.call("s3", "HeadBucket", bucket).unwrap_err();
    /// assert_eq!((error.status(), error.request_id()), (Some(404), Some("r1")));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn status(&self) -> Option<u16> {
        let unexpected = || self.unexpected_response().map(|found| found.status);
        self.service_error().map(|e| e.status).or_else(unexpected)
    }

    /// Returns the request id, which AWS Support asks for.
    pub fn request_id(&self) -> Option<&str> {
        match self.service_error() {
            Some(error) => error.request_id.as_deref(),
            None => self.unexpected_response()?.request_id.as_deref(),
        }
    }

    /// Returns the error that the service returned, if any.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = r#"{"__type": "ResourceNotFoundException", "message": "no table t"}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(400, &[], body))?;
    /// let error = client.call("dynamodb", "DescribeTable", serde_json::json!({"TableName": "t"}));
    /// let error = error.unwrap_err();
    /// assert_eq!(error.service_error().unwrap().message, "no table t");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn service_error(&self) -> Option<&ServiceError> {
        self.root().own()
    }

    /// Returns the response that does not belong to the operation, if one was received.
    pub fn unexpected_response(&self) -> Option<&UnexpectedResponse> {
        self.root().own()
    }

    /// Returns the number of attempts that were made; 0 if the call failed before the first one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// use tucuxi::error::RetriesEnded;
    ///
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let replay = Replay::new().respond(503, &[], "").respond(503, &[], "").respond(503, &[], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert_eq!(error.attempts(), 3);
    /// assert_eq!(error.retries_ended(), Some(RetriesEnded::Attempts));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn attempts(&self) -> u32 {
        self.root().0.attempts
    }

    /// Returns the reason why the call was not retried, if a retry might have succeeded. [`RetriesEnded`] has an example.
    pub fn retries_ended(&self) -> Option<RetriesEnded> {
        self.root().0.retries_ended
    }

    /// Returns the innermost error: that of the call that made a transfer or a batch fail. Any other error is its own root.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// use tucuxi::error::ErrorKind;
    ///
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(403, &[], ""))?;
    /// let transfer = client.transfer().upload("text", "bucket", "key");
    /// let error = transfer.run().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Transfer);
    /// assert_eq!(error.root().kind(), ErrorKind::Service);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn root(&self) -> &Self {
        self.chain().last().unwrap_or(self)
    }

    /// Returns the first `T` among the error and its causes: the error of a part of the crate, such as
    /// [`TransferError`](crate::transfer::TransferError), or the error that the program passed to [`Error::new`].
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

    /// Returns the error as a mutable `T`. Unlike [`Error::downcast_ref`], causes are not searched.
    ///
    /// ```
    /// use tucuxi::error::ServiceError;
    ///
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(403, &[], ""))?;
    /// let mut error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// error.downcast_mut::<ServiceError>().unwrap().message = "ask the owner".into();
    /// assert!(error.to_string().contains("ask the owner"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn downcast_mut<T: StdError + 'static>(&mut self) -> Option<&mut T> {
        let own: &mut (dyn StdError + 'static) = &mut *self.0.detail;
        match own.is::<Other>() {
            true => own.downcast_mut::<Other>()?.error.downcast_mut(),
            false => own.downcast_mut(),
        }
    }

    /// Converts the error to a `T`. Causes are not searched.
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
    /// Returns the error unchanged if it is of another type.
    pub fn downcast<T: StdError + 'static>(self) -> Result<T> {
        if self.own::<T>().is_none() {
            return Err(self);
        }
        let kind = self.kind();
        let own: BoxError = self.0.detail;
        let own = own
            .downcast::<Other>()
            .map_or_else(|own| own, |other| other.error);
        // cannot fail: `own` found it above
        own.downcast()
            .map(|own| *own)
            .map_err(|own| Self::new(kind, own))
    }

    /// This error, the error of the call that caused it, and so on.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |error| error.0.detail.inner())
    }

    fn call(&self) -> Option<&Call> {
        self.chain().find_map(|error| error.0.call.as_ref())
    }

    /// The detail as a `T`.
    fn own<T: StdError + 'static>(&self) -> Option<&T> {
        let own: &(dyn StdError + 'static) = &*self.0.detail;
        match own.downcast_ref::<Other>() {
            Some(other) => other.error.downcast_ref(),
            None => own.downcast_ref(),
        }
    }

    /// The text without the name of the call.
    pub(crate) fn without_call(&self) -> impl fmt::Display {
        struct Text<'a>(&'a Inner);
        impl fmt::Display for Text<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f)
            }
        }
        Text(&self.0)
    }

    /// Attributes the error to this call, unless it is attributed to one already.
    pub(crate) fn of_call(mut self, service: &str, operation: &str) -> Self {
        self.0.call.get_or_insert_with(|| Call {
            service: service.into(),
            operation: operation.into(),
        });
        self
    }

    /// Records the number of attempts, unless it is recorded already.
    pub(crate) fn set_attempts(&mut self, attempts: u32) {
        if self.0.attempts == 0 {
            self.0.attempts = attempts;
        }
    }

    /// Records why the call was not retried.
    pub(crate) fn set_retries_ended(&mut self, why: RetriesEnded) {
        self.0.retries_ended = Some(why);
    }

    /// Appends advice to the text.
    pub(crate) fn set_hint(&mut self, hint: impl Into<Cow<'static, str>>) {
        self.0.hint = Some(hint.into());
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
        if let Some(reason) = self.retries_ended.and_then(RetriesEnded::text) {
            write!(f, "; {reason}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "; {}", Printable(hint)),
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
        if !f.alternate() {
            write!(f, "{self}")?;
            let mut causes = iter::successors(self.source(), |error| (**error).source());
            return causes.try_for_each(|cause| write!(f, "\n  caused by: {}", Printable(cause)));
        }
        let mut fields = f.debug_struct("Error");
        fields.field("kind", &self.kind());
        if let Some(Call { service, operation }) = &self.0.call {
            fields
                .field("service", service)
                .field("operation", operation);
        }
        fields.field("attempts", &self.0.attempts);
        fields.field("retries_ended", &self.0.retries_ended);
        fields.field("detail", &self.0.detail).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        unsaid(self, self.0.detail.below())
    }
}

/// The first error, from `below` downwards, whose text is not part of the text of `said`, the error that is shown.
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
