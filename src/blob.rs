//! Blobs in types of the program: bytes here, base64 in parameters and results.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Deserialize, Serialize)]
//! #[serde(rename_all = "PascalCase")]
//! struct Record {
//!     #[serde(with = "tucuxi::blob")]
//!     data: Vec<u8>,
//!     #[serde(with = "tucuxi::blob::option", default, skip_serializing_if = "Option::is_none")]
//!     checksum: Option<Vec<u8>>,
//! }
//!
//! let record = Record { data: b"hello".to_vec(), checksum: None };
//! let json = serde_json::to_value(&record)?;
//! assert_eq!(json, serde_json::json!({"Data": "aGVsbG8="}));
//! assert_eq!(serde_json::from_value::<Record>(json)?, record);
//! # Ok::<(), serde_json::Error>(())
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::Serializer;

/// Serializes bytes as base64.
///
/// # Errors
///
/// Returns an error if the serializer fails.
pub fn serialize<S: Serializer>(
    bytes: &impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

/// Deserializes bytes from base64.
///
/// # Errors
///
/// Returns an error if the value is not a string in base64.
pub fn deserialize<'de, T: From<Vec<u8>>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = BASE64_STANDARD.decode(text);
    bytes.map(T::from).map_err(D::Error::custom)
}

/// The same for an `Option`; add `#[serde(default)]` for a member that a response may lack.
pub mod option {
    use super::*;

    /// Serializes bytes as base64, and `None` as null.
    ///
    /// # Errors
    ///
    /// Returns an error if the serializer fails.
    pub fn serialize<S: Serializer>(
        bytes: &Option<impl AsRef<[u8]>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::serialize(bytes, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Deserializes bytes from base64, and `None` from null.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is neither null nor a string in base64.
    pub fn deserialize<'de, T: From<Vec<u8>>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let bytes = text.map(|text| BASE64_STANDARD.decode(text)).transpose();
        bytes
            .map(|bytes| bytes.map(T::from))
            .map_err(D::Error::custom)
    }
}
