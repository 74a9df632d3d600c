//! Scalars as text in headers, paths, queries, forms and XML.

use std::borrow::Cow;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine as _, alphabet};
use serde::de::value::SeqDeserializer;
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde_json::Value;

use super::received::{self, AS_RECEIVED};
use super::{ReadError, the_shape_decides};
use super::{big, erased};
use crate::decimal::Decimal;
use crate::model::Kind;
use crate::time::{self, TimestampFormat};

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A reader of text that represents a value of this kind.
pub(crate) struct ScalarText<'a, 'de> {
    pub(crate) text: Cow<'de, str>,
    pub(crate) kind: &'a Kind,
}

impl ScalarText<'_, '_> {
    #[cold]
    fn mismatch(&self) -> ReadError {
        ReadError::custom(format_args!(
            "{:?} is not a valid {}",
            self.text,
            self.kind.name()
        ))
    }

    fn float(&self) -> Result<f64, ReadError> {
        float(&self.text).ok_or_else(|| self.mismatch())
    }

    fn bytes(&self) -> Result<Vec<u8>, ReadError> {
        base64_read(&self.text).ok_or_else(|| self.mismatch())
    }
}

impl<'de> Deserializer<'de> for ScalarText<'_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.kind {
            Kind::Boolean => match boolean(&self.text) {
                Some(yes) => visitor.visit_bool(yes),
                None => Err(self.mismatch()),
            },
            Kind::Timestamp => match time::normalise(&self.text) {
                Ok(text) => visitor.visit_str(&text),
                Err(_) => Err(self.mismatch()),
            },
            Kind::Integer | Kind::Long => match integer(&self.text) {
                Some(Integer::Signed(n)) => visitor.visit_i64(n),
                Some(Integer::Unsigned(n)) => visitor.visit_u64(n),
                None => Err(self.mismatch()),
            },
            Kind::Float | Kind::Double => visit_float(self.float()?, visitor),
            Kind::BigDecimal | Kind::BigInteger => match big::value(self.kind, &self.text) {
                Some(value) => visit_number(value, visitor),
                None => Err(self.mismatch()),
            },
            Kind::Blob if !is_base64(&self.text) => Err(self.mismatch()),
            _ => match self.text {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text), // free for a `&str` or `Cow` in T
                Cow::Owned(text) => visitor.visit_string(text),
            },
        }
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.float()?)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.float()?)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.kind {
            Kind::Blob => visitor.visit_byte_buf(self.bytes()?),
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.kind {
            Kind::Blob => {
                let bytes = SeqDeserializer::<_, ReadError>::new(self.bytes()?.into_iter());
                erased::visit_seq(visitor, bytes)
            }
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_enum((&*self.text).into_deserializer())
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match (name, self.kind) {
            (AS_RECEIVED, Kind::Timestamp) => received::visit(&self.text, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }
    the_shape_decides!(except newtypes);
}

impl<'de> IntoDeserializer<'de, ReadError> for ScalarText<'_, 'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// Parses a boolean: `true` and `false` in any case, and XML's `1` and `0`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    #[cold]
    fn in_another_form(text: &str) -> Option<bool> {
        match text.trim() {
            "1" => Some(true),
            "0" => Some(false),
            other if other.eq_ignore_ascii_case("true") => Some(true),
            other if other.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => in_another_form(text),
    }
}

/// A 64-bit integer.
pub(crate) enum Integer {
    Signed(i64),
    Unsigned(u64),
}

/// Parses an integer, which may have a fraction of zeros or an exponent.
pub(crate) fn integer(text: &str) -> Option<Integer> {
    #[cold]
    fn in_another_form(text: &str) -> Option<Integer> {
        let text = text.trim();
        if let Ok(n) = text.parse() {
            return Some(Integer::Signed(n));
        }
        if let Ok(n) = text.parse() {
            return Some(Integer::Unsigned(n));
        }
        let number = Decimal::parse(text).ok()?;
        let signed = number.integer().map(Integer::Signed);
        signed.or_else(|| number.integer().map(Integer::Unsigned))
    }
    match text.parse() {
        Ok(n) => Some(Integer::Signed(n)),
        Err(_) => in_another_form(text),
    }
}

/// Parses a float.
pub(crate) fn float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Passes a float to a visitor. JSON has no number for some floats; those are strings.
pub(crate) fn visit_float<'de, V: Visitor<'de>, E: serde::de::Error>(
    float: f64,
    visitor: V,
) -> Result<V::Value, E> {
    match float {
        f if f.is_finite() => visitor.visit_f64(f),
        f if f.is_nan() => visitor.visit_borrowed_str("NaN"),
        f if f > 0.0 => visitor.visit_borrowed_str("Infinity"),
        _ => visitor.visit_borrowed_str("-Infinity"),
    }
}

/// Passes a number of any size to a visitor: it is a number or its digits.
fn visit_number<'de, V: Visitor<'de>>(number: Value, visitor: V) -> Result<V::Value, ReadError> {
    match number {
        Value::Number(number) => number.deserialize_any(visitor),
        Value::String(digits) => visitor.visit_string(digits),
        _ => visitor.visit_unit(),
    }
}

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Converts a scalar to text. Blobs stay base64.
///
/// # Errors
///
/// Returns an error if the value is not a scalar of this kind.
pub(crate) fn text<'v>(
    kind: &Kind,
    format: TimestampFormat,
    value: &'v Value,
) -> Result<Cow<'v, str>, String> {
    Ok(match (kind, value) {
        (Kind::Timestamp, _) => timestamp(value, format)?.into(),
        (_, Value::String(text)) => text.into(),
        (_, Value::Number(n)) => n.to_string().into(),
        (_, Value::Bool(true)) => "true".into(),
        (_, Value::Bool(false)) => "false".into(),
        (_, Value::Null) => return Err("null has no form in this protocol".into()),
        _ => return Err(format!("expected {}", kind.name())),
    })
}

/// Formats a timestamp.
pub(crate) fn timestamp(value: &Value, format: TimestampFormat) -> Result<String, String> {
    let instant = time::from_value(value).map_err(|e| e.to_string())?;
    Ok(instant.format(format))
}

/// Formats a timestamp for a header: whole seconds in every format, as in botocore.
pub(crate) fn header_timestamp(value: &Value, format: TimestampFormat) -> Result<String, String> {
    let instant = time::from_value(value).map_err(|e| e.to_string())?;
    Ok(instant.whole().format(format))
}

/// A lenient base64 engine: missing padding and trailing bits are accepted.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes a blob from a service. White space is ignored.
pub(crate) fn base64_read(text: &str) -> Option<Vec<u8>> {
    match TOLERANT.decode(text) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            let text: String = text.split_ascii_whitespace().collect();
            TOLERANT.decode(text).ok()
        }
    }
}

/// Whether [`base64_read`] can read this.
pub(crate) fn is_base64(text: &str) -> bool {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let body = text.trim_end_matches('=');
    let is_plain = body.len() % 4 != 1
        && (text.len() == body.len() || text.len().is_multiple_of(4))
        && text.len() - body.len() <= 2
        && body.as_bytes().iter().all(is_digit);
    is_plain || base64_read(text).is_some()
}

/// Decodes a blob from a program.
pub(crate) fn base64_decode(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|e| format!("not base64: {e}"))
}

pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::sink::ToValue;
    use super::*;
    use serde_json::json;

    fn read(kind: &Kind, text: &str) -> Result<Value, ReadError> {
        let text = text.into();
        ScalarText { text, kind }.deserialize_any(ToValue)
    }

    #[test]
    fn text_is_parsed_by_kind() {
        let cases = [
            (Kind::Boolean, "true", json!(true)),
            (Kind::Boolean, "True", json!(true)),
            (Kind::Boolean, "1", json!(true)),
            (Kind::Boolean, " 0", json!(false)),
            (Kind::Integer, " 42 ", json!(42)),
            (Kind::Integer, "+42", json!(42)),
            (Kind::Integer, "12.0", json!(12)),
            (Kind::Long, "-1.2e1", json!(-12)),
            (Kind::Long, "18446744073709551615.0", json!(u64::MAX)),
            (Kind::Double, "1e400", json!("Infinity")),
            (Kind::Double, "nan", json!("NaN")),
            (Kind::Blob, "aGVs\nbG8", json!("aGVs\nbG8")),
            (Kind::Long, "18446744073709551615", json!(u64::MAX)),
            (Kind::Double, "-Infinity", json!("-Infinity")),
            (Kind::Double, "1.5", json!(1.5)),
            (Kind::String, "42", json!("42")),
            (
                Kind::Timestamp,
                "2020-01-01T00:00:00.000Z",
                json!("2020-01-01T00:00:00Z"),
            ),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(read(&kind, text).unwrap(), expected, "{text}");
        }
        for (kind, text) in [
            (Kind::Boolean, "yes"),
            (Kind::Integer, ""),
            (Kind::Integer, "x"),
            (Kind::Long, "12.5"),
            (Kind::Long, "18446744073709551616"),
            (Kind::Long, "1e999999999"),
            (Kind::Double, "1,5"),
            (Kind::Timestamp, "x"),
            (Kind::Blob, "a"),
            (Kind::Blob, "%%%%"),
        ] {
            assert!(read(&kind, text).is_err(), "{text}");
        }
    }

    #[test]
    fn base64_is_recognised_as_it_is_read() {
        for text in [
            "",
            "a",
            "aa",
            "aa=",
            "aa==",
            "aa===",
            "aaa",
            "aaa=",
            "aaaa",
            "aaaa=",
            "aaaa==",
            "a=aa",
            "=",
            "==",
            "aaaaa",
            "aaaaa===",
            "a a",
            "a a\n=\r=",
            "%",
            "a-_=",
            "é",
            "aaa==",
            "ab==",
            "aab=",
        ] {
            assert_eq!(is_base64(text), base64_read(text).is_some(), "{text:?}");
        }
    }
}
