//! Checksums of bodies: which a request gets and where, and how an answer's is held against its body.
//!
//! | a request's body | goes | with |
//! | --- | --- | --- |
//! | streams, over https, or can be read only once | `aws-chunked` | its checksum in a trailer, in one pass |
//! | otherwise | as it is | its checksum in a header |
//!
//! A checksum that the caller gives is left alone, and no other is added.

mod algorithm;
mod chunked;
mod response;
mod tree;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use self::algorithm::ChecksumAlgorithm;
pub(crate) use self::algorithm::Hasher;

pub use self::chunked::AwsChunked;
pub use self::response::ChecksumMismatch;
pub(crate) use self::response::Expected;
pub use self::tree::tree_hash;
use crate::body::{Body, Reuse};
use crate::call::CallContext;
use crate::error::{Error, Result};
use crate::model::Location;
use crate::protocol;
use crate::transport::Request;

const PREFIX: &str = "x-amz-checksum-";
const TRAILER: &str = "x-amz-trailer";

/// Whether a checksum follows the body.
pub(crate) fn has_trailer(headers: &HeaderMap) -> bool {
    headers.contains_key(TRAILER)
}

/// The algorithm of the checksum that a request has in a header or behind its body.
pub(crate) fn algorithm_in(headers: &HeaderMap) -> Option<ChecksumAlgorithm> {
    let trailer = headers.get(TRAILER).and_then(|name| name.to_str().ok());
    let is_there = |algorithm: &&ChecksumAlgorithm| {
        let name = algorithm.header();
        trailer == Some(name) || headers.contains_key(name)
    };
    ChecksumAlgorithm::ALL.iter().find(is_there).copied()
}

/// Whether a header has a checksum of the body.
pub(crate) fn has_header(headers: &HeaderMap) -> bool {
    headers.keys().any(is_checksum)
}

fn is_checksum(name: &HeaderName) -> bool {
    name.as_str().starts_with(PREFIX)
}

/// Where the checksum of a streaming body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into a header; a body that can be read once has none.
    Header,
    /// Into a header, and of a body that can be read once behind it.
    HeaderIfReplayable,
    /// Behind it.
    Trailer,
}

/// Gives a request its checksum, if it is to have one. The checksum of a body in memory is computed here. The algorithm for
/// any other body is returned: its checksum is to be put into the header that is there, empty.
pub(crate) fn apply(
    cx: &CallContext<'_>,
    request: &mut Request,
    place: Place,
) -> Result<Option<ChecksumAlgorithm>> {
    if has_header(request.headers()) {
        return Ok(None);
    }
    let Some(algorithm) = choose(cx)? else {
        return Ok(None);
    };
    let replayable = request.body().reuse() == Reuse::Always;
    if !replayable && place == Place::Header {
        return Ok(None);
    }
    if let Some(header) = algorithm_header(cx)?
        && !request.headers().contains_key(&header)
    {
        let name = HeaderValue::from_static(algorithm.as_str());
        request.headers_mut().insert(header, name);
    }
    let streams = protocol::streaming_payload(cx.model, cx.operation.input)?.is_some();
    if (streams && place == Place::Trailer) || !replayable {
        trail(request, algorithm)?;
        return Ok(None);
    }
    let checksum = request.body().bytes().map(|bytes| algorithm.of(bytes));
    set_header(request, algorithm, checksum.as_deref().unwrap_or_default())?;
    Ok(checksum.is_none().then_some(algorithm))
}

/// Puts the checksum of the body into its header.
pub(crate) fn set_header(
    request: &mut Request,
    algorithm: ChecksumAlgorithm,
    checksum: &str,
) -> Result<()> {
    let value = HeaderValue::from_str(checksum).map_err(Error::request)?;
    request.headers_mut().insert(algorithm.header(), value);
    Ok(())
}

/// The caller's algorithm, else CRC-32 where there must be one or the configuration wants one.
fn choose(cx: &CallContext<'_>) -> Result<Option<ChecksumAlgorithm>> {
    let operation = cx.operation;
    let traits = operation.http_checksum.as_ref();
    let member = traits.and_then(|t| t.request_algorithm_member.as_deref());
    if let Some(name) = member.and_then(|member| cx.params.get(member)?.as_str()) {
        let algorithm = name.parse().map_err(|()| {
            Error::request(format!(
                "there is no checksum algorithm {name:?}; there are: {}",
                ChecksumAlgorithm::names()
            ))
        })?;
        return Ok(Some(algorithm));
    }
    let required =
        operation.http_checksum_required || traits.is_some_and(|t| t.request_checksum_required);
    let wanted = member.is_some() && cx.config.request_checksums().when_supported();
    Ok((required || wanted).then_some(ChecksumAlgorithm::Crc32))
}

/// The header of the member that names the algorithm.
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

/// Sends the body in chunks, with its checksum behind them.
fn trail(request: &mut Request, algorithm: ChecksumAlgorithm) -> Result<()> {
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
