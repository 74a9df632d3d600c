//! Scalars and checksums.

use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tucuxi::BodySource;
use tucuxi::checksum::{AwsChunked, ChecksumAlgorithm, tree_hash};
use tucuxi::model::{Embedded, ModelSource, ServiceModel, names};

use crate::compare;
use crate::service::{answer, complete, request};
use crate::suite::{Suite, Verdict, files, finish, folder, json as read};

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// Checks every checksum of the case.
fn checksums(case: &Value) -> Verdict {
    let input = match case["input"].as_str() {
        Some("bytes i % 251 for i in 0..3*1024*1024+17") => {
            (0..3 * 1024 * 1024 + 17).map(|i| (i % 251) as u8).collect()
        }
        Some(_) => {
            return Verdict::Skipped("the input is told in words that the runner does not know");
        }
        None => bytes(&case["input_base64"]),
    };
    for (name, expected) in case.as_object().unwrap() {
        let found = match &**name {
            "input" | "input_base64" => continue,
            _ if expected.is_null() => continue, // not recorded
            "glacier_tree_hash" => tree_hash(&input[..]).unwrap(),
            name => name.parse::<ChecksumAlgorithm>().unwrap().checksum(&input),
        };
        if let Err(what) = compare::equal(name, &json!(found), expected) {
            return Verdict::Failed(what);
        }
    }
    Verdict::Passed
}

fn chunked(case: &Value) -> Verdict {
    let algorithm = case["algorithm"].as_str().map(|name| name.parse().unwrap());
    let mut source = AwsChunked::new(bytes(&case["input_base64"]).into(), algorithm);
    if let Some(size) = case["chunk_size"].as_u64() {
        source = source.chunk_size(size as usize);
    }
    let mut found = Vec::new();
    source.open().unwrap().read_to_end(&mut found).unwrap();
    let expected = bytes(&case["encoded_base64"]);
    compare::equal("the length", &source.len(), &Some(expected.len() as u64))
        .and_then(|()| compare::equal("the body", &found, &expected))
        .into()
}

#[test]
fn types() {
    let Some(root) = folder("types") else { return };
    let cases = |file: &str| {
        read(&root.join(file))["cases"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };

    let mut times = Suite::new("types timestamps");
    for case in cases("timestamps.json") {
        times.case(&case["value"].to_string(), || timestamp(&case));
    }
    let mut formats = Suite::new("types date-time formats");
    for (part, cases) in read(&root.join("date_time_format_test_suite.json"))
        .as_object()
        .into_iter()
        .flatten()
    {
        for case in cases
            .as_array()
            .into_iter()
            .flatten()
            .filter(|case| case.is_object())
        {
            formats.case(&format!("{part}: {case}"), || format(part, case));
        }
    }
    let mut sums = Suite::new("types checksums");
    for case in cases("checksums.json") {
        sums.case(&case["input_base64"].to_string(), || checksums(&case));
    }
    let mut chunks = Suite::new("types aws-chunked");
    for case in cases("aws-chunked.json") {
        let id = format!(
            "{} {} {}",
            case["algorithm"], case["chunk_size"], case["input_base64"]
        );
        chunks.case(&id, || chunked(&case));
    }
    let mut documents = Suite::new("types documents");
    for file in files(&root, "serialize_document.json") {
        documents.case("serialize_document", || document(&read(&file)));
    }

    let mut operations = Suite::new("types operation-names");
    for case in cases("operation-names.json") {
        let name = case["operation"].as_str().unwrap();
        operations.case(name, || {
            if case["snake"].as_str().unwrap().starts_with('_') {
                return Verdict::Skipped(
                    "botocore begins a name with its separator; no operation is called so",
                );
            }
            let found = json!([names::snake_case(name), names::kebab_case(name)]);
            compare::equal("the names", &found, &json!([case["snake"], case["kebab"]])).into()
        });
    }
    let mut services = Suite::new("types service-ids");
    for case in cases("service-ids.json") {
        services.case(case["service"].as_str().unwrap(), || service(&case));
    }
    finish([
        times, formats, sums, chunks, documents, operations, services,
    ]);
}

const FORMATS: [&str; 3] = ["iso8601", "rfc822", "unixTimestamp"];

/// A service with a timestamp in each format, in query and headers of requests and responses.
fn times(location: &str) -> Value {
    let member = |format: &str| {
        (
            format.to_owned(),
            json!({"shape": "Time", "timestampFormat": format, "location": location, "locationName": format}),
        )
    };
    let members: serde_json::Map<String, Value> = FORMATS.into_iter().map(member).collect();
    complete(json!({
        "metadata": {"protocol": "rest-json"},
        "operations": {"Do": {"name": "Do", "http": {"method": "GET", "requestUri": "/"},
            "input": {"shape": "Times"}, "output": {"shape": "Times"}}},
        "shapes": {"Time": {"type": "timestamp"}, "Times": {"type": "structure", "members": members}},
    }))
}

/// Writes a timestamp in all three formats, as in a request.
fn written(value: &Value) -> Result<[String; 3], String> {
    let params: serde_json::Map<String, Value> = FORMATS
        .map(|f| (f.to_owned(), value.clone()))
        .into_iter()
        .collect();
    let sent = request(
        &times("querystring"),
        "https://example.com",
        "Do",
        params.into(),
    )?;
    let query: Vec<(String, String)> =
        form_urlencoded::parse(sent.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    Ok(FORMATS.map(|f| {
        query
            .iter()
            .find(|(name, _)| name == f)
            .map_or(String::new(), |(_, text)| text.clone())
    }))
}

fn timestamp(case: &Value) -> Verdict {
    let text = case["value"].as_str().unwrap_or_default();
    if case.get("error").is_none()
        && text.contains(char::is_alphabetic)
        && !text.contains(',')
        && !text.contains(':')
    {
        return Verdict::Skipped("a form that only the Python library dateutil reads");
    }
    match (written(&case["value"]), case.get("error")) {
        (Err(_), Some(_)) => Verdict::Passed,
        (Ok(found), Some(_)) => Verdict::Failed(format!("no error but {found:?}")),
        (Err(error), None) => Verdict::Failed(error),
        (Ok([iso, http, epoch]), None) => {
            let seconds = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            compare::json(&iso.into(), &case["iso8601"])
                .and_then(|()| compare::json(&http.into(), &case["rfc822"]))
                .and_then(|()| compare::json(&seconds(&epoch).into(), &case["unixtimestamp"]))
                .into()
        }
    }
}

/// Smithy's tables of parsed and formatted timestamps.
fn format(part: &str, case: &Value) -> Verdict {
    let Some((direction, name)) = part.split_once('_') else {
        return Verdict::Failed(format!("what is {part}?"));
    };
    let number = match name {
        "date_time" => 0,
        "http_date" => 1,
        _ => 2,
    };
    let seconds: i64 = case["canonical_seconds"]
        .as_str()
        .unwrap_or("0")
        .parse()
        .unwrap();
    let nanos = case["canonical_nanos"].as_u64().unwrap_or(0);
    let instant = jiff::Timestamp::new(seconds, nanos as i32);
    let is_error = case["error"] == true;
    // years without use: both this crate and botocore end at 0001 and 9999
    let Some(instant) = instant
        .ok()
        .filter(|_| (-62_135_596_800..=253_402_300_799).contains(&seconds))
    else {
        return Verdict::Skipped("before the year 1 or after 9999, where no time of a service is");
    };
    if is_error {
        return Verdict::Skipped("an error of a type that only Smithy's own library has");
    }
    let text = case["smithy_format_value"].as_str().unwrap_or_default();
    if part == "parse_epoch_seconds" && text.starts_with('-') && text.contains('.') {
        return Verdict::Skipped(
            "smithy-rs counts the fraction of a negative number upwards; a decimal number goes down",
        );
    }
    match direction {
        "parse" => {
            let model = times("header");
            match answer(
                &model,
                "Do",
                200,
                &[(FORMATS[number], text)],
                b"{}".to_vec(),
            ) {
                Ok(found) => {
                    near(found[FORMATS[number]].as_str().unwrap_or_default(), instant).into()
                }
                Err(error) => Verdict::Failed(error.to_string()),
            }
        }
        _ => match written(&instant.to_string().into()) {
            Err(error) => Verdict::Failed(error),
            Ok(found) => {
                let found = &found[number];
                let read = match number {
                    0 => found.parse().ok(),
                    1 => jiff::fmt::rfc2822::parse(found)
                        .ok()
                        .map(|zoned| zoned.timestamp()),
                    _ => instant_of(found),
                };
                let Some(read) = read else {
                    return Verdict::Failed(format!("{found} is none"));
                };
                // dates in headers have no fraction in this crate
                let expected = if number == 1 {
                    jiff::Timestamp::new(seconds, 0).unwrap()
                } else {
                    instant
                };
                near(&read.to_string(), expected).into()
            }
        },
    }
}

/// The formats have microseconds.
fn near(found: &str, expected: jiff::Timestamp) -> Result<(), String> {
    let found: jiff::Timestamp = found.parse().map_err(|e| format!("{found:?}: {e}"))?;
    let apart = (found.as_nanosecond() - expected.as_nanosecond()).abs();
    match apart <= 1_000 {
        true => Ok(()),
        false => Err(format!("found {found}, expected {expected}")),
    }
}

fn document(value: &Value) -> Verdict {
    let model = complete(json!({
        "metadata": {"protocol": "json"},
        "operations": {"Do": {"name": "Do", "input": {"shape": "D"}, "output": {"shape": "D"}}},
        "shapes": {"D": {"type": "structure", "members": {"d": {"shape": "Doc"}}},
            "Doc": {"type": "structure", "document": true, "members": {}}},
    }));
    let params = json!({"d": value});
    let same = request(&model, "https://example.com", "Do", params.clone()).and_then(|sent| {
        let body: Value = serde_json::from_slice(&sent.body).map_err(|e| e.to_string())?;
        compare::equal("the request", &body, &params)?;
        let back = answer(&model, "Do", 200, &[], sent.body.to_vec()).map_err(|e| e.to_string())?;
        compare::equal("the result", &back, &params)
    });
    same.into()
}

fn service(case: &Value) -> Verdict {
    let name = case["service"].as_str().unwrap();
    let Some(version) = Embedded.versions(name, "service-2").unwrap().pop() else {
        return Verdict::Failed("there is no such service".into());
    };
    let text = Embedded
        .load(&format!("{name}/{version}/service-2"))
        .unwrap()
        .unwrap();
    let model = ServiceModel::parse(name, text).unwrap();
    let metadata = model.metadata();
    let found = json!({
        "service": name,
        "service_id": metadata.service_id,
        "hyphenized": names::hyphenated_service_id(&metadata.service_id),
        "endpoint_prefix": metadata.endpoint_prefix,
        "signing_name": metadata.signing_name,
        "api_version": metadata.api_version,
        "protocol": metadata.protocol.name(),
        "signature_version": metadata.signature_version,
    });
    compare::json(&found, case).into()
}

/// Seconds since 1970 as an exact decimal.
fn instant_of(text: &str) -> Option<jiff::Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    let nanos = if whole.starts_with('-') {
        -nanos
    } else {
        nanos
    };
    jiff::Timestamp::new(whole.parse().ok()?, nanos).ok()
}
