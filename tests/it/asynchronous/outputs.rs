//! The events of all operations that respond with a stream of them, found in the models and made of the models' shapes.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tucuxi::eventstream::{self, HeaderValue, Message};
use tucuxi::transport::Replay;
use tucuxi::{AsyncClient, ErrorKind};

use super::on_one_thread;
use crate::support::asynchronous::all;
use crate::support::client::{IntoClient, isolated};

/// An operation that responds with a stream of events.
struct Streaming {
    service: String,
    operation: String,
    model: Value,
    /// The names of the output's union of events, and of the input's, if the operation takes events, too.
    receives: String,
    sends: Option<String>,
}

/// The name of the union of events that is a member of a structure.
fn stream_of(model: &Value, reference: &Value) -> Option<String> {
    let members = shape(model, reference)["members"].as_object()?;
    let mut streams = members.values().filter(|member| {
        member["eventstream"] == true || shape(model, member)["eventstream"] == true
    });
    Some(streams.next()?["shape"].as_str()?.to_owned())
}

fn shape<'m>(model: &'m Value, reference: &Value) -> &'m Value {
    &model["shapes"][reference["shape"].as_str().unwrap_or_default()]
}

fn operations() -> Vec<Streaming> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models");
    let entries = |path: &Path| {
        let read = std::fs::read_dir(path).unwrap();
        let mut paths: Vec<_> = read.map(|entry| entry.unwrap().path()).collect();
        paths.sort_unstable();
        paths
    };
    let mut found = Vec::new();
    for service in entries(&root).iter().filter(|path| path.is_dir()) {
        let newest = entries(service).pop().unwrap();
        let text = std::fs::read_to_string(newest.join("service-2.json")).unwrap();
        if !text.contains("\"eventstream\"") {
            continue;
        }
        let model: Value = serde_json::from_str(&text).unwrap();
        for (name, operation) in model["operations"].as_object().unwrap() {
            if let Some(receives) = stream_of(&model, &operation["output"]) {
                found.push(Streaming {
                    service: service.file_name().unwrap().to_string_lossy().into_owned(),
                    operation: name.clone(),
                    sends: stream_of(&model, &operation["input"]),
                    receives,
                    model: model.clone(),
                });
            } else {
                let sends = stream_of(&model, &operation["input"]);
                assert_eq!(sends, None, "{name} sends events in one direction");
            }
        }
    }
    found
}

/// A value as it is sent, and as a result has it.
type Sample = (Value, Value);

fn same(value: Value) -> Sample {
    (value.clone(), value)
}

impl Streaming {
    fn is_rest(&self) -> bool {
        self.model["metadata"]["protocol"]
            .as_str()
            .unwrap()
            .starts_with("rest")
    }

    fn is_xml(&self) -> bool {
        self.model["metadata"]["protocol"] == "rest-xml"
    }

    /// A value of a shape. `inside` are the shapes around it: no sample has itself inside.
    fn sample(&self, name: &str, is_input: bool, inside: &[&str]) -> Option<Sample> {
        if inside.contains(&name) {
            return None;
        }
        let inside = [inside, &[name]].concat();
        let shape = &self.model["shapes"][name];
        let of = |member: &Value| self.sample(member["shape"].as_str()?, is_input, &inside);
        Some(match shape["type"].as_str()? {
            "boolean" => same(json!(true)),
            "integer" | "long" => same(json!(shape["min"].as_i64().unwrap_or(7))),
            "float" | "double" => same(json!(0.5)),
            "blob" => same(json!("AAH/")),
            "timestamp" => {
                let text = json!("2026-01-02T03:04:05Z");
                match shape["timestampFormat"].as_str() {
                    Some("iso8601") => same(text),
                    _ => (json!(1_767_323_045), text),
                }
            }
            "string" => match (&shape["enum"][0], shape["min"].as_u64()) {
                (Value::String(first), _) => same(json!(first)),
                (_, least) => same(json!("f".repeat(least.unwrap_or(1).max(1) as usize))),
            },
            "list" => {
                let (wire, result) = of(&shape["member"]).unzip();
                (json!(Vec::from_iter(wire)), json!(Vec::from_iter(result)))
            }
            "map" => {
                let (wire, result) = of(&shape["value"])?;
                let key = of(&shape["key"])?.0.as_str()?.to_owned();
                (json!({&key: wire}), json!({&key: result}))
            }
            "structure" if shape["document"] == true => same(json!({"fish": [1, null, "é"]})),
            "structure" => {
                let required = shape["required"].as_array();
                let is_required =
                    |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
                let (mut wire, mut result) = (Map::new(), Map::new());
                for (name, member) in shape["members"].as_object()? {
                    let is_wanted = match is_input {
                        true => is_required(name) || shape["union"] == true,
                        false => true,
                    };
                    let Some((sent, received)) = is_wanted.then(|| of(member)).flatten() else {
                        continue;
                    };
                    wire.insert(self.wire_name(name, member).into(), sent);
                    result.insert(name.clone(), received);
                    if shape["union"] == true {
                        break;
                    }
                }
                (wire.into(), result.into())
            }
            other => panic!("{name} is a {other}"),
        })
    }

    fn wire_name<'n>(&self, name: &'n str, member: &'n Value) -> &'n str {
        let renamed = member["locationName"].as_str();
        renamed.filter(|_| self.is_rest()).unwrap_or(name)
    }

    /// A document in the format of the protocol.
    fn document(&self, value: &Value) -> String {
        if !self.is_xml() {
            return value.to_string();
        }
        let parts = value.as_object().unwrap().iter();
        let parts = parts.map(|(name, value)| format!("<{name}>{value}</{name}>"));
        format!("<Doc>{}</Doc>", parts.collect::<String>())
    }

    /// The message of an event with all of its members, and the event.
    fn event(&self, name: &str, member: &Value) -> (Message, Value) {
        let shape = shape(&self.model, member);
        let (mut headers, mut payload) = (Vec::new(), None);
        let (mut document, mut result) = (Map::new(), Map::new());
        for (name, member) in shape["members"].as_object().unwrap() {
            let kind = &self.model["shapes"][member["shape"].as_str().unwrap()]["type"];
            let sample = self.sample(member["shape"].as_str().unwrap(), false, &[]);
            let (sent, received) = sample.unwrap();
            let wire_name = self.wire_name(name, member);
            if member["eventheader"] == true {
                headers.push((wire_name.to_owned(), header(&sent)));
            } else if member["eventpayload"] == true {
                payload = Some(match kind.as_str() {
                    Some("blob") => BASE64_STANDARD.decode(sent.as_str().unwrap()).unwrap(),
                    Some("string") => sent.as_str().unwrap().into(),
                    _ => self.document(&sent).into(),
                });
            } else {
                document.insert(wire_name.into(), sent);
            }
            result.insert(name.clone(), received);
        }
        let payload = payload.unwrap_or_else(|| self.document(&document.into()).into());
        let mut message = Message::new(payload)
            .with(":message-type", text("event"))
            .with(":event-type", text(self.wire_name(name, member)));
        for (name, value) in headers {
            message = message.with(&name, value);
        }
        (message, json!({name: result}))
    }

    /// The events and the exceptions of the stream.
    fn events(&self) -> (Vec<(Message, Value)>, Vec<String>) {
        let members = self.model["shapes"][&self.receives]["members"].as_object();
        let (mut events, mut exceptions) = (Vec::new(), Vec::new());
        for (name, member) in members.unwrap() {
            match shape(&self.model, member)["exception"] == true {
                true => exceptions.push(name.clone()),
                false => events.push(self.event(name, member)),
            }
        }
        (events, exceptions)
    }

    /// The body of a response with these messages.
    fn body(&self, messages: &[&Message]) -> Vec<u8> {
        let first = Message::new("{}")
            .with(":message-type", text("event"))
            .with(":event-type", text("initial-response"));
        let first = (!self.is_rest()).then_some(&first);
        let all = first.into_iter().chain(messages.iter().copied());
        all.flat_map(|message| message.encode().unwrap()).collect()
    }

    fn params(&self) -> Value {
        let input = &self.model["operations"][&self.operation]["input"]["shape"];
        let mut params = self.sample(input.as_str().unwrap(), true, &[]).unwrap().1;
        let params = params.as_object_mut().unwrap();
        // the events are given apart
        let members = &self.model["shapes"][input.as_str().unwrap()]["members"];
        params.retain(|name, _| members[name]["shape"].as_str() != self.sends.as_deref());
        if let Some(arn) = params.get_mut("ConsumerARN") {
            *arn = json!("arn:aws:kinesis:eu-west-1:123456789012:stream/s/consumer/c:1");
        }
        params.clone().into()
    }

    /// The items of the stream of a response with this body: of the async client, and of the blocking one, if that can call the
    /// operation.
    fn read(&self, body: &[u8]) -> Vec<Vec<tucuxi::Result<Value>>> {
        let headers = [("content-type", "application/vnd.amazon.eventstream")];
        let replay = || Replay::new().respond(200, &headers, body.to_vec());
        let config = isolated().unsigned().endpoint_url("http://localhost:1");
        let config = config.inject_host_prefix(false).max_attempts(1);
        let client = AsyncClient::with_transport(config.clone().build().unwrap(), replay());
        let client = client.unwrap();
        let request = client.request(&self.service, &self.operation);
        let request = match self.sends {
            Some(_) => request.events(eventstream::channel(1).1),
            None => request,
        };
        let request = request.params(self.params());
        let streamed = async { all(request.send().await.unwrap().events.unwrap()).await };
        let mut read = vec![on_one_thread(streamed)];
        let (blocking, _) = config.replay(replay());
        let request = blocking.request(&self.service, &self.operation);
        match (request.params(self.params()).send(), &self.sends) {
            (Ok(output), None) => read.push(output.events.unwrap().collect()),
            (Err(error), Some(_)) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains("feature `async`"), "{error}");
            }
            (found, _) => panic!("{}: {found:?}", self.operation),
        }
        read
    }
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::String(text.into())
}

fn header(value: &Value) -> HeaderValue {
    match value {
        Value::Bool(yes) => HeaderValue::Bool(*yes),
        Value::Number(number) => HeaderValue::Int(number.as_i64().unwrap() as i32),
        Value::String(string) => text(string),
        other => panic!("{other} is no header"),
    }
}

#[test]
fn every_event_of_every_operation_is_decoded() {
    let operations = operations();
    let sends = operations.iter().filter(|one| one.sends.is_some()).count();
    assert_eq!((operations.len(), sends), (25, 5));
    let mut kinds = 0;
    for operation in &operations {
        let name = format!("{}.{}", operation.service, operation.operation);
        let (events, _) = operation.events();
        let unknown = Message::new("?")
            .with(":message-type", text("event"))
            .with(":event-type", text("of-tomorrow"));
        let mut messages: Vec<&Message> = events.iter().map(|(message, _)| message).collect();
        messages.insert(messages.len() / 2, &unknown);
        for items in operation.read(&operation.body(&messages)) {
            let found: Vec<Value> = items.into_iter().map(Result::unwrap).collect();
            let expected: Vec<&Value> = events.iter().map(|(_, event)| event).collect();
            assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found, expected, "{name}");
            }
        }
        kinds += events.len();
    }
    println!("{kinds} kinds of events of {} operations", operations.len());
}

#[test]
fn every_exception_of_every_operation_ends_the_stream() {
    for operation in operations() {
        let name = format!("{}.{}", operation.service, operation.operation);
        let (events, mut exceptions) = operation.events();
        let (message, event) = &events[0];
        exceptions.push("of-tomorrow".into());
        for exception in exceptions {
            let failed = Message::new(r#"{"message": "no more fish"}"#)
                .with(":message-type", text("exception"))
                .with(":exception-type", text(&exception));
            let body = operation.body(&[message, message, &failed, message]);
            for items in operation.read(&body) {
                let [Ok(first), Ok(second), Err(error)] = &items[..] else {
                    panic!("{name}: {exception}: {items:?}");
                };
                assert_eq!((first, second), (event, event), "{name}");
                assert_eq!(error.code(), Some(&*exception), "{name}: {error}");
                if !operation.is_xml() {
                    assert!(error.to_string().contains("no more fish"), "{error}");
                }
            }
        }
    }
}
