//! Traits that change a request.

use serde_json::{Value, json};
use tucuxi::transport::Replay;

use super::{Service, member};

const XML: &str = "aws.protocols#restXml";
const JSON: &str = "aws.protocols#awsJson1_0";

/// The headers that cases show.
const SHOWN: [&str; 10] = [
    "x-h",
    "x-p-a",
    "x-p-b",
    "x-json",
    "content-encoding",
    "content-length",
    "x-amz-checksum-crc32",
    "x-amz-checksum-sha256",
    "x-amz-content-sha256",
    "x-amzn-query-mode",
];

/// The request, in the form `POST https://host/path?query [header: value] body`.
fn sent(service: &Service, params: &Value) -> Result<String, String> {
    let (client, replay) = service.client(Replay::new().respond(200, &[], ""));
    let result = client.request("t", "Op").params(params.clone()).send();
    let Some(sent) = replay.sent().pop() else {
        return Err(result.unwrap_err().to_string());
    };
    let mut out = format!("{} {}", sent.method, sent.uri);
    for name in SHOWN {
        let length = name == "content-length";
        if let Some(value) = sent
            .headers
            .get(name)
            .filter(|_| !length || sent.body.len() > 20_000)
        {
            out += &format!(" [{name}: {}]", value.to_str().unwrap());
        }
    }
    if sent.headers.contains_key("authorization") {
        out += " [signed]";
    }
    match std::str::from_utf8(&sent.body) {
        Ok("") => {}
        Ok(body) => out += &format!(" {body}"),
        Err(_) => {
            out += &format!(
                " ({} bytes)",
                if sent.body.len() < 1000 {
                    "few"
                } else {
                    "many"
                }
            )
        }
    }
    Ok(out)
}

fn cases() -> Vec<(&'static str, Service, Value, &'static str)> {
    let plain = Service::default;
    let text = |traits: Value| member("String", traits);
    let map = |value: &str| json!({"type": "map", "key": {"target": "smithy.api#String"}, "value": {"target": value}});
    let list = |traits: Value| json!({"type": "list", "member": {"target": "smithy.api#String"}, "traits": traits});
    let structure = |traits: Value| json!({"type": "structure", "members": {"a": member("String", json!({}))}, "traits": traits});
    let required = |more: Value| {
        let mut traits = json!({"smithy.api#required": {}});
        traits
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        traits
    };
    vec![
        (
            "http, httpLabel, httpQuery",
            Service {
                operation: json!({"smithy.api#http": {"method": "PUT", "uri": "/a/{id}/{rest+}?fixed=1"}}),
                input: json!({"id": text(required(json!({"smithy.api#httpLabel": {}}))),
                    "rest": text(required(json!({"smithy.api#httpLabel": {}}))), "q": text(json!({"smithy.api#httpQuery": "Q"}))}),
                ..plain()
            },
            json!({"id": "x/y", "rest": "z/w", "q": "a b"}),
            "PUT https://t.example/a/x%2Fy/z/w?fixed=1&Q=a%20b",
        ),
        (
            "httpQueryParams",
            Service {
                input: json!({"q": text(json!({"smithy.api#httpQuery": "q"})), "all": member("#Map", json!({"smithy.api#httpQueryParams": {}}))}),
                shapes: json!({"t#Map": map("smithy.api#String")}),
                ..plain()
            },
            json!({"q": "1", "all": {"r": "2"}}),
            "POST https://t.example/op?q=1&r=2",
        ),
        (
            "httpHeader, httpPrefixHeaders, httpPayload",
            Service {
                input: json!({"h": text(json!({"smithy.api#httpHeader": "x-h"})),
                    "p": member("#Map", json!({"smithy.api#httpPrefixHeaders": "x-p-"})),
                    "body": member("#Inner", json!({"smithy.api#httpPayload": {}}))}),
                shapes: json!({"t#Map": map("smithy.api#String"), "t#Inner": structure(json!({}))}),
                ..plain()
            },
            json!({"h": "v", "p": {"a": "1", "b": "2"}, "body": {"a": "c"}}),
            r#"POST https://t.example/op [x-h: v] [x-p-a: 1] [x-p-b: 2] {"a":"c"}"#,
        ),
        (
            "mediaType: JSON in a header",
            Service {
                input: json!({"j": member("#Json", json!({"smithy.api#httpHeader": "x-json"}))}),
                shapes: json!({"t#Json": {"type": "string", "traits": {"smithy.api#mediaType": "application/json"}}}),
                ..plain()
            },
            json!({"j": {"a": 1}}),
            "POST https://t.example/op [x-json: eyJhIjoxfQ==]",
        ),
        (
            "jsonName",
            Service {
                input: json!({"a": text(json!({"smithy.api#jsonName": "b"}))}),
                ..plain()
            },
            json!({"a": "v"}),
            r#"POST https://t.example/op {"b":"v"}"#,
        ),
        (
            "jsonName has no effect in AWS JSON, nor have HTTP bindings",
            Service {
                protocol: JSON,
                input: json!({"a": text(json!({"smithy.api#jsonName": "b", "smithy.api#httpHeader": "x-h"}))}),
                ..plain()
            },
            json!({"a": "v"}),
            r#"POST https://t.example/ {"a":"v"}"#,
        ),
        (
            "xmlName, xmlAttribute, xmlFlattened, xmlNamespace",
            Service {
                protocol: XML,
                service: json!({"smithy.api#xmlNamespace": {"uri": "https://ns"}}),
                input: json!({"attr": text(json!({"smithy.api#xmlAttribute": {}, "smithy.api#xmlName": "at"})),
                    "flat": member("#List", json!({"smithy.api#xmlFlattened": {}, "smithy.api#xmlName": "item"})),
                    "deep": member("#List", json!({"smithy.api#xmlNamespace": {"uri": "https://p", "prefix": "p"}}))}),
                shapes: json!({"t#List": list(json!({}))}),
                ..plain()
            },
            json!({"attr": "v", "flat": ["1", "2"], "deep": ["3"]}),
            r#"POST https://t.example/op <In xmlns="https://ns" at="v"><item>1</item><item>2</item><deep xmlns:p="https://p"><member>3</member></deep></In>"#,
        ),
        (
            "timestampFormat of members and of shapes",
            Service {
                input: json!({"own": member("#Time", json!({"smithy.api#timestampFormat": "epoch-seconds"})), "of": member("#Time", json!({}))}),
                shapes: json!({"t#Time": {"type": "timestamp", "traits": {"smithy.api#timestampFormat": "http-date"}}}),
                ..plain()
            },
            json!({"own": 0, "of": 0}),
            r#"POST https://t.example/op {"own":0,"of":"Thu, 01 Jan 1970 00:00:00 GMT"}"#,
        ),
        (
            "required",
            Service {
                input: json!({"a": text(required(json!({})))}),
                ..plain()
            },
            json!({}),
            "a: required member is missing",
        ),
        (
            "length",
            Service {
                input: json!({"a": member("#Short", json!({}))}),
                shapes: json!({"t#Short": {"type": "string", "traits": {"smithy.api#length": {"min": 2, "max": 3}}}}),
                ..plain()
            },
            json!({"a": "x"}),
            "a: ",
        ),
        (
            "range",
            Service {
                input: json!({"a": member("#Few", json!({}))}),
                shapes: json!({"t#Few": {"type": "integer", "traits": {"smithy.api#range": {"min": 2}}}}),
                ..plain()
            },
            json!({"a": 1}),
            "a: ",
        ),
        (
            "sparse",
            Service {
                input: json!({"l": member("#List", json!({})), "m": member("#Map", json!({}))}),
                shapes: json!({"t#List": list(json!({"smithy.api#sparse": {}})), "t#Map": {"type": "map",
                    "key": {"target": "smithy.api#String"}, "value": {"target": "smithy.api#String"}, "traits": {"smithy.api#sparse": {}}}}),
                ..plain()
            },
            json!({"l": ["a", null], "m": {"k": null}}),
            r#"POST https://t.example/op {"l":["a",null],"m":{"k":null}}"#,
        ),
        (
            "a list that is not sparse",
            Service {
                input: json!({"l": member("#List", json!({}))}),
                shapes: json!({"t#List": list(json!({}))}),
                ..plain()
            },
            json!({"l": ["a", null]}),
            "l[1]: null is given",
        ),
        (
            "default: not sent",
            Service {
                input: json!({"a": member("Integer", json!({"smithy.api#default": 7})), "b": text(json!({}))}),
                ..plain()
            },
            json!({"b": "v"}),
            r#"POST https://t.example/op {"b":"v"}"#,
        ),
        (
            "endpoint, hostLabel",
            Service {
                operation: json!({"smithy.api#endpoint": {"hostPrefix": "{label}.data."}}),
                input: json!({"label": text(required(json!({"smithy.api#hostLabel": {}})))}),
                ..plain()
            },
            json!({"label": "x1"}),
            r#"POST https://x1.data.t.example/op {"label":"x1"}"#,
        ),
        (
            "httpChecksum",
            Service {
                operation: json!({"aws.protocols#httpChecksum": {"requestChecksumRequired": true, "requestAlgorithmMember": "algorithm"}}),
                input: json!({"algorithm": text(json!({"smithy.api#httpHeader": "x-amz-sdk-checksum-algorithm"})), "a": text(json!({}))}),
                ..plain()
            },
            json!({"algorithm": "SHA256", "a": "v"}),
            r#"POST https://t.example/op [x-amz-checksum-sha256: kA6ET++aosbwDlLR34JL+U8meVs813JBmD/l1sjBp2I=] {"a":"v"}"#,
        ),
        (
            "httpChecksumRequired",
            Service {
                operation: json!({"smithy.api#httpChecksumRequired": {}}),
                input: json!({"a": text(json!({}))}),
                ..plain()
            },
            json!({"a": "v"}),
            r#"POST https://t.example/op [x-amz-checksum-crc32: "#,
        ),
        (
            "requestCompression",
            Service {
                operation: json!({"smithy.api#requestCompression": {"encodings": ["gzip"]}}),
                input: json!({"a": text(json!({}))}),
                ..plain()
            },
            json!({"a": "v".repeat(20_000)}),
            "POST https://t.example/op [content-encoding: gzip] (few bytes)",
        ),
        (
            "sigv4",
            Service {
                is_signed: true,
                input: json!({"a": text(json!({}))}),
                ..plain()
            },
            json!({"a": "v"}),
            r#"POST https://t.example/op [signed] {"a":"v"}"#,
        ),
        (
            "optionalAuth",
            Service {
                is_signed: true,
                operation: json!({"smithy.api#optionalAuth": {}}),
                ..plain()
            },
            json!({}),
            "POST https://t.example/op",
        ),
        (
            "auth: none",
            Service {
                is_signed: true,
                operation: json!({"smithy.api#auth": []}),
                ..plain()
            },
            json!({}),
            "POST https://t.example/op",
        ),
        (
            "unsignedPayload",
            Service {
                is_signed: true,
                operation: json!({"aws.auth#unsignedPayload": {}}),
                input: json!({"a": text(json!({}))}),
                ..plain()
            },
            json!({"a": "v"}),
            r#"POST https://t.example/op [x-amz-content-sha256: UNSIGNED-PAYLOAD] [signed] {"a":"v"}"#,
        ),
        (
            "awsQuery",
            Service {
                protocol: "aws.protocols#awsQuery",
                input: json!({"a": text(json!({"smithy.api#xmlName": "B"}))}),
                ..plain()
            },
            json!({"a": "v"}),
            "POST https://t.example/ Action=Op&Version=1&B=v",
        ),
        (
            "ec2QueryName",
            Service {
                protocol: "aws.protocols#ec2Query",
                input: json!({"a": text(json!({"smithy.api#xmlName": "x"})), "b": text(json!({"aws.protocols#ec2QueryName": "C"}))}),
                ..plain()
            },
            json!({"a": "1", "b": "2"}),
            "POST https://t.example/ Action=Op&Version=1&X=1&C=2",
        ),
        (
            "awsQueryCompatible",
            Service {
                protocol: JSON,
                service: json!({"aws.protocols#awsQueryCompatible": {}}),
                ..plain()
            },
            json!({}),
            "POST https://t.example/ [x-amzn-query-mode: true] {}",
        ),
        (
            "awsJson1_1",
            Service {
                protocol: "aws.protocols#awsJson1_1",
                ..plain()
            },
            json!({}),
            "POST https://t.example/ {}",
        ),
        (
            "rpcv2Cbor",
            Service {
                protocol: "smithy.protocols#rpcv2Cbor",
                ..plain()
            },
            json!({}),
            "POST https://t.example/service/T/operation/Op (few bytes)",
        ),
        (
            "rpcv2Json",
            Service {
                protocol: "smithy.protocols#rpcv2Json",
                ..plain()
            },
            json!({}),
            "POST https://t.example/service/T/operation/Op {}",
        ),
    ]
}

pub(super) fn run() {
    let mut faults = Vec::new();
    for (name, service, params, expected) in cases() {
        let found = sent(&service, &params).unwrap_or_else(|error| error);
        let is_same = match expected.starts_with("POST ") || expected.starts_with("PUT ") {
            true if expected.ends_with(": ") => found.starts_with(expected),
            true => found == expected,
            false => found.contains(expected),
        };
        if !is_same {
            faults.push(format!("{name}: {found}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    a_token_is_filled_in();
    a_streamed_payload_needs_a_length_if_the_model_says_so();
    parameters_of_the_endpoint_rules_come_from_traits();
}

/// `idempotencyToken`
fn a_token_is_filled_in() {
    let service = Service {
        input: json!({"token": member("String", json!({"smithy.api#idempotencyToken": {}}))}),
        ..Service::default()
    };
    let (first, second) = (
        sent(&service, &json!({})).unwrap(),
        sent(&service, &json!({})).unwrap(),
    );
    assert!(
        first.contains(r#"{"token":""#) && first != second,
        "{first}"
    );
    let given = sent(&service, &json!({"token": "mine"})).unwrap();
    assert!(given.ends_with(r#"{"token":"mine"}"#), "{given}");
}

/// `streaming`, `requiresLength`
fn a_streamed_payload_needs_a_length_if_the_model_says_so() {
    for needs_length in [false, true] {
        let traits = match needs_length {
            true => json!({"smithy.api#streaming": {}, "smithy.api#requiresLength": {}}),
            false => json!({"smithy.api#streaming": {}}),
        };
        let service = Service {
            input: json!({"body": member("#Bytes", json!({"smithy.api#httpPayload": {}, "smithy.api#required": {}}))}),
            shapes: json!({"t#Bytes": {"type": "blob", "traits": traits}}),
            ..Service::default()
        };
        let (client, replay) = service.client(Replay::new().respond(200, &[], ""));
        let view = client.introspect().service("t").unwrap();
        let shape = view.shape(view.shape_id("Bytes").unwrap()).unwrap();
        assert_eq!(
            (shape.streaming, shape.requires_length),
            (true, needs_length)
        );
        client.request("t", "Op").body("raw").send().unwrap();
        assert_eq!(replay.sent()[0].body, "raw");
    }
}

/// A tree, or the same as a diagram: the parameters of all four traits are in the host.
fn parameters_of_the_endpoint_rules_come_from_traits() {
    let parameters = json!({"Context": {"type": "string"}, "Static": {"type": "string"}, "Path": {"type": "string"}, "Client": {"type": "boolean"}});
    let conditions: Vec<Value> = ["Context", "Static", "Path", "Client"]
        .iter()
        .map(|name| json!({"fn": "isSet", "argv": [{"ref": name}]}))
        .collect();
    let mut rule = json!({"type": "endpoint", "conditions": conditions, "endpoint": {"url": "https://{Context}.{Static}.{Path}"}});
    let tree = json!({"version": "1.0", "parameters": parameters, "rules": [rule]});
    rule["conditions"] = json!([]);
    let diagram = json!({"version": "1.1", "parameters": parameters, "conditions": [conditions[3]], "results": [rule],
        "root": 2, "nodeCount": 2, "nodes": "/////wAAAAH/////AAAAAAX14QEF9eEA"});
    let both = [
        json!({"smithy.rules#endpointRuleSet": tree}),
        json!({"smithy.rules#endpointBdd": diagram}),
        // the diagram precedes a tree
        json!({"smithy.rules#endpointBdd": diagram, "smithy.rules#endpointRuleSet": {"version": "1.0", "parameters": {}, "rules": []}}),
    ];
    for mut traits in both {
        traits["smithy.rules#clientContextParams"] = json!({"Client": {"type": "boolean"}});
        let service = Service {
            service: traits,
            operation: json!({
                "smithy.rules#staticContextParams": {"Static": {"value": "static"}},
                "smithy.rules#operationContextParams": {"Path": {"path": "inner.a"}},
            }),
            input: json!({"c": member("String", json!({"smithy.rules#contextParam": {"name": "Context"}})), "inner": member("#Inner", json!({}))}),
            shapes: json!({"t#Inner": {"type": "structure", "members": {"a": member("String", json!({}))}}}),
            ..Service::default()
        };
        let (client, _) = service.client_with(Replay::new(), |config| {
            config.client_context_param("Client", true)
        });
        let params = json!({"c": "context", "inner": {"a": "path"}});
        let explained = client
            .introspect()
            .explain_endpoint("t", "Op", &params)
            .unwrap();
        assert_eq!(
            explained.endpoint.unwrap().url,
            "https://context.static.path"
        );
    }
}
