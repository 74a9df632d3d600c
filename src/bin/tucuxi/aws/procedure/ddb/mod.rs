//! `ddb select` and `ddb put`: items of DynamoDB as plain YAML, and expressions with values in them.

mod expression;
mod item;
mod put;
mod select;

use serde_json::{Map, Value};

pub(super) use self::put::PUT;
pub(super) use self::select::SELECT;
use super::{Positional, Task};
use crate::failure::Failure;

const TABLE_NAME: Positional = Positional {
    is_literal: false,
    name: "TABLE",
    help: "the table",
};

/// Adds an expression of the command line to the parameters, with placeholders for its names and values. `count` is the number of
/// placeholders in other expressions.
fn add_expression(
    task: &Task<'_, '_>,
    option: &str,
    member: &str,
    params: &mut Map<String, Value>,
    count: &mut usize,
) -> Result<(), Failure> {
    if !task.has(option) {
        return Ok(());
    }
    let text = task.values(option).join(" ");
    let found = expression::parse(&text, *count)
        .map_err(|error| Failure::Usage(format!("--{option}: {error}")))?;
    *count += found.names.len() + found.values.len();
    params.insert(member.into(), found.text.into());
    for (member, entries) in [
        ("ExpressionAttributeNames", found.names),
        ("ExpressionAttributeValues", found.values),
    ] {
        if entries.is_empty() {
            continue;
        }
        let all = params.entry(member).or_insert_with(|| Map::new().into());
        if let Some(all) = all.as_object_mut() {
            all.extend(entries);
        }
    }
    Ok(())
}
