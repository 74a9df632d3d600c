//! Answers to mistakes, so that an agent can go on.

use std::collections::HashSet;

use serde_json::{Value, json};
use tucuxi::params::{ParamErrorKind, ParamErrors};
use tucuxi::{Error, ServiceView};

use super::Session;
use super::mistake::Mistake;
use super::schema::excerpt;

/// The room of the schema in an answer to wrong parameters.
const EXCERPT: usize = 4000;

/// The most names of operations in an answer.
const NAMES: usize = 200;

/// The answer to the name of a service that does not exist: similar names, and what a search finds.
pub(super) fn unknown_service(session: &Session, error: Error, wanted: &str) -> Mistake {
    let found: Vec<Value> = hits(session, wanted, 10)
        .take(5)
        .map(|(service, operation)| json!({"service": service, "operation": operation}))
        .collect();
    match found.is_empty() {
        true => Mistake::from(error),
        false => Mistake::from(error).with("perhaps", found),
    }
}

/// The answer to the name of an operation that does not exist: what a search finds in the service, or else all that it has.
pub(super) fn unknown_operation(
    session: &Session,
    error: Error,
    view: &ServiceView,
    wanted: &str,
) -> Mistake {
    let in_service = hits(session, wanted, 100).filter(|(service, _)| service == view.name());
    let found: Vec<String> = in_service.map(|(_, operation)| operation).take(5).collect();
    match found.is_empty() {
        false => Mistake::from(error).with("perhaps", found),
        true => {
            let names: Vec<&str> = view.operation_names().collect();
            let known = names.len() <= NAMES;
            Mistake::from(error).with(
                "operations",
                if known {
                    names
                } else {
                    names[..NAMES].to_vec()
                },
            )
        }
    }
}

fn hits(session: &Session, text: &str, limit: usize) -> impl Iterator<Item = (String, String)> {
    let hits = session
        .client
        .introspect()
        .search(text, limit)
        .unwrap_or_default();
    hits.into_iter()
        .filter_map(|hit| Some((hit.service, hit.operation?)))
}

/// The answer to an error of a call. One about parameters has the schema of those that are wrong.
pub(super) fn failed(view: &ServiceView, operation: &str, params: &Value, error: Error) -> Mistake {
    let Some(faults) = error.root().param_errors().cloned() else {
        return Mistake::from(error);
    };
    let mut mistake = Mistake::from(error);
    if faults
        .0
        .iter()
        .any(|fault| is_written_as_text(&faults_value(params, &fault.path), &fault.kind))
    {
        mistake
            .message
            .push_str("; write lists and objects as JSON, not as text that contains JSON");
    }
    if faults.0.iter().any(|fault| matches!(&fault.kind, ParamErrorKind::Unreadable { reason } if reason.starts_with("not base64"))) {
        mistake.message.push_str("; encode the bytes as base64");
    }
    match view.input_schema(operation) {
        Ok(schema) => mistake.with("schema", excerpt(&schema, &members(&faults), EXCERPT)),
        Err(_) => mistake,
    }
}

/// The members at the top that have faults.
fn members(faults: &ParamErrors) -> HashSet<&str> {
    let mut members = HashSet::new();
    for fault in &faults.0 {
        let first = fault.path.split(['.', '[']).next().unwrap_or_default();
        match (&fault.kind, first) {
            (ParamErrorKind::Missing { member }, "") => members.insert(&**member),
            // any of them may be meant
            (_, "") => return HashSet::new(),
            (_, first) => members.insert(first),
        };
    }
    members
}

/// Whether a text was given that contains the list or the object that is expected.
fn is_written_as_text(value: &Value, kind: &ParamErrorKind) -> bool {
    let ParamErrorKind::WrongType {
        given: "a string",
        expected,
    } = kind
    else {
        return false;
    };
    let is_container = ["array", "list", "map", "object", "structure"]
        .iter()
        .any(|word| expected.contains(word));
    let parsed = value
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    is_container && parsed.is_some_and(|parsed| parsed.is_object() || parsed.is_array())
}

/// The value at a path such as `Filters[0].Values`.
fn faults_value(params: &Value, path: &str) -> Value {
    let mut value = params;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        value = match step
            .strip_suffix(']')
            .and_then(|index| index.parse::<usize>().ok())
        {
            Some(index) => &value[index],
            None => &value[step],
        };
    }
    value.clone()
}
