//! Event stream messages, and whole streams of operations.

use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::Error;
use tucuxi::eventstream::{HeaderValue, Message};
use tucuxi::transport::Replay;

use crate::compare;
use crate::suite::{Suite, Verdict, files, finish, folder, json as read};
use crate::support::client::{IntoClient, isolated};

#[test]
fn eventstream() {
    let Some(root) = folder("eventstream") else {
        return;
    };
    let mut binary = Suite::new("eventstream smithy-rs");
    for file in files(&root.join("smithy-rs"), "") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        binary.case(&name, || {
            let bytes = std::fs::read(&file).unwrap();
            let found = messages(&mut &bytes[..]);
            match found.is_ok() == name.starts_with("valid") {
                true => Verdict::Passed,
                false => Verdict::Failed(format!("{found:?}")),
            }
        });
    }
    let mut single = Suite::new("eventstream messages");
    for case in read(&root.join("messages.json"))["cases"]
        .as_array()
        .unwrap()
    {
        single.case(case["description"].as_str().unwrap(), || message(case));
    }
    let mut whole = Suite::new("eventstream operations");
    for case in read(&root.join("operations.json"))["cases"]
        .as_array()
        .unwrap()
    {
        let id = format!(
            "{}.{}: {}",
            text(case, "service"),
            text(case, "operation"),
            text(case, "variant")
        );
        whole.case(&id, || operation(case));
    }
    finish([binary, single, whole]);
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text(value, name)).unwrap()
}

fn messages(from: &mut impl Read) -> Result<Vec<Message>, String> {
    let mut found = Vec::new();
    while let Some(message) = Message::read(from).map_err(|e| e.to_string())? {
        found.push(message);
    }
    Ok(found)
}

/// Returns at most this number of bytes per read.
struct Pieces<'b>(&'b [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

fn message(case: &Value) -> Verdict {
    let given = bytes(case, "message_base64");
    let piece = case["chunk"].as_u64().map_or(usize::MAX, |n| n as usize);
    let found = messages(&mut Pieces(&given, piece));
    match text(case, "kind") {
        "corrupt" => match found {
            Err(_) => Verdict::Passed,
            Ok(found) => Verdict::Failed(format!("it is read as {found:?}")),
        },
        kind => {
            let same = found.and_then(|found| {
                let expected = case["decoded_by_botocore"]["messages"].as_array().unwrap();
                let shown: Vec<Value> = found.iter().map(shown).collect();
                if kind == "encode+decode" {
                    let written = written(case).encode().map_err(|e| e.to_string())?;
                    compare::equal("the bytes", &written, &given)?;
                }
                compare::json(&shown.into(), &Value::from(expected.clone()))
            });
            same.into()
        }
    }
}

/// A message in the form of the expectation: headers by name, times in milliseconds.
fn shown(message: &Message) -> Value {
    let mut headers = json!({});
    for (name, value) in &message.headers {
        headers[&**name] = match value {
            HeaderValue::Bool(yes) => json!(yes),
            HeaderValue::Byte(n) => json!(n),
            HeaderValue::Short(n) => json!(n),
            HeaderValue::Int(n) => json!(n),
            HeaderValue::Long(n) | HeaderValue::Timestamp(n) => json!(n),
            HeaderValue::Bytes(bytes) => json!(BASE64_STANDARD.encode(bytes)),
            HeaderValue::String(text) => json!(text),
            HeaderValue::Uuid(uuid) => json!(BASE64_STANDARD.encode(uuid)),
        };
    }
    json!({"headers": headers, "payload_base64": BASE64_STANDARD.encode(&message.payload)})
}

fn written(case: &Value) -> Message {
    let mut message = Message::new(bytes(case, "payload_base64"));
    for header in case["headers"].as_array().unwrap() {
        let value = &header["value"];
        let number = || value.as_i64().unwrap();
        let value = match text(header, "type") {
            "bool" => HeaderValue::Bool(value.as_bool().unwrap()),
            "byte" => HeaderValue::Byte(number() as i8),
            "short" => HeaderValue::Short(number() as i16),
            "int" => HeaderValue::Int(number() as i32),
            "long" => HeaderValue::Long(number()),
            "timestamp" => HeaderValue::Timestamp(number()),
            "bytes" => HeaderValue::Bytes(bytes(header, "value").into()),
            "uuid" => HeaderValue::Uuid(bytes(header, "value").try_into().unwrap()),
            _ => HeaderValue::String(text(header, "value").into()),
        };
        message = message.with(text(header, "name"), value);
    }
    message
}

const HEADERS: [(&str, &str); 1] = [("content-type", "application/vnd.amazon.eventstream")];

/// Reads the events, up to the error if the stream ends with one.
fn events(case: &Value) -> Result<(Value, Option<Error>), Error> {
    let config = isolated().region("us-east-1").unsigned().max_attempts(1);
    let replay = Replay::new().respond(200, &HEADERS, bytes(case, "body_base64"));
    let client = config.over(replay);
    let request = client.request(text(case, "service"), text(case, "operation"));
    let output = request.params(case["params"].clone()).send()?;
    let mut value = output.to_value()?;
    let mut collected = Vec::new();
    let mut fault = None;
    for event in output.events.into_iter().flatten() {
        match event {
            Ok(event) => collected.push(event),
            Err(error) => fault = Some(error),
        }
    }
    // the only member of the expectation that is a list
    let stream = case["result"]
        .as_object()
        .into_iter()
        .flatten()
        .find(|(_, value)| value.is_array());
    if let Some((name, _)) = stream {
        value[name] = collected.into();
    }
    Ok((value, fault))
}

fn operation(case: &Value) -> Verdict {
    let expected = &case["stream_error"];
    let (found, fault) = match events(case) {
        Ok(found) => found,
        // the part before any event
        Err(error) => (Value::Null, Some(error)),
    };
    let same = match (&fault, text(expected, "class")) {
        (None, "") => Ok(()),
        (Some(error), "EventStreamError") => match error.service_error() {
            // botocore has no code for an exception that is not in the model; this crate has
            Some(_) if text(&expected["error"], "Code").is_empty() => Ok(()),
            Some(service) => {
                compare::equal("the code", &*service.code, text(&expected["error"], "Code"))
                    .and_then(|()| {
                        compare::equal(
                            "the message",
                            &*service.message,
                            text(&expected["error"], "Message"),
                        )
                    })
            }
            None => Err(error.to_string()),
        },
        // a malformed stream has no code, and a truncated one is an error in this crate
        (Some(error), _) if error.service_error().is_none() => Ok(()),
        (found, _) => Err(format!(
            "the stream ended with {found:?}, expected {expected}"
        )),
    };
    match same {
        Ok(()) if found.is_null() => Verdict::Passed,
        Ok(()) => compare::json(&found, &case["result"]).into(),
        Err(what) => Verdict::Failed(what),
    }
}
