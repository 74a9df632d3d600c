//! From the embedded bytes to the first request that is ready to be sent, and the parts of that.
//!
//! ```sh
//! cargo bench --bench model_load
//! ```
//! Budgets of a process with one call of a service, without network, in millions of instructions (callgrind; optimised, without
//! LTO): sts 2.4, dynamodb 4.0, s3 5.6, ec2 13, of which zstd is 7.4.

use std::hint::black_box;

use serde_json::{Value, json};
use tucuxi::endpoint::Ruleset;
use tucuxi::model::{Embedded, ModelSource, ServiceModel};
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use tucuxi::{Client, Config, Credentials};

fn main() {
    divan::main();
}

const SERVICES: [&str; 4] = ["ec2", "s3", "dynamodb", "sts"];

fn operation(service: &str) -> (&'static str, Value) {
    match service {
        "ec2" => ("DescribeInstances", json!({"MaxResults": 5})),
        "s3" => (
            "ListObjectsV2",
            json!({"Bucket": "bench-bucket", "Prefix": "a/"}),
        ),
        "dynamodb" => (
            "GetItem",
            json!({"TableName": "t", "Key": {"id": {"S": "1"}}}),
        ),
        _ => ("GetCallerIdentity", json!({})),
    }
}

fn text(service: &str, kind: &str) -> String {
    let version = Embedded
        .versions(service, kind)
        .unwrap()
        .into_iter()
        .max()
        .unwrap();
    Embedded
        .load(&format!("{service}/{version}/{kind}"))
        .unwrap()
        .unwrap()
}

/// Receives the request and sends nothing.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        Err(TransportError::new(
            TransportErrorKind::Request,
            request.uri(),
            "this is a benchmark",
        ))
    }
}

fn config() -> Config {
    Config::builder()
        .isolated()
        .region("eu-west-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .build()
        .unwrap()
}

fn prepare(client: &Client, service: &str) {
    let (operation, params) = operation(service);
    black_box(client.call(service, operation, params)).unwrap_err();
}

#[divan::bench(args = SERVICES)]
fn part_1_unpack_the_model(service: &str) -> usize {
    text(service, "service-2").len()
}

#[divan::bench(args = SERVICES)]
fn part_2_index_the_model(bencher: divan::Bencher<'_, '_>, service: &str) {
    let text = text(service, "service-2");
    bencher
        .with_inputs(|| text.clone())
        .bench_values(|text| ServiceModel::parse(service, text).unwrap());
}

#[divan::bench(args = SERVICES)]
fn part_3_unpack_the_rules(service: &str) -> usize {
    text(service, "endpoint-rule-set-1").len()
}

#[divan::bench(args = SERVICES)]
fn part_4_compile_the_rules(bencher: divan::Bencher<'_, '_>, service: &str) {
    let text = text(service, "endpoint-rule-set-1");
    bencher.bench(|| Ruleset::parse(&text).unwrap());
}

/// All parts, the partitions, and the call. A separate source is not shared with other clients.
#[divan::bench(args = SERVICES)]
fn whole_first_client_and_call(bencher: divan::Bencher<'_, '_>, service: &str) {
    let config = config();
    bencher.bench(|| {
        let client = Client::with_models(config.clone(), Nowhere, Embedded).unwrap();
        prepare(&client, service);
    });
}

#[divan::bench(args = SERVICES)]
fn whole_second_client_and_call(bencher: divan::Bencher<'_, '_>, service: &str) {
    let config = config();
    let client = || Client::with_transport(config.clone(), Nowhere).unwrap();
    prepare(&client(), service);
    bencher.bench(|| prepare(&client(), service));
}

#[divan::bench(args = SERVICES)]
fn whole_next_call(bencher: divan::Bencher<'_, '_>, service: &str) {
    let client = Client::with_transport(config(), Nowhere).unwrap();
    prepare(&client, service);
    bencher.bench(|| prepare(&client, service));
}

#[divan::bench]
fn all_services() {
    let client = Client::with_models(config(), Nowhere, Embedded).unwrap();
    for service in client.introspect().services().unwrap() {
        black_box(client.model(&service).unwrap());
    }
}
