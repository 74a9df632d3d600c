//! Comparison of bodies by meaning.

use std::collections::BTreeMap;

use serde_json::Value;

/// Compares JSON by value: numbers numerically, timestamps as instants, null as absent.
pub(crate) fn json(found: &Value, expected: &Value) -> Result<(), String> {
    json_at("", found, expected)
}

fn json_at(path: &str, found: &Value, expected: &Value) -> Result<(), String> {
    let differ = || Err(format!("at {path:?}: found {found}, expected {expected}"));
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys()) {
                let get =
                    |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                json_at(&format!("{path}.{name}"), &get(a), &get(b))?;
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                json_at(&format!("{path}[{n}]"), a, b)?;
            }
            Ok(())
        }
        (Value::Number(a), Value::Number(b)) => {
            let exact = (a.as_i128(), b.as_i128());
            let same = match exact {
                (Some(a), Some(b)) => a == b,
                _ => a.as_f64() == b.as_f64(),
            };
            if same { Ok(()) } else { differ() }
        }
        (Value::String(a), Value::String(b)) if a != b => match (instant(a), instant(b)) {
            (Some(a), Some(b)) if a == b => Ok(()),
            _ => differ(),
        },
        (a, b) if a == b => Ok(()),
        _ => differ(),
    }
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

/// Compares forms and queries as decoded pairs in any order.
pub(crate) fn form(found: &str, expected: &str) -> Result<(), String> {
    let pairs = |text: &str| {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        // the query of a URL in a value may be in any order as well
        for (_, value) in &mut pairs {
            if value.starts_with("https://")
                && let Some((place, query)) = value.split_once('?')
            {
                let mut parts: Vec<&str> = query.split('&').collect();
                parts.sort_unstable();
                *value = format!("{place}?{}", parts.join("&"));
            }
        }
        pairs.sort();
        pairs
    };
    equal("the form", &pairs(found), &pairs(expected))
}

/// Compares queries as encoded pairs in any order.
pub(crate) fn query(found: &str, expected: &str) -> Result<(), String> {
    let pairs = |text: &str| {
        let mut pairs: Vec<String> = text
            .split('&')
            .filter(|p| !p.is_empty())
            .map(Into::into)
            .collect();
        pairs.sort();
        pairs
    };
    equal("the query", &pairs(found), &pairs(expected))
}

pub(crate) fn equal<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: found {found:?}, expected {expected:?}")),
    }
}

/// Compares XML as trees: members in any order, members of the same name in order, white space between elements
/// ignored.
pub(crate) fn xml(found: &str, expected: &str) -> Result<(), String> {
    let tree = |text: &str| match text.trim() {
        "" => Ok(None),
        text => {
            let document = roxmltree::Document::parse(text).map_err(|e| format!("{e}: {text}"))?;
            Ok(Some(Element::of(document.root_element())))
        }
    };
    let (a, b): (Result<_, String>, Result<_, String>) = (tree(found), tree(expected));
    equal("the XML", &a?, &b?)
}

#[derive(Debug, PartialEq)]
struct Element {
    attributes: BTreeMap<String, String>,
    children: BTreeMap<String, Vec<Self>>,
    text: String,
}

impl Element {
    fn of(node: roxmltree::Node<'_, '_>) -> Self {
        let name = |namespace: Option<&str>, name: &str| {
            format!("{{{}}}{name}", namespace.unwrap_or_default())
        };
        let mut children: BTreeMap<String, Vec<Self>> = BTreeMap::new();
        for child in node.children().filter(roxmltree::Node::is_element) {
            let tag = child.tag_name();
            children
                .entry(name(tag.namespace(), tag.name()))
                .or_default()
                .push(Self::of(child));
        }
        let texts = node
            .children()
            .filter(roxmltree::Node::is_text)
            .filter_map(|n| n.text());
        let text: String = texts.collect();
        Self {
            attributes: (node.attributes())
                .map(|a| (name(a.namespace(), a.name()), a.value().to_owned()))
                .collect(),
            text: if children.is_empty() {
                text
            } else {
                text.trim().to_owned()
            },
            children,
        }
    }
}

/// Compares CBOR by value: maps in any order, numbers numerically.
pub(crate) fn cbor(found: &[u8], expected: &[u8]) -> Result<(), String> {
    let value = |bytes: &[u8]| -> Result<Value, String> {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        let value: ciborium::Value =
            ciborium::from_reader(bytes).map_err(|e| format!("{e}: {bytes:02x?}"))?;
        Ok(cbor_as_json(value))
    };
    json(&value(found)?, &value(expected)?)
}

/// Tags and byte strings become objects that no other value can be.
fn cbor_as_json(value: ciborium::Value) -> Value {
    use ciborium::Value as Cbor;
    use serde_json::json;
    match value {
        Cbor::Integer(n) => match i64::try_from(n) {
            Ok(n) => n.into(),
            Err(_) => i128::from(n).to_string().into(),
        },
        Cbor::Bytes(bytes) => json!({"bytes": bytes}),
        Cbor::Float(float) if float.is_finite() => float.into(),
        Cbor::Float(float) => json!({"float": float.to_string()}),
        Cbor::Text(text) => json!({"text": text}),
        Cbor::Bool(yes) => yes.into(),
        Cbor::Tag(tag, inner) => json!({"tag": tag, "value": cbor_as_json(*inner)}),
        Cbor::Array(items) => items.into_iter().map(cbor_as_json).collect(),
        Cbor::Map(entries) => {
            let key = |key: Cbor| match key {
                Cbor::Text(text) => text,
                other => format!("{other:?}"),
            };
            Value::Object(
                entries
                    .into_iter()
                    .map(|(k, v)| (key(k), cbor_as_json(v)))
                    .collect(),
            )
        }
        _ => Value::Null,
    }
}
