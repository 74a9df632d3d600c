//! A fitted result as a reader, whose errors name the member that the target refuses.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fit::entry;
use super::scalar::{self, ScalarText};
use super::{ReadError, big, the_shape_decides};
use crate::model::{Kind, ServiceModel, Shape, ShapeId};

/// The path of what a target refused, from the last step to the first. It is beside the error, which is that of all readers.
#[derive(Default)]
pub(crate) struct Trail(RefCell<Vec<String>>);

impl Trail {
    /// Adds a step to the path of an error.
    #[cold]
    fn below(&self, step: String, error: ReadError) -> ReadError {
        self.0.borrow_mut().push(step);
        error
    }

    /// The text of an error, after its path.
    pub(crate) fn describe(&self, error: &ReadError) -> String {
        let steps = self.0.borrow();
        let path: String = steps.iter().rev().map(String::as_str).collect();
        match path.strip_prefix('.').unwrap_or(&path) {
            "" => error.to_string(),
            path => format!("{path}: {error}"),
        }
    }
}

fn custom(error: impl fmt::Display) -> ReadError {
    serde::de::Error::custom(error)
}

/// A value of a fitted result. Members that the model does not have are without shape.
#[derive(Clone, Copy)]
pub(crate) struct FittedReader<'a, 'de> {
    pub(crate) model: &'a ServiceModel,
    pub(crate) shape: Option<&'a Shape>,
    pub(crate) value: &'de Value,
    pub(crate) trail: &'a Trail,
}

impl<'a, 'de> FittedReader<'a, 'de> {
    fn part(&self, target: Option<ShapeId>, value: &'de Value) -> Result<Self, ReadError> {
        let shape = target.map(|target| self.model.shape(target)).transpose();
        Ok(Self {
            model: self.model,
            shape: shape.map_err(custom)?,
            value,
            trail: self.trail,
        })
    }

    fn kind(&self) -> &'a Kind {
        self.shape.map_or(&Kind::Document, |shape| &shape.kind)
    }

    fn entries(self, map: &'de Map<String, Value>) -> Entries<'a, 'de> {
        Entries {
            entries: map.iter(),
            now: None,
            map: self,
        }
    }

    /// Whether a target of numbers, booleans or variants cannot accept the value; it is `None` for an `Option`. Text does not count,
    /// because most targets of timestamps, blobs and strings accept any.
    fn is_unusable(&self) -> bool {
        match (self.kind(), self.value) {
            (Kind::Boolean, value) => !value.is_boolean(),
            (Kind::Integer | Kind::Long, value) => !value.is_i64() && !value.is_u64(),
            (Kind::BigInteger, value) => big::digits(&Kind::BigInteger, value).is_none(),
            (Kind::BigDecimal | Kind::Float | Kind::Double, Value::String(text)) => {
                scalar::float(text).is_none()
            }
            (Kind::BigDecimal | Kind::Float | Kind::Double, value) => !value.is_number(),
            (Kind::Union(_), Value::Object(members)) => members.is_empty(),
            (Kind::String | Kind::Blob | Kind::Timestamp, value) => {
                value.is_object() || value.is_array()
            }
            _ => false,
        }
    }

    fn bytes(&self) -> Option<Result<Vec<u8>, ReadError>> {
        match (self.kind(), self.value) {
            (Kind::Blob, Value::String(text)) => {
                Some(scalar::base64_read(text).ok_or_else(|| custom("text that is not base64")))
            }
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        self.value.as_str().and_then(scalar::float)
    }
}

impl<'de> Deserializer<'de> for FittedReader<'_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Object(map) => visitor.visit_map(self.entries(map)),
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.iter(),
                index: 0,
                list: self,
            }),
            scalar => scalar.deserialize_any(visitor),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.value.is_null() || self.is_unusable() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.float() {
            Some(float) => visitor.visit_f64(float), // "NaN", "Infinity"
            None => self.deserialize_any(visitor),
        }
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.bytes() {
            Some(bytes) => visitor.visit_byte_buf(bytes?),
            None => self.deserialize_any(visitor),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.bytes() {
            Some(bytes) => {
                visitor.visit_seq(serde::de::value::SeqDeserializer::new(bytes?.into_iter()))
            }
            None => self.deserialize_any(visitor),
        }
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.value {
            Value::Object(map) => visitor.visit_enum(MapAccessDeserializer::new(self.entries(map))),
            scalar => scalar.deserialize_enum(name, variants, visitor),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
    the_shape_decides!();
}

struct Items<'a, 'de> {
    list: FittedReader<'a, 'de>,
    items: std::slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let Some(value) = self.items.next() else {
            return Ok(None);
        };
        let target = match self.list.kind() {
            Kind::List(member) => Some(member.target),
            _ => None,
        };
        let index = self.index;
        self.index += 1;
        let read = seed.deserialize(self.list.part(target, value)?);
        read.map(Some)
            .map_err(|error| self.list.trail.below(format!("[{index}]"), error))
    }
}

/// The entries of a map, or the members of a structure.
struct Entries<'a, 'de> {
    map: FittedReader<'a, 'de>,
    entries: serde_json::map::Iter<'de>,
    now: Option<(&'de String, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        self.now = self.entries.next();
        let Some((key, _)) = self.now else {
            return Ok(None);
        };
        let read = match self.map.shape.and_then(Shape::members) {
            Some(_) => return seed.deserialize(StrDeserializer::new(key)).map(Some),
            None => seed.deserialize(ScalarText {
                text: key.into(),
                kind: &Kind::String,
            }),
        };
        read.map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let (key, value) = self.now.take().ok_or_else(|| custom("no value follows"))?;
        let (target, step) = match self.map.kind() {
            Kind::Map { key: keys, value } => {
                let keys = self.map.model.shape(keys.target).map_err(custom)?;
                (Some(value.target), entry(key, keys))
            }
            Kind::Structure(members) | Kind::Union(members) => (
                members.get(key).map(|member| member.target),
                format!(".{key}"),
            ),
            _ => (None, format!(".{key}")),
        };
        let read = seed.deserialize(self.map.part(target, value)?);
        read.map_err(|error| self.map.trail.below(step, error))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
