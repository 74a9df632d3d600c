//! What the blocking and the async client have in common.

use super::Client;

/// A client of either kind: [`Client`], or `AsyncClient` with the feature `async`. Builders that both have are generic over it.
pub trait AnyClient: Shared {}

/// The part that only this crate uses.
#[allow(
    unnameable_types,
    reason = "the trait is sealed: no other type can implement it"
)]
pub trait Shared: Clone + Send + Sync + 'static {
    /// The blocking client, which has the configuration, the models and the caches.
    fn shared(&self) -> &Client;

    /// A client of the same kind with other settings.
    fn with_shared(&self, shared: Client) -> Self;
}

impl AnyClient for Client {}

impl Shared for Client {
    fn shared(&self) -> &Client {
        self
    }

    fn with_shared(&self, shared: Client) -> Self {
        shared
    }
}
