//! Targets of a reader: a [`Value`], or any serializer (such as JSON text) without a tree between.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

/// `Value` as the target. serde_json's own visitor ignores size hints, so that a map of one member has capacity for four.
#[derive(Clone, Copy)]
pub(crate) struct ToValue;

/// Hints are capped, because a response may declare any size.
const MAX_HINT: usize = 256;

impl<'de> DeserializeSeed<'de> for ToValue {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! to_value {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E>(self, v: $type) -> Result<Value, E> {
            Ok(v.into())
        }
    )* };
}

impl<'de> Visitor<'de> for ToValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    to_value! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str, visit_string String }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(self)? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let hint = access.size_hint().unwrap_or(0).min(MAX_HINT);
        let mut map = serde_json::Map::with_capacity(hint);
        while let Some(key) = access.next_key::<String>()? {
            map.insert(key, access.next_value_seed(self)?);
        }
        Ok(map.into())
    }
}

/// A serializer as the target.
pub(crate) struct SerializeInto<S>(pub(crate) S);

impl<'de, S: Serializer> DeserializeSeed<'de> for SerializeInto<S> {
    type Value = S::Ok;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Ok, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Compact JSON text as the target.
pub(crate) struct ToText {
    /// The estimated length of the text.
    pub(crate) capacity: usize,
}

impl<'de> DeserializeSeed<'de> for ToText {
    type Value = Vec<u8>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        let mut out = Vec::with_capacity(self.capacity);
        let mut serializer = serde_json::Serializer::new(&mut out);
        SerializeInto(&mut serializer).deserialize(deserializer)?;
        Ok(out)
    }
}

macro_rules! copy_scalar {
    ($($visit:ident $serialize:ident $type:ty),*) => { $(
        fn $visit<E: serde::de::Error>(self, v: $type) -> Result<S::Ok, E> {
            self.0.$serialize(v).map_err(E::custom)
        }
    )* };
}

impl<'de, S: Serializer> Visitor<'de> for SerializeInto<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    copy_scalar! {
        visit_bool serialize_bool bool, visit_i64 serialize_i64 i64, visit_u64 serialize_u64 u64,
        visit_f64 serialize_f64 f64, visit_str serialize_str &str
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<S::Ok, A::Error> {
        let mut out = self.0.serialize_seq(None).map_err(A::Error::custom)?;
        while access.next_element_seed(ElementTo(&mut out))?.is_some() {}
        out.end().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<S::Ok, A::Error> {
        let mut out = self.0.serialize_map(None).map_err(A::Error::custom)?;
        while access.next_key_seed(KeyTo(&mut out))?.is_some() {
            access.next_value_seed(ValueTo(&mut out))?;
        }
        out.end().map_err(A::Error::custom)
    }
}

/// A deserializer that can be serialized, once.
struct Once<D>(Cell<Option<D>>);

impl<'de, D: Deserializer<'de>> Serialize for Once<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = self
            .0
            .take()
            .ok_or_else(|| S::Error::custom("serialized twice"))?;
        inner
            .deserialize_any(SerializeInto(serializer))
            .map_err(S::Error::custom)
    }
}

macro_rules! part_of {
    ($name:ident $part:ident $method:ident) => {
        struct $name<'s, S>(&'s mut S);
        impl<'de, S: $part> DeserializeSeed<'de> for $name<'_, S> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
                self.0
                    .$method(&Once(Cell::new(Some(d))))
                    .map_err(D::Error::custom)
            }
        }
    };
}
part_of!(ElementTo SerializeSeq serialize_element);
part_of!(KeyTo SerializeMap serialize_key);
part_of!(ValueTo SerializeMap serialize_value);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_targets_keep_everything() {
        let text = r#"{"b":[1,-2,0.5,null,true,"x\n"],"a":{"c":{}}}"#;
        let mut inner = serde_json::Deserializer::from_str(text);
        assert_eq!(ToValue.deserialize(&mut inner).unwrap().to_string(), text);
        let mut inner = serde_json::Deserializer::from_str(text);
        let mut out = Vec::new();
        let target = SerializeInto(&mut serde_json::Serializer::new(&mut out));
        target.deserialize(&mut inner).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
