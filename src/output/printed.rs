//! Results as the command prints them: JSON text with an indent of four, its members in the order of the model, with no tree between
//! the response and the text.
//!
//! The text of a structure whose members were received in another order is put into that of the model when it is complete.

use std::fmt;
use std::io::Write as _;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::arranged::{Entry, arrange, line, start};
use super::listed::{Items, Listed};
use super::ordered;
use crate::codec::json_text;
use crate::codec::received::AS_RECEIVED;
use crate::codec::tree::ToTree;
use crate::model::{Kind, Members, ServiceModel, Shape};

/// The spelling of scalars.
#[derive(Clone, Copy)]
pub(crate) struct Spelling {
    /// Makes a timestamp of the text or the number that was received.
    pub(crate) timestamp: fn(Value) -> Value,
    pub(crate) number: fn(&Number) -> String,
}

/// What a text is made of.
#[derive(Clone, Copy)]
pub(crate) struct Context<'m> {
    pub(crate) model: &'m ServiceModel,
    /// The shape of the value, if the model has it.
    pub(crate) shape: Option<&'m Shape>,
    pub(crate) spelling: Spelling,
    /// The depth of the value's closing bracket.
    pub(crate) depth: usize,
}

impl<'m> Context<'m> {
    /// The context of a part of the value.
    fn inner(self, shape: Option<&'m Shape>) -> Self {
        let depth = self.depth + 1;
        Self {
            shape,
            depth,
            ..self
        }
    }

    /// The shape of a member.
    fn member(&self, name: &str) -> Option<&'m Shape> {
        let member = self.shape?.members()?.get(name)?;
        self.model.shape(member.target).ok()
    }

    /// The shape of a list's items or a map's values.
    fn target(&self) -> Option<&'m Shape> {
        match &self.shape?.kind {
            Kind::List(member) | Kind::Map { value: member, .. } => {
                self.model.shape(member.target).ok()
            }
            _ => None,
        }
    }
}

/// Text as the target.
pub(super) struct ToPrinted<'m>(
    pub(super) Context<'m>,
    /** The estimated length. */ pub(super) usize,
);

impl<'de> DeserializeSeed<'de> for ToPrinted<'_> {
    type Value = Vec<u8>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Vec<u8>, D::Error> {
        let mut out = Vec::with_capacity(self.1);
        Part::new(&mut out, &mut Vec::new(), self.0).deserialize(reader)?;
        Ok(out)
    }
}

/// Appends a value to a text. It is the only visitor of this file, as each is compiled for every reader.
struct Part<'m, 'o> {
    out: &'o mut Vec<u8>,
    /// The entries of the maps around the value.
    entries: &'o mut Vec<Entry>,
    context: Context<'m>,
    role: Role<'o>,
}

/// What a value is.
enum Role<'o> {
    /// The items of a page, which are text without brackets: their ends, if there is a list.
    Items(&'o mut Option<Vec<usize>>),
    /// A page, of which only the items of a list are text.
    Page(&'o mut Page),
    /// All other values.
    Whole,
}

/// The parts of a page as they are read.
struct Page {
    list: String,
    rest: Map<String, Value>,
    ends: Option<Vec<usize>>,
}

impl<'m, 'o> Part<'m, 'o> {
    fn new(out: &'o mut Vec<u8>, entries: &'o mut Vec<Entry>, context: Context<'m>) -> Self {
        Self {
            out,
            entries,
            context,
            role: Role::Whole,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_newtype_struct(AS_RECEIVED, self)
    }
}

impl<'de> Visitor<'de> for Part<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<(), E> {
        write(self.out, format_args!("{v}"));
        Ok(())
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<(), E> {
        write(self.out, format_args!("{v}"));
        Ok(())
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<(), E> {
        write(self.out, format_args!("{v}"));
        Ok(())
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<(), E> {
        self.scalar(&v.into()).map_err(E::custom)
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<(), E> {
        json_text::push(self.out, v);
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn visit_byte_buf<E: Error>(self, json: Vec<u8>) -> Result<(), E> {
        let received = serde_json::from_slice(&json).map_err(E::custom)?;
        let timestamp = (self.context.spelling.timestamp)(received);
        self.scalar(&timestamp).map_err(E::custom)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self {
            out,
            entries,
            context,
            role,
        } = self;
        let inner = context.inner(context.target());
        let mut ends = match role {
            Role::Items(ends) => Some(ends.insert(Vec::new())),
            _ => None,
        };
        if ends.is_none() {
            out.push(b'[');
        }
        let mut is_empty = true;
        loop {
            let end = out.len();
            if ends.is_none() {
                start(out, is_empty, inner.depth);
            }
            let part = Part::new(out, entries, inner);
            if access.next_element_seed(part)?.is_none() {
                out.truncate(end);
                break;
            }
            is_empty = false;
            if let Some(ends) = &mut ends {
                ends.push(out.len());
            }
        }
        if ends.is_none() {
            if !is_empty {
                line(out, context.depth);
            }
            out.push(b']');
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Self {
            out,
            entries,
            context,
            role,
        } = self;
        if let Role::Page(page) = role {
            return page.read(out, entries, context, access);
        }
        let members = context.shape.and_then(Shape::members);
        let of_map = context.target();
        let around = entries.len();
        out.push(b'{');
        let first = out.len();
        let mut previous = None;
        loop {
            let end = out.len();
            start(out, entries.len() == around, context.depth + 1);
            let from = out.len();
            let name = Name {
                out,
                members,
                previous,
            };
            let Some(found) = access.next_key_seed(name)? else {
                out.truncate(end);
                break;
            };
            previous = found.or(previous);
            let name = from..out.len();
            out.extend_from_slice(b": ");
            let member = found.and_then(|at| Some(members?.at(at)));
            let shape = member.and_then(|member| context.model.shape(member.target).ok());
            let context = context.inner(shape.or(of_map));
            access.next_value_seed(Part::new(out, entries, context))?;
            entries.push(Entry {
                rank: members.map(|members| ordered::rank(members, found)),
                name,
                end: out.len(),
            });
        }
        if entries.len() > around {
            arrange(out, first, &mut entries[around..], context.depth + 1);
            entries.truncate(around);
            line(out, context.depth);
        }
        out.push(b'}');
        Ok(())
    }
}

impl Part<'_, '_> {
    fn scalar(self, value: &Value) -> serde_json::Result<()> {
        match value {
            Value::Number(number) => {
                let text = (self.context.spelling.number)(number);
                self.out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            other => serde_json::to_writer(self.out, other),
        }
    }
}

/// Appends the name of a member, and finds it in the model.
struct Name<'m, 'o> {
    out: &'o mut Vec<u8>,
    members: Option<&'m Members>,
    previous: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Option<usize>, D::Error> {
        reader.deserialize_string(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        json_text::push(self.out, name);
        Ok(self.members.and_then(|m| m.find_name(self.previous, name)))
    }
}

fn write(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    // a vector takes everything
    let _ = out.write_fmt(text);
}

/// A page as the target, with the items of a list as text.
pub(super) struct ToListed<'m, 'l> {
    pub(super) context: Context<'m>,
    pub(super) list: &'l str,
    /// The estimated length of the text.
    pub(super) capacity: usize,
}

impl<'de> DeserializeSeed<'de> for ToListed<'_, '_> {
    type Value = Listed;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Listed, D::Error> {
        let mut text = Vec::with_capacity(self.capacity);
        let mut page = Page {
            list: self.list.to_owned(),
            rest: Map::new(),
            ends: None,
        };
        let part = Part {
            out: &mut text,
            entries: &mut Vec::new(),
            context: self.context,
            role: Role::Page(&mut page),
        };
        part.deserialize(reader)?;
        let Page { rest, ends, .. } = page;
        Ok(Listed {
            rest: Value::Object(rest),
            items: ends.map(|ends| Items::of_text(text, ends)),
        })
    }
}

impl Page {
    /// Reads the members, with the text of the list's items.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        text: &mut Vec<u8>,
        entries: &mut Vec<Entry>,
        context: Context<'_>,
        mut access: A,
    ) -> Result<(), A::Error> {
        while let Some(name) = access.next_key::<String>()? {
            // the elements of some listings are a map or a text
            let list = (name == self.list).then(|| context.member(&name)).flatten();
            let list = list.filter(|shape| matches!(shape.kind, Kind::List(_)));
            let value = match list {
                None => {
                    let tree = access.next_value_seed(ToTree {
                        timestamp: Some(context.spelling.timestamp),
                        len: 0,
                    })?;
                    tree.root().to_value()
                }
                Some(shape) => {
                    text.clear();
                    self.ends = None;
                    access.next_value_seed(Part {
                        out: text,
                        entries,
                        context: context.inner(Some(shape)),
                        role: Role::Items(&mut self.ends),
                    })?;
                    match self.ends {
                        Some(_) => Value::Array(Vec::new()),
                        None => Value::Null,
                    }
                }
            };
            self.rest.insert(name, value);
        }
        Ok(())
    }
}
