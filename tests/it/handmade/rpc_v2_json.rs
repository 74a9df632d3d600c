//! Smithy RPC v2 with JSON, by the cases of its specification: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2-json.html>.

use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::model::Memory;
use tucuxi::transport::Replay;

use crate::unsigned;

fn model() -> Value {
    let structure = |members: Value| {
        let members = members.as_object().unwrap().iter();
        let members = members.map(|(name, target)| {
            let target = target.as_str().unwrap();
            let target = match target.strip_prefix('#') {
                Some(own) => format!("t#{own}"),
                None => format!("smithy.api#{target}"),
            };
            (name.clone(), json!({"target": target}))
        });
        json!({"type": "structure", "members": members.collect::<serde_json::Map<_, _>>()})
    };
    let mut shapes = json!({
        "t#Scalars": structure(json!({
            "trueBooleanValue": "Boolean", "falseBooleanValue": "Boolean", "byteValue": "Byte", "doubleValue": "Double",
            "floatValue": "Float", "integerValue": "Integer", "longValue": "Long", "shortValue": "Short",
            "stringValue": "String", "blobValue": "Blob",
        })),
        "t#Times": structure(json!({
            "dateTime": "#DateTime", "httpDate": "#HttpDate", "epochSeconds": "#EpochSeconds", "normal": "Timestamp",
        })),
        "t#DateTime": {"type": "timestamp", "traits": {"smithy.api#timestampFormat": "date-time"}},
        "t#HttpDate": {"type": "timestamp", "traits": {"smithy.api#timestampFormat": "http-date"}},
        "t#EpochSeconds": {"type": "timestamp", "traits": {"smithy.api#timestampFormat": "epoch-seconds"}},
        "t#Decimal": structure(json!({"value": "BigDecimal"})),
        "t#Integer": structure(json!({"value": "BigInteger"})),
        "t#Recursive": structure(json!({"foo": "String", "nested": "#Recursive", "list": "#Sparse"})),
        "t#Sparse": {"type": "list", "member": {"target": "smithy.api#String"}, "traits": {"smithy.api#sparse": {}}},
        "t#Empty": structure(json!({})),
        // names of other protocols have no effect
        "t#Named": {"type": "structure", "members": {"value": {"target": "smithy.api#String", "traits": {
            "smithy.api#jsonName": "other", "smithy.api#httpHeader": "x-value"}}}},
        "t#InvalidGreeting": structure(json!({"Message": "String"})),
        "t#ComplexError": structure(json!({"TopLevel": "String", "Nested": "#Recursive"})),
    });
    for name in ["t#InvalidGreeting", "t#ComplexError"] {
        shapes[name]["traits"] = json!({"smithy.api#error": "client"});
    }
    let errors = json!([{"target": "t#InvalidGreeting"}, {"target": "t#ComplexError"}]);
    let mut operations = Vec::new();
    for name in [
        "Scalars",
        "Times",
        "Decimal",
        "Integer",
        "Recursive",
        "Empty",
        "Named",
    ] {
        let of = json!({"target": format!("t#{name}")});
        let id = format!("t#Do{name}");
        shapes[&id] = json!({"type": "operation", "input": of, "output": of, "errors": errors});
        operations.push(json!({"target": id}));
    }
    shapes["t#DoNothing"] = json!({"type": "operation"});
    operations.push(json!({"target": "t#DoNothing"}));
    shapes["t#RpcV2JsonProtocol"] = json!({
        "type": "service", "version": "2020-07-14", "operations": operations,
        "traits": {"smithy.protocols#rpcv2Json": {}},
    });
    json!({"smithy": "2.0", "shapes": shapes})
}

fn client(replay: Replay) -> (Client, Arc<Replay>) {
    let models = Memory::new().with("t/1/service-2", model().to_string());
    let config = unsigned().endpoint_url("https://t.example");
    let replay = Arc::new(replay);
    let client = Client::with_models(config.build().unwrap(), replay.clone(), models);
    (client.unwrap(), replay)
}

#[test]
fn requests_are_those_of_the_specification() {
    let scalars = r#"{"byteValue":5,"doubleValue":1.889,"falseBooleanValue":false,"floatValue":7.625,"integerValue":256,"longValue":9873,"shortValue":9898,"stringValue":"simple","trueBooleanValue":true,"blobValue":"Zm9v"}"#;
    let number = |value: &str| (json!({"value": value}), format!(r#"{{"value":"{value}"}}"#));
    let cases = [
        ("DoScalars", serde_json::from_str(scalars).unwrap(), scalars.to_owned()),
        ("DoScalars", json!({"doubleValue": "NaN", "floatValue": "NaN"}), r#"{"doubleValue":"NaN","floatValue":"NaN"}"#.into()),
        ("DoScalars", json!({"doubleValue": "-Infinity"}), r#"{"doubleValue":"-Infinity"}"#.into()),
        (
            "DoTimes",
            json!({"dateTime": 946845296, "httpDate": "2000-01-02T20:34:56Z", "epochSeconds": 946845296, "normal": 946845296.5}),
            r#"{"dateTime":946845296,"httpDate":946845296,"epochSeconds":946845296,"normal":946845296.5}"#.into(),
        ),
        ("DoDecimal", json!({"value": 1.5}), r#"{"value":"1.5"}"#.into()),
        ("DoInteger", json!({"value": 42}), r#"{"value":"42"}"#.into()),
        ("DoInteger", json!({"value": u64::MAX}), r#"{"value":"18446744073709551615"}"#.into()),
        ("DoRecursive", json!({"foo": "a", "nested": {"nested": {"foo": "b"}, "list": ["x", null]}}),
            r#"{"foo":"a","nested":{"nested":{"foo":"b"},"list":["x",null]}}"#.into()),
        ("DoEmpty", json!({}), "{}".into()),
        ("DoNamed", json!({"value": "v"}), r#"{"value":"v"}"#.into()),
        ("DoNothing", json!({}), String::new()),
    ];
    let decimals = [
        "0.100000000000000000000001",
        "-0.100000000000000000000001",
        "100000000000000000000001.0",
    ];
    let decimals = decimals
        .map(number)
        .map(|(params, body)| ("DoDecimal", params, body));
    let integers = ["9223372036854775808", "-9223372036854775809"];
    let integers = integers
        .map(number)
        .map(|(params, body)| ("DoInteger", params, body));
    for (operation, params, body) in cases.into_iter().chain(decimals).chain(integers) {
        let (client, replay) =
            client(Replay::new().respond(200, &[("smithy-protocol", "rpc-v2-json")], "{}"));
        client.call("t", operation, params).unwrap();
        let sent = &replay.sent()[0];
        assert_eq!(sent.method, "POST");
        assert_eq!(
            sent.uri.path(),
            format!("/service/RpcV2JsonProtocol/operation/{operation}")
        );
        assert_eq!(String::from_utf8_lossy(&sent.body), body, "{operation}");
        let header = |name: &str| sent.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("smithy-protocol"), Some("rpc-v2-json"));
        assert_eq!(header("accept"), Some("application/json"));
        let content_type = (operation != "DoNothing").then_some("application/json");
        assert_eq!(header("content-type"), content_type, "{operation}");
        assert_eq!(header("x-amz-target"), None);
        assert_eq!(header("x-value"), None);
    }
}

#[test]
fn responses_are_read_as_the_specification_says() {
    let cases = [
        ("DoNothing", "", json!({})),
        ("DoNothing", "{}", json!({})),
        ("DoEmpty", "", json!({})),
        ("DoEmpty", "{}", json!({})),
        ("DoScalars", r#"{"stringValue":null}"#, json!({})),
        (
            "DoScalars",
            r#"{"byteValue":5,"extraObject":{"a":[1,2]},"blobValue":"Zm9v","doubleValue":"-Infinity","floatValue":"NaN"}"#,
            json!({"byteValue": 5, "blobValue": "Zm9v", "doubleValue": "-Infinity", "floatValue": "NaN"}),
        ),
        (
            "DoTimes",
            r#"{"dateTime":946845296,"httpDate":946845296,"epochSeconds":946845296.123,"normal":946845296}"#,
            json!({"dateTime": "2000-01-02T20:34:56Z", "httpDate": "2000-01-02T20:34:56Z",
                "epochSeconds": "2000-01-02T20:34:56.123Z", "normal": "2000-01-02T20:34:56Z"}),
        ),
        ("DoDecimal", r#"{"value":"1.5"}"#, json!({"value": 1.5})),
        (
            "DoDecimal",
            r#"{"value":"0.100000000000000000000001"}"#,
            json!({"value": "0.100000000000000000000001"}),
        ),
        (
            "DoDecimal",
            r#"{"value":"100000000000000000000001.0"}"#,
            json!({"value": "100000000000000000000001.0"}),
        ),
        ("DoInteger", r#"{"value":"42"}"#, json!({"value": 42})),
        (
            "DoInteger",
            r#"{"value":"9223372036854775808"}"#,
            json!({"value": 9223372036854775808_u64}),
        ),
        (
            "DoInteger",
            r#"{"value":"-9223372036854775809"}"#,
            json!({"value": "-9223372036854775809"}),
        ),
        (
            "DoNamed",
            r#"{"value":"v","other":"w"}"#,
            json!({"value": "v"}),
        ),
    ];
    for (operation, body, expected) in cases {
        let headers = [
            ("smithy-protocol", "rpc-v2-json"),
            ("content-type", "application/json"),
        ];
        let (client, _) = client(Replay::new().respond(200, &headers, body));
        let found = client.call("t", operation, json!({}));
        assert_eq!(found.unwrap(), expected, "{operation} {body}");
    }
}

#[test]
fn errors_are_named_by_the_document_alone() {
    let cases = [
        (
            r#"{"__type":"t#InvalidGreeting","Message":"Hi"}"#,
            "InvalidGreeting",
            "Hi",
            json!({"Message": "Hi"}),
        ),
        (
            r#"{"__type":"t#ComplexError","TopLevel":"Top level","Nested":{"foo":"bar"}}"#,
            "ComplexError",
            "",
            json!({"TopLevel": "Top level", "Nested": {"foo": "bar"}}),
        ),
        (
            r#"{"__type":"t#ComplexError"}"#,
            "ComplexError",
            "",
            json!({}),
        ),
        // neither these members nor the header name the error
        (
            r#"{"code":"ComplexError","Code":"ComplexError"}"#,
            "400",
            "",
            json!({}),
        ),
    ];
    for (body, code, message, value) in cases {
        let headers = [
            ("smithy-protocol", "rpc-v2-json"),
            ("x-amzn-errortype", "ComplexError"),
        ];
        let (client, _) = client(Replay::new().respond(400, &headers, body));
        let error = client.call("t", "DoEmpty", json!({})).unwrap_err();
        let found = error.service_error().unwrap();
        assert_eq!((&*found.code, &*found.message), (code, message), "{body}");
        assert_eq!(found.value, value, "{body}");
    }
}
