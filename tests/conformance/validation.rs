//! Invalid parameters, and all their faults.

use std::collections::BTreeSet;

use serde_json::Value;
use tucuxi::model::ServiceModel;
use tucuxi::params::{ParamError, ParamErrorKind};
use tucuxi::transport::Replay;

use crate::suite::{Suite, Verdict, finish, folder, json as read};
use crate::support::client::{IntoClient, isolated};

#[test]
fn validation() {
    let Some(root) = folder("validation") else {
        return;
    };
    let config = isolated().region("us-east-1").unsigned().max_attempts(1);
    let client = config.over(Replay::new());
    let mut suite = Suite::new("validation");
    for case in read(&root.join("param-validation.json"))["cases"]
        .as_array()
        .unwrap()
    {
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let id = format!(
            "{}.{}: {}",
            text("service"),
            text("operation"),
            text("description")
        );
        suite.case(&id, || {
            let result = client.call(text("service"), text("operation"), case["params"].clone());
            // valid parameters fail later, because there is no response
            let error = result.unwrap_err();
            let errors = error.param_errors().map_or(&[][..], |errors| &errors.0);
            same(errors, case, &client.model(text("service")).unwrap())
        });
    }
    finish([suite]);
}

/// The kind, path and details of a fault, in the terms of the expectation.
type Told = BTreeSet<(String, String, String)>;

fn same(found: &[ParamError], case: &Value, model: &ServiceModel) -> Verdict {
    let mut expected: Told = case["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(expected)
        .collect();
    let mut rest = Told::new();
    for error in found {
        match &error.kind {
            // Python iterates over the characters of a text and the keys of a map like over a list
            ParamErrorKind::WrongType {
                expected: "an array",
                ..
            } => {
                let inside = format!("{}[", error.path);
                expected.retain(|(_, path, _)| !path.starts_with(&inside) && *path != error.path);
            }
            // and treats true as 1
            ParamErrorKind::WrongType {
                given: "a boolean", ..
            } => {
                expected.retain(|(_, path, _)| *path != error.path);
            }
            _ => {
                rest.insert(told(error));
            }
        }
    }
    // a missing idempotency token is generated before validation
    let operation = model
        .operation(case["operation"].as_str().unwrap())
        .unwrap();
    let input = operation.input.map(|id| model.shape(id).unwrap());
    for member in input
        .and_then(|shape| shape.members())
        .into_iter()
        .flatten()
    {
        if member.idempotency_token {
            expected.remove(&(
                "missing required field".into(),
                "input".into(),
                member.name.to_string(),
            ));
        }
    }
    match rest == expected {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("found {rest:?}, expected {expected:?}")),
    }
}

fn expected(error: &Value) -> (String, String, String) {
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let more = match error["kind"].as_str().unwrap() {
        "missing required field" => text("required_name"),
        "unknown field" => text("unknown_param"),
        "invalid length" | "invalid range" => error["min_allowed"].to_string(),
        _ => String::new(),
    };
    (text("kind"), text("path"), more)
}

fn told(error: &ParamError) -> (String, String, String) {
    let (kind, more) = match &error.kind {
        ParamErrorKind::Missing { member } => ("missing required field", member.to_string()),
        ParamErrorKind::NoMember { .. } => ("empty input", String::new()),
        ParamErrorKind::TooShort { min, .. } => ("invalid length", min.to_string()),
        ParamErrorKind::TooSmall { min, .. } => ("invalid range", min.to_string()),
        ParamErrorKind::TwoMembers { .. } => ("more than one input", String::new()),
        ParamErrorKind::Unknown { member, .. } => ("unknown field", member.to_string()),
        _ => ("invalid type", String::new()),
    };
    let path = if error.path.is_empty() {
        "input"
    } else {
        &error.path
    };
    (kind.into(), path.into(), more)
}
