//! A bearer token in the header `Authorization` (RFC 6750), over https only.

use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use super::{AuthScheme, IdentityKind, Sign, Signing, is_https, secret_header};
use crate::call::CallContext;
use crate::endpoint::EndpointAuthScheme;
use crate::error::{Error, Result};
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// The scheme, and its signer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bearer;

impl AuthScheme for Bearer {
    fn id(&self) -> &'static str {
        "bearer"
    }

    fn names(&self) -> &'static [&'static str] {
        &["httpBearerAuth", "bearer"]
    }

    fn versions(&self) -> &'static [SignatureVersion] {
        &[SignatureVersion::Bearer]
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

impl Sign for Bearer {
    fn identity(&self) -> Option<IdentityKind> {
        Some(IdentityKind::Token)
    }

    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()> {
        let token = with.token()?;
        if !is_https(request) {
            let what = "a bearer token is sent over https only, but the endpoint is not https";
            return Err(Error::request(what));
        }
        let value = Zeroizing::new(format!("Bearer {}", token.token()));
        let value = secret_header(&value, "the bearer token")?;
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }
}
