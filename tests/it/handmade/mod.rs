//! A service that is not embedded, in a folder that `AWS_DATA_PATH` names, in every protocol: calls, errors, and invalid
//! responses.

mod misfits;
mod numbers;
mod refused;
mod rpc_v2_json;
mod service;
mod smithy;
mod targets;
mod traits;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{BearerToken, Client, Config, ConfigBuilder, Credentials, Error, ErrorKind};

use crate::support::client::over;

/// A protocol with its requests and responses.
#[derive(Clone, Copy)]
struct Wire {
    protocol: &'static str,
    /// The path and query of the request.
    target: &'static str,
    request: &'static [u8],
    content_type: Option<&'static str>,
    answer: &'static [u8],
    /// The headers of the response.
    headers: &'static [(&'static str, &'static str)],
    refusal: &'static [u8],
}

const XML_NS: &str = "https://tower.example/doc/";

/// The requests equal those of botocore with the same model.
const WIRES: [Wire; 7] = [
    Wire {
        protocol: "json",
        target: "/",
        request: br#"{"Name":"a b","Height":3,"Since":1767323045,"Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"}}"#,
        content_type: Some("application/x-amz-json-1.1"),
        answer: br#"{"Id":"t-1","Height":3,"Since":1767323045.5,"Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"},"New":[{}]}"#,
        headers: &[],
        refusal: br#"{"__type":"tower#NoSuchGround","message":"dig"}"#,
    },
    Wire {
        protocol: "query",
        target: "/",
        request: b"Action=Build&Version=2024-01-01&Name=a+b&Height=3&Since=2026-01-02T03%3A04%3A05Z&Seal=AAEC&Floors.member.1=x&Floors.member.2=y&Tags.entry.1.key=k&Tags.entry.1.value=v",
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
        answer: b"<BuildResponse><BuildResult><Id>t-1</Id><Height>3</Height><Since>2026-01-02T03:04:05.500Z</Since><Seal>AAEC</Seal><Floors><member>x</member><member>y</member></Floors><Tags><entry><key>k</key><value>v</value></entry></Tags></BuildResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></BuildResponse>",
        headers: &[],
        refusal: b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchGround</Code><Message>dig</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
    },
    Wire {
        protocol: "ec2",
        target: "/",
        request: b"Action=Build&Version=2024-01-01&Name=a+b&Height=3&Since=2026-01-02T03%3A04%3A05Z&Seal=AAEC&Floors.1=x&Floors.2=y&Tags.entry.1.key=k&Tags.entry.1.value=v",
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
        answer: b"<BuildResponse><requestId>r-1</requestId><Id>t-1</Id><Height>3</Height><Since>2026-01-02T03:04:05.500Z</Since><Seal>AAEC</Seal><Floors><member>x</member><member>y</member></Floors><Tags><entry><key>k</key><value>v</value></entry></Tags></BuildResponse>",
        headers: &[],
        refusal: b"<Response><Errors><Error><Code>NoSuchGround</Code><Message>dig</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
    },
    Wire {
        protocol: "rest-json",
        target: "/towers/a%20b?height=3",
        request: br#"{"Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"}}"#,
        content_type: Some("application/json"),
        answer: br#"{"Id":"t-1","Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"}}"#,
        headers: &[("x-height", "3"), ("x-since", "Fri, 02 Jan 2026 03:04:05.500 GMT")],
        refusal: br#"{"code":"NoSuchGround","message":"dig"}"#,
    },
    Wire {
        protocol: "rest-xml",
        target: "/towers/a%20b?height=3",
        request: br#"<BuildRequest xmlns="https://tower.example/doc/"><Seal>AAEC</Seal><Floors><member>x</member><member>y</member></Floors><Tags><entry><key>k</key><value>v</value></entry></Tags></BuildRequest>"#,
        content_type: None,
        answer: b"<BuildResult><Id>t-1</Id><Seal>AAEC</Seal><Floors><member>x</member><member>y</member></Floors><Tags><entry><key>k</key><value>v</value></entry></Tags></BuildResult>",
        headers: &[("x-height", "3"), ("x-since", "Fri, 02 Jan 2026 03:04:05.500 GMT")],
        refusal: b"<ErrorResponse><Error><Code>NoSuchGround</Code><Message>dig</Message></Error></ErrorResponse>",
    },
    Wire {
        protocol: "smithy-rpc-v2-cbor",
        target: "/service/Tower_20240101/operation/Build",
        request: b"\xa6\x64Name\x63a b\x66Height\x03\x65Since\xc1\x1a\x69\x57\x35\xa5\x64Seal\x43\x00\x01\x02\x66Floors\x82\x61x\x61y\x64Tags\xa1\x61k\x61v",
        content_type: Some("application/cbor"),
        answer: b"\xbf\x62Id\x63t-1\x66Height\x03\x65Since\xc1\xfb\x41\xda\x55\xcd\x69\x60\x00\x00\x64Seal\x43\x00\x01\x02\x66Floors\x9f\x61x\x61y\xff\x64Tags\xa1\x61k\x61v\xff",
        headers: &[],
        refusal: b"\xa2\x66__type\x72tower#NoSuchGround\x67message\x63dig",
    },
    Wire {
        protocol: "smithy-rpc-v2-json",
        target: "/service/Tower_20240101/operation/Build",
        request: br#"{"Name":"a b","Height":3,"Since":1767323045,"Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"}}"#,
        content_type: Some("application/json"),
        answer: br#"{"Id":"t-1","Height":3,"Since":1767323045.5,"Seal":"AAEC","Floors":["x","y"],"Tags":{"k":"v"},"New":[{}]}"#,
        headers: &[("smithy-protocol", "rpc-v2-json")],
        refusal: br#"{"__type":"tower#NoSuchGround","message":"dig"}"#,
    },
];

fn params() -> Value {
    json!({"Name": "a b", "Height": 3, "Since": "2026-01-02T03:04:05Z", "Seal": "AAEC",
        "Floors": ["x", "y"], "Tags": {"k": "v"}})
}

fn result() -> Value {
    json!({"Id": "t-1", "Height": 3, "Since": "2026-01-02T03:04:05.5Z", "Seal": "AAEC",
        "Floors": ["x", "y"], "Tags": {"k": "v"}})
}

fn model(protocol: &str) -> Value {
    let members = |place: Value, names: &[&str]| {
        let shape = |name: &str| match name {
            "Height" => "Number",
            "Since" => "Time",
            "Seal" => "Bytes",
            "Floors" => "Texts",
            "Tags" => "Map",
            _ => "Text",
        };
        let member = |name: &&str| {
            let mut member = json!({"shape": shape(name)});
            if let Some(binding) = place.get(name).filter(|_| protocol.starts_with("rest")) {
                member["location"] = binding[0].clone();
                member["locationName"] = binding[1].clone();
            }
            ((*name).to_owned(), member)
        };
        let members: serde_json::Map<String, Value> = names.iter().map(member).collect();
        json!({"type": "structure", "members": members})
    };
    let input = json!({"Name": ["uri", "name"], "Height": ["querystring", "height"], "Since": ["header", "x-since"]});
    let output = json!({"Height": ["header", "x-height"], "Since": ["header", "x-since"]});
    json!({
        "metadata": {
            "apiVersion": "2024-01-01", "endpointPrefix": "tower", "protocol": protocol, "protocols": [protocol],
            "serviceId": "Tower", "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Tower_20240101",
        },
        "operations": {"Build": {
            "name": "Build",
            "http": match protocol.starts_with("rest") {
                true => json!({"method": "PUT", "requestUri": "/towers/{name}"}),
                false => json!({"method": "POST", "requestUri": "/"}),
            },
            "input": {"shape": "Input", "locationName": "BuildRequest", "xmlNamespace": {"uri": XML_NS}},
            "output": {"shape": "Output", "resultWrapper": "BuildResult"},
            "errors": [{"shape": "NoSuchGround"}],
        }},
        "shapes": {
            "Input": members(input, &["Name", "Height", "Since", "Seal", "Floors", "Tags"]),
            "Output": members(output, &["Id", "Height", "Since", "Seal", "Floors", "Tags"]),
            "NoSuchGround": {"type": "structure", "exception": true, "members": {"message": {"shape": "Text"}}},
            "Text": {"type": "string"}, "Number": {"type": "integer"}, "Time": {"type": "timestamp"},
            "Bytes": {"type": "blob"}, "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
        },
    })
}

/// A client that finds the service in a folder, and receives canned responses.
fn client(folder: &Path, protocol: &str, replay: Replay) -> (Client, Arc<Replay>) {
    client_of(folder, &model(protocol), replay, |config| config)
}

fn client_of(
    folder: &Path,
    model: &Value,
    replay: Replay,
    change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
) -> (Client, Arc<Replay>) {
    let version = folder.join("tower/2024-01-01");
    std::fs::create_dir_all(&version).unwrap();
    std::fs::write(version.join("service-2.json"), model.to_string()).unwrap();
    let config = Config::builder()
        .environment([("AWS_DATA_PATH", folder.to_str().unwrap())])
        .region("eu-west-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .max_attempts(1);
    let config = change(config).build().unwrap();
    let replay = Arc::new(replay);
    (over(config, replay.clone()), replay)
}

/// Both dialects: functions that return the model for a protocol.
const DIALECTS: [fn(&str) -> Value; 2] = [model, smithy::model];

/// Each protocol in each dialect.
fn all() -> impl Iterator<Item = (Wire, Value)> {
    WIRES
        .into_iter()
        .flat_map(|wire| DIALECTS.map(|model| (wire, model(wire.protocol))))
}

fn build(wire: &Wire, replay: Replay) -> (Result<Value, Error>, Vec<SentRequest>) {
    build_of(&model(wire.protocol), replay)
}

fn build_of(model: &Value, replay: Replay) -> (Result<Value, Error>, Vec<SentRequest>) {
    let folder = tempfile::tempdir().unwrap();
    let (client, replay) = client_of(folder.path(), model, replay, |config| config);
    (client.call("tower", "build", params()), replay.sent())
}

#[test]
fn a_new_service_is_called_in_every_protocol() {
    for (wire, model) in all() {
        let replay = Replay::new().respond(200, wire.headers, wire.answer);
        let (found, sent) = build_of(&model, replay);
        let protocol = wire.protocol;
        let [request] = &sent[..] else {
            panic!("{protocol}: {found:?}")
        };
        let shown = (
            String::from_utf8_lossy(&request.body),
            String::from_utf8_lossy(wire.request),
        );
        assert_eq!(request.body, wire.request, "{protocol}: {shown:#?}");
        assert_eq!(
            request.uri.path_and_query().unwrap(),
            wire.target,
            "{protocol}"
        );
        assert_eq!(
            request.uri.host(),
            Some("tower.eu-west-1.amazonaws.com"),
            "{protocol}"
        );
        let content_type = request
            .headers
            .get("content-type")
            .map(|v| v.to_str().unwrap());
        assert_eq!(content_type, wire.content_type, "{protocol}");
        let signature = request.headers["authorization"].to_str().unwrap();
        assert!(
            signature.contains("/eu-west-1/tower/aws4_request"),
            "{protocol}: {signature}"
        );
        let mut expected = result();
        expected.sort_all_objects();
        let mut found = found.unwrap();
        found.sort_all_objects();
        assert_eq!(found, expected, "{protocol}");
    }
}

/// The model with a recursive union in place of the tags.
fn model_of_unions(protocol: &str) -> Value {
    let mut model = model(protocol);
    for shape in ["Input", "Output"] {
        model["shapes"][shape]["members"] =
            json!({"Choice": {"shape": "Choice"}, "Loop": {"shape": "Loop"}});
    }
    let shapes = model["shapes"].as_object_mut().unwrap();
    let choice = json!({"type": "structure", "union": true, "members": {
        "Word": {"shape": "Text"}, "Count": {"shape": "Number"}, "Choices": {"shape": "Choices"}, "Inner": {"shape": "Choice"}}});
    shapes.insert("Choice".into(), choice);
    shapes.insert(
        "Choices".into(),
        json!({"type": "list", "member": {"shape": "Choice"}}),
    );
    // a list of nothing but itself
    shapes.insert(
        "Loop".into(),
        json!({"type": "list", "member": {"shape": "Loop"}}),
    );
    model["operations"]["Build"]["http"]["requestUri"] = "/".into();
    model
}

#[test]
fn a_union_has_one_member_in_every_protocol() {
    let json: &[u8] = br#"{"Choice":{"Choices":[{"Count":7},{"Inner":{"Word":"w"}}]}}"#;
    let xml: &[u8] = b"<Choice><Choices><member><Count>7</Count></member><member><Inner><Word>w</Word></Inner></member></Choices></Choice>";
    let cbor = b"\xa1\x66Choice\xa1\x67Choices\x82\xa1\x65Count\x07\xa1\x65Inner\xa1\x64Word\x61w";
    let form = |list: &str| {
        format!(
            "Action=Build&Version=2024-01-01&Choice.Choices.{list}1.Count=7&Choice.Choices.{list}2.Inner.Word=w"
        )
    };
    let around = |head: &str, tail: &str| [head.as_bytes(), xml, tail.as_bytes()].concat();
    let wires = [
        ("json", json.to_vec(), json.to_vec()),
        ("rest-json", json.to_vec(), json.to_vec()),
        (
            "query",
            form("member.").into(),
            around(
                "<BuildResponse><BuildResult>",
                "</BuildResult></BuildResponse>",
            ),
        ),
        (
            "ec2",
            form("").into(),
            around("<BuildResponse>", "</BuildResponse>"),
        ),
        (
            "rest-xml",
            around(
                &format!("<BuildRequest xmlns=\"{XML_NS}\">"),
                "</BuildRequest>",
            ),
            around("<BuildResult>", "</BuildResult>"),
        ),
        ("smithy-rpc-v2-cbor", cbor.to_vec(), cbor.to_vec()),
        ("smithy-rpc-v2-json", json.to_vec(), json.to_vec()),
    ];
    let value = json!({"Choice": {"Choices": [{"Count": 7}, {"Inner": {"Word": "w"}}]}});
    for (protocol, request, answer) in wires {
        let folder = tempfile::tempdir().unwrap();
        let replay = Replay::new().respond(200, &[], answer);
        let (client, replay) = client_of(
            folder.path(),
            &model_of_unions(protocol),
            replay,
            |config| config,
        );
        let found = client.call("tower", "Build", value.clone());
        let sent = replay.sent();
        let shown = String::from_utf8_lossy(&sent[0].body);
        assert_eq!(sent[0].body, request, "{protocol}: {shown}");
        assert_eq!(found.unwrap(), value, "{protocol}");
        for (wrong, expected) in [
            (json!({"Choice": {}}), "Choice: "),
            (json!({"Choice": {"Word": "w", "Count": 7}}), "Choice: "),
            (
                json!({"Choice": {"Choices": [{"Word": "w"}, {"Word": "w", "Count": 7}]}}),
                "Choice.Choices[1]: ",
            ),
            (json!({"Choice": {"Sword": "w"}}), "Choice"),
        ] {
            let error = client.call("tower", "Build", wrong.clone()).unwrap_err();
            assert!(
                error.param_errors().is_some(),
                "{protocol} {wrong}: {error}"
            );
            assert!(
                error.to_string().contains(expected),
                "{protocol} {wrong}: {error}"
            );
        }
        assert_eq!(replay.sent().len(), 1, "{protocol}: nothing wrong is sent");
    }
}

#[test]
fn shapes_that_hold_themselves_are_described_called_and_read() {
    for wire in WIRES {
        let folder = tempfile::tempdir().unwrap();
        let answer: &[u8] = match wire.protocol {
            "json" | "rest-json" | "smithy-rpc-v2-json" => br#"{"Loop":[[],[[]]]}"#,
            "smithy-rpc-v2-cbor" => b"\xa1\x64Loop\x82\x80\x81\x80",
            "query" => b"<BuildResponse><BuildResult><Loop><member/><member><member/></member></Loop></BuildResult></BuildResponse>",
            _ => b"<BuildResult><Loop><member/><member><member/></member></Loop></BuildResult>",
        };
        let replay = Replay::new().respond(200, &[], answer);
        let (client, _) = client_of(
            folder.path(),
            &model_of_unions(wire.protocol),
            replay,
            |config| config,
        );
        let described = client.model("tower").unwrap().describe("Build").unwrap();
        assert_eq!(described["shapes"]["Loop"]["member"], "Loop");
        let value = json!({"Loop": [[], [[]]]});
        assert_eq!(
            client.call("tower", "Build", value.clone()).unwrap(),
            value,
            "{}",
            wire.protocol
        );
    }
}

#[test]
fn the_preferred_scheme_signs_the_request() {
    let mut model = model("json");
    model["metadata"]["auth"] = json!(["aws.auth#sigv4", "smithy.api#httpBearerAuth"]);
    for (preference, expected) in [
        ("", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
        (
            "sigv4,httpBearerAuth",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
        ),
        ("httpBearerAuth", "Bearer the-token"),
        ("httpBearerAuth,sigv4", "Bearer the-token"),
        ("sigv4a,httpBearerAuth", "Bearer the-token"),
        (
            "unheard-of, sigv4",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // rules that leave the choice of the auth scheme to the model
        let rules = json!({"version": "1.0", "parameters": {}, "rules": [
            {"type": "endpoint", "conditions": [], "endpoint": {"url": "https://tower.example", "properties": {}, "headers": {}}}]});
        let version = folder.path().join("tower/2024-01-01");
        std::fs::create_dir_all(&version).unwrap();
        let file = version.join("endpoint-rule-set-1.json");
        std::fs::write(file, rules.to_string()).unwrap();
        let replay = Replay::new().respond(200, &[], "{}");
        let (client, replay) = client_of(folder.path(), &model, replay, |config| {
            config
                .bearer_token(BearerToken::new("the-token"))
                .auth_scheme_preference(preference)
        });
        client.call("tower", "Build", params()).unwrap();
        let sent = replay.sent();
        let authorization = sent[0].headers["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with(expected),
            "{preference:?}: {authorization}"
        );
    }
}

#[test]
fn errors_of_a_new_service_are_read_in_every_protocol() {
    for (wire, model) in all() {
        let (found, _) = build_of(&model, Replay::new().respond(400, &[], wire.refusal));
        let error = found.unwrap_err();
        let service = error.service_error().unwrap();
        assert_eq!(
            (&*service.code, &*service.message),
            ("NoSuchGround", "dig"),
            "{}",
            wire.protocol
        );
        assert_eq!(
            service.shape.as_deref(),
            Some("NoSuchGround"),
            "{}",
            wire.protocol
        );
        assert!(
            error
                .to_string()
                .starts_with("tower.Build: NoSuchGround: dig (status 400"),
            "{error}"
        );
    }
}

/// For any response, the call ends with a result, or with an error that does not blame the caller.
fn survives(wire: &Wire, body: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = client(
        folder.path(),
        wire.protocol,
        Replay::new().respond(200, &[], body.to_vec()),
    );
    check(wire, client.call("tower", "Build", params()));
}

fn check(wire: &Wire, found: Result<Value, Error>) {
    if let Err(error) = found {
        let expected = [
            ErrorKind::Response,
            ErrorKind::Service,
            ErrorKind::UnexpectedResponse,
        ];
        assert!(
            expected.contains(&error.kind()),
            "{}: {error}",
            wire.protocol
        );
    }
}

#[test]
fn a_response_cut_anywhere_causes_no_panic() {
    for wire in WIRES {
        let mut replay = Replay::new();
        for status in [200, 500] {
            for end in 0..wire.answer.len() {
                replay = replay.respond(status, wire.headers, &wire.answer[..end]);
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let (client, _) = client(folder.path(), wire.protocol, replay);
        for n in 0..wire.answer.len() * 2 {
            let found = client.call("tower", "Build", params());
            let cut = n % wire.answer.len();
            assert!(
                found.is_err() || cut == 0 || wire.protocol.starts_with("rest"),
                "{} cut at {cut}",
                wire.protocol
            );
            check(&wire, found);
        }
    }
}

#[test]
fn a_response_changed_anywhere_causes_no_panic() {
    for wire in WIRES {
        let changes = [
            0_u8, b'"', b'<', b'[', b'{', 0x5f, 0x7f, 0x9b, 0xbf, 0xc3, 0xff,
        ];
        let mut replay = Replay::new();
        for at in 0..wire.answer.len() {
            for change in changes {
                let mut body = wire.answer.to_vec();
                body[at] = change;
                replay = replay.respond(200, wire.headers, body);
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let (client, _) = client(folder.path(), wire.protocol, replay);
        for _ in 0..wire.answer.len() * changes.len() {
            check(&wire, client.call("tower", "Build", params()));
        }
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for wire in WIRES {
        for depth in [1_000, 200_000] {
            let (open, inner): (&[u8], &[u8]) = match wire.protocol {
                "json" | "rest-json" | "smithy-rpc-v2-json" => (br#"{"Tags":{"k":["#, b"["),
                "smithy-rpc-v2-cbor" => (b"\xa1\x64Tags", b"\x81"),
                _ => (b"<BuildResult><Tags>", b"<entry>"),
            };
            let body = [open, &inner.repeat(depth)].concat();
            let (found, _) = build(&wire, Replay::new().respond(200, &[], body));
            assert!(found.is_err(), "{} {depth}", wire.protocol);
            check(&wire, found);
        }
    }
}

#[test]
fn members_of_another_type_cause_no_panic() {
    let values = [
        "null",
        "true",
        "-1",
        "1e400",
        "1e30",
        "\"x\"",
        "[]",
        "[1]",
        "{}",
        "{\"k\":{}}",
        "[[null]]",
    ];
    let names = ["Id", "Height", "Since", "Seal", "Floors", "Tags"];
    for wire in &WIRES {
        for name in names {
            match wire.protocol {
                "json" | "rest-json" | "smithy-rpc-v2-json" => {
                    for value in values {
                        survives(wire, format!("{{\"{name}\":{value}}}").as_bytes());
                    }
                }
                "smithy-rpc-v2-cbor" => {
                    let values: [&[u8]; 10] = [
                        b"\xf6",
                        b"\xf5",
                        b"\x20",
                        b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
                        b"\x61x",
                        b"\x80",
                        b"\x81\x01",
                        b"\xa0",
                        b"\xa1\x01\x02",
                        b"\xc1\x61x",
                    ];
                    for value in values {
                        let key = [&[0x60 + name.len() as u8], name.as_bytes()].concat();
                        survives(wire, &[b"\xa1", &*key, value].concat());
                    }
                }
                _ => {
                    for value in [
                        "",
                        "x",
                        "<a/>",
                        "<member><x/></member>",
                        "<entry/>",
                        "&#xD800;",
                        "&nope;",
                        "]]>",
                    ] {
                        let member = format!("<{name}>{value}</{name}>");
                        let result = match wire.protocol {
                            "query" => format!("<BuildResult>{member}</BuildResult>"),
                            _ => member,
                        };
                        let body = format!("<BuildResponse>{result}</BuildResponse>");
                        survives(wire, body.as_bytes());
                    }
                }
            }
        }
    }
}
