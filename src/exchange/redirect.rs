//! Buckets in other regions: detects responses that redirect, and the region that they name.

use http::HeaderMap;
use serde_json::Value;

use super::Call;
use crate::error::{Error, ServiceError};

/// The operation that finds a bucket's region if the response does not name it.
pub(super) const FINDS_REGION: &str = "HeadBucket";

/// The target of a redirect.
#[derive(Debug, PartialEq)]
pub(super) enum Redirect {
    /// The bucket is in this region.
    Region(Box<str>),
    /// The region is not known yet.
    Unknown,
}

/// The bucket of a call, if it may be in another region.
pub(super) fn bucket<'p>(call: &Call, params: &'p Value) -> Option<&'p str> {
    let is_one = call.has(call.service.quirks.follows_bucket_regions);
    let bucket = params.get("Bucket").filter(|_| is_one)?.as_str()?;
    (!bucket.starts_with("arn:")).then_some(bucket)
}

/// Returns the redirect that a response requests, if any.
pub(super) fn redirect(call: &Call, error: &Error, headers: &HeaderMap) -> Option<Redirect> {
    let error = error.service_error()?;
    let header = headers
        .get("x-amz-bucket-region")
        .and_then(|value| value.to_str().ok());
    let named = error.value.get("Region").and_then(Value::as_str);
    is_redirect(
        &call.operation.name,
        error,
        header.is_some(),
        named.is_some(),
    )
    .then(|| {
        let region = header.or(named).filter(|region| is_region(region));
        region.map_or(Redirect::Unknown, |region| Redirect::Region(region.into()))
    })
}

fn is_redirect(operation: &str, error: &ServiceError, header: bool, named: bool) -> bool {
    let bare = matches!(&*error.code, "301" | "400");
    match &*error.code {
        "AuthorizationHeaderMalformed" => named || header,
        "IllegalLocationConstraintException" => operation != "CreateBucket",
        "PermanentRedirect" => true,
        _ if bare && operation == "HeadObject" => true,
        _ if bare && operation == FINDS_REGION => header,
        _ => matches!(error.status, 301 | 302 | 307),
    }
}

/// Whether the text may become a part of a host name.
fn is_region(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(is_part) && !text.starts_with('-')
}
