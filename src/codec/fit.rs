//! Reads a response that does not fit its shapes into a tree, as far as it fits.
//!
//! A reader stops at the first value that does not fit. The whole response is then read again here, each member on its own:
//!
//! | received | expected | result |
//! | --- | --- | --- |
//! | text, number | boolean | `true`, `false` in any case, `1`, `0`; else as received, *with a warning* |
//! | text, number | integer, long | the integer, also of `12.0`; else as received, *with a warning* |
//! | text, number | float, double | the float; else as received, *with a warning* |
//! | text, number | timestamp | the instant, if the text has one meaning; else as received, *with a warning* |
//! | text | blob | the base64, blanks and missing padding included; else as received, *with a warning* |
//! | number, boolean, bytes | string | its text, *with a warning* |
//! | null | anything | left out of structures and unions, null in lists and maps |
//! | a list, a map | any scalar | as received, *with a warning* |
//! | an element with child elements | any scalar | left out, *with a warning* |
//! | a scalar, or another aggregate | list, map, structure, union | left out, *with a warning* |
//! | two members or more, or none | union | the members, *with a warning* |
//!
//! A number of any size (`bigInteger`, `bigDecimal`) has the conversions of an integer or a double, and keeps all its digits. An integer
//! or long that exceeds 64 bits is returned as its digits. In a text that is not Unicode (half of a surrogate pair, bytes that are
//! not UTF-8) the invalid parts are replaced by U+FFFD, *with a warning*.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::raw::{NOT_UTF8, Raw, Text};
use super::warning::Warning;
use super::{ReadError, UNKNOWN_MEMBER, big, scalar};
use crate::model::{Kind, Members, ServiceModel, Shape};
use crate::time::{self, Timestamp};

/// The maximum number of warnings of a response.
pub(crate) const MAX_WARNINGS: usize = 100;

/// A result that was fitted to its shapes.
#[derive(Debug)]
pub(crate) struct Fitted {
    /// The result, by the names of members.
    pub(crate) value: Value,
    pub(crate) warnings: Vec<Warning>,
}

impl Fitted {
    /// Adds the warning that the body was not UTF-8.
    pub(crate) fn warn_of_repair(&mut self) {
        self.warnings.truncate(MAX_WARNINGS - 1);
        let warning = Warning {
            path: "".into(),
            expected: UNICODE,
            found: NOT_UTF8,
            left_out: false,
        };
        self.warnings.insert(0, warning);
    }
}

const UNICODE: &str = "Unicode text";

/// Fits values to their shapes.
pub(crate) struct Fit<'a> {
    pub(crate) model: &'a ServiceModel,
    path: Vec<String>,
    warnings: Vec<Warning>,
}

impl<'a> Fit<'a> {
    pub(crate) fn new(model: &'a ServiceModel) -> Self {
        Self {
            model,
            path: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn done(self, value: Value) -> Fitted {
        Fitted {
            value,
            warnings: self.warnings,
        }
    }

    /// Calls `read` with a step appended to the path.
    pub(crate) fn below<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let out = read(self);
        self.path.pop();
        out
    }

    fn warn(&mut self, expected: &'static str, found: &'static str, left_out: bool) {
        if self.warnings.len() < MAX_WARNINGS {
            let path = self.path.concat();
            let path = path.strip_prefix('.').unwrap_or(&path).into();
            self.warnings.push(Warning {
                path,
                expected,
                found,
                left_out,
            });
        }
    }

    /// Warns that the value at this path is left out.
    pub(crate) fn leave_out(
        &mut self,
        expected: &'static str,
        found: &'static str,
    ) -> Option<Value> {
        self.warn(expected, found, true);
        None
    }

    /// Warns that the text at this path was changed.
    pub(crate) fn warn_of_text(&mut self, found: &'static str) {
        self.warn(UNICODE, found, false);
    }

    pub(crate) fn value(&mut self, shape: &Shape, raw: Raw) -> Result<Option<Value>, ReadError> {
        Ok(match (&shape.kind, raw) {
            (Kind::Document, raw) => Some(self.document(raw)),
            (_, Raw::Null) => Some(Value::Null),
            (Kind::Structure(members) | Kind::Union(members), Raw::Map(entries)) => {
                self.members(shape, members, entries)?.map(Into::into)
            }
            (Kind::List(member), Raw::List(items)) => {
                let shape = self.model.shape(member.target).map_err(custom)?;
                let mut list = Vec::with_capacity(items.len());
                for (index, raw) in items.into_iter().enumerate() {
                    list.extend(self.below(format!("[{index}]"), |fit| fit.value(shape, raw))?);
                }
                Some(list.into())
            }
            (Kind::Map { key, value }, Raw::Map(entries)) => {
                let key = self.model.shape(key.target).map_err(custom)?;
                let shape = self.model.shape(value.target).map_err(custom)?;
                let mut map = Map::with_capacity(entries.len());
                for (name, raw) in entries {
                    let name = self.below(entry(&name.text, key), |fit| fit.text(name));
                    let step = entry(&name, key);
                    if let Some(value) = self.below(step, |fit| fit.value(shape, raw))? {
                        map.insert(name, value);
                    }
                }
                Some(map.into())
            }
            (kind, raw) if is_aggregate(kind) => self.leave_out(kind.name(), raw.kind_name()),
            (kind, raw) if raw.is_aggregate() => {
                self.warn(kind.name(), raw.kind_name(), false);
                Some(self.document(raw))
            }
            (kind, raw) => Some(self.scalar(kind, raw)),
        })
    }

    /// Reads the members of a structure or union; `None` for a union without any valid member.
    pub(crate) fn members(
        &mut self,
        shape: &Shape,
        members: &Members,
        entries: Vec<(Text, Raw)>,
    ) -> Result<Option<Map<String, Value>>, ReadError> {
        let mut map = Map::with_capacity(entries.len());
        let (mut previous, mut count) = (None, 0_usize);
        for (key, raw) in entries {
            let found = members.find_wire(previous, &key.text);
            let is_unwanted = found.is_none() && (!shape.is_union() || key.text == "__type");
            if is_unwanted || matches!(raw, Raw::Null) {
                continue;
            }
            count += 1;
            let Some(index) = found else {
                let name = Map::from_iter([("name".to_owned(), key.text.into())]);
                map.insert(UNKNOWN_MEMBER.into(), name.into());
                continue;
            };
            previous = found;
            let member = members.at(index);
            let shape = self.model.shape(member.target).map_err(custom)?;
            let value = self.below(format!(".{}", member.name), |fit| fit.value(shape, raw))?;
            if let Some(value) = value {
                map.insert((*member.name).into(), value);
            }
        }
        Ok(self.union(shape, count, map))
    }

    /// Checks that a union has one member. A structure is returned as it is.
    pub(crate) fn union(
        &mut self,
        shape: &Shape,
        came: usize,
        map: Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        if !shape.is_union() {
            return Some(map);
        }
        match came {
            0 => self.warn("exactly one member", "none", false),
            1 if map.is_empty() => return None, // the member has a warning already
            1 => {}
            _ => self.warn("exactly one member", "more than one", false),
        }
        Some(map)
    }

    /// Returns the text, and warns if invalid parts of it were replaced.
    pub(crate) fn text(&mut self, text: Text) -> String {
        if let Some(found) = text.mended {
            self.warn_of_text(found);
        }
        text.text
    }

    /// Converts a scalar to its kind, or returns it as it was received.
    pub(crate) fn scalar(&mut self, kind: &Kind, raw: Raw) -> Value {
        let (text, found) = match &raw {
            Raw::Bool(yes) => (yes.to_string(), "a boolean"),
            Raw::Number(text) => (text.clone(), "a number"),
            Raw::Text(text) => (text.text.clone(), "text"),
            Raw::Bytes(bytes) => (scalar::base64_encode(bytes), "bytes"),
            Raw::Null | Raw::List(_) | Raw::Map(_) => return Value::Null,
        };
        let read = match (kind, &raw) {
            (Kind::Blob, Raw::Bytes(_)) => Some(text.clone().into()),
            (_, Raw::Bytes(_)) => None,
            (Kind::String, Raw::Text(_)) => Some(text.clone().into()),
            (Kind::Timestamp, Raw::Number(_)) => {
                let seconds = text.parse().ok();
                let instant = seconds.and_then(|seconds| time::from_epoch(seconds).ok());
                instant.map(|instant| instant.rfc3339().into())
            }
            (Kind::Boolean, Raw::Bool(yes)) => Some((*yes).into()),
            (_, Raw::Bool(_)) | (Kind::Blob, Raw::Number(_)) => None,
            _ => read_text(kind, &text),
        };
        let value = read.unwrap_or_else(|| {
            self.warn(kind.name(), unreadable(found, kind), false);
            match (kind, &raw) {
                (Kind::String | Kind::Blob, _) => text.into(),
                (_, Raw::Bool(yes)) => (*yes).into(),
                (_, Raw::Number(text)) => number(text).unwrap_or_else(|| text.clone().into()),
                _ => text.into(),
            }
        });
        if let Raw::Text(Text {
            mended: Some(found),
            ..
        }) = raw
        {
            self.warn_of_text(found);
        }
        value
    }

    /// Returns a text that does not fit as it was received, with a warning.
    pub(crate) fn as_received(
        &mut self,
        expected: &'static str,
        found: &'static str,
        text: &str,
    ) -> Value {
        self.warn(expected, found, false);
        text.into()
    }

    /// Converts a document, whose values have no shapes.
    pub(crate) fn document(&mut self, raw: Raw) -> Value {
        match raw {
            Raw::Null => Value::Null,
            Raw::Bool(yes) => yes.into(),
            Raw::Number(text) => match text.parse::<f64>() {
                Ok(float) if number(&text).is_none() && float.is_finite() => float.into(),
                _ => number(&text).unwrap_or_else(|| text.into()),
            },
            Raw::Text(text) => self.text(text).into(),
            Raw::Bytes(bytes) => scalar::base64_encode(&bytes).into(),
            Raw::List(items) => {
                let item = |(index, raw)| self.below(format!("[{index}]"), |fit| fit.document(raw));
                items
                    .into_iter()
                    .enumerate()
                    .map(item)
                    .collect::<Vec<_>>()
                    .into()
            }
            Raw::Map(entries) => {
                let mut map = Map::new();
                for (key, raw) in entries {
                    let key = self.text(key);
                    let value = self.below(format!(".{key}"), |fit| fit.document(raw));
                    map.insert(key, value);
                }
                map.into()
            }
        }
    }
}

/// The step to an entry of a map. A sensitive key is not shown.
pub(crate) fn entry(key: &str, shape: &Shape) -> String {
    match shape.sensitive {
        true => "[*]".into(),
        false => format!("[{key:?}]"),
    }
}

fn custom(error: impl fmt::Display) -> ReadError {
    serde::de::Error::custom(error)
}

fn is_aggregate(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. }
    )
}

/// Parses text, or the text of a number, as this kind.
fn read_text(kind: &Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Boolean => scalar::boolean(text).map(Into::into),
        Kind::Integer | Kind::Long => match scalar::integer(text)? {
            scalar::Integer::Signed(n) => Some(n.into()),
            scalar::Integer::Unsigned(n) => Some(n.into()),
        },
        Kind::BigDecimal | Kind::BigInteger => big::value(kind, text),
        Kind::Float | Kind::Double => match scalar::float(text)? {
            float if float.is_finite() => Some(float.into()),
            float => scalar::visit_float::<_, ReadError>(float, super::sink::ToValue).ok(),
        },
        Kind::Timestamp => Some(Timestamp::parse(text).ok()?.rfc3339().into()),
        Kind::Blob => scalar::is_base64(text).then(|| text.into()),
        _ => None,
    }
}

/// A JSON number with all its digits, if it is one that a `Value` holds.
fn number(text: &str) -> Option<Value> {
    let is_integer = !text.contains(['.', 'e', 'E']);
    match text.parse::<Number>() {
        Ok(number) if number.is_f64() && is_integer => None,
        Ok(number) => Some(number.into()),
        Err(_) => None,
    }
}

/// The description of a scalar that cannot be read, which does not show it.
fn unreadable(found: &'static str, kind: &Kind) -> &'static str {
    match (found, kind) {
        ("text", Kind::Boolean) => "text that is not a boolean",
        ("text", Kind::Timestamp) => "text that is not a timestamp, or is ambiguous",
        ("text", Kind::Blob) => "text that is not base64",
        ("text", Kind::Integer | Kind::Long) => "text that is not a 64-bit integer",
        ("text", Kind::BigInteger) => "text that is not an integer",
        ("text", Kind::BigDecimal | Kind::Float | Kind::Double) => "text that is not a number",
        ("a number", Kind::Integer | Kind::Long) => "a number that is not a 64-bit integer",
        ("a number", Kind::BigInteger) => "a number that is not an integer",
        ("a number", Kind::Timestamp) => "a number of seconds beyond the year 9999",
        (found, _) => found,
    }
}
