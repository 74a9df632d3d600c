//! Acceptors: how a response is compared with what a waiter expects.

use serde_json::{Value, json};

use super::machine::Observation;
use crate::model::{Acceptor, Matcher, Scope};
use crate::query::Query;
use crate::tree::Tree;

/// The longest value of a response, in characters, that a message shows.
const MAX_SHOWN: usize = 200;

impl Acceptor {
    /// Returns whether the response to these parameters matches. An expression that does not apply to the response does not match.
    pub(super) fn matches(&self, input: &Value, observation: &Observation) -> bool {
        let found = |query: &Query| {
            let output = observation.response.as_ref().ok()?;
            self.search(query, input, output)
        };
        match &self.matcher {
            Matcher::Error(expected) => match (expected, &observation.response) {
                (Value::Bool(yes), response) => response.is_err() == *yes,
                (Value::String(code), Err(error)) => error.code() == Some(code),
                _ => false,
            },
            Matcher::Path(query, expected) => {
                found(query).is_some_and(|found| equal(&found, expected))
            }
            Matcher::PathAll(query, expected) => match found(query) {
                Some(Value::Array(list)) => {
                    !list.is_empty() && list.iter().all(|one| equal(one, expected))
                }
                _ => false,
            },
            Matcher::PathAny(query, expected) => match found(query) {
                Some(Value::Array(list)) => list.iter().any(|one| equal(one, expected)),
                _ => false,
            },
            Matcher::Status(expected) => equal(&json!(observation.status), expected),
        }
    }

    fn search(&self, query: &Query, input: &Value, output: &Tree) -> Option<Value> {
        match self.scope {
            Scope::Output => query.search_node(output.root()).ok(),
            Scope::InputOutput => {
                let both = json!({"input": input, "output": output.root().to_value()});
                Some(query.search(&both).ok()?.into_owned())
            }
        }
    }

    fn query(&self) -> Option<&Query> {
        match &self.matcher {
            Matcher::Path(query, _) | Matcher::PathAll(query, _) | Matcher::PathAny(query, _) => {
                Some(query)
            }
            Matcher::Error(_) | Matcher::Status(_) => None,
        }
    }

    /// Returns the part of a response that the acceptor looks at, as `path = value`.
    pub(super) fn observed(&self, input: &Value, response: &Tree) -> Option<String> {
        let query = self.query()?;
        let mut value = self.search(query, input, response)?.to_string();
        if let Some((end, _)) = value.char_indices().nth(MAX_SHOWN) {
            value.truncate(end);
            value.push('…');
        }
        Some(format!("{} = {value}", query.text()))
    }

    /// Describes what matched, in botocore's words.
    pub(super) fn explanation(&self) -> String {
        let of = |query: &Query, what: &str, expected: &Value| {
            let expected = in_python(expected);
            format!("For expression \"{}\" {what}: \"{expected}\"", query.text())
        };
        match &self.matcher {
            Matcher::Error(expected) => {
                format!(
                    "Matched expected service error code: {}",
                    in_python(expected)
                )
            }
            Matcher::Path(query, expected) => of(query, "we matched expected path", expected),
            Matcher::PathAll(query, expected) => {
                of(query, "all members matched expected path", expected)
            }
            Matcher::PathAny(query, expected) => {
                let matched = of(query, "we matched expected path", expected);
                format!("{matched} at least once")
            }
            Matcher::Status(expected) => {
                format!("Matched expected HTTP status code: {}", in_python(expected))
            }
        }
    }
}

/// Compares values; numbers are equal in any form.
fn equal(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}

/// A value as Python's `str()` writes it.
fn in_python(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Null => "None".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
