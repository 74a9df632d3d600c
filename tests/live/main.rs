//! Stories on moto's server, one a service: create, read, list, delete, and an error that the service answers with.
//!
//! `tests/run` starts the server and names it in `TUCUXI_MOTO_URL`; without that the stories are skipped, by name.

mod customisations;
mod data;
mod identity;
mod infrastructure;
mod listings;
mod messages;
mod resources;
mod tables;
mod transfers;

use serde_json::Value;
use tucuxi::{Client, Config, Credentials, Error};

/// A service on moto's server.
struct Service {
    client: Client,
    name: &'static str,
}

impl Service {
    /// The service, if there is a server.
    fn on_moto(name: &'static str) -> Option<Self> {
        let Ok(url) = std::env::var("TUCUXI_MOTO_URL") else {
            eprintln!("skipped: {name}: TUCUXI_MOTO_URL is not set");
            return None;
        };
        let config = Config::builder()
            .isolated()
            .region("us-east-1")
            .endpoint_url(url)
            .credentials(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret"))
            .build()
            .unwrap();
        let client = Client::with_config(config).unwrap();
        Some(Self { client, name })
    }

    /// The result of a call that must succeed.
    fn call(&self, operation: &str, params: Value) -> Value {
        let result = self.client.call(self.name, operation, params);
        result.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The error of a call that the service must refuse.
    fn refusal(&self, operation: &str, params: Value) -> Error {
        match self.client.call(self.name, operation, params) {
            Err(error) if error.service_error().is_some() => error,
            other => panic!("{}.{operation} gave {other:?}", self.name),
        }
    }

    /// The code of that error.
    fn refused(&self, operation: &str, params: Value) -> String {
        let error = self.refusal(operation, params);
        error.code().unwrap_or_default().to_owned()
    }
}

/// A name that no earlier run has used.
fn unique(stem: &str) -> String {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{stem}-{:x}", since.as_nanos())
}

/// What stands at a member of each item of a list.
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
