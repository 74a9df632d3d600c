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

#[path = "conformance/cbor.rs"]
mod cbor;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/config.rs"]
mod config;
#[path = "conformance/credentials.rs"]
mod credentials;
#[path = "conformance/endpoints.rs"]
mod endpoints;
#[path = "conformance/eventstream.rs"]
mod eventstream;
#[path = "conformance/jmespath.rs"]
mod jmespath;
#[path = "conformance/oracle.rs"]
mod oracle;
#[path = "conformance/pagination.rs"]
mod pagination;
#[path = "conformance/presign.rs"]
mod presign;
#[path = "conformance/protocols.rs"]
mod protocols;
#[path = "conformance/quirks.rs"]
mod quirks;
#[path = "common/report.rs"]
mod report;
#[path = "conformance/response_parsing.rs"]
mod response_parsing;
#[path = "conformance/retries.rs"]
mod retries;
#[path = "conformance/s3.rs"]
mod s3;
#[path = "conformance/s3_objects.rs"]
mod s3_objects;
#[path = "conformance/s3_traffic.rs"]
mod s3_traffic;
#[path = "conformance/service.rs"]
mod service;
#[path = "conformance/settings.rs"]
mod settings;
#[path = "conformance/sigv4.rs"]
mod sigv4;
#[path = "conformance/suite.rs"]
mod suite;
#[path = "conformance/types.rs"]
mod types;
#[path = "conformance/validation.rs"]
mod validation;
#[path = "conformance/waiters.rs"]
mod waiters;
