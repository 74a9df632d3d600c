//! Targets of a reader: a [`Value`], or JSON text without a tree between.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::json_text;

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

/// Compact JSON text as the target.
pub(crate) struct ToText {
    /// The estimated length of the text.
    pub(crate) capacity: usize,
}

impl<'de> DeserializeSeed<'de> for ToText {
    type Value = Vec<u8>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Vec<u8>, D::Error> {
        let mut out = Vec::with_capacity(self.capacity);
        Text(&mut out).deserialize(reader)?;
        Ok(out)
    }
}

/// Appends a value to a text.
struct Text<'o>(&'o mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

macro_rules! write_number {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E: serde::de::Error>(self, v: $type) -> Result<(), E> {
            serde_json::to_writer(self.0, &v).map_err(E::custom)
        }
    )* };
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    write_number! { visit_i64 i64, visit_u64 u64, visit_f64 f64 }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<(), E> {
        let text: &[u8] = if v { b"true" } else { b"false" };
        self.0.extend_from_slice(text);
        Ok(())
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<(), E> {
        json_text::push(self.0, v);
        Ok(())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let out = self.0;
        let mut open = b'[';
        loop {
            let end = out.len();
            out.push(open);
            if access.next_element_seed(Text(out))?.is_none() {
                close(out, end, (open, b'[', b']'));
                return Ok(());
            }
            open = b',';
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let out = self.0;
        let mut open = b'{';
        loop {
            let end = out.len();
            out.push(open);
            if access.next_key_seed(Key(out))?.is_none() {
                close(out, end, (open, b'{', b'}'));
                return Ok(());
            }
            out.push(b':');
            access.next_value_seed(Text(out))?;
            open = b',';
        }
    }
}

/// Ends a list or a map in place of the comma behind its last part.
fn close(out: &mut Vec<u8>, end: usize, (last, open, close): (u8, u8, u8)) {
    if last != open {
        out.truncate(end);
    }
    out.push(close);
}

/// Appends the name of a member.
struct Key<'o>(&'o mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_string(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<(), E> {
        json_text::push(self.0, name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_targets_keep_everything() {
        let text = r#"{"b":[1,-2,0.5,null,true,"x\n"],"a":{"c":{}}}"#;
        let mut inner = serde_json::Deserializer::from_str(text);
        assert_eq!(ToValue.deserialize(&mut inner).unwrap().to_string(), text);
        let mut inner = serde_json::Deserializer::from_str(text);
        let out = ToText { capacity: 0 }.deserialize(&mut inner).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
        for text in [
            "[]",
            "{}",
            "[[],{},[{}]]",
            r#"{"":[1]}"#,
            "null",
            "7",
            "-0.0",
            "1e+300",
        ] {
            let mut inner = serde_json::Deserializer::from_str(text);
            let out = ToText { capacity: 0 }.deserialize(&mut inner).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
