//! Customisations of services, compared with requests of botocore.

use std::io::Read;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{BearerToken, Client, Credentials};

use crate::compare;
use crate::oracle;
use crate::s3;
use crate::sigv4::time;
use crate::suite::{Suite, Verdict, files, finish, folder, json as read};

#[test]
fn quirks() {
    let Some(root) = folder("quirks") else { return };
    let mut suite = Suite::new("quirks");
    for file in files(&root, ".json") {
        for case in read(&file)["cases"].as_array().unwrap() {
            let id = format!(
                "{} {}.{} {}",
                case["description"], case["service"], case["operation"], case["params"]
            );
            suite.case(&id, || request(case));
        }
    }
    finish([suite]);
}

fn client(case: &Value, replay: Arc<Replay>) -> Result<Client, String> {
    let mut who = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    if let Some(token) = case["session_token"].as_str() {
        who = who.with_session_token(token);
    }
    if let Some(account) = case["account_id"].as_str() {
        who = who.with_account_id(account);
    }
    let env = case["env"].as_object().into_iter().flatten();
    let env = env.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let config = s3::config(case)
        .environment(env.chain([("AWS_EC2_METADATA_DISABLED", "true")]))
        .clock(|| time("2024-01-15T12:00:00Z"))
        .credentials(who);
    let config = match case["env"].is_null() {
        true => config.bearer_token(BearerToken::new("bearer-token-example")),
        false => config,
    };
    let config = config.build().map_err(|e| e.to_string())?;
    Client::with_transport(config, replay).map_err(|e| e.to_string())
}

fn request(case: &Value) -> Verdict {
    let replay = Arc::new(Replay::new().respond(200, &[], ""));
    let text = |name: &str| case[name].as_str().unwrap();
    let result = client(case, replay.clone()).map(|client| {
        let params = with_tokens(&client, case);
        let result = client.call(text("service"), text("operation"), params);
        let protocol = client.model(text("service")).unwrap().metadata().protocol;
        (format!("{protocol:?}"), result.map_err(|e| e.to_string()))
    });
    let sent = replay.sent().pop();
    match (sent, case["error"]["class"].as_str()) {
        (Some(sent), None) => {
            let protocol = match &*result.unwrap().0 {
                "AwsQuery" => "query",
                "Ec2Query" => "ec2",
                "AwsJson" => "json",
                "RestJson" => "rest-json",
                "RestXml" => "rest-xml",
                _ => "smithy-rpc-v2-cbor",
            };
            let sent = unpacked(sent);
            oracle::same_request(protocol, &sent, &with_own_json(&case["request"]))
                .and_then(|()| same_signature(&sent, case))
                .into()
        }
        // botocore implements this signature only in a native library
        (Some(sent), Some("MissingDependencyException")) => {
            let signature = sent.headers["authorization"].to_str().unwrap();
            match signature.starts_with("AWS4-ECDSA-P256-SHA256") {
                true => Verdict::Passed,
                false => Verdict::Failed(signature.to_owned()),
            }
        }
        (Some(sent), Some(class)) => {
            Verdict::Failed(format!("sent to {}, expected {class}", sent.uri))
        }
        (None, Some(_)) => Verdict::Passed,
        (None, None) => Verdict::Failed(format!("nothing was sent: {result:?}")),
    }
}

/// The parameters, with the idempotency token that the oracle generated.
fn with_tokens(client: &Client, case: &Value) -> Value {
    const TOKEN: &str = "00000000-0000-4000-8000-000000000000";
    let mut params = case["params"].clone();
    let model = client.model(case["service"].as_str().unwrap()).unwrap();
    let operation = model
        .operation(case["operation"].as_str().unwrap())
        .unwrap();
    let input = operation.input.map(|id| model.shape(id).unwrap());
    let members = input
        .and_then(|shape| shape.members())
        .into_iter()
        .flatten();
    let drew = case["request"].to_string().contains(TOKEN);
    for member in members.filter(|member| drew && member.idempotency_token) {
        params[&*member.name] = TOKEN.into();
    }
    params
}

/// JSON in a header may have escaped characters; this converts it to our form.
fn with_own_json(request: &Value) -> Value {
    let mut request = request.clone();
    for value in request["headers"]
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        let bytes = BASE64_STANDARD
            .decode(value.as_str().unwrap())
            .unwrap_or_default();
        if let Ok(json @ Value::Object(_)) = serde_json::from_slice::<Value>(&bytes) {
            *value = BASE64_STANDARD.encode(json.to_string()).into();
        }
    }
    request
}

/// Compressors differ, so bodies are compared decompressed.
fn unpacked(mut sent: SentRequest) -> SentRequest {
    if sent
        .headers
        .get("content-encoding")
        .is_some_and(|v| v == "gzip")
    {
        let mut body = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(&*sent.body);
        reader.read_to_end(&mut body).unwrap();
        sent.body = body.into();
    }
    sent
}

/// Signatures differ if equivalent headers or bodies have other bytes.
fn same_signature(sent: &SentRequest, case: &Value) -> Result<(), String> {
    let found = sent
        .headers
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    let expected = &case["signed"]["authorization"];
    let request = &case["request"];
    match *sent.body == oracle::body(request) && with_own_json(request) == *request {
        true => compare::equal("the signature", &json!(found), expected),
        false => compare::equal(
            "whether it is signed",
            &found.is_some(),
            &expected.is_string(),
        ),
    }
}
