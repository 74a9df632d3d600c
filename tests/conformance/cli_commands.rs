//! Command lines of `aws` and the requests that it sends for them, through the entry of the command.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex_lite::Regex;
use serde_json::Value;
use tucuxi::checksum::ChecksumAlgorithm;
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{Client, Config, Credentials};

use crate::aws::{self, Host};
use crate::failure::Failure;
use crate::oracle::same_request;
use crate::output::Out;
use crate::suite::{Suite, Verdict, files, finish, folder, in_parallel, text};

#[test]
fn cli_commands() {
    let Some(folder) = folder("cli") else { return };
    let rows = files(&folder, ".jsonl").into_iter().filter(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("commands")
    });
    let rows: Vec<Value> = rows
        .flat_map(|file| {
            let text = text(&file);
            let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
            rows.collect::<Vec<Value>>()
        })
        .collect();
    let mut all = Suite::new("suite cli commands");
    let chunks: Vec<&[Value]> = rows.chunks(100).collect();
    for suite in in_parallel(&chunks, |rows| run_all(rows)) {
        all.add(suite);
    }
    finish([all]);
}

fn run_all(rows: &[Value]) -> Suite {
    let mut suite = Suite::new("");
    // for the bodies of results
    let files = tempfile::tempdir().unwrap();
    for row in rows {
        let argv: Vec<&str> = list(&row["argv"])
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let id = format!(
            "{}: {}",
            row["file"].as_str().unwrap_or_default(),
            argv.join(" ")
        );
        suite.case(&id, || case(row, &argv, files.path()));
    }
    suite
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn case(row: &Value, argv: &[&str], files: &Path) -> Verdict {
    // the rows are version 1's, which takes blobs as they are
    let args = ["--cli-binary-format", "raw-in-base64-out"]
        .iter()
        .chain(argv);
    let args = args.map(|arg| (*arg).to_owned()).collect();
    let requests = list(&row["requests"]);
    // the network of the rows answers with an empty result
    let replay = (0..=requests.len()).fold(Replay::new(), |replay, _| replay.respond(200, &[], ""));
    let replay = Arc::new(replay);
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .max_attempts(1)
        .sleep(|_| {});
    let line = match aws::parse(args) {
        Ok(line) => line,
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let host = Host {
        config,
        connect: &|config| Client::with_transport(config, replay.clone()),
        out: Out::Writer(&mut std::io::sink()),
        folder: files,
        other_commands: &[],
        about: &|_| String::new(),
    };
    let result = aws::run(&line, host);
    if let Err(Failure::Lacking(_)) = result {
        return Verdict::Skipped("commands of aws that are more than one call");
    }
    let sent = replay.sent();
    if sent.len() < requests.len() {
        return Verdict::Failed(format!(
            "{} requests of {}: {:?}",
            sent.len(),
            requests.len(),
            result.err().map(|e| e.to_string())
        ));
    }
    for (sent, expected) in sent.iter().zip(requests) {
        if let Err(what) = same(sent, expected) {
            return Verdict::Failed(what);
        }
    }
    Verdict::Passed
}

/// Compares a request. Ids that a client makes are equal if they have the same form.
fn same(sent: &SentRequest, expected: &Value) -> Result<(), String> {
    let protocol = protocol(expected);
    let mut sent = sent.clone();
    sent.body = match std::str::from_utf8(&sent.body) {
        Ok(text) => steady(text).into(),
        Err(_) => without_uuids(&sent.body).into(),
    };
    for value in sent.headers.values_mut() {
        *value = without_uuids(value.as_bytes()).try_into().unwrap();
    }
    let mut expected = expected.clone();
    if let Some(text) = expected["body"].as_str() {
        expected["body"] = steady(text).into();
    }
    if let Some(text) = expected["body_base64"].as_str() {
        let bytes = without_uuids(&BASE64_STANDARD.decode(text).unwrap());
        expected["body_base64"] = BASE64_STANDARD.encode(bytes).into();
    }
    for (_, value) in expected["headers"].as_object_mut().into_iter().flatten() {
        let text = without_uuids(value.as_str().unwrap_or_default().as_bytes());
        *value = String::from_utf8(text).unwrap().into();
    }
    if let Some(url) = expected["url"].as_str() {
        expected["url"] = steady(&present(url)).into();
    }
    sent.uri = steady(&sent.uri.to_string()).parse().unwrap();
    // version 2 has another checksum than version 1
    if let Some(headers) = expected["headers"].as_object_mut()
        && sent.headers.contains_key("x-amz-checksum-crc64nvme")
        && headers.remove("x-amz-checksum-crc32").is_some()
    {
        let algorithm = ChecksumAlgorithm::Crc64Nvme;
        headers.insert("x-amz-sdk-checksum-algorithm".into(), "CRC64NVME".into());
        headers.insert(
            "x-amz-checksum-crc64nvme".into(),
            algorithm.checksum(&sent.body).into(),
        );
    }
    same_request(protocol, &sent, &expected)
}

/// Replaces UUIDs by others of the same length.
fn without_uuids(bytes: &[u8]) -> Vec<u8> {
    let form = b"xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    let is_uuid = |part: &[u8]| {
        part.len() == form.len()
            && part.iter().zip(form).all(|(byte, form)| match form {
                b'x' => byte.is_ascii_hexdigit(),
                form => byte == form,
            })
    };
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() {
        let end = (at + form.len()).min(bytes.len());
        if is_uuid(&bytes[at..end]) {
            bytes[at..end].copy_from_slice(form);
        }
    }
    bytes
}

/// Replaces what differs from run to run: UUIDs, other unique names, and what contains the time or is its signature.
fn steady(text: &str) -> String {
    const VOLATILE: [(&str, &str); 4] = [
        (
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
            "uuid",
        ),
        ("-[0-9]{10}-[0-9]{1,7}\\b", "unique"),
        ("20[0-9]{6}(T[0-9]{6}Z|%252F)", "time"),
        (
            "(UploadPolicySignature|UploadPolicy|X-Amz-Signature%3D)=?[0-9A-Za-z%]+",
            "$1=signature",
        ),
    ];
    let texts = VOLATILE.iter();
    texts.fold(text.to_owned(), |text, (pattern, name)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *name).into_owned()
    })
}

/// The URL that version 2 uses in place of version 1's: that of the region, not the one of old certificates or of S3 as a whole.
fn present(url: &str) -> String {
    const FORMER: [(&str, &str); 6] = [
        ("//queue.amazonaws.com", "//sqs.us-east-1.amazonaws.com"),
        (
            "//([a-z0-9-]+).queue.amazonaws.com",
            "//sqs.$1.amazonaws.com",
        ),
        ("//rds.amazonaws.com", "//rds.us-east-1.amazonaws.com"),
        (
            "//([a-z0-9-]+).elasticmapreduce.amazonaws.com",
            "//elasticmapreduce.$1.amazonaws.com",
        ),
        ("//s3.amazonaws.com", "//s3.us-east-1.amazonaws.com"),
        (
            "//([a-z0-9.-]+).s3.amazonaws.com",
            "//$1.s3.us-east-1.amazonaws.com",
        ),
    ];
    let rows = FORMER.iter();
    rows.fold(url.to_owned(), |url, (former, present)| {
        let former = Regex::new(former).unwrap();
        former.replace(&url, *present).into_owned()
    })
}

/// The protocol of a recorded request, as far as the form of its body goes.
fn protocol(request: &Value) -> &'static str {
    let kind = request["headers"]["content-type"]
        .as_str()
        .unwrap_or_default();
    let body = request["body"].as_str().unwrap_or_default();
    match kind {
        "application/cbor" => "smithy-rpc-v2-cbor",
        kind if kind.contains("x-www-form-urlencoded") => "query",
        _ if body.starts_with('<') => "rest-xml",
        _ => "json",
    }
}
