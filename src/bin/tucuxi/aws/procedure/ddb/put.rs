//! `ddb put`

use std::io::Read as _;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::{PLAIN, Positional, Procedure, Task, values};
use super::{TABLE_NAME, add_expression, item};
use crate::failure::Failure;
use crate::yaml::{Dialect, Yaml, parse};

pub(in super::super) const PUT: Procedure = Procedure {
    service: "ddb",
    name: "put",
    about: "puts items into a table of DynamoDB",
    positionals: &[
        TABLE_NAME,
        Positional {
            is_literal: false,
            name: "ITEMS",
            help: "an item or a list of items in YAML or JSON, file:// and a file with them, or - for stdin. Binary values are !!binary, sets are !!set",
        },
    ],
    flags: &[values(
        "condition",
        "EXPRESSION",
        "puts one item if this is true, such as: attribute_not_exists(id)",
    )],
    run,
    ..PLAIN
};

/// The most items that one request writes.
const MOST: usize = 25;

/// How often what the service did not write is sent again.
const MOST_RETRIES: u32 = 10;

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let table = task.positional(0).to_owned();
    let items = items(task)?;
    let mut params = Map::new();
    params.insert("ReturnConsumedCapacity".into(), "NONE".into());
    add_expression(
        task,
        "condition",
        "ConditionExpression",
        &mut params,
        &mut 0,
    )?;
    match (&items[..], task.has("condition")) {
        ([], _) => Ok(()),
        ([_, _, ..], true) => Err(Failure::Usage(
            "--condition is for one item only, as a batch has no conditions".into(),
        )),
        ([_, _, ..], false) => batches(task, &table, items),
        ([item], _) => {
            params.insert("TableName".into(), table.into());
            params.insert("Item".into(), item.clone());
            task.call("dynamodb", "PutItem", params.into()).map(drop)
        }
    }
}

fn items(task: &Task<'_, '_>) -> Result<Vec<Value>, Failure> {
    let mut text = task.positional(1).to_owned();
    if text == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    let wrong = |text: String| Failure::Other(format!("ITEMS: {text}").into());
    let parsed = parse(&text, Dialect::Plain).map_err(wrong)?;
    let items = match parsed {
        Yaml::List(items) => items,
        item => vec![item],
    };
    let items = items
        .iter()
        .map(|item| item::attributes(item).map(Value::Object));
    items.collect::<Result<_, _>>().map_err(wrong)
}

/// Writes items in batches; those that the service did not write are sent again.
fn batches(task: &Task<'_, '_>, table: &str, items: Vec<Value>) -> Result<(), Failure> {
    let mut left: Vec<Value> = items
        .into_iter()
        .map(|item| json!({"PutRequest": {"Item": item}}))
        .collect();
    let mut retries = 0;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(MOST));
        let sent = left.len();
        let params = json!({"RequestItems": {table: left}, "ReturnConsumedCapacity": "NONE"});
        let mut result = task.call("dynamodb", "BatchWriteItem", params)?;
        left = rest;
        let Value::Array(unwritten) = result["UnprocessedItems"][table].take() else {
            retries = 0;
            continue;
        };
        retries = if unwritten.len() < sent {
            0
        } else {
            retries + 1
        };
        left.extend(unwritten);
        if retries > MOST_RETRIES {
            let text = format!(
                "{table} does not take more items now: {} are not written",
                left.len()
            );
            return Err(Failure::Other(text.into()));
        }
        if retries > 0 {
            thread::sleep(Duration::from_millis(50) * 2_u32.pow(retries));
        }
    }
    Ok(())
}
