//! YAML documents that are changed and written again: templates of CloudFormation, files of kubectl, items of DynamoDB.
//!
//! Unlike results, which `output` prints, such a document has tags, keys that are no texts, numbers of any size, and a layout
//! that `aws` gives it.

mod plain;
mod read;
mod scalar;
mod write;

use serde_json::{Map, Value};

pub(crate) use self::read::parse;
pub(crate) use self::write::text_of;

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Yaml {
    /// In base64.
    Binary(String),
    Bool(bool),
    /// The digits as they were written.
    Float(String),
    /// In decimal.
    Int(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Null,
    Set(Vec<Self>),
    Text(String),
    Timestamp(String),
}

/// What a document may contain, and which scalars are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The truth values of YAML 1.1, such as `yes`, and tags for CloudFormation's functions: `!Ref x` is `{Ref: x}`.
    CloudFormation,
    Plain,
}

impl Yaml {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map whose keys are texts.
    pub(crate) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        let entries = entries.into_iter();
        Self::Map(
            entries
                .map(|(key, value)| (Self::text(key), value))
                .collect(),
        )
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn entries(&self) -> &[(Self, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<(Self, Self)>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let mut entries = self.entries().iter();
        entries.find_map(|(known, value)| (known.as_text() == Some(key)).then_some(value))
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let mut entries = self.entries_mut()?.iter_mut();
        entries.find_map(|(known, value)| (known.as_text() == Some(key)).then_some(value))
    }

    /// Sets the value of a key of a map; does nothing to what is no map.
    pub(crate) fn set(&mut self, key: &str, value: Self) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => {
                if let Some(entries) = self.entries_mut() {
                    entries.push((Self::text(key), value));
                }
            }
        }
    }

    /// The value of a JSON text.
    pub(crate) fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(yes),
            Value::Number(number) if number.is_f64() => Self::Float(number.to_string()),
            Value::Number(number) => Self::Int(number.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            Value::Object(map) => {
                let entries = map.into_iter();
                Self::Map(
                    entries
                        .map(|(key, value)| (Self::Text(key), Self::from_json(value)))
                        .collect(),
                )
            }
        }
    }

    /// The value in JSON, in which keys are texts.
    pub(crate) fn to_json(&self) -> Value {
        let number = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
        match self {
            Self::Binary(text) | Self::Text(text) | Self::Timestamp(text) => text.as_str().into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Float(text) => match plain::float(text) {
                Some(float) if float.is_finite() => float.into(),
                _ => text.as_str().into(),
            },
            Self::Int(text) => number(text),
            Self::List(items) | Self::Set(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.key_text(), value.to_json()));
                entries.collect::<Map<_, _>>().into()
            }
            Self::Null => Value::Null,
        }
    }

    /// The text of a key in JSON.
    fn key_text(&self) -> String {
        match self.to_json() {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}
