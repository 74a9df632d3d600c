//! End-to-end tests with third-party servers, one per service: create, read, list, delete, and an error of the service.
//! Those of S3 run on every server that implements it.

mod customisations;
mod data;
mod identity;
mod infrastructure;
mod listings;
mod messages;
#[cfg(feature = "mock")]
mod mock;
mod resources;
mod server;
mod tables;
mod transfers;

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "these tests connect only")]
    pub(crate) mod client;
    #[cfg(feature = "mock")]
    pub(crate) mod mocked;
    pub(crate) mod report;
}

use serde_json::Value;

use self::server::{Lack, Service};

/// A name that is unique over all runs.
fn unique(stem: &str) -> String {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{stem}-{:x}", since.as_nanos())
}

/// The values of a member of each item of a list.
fn all<'v>(list: &'v Value, member: &str) -> Vec<&'v str> {
    let items = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items
        .iter()
        .filter_map(|item| item[member].as_str())
        .collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}
