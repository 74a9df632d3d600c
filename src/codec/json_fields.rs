//! Reads the members of a JSON object up to the first defect: the code of an error is needed whatever else is wrong.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Names and values, up to the first syntax error.
#[derive(Default)]
pub(crate) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    pub(crate) fn read(text: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(text);
        // what precedes the error is kept
        let _ = Read(&mut fields).deserialize(&mut reader);
        fields
    }

    /// The text of the first of these members that is text, or another value that `shown` accepts.
    pub(crate) fn text(&self, names: &[&str], shown: fn(&Value) -> bool) -> Option<String> {
        names.iter().find_map(|name| {
            let (_, raw) = self.0.iter().find(|(known, _)| known == name)?;
            match value(raw.get())? {
                Value::String(text) => Some(text),
                other => shown(&other).then(|| other.to_string()),
            }
        })
    }
}

struct Read<'r, 'a>(&'r mut Fields<'a>);

impl<'a> DeserializeSeed<'a> for Read<'_, 'a> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Read<'_, 'a> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_entry()? {
            self.0.0.push(field);
        }
        Ok(())
    }
}

/// Parses a value; halves of surrogate pairs are replaced.
fn value(raw: &str) -> Option<Value> {
    let read = |text: &str| serde_json::from_str(text).ok();
    read(raw).or_else(|| read(&without_halves(raw)))
}

/// Replaces escapes of halves of surrogate pairs by U+FFFD.
fn without_halves(raw: &str) -> String {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (kept, length) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (true, 12),
            (Some(0xD800..=0xDFFF), _) => (false, 6),
            (Some(_), _) => (true, 6),
            (None, _) => (true, 2),
        };
        let (escape, behind) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(if kept { escape } else { "\\ufffd" });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_up_to_the_error() {
        let cases = [
            (r#"{"code":"X","n":1e999,"m":"y"}"#, Some("X"), Some("y")),
            (
                r#"{"code":"X","m":"a\ud800b"}"#,
                Some("X"),
                Some("a\u{fffd}b"),
            ),
            (
                r#"{"m":"\\ud83d\ud83d\ude00\ude00","code":"X"}"#,
                Some("X"),
                Some("\\ud83d😀\u{fffd}"),
            ),
            (r#"{"code":"X","m":"cut"#, Some("X"), None),
            (r#"{"code":"X"} and more"#, Some("X"), None),
            (r#"{"code":null,"m":{"a":1}}"#, None, None),
            (r#"["code"]"#, None, None),
            ("", None, None),
        ];
        for (text, code, message) in cases {
            let fields = Fields::read(text.as_bytes());
            let found = |name| fields.text(&[name], Value::is_number);
            assert_eq!(found("code").as_deref(), code, "{text}");
            assert_eq!(found("m").as_deref(), message, "{text}");
        }
        let deep = format!(
            r#"{{"code":"X","d":{}{},"m":"y"}}"#,
            "[".repeat(10_000),
            "]".repeat(10_000)
        );
        let fields = Fields::read(deep.as_bytes());
        assert_eq!(fields.text(&["m"], Value::is_number).as_deref(), Some("y"));
    }
}
