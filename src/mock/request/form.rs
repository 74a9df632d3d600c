//! Reads the forms of the query protocols.

use std::collections::HashMap;

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
    /// The places of the children, by their names.
    places: HashMap<String, usize>,
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
        // a value with such a name may be that of the member or of the common parameter
        let first = name.split('.').next().unwrap_or_default();
        if ["Action", "Version"].contains(&first) && is_member(first) {
            continue;
        }
        let is_common = COMMON.contains(&&*name) || name.starts_with("X-Amz-");
        if !is_common || is_member(&name) {
            root.insert(&name, value)?;
        }
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
            let at = node.places.get(part).copied().unwrap_or_else(|| {
                let at = node.children.len();
                node.places.insert(part.to_owned(), at);
                node.children.push((part.to_owned(), Self::default()));
                at
            });
            node = &mut node.children[at].1;
        }
        node.value = Some(value);
        Ok(())
    }

    fn child(&self, name: &str) -> Option<&Self> {
        let at = *self.places.get(name)?;
        self.children.get(at).map(|(_, node)| node)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_keep_the_order_of_the_form() {
        let mut root = Node::default();
        for name in ["b.2", "a", "b.1.x", "b.1.y", "b.2"] {
            root.insert(name, name.to_owned()).unwrap();
        }
        let names = |node: &Node| -> Vec<String> {
            node.children.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&root), ["b", "a"]);
        let list = root.child("b").unwrap();
        assert_eq!(names(list), ["2", "1"]);
        assert_eq!(names(list.numbered().unwrap()[0]), ["x", "y"]);
        assert!(root.child("c").is_none() && root.numbered().is_none());
    }
}
