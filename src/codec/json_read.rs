//! Reads JSON by a shape.
//!
//! Wire names become member names, unknown members and nulls are dropped, timestamps are normalised, numbers and booleans may be text.
//! The shape decides what a value is: a list, a map, a text or a [`Scalar`](super::json_scalar). So a type of the program is compiled
//! for few readers.

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::json_entries::Entries;
use super::json_scalar::{self, Scalar, Want};
use super::json_tokens::{Text, Tokens};
use super::received::AS_RECEIVED;
use super::{ReadError, erased};
use crate::model::{Kind, ServiceModel, Shape, ShapeId};

/// The shape of a value. It is passed by value, and small for that reason.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    model: &'a ServiceModel,
    pub(super) shape: &'a Shape,
}

impl At<'_> {
    #[inline]
    pub(super) fn to(self, target: ShapeId) -> Result<Self, ReadError> {
        let shape = self.model.shape(target).map_err(ReadError::custom)?;
        Ok(Self { shape, ..self })
    }
}

/// Reads a whole JSON text into the target.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    model: &ServiceModel,
    shape: &Shape,
    src: &'de str,
    seed: S,
) -> Result<S::Value, ReadError> {
    let (tokens, at) = (&mut Tokens::new(src), At { model, shape });
    let out = seed.deserialize(Json {
        tokens: &mut *tokens,
        at,
    });
    let out = out.map_err(|error| tokens.located(error))?;
    tokens.end().map(|()| out)
}

/// Reads a JSON object and passes its members to the visitor as a map, to which the visitor may add others.
pub(crate) fn read_fields<'de, V: Visitor<'de>>(
    model: &ServiceModel,
    shape: &Shape,
    src: &'de str,
    visitor: V,
) -> Result<V::Value, ReadError> {
    let (tokens, at) = (&mut Tokens::new(src), At { model, shape });
    let mut json = Json {
        tokens: &mut *tokens,
        at,
    };
    if !json.is_object() {
        return Err(tokens.no_object());
    }
    let out = json.entries(visitor);
    let out = out.map_err(|error| tokens.located(error))?;
    tokens.end().map(|()| out)
}

/// A deserializer with a shape.
pub(super) struct Json<'a, 't, 'de> {
    pub(super) tokens: &'t mut Tokens<'de>,
    pub(super) at: At<'a>,
}

impl<'de> Json<'_, '_, 'de> {
    /// Reads a structure or a map.
    #[inline]
    fn entries<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.tokens.open()?;
        let out = visitor.visit_map(Entries::new(self.tokens, self.at)?)?;
        self.tokens.close(b'}').map(|()| out)
    }

    /// Reads a list whose elements have this shape.
    #[inline]
    fn list<V: Visitor<'de>>(self, target: ShapeId, visitor: V) -> Result<V::Value, ReadError> {
        let at = self.at.to(target)?;
        self.tokens.open()?;
        let out = visitor.visit_seq(Elements {
            tokens: self.tokens,
            at,
            is_first: true,
        })?;
        self.tokens.close(b']').map(|()| out)
    }

    /// Reads a structure or a union as an enum.
    fn variant<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.tokens.open()?;
        let mut entries = Entries::new(self.tokens, self.at)?;
        let out = visitor.visit_enum(MapAccessDeserializer::new(&mut entries))?;
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.tokens.close(b'}').map(|()| out)
    }

    /// Reads a list or an object without a shape, as serde_json does.
    fn document<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let start = self.tokens.at;
        let text = self.tokens.skip_within_depth()?;
        erased::visit(visitor, |visitor| {
            let mut reader = serde_json::Deserializer::from_str(text);
            let read = reader.deserialize_any(visitor);
            read.map_err(|error| self.tokens.moved(&error, start))
        })
    }

    /// Reads what is not what a type expects, so that no way of it is compiled for each type of the program.
    #[cold]
    fn other<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        erased::visit(visitor, |visitor| self.deserialize_any(visitor))
    }

    fn scalar(&mut self, want: Want) -> Result<Scalar<'de>, ReadError> {
        json_scalar::read(self.tokens, &self.at.shape.kind, want)
    }

    fn is_object(&mut self) -> bool {
        let has_entries = matches!(
            self.at.shape.kind,
            Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. }
        );
        has_entries && self.tokens.peek() == b'{'
    }
}

impl<'de> Deserializer<'de> for Json<'_, '_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match (&self.at.shape.kind, self.tokens.peek()) {
            (Kind::String, b'"') => match self.tokens.text()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Copied(text) => visitor.visit_str(text),
            },
            (Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. }, b'{') => self.entries(visitor),
            (Kind::List(member), b'[') => self.list(member.target, visitor),
            (Kind::Document, b'{' | b'[') => self.document(visitor),
            _ => self.scalar(Want::Any)?.visit(visitor),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match (&self.at.shape.kind, self.tokens.peek()) {
            (Kind::String, b'"') => match self.tokens.text()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Copied(text) => visitor.visit_str(text),
            },
            (_, b'{' | b'[') => self.other(visitor),
            _ => self.scalar(Want::Any)?.visit(visitor),
        }
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match self.is_object() {
            true => self.entries(visitor),
            false => self.other(visitor),
        }
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_map(visitor)
    }
    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match (&self.at.shape.kind, self.tokens.peek()) {
            (Kind::List(member), b'[') => self.list(member.target, visitor),
            (Kind::Blob, _) => erased::visit(visitor, |visitor| {
                self.scalar(Want::Bytes)?.visit_one_by_one(visitor)
            }),
            _ => self.other(visitor),
        }
    }
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.at.shape.kind {
            Kind::List(_) => self.deserialize_seq(visitor),
            _ => self.other(visitor),
        }
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_tuple(len, visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.tokens.peek() {
            b'n' => {
                self.tokens.word("null")?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.tokens.skip()?;
        visitor.visit_unit()
    }
    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match self.tokens.peek() {
            b'{' | b'[' => self.other(visitor),
            _ => self.scalar(Want::Float)?.visit(visitor),
        }
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, ReadError> {
        match self.at.shape.kind {
            Kind::Blob => self.scalar(Want::Bytes)?.visit(visitor),
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match (&self.at.shape.kind, self.tokens.peek()) {
            (Kind::Structure(_) | Kind::Union(_), b'{') => self.variant(visitor),
            (_, b'{' | b'[') => self.other(visitor),
            _ => self.scalar(Want::Variant)?.visit_variant(visitor),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match (name, &self.at.shape.kind) {
            (AS_RECEIVED, Kind::Timestamp) => self.scalar(Want::Received)?.visit(visitor),
            (AS_RECEIVED, _) => self.deserialize_any(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }
    /// A unit target accepts any value.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_ignored_any(visitor)
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_ignored_any(visitor)
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char identifier
    }
}

/// The elements of a list. Null elements stay null.
struct Elements<'a, 't, 'de> {
    tokens: &'t mut Tokens<'de>,
    at: At<'a>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, 'de> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        if !self.tokens.next_element(&mut self.is_first)? {
            return Ok(None);
        }
        let element = Json {
            tokens: self.tokens,
            at: self.at,
        };
        seed.deserialize(element).map(Some)
    }
}
