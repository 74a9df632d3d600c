//! Evaluation.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{Expr, Misfit, Operator, QueryErrorKind, functions};

pub(super) type Found<'v> = Result<Cow<'v, Value>, Misfit>;

const NULL: Cow<'static, Value> = Cow::Owned(Value::Null);

pub(super) fn eval<'v>(expr: &Expr, at: &'v Value) -> Found<'v> {
    Ok(match expr {
        Expr::And(left, right) => match eval(left, at)? {
            found if is_true(&found) => eval(right, at)?,
            found => found,
        },
        Expr::Or(left, right) => match eval(left, at)? {
            found if is_true(&found) => found,
            _ => eval(right, at)?,
        },
        Expr::Not(inner) => owned(!is_true(&*eval(inner, at)?)),
        Expr::Compare(operator, left, right) => {
            compare(*operator, &*eval(left, at)?, &*eval(right, at)?)
        }
        Expr::Condition(predicate, then) => match is_true(&*eval(predicate, at)?) {
            true => eval(then, at)?,
            false => NULL,
        },
        Expr::Current => Cow::Borrowed(at),
        Expr::Field(name) => at.get(&**name).map_or(NULL, Cow::Borrowed),
        Expr::Index(index) => match at {
            Value::Array(list) => nth(list, *index).map_or(NULL, Cow::Borrowed),
            _ => NULL,
        },
        Expr::Literal(value) => Cow::Owned(value.clone()),
        // only functions take references, and they look at them themselves
        Expr::Reference(_) => NULL,
        Expr::Function {
            function,
            args,
            offset,
        } => functions::call(*function, args, at, *offset)?,
        Expr::List(elements) => match at {
            Value::Null => NULL,
            _ => {
                let each = elements.iter().map(|e| eval(e, at).map(Cow::into_owned));
                owned(each.collect::<Result<Vec<_>, _>>()?)
            }
        },
        Expr::Object(entries) => match at {
            Value::Null => NULL,
            _ => {
                let each = (entries.iter())
                    .map(|(key, value)| Ok((key.clone(), eval(value, at)?.into_owned())));
                owned(Value::Object(each.collect::<Result<Map<_, _>, _>>()?))
            }
        },
        Expr::Then(left, right) => on(eval(left, at)?, |value| eval(right, value))?,
        Expr::ObjectValues(inner) => on(eval(inner, at)?, |value| {
            Ok(match value {
                Value::Object(entries) => owned(entries.values().cloned().collect::<Vec<_>>()),
                _ => NULL,
            })
        })?,
        Expr::Flatten(inner) => on(eval(inner, at)?, |value| Ok(flatten(value)))?,
        Expr::Project(left, right) => on(eval(left, at)?, |value| project(value, right))?,
        Expr::Slice {
            start,
            stop,
            step,
            offset,
        } => match at {
            Value::Array(list) => owned(slice(list, *start, *stop, *step, *offset)?),
            _ => NULL,
        },
    })
}

pub(super) fn owned<'v>(value: impl Into<Value>) -> Cow<'v, Value> {
    Cow::Owned(value.into())
}

/// Goes on with a value that was found; what is not of the input is copied out of it.
fn on<'v>(found: Cow<'v, Value>, then: impl for<'x> FnOnce(&'x Value) -> Found<'x>) -> Found<'v> {
    match found {
        Cow::Borrowed(value) => then(value),
        Cow::Owned(value) => Ok(Cow::Owned(then(&value)?.into_owned())),
    }
}

/// Everything but null, false and what is empty.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn compare<'v>(operator: Operator, left: &Value, right: &Value) -> Cow<'v, Value> {
    let by_size = |fits: fn(Ordering) -> bool| match (left, right) {
        (Value::Number(a), Value::Number(b)) => owned(fits(compare_numbers(a, b))),
        _ => NULL,
    };
    match operator {
        Operator::Equal => owned(equal(left, right)),
        Operator::NotEqual => owned(!equal(left, right)),
        Operator::Greater => by_size(Ordering::is_gt),
        Operator::GreaterOrEqual => by_size(Ordering::is_ge),
        Operator::Less => by_size(Ordering::is_lt),
        Operator::LessOrEqual => by_size(Ordering::is_le),
    }
}

/// As values: 1 and 1.0 are the same number, and the order of an object does not matter.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same =
                |(key, value): (&String, &Value)| b.get(key).is_some_and(|v| equal(value, v));
            a.len() == b.len() && a.iter().all(same)
        }
        _ => left == right,
    }
}

/// Integers are compared as integers: a float does not hold all of them.
pub(super) fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    let integer = |n: &Number| {
        n.as_i64()
            .map(i128::from)
            .or_else(|| n.as_u64().map(i128::from))
    };
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => {
            let float = |n: &Number| n.as_f64().unwrap_or(0.0);
            float(a).total_cmp(&float(b))
        }
    }
}

fn nth(list: &[Value], index: i64) -> Option<&Value> {
    let len = i64::try_from(list.len()).ok()?;
    let index = if index < 0 { len + index } else { index };
    list.get(usize::try_from(index).ok()?)
}

fn flatten<'v>(value: &Value) -> Cow<'v, Value> {
    let Value::Array(list) = value else {
        return NULL;
    };
    let mut out = Vec::with_capacity(list.len());
    for element in list {
        match element {
            Value::Array(inner) => out.extend_from_slice(inner),
            other => out.push(other.clone()),
        }
    }
    owned(out)
}

fn project<'v>(value: &Value, right: &Expr) -> Found<'v> {
    let Value::Array(list) = value else {
        return Ok(NULL);
    };
    let mut out = Vec::new();
    for element in list {
        let found = eval(right, element)?;
        if !found.is_null() {
            out.push(found.into_owned());
        }
    }
    Ok(owned(out))
}

fn slice(
    list: &[Value],
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
    offset: usize,
) -> Result<Vec<Value>, Misfit> {
    if step == 0 {
        return Err(Misfit {
            kind: QueryErrorKind::InvalidValue,
            offset,
            what: "the step of a slice cannot be 0".into(),
        });
    }
    let len = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let (first, last) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |given: Option<i64>, default| match given {
        None => default,
        Some(n) => (if n < 0 { n + len } else { n }).clamp(first, last),
    };
    let (mut at, stop) = match step > 0 {
        true => (place(start, 0), place(stop, len)),
        false => (place(start, len - 1), place(stop, -1)),
    };
    let mut out = Vec::new();
    while if step > 0 { at < stop } else { at > stop } {
        out.extend(usize::try_from(at).ok().and_then(|i| list.get(i)).cloned());
        at = at.saturating_add(step);
    }
    Ok(out)
}
