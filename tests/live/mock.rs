//! boto3 calls the mock: it understands every request, and boto3 every response.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tucuxi::internals::example_params;
use tucuxi::mock::Mock;
use tucuxi::{Client, Config};

use crate::support::mocked::{difference, is_same_request};
use crate::support::report;

/// The number of operations of each protocol in the usual run.
const SAMPLE: usize = 100;

/// The calls of a protocol by their outcome.
#[derive(Debug, Default)]
struct Rate {
    good: usize,
    /// boto3 has no such operation or parameter, or sends no request.
    unsent: usize,
    faults: usize,
}

/// Calls 100 operations of each protocol, with required parameters and with all. `TUCUXI_MOCK_ALL=1` calls all operations,
/// `TUCUXI_CASE` those whose name contains it.
#[test]
fn boto3_calls_the_mock() {
    let Ok(python) = std::env::var("TUCUXI_PYTHON") else {
        report::skipped("boto3_calls_the_mock", "because TUCUXI_PYTHON is not set");
        return;
    };
    let mock = Mock::start().unwrap();
    let client = Client::with_config(Config::builder().isolated().build().unwrap()).unwrap();
    let mut boto3 = Boto3::start(&python, mock.url());
    let (mut rates, mut faults) = (BTreeMap::<_, Rate>::new(), Vec::new());
    for (protocol, service, operation) in chosen(&client) {
        for is_full in [false, true] {
            let rate = rates.entry(protocol).or_default();
            match check(&client, &mock, &mut boto3, (&service, &operation), is_full) {
                Ok(true) => rate.good += 1,
                Ok(false) => rate.unsent += 1,
                Err(fault) => {
                    rate.faults += 1;
                    println!("FAULT {service}.{operation} {is_full}: {fault}");
                    faults.push(format!("{service}.{operation}: {fault}"));
                }
            }
        }
    }
    println!("{rates:#?}");
    assert!(
        faults.is_empty(),
        "{} faults, such as {}",
        faults.len(),
        faults[0]
    );
}

/// Protocols, services and operations, those of a service together.
fn chosen(client: &Client) -> Vec<(&'static str, String, String)> {
    let case = std::env::var("TUCUXI_CASE").unwrap_or_default();
    let is_all = !case.is_empty() || std::env::var_os("TUCUXI_MOCK_ALL").is_some();
    let mut all: BTreeMap<&'static str, Vec<(String, String)>> = BTreeMap::new();
    for service in client.introspect().services().unwrap() {
        let model = client.model(&service).unwrap();
        let names = model
            .operation_names()
            .map(|name| (service.clone(), name.to_owned()));
        let of_protocol = all.entry(model.metadata().protocol.name()).or_default();
        of_protocol
            .extend(names.filter(|(service, name)| format!("{service}.{name}").contains(&case)));
    }
    let mut chosen = Vec::new();
    for (protocol, operations) in all {
        let step = if is_all {
            1
        } else {
            operations.len().div_ceil(SAMPLE)
        };
        let some = operations.into_iter().step_by(step);
        chosen.extend(some.map(|(service, operation)| (protocol, service, operation)));
    }
    chosen
}

/// Makes a call, and returns whether a request was sent.
fn check(
    client: &Client,
    mock: &Mock,
    boto3: &mut Boto3,
    (service, operation): (&str, &str),
    is_full: bool,
) -> Result<bool, String> {
    let model = client.model(service).unwrap();
    let params = example_params(&model, operation, is_full).unwrap();
    mock.take_requests();
    let (outcome, text) = boto3.call(service, operation, &params);
    let received = mock.take_requests();
    let Some(received) = received.last() else {
        return match &*outcome {
            "unknown" | "refused" => {
                println!("UNSENT {service}.{operation}: {text}");
                Ok(false)
            }
            _ => Err(format!("no request was understood: {outcome}: {text}")),
        };
    };
    let found = (&*received.service, &*received.operation);
    if !is_same_request(client, (service, operation), found) {
        return Err(format!("understood as {}.{}", found.0, found.1));
    }
    if let Some(problem) = &received.problem {
        // a token of a model that is newer than ours
        let added = problem.strip_prefix("invalid parameters: ");
        let added = added.and_then(|rest| rest.strip_suffix(": unknown member"));
        if added.is_some_and(|name| params.get(name).is_none()) {
            return Ok(false);
        }
        return Err(format!("problem: {problem}"));
    }
    if found != (service, operation) {
        return Ok(true); // the response is that of the other
    }
    if let Some(place) = difference(&params, &received.params, "") {
        return Err(format!("params: {place}"));
    }
    match &*outcome {
        "ok" => Ok(true),
        _ => Err(format!("response: {outcome}: {text}")),
    }
}

/// A process that makes calls with boto3.
struct Boto3 {
    process: Child,
    calls: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Boto3 {
    fn start(python: &str, url: &str) -> Self {
        let mut process = Command::new(python)
            .args(["tests/live/mock_calls.py", url])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_BEARER_TOKEN_BEDROCK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            calls: process.stdin.take().unwrap(),
            reports: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn call(&mut self, service: &str, operation: &str, params: &Value) -> (String, String) {
        writeln!(self.calls, "{}", json!([service, operation, params])).unwrap();
        let mut line = String::new();
        self.reports.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Boto3 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
