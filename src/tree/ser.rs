//! Trees as the source of a serializer.

use serde::ser::{Serialize, Serializer};

use super::{Kind, Node, Tree};

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            Kind::Bool(value) => serializer.serialize_bool(value),
            Kind::List(elements) => serializer.collect_seq(elements),
            Kind::Map(members) => serializer.collect_map(members),
            Kind::Null => serializer.serialize_unit(),
            Kind::Number(number) => number.serialize(serializer),
            Kind::String(text) => serializer.serialize_str(text),
        }
    }
}
