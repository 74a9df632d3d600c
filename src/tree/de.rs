//! Nodes as deserializers.

use serde::de::value::{
    BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer,
};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

use super::{Kind, Node};

/// The error of a node that does not fit a type.
///
/// ```
/// # use tucuxi::Tree;
/// let error = Tree::from(&serde_json::json!("x")).root().deserialize::<u8>().unwrap_err();
/// assert_eq!(error.to_string(), "invalid type: string \"x\", expected u8");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TreeError(Box<str>);

impl de::Error for TreeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = TreeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self.kind() {
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::List(elements) => visitor.visit_seq(SeqDeserializer::new(elements)),
            Kind::Map(members) => visitor.visit_map(MapDeserializer::new(members.map(borrowed))),
            Kind::Null => visitor.visit_unit(),
            Kind::Number(number) => number.deserialize_any(visitor).map_err(de::Error::custom),
            Kind::String(text) => visitor.visit_borrowed_str(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self.is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self.kind() {
            Kind::Map(members) => {
                let members = MapDeserializer::new(members.map(borrowed));
                visitor.visit_enum(MapAccessDeserializer::new(members))
            }
            Kind::String(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

impl<'de> IntoDeserializer<'de, TreeError> for Node<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// A name whose text a type may borrow.
fn borrowed<'de>((name, node): (&'de str, Node<'de>)) -> (BorrowedName<'de>, Node<'de>) {
    (BorrowedName(name), node)
}

struct BorrowedName<'de>(&'de str);

impl<'de> IntoDeserializer<'de, TreeError> for BorrowedName<'de> {
    type Deserializer = BorrowedStrDeserializer<'de, TreeError>;
    fn into_deserializer(self) -> Self::Deserializer {
        BorrowedStrDeserializer::new(self.0)
    }
}
