//! Credentials of an EC2 instance, from its metadata service (IMDS).

use std::time::Duration;

use http::header::HeaderValue;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::document::{self, DocumentRequest, RetryPolicy, absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::random;
use crate::transport::TransportErrorKind;

/// Requests the credentials of the instance's role from the metadata service, with IMDSv2, or IMDSv1 if the service
/// supports no other.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::imds::ImdsProvider;
///
/// let chain = Chain::new().then(ImdsProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ImdsProvider;

const NAME: &str = "iam-role";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// The delay between attempts.
const PAUSE: Duration = Duration::from_millis(500);
const ROLE: &str = "latest/meta-data/iam/security-credentials/";

impl ImdsProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for ImdsProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let mut service = Service::new(cx, cx.config.instance_metadata().attempts)?;
        let role = service.get(ROLE, |body| !body.is_empty())?;
        let role = String::from_utf8_lossy(&role).trim().to_owned();
        let is_json = |body: &[u8]| serde_json::from_slice::<Value>(body).is_ok();
        let body = service.get(&format!("{ROLE}{role}"), is_json)?;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let (Some(code), None) = (document["Code"].as_str(), document.get("AccessKeyId")) {
            return Err(fault(
                NAME,
                format!("the metadata service returned code {code} for role {role}"),
            ));
        }
        let credentials = document::credentials(NAME, &document, "Token")?;
        let credentials = credentials.with_sources(&[CredentialsSource::Imds]);
        Ok(document::extend(credentials, cx.now, random::unit()))
    }
}

/// Returns the region of the instance, if the program runs on one. Only a default depends on it, so each request is
/// sent once.
pub(crate) fn region(cx: &ProviderContext<'_>) -> Option<String> {
    const ZONE: &str = "latest/meta-data/placement/availability-zone/";
    let zone =
        Service::new(cx, 1).and_then(|mut service| service.get(ZONE, |body| !body.is_empty()));
    let zone =
        zone.inspect_err(|error| tracing::debug!(%error, "no region from the metadata service"));
    let zone = String::from_utf8(zone.ok()?.to_vec()).ok()?;
    let region = zone
        .trim()
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (!region.is_empty()).then(|| region.to_owned())
}

/// The metadata service.
struct Service<'a> {
    cx: &'a ProviderContext<'a>,
    base: String,
    retries: RetryPolicy,
    /// The header with the IMDSv2 token. It is empty for IMDSv1, and `None` before the version is known.
    token: Option<HeaderMap>,
}

impl<'a> Service<'a> {
    /// # Errors
    ///
    /// Returns `Absent` if the service is disabled.
    fn new(cx: &'a ProviderContext<'a>, attempts: u32) -> Result<Self, CredentialsError> {
        let settings = cx.config.instance_metadata();
        if settings.disabled {
            return Err(absent("AWS_EC2_METADATA_DISABLED is true"));
        }
        let mut base = match (&settings.endpoint, settings.ipv6) {
            (Some(url), _) => {
                document::check_url(NAME, "ec2_metadata_service_endpoint", url)?;
                url.clone()
            }
            (None, true) => "http://[fd00:ec2::254]/".into(),
            (None, false) => "http://169.254.169.254/".into(),
        };
        if !base.ends_with('/') {
            base.push('/');
        }
        let retries = RetryPolicy {
            attempts,
            timeout: settings.timeout,
            pause: PAUSE,
            retries_timeouts: true,
        };
        Ok(Self {
            cx,
            base,
            retries,
            token: None,
        })
    }

    fn uri(&self, path: &str) -> Result<Uri, CredentialsError> {
        let url = format!("{}{path}", self.base);
        url.parse()
            .map_err(|_| fault(NAME, "the URL of its endpoint is invalid"))
    }

    /// Requests an IMDSv2 token. Returns the header with the token, or no header if IMDSv1 is used.
    ///
    /// # Errors
    ///
    /// Returns `Absent` if the service does not respond, and another error if IMDSv1 is needed but disabled.
    fn fetch_token(&self) -> Result<HeaderMap, CredentialsError> {
        let mut ttl = HeaderMap::new();
        ttl.insert(TOKEN_TTL, HeaderValue::from_static("21600"));
        let request = DocumentRequest {
            method: Method::PUT,
            uri: &self.uri("latest/api/token")?,
            headers: &ttl,
            is_direct: true,
            retries: RetryPolicy {
                // a container's network may drop the response; IMDSv1 is tried then
                retries_timeouts: self.cx.config.instance_metadata().v1_disabled,
                ..self.retries
            },
        };
        match request.send(self.cx, |status, _| !is_transient(status)) {
            Ok((200, body)) => {
                let mut headers = HeaderMap::new();
                let mut value = HeaderValue::from_bytes(&body).map_err(|_| {
                    fault(
                        NAME,
                        "the metadata service returned a token that is not valid in a header",
                    )
                })?;
                value.set_sensitive(true);
                headers.insert(TOKEN, value);
                Ok(headers)
            }
            Ok((400, _)) => Err(fault(
                NAME,
                "the metadata service rejects the request for a token (status 400)",
            )),
            // the service has no IMDSv2, or a container's network blocks it
            Ok((403..=405, _)) => self.version_1(),
            Err(error) if error.kind() == TransportErrorKind::Timeout => self.version_1(),
            Ok((status, _)) => Err(absent(format!(
                "the metadata service returned status {status} for the token request"
            ))),
            Err(error) => Err(absent(error.to_string())),
        }
    }

    fn version_1(&self) -> Result<HeaderMap, CredentialsError> {
        match self.cx.config.instance_metadata().v1_disabled {
            true => Err(fault(
                NAME,
                "the request for an IMDSv2 token failed, and IMDSv1 is disabled (ec2_metadata_v1_disabled)",
            )),
            false => Ok(HeaderMap::new()),
        }
    }

    /// Requests a path, with a new token if the current one has expired.
    ///
    /// # Errors
    ///
    /// Returns `Absent` if the service does not respond, or has nothing at the path.
    fn get(
        &mut self,
        path: &str,
        is_good: impl Fn(&[u8]) -> bool,
    ) -> Result<bytes::Bytes, CredentialsError> {
        let uri = self.uri(path)?;
        let mut is_renewed = self.token.is_none();
        loop {
            let headers = match self.token.take() {
                Some(headers) => headers,
                None => self.fetch_token()?,
            };
            let headers = self.token.insert(headers);
            let request = DocumentRequest {
                method: Method::GET,
                uri: &uri,
                headers,
                is_direct: true,
                retries: RetryPolicy {
                    // without a token the service most likely does not exist, as on most machines
                    retries_timeouts: !headers.is_empty(),
                    ..self.retries
                },
            };
            let is_last = |status, body: &[u8]| match status {
                200 => is_good(body),
                status => !is_transient(status),
            };
            return match request.send(self.cx, is_last) {
                Ok((200, body)) if is_good(&body) => Ok(body),
                Ok((401, _)) if !is_renewed => {
                    (self.token, is_renewed) = (None, true);
                    continue;
                }
                Ok((status, _)) => Err(absent(format!(
                    "the metadata service returned status {status} for {path}"
                ))),
                Err(error) => Err(absent(error.to_string())),
            };
        }
    }
}

/// Returns whether a retry may succeed.
fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, NOW, query};
    use crate::transport::Replay;
    use std::time::UNIX_EPOCH;

    fn lookup(
        variables: &[(&str, &str)],
        transport: &Replay,
    ) -> Result<Option<Credentials>, CredentialsError> {
        query(
            &ImdsProvider::new(),
            variables,
            transport,
            &Calls::default(),
        )
    }

    fn answer(end: &str) -> String {
        format!(
            r#"{{"Code": "Success", "AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "{end}"}}"#
        )
    }

    #[test]
    fn token_role_and_credentials_are_requested() {
        let replay = Replay::new()
            .respond(200, &[], "the-token")
            .respond(200, &[], "my-role\n")
            .respond(200, &[], answer("2030-01-01T00:00:00Z"));
        let found = lookup(&[], &replay).unwrap().unwrap();
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("ASIA", Some("t"))
        );
        let sent = replay.sent();
        let urls: Vec<String> = sent
            .iter()
            .map(|sent| format!("{} {}", sent.method, sent.uri.path()))
            .collect();
        let role = "/latest/meta-data/iam/security-credentials/";
        assert_eq!(
            urls,
            [
                "PUT /latest/api/token".into(),
                format!("GET {role}"),
                format!("GET {role}my-role")
            ]
        );
        assert_eq!(sent[0].headers[TOKEN_TTL], "21600");
        assert_eq!(sent[2].headers[TOKEN], "the-token");
        assert_eq!(sent[0].uri.host(), Some("169.254.169.254"));
    }

    #[test]
    fn version_1_is_used_without_version_2_unless_it_is_disabled() {
        let replay = || {
            Replay::new()
                .respond(404, &[], "")
                .respond(200, &[], "role")
                .respond(200, &[], answer("2030-01-01T00:00:00Z"))
        };
        assert!(lookup(&[], &replay()).unwrap().is_some());
        let error = lookup(&[("AWS_EC2_METADATA_V1_DISABLED", "true")], &replay()).unwrap_err();
        assert!(error.to_string().contains("v1_disabled"), "{error}");
        let slow = Replay::new()
            .failure(TransportErrorKind::Timeout)
            .respond(200, &[], "role")
            .respond(200, &[], answer("2030-01-01T00:00:00Z"));
        assert!(lookup(&[], &slow).unwrap().is_some());
    }

    #[test]
    fn settings_select_the_endpoint_and_the_attempts() {
        let off = Replay::new();
        assert!(
            lookup(&[("AWS_EC2_METADATA_DISABLED", "TRUE")], &off)
                .unwrap()
                .is_none()
        );
        let cases = [
            (
                (
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                    "http://127.0.0.1:1338/x",
                ),
                "http://127.0.0.1:1338/x/latest/api/token",
            ),
            (
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"),
                "http://[fd00:ec2::254]/latest/api/token",
            ),
        ];
        for (variable, url) in cases {
            let replay = Replay::new()
                .failure(TransportErrorKind::Connect)
                .failure(TransportErrorKind::Interrupted)
                .respond(503, &[], "");
            assert!(lookup(&[variable], &replay).unwrap().is_none());
            assert_eq!(replay.unused(), 0, "three attempts are the default");
            assert_eq!(replay.sent()[0].uri, url);
        }
        let replay = Replay::new()
            .failure(TransportErrorKind::Connect)
            .respond(200, &[], "t")
            .respond(500, &[], "")
            .respond(200, &[], "role")
            .respond(200, &[], "half of")
            .respond(200, &[], answer("2030-01-01T00:00:00Z"));
        assert!(
            lookup(&[("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2")], &replay)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn a_missing_role_is_absent_and_a_failing_one_an_error() {
        let replay = Replay::new().respond(200, &[], "t").respond(404, &[], "");
        assert!(lookup(&[], &replay).unwrap().is_none());
        let failing = r#"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "m"}"#;
        let replay = Replay::new()
            .respond(200, &[], "t")
            .respond(200, &[], "role")
            .respond(200, &[], failing);
        let error = lookup(&[], &replay).unwrap_err().to_string();
        assert!(error.contains("AssumeRoleUnauthorizedAccess"), "{error}");
    }

    #[test]
    fn expired_credentials_are_extended() {
        let replay = Replay::new()
            .respond(200, &[], "t")
            .respond(200, &[], "role")
            .respond(200, &[], answer("2023-11-14T22:00:00Z"));
        let end = lookup(&[], &replay).unwrap().unwrap().expires().unwrap();
        let ahead = end
            .duration_since(UNIX_EPOCH + Duration::from_secs(NOW))
            .unwrap();
        assert!((1020..=1500).contains(&ahead.as_secs()), "{ahead:?}");
    }

    #[test]
    fn transient_failures_are_retried_and_expired_tokens_replaced() {
        let role = || answer("2030-01-01T00:00:00Z");
        let replay = Replay::new()
            .failure(TransportErrorKind::Interrupted)
            .respond(429, &[], "")
            .respond(200, &[], "t1")
            .respond(500, &[], "")
            .failure(TransportErrorKind::Timeout)
            .respond(200, &[], "role")
            .respond(401, &[], "")
            .respond(503, &[], "")
            .respond(200, &[], "t2")
            .respond(503, &[], "")
            .respond(200, &[], role());
        assert!(lookup(&[], &replay).unwrap().is_some());
        assert_eq!(replay.unused(), 0);
        assert_eq!(replay.sent().last().unwrap().headers[TOKEN], "t2");
        // a token that is rejected at once is replaced only once
        let replay = Replay::new()
            .respond(200, &[], "t1")
            .respond(200, &[], "role")
            .respond(401, &[], "")
            .respond(200, &[], "t2")
            .respond(401, &[], "");
        assert!(lookup(&[], &replay).unwrap().is_none());
        assert_eq!(replay.unused(), 0);
        // if version 1 is disabled there is no fallback
        let replay = Replay::new()
            .failure(TransportErrorKind::Timeout)
            .respond(200, &[], "t")
            .respond(404, &[], "");
        let forbidden = [("AWS_EC2_METADATA_V1_DISABLED", "true")];
        assert!(lookup(&forbidden, &replay).unwrap().is_none());
        assert_eq!(replay.unused(), 0);
    }
}
