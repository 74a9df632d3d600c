//! What `aws` prints for a response, in each format.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tucuxi::transport::Replay;
use tucuxi::{Client, Credentials};

use crate::aws::{self, Host};
use crate::output::Out;
use crate::suite::{Suite, Verdict, files, finish, folder, in_parallel, text};
use crate::support::client::isolated;

/// As many as a listing may request.
const REQUESTS: usize = 4;

#[test]
fn outputs() {
    let Some(folder) = folder("cli") else {
        return;
    };
    let mut suites = Vec::new();
    let rows: Vec<Value> = (files(&folder, ".jsonl").iter())
        .filter(|file| {
            file.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("outputs"))
        })
        .flat_map(|file| {
            let lines = text(file);
            lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect::<Vec<_>>()
        })
        .collect();
    for suite in in_parallel(&rows, run) {
        suites.push(suite);
    }
    let mut all = Suite::new("suite cli outputs");
    suites.into_iter().for_each(|suite| all.add(suite));
    finish([all]);
}

fn run(row: &Value) -> Suite {
    let mut suite = Suite::new("suite cli outputs");
    let id = row["id"].as_str().unwrap();
    let expected = parsed(row["json"].as_str().unwrap(), |json| {
        serde_json::from_str(json).unwrap()
    });
    let json = parsed(&printed(row, "json"), |json| {
        serde_json::from_str(json).unwrap()
    });
    let is_newer = expected != json && contains(&json, &expected);
    for format in ["json", "text", "table", "yaml"] {
        suite.case(&format!("{id} {format}"), || match format {
            _ if is_newer => {
                Verdict::Skipped("the recorded model does not have a member of the response")
            }
            "yaml" => {
                let yaml = printed(row, format);
                let found = parsed(&yaml, |yaml| serde_saphyr::from_str(yaml).unwrap());
                let same = (found == expected).then_some(());
                same.ok_or_else(|| format!("{expected} became {found}"))
                    .into()
            }
            _ => first_difference(row[format].as_str().unwrap(), &printed(row, format)).into(),
        });
    }
    suite
}

/// A printed value; null if nothing was printed.
fn parsed(text: &str, parse: impl Fn(&str) -> Value) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        parse(text)
    }
}

/// Whether a value has all that another has, and further members.
fn contains(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Object(value), Value::Object(other)) => (other.iter())
            .all(|(name, other)| value.get(name).is_some_and(|value| contains(value, other))),
        (Value::Array(value), Value::Array(other)) => {
            value.len() == other.len()
                && value
                    .iter()
                    .zip(other)
                    .all(|(value, other)| contains(value, other))
        }
        _ => value == other,
    }
}

fn first_difference(expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let mut lines = expected.lines().zip(found.lines());
    Err(match lines.find(|(expected, found)| expected != found) {
        Some((expected, found)) => format!("expected\n{expected}\nfound\n{found}"),
        None => format!("{} bytes instead of {}", found.len(), expected.len()),
    })
}

/// The output of a command line of `aws`.
fn printed(row: &Value, format: &str) -> String {
    let argv = row["argv"].as_array().unwrap().iter();
    let argv = argv.map(|arg| arg.as_str().unwrap());
    let args = argv
        .chain(["--output", format])
        .map(str::to_owned)
        .collect();
    let response = &row["response"];
    let config = isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"));
    let mut out = Vec::new();
    let host = Host {
        config,
        connect: &|config| Client::with_transport(config, replay(response)),
        out: Out::Writer(&mut out),
        folder: Path::new("/nowhere"),
        other_commands: &[],
        about: &|_| String::new(),
    };
    aws::run(&aws::parse(args).unwrap(), host).unwrap();
    String::from_utf8(out).unwrap()
}

/// A transport whose responses are all the same.
fn replay(response: &Value) -> Replay {
    let body = match response["body_base64"].as_str() {
        Some(text) => BASE64_STANDARD.decode(text).unwrap(),
        None => response["body"].as_str().unwrap_or_default().into(),
    };
    let headers: Vec<(&str, &str)> = match &response["headers"] {
        Value::Object(map) => (map.iter())
            .map(|(name, value)| (&**name, value.as_str().unwrap()))
            .collect(),
        list => list
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect(),
    };
    let status = response["status"].as_u64().unwrap() as u16;
    (0..REQUESTS).fold(Replay::new(), |replay, _| {
        replay.respond(status, &headers, body.clone())
    })
}
