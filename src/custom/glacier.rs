//! Glacier: the version header.

use http::HeaderValue;

use crate::error::{Error, Result};
use crate::interceptor::{CallContext, Interceptor};
use crate::transport::Request;

/// Sets the header with the version of the API.
pub(super) struct Version;

impl Interceptor for Version {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        if !call.is_presigned {
            let version = HeaderValue::from_str(&call.model.metadata().api_version);
            let headers = request.headers_mut();
            headers
                .entry("x-amz-glacier-version")
                .or_insert(version.map_err(Error::request)?);
        }
        Ok(())
    }
}
