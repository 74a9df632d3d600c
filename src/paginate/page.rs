//! Operations on pages: count, cut and merge their elements, read their tokens.

use serde_json::{Map, Value};

use super::error;
use crate::error::Result;
use crate::model::{Kind, Paginator, ServiceModel, Shape};
use crate::query::Query;

fn search(query: &Query, page: &Value) -> Result<Value> {
    let found = query.search(page).map_err(|e| error(e.to_string()))?;
    Ok(found.into_owned())
}

/// Sets the value at a path of names and dots.
pub(super) fn put(page: &mut Value, path: &str, value: Value) {
    let mut at = page;
    for name in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[name.trim_matches('"')];
    }
    *at = value;
}

/// A page: its elements, and its other members.
pub(super) trait Page {
    /// The members that the expressions of the paginator are about, its elements apart.
    fn members(&self) -> &Value;

    /// Returns the number of elements.
    fn length(&self, primary: &Query) -> Result<usize>;

    /// Removes the elements that an earlier listing returned.
    fn skip_known(&mut self, known: usize, paginator: &Paginator) -> Result<()>;

    /// Removes all but the first `keep` elements.
    fn cut_tail(&mut self, keep: usize, paginator: &Paginator) -> Result<()>;
}

impl Page for Value {
    fn members(&self) -> &Value {
        self
    }

    fn length(&self, primary: &Query) -> Result<usize> {
        let found = primary.search(self).map_err(|e| error(e.to_string()))?;
        Ok(match &*found {
            Self::Array(list) => list.len(),
            Self::Object(map) => map.len(),
            Self::String(text) => text.chars().count(),
            _ => 0,
        })
    }

    fn skip_known(&mut self, known: usize, paginator: &Paginator) -> Result<()> {
        let primary = paginator.primary();
        let rest = match search(primary, self)? {
            Self::Array(mut list) => Self::Array(list.split_off(known.min(list.len()))),
            Self::Object(map) => Self::Object(map.into_iter().skip(known).collect()),
            Self::String(text) => text.chars().skip(known).collect::<String>().into(),
            _ => Self::Null,
        };
        put(self, primary.text(), rest);
        empty_others(self, paginator)
    }

    fn cut_tail(&mut self, keep: usize, paginator: &Paginator) -> Result<()> {
        let primary = paginator.primary();
        let kept = match search(primary, self)? {
            Self::Array(mut list) => {
                list.truncate(keep);
                Self::Array(list)
            }
            Self::Object(map) => Self::Object(map.into_iter().take(keep).collect()),
            Self::String(text) => text.chars().take(keep).collect::<String>().into(),
            other => other,
        };
        put(self, primary.text(), kept);
        Ok(())
    }
}

/// Empties the lists of a page other than its elements.
pub(super) fn empty_others(page: &mut Value, paginator: &Paginator) -> Result<()> {
    let primary = paginator.primary();
    for other in paginator
        .result_keys
        .iter()
        .filter(|other| other.text() != primary.text())
    {
        let empty = match search(other, page)? {
            Value::Array(_) => Value::Array(Vec::new()),
            Value::String(_) => "".into(),
            // counts are kept, as in botocore
            Value::Number(count) => count.into(),
            _ => Value::Null,
        };
        put(page, other.text(), empty);
    }
    Ok(())
}

/// Returns the members that are the same on each page.
pub(super) fn shared(page: &Value, paginator: &Paginator) -> Result<Map<String, Value>> {
    let mut out = Value::Object(Map::new());
    for key in &paginator.non_aggregate_keys {
        put(&mut out, key.text(), search(key, page)?);
    }
    match out {
        Value::Object(out) => Ok(out),
        _ => Ok(Map::new()),
    }
}

/// Returns the tokens of the next page; all of them are null, or none is returned, if this page is the last.
///
/// # Errors
///
/// Returns an error if the page reports more elements and has no token: the listing would be incomplete.
pub(super) fn next_tokens(page: &Value, paginator: &Paginator) -> Result<Map<String, Value>> {
    if let Some(more) = &paginator.more_results
        && !is_truthy(&search(more, page)?)
    {
        return Ok(Map::new());
    }
    let mut tokens = Map::new();
    for (name, output) in paginator.input_tokens.iter().zip(&paginator.output_tokens) {
        let token = search(output, page)?;
        let token = if is_truthy(&token) {
            token
        } else {
            Value::Null
        };
        tokens.insert(String::from(&**name), token);
    }
    if let Some(more) = &paginator.more_results
        && tokens.values().all(Value::is_null)
    {
        let names: Vec<&str> = paginator.output_tokens.iter().map(Query::text).collect();
        return Err(error(format!(
            "the response reports more elements ({}), but has no token to request them with ({}): the listing is incomplete",
            more.text(),
            names.join(", ")
        )));
    }
    Ok(tokens)
}

/// Whether a value is true in Python: null, zero and empty values are false.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Bool(yes) => *yes,
        Value::Null => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Object(map) => !map.is_empty(),
        Value::String(text) => !text.is_empty(),
    }
}

/// Takes the value of an expression out of a value that is not needed any more, so that no list is copied. A value that another
/// expression of the paginator may contain is copied.
pub(super) fn take(from: &mut Value, key: &Query, paginator: &Paginator) -> Result<Value> {
    let is_shared = paginator.result_keys.iter().any(|other| {
        let rest = other.text().strip_prefix(key.text());
        rest.is_some_and(|rest| rest.starts_with(['.', '[']))
    });
    match is_shared {
        true => search(key, from),
        false => take_out(from, key),
    }
}

/// Takes the value of an expression out of a value. It is copied if the expression is not a path of names.
pub(super) fn take_out(from: &mut Value, key: &Query) -> Result<Value> {
    let is_plain = |c: char| c.is_alphanumeric() || "_.".contains(c);
    if !key.text().chars().all(is_plain) {
        return search(key, from);
    }
    let mut path = key.text().split('.');
    let found = path.try_fold(from, |at, name| at.get_mut(name));
    Ok(found.map(Value::take).unwrap_or_default())
}

/// Merges a page into the pages before it.
pub(super) fn merge(full: &mut Value, mut page: Value, paginator: &Paginator) -> Result<()> {
    for key in &paginator.result_keys {
        let new = take(&mut page, key, paginator)?;
        if new.is_null() {
            continue;
        }
        let sum = match (take(full, key, paginator)?, new) {
            (Value::Array(mut list), Value::Array(more)) => {
                list.extend(more);
                Value::Array(list)
            }
            (Value::String(text), Value::String(more)) => (text + &more).into(),
            (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => a.saturating_add(b).into(),
                _ => (a.as_f64().unwrap_or(0.0) + b.as_f64().unwrap_or(0.0)).into(),
            },
            (Value::Null, new) => new,
            (old, _) => old,
        };
        put(full, key.text(), sum);
    }
    Ok(())
}

/// Collects the paths of all blobs in a value, at any depth.
pub(super) fn find_blobs(
    model: &ServiceModel,
    shape: &Shape,
    value: &Value,
    path: &mut Vec<Value>,
    found: &mut Vec<Value>,
) {
    let mut step = |target, name: Value, value: &Value| {
        if let Ok(shape) = model.shape(target) {
            path.push(name);
            find_blobs(model, shape, value, path, found);
            path.pop();
        }
    };
    match (&shape.kind, value) {
        (Kind::Blob, Value::String(_)) => found.push(path.clone().into()),
        (Kind::List(member), Value::Array(list)) => {
            for (at, value) in list.iter().enumerate() {
                step(member.target, at.into(), value);
            }
        }
        (Kind::Map { value: member, .. }, Value::Object(map)) => {
            for (name, value) in map {
                step(member.target, name.as_str().into(), value);
            }
        }
        (_, Value::Object(map)) => {
            for (name, value) in map {
                if let Some(member) = shape.members().and_then(|members| members.get(name)) {
                    step(member.target, name.as_str().into(), value);
                }
            }
        }
        _ => {}
    }
}
