//! Scalars as text: in headers, paths, queries, forms and XML, and read back from there.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde_json::Value;

use super::{ReadError, the_shape_decides};
use crate::model::Kind;
use crate::time::{self, TimestampFormat};

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Text that stands for a value of this kind.
pub(crate) struct ScalarText<'a, 'de> {
    pub(crate) text: Cow<'de, str>,
    pub(crate) kind: &'a Kind,
}

impl ScalarText<'_, '_> {
    fn number<T: std::str::FromStr>(&self) -> Result<T, ReadError> {
        let parsed = self.text.trim().parse();
        parsed.map_err(|_| ReadError::custom(format_args!("{:?} is no number", self.text)))
    }
}

impl<'de> Deserializer<'de> for ScalarText<'_, 'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.kind {
            Kind::Boolean => visitor.visit_bool(self.text.trim().eq_ignore_ascii_case("true")),
            Kind::Timestamp => {
                let text = time::normalise(&self.text).map_err(ReadError::custom)?;
                visitor.visit_str(&text)
            }
            Kind::Integer | Kind::Long => match self.number::<i64>() {
                Ok(n) => visitor.visit_i64(n),
                Err(_) => visitor.visit_u64(self.number()?),
            },
            Kind::Float | Kind::Double => visit_float(self.number()?, visitor),
            _ => match self.text {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text), // free for a `&str` or `Cow` in T
                Cow::Owned(text) => visitor.visit_string(text),
            },
        }
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.number()?)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.number()?)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.kind {
            Kind::Blob => {
                visitor.visit_byte_buf(base64_decode(&self.text).map_err(ReadError::custom)?)
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
    the_shape_decides!();
}

/// A float; JSON has no number for some, so those are strings.
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

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A scalar as text; blobs stay base64.
///
/// # Errors
///
/// The value is no scalar of this kind.
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
        _ => return Err(format!("not a {}", kind.name())),
    })
}

/// A timestamp in this format.
pub(crate) fn timestamp(value: &Value, format: TimestampFormat) -> Result<String, String> {
    let instant = time::from_value(value).map_err(|e| e.to_string())?;
    Ok(instant.format(format))
}

/// A timestamp in a header: whole seconds in every format, as botocore has them.
pub(crate) fn header_timestamp(value: &Value, format: TimestampFormat) -> Result<String, String> {
    let instant = time::from_value(value).map_err(|e| e.to_string())?;
    Ok(instant.whole().format(format))
}

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
    use super::super::target::ToValue;
    use super::*;
    use serde_json::json;

    fn read(kind: &Kind, text: &str) -> Result<Value, ReadError> {
        let text = text.into();
        ScalarText { text, kind }.deserialize_any(ToValue)
    }

    #[test]
    fn text_becomes_what_the_kind_says() {
        let cases = [
            (Kind::Boolean, "true", json!(true)),
            (Kind::Boolean, "1", json!(false)),
            (Kind::Integer, " 42 ", json!(42)),
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
        assert!(read(&Kind::Integer, "x").is_err());
        assert!(read(&Kind::Timestamp, "x").is_err());
    }
}
