//! XML, second step: reads the tape by the shapes.

use std::borrow::Cow;
use std::cell::Cell;

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
pub(crate) struct Document<'m, 'de> {
    tape: Tape<'m, 'de>,
    model: &'m ServiceModel,
    /// What the names of elements were found to be. There are places for several times the names.
    found: Box<[Cell<Option<Found<'m>>>]>,
}

/// What a name is among these members.
#[derive(Clone, Copy)]
struct Found<'m> {
    members: &'m Members,
    /// The number of the name.
    name: u32,
    known: Option<Known<'m>>,
}

/// A member with its shape.
#[derive(Clone, Copy)]
struct Known<'m> {
    member: &'m Member,
    index: u16,
    shape: &'m Shape,
}

impl<'m, 'de> Document<'m, 'de> {
    pub(crate) fn new(tape: Tape<'m, 'de>, model: &'m ServiceModel) -> Self {
        let places = (8 * tape.name_count()).clamp(8, 1024);
        let found = (0..places.next_power_of_two()).map(|_| Cell::new(None));
        Self {
            tape,
            model,
            found: found.collect(),
        }
    }

    fn shape(&self, id: ShapeId) -> Result<&'m Shape> {
        self.model.shape(id).map_err(ReadError::custom)
    }

    fn known(&self, members: &'m Members, index: usize) -> Result<Known<'m>> {
        let member = members.at(index);
        Ok(Known {
            member,
            // the model has at most u16::MAX members
            index: index as u16,
            shape: self.shape(member.target)?,
        })
    }

    /// The member for elements with this name, if it is at its place.
    #[inline]
    fn usual(&self, members: &'m Members, name: u32) -> Option<Known<'m>> {
        let place = place(members, name) & (self.found.len() - 1);
        let found = self.found.get(place)?.get()?;
        match std::ptr::eq(found.members, members) && found.name == name {
            true => found.known,
            false => None,
        }
    }

    /// Finds the member for elements with this name at one of its places, or by the name itself. `previous` is the member that was found
    /// before it.
    fn find(
        &self,
        members: &'m Members,
        previous: Option<usize>,
        name: u32,
    ) -> Result<Option<Known<'m>>> {
        let first = place(members, name) & (self.found.len() - 1);
        let (first, second) = (&self.found[first], &self.found[first ^ 1]);
        for found in [first.get(), second.get()].into_iter().flatten() {
            if std::ptr::eq(found.members, members) && found.name == name {
                return Ok(found.known);
            }
        }
        let index = members.find_wire(previous, self.tape.name_of(name));
        let known = index.map(|index| self.known(members, index)).transpose()?;
        let free = if first.get().is_none() { first } else { second };
        free.set(Some(Found {
            members,
            name,
            known,
        }));
        Ok(known)
    }
}

/// A place for the name with this number among these members.
#[inline]
fn place(members: &Members, name: u32) -> usize {
    let number = (std::ptr::from_ref(members) as usize >> 4) as u32;
    (number.wrapping_add(name).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// A reader of an element with its shape. It is passed by value, and small for that reason.
#[derive(Clone, Copy)]
pub(crate) struct Xml<'a, 'm, 'de> {
    document: &'a Document<'m, 'de>,
    shape: &'m Shape,
    node: u32,
    /// The end of a flattened list or map, whose entries are the siblings from `node` to here with the name of `node`; 0 if it is not
    /// flattened.
    flat: u32,
}

impl<'a, 'm, 'de> Xml<'a, 'm, 'de> {
    /// The element; 0 is the root.
    pub(crate) fn new(document: &'a Document<'m, 'de>, shape: &'m Shape, node: usize) -> Self {
        Self {
            document,
            shape,
            // a tape has fewer nodes than bytes, which are below 2^32
            node: node as u32,
            flat: 0,
        }
    }

    /// The reader of another element.
    fn at(&self, node: u32, shape: &'m Shape) -> Self {
        Self {
            node,
            shape,
            flat: 0,
            document: self.document,
        }
    }

    #[inline]
    fn tape(&self) -> &'a Tape<'m, 'de> {
        &self.document.tape
    }

    fn elements(&self) -> Elements<'m, 'de> {
        match self.flat {
            0 => self.tape().children(self.node as usize),
            end => self.tape().namesakes(self.node as usize, end as usize),
        }
    }

    pub(crate) fn fields(self, members: &'m Members) -> Fields<'a, 'm, 'de> {
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
            value: Next::Text,
            text: String::new(),
            xml: self,
        }
    }

    #[inline]
    fn scalar(&self) -> Result<ScalarText<'m, 'de>> {
        let kind = &self.shape.kind;
        if let Some(text) = self.tape().plain_text(self.node as usize) {
            let text = Cow::Borrowed(text);
            return Ok(ScalarText { text, kind });
        }
        self.other_scalar()
    }

    /// The text of a scalar that the document does not have as it is.
    #[inline(never)]
    fn other_scalar(&self) -> Result<ScalarText<'m, 'de>> {
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

impl<'de> Deserializer<'de> for Xml<'_, '_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        // most values are plain texts
        if matches!(self.shape.kind, Kind::String)
            && let Some(text) = self.tape().plain_text(self.node as usize)
        {
            return visitor.visit_borrowed_str(text);
        }
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
                shape: None,
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

struct Items<'a, 'm, 'de> {
    elements: Elements<'m, 'de>,
    xml: Xml<'a, 'm, 'de>,
    member: &'m Member,
    /// The shape of the items, once it was needed.
    shape: Option<&'m Shape>,
}

impl<'de> SeqAccess<'de> for Items<'_, '_, 'de> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(node) = self.elements.next() else {
            return Ok(None);
        };
        let shape = match self.shape {
            Some(shape) => shape,
            None => self.xml.document.shape(self.member.target)?,
        };
        self.shape = Some(shape);
        seed.deserialize(self.xml.at(node as u32, shape)).map(Some)
    }
}

struct Entries<'a, 'm, 'de> {
    elements: Elements<'m, 'de>,
    xml: Xml<'a, 'm, 'de>,
    key: &'m Member,
    value: &'m Member,
    entry: usize,
}

impl<'de> Entries<'_, '_, 'de> {
    fn part<S: DeserializeSeed<'de>>(&self, of: &Member, seed: S) -> Result<S::Value> {
        let node = self.xml.tape().child(self.entry, &of.wire_name);
        let node = node.ok_or_else(|| {
            let name = &of.wire_name;
            ReadError::custom(format_args!("XML: a map entry without its {name}"))
        })?;
        let shape = self.xml.document.shape(of.target)?;
        seed.deserialize(self.xml.at(node as u32, shape))
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
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
pub(crate) struct Fields<'a, 'm, 'de> {
    xml: Xml<'a, 'm, 'de>,
    members: &'m Members,
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
    value: Next<'m, 'de>,
    text: String,
}

/// The value that `next_value_seed` returns.
enum Next<'m, 'de> {
    Element(Known<'m>, u32),
    /// That of an attribute.
    Text,
    UnknownTag(&'de str),
}

impl<'m, 'de> Fields<'_, 'm, 'de> {
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

    /// Moves to the next field, and returns its name. Most are found here.
    #[inline]
    fn next_field(&mut self) -> Result<Option<&'m str>> {
        if self.at < self.end && !self.is_union && self.duplicate.is_none() {
            let (document, node) = (self.xml.document, self.at);
            let (name, next) = document.tape.name_and_next(node as usize);
            if let Some(known) = document.usual(self.members, name)
                && known.member.duplicate_wire_name.is_none()
                && self.seen.insert(known.index.into())
            {
                self.at = next as u32;
                self.previous = Some(known.index.into());
                self.value = Next::Element(known, node);
                return Ok(Some(&known.member.name));
            }
        }
        self.any_field()
    }

    /// Moves to the next field, and returns its name.
    #[inline(never)]
    fn any_field(&mut self) -> Result<Option<&'m str>> {
        let document = self.xml.document;
        loop {
            let (known, node) = if let Some((index, node)) = self.duplicate.take() {
                (document.known(self.members, index.into())?, node)
            } else if self.at < self.end {
                let node = self.at;
                let (name, next) = document.tape.name_and_next(node as usize);
                self.at = next as u32;
                match document.find(self.members, self.previous, name)? {
                    Some(known) => {
                        self.previous = Some(known.index.into());
                        (known, node)
                    }
                    None if self.is_union && self.previous.is_none() => {
                        self.at = self.end;
                        self.has_member = true;
                        self.value = Next::UnknownTag(document.tape.name_of(name));
                        return Ok(Some(UNKNOWN_MEMBER));
                    }
                    None => continue,
                }
            } else {
                return self.last_field();
            };
            let (index, member) = (usize::from(known.index), known.member);
            if let Some(other) = member.duplicate_wire_name {
                self.duplicate = Some((other, node));
            }
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
            self.value = Next::Element(known, node);
            return Ok(Some(&member.name));
        }
    }

    /// Moves to the next attribute, behind all elements.
    fn last_field(&mut self) -> Result<Option<&'m str>> {
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
                (self.value, self.text) = (Next::Text, text?);
                return Ok(Some(&member.name));
            }
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = ReadError;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.next_field()? {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match self.value {
            Next::Element(known, node) => seed.deserialize(Xml {
                flat: if known.member.flattened { self.end } else { 0 },
                ..self.xml.at(node, known.shape)
            }),
            Next::Text => seed.deserialize(ScalarText {
                text: std::mem::take(&mut self.text).into(),
                kind: &Kind::String,
            }),
            Next::UnknownTag(tag) => {
                let name = MapDeserializer::new([("name", tag)].into_iter());
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
    use serde_json::{Map, Value, json};

    use super::super::sink::ToValue;
    use super::super::xml_tape::Nodes;
    use super::*;

    /// Many structures whose members have the same elements need more places than there are.
    #[test]
    fn a_name_is_that_of_a_member_in_its_structure() {
        const COUNT: usize = 300;
        let mut shapes = Map::from_iter([("T".to_owned(), json!({"type": "string"}))]);
        let (mut all, mut expected) = (Map::new(), Map::new());
        let mut body = String::new();
        for n in 0..COUNT {
            let member = |name: &str| {
                (
                    format!("{name}{n}"),
                    json!({"shape": "T", "locationName": name}),
                )
            };
            let members: Map<_, _> = ["x", "y", "z"].map(member).into_iter().collect();
            shapes.insert(
                format!("S{n}"),
                json!({"type": "structure", "members": members}),
            );
            all.insert(format!("s{n}"), json!({"shape": format!("S{n}")}));
            let value = json!({format!("z{n}"): "1", format!("x{n}"): "2", format!("y{n}"): "3"});
            expected.insert(format!("s{n}"), value);
            body += &format!("<s{n}><z>1</z><x>2</x><unknown>0</unknown><y>3</y></s{n}>");
        }
        shapes.insert("R".to_owned(), json!({"type": "structure", "members": all}));
        let text = json!({"metadata": {"protocol": "query"}, "operations": {}, "shapes": shapes});
        let model = ServiceModel::parse("test", text.to_string()).unwrap();
        let shape = model.shape(model.shape_id("R").unwrap()).unwrap();
        let src = format!("<r>{body}</r>");
        let nodes = Nodes::scan(&src).unwrap();
        let document = Document::new(Tape::new(&src, &nodes), &model);
        for _ in 0..2 {
            let read = ToValue.deserialize(Xml::new(&document, shape, 0)).unwrap();
            assert_eq!(read, Value::Object(expected.clone()));
        }
    }

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
