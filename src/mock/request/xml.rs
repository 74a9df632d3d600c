//! Reads XML.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::scalar;
use crate::codec::format::Format;
use crate::codec::xml_tape::Tape;
use crate::error::{Error, Result};
use crate::model::{Kind, Location, Member, Members, ServiceModel, Shape};

/// Reads a document whose root element is a value of this shape.
pub(super) fn read(model: &ServiceModel, shape: &Shape, body: &[u8]) -> Result<Value> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new().into());
    }
    let broken = |e: &dyn std::fmt::Display| Error::request(format!("the body is not XML: {e}"));
    let text = std::str::from_utf8(body).map_err(|e| broken(&e))?;
    let nodes = Format::Xml.scan(body).map_err(|e| broken(&e))?;
    let Some(nodes) = nodes else {
        return Ok(Map::new().into());
    };
    let xml = Xml {
        model,
        tape: Tape::new(text, &nodes),
    };
    xml.value(shape, 0)
}

struct Xml<'a> {
    model: &'a ServiceModel,
    tape: Tape<'a, 'a>,
}

impl Xml<'_> {
    fn value(&self, shape: &Shape, node: usize) -> Result<Value> {
        match &shape.kind {
            _ if shape.members().is_none() && !is_nested(&shape.kind) => {
                match self.tape.has_children(node) {
                    true => self.plain(node),
                    false => Ok(scalar::value(&shape.kind, &self.text(node)?)),
                }
            }
            _ if self.tape.is_text(node) => self.plain(node),
            Kind::Structure(members) | Kind::Union(members) => self.structure(members, node),
            Kind::List(of) => self.list(of, self.tape.children(node)),
            Kind::Map { key, value } => self.map(key, value, self.tape.children(node)),
            _ => self.plain(node),
        }
    }

    fn structure(&self, members: &Members, node: usize) -> Result<Value> {
        let mut object = Map::new();
        for member in members.iter().filter(|member| member.xml_attribute) {
            if let Some(text) = self.tape.attribute(node, member.request_name()) {
                let text = text.map_err(Error::request)?;
                let kind = &self.model.shape(member.target)?.kind;
                object.insert(member.name.clone(), scalar::value(kind, &text));
            }
        }
        let end = self.tape.next(node);
        for child in self.tape.children(node) {
            let name = self.tape.name(child);
            let is_named = |member: &&Member| {
                let is_body = member.location == Location::Body && !member.xml_attribute;
                is_body && self.is_named(member, name)
            };
            // S3's old notifications have two members with one name
            let mut named = members.iter().filter(is_named).peekable();
            if named.peek().is_none() {
                object.insert(name.into(), self.plain(child)?);
            }
            for member in named {
                if object.contains_key(&member.name) && member.flattened {
                    continue;
                }
                let shape = self.model.shape(member.target)?;
                let value = match &shape.kind {
                    Kind::List(of) if member.flattened => {
                        self.list(of, self.tape.namesakes(child, end))?
                    }
                    Kind::Map { key, value } if member.flattened => {
                        self.map(key, value, self.tape.namesakes(child, end))?
                    }
                    _ => self.value(shape, child)?,
                };
                object.insert(member.name.clone(), value);
            }
        }
        Ok(object.into())
    }

    /// Whether an element is of this member. The elements of a flattened list have either of its names, depending on the SDK.
    fn is_named(&self, member: &Member, name: &str) -> bool {
        let local = |wire: &str| wire.rsplit(':').next() == Some(name);
        local(member.request_name()) || (member.flattened && local(&member.wire_name))
    }

    fn list(&self, of: &Member, nodes: impl Iterator<Item = usize>) -> Result<Value> {
        let shape = self.model.shape(of.target)?;
        let items = nodes.map(|node| self.value(shape, node));
        Ok(items.collect::<Result<Vec<_>>>()?.into())
    }

    fn map(&self, key: &Member, of: &Member, nodes: impl Iterator<Item = usize>) -> Result<Value> {
        let shape = self.model.shape(of.target)?;
        let mut object = Map::new();
        for node in nodes {
            let name = self.tape.child(node, key.request_name());
            let name = name
                .map(|name| self.text(name))
                .transpose()?
                .unwrap_or_default();
            if let Some(value) = self.tape.child(node, of.request_name()) {
                object.insert(name.into_owned(), self.value(shape, value)?);
            }
        }
        Ok(object.into())
    }

    fn text(&self, node: usize) -> Result<Cow<'_, str>> {
        self.tape.text(node).map_err(Error::request)
    }

    /// An element as it is, for what does not fit its shape: its text, or the names of its children.
    fn plain(&self, node: usize) -> Result<Value> {
        if !self.tape.has_children(node) {
            return Ok(self.text(node)?.into());
        }
        let names = self
            .tape
            .children(node)
            .map(|child| (self.tape.name(child).into(), Value::Null));
        Ok(Value::Object(names.collect()))
    }
}

fn is_nested(kind: &Kind) -> bool {
    matches!(kind, Kind::List(_) | Kind::Map { .. })
}
