//! AWS Signature Version 4 and 4a, through `aws-sigv4`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningParams, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
#[cfg(feature = "sigv4a")]
use aws_sigv4::sign::v4a;
use aws_smithy_runtime_api::client::identity::Identity;
use http::header::{AUTHORIZATION, HeaderName};

use crate::credentials::Credentials;
use crate::error::{BoxError, Error, Result};

/// The two algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `AWS4-HMAC-SHA256`, for one region.
    SigV4,
    /// `AWS4-ECDSA-P256-SHA256`, for a set of regions, such as `us-east-1,us-west-2` or `*`.
    #[cfg(feature = "sigv4a")]
    SigV4a,
}

/// What of the body is signed.
#[derive(Clone, Debug)]
pub enum Payload<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// Its SHA-256, in hexadecimal.
    Sha256(String),
    /// Nothing: a checksum follows it.
    StreamingUnsignedTrailer,
    /// Nothing.
    Unsigned,
}

/// Signs requests, also such that no model describes.
///
/// ```
/// use std::time::SystemTime;
/// use tucuxi::Credentials;
/// use tucuxi::auth::{Payload, Signer};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret");
/// let signer = Signer::new(&credentials, "eu-west-1", "execute-api", SystemTime::now());
/// let mut request = http::Request::get("https://example.com/").body(())?;
/// signer.sign(&mut request, Payload::Bytes(b""))?;
/// assert!(request.headers().contains_key("authorization"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Signer<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// The region, or the set of them.
    pub region: &'a str,
    /// The signing name, such as `s3`.
    pub name: &'a str,
    /// When the signature is made.
    pub time: SystemTime,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whether the path is percent-encoded once more; S3 alone does not.
    pub double_encode: bool,
    /// Whether `.` and `..` in the path are resolved; S3 alone does not.
    pub normalize_path: bool,
    /// Whether the hash of the body is a header; S3 needs that.
    pub content_sha256: bool,
    /// Whether the session token is a part of what is signed; few services want it beside the signature.
    pub sign_token: bool,
    /// Whether the session token is that of an S3 Express session, which has a header of its own.
    pub express_session: bool,
}

/// Headers that proxies change or drop, and those of tracing.
const UNSIGNED_HEADERS: [&str; 15] = [
    "authorization",
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// What a signature adds to the headers, of which an earlier one is replaced.
const ADDED_HEADERS: [&str; 5] = [
    "authorization",
    "x-amz-date",
    "x-amz-region-set",
    "x-amz-s3session-token",
    "x-amz-security-token",
];

/// The longest time for which a URL can be presigned.
pub(crate) const MAX_EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl<'a> Signer<'a> {
    /// One for any service but S3.
    pub fn new(
        credentials: &'a Credentials,
        region: &'a str,
        name: &'a str,
        time: SystemTime,
    ) -> Self {
        Self {
            credentials,
            region,
            name,
            time,
            algorithm: Algorithm::SigV4,
            double_encode: true,
            normalize_path: true,
            content_sha256: false,
            sign_token: true,
            express_session: false,
        }
    }

    /// One for S3: the path is signed as it is, and the body's hash is a header.
    pub fn s3(
        credentials: &'a Credentials,
        region: &'a str,
        name: &'a str,
        time: SystemTime,
    ) -> Self {
        Self {
            double_encode: false,
            normalize_path: false,
            content_sha256: true,
            ..Self::new(credentials, region, name, time)
        }
    }

    /// Signs a request in its headers. Those of an earlier signature are replaced.
    ///
    /// # Errors
    ///
    /// A header's value is not UTF-8.
    pub fn sign<B>(&self, request: &mut http::Request<B>, payload: Payload<'_>) -> Result<()> {
        for name in ADDED_HEADERS {
            request.headers_mut().remove(name);
        }
        self.apply(request, payload, self.settings())
            .map_err(Error::request)?;
        for name in ADDED_HEADERS.map(HeaderName::from_static) {
            if let Some(value) = request.headers_mut().get_mut(&name) {
                let secret = name == AUTHORIZATION || name.as_str().ends_with("token");
                value.set_sensitive(secret);
            }
        }
        Ok(())
    }

    /// Signs a request in its query, for as long as said: at least a second, at most seven days.
    ///
    /// # Errors
    ///
    /// A header's value is not UTF-8, or the time is too long or too short.
    pub fn presign<B>(
        &self,
        request: &mut http::Request<B>,
        payload: Payload<'_>,
        expires: Duration,
    ) -> Result<()> {
        check_expiry(expires)?;
        let mut settings = self.settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(expires);
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        self.apply(request, payload, settings)
            .map_err(Error::request)
    }

    fn settings(&self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        settings.excluded_headers = Some(UNSIGNED_HEADERS.map(Cow::Borrowed).into());
        if !self.double_encode {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
        }
        if !self.normalize_path {
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        if !self.sign_token {
            settings.session_token_mode = SessionTokenMode::Exclude;
        }
        if self.content_sha256 {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        settings
    }

    fn apply<B>(
        &self,
        request: &mut http::Request<B>,
        payload: Payload<'_>,
        mut settings: SigningSettings,
    ) -> Result<(), BoxError> {
        if self.express_session {
            settings.session_token_name_override = Some(match settings.signature_location {
                SignatureLocation::QueryParams => "X-Amz-S3session-Token",
                _ => "x-amz-s3session-token",
            });
        }
        let who = self.credentials;
        let identity: Identity = aws_credential_types::Credentials::new(
            who.access_key_id(),
            who.secret_access_key(),
            who.session_token().map(Into::into),
            None,
            "tucuxi",
        )
        .into();
        let params: SigningParams<'_> = match self.algorithm {
            Algorithm::SigV4 => v4::SigningParams::builder()
                .identity(&identity)
                .region(self.region)
                .name(self.name)
                .time(self.time)
                .settings(settings)
                .build()?
                .into(),
            #[cfg(feature = "sigv4a")]
            Algorithm::SigV4a => v4a::SigningParams::builder()
                .identity(&identity)
                .region_set(self.region)
                .name(self.name)
                .time(self.time)
                .settings(settings)
                .build()?
                .into(),
        };
        let instructions = {
            let mut headers = Vec::with_capacity(request.headers().len());
            for (name, value) in request.headers() {
                let value = std::str::from_utf8(value.as_bytes())
                    .map_err(|_| format!("header {name}: its value is not UTF-8"))?;
                headers.push((name.as_str(), value));
            }
            let body = match payload {
                Payload::Bytes(bytes) => SignableBody::Bytes(bytes),
                Payload::Sha256(hash) => SignableBody::Precomputed(hash),
                Payload::StreamingUnsignedTrailer => SignableBody::StreamingUnsignedPayloadTrailer,
                Payload::Unsigned => SignableBody::UnsignedPayload,
            };
            let (method, uri) = (request.method().as_str(), request.uri().to_string());
            let signable = SignableRequest::new(method, uri, headers.into_iter(), body)?;
            silently(|| sign(signable, &params))?.into_parts().0
        };
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

/// The signature of a form's policy.
pub(crate) fn post_signature(
    who: &Credentials,
    region: &str,
    name: &str,
    time: SystemTime,
    policy: &str,
) -> String {
    let key = v4::generate_signing_key(who.secret_access_key(), time, region, name);
    v4::calculate_signature(key, policy.as_bytes())
}

/// Whether a signature can be valid for so long.
pub(crate) fn check_expiry(expires: Duration) -> Result<()> {
    match (1..=MAX_EXPIRY.as_secs()).contains(&expires.as_secs()) {
        true => Ok(()),
        false => Err(Error::request(format!(
            "a signature is valid for 1 to {} seconds, not for {}",
            MAX_EXPIRY.as_secs(),
            expires.as_secs()
        ))),
    }
}

/// `aws-sigv4` writes what it signs to the log at trace level: session tokens and customer keys of S3 among it.
fn silently<T>(sign: impl FnOnce() -> T) -> T {
    if tracing::enabled!(target: "aws_sigv4", tracing::Level::TRACE) {
        tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), sign)
    } else {
        sign()
    }
}
