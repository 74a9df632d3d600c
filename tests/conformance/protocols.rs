//! The generated protocol tests of AWS, and the older ones of botocore.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tucuxi::transport::SentRequest;

use crate::compare;
use crate::service::{Convert, answer, base64_of_text, complete, request, same, text_of_epoch};
use crate::suite::{Suite, Verdict, files, finish, folder, json as read};

#[test]
fn protocols() {
    let Some(root) = folder("protocols") else {
        return;
    };
    let parts = [
        ("protocols input", "input", input as Run),
        ("protocols output", "output", output),
        ("protocols legacy input", "legacy/input", input),
        ("protocols legacy output", "legacy/output", output),
    ];
    finish(parts.map(|(name, folder, run)| {
        let mut suite = Suite::new(name);
        for file in files(&root.join(folder), ".json") {
            run_file(&mut suite, &file, run);
        }
        suite
    }));
}

type Run = fn(&Value, &Value) -> Verdict;

fn run_file(suite: &mut Suite, file: &Path, run: Run) {
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    for part in read(file).as_array().unwrap() {
        for (number, case) in part["cases"].as_array().unwrap().iter().enumerate() {
            let name = case["id"]
                .as_str()
                .or_else(|| part["description"].as_str())
                .unwrap_or_default();
            suite.case(&format!("{stem}: {name}#{number}"), || run(part, case));
        }
    }
}

/// The model of a case: its own operation with the shapes of its suite.
fn model(part: &Value, case: &Value) -> Value {
    let given = &case["given"];
    let (mut operation, mut shapes) = (given.clone(), part["shapes"].clone());
    // the old suite has traits of shapes at references, and vice versa
    for side in ["input", "output"] {
        let Some(shape) = given[side]["shape"].as_str() else {
            continue;
        };
        if let Some(payload) = given[side].get("payload") {
            shapes[shape]["payload"] = payload.clone();
        }
        if let Some(wrapper) = shapes[shape].get("resultWrapper") {
            operation[side]["resultWrapper"] = wrapper.clone();
        }
    }
    let output = given["output"]["shape"].as_str().unwrap_or_default();
    let has_members = part["shapes"][output]["members"]
        .as_object()
        .is_some_and(|m| !m.is_empty());
    let is_query = part["metadata"]["protocol"] == "query";
    if is_query
        && has_members
        && given["output"].get("resultWrapper").is_none()
        && case.get("id").is_some()
    {
        operation["output"]["resultWrapper"] = format!("{}Result", name(given)).into();
    }
    complete(json!({
        "metadata": part["metadata"], "shapes": shapes, "operations": {name(given): operation},
    }))
}

fn name(given: &Value) -> &str {
    given["name"].as_str().unwrap()
}

fn input(part: &Value, case: &Value) -> Verdict {
    let given = &case["given"];
    if case["serialized"]["uri"]
        .as_str()
        .is_some_and(|uri| uri.ends_with('/') && uri.len() > 1)
        && given["http"]["requestUri"] == "/"
    {
        return Verdict::Skipped("as botocore: an endpoint's path stays without a slash behind it");
    }
    let json_values = |shape: &Value| {
        let mut members = shape["members"].as_object().into_iter().flatten();
        members
            .any(|(name, member)| member["jsonvalue"] == true && case["params"][name].is_string())
    };
    if json_values(&part["shapes"][given["input"]["shape"].as_str().unwrap_or_default()]) {
        return Verdict::Skipped(
            "as botocore: JSON in a header is given as what it says, not as text",
        );
    }
    if given["httpChecksumRequired"] == true
        && !case["serialized"]["headers"]["Content-MD5"].is_null()
    {
        return Verdict::Skipped("as botocore: a checksum that is required is a CRC32, and no MD5");
    }
    let shape = given["input"]["shape"].as_str().unwrap_or_default();
    let convert = Convert {
        shapes: &part["shapes"],
        blob: base64_of_text,
        timestamp: same,
    };
    let mut params = convert.value(shape, case.get("params").unwrap_or(&json!({})));
    let expected = &case["serialized"];
    // the token, which would be random
    for (member, definition) in part["shapes"][shape]["members"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if definition["idempotencyToken"] == true && params.get(member).is_none() {
            params[member] = "00000000-0000-4000-8000-000000000000".into();
        }
    }
    let endpoint = part["clientEndpoint"]
        .as_str()
        .unwrap_or("https://example.com");
    match request(&model(part, case), endpoint, name(given), params) {
        Ok(sent) => same_request(part, &sent, expected).into(),
        Err(what) => Verdict::Failed(what),
    }
}

fn same_request(part: &Value, sent: &SentRequest, expected: &Value) -> Result<(), String> {
    if let Some(method) = expected["method"].as_str() {
        compare::equal("the method", sent.method.as_str(), method)?;
    }
    let uri = expected["uri"].as_str().unwrap();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    compare::equal("the path", sent.uri.path(), path)?;
    compare::form(sent.uri.query().unwrap_or_default(), query)?;
    if let Some(host) = expected["host"].as_str() {
        // the expectation may contain the path of the endpoint
        let host = host.split('/').next().unwrap();
        compare::equal("the host", sent.uri.host().unwrap_or_default(), host)?;
    }
    let found = |name: &str| {
        sent.headers
            .get(name)
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
    };
    for (header, value) in expected["headers"].as_object().into_iter().flatten() {
        same_header(header, found(header).as_deref(), value.as_str().unwrap())?;
    }
    for header in expected["requireHeaders"].as_array().into_iter().flatten() {
        let header = header.as_str().unwrap();
        // added by the transport
        if found(header).is_none() && !header.eq_ignore_ascii_case("content-length") {
            return Err(format!("no header {header}"));
        }
    }
    for header in expected["forbidHeaders"].as_array().into_iter().flatten() {
        compare::equal(
            "a forbidden header",
            &found(header.as_str().unwrap()),
            &None,
        )?;
    }
    match expected["body"].as_str() {
        Some(body) => same_body(part, sent, body),
        None => Ok(()),
    }
}

/// Differences in headers, where this crate follows botocore and the oracle: no space after the commas of a list, a
/// charset with forms, and no content type for XML, text and bytes.
fn same_header(name: &str, found: Option<&str>, expected: &str) -> Result<(), String> {
    let is_type = name.eq_ignore_ascii_case("content-type");
    match found {
        None if is_type
            && ["application/xml", "text/plain", "application/octet-stream"]
                .contains(&expected) =>
        {
            Ok(())
        }
        Some(found) if is_type => {
            let media = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
            compare::equal(name, &media(found), &media(expected))
        }
        Some(found) if found.replace(", ", ",") == expected.replace(", ", ",") => Ok(()),
        found => compare::equal(name, &found, &Some(expected)),
    }
}

fn same_body(part: &Value, sent: &SentRequest, expected: &str) -> Result<(), String> {
    let found = String::from_utf8_lossy(&sent.body);
    if found == expected {
        return Ok(());
    }
    match part["metadata"]["protocol"].as_str().unwrap() {
        "smithy-rpc-v2-cbor" => {
            compare::cbor(&sent.body, &BASE64_STANDARD.decode(expected).unwrap())
        }
        "query" | "ec2" => compare::form(&found, expected),
        "rest-xml" if expected.trim_start().starts_with('<') => compare::xml(&found, expected),
        "json" | "rest-json" if expected.trim_start().starts_with(['{', '[']) => {
            let value = |text: &str| {
                serde_json::from_str::<Value>(text).map_err(|e| format!("{e}: {text:?}"))
            };
            compare::json(&value(&found)?, &value(expected)?)
        }
        _ => compare::equal("the body", &*found, expected),
    }
}

fn output(part: &Value, case: &Value) -> Verdict {
    let (given, response) = (&case["given"], &case["response"]);
    let output = given["output"]["shape"].as_str().unwrap_or_default();
    if let Some(reason) = differs_on_purpose(part, case, output) {
        return Verdict::Skipped(reason);
    }
    let headers: Vec<(&str, &str)> = (response["headers"].as_object().into_iter().flatten())
        .filter_map(|(name, value)| Some((&**name, value.as_str()?)))
        .collect();
    let text = response["body"].as_str().unwrap_or_default();
    let has_events = part["shapes"]
        .as_object()
        .unwrap()
        .values()
        .any(|shape| shape["eventstream"] == true);
    let body = match part["metadata"]["protocol"] == "smithy-rpc-v2-cbor" || has_events {
        true => BASE64_STANDARD.decode(text).unwrap(),
        false => text.as_bytes().to_vec(),
    };
    let status = response["status_code"].as_u64().unwrap() as u16;
    // some cases declare a body that they do not have
    let announced = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = body;
    if let Some(len) = announced.and_then(|(_, len)| len.parse().ok()) {
        body.resize(body.len().max(len), b' ');
    }
    let found = answer(&model(part, case), name(given), status, &headers, body);
    let convert = Convert {
        shapes: &part["shapes"],
        blob: base64_of_text,
        timestamp: text_of_epoch,
    };
    match (found, case.get("errorCode")) {
        (Ok(found), None) => {
            let expected = convert.value(output, &case["result"]);
            let expected = with_small_headers(&part["shapes"][output], pruned(&expected));
            compare::json(&found, &expected).into()
        }
        (Err(error), Some(code)) => match error.service_error() {
            Some(found) => {
                let shape = found.shape.as_deref().unwrap_or_default();
                let expected = convert.value(shape, &case["error"]);
                compare::equal("the code", &json!(found.code), code)
                    .and_then(|()| match case.get("errorMessage") {
                        Some(message) => {
                            compare::equal("the message", &json!(found.message), message)
                        }
                        None => Ok(()),
                    })
                    .and_then(|()| {
                        let mut value = found.value.clone();
                        // an expectation omits what is not in the shape, and the message
                        if let Value::Object(members) = &mut value {
                            members.retain(|name, _| expected.get(name).is_some());
                        }
                        compare::json(&value, &expected)
                    })
                    .into()
            }
            None => Verdict::Failed(error.to_string()),
        },
        (found, _) => Verdict::Failed(format!("found {:?}", found.map_err(|e| e.to_string()))),
    }
}

/// Cases in which the oracle and these tests differ: the oracle is followed, because callers know botocore.
fn differs_on_purpose(part: &Value, case: &Value, output: &str) -> Option<&'static str> {
    let shapes = &part["shapes"];
    let members = shapes[output]["members"].as_object()?;
    let payload = shapes[output]["payload"].as_str();
    let body = case["response"]["body"].as_str().unwrap_or_default();
    let unnamed_flat_list = |member: &Value| {
        let list = &shapes[member["shape"].as_str().unwrap_or_default()];
        (member["flattened"] == true || list["flattened"] == true)
            && member.get("locationName").is_none()
            && list["member"].get("locationName").is_some()
    };
    let named_structure = |member: &Value| {
        let target = &shapes[member["shape"].as_str().unwrap_or_default()];
        target["type"] == "structure"
            && target.get("locationName").is_some()
            && member.get("locationName").is_none()
    };
    if payload.is_some_and(|member| body.is_empty() && case["result"].get(member).is_none()) {
        return Some("as botocore: a payload is given also where it is empty");
    }
    if members.values().any(unnamed_flat_list) {
        return Some("as botocore: the items of a flattened list go by their own name");
    }
    if members.values().any(named_structure)
        && part["metadata"]["protocol"] == "rest-xml"
        && payload.is_none()
    {
        return Some("as botocore: a structure's name is that of members without one");
    }
    if members
        .iter()
        .any(|(name, member)| member["jsonvalue"] == true && case["result"][name].is_string())
    {
        return Some("as botocore: JSON in a header is given as what it says, not as text");
    }
    None
}

/// The old suite omits what the protocol cannot represent.
fn pruned(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| *name != "ResponseMetadata");
            Value::Object(
                kept.map(|(name, value)| (name.clone(), value.clone()))
                    .collect::<Map<_, _>>(),
            )
        }
        other => other.clone(),
    }
}

/// Compares header names without case; ours are in lower case.
fn with_small_headers(shape: &Value, mut result: Value) -> Value {
    for (name, member) in shape["members"].as_object().into_iter().flatten() {
        if member["location"] == "headers"
            && let Some(Value::Object(headers)) = result.get_mut(name)
        {
            *headers = std::mem::take(headers)
                .into_iter()
                .map(|(k, v)| (k.to_lowercase(), v))
                .collect();
        }
    }
    result
}
