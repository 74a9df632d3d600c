//! Reads JSON: wraps serde_json's deserializer with a shape.
//!
//! Wire names become member names, unknown members and nulls are dropped, timestamps are normalised, numbers and booleans may be text.
//! Text and documents come directly from serde_json.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::value::RawValue;

use super::json_members::Fields;
use super::received::{self, AS_RECEIVED};
use super::scalar::{self, ScalarText};
use super::{ReadError, erased, the_shape_decides};
use crate::model::{Kind, ServiceModel, Shape, ShapeId};
use crate::time;

/// What all values of a text have in common.
struct Document<'a, 'de> {
    model: &'a ServiceModel,
    src: &'de str,
}

/// The shape of a value. It is passed by value, and small for that reason.
#[derive(Clone, Copy)]
pub(super) struct At<'a, 'de> {
    document: &'a Document<'a, 'de>,
    pub(super) shape: &'a Shape,
}

impl<'de> At<'_, 'de> {
    #[inline]
    pub(super) fn to<E: serde::de::Error>(self, target: ShapeId) -> Result<Self, E> {
        let shape = self.document.model.shape(target);
        Ok(Self {
            shape: shape.map_err(E::custom)?,
            ..self
        })
    }

    /// The whole text.
    pub(super) fn src(&self) -> &'de str {
        self.document.src
    }
}

/// Reads a whole JSON text into the target.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    model: &ServiceModel,
    shape: &Shape,
    src: &'de str,
    seed: S,
) -> Result<S::Value, ReadError> {
    let mut inner = serde_json::Deserializer::from_str(src); // its depth limit is 128
    let document = &Document { model, src };
    let at = At { document, shape };
    let out = seed.deserialize(Json {
        inner: &mut inner,
        at,
    })?;
    inner.end().map(|()| out)
}

/// Reads a JSON object and passes its members to the visitor as a map, to which the visitor may add others.
pub(crate) fn read_fields<'de, V: Visitor<'de>>(
    model: &ServiceModel,
    shape: &Shape,
    src: &'de str,
    visitor: V,
) -> Result<V::Value, ReadError> {
    let mut inner = serde_json::Deserializer::from_str(src);
    let document = &Document { model, src };
    let at = At { document, shape };
    let out = inner.deserialize_map(ByShape(visitor, at, Want::Any))?;
    inner.end().map(|()| out)
}

/// A deserializer with a shape.
struct Json<'a, 'de, D> {
    inner: D,
    at: At<'a, 'de>,
}

impl<'de, D: Deserializer<'de>> Json<'_, 'de, D> {
    fn wanted<V: Visitor<'de>>(self, visitor: V, want: Want) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(ByShape(visitor, self.at, want))
    }

    /// Reads a number of any size, of which serde_json's reader would keep the digits of a float.
    fn big<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let raw = <&'de RawValue>::deserialize(self.inner)?.get();
        let kind = &self.at.shape.kind;
        let text = match raw.starts_with('"') {
            true => serde_json::from_str(raw).map_err(D::Error::custom)?,
            false => Cow::Borrowed(raw),
        };
        match raw {
            "null" => visitor.visit_unit(),
            _ => ScalarText { text, kind }
                .deserialize_any(visitor)
                .map_err(D::Error::custom),
        }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Json<'_, 'de, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        match self.at.shape.kind {
            Kind::String => self.inner.deserialize_str(visitor),
            Kind::BigDecimal | Kind::BigInteger => self.big(visitor),
            _ => self.wanted(visitor, Want::Any),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_option(ByShape(visitor, self.at, Want::Any))
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.wanted(visitor, Want::Float)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.wanted(visitor, Want::Float)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.wanted(visitor, Want::Bytes)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.wanted(visitor, Want::Bytes)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        match self.at.shape.kind {
            Kind::Blob => self.wanted(visitor, Want::BlobBytes),
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.wanted(visitor, Want::Enum)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        match (name, &self.at.shape.kind) {
            (AS_RECEIVED, Kind::BigDecimal | Kind::BigInteger | Kind::String | Kind::Document) => {
                self.deserialize_any(visitor)
            }
            (AS_RECEIVED, _) => self.wanted(visitor, Want::Received),
            _ => visitor.visit_newtype_struct(self),
        }
    }
    the_shape_decides!(except newtypes);
}

/// A visitor between serde_json and the target's visitor.
struct ByShape<'a, 'de, V>(V, At<'a, 'de>, Want);

/// The request of a typed target.
#[derive(PartialEq)]
enum Want {
    Any,
    Bytes,
    Enum,
    Float,
    /// A list of bytes.
    BlobBytes,
    /// A timestamp as it was received.
    Received,
}

macro_rules! visit_number {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E: serde::de::Error>(self, n: $type) -> Result<V::Value, E> {
            match self.1.shape.kind {
                Kind::Timestamp if self.2 == Want::Received => received::visit(n, self.0),
                Kind::Timestamp => {
                    let text = time::from_epoch(n as f64).map_err(E::custom)?.rfc3339();
                    self.0.visit_string(text)
                }
                Kind::BigDecimal | Kind::BigInteger | Kind::Integer | Kind::Long | Kind::Float | Kind::Double
                | Kind::Document => self.0.$visit(n),
                _ => Err(self.mismatch(Unexpected::Other("a number"))),
            }
        }
    )* };
}

impl<V> ByShape<'_, '_, V> {
    #[cold]
    fn mismatch<E: serde::de::Error>(&self, found: Unexpected<'_>) -> E {
        E::invalid_type(found, &self.1.shape.kind.name())
    }
}

impl<'de, V: Visitor<'de>> ByShape<'_, 'de, V> {
    /// Whether a text needs no conversion.
    fn check<E: serde::de::Error>(&self, s: &str) -> Result<bool, E> {
        match (&self.1.shape.kind, &self.2) {
            (Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. }, _) => {
                Err(self.mismatch(Unexpected::Str(s)))
            }
            (Kind::String | Kind::Document, Want::Any) => Ok(true),
            (Kind::Blob, Want::Any | Want::Received) => match scalar::is_base64(s) {
                true => Ok(true),
                false => Err(self.mismatch(Unexpected::Other("text that is not base64"))),
            },
            _ => Ok(false),
        }
    }

    /// Converts a text.
    fn visit_converted<E: serde::de::Error>(self, s: &str) -> Result<V::Value, E> {
        if matches!(self.1.shape.kind, Kind::Timestamp) {
            if self.2 == Want::Received {
                return received::visit(s, self.0);
            }
            let text = time::normalise(s).map_err(E::custom)?;
            return self.0.visit_str(&text);
        }
        let text = ScalarText {
            text: Cow::Owned(s.to_owned()),
            kind: &self.1.shape.kind,
        };
        let read = match self.2 {
            Want::Any | Want::Received => text.deserialize_any(self.0),
            Want::Bytes => text.deserialize_byte_buf(self.0),
            Want::Enum => text.deserialize_enum("", &[], self.0),
            Want::Float => text.deserialize_f64(self.0),
            Want::BlobBytes => text.deserialize_seq(self.0),
        };
        read.map_err(E::custom)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ByShape<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.shape.kind {
            Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } => f.write_str("an object"),
            Kind::List(_) => f.write_str("an array"),
            _ => self.0.expecting(f),
        }
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let at = self.1;
        self.0.visit_some(Json { inner, at })
    }
    fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<V::Value, E> {
        match self.1.shape.kind {
            Kind::Boolean | Kind::Document => self.0.visit_bool(b),
            _ => Err(self.mismatch(Unexpected::Bool(b))),
        }
    }

    visit_number!(visit_i64 i64, visit_u64 u64);

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<V::Value, E> {
        match self.1.shape.kind {
            Kind::BigDecimal | Kind::Float | Kind::Double | Kind::Document => self.0.visit_f64(n),
            Kind::Timestamp if self.2 == Want::Received => received::visit(n, self.0),
            Kind::Timestamp => {
                let text = time::from_epoch(n).map_err(E::custom)?.rfc3339();
                self.0.visit_string(text)
            }
            // a float of this size is exactly what the text says
            Kind::BigInteger | Kind::Integer | Kind::Long if n.fract() == 0.0 && n.abs() < 9e15 => {
                self.0.visit_i64(n as i64)
            }
            _ => Err(self.mismatch(Unexpected::Float(n))),
        }
    }

    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<V::Value, E> {
        match self.check(s)? {
            true => self.0.visit_str(s),
            false => self.visit_converted(s),
        }
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, s: &'de str) -> Result<V::Value, E> {
        match self.check(s)? {
            true => self.0.visit_borrowed_str(s),
            false => self.visit_converted(s),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        match &self.1.shape.kind {
            Kind::List(member) => self.0.visit_seq(Each(access, self.1.to(member.target)?)),
            Kind::Document => erased::visit_seq(self.0, access).map_err(A::Error::custom),
            _ => Err(self.mismatch(Unexpected::Seq)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        match &self.1.shape.kind {
            Kind::Map { value, .. } => self.0.visit_map(Each(access, self.1.to(value.target)?)),
            Kind::Structure(members) | Kind::Union(members) => {
                let mut fields = Fields::new(access, self.1, members);
                if self.2 != Want::Enum {
                    return self.0.visit_map(fields);
                }
                let out = self.0.visit_enum(MapAccessDeserializer::new(&mut fields))?;
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(out)
            }
            Kind::Document => erased::visit_map(self.0, access).map_err(A::Error::custom),
            _ => Err(self.mismatch(Unexpected::Map)),
        }
    }
}

/// The entries of a list or map: keys are unchanged, every element is read with its shape. Null elements stay null.
struct Each<'a, 'de, A>(A, At<'a, 'de>);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Each<'_, 'de, A> {
    type Error = A::Error;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Through(seed, self.1))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Each<'_, 'de, A> {
    type Error = A::Error;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Through(seed, self.1))
    }
}

/// Reads a value with its shape.
pub(super) struct Through<'a, 'de, S>(pub(super) S, pub(super) At<'a, 'de>);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Through<'_, 'de, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let at = self.1;
        self.0.deserialize(Json { inner, at })
    }
}
