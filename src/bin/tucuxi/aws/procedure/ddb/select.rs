//! `ddb select`

use std::io::Write as _;

use serde_json::{Map, Value};

use super::super::{PLAIN, Procedure, Task, choice, switch, value, values};
use super::{TABLE_NAME, add_expression, item};
use crate::failure::Failure;
use crate::output::Format;
use crate::yaml::{Dialect, Yaml, text_of};

pub(in super::super) const SELECT: Procedure = Procedure {
    service: "ddb",
    name: "select",
    about: "searches a table or an index of DynamoDB, and prints items as YAML",
    notes: &[
        "Queries with --key-condition, and scans without it. Expressions have names and values in them: --filter 'price < 10 and size(tags) > 2'.",
    ],
    positionals: &[TABLE_NAME],
    flags: &[
        value("index-name", "NAME", "searches this index"),
        values(
            "projection",
            "NAMES",
            "the attributes to print, separated by commas",
        ),
        values(
            "filter",
            "EXPRESSION",
            "prints the items for which this is true",
        ),
        values(
            "key-condition",
            "EXPRESSION",
            "the partition key, and a condition of the sort key: id = \"a\" and day between 1 and 5",
        ),
        choice(
            "attributes",
            &["ALL", "ALL_PROJECTED", "COUNT"],
            "all attributes, those in the index, or only the number of items",
        ),
        switch(
            "consistent-read",
            "reads what was written last, which is the default",
        ),
        switch("no-consistent-read", "may read what was written before"),
        switch(
            "return-consumed-capacity",
            "prints the capacity that was used",
        ),
        switch(
            "no-return-consumed-capacity",
            "does not print the capacity that was used, which is the default",
        ),
        value(
            "starting-token",
            "TOKEN",
            "continues after the items of an earlier command",
        ),
        value("max-items", "NUMBER", "prints at most this many items"),
        value("page-size", "NUMBER", "the items that each request reads"),
    ],
    run,
    ..PLAIN
};

const PAGING: [&str; 3] = ["starting-token", "max-items", "page-size"];

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let format = task.globals.output.as_deref().and_then(Format::parse);
    if format.is_some_and(|format| format != Format::Yaml) {
        return Err(Failure::Usage("--output: ddb prints yaml only".into()));
    }
    let operation = match task.has("key-condition") {
        true => "Query",
        false => "Scan",
    };
    let params = params(task)?;
    let mut result = match task.globals.paginate {
        true => all_pages(task, operation, params)?,
        false => {
            if let Some(option) = PAGING.iter().find(|option| task.has(option)) {
                let text = format!("--{option} does not go with --no-paginate");
                return Err(Failure::Usage(text));
            }
            task.call("dynamodb", operation, params.into())?
        }
    };
    if let Some(result) = result.as_object_mut()
        && result.get("ConsumedCapacity").is_some_and(Value::is_null)
    {
        result.shift_remove("ConsumedCapacity");
    }
    print(task, plain(result))
}

fn params(task: &Task<'_, '_>) -> Result<Map<String, Value>, Failure> {
    let mut params = Map::new();
    let mut set = |name: &str, value: Value| drop(params.insert(name.into(), value));
    set("TableName", task.positional(0).into());
    set("ConsistentRead", (!task.has("no-consistent-read")).into());
    if let Some(index) = task.value("index-name") {
        set("IndexName", index.into());
    }
    if let Some(attributes) = task.value("attributes") {
        let select = match attributes {
            "ALL" => "ALL_ATTRIBUTES",
            "ALL_PROJECTED" => "ALL_PROJECTED_ATTRIBUTES",
            other => other,
        };
        set("Select", select.into());
    }
    let capacity = match (task.has("return-consumed-capacity"), task.has("index-name")) {
        (false, _) => "NONE",
        (true, false) => "TOTAL",
        (true, true) => "INDEXES",
    };
    set("ReturnConsumedCapacity", capacity.into());
    let mut count = 0;
    for (option, member) in [
        ("projection", "ProjectionExpression"),
        ("filter", "FilterExpression"),
        ("key-condition", "KeyConditionExpression"),
    ] {
        add_expression(task, option, member, &mut params, &mut count)?;
    }
    Ok(params)
}

fn all_pages(
    task: &Task<'_, '_>,
    operation: &str,
    params: Map<String, Value>,
) -> Result<Value, Failure> {
    let request = task.client.request("dynamodb", operation);
    let mut pages = request.params(Value::Object(params)).pages()?;
    if let Some(number) = task.number("max-items")? {
        pages = pages.max_items(number);
    }
    if let Some(size) = task.number("page-size")? {
        pages = pages.page_size(size);
    }
    if let Some(token) = task.value("starting-token") {
        pages = pages.starting_token(token);
    }
    Ok(pages.collect_full()?)
}

/// The result with plain values in place of attribute values.
fn plain(result: Value) -> Yaml {
    let Value::Object(members) = result else {
        return Yaml::Null;
    };
    let member = |(name, value): (String, Value)| {
        let value = match (&*name, value) {
            ("Items", Value::Array(items)) => {
                let items = items.into_iter().map(|value| match value {
                    Value::Object(attributes) => item::item(attributes),
                    other => Yaml::from_json(other),
                });
                Yaml::List(items.collect())
            }
            ("LastEvaluatedKey", Value::Object(attributes)) => item::item(attributes),
            (_, value) => Yaml::from_json(value),
        };
        (Yaml::Text(name), value)
    };
    Yaml::Map(members.into_iter().map(member).collect())
}

fn print(task: &mut Task<'_, '_>, result: Yaml) -> Result<(), Failure> {
    let selected = match &task.globals.query {
        None => result,
        Some(query) => {
            let json = result.to_json();
            let found = query.search(&json);
            let found = found.map_err(|e| Failure::Other(format!("--query: {e}").into()))?;
            Yaml::from_json(found.into_owned())
        }
    };
    let options = task.globals.output_options();
    let pager = options.pager(task.config());
    task.out.set_pager(pager);
    let text = text_of(&selected, Dialect::Plain);
    match task.out.is_terminal() {
        true => write!(
            task.out,
            "{}",
            tucuxi::internals::command::PrintableLines(text)
        )?,
        false => task.out.write_all(text.as_bytes())?,
    }
    Ok(task.out.flush()?)
}
