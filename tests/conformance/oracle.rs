//! What botocore sends and reads, for every operation of every service.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::transport::{Replay, Sent};
use tucuxi::{Client, Config, Error};

use crate::compare;
use crate::suite::{Suite, Verdict, files, finish, folder, in_parallel, text};

/// One service's rows.
struct Service {
    name: String,
    protocol: String,
    rows: Vec<Value>,
}

/// The three parts of the suite.
struct Parts {
    requests: Suite,
    responses: Suite,
    errors: Suite,
}

#[test]
fn oracle() {
    let Some(folder) = folder("oracle") else { return };
    let services = in_parallel(&files(&folder, ".jsonl.gz"), |file| services(&text(file)));
    let services: Vec<Service> = services.into_iter().flatten().collect();
    let mut all = Parts::new();
    for parts in in_parallel(&services, Service::run) {
        all.requests.add(parts.requests);
        all.responses.add(parts.responses);
        all.errors.add(parts.errors);
    }
    finish([all.requests, all.responses, all.errors]);
}

/// A header line starts a service.
fn services(text: &str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        match (row.get("kind"), services.last_mut()) {
            (Some(_), Some(service)) => service.rows.push(row),
            _ => services.push(Service {
                name: row["service"].as_str().unwrap().to_owned(),
                protocol: row["protocol"].as_str().unwrap().to_owned(),
                rows: Vec::new(),
            }),
        }
    }
    services
}

impl Parts {
    fn new() -> Self {
        Self {
            requests: Suite::new("oracle requests"),
            responses: Suite::new("oracle responses"),
            errors: Suite::new("oracle errors"),
        }
    }
}

fn config() -> Config {
    let config = Config::builder().isolated().region("us-east-1").max_attempts(1).unsigned();
    config.build().unwrap()
}

impl Service {
    fn run(&self) -> Parts {
        let mut parts = Parts::new();
        // what a response is a response to
        let mut params = HashMap::new();
        for row in &self.rows {
            let (id, operation) = (row["id"].as_str().unwrap(), row["op"].as_str().unwrap());
            match row["kind"].as_str().unwrap() {
                "response" => parts.responses.case(id, || {
                    let given = params.get(operation).cloned().unwrap_or_else(|| json!({}));
                    self.response(row, operation, given)
                }),
                "error" => parts.errors.case(id, || {
                    let given = params.get(operation).cloned().unwrap_or_else(|| json!({}));
                    self.error(row, operation, given)
                }),
                kind => {
                    if kind == "min" {
                        params.insert(operation, row["params"].clone());
                    }
                    parts.requests.case(id, || self.request(row, operation));
                }
            }
        }
        parts
    }

    fn request(&self, row: &Value, operation: &str) -> Verdict {
        let mut params = row["params"].clone();
        for member in row["auto_idempotency"].as_array().into_iter().flatten() {
            params[member.as_str().unwrap()] = "00000000-0000-4000-8000-000000000000".into();
        }
        let replay = Arc::new(Replay::new().answer(200, &[], ""));
        let client = Client::with_transport(config(), replay.clone()).unwrap();
        let result = client.call(&self.name, operation, params);
        match &replay.sent()[..] {
            [sent] => same_request(&self.protocol, sent, &row["request"]).into(),
            _ => Verdict::Failed(format!("nothing was sent: {result:?}")),
        }
    }

    /// Calls an operation and gives it this row's answer.
    fn answered(&self, row: &Value, operation: &str, params: Value) -> Result<Value, Error> {
        let response = &row["response"];
        let headers: Vec<(&str, &str)> = (response["headers"].as_object().unwrap().iter())
            .map(|(name, value)| (&**name, value.as_str().unwrap()))
            .collect();
        let status = response["status"].as_u64().unwrap() as u16;
        let replay = Replay::new().answer(status, &headers, body(response));
        let client = Client::with_transport(config(), replay).unwrap();
        client.call(&self.name, operation, params)
    }

    fn response(&self, row: &Value, operation: &str, params: Value) -> Verdict {
        match self.answered(row, operation, params) {
            Ok(found) => compare::json(&found, &row["result"]).into(),
            Err(error) => Verdict::Failed(error.to_string()),
        }
    }

    fn error(&self, row: &Value, operation: &str, params: Value) -> Verdict {
        let error = match self.answered(row, operation, params) {
            Ok(found) => return Verdict::Failed(format!("no error but {found}")),
            Err(error) => error,
        };
        let Some(found) = error.service_error() else {
            return Verdict::Failed(error.to_string());
        };
        let expected = &row["error"];
        let same = compare::equal("the code", &json!(found.code), &expected["Error"]["Code"])
            .and_then(|()| compare::equal("the message", &json!(found.message), &expected["Error"]["Message"]))
            .and_then(|()| compare::equal("the shape", &json!(found.shape), &row["modeled"]))
            .and_then(|()| same_id(found.request_id.as_deref(), &row["metadata"]));
        same.into()
    }
}

fn same_id(found: Option<&str>, metadata: &Value) -> Result<(), String> {
    compare::equal("the request id", &json!(found), &metadata["RequestId"])
}

fn body(of: &Value) -> Vec<u8> {
    match (&of["body"], &of["body_base64"]) {
        (_, Value::String(text)) => BASE64_STANDARD.decode(text).unwrap(),
        (Value::String(text), _) => text.clone().into_bytes(),
        _ => Vec::new(),
    }
}

/// Headers that belong to the connection or to who sends, not to the operation.
const OWN_HEADERS: [&str; 8] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-amz-user-agent",
];

fn same_request(protocol: &str, sent: &Sent, expected: &Value) -> Result<(), String> {
    compare::equal("the method", sent.method.as_str(), expected["method"].as_str().unwrap())?;
    let url = expected["url"].as_str().unwrap();
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let uri = sent.uri.to_string();
    let (found_place, found_query) = uri.split_once('?').unwrap_or((&uri, ""));
    compare::equal("the URL", found_place, place)?;
    compare::query(found_query, query)?;
    let headers = |names: Vec<(String, String)>| {
        let mut names: Vec<_> = names.into_iter().filter(|(n, _)| !OWN_HEADERS.contains(&&**n)).collect();
        names.sort();
        names
    };
    let found = sent.headers.iter();
    let found = found.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    let wanted = expected["headers"].as_object().unwrap().iter();
    let wanted = wanted.map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned()));
    compare::equal("the headers", &headers(found.collect()), &headers(wanted.collect()))?;
    let content_type = expected["headers"]["content-type"].as_str().unwrap_or_default();
    same_body(protocol, content_type, &sent.body, &body(expected))
}

fn same_body(protocol: &str, content_type: &str, found: &[u8], expected: &[u8]) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| format!("not UTF-8: {bytes:02x?}"));
    match protocol {
        "smithy-rpc-v2-cbor" => compare::cbor(found, expected),
        "query" | "ec2" => compare::form(&text(found)?, &text(expected)?),
        "rest-xml" if expected.starts_with(b"<") => compare::xml(&text(found)?, &text(expected)?),
        "json" | "rest-json" if content_type.contains("json") || expected.starts_with(b"{") => {
            let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|e| e.to_string());
            compare::json(&value(found)?, &value(expected)?)
        }
        _ => Err(format!("the body: found {:?}, expected {:?}", text(found), text(expected))),
    }
}
