//! Parses JSON and CBOR without shapes, for responses at which the readers stopped.
//!
//! serde_json refuses half of a surrogate pair and a number of 400 digits, and cannot hold an integer of 70 bits. A response must not
//! be lost because of one such value. Text that is not well-formed is refused here, too.

mod cbor;
mod json;

use serde_json::Value;

pub(crate) use self::cbor::{cbor, cbor_text};
pub(crate) use self::json::json;

/// A document, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Null,
    Bool(bool),
    /// The text of a number.
    Number(String),
    Text(Text),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Map(Vec<(Text, Self)>),
}

/// A text, and the defect that was repaired in it, if any.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) mended: Option<&'static str>,
}

pub(crate) const NOT_UTF8: &str = "bytes that are not UTF-8";
pub(crate) const SURROGATE: &str = "half of a surrogate pair";

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            mended: None,
        }
    }
}

impl Text {
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mended = matches!(text, std::borrow::Cow::Owned(_)).then_some(NOT_UTF8);
        Self {
            text: text.into_owned(),
            mended,
        }
    }
}

impl Raw {
    pub(crate) fn is_aggregate(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// The kind of value, for a warning.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Parses JSON. Halves of surrogate pairs and bytes that are not UTF-8 are replaced; text that is not well-formed is null.
pub(crate) fn json_value(bytes: &[u8]) -> Value {
    fn plain(raw: Raw) -> Value {
        match raw {
            Raw::Null => Value::Null,
            Raw::Bool(yes) => yes.into(),
            Raw::Number(text) => serde_json::from_str(&text).unwrap_or_else(|_| text.into()),
            Raw::Text(text) => text.text.into(),
            Raw::Bytes(_) => Value::Null, // JSON has none
            Raw::List(items) => items.into_iter().map(plain).collect::<Vec<_>>().into(),
            Raw::Map(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, raw)| (key.text, plain(raw)))
                    .collect(),
            ),
        }
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| json(bytes).map_or(Value::Null, plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::MAX_DEPTH;

    fn text(text: &str, mended: Option<&'static str>) -> Option<Raw> {
        let text = text.into();
        Some(Raw::Text(Text { text, mended }))
    }

    #[test]
    fn invalid_unicode_is_replaced() {
        let cases: [(&[u8], _); 8] = [
            (br#""a\ud83d\ude00b""#, text("a\u{1f600}b", None)),
            (br#""a\ud83d""#, text("a\u{fffd}", Some(SURROGATE))),
            (
                br#""\ude00\ud83d""#,
                text("\u{fffd}\u{fffd}", Some(SURROGATE)),
            ),
            (br#""\ud83d\n""#, text("\u{fffd}\n", Some(SURROGATE))),
            (br#""\ud83d\u0041""#, text("\u{fffd}A", Some(SURROGATE))),
            (
                br#""\ud83d\ud83d\ude00""#,
                text("\u{fffd}\u{1f600}", Some(SURROGATE)),
            ),
            (b"\"a\xffb\"", text("a\u{fffd}b", Some(NOT_UTF8))),
            (b"\xef\xbb\xbf \"a\" ", text("a", None)),
        ];
        for (src, expected) in cases {
            assert_eq!(json(src), expected, "{}", String::from_utf8_lossy(src));
        }
    }

    #[test]
    fn invalid_json_is_refused_as_by_serde_json() {
        for src in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u+123\"",
            "\"a\nb\"",
            "tru",
            "nul",
            "{a:1}",
            "{\"a\" 1}",
            "1 2",
            "[",
            "]",
            "{\"a\":}",
            "'a'",
        ] {
            assert_eq!(json(src.as_bytes()), None, "{src}");
            assert!(serde_json::from_str::<Value>(src).is_err(), "{src}");
        }
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(json(nested(MAX_DEPTH).as_bytes()).is_some());
        assert!(json(nested(100_000).as_bytes()).is_none());
    }

    #[test]
    fn valid_json_is_read_as_by_serde_json() {
        let src = r#" {"a":[1,-2,0.5,1e3,-0.0,true,false,null,"x\n\"\\\/\b\f\r\té"],"b":{"":{}},"c":[]} "#;
        let expected: Value = serde_json::from_str(src).unwrap();
        let bom = format!("\u{feff}{src}");
        assert_eq!(json_value(bom.as_bytes()), expected);
        assert_eq!(
            json(b"[NaN,-Infinity,1e400]").map(|raw| raw.is_aggregate()),
            Some(true)
        );
    }

    #[test]
    fn cbor_tags_are_ignored() {
        let number = |text: &str| Some(Raw::Number(text.into()));
        let cases: [(&[u8], _); 9] = [
            (
                &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                number("-18446744073709551616"),
            ),
            (
                &[0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                number("18446744073709551616"),
            ),
            (&[0xc3, 0x41, 0], number("-1")),
            (&[0xd9, 0x12, 0x34, 0x01], number("1")),
            (&[0xf9, 0x7e, 0x00], number("NaN")),
            (&[0x62, 0xff, 0x41], text("\u{fffd}A", Some(NOT_UTF8))),
            (&[0x7f, 0x61, 0x61, 0x61, 0x62, 0xff], text("ab", None)),
            (
                &[0x5f, 0x41, 1, 0x41, 2, 0xff],
                Some(Raw::Bytes(vec![1, 2])),
            ),
            (
                &[0xa2, 0x61, 0x61, 0xf6, 0x61, 0x62, 0xf7],
                Some(Raw::Map(Vec::new())),
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(cbor(bytes), expected, "{bytes:x?}");
            assert_eq!(cbor(&bytes[..bytes.len() - 1]), None, "{bytes:x?}");
        }
        assert_eq!(cbor(&[0x7f, 0x41, 0x61, 0xff]), None); // bytes in a text
        assert_eq!(cbor(&[0x01, 0x01]), None);
        assert_eq!(cbor(&[0x81; 200]), None);
    }
}
