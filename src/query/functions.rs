//! The functions of JMESPath.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::budget::{Budget, size, text_size};
use super::eval::{Found, compare_numbers, equal, eval, is_true, owned};
use super::{Expr, ExprError, QueryErrorKind};

/// The functions, with the minimum and the maximum number of arguments.
macro_rules! functions {
    ($($variant:ident $name:literal $least:literal $most:expr),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            pub(super) fn named(name: &str) -> Option<Self> {
                Some(match name {
                    $($name => Self::$variant,)*
                    _ => return None,
                })
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            fn arity(self) -> (usize, Option<usize>) {
                match self { $(Self::$variant => ($least, $most)),* }
            }
        }
    };
}

functions! {
    Abs "abs" 1 Some(1), Avg "avg" 1 Some(1), Ceil "ceil" 1 Some(1), Contains "contains" 2 Some(2),
    EndsWith "ends_with" 2 Some(2), Floor "floor" 1 Some(1), Join "join" 2 Some(2), Keys "keys" 1 Some(1),
    Length "length" 1 Some(1), Map "map" 2 Some(2), Max "max" 1 Some(1), MaxBy "max_by" 2 Some(2),
    Merge "merge" 1 None, Min "min" 1 Some(1), MinBy "min_by" 2 Some(2), NotNull "not_null" 1 None,
    Reverse "reverse" 1 Some(1), Sort "sort" 1 Some(1), SortBy "sort_by" 2 Some(2),
    StartsWith "starts_with" 2 Some(2), Sum "sum" 1 Some(1), ToArray "to_array" 1 Some(1),
    ToNumber "to_number" 1 Some(1), ToString "to_string" 1 Some(1), Type "type" 1 Some(1),
    Values "values" 1 Some(1),
}

impl Function {
    pub(super) fn check_arity(self, given: usize, offset: usize) -> Result<(), ExprError> {
        let (least, most) = self.arity();
        if given >= least && most.is_none_or(|most| given <= most) {
            return Ok(());
        }
        Err(ExprError {
            kind: QueryErrorKind::InvalidArity,
            offset,
            what: format!("{} takes {least} arguments, not {given}", self.name()),
        })
    }
}

/// A function call that is being evaluated.
struct Call<'e, 'v> {
    function: Function,
    args: &'e [Expr],
    at: &'v Value,
    offset: usize,
    budget: &'e Budget<'e>,
}

pub(super) fn call<'v>(
    function: Function,
    args: &[Expr],
    at: &'v Value,
    offset: usize,
    budget: &Budget<'_>,
) -> Found<'v> {
    let call = Call {
        function,
        args,
        at,
        offset,
        budget,
    };
    let found = result(&call)?;
    if let Cow::Owned(value) = &found {
        budget.spend(size(value))?;
    }
    Ok(found)
}

fn result<'v>(call: &Call<'_, 'v>) -> Found<'v> {
    match call.function {
        Function::Abs | Function::Ceil | Function::Floor => call.rounded(),
        Function::Avg | Function::Sum => call.summed(),
        Function::Contains => call.contains(),
        Function::EndsWith => Ok(owned(call.text(0)?.ends_with(&call.text(1)?))),
        Function::StartsWith => Ok(owned(call.text(0)?.starts_with(&call.text(1)?))),
        Function::Join => call.joined(),
        Function::Keys => {
            let object = call.object(0)?;
            let keys = object.keys().map(|key| key.as_str().into());
            Ok(owned(keys.collect::<Vec<Value>>()))
        }
        Function::Values => Ok(owned(call.object(0)?.into_values().collect::<Vec<_>>())),
        Function::Length => Ok(owned(match &*call.value(0)? {
            Value::Array(list) => list.len(),
            Value::Object(entries) => entries.len(),
            Value::String(text) => text.chars().count(),
            other => return Err(call.mismatch(0, "a string, an array or an object", other)),
        })),
        Function::Map => {
            let by = call.reference(0)?;
            let each = call.list(1)?;
            let each = each
                .iter()
                .map(|v| call.budget.own(eval(by, v, call.budget)?));
            Ok(owned(each.collect::<Result<Vec<_>, _>>()?))
        }
        Function::Max | Function::Min => call.extreme(&Expr::Current),
        Function::MaxBy | Function::MinBy => call.extreme(call.reference(1)?),
        Function::Merge => {
            let mut merged = Map::new();
            for n in 0..call.args.len() {
                merged.extend(call.object(n)?);
            }
            Ok(owned(Value::Object(merged)))
        }
        Function::NotNull => {
            for n in 0..call.args.len() {
                let value = call.value(n)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Ok(owned(Value::Null))
        }
        Function::Reverse => Ok(owned::<'v>(match &*call.value(0)? {
            Value::Array(list) => Value::Array(call.budget.copies(list.iter().rev())?),
            Value::String(text) => text.chars().rev().collect::<String>().into(),
            other => return Err(call.mismatch(0, "a string or an array", other)),
        })),
        Function::Sort => call.sorted(&Expr::Current),
        Function::SortBy => call.sorted(call.reference(1)?),
        Function::ToArray => Ok(match call.value(0)? {
            list if list.is_array() => list,
            other => owned(vec![call.budget.own(other)?]),
        }),
        Function::ToNumber => Ok(match call.value(0)? {
            number if number.is_number() => number,
            other => {
                let text = other
                    .as_str()
                    .and_then(|text| text.trim().parse::<Number>().ok());
                owned(text.map_or(Value::Null, Value::Number))
            }
        }),
        Function::ToString => Ok(match call.value(0)? {
            text if text.is_string() => text,
            other => owned(other.to_string()),
        }),
        Function::Type => Ok(owned(type_name(&*call.value(0)?))),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl<'e, 'v> Call<'e, 'v> {
    fn value(&self, n: usize) -> Found<'v> {
        match &self.args[n] {
            Expr::Reference(_) => Err(self.type_error(n, "a value", "an expression")),
            arg => eval(arg, self.at, self.budget),
        }
    }

    fn owned(&self, n: usize) -> Result<Value, ExprError> {
        self.budget.own(self.value(n)?)
    }

    fn reference(&self, n: usize) -> Result<&'e Expr, ExprError> {
        match &self.args[n] {
            Expr::Reference(inner) => Ok(inner),
            _ => Err(self.type_error(n, "an expression, such as &Size", "a value")),
        }
    }

    fn list(&self, n: usize) -> Result<Vec<Value>, ExprError> {
        match self.owned(n)? {
            Value::Array(list) => Ok(list),
            other => Err(self.mismatch(n, "an array", &other)),
        }
    }

    fn object(&self, n: usize) -> Result<Map<String, Value>, ExprError> {
        match self.owned(n)? {
            Value::Object(entries) => Ok(entries),
            other => Err(self.mismatch(n, "an object", &other)),
        }
    }

    fn text(&self, n: usize) -> Result<String, ExprError> {
        match self.owned(n)? {
            Value::String(text) => Ok(text),
            other => Err(self.mismatch(n, "a string", &other)),
        }
    }

    fn rounded(&self) -> Found<'v> {
        let number = match &*self.value(0)? {
            Value::Number(number) => number.clone(),
            other => return Err(self.mismatch(0, "a number", other)),
        };
        let float = number.as_f64().unwrap_or(0.0);
        Ok(match (self.function, number.as_i64()) {
            (Function::Abs, Some(n)) => owned(n.unsigned_abs()),
            (Function::Abs, None) if number.is_u64() => owned(Value::Number(number)),
            (Function::Abs, None) => owned(float.abs()),
            _ if !number.is_f64() => owned(Value::Number(number)),
            (Function::Ceil, _) => whole(float.ceil()),
            _ => whole(float.floor()),
        })
    }

    fn summed(&self) -> Found<'v> {
        let list = self.list(0)?;
        let (mut exact, mut float) = (Some(0_i128), 0.0);
        for value in &list {
            let Value::Number(n) = value else {
                return Err(self.mismatch(0, "an array of numbers", value));
            };
            let integer = n
                .as_i64()
                .map(i128::from)
                .or_else(|| n.as_u64().map(i128::from));
            exact = exact.zip(integer).and_then(|(sum, n)| sum.checked_add(n));
            float += n.as_f64().unwrap_or(0.0);
        }
        if self.function == Function::Avg {
            return Ok(match list.len() {
                0 => owned(Value::Null),
                n => whole(float / n as f64),
            });
        }
        Ok(match exact.and_then(|sum| i64::try_from(sum).ok()) {
            Some(sum) => owned(sum),
            None => owned(float),
        })
    }

    fn contains(&self) -> Found<'v> {
        let wanted = self.value(1)?;
        Ok(owned(match &*self.value(0)? {
            Value::Array(list) => list.iter().any(|value| equal(value, &wanted)),
            Value::String(text) => wanted.as_str().is_some_and(|part| text.contains(part)),
            other => return Err(self.mismatch(0, "a string or an array", other)),
        }))
    }

    fn joined(&self) -> Found<'v> {
        let (separator, list) = (self.text(0)?, self.list(1)?);
        let mut out = String::new();
        for (n, value) in list.iter().enumerate() {
            let Value::String(text) = value else {
                return Err(self.mismatch(1, "an array of strings", value));
            };
            if n > 0 {
                out.push_str(&separator);
            }
            out.push_str(text);
            self.budget.spend(text_size(&separator))?;
        }
        Ok(owned(out))
    }

    /// Returns the elements with their keys, which must be all strings or all numbers.
    fn keyed(&self, by: &Expr) -> Result<Vec<(Value, Value)>, ExprError> {
        let mut out: Vec<(Value, Value)> = Vec::new();
        for element in self.list(0)? {
            let key = self.budget.own(eval(by, &element, self.budget)?)?;
            let fits = match out.first() {
                Some((first, _)) => type_name(first) == type_name(&key),
                None => key.is_number() || key.is_string(),
            };
            if !fits {
                return Err(self.mismatch(0, "an array of strings or of numbers", &key));
            }
            out.push((key, element));
        }
        Ok(out)
    }

    fn sorted(&self, by: &Expr) -> Found<'v> {
        let mut keyed = self.keyed(by)?;
        keyed.sort_by(|(a, _), (b, _)| order(a, b));
        Ok(owned(keyed.into_iter().map(|(_, v)| v).collect::<Vec<_>>()))
    }

    fn extreme(&self, by: &Expr) -> Found<'v> {
        let keyed = self.keyed(by)?.into_iter();
        let max = matches!(self.function, Function::Max | Function::MaxBy);
        let wanted = if max {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        let best = keyed.reduce(|best, next| match order(&next.0, &best.0) == wanted {
            true => next,
            false => best,
        });
        Ok(owned(best.map_or(Value::Null, |(_, value)| value)))
    }

    fn mismatch(&self, n: usize, expected: &str, found: &Value) -> ExprError {
        self.type_error(n, expected, type_name(found))
    }

    fn type_error(&self, n: usize, expected: &str, found: &str) -> ExprError {
        ExprError {
            kind: QueryErrorKind::InvalidType,
            offset: self.offset,
            what: format!(
                "argument {} of {} must be {expected}, not {found}",
                n + 1,
                self.function.name()
            ),
        }
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => is_true(a).cmp(&is_true(b)),
    }
}

/// Converts a float to a number: an integer, if it is whole.
fn whole<'v>(float: f64) -> Cow<'v, Value> {
    match float.fract() == 0.0 && float.abs() < 9e15 {
        true => owned(float as i64),
        false => owned(float),
    }
}
