//! Timestamps as they were received, instead of normalised.
//!
//! A target requests them by a name, as serde_json's `RawValue` does. The readers of scalars know the name and pass a timestamp on as
//! bytes, which no other value is: its JSON. All other readers take the name for that of a newtype, and pass normalised timestamps.

use serde::Serialize;
use serde::de::{Error, Visitor};

/// The name of the request.
pub(crate) const AS_RECEIVED: &str = "$tucuxi::AsReceived";

/// Passes a timestamp to a visitor that requested it as received.
pub(super) fn visit<'de, V: Visitor<'de>, E: Error>(
    received: impl Serialize,
    visitor: V,
) -> Result<V::Value, E> {
    let json = serde_json::to_vec(&received).map_err(E::custom)?;
    visitor.visit_byte_buf(json)
}
