//! The view of a call that its stages share: settings, model, operation and parameters.
//!
//! Checksums, compression, authentication and interceptors receive this view, so they do not depend on the exchange that makes
//! the call.

mod extensions;
mod quirks;

use std::fmt;

use serde_json::Value;

pub use self::extensions::CallExtensions;
pub(crate) use self::quirks::{Quirk, RetryRule, ServiceQuirks};
use crate::model::{Operation, ServiceModel};
use crate::settings::Settings;

/// The call in progress, as interceptors see it.
///
/// ```
/// use tucuxi::Output;
/// use tucuxi::interceptor::{CallContext, Interceptor};
///
/// struct Log;
///
/// impl Interceptor for Log {
///     fn result(&self, call: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
///         let outcome = if result.is_ok() { "succeeded" } else { "failed" };
///         println!("{}.{} {outcome} in attempt {}", call.model.name(), call.operation.name, call.attempt);
///     }
/// }
/// # let config = tucuxi::Config::builder().interceptor(Log);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CallContext<'a> {
    /// The settings of the call.
    pub config: &'a Settings,
    /// The service.
    pub model: &'a ServiceModel,
    /// The operation.
    pub operation: &'a Operation,
    /// The validated parameters. They are null in the `params` hook, which receives the parameters as an argument.
    pub params: &'a Value,
    /// The number of the attempt, from 1, or 0 before the first attempt.
    pub attempt: u32,
    /// Whether the request is presigned: signed in its URL and not sent. Such a call has neither attempts nor a result.
    pub is_presigned: bool,
    /// Values that interceptors store for the duration of this call.
    pub extensions: &'a CallExtensions,
    pub(crate) quirks: &'a ServiceQuirks,
}

impl CallContext<'_> {
    /// Whether the service has this quirk and it is not switched off.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        quirk.is_on(self.config)
    }
}

impl fmt::Debug for CallContext<'_> {
    /// Omits the parameters, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("service", &self.model.name())
            .field("operation", &self.operation.name)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
