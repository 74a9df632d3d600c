//! S3: checksums, payloads and their signatures, and errors in successful responses.

use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::checksum::ChecksumMismatch;
use tucuxi::transport::Replay;
use tucuxi::{Client, Error};

use crate::compare;
use crate::oracle;
use crate::presign::frozen;
use crate::s3::config;
use crate::suite::{Suite, Verdict, finish, folder, json as read};

#[test]
fn s3_objects() {
    let Some(root) = folder("s3") else { return };
    let cases = |name: &str| read(&root.join(name))["cases"].as_array().unwrap().clone();
    let mut requests = Suite::new("s3 requests");
    for case in cases("requests.json") {
        let id = format!(
            "{} {} {}",
            case["description"], case["operation"], case["params"]
        );
        requests.case(&id, || request(&case));
    }
    let mut responses = Suite::new("s3 responses");
    for case in cases("responses.json") {
        let id = format!("{} {}", case["description"], case["operation"]);
        responses.case(&id, || response(&case));
    }
    finish([requests, responses]);
}

fn request(case: &Value) -> Verdict {
    let replay = Arc::new(Replay::new().respond(200, &[], ""));
    let config = frozen(config(case), case).build().unwrap();
    let client = Client::with_transport(config, replay.clone()).unwrap();
    let operation = case["operation"].as_str().unwrap();
    let result = client.call("s3", operation, case["params"].clone());
    let sent = replay.sent().pop();
    let algorithm = case["params"]["ChecksumAlgorithm"]
        .as_str()
        .unwrap_or_default();
    match (sent, case["error"]["class"].as_str()) {
        (Some(sent), None) => {
            let same = oracle::same_request("rest-xml", &sent, &case["request"]);
            let expected = &case["signed"];
            let signed = || {
                // members of XML may be in another order, which changes the signed body
                if *sent.body != oracle::body(&case["request"]) {
                    return Ok(());
                }
                for name in [
                    "x-amz-content-sha256",
                    "x-amz-security-token",
                    "authorization",
                ] {
                    let found = sent.headers.get(name).map(|value| value.to_str().unwrap());
                    compare::equal(name, &json!(found), &expected[name])?;
                }
                Ok(())
            };
            same.and_then(|()| signed()).into()
        }
        // botocore implements these only in a native library, or not at all
        (Some(sent), Some(_)) if tucuxi_has(algorithm) => {
            let name = format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase());
            let trailer = sent
                .headers
                .get("x-amz-trailer")
                .map(|value| value.to_str().unwrap());
            let has = trailer == Some(&name) || sent.headers.contains_key(&name);
            match has {
                true => Verdict::Passed,
                false => Verdict::Failed(format!("no checksum {algorithm}: {:?}", sent.headers)),
            }
        }
        (Some(sent), Some(class)) => {
            Verdict::Failed(format!("sent to {}, expected {class}", sent.uri))
        }
        (None, Some(_)) => Verdict::Passed,
        (None, None) => Verdict::Failed(format!("nothing was sent: {result:?}")),
    }
}

fn tucuxi_has(algorithm: &str) -> bool {
    algorithm
        .parse::<tucuxi::checksum::ChecksumAlgorithm>()
        .is_ok()
}

fn response(case: &Value) -> Verdict {
    let expected = &case["result"];
    let operation = case["operation"].as_str().unwrap();
    let answer = &case["response"];
    let headers: Vec<(&str, &str)> = (answer["headers"].as_object().into_iter().flatten())
        .map(|(name, value)| (&**name, value.as_str().unwrap()))
        .collect();
    let status = answer["status"].as_u64().unwrap() as u16;
    let replay = Replay::new().respond(status, &headers, oracle::body(answer));
    let mut case_config = case.clone();
    if case_config["region"].is_null() {
        case_config["region"] = "us-east-1".into();
    }
    let config = frozen(config(&case_config), case).build().unwrap();
    let client = Client::with_transport(config, replay).unwrap();
    let output = client
        .request("s3", operation)
        .params(case["params"].clone())
        .send_buffered();
    let algorithm = output
        .as_ref()
        .ok()
        .and_then(|output| output.meta.checksum_algorithm);
    let found = output.and_then(|output| output.to_value());
    match (found, expected) {
        (Ok(found), Value::Object(_)) => {
            let name = algorithm.map(|algorithm| algorithm.as_str().to_ascii_lowercase());
            // header names are case-insensitive, and in lower case in our HTTP library
            let mut expected = expected.clone();
            if let Some(metadata) = expected["Metadata"].as_object_mut() {
                *metadata = metadata
                    .iter()
                    .map(|(name, value)| (name.to_lowercase(), value.clone()))
                    .collect();
            }
            compare::json(&found, &expected)
                .and_then(|()| {
                    compare::equal("the algorithm", &json!(name), &case["checksum_algorithm"])
                })
                .into()
        }
        // botocore treats a missing document as one without members
        (Err(error), Value::Object(_)) if lacks_document(&error) => {
            compare::equal("the body", &oracle::body(answer), &Vec::new()).into()
        }
        (Err(error), Value::Null) => {
            let code = case["client_error"]["Error"]["Code"].as_str();
            let is_mismatch = case["error"]["class"] == "FlexibleChecksumError";
            match error.downcast_ref::<ChecksumMismatch>() {
                Some(_) if is_mismatch => Verdict::Passed,
                _ if is_mismatch => Verdict::Failed(error.to_string()),
                _ if code.is_none() => Verdict::Passed,
                _ => compare::equal("the code", &error.code(), &code).into(),
            }
        }
        (found, _) => Verdict::Failed(format!("{found:?}, expected {expected}")),
    }
}

fn lacks_document(error: &Error) -> bool {
    let found = error.unexpected_response();
    found.is_some_and(|found| &*found.received == "no body")
}
