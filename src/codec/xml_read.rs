//! XML, second step: reads the tape by the shapes.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::received::AS_RECEIVED;
use super::scalar::ScalarText;
use super::wrappers::Present;
use super::xml_tape::{Elements, Tape};
use super::{ReadError, UNKNOWN_MEMBER, erased, the_shape_decides};
use crate::model::{Kind, Member, Members, ServiceModel, Shape, ShapeId};

type Result<T, E = ReadError> = std::result::Result<T, E>;

/// What all elements of a document have in common.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a, 'de> {
    tape: Tape<'a, 'de>,
    model: &'a ServiceModel,
}

impl<'a, 'de> Document<'a, 'de> {
    pub(crate) fn new(tape: Tape<'a, 'de>, model: &'a ServiceModel) -> Self {
        Self { tape, model }
    }
}

/// A reader of an element with its shape. It is passed by value, and small for that reason.
#[derive(Clone, Copy)]
pub(crate) struct Xml<'a, 'de> {
    document: &'a Document<'a, 'de>,
    shape: &'a Shape,
    node: u32,
    /// The end of a flattened list or map, whose entries are the siblings from `node` to here with the name of `node`; 0 if it is not
    /// flattened.
    flat: u32,
}

impl<'a, 'de> Xml<'a, 'de> {
    /// The element; 0 is the root.
    pub(crate) fn new(document: &'a Document<'a, 'de>, shape: &'a Shape, node: usize) -> Self {
        Self {
            document,
            shape,
            // a tape has fewer nodes than bytes, which are below 2^32
            node: node as u32,
            flat: 0,
        }
    }

    /// The reader of another element.
    fn at(&self, node: u32, target: ShapeId) -> Result<Self> {
        let shape = self.document.model.shape(target);
        Ok(Self {
            node,
            shape: shape.map_err(ReadError::custom)?,
            flat: 0,
            document: self.document,
        })
    }

    #[inline]
    fn tape(&self) -> &'a Tape<'a, 'de> {
        &self.document.tape
    }

    fn elements(&self) -> Elements<'a, 'de> {
        match self.flat {
            0 => self.tape().children(self.node as usize),
            end => self.tape().namesakes(self.node as usize, end as usize),
        }
    }

    pub(crate) fn fields(self, members: &'a Members) -> Fields<'a, 'de> {
        Fields {
            at: self.node + 1,
            end: self.tape().next(self.node as usize) as u32,
            members,
            previous: None,
            duplicate: None,
            seen: Seen::default(),
            is_union: self.shape.is_union(),
            has_member: false,
            attribute: 0,
            value: Next::Text(String::new()),
            xml: self,
        }
    }

    #[inline]
    fn scalar(&self) -> Result<ScalarText<'a, 'de>> {
        let kind = &self.shape.kind;
        match self.tape().leaf_text(self.node as usize) {
            Some(text) => Ok(ScalarText { text: text?, kind }),
            None => Err(mismatch("elements where the model has a", kind)),
        }
    }

    /// Whether there is text where an aggregate is expected.
    #[inline]
    fn is_text(&self) -> bool {
        self.flat == 0 && self.tape().is_text(self.node as usize)
    }
}

impl<'de> Deserializer<'de> for Xml<'_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.shape.kind {
            kind @ (Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. })
                if self.is_text() =>
            {
                Err(mismatch("text where the model has a", kind))
            }
            Kind::Structure(members) | Kind::Union(members) => {
                visitor.visit_map(self.fields(members))
            }
            Kind::List(member) => visitor.visit_seq(Items {
                elements: self.elements(),
                xml: self,
                member,
            }),
            Kind::Map { key, value } => visitor.visit_map(Entries {
                elements: self.elements(),
                xml: self,
                key,
                value,
                entry: 0,
            }),
            _ => self.scalar()?.deserialize_any(visitor),
        }
    }

    // the requests of typed targets: NaN as a float, bytes, an `Option`, a union or string as an enum, a unit
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.scalar()?.deserialize_f64(visitor)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.scalar()?.deserialize_f64(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.scalar()?.deserialize_byte_buf(visitor)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.shape.kind {
            Kind::Blob => self.scalar()?.deserialize_seq(visitor),
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit() // stepped over, not walked
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.shape.members() {
            Some(members) => visitor.visit_enum(MapAccessDeserializer::new(self.fields(members))),
            None => self.scalar()?.deserialize_enum(name, variants, visitor),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match (name, &self.shape.kind) {
            (AS_RECEIVED, Kind::Timestamp) => {
                (self.scalar()?).deserialize_newtype_struct(name, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }
    the_shape_decides!(except newtypes);
}

#[cold]
fn mismatch(what: &str, kind: &Kind) -> ReadError {
    ReadError::custom(format_args!("XML: {what} {}", kind.name()))
}

struct Items<'a, 'de> {
    elements: Elements<'a, 'de>,
    xml: Xml<'a, 'de>,
    member: &'a Member,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let element = self.elements.next();
        element
            .map(|node| seed.deserialize(self.xml.at(node as u32, self.member.target)?))
            .transpose()
    }
}

struct Entries<'a, 'de> {
    elements: Elements<'a, 'de>,
    xml: Xml<'a, 'de>,
    key: &'a Member,
    value: &'a Member,
    entry: usize,
}

impl<'de> Entries<'_, 'de> {
    fn part<S: DeserializeSeed<'de>>(&self, of: &Member, seed: S) -> Result<S::Value> {
        let node = self.xml.tape().child(self.entry, &of.wire_name);
        let node = node.ok_or_else(|| {
            let name = &of.wire_name;
            ReadError::custom(format_args!("XML: a map entry without its {name}"))
        })?;
        seed.deserialize(self.xml.at(node as u32, of.target)?)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(entry) = self.elements.next() else {
            return Ok(None);
        };
        self.entry = entry;
        self.part(self.key, seed).map(Some)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.part(self.value, seed)
    }
}

/// A map of a structure's members, in the order of their elements.
pub(crate) struct Fields<'a, 'de> {
    xml: Xml<'a, 'de>,
    members: &'a Members,
    at: u32,
    end: u32,
    previous: Option<usize>,
    /// The second member with the wire name of the last element.
    duplicate: Option<(u16, u32)>,
    /// The members that were read: repeated elements are one field, which is the flattened list, or else the first of them.
    seen: Seen,
    is_union: bool,
    /// The number of fields of a union, which must be one.
    has_member: bool,
    attribute: usize,
    value: Next<'a, 'de>,
}

/// The value that `next_value_seed` returns.
enum Next<'a, 'de> {
    Element(&'a Member, u32),
    Text(String),
    UnknownTag(&'de str),
}

impl<'a, 'de> Fields<'a, 'de> {
    /// Checks an element with a name that was read before.
    #[cold]
    fn repeated(&self, index: usize) -> Result<()> {
        let member = self.members.at(index);
        let may_repeat = member.flattened
            || self.previous != Some(index)
            || self.members.at(index).duplicate_wire_name.is_some();
        match may_repeat {
            true => Ok(()),
            false => Err(ReadError::custom(format_args!(
                "XML: more than one {}",
                member.wire_name
            ))),
        }
    }

    /// Moves to the next field, and returns its name.
    fn next_field(&mut self) -> Result<Option<&'a str>> {
        let tape = self.xml.tape();
        loop {
            let (index, node) = if let Some((index, node)) = self.duplicate.take() {
                (usize::from(index), node)
            } else if self.at < self.end {
                let node = self.at;
                let (name, next) = tape.name_and_next(node as usize);
                self.at = next as u32;
                match self.members.find_wire(self.previous, name) {
                    Some(index) => {
                        self.previous = Some(index);
                        (index, node)
                    }
                    None if self.is_union && self.previous.is_none() => {
                        self.at = self.end;
                        self.has_member = true;
                        self.value = Next::UnknownTag(name);
                        return Ok(Some(UNKNOWN_MEMBER));
                    }
                    None => continue,
                }
            } else {
                return self.last_field();
            };
            let member = self.members.at(index);
            self.duplicate = member.duplicate_wire_name.map(|other| (other, node));
            if !self.seen.insert(index) {
                self.repeated(index)?;
                continue;
            }
            if self.is_union && std::mem::replace(&mut self.has_member, true) {
                return Err(mismatch(
                    "more than one member where the model has a",
                    &self.xml.shape.kind,
                ));
            }
            self.value = Next::Element(member, node);
            return Ok(Some(&member.name));
        }
    }

    /// Moves to the next attribute, behind all elements.
    fn last_field(&mut self) -> Result<Option<&'a str>> {
        if self.is_union && !self.has_member {
            return Err(mismatch(
                "no member where the model has a",
                &self.xml.shape.kind,
            ));
        }
        while self.members.has_attributes && self.attribute < self.members.len() {
            let member = self.members.at(self.attribute);
            self.attribute += 1;
            let node = self.xml.node as usize;
            if member.xml_attribute
                && let Some(text) = self.xml.tape().attribute(node, &member.wire_name)
            {
                self.value = Next::Text(text?);
                return Ok(Some(&member.name));
            }
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.next_field()? {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match &mut self.value {
            Next::Element(member, node) => seed.deserialize(Xml {
                flat: if member.flattened { self.end } else { 0 },
                ..self.xml.at(*node, member.target)?
            }),
            Next::Text(text) => seed.deserialize(ScalarText {
                text: std::mem::take(text).into(),
                kind: &Kind::String,
            }),
            Next::UnknownTag(tag) => {
                let name = MapDeserializer::new([("name", *tag)].into_iter());
                erased::pass(seed, |seed| seed.deserialize(Present(name)))
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        let children = self.xml.tape().children(self.xml.node as usize);
        Some(children.take(self.members.len()).count())
    }
}

/// The set of members that were read.
#[derive(Default)]
struct Seen {
    first: [u64; 4],
    /// The members from 256 on, which only one structure of all services has.
    more: Vec<u64>,
}

impl Seen {
    /// Adds a number, and returns whether it is new.
    #[inline]
    fn insert(&mut self, number: usize) -> bool {
        let at = number / 64;
        if at >= 4 && self.more.len() <= at - 4 {
            self.more.resize(at - 3, 0);
        }
        let word = match at {
            0..4 => &mut self.first[at],
            _ => &mut self.more[at - 4],
        };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_can_be_added_once() {
        let mut seen = Seen::default();
        for number in [0, 63, 64, 255, 256, 600] {
            assert!(seen.insert(number));
            assert!(!seen.insert(number));
        }
        assert!(seen.insert(599));
    }
}
