//! Attribute values to plain values.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{BINARY, ConvertError, MAP, NUMBER, SET, is_marker, object};
use crate::decimal::{Decimal, DecimalError};

/// Converts an `AttributeValue` to a plain value. The text of an error has the path.
pub(crate) fn to_plain(typed: Value, path: Path<'_>) -> Result<Value, ConvertError> {
    let read = ToPlain(path).deserialize(typed);
    read.map_err(|error| ConvertError::new(error.to_string()))
}

/// Deserializes an `AttributeValue` to its plain value.
#[derive(Clone, Copy)]
struct ToPlain<'p>(Path<'p>);

/// Deserializes an `AttributeValue` to its plain value; a string is borrowed if possible.
#[derive(Clone, Copy)]
pub(crate) struct ToPlainOrText;

/// The result of [`ToPlainOrText`].
pub(crate) enum PlainOrText<'de> {
    Plain(Value),
    Text(Cow<'de, str>),
}

/// The path of a value, for errors.
#[derive(Clone, Copy)]
pub(crate) enum Path<'p> {
    Item(&'p Self, usize),
    Member(&'p Self, &'p str),
    Root,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Root => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ToPlainOrText {
    type Value = PlainOrText<'de>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ToPlainOrText {
    type Value = PlainOrText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ToPlain(Path::Root).expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let path = Path::Root;
        let found = match path.tag(&mut access)? {
            Tag::Text => PlainOrText::Text(access.next_value::<Text<'de>>()?.0),
            tag => PlainOrText::Plain(path.value_of(tag, &mut access)?),
        };
        path.end(access)?;
        Ok(found)
    }
}

/// A string that is borrowed if possible.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Path<'_> {
    fn error<E: serde::de::Error>(&self, what: impl fmt::Display) -> E {
        match self {
            Self::Root => E::custom(what),
            _ => E::custom(format_args!("{self}: {what}")),
        }
    }

    fn tag<'de, A: MapAccess<'de>>(&self, access: &mut A) -> Result<Tag, A::Error> {
        let tag = access.next_key().map_err(|e| self.error(e))?;
        tag.ok_or_else(|| self.error(NOT_ONE))
    }

    /// The plain value of the member with this tag.
    fn value_of<'de, A: MapAccess<'de>>(
        &self,
        tag: Tag,
        access: &mut A,
    ) -> Result<Value, A::Error> {
        Ok(match tag {
            Tag::Binary => binary(access.next_value()?),
            Tag::BinarySet => set(access.next_value::<Vec<String>>()?.into_iter().map(binary)),
            Tag::Bool => Value::Bool(access.next_value()?),
            Tag::List => access.next_value_seed(ListToPlain(*self))?,
            Tag::Map => access.next_value_seed(MapToPlain(*self))?,
            Tag::Null => {
                access.next_value::<IgnoredAny>()?;
                Value::Null
            }
            Tag::Number => number(access.next_value()?).map_err(|e| self.error(e))?,
            Tag::NumberSet => {
                let texts = access.next_value::<Vec<String>>()?.into_iter();
                let numbers = texts.map(number).collect::<Result<Vec<_>, _>>();
                set(numbers.map_err(|e| self.error(e))?)
            }
            Tag::Text => Value::String(access.next_value()?),
            Tag::TextSet => set(access.next_value::<Vec<String>>()?),
        })
    }

    fn end<'de, A: MapAccess<'de>>(&self, mut access: A) -> Result<(), A::Error> {
        match access.next_key::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(self.error(NOT_ONE)),
        }
    }
}

#[derive(Deserialize)]
enum Tag {
    #[serde(rename = "B")]
    Binary,
    #[serde(rename = "BS")]
    BinarySet,
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "L")]
    List,
    #[serde(rename = "M")]
    Map,
    #[serde(rename = "NULL")]
    Null,
    #[serde(rename = "N")]
    Number,
    #[serde(rename = "NS")]
    NumberSet,
    #[serde(rename = "S")]
    Text,
    #[serde(rename = "SS")]
    TextSet,
}

impl<'de> DeserializeSeed<'de> for ToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Path::Root => f.write_str("an attribute value, such as {\"S\": \"text\"}"),
            path => write!(
                f,
                "an attribute value at {path}, such as {{\"S\": \"text\"}}"
            ),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let tag = self.0.tag(&mut access)?;
        let value = self.0.value_of(tag, &mut access)?;
        self.0.end(access)?;
        Ok(value)
    }
}

const NOT_ONE: &str = "an attribute value has one member, named for its type: S, N, B, SS, NS, BS, M, L, NULL or BOOL";

fn binary(base64: String) -> Value {
    object(BINARY, base64)
}

/// The plain value of a number.
fn number(text: String) -> Result<Value, DecimalError> {
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(integer.into()); // the common case
    }
    let decimal = Decimal::parse(&text)?;
    Ok(match decimal.json_number() {
        Some(number) => number.into(),
        None => object(NUMBER, decimal.to_string()),
    })
}

fn set<T: Into<Value>>(elements: impl IntoIterator<Item = T>) -> Value {
    let elements: Vec<Value> = elements.into_iter().map(Into::into).collect();
    object(SET, elements)
}

struct ListToPlain<'p>(Path<'p>);

impl<'de> DeserializeSeed<'de> for ListToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of attribute values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) =
            access.next_element_seed(ToPlain(Path::Item(&self.0, items.len())))?
        {
            items.push(item);
        }
        Ok(items.into())
    }
}

struct MapToPlain<'p>(Path<'p>);

impl<'de> DeserializeSeed<'de> for MapToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MapToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attribute values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(ToPlain(Path::Member(&self.0, &name)))?;
            members.insert(name, value);
        }
        let is_like_a_marker = members.len() == 1 && members.keys().any(|name| is_marker(name));
        let members = Value::Object(members);
        Ok(match is_like_a_marker {
            true => object(MAP, members),
            false => members,
        })
    }
}
