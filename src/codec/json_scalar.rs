//! Scalars in JSON, converted to their kinds before they reach a target.

use std::borrow::Cow;

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer as _, Error as _, Unexpected, Visitor};

use super::ReadError;
use super::json_number::Number;
use super::json_tokens::{Text, Tokens};
use super::received;
use super::scalar::{self, ScalarText};
use crate::model::Kind;
use crate::time;

/// What a target asks for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Want {
    Any,
    Bytes,
    Float,
    /// A timestamp as it was received.
    Received,
    /// The variant of an enum.
    Variant,
}

/// A scalar as a target receives it.
pub(super) enum Scalar<'de> {
    Bool(bool),
    Borrowed(&'de str),
    Bytes(Vec<u8>),
    F64(f64),
    I64(i64),
    String(String),
    U64(u64),
    Unit,
}

impl<'de> Scalar<'de> {
    pub(super) fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Borrowed(text) => visitor.visit_borrowed_str(text),
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Self::F64(value) => visitor.visit_f64(value),
            Self::I64(value) => visitor.visit_i64(value),
            Self::String(text) => visitor.visit_string(text),
            Self::U64(value) => visitor.visit_u64(value),
            Self::Unit => visitor.visit_unit(),
        }
    }

    /// Passes a text as the name of a variant.
    pub(super) fn visit_variant<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let text: Cow<'_, str> = match self {
            Self::Borrowed(text) => text.into(),
            Self::String(text) => text.into(),
            other => return other.visit(visitor),
        };
        visitor.visit_enum(StrDeserializer::new(&text))
    }

    /// Passes bytes as a list.
    pub(super) fn visit_one_by_one<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self {
            Self::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            other => other.visit(visitor),
        }
    }
}

/// Reads a scalar. Null is one of every kind.
pub(super) fn read<'de>(
    tokens: &mut Tokens<'de>,
    kind: &Kind,
    want: Want,
) -> Result<Scalar<'de>, ReadError> {
    let is_big = matches!(kind, Kind::BigDecimal | Kind::BigInteger);
    match tokens.peek() {
        b'n' => tokens.word("null").map(|()| Scalar::Unit),
        _ if is_big && want == Want::Any => big(tokens, kind),
        b't' => tokens.word("true").and_then(|()| boolean(true, kind)),
        b'f' => tokens.word("false").and_then(|()| boolean(false, kind)),
        b'"' => match (tokens.text()?, kind, want) {
            (Text::Borrowed(text), Kind::String | Kind::Document, Want::Any | Want::Variant) => {
                Ok(Scalar::Borrowed(text))
            }
            (Text::Borrowed(text), Kind::Blob, Want::Any) if scalar::is_base64(text) => {
                Ok(Scalar::Borrowed(text))
            }
            (text, ..) => converted(text.as_str(), kind, want),
        },
        b'[' => Err(mismatch(Unexpected::Seq, kind)),
        b'{' => Err(mismatch(Unexpected::Map, kind)),
        _ => number(tokens.number()?, kind, want),
    }
}

#[cold]
fn mismatch(found: Unexpected<'_>, kind: &Kind) -> ReadError {
    ReadError::invalid_type(found, &kind.name())
}

fn boolean<'de>(value: bool, kind: &Kind) -> Result<Scalar<'de>, ReadError> {
    match kind {
        Kind::Boolean | Kind::Document => Ok(Scalar::Bool(value)),
        _ => Err(mismatch(Unexpected::Bool(value), kind)),
    }
}

fn number<'de>(number: Number, kind: &Kind, want: Want) -> Result<Scalar<'de>, ReadError> {
    let float = match number {
        Number::F64(float) => float,
        Number::I64(number) => number as f64,
        Number::U64(number) => number as f64,
    };
    match (number, kind) {
        (_, Kind::Timestamp) if want == Want::Received => match number {
            Number::F64(number) => received::visit(number, ToScalar),
            Number::I64(number) => received::visit(number, ToScalar),
            Number::U64(number) => received::visit(number, ToScalar),
        },
        (_, Kind::Timestamp) => {
            let instant = time::from_epoch(float).map_err(ReadError::custom)?;
            Ok(Scalar::String(instant.rfc3339()))
        }
        // a float of this size is exactly what the text says
        (Number::F64(_), Kind::BigInteger | Kind::Integer | Kind::Long)
            if float.fract() == 0.0 && float.abs() < 9e15 =>
        {
            Ok(Scalar::I64(float as i64))
        }
        (Number::F64(_), Kind::BigDecimal | Kind::Float | Kind::Double | Kind::Document) => {
            Ok(Scalar::F64(float))
        }
        (Number::F64(_), _) => Err(mismatch(Unexpected::Float(float), kind)),
        (
            _,
            Kind::BigDecimal
            | Kind::BigInteger
            | Kind::Integer
            | Kind::Long
            | Kind::Float
            | Kind::Double
            | Kind::Document,
        ) => Ok(match number {
            Number::I64(number) => Scalar::I64(number),
            Number::U64(number) => Scalar::U64(number),
            Number::F64(number) => Scalar::F64(number),
        }),
        _ => Err(mismatch(Unexpected::Other("a number"), kind)),
    }
}

/// Reads a number of any size, of which a float would not keep the digits.
fn big<'de>(tokens: &mut Tokens<'de>, kind: &Kind) -> Result<Scalar<'de>, ReadError> {
    let text = match tokens.peek() {
        b'"' => tokens.text()?.into_cow(),
        _ => tokens.skip()?.into(),
    };
    ScalarText { text, kind }.deserialize_any(ToScalar)
}

/// Converts a text.
fn converted<'de>(text: &str, kind: &Kind, want: Want) -> Result<Scalar<'de>, ReadError> {
    let is_aggregate = matches!(
        kind,
        Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. }
    );
    match (kind, want) {
        _ if is_aggregate => Err(mismatch(Unexpected::Str(text), kind)),
        (Kind::Timestamp, Want::Received) => received::visit(text, ToScalar),
        (Kind::Timestamp, _) => {
            let text = time::normalise(text).map_err(ReadError::custom)?;
            Ok(Scalar::String(text.into()))
        }
        (_, Want::Variant) => Ok(Scalar::String(text.to_owned())),
        (Kind::Blob, Want::Any | Want::Received) if !scalar::is_base64(text) => {
            let what = Unexpected::Other("text that is not base64");
            Err(mismatch(what, kind))
        }
        (_, want) => {
            let text = Cow::Owned(text.to_owned());
            let text = ScalarText { text, kind };
            match want {
                Want::Bytes => text.deserialize_byte_buf(ToScalar),
                Want::Float => text.deserialize_f64(ToScalar),
                _ => text.deserialize_any(ToScalar),
            }
        }
    }
}

/// A scalar as the target.
struct ToScalar;

macro_rules! to_scalar {
    ($($visit:ident $scalar:ident $type:ty;)*) => { $(
        fn $visit<E>(self, value: $type) -> Result<Scalar<'de>, E> {
            Ok(Scalar::$scalar(value))
        }
    )* };
}

impl<'de> Visitor<'de> for ToScalar {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a scalar")
    }
    to_scalar! {
        visit_bool Bool bool; visit_f64 F64 f64; visit_i64 I64 i64; visit_u64 U64 u64; visit_borrowed_str Borrowed &'de str;
        visit_string String String; visit_byte_buf Bytes Vec<u8>;
    }
    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::String(text.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Unit)
    }
}
