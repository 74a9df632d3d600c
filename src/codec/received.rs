//! Timestamps as they were received, instead of normalised.
//!
//! A target requests them by a name, as serde_json's `RawValue` does. The readers of scalars know the name and pass a timestamp on as
//! bytes, which no other value is: its JSON. All other readers take the name for that of a newtype, and pass normalised timestamps.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::sink::ToValue;

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

/// `Value` as the target, whose timestamps a function makes of those that were received: texts and numbers.
#[derive(Clone, Copy)]
pub(crate) struct AsReceived(pub(crate) fn(Value) -> Value);

impl<'de> DeserializeSeed<'de> for AsReceived {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_newtype_struct(AS_RECEIVED, self)
    }
}

macro_rules! to_value {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E: Error>(self, v: $type) -> Result<Value, E> {
            ToValue.$visit(v)
        }
    )* };
}

impl<'de> Visitor<'de> for AsReceived {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ToValue.expecting(f)
    }

    to_value! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str, visit_string String }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        ToValue.visit_unit()
    }
    fn visit_byte_buf<E: Error>(self, json: Vec<u8>) -> Result<Value, E> {
        let received = serde_json::from_slice(&json).map_err(E::custom)?;
        Ok((self.0)(received))
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        super::sink::list(access, self)
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        super::sink::map(access, self)
    }
}
