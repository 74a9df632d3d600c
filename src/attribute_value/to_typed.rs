//! Plain values to attribute values.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value};

use super::{BINARY, ConvertError, MAP, NUMBER, SET, object};
use crate::decimal::Decimal;

/// The maximum depth of a plain value, which is that of responses. DynamoDB supports 32 levels.
const MAX_DEPTH: usize = 128;

/// Converts a plain value to an `AttributeValue`.
pub(crate) fn to_typed(plain: Value) -> Result<Value, ConvertError> {
    typed(plain, 0)
}

fn typed(plain: Value, depth: usize) -> Result<Value, ConvertError> {
    if depth == MAX_DEPTH {
        return Err(ConvertError::new(
            "nested too deep: DynamoDB supports 32 levels",
        ));
    }
    Ok(match plain {
        Value::Null => object("NULL", true),
        Value::Bool(yes) => object("BOOL", yes),
        Value::Number(number) => object("N", number_text(&number)?),
        Value::String(text) => object("S", text),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            let items =
                items.map(|(n, item)| typed(item, depth + 1).map_err(|error| error.in_item(n)));
            object("L", items.collect::<Result<Vec<_>, _>>()?)
        }
        Value::Object(mut members) => match sole_marker(&members) {
            None => typed_map(members, depth)?,
            Some(marker) => {
                let value = members.values_mut().next().map(Value::take);
                typed_marker(marker, value.unwrap_or_default(), depth)
                    .map_err(|error| error.in_member(marker))?
            }
        },
    })
}

pub(super) fn sole_marker(members: &Map<String, Value>) -> Option<&'static str> {
    let name = members.keys().next().filter(|_| members.len() == 1)?;
    [BINARY, MAP, NUMBER, SET]
        .into_iter()
        .find(|marker| name == marker)
}

fn typed_map(members: Map<String, Value>, depth: usize) -> Result<Value, ConvertError> {
    let mut out = Map::with_capacity(members.len());
    for (name, value) in members {
        let value = typed(value, depth + 1).map_err(|error| error.in_member(&name))?;
        out.insert(name, value);
    }
    Ok(object("M", out))
}

fn typed_marker(marker: &'static str, value: Value, depth: usize) -> Result<Value, ConvertError> {
    match (marker, value) {
        (BINARY, Value::String(text)) => match BASE64_STANDARD.decode(&text) {
            Ok(_) => Ok(object("B", text)),
            Err(reason) => Err(ConvertError::new(format!("not base64: {reason}"))),
        },
        (NUMBER, Value::String(text)) => Ok(object("N", canonical(&text)?)),
        (NUMBER, Value::Number(number)) => Ok(object("N", number_text(&number)?)),
        (SET, Value::Array(elements)) => typed_set(elements),
        (MAP, Value::Object(members)) => typed_map(members, depth),
        (BINARY, _) => Err(expected("bytes, as a base64 string")),
        (NUMBER, _) => Err(expected("a number, as a string")),
        (SET, _) => Err(expected("an array")),
        _ => Err(expected("an object")),
    }
}

fn expected(what: &str) -> ConvertError {
    ConvertError::new(format!(
        "expected {what}; wrap a map whose only member has this name in {{\"{MAP}\": {{…}}}}"
    ))
}

/// The text of a JSON number, for DynamoDB.
fn number_text(number: &Number) -> Result<String, ConvertError> {
    let text = number.to_string();
    match number.is_f64() {
        true => canonical(&text),
        false => Ok(text),
    }
}

/// The canonical text of a number.
fn canonical(text: &str) -> Result<String, ConvertError> {
    let decimal = Decimal::fitting(text);
    let decimal = decimal.map_err(|why| ConvertError::new(format!("{text:?}: {why}")))?;
    Ok(decimal.to_string())
}

fn typed_set(elements: Vec<Value>) -> Result<Value, ConvertError> {
    let mut tag = None;
    let mut known = HashSet::with_capacity(elements.len());
    let mut texts = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let (own, text) = typed_element(element).map_err(|error| error.in_item(index))?;
        if *tag.get_or_insert(own) != own {
            let what = "the type differs from the elements before it: a set of DynamoDB has only strings, only numbers or only bytes";
            return Err(ConvertError::new(what).in_item(index));
        }
        if !known.insert(text.clone()) {
            let what = "duplicate element of a set";
            return Err(ConvertError::new(what).in_item(index));
        }
        texts.push(Value::String(text));
    }
    match tag {
        Some(tag) => Ok(object(tag, texts)),
        None => Err(ConvertError::new(
            "empty set: DynamoDB supports none; leave the attribute out",
        )),
    }
}

/// The type of the set that an element belongs to, and the element's text.
fn typed_element(element: Value) -> Result<(&'static str, String), ConvertError> {
    let mut typed = match element {
        Value::Number(_) | Value::String(_) | Value::Object(_) => typed(element, 0)?,
        _ => Value::Null,
    };
    for (tag, of) in [("S", "SS"), ("N", "NS"), ("B", "BS")] {
        if let Some(Value::String(text)) = typed.get_mut(tag).map(Value::take) {
            return Ok((of, text));
        }
    }
    Err(ConvertError::new(
        "a set of DynamoDB has only strings, numbers or bytes",
    ))
}
