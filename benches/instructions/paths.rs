//! Paths of the library.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
use tucuxi::internals::encode;
use tucuxi::mock::Mock;
use tucuxi::model::{Embedded, ModelSource};
use tucuxi::query::Query;
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError};
use tucuxi::{Client, Config, Credentials, ResponseBody};

use crate::{cases, count, responses};

/// A path, which may be taken any number of times.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// In thousands of instructions.
    pub(crate) budget: f64,
    /// How often it is taken to be counted.
    times: u32,
    start: fn() -> Step,
}

type Step = Box<dyn FnMut()>;

/// The budgets are the counts of 2026-11-29 plus 3 %.
#[rustfmt::skip] // a path a line
pub(crate) const PATHS: &[Path] = &[
    path("call PutItem, signed", 160.7, 200, || put_item(true)),
    path("call PutItem, unsigned", 77.2, 200, || put_item(false)),
    path("call ListObjectsV2, 1,000 keys, to a Value", 20_611.0, 4, list_objects),
    path("call of the mock, GetItem", 366.7, 200, mock),
    path("pages of 1,000 keys, a page", 20_662.0, 4, || pages(false)),
    path("items of 1,000 keys, a page", 20_766.0, 4, || pages(true)),
    path("encode PutItem", 26.4, 500, encode_put_item),
    path("decode list-objects to a tree", 9_029.0, 4, || decode("list-objects", Form::Tree)),
    path("decode list-objects to a type", 9_633.0, 4, || decode("list-objects", Form::Type)),
    path("decode list-objects to text", 10_324.0, 4, || decode("list-objects", Form::Text)),
    path("decode list-objects to a Value", 19_247.0, 4, || decode("list-objects", Form::Value)),
    path("decode describe-instances to a tree", 24_511.0, 2, || decode("describe-instances", Form::Tree)),
    path("decode describe-instances to a type", 19_759.0, 2, || decode("describe-instances", Form::Type)),
    path("decode describe-instances to text", 25_837.0, 2, || decode("describe-instances", Form::Text)),
    path("decode describe-instances to a Value", 63_249.0, 2, || decode("describe-instances", Form::Value)),
    path("decode query to a tree", 36_000.0, 2, || decode("query", Form::Tree)),
    path("decode query to a type", 61_135.0, 2, || decode("query", Form::Type)),
    path("decode query to text", 35_419.0, 2, || decode("query", Form::Text)),
    path("decode query to a Value", 115_481.0, 2, || decode("query", Form::Value)),
    path("decode list-metrics to a tree", 3_110.0, 20, || decode("list-metrics", Form::Tree)),
    path("decode list-metrics to a type", 4_028.0, 20, || decode("list-metrics", Form::Type)),
    path("search in a tree of 300 instances", 9_323.0, 20, search),
    path("endpoint of S3, cached", 6.9, 1000, || endpoint(true)),
    path("endpoint of S3, by its rules", 77.1, 200, || endpoint(false)),
    path("first call of STS", 1_182.0, 5, || first_call("sts", "GetCallerIdentity", IDENTITY)),
    path("first call of IAM", 2_816.0, 5, || first_call("iam", "ListUsers", USERS)),
    path("first call of DynamoDB", 2_614.0, 5, || first_call("dynamodb", "ListTables", "{}")),
    path("first call of S3", 5_175.0, 5, || first_call("s3", "ListObjectsV2", "<ListBucketResult/>")),
    path("first call of EC2", 3_854.0, 5, || first_call("ec2", "DescribeInstances", "<DescribeInstancesResponse/>")),
    path("clients of all services", 40_549.0, 1, all_services),
];

const fn path(name: &'static str, budget: f64, times: u32, start: fn() -> Step) -> Path {
    Path {
        name,
        budget,
        times,
        start,
    }
}

impl Path {
    pub(crate) fn named(name: &str) -> &'static Self {
        let found = PATHS.iter().find(|path| path.name == name);
        found.unwrap_or_else(|| panic!("no path {name}"))
    }

    /// Takes the path in this process.
    pub(crate) fn run(&self, times: u32) {
        let mut step = (self.start)();
        (0..times).for_each(|_| step());
    }

    /// Thousands of instructions of the path, when it was taken before.
    pub(crate) fn count(&self) -> f64 {
        let [once, more] = [1, 1 + self.times].map(|times| self.of_process(times));
        more.saturating_sub(once) as f64 / 1e3 / f64::from(self.times)
    }

    fn of_process(&self, times: u32) -> u64 {
        let mut command = count::counted(std::env::current_exe().unwrap());
        let command = command.args(["--run", self.name, &times.to_string()]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", self.name);
        count::instructions(&said)
    }
}

/// A network that responds at once.
struct Instant(Bytes);

impl Transport for Instant {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        black_box(request);
        Ok(Response::new(ResponseBody::from(self.0.clone())))
    }
}

fn config() -> Config {
    let config = Config::builder().isolated().region("us-east-1");
    config
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .build()
        .unwrap()
}

fn client(response: Vec<u8>) -> Client {
    Client::with_transport(config(), Instant(response.into())).unwrap()
}

fn item() -> Value {
    json!({
        "TableName": "orders",
        "Item": {"pk": {"S": "customer#00007"}, "sk": {"S": "order#00000007"}, "total": {"N": "12.50"}, "paid": {"BOOL": true},
            "note": {"S": "hello"}},
    })
}

fn put_item(is_signed: bool) -> Step {
    let config = Config::builder().isolated().region("us-east-1");
    let config = match is_signed {
        true => config.credentials(Credentials::new("AKIDEXAMPLE", "secret")),
        false => config.unsigned(),
    };
    let transport = Instant(Bytes::from_static(b"{}"));
    let client = Client::with_transport(config.build().unwrap(), transport).unwrap();
    Box::new(move || {
        drop(black_box(
            client.call("dynamodb", "PutItem", item()).unwrap(),
        ))
    })
}

fn list_objects() -> Step {
    let client = client(responses::objects());
    let params = || json!({"Bucket": "bucket"});
    Box::new(move || {
        drop(black_box(
            client.call("s3", "ListObjectsV2", params()).unwrap(),
        ))
    })
}

/// A call that a mock in the same process answers.
fn mock() -> Step {
    let mock = Mock::start().unwrap();
    let client = Client::with_transport(config(), mock.transport()).unwrap();
    let params = || json!({"TableName": "orders", "Key": {"pk": {"S": "customer#00007"}}});
    Box::new(move || {
        black_box(client.call("dynamodb", "GetItem", params()).unwrap());
        // what it recorded does not pile up
        mock.take_requests();
    })
}

/// A listing of one page, as a page or as its elements.
fn pages(is_by_element: bool) -> Step {
    let client = client(responses::objects());
    Box::new(move || {
        let pages = client
            .pages("s3", "ListObjectsV2", json!({"Bucket": "bucket"}))
            .unwrap();
        match is_by_element {
            true => pages
                .items()
                .for_each(|object| drop(black_box(object.unwrap()))),
            false => pages.for_each(|page| drop(black_box(page.unwrap()))),
        }
    })
}

fn encode_put_item() -> Step {
    let model = cases::model("dynamodb");
    Box::new(move || drop(black_box(encode(&model, "PutItem", item()).unwrap())))
}

enum Form {
    Tree,
    Type,
    Text,
    Value,
}

fn decode(name: &'static str, form: Form) -> Step {
    let case = cases::named(name);
    match form {
        Form::Tree => Box::new(|| drop(black_box(case.tree()))),
        Form::Type => Box::new(|| case.typed()),
        Form::Text => Box::new(|| drop(black_box(case.text()))),
        Form::Value => Box::new(|| drop(black_box(case.value()))),
    }
}

fn search() -> Step {
    let tree = cases::named("describe-instances").tree();
    let query = "Reservations[].Instances[?State.Name=='running'][].[InstanceId, Tags[?Key=='Name'] | [0].Value]";
    let query = Query::compile(query).unwrap();
    Box::new(move || drop(black_box(query.search_tree(tree.root()).unwrap())))
}

/// The endpoint of one bucket, or of another each time, which is not cached.
fn endpoint(is_cached: bool) -> Step {
    let text = |kind: &str| Embedded.load(kind).unwrap().unwrap();
    let partitions = Arc::new(Partitions::parse(&text("partitions")).unwrap());
    let kind = "endpoint-rule-set-1";
    let version = Embedded.versions("s3", kind).unwrap().pop().unwrap();
    let rules = Ruleset::parse(&text(&format!("s3/{version}/{kind}"))).unwrap();
    let resolver = EndpointResolver::new(rules, partitions);
    let mut number = 0;
    Box::new(move || {
        number += u32::from(!is_cached);
        let params = EndpointParams::new().with("Region", "eu-west-1");
        let params = params.with("Bucket", format!("bucket{number}"));
        black_box(resolver.resolve(&params).unwrap());
    })
}

const IDENTITY: &str =
    "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>";
pub(crate) const USERS: &str =
    "<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>";

/// The first call of a client that shares no model with others: from the packed models to the result.
fn first_call(service: &'static str, operation: &'static str, response: &'static str) -> Step {
    let config = config();
    let params = match service {
        "s3" => json!({"Bucket": "bucket"}),
        _ => json!({}),
    };
    Box::new(move || {
        let transport = Instant(Bytes::from_static(response.as_bytes()));
        let client = Client::with_models(config.clone(), transport, Embedded).unwrap();
        black_box(client.call(service, operation, params.clone()).unwrap());
    })
}

/// A client of each service, with its model.
fn all_services() -> Step {
    let config = config();
    Box::new(move || {
        let first = Client::with_models(config.clone(), Instant(Bytes::new()), Embedded).unwrap();
        for service in first.introspect().services().unwrap() {
            let client = first.with(|config| config.max_attempts(2)).unwrap();
            black_box(client.model(&service).unwrap());
        }
    })
}
