//! What `aws` changes in the options of single operations: convenient options in place of nested members, and files for parts of
//! the result. Each service has a table.

mod cloudfront;
mod cloudsearch;
mod cloudwatch;
mod datapipeline;
mod ec2;
mod ec2_bundle;
mod emr;
pub(super) mod nested;
mod rds;
pub(super) mod saved;
mod ses;

use serde_json::{Map, Value};
use tucuxi::Client;

use super::grammar::Takes;
use super::shorthand::Short;
use super::value::Reader;

use crate::failure::Failure;

/// The parameters of a call.
pub(super) type Params = Map<String, Value>;

/// The changes to an operation.
pub(super) struct Custom {
    /// The command of the service.
    pub(super) service: &'static str,
    /// The operation, or `*`.
    pub(super) operation: &'static str,
    /// Options of members that the command does not have.
    pub(super) removed: &'static [&'static str],
    /// Options of required members that may be left out.
    pub(super) optional: &'static [&'static str],
    pub(super) added: &'static [Added],
    /// Two groups of options, of which only one may be given.
    pub(super) exclusive: &'static [[&'static [&'static str]; 2]],
    /// Completes the parameters before the call.
    pub(super) finish: Option<Finish>,
    /// Changes the result before it is printed.
    pub(super) result: Option<fn(Value) -> Value>,
}

pub(super) type Finish = fn(&mut Params, &Client) -> Result<(), Failure>;

const NONE: Custom = Custom {
    service: "",
    operation: "",
    removed: &[],
    optional: &[],
    added: &[],
    exclusive: &[],
    finish: None,
    result: None,
};

/// An option that is not the name of a member.
pub(super) struct Added {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) required: bool,
    pub(super) put: Put,
}

/// Puts the values of an option into the parameters.
type Put = fn(&mut Params, &[String]) -> Result<(), String>;

const fn one(name: &'static str, put: Put) -> Added {
    option(name, Takes::One, put)
}

const fn option(name: &'static str, takes: Takes, put: Put) -> Added {
    let required = false;
    Added {
        name,
        takes,
        required,
        put,
    }
}

const TABLES: &[&[Custom]] = &[
    cloudfront::TABLE,
    cloudsearch::TABLE,
    cloudwatch::TABLE,
    datapipeline::TABLE,
    ec2::TABLE,
    ec2_bundle::TABLE,
    emr::TABLE,
    rds::TABLE,
    ses::TABLE,
];

/// Returns the changes to an operation, if there are any.
pub(super) fn of(service: &str, operation: &str) -> Option<&'static Custom> {
    let mut rows = TABLES.iter().copied().flatten();
    rows.find(|custom| {
        custom.service == service && (custom.operation == operation || custom.operation == "*")
    })
}

/// The values of an added option: texts, of which a single one may be the content of a file.
pub(super) fn texts(reader: &Reader<'_>, values: Vec<String>) -> Result<Vec<String>, String> {
    if let [value] = &values[..] {
        return match reader.content(value)? {
            None => Ok(values),
            Some(Short::Text(text)) => Ok(vec![text]),
            Some(_) => Err(format!(
                "{value}: the value is text; write file:// for a text file"
            )),
        };
    }
    Ok(values)
}

/// The first value of an option that takes one.
fn first(values: &[String]) -> &str {
    values.first().map_or("", String::as_str)
}

fn whole_number(text: &str) -> Result<i64, String> {
    let number = text.trim().parse();
    number.map_err(|_| format!("{text:?} is no whole number"))
}

/// A structure among parameters, which is added if it is not there.
fn structure<'p>(params: &'p mut Params, name: &str) -> Result<&'p mut Params, String> {
    let value = params
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    value
        .as_object_mut()
        .ok_or_else(|| format!("{name} must be a structure"))
}

/// The first structure of a list among parameters, which is added if it is not there.
fn first_of_list<'p>(params: &'p mut Params, name: &str) -> Result<&'p mut Params, String> {
    let list = params
        .entry(name)
        .or_insert_with(|| Value::Array(Vec::new()));
    let wrong = || format!("{name} must be a list of structures");
    let list = list.as_array_mut().ok_or_else(wrong)?;
    if list.is_empty() {
        list.push(Value::Object(Map::new()));
    }
    list.first_mut()
        .and_then(Value::as_object_mut)
        .ok_or_else(wrong)
}

/// Splits `a=b` pairs at their first `=`.
fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=')
        .ok_or_else(|| format!("{text:?} must have the form NAME=VALUE"))
}
