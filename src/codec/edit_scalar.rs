//! The values that edits change.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, Visitor};
use serde_json::Value;

use super::edit::Edit;
use super::scalar::ScalarText;
use crate::attribute_value::{FromPlain, PlainOrText, ToPlainOrText};
use crate::model::Kind;

/// A reader of a changed value.
pub(super) struct Scalar<D> {
    pub(super) reader: D,
    pub(super) edit: Edit,
}

impl<'de, D: Deserializer<'de>> Scalar<D> {
    fn read(self) -> Result<Given<'de>, D::Error> {
        if self.edit == Edit::Attribute {
            return Ok(match ToPlainOrText.deserialize(self.reader)? {
                PlainOrText::Plain(value) => Given::Value(value),
                PlainOrText::Text(text) => Given::Text(text),
            });
        }
        let given = self.reader.deserialize_any(TextVisitor)?;
        Ok(match given {
            Given::Text(text) => match self.edit.apply(&text) {
                Some(value) => Given::Value(value),
                None => Given::Text(text),
            },
            other => other,
        })
    }
}

/// The value before a change, or after it.
enum Given<'de> {
    Text(Cow<'de, str>),
    Value(Value),
}

struct TextVisitor;

macro_rules! no_text {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E>(self, v: $type) -> Result<Given<'de>, E> {
            Ok(Given::Value(v.into()))
        }
    )* };
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Given<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_str<E>(self, text: &str) -> Result<Given<'de>, E> {
        Ok(Given::Text(text.to_owned().into()))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Given<'de>, E> {
        Ok(Given::Text(text.into()))
    }
    fn visit_string<E>(self, text: String) -> Result<Given<'de>, E> {
        Ok(Given::Text(text.into()))
    }
    fn visit_unit<E>(self) -> Result<Given<'de>, E> {
        Ok(Given::Value(Value::Null))
    }
    no_text! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64 }
}

macro_rules! give {
    ($($method:ident($($arg:ident: $type:ty),*)),*) => { $(
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            match self.read()? {
                Given::Text(text) => ScalarText { text, kind: &Kind::String }.$method($($arg,)* visitor).map_err(D::Error::custom),
                Given::Value(value) => FromPlain(value).$method($($arg,)* visitor).map_err(D::Error::custom),
            }
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Scalar<D> {
    type Error = D::Error;

    give! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(),
        deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(),
        deserialize_f32(), deserialize_f64(), deserialize_char(), deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_seq(), deserialize_map(), deserialize_identifier(),
        deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(len: usize), deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        match self.read()? {
            Given::Text(text) => {
                let kind = &Kind::String;
                let text = ScalarText { text, kind };
                text.deserialize_option(visitor).map_err(D::Error::custom)
            }
            Given::Value(value) => FromPlain(value)
                .deserialize_option(visitor)
                .map_err(D::Error::custom),
        }
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.reader.deserialize_ignored_any(visitor)
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.reader.deserialize_ignored_any(visitor)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.reader.deserialize_ignored_any(visitor)
    }
}
