//! What a search works on: parts of the input, which is a value or a tree, and what it makes of them. None of them is a copy.

use std::borrow::Cow;
use std::slice;
use std::sync::Arc;

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Number, Value, map};

use crate::tree::{self, Builder, Hint, Name, Node, TooLarge};

/// The bytes of text that count as one value.
const TEXT: usize = 32;

/// So deep is what a search makes of its input at most, so that no walk over it exhausts the stack.
pub(super) const MAX_DEPTH: usize = 250;

#[derive(Clone, Debug)]
pub(super) enum Data<'v> {
    List(Arc<Made<Self>>),
    Map(Arc<Made<(Cow<'v, str>, Self)>>),
    Node(Node<'v>),
    Scalar(Scalar),
    Value(&'v Value),
}

/// The elements of a list or the members of a map that a search made.
#[derive(Debug)]
pub(super) struct Made<T> {
    parts: Vec<T>,
    /// How deep it is, not counting its parts of the input.
    depth: usize,
}

/// A scalar that a search made.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Bool(bool),
    Null,
    Number(Number),
    Text(Arc<str>),
}

/// What a [`Data`] is.
pub(super) enum View<'d, 'v> {
    Bool(bool),
    List(Elements<'d, 'v>),
    Map(Members<'d, 'v>),
    Null,
    Number(Number),
    Text(&'d str),
}

impl<'v> Data<'v> {
    pub(super) const NULL: Self = Self::Scalar(Scalar::Null);

    pub(super) fn view(&self) -> View<'_, 'v> {
        match self {
            Self::List(list) => View::List(Elements::Made(list.parts.iter())),
            Self::Map(map) => View::Map(Members::Made(map.parts.iter())),
            Self::Scalar(scalar) => match scalar {
                Scalar::Bool(value) => View::Bool(*value),
                Scalar::Null => View::Null,
                Scalar::Number(number) => View::Number(number.clone()),
                Scalar::Text(text) => View::Text(text),
            },
            Self::Node(node) => match node.kind() {
                tree::Kind::Bool(value) => View::Bool(value),
                tree::Kind::List(elements) => View::List(Elements::Nodes(elements)),
                tree::Kind::Map(members) => View::Map(Members::Nodes(members)),
                tree::Kind::Null => View::Null,
                tree::Kind::Number(number) => View::Number(number),
                tree::Kind::String(text) => View::Text(text),
            },
            Self::Value(value) => match value {
                Value::Array(list) => View::List(Elements::Values(list.iter())),
                Value::Bool(value) => View::Bool(*value),
                Value::Null => View::Null,
                Value::Number(number) => View::Number(number.clone()),
                Value::Object(map) => View::Map(Members::Values(map.iter())),
                Value::String(text) => View::Text(text),
            },
        }
    }

    /// The number of members or elements over which a search for one of them walks.
    pub(super) fn walked(&self) -> u64 {
        let count = match self {
            Self::Map(map) => map.parts.len(),
            Self::Node(node) => node.len(),
            Self::List(_) | Self::Scalar(_) | Self::Value(_) => 0,
        };
        count as u64
    }

    /// A member of a map.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        match self {
            Self::Map(map) => {
                let found = map.parts.iter().find(|(known, _)| known == name);
                found.map(|(_, data)| data.clone())
            }
            Self::Node(node) => node.get(name).map(Self::Node),
            Self::Value(value) => value.get(name).map(Self::Value),
            Self::List(_) | Self::Scalar(_) => None,
        }
    }

    /// An element of a list.
    pub(super) fn at(&self, index: usize) -> Option<Self> {
        match self {
            Self::List(list) => list.parts.get(index).cloned(),
            Self::Node(node) => node.at(index).map(Self::Node),
            Self::Value(value) => value.get(index).map(Self::Value),
            Self::Map(_) | Self::Scalar(_) => None,
        }
    }

    /// How deep it is, not counting parts of the input.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Node(_) | Self::Scalar(_) | Self::Value(_) => 0,
        }
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Option<Elements<'_, 'v>> {
        match self.view() {
            View::List(elements) => Some(elements),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self.view() {
            View::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<Number> {
        match self.view() {
            View::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.view(), View::Null)
    }

    /// Whether it is neither null, false nor empty.
    pub(super) fn is_true(&self) -> bool {
        match self.view() {
            View::Bool(value) => value,
            View::List(elements) => elements.len() > 0,
            View::Map(members) => members.len() > 0,
            View::Null => false,
            View::Number(_) => true,
            View::Text(text) => !text.is_empty(),
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.view() {
            View::Bool(_) => "boolean",
            View::List(_) => "array",
            View::Map(_) => "object",
            View::Null => "null",
            View::Number(_) => "number",
            View::Text(_) => "string",
        }
    }

    /// Counts the values in it, itself included. A long text counts as several.
    pub(super) fn size(&self) -> u64 {
        let mut rest = Vec::new();
        let mut total = self.flat_size(&mut rest);
        while let Some(data) = rest.pop() {
            total = total.saturating_add(data.flat_size(&mut rest));
        }
        total
    }

    /// The size without the parts that are left to count.
    fn flat_size(&self, rest: &mut Vec<Self>) -> u64 {
        if let Self::Node(node) = self {
            return node.total(len_size);
        }
        self.parts(rest);
        self.own_size()
    }

    /// The size without the parts.
    fn own_size(&self) -> u64 {
        match self.view() {
            View::Text(text) => text_size(text),
            View::Map(members) => 1 + members.map(|(name, _)| text_size(&name)).sum::<u64>(),
            _ => 1,
        }
    }

    fn parts(&self, parts: &mut Vec<Self>) {
        match self.view() {
            View::List(elements) => parts.extend(elements),
            View::Map(members) => parts.extend(members.map(|(_, data)| data)),
            _ => {}
        }
    }

    pub(super) fn into_value(self) -> Cow<'v, Value> {
        match self {
            Self::Value(value) => Cow::Borrowed(value),
            other => Cow::Owned(other.to_value()),
        }
    }

    fn to_value(&self) -> Value {
        match self.view() {
            View::Bool(value) => value.into(),
            View::List(elements) => elements.map(|element| element.to_value()).collect(),
            View::Map(members) => {
                let members = members.map(|(name, data)| (name.into_owned(), data.to_value()));
                members.collect::<Map<_, _>>().into()
            }
            View::Null => Value::Null,
            View::Number(number) => number.into(),
            View::Text(text) => text.into(),
        }
    }

    /// Adds it to a tree.
    pub(super) fn build(&self, builder: &mut Builder, name: Name) -> Result<(), TooLarge> {
        match self.view() {
            View::Bool(value) => builder.bool(name, value),
            View::List(elements) => {
                let (open, count) = (builder.list(name), elements.len());
                for element in elements {
                    element.build(builder, name.of_elements())?;
                }
                builder.close_list(open, count)?;
            }
            View::Map(members) => {
                let (open, count) = (builder.map(name), members.len());
                let mut hint = Hint::start(name);
                for (member, data) in members {
                    let member = builder.name(&member, &mut hint)?;
                    data.build(builder, member)?;
                }
                builder.close_map(open, &hint, count)?;
            }
            View::Null => builder.null(name),
            View::Number(number) => builder.number(name, &number),
            View::Text(text) => builder.str(name, text)?,
        }
        Ok(())
    }
}

impl From<bool> for Data<'_> {
    fn from(value: bool) -> Self {
        Self::Scalar(Scalar::Bool(value))
    }
}

impl From<Number> for Data<'_> {
    fn from(number: Number) -> Self {
        Self::Scalar(Scalar::Number(number))
    }
}

impl From<u64> for Data<'_> {
    fn from(number: u64) -> Self {
        Number::from(number).into()
    }
}

impl From<i64> for Data<'_> {
    fn from(number: i64) -> Self {
        Number::from(number).into()
    }
}

impl From<f64> for Data<'_> {
    /// A float that is not finite is null.
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::NULL, Self::from)
    }
}

impl From<&str> for Data<'_> {
    fn from(text: &str) -> Self {
        Self::Scalar(Scalar::Text(text.into()))
    }
}

impl From<Vec<Self>> for Data<'_> {
    fn from(parts: Vec<Self>) -> Self {
        let depth = 1 + parts.iter().map(Self::depth).max().unwrap_or(0);
        Self::List(Arc::new(Made { parts, depth }))
    }
}

impl<'v> From<Vec<(Cow<'v, str>, Self)>> for Data<'v> {
    /// The names are different.
    fn from(parts: Vec<(Cow<'v, str>, Self)>) -> Self {
        let depths = parts.iter().map(|(_, data)| data.depth());
        let depth = 1 + depths.max().unwrap_or(0);
        Self::Map(Arc::new(Made { parts, depth }))
    }
}

/// The literal of an expression.
impl From<Value> for Data<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(list) => list.into_iter().map(Self::from).collect::<Vec<_>>().into(),
            Value::Bool(value) => value.into(),
            Value::Null => Self::NULL,
            Value::Number(number) => number.into(),
            Value::Object(map) => {
                let members = map.into_iter();
                let members = members.map(|(name, value)| (Cow::Owned(name), value.into()));
                members.collect::<Vec<_>>().into()
            }
            Value::String(text) => text.as_str().into(),
        }
    }
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.view() {
            View::Bool(value) => serializer.serialize_bool(value),
            View::List(elements) => serializer.collect_seq(elements),
            View::Map(members) => serializer.collect_map(members),
            View::Null => serializer.serialize_unit(),
            View::Number(number) => number.serialize(serializer),
            View::Text(text) => serializer.serialize_str(text),
        }
    }
}

#[derive(Clone)]
pub(super) enum Elements<'d, 'v> {
    Made(slice::Iter<'d, Data<'v>>),
    Nodes(tree::Elements<'v>),
    Values(slice::Iter<'v, Value>),
}

impl<'v> Iterator for Elements<'_, 'v> {
    type Item = Data<'v>;

    fn next(&mut self) -> Option<Data<'v>> {
        match self {
            Self::Made(list) => list.next().cloned(),
            Self::Nodes(list) => list.next().map(Data::Node),
            Self::Values(list) => list.next().map(Data::Value),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Made(list) => list.size_hint(),
            Self::Nodes(list) => list.size_hint(),
            Self::Values(list) => list.size_hint(),
        }
    }
}

impl ExactSizeIterator for Elements<'_, '_> {}

pub(super) enum Members<'d, 'v> {
    Made(slice::Iter<'d, (Cow<'v, str>, Data<'v>)>),
    Nodes(tree::Members<'v>),
    Values(map::Iter<'v>),
}

impl<'v> Iterator for Members<'_, 'v> {
    type Item = (Cow<'v, str>, Data<'v>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Made(map) => map.next().cloned(),
            Self::Nodes(map) => {
                let (name, node) = map.next()?;
                Some((name.into(), Data::Node(node)))
            }
            Self::Values(map) => {
                let (name, value) = map.next()?;
                Some((name.into(), Data::Value(value)))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Made(map) => map.size_hint(),
            Self::Nodes(map) => map.size_hint(),
            Self::Values(map) => map.size_hint(),
        }
    }
}

impl ExactSizeIterator for Members<'_, '_> {}

/// What a text counts as.
pub(super) fn text_size(text: &str) -> u64 {
    len_size(text.len())
}

/// What a text of this many bytes counts as.
fn len_size(len: usize) -> u64 {
    1 + u64::try_from(len / TEXT).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_node_is_as_large_as_its_value() {
        let long = "x".repeat(100);
        for value in [
            json!(null),
            json!("a"),
            json!(long),
            json!([]),
            json!([1, [2, {}], long]),
            json!({"a": 1, "b": {"c": [true, "text"], &*long: null}}),
        ] {
            let tree = Tree::from(&value);
            let sizes = [Data::Node(tree.root()), Data::Value(&value)].map(|data| data.size());
            assert_eq!(sizes[0], sizes[1], "{value}");
            let list = Data::from(vec![Data::Node(tree.root()), Data::Value(&value)]);
            assert_eq!(list.size(), 1 + 2 * sizes[0], "{value}");
            for (node, value) in tree
                .root()
                .elements()
                .zip(value.as_array().into_iter().flatten())
            {
                assert_eq!(Data::Node(node).size(), Data::Value(value).size());
            }
        }
        assert_eq!(Data::Node(Tree::default().root()).size(), 1);
    }
}
