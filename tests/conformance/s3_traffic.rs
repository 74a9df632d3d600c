//! Recorded exchanges of another SDK with S3: URLs, chunked bodies, and results.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::checksum::{AwsChunked, ChecksumAlgorithm};
use tucuxi::config::RegionalEndpoints;
use tucuxi::transport::Replay;
use tucuxi::{BodySource, Config, Credentials};

use crate::compare;
use crate::suite::{Suite, Verdict, files, finish, folder, json as read};
use crate::support::client::IntoClient;

/// A request and its response.
#[derive(Default)]
struct Recorded {
    request: Value,
    sent: Vec<u8>,
    response: Value,
    received: Vec<u8>,
}

#[test]
fn s3_traffic() {
    let Some(root) = folder("s3") else { return };
    let mut suite = Suite::new("s3 traffic");
    for file in files(&root.join("smithy-rs-traffic"), ".json") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        for (number, recorded) in recorded(&read(&file)) {
            suite.case(&format!("{name} {number}"), || run(&recorded));
        }
    }
    finish([suite]);
}

fn recorded(file: &Value) -> BTreeMap<u64, Recorded> {
    let mut all: BTreeMap<u64, Recorded> = BTreeMap::new();
    for event in file["events"].as_array().unwrap() {
        let one = all
            .entry(event["connection_id"].as_u64().unwrap())
            .or_default();
        let action = &event["action"];
        if let Some(request) = action.get("Request") {
            one.request = request["request"].clone();
        } else if let Some(response) = action.get("Response") {
            one.response = response["response"]["Ok"].clone();
        } else if let Some(data) = action.get("Data") {
            let text = data["data"]["Utf8"].as_str().unwrap_or_default();
            match data["direction"] == "Request" {
                true => one.sent.extend(text.bytes()),
                false => one.received.extend(text.bytes()),
            }
        }
    }
    all
}

fn header<'v>(of: &'v Value, name: &str) -> Option<&'v str> {
    of["headers"].get(name)?.get(0)?.as_str()
}

/// The operation, derived from the request.
fn operation(method: &str, path: &str, query: &str) -> Option<String> {
    let parts: Vec<&str> = query.split('&').collect();
    let named = parts.iter().find_map(|part| part.strip_prefix("x-id="));
    Some(match (named, method, path) {
        (Some(name), ..) => name.to_owned(),
        (_, "HEAD", "/") => "HeadBucket".into(),
        (_, "HEAD", _) => "HeadObject".into(),
        (_, "GET", "/") if parts.contains(&"session") => "CreateSession".into(),
        (_, "GET", "/") if parts.contains(&"list-type=2") => "ListObjectsV2".into(),
        (_, "GET", "/") => "ListObjects".into(),
        _ => return None,
    })
}

fn run(recorded: &Recorded) -> Verdict {
    if header(&recorded.request, "x-amz-trailer").is_some() {
        return chunked(recorded);
    }
    let url: http::Uri = recorded.request["uri"].as_str().unwrap().parse().unwrap();
    let method = recorded.request["method"].as_str().unwrap_or("GET");
    let Some(operation) = operation(method, url.path(), url.query().unwrap_or_default()) else {
        return Verdict::Skipped("the recording does not tell which operation was called");
    };
    let host: Vec<&str> = url.host().unwrap().split('.').collect();
    let &[bucket, .., region, "amazonaws", "com"] = &host[..] else {
        return Verdict::Failed(format!("the host {host:?}"));
    };
    let mut params = json!({"Bucket": bucket});
    if url.path() != "/" {
        params["Key"] = url.path()[1..].into();
    }
    let headers: Vec<(&str, &str)> = (recorded.response["headers"].as_object().unwrap().iter())
        .filter_map(|(name, values)| Some((&**name, values.get(0)?.as_str()?)))
        .collect();
    let status = recorded.response["status"].as_u64().unwrap() as u16;
    let replay = Replay::new().respond(status, &headers, recorded.received.clone());
    // sessions are recorded separately
    let replay = match operation != "CreateSession"
        && header(&recorded.request, "x-amz-s3session-token").is_some()
    {
        true => Replay::new().respond(200, &[], SESSION).respond(
            status,
            &headers,
            recorded.received.clone(),
        ),
        false => replay,
    };
    let replay = Arc::new(replay);
    let config = Config::builder()
        .isolated()
        .region(region)
        .max_attempts(1)
        .s3_us_east_1_endpoint(RegionalEndpoints::Regional);
    let config = match header(&recorded.request, "authorization") {
        Some(_) => config.credentials(Credentials::new("ANOTREAL", "secret")),
        None => config.unsigned(),
    };
    let client = config.over(replay.clone());
    let result = client.call("s3", &operation, params);
    let sent = replay.sent().pop().unwrap();
    for name in ["authorization", "x-amz-s3session-token"] {
        let (found, expected) = (
            sent.headers.contains_key(name),
            header(&recorded.request, name).is_some(),
        );
        if let Err(what) = compare::equal(name, &found, &expected) {
            return Verdict::Failed(what);
        }
    }
    let place = |uri: &http::Uri| format!("{}{}", uri.host().unwrap_or_default(), uri.path());
    let announced = header(&recorded.response, "content-length").and_then(|len| len.parse().ok());
    let is_whole =
        method == "HEAD" || announced.is_none_or(|len: usize| len <= recorded.received.len());
    compare::equal("the place", &place(&sent.uri), &place(&url))
        .and_then(|()| match (is_whole, &result) {
            (true, Err(error)) => Err(error.to_string()),
            (false, Ok(_)) => Err("a cut body is no error".into()),
            _ => Ok(()),
        })
        .into()
}

const SESSION: &str = "<CreateSessionResult><Credentials><SessionToken>t</SessionToken>\
    <SecretAccessKey>s</SecretAccessKey><AccessKeyId>a</AccessKeyId>\
    <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>";

/// The same content in chunks of the same size has the same bytes and the declared length.
fn chunked(recorded: &Recorded) -> Verdict {
    let text = String::from_utf8_lossy(&recorded.sent);
    if text.contains(";chunk-signature=") {
        return Verdict::Skipped("chunks with signatures of their own: we leave them to TLS");
    }
    let (mut content, mut first, mut rest) = (Vec::new(), None, &recorded.sent[..]);
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        first.get_or_insert(size);
        content.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
    let trailer = header(&recorded.request, "x-amz-trailer").unwrap();
    let algorithm: ChecksumAlgorithm = trailer
        .strip_prefix("x-amz-checksum-")
        .unwrap()
        .parse()
        .unwrap();
    let decoded = header(&recorded.request, "x-amz-decoded-content-length").unwrap();
    let length = compare::equal("the length", decoded, &content.len().to_string());
    let source = AwsChunked::new(content.into(), Some(algorithm)).chunk_size(first.unwrap_or(1));
    let mut found = Vec::new();
    source.open().unwrap().read_to_end(&mut found).unwrap();
    let announced = source.len().map(|len| len.to_string());
    length
        .and_then(|()| {
            compare::equal(
                "the encoded length",
                &announced.as_deref(),
                &header(&recorded.request, "content-length"),
            )
        })
        .and_then(|()| compare::equal("the body", &found, &recorded.sent))
        .into()
}
