//! AWS Signature Version 4 and 4a: what a signature covers, and where it is put. [`keys`] computes it.

use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue, Uri};

use super::{canonical, keys};
use crate::error::{Error, Result};
use crate::identity::{Credentials, header_text};
use crate::time::Timestamp;
use crate::{hash, uri};

/// A signature algorithm.
///
/// ```
/// use std::time::SystemTime;
/// use tucuxi::Credentials;
/// use tucuxi::auth::{Algorithm, Signer};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret");
/// let mut signer = Signer::s3(&credentials, "eu-west-1", "s3", SystemTime::now());
/// assert_eq!(signer.algorithm, Algorithm::SigV4);
/// # #[cfg(feature = "sigv4a")] {
/// // a multi-region access point
/// signer.region = "*";
/// signer.algorithm = Algorithm::SigV4a;
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `AWS4-HMAC-SHA256`, for one region.
    SigV4,
    /// `AWS4-ECDSA-P256-SHA256`, for a set of regions, such as `us-east-1,us-west-2` or `*`.
    #[cfg(feature = "sigv4a")]
    SigV4a,
}

/// The part of the body that a signature covers.
///
/// ```
/// use tucuxi::auth::Payload;
///
/// let in_memory = Payload::Bytes(b"text");
/// let with_known_hash = Payload::Sha256("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into());
/// let not_covered = Payload::Unsigned;
/// # let _ = (in_memory, with_known_hash, not_covered);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// The whole body.
    Bytes(&'a [u8]),
    /// The SHA-256 of the body, in hexadecimal.
    Sha256(String),
    /// Nothing. The body is in the `aws-chunked` encoding and ends with its checksum.
    StreamingUnsignedTrailer,
    /// Nothing.
    Unsigned,
}

/// Signs requests with Signature Version 4 or 4a, including requests that no model describes.
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
    /// The credentials.
    pub credentials: &'a Credentials,
    /// The region, or the comma-separated set of regions for [`Algorithm::SigV4a`](Algorithm).
    pub region: &'a str,
    /// The signing name, such as `s3`.
    pub name: &'a str,
    /// The time of the signature.
    pub time: SystemTime,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whether the path is percent-encoded once more for the signature, as all services except S3 expect.
    pub double_encode: bool,
    /// Whether `.` and `..` in the path are resolved for the signature, as all services except S3 expect.
    pub normalize_path: bool,
    /// Whether the hash of the body is sent in a header, as S3 requires.
    pub content_sha256: bool,
    /// Whether the signature covers the session token. A few services expect it outside the signature.
    pub sign_token: bool,
    /// Whether the session token is that of an S3 Express session, which is sent in a header of its own.
    pub express_session: bool,
}

/// Headers that are not signed because proxies change or drop them, and headers of tracing.
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

/// Further headers that the signature of a URL does not cover.
const UNSIGNED_IN_URLS: [&str; 2] = ["x-amz-checksum-mode", "x-amz-user-agent"];

/// The headers of a signature, which replace those of an earlier one.
static ADDED_HEADERS: [HeaderName; 5] = [
    AUTHORIZATION,
    DATE,
    REGION_SET,
    HeaderName::from_static("x-amz-s3session-token"),
    HeaderName::from_static("x-amz-security-token"),
];

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const REGION_SET: HeaderName = HeaderName::from_static("x-amz-region-set");

/// The longest validity of a presigned URL.
pub(crate) const MAX_EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl<'a> Signer<'a> {
    /// Creates a signer for any service except S3.
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

    /// Creates a signer for S3, which signs the path as it is and sends the hash of the body in a header.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tucuxi::Credentials;
    /// use tucuxi::auth::{Payload, Signer};
    ///
    /// let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    /// let signer = Signer::s3(&credentials, "eu-west-1", "s3", SystemTime::now());
    /// let mut request = http::Request::get("https://my-bucket.s3.eu-west-1.amazonaws.com/greeting").body(())?;
    /// signer.presign(&mut request, Payload::Unsigned, Duration::from_secs(3600))?;
    /// assert!(request.uri().query().unwrap().contains("X-Amz-Signature="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Signs a request in its headers, replacing an earlier signature.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use tucuxi::Credentials;
    /// # use tucuxi::auth::{Payload, Signer};
    /// # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    /// let body = r#"{"query": "{ films }"}"#;
    /// let mut request = http::Request::post("https://api.example.com/graphql").body(body)?;
    /// let signer = Signer::new(&credentials, "eu-west-1", "appsync", SystemTime::now());
    /// signer.sign(&mut request, Payload::Bytes(body.as_bytes()))?;
    /// assert!(request.headers()["authorization"].to_str()?.starts_with("AWS4-HMAC-SHA256"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the value of a header is not UTF-8, the URL has no host, or credentials, region or signing
    /// name are not valid in a header.
    pub fn sign<B>(&self, request: &mut http::Request<B>, payload: Payload<'_>) -> Result<()> {
        self.check(request.uri())?;
        for name in &ADDED_HEADERS {
            request.headers_mut().remove(name);
        }
        let (stamp, hash) = (Timestamp::of(self.time).basic(), hash_of(payload));
        let headers = request.headers_mut();
        set(headers, DATE, &*stamp)?;
        if let Some(token) = self.credentials.session_token() {
            let name = HeaderName::try_from(self.token_name()).map_err(Error::request)?;
            set(headers, name, token)?;
        }
        if self.content_sha256 {
            set(headers, CONTENT_SHA256, &*hash)?;
        }
        if let Some(regions) = self.region_set() {
            set(headers, REGION_SET, regions)?;
        }
        let signed =
            canonical::Headers::new(request.headers(), request.uri(), |name| self.signs(name))?;
        let query = canonical::query(request.uri().query().unwrap_or_default(), &[]);
        let scope = self.scope(&stamp);
        let canonical = self.canonical(request, &query, &signed, &hash);
        let signature = self.signature(&stamp, &scope, &canonical)?;
        let text = [
            self.algorithm.name(),
            " Credential=",
            self.credentials.access_key_id(),
            "/",
            &scope,
            ", SignedHeaders=",
            &signed.names,
            ", Signature=",
            &signature,
        ];
        set(request.headers_mut(), AUTHORIZATION, text.concat())?;
        Ok(())
    }

    /// Signs a request in its query. The signature is valid for `expires`: at least a second, at most seven days.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # use tucuxi::Credentials;
    /// # use tucuxi::auth::{Payload, Signer};
    /// # let credentials = Credentials::new("AKIDEXAMPLE", "secret");
    /// let mut request = http::Request::get("https://iot.example.com/mqtt").body(())?;
    /// let signer = Signer::new(&credentials, "eu-west-1", "iotdevicegateway", SystemTime::now());
    /// signer.presign(&mut request, Payload::Bytes(b""), Duration::from_secs(60))?;
    /// assert!(request.uri().query().unwrap().contains("X-Amz-Signature="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`Signer::sign`] does, or if `expires` is out of range.
    pub fn presign<B>(
        &self,
        request: &mut http::Request<B>,
        payload: Payload<'_>,
        expires: Duration,
    ) -> Result<()> {
        check_expiry(expires)?;
        self.check(request.uri())?;
        let (stamp, hash) = (Timestamp::of(self.time).basic(), hash_of(payload));
        let signed = canonical::Headers::new(request.headers(), request.uri(), |name| {
            self.signs(name) && !UNSIGNED_IN_URLS.contains(&name)
        })?;
        let credentials = self.credentials;
        let scope = self.scope(&stamp);
        let credential = format!("{}/{scope}", credentials.access_key_id());
        let expires = expires.as_secs().to_string();
        let token = credentials
            .session_token()
            .map(|token| (self.token_name(), token));
        let regions = self.region_set().map(|set| ("X-Amz-Region-Set", set));
        let added = [
            ("X-Amz-Algorithm", self.algorithm.name()),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", &stamp),
            ("X-Amz-Expires", &expires),
            ("X-Amz-SignedHeaders", &signed.names),
        ];
        let covered: Vec<(&str, &str)> = (added.into_iter().chain(regions))
            .chain(token.filter(|_| self.sign_token))
            .collect();
        let own = request.uri().query().unwrap_or_default().to_owned();
        let query = canonical::query(&own, &covered);
        let canonical = self.canonical(request, &query, &signed, &hash);
        let signature = self.signature(&stamp, &scope, &canonical)?;
        let mut pairs: Vec<String> = vec![own];
        pairs.retain(|pair| !pair.is_empty());
        let last = [("X-Amz-Signature", &*signature)];
        let all = (added.into_iter().chain(last)).chain(regions).chain(token);
        pairs.extend(all.map(|(name, value)| format!("{name}={}", uri::encode(value, b""))));
        super::legacy::set_query(request, &pairs.join("&"))
    }

    /// Checks that everything that goes into the signature is valid.
    fn check(&self, uri: &Uri) -> Result<()> {
        let fault =
            (self.credentials.validate()).map_err(|(part, invalid)| format!("{part} {invalid}"));
        fault.map_err(Error::request)?;
        let names = [("region", self.region), ("signing name", self.name)];
        for (what, text) in names {
            header_text(text).map_err(|invalid| {
                Error::request(format!("the {what} of the signature {invalid}"))
            })?;
        }
        if uri.scheme().is_none() || uri.host().is_none_or(str::is_empty) {
            return Err(Error::request(
                "the URL to sign must have a scheme and a host",
            ));
        }
        // the year of a date has four digits
        match Timestamp::of(self.time).system_time() == Some(self.time) {
            true => Ok(()),
            false => Err(Error::request(
                "the time of the signature is not between the years 1970 and 9999",
            )),
        }
    }

    /// The header of the session token, capitalized as in URLs.
    fn token_name(&self) -> &'static str {
        match self.express_session {
            true => "X-Amz-S3session-Token",
            false => "X-Amz-Security-Token",
        }
    }

    /// Whether the signature covers a header.
    fn signs(&self, name: &str) -> bool {
        !UNSIGNED_HEADERS.contains(&name)
            && (self.sign_token || !name.eq_ignore_ascii_case(self.token_name()))
    }

    /// The set of regions, in version 4a.
    fn region_set(&self) -> Option<&'a str> {
        match self.algorithm {
            Algorithm::SigV4 => None,
            #[cfg(feature = "sigv4a")]
            Algorithm::SigV4a => Some(self.region),
        }
    }

    pub(super) fn scope(&self, stamp: &str) -> String {
        let (day, name) = (day(stamp), self.name);
        match self.region_set() {
            None => [day, self.region, name, "aws4_request"].join("/"),
            Some(_) => [day, name, "aws4_request"].join("/"),
        }
    }

    fn canonical<B>(
        &self,
        request: &http::Request<B>,
        query: &str,
        headers: &canonical::Headers,
        hash: &str,
    ) -> String {
        let path = request.uri().path();
        let path = canonical::path(path, self.normalize_path, self.double_encode);
        canonical::request(request.method().as_str(), &path, query, headers, hash)
    }

    /// Returns the signature of a canonical request.
    fn signature(&self, stamp: &str, scope: &str, canonical: &str) -> Result<String> {
        let hash = hash::sha256_hex(canonical.as_bytes());
        let text = [self.algorithm.name(), stamp, scope, &hash].join("\n");
        match self.algorithm {
            Algorithm::SigV4 => Ok(keys::sign_v4(
                self.credentials,
                day(stamp),
                self.region,
                self.name,
                &text,
            )),
            #[cfg(feature = "sigv4a")]
            Algorithm::SigV4a => {
                let (id, secret) = (
                    self.credentials.access_key_id(),
                    self.credentials.secret_access_key(),
                );
                keys::sign_v4a(id, secret, &text)
                    .ok_or_else(|| Error::request("the credentials have no key for version 4a"))
            }
        }
    }
}

/// The day of a time as in signatures.
pub(super) fn day(stamp: &str) -> &str {
    stamp.get(..8).unwrap_or_default()
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::SigV4 => "AWS4-HMAC-SHA256",
            #[cfg(feature = "sigv4a")]
            Self::SigV4a => "AWS4-ECDSA-P256-SHA256",
        }
    }
}

/// Returns the value that represents the body in the canonical request.
fn hash_of(payload: Payload<'_>) -> String {
    match payload {
        Payload::Bytes(bytes) => hash::sha256_hex(bytes),
        Payload::Sha256(hash) => hash,
        Payload::StreamingUnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".into(),
        Payload::Unsigned => "UNSIGNED-PAYLOAD".into(),
    }
}

/// Sets a header. The error does not show the value, which may be a secret.
fn set(headers: &mut HeaderMap, name: HeaderName, value: impl Into<String>) -> Result<()> {
    let mut value = HeaderValue::try_from(value.into()).map_err(|_| {
        Error::request(format!(
            "the value of the header {name} is not valid in a header"
        ))
    })?;
    value.set_sensitive(name == AUTHORIZATION || name.as_str().ends_with("token"));
    headers.insert(name, value);
    Ok(())
}

/// Returns the signature of a form's policy.
pub(crate) fn post_signature(
    credentials: &Credentials,
    region: &str,
    name: &str,
    time: SystemTime,
    policy: &str,
) -> String {
    let stamp = Timestamp::of(time).basic();
    keys::sign_v4(credentials, day(&stamp), region, name, policy)
}

/// Checks the validity of a presigned URL.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// Returns the errors of signing and presigning.
    fn refused(
        change: impl Fn(&mut Signer<'_>),
        credentials: &Credentials,
        url: &str,
    ) -> Vec<String> {
        let mut signer = Signer::new(credentials, "eu-west-1", "x", UNIX_EPOCH + MAX_EXPIRY);
        change(&mut signer);
        let request = || http::Request::get(url).body(()).unwrap();
        let signed = signer.sign(&mut request(), Payload::Unsigned);
        let presigned = signer.presign(&mut request(), Payload::Unsigned, Duration::from_secs(9));
        let both = [signed, presigned].into_iter();
        both.filter_map(|result| Some(result.err()?.to_string()))
            .collect()
    }

    #[test]
    fn invalid_inputs_are_errors() {
        let good = || Credentials::new("AKID", "s");
        let url = "https://example.com/";
        type Change = fn(&mut Signer<'_>);
        let same: Change = |_| {};
        let cases: [(Credentials, Change, &str, &str); 12] = [
            (
                Credentials::new("AKID\n", "s"),
                same,
                url,
                "access key id has a line break as character 5",
            ),
            (
                Credentials::new("AK\u{7f}", "s"),
                same,
                url,
                "access key id has a control",
            ),
            (
                Credentials::new("Ä", "s"),
                same,
                url,
                "access key id has a character that is not ASCII",
            ),
            (
                Credentials::new("", "s"),
                same,
                url,
                "access key id is blank",
            ),
            (
                Credentials::new("A", "s\r"),
                same,
                url,
                "secret access key has a line break",
            ),
            (
                good().with_session_token("t\0"),
                same,
                url,
                "session token has a NUL as character 2",
            ),
            (
                good(),
                |s| s.region = "eu\nwest",
                url,
                "region of the signature has a line break",
            ),
            (
                good(),
                |s| s.name = "s\t",
                url,
                "signing name of the signature has a tab",
            ),
            (good(), same, "/path", "must have a scheme and a host"),
            (
                good(),
                same,
                "example.com:443",
                "must have a scheme and a host",
            ),
            (good(), |s| s.time = UNIX_EPOCH - MAX_EXPIRY, url, "1970"),
            (
                good(),
                |s| s.time = UNIX_EPOCH + Duration::from_secs(253_402_300_800),
                url,
                "9999",
            ),
        ];
        for (credentials, change, url, expected) in cases {
            let errors = refused(change, &credentials, url);
            assert_eq!(errors.len(), 2, "{expected}: {errors:?}");
            assert!(
                errors.iter().all(|error| error.contains(expected)),
                "{expected}: {errors:?}"
            );
        }
        assert_eq!(refused(|_| {}, &good(), url), [""; 0]);
        let long = good().with_session_token("t".repeat(70_000));
        let errors = refused(|_| {}, &long, url);
        let plain = format!("https://example.com/?a={}", "a".repeat(30_000));
        assert_eq!(refused(|_| {}, &good(), &plain), [""; 0]);
        assert!(
            errors.len() == 1 && errors[0].contains("too long"),
            "{errors:?}"
        );
    }

    #[cfg(feature = "sigv4a")]
    #[test]
    fn version_4a_refuses_an_invalid_set_of_regions() {
        let credentials = Credentials::new("AKID", "s");
        let bad: fn(&mut Signer<'_>) = |s| {
            (s.algorithm, s.region) = (Algorithm::SigV4a, "*\n");
        };
        assert_eq!(refused(bad, &credentials, "https://example.com/").len(), 2);
    }
}
