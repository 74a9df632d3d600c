//! The `tracing` spans and events of the exchange, with their names and fields.
//!
//! ```text
//!   call ──┬── attempt      tucuxi::call (info), tucuxi::attempt (debug)
//!          ├── attempt
//!          └── call         a nested call, such as CreateSession
//! ```
//! Fields have the names of OpenTelemetry's conventions for AWS SDKs, so a subscriber that exports spans shows calls and
//! attempts as such. They contain hosts and paths, and never a header, a query or a body.

use std::time::Duration;

use http::Uri;
use tracing::field::{Empty, display};
use tracing::{Span, debug, debug_span, info_span};

use super::{Call, Received};
use crate::auth::Sign;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::secrets::{CallOf, Secrets};
use crate::transport::{Request, TransportError};

/// The span of a call.
pub(super) fn call(call: &Call) -> Span {
    let (service, operation) = (
        &*call.service.model.metadata().service_id,
        &*call.operation.name,
    );
    info_span!(
        target: "tucuxi::call",
        "call",
        otel.name = display(format_args!("{service}.{operation}")),
        otel.kind = "client",
        rpc.system = "aws-api",
        rpc.service = service,
        rpc.method = operation,
        cloud.region = call.config.region(),
        aws.request_id = Empty,
        attempts = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

pub(super) fn ended(span: &Span, result: &Result<Output>) {
    if span.is_disabled() {
        return;
    }
    let (id, status, attempts) = match result {
        Ok(output) => {
            let meta = &output.meta;
            (
                meta.request_id.as_deref(),
                Some(meta.status),
                Some(meta.attempts),
            )
        }
        Err(error) => {
            span.record("error.type", kind(error));
            span.record("otel.status_code", "ERROR");
            let found = error.service_error();
            let id = found.and_then(|found| found.request_id.as_deref());
            (id, found.map(|found| found.status), Some(error.attempts()))
        }
    };
    // some subscribers would show an empty value
    if let Some(id) = id {
        span.record("aws.request_id", id);
    }
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    if let Some(attempts) = attempts {
        span.record("attempts", attempts);
    }
}

/// The span of an attempt, from its request to the end of its response, or to the head of a streaming one.
pub(super) fn attempt(number: u32, request: &Request) -> Span {
    debug_span!(
        target: "tucuxi::attempt",
        "attempt",
        number,
        otel.kind = "client",
        http.request.method = request.method().as_str(),
        server.address = request.uri().host(),
        url.path = shown_path(request.uri(), request.extensions().get::<CallOf>()),
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

pub(super) fn received(span: &Span, received: &Result<Received, TransportError>) {
    match received {
        Ok(received) => span.record("http.response.status_code", received.status),
        Err(error) => span.record("error.type", display(format_args!("{:?}", error.kind()))),
    };
}

pub(super) fn prepared(call: &Call, uri: &Uri, auth: &dyn Sign) {
    debug!(
        target: "tucuxi::call",
        host = uri.host(),
        path = shown_path(uri, Some(&call.call_of())),
        ?auth,
        "prepared"
    );
}

/// The path without the values of labels that the model marks as sensitive.
fn shown_path(uri: &Uri, call: Option<&CallOf>) -> String {
    Secrets::of(call).path(uri.path(), "***")
}

pub(super) fn retry(attempt: u32, error: &Error, delay: Duration) {
    debug!(target: "tucuxi::call", attempt, %error, ?delay, "retrying");
}

pub(super) fn redirect(bucket: &str, region: &str) {
    debug!(target: "tucuxi::call", bucket, region, "the bucket is in another region");
}

/// The service's error code, or the kind of the error.
fn kind(error: &Error) -> &str {
    error.code().unwrap_or_else(|| error.root().kind().name())
}
