//! The functions of JMESPath.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Number;

use super::budget::Budget;
use super::data::{Data, Elements, Members, View, text_size};
use super::eval::{Found, compare_numbers, equal, eval, list, map};
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
    at: &'e Data<'v>,
    offset: usize,
    budget: &'e Budget<'e>,
}

pub(super) fn call<'v>(
    function: Function,
    args: &[Expr],
    at: &Data<'v>,
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
    if let Data::Scalar(_) = &found {
        budget.spend_on([&found])?;
    }
    Ok(found)
}

fn result<'v>(call: &Call<'_, 'v>) -> Found<'v> {
    let budget = call.budget;
    Ok(match call.function {
        Function::Abs | Function::Ceil | Function::Floor => return call.rounded(),
        Function::Avg | Function::Sum => return call.summed(),
        Function::Contains => return call.contains(),
        Function::EndsWith => {
            let (text, end) = (call.value(0)?, call.value(1)?);
            (call.text(0, &text)?.ends_with(call.text(1, &end)?)).into()
        }
        Function::StartsWith => {
            let (text, start) = (call.value(0)?, call.value(1)?);
            (call.text(0, &text)?.starts_with(call.text(1, &start)?)).into()
        }
        Function::Join => return call.joined(),
        Function::Keys => {
            let object = call.value(0)?;
            let keys = call.members(0, &object)?.map(|(key, _)| (*key).into());
            return list(keys.collect(), budget);
        }
        Function::Values => {
            let object = call.value(0)?;
            let values = call.members(0, &object)?.map(|(_, value)| value);
            return list(values.collect(), budget);
        }
        Function::Length => {
            let of = call.value(0)?;
            let length = match of.view() {
                View::List(list) => list.len(),
                View::Map(members) => members.len(),
                View::Text(text) => text.chars().count(),
                _ => return Err(call.mismatch(0, "a string, an array or an object", &of)),
            };
            (length as u64).into()
        }
        Function::Map => {
            let (by, of) = (call.reference(0)?, call.value(1)?);
            let each = call.elements(1, &of)?.map(|data| eval(by, &data, budget));
            return list(each.collect::<Result<_, _>>()?, budget);
        }
        Function::Max | Function::Min => return call.extreme(&Expr::Current),
        Function::MaxBy | Function::MinBy => return call.extreme(call.reference(1)?),
        Function::Merge => return call.merged(),
        Function::NotNull => {
            for n in 0..call.args.len() {
                let value = call.value(n)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Data::NULL
        }
        Function::Reverse => {
            let of = call.value(0)?;
            match of.view() {
                View::List(elements) => {
                    let mut reversed: Vec<_> = elements.collect();
                    reversed.reverse();
                    return list(reversed, budget);
                }
                View::Text(text) => text.chars().rev().collect::<String>().as_str().into(),
                _ => return Err(call.mismatch(0, "a string or an array", &of)),
            }
        }
        Function::Sort => return call.sorted(&Expr::Current),
        Function::SortBy => return call.sorted(call.reference(1)?),
        Function::ToArray => {
            let value = call.value(0)?;
            match value.elements() {
                Some(_) => value,
                None => return list(vec![value], budget),
            }
        }
        Function::ToNumber => {
            let value = call.value(0)?;
            match value.view() {
                View::Number(_) => value,
                View::Text(text) => text.trim().parse::<Number>().map_or(Data::NULL, Data::from),
                _ => Data::NULL,
            }
        }
        Function::ToString => {
            let value = call.value(0)?;
            match value.text() {
                Some(_) => value,
                // it has no value that JSON does not have
                None => serde_json::to_string(&value)
                    .unwrap_or_default()
                    .as_str()
                    .into(),
            }
        }
        Function::Type => call.value(0)?.type_name().into(),
    })
}

impl<'e, 'v> Call<'e, 'v> {
    fn value(&self, n: usize) -> Found<'v> {
        match &self.args[n] {
            Expr::Reference(_) => Err(self.type_error(n, "a value", "an expression")),
            arg => eval(arg, self.at, self.budget),
        }
    }

    fn reference(&self, n: usize) -> Result<&'e Expr, ExprError> {
        match &self.args[n] {
            Expr::Reference(inner) => Ok(inner),
            _ => Err(self.type_error(n, "an expression, such as &Size", "a value")),
        }
    }

    fn elements<'d>(&self, n: usize, of: &'d Data<'v>) -> Result<Elements<'d, 'v>, ExprError> {
        of.elements()
            .ok_or_else(|| self.mismatch(n, "an array", of))
    }

    fn members<'d>(&self, n: usize, of: &'d Data<'v>) -> Result<Members<'d, 'v>, ExprError> {
        match of.view() {
            View::Map(members) => Ok(members),
            _ => Err(self.mismatch(n, "an object", of)),
        }
    }

    fn text<'d>(&self, n: usize, of: &'d Data<'v>) -> Result<&'d str, ExprError> {
        of.text().ok_or_else(|| self.mismatch(n, "a string", of))
    }

    fn rounded(&self) -> Found<'v> {
        let value = self.value(0)?;
        let Some(number) = value.number() else {
            return Err(self.mismatch(0, "a number", &value));
        };
        let float = number.as_f64().unwrap_or(0.0);
        Ok(match (self.function, number.as_i64()) {
            (Function::Abs, Some(n)) => n.unsigned_abs().into(),
            (Function::Abs, None) if number.is_u64() => number.into(),
            (Function::Abs, None) => float.abs().into(),
            _ if !number.is_f64() => number.into(),
            (Function::Ceil, _) => whole(float.ceil()),
            _ => whole(float.floor()),
        })
    }

    fn summed(&self) -> Found<'v> {
        let of = self.value(0)?;
        let list = self.elements(0, &of)?;
        let (mut exact, mut float, count) = (Some(0_i128), 0.0, list.len());
        for value in list {
            let Some(n) = value.number() else {
                return Err(self.mismatch(0, "an array of numbers", &value));
            };
            let integer = n
                .as_i64()
                .map(i128::from)
                .or_else(|| n.as_u64().map(i128::from));
            exact = exact.zip(integer).and_then(|(sum, n)| sum.checked_add(n));
            float += n.as_f64().unwrap_or(0.0);
        }
        if self.function == Function::Avg {
            return Ok(match count {
                0 => Data::NULL,
                n => whole(float / n as f64),
            });
        }
        Ok(match exact.and_then(|sum| i64::try_from(sum).ok()) {
            Some(sum) => sum.into(),
            None => float.into(),
        })
    }

    fn contains(&self) -> Found<'v> {
        let (wanted, of) = (self.value(1)?, self.value(0)?);
        Ok(match of.view() {
            View::List(list) => {
                for data in list {
                    if equal(&data, &wanted, self.budget)? {
                        return Ok(true.into());
                    }
                }
                false.into()
            }
            View::Text(text) => (wanted.text().is_some_and(|part| text.contains(part))).into(),
            _ => return Err(self.mismatch(0, "a string or an array", &of)),
        })
    }

    fn joined(&self) -> Found<'v> {
        let (separator, of) = (self.value(0)?, self.value(1)?);
        let separator = self.text(0, &separator)?;
        let mut out = String::new();
        for (n, value) in self.elements(1, &of)?.enumerate() {
            let Some(text) = value.text() else {
                return Err(self.mismatch(1, "an array of strings", &value));
            };
            if n > 0 {
                out.push_str(separator);
            }
            out.push_str(text);
            self.budget
                .spend(text_size(separator).saturating_add(text_size(text)))?;
        }
        Ok(out.as_str().into())
    }

    /// Of members with the same name the last counts, at the place of the first.
    fn merged(&self) -> Found<'v> {
        let (mut merged, mut places) = (Vec::<(Cow<'v, str>, _)>::new(), HashMap::new());
        for n in 0..self.args.len() {
            let of = self.value(n)?;
            for (name, value) in self.members(n, &of)? {
                let place = *places.entry(name.clone()).or_insert(merged.len());
                match merged.get_mut(place) {
                    Some((_, known)) => *known = value,
                    None => merged.push((name, value)),
                }
            }
        }
        map(merged, self.budget)
    }

    /// Returns the elements with their keys, which must be all strings or all numbers.
    fn keyed(&self, by: &Expr) -> Result<Vec<(Data<'v>, Data<'v>)>, ExprError> {
        let of = self.value(0)?;
        let mut out: Vec<(Data<'v>, Data<'v>)> = Vec::new();
        for element in self.elements(0, &of)? {
            let key = eval(by, &element, self.budget)?;
            let fits = match out.first() {
                Some((first, _)) => first.type_name() == key.type_name(),
                None => key.number().is_some() || key.text().is_some(),
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
        list(keyed.into_iter().map(|(_, v)| v).collect(), self.budget)
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
        Ok(best.map_or(Data::NULL, |(_, value)| value))
    }

    fn mismatch(&self, n: usize, expected: &str, found: &Data<'_>) -> ExprError {
        self.type_error(n, expected, found.type_name())
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

fn order(a: &Data<'_>, b: &Data<'_>) -> Ordering {
    match (a.view(), b.view()) {
        (View::Number(a), View::Number(b)) => compare_numbers(&a, &b),
        (View::Text(a), View::Text(b)) => a.cmp(b),
        _ => a.is_true().cmp(&b.is_true()),
    }
}

/// Converts a float to a number: an integer, if it is whole.
fn whole<'v>(float: f64) -> Data<'v> {
    match float.fract() == 0.0 && float.abs() < 9e15 {
        true => (float as i64).into(),
        false => float.into(),
    }
}
