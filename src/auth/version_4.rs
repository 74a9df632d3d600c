//! Signature Version 4 in all its forms: for one region, for several, and with the session of an S3 Express bucket.

use std::time::{Duration, SystemTime};

use super::event_signature::EventSigner;
use super::{Algorithm, AuthScheme, Clock, IdentityKind, Payload, Sign, Signer, Signing, is_https};
use crate::body::{Body, Reuse};
use crate::call::CallContext;
use crate::checksum;
use crate::endpoint::EndpointAuthScheme;
use crate::error::{Error, Result};
use crate::eventstream::SignFrames;
use crate::identity::Credentials;
use crate::protocol;
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// SigV4, for one region.
pub(super) struct SigV4;

impl AuthScheme for SigV4 {
    fn id(&self) -> &'static str {
        "sigv4"
    }

    fn names(&self) -> &'static [&'static str] {
        &["sigv4"]
    }

    fn versions(&self) -> &'static [SignatureVersion] {
        &[SignatureVersion::V4, SignatureVersion::S3V4]
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        endpoint: Option<&EndpointAuthScheme>,
        region: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        Ok(Box::new(signature(cx, endpoint, region)?))
    }
}

/// SigV4 with the session credentials of an S3 Express bucket.
pub(super) struct S3Express;

impl AuthScheme for S3Express {
    fn id(&self) -> &'static str {
        "sigv4-s3express"
    }

    fn names(&self) -> &'static [&'static str] {
        &["sigv4-s3express"]
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        endpoint: Option<&EndpointAuthScheme>,
        region: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        Ok(Box::new(Signature {
            express_session: true,
            ..signature(cx, endpoint, region)?
        }))
    }
}

/// SigV4a, for several regions.
pub(super) struct SigV4a;

impl AuthScheme for SigV4a {
    fn id(&self) -> &'static str {
        "sigv4a"
    }

    fn names(&self) -> &'static [&'static str] {
        &["sigv4a"]
    }

    fn versions(&self) -> &'static [SignatureVersion] {
        &[SignatureVersion::V4a]
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        endpoint: Option<&EndpointAuthScheme>,
        region: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        for_several_regions(cx, endpoint, region)
    }
}

#[cfg(feature = "sigv4a")]
fn for_several_regions(
    cx: &CallContext<'_>,
    endpoint: Option<&EndpointAuthScheme>,
    _: &dyn Fn() -> Result<String>,
) -> Result<Box<dyn Sign>> {
    let by_rules = endpoint.and_then(|d| d.signing_region_set.as_deref());
    let set = match (cx.config.sigv4a_signing_region_set(), by_rules) {
        (Some(set), _) => set.to_owned(),
        (None, Some(set)) => set.join(","),
        (None, None) => cx.config.region().unwrap_or("*").to_owned(),
    };
    let endpoint = EndpointAuthScheme {
        signing_region: None,
        ..endpoint.cloned().unwrap_or_default()
    };
    Ok(Box::new(Signature {
        algorithm: Algorithm::SigV4a,
        ..signature(cx, Some(&endpoint), &|| Ok(set.clone()))?
    }))
}

#[cfg(not(feature = "sigv4a"))]
fn for_several_regions(
    _: &CallContext<'_>,
    _: Option<&EndpointAuthScheme>,
    _: &dyn Fn() -> Result<String>,
) -> Result<Box<dyn Sign>> {
    Err(super::unsupported(
        "sigv4a; this program is built without the feature `sigv4a` of tucuxi",
    ))
}

/// A signer of version 4 or 4a.
#[derive(Clone, Debug)]
struct Signature {
    algorithm: Algorithm,
    /// The region, or the set of regions.
    region: Box<str>,
    /// The signing name, such as `s3`.
    name: Box<str>,
    is_s3: bool,
    double_encode: bool,
    normalize_path: bool,
    /// Whether the signature may omit the body if TLS protects it.
    unsigned_payload: bool,
    /// Whether the credentials are those of an S3 Express session.
    express_session: bool,
}

fn signature(
    cx: &CallContext<'_>,
    details: Option<&EndpointAuthScheme>,
    region: &dyn Fn() -> Result<String>,
) -> Result<Signature> {
    let (operation, metadata) = (cx.operation, cx.model.metadata());
    // the global endpoint of a presigned URL is not in the bucket's region
    let is_global = |region: &str| {
        cx.is_presigned && cx.has(cx.quirks.presigns_for_any_region) && region == "us-east-1"
    };
    let region = match details.and_then(|d| d.signing_region.as_deref()) {
        Some(region) if !is_global(region) => region.to_owned(),
        _ => region()?,
    };
    let name = details.and_then(|d| d.signing_name.as_deref());
    let is_s3 = metadata.signature_version.starts_with("s3");
    Ok(Signature {
        algorithm: Algorithm::SigV4,
        region: region.into(),
        name: name.unwrap_or(&metadata.signing_name).into(),
        is_s3,
        double_encode: !(is_s3 || details.is_some_and(|d| d.disable_double_encoding)),
        normalize_path: !(is_s3 || details.is_some_and(|d| d.disable_normalize_path)),
        unsigned_payload: operation.unsigned_payload,
        express_session: false,
    })
}

impl Sign for Signature {
    fn identity(&self) -> Option<IdentityKind> {
        Some(IdentityKind::Credentials)
    }

    fn is_for_several_regions(&self) -> bool {
        self.algorithm != Algorithm::SigV4
    }

    fn needs_session(&self) -> bool {
        self.express_session
    }

    fn hashes(&self, cx: &CallContext<'_>, request: &Request) -> Result<bool> {
        Ok(matches!(self.coverage(cx, request)?, BodyCoverage::Body))
    }

    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()> {
        let body = request.body().clone();
        let payload = self.payload(with, request, &body)?;
        let mut signer = self.signer(with.credentials()?, with.time);
        // an unsigned payload must be declared in the header
        signer.content_sha256 |= matches!(payload, Payload::Unsigned);
        signer.sign(request, payload)
    }

    fn signs_events(&self) -> Result<bool> {
        match self.algorithm {
            Algorithm::SigV4 => Ok(true),
            #[cfg(feature = "sigv4a")]
            Algorithm::SigV4a => Err(super::unsupported("sigv4a for streams of events")),
        }
    }

    fn event_signer(
        &self,
        with: &Signing<'_>,
        request: &Request,
        clock: Clock,
    ) -> Result<Option<Box<dyn SignFrames>>> {
        let signer = self.signer(with.credentials()?, with.time);
        Ok(Some(Box::new(EventSigner::new(&signer, request, clock)?)))
    }

    fn presign(&self, with: &Signing<'_>, request: &mut Request, expires: Duration) -> Result<()> {
        let bytes = request.body().bytes().cloned();
        let payload = match &bytes {
            Some(bytes) if !self.is_s3 && !self.unsigned_payload => Payload::Bytes(bytes),
            _ => Payload::Unsigned,
        };
        let signer = self.signer(with.credentials()?, with.time);
        signer.presign(request, payload, expires)
    }
}

/// How a signature covers the body.
enum BodyCoverage {
    /// By its hash, which must be computed.
    Body,
    /// By its hash, which a header has.
    Hash(String),
    /// Not at all.
    Nothing,
    /// Not at all: a checksum follows the body.
    Trailer,
}

impl Signature {
    fn signer<'a>(&'a self, credentials: &'a Credentials, time: SystemTime) -> Signer<'a> {
        Signer {
            algorithm: self.algorithm,
            double_encode: self.double_encode,
            normalize_path: self.normalize_path,
            content_sha256: self.is_s3,
            express_session: self.express_session,
            ..Signer::new(credentials, &self.region, &self.name, time)
        }
    }

    /// Returns the payload to sign.
    fn payload<'b>(
        &self,
        with: &Signing<'_>,
        request: &Request,
        body: &'b Body,
    ) -> Result<Payload<'b>> {
        Ok(match self.coverage(&with.cx, request)? {
            BodyCoverage::Hash(hash) => Payload::Sha256(hash),
            BodyCoverage::Nothing => Payload::Unsigned,
            BodyCoverage::Trailer => Payload::StreamingUnsignedTrailer,
            BodyCoverage::Body => match body.bytes() {
                Some(bytes) => Payload::Bytes(bytes),
                None => match with.sha256 {
                    Some(hash) => Payload::Sha256(hash.to_owned()),
                    None => return Err(Error::request("the body was not hashed")),
                },
            },
        })
    }

    /// Decides how the signature covers the body: completely, unless TLS protects the body and it may or must be omitted.
    fn coverage(&self, cx: &CallContext<'_>, request: &Request) -> Result<BodyCoverage> {
        let (headers, body) = (request.headers(), request.body());
        if checksum::has_trailer(headers) {
            return Ok(BodyCoverage::Trailer);
        }
        if let Some(hash) = headers.get("x-amz-content-sha256")
            && !self.is_s3
            && let Ok(hash) = hash.to_str()
        {
            return Ok(BodyCoverage::Hash(hash.to_owned()));
        }
        let streams =
            self.is_s3 && protocol::streaming_payload(cx.model, cx.operation.input)?.is_some();
        let unsigned = match cx.config.s3().payload_signing_enabled {
            Some(sign) if self.is_s3 => !sign,
            _ if !is_https(request) => false,
            _ if streams => {
                headers.contains_key("content-md5")
                    || (body.bytes().is_none() && checksum::has_header(headers))
            }
            _ => self.unsigned_payload,
        };
        // only S3 accepts a body without a hash, so a reader need not be buffered for one
        let unsigned = unsigned || (self.is_s3 && body.reuse() != Reuse::Always);
        Ok(match unsigned {
            true => BodyCoverage::Nothing,
            false => BodyCoverage::Body,
        })
    }
}
