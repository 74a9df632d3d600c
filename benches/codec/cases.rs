//! The responses that are decoded, and what they are decoded to.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::Tree;
use tucuxi::internals::{to_text, to_tree, to_type, to_value};
use tucuxi::model::{Embedded, ModelSource, ServiceModel};

use super::responses;

pub(crate) struct Case {
    model: ServiceModel,
    operation: &'static str,
    pub(crate) body: Vec<u8>,
}

fn case(service: &str, operation: &'static str, file: &str, made: fn() -> Vec<u8>) -> Case {
    let named = std::env::var_os("TUCUXI_FIXTURES").map(|folder| PathBuf::from(folder).join(file));
    let body = match named {
        Some(path) if path.exists() => std::fs::read(path).unwrap(),
        _ => made(),
    };
    let mut text = text(service);
    if file.ends_with(".cbor") {
        // JSON would be preferred among several protocols
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

pub(crate) fn model(service: &str) -> ServiceModel {
    ServiceModel::parse(service, text(service)).unwrap()
}

fn text(service: &str) -> String {
    let version = Embedded
        .versions(service, "service-2")
        .unwrap()
        .pop()
        .unwrap();
    let text = Embedded.load(&format!("{service}/{version}/service-2"));
    text.unwrap().unwrap()
}

static LIST: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::objects;
    case("s3", "ListObjectsV2", "ListObjectsV2.xml", made)
});
static INSTANCES: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::instances;
    case("ec2", "DescribeInstances", "DescribeInstances.xml", made)
});
pub(crate) static QUERY: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::items;
    case("dynamodb", "Query", "DynamoDB.Query.json", made)
});
static METRICS: LazyLock<Case> = LazyLock::new(|| {
    let made = responses::metrics;
    case("cloudwatch", "ListMetrics", "ListMetrics.cbor", made)
});

pub(crate) const NAMES: [&str; 4] = [
    "list-objects",
    "describe-instances",
    "query",
    "list-metrics",
];

pub(crate) fn named(name: &str) -> &'static Case {
    match name {
        "list-objects" => &LIST,
        "describe-instances" => &INSTANCES,
        "query" => &QUERY,
        "list-metrics" => &METRICS,
        other => panic!("no response {other}: {NAMES:?}"),
    }
}

impl Case {
    pub(crate) fn value(&self) -> Value {
        to_value(&self.model, self.operation, &self.body).unwrap()
    }

    pub(crate) fn tree(&self) -> Tree {
        to_tree(&self.model, self.operation, &self.body).unwrap()
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.body.len());
        to_text(&self.model, self.operation, &self.body, &mut out).unwrap();
        out
    }

    /// Decodes to a type of the program.
    pub(crate) fn typed(&self) {
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

    /// Scans the same bytes with a parser that has no model.
    pub(crate) fn bare_scan(&self) {
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

/// The members that a program typically uses.
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
