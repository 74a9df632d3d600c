//! AWS Signature Version 4, through `aws-sigv4`.

use std::borrow::Cow;
use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::credentials::Credentials;
use crate::error::BoxError;

/// What a signature is valid for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningScope<'a> {
    pub(crate) region: &'a str,
    /// The signing name, such as `s3`.
    pub(crate) name: &'a str,
    pub(crate) time: SystemTime,
}

/// What of the body is signed.
#[derive(Clone, Debug)]
pub(crate) enum Payload<'a> {
    Bytes(&'a [u8]),
    /// Its SHA-256, in hexadecimal.
    Sha256(String),
    Unsigned,
}

/// How services differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningStyle {
    /// The path is signed as it is, and the body's hash is a header.
    S3,
    /// The path is normalised and percent-encoded once more.
    Standard,
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

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs a request in its headers. Those of an earlier signature are replaced.
///
/// # Errors
///
/// A header's value is not UTF-8.
pub(crate) fn sign<B>(
    request: &mut http::Request<B>,
    payload: Payload<'_>,
    credentials: &Credentials,
    scope: SigningScope<'_>,
    style: SigningStyle,
) -> Result<(), BoxError> {
    for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
        request.headers_mut().remove(name);
    }
    let identity: Identity = aws_credential_types::Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        credentials.session_token().map(Into::into),
        None,
        "tucuxi",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.name)
        .time(scope.time)
        .settings(settings(style))
        .build()?
        .into();
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
            Payload::Unsigned => SignableBody::UnsignedPayload,
        };
        let (method, uri) = (request.method().as_str(), request.uri().to_string());
        let signable = SignableRequest::new(method, uri, headers.into_iter(), body)?;
        silently(|| sign_request(signable, &params))?.into_parts().0
    };
    instructions.apply_to_request_http1x(request);
    for name in [AUTHORIZATION, SECURITY_TOKEN] {
        if let Some(value) = request.headers_mut().get_mut(name) {
            HeaderValue::set_sensitive(value, true);
        }
    }
    Ok(())
}

fn settings(style: SigningStyle) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.excluded_headers = Some(UNSIGNED_HEADERS.map(Cow::Borrowed).into());
    if style == SigningStyle::S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// `aws-sigv4` writes what it signs to the log at trace level: session tokens and customer keys of S3 among it.
fn silently<T>(sign: impl FnOnce() -> T) -> T {
    if tracing::enabled!(target: "aws_sigv4", tracing::Level::TRACE) {
        tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), sign)
    } else {
        sign()
    }
}
