//! Checksums: adding them to requests, and verifying the bodies of responses.
//!
//! | body of a request | encoding | checksum |
//! | --- | --- | --- |
//! | streaming over HTTPS, or readable only once | `aws-chunked` | in a trailer, computed in one pass |
//! | any other | unchanged | in a header |
//!
//! If the caller sets a checksum, it is kept and no other is added.

mod algorithm;
mod chunked;
mod response;
mod tree;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use self::algorithm::Hasher;
pub use self::algorithm::{ChecksumAlgorithm, UnknownChecksumAlgorithm};

pub use self::chunked::AwsChunked;
pub use self::response::ChecksumMismatch;
pub(crate) use self::response::Expected;
pub(crate) use self::tree::TreeHasher;
pub use self::tree::tree_hash;
use crate::body::{Body, Reuse};
use crate::call::CallContext;
use crate::error::{Error, Result};
use crate::model::Location;
use crate::protocol;
use crate::transport::Request;

const PREFIX: &str = "x-amz-checksum-";
const TRAILER: &str = "x-amz-trailer";

/// Whether the checksum is in a trailer after the body.
pub(crate) fn has_trailer(headers: &HeaderMap) -> bool {
    headers.contains_key(TRAILER)
}

/// Returns the algorithm of the checksum in the headers or the trailer of a request.
pub(crate) fn algorithm_in(headers: &HeaderMap) -> Option<ChecksumAlgorithm> {
    let trailer = headers.get(TRAILER).and_then(|name| name.to_str().ok());
    if trailer.is_none() && !has_header(headers) {
        return None;
    }
    let is_there = |algorithm: &&ChecksumAlgorithm| {
        let name = algorithm.header();
        trailer == Some(name) || headers.contains_key(name)
    };
    ChecksumAlgorithm::ALL.iter().find(is_there).copied()
}

/// Whether there is a header with a checksum of the body.
pub(crate) fn has_header(headers: &HeaderMap) -> bool {
    headers.keys().any(is_checksum)
}

fn is_checksum(name: &HeaderName) -> bool {
    name.as_str().starts_with(PREFIX)
}

/// The position of a streaming body's checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// In a header. A body that can be read only once gets no checksum.
    Header,
    /// In a header, or in a trailer if the body can be read only once.
    HeaderIfReusable,
    /// In a trailer.
    Trailer,
}

/// Adds the checksum that the operation requires, the caller requests or the configuration enables.
///
/// The checksum of a body in memory is computed here. For any other body the header is left empty and the algorithm is
/// returned; the caller computes the checksum and sets it with [`set_header`].
pub(crate) fn apply(
    cx: &CallContext<'_>,
    request: &mut Request,
    placement: Placement,
) -> Result<Option<ChecksumAlgorithm>> {
    if has_header(request.headers()) {
        return Ok(None);
    }
    let Some(algorithm) = choose(cx)? else {
        return Ok(None);
    };
    let is_reusable = request.body().reuse() == Reuse::Always;
    if !is_reusable && placement == Placement::Header {
        return Ok(None);
    }
    if let Some(header) = algorithm_header(cx)?
        && !request.headers().contains_key(&header)
    {
        let name = HeaderValue::from_static(algorithm.as_str());
        request.headers_mut().insert(header, name);
    }
    let streams = protocol::streaming_payload(cx.model, cx.operation.input)?.is_some();
    if (streams && placement == Placement::Trailer) || !is_reusable {
        add_trailer(request, algorithm)?;
        return Ok(None);
    }
    let checksum = request
        .body()
        .bytes()
        .map(|bytes| algorithm.checksum(bytes));
    set_header(request, algorithm, checksum.as_deref().unwrap_or_default())?;
    Ok(checksum.is_none().then_some(algorithm))
}

/// Sets the header with the checksum of the body.
pub(crate) fn set_header(
    request: &mut Request,
    algorithm: ChecksumAlgorithm,
    checksum: &str,
) -> Result<()> {
    let value = HeaderValue::from_str(checksum).map_err(Error::request)?;
    request.headers_mut().insert(algorithm.header(), value);
    Ok(())
}

/// Returns the caller's algorithm, or CRC-32 if a checksum is required or the configuration enables it.
fn choose(cx: &CallContext<'_>) -> Result<Option<ChecksumAlgorithm>> {
    let operation = cx.operation;
    let traits = operation.http_checksum.as_ref();
    let member = traits.and_then(|t| t.request_algorithm_member.as_deref());
    if let Some(name) = member.and_then(|member| cx.params.get(member)?.as_str()) {
        return name.parse().map(Some).map_err(Error::request);
    }
    let required =
        operation.http_checksum_required || traits.is_some_and(|t| t.request_checksum_required);
    let wanted = member.is_some() && cx.config.request_checksums().when_supported();
    Ok((required || wanted).then_some(ChecksumAlgorithm::Crc32))
}

/// Returns the header for the name of the algorithm.
fn algorithm_header(cx: &CallContext<'_>) -> Result<Option<HeaderName>> {
    let operation = cx.operation;
    let member = operation.http_checksum.as_ref();
    let Some(member) = member.and_then(|t| t.request_algorithm_member.as_deref()) else {
        return Ok(None);
    };
    let input = operation.input.map(|id| cx.model.shape(id)).transpose()?;
    let header = input
        .and_then(|shape| shape.members())
        .and_then(|members| members.iter().find(|m| *m.name == *member))
        .filter(|member| member.location == Location::Header);
    header
        .map(|member| HeaderName::from_bytes(member.wire_name.as_bytes()).map_err(Error::request))
        .transpose()
}

/// Encodes the body in chunks, with its checksum in a trailer.
fn add_trailer(request: &mut Request, algorithm: ChecksumAlgorithm) -> Result<()> {
    let len = request.body().len();
    let headers = request.headers_mut();
    let mut encoding = String::from("aws-chunked");
    if let Some(given) = headers.get(CONTENT_ENCODING) {
        let given = given.to_str().map_err(Error::request)?;
        encoding = format!("{given},{encoding}");
    }
    let encoding = HeaderValue::from_str(&encoding).map_err(Error::request)?;
    headers.insert(CONTENT_ENCODING, encoding);
    headers.insert(TRAILER, HeaderValue::from_static(algorithm.header()));
    headers.remove(CONTENT_LENGTH);
    if let Some(len) = len {
        headers.insert("x-amz-decoded-content-length", HeaderValue::from(len));
    }
    let body = std::mem::replace(request.body_mut(), Body::empty());
    *request.body_mut() = Body::from_source(AwsChunked::new(body, Some(algorithm)));
    Ok(())
}
