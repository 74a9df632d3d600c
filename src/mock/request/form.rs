//! Reads the forms of the query protocols.

use serde_json::{Map, Value};

use super::scalar;
use crate::error::{Error, Result};
use crate::model::{Kind, Member, Members, Protocol, ServiceModel, Shape};

/// The maximum number of parts in a name. No model has as many.
const MAX_PARTS: usize = 64;

/// A place in a form: its value, and the places whose names continue its own, in the order of the form.
#[derive(Default)]
struct Node {
    value: Option<String>,
    children: Vec<(String, Self)>,
}

/// Names that are not parameters.
const COMMON: [&str; 10] = [
    "Action",
    "AWSAccessKeyId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "Timestamp",
    "Version",
    "x-id",
    "Expires",
];

pub(super) fn read(
    model: &ServiceModel,
    shape: &Shape,
    fields: Vec<(String, String)>,
) -> Result<Value> {
    let Some(members) = shape.members() else {
        return Ok(Map::new().into());
    };
    let is_member = |name: &str| members.iter().any(|member| member.request_name() == name);
    let mut root = Node::default();
    for (name, value) in fields {
        let is_common = COMMON.contains(&&*name) || name.starts_with("X-Amz-");
        if !is_common || is_member(&name) {
            root.insert(&name, value)?;
        }
    }
    // members that are named as a common parameter cannot be told from it
    for name in ["Action", "Version"].iter().filter(|name| is_member(name)) {
        root.children.retain(|(known, _)| known != name);
    }
    let form = Form {
        model,
        is_ec2: model.metadata().protocol == Protocol::Ec2Query,
    };
    form.structure(members, &root)
}

impl Node {
    fn insert(&mut self, name: &str, value: String) -> Result<()> {
        let mut node = self;
        for (n, part) in name.split('.').enumerate() {
            if n == MAX_PARTS {
                return Err(Error::request("a name in the form has too many parts"));
            }
            // lists come in order, so the wanted child is usually the last
            let at = node.children.iter().rposition(|(known, _)| known == part);
            let at = at.unwrap_or_else(|| {
                node.children.push((part.to_owned(), Self::default()));
                node.children.len() - 1
            });
            node = &mut node.children[at].1;
        }
        node.value = Some(value);
        Ok(())
    }

    fn child(&self, name: &str) -> Option<&Self> {
        let found = self.children.iter().find(|(known, _)| known == name);
        found.map(|(_, node)| node)
    }

    /// The children whose names are numbers, in their order; `None` if other children exist.
    fn numbered(&self) -> Option<Vec<&Self>> {
        let numbers = self
            .children
            .iter()
            .map(|(name, node)| Some((name.parse::<u32>().ok()?, node)));
        let mut numbers = numbers.collect::<Option<Vec<_>>>()?;
        numbers.sort_by_key(|(number, _)| *number);
        Some(numbers.into_iter().map(|(_, node)| node).collect())
    }

    /// The place as it is, for what does not fit its shape.
    fn plain(&self) -> Value {
        match &self.value {
            Some(text) if self.children.is_empty() => text.clone().into(),
            _ => {
                let entries = self
                    .children
                    .iter()
                    .map(|(name, node)| (name.clone(), node.plain()));
                Value::Object(entries.collect())
            }
        }
    }
}

struct Form<'a> {
    model: &'a ServiceModel,
    is_ec2: bool,
}

impl Form<'_> {
    fn structure(&self, members: &Members, node: &Node) -> Result<Value> {
        let mut object = Map::new();
        for (name, child) in &node.children {
            let member = members.iter().find(|member| member.request_name() == name);
            let (name, value) = match member {
                Some(member) => (&member.name, self.member(member, child)?),
                None => (name, child.plain()),
            };
            object.insert(name.clone(), value);
        }
        for member in members.iter().filter(|member| member.required) {
            if !object.contains_key(&member.name)
                && let Some(empty) = self.unsent(member, 0)?
            {
                object.insert(member.name.clone(), empty);
            }
        }
        Ok(object.into())
    }

    /// The value of a member that a form has no form for: a structure without members, and lists and maps of such.
    fn unsent(&self, member: &Member, depth: usize) -> Result<Option<Value>> {
        let shape = self.model.shape(member.target)?;
        Ok(match &shape.kind {
            _ if depth == MAX_PARTS => None,
            Kind::Structure(members) => {
                let mut object = Map::new();
                for member in members.iter().filter(|member| member.required) {
                    let Some(value) = self.unsent(member, depth + 1)? else {
                        return Ok(None);
                    };
                    object.insert(member.name.clone(), value);
                }
                Some(object.into())
            }
            Kind::List(of) => {
                let items = shape.min.unwrap_or(0.0).max(0.0) as usize;
                let item = self.unsent(of, depth + 1)?;
                item.map(|item| vec![item; items].into())
            }
            _ => None,
        })
    }

    fn member(&self, member: &Member, node: &Node) -> Result<Value> {
        let shape = self.model.shape(member.target)?;
        let is_empty = node.children.is_empty() && node.value.as_deref() == Some("");
        match &shape.kind {
            Kind::Structure(members) | Kind::Union(members) if node.value.is_none() || is_empty => {
                self.structure(members, node)
            }
            Kind::List(of) => {
                let items = match self.is_ec2 || member.flattened {
                    true => Some(node),
                    false => node.child(&of.wire_name),
                };
                let items = items.unwrap_or(node).numbered();
                match items.filter(|items| is_empty || !items.is_empty()) {
                    Some(items) => {
                        let items = items.into_iter().map(|item| self.member(of, item));
                        Ok(items.collect::<Result<Vec<_>>>()?.into())
                    }
                    None => Ok(node.plain()),
                }
            }
            Kind::Map { key, value } => {
                let entries = match member.flattened {
                    true => Some(node),
                    false => node.child("entry"),
                };
                let Some(entries) = entries.unwrap_or(node).numbered() else {
                    return Ok(node.plain());
                };
                let mut object = Map::new();
                for entry in entries {
                    let name = entry
                        .child(&key.wire_name)
                        .and_then(|name| name.value.clone());
                    let found = entry.child(&value.wire_name);
                    let found = found.map(|node| self.member(value, node)).transpose()?;
                    // an empty structure has no parts in a form
                    let found = found.unwrap_or_else(|| Map::new().into());
                    object.insert(name.unwrap_or_default(), found);
                }
                Ok(object.into())
            }
            kind => Ok(match &node.value {
                Some(text) if node.children.is_empty() => scalar::value(kind, text),
                _ => node.plain(),
            }),
        }
    }
}
