//! Writes CBOR: definite lengths, the shortest integers, floats in the size of the model.

use minicbor::Encoder;
use minicbor::data::{IanaTag, Int, Tag};
use serde_json::{Map, Value};

use super::json_write::mismatch;
use super::{big, scalar};
use crate::error::{Error, Result};
use crate::model::{Kind, Member, Members, ServiceModel, Shape};
use crate::time;

/// Appends a value of this shape.
pub(crate) fn write(
    model: &ServiceModel,
    shape: &Shape,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<()> {
    CborWriter {
        model,
        encoder: Encoder::new(out),
    }
    .value(shape, value)
}

/// Appends a map of texts, followed by the members of a structure.
#[cfg(feature = "mock")]
pub(crate) fn write_with(
    model: &ServiceModel,
    texts: &[(&str, &str)],
    shape: Option<&Shape>,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut writer = CborWriter {
        model,
        encoder: Encoder::new(out),
    };
    writer.put(|e| e.begin_map().map(drop))?;
    for (name, text) in texts {
        writer.put(|e| e.str(name)?.str(text).map(drop))?;
    }
    if let (Some(members), Value::Object(given)) = (shape.and_then(Shape::members), value) {
        writer.members(members, given)?;
    }
    writer.put(|e| e.end().map(drop))
}

struct CborWriter<'a> {
    model: &'a ServiceModel,
    encoder: Encoder<&'a mut Vec<u8>>,
}

impl CborWriter<'_> {
    fn value(&mut self, shape: &Shape, value: &Value) -> Result<()> {
        match (&shape.kind, value) {
            (_, Value::Null) => self.put(|e| e.null().map(drop)),
            (Kind::Structure(_) | Kind::Union(_), _) => self.structure(shape, value),
            (Kind::List(member), Value::Array(items)) => {
                self.put(|e| e.array(items.len() as u64).map(drop))?;
                items.iter().try_for_each(|item| self.member(member, item))
            }
            (Kind::Map { value: of, .. }, Value::Object(entries)) => {
                self.put(|e| e.map(entries.len() as u64).map(drop))?;
                for (key, value) in entries {
                    self.put(|e| e.str(key).map(drop))?;
                    self.member(of, value)?;
                }
                Ok(())
            }
            (Kind::Blob, Value::String(text)) => {
                let bytes = scalar::base64_decode(text).map_err(Error::request)?;
                self.put(|e| e.bytes(&bytes).map(drop))
            }
            (Kind::Timestamp, _) => self.timestamp(value),
            (Kind::Float | Kind::Double, _) => self.float(&shape.kind, value),
            (Kind::BigInteger, _) => {
                let digits = big::digits(&shape.kind, value);
                self.big(&digits.ok_or_else(|| mismatch(&shape.kind))?)
            }
            (Kind::BigDecimal, _) => {
                let digits = big::digits(&shape.kind, value);
                self.fraction(&digits.ok_or_else(|| mismatch(&shape.kind))?)
            }
            (Kind::Document, _) => self.document(value),
            (_, Value::String(text)) => self.put(|e| e.str(text).map(drop)),
            (_, Value::Bool(b)) => self.put(|e| e.bool(*b).map(drop)),
            (_, Value::Number(n)) => self.integer(n),
            (kind, _) => Err(mismatch(kind)),
        }
    }

    fn member(&mut self, member: &Member, value: &Value) -> Result<()> {
        self.value(self.model.shape(member.target)?, value)
    }

    fn structure(&mut self, shape: &Shape, value: &Value) -> Result<()> {
        let (Some(members), Value::Object(given)) = (shape.members(), value) else {
            return Err(mismatch(&shape.kind));
        };
        let sent =
            (given.iter()).filter(|(name, value)| !value.is_null() && members.get(name).is_some());
        let count = sent.count() as u64;
        self.put(|e| e.map(count).map(drop))?;
        self.members(members, given)
    }

    fn members(&mut self, members: &Members, given: &Map<String, Value>) -> Result<()> {
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(member) = members.get(name) {
                self.put(|e| e.str(member.request_name()).map(drop))?;
                self.member(member, value)?;
            }
        }
        Ok(())
    }

    fn timestamp(&mut self, value: &Value) -> Result<()> {
        let instant = time::from_value(value).map_err(Error::request)?;
        self.put(|e| e.tag(Tag::from(IanaTag::Timestamp)).map(drop))?;
        match instant.whole_seconds() {
            Some(seconds) => self.put(|e| e.i64(seconds).map(drop)),
            None => self.put(|e| e.f64(instant.as_f64()).map(drop)),
        }
    }

    fn float(&mut self, kind: &Kind, value: &Value) -> Result<()> {
        let float = match value {
            Value::String(text) => match &**text {
                "NaN" => f64::NAN,
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => return Err(mismatch(kind)),
            },
            Value::Number(n) => n.as_f64().ok_or_else(|| mismatch(kind))?,
            _ => return Err(mismatch(kind)),
        };
        match kind {
            // a half-precision float holds the special values
            _ if !float.is_finite() => self.put(|e| e.f16(float as f32).map(drop)),
            Kind::Float => self.put(|e| e.f32(float as f32).map(drop)),
            _ => self.put(|e| e.f64(float).map(drop)),
        }
    }

    fn integer(&mut self, n: &serde_json::Number) -> Result<()> {
        match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(n), ..) => self.put(|e| e.i64(n).map(drop)),
            (_, Some(n), _) => self.put(|e| e.u64(n).map(drop)),
            (.., Some(n)) => self.put(|e| e.f64(n).map(drop)),
            _ => Err(too_large()),
        }
    }

    /// Writes an integer of any size.
    fn big(&mut self, digits: &str) -> Result<()> {
        let int = digits.parse::<i128>().ok();
        if let Some(int) = int.and_then(|n| Int::try_from(n).ok()) {
            return self.put(|e| e.int(int).map(drop));
        }
        let (bytes, is_negative) = big::bignum(digits).ok_or_else(too_large)?;
        let tag = match is_negative {
            true => IanaTag::NegBignum,
            false => IanaTag::PosBignum,
        };
        self.put(|e| e.tag(Tag::from(tag))?.bytes(&bytes).map(drop))
    }

    /// Writes a decimal fraction.
    fn fraction(&mut self, digits: &str) -> Result<()> {
        let (mantissa, exponent) = big::fraction(digits).ok_or_else(too_large)?;
        self.put(|e| {
            e.tag(Tag::from(IanaTag::Decimal))?
                .array(2)?
                .i64(exponent)
                .map(drop)
        })?;
        self.big(&mantissa)
    }

    /// Writes a document, whose values have no shapes.
    fn document(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.put(|e| e.null().map(drop)),
            Value::Bool(b) => self.put(|e| e.bool(*b).map(drop)),
            Value::Number(n) => self.integer(n),
            Value::String(text) => self.put(|e| e.str(text).map(drop)),
            Value::Array(items) => {
                self.put(|e| e.array(items.len() as u64).map(drop))?;
                items.iter().try_for_each(|item| self.document(item))
            }
            Value::Object(entries) => {
                self.put(|e| e.map(entries.len() as u64).map(drop))?;
                entries.iter().try_for_each(|(key, value)| {
                    self.put(|e| e.str(key).map(drop))?;
                    self.document(value)
                })
            }
        }
    }

    fn put<E: std::fmt::Display>(
        &mut self,
        write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), E>,
    ) -> Result<()> {
        write(&mut self.encoder).map_err(|e| Error::request(e.to_string()))
    }
}

fn too_large() -> Error {
    Error::request("a number is too large for CBOR")
}
