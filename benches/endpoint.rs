//! Endpoint resolution by rules, uncached and cached.
//!
//! ```sh
//! cargo bench --bench endpoint
//! ```
//! Budgets in instructions (callgrind; optimised, without LTO): 5,000 for a cached endpoint; 1.8 million for the first one of S3,
//! of which unpacking the rules and reading their outline is 0.7, and reading the rules that are evaluated as much.

use std::hint::black_box;
use std::sync::Arc;

use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
use tucuxi::model::{Embedded, ModelSource};

fn main() {
    divan::main();
}

const CASES: [&str; 4] = ["s3 bucket", "s3 access point", "s3 path", "sqs"];

fn resolver(service: &str) -> EndpointResolver {
    let version = Embedded
        .versions(service, "endpoint-rule-set-1")
        .unwrap()
        .pop()
        .unwrap();
    let rules = Embedded
        .load(&format!("{service}/{version}/endpoint-rule-set-1"))
        .unwrap()
        .unwrap();
    let partitions = Embedded.load("partitions").unwrap().unwrap();
    let partitions = Arc::new(Partitions::parse(&partitions).unwrap());
    EndpointResolver::new(Ruleset::parse(&rules).unwrap(), partitions)
}

fn case(name: &str) -> (EndpointResolver, EndpointParams) {
    let plain = EndpointParams::new()
        .with("Region", "eu-west-1")
        .with("UseFIPS", false)
        .with("UseDualStack", false);
    match name {
        "s3 bucket" => (resolver("s3"), plain.with("Bucket", "my-bucket")),
        "s3 access point" => {
            let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-access-point";
            (resolver("s3"), plain.with("Bucket", arn))
        }
        "s3 path" => (
            resolver("s3"),
            plain
                .with("Bucket", "my.bucket")
                .with("ForcePathStyle", true),
        ),
        service => (resolver(service), plain),
    }
}

#[divan::bench(args = CASES)]
fn cold(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (resolver, params) = case(name);
    // a new name each time, which is not cached
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        let params = match name.starts_with("s3") {
            true => params
                .clone()
                .with("Bucket", format!("{}-{number}", bucket(&params))),
            false => params.clone().with("Region", format!("eu-west-{number}")),
        };
        black_box(resolver.resolve(&params)).unwrap();
    });
}

fn bucket(params: &EndpointParams) -> String {
    params
        .value("Bucket")
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[divan::bench(args = CASES)]
fn cached(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (resolver, params) = case(name);
    resolver.resolve(&params).unwrap();
    bencher.bench(|| resolver.resolve(black_box(&params)).unwrap());
}
