//! Cassettes, `Debug` and errors: every kind of secret in every place where it could appear.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::eventstream::{self, Message};
use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
use tucuxi::model::Memory;
use tucuxi::transport::{Record, Replay, Request, Response, TransportError};
use tucuxi::{Client, Credentials};

use crate::support::client::{IntoClient, isolated, over};
use crate::unsigned;

const SECRET: &str = "hidden";
const PLAIN: &str = "plain";

/// A service whose operation has secrets of every kind in every place of requests and responses.
fn safe(protocol: &str) -> Memory {
    let rest = protocol.starts_with("rest");
    let place = |location: &str, name: &str, shape: &str| match rest {
        true => json!({"shape": shape, "location": location, "locationName": name}),
        false => json!({"shape": shape}),
    };
    let mut metadata = json!({
        "apiVersion": "2024-01-01", "endpointPrefix": "safe", "protocol": protocol, "protocols": [protocol],
        "serviceId": "Safe", "serviceFullName": "Safe", "signatureVersion": "v4", "uid": "safe-2024-01-01",
        "jsonVersion": "1.1", "targetPrefix": "Safe",
    });
    if protocol == "query" {
        metadata["xmlNamespace"] = "https://safe.example/".into();
    }
    let stuff = json!({
        "Plain": {"shape": "Text"}, "Word": {"shape": "Secret"}, "Count": {"shape": "Number"},
        "Seal": {"shape": "Seal"}, "Words": {"shape": "Words"}, "Bag": {"shape": "Bag"},
        "Inner": {"shape": "Inner"}, "Whole": {"shape": "Whole"},
    });
    let mut given = stuff.clone();
    given["Label"] = place("uri", "Label", "Secret");
    given["Asked"] = place("querystring", "asked", "Secret");
    given["Told"] = place("header", "x-told", "Secret");
    given["Meta"] = place("headers", "x-meta-", "Bag");
    let mut output = stuff;
    output["Told"] = place("header", "x-told", "Secret");
    let model = json!({
        "version": "2.0", "metadata": metadata,
        "operations": {"Keep": {
            "name": "Keep",
            "http": {"method": "POST", "requestUri": if rest { "/keep/{Label}/here" } else { "/" }},
            "input": {"shape": "Given", "locationName": "Given", "xmlNamespace": {"uri": "https://safe.example/"}},
            "output": if protocol == "query" { json!({"shape": "Kept", "resultWrapper": "KeepResult"}) } else { json!({"shape": "Kept"}) },
        }},
        "shapes": {
            "Given": {"type": "structure", "required": if rest { json!(["Label"]) } else { json!([]) }, "members": given},
            "Kept": {"type": "structure", "members": output},
            "Inner": {"type": "structure", "members": {"Plain": {"shape": "Text"}, "Word": {"shape": "Secret"}}},
            "Whole": {"type": "structure", "sensitive": true, "members": {"Any": {"shape": "Text"}, "Flag": {"shape": "Flag"}}},
            "Text": {"type": "string"}, "Flag": {"type": "boolean"},
            "Secret": {"type": "string", "sensitive": true},
            "Number": {"type": "long", "sensitive": true},
            "Seal": {"type": "blob", "sensitive": true},
            "Words": {"type": "list", "member": {"shape": "Secret"}},
            "Bag": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Secret"}},
        },
    });
    Memory::new().with("safe/2024-01-01/service-2", model.to_string())
}

/// The parameters, with this text in all secrets.
fn given(secret: &str) -> Value {
    json!({
        "Plain": PLAIN, "Word": secret, "Count": 424_242, "Seal": BASE64_STANDARD.encode(secret),
        "Words": [secret, secret], "Bag": {"k": secret}, "Inner": {"Plain": PLAIN, "Word": secret},
        "Whole": {"Any": secret, "Flag": true}, "Label": secret, "Asked": secret, "Told": secret,
        "Meta": {"a": secret},
    })
}

/// The response.
fn response(protocol: &str) -> Vec<u8> {
    let mut value = given(SECRET);
    for name in ["Label", "Asked", "Meta"] {
        value.as_object_mut().unwrap().remove(name);
    }
    let xml = format!(
        "<Plain>{PLAIN}</Plain><Word>{SECRET}</Word><Count>424242</Count><Seal>{seal}</Seal>\
         <Words><member>{SECRET}</member><member><![CDATA[{SECRET}]]></member></Words>\
         <Bag><entry><key>k</key><value>{SECRET}</value></entry></Bag>\
         <Inner><Word>{SECRET}</Word><Plain>{PLAIN}</Plain></Inner>\
         <Whole><Any>{SECRET}</Any><Flag>true</Flag></Whole>",
        seal = BASE64_STANDARD.encode(SECRET),
    );
    match protocol {
        "query" => format!("<KeepResponse><KeepResult>{xml}</KeepResult></KeepResponse>").into(),
        "ec2" => format!("<KeepResponse>{xml}<requestId>r</requestId></KeepResponse>").into(),
        "rest-xml" => format!("<Kept>{xml}</Kept>").into(),
        "smithy-rpc-v2-cbor" => {
            let mut out = Vec::new();
            ciborium::into_writer(&value, &mut out).unwrap();
            out
        }
        _ => value.to_string().into(),
    }
}

#[test]
fn a_cassette_holds_no_secret_and_can_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Credentials::new("AKIDEXAMPLE", "hidden-key").with_session_token("hidden-token");
    let protocols = [
        "json",
        "query",
        "ec2",
        "rest-json",
        "rest-xml",
        "smithy-rpc-v2-cbor",
    ];
    for protocol in protocols {
        let path = folder.path().join(protocol);
        std::fs::write(&path, "what was there").unwrap();
        let config = isolated()
            .credentials(secrets.clone())
            .endpoint_url("https://user:hidden-password@safe.example/base")
            .build()
            .unwrap();
        let is_cbor = protocol.ends_with("cbor");
        let kind = if is_cbor { "application/cbor" } else { "x" };
        let told = match protocol.starts_with("rest") {
            true => SECRET,
            false => PLAIN,
        };
        let headers = [
            ("content-type", kind),
            ("smithy-protocol", "rpc-v2-cbor"),
            ("set-cookie", "hidden-cookie"),
            ("x-told", told),
        ];
        let wire = Replay::new().respond(200, &headers, response(protocol));
        let record = Record::to_file(&path, wire).unwrap();
        let client = Client::with_models(config.clone(), record, safe(protocol)).unwrap();
        let found = client.call("safe", "Keep", given("hidden &<\"/")).unwrap();
        assert_eq!(
            found["Word"], SECRET,
            "{protocol}: the caller gets what came"
        );

        let text = std::fs::read_to_string(&path).unwrap();
        let decoded = decode_all(&text);
        let seal = BASE64_STANDARD.encode("hidden");
        for hidden in ["hidden", &seal[..6], "424242", "what was there"] {
            for text in [&text, &decoded] {
                let at = text.find(hidden).map(|at| &text[at.saturating_sub(60)..]);
                assert!(at.is_none(), "{protocol}: {hidden} in {at:?}");
            }
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{protocol}");
        }

        // a request with other secrets matches
        let replay = Replay::from_cassette(&path).unwrap();
        let client = Client::with_models(config, replay, safe(protocol)).unwrap();
        let found = client.call("safe", "Keep", given("other")).unwrap();
        assert_eq!(found["Plain"], PLAIN, "{protocol}");
        assert_eq!(found["Inner"]["Plain"], PLAIN, "{protocol}");
        assert_eq!(found["Word"], "scrubbed", "{protocol}");
        assert_eq!(found["Count"], 0, "{protocol}");
        assert_eq!(
            found["Words"],
            json!(["scrubbed", "scrubbed"]),
            "{protocol}"
        );
        assert_eq!(found["Whole"]["Flag"], false, "{protocol}");
        assert_eq!(found["Bag"], json!({"k": "scrubbed"}), "{protocol}");
    }
}

/// The text with its base64 decoded.
fn decode_all(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
    let plain = words.filter(|word| word.len() > 7).filter_map(|word| {
        let bytes = BASE64_STANDARD.decode(word).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    });
    plain.collect::<Vec<_>>().join("\n")
}

#[test]
fn events_and_packed_bodies_of_a_cassette_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let event = |kind: &str, payload: &str| {
        let header = |text: &str| eventstream::HeaderValue::String(text.into());
        let message = Message::new(payload.to_owned())
            .with(":message-type", header("event"))
            .with(":event-type", header(kind))
            .with(":content-type", header("application/json"));
        message.encode().unwrap()
    };
    let payload = BASE64_STANDARD.encode("hidden");
    let body = [
        event("PayloadChunk", &format!(r#"{{"Payload":"{payload}"}}"#)),
        event("InvokeComplete", r#"{"LogResult":"plain"}"#),
    ];
    let kind = [("content-type", "application/vnd.amazon.eventstream")];
    let wire = Replay::new()
        .respond(200, &kind, body.concat())
        .respond(200, &[], "{}");
    let config = unsigned;
    let record = Record::to_file(&path, wire).unwrap();
    let client = config().over(record);
    let call = json!({"FunctionName": "f", "Payload": payload});
    client
        .request("lambda", "InvokeWithResponseStream")
        .params(call)
        .send_buffered()
        .unwrap();
    // long enough to be compressed
    let data = json!([{"MetricName": "hidden".repeat(4000), "Value": 1.0}]);
    let packed = json!({"Namespace": "n", "MetricData": data});
    client.call("cloudwatch", "PutMetricData", packed).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let decoded = decode_all(text.lines().next().unwrap());
    assert!(
        !decoded.contains("hidden") && !decoded.contains(&payload),
        "{decoded}"
    );
    assert!(decoded.contains("InvokeComplete"), "{decoded}");
    // a compressed body is recorded decompressed, and the name of a metric is not a secret
    assert!(text.lines().nth(1).unwrap().contains("hiddenhidden"));
}

#[test]
fn debug_and_errors_show_no_secret() {
    let url = "http://user:hidden-password@127.0.0.1:9";
    let config = || {
        isolated()
            .credentials(Credentials::new("AKIDEXAMPLE", "hidden-key").with_session_token("hidden"))
            .endpoint_url(url)
            .proxy("http://user:hidden-proxy@127.0.0.1:9", "")
            .client_context_param("Endpoint", url)
    };
    let built = config().build().unwrap();
    let replay = Replay::new().respond(200, &[("set-cookie", "hidden-cookie")], "hidden-answer");
    let replay = Arc::new(replay);
    let client = over(built.clone(), replay.clone());
    let params = json!({
        "Bucket": "b", "Key": "k", "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": "aGlkZGVuLWN1c3RvbWVyLWtleQ==", "SSECustomerKeyMD5": "m",
    });
    let request = client.request("s3", "GetObject").params(params.clone());
    let request = request.config(|config| config.endpoint_url(url));
    let mut shown = vec![
        ("builder", format!("{:?}", config())),
        ("config", format!("{built:?} {:#?}", built.network())),
        ("settings", format!("{:?}", built.explain())),
        ("request", format!("{request:?} {request:#?}")),
        ("replay", format!("{replay:?}")),
    ];
    let seen = Arc::new(Seen::default());
    let output = request.interceptor(seen.clone()).send_buffered().unwrap();
    shown.push(("interceptor", seen.0.lock().unwrap().clone()));
    shown.push(("output", format!("{output:?}")));
    shown.push(("sent", format!("{:?}", replay.sent())));
    let explained = client
        .introspect()
        .explain_endpoint("s3", "GetObject", &params)
        .unwrap();
    shown.push(("explanation", format!("{explained} {explained:?}")));
    let broken = [
        "ftp://user:hidden@h",
        "user:hidden@h:80",
        "http://user:hidden@",
        "http://user:hid/den@h",
        "https://user:hidden@%zz",
    ];
    for url in broken {
        for service in ["s3", "dynamodb", "sts"] {
            let config = match config().endpoint_url(url).build() {
                Ok(config) => config,
                Err(error) => {
                    shown.push((url, format!("{error} {error:?}")));
                    continue;
                }
            };
            let client = over(config, Replay::new());
            let call = match service {
                "s3" => client.call("s3", "GetObject", params.clone()),
                "sts" => client.call("sts", "GetCallerIdentity", json!({})),
                _ => client.call("dynamodb", "ListTables", json!({})),
            };
            let error = call.unwrap_err();
            shown.push((url, format!("{error} {error:?}")));
        }
    }
    for (place, text) in shown {
        for secret in ["hidden", "hid/den", "aGlkZGVu"] {
            let at = text.find(secret).map(|at| &text[at.saturating_sub(80)..]);
            assert!(at.is_none(), "{place}: {secret} in {at:?}");
        }
    }
}

/// The texts that an interceptor may log.
#[derive(Default)]
struct Seen(Mutex<String>);

impl Interceptor for Seen {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
        *self.0.lock().unwrap() += &format!("{call:?} {request:?}");
        Ok(())
    }
    fn send(
        &self,
        call: &CallContext<'_>,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        *self.0.lock().unwrap() += &format!("{call:?} {:?}", request.headers());
        None
    }
    fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        *self.0.lock().unwrap() += &format!("{call:?} {attempt:?}");
    }
}
