//! Tests that cross modules and need nothing external: canned responses, and servers on the loopback interface.
//!
//! All tests share one process and run concurrently, so none may depend on the state of the process: its environment, working
//! directory, loggers or number of threads. Such tests belong to `tests/faults`.

#[cfg(all(feature = "cli", unix))]
mod aliases;
#[cfg(feature = "async")]
mod asynchronous;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod completion;
#[cfg(all(feature = "cli", unix))]
mod configure;
mod credentials;
mod diagrams;
mod dynamodb;
mod errors;
mod exchange;
mod fan_out;
#[cfg(feature = "cli")]
mod fan_out_command;
mod fault_proxy;
mod handmade;
#[cfg(feature = "cli")]
mod help;
mod interceptors;
mod introspection;
mod logins;
#[cfg(feature = "cli")]
mod mcp;
#[cfg(feature = "mock")]
mod mock;
#[cfg(feature = "cli")]
mod model_commands;
mod models;
mod null_server;
mod one_way_events;
#[cfg(feature = "cli")]
mod package_tools;
mod paginate;
#[cfg(feature = "cli")]
mod procedures;
mod resources;
mod round_trip;
mod s3_backend;
#[cfg(all(feature = "cli", unix))]
mod s3_commands;
mod s3s;
mod secrets;
#[cfg(feature = "cli")]
mod service_commands;
mod signing;
mod transfer;
#[cfg(feature = "cli")]
mod validate_logs;
mod validation;

#[path = "../../examples/quickstart/s3_server.rs"]
mod s3_server;
#[path = "../support"]
mod support {
    #[cfg(feature = "async")]
    pub(crate) mod asynchronous;
    pub(crate) mod client;
    pub(crate) mod loopback;
    #[cfg(feature = "mock")]
    pub(crate) mod mocked;
    pub(crate) mod null_server;
    pub(crate) mod proxy;
    pub(crate) mod s3;
    pub(crate) mod signed_events;
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
