//! Attribute values of DynamoDB, and YAML.

use serde_json::{Map, Value, json};

use crate::yaml::Yaml;

/// Returns the attribute value of a YAML value.
///
/// # Errors
///
/// Returns a message if DynamoDB has no such value.
pub(super) fn of_yaml(value: &Yaml) -> Result<Value, String> {
    Ok(match value {
        Yaml::Binary(text) => json!({"B": text}),
        Yaml::Bool(yes) => json!({"BOOL": yes}),
        Yaml::Float(text) | Yaml::Int(text) => json!({"N": number(text)?}),
        Yaml::List(items) => {
            let items = items.iter().map(of_yaml);
            json!({"L": items.collect::<Result<Vec<Value>, String>>()?})
        }
        Yaml::Map(_) => json!({"M": attributes(value)?}),
        Yaml::Null => json!({"NULL": true}),
        Yaml::Set(items) => {
            let items = items.iter().map(of_yaml);
            return set(items.collect::<Result<Vec<Value>, String>>()?.into_iter());
        }
        Yaml::Text(text) => json!({"S": text}),
        Yaml::Timestamp(text) => {
            return Err(format!("DynamoDB has no times: write '{text}' with quotes"));
        }
    })
}

/// Returns the attributes of an item.
///
/// # Errors
///
/// Returns a message if the value is no map with keys that are texts.
pub(super) fn attributes(item: &Yaml) -> Result<Map<String, Value>, String> {
    let Yaml::Map(entries) = item else {
        return Err("an item must be a map of attributes".into());
    };
    let entry = |(key, value): &(Yaml, Yaml)| {
        let name = key.as_text();
        let name = name.ok_or_else(|| {
            format!(
                "the name {} must be a text: write it with quotes",
                key.to_json()
            )
        })?;
        Ok((name.to_owned(), of_yaml(value)?))
    };
    entries.iter().map(entry).collect()
}

fn number(text: &str) -> Result<String, String> {
    let digits = text.replace('_', "").to_lowercase();
    match digits.trim_start_matches(['-', '+']) {
        ".inf" | ".nan" => Err(format!("DynamoDB has no number {text}")),
        _ => Ok(digits),
    }
}

/// Makes a set of attribute values of one kind.
///
/// # Errors
///
/// Returns a message if they are not all texts, numbers or binary values.
pub(super) fn set(items: impl Iterator<Item = Value>) -> Result<Value, String> {
    let mut kind = None;
    let mut members: Vec<Value> = Vec::new();
    for item in items {
        let wrong = "a set has texts, numbers or binary values, all of one kind";
        let Some((name, value)) = item.as_object().and_then(|item| item.iter().next()) else {
            return Err(wrong.into());
        };
        let is_valid = matches!(&**name, "B" | "N" | "S")
            && kind.as_ref().is_none_or(|kind: &String| kind == name);
        if !is_valid {
            return Err(wrong.into());
        }
        kind = Some(name.clone());
        if !members.contains(value) {
            members.push(value.clone());
        }
    }
    match kind {
        Some(kind) => Ok(json!({format!("{kind}S"): members})),
        None => Err("a set must not be empty".into()),
    }
}

/// Returns the YAML value of an attribute value. Any other value is returned as it is.
pub(super) fn to_yaml(value: Value) -> Yaml {
    let map = match value {
        Value::Object(map) if map.len() == 1 => map,
        other => return Yaml::from_json(other),
    };
    let Some((kind, value)) = map.into_iter().next() else {
        return Yaml::Null;
    };
    let number = |text: String| match text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        true => Yaml::Int(text),
        false => Yaml::Float(text),
    };
    let binary = Yaml::Binary as fn(String) -> Yaml;
    let set = |items: Vec<Value>, of: &dyn Fn(String) -> Yaml| {
        let texts = items.iter().filter_map(Value::as_str);
        Yaml::Set(texts.map(|text| of(text.to_owned())).collect())
    };
    match (&*kind, value) {
        ("B", Value::String(text)) => binary(text),
        ("BOOL", Value::Bool(yes)) => Yaml::Bool(yes),
        ("BS", Value::Array(items)) => set(items, &binary),
        ("L", Value::Array(items)) => Yaml::List(items.into_iter().map(to_yaml).collect()),
        ("M", Value::Object(map)) => item(map),
        ("N", Value::String(text)) => number(text),
        ("NS", Value::Array(items)) => set(items, &number),
        ("NULL", _) => Yaml::Null,
        ("S", Value::String(text)) => Yaml::Text(text),
        ("SS", Value::Array(items)) => set(items, &Yaml::Text),
        (_, value) => Yaml::map([(&*kind, Yaml::from_json(value))]),
    }
}

/// Returns an item as a map.
pub(super) fn item(attributes: Map<String, Value>) -> Yaml {
    let entries = attributes.into_iter();
    Yaml::Map(
        entries
            .map(|(name, value)| (Yaml::Text(name), to_yaml(value)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Dialect, parse, text_of};

    #[test]
    fn items_survive_both_ways() {
        let yaml = "\
id: a
n: 1
big: 123456789012345678901234567890
f: 1.50
b: !!binary \"aGk=\"
yes: true
none: null
l:
- 1
- x
m:
  '2020-01-01': '2'
s: !!set
  a: null
  b: null
";
        let parsed = parse(yaml, Dialect::Plain).unwrap();
        let item = attributes(&parsed).unwrap();
        let expected = json!({
            "id": {"S": "a"}, "n": {"N": "1"}, "big": {"N": "123456789012345678901234567890"}, "f": {"N": "1.50"},
            "b": {"B": "aGk="}, "yes": {"BOOL": true}, "none": {"NULL": true}, "l": {"L": [{"N": "1"}, {"S": "x"}]},
            "m": {"M": {"2020-01-01": {"S": "2"}}}, "s": {"SS": ["a", "b"]},
        });
        assert_eq!(Value::Object(item.clone()), expected);
        assert_eq!(text_of(&super::item(item), Dialect::Plain), yaml);
    }

    #[test]
    fn values_that_dynamodb_lacks_are_errors() {
        for text in [
            "[1]",
            "x",
            "{a: 2020-01-01}",
            "{a: .inf}",
            "{1: a}",
            "{a: !!set {}}",
            "{a: !!set {1, b}}",
            "{a: !!set {true}}",
        ] {
            let parsed = parse(text, Dialect::Plain).unwrap();
            assert!(attributes(&parsed).is_err(), "{text}");
        }
    }
}
