//! Evaluation.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Number;

use super::budget::Budget;
use super::data::{Data, MAX_DEPTH, View};
use super::{Expr, ExprError, Operator, QueryErrorKind, functions};

pub(super) type Found<'v> = Result<Data<'v>, ExprError>;

pub(super) fn eval<'v>(expr: &Expr, at: &Data<'v>, budget: &Budget<'_>) -> Found<'v> {
    budget.spend(1)?;
    Ok(match expr {
        Expr::And(all) => return first(all, at, budget, |data| !data.is_true()),
        Expr::Or(all) => return first(all, at, budget, Data::is_true),
        Expr::Chain(steps) => {
            let mut found = at.clone();
            for step in steps {
                found = eval(step, &found, budget)?;
            }
            found
        }
        Expr::Not(inner) => (!eval(inner, at, budget)?.is_true()).into(),
        Expr::Compare(left, rest) => return comparisons(left, rest, at, budget),
        Expr::Condition(predicate, then) => match eval(predicate, at, budget)?.is_true() {
            true => return eval(then, at, budget),
            false => Data::NULL,
        },
        Expr::Current => at.clone(),
        Expr::Each(inner) => match at.elements() {
            Some(elements) => {
                let mut out = Vec::new();
                for element in elements {
                    let found = eval(inner, &element, budget)?;
                    if !found.is_null() {
                        out.push(found);
                    }
                }
                return list(out, budget);
            }
            None => Data::NULL,
        },
        Expr::Field(name) => {
            budget.spend(at.walked() / STEPS)?;
            at.get(name).unwrap_or(Data::NULL)
        }
        Expr::Flatten => return flatten(at, budget),
        Expr::Index(index) => {
            budget.spend(at.walked() / STEPS)?;
            nth(at, *index).unwrap_or(Data::NULL)
        }
        Expr::Literal(literal) => {
            budget.spend_on([literal])?;
            literal.clone()
        }
        // only functions accept references, and evaluate them themselves
        Expr::Reference(_) => Data::NULL,
        Expr::Function {
            function,
            args,
            offset,
        } => return functions::call(*function, args, at, *offset, budget),
        Expr::List(elements) if !at.is_null() => {
            let all = elements.iter().map(|element| eval(element, at, budget));
            return list(all.collect::<Result<_, _>>()?, budget);
        }
        Expr::Object(entries) if !at.is_null() => {
            let mut out: Vec<(Cow<'v, str>, Data<'v>)> = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let value = eval(value, at, budget)?;
                match out.iter_mut().find(|(known, _)| known == key) {
                    Some((_, known)) => *known = value,
                    None => out.push((key.clone().into(), value)),
                }
            }
            return map(out, budget);
        }
        Expr::List(_) | Expr::Object(_) => Data::NULL,
        Expr::ObjectValues => match at.view() {
            View::Map(members) => return list(members.map(|(_, data)| data).collect(), budget),
            _ => Data::NULL,
        },
        Expr::Slice {
            start,
            stop,
            step,
            offset,
        } => match at.elements() {
            Some(elements) => {
                let of = elements.collect::<Vec<_>>();
                let range = (*start, *stop, *step);
                return list(slice(&of, range, *offset)?, budget);
            }
            None => Data::NULL,
        },
    })
}

/// The members or elements over which a walk costs as much as a value.
const STEPS: u64 = 64;

/// A new list.
pub(super) fn list<'v>(list: Vec<Data<'v>>, budget: &Budget<'_>) -> Found<'v> {
    budget.spend_on(&list)?;
    not_too_deep(list.into())
}

/// A new map of different names.
pub(super) fn map<'v>(map: Vec<(Cow<'v, str>, Data<'v>)>, budget: &Budget<'_>) -> Found<'v> {
    budget.spend_on(map.iter().map(|(_, data)| data))?;
    not_too_deep(map.into())
}

fn not_too_deep(data: Data<'_>) -> Found<'_> {
    if data.depth() <= MAX_DEPTH {
        return Ok(data);
    }
    Err(ExprError {
        kind: QueryErrorKind::TooLarge,
        offset: 0,
        what: format!("the result is nested more than {MAX_DEPTH} levels deep"),
    })
}

/// Returns the first value that decides the result, else the last one.
fn first<'v>(
    all: &[Expr],
    at: &Data<'v>,
    budget: &Budget<'_>,
    decides: fn(&Data<'v>) -> bool,
) -> Found<'v> {
    let mut found = Data::NULL;
    for expr in all {
        found = eval(expr, at, budget)?;
        if decides(&found) {
            break;
        }
    }
    Ok(found)
}

/// From left to right: the result of a comparison is the left side of the next one.
fn comparisons<'v>(
    left: &Expr,
    rest: &[(Operator, Expr)],
    at: &Data<'v>,
    budget: &Budget<'_>,
) -> Found<'v> {
    let mut found = eval(left, at, budget)?;
    for (operator, right) in rest {
        found = compare(*operator, &found, &eval(right, at, budget)?, budget)?;
    }
    Ok(found)
}

fn compare<'v>(
    operator: Operator,
    left: &Data<'v>,
    right: &Data<'v>,
    budget: &Budget<'_>,
) -> Found<'v> {
    let by_size = |fits: fn(Ordering) -> bool| match (left.number(), right.number()) {
        (Some(a), Some(b)) => fits(compare_numbers(&a, &b)).into(),
        _ => Data::NULL,
    };
    Ok(match operator {
        Operator::Equal => equal(left, right, budget)?.into(),
        Operator::NotEqual => (!equal(left, right, budget)?).into(),
        Operator::Greater => by_size(Ordering::is_gt),
        Operator::GreaterOrEqual => by_size(Ordering::is_ge),
        Operator::Less => by_size(Ordering::is_lt),
        Operator::LessOrEqual => by_size(Ordering::is_le),
    })
}

/// Compares values: 1 equals 1.0, and the order of the members of an object does not matter. Each part costs a step.
pub(super) fn equal<'v>(
    left: &Data<'v>,
    right: &Data<'v>,
    budget: &Budget<'_>,
) -> Result<bool, ExprError> {
    let mut pairs = vec![(left.clone(), right.clone())];
    while let Some((left, right)) = pairs.pop() {
        budget.spend(1)?;
        let same = match (left.view(), right.view()) {
            (View::Number(a), View::Number(b)) => compare_numbers(&a, &b).is_eq(),
            (View::Text(a), View::Text(b)) => a == b,
            (View::Bool(a), View::Bool(b)) => a == b,
            (View::Null, View::Null) => true,
            (View::List(a), View::List(b)) if a.len() == b.len() => {
                pairs.extend(a.zip(b));
                true
            }
            (View::Map(mut a), View::Map(b)) if a.len() == b.len() => {
                let b: HashMap<_, _> = b.collect();
                a.all(|(key, a)| {
                    let b = b.get(&key);
                    pairs.extend(b.map(|b| (a, b.clone())));
                    b.is_some()
                })
            }
            _ => false,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
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

fn nth<'v>(list: &Data<'v>, index: i64) -> Option<Data<'v>> {
    let len = || i64::try_from(list.elements()?.len()).ok();
    let index = if index < 0 {
        len()?.checked_add(index)?
    } else {
        index
    };
    list.at(usize::try_from(index).ok()?)
}

fn flatten<'v>(data: &Data<'v>, budget: &Budget<'_>) -> Found<'v> {
    let Some(elements) = data.elements() else {
        return Ok(Data::NULL);
    };
    let mut flat = Vec::new();
    for element in elements {
        match element.elements() {
            Some(inner) => flat.extend(inner),
            None => flat.push(element),
        }
    }
    list(flat, budget)
}

fn slice<'v>(
    list: &[Data<'v>],
    (start, stop, step): (Option<i64>, Option<i64>, i64),
    offset: usize,
) -> Result<Vec<Data<'v>>, ExprError> {
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
        out.extend(usize::try_from(at).ok().and_then(|i| list.get(i).cloned()));
        at = at.saturating_add(step);
    }
    Ok(out)
}
