//! Comparison of the parameters that a client was given with those that a mock received.

use serde_json::Value;
use tucuxi::Client;

/// Whether requests of both operations are the same but for the names of labels.
pub(crate) fn is_same_request(client: &Client, one: (&str, &str), other: (&str, &str)) -> bool {
    if one == other {
        return true;
    }
    let shown = |(service, operation)| {
        let model = client.model(service).unwrap();
        let operation = model.operation(operation).unwrap();
        let mut parts = operation.uri.split('{');
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.filter_map(|part| Some(part.split_once('}')?.1.to_owned()));
        let path: Vec<String> = [first].into_iter().chain(rest).collect();
        (
            model.metadata().signing_name.clone(),
            operation.method.clone(),
            path,
        )
    };
    shown(one) == shown(other)
}

/// The first place at which a parameter did not arrive.
pub(crate) fn difference(given: &Value, received: &Value, place: &str) -> Option<String> {
    match (given, received) {
        (Value::Object(given), Value::Object(received)) => {
            given.iter().find_map(|(name, value)| {
                let place = format!("{place}.{name}");
                match received.get(name) {
                    Some(received) => difference(value, received, &place),
                    None if is_empty(value) || CONSUMED.contains(&&**name) => None,
                    None => Some(format!("{place} is absent, not {value}")),
                }
            })
        }
        (Value::Array(given), Value::Array(received)) if given.len() == received.len() => given
            .iter()
            .zip(received)
            .enumerate()
            .find_map(|(n, (given, received))| {
                difference(given, received, &format!("{place}[{n}]"))
            }),
        (given, received) if given == received => None,
        // an empty structure has no form in the query protocols
        (Value::Array(given), Value::Array(received))
            if received.is_empty() && given.iter().all(is_empty) =>
        {
            None
        }
        // what the service wants as base64, clients encode
        (Value::String(given), Value::String(received)) if *received == encoded(given) => None,
        (given, received) => Some(format!("{place} is {received}, not {given}")),
    }
}

/// Parameters that are not sent: clients make a presigned URL of them.
const CONSUMED: [&str; 1] = ["SourceRegion"];

/// Whether a value has no form in the query protocols.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().all(is_empty),
        Value::Array(items) => items.iter().all(is_empty),
        _ => false,
    }
}

fn encoded(text: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text)
}
