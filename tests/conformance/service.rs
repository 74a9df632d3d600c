//! Services that are defined by a case, and conversion of its values to our convention.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::config::ParameterValidation;
use tucuxi::model::Memory;
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{Client, Error};

use crate::support::client::isolated;

/// Completes a model with the members that small ones omit.
pub(crate) fn complete(mut model: Value) -> Value {
    let defaults = json!({
        "apiVersion": "2020-01-01", "endpointPrefix": "case", "serviceId": "Case", "signatureVersion": "v4",
        "jsonVersion": "1.1", "targetPrefix": "Case", "protocol": "json",
    });
    for (name, value) in defaults.as_object().unwrap() {
        let metadata = model["metadata"].as_object_mut().unwrap();
        metadata.entry(name).or_insert_with(|| value.clone());
    }
    for operation in model["operations"].as_object_mut().unwrap().values_mut() {
        let operation = operation.as_object_mut().unwrap();
        let http = json!({"method": "POST", "requestUri": "/"});
        operation.entry("http").or_insert(http);
    }
    model
}

/// A client of the model's service, which is named `case`.
pub(crate) fn client(model: &Value, endpoint: &str, replay: Replay) -> (Client, Arc<Replay>) {
    let models = Memory::new()
        .with("case/1/service-2", model.to_string())
        .with("partitions", r#"{"partitions": []}"#);
    let config = isolated()
        .region("us-east-1")
        .endpoint_url(endpoint)
        .max_attempts(1)
        .parameter_validation(ParameterValidation::Disabled)
        .unsigned()
        .build()
        .unwrap();
    let replay = Arc::new(replay);
    let client = Client::with_models(config, replay.clone(), models).unwrap();
    (client, replay)
}

/// The request of a call.
pub(crate) fn request(
    model: &Value,
    endpoint: &str,
    operation: &str,
    params: Value,
) -> Result<SentRequest, String> {
    let (client, replay) = client(model, endpoint, Replay::new().respond(200, &[], ""));
    let result = client.call("case", operation, params);
    let sent = replay.sent().pop();
    sent.ok_or_else(|| format!("nothing was sent: {:?}", result.map_err(|e| e.to_string())))
}

/// The result of a call, which has to be the same as a value and as a tree.
pub(crate) fn result(
    client: &Client,
    service: &str,
    operation: &str,
    params: Value,
) -> Result<Value, Error> {
    let request = client.request(service, operation).params(params);
    let output = request.send_buffered()?;
    let (value, tree) = (output.to_value(), output.to_tree());
    let tree = tree.map(|tree| serde_json::to_string(&tree).unwrap()).ok();
    let text = value.as_ref().map(Value::to_string).ok();
    assert_eq!(tree, text, "{service} {operation} as a tree");
    value
}

/// The result of a call with this response.
pub(crate) fn answer(
    model: &Value,
    operation: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Value, Error> {
    let replay = Replay::new().respond(status, headers, body);
    let (client, _) = client(model, "https://example.com", replay);
    result(&client, "case", operation, json!({}))
}

/// Converts the scalars of a value with a known shape.
pub(crate) struct Convert<'a> {
    pub(crate) shapes: &'a Value,
    pub(crate) blob: fn(&Value) -> Value,
    pub(crate) timestamp: fn(&Value) -> Value,
}

impl Convert<'_> {
    /// Converts the scalars of a value of this shape.
    pub(crate) fn value(&self, shape: &str, value: &Value) -> Value {
        let definition = &self.shapes[shape];
        let target = |part: &Value| part["shape"].as_str().unwrap_or_default().to_owned();
        match (definition["type"].as_str(), value) {
            (_, Value::Null) => Value::Null,
            (Some("blob"), _) => (self.blob)(value),
            (Some("timestamp"), _) => (self.timestamp)(value),
            (Some("list"), Value::Array(items)) => {
                let of = target(&definition["member"]);
                items.iter().map(|item| self.value(&of, item)).collect()
            }
            (Some("map"), Value::Object(entries)) => {
                let of = target(&definition["value"]);
                let entry = |(key, value): (&String, &Value)| (key.clone(), self.value(&of, value));
                Value::Object(entries.iter().map(entry).collect())
            }
            (Some("structure"), Value::Array(events)) => events
                .iter()
                .map(|event| self.value(shape, event))
                .collect(),
            (Some("structure"), Value::Object(members)) if definition["document"] != true => {
                let member = |(name, value): (&String, &Value)| {
                    let of = target(&definition["members"][name]);
                    (name.clone(), self.value(&of, value))
                };
                Value::Object(members.iter().map(member).collect())
            }
            _ => value.clone(),
        }
    }
}

/// Encodes text as base64.
pub(crate) fn base64_of_text(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => BASE64_STANDARD.encode(text).into(),
        None => value.clone(),
    }
}

/// Writes seconds since 1970 as a timestamp.
pub(crate) fn text_of_epoch(value: &Value) -> Value {
    match value.as_f64() {
        Some(seconds) => {
            let millis = (seconds * 1000.0).round() as i64;
            jiff::Timestamp::from_millisecond(millis)
                .unwrap()
                .to_string()
                .into()
        }
        None => value.clone(),
    }
}

/// Keeps the value.
pub(crate) fn same(value: &Value) -> Value {
    value.clone()
}
