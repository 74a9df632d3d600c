//! Writes JSON.

use serde_json::Value;

use super::{WriteError, big, scalar};
use crate::error::{Error, Result};
use crate::model::{Kind, Member, Protocol, ServiceModel, Shape};
use crate::time::TimestampFormat;

/// Appends a value of this shape.
pub(crate) fn write(
    model: &ServiceModel,
    shape: &Shape,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<()> {
    JsonWriter { model, out }.value(shape, TimestampFormat::EpochSeconds, value)
}

/// Appends a structure as an object with the members that `is_part` selects.
pub(crate) fn write_members(
    model: &ServiceModel,
    shape: &Shape,
    value: &Value,
    is_part: impl Fn(&Member) -> bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    JsonWriter { model, out }.structure(shape, value, is_part)
}

struct JsonWriter<'a> {
    model: &'a ServiceModel,
    out: &'a mut Vec<u8>,
}

impl JsonWriter<'_> {
    fn value(&mut self, shape: &Shape, format: TimestampFormat, value: &Value) -> Result<()> {
        match (&shape.kind, value) {
            (_, Value::Null) => self.plain(value),
            (Kind::Structure(_) | Kind::Union(_), _) => self.structure(shape, value, |_| true),
            (Kind::List(member), Value::Array(items)) => self.list(member, items),
            (Kind::Map { value: of, .. }, Value::Object(entries)) => {
                self.out.push(b'{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    self.key(n == 0, key);
                    self.member(of, value)?;
                }
                self.out.push(b'}');
                Ok(())
            }
            (Kind::List(_) | Kind::Map { .. }, _) => Err(mismatch(&shape.kind)),
            (Kind::Timestamp, _) => self.timestamp(format, value),
            (Kind::BigDecimal | Kind::BigInteger, _) => self.big(&shape.kind, value),
            _ => self.plain(value),
        }
    }

    fn member(&mut self, member: &Member, value: &Value) -> Result<()> {
        let format = member.timestamp_format;
        let shape = self.model.shape(member.target)?;
        self.value(
            shape,
            format.unwrap_or(TimestampFormat::EpochSeconds),
            value,
        )
    }

    fn structure(
        &mut self,
        shape: &Shape,
        value: &Value,
        is_part: impl Fn(&Member) -> bool,
    ) -> Result<()> {
        let (Some(members), Value::Object(given)) = (shape.members(), value) else {
            return Err(mismatch(&shape.kind));
        };
        self.out.push(b'{');
        let (mut previous, mut first) = (None, true);
        for (name, value) in given {
            let Some(index) = members.find_name(previous, name) else {
                continue;
            };
            previous = Some(index);
            let member = members.at(index);
            if value.is_null() || !is_part(member) {
                continue;
            }
            self.key(first, member.request_name());
            first = false;
            self.member(member, value)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list(&mut self, member: &Member, items: &[Value]) -> Result<()> {
        self.out.push(b'[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            self.member(member, item)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn timestamp(&mut self, format: TimestampFormat, value: &Value) -> Result<()> {
        let text = scalar::timestamp(value, format).map_err(Error::request)?;
        match format {
            TimestampFormat::EpochSeconds => self.out.extend_from_slice(text.as_bytes()),
            _ => self.plain(&Value::String(text))?,
        }
        Ok(())
    }

    fn big(&mut self, kind: &Kind, value: &Value) -> Result<()> {
        let digits = big::digits(kind, value).ok_or_else(|| mismatch(kind))?;
        match self.model.metadata().protocol {
            Protocol::RpcV2Json => return self.plain(&Value::String(digits.into())),
            _ => self.out.extend_from_slice(digits.as_bytes()),
        }
        Ok(())
    }

    fn key(&mut self, first: bool, name: &str) {
        if !first {
            self.out.push(b',');
        }
        // writing into memory cannot fail
        let _ = serde_json::to_writer(&mut *self.out, name);
        self.out.push(b':');
    }

    fn plain(&mut self, value: &Value) -> Result<()> {
        serde_json::to_writer(&mut *self.out, value).map_err(WriteError::request)
    }
}

pub(super) fn mismatch(kind: &Kind) -> Error {
    Error::request(format!("a value does not have the type {}", kind.name()))
}
