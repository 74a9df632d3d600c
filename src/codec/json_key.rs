//! Names of members and keys of maps in JSON.

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

use serde_json::de::StrRead;

use super::ReadError;
use super::json_tokens::{Text, Tokens};

/// A name.
pub(super) enum Key<'k, 't, 'de> {
    /// That of a member in the model.
    Name(&'k str),
    /// The next text.
    Text(&'t mut Tokens<'de>),
}

/// Reads a key that is a number or a boolean in quotes, as serde_json does.
fn quoted<'de, T>(
    tokens: &mut Tokens<'de>,
    read: impl FnOnce(&mut serde_json::Deserializer<StrRead<'de>>) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    tokens.peek();
    let start = tokens.at + 1;
    let text = tokens.skip()?;
    let text = text.get(1..text.len() - 1).unwrap_or_default();
    // white space would be accepted around a number
    if text.trim_ascii().len() < text.len() {
        let what = Unexpected::Str(text);
        return Err(ReadError::invalid_type(what, &"a key without white space"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let out = read(&mut reader).and_then(|out| reader.end().map(|()| out));
    out.map_err(|error| tokens.moved(&error, start))
}

macro_rules! quoted {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self {
                Self::Name(name) => visitor.visit_str(name),
                Self::Text(tokens) => quoted(tokens, |reader| reader.$method(visitor)),
            }
        }
    )* };
}

impl<'de> Deserializer<'de> for Key<'_, '_, 'de> {
    type Error = ReadError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Name(name) => visitor.visit_str(name),
            Self::Text(tokens) => match tokens.text()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Copied(text) => visitor.visit_str(text),
            },
        }
    }
    quoted! {
        deserialize_bool deserialize_f32 deserialize_f64 deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self {
            Self::Name(name) => visitor.visit_enum(StrDeserializer::new(name)),
            Self::Text(tokens) => match tokens.text()? {
                Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Text::Copied(text) => visitor.visit_enum(StrDeserializer::new(text)),
            },
        }
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Name(name) => visitor.visit_str(name),
            Self::Text(tokens) => match tokens.text()? {
                Text::Borrowed(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
                Text::Copied(text) => visitor.visit_bytes(text.as_bytes()),
            },
        }
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_bytes(visitor)
    }
    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
