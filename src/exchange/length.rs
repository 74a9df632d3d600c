//! The length of a body that the caller sets with the member bound to `Content-Length`.

use http::header::CONTENT_LENGTH;

use crate::body::Body;
use crate::error::{Error, Result};
use crate::transport::Request;

/// Sets the length of the body to that of the header, so that the length that is signed is the one that is sent. This applies to a
/// reader of unknown length; a body with another known length is an error.
pub(super) fn apply(request: &mut Request) -> Result<()> {
    let Some(stated) = request.headers().get(CONTENT_LENGTH) else {
        return Ok(());
    };
    let digits = stated.to_str().ok().map(str::trim);
    let len = digits.and_then(|digits| digits.parse().ok());
    let len = len.ok_or_else(|| {
        Error::request(format!(
            "the length of the body (Content-Length) must be a number from 0, and is {stated:?}"
        ))
    })?;
    let body = std::mem::replace(request.body_mut(), Body::empty());
    *request.body_mut() = body
        .with_len(len)
        .map_err(|e| Error::request(format!("the body (Content-Length): {e}")))?;
    Ok(())
}
