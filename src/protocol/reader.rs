//! A response as a `Deserializer`: headers, status and body become one map.
//!
//! ```text
//!                   ┌ Header, Headers, StatusCode members ┐
//!   REST response ──┤                                     ├──► one MapAccess ──► target
//!                   └ the body's members, or the payload ─┘
//! ```

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::BufferedResponse;
use super::binding::Bindings;
use super::empty::EmptyMap;
use crate::codec::format::Format;
use crate::codec::xml_read::{Document, Xml};
use crate::codec::xml_tape::Tape;
use crate::codec::{ReadError, cbor_read, json_read, the_shape_decides};
use crate::model::Shape;

/// A response as a deserializer of a shape.
pub(super) struct ResponseReader<'a, F> {
    response: BufferedResponse<'a>,
    shape: &'a Shape,
    /// Returns the element of an XML body that holds the shape.
    start: F,
}

impl<'a, F: FnOnce(Tape<'_, '_>) -> usize> ResponseReader<'a, F> {
    pub(super) fn new(response: BufferedResponse<'a>, shape: &'a Shape, start: F) -> Self {
        Self {
            response,
            shape,
            start,
        }
    }

    fn body<V: Visitor<'a>>(self, format: Format, visitor: V) -> Result<V::Value, ReadError> {
        let BufferedResponse { model, body, .. } = self.response;
        if body.is_empty() {
            return visitor.visit_map(EmptyMap);
        }
        match format {
            Format::Json => {
                json_read::read_fields(model, self.shape, self.response.text()?, visitor)
            }
            Format::Cbor => cbor_read::read(model, self.shape, body, visitor),
            Format::Xml => {
                let (Some(tape), Some(members)) = (self.response.tape(), self.shape.members())
                else {
                    return visitor.visit_map(EmptyMap);
                };
                let node = (self.start)(tape);
                let document = Document::new(tape, model);
                visitor.visit_map(Xml::new(&document, self.shape, node).fields(members))
            }
        }
    }
}

impl<'de, F: FnOnce(Tape<'_, '_>) -> usize> Deserializer<'de> for ResponseReader<'de, F> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Some(members) = self.shape.members() else {
            return visitor.visit_map(EmptyMap);
        };
        let protocol = self.response.protocol();
        let (format, is_bound) = (protocol.format(), protocol.binds_members());
        if !is_bound && self.response.events.is_none() {
            return self.body(format, visitor);
        }
        let bindings = Bindings::new(self.response, members, is_bound);
        match members.payload() {
            Some(_) if is_bound => visitor.visit_map(ChainedMap::new(bindings, EmptyMap)),
            _ if members.has_response_body => {
                self.body(format, ChainingVisitor { bindings, visitor })
            }
            _ => visitor.visit_map(ChainedMap::new(bindings, EmptyMap)),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
    serde::forward_to_deserialize_any! { bytes byte_buf enum f32 f64 seq }
    the_shape_decides!();
}

/// A visitor of the body that puts the bound members before those of the body.
struct ChainingVisitor<'a, V> {
    bindings: Bindings<'a>,
    visitor: V,
}

impl<'a, V: Visitor<'a>> Visitor<'a> for ChainingVisitor<'a, V> {
    type Value = V::Value;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }
    fn visit_map<A: MapAccess<'a>>(self, body: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(ChainedMap::new(self.bindings, body))
    }
}

/// The bound members, then those of the body.
struct ChainedMap<'a, A> {
    bindings: Bindings<'a>,
    body: A,
}

impl<'a, A> ChainedMap<'a, A> {
    fn new(bindings: Bindings<'a>, body: A) -> Self {
        Self { bindings, body }
    }
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for ChainedMap<'a, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        match self.bindings.advance().map_err(A::Error::custom)? {
            Some(member) => seed
                .deserialize(StrDeserializer::new(&member.name))
                .map(Some),
            None => self.body.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.bindings.take_value() {
            Some(value) => value.read(seed).map_err(A::Error::custom),
            None => self.body.next_value_seed(seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bindings.size_hint() + self.body.size_hint().unwrap_or(0))
    }
}
