//! Glacier: a version in every request, and two hashes of what is uploaded.

use std::io::{self, Read};

use http::HeaderValue;

use crate::body::Body;
use crate::checksum::tree_hash;
use crate::error::{Error, Result};
use crate::hash;
use crate::interceptor::{CallContext, Interceptor};
use crate::protocol;
use crate::transport::Request;

pub(super) struct Version;

impl Interceptor for Version {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        match call.is_presigned {
            true => Ok(()),
            false => set(
                request,
                "x-amz-glacier-version",
                &call.model.metadata().api_version,
            ),
        }
    }
}

pub(super) struct Hashes;

impl Interceptor for Hashes {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        let streams = protocol::streaming_payload(call.model, call.operation.input)?.is_some();
        if call.is_presigned || !streams {
            return Ok(());
        }
        let body = std::mem::replace(request.body_mut(), Body::empty());
        let body = body.into_reusable().map_err(Error::request)?;
        let hash = |with: fn(Box<dyn Read + Send>) -> io::Result<String>| {
            body.open_to_hash().and_then(with).map_err(Error::request)
        };
        let (tree, whole) = (hash(tree_hash)?, hash(hash::sha256_hex_of)?);
        *request.body_mut() = body;
        set(request, "x-amz-sha256-tree-hash", &tree)?;
        set(request, "x-amz-content-sha256", &whole)
    }
}

/// Sets a header that is not given.
fn set(request: &mut Request, name: &'static str, value: &str) -> Result<()> {
    let value = HeaderValue::from_str(value).map_err(Error::request)?;
    request.headers_mut().entry(name).or_insert(value);
    Ok(())
}
