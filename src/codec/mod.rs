//! Codecs: values to bytes and back, by the shapes of a model.
//!
//! ```text
//!  write   Value ──shape──► bytes                     form, JSON, XML, CBOR
//!
//!  read    XML  ──scan──► tape ──shape──┐               ┌─► Value
//!          JSON ──serde_json──shape─────┼─► serde data ─┼─► the caller's T
//!          CBOR ──minicbor──shape───────┤               └─► JSON text
//!                                       │
//!          what does not fit ──fit──► Value, warnings
//! ```
//! A reader is a `serde::Deserializer`, so that each of the three targets is filled straight from the wire. A tree is
//! built only for a `Value`, and for a response that does not fit its shape (`fit`).

pub(crate) mod cbor_read;
pub(crate) mod cbor_write;
pub(crate) mod edit;
pub(crate) mod fit;
pub(crate) mod fit_xml;
pub(crate) mod fitted;
pub(crate) mod form;
pub(crate) mod format;
pub(crate) mod json_fields;
pub(crate) mod json_read;
pub(crate) mod json_write;
pub(crate) mod python_json;
pub(crate) mod raw;
pub(crate) mod scalar;
pub(crate) mod target;
pub(crate) mod there;
pub(crate) mod xml_read;
pub(crate) mod xml_tape;
pub(crate) mod xml_write;

/// The error of every reader. It is serde_json's, because that reader's cannot be another.
pub(crate) type ReadError = serde_json::Error;

/// What a writer says of a value that does not fit its shape.
pub(crate) type WriteError = crate::error::Error;

/// How deep an answer may nest: serde_json's own limit.
pub(crate) const MAX_DEPTH: usize = 128;

/// The one member of a union of which the model knows no name.
pub(crate) const UNKNOWN_MEMBER: &str = "SDK_UNKNOWN_MEMBER";

/// What every hint of a `Deserializer` comes to when the shape decides, not the target.
macro_rules! the_shape_decides {
    () => {
        fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            visitor.visit_newtype_struct(self)
        }
        /// A target that holds nothing takes anything.
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
