//! Interceptors: hooks into every call, typed, for programs and for what services need beyond their models alike.
//!
//! ```text
//!   params ──► checks ──► request ──► signature ──► send ──► answered ──► result
//!                                         ▲                      │
//!                                         └──── once more ◄──────┘
//! ```
//! On the way out the program's interceptors come first, in the order in which they were added, and those of the service
//! after them; on the way back it is the other way round. So what a program puts in is completed as if a caller had given
//! it, and of what comes out the program has the last word.
//!
//! All calls have those of [`ConfigBuilder::interceptor`](crate::ConfigBuilder::interceptor), a single one has those of
//! [`RequestBuilder::interceptor`](crate::RequestBuilder::interceptor) too. Calls that providers of credentials make have
//! none of the program's.
//!
//! To add a header:
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
//! # let replay = Arc::new(Replay::new().answer(200, &[], "{}"));
//! # let client = Client::with_transport(config.isolated().unsigned().build()?, replay.clone())?;
//! # client.call("dynamodb", "ListTables", serde_json::json!({}))?;
//! # assert_eq!(replay.sent()[0].headers["x-tenant"], "blue");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To measure:
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
//!     fn answered(&self, _: &CallContext<'_>, _: &mut Attempt<'_>) {
//!         self.attempts.fetch_add(1, Ordering::Relaxed);
//!     }
//!     fn result(&self, _: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
//!         self.failures.fetch_add(result.is_err().into(), Ordering::Relaxed);
//!     }
//! }
//!
//! let counter = Arc::new(Counter::default());
//! let config = Config::builder().region("eu-west-1").interceptor(counter.clone());
//! # let replay = Replay::new().answer(500, &[], "").answer(200, &[], "{}");
//! # let config = config.isolated().unsigned().sleep(|_| {});
//! # let client = Client::with_transport(config.build()?, replay)?;
//! # client.call("dynamodb", "ListTables", serde_json::json!({}))?;
//! assert_eq!(counter.attempts.load(Ordering::Relaxed), 2);
//! assert_eq!(counter.failures.load(Ordering::Relaxed), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To give an answer without the service:
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
//!         let is_it = &*call.operation.name == "ListTables";
//!         is_it.then(|| Ok(Response::new(r#"{"TableNames": []}"#.into())))
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
//! To have another say in whether a call is tried again:
//!
//! ```
//! use tucuxi::error::RetryReason;
//! use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! /// A resource that was just made may not be found everywhere yet.
//! struct Patience;
//!
//! impl Interceptor for Patience {
//!     fn answered(&self, _: &CallContext<'_>, attempt: &mut Attempt<'_>) {
//!         let code = attempt.outcome.as_ref().err().and_then(|error| error.code());
//!         if code == Some("ResourceNotFoundException") {
//!             attempt.retry = Some(RetryReason::Transient);
//!         }
//!     }
//! }
//!
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| {});
//! # let missing = r#"{"__type": "ResourceNotFoundException"}"#;
//! # let replay = Replay::new().answer(400, &[], missing).answer(200, &[], "{}");
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

/// Hooks into a call. Each does nothing unless it is written.
#[allow(unused_variables, reason = "the names tell what each hook is given")]
pub trait Interceptor: Send + Sync {
    /// Once, before the parameters are checked: they may be completed or refused.
    ///
    /// # Errors
    ///
    /// The call ends with it; [`ParamErrors`](crate::params::ParamErrors) are told together with what the checks find.
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        Ok(())
    }

    /// Once the request is written, before it gets its checksum and its signature: all of it may be changed. A call that is
    /// sent to another place is written again.
    ///
    /// # Errors
    ///
    /// The call ends with it.
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        Ok(())
    }

    /// Before each attempt, when the request is signed. Whoever gives an answer here gives it in the service's place; the
    /// first one counts.
    fn send(
        &self,
        call: &CallContext<'_>,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        None
    }

    /// After each attempt, when it was judged: the outcome and the verdict may be changed. The body of a response that streams is
    /// not there yet.
    fn answered(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {}

    /// Once, at the end of a call whose parameters were good.
    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {}
}

/// An attempt that is over, and what follows from it. `Debug` shows no values of headers.
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The headers of its answer; none if there was no answer.
    pub headers: &'a HeaderMap,
    /// What came of it.
    pub outcome: &'a mut Result<Output>,
    /// Why another attempt may succeed; `None` if this outcome holds. Even then attempts, quota or time may be at their
    /// end. A good outcome holds in any case.
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

/// What is shared is an interceptor too.
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
    fn answered(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        (**self).answered(call, attempt);
    }
    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        (**self).result(call, result);
    }
}

/// Marks a response, among its extensions, as one without a document: the result is given when the call ends.
#[derive(Clone, Copy)]
pub(crate) struct StandsIn;

/// The program's interceptors; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Interceptors(Arc<Vec<Arc<dyn Interceptor>>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: Arc<dyn Interceptor>) {
        Arc::make_mut(&mut self.0).push(interceptor);
    }

    /// In the order in which they were added.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Interceptor> {
        self.0.iter().map(|one| &**one)
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} interceptors", self.0.len())
    }
}
