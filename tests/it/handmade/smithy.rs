//! The service in Smithy's JSON AST, and what only such services have: auth schemes of HTTP.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tucuxi::model::Memory;
use tucuxi::transport::{Record, Replay, UreqTransport};
use tucuxi::{ApiKey, BearerToken, Client, Config, ConfigBuilder, Error, HttpLogin};

use super::{WIRES, XML_NS, params, result};
use crate::support::loopback::{Asked, Server};

/// The trait of a protocol, by its name in botocore's models.
pub(super) fn protocol_trait(protocol: &str) -> &'static str {
    match protocol {
        "json" => "aws.protocols#awsJson1_1",
        "query" => "aws.protocols#awsQuery",
        "ec2" => "aws.protocols#ec2Query",
        "rest-json" => "aws.protocols#restJson1",
        "rest-xml" => "aws.protocols#restXml",
        "smithy-rpc-v2-cbor" => "smithy.protocols#rpcv2Cbor",
        _ => "smithy.protocols#rpcv2Json",
    }
}

/// The model of [`super::model`]. The members of the input are a mixin's, and so is the error of the service.
pub(super) fn model(protocol: &str) -> Value {
    let member = |name: &str, traits: Value| {
        let target = match name {
            "Height" => "smithy.api#Integer",
            "Since" => "tower#Time",
            "Seal" => "smithy.api#Blob",
            "Floors" => "tower#Texts",
            "Tags" => "tower#Map",
            _ => "smithy.api#String",
        };
        (name.to_owned(), json!({"target": target, "traits": traits}))
    };
    let members = |bound: [(&str, Value); 6]| -> Map<String, Value> {
        let bound = bound.into_iter();
        bound.map(|(name, traits)| member(name, traits)).collect()
    };
    let none = || json!({});
    let input = members([
        (
            "Name",
            json!({"smithy.api#required": {}, "smithy.api#httpLabel": {}}),
        ),
        ("Height", json!({"smithy.api#httpQuery": "height"})),
        ("Since", json!({"smithy.api#httpHeader": "x-since"})),
        ("Seal", none()),
        ("Floors", none()),
        ("Tags", none()),
    ]);
    let output = members([
        ("Id", none()),
        ("Height", json!({"smithy.api#httpHeader": "x-height"})),
        ("Since", json!({"smithy.api#httpHeader": "x-since"})),
        ("Seal", none()),
        ("Floors", none()),
        ("Tags", none()),
    ]);
    let entry = json!({"target": "smithy.api#String"});
    json!({
        "smithy": "2.0",
        "metadata": {"suppressions": []},
        "shapes": {
            "tower#Tower_20240101": {
                "type": "service", "version": "2024-01-01",
                "resources": [{"target": "tower#Building"}],
                "errors": [{"target": "tower#NoSuchGround"}],
                "traits": {
                    "aws.api#service": {"sdkId": "Tower", "endpointPrefix": "tower"},
                    "aws.auth#sigv4": {"name": "tower"},
                    "smithy.api#xmlNamespace": {"uri": XML_NS},
                    protocol_trait(protocol): {},
                },
            },
            "tower#Building": {"type": "resource", "operations": [{"target": "tower#Build"}]},
            "tower#Build": {
                "type": "operation", "input": {"target": "tower#BuildRequest"}, "output": {"target": "tower#Output"},
                "traits": {"smithy.api#http": {"method": "PUT", "uri": "/towers/{Name}?x-id=Build", "code": 200}},
            },
            "tower#Plan": {"type": "structure", "members": input, "traits": {"smithy.api#mixin": {}}},
            "tower#BuildRequest": {"type": "structure", "mixins": [{"target": "tower#Plan"}], "members": {}},
            "tower#Output": {"type": "structure", "members": output},
            "tower#NoSuchGround": {
                "type": "structure", "members": {"message": entry},
                "traits": {"smithy.api#error": "client", "smithy.api#httpError": 400},
            },
            "tower#Time": {"type": "timestamp"},
            "tower#Texts": {"type": "list", "member": entry},
            "tower#Map": {"type": "map", "key": entry, "value": entry},
        },
    })
}

/// A client of a service that is not AWS's.
fn client(
    url: &str,
    protocol: &str,
    auth: Value,
    change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
) -> Client {
    let mut model = model(protocol);
    let traits = &mut model["shapes"]["tower#Tower_20240101"]["traits"];
    *traits = json!({protocol_trait(protocol): {}});
    let traits = traits.as_object_mut().unwrap();
    traits.extend(auth.as_object().unwrap().clone());
    let models = Memory::new().with("tower/2024-01-01/service-2", model.to_string());
    let config = change(Config::builder().isolated()).endpoint_url(url);
    let config = config.max_attempts(1).build().unwrap();
    let transport = UreqTransport::new(config.network()).unwrap();
    Client::with_models(config, transport, models).unwrap()
}

const CHALLENGE: &str = r#"Basic realm="old", Digest realm="tower", nonce="n1", qop="auth", algorithm=SHA-256, opaque="o""#;

/// The responses of a service that accepts only one secret.
fn served(protocol: &str, accepts: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Server {
    let wire = WIRES.iter().find(|wire| wire.protocol == protocol).unwrap();
    Server::start_with_headers(move |asked| {
        let headers = wire.headers.iter();
        let headers = headers.map(|(name, value)| ((*name).into(), (*value).into()));
        match accepts(asked) {
            true => Some((200, headers.collect(), wire.answer.to_vec())),
            false => {
                let challenge = ("www-authenticate".into(), CHALLENGE.into());
                Some((401, vec![challenge], Vec::new()))
            }
        }
    })
}

fn has(name: &'static str, value: &'static str) -> impl Fn(&Asked) -> bool {
    move |asked| asked.header(name) == Some(value)
}

#[test]
fn a_service_of_any_protocol_accepts_each_scheme() {
    for wire in WIRES {
        let protocol = wire.protocol;
        let expect = |found: Result<Value, Error>, scheme: &str| {
            let mut found = found.unwrap_or_else(|e| panic!("{protocol} {scheme}: {e}"));
            let mut expected = result();
            found.sort_all_objects();
            expected.sort_all_objects();
            assert_eq!(found, expected, "{protocol} {scheme}");
        };
        let login = |config: ConfigBuilder| config.http_login(HttpLogin::new("alice", "pass:word"));
        let key = |config: ConfigBuilder| config.api_key(ApiKey::new("k e&y"));

        let server = served(protocol, has("authorization", "Basic YWxpY2U6cGFzczp3b3Jk"));
        let auth = json!({"smithy.api#httpBasicAuth": {}});
        let client_ = client(&server.url, protocol, auth, login);
        expect(client_.call("tower", "Build", params()), "basic");

        let server = served(protocol, |asked| {
            let text = asked.header("authorization").unwrap_or_default();
            let parts = [
                "Digest username=\"alice\"",
                "realm=\"tower\"",
                "nonce=\"n1\"",
                "qop=auth, nc=00000001",
            ];
            parts.iter().all(|part| text.contains(part)) && text.contains("algorithm=SHA-256")
        });
        let auth = json!({"smithy.api#httpDigestAuth": {}});
        let client_ = client(&server.url, protocol, auth, login);
        expect(client_.call("tower", "Build", params()), "digest");
        assert_eq!(server.lines().len(), 2);

        let server = served(protocol, has("x-key", "k e&y"));
        let auth = json!({"smithy.api#httpApiKeyAuth": {"name": "X-Key", "in": "header"}});
        let client_ = client(&server.url, protocol, auth, key);
        expect(client_.call("tower", "Build", params()), "key in a header");

        let server = served(protocol, has("authorization", "ApiKey k e&y"));
        let auth = json!({"smithy.api#httpApiKeyAuth": {"name": "Authorization", "in": "header", "scheme": "ApiKey"}});
        let client_ = client(&server.url, protocol, auth, key);
        expect(
            client_.call("tower", "Build", params()),
            "key with a scheme",
        );

        let server = served(protocol, |asked| asked.line.contains("api_key=k%20e%26y"));
        let auth = json!({"smithy.api#httpApiKeyAuth": {"name": "api_key", "in": "query"}});
        let client_ = client(&server.url, protocol, auth, key);
        expect(client_.call("tower", "Build", params()), "key in the query");
    }
}

#[test]
fn a_bearer_token_is_sent_over_https() {
    let wire = WIRES[0];
    let mut model = model(wire.protocol);
    let traits = &mut model["shapes"]["tower#Tower_20240101"]["traits"];
    *traits = json!({protocol_trait(wire.protocol): {}, "smithy.api#httpBearerAuth": {}});
    let models = Memory::new().with("tower/1/service-2", model.to_string());
    let replay = Arc::new(Replay::new().respond(200, &[], wire.answer));
    let config = Config::builder()
        .isolated()
        .endpoint_url("https://tower.example");
    let config = config
        .bearer_token(BearerToken::new("the-token"))
        .build()
        .unwrap();
    let client = Client::with_models(config, replay.clone(), models).unwrap();
    client.call("tower", "Build", params()).unwrap();
    assert_eq!(
        replay.sent()[0].headers["authorization"],
        "Bearer the-token"
    );
}

#[test]
fn secrets_of_the_environment_and_the_profile_are_found() {
    let server = served("json", has("x-key", "of the service"));
    let auth = json!({"smithy.api#httpApiKeyAuth": {"name": "X-Key", "in": "header"}});
    let client_ = client(&server.url, "json", auth, |config| {
        let variables = [
            ("TUCUXI_API_KEY", "of all"),
            ("TUCUXI_API_KEY_TOWER_20240101", "of the service"),
        ];
        config.environment(variables)
    });
    client_.call("tower", "Build", params()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(
        &file,
        "[default]\nhttp_username = alice\nhttp_password = pass:word\n",
    )
    .unwrap();
    let server = served("json", has("authorization", "Basic YWxpY2U6cGFzczp3b3Jk"));
    let auth = json!({"smithy.api#httpBasicAuth": {}});
    let client_ = client(&server.url, "json", auth, |config| {
        config.environment([("AWS_CONFIG_FILE", file.to_str().unwrap())])
    });
    client_.call("tower", "Build", params()).unwrap();
}

#[test]
fn a_missing_or_rejected_secret_is_an_error() {
    let server = served("json", |_| false);
    let login = |config: ConfigBuilder| config.http_login(HttpLogin::new("alice", "wrong-secret"));
    for (auth, url, is_known, expected) in [
        (
            "httpBasicAuth",
            &*server.url,
            false,
            "set TUCUXI_HTTP_USERNAME",
        ),
        (
            "httpDigestAuth",
            &server.url,
            false,
            "set TUCUXI_HTTP_USERNAME",
        ),
        ("httpApiKeyAuth", &server.url, false, "set TUCUXI_API_KEY"),
        ("httpBasicAuth", &server.url, true, "(status 401"),
        ("httpDigestAuth", &server.url, true, "(status 401"),
        (
            "httpBasicAuth",
            "http://tower.example",
            true,
            "over https only",
        ),
    ] {
        let traits = match auth {
            "httpApiKeyAuth" => json!({"name": "X-Key", "in": "header"}),
            _ => json!({}),
        };
        let auth = json!({format!("smithy.api#{auth}"): traits});
        let client_ = client(url, "json", auth, |config| match is_known {
            true => login(config),
            false => config,
        });
        let error = client_
            .call("tower", "Build", params())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("wrong-secret"), "{error}");
    }
    // one without and one with a response to the challenge, and the one of HTTP Basic
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn secrets_are_not_recorded() {
    let wire = WIRES[0];
    for (auth, secret) in [
        (
            json!({"smithy.api#httpApiKeyAuth": {"name": "api_key", "in": "query"}}),
            "the-key",
        ),
        (
            json!({"smithy.api#httpApiKeyAuth": {"name": "X-Key", "in": "header"}}),
            "the-key",
        ),
        (
            json!({"smithy.api#httpBasicAuth": {}}),
            "YWxpY2U6dGhlLXBhc3N3b3Jk",
        ),
    ] {
        let mut model = model(wire.protocol);
        let traits = &mut model["shapes"]["tower#Tower_20240101"]["traits"];
        *traits = json!({protocol_trait(wire.protocol): {}});
        traits
            .as_object_mut()
            .unwrap()
            .extend(auth.as_object().unwrap().clone());
        let models = Memory::new().with("tower/1/service-2", model.to_string());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cassette");
        let replay = Arc::new(Replay::new().respond(200, &[], wire.answer));
        let record = Record::to_file(&file, replay.clone()).unwrap();
        let config = Config::builder()
            .isolated()
            .endpoint_url("https://tower.example");
        let config = config.http_login(HttpLogin::new("alice", "the-password"));
        let config = config.api_key(ApiKey::new("the-key")).build().unwrap();
        let client = Client::with_models(config, record, models).unwrap();
        client.call("tower", "Build", params()).unwrap();
        let sent = &replay.sent()[0];
        let values = sent.headers.values().map(|value| value.to_str().unwrap());
        let is_sent = values
            .chain([&*sent.uri.to_string()])
            .any(|text| text.contains(secret));
        assert!(is_sent && !format!("{sent:?}").contains(secret), "{auth}");
        let recorded = std::fs::read_to_string(&file).unwrap();
        assert!(
            recorded.contains("scrubbed") && !recorded.contains(secret),
            "{recorded}"
        );
    }
}

#[test]
fn a_service_that_is_not_of_aws_needs_an_endpoint_and_keeps_its_query() {
    let mut model = model("rest-json");
    let traits = &mut model["shapes"]["tower#Tower_20240101"]["traits"];
    *traits = json!({"aws.protocols#restJson1": {}, "smithy.api#httpBasicAuth": {}});
    let client = |url: Option<&str>| {
        let models = Memory::new().with_model(model.to_string()).unwrap();
        let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
        let config = Config::builder().isolated().region("eu-west-1");
        let config = config.http_login(HttpLogin::new("alice", "secret"));
        let config = match url {
            Some(url) => config.endpoint_url(url),
            None => config,
        };
        let config = config.build().unwrap();
        (
            Client::with_models(config, replay.clone(), models).unwrap(),
            replay,
        )
    };
    let (lost, replay) = client(None);
    let error = lost.call("tower_20240101", "Build", params()).unwrap_err();
    assert!(error.to_string().contains("set its URL"), "{error}");
    assert_eq!(replay.sent().len(), 0);
    let (found, replay) = client(Some("https://tower.example"));
    found.call("tower_20240101", "Build", params()).unwrap();
    let uri = replay.sent()[0].uri.to_string();
    assert!(uri.contains("x-id=Build"), "{uri}");
}

#[test]
fn a_shape_of_another_namespace_is_not_taken_for_one_of_the_same_name() {
    let mut model = model("json");
    model["shapes"]["tower#Output"]["members"]["Id"]["target"] = "castle#Texts".into();
    let models = Memory::new().with("tower/1/service-2", model.to_string());
    let config = Config::builder()
        .isolated()
        .region("eu-west-1")
        .unsigned()
        .build()
        .unwrap();
    let client = Client::with_models(config, Replay::new(), models).unwrap();
    let model = client.model("tower").unwrap();
    let error = model.shape(model.shape_id("Output").unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("there is no shape castle#Texts"),
        "{error}"
    );
}
