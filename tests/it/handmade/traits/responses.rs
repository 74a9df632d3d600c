//! Traits that change how a response or an error is read.

use serde_json::{Value, json};
use tucuxi::Error;
use tucuxi::eventstream::Message;
use tucuxi::transport::Replay;

use super::{Service, member};

const XML: &str = "aws.protocols#restXml";

type Headers = &'static [(&'static str, &'static str)];

fn cases() -> Vec<(&'static str, Service, Headers, &'static str, Value)> {
    let plain = Service::default;
    let list = |traits: Value| json!({"type": "list", "member": {"target": "smithy.api#String"}, "traits": traits});
    let map = || json!({"type": "map", "key": {"target": "smithy.api#String"}, "value": {"target": "smithy.api#String"}});
    vec![
        (
            "httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload",
            Service {
                output: json!({"h": member("Integer", json!({"smithy.api#httpHeader": "x-h"})),
                    "p": member("#Map", json!({"smithy.api#httpPrefixHeaders": "x-p-"})),
                    "code": member("Integer", json!({"smithy.api#httpResponseCode": {}})),
                    "body": member("Blob", json!({"smithy.api#httpPayload": {}}))}),
                shapes: json!({"t#Map": map()}),
                ..plain()
            },
            &[("x-h", "7"), ("x-p-a", "1")],
            "raw",
            json!({"h": 7, "p": {"a": "1"}, "code": 200, "body": "cmF3"}),
        ),
        (
            "jsonName",
            Service {
                output: json!({"a": member("String", json!({"smithy.api#jsonName": "b"}))}),
                ..plain()
            },
            &[],
            r#"{"b":"v","a":"other"}"#,
            json!({"a": "v"}),
        ),
        (
            "timestampFormat",
            Service {
                output: json!({"t": member("Timestamp", json!({"smithy.api#timestampFormat": "date-time"}))}),
                ..plain()
            },
            &[],
            r#"{"t":"2026-01-02T03:04:05Z"}"#,
            json!({"t": "2026-01-02T03:04:05Z"}),
        ),
        (
            "default: not added",
            Service {
                output: json!({"a": member("Integer", json!({"smithy.api#default": 7}))}),
                ..plain()
            },
            &[],
            "{}",
            json!({}),
        ),
        (
            "sparse",
            Service {
                output: json!({"l": member("#List", json!({}))}),
                shapes: json!({"t#List": list(json!({"smithy.api#sparse": {}}))}),
                ..plain()
            },
            &[],
            r#"{"l":["a",null]}"#,
            json!({"l": ["a", null]}),
        ),
        (
            "xmlName, xmlAttribute, xmlFlattened",
            Service {
                protocol: XML,
                output: json!({"attr": member("String", json!({"smithy.api#xmlAttribute": {}, "smithy.api#xmlName": "at"})),
                    "flat": member("#List", json!({"smithy.api#xmlFlattened": {}, "smithy.api#xmlName": "item"}))}),
                shapes: json!({"t#List": list(json!({}))}),
                ..plain()
            },
            &[],
            r#"<Out at="v"><item>1</item><item>2</item></Out>"#,
            json!({"attr": "v", "flat": ["1", "2"]}),
        ),
    ]
}

pub(super) fn run() {
    for (name, service, headers, body, expected) in cases() {
        let (client, _) = service.client(Replay::new().respond(200, headers, body));
        let mut found = client.call("t", "Op", json!({})).unwrap();
        let mut expected = expected;
        found.sort_all_objects();
        expected.sort_all_objects();
        assert_eq!(found, expected, "{name}");
    }
    errors();
    events();
}

fn failed(service: &Service, status: u16, body: &'static str) -> Error {
    let (client, _) = service.client(Replay::new().respond(status, &[], body));
    client.call("t", "Op", json!({})).unwrap_err()
}

/// `error`, `httpError`, `retryable`, `awsQueryError`
fn errors() {
    let bad = |more: Value| {
        let mut traits = json!({"smithy.api#error": "client"});
        traits
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"t#Bad": {"type": "structure", "members": {"message": member("String", json!({}))}, "traits": traits}})
    };
    let json_error = r#"{"__type":"Bad","message":"m"}"#;
    for (traits, is_retryable, is_throttling) in [
        (json!({"smithy.api#httpError": 409}), false, false),
        (json!({"smithy.api#retryable": {}}), true, false),
        (
            json!({"smithy.api#retryable": {"throttling": true}}),
            true,
            true,
        ),
    ] {
        let service = Service {
            shapes: bad(traits.clone()),
            ..Service::default()
        };
        let error = failed(&service, 409, json_error);
        assert_eq!(error.code(), Some("Bad"));
        let service_error = error.service_error().unwrap();
        assert_eq!(service_error.shape.as_deref(), Some("Bad"));
        assert_eq!(
            (error.is_retryable(), error.is_throttling()),
            (is_retryable, is_throttling),
            "{traits}"
        );
        let (client, _) = service.client(Replay::new());
        let view = client.introspect().service("t").unwrap();
        let shape = view.shape(view.operation("Op").unwrap().errors[0]).unwrap();
        let status = traits.get("smithy.api#httpError").map(|_| 409);
        assert_eq!(shape.error.as_ref().unwrap().status, status);
    }
    let service = Service {
        protocol: "aws.protocols#awsQuery",
        shapes: bad(
            json!({"aws.protocols#awsQueryError": {"code": "Bad.Code", "httpResponseCode": 402}}),
        ),
        ..Service::default()
    };
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>Bad.Code</Code><Message>m</Message></Error></ErrorResponse>";
    let error = failed(&service, 402, body);
    assert_eq!(error.service_error().unwrap().shape.as_deref(), Some("Bad"));
}

/// `streaming`, `eventHeader`, `eventPayload`
fn events() {
    let service = Service {
        output: json!({"events": member("#Events", json!({"smithy.api#httpPayload": {}}))}),
        shapes: json!({
            "t#Events": {"type": "union", "members": {"word": member("#Word", json!({}))}, "traits": {"smithy.api#streaming": {}}},
            "t#Word": {"type": "structure", "members": {
                "number": member("Integer", json!({"smithy.api#eventHeader": {}})),
                "sound": member("Blob", json!({"smithy.api#eventPayload": {}}))}},
        }),
        ..Service::default()
    };
    let text = |text: &str| tucuxi::eventstream::HeaderValue::String(text.to_owned());
    let message = Message::new("raw")
        .with(":message-type", text("event"))
        .with(":event-type", text("word"))
        .with("number", tucuxi::eventstream::HeaderValue::Int(7));
    let body = message.encode().unwrap();
    let headers = [("content-type", "application/vnd.amazon.eventstream")];
    let (client, _) = service.client(Replay::new().respond(200, &headers, body));
    let output = client.request("t", "Op").send().unwrap();
    let events: Vec<Value> = output
        .events
        .into_iter()
        .flatten()
        .map(Result::unwrap)
        .collect();
    assert_eq!(events, [json!({"word": {"number": 7, "sound": "cmF3"}})]);
}
