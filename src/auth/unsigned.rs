//! No signature.

use std::time::Duration;

use http::HeaderValue;

use super::{AuthScheme, IdentityKind, Sign, Signing};
use crate::call::CallContext;
use crate::checksum;
use crate::endpoint::EndpointAuthScheme;
use crate::error::Result;
use crate::transport::Request;

/// The scheme of unsigned requests, and its signer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsigned;

impl AuthScheme for Unsigned {
    fn id(&self) -> &'static str {
        "none"
    }

    fn names(&self) -> &'static [&'static str] {
        &["noAuth", "none"]
    }

    fn signer(
        &self,
        _: &CallContext<'_>,
        _: Option<&EndpointAuthScheme>,
        _: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        Ok(Box::new(*self))
    }
}

impl Sign for Unsigned {
    fn identity(&self) -> Option<IdentityKind> {
        None
    }

    fn sign(&self, _: &Signing<'_>, request: &mut Request) -> Result<()> {
        if checksum::has_trailer(request.headers()) {
            let hash = HeaderValue::from_static("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
            request.headers_mut().insert("x-amz-content-sha256", hash);
        }
        Ok(())
    }

    fn presign(&self, _: &Signing<'_>, _: &mut Request, _: Duration) -> Result<()> {
        Ok(())
    }
}
