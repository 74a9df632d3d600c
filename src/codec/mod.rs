//! Codecs: convert values to bytes and back, by the shapes of a model.
//!
//! ```text
//!  write   Value ──shape──► bytes                     form, JSON, XML, CBOR
//!
//!  read    XML  ──scan──► tape ──shape──┐               ┌─► Value
//!          JSON ──tokens──shape─────────┼─► serde data ─┼─► compact tree
//!          CBOR ──minicbor──shape───────┤               ├─► the caller's T
//!                                       │               └─► JSON text
//!          what does not fit ──fit──► Value, warnings
//! ```
//! A reader is a `serde::Deserializer`, so each of the four targets is filled directly from the bytes. A `Value` is built only for a
//! caller that wants one, and for a response that does not fit its shape (`fit`).

pub(crate) mod big;
pub(crate) mod cbor_read;
mod cbor_token;
pub(crate) mod cbor_write;
pub(crate) mod edit;
mod edit_scalar;
pub(crate) mod erased;
pub(crate) mod fit;
pub(crate) mod fit_xml;
pub(crate) mod fitted;
pub(crate) mod form;
pub(crate) mod format;
mod json_entries;
pub(crate) mod json_fields;
mod json_key;
mod json_number;
#[cfg(any(test, feature = "_internals"))]
pub(crate) mod json_plain;
pub(crate) mod json_read;
mod json_scalar;
mod json_skip;
pub(crate) mod json_text;
mod json_tokens;
pub(crate) mod json_write;
pub(crate) mod python_json;
pub(crate) mod raw;
pub(crate) mod received;
pub(crate) mod scalar;
pub(crate) mod sink;
pub(crate) mod tree;
pub(crate) mod warning;
pub(crate) mod wrappers;
mod xml_names;
pub(crate) mod xml_read;
pub(crate) mod xml_tape;
mod xml_text;
pub(crate) mod xml_write;

/// The error of every reader: serde_json's, which has a position.
pub(crate) type ReadError = serde_json::Error;

/// The error of a writer for a value that does not fit its shape.
pub(crate) type WriteError = crate::error::Error;

/// The maximum depth of a response, which is serde_json's own limit.
pub(crate) const MAX_DEPTH: usize = 128;

/// The member of a union whose name is not in the model.
pub(crate) const UNKNOWN_MEMBER: &str = "SDK_UNKNOWN_MEMBER";

/// Implements the hints of a `Deserializer` where the shape decides, and not the target.
macro_rules! the_shape_decides {
    () => {
        fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            visitor.visit_newtype_struct(self)
        }
        crate::codec::the_shape_decides!(except newtypes);
    };
    (except newtypes) => {
        /// A unit target accepts any value.
        fn deserialize_unit<V: serde::de::Visitor<'de>>(
            self,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.deserialize_ignored_any(visitor)
        }
        fn deserialize_unit_struct<V: serde::de::Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.deserialize_ignored_any(visitor)
        }
        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string
            tuple tuple_struct map struct identifier
        }
    };
}
pub(crate) use the_shape_decides;
