//! Responses to a tree, a type and text, against a bare scan of the same bytes.
//!
//! ```sh
//! cargo bench --bench codec
//! ```
//! The responses are made by `responses.rs`. Instead of them, `TUCUXI_FIXTURES` may name a folder with `ListObjectsV2.xml`,
//! `DescribeInstances.xml`, `DynamoDB.Query.json` and `ListMetrics.cbor`; what the folder lacks is made. For
//! instructions, `TUCUXI_BENCH_ONCE=<case>:<times>` runs one case so often and nothing else: under callgrind, the
//! difference of two such runs is what a run costs. A case is `value`, `type`, `text` or `scan`, a slash and a response's name,
//! or `encode`.

mod responses;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::internals::{encode, to_text, to_type, to_value};
use tucuxi::model::{Embedded, ModelSource, ServiceModel};

#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    match std::env::var("TUCUXI_BENCH_ONCE") {
        Ok(wanted) => once(&wanted),
        Err(_) => divan::main(),
    }
}

struct Case {
    model: ServiceModel,
    operation: &'static str,
    body: Vec<u8>,
}

fn case(service: &str, operation: &'static str, file: &str, made: fn() -> Vec<u8>) -> Case {
    let named = std::env::var_os("TUCUXI_FIXTURES").map(|folder| PathBuf::from(folder).join(file));
    let body = match named {
        Some(path) if path.exists() => std::fs::read(path).unwrap(),
        _ => made(),
    };
    let mut text = text(service);
    if file.ends_with(".cbor") {
        // of several protocols, JSON would be taken
        let mut only: Value = serde_json::from_str(&text).unwrap();
        only["metadata"]["protocols"] = json!(["smithy-rpc-v2-cbor"]);
        text = only.to_string();
    }
    Case {
        model: ServiceModel::parse(service, text).unwrap(),
        operation,
        body,
    }
}

fn model(service: &str) -> ServiceModel {
    ServiceModel::parse(service, text(service)).unwrap()
}

fn text(service: &str) -> String {
    let version = Embedded
        .versions(service, "service-2")
        .unwrap()
        .pop()
        .unwrap();
    let text = Embedded.load(&format!("{service}/{version}/service-2"));
    text.unwrap().unwrap().into()
}

static LIST: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::objects;
    case("s3", "ListObjectsV2", "ListObjectsV2.xml", made)
});
static INSTANCES: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::instances;
    case("ec2", "DescribeInstances", "DescribeInstances.xml", made)
});
static QUERY: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::items;
    case("dynamodb", "Query", "DynamoDB.Query.json", made)
});
static METRICS: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::metrics;
    case("cloudwatch", "ListMetrics", "ListMetrics.cbor", made)
});

const NAMES: [&str; 4] = [
    "list-objects",
    "describe-instances",
    "query",
    "list-metrics",
];

fn named(name: &str) -> &'static Case {
    match name {
        "list-objects" => &LIST,
        "describe-instances" => &INSTANCES,
        "query" => &QUERY,
        "list-metrics" => &METRICS,
        other => panic!("no response {other}: {NAMES:?}"),
    }
}

impl Case {
    fn value(&self) -> Value {
        to_value(&self.model, self.operation, &self.body).unwrap()
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.body.len());
        to_text(&self.model, self.operation, &self.body, &mut out).unwrap();
        out
    }

    /// As a program's own type.
    fn typed(&self) {
        let Self {
            model,
            operation,
            body,
        } = self;
        match *operation {
            "ListObjectsV2" => {
                black_box(to_type::<types::Listing>(model, operation, body).unwrap());
            }
            "DescribeInstances" => {
                black_box(to_type::<types::Reservations>(model, operation, body).unwrap());
            }
            "Query" => {
                black_box(to_type::<types::Items>(model, operation, body).unwrap());
            }
            _ => {
                black_box(to_type::<types::Metrics>(model, operation, body).unwrap());
            }
        }
    }

    /// What a parser that knows no shapes needs for the same bytes.
    fn bare_scan(&self) {
        if self.body.starts_with(b"<") {
            let text = std::str::from_utf8(&self.body).unwrap();
            let mut reader = quick_xml::Reader::from_str(text);
            while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
        } else if !self.body.starts_with(b"{") {
            let mut decoder = minicbor::Decoder::new(&self.body);
            decoder.skip().unwrap();
            assert_eq!(decoder.position(), self.body.len());
        } else {
            black_box(serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).unwrap());
        }
    }
}

#[divan::bench(args = NAMES)]
fn to_a_value(name: &str) -> Value {
    named(name).value()
}

#[divan::bench(args = NAMES)]
fn to_a_type(name: &str) {
    named(name).typed();
}

#[divan::bench(args = NAMES)]
fn to_json_text(name: &str) -> Vec<u8> {
    named(name).text()
}

#[divan::bench(args = NAMES)]
fn without_shapes_scan(name: &str) {
    named(name).bare_scan();
}

#[divan::bench]
fn without_shapes_query_to_a_value() -> Value {
    serde_json::from_slice(&QUERY.body).unwrap()
}

fn put_item() -> Value {
    let line = json!({"M": {"sku": {"S": "0123456789"}, "qty": {"N": "3"}}});
    json!({"TableName": "orders", "Item": {"pk": {"S": "customer#00001"}, "sk": {"S": "order#00000001"},
        "total": {"N": "12.50"}, "paid": {"BOOL": true}, "lines": {"L": [line, line, line]}, "raw": {"B": "AAECAwQ="}}})
}

#[divan::bench]
fn encode_put_item(bencher: divan::Bencher<'_, '_>) {
    let (model, params) = (model("dynamodb"), put_item());
    bencher
        .with_inputs(|| params.clone())
        .bench_values(|params| encode(&model, "PutItem", params).unwrap());
}

fn once(wanted: &str) {
    let (case, times) = wanted.split_once(':').unwrap_or((wanted, "1"));
    let (target, name) = case.split_once('/').unwrap_or((case, ""));
    let dynamodb = model("dynamodb");
    for _ in 0..times.parse().unwrap() {
        match target {
            "value" => drop(black_box(named(name).value())),
            "type" => named(name).typed(),
            "text" => drop(black_box(named(name).text())),
            "scan" => named(name).bare_scan(),
            _ => drop(black_box(encode(&dynamodb, "PutItem", put_item()).unwrap())),
        }
    }
}

/// What programs want to know of these answers.
#[expect(dead_code, reason = "they are filled and thrown away")]
mod types {
    use std::collections::HashMap;

    use super::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(crate) struct Listing {
        name: String,
        is_truncated: bool,
        contents: Vec<Object>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Object {
        key: String,
        last_modified: String,
        #[serde(rename = "ETag")]
        e_tag: String,
        size: u64,
        storage_class: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(crate) struct Reservations {
        reservations: Vec<Reservation>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reservation {
        reservation_id: String,
        owner_id: String,
        instances: Vec<Instance>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Instance {
        instance_id: String,
        image_id: String,
        instance_type: String,
        launch_time: String,
        private_dns_name: String,
        private_ip_address: String,
        subnet_id: String,
        vpc_id: String,
        architecture: String,
        ebs_optimized: bool,
        state: State,
        placement: Placement,
        tags: Vec<Tag>,
        network_interfaces: Vec<NetworkInterface>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct State {
        code: i32,
        name: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Placement {
        availability_zone: String,
        tenancy: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tag {
        key: String,
        value: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct NetworkInterface {
        network_interface_id: String,
        mac_address: String,
        private_ip_address: String,
        status: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(crate) struct Items {
        count: u64,
        items: Vec<HashMap<String, Attribute>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(crate) struct Metrics {
        metrics: Vec<Metric>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Metric {
        namespace: String,
        metric_name: String,
        dimensions: Vec<Dimension>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Dimension {
        name: String,
        value: String,
    }

    #[derive(Deserialize)]
    enum Attribute {
        S(String),
        N(String),
        B(String),
        #[serde(rename = "BOOL")]
        Bool(bool),
        #[serde(rename = "NULL")]
        Null(bool),
        L(Vec<Self>),
        M(HashMap<String, Self>),
        #[serde(rename = "SS")]
        Strings(Vec<String>),
        #[serde(rename = "NS")]
        Numbers(Vec<String>),
        #[serde(rename = "BS")]
        Blobs(Vec<String>),
    }
}
