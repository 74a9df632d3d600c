//! Runs all test data: in the folder that `TUCUXI_CONFORMANCE` names, else in the one next to the project, else in
//! `tests/data`, which has the recordings of this project.
//!
//! ```sh
//! cargo test --release --test conformance -- --nocapture
//! TUCUXI_CASE='s3.PutObject' cargo test --release --test conformance oracle -- --nocapture
//! ```
//! Each suite runs all files that it finds, and prints a line, the failed cases, and the number of skipped cases by
//! reason. A skip is a rule over the content of a case, next to its suite. `TUCUXI_CASE` selects the cases whose name
//! contains it. Suites without data are reported as skipped.

#[cfg(feature = "cli")]
#[allow(dead_code, unreachable_pub, unused_imports)]
#[path = "../../src/bin/tucuxi/aws/mod.rs"]
mod aws;
#[cfg(feature = "cli")]
#[allow(dead_code)]
#[path = "../../src/bin/tucuxi/bar.rs"]
mod bar;
mod cbor;
#[cfg(feature = "cli")]
mod cli_commands;
#[cfg(feature = "cli")]
mod cli_outputs;
mod compare;
mod config;
mod credentials;
#[cfg(feature = "cli")]
#[path = "../../src/bin/tucuxi/documentation.rs"]
mod documentation;
mod endpoints;
mod eventstream;
#[cfg(feature = "cli")]
#[allow(dead_code, unused_imports)]
#[path = "../../src/bin/tucuxi/failure.rs"]
mod failure;
#[cfg(feature = "cli")]
#[allow(dead_code)]
#[path = "../../src/bin/tucuxi/fan.rs"]
mod fan;
mod jmespath;
mod json_schema;
mod oracle;
#[cfg(feature = "cli")]
#[allow(dead_code, unused_imports)]
#[path = "../../src/bin/tucuxi/output/mod.rs"]
mod output;
mod pagination;
mod presign;
mod protocols;
mod quirks;
mod response_parsing;
mod retries;
mod s3;
mod s3_objects;
mod s3_traffic;
mod service;
mod settings;
mod sigv4;
mod smithy;
mod suite;
#[cfg(feature = "cli")]
#[allow(dead_code, unused_imports)]
#[path = "../../src/bin/tucuxi/terminal.rs"]
mod terminal;
mod types;
mod validation;
mod waiters;
#[cfg(feature = "cli")]
#[allow(dead_code)]
#[path = "../../src/bin/tucuxi/yaml/mod.rs"]
mod yaml;

#[path = "../support"]
mod support {
    pub(crate) mod client;
    pub(crate) mod report;
}
