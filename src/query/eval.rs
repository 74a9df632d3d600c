//! Evaluation.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::budget::Budget;
use super::{Expr, ExprError, Operator, QueryErrorKind, functions};

pub(super) type Found<'v> = Result<Cow<'v, Value>, ExprError>;

const NULL: Cow<'static, Value> = Cow::Owned(Value::Null);

pub(super) fn eval<'v>(expr: &Expr, at: &'v Value, budget: &Budget<'_>) -> Found<'v> {
    budget.spend(1)?;
    Ok(match expr {
        Expr::And(all) => return first(all, at, budget, |value| !is_true(value)),
        Expr::Or(all) => return first(all, at, budget, is_true),
        Expr::Chain(steps) => return chain(steps, at, budget),
        Expr::Not(inner) => owned(!is_true(&*eval(inner, at, budget)?)),
        Expr::Compare(left, rest) => return comparisons(left, rest, at, budget),
        Expr::Condition(predicate, then) => match is_true(&*eval(predicate, at, budget)?) {
            true => return eval(then, at, budget),
            false => NULL,
        },
        Expr::Current => Cow::Borrowed(at),
        Expr::Each(inner) => return each(inner, at, budget),
        Expr::Field(name) => at.get(&**name).map_or(NULL, Cow::Borrowed),
        Expr::Flatten => return flatten(at, budget),
        Expr::Index(index) => match at {
            Value::Array(list) => nth(list, *index).map_or(NULL, Cow::Borrowed),
            _ => NULL,
        },
        Expr::Literal(value) => Cow::Owned(budget.copy(value)?),
        // only functions accept references, and evaluate them themselves
        Expr::Reference(_) => NULL,
        Expr::Function {
            function,
            args,
            offset,
        } => return functions::call(*function, args, at, *offset, budget),
        Expr::List(elements) => return multi_list(elements, at, budget),
        Expr::Object(entries) => return multi_hash(entries, at, budget),
        Expr::ObjectValues => match at {
            Value::Object(entries) => owned(budget.copies(entries.values())?),
            _ => NULL,
        },
        Expr::Slice {
            start,
            stop,
            step,
            offset,
        } => match at {
            Value::Array(list) => owned(slice(list, (*start, *stop, *step), *offset, budget)?),
            _ => NULL,
        },
    })
}

pub(super) fn owned<'v>(value: impl Into<Value>) -> Cow<'v, Value> {
    Cow::Owned(value.into())
}

/// Returns the first value that decides the result, else the last one.
fn first<'v>(
    all: &[Expr],
    at: &'v Value,
    budget: &Budget<'_>,
    decides: fn(&Value) -> bool,
) -> Found<'v> {
    let mut found = NULL;
    for expr in all {
        found = eval(expr, at, budget)?;
        if decides(&found) {
            break;
        }
    }
    Ok(found)
}

/// Evaluates each step on the result of the one before. A result that the search created is copied where it is not owned.
fn chain<'v>(steps: &[Expr], at: &'v Value, budget: &Budget<'_>) -> Found<'v> {
    let mut found = Cow::Borrowed(at);
    for step in steps {
        found = match found {
            Cow::Borrowed(value) => eval(step, value, budget)?,
            Cow::Owned(value) => Cow::Owned(budget.own(eval(step, &value, budget)?)?),
        };
    }
    Ok(found)
}

fn comparisons<'v>(
    left: &Expr,
    rest: &[(Operator, Expr)],
    at: &'v Value,
    budget: &Budget<'_>,
) -> Found<'v> {
    let mut found = eval(left, at, budget)?;
    for (operator, right) in rest {
        found = compare(*operator, &found, &*eval(right, at, budget)?);
    }
    Ok(found)
}

fn multi_list<'v>(elements: &[Expr], at: &'v Value, budget: &Budget<'_>) -> Found<'v> {
    if at.is_null() {
        return Ok(NULL);
    }
    let mut out = Vec::with_capacity(elements.len());
    for element in elements {
        out.push(budget.own(eval(element, at, budget)?)?);
    }
    Ok(owned(out))
}

fn multi_hash<'v>(entries: &[(String, Expr)], at: &'v Value, budget: &Budget<'_>) -> Found<'v> {
    if at.is_null() {
        return Ok(NULL);
    }
    let mut out = Map::with_capacity(entries.len());
    for (key, value) in entries {
        let value = budget.own(eval(value, at, budget)?)?;
        out.insert(key.clone(), value);
    }
    Ok(owned(Value::Object(out)))
}

/// Whether a value is neither null, false nor empty.
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

/// Compares values: 1 equals 1.0, and the order of the members of an object does not matter.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    let mut pairs = vec![(left, right)];
    while let Some(pair) = pairs.pop() {
        let same = match pair {
            (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                pairs.extend(a.iter().zip(b));
                true
            }
            (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
                a.iter().all(|(key, a)| {
                    let b = b.get(key);
                    pairs.extend(b.map(|b| (a, b)));
                    b.is_some()
                })
            }
            (Value::Array(_), _) | (Value::Object(_), _) => false,
            (a, b) => a == b,
        };
        if !same {
            return false;
        }
    }
    true
}

/// Compares exact values: a float cannot represent all integers, and comparing rounded values is not an order.
pub(super) fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    let integer = |n: &Number| {
        n.as_i64()
            .map(i128::from)
            .or_else(|| n.as_u64().map(i128::from))
    };
    // adding zero turns -0 into 0
    let float = |n: &Number| n.as_f64().unwrap_or(0.0) + 0.0;
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => with_float(a, float(b)),
        (None, Some(b)) => with_float(b, float(a)).reverse(),
        (None, None) => float(a).total_cmp(&float(b)),
    }
}

fn with_float(integer: i128, float: f64) -> Ordering {
    // the cast saturates at the range of the type, which has all integers of JSON
    let whole = float.floor() as i128;
    let fraction = float > float.floor();
    integer.cmp(&whole).then(match fraction {
        true => Ordering::Less,
        false => Ordering::Equal,
    })
}

fn nth(list: &[Value], index: i64) -> Option<&Value> {
    let len = i64::try_from(list.len()).ok()?;
    let index = if index < 0 {
        len.checked_add(index)?
    } else {
        index
    };
    list.get(usize::try_from(index).ok()?)
}

fn flatten<'v>(value: &Value, budget: &Budget<'_>) -> Found<'v> {
    let Value::Array(list) = value else {
        return Ok(NULL);
    };
    let flat = list.iter().flat_map(|element| match element {
        Value::Array(inner) => inner.as_slice(),
        other => std::slice::from_ref(other),
    });
    Ok(owned(budget.copies(flat)?))
}

fn each<'v>(inner: &Expr, value: &Value, budget: &Budget<'_>) -> Found<'v> {
    let Value::Array(list) = value else {
        return Ok(NULL);
    };
    let mut out = Vec::new();
    for element in list {
        let found = eval(inner, element, budget)?;
        if !found.is_null() {
            out.push(budget.own(found)?);
        }
    }
    Ok(owned(out))
}

fn slice(
    list: &[Value],
    (start, stop, step): (Option<i64>, Option<i64>, i64),
    offset: usize,
    budget: &Budget<'_>,
) -> Result<Vec<Value>, ExprError> {
    if step == 0 {
        return Err(ExprError {
            kind: QueryErrorKind::InvalidValue,
            offset,
            what: "the step of a slice cannot be 0".into(),
        });
    }
    let len = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let (first, last) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |given: Option<i64>, default| match given {
        None => default,
        Some(n) => (if n < 0 { n.saturating_add(len) } else { n }).clamp(first, last),
    };
    let (mut at, stop) = match step > 0 {
        true => (place(start, 0), place(stop, len)),
        false => (place(start, len - 1), place(stop, -1)),
    };
    let mut out = Vec::new();
    while if step > 0 { at < stop } else { at > stop } {
        if let Some(value) = usize::try_from(at).ok().and_then(|i| list.get(i)) {
            out.push(budget.copy(value)?);
        }
        at = at.saturating_add(step);
    }
    Ok(out)
}
