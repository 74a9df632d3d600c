//! A compact tree as the target of a reader.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::received::AS_RECEIVED;
use crate::tree::{Builder, Hint, Name, Tree};

/// A tree as the target.
pub(crate) struct ToTree {
    /// Makes timestamps of the texts and numbers that were received, if they are not normalised.
    pub(crate) timestamp: Option<fn(Value) -> Value>,
    /// The length of the response.
    pub(crate) len: usize,
}

impl<'de> DeserializeSeed<'de> for ToTree {
    type Value = Tree;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Tree, D::Error> {
        let mut builder = Builder::default();
        builder.reserve(self.len);
        let whole = Part {
            builder: &mut builder,
            name: Name::NONE,
            timestamp: self.timestamp,
        };
        whole.deserialize(reader)?;
        Ok(builder.finish())
    }
}

/// Adds a value to a tree.
struct Part<'b> {
    builder: &'b mut Builder,
    name: Name,
    timestamp: Option<fn(Value) -> Value>,
}

impl Part<'_> {
    /// The target of a part of the value.
    fn part(&mut self, name: Name) -> Part<'_> {
        Part {
            builder: self.builder,
            name,
            ..*self
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        match self.timestamp {
            Some(_) => reader.deserialize_newtype_struct(AS_RECEIVED, self),
            None => reader.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.builder.bool(self.name, value);
        Ok(())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.builder.i64(self.name, value);
        Ok(())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.builder.u64(self.name, value);
        Ok(())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.builder.f64(self.name, value);
        Ok(())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.builder.str(self.name, text).map_err(E::custom)
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.builder.null(self.name);
        Ok(())
    }
    fn visit_byte_buf<E: Error>(self, json: Vec<u8>) -> Result<(), E> {
        let received = serde_json::from_slice(&json).map_err(E::custom)?;
        let make = self.timestamp.unwrap_or(std::convert::identity);
        let value = make(received);
        self.builder.value(self.name, &value).map_err(E::custom)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        let open = self.builder.list(self.name);
        let (name, mut count) = (self.name.of_elements(), 0);
        while access.next_element_seed(self.part(name))?.is_some() {
            count += 1;
        }
        self.builder.close_list(open, count).map_err(Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        let open = self.builder.map(self.name);
        let (mut hint, mut count) = (Hint::start(self.name), 0);
        loop {
            let key = Key {
                builder: self.builder,
                hint: &mut hint,
            };
            let Some(name) = access.next_key_seed(key)? else {
                break;
            };
            access.next_value_seed(self.part(name))?;
            count += 1;
        }
        let closed = self.builder.close_map(open, &hint, count);
        closed.map_err(Error::custom)
    }
}

/// Finds the name of a member.
struct Key<'b> {
    builder: &'b mut Builder,
    hint: &'b mut Hint,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Name;
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Name, D::Error> {
        reader.deserialize_string(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        self.builder.name(name, self.hint).map_err(E::custom)
    }
}
