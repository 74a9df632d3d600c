//! Requests and results of botocore for every operation of every service.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::auth::{Payload, Signer};
use tucuxi::checksum::ChecksumAlgorithm;
use tucuxi::error::Fault;
use tucuxi::model::{EndpointDiscovery, Memory};
use tucuxi::transport::{Replay, SentRequest, Transport};
use tucuxi::{Client, Config, Credentials, Error, ServiceError};

use crate::compare;
use crate::presign::frozen;
use crate::service;
use crate::sigv4::time;
use crate::suite::{Suite, Verdict, files, finish, folder, in_parallel, text};
use crate::support::client::IntoClient;

/// The rows of one service.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) protocol: String,
    pub(crate) rows: Vec<Value>,
    /// The models that replace those of the crate.
    pub(crate) models: Option<Memory>,
}

/// The parts of the suite.
pub(crate) struct Parts {
    requests: Suite,
    signatures: Suite,
    responses: Suite,
    errors: Suite,
}

#[test]
fn oracle() {
    let Some(folder) = folder("oracle") else {
        return;
    };
    Parts::finish("oracle", &services_in(&folder), |_, _| None);
}

/// The services of the files in a folder.
pub(crate) fn services_in(folder: &Path) -> Vec<Service> {
    let services = in_parallel(&files(folder, ".jsonl.gz"), |file| services(&text(file)));
    services.into_iter().flatten().collect()
}

/// A header line starts each service.
fn services(text: &str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        match (row.get("kind"), services.last_mut()) {
            (Some(_), Some(service)) => service.rows.push(row),
            _ => services.push(Service {
                name: row["service"].as_str().unwrap().to_owned(),
                protocol: row["protocol"].as_str().unwrap().to_owned(),
                rows: Vec::new(),
                models: None,
            }),
        }
    }
    services
}

impl Parts {
    fn new(name: &str) -> Self {
        let suite = |part: &str| Suite::new(&format!("{name} {part}"));
        Self {
            requests: suite("requests"),
            signatures: suite("signatures"),
            responses: suite("responses"),
            errors: suite("errors"),
        }
    }

    /// Runs the rows of services, except those that are skipped for a reason.
    pub(crate) fn finish(
        name: &str,
        services: &[Service],
        skip: impl Fn(&Service, &Value) -> Option<&'static str> + Sync,
    ) {
        let mut all = Self::new(name);
        for parts in in_parallel(services, |service| service.run(name, &skip)) {
            all.requests.add(parts.requests);
            all.signatures.add(parts.signatures);
            all.responses.add(parts.responses);
            all.errors.add(parts.errors);
        }
        finish([all.requests, all.signatures, all.responses, all.errors]);
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The client of the oracle. One service has no default endpoint, so the program must set one.
fn config(row: &Value, service: &str) -> Config {
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .max_attempts(1);
    let url = text_of(&row["request"]["url"]);
    let config = frozen(config, row);
    let config = match (service, url.split('/').nth(2)) {
        ("cloudsearchdomain", Some(host)) => config.endpoint_url(format!("https://{host}")),
        _ => config,
    };
    config.build().unwrap()
}

impl Service {
    fn run(&self, name: &str, skip: &dyn Fn(&Self, &Value) -> Option<&'static str>) -> Parts {
        let mut parts = Parts::new(name);
        // the request of a response
        let mut params = HashMap::new();
        for row in &self.rows {
            let (id, operation) = (row["id"].as_str().unwrap(), row["op"].as_str().unwrap());
            let kind = row["kind"].as_str().unwrap();
            if kind == "min" {
                params.insert(operation, row["params"].clone());
            }
            if let Some(reason) = skip(self, row) {
                let suite = match kind {
                    "response" => &mut parts.responses,
                    "error" => &mut parts.errors,
                    _ => &mut parts.requests,
                };
                suite.case(id, || Verdict::Skipped(reason));
                continue;
            }
            match kind {
                "response" => parts.responses.case(id, || {
                    let given = params.get(operation).cloned().unwrap_or_else(|| json!({}));
                    self.response(row, operation, given)
                }),
                "error" => parts.errors.case(id, || {
                    let given = params.get(operation).cloned().unwrap_or_else(|| json!({}));
                    self.error(row, operation, given)
                }),
                _ => {
                    parts.requests.case(id, || self.request(row, operation));
                    let recorded = row["signed"]["authorization"].as_str();
                    if recorded.is_some_and(|text| text.starts_with("AWS4-")) {
                        parts.signatures.case(id, || signature(row));
                    }
                }
            }
        }
        parts
    }

    fn client(&self, row: &Value, transport: impl Transport + 'static) -> Client {
        let config = config(row, &self.name);
        let client = match self.models.clone() {
            Some(models) => Client::with_models(config, transport, models),
            None => Client::with_transport(config, transport),
        };
        client.unwrap()
    }

    fn request(&self, row: &Value, operation: &str) -> Verdict {
        let mut params = row["params"].clone();
        for member in row["auto_idempotency"].as_array().into_iter().flatten() {
            params[member.as_str().unwrap()] = "00000000-0000-4000-8000-000000000000".into();
        }
        let mut expected = row["request"].clone();
        if let Some(form) = row["signed_v2"].get("body") {
            expected["body"] = form.clone();
        }
        let replay = Arc::new(self.discovery(operation).respond(200, &[], ""));
        let client = self.client(row, replay.clone());
        let result = client.call(&self.name, operation, params);
        match &replay.sent()[..] {
            [.., sent] => same_request(&self.protocol, sent, &expected)
                .and_then(|()| same_token(sent, &row["signed"]))
                .into(),
            _ => Verdict::Failed(format!("nothing was sent: {result:?}")),
        }
    }

    /// The response to endpoint discovery, for operations that need it.
    fn discovery(&self, operation: &str) -> Replay {
        let client = Config::builder().isolated().over(Replay::new());
        let model = client.model(&self.name).unwrap();
        match model.operation(operation).unwrap().endpoint_discovery {
            Some(EndpointDiscovery::Required) => Replay::new().respond(
                200,
                &[],
                r#"{"Endpoints":[{"Address":"cell1.example.amazonaws.com","CachePeriodInMinutes":1440}]}"#,
            ),
            _ => Replay::new(),
        }
    }

    /// Calls an operation with the response of this row.
    fn answered(&self, row: &Value, operation: &str, params: Value) -> Result<Value, Error> {
        let response = &row["response"];
        // the headers of the oracle were a case-insensitive table: the last one wins
        let mut headers: Vec<(&str, &str)> = Vec::new();
        for (name, value) in response["headers"].as_object().unwrap() {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name, value.as_str().unwrap()));
        }
        let status = response["status"].as_u64().unwrap() as u16;
        let replay = self
            .discovery(operation)
            .respond(status, &headers, body(response));
        let client = self.client(row, replay);
        service::result(&client, &self.name, operation, params)
    }

    fn response(&self, row: &Value, operation: &str, params: Value) -> Verdict {
        match self.answered(row, operation, params) {
            Ok(found) => compare::json(&found, &row["result"]).into(),
            Err(error) => Verdict::Failed(error.to_string()),
        }
    }

    fn error(&self, row: &Value, operation: &str, params: Value) -> Verdict {
        let error = match self.answered(row, operation, params) {
            Ok(found) => return Verdict::Failed(format!("no error but {found}")),
            Err(error) => error,
        };
        let Some(found) = error.service_error() else {
            return Verdict::Failed(error.to_string());
        };
        let expected = &row["error"];
        let same = compare::equal("the code", &json!(found.code), &expected["Error"]["Code"])
            .and_then(|()| same_shape(found.shape.as_deref(), row))
            .and_then(|()| same_members(found, expected))
            .and_then(|()| same_id(found.request_id.as_deref(), &row["metadata"]));
        same.into()
    }
}

/// The members of the error's shape, and the other parts of the error element.
fn same_members(found: &ServiceError, expected: &Value) -> Result<(), String> {
    for (name, value) in expected.as_object().unwrap() {
        if name != "Error" {
            compare::json(&found.value[name], value).map_err(|e| format!("{name}: {e}"))?;
        }
    }
    for (name, value) in expected["Error"].as_object().unwrap() {
        let found = match &**name {
            "Code" | "Message" => continue,
            "QueryErrorCode" => json!(found.query_error_code),
            "Type" if found.fault == Fault::Client => "Sender".into(),
            "Type" => "Receiver".into(),
            name => found.value[name].clone(),
        };
        // botocore returns these as text; this crate converts members of the error's shape
        let (text, same) = (found.to_string(), compare::json(&found, value));
        if !value.is_object() && value.as_str() != Some(&text) {
            same.map_err(|e| format!("Error.{name}: {e}"))?;
        }
    }
    Ok(())
}

/// The exception that botocore raises, or the one that the row was made from: botocore looks up a code in the whole
/// service, this crate first among the operation's errors, and by both codes of services that have two.
fn same_shape(found: Option<&str>, row: &Value) -> Result<(), String> {
    let class = row["class"]
        .as_str()
        .filter(|class| *class != "ClientError");
    match found == class || found == row["modeled"].as_str() {
        true => Ok(()),
        false => Err(format!("the shape: found {found:?}, expected {class:?}")),
    }
}

fn same_id(found: Option<&str>, metadata: &Value) -> Result<(), String> {
    compare::equal("the request id", &json!(found), &metadata["RequestId"])
}

/// Whether the authorization is a signature and not a bearer token.
fn same_token(sent: &SentRequest, signed: &Value) -> Result<(), String> {
    match signed["authorization"].as_str() {
        Some(token) if token.starts_with("Bearer ") => compare::equal(
            "the token",
            sent.headers["authorization"].to_str().unwrap(),
            token,
        ),
        _ => Ok(()),
    }
}

/// Signs the recorded request as the oracle did.
fn signature(row: &Value) -> Verdict {
    let (request, signed) = (&row["request"], &row["signed"]);
    let expected = signed["authorization"].as_str().unwrap();
    let scope = expected
        .split("Credential=")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let &[id, _, region, name, _] = &scope.split('/').collect::<Vec<_>>()[..] else {
        return Verdict::Failed(format!("the scope {scope}"));
    };
    let mut who = Credentials::new(id, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    if let Some(token) = signed["x-amz-security-token"].as_str() {
        who = who.with_session_token(token);
    }
    let hash = signed["x-amz-content-sha256"].as_str();
    let now = time("2024-01-15T12:00:00Z");
    let mut signer = match name {
        "s3" | "s3-object-lambda" | "s3-outposts" | "s3express" => {
            Signer::s3(&who, region, name, now)
        }
        _ => Signer::new(&who, region, name, now),
    };
    signer.content_sha256 = hash.is_some();
    let body = body(request);
    let in_request = request["headers"]
        .get("x-amz-content-sha256")
        .and_then(Value::as_str);
    let payload = match hash.or(in_request) {
        Some("UNSIGNED-PAYLOAD") => Payload::Unsigned,
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => Payload::StreamingUnsignedTrailer,
        Some(hash) => Payload::Sha256(hash.to_owned()),
        None => Payload::Bytes(&body),
    };
    let url = text_of(&request["url"]);
    let mut built = http::Request::builder()
        .method(text_of(&request["method"]))
        .uri(url);
    let headers = request["headers"].as_object().unwrap().iter();
    // the oracle added this one after signing
    for (name, value) in headers.filter(|(name, _)| *name != "content-length") {
        built = built.header(
            name,
            http::HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    let mut built = built.body(()).unwrap();
    if let Err(error) = signer.sign(&mut built, payload) {
        return Verdict::Failed(error.to_string());
    }
    let found = built.headers()["authorization"].to_str().unwrap();
    compare::equal("the signature", found, expected).into()
}

pub(crate) fn body(of: &Value) -> Vec<u8> {
    match (&of["body"], &of["body_base64"]) {
        (_, Value::String(text)) => BASE64_STANDARD.decode(text).unwrap(),
        (Value::String(text), _) => text.clone().into_bytes(),
        _ => Vec::new(),
    }
}

/// Headers of the connection or the sender, which do not depend on the operation.
const OWN_HEADERS: [&str; 12] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-amz-date",
    "x-amz-region-set",
    "x-amz-security-token",
    "x-amz-user-agent",
];

pub(crate) fn same_request(
    protocol: &str,
    sent: &SentRequest,
    expected: &Value,
) -> Result<(), String> {
    compare::equal(
        "the method",
        sent.method.as_str(),
        expected["method"].as_str().unwrap(),
    )?;
    let url = expected["url"].as_str().unwrap();
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let uri = sent.uri.to_string();
    let (found_place, found_query) = uri.split_once('?').unwrap_or((&uri, ""));
    // a URL without a path equals the one with the path `/`
    let place = match place.matches('/').count() {
        2 => &format!("{place}/"),
        _ => place,
    };
    compare::equal("the URL", found_place, place)?;
    compare::query(found_query, query)?;
    let differs = *sent.body != body(expected);
    let headers = |names: Vec<(String, String)>| {
        let mut names: Vec<_> = names
            .into_iter()
            .filter(|(n, _)| !OWN_HEADERS.contains(&&**n))
            .collect();
        names.sort();
        names
    };
    let found = sent.headers.iter();
    let found = found.map(|(n, v)| {
        (
            n.to_string(),
            String::from_utf8_lossy(v.as_bytes()).into_owned(),
        )
    });
    let wanted = expected["headers"].as_object().unwrap().iter();
    let found =
        found.filter(|(n, _)| n != "x-amz-content-sha256" || expected["headers"].get(n).is_some());
    // an equivalent body with other bytes has another checksum, that of its own bytes
    let wanted = wanted.map(|(n, v)| {
        let name = n.strip_prefix("x-amz-checksum-").filter(|_| differs);
        let own = name.and_then(|name| name.parse::<ChecksumAlgorithm>().ok());
        let own = own.map(|algorithm| algorithm.checksum(&sent.body));
        let found = sent.headers.get(n).and_then(|value| value.to_str().ok());
        let value = own.filter(|own| found == Some(own));
        (
            n.clone(),
            value.unwrap_or_else(|| v.as_str().unwrap().to_owned()),
        )
    });
    compare::equal(
        "the headers",
        &headers(found.collect()),
        &headers(wanted.collect()),
    )?;
    let content_type = expected["headers"]["content-type"]
        .as_str()
        .unwrap_or_default();
    same_body(protocol, content_type, &sent.body, &body(expected))
}

fn same_body(
    protocol: &str,
    content_type: &str,
    found: &[u8],
    expected: &[u8],
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| format!("not UTF-8: {bytes:02x?}"))
    };
    match protocol {
        "smithy-rpc-v2-cbor" => compare::cbor(found, expected),
        "query" | "ec2" => compare::form(&text(found)?, &text(expected)?),
        "rest-xml" if expected.starts_with(b"<") => compare::xml(&text(found)?, &text(expected)?),
        "json" | "rest-json" if content_type.contains("json") || expected.starts_with(b"{") => {
            let value =
                |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|e| e.to_string());
            compare::json(&value(found)?, &value(expected)?)
        }
        _ => Err(format!(
            "the body: found {:?}, expected {:?}",
            text(found),
            text(expected)
        )),
    }
}
