//! Values that interceptors store for the duration of one call.

use std::fmt;
use std::sync::Mutex;

use crate::sync;

/// Values that interceptors store for the duration of one call, at most one of each type.
///
/// They live as long as the call, over all its attempts. Nested calls, such as S3's `CreateSession`, have values of their own.
///
/// ```
/// use std::time::Instant;
/// use tucuxi::Output;
/// use tucuxi::interceptor::{CallContext, Interceptor};
/// use tucuxi::transport::Request;
/// # use std::sync::Arc;
/// # use tucuxi::{Client, Config, transport::Replay};
///
/// struct Timer;
///
/// impl Interceptor for Timer {
///     fn request(&self, call: &CallContext<'_>, _: &mut Request) -> tucuxi::Result<()> {
///         call.extensions.insert(Instant::now());
///         Ok(())
///     }
///     fn result(&self, call: &CallContext<'_>, _: &mut tucuxi::Result<Output>) {
///         let started: Option<Instant> = call.extensions.get();
///         println!("{} took {:?}", call.operation.name, started.map(|start| start.elapsed()));
/// #       assert!(started.is_some());
///     }
/// }
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().interceptor(Timer);
/// # let client = Client::with_transport(config.build()?, Replay::new().respond(200, &[], "{}"))?;
/// # client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct CallExtensions(Mutex<http::Extensions>);

impl CallExtensions {
    /// Stores a value, and returns the value of the same type that it replaces, if any.
    pub fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) -> Option<T> {
        sync::lock(&self.0).insert(value)
    }

    /// Returns a clone of the value of this type.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        sync::lock(&self.0).get().cloned()
    }

    /// Removes the value of this type and returns it.
    pub fn remove<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        sync::lock(&self.0).remove()
    }
}

impl fmt::Debug for CallExtensions {
    /// Omits the values, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallExtensions")
    }
}
