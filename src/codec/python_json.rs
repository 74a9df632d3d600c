//! Writes JSON exactly as Python's `json.dumps` does, for texts that botocore hashes or stores.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The spacing between tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// `{"a":1,"b":2}`
    Compact,
    /// `{"a": 1, "b": 2}`, Python's default.
    Usual,
}

/// Writes a value. Characters outside ASCII are escaped.
pub(crate) fn to_string(value: &Value, spacing: Spacing) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, Python(spacing));
    // cannot fail: all keys are strings, and a vector accepts all bytes
    let _ = value.serialize(&mut serializer);
    String::from_utf8(out).unwrap_or_default()
}

struct Python(Spacing);

impl Python {
    fn gap(&self, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
        match self.0 {
            Spacing::Compact => Ok(()),
            Spacing::Usual => out.write_all(b" "),
        }
    }

    fn comma(&self, out: &mut (impl io::Write + ?Sized), first: bool) -> io::Result<()> {
        if first {
            return Ok(());
        }
        out.write_all(b",")?;
        self.gap(out)
    }
}

impl Formatter for Python {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.comma(out, first)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.comma(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b":")?;
        self.gap(out)
    }

    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for c in fragment.chars() {
            if c.is_ascii() {
                write!(out, "{c}")?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_equal_those_of_python() {
        let value = json!({"a": ["é😀\n\u{7f}", 1, null, true], "b": {}, "c": 1.5});
        let usual =
            "{\"a\": [\"\\u00e9\\ud83d\\ude00\\n\u{7f}\", 1, null, true], \"b\": {}, \"c\": 1.5}";
        assert_eq!(to_string(&value, Spacing::Usual), usual);
        let policy = to_string(&json!({"a": ["\u{fc}\"", 1], "b": {}}), Spacing::Usual);
        assert_eq!(policy, r#"{"a": ["\u00fc\"", 1], "b": {}}"#);
        let compact = to_string(&json!({"a": 1, "b": [2, 3]}), Spacing::Compact);
        assert_eq!(compact, r#"{"a":1,"b":[2,3]}"#);
    }
}
