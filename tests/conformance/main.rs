//! Test data, run whole: the folder that `TUCUXI_CONFORMANCE` names, else the one beside the project, else `tests/data`, which
//! has the recordings that are this project's own.
//!
//! ```sh
//! cargo test --release --test conformance -- --nocapture
//! TUCUXI_CASE='s3.PutObject' cargo test --release --test conformance oracle -- --nocapture
//! ```
//! Each suite takes every file that it finds and prints a line, the cases that failed and, by reason, how many it skipped.
//! A skip is a rule over what a case says, and stands beside the suite that has it. `TUCUXI_CASE` picks the cases whose
//! name contains it.

mod cbor;
mod compare;
mod config;
mod credentials;
mod endpoints;
mod eventstream;
mod jmespath;
mod oracle;
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
mod suite;
mod types;
mod validation;
mod waiters;

#[path = "../support"]
mod support {
    pub(crate) mod client;
    pub(crate) mod report;
}
