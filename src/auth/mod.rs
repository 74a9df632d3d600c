//! Who signs a request, and how: the choice is made here and nowhere else.
//!
//! | says | such as | and wins over |
//! | --- | --- | --- |
//! | the program: no signature at all | `unsigned()` | everything |
//! | the operation: none | `smithy.api#noAuth` | everything below |
//! | the setting `signature_version` | `s3`, `v4a` | everything below |
//! | the endpoint rules, in the order of `auth_scheme_preference` | `sigv4-s3express` | everything below |
//! | operation, then service, in that order too | `aws.auth#sigv4` | the model's old `signatureVersion` |

mod canonical;
pub(crate) mod legacy;
mod sigv4;

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::AUTHORIZATION;

pub use self::sigv4::{Algorithm, Payload, Signer};
pub(crate) use self::sigv4::{check_expiry, post_signature};
use crate::body::{Body, Reuse};
use crate::call::CallContext;
use crate::checksum;
use crate::endpoint::{Endpoint, EndpointAuthScheme};
use crate::error::{Error, Result};
use crate::identity::{Credentials, Identity};
use crate::protocol;
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// How the requests of a call are signed.
#[derive(Clone, Debug)]
pub(crate) enum AuthChoice {
    Anonymous,
    /// With a token, over https only.
    Bearer,
    /// The query form of version 2.
    QueryV2,
    /// S3's signature with HMAC-SHA1.
    S3Hmac,
    /// The same, in the URL of every request.
    S3HmacQuery,
    Signature(Signature),
}

/// How long a request is good that is signed in its URL because a setting says so.
const QUERY_EXPIRES: Duration = Duration::from_secs(3600);

impl AuthChoice {
    /// Whether the body may go in chunks with its checksum behind it: the older signatures are of servers that know no chunks.
    pub(crate) fn takes_trailers(&self) -> bool {
        !matches!(self, Self::S3Hmac | Self::S3HmacQuery)
    }

    /// Whether the signature is good in more than one region.
    pub(crate) fn is_for_several_regions(&self) -> bool {
        matches!(self, Self::Signature(signature) if signature.algorithm != Algorithm::SigV4)
    }
}

/// Version 4 in all its forms.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    algorithm: Algorithm,
    /// The region, or the set of them.
    region: Box<str>,
    /// The signing name, such as `s3`.
    name: Box<str>,
    is_s3: bool,
    double_encode: bool,
    normalize_path: bool,
    /// Whether the body may stay out of the signature, where TLS protects it.
    unsigned_payload: bool,
    /// Whether the credentials are those of an S3 Express session.
    pub(crate) express_session: bool,
}

/// Which kind of identity signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    Credentials,
    Token,
}

/// The schemes that this client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Bearer,
    None,
    QueryV2,
    S3Express,
    S3Hmac,
    S3HmacQuery,
    SigV4,
    SigV4a,
}

impl Scheme {
    /// `aws.auth#sigv4` and `smithy.api#noAuth` in models, `sigv4` and `none` in rules.
    fn parse(name: &str) -> Option<Self> {
        match name.rsplit('#').next() {
            Some("httpBearerAuth" | "bearer") => Some(Self::Bearer),
            Some("noAuth" | "none") => Some(Self::None),
            Some("sigv4") => Some(Self::SigV4),
            Some("sigv4-s3express") => Some(Self::S3Express),
            Some("sigv4a") => Some(Self::SigV4a),
            _ => None,
        }
    }

    fn of_version(version: SignatureVersion) -> Self {
        match version {
            SignatureVersion::Bearer => Self::Bearer,
            SignatureVersion::S3 => Self::S3Hmac,
            SignatureVersion::S3Query => Self::S3HmacQuery,
            SignatureVersion::V2 => Self::QueryV2,
            SignatureVersion::V4 | SignatureVersion::S3V4 => Self::SigV4,
            SignatureVersion::V4a => Self::SigV4a,
        }
    }

    /// The first that is here, after those that the configuration prefers.
    fn first_of<'n>(
        cx: &CallContext<'_>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Option<Self>> {
        let names: Vec<&str> = names.into_iter().collect();
        let known = || names.iter().filter_map(|name| Self::parse(name));
        let mut preferred =
            (cx.config.auth_scheme_preference().iter()).filter_map(|name| Self::parse(name));
        let first = preferred.find(|scheme| known().any(|known| known == *scheme));
        match first.or_else(|| known().next()) {
            Some(scheme) => Ok(Some(scheme)),
            None if names.is_empty() => Ok(None),
            None => Err(unsupported(&names.join(", "))),
        }
    }
}

fn unsupported(names: &str) -> Error {
    Error::unsupported(format!("signing with {names}"))
}

/// Whether requests go out without a signature, whatever the endpoint.
pub(crate) fn is_unsigned(cx: &CallContext<'_>) -> bool {
    cx.config.is_unsigned() || matches!(modelled(cx), Ok(Scheme::None))
}

/// What operation and service say.
fn modelled(cx: &CallContext<'_>) -> Result<Scheme> {
    let (operation, metadata) = (cx.operation, cx.model.metadata());
    if operation.auth_type.as_deref() == Some("none") && operation.auth.is_empty() {
        return Ok(Scheme::None);
    }
    let lists = [&operation.auth, &metadata.auth];
    if let Some(list) = lists.into_iter().find(|list| !list.is_empty())
        && let Some(scheme) = Scheme::first_of(cx, list.iter().map(|name| &**name))?
    {
        return Ok(scheme);
    }
    Ok(match &*metadata.signature_version {
        "bearer" => Scheme::Bearer,
        "none" => Scheme::None,
        "v2" if cx.quirks.signs_with_version_2 => Scheme::QueryV2,
        _ => Scheme::SigV4, // the other older versions are no longer in use
    })
}

/// Chooses for an endpoint. `signing_region` finds the region where the endpoint names none.
pub(crate) fn choose(
    cx: &CallContext<'_>,
    endpoint: &Endpoint,
    signing_region: impl FnOnce() -> Result<String>,
) -> Result<AuthChoice> {
    if is_unsigned(cx) {
        return Ok(AuthChoice::Anonymous);
    }
    let schemes = &endpoint.auth_schemes;
    let names = schemes.iter().map(|scheme| &*scheme.name);
    let metadata = cx.model.metadata();
    let setting = cx.config.signature_version(&metadata.service_key());
    let version = setting?;
    let prefers_bearer = || {
        cx.has(cx.quirks.prefers_bearer)
            && cx.config.auth_scheme_preference().is_empty()
            && cx.config.has_token_variable(&metadata.signing_name)
    };
    let asked = Scheme::first_of(cx, names);
    let scheme = match (version, &asked) {
        // buckets of S3 Express take nothing but their own
        (_, Ok(Some(Scheme::S3Express))) => Scheme::S3Express,
        (Some(version), _) => Scheme::of_version(version),
        (None, _) if prefers_bearer() => Scheme::Bearer,
        (None, _) => match asked? {
            Some(scheme) => scheme,
            None => modelled(cx)?,
        },
    };
    let details = schemes
        .iter()
        .find(|s| Scheme::parse(&s.name) == Some(scheme));
    match scheme {
        Scheme::None => Ok(AuthChoice::Anonymous),
        Scheme::Bearer => Ok(AuthChoice::Bearer),
        Scheme::QueryV2 => Ok(AuthChoice::QueryV2),
        Scheme::S3Hmac => Ok(AuthChoice::S3Hmac),
        Scheme::S3HmacQuery => Ok(AuthChoice::S3HmacQuery),
        Scheme::SigV4 | Scheme::S3Express => {
            signature(cx, details, scheme, signing_region).map(AuthChoice::Signature)
        }
        Scheme::SigV4a => signature_4a(cx, details).map(AuthChoice::Signature),
    }
}

fn signature(
    cx: &CallContext<'_>,
    details: Option<&EndpointAuthScheme>,
    scheme: Scheme,
    signing_region: impl FnOnce() -> Result<String>,
) -> Result<Signature> {
    let (operation, metadata) = (cx.operation, cx.model.metadata());
    // the region of a presigned URL's global endpoint is not the bucket's
    let is_global = |region: &str| {
        cx.is_presigned && cx.has(cx.quirks.presigns_for_any_region) && region == "us-east-1"
    };
    let region = match details.and_then(|d| d.signing_region.as_deref()) {
        Some(region) if !is_global(region) => region.to_owned(),
        _ => signing_region()?,
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
        unsigned_payload: operation.unsigned_payload
            || operation.auth_type.as_deref() == Some("v4-unsigned-body"),
        express_session: scheme == Scheme::S3Express,
    })
}

#[cfg(feature = "sigv4a")]
fn signature_4a(cx: &CallContext<'_>, details: Option<&EndpointAuthScheme>) -> Result<Signature> {
    let by_rules = details.and_then(|d| d.signing_region_set.as_deref());
    let set = match (cx.config.sigv4a_signing_region_set(), by_rules) {
        (Some(set), _) => set.to_owned(),
        (None, Some(set)) => set.join(","),
        (None, None) => cx.config.region().unwrap_or("*").to_owned(),
    };
    let details = EndpointAuthScheme {
        signing_region: None,
        ..details.cloned().unwrap_or_default()
    };
    Ok(Signature {
        algorithm: Algorithm::SigV4a,
        ..signature(cx, Some(&details), Scheme::SigV4a, || Ok(set))?
    })
}

#[cfg(not(feature = "sigv4a"))]
fn signature_4a(_: &CallContext<'_>, _: Option<&EndpointAuthScheme>) -> Result<Signature> {
    Err(unsupported(
        "sigv4a; this program is built without the feature `sigv4a` of tucuxi",
    ))
}

impl AuthChoice {
    /// Who must be known to sign.
    pub(crate) fn needs(&self) -> Option<IdentityKind> {
        match self {
            Self::Anonymous => None,
            Self::Bearer => Some(IdentityKind::Token),
            Self::QueryV2 | Self::S3Hmac | Self::S3HmacQuery | Self::Signature(_) => {
                Some(IdentityKind::Credentials)
            }
        }
    }

    /// Whether the body must be hashed before it is sent, so that it is read twice.
    pub(crate) fn hashes(&self, cx: &CallContext<'_>, request: &Request) -> Result<bool> {
        let Self::Signature(signature) = self else {
            return Ok(false);
        };
        let signed = signature.signed(cx, request)?;
        Ok(matches!(signed, Signed::Body))
    }

    /// Signs a request anew. `sha256` is the hash of a body that is not in memory, where [`hashes`](Self::hashes) wants one.
    pub(crate) fn sign(
        &self,
        cx: &CallContext<'_>,
        request: &mut Request,
        sha256: Option<&str>,
        who: Option<&Identity>,
        time: SystemTime,
    ) -> Result<()> {
        match (self, who) {
            (Self::Anonymous, _) => {
                if checksum::has_trailer(request.headers()) {
                    let hash = HeaderValue::from_static("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
                    request.headers_mut().insert("x-amz-content-sha256", hash);
                }
                Ok(())
            }
            (Self::Bearer, Some(Identity::Token(token))) => {
                if !is_https(request) {
                    let what = "a bearer token goes over https only, and the endpoint is not https";
                    return Err(Error::request(what));
                }
                let value = HeaderValue::from_str(&format!("Bearer {}", token.token()));
                let mut value = value.map_err(|_| {
                    Error::request("the bearer token has characters that a header cannot have")
                })?;
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
                Ok(())
            }
            (Self::QueryV2, Some(Identity::Credentials(who))) => {
                let form = request
                    .body()
                    .bytes()
                    .map(|bytes| String::from_utf8_lossy(bytes));
                let form = form.unwrap_or_default();
                let method = request.method().as_str();
                let signed = legacy::sign_form(method, request.uri(), &form, who, time)?;
                *request.body_mut() = signed.into();
                Ok(())
            }
            (Self::S3Hmac, Some(Identity::Credentials(who))) => {
                let resource = s3_resource(cx, request);
                legacy::sign_s3(request, who, &resource, time)
            }
            (Self::S3HmacQuery, Some(Identity::Credentials(who))) => {
                let (resource, headers) = (s3_resource(cx, request), request.headers().clone());
                legacy::presign_s3(request, who, &resource, time, QUERY_EXPIRES)?;
                *request.headers_mut() = headers;
                Ok(())
            }
            (Self::Signature(signature), Some(Identity::Credentials(who))) => {
                let body = request.body().clone();
                let payload = signature.payload(cx, request, &body, sha256)?;
                let mut signer = signature.signer(who, time);
                // whoever hashes nothing must say so
                signer.content_sha256 |= matches!(payload, Payload::Unsigned);
                signer.sign(request, payload)
            }
            _ => Err(Error::request("there is nobody to sign it")),
        }
    }

    /// Signs a request in its query, for as long as said.
    pub(crate) fn presign(
        &self,
        cx: &CallContext<'_>,
        request: &mut Request,
        who: Option<&Identity>,
        time: SystemTime,
        expires: Duration,
    ) -> Result<()> {
        match (self, who) {
            (Self::Anonymous, _) => Ok(()),
            (Self::S3Hmac | Self::S3HmacQuery, Some(Identity::Credentials(who))) => {
                let resource = s3_resource(cx, request);
                legacy::presign_s3(request, who, &resource, time, expires)
            }
            (Self::Signature(signature), Some(Identity::Credentials(who))) => {
                let payload = match request.body().bytes() {
                    _ if signature.is_s3 => Payload::Unsigned,
                    Some(_) if signature.unsigned_payload => Payload::Unsigned,
                    Some(bytes) => Payload::Bytes(&bytes.clone()),
                    None => Payload::Unsigned,
                };
                signature
                    .signer(who, time)
                    .presign(request, payload, expires)
            }
            _ => Err(unsupported("this scheme, in a URL")),
        }
    }
}

/// What the signature has of a body.
enum Signed {
    /// Its hash, which must be made.
    Body,
    /// Its hash, which a header has.
    Hash(String),
    Nothing,
    /// Nothing: a checksum follows it.
    Trailer,
}

fn s3_resource(cx: &CallContext<'_>, request: &Request) -> String {
    let bucket = cx.params.get("Bucket").and_then(|bucket| bucket.as_str());
    legacy::s3_resource(bucket, request.uri().path())
}

fn is_https(request: &Request) -> bool {
    request.uri().scheme_str() == Some("https")
}

impl Signature {
    fn signer<'a>(&'a self, who: &'a Credentials, time: SystemTime) -> Signer<'a> {
        Signer {
            algorithm: self.algorithm,
            double_encode: self.double_encode,
            normalize_path: self.normalize_path,
            content_sha256: self.is_s3,
            express_session: self.express_session,
            ..Signer::new(who, &self.region, &self.name, time)
        }
    }

    /// What of a body is signed.
    fn payload<'b>(
        &self,
        cx: &CallContext<'_>,
        request: &Request,
        body: &'b Body,
        sha256: Option<&str>,
    ) -> Result<Payload<'b>> {
        Ok(match self.signed(cx, request)? {
            Signed::Hash(hash) => Payload::Sha256(hash),
            Signed::Nothing => Payload::Unsigned,
            Signed::Trailer => Payload::StreamingUnsignedTrailer,
            Signed::Body => match body.bytes() {
                Some(bytes) => Payload::Bytes(bytes),
                None => match sha256 {
                    Some(hash) => Payload::Sha256(hash.to_owned()),
                    None => return Err(Error::request("the body was not hashed")),
                },
            },
        })
    }

    /// All of a body is signed, unless TLS protects it and it may or must stay out.
    fn signed(&self, cx: &CallContext<'_>, request: &Request) -> Result<Signed> {
        let (headers, body) = (request.headers(), request.body());
        if checksum::has_trailer(headers) {
            return Ok(Signed::Trailer);
        }
        if let Some(hash) = headers.get("x-amz-content-sha256")
            && !self.is_s3
            && let Ok(hash) = hash.to_str()
        {
            return Ok(Signed::Hash(hash.to_owned()));
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
        // S3 alone takes a body without a hash, so a reader needs not be kept to make one
        let unsigned = unsigned || (self.is_s3 && body.reuse() != Reuse::Always);
        Ok(match unsigned {
            true => Signed::Nothing,
            false => Signed::Body,
        })
    }
}
