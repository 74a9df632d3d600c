//! Results as the command prints them: JSON text with an indent of four, its members in the order of the model, with no tree between
//! the response and the text.
//!
//! The text of a structure whose members were received in another order is put into that of the model when it is complete.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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
        Part::new(&mut out, self.0).deserialize(reader)?;
        Ok(out)
    }
}

/// Appends a value to a text. It is the only visitor of this file, as each is compiled for every reader.
struct Part<'m, 'o> {
    out: &'o mut Vec<u8>,
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
    fn new(out: &'o mut Vec<u8>, context: Context<'m>) -> Self {
        let role = Role::Whole;
        Self { out, context, role }
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
        let Self { out, context, role } = self;
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
            if access.next_element_seed(Part::new(out, inner))?.is_none() {
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
        let Self { out, context, role } = self;
        if let Role::Page(page) = role {
            return page.read(out, context, access);
        }
        let members = context.shape.and_then(Shape::members);
        let of_map = context.target();
        let mut entries: Vec<Entry> = Vec::with_capacity(access.size_hint().unwrap_or(0).min(64));
        out.push(b'{');
        let first = out.len();
        let mut previous = None;
        loop {
            let end = out.len();
            start(out, entries.is_empty(), context.depth + 1);
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
            access.next_value_seed(Part::new(out, context))?;
            entries.push(Entry {
                rank: members.map(|members| ordered::rank(members, found)),
                name,
                end: out.len(),
            });
        }
        if !entries.is_empty() {
            arrange(out, first, entries, context.depth + 1);
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

/// A member or an entry of a map in the text.
struct Entry {
    /// The place of a member.
    rank: Option<ordered::Rank>,
    name: Range<usize>,
    end: usize,
}

/// Puts the members into the order of the model. Of entries with the same name the last counts, at the place of the first.
fn arrange(out: &mut Vec<u8>, first: usize, mut entries: Vec<Entry>, depth: usize) {
    let is_increasing = |pair: &[Entry]| pair[0].rank.is_some() && pair[0].rank < pair[1].rank;
    if entries.windows(2).all(is_increasing) {
        return;
    }
    let is_sorted = entries.is_sorted_by_key(|entry| entry.rank);
    if !is_sorted {
        entries.sort_by_key(|entry| entry.rank);
    }
    // members of the model have different names if they have different places
    if !entries.windows(2).all(is_increasing) {
        let count = entries.len();
        entries = distinct(out, entries);
        if is_sorted && entries.len() == count {
            return;
        }
    }
    let mut text = Vec::with_capacity(out.len() - first);
    for (at, entry) in entries.into_iter().enumerate() {
        start(&mut text, at == 0, depth);
        text.extend_from_slice(&out[entry.name.start..entry.end]);
    }
    out.truncate(first);
    out.append(&mut text);
}

/// Leaves out the entries whose names occur again.
fn distinct(out: &[u8], entries: Vec<Entry>) -> Vec<Entry> {
    /// So few names are compared faster than hashed.
    const FEW: usize = 16;
    let name = |entry: &Entry| &out[entry.name.clone()];
    let mut earlier = (0..entries.len()).flat_map(|at| (0..at).map(move |before| (before, at)));
    if entries.len() <= FEW && earlier.all(|(a, b)| name(&entries[a]) != name(&entries[b])) {
        return entries;
    }
    let mut places = HashMap::with_capacity(entries.len());
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = *places.entry(name(&entry)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) => *earlier = entry,
            None => kept.push(entry),
        }
    }
    kept
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

/// Starts the line of an item or a member.
fn start(out: &mut Vec<u8>, is_first: bool, depth: usize) {
    if !is_first {
        out.push(b',');
    }
    line(out, depth);
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 4 * depth, b' ');
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

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(entries: &[(Option<usize>, &str, &str)]) -> String {
        let mut out = b"{".to_vec();
        let mut list = Vec::new();
        for (rank, name, value) in entries {
            start(&mut out, list.is_empty(), 1);
            let from = out.len();
            write(&mut out, format_args!("{name:?}"));
            let name = from..out.len();
            write(&mut out, format_args!(": {value}"));
            list.push(Entry {
                rank: rank.map(|rank| (rank == 99, true, Some(rank).filter(|rank| *rank != 99))),
                name,
                end: out.len(),
            });
        }
        arrange(&mut out, 1, list, 1);
        String::from_utf8(out).unwrap().replace("\n    ", "")
    }

    #[test]
    fn members_are_sorted_and_entries_occur_once() {
        let many: Vec<String> = (0..40).map(|n| format!("k{}", n % 30)).collect();
        let entries: Vec<_> = many.iter().map(|name| (None, &**name, "0")).collect();
        assert_eq!(arranged(&entries).matches(": ").count(), 30);
        for (entries, expected) in [
            (&[][..], "{"),
            (
                &[(Some(0), "a", "1"), (Some(2), "c", "2")][..],
                r#"{"a": 1,"c": 2"#,
            ),
            (
                &[(Some(2), "c", "1"), (Some(0), "a", "2")],
                r#"{"a": 2,"c": 1"#,
            ),
            (&[(Some(1), "b", "1"), (Some(1), "b", "2")], r#"{"b": 2"#),
            // those that the model does not have stay in their order, behind the others
            (
                &[
                    (Some(99), "y", "1"),
                    (Some(99), "x", "2"),
                    (Some(3), "d", "3"),
                ],
                r#"{"d": 3,"y": 1,"x": 2"#,
            ),
            (&[(None, "z", "1"), (None, "a", "2")], r#"{"z": 1,"a": 2"#),
            (
                &[(None, "z", "1"), (None, "a", "2"), (None, "z", "3")],
                r#"{"z": 3,"a": 2"#,
            ),
        ] {
            assert_eq!(arranged(entries), expected);
        }
    }
}
