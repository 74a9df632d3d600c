//! Validates parameters against their shapes: reports all errors at once, each with its path.
//!
//! As in botocore: types, required and unknown members, unions, minimum values and lengths. Maximum values and lengths and
//! enumerations are left to the service, where they change first, unless the program requests strict validation.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use super::{ParamError, ParamErrorKind, ParamErrors};
use crate::attribute_value;
use crate::codec::{big, scalar};
use crate::error::Result;
use crate::model::{Kind, Location, Member, Members, Operation, ServiceModel, Shape, ShapeId};
use crate::time;

/// The maximum depth: more than any service accepts, and far from the limit of a thread's stack.
const MAX_DEPTH: usize = 256;

/// Validates the parameters of an operation. `streamed`: the payload is passed separately. `strict`: validates maximum values and
/// lengths and enumerations too.
pub(crate) fn validate(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
    streamed: Option<&str>,
    strict: bool,
) -> Result<()> {
    check(model, operation.input, params, streamed, strict)
}

/// Validates a result that a program provides for an operation.
pub(crate) fn validate_result(
    model: &ServiceModel,
    operation: &Operation,
    result: &Value,
) -> Result<()> {
    check(model, operation.output, result, None, false)
}

/// Validates a value of a shape, such as that of an error.
pub(crate) fn validate_shape(model: &ServiceModel, shape: ShapeId, value: &Value) -> Result<()> {
    check(model, Some(shape), value, None, false)
}

fn check(
    model: &ServiceModel,
    shape: Option<ShapeId>,
    params: &Value,
    streamed: Option<&str>,
    strict: bool,
) -> Result<()> {
    let mut check = Check {
        model,
        streamed,
        strict,
        path: Vec::new(),
        depth: 0,
        errors: Vec::new(),
    };
    match (shape, params) {
        (Some(input), _) => check.value(model.shape(input)?, params, None)?,
        (None, Value::Object(given)) => {
            for name in given.keys() {
                check.fault(ParamErrorKind::Unknown {
                    member: (**name).into(),
                    members: Vec::new(),
                });
            }
        }
        (None, other) => check.wrong_type(other, "an object"),
    }
    match check.errors {
        errors if errors.is_empty() => Ok(()),
        errors => Err(ParamErrors(errors).into()),
    }
}

/// A step of a path. The path becomes text only for an error.
#[derive(Clone, Copy)]
enum Part<'a> {
    Index(usize),
    Name(&'a str),
}

struct Check<'a> {
    model: &'a ServiceModel,
    streamed: Option<&'a str>,
    strict: bool,
    path: Vec<Part<'a>>,
    depth: usize,
    errors: Vec<ParamError>,
}

impl<'a> Check<'a> {
    fn fault(&mut self, kind: ParamErrorKind) {
        let mut path = String::new();
        for part in &self.path {
            // writing into a string cannot fail
            let _ = match part {
                Part::Index(index) => write!(path, "[{index}]"),
                Part::Name(name) if path.is_empty() => write!(path, "{name}"),
                Part::Name(name) => write!(path, ".{name}"),
            };
        }
        self.errors.push(ParamError { path, kind });
    }

    fn wrong_type(&mut self, value: &Value, expected: &'static str) {
        let given = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.fault(ParamErrorKind::WrongType { given, expected });
    }

    /// Calls `check` with a step appended to the path.
    fn at(&mut self, part: Part<'a>, member: &Member, value: &'a Value) -> Result<()> {
        self.path.push(part);
        let result = match self.model.shape(member.target) {
            Ok(shape) => self.value(shape, value, Some(member)),
            Err(error) => Err(error),
        };
        self.path.pop();
        result
    }

    fn value(&mut self, shape: &Shape, value: &'a Value, member: Option<&Member>) -> Result<()> {
        if member.is_some_and(|m| m.json_value && m.location == Location::Header) {
            return Ok(()); // any JSON
        }
        match (&shape.kind, value) {
            (Kind::Document, _) => {}
            (Kind::Structure(members), Value::Object(given)) => {
                return self.nested(|check| check.structure(members, given));
            }
            (Kind::Union(members), Value::Object(given)) => {
                self.union(members, given);
                return self.nested(|check| check.structure(members, given));
            }
            (Kind::List(of), Value::Array(items)) => {
                self.length(shape, items.len());
                return self.nested(|check| {
                    let mut items = items.iter().enumerate();
                    items.try_for_each(|(n, item)| match item {
                        Value::Null if shape.sparse => Ok(()),
                        _ => check.at(Part::Index(n), of, item),
                    })
                });
            }
            (Kind::Map { key, value: of }, Value::Object(entries)) => {
                let keys = self.model.shape(key.target)?;
                if self.strict {
                    self.length(shape, entries.len());
                }
                return self.nested(|check| {
                    entries.iter().try_for_each(|(name, value)| {
                        check.path.push(Part::Name(name));
                        check.length(keys, name.chars().count());
                        check.path.pop();
                        match value {
                            Value::Null if shape.sparse => Ok(()),
                            _ => check.at(Part::Name(name), of, value),
                        }
                    })
                });
            }
            (Kind::String, Value::String(text)) => {
                let in_path = |m: &Member| m.location == Location::Uri && self.depth == 1;
                let is_label = |m: &Member| m.host_label || in_path(m);
                let length = text.chars().count();
                match length {
                    // with an empty label, the URL would be that of another operation, whatever minimum length the shape has
                    0 if member.is_some_and(is_label) => {
                        self.fault(ParamErrorKind::TooShort { length, min: 1 });
                    }
                    _ => self.length(shape, length),
                }
                self.one_of(shape, text);
            }
            (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Integer | Kind::Long, Value::Number(n)) if n.is_i64() || n.is_u64() => {
                self.range(shape, n);
            }
            (Kind::BigDecimal | Kind::BigInteger, _) => match big::digits(&shape.kind, value) {
                Some(digits) => self.range(shape, &digits),
                None => self.wrong_type(value, expected(&shape.kind)),
            },
            (Kind::Float | Kind::Double, Value::Number(n)) => self.range(shape, n),
            (Kind::Float | Kind::Double, Value::String(text))
                if matches!(&**text, "NaN" | "Infinity" | "-Infinity") => {}
            (Kind::Timestamp, Value::String(_) | Value::Number(_)) => {
                if let Err(error) = time::from_value(value) {
                    let reason = error.to_string();
                    self.fault(ParamErrorKind::Unreadable { reason });
                }
            }
            (Kind::Blob, Value::String(text)) => {
                if let Err(reason) = scalar::base64_decode(text) {
                    let reason = format!("{reason}; blobs must be base64");
                    self.fault(ParamErrorKind::Unreadable { reason });
                }
            }
            (kind, _) => self.wrong_type(value, expected(kind)),
        }
        Ok(())
    }

    fn nested(&mut self, check: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth == MAX_DEPTH {
            self.fault(ParamErrorKind::TooDeep);
            return Ok(());
        }
        self.depth += 1;
        let result = check(self);
        self.depth -= 1;
        result
    }

    fn structure(&mut self, members: &Members, given: &'a Map<String, Value>) -> Result<()> {
        let streamed = self.streamed.filter(|_| self.depth == 1);
        for member in members.iter().filter(|m| m.required) {
            if !given.contains_key(&*member.name) && streamed != Some(&*member.name) {
                let member = member.name.clone();
                self.fault(ParamErrorKind::Missing { member });
            }
        }
        let mut previous = None;
        for (name, value) in given {
            let Some(index) = members.find_name(previous, name) else {
                self.fault(ParamErrorKind::Unknown {
                    member: (**name).into(),
                    members: members.iter().map(|m| m.name.clone()).collect(),
                });
                continue;
            };
            previous = Some(index);
            self.at(Part::Name(name), members.at(index), value)?;
        }
        Ok(())
    }

    fn union(&mut self, members: &Members, given: &Map<String, Value>) {
        let set = || given.keys().filter(|name| members.get(name).is_some());
        match set().count() {
            0 => self.fault(ParamErrorKind::NoMember {
                members: members.iter().map(|m| m.name.clone()).collect(),
            }),
            1 => {}
            _ => self.fault(ParamErrorKind::TwoMembers {
                given: set().map(|name| (**name).into()).collect(),
            }),
        }
    }

    fn length(&mut self, shape: &Shape, length: usize) {
        // a minimum length is a whole number; a negative one is no limit
        let min = shape.min.unwrap_or(0.0).max(0.0) as usize;
        if length < min {
            self.fault(ParamErrorKind::TooShort { length, min });
        }
        if let Some(max) = self.max(shape)
            && length as f64 > max
        {
            let max = max as usize;
            self.fault(ParamErrorKind::TooLong { length, max });
        }
    }

    fn max(&self, shape: &Shape) -> Option<f64> {
        shape.max.filter(|_| self.strict)
    }

    fn one_of(&mut self, shape: &Shape, text: &str) {
        let known = shape.values.iter().any(|value| **value == *text);
        if self.strict && !shape.values.is_empty() && !known {
            self.fault(ParamErrorKind::NotOneOf {
                value: text.into(),
                values: shape.values.clone(),
            });
        }
    }

    fn range(&mut self, shape: &Shape, value: &impl fmt::Display) {
        if shape.min.is_none() && self.max(shape).is_none() {
            return;
        }
        let value = value.to_string();
        let number = value.parse::<f64>().ok();
        if let (Some(min), Some(number)) = (shape.min, number)
            && number < min
        {
            self.fault(ParamErrorKind::TooSmall {
                value: value.clone(),
                min: min.to_string(),
            });
        }
        if let (Some(max), Some(number)) = (self.max(shape), number)
            && number > max
        {
            self.fault(ParamErrorKind::TooLarge {
                value,
                max: max.to_string(),
            });
        }
    }
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(members) | Kind::Union(members)
            if attribute_value::has_all_types(members.iter().map(|member| &*member.name)) =>
        {
            attribute_value::EXPECTED
        }
        Kind::BigDecimal => "a number, or a string with its digits",
        Kind::BigInteger => "an integer of 64 bits, or a string with its digits",
        Kind::Blob => "a string with base64",
        Kind::Boolean => "a boolean",
        Kind::Document => "any JSON",
        Kind::Double | Kind::Float => "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"",
        Kind::Integer | Kind::Long => "an integer",
        Kind::List(_) => "an array",
        Kind::Map { .. } | Kind::Structure(_) | Kind::Union(_) => "an object",
        Kind::String => "a string",
        Kind::Timestamp => "a string with a date, or a number of seconds since 1970",
    }
}
