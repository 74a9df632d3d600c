//! The schemes before version 4, with the signatures of [`legacy`].

use std::time::Duration;

use serde_json::Value;

use super::{AuthScheme, IdentityKind, Sign, Signing, legacy};
use crate::call::CallContext;
use crate::endpoint::EndpointAuthScheme;
use crate::error::Result;
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// The validity of a request that is signed in its URL because of `signature_version = s3-query`.
const QUERY_EXPIRES: Duration = Duration::from_secs(3600);

/// The query form of version 2.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueryV2;

impl AuthScheme for QueryV2 {
    fn id(&self) -> &'static str {
        "v2"
    }

    fn versions(&self) -> &'static [SignatureVersion] {
        &[SignatureVersion::V2]
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

impl Sign for QueryV2 {
    fn identity(&self) -> Option<IdentityKind> {
        Some(IdentityKind::Credentials)
    }

    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()> {
        let bytes = request.body().bytes().cloned().unwrap_or_default();
        let form = String::from_utf8_lossy(&bytes);
        let (method, uri) = (request.method().as_str(), request.uri());
        let signed = legacy::sign_form(method, uri, &form, with.credentials()?, with.time)?;
        *request.body_mut() = signed.into();
        Ok(())
    }
}

/// The older signature of S3, with HMAC-SHA1.
#[derive(Clone, Copy, Debug)]
pub(super) enum S3Hmac {
    InHeader,
    /// In the URL of every request.
    InQuery,
}

impl AuthScheme for S3Hmac {
    fn id(&self) -> &'static str {
        match self {
            Self::InHeader => "s3",
            Self::InQuery => "s3-query",
        }
    }

    fn versions(&self) -> &'static [SignatureVersion] {
        match self {
            Self::InHeader => &[SignatureVersion::S3],
            Self::InQuery => &[SignatureVersion::S3Query],
        }
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

impl Sign for S3Hmac {
    fn identity(&self) -> Option<IdentityKind> {
        Some(IdentityKind::Credentials)
    }

    fn takes_trailers(&self) -> bool {
        false
    }

    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()> {
        match self {
            Self::InHeader => {
                let resource = s3_resource(&with.cx, request);
                legacy::sign_s3(request, with.credentials()?, &resource, with.time)
            }
            Self::InQuery => {
                let headers = request.headers().clone();
                self.presign(with, request, QUERY_EXPIRES)?;
                *request.headers_mut() = headers;
                Ok(())
            }
        }
    }

    fn presign(&self, with: &Signing<'_>, request: &mut Request, expires: Duration) -> Result<()> {
        let resource = s3_resource(&with.cx, request);
        legacy::presign_s3(request, with.credentials()?, &resource, with.time, expires)
    }
}

fn s3_resource(cx: &CallContext<'_>, request: &Request) -> String {
    let bucket = cx.params.get("Bucket").and_then(Value::as_str);
    legacy::s3_resource(bucket, request.uri().path())
}
