//! Tests that cross rooms and need nothing from outside: canned responses, and servers on the loopback interface.
//!
//! All share one process and run at the same time, so none may depend on what a process has once: its environment, its
//! working directory, its loggers, the number of its threads. Such tests belong to `tests/faults`.

#[cfg(feature = "cli")]
mod cli;
mod credentials;
mod dynamodb;
mod errors;
mod exchange;
mod fault_proxy;
mod handmade;
mod interceptors;
mod models;
mod null_server;
mod paginate;
mod resources;
mod round_trip;
mod s3_backend;
mod s3s;
mod secrets;
mod signing;
mod transfer;
mod validation;

#[path = "../../examples/quickstart/s3_server.rs"]
mod s3_server;
#[path = "../support"]
mod support {
    pub(crate) mod client;
    pub(crate) mod loopback;
    pub(crate) mod null_server;
    pub(crate) mod proxy;
    pub(crate) mod s3;
    pub(crate) mod wire;
}

use tucuxi::{ConfigBuilder, Credentials};

use self::support::client::isolated;

fn signed() -> ConfigBuilder {
    isolated().credentials(Credentials::new("AKIDEXAMPLE", "secret"))
}

fn unsigned() -> ConfigBuilder {
    isolated().unsigned()
}
