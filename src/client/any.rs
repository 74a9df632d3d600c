//! What the blocking and the async client have in common.

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;

use super::Client;
use crate::cancel::CancelToken;
use crate::error::Result;

/// A client of either kind: [`Client`], or `AsyncClient` with the feature `async`. Builders that both have are generic over it.
///
/// ```
/// use tucuxi::{AnyClient, RequestBuilder};
///
/// /// Limits a listing, for either client.
/// fn limited<C: AnyClient>(request: RequestBuilder<C>) -> RequestBuilder<C> {
///     request.params(serde_json::json!({"MaxKeys": 10}))
/// }
/// # let _ = limited::<tucuxi::Client>;
/// ```
pub trait AnyClient: Shared {}

/// The part that only this crate uses.
#[allow(unnameable_types, reason = "no other type can implement it")]
pub trait Shared: Clone + Send + Sync + 'static {
    /// The blocking client, which has the configuration, the models and the caches.
    fn shared(&self) -> &Client;

    /// A client of the same kind with other settings.
    fn with_shared(&self, shared: Client) -> Self;

    /// A function that sends a request with these parameters and returns its result.
    type Fetch: Clone + Send + Sync;

    /// A request that was sent in advance.
    type Sent: Send;

    /// Results one after the other: an iterator or a stream.
    type Series: Send;

    /// Work on a thread of its own.
    type Thread<T: Send + 'static>: Send;
}

impl AnyClient for Client {}

impl Shared for Client {
    fn shared(&self) -> &Client {
        self
    }

    fn with_shared(&self, shared: Client) -> Self {
        shared
    }

    type Fetch = Arc<dyn Fn(Value, &CancelToken) -> Result<Value> + Send + Sync>;
    type Sent = JoinHandle<Result<Value>>;
    type Series = Box<dyn Iterator<Item = Result<Value>> + Send>;
    type Thread<T: Send + 'static> = JoinHandle<T>;
}
