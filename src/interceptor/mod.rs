//! Interceptors: typed hooks into every call. Programs use them, and so do the customisations of services.
//!
//! ```text
//!   params ──► validation ──► request ──► signature ──► send ──► after_attempt ──► result
//!                                             ▲                        │
//!                                             └──────── retry ◄────────┘
//! ```
//! Before the request is sent, the program's interceptors run first, in the order in which they were added, and those
//! of the service last. After the response is received, the order is reversed. So the service's interceptors also
//! complete parameters that the program's have added, and the program's see the final result.
//!
//! The interceptors of [`ConfigBuilder::interceptor`](crate::ConfigBuilder::interceptor) apply to all calls, those of
//! [`RequestBuilder::interceptor`](crate::RequestBuilder::interceptor) to a single call. The program's interceptors do
//! not apply to calls that credentials providers make.
//!
//! # Example: add a header
//!
//! ```
//! use tucuxi::interceptor::{CallContext, Interceptor};
//! use tucuxi::transport::Request;
//! # use std::sync::Arc;
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! struct Tenant(&'static str);
//!
//! impl Interceptor for Tenant {
//!     fn request(&self, _: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
//!         let name = http::HeaderValue::from_static(self.0);
//!         request.headers_mut().insert("x-tenant", name);
//!         Ok(())
//!     }
//! }
//!
//! let config = Config::builder().region("eu-west-1").interceptor(Tenant("blue"));
//! # let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
//! # let client = Client::with_transport(config.isolated().unsigned().build()?, replay.clone())?;
//! # client.call("dynamodb", "ListTables", serde_json::json!({}))?;
//! # assert_eq!(replay.sent()[0].headers["x-tenant"], "blue");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Example: count attempts and failures
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
//! use tucuxi::Output;
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! #[derive(Default)]
//! struct Counter {
//!     attempts: AtomicU32,
//!     failures: AtomicU32,
//! }
//!
//! impl Interceptor for Counter {
//!     fn after_attempt(&self, _: &CallContext<'_>, _: &mut Attempt<'_>) {
//!         self.attempts.fetch_add(1, Ordering::Relaxed);
//!     }
//!     fn result(&self, _: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
//!         self.failures.fetch_add(result.is_err().into(), Ordering::Relaxed);
//!     }
//! }
//!
//! let counter = Arc::new(Counter::default());
//! let config = Config::builder().region("eu-west-1").interceptor(counter.clone());
//! # let replay = Replay::new().respond(500, &[], "").respond(200, &[], "{}");
//! # let config = config.isolated().unsigned().sleep(|_| {});
//! # let client = Client::with_transport(config.build()?, replay)?;
//! # client.call("dynamodb", "ListTables", serde_json::json!({}))?;
//! assert_eq!(counter.attempts.load(Ordering::Relaxed), 2);
//! assert_eq!(counter.failures.load(Ordering::Relaxed), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Example: respond without the service
//!
//! ```
//! use tucuxi::interceptor::{CallContext, Interceptor};
//! use tucuxi::transport::{Request, Response, TransportError};
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! struct NoTables;
//!
//! impl Interceptor for NoTables {
//!     fn send(&self, call: &CallContext<'_>, _: &Request) -> Option<Result<Response, TransportError>> {
//!         let is_listing = &*call.operation.name == "ListTables";
//!         is_listing.then(|| Ok(Response::new(r#"{"TableNames": []}"#.into())))
//!     }
//! }
//!
//! let config = Config::builder().region("eu-west-1").interceptor(NoTables);
//! # let client = Client::with_transport(config.isolated().unsigned().build()?, Replay::new())?;
//! let tables = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
//! assert!(tables["TableNames"].as_array().unwrap().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Example: change what is retried
//!
//! ```
//! use tucuxi::error::RetryReason;
//! use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! /// A resource that was just created may not be visible everywhere yet.
//! struct Patience;
//!
//! impl Interceptor for Patience {
//!     fn after_attempt(&self, _: &CallContext<'_>, attempt: &mut Attempt<'_>) {
//!         let code = attempt.outcome.as_ref().err().and_then(|error| error.code());
//!         if code == Some("ResourceNotFoundException") {
//!             attempt.retry = Some(RetryReason::Transient);
//!         }
//!     }
//! }
//!
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| {});
//! # let missing = r#"{"__type": "ResourceNotFoundException"}"#;
//! # let replay = Replay::new().respond(400, &[], missing).respond(200, &[], "{}");
//! # let client = Client::with_transport(config.build()?, replay)?;
//! let request = client.request("dynamodb", "DescribeTable").interceptor(Patience);
//! let output = request.params(serde_json::json!({"TableName": "new"})).send()?;
//! assert_eq!(output.meta.attempts, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod stub;

pub use self::stub::Stub;
pub use crate::call::{CallContext, CallExtensions};

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use serde_json::Value;

use crate::error::{Result, RetryReason};
use crate::output::Output;
use crate::transport::{Request, Response, TransportError};

/// Hooks into a call. The default implementations do nothing. The [module docs](self) have an example of each hook.
///
/// ```
/// use serde_json::Value;
/// use tucuxi::interceptor::{CallContext, Interceptor};
/// # use std::sync::Arc;
/// # use tucuxi::{Client, Config, transport::Replay};
///
/// /// Sets the page size of listings that have a `Limit`.
/// struct PageSize(u32);
///
/// impl Interceptor for PageSize {
///     fn params(&self, call: &CallContext<'_>, params: &mut Value) -> tucuxi::Result<()> {
///         if call.operation.name.starts_with("List") && params["Limit"].is_null() {
///             params["Limit"] = self.0.into();
///         }
///         Ok(())
///     }
/// }
///
/// # let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, replay.clone())?;
/// client.request("dynamodb", "ListTables").interceptor(PageSize(10)).send()?;
/// # assert_eq!(replay.sent()[0].body, r#"{"Limit":10}"#);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[allow(unused_variables, reason = "the names document the arguments")]
pub trait Interceptor: Send + Sync {
    /// Runs once, before the parameters are validated. It may complete or reject them.
    ///
    /// # Errors
    ///
    /// An error ends the call; [`ParamErrors`](crate::params::ParamErrors) are reported together with those of the
    /// validation.
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        Ok(())
    }

    /// Runs before checksum and signature are added to the request, which it may change. It runs again if the call is
    /// redirected to another endpoint.
    ///
    /// # Errors
    ///
    /// An error ends the call.
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        Ok(())
    }

    /// Runs before each attempt, with the signed request. If it returns a response, that is used and nothing is sent;
    /// further interceptors are not run.
    fn send(
        &self,
        call: &CallContext<'_>,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        None
    }

    /// Runs after each attempt. It may change the outcome, and whether the attempt is retried. The body of a streaming
    /// response is not available yet.
    fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {}

    /// Runs once, at the end of a call whose parameters were valid.
    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {}
}

/// A completed attempt and its outcome. `Debug` does not show the values of headers.
///
/// ```
/// use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
///
/// /// Logs the request ids of failed attempts.
/// struct RequestIds;
///
/// impl Interceptor for RequestIds {
///     fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
///         if let (Err(error), Some(id)) = (&attempt.outcome, attempt.headers.get("x-amzn-requestid")) {
///             eprintln!("{}: {error}, request id {id:?}", call.operation.name);
///         }
///     }
/// }
/// ```
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The headers of the response. They are empty if none was received.
    pub headers: &'a HeaderMap,
    /// The outcome.
    pub outcome: &'a mut Result<Output>,
    /// The reason for a retry, or `None` if the outcome is final. Even with a reason, there is no retry after a success,
    /// after the last attempt, without retry quota, or without time.
    pub retry: Option<RetryReason>,
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(|name| name.as_str()).collect();
        f.debug_struct("Attempt")
            .field("headers", &names)
            .field("outcome", &self.outcome)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// A shared interceptor is an interceptor.
impl<T: Interceptor + ?Sized> Interceptor for Arc<T> {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        (**self).params(call, params)
    }
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        (**self).request(call, request)
    }
    fn send(
        &self,
        call: &CallContext<'_>,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        (**self).send(call, request)
    }
    fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        (**self).after_attempt(call, attempt);
    }
    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        (**self).result(call, result);
    }
}

/// Marks a response that has no document, as an extension of it: an interceptor sets the result at the end of the call.
#[derive(Clone, Copy)]
pub(crate) struct StandsIn;

/// The program's interceptors; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Interceptors(Arc<Vec<Arc<dyn Interceptor>>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: Arc<dyn Interceptor>) {
        Arc::make_mut(&mut self.0).push(interceptor);
    }

    /// Returns the interceptors in the order in which they were added.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Interceptor> {
        self.0.iter().map(|one| &**one)
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} interceptors", self.0.len())
    }
}
