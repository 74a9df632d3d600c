//! What tools ask of all services: the first search and further ones, schemas, and the memory of models.
//!
//! ```sh
//! cargo bench --bench introspection
//! ```
//! `max alloc` is the memory that is in use at once.

use std::hint::black_box;

use divan::{AllocProfiler, Bencher};
use tucuxi::model::{Embedded, ServiceModel};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A client that shares no models with others.
fn client() -> Client {
    let config = Config::builder().isolated().build().unwrap();
    Client::with_models(config, Replay::new(), Embedded).unwrap()
}

const QUERIES: [&str; 4] = [
    "list buckets",
    "rotate key",
    "How do I restart the database instances of my cluster?",
    "descrbie instnaces",
];

#[divan::bench(sample_count = 10)]
fn first_search() -> usize {
    client().introspect().search(QUERIES[0], 10).unwrap().len()
}

#[divan::bench(args = QUERIES)]
fn further_search(bencher: Bencher<'_, '_>, query: &str) {
    let known = client().introspect();
    known.search(query, 10).unwrap();
    bencher.bench_local(|| known.search(query, 10).unwrap());
}

#[divan::bench(args = [("sqs", "SendMessage"), ("s3", "PutObject"), ("ec2", "RunInstances"), ("quicksight", "CreateDashboard")])]
fn input_schema(bencher: Bencher<'_, '_>, (service, operation): (&str, &str)) {
    let model = client().model(service).unwrap();
    bencher.bench_local(|| model.input_schema(operation).unwrap());
}

/// Parses all that the inputs of a service's operations reach.
fn resolve(model: &ServiceModel) -> usize {
    let operations = model.operation_names();
    let inputs = operations.filter_map(|name| model.operation(name).unwrap().input);
    model.reachable(inputs).map(Result::unwrap).count()
}

#[divan::bench(args = ["sts", "sqs", "s3", "dynamodb", "ec2"])]
fn one_service_with_every_input(service: &str) -> Client {
    let client = client();
    black_box(resolve(&client.model(service).unwrap()));
    client
}

#[divan::bench(sample_count = 1)]
fn all_services_with_every_input() -> Client {
    let client = client();
    for service in client.introspect().services().unwrap() {
        black_box(resolve(&client.model(&service).unwrap()));
    }
    client
}
