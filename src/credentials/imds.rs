//! Credentials of an EC2 instance, from its metadata service.

use std::time::Duration;

use http::header::HeaderValue;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::document::{self, Ask, Patience, absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::random;
use crate::transport::TransportErrorKind;

/// Asks the metadata service for the instance's role, by its version 2, or by version 1 where that is all there is.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ImdsProvider;

const NAME: &str = "iam-role";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// Between attempts.
const PAUSE: Duration = Duration::from_millis(500);
const ROLE: &str = "latest/meta-data/iam/security-credentials/";

impl ImdsProvider {
    /// The provider.
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
                format!("the service says {code} of role {role}"),
            ));
        }
        let credentials = document::credentials(NAME, &document, "Token")?;
        let credentials = credentials.with_sources(&[CredentialsSource::Imds]);
        Ok(document::extend(credentials, cx.now, random::unit()))
    }
}

/// The region that the instance is in, if there is an instance that says so. Nothing depends on it but a default, so it is
/// looked for once, and for the time of one request after the other.
pub(crate) fn region(cx: &ProviderContext<'_>) -> Option<String> {
    const ZONE: &str = "latest/meta-data/placement/availability-zone/";
    let zone =
        Service::new(cx, 1).and_then(|mut service| service.get(ZONE, |body| !body.is_empty()));
    let zone = zone.inspect_err(|error| tracing::debug!(%error, "no region of an instance"));
    let zone = String::from_utf8(zone.ok()?.to_vec()).ok()?;
    let region = zone
        .trim()
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (!region.is_empty()).then(|| region.to_owned())
}

/// The service that is asked.
struct Service<'a> {
    cx: &'a ProviderContext<'a>,
    base: String,
    patience: Patience,
    /// The header that version 2 wants, or none where the service has version 1 only; `None` before it is known.
    token: Option<HeaderMap>,
}

impl<'a> Service<'a> {
    /// Absent where the configuration says that it is not to be asked.
    fn new(cx: &'a ProviderContext<'a>, attempts: u32) -> Result<Self, CredentialsError> {
        let settings = cx.config.instance_metadata();
        if settings.disabled {
            return Err(absent("AWS_EC2_METADATA_DISABLED is true"));
        }
        let mut base = match (&settings.endpoint, settings.ipv6) {
            (Some(url), _) => url.clone(),
            (None, true) => "http://[fd00:ec2::254]/".into(),
            (None, false) => "http://169.254.169.254/".into(),
        };
        if !base.ends_with('/') {
            base.push('/');
        }
        let patience = Patience {
            attempts,
            timeout: settings.timeout,
            pause: PAUSE,
            retries_timeouts: true,
        };
        Ok(Self {
            cx,
            base,
            patience,
            token: None,
        })
    }

    fn uri(&self, path: &str) -> Result<Uri, CredentialsError> {
        let url = format!("{}{path}", self.base);
        url.parse()
            .map_err(|_| fault(NAME, "the URL of its endpoint is invalid"))
    }

    /// The headers with the token of version 2, or without one. Absent where nothing responds.
    fn fetch_token(&self) -> Result<HeaderMap, CredentialsError> {
        let mut ttl = HeaderMap::new();
        ttl.insert(TOKEN_TTL, HeaderValue::from_static("21600"));
        let ask = Ask {
            method: Method::PUT,
            uri: &self.uri("latest/api/token")?,
            headers: &ttl,
            is_direct: true,
            patience: Patience {
                // a hop on the way may swallow the response, and version 1 is left then
                retries_timeouts: self.cx.config.instance_metadata().v1_disabled,
                ..self.patience
            },
        };
        match ask.send(self.cx, |status, _| !is_transient(status)) {
            Ok((200, body)) => {
                let mut headers = HeaderMap::new();
                let mut value = HeaderValue::from_bytes(&body)
                    .map_err(|_| fault(NAME, "the service gave a token that no header can hold"))?;
                value.set_sensitive(true);
                headers.insert(TOKEN, value);
                Ok(headers)
            }
            Ok((400, _)) => Err(fault(NAME, "the service refuses the request for a token")),
            // it knows no tokens, or a hop on the way keeps them from us
            Ok((403..=405, _)) => self.version_1(),
            Err(error) if error.kind() == TransportErrorKind::Timeout => self.version_1(),
            Ok((status, _)) => Err(absent(format!(
                "the service answers {status} to the request for a token"
            ))),
            Err(error) => Err(absent(error.to_string())),
        }
    }

    fn version_1(&self) -> Result<HeaderMap, CredentialsError> {
        match self.cx.config.instance_metadata().v1_disabled {
            true => Err(fault(
                NAME,
                "the service gives no token, and ec2_metadata_v1_disabled forbids to do without",
            )),
            false => Ok(HeaderMap::new()),
        }
    }

    /// Absent where the service has nothing there, or nothing responds. A token that has expired is replaced once.
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
            let ask = Ask {
                method: Method::GET,
                uri: &uri,
                headers,
                is_direct: true,
                patience: Patience {
                    // without a token, most likely nothing is there, and most machines are no instances
                    retries_timeouts: !headers.is_empty(),
                    ..self.patience
                },
            };
            let is_last = |status, body: &[u8]| match status {
                200 => is_good(body),
                status => !is_transient(status),
            };
            return match ask.send(self.cx, is_last) {
                Ok((200, body)) if is_good(&body) => Ok(body),
                Ok((401, _)) if !is_renewed => {
                    (self.token, is_renewed) = (None, true);
                    continue;
                }
                Ok((status, _)) => Err(absent(format!("the service answers {status} for {path}"))),
                Err(error) => Err(absent(error.to_string())),
            };
        }
    }
}

/// Whether the same request may succeed a moment later.
fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, NOW, ask};
    use crate::transport::Replay;
    use std::time::UNIX_EPOCH;

    fn asked(
        variables: &[(&str, &str)],
        transport: &Replay,
    ) -> Result<Option<Credentials>, CredentialsError> {
        ask(
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
    fn a_token_is_asked_for_then_the_role_then_its_credentials() {
        let replay = Replay::new()
            .answer(200, &[], "the-token")
            .answer(200, &[], "my-role\n")
            .answer(200, &[], answer("2030-01-01T00:00:00Z"));
        let found = asked(&[], &replay).unwrap().unwrap();
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
    fn version_1_is_used_where_there_is_no_other_and_nobody_forbids_it() {
        let replay = || {
            Replay::new()
                .answer(404, &[], "")
                .answer(200, &[], "role")
                .answer(200, &[], answer("2030-01-01T00:00:00Z"))
        };
        assert!(asked(&[], &replay()).unwrap().is_some());
        let error = asked(&[("AWS_EC2_METADATA_V1_DISABLED", "true")], &replay()).unwrap_err();
        assert!(error.to_string().contains("v1_disabled"), "{error}");
        let slow = Replay::new()
            .failure(TransportErrorKind::Timeout)
            .answer(200, &[], "role")
            .answer(200, &[], answer("2030-01-01T00:00:00Z"));
        assert!(asked(&[], &slow).unwrap().is_some());
    }

    #[test]
    fn settings_say_who_is_asked_and_how_often() {
        let off = Replay::new();
        assert!(
            asked(&[("AWS_EC2_METADATA_DISABLED", "TRUE")], &off)
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
                .answer(503, &[], "");
            assert!(asked(&[variable], &replay).unwrap().is_none());
            assert_eq!(replay.unused(), 0, "three attempts are the default");
            assert_eq!(replay.sent()[0].uri, url);
        }
        let replay = Replay::new()
            .failure(TransportErrorKind::Connect)
            .answer(200, &[], "t")
            .answer(500, &[], "")
            .answer(200, &[], "role")
            .answer(200, &[], "half of")
            .answer(200, &[], answer("2030-01-01T00:00:00Z"));
        assert!(
            asked(&[("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2")], &replay)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn an_instance_without_a_role_has_none_and_a_failing_one_says_so() {
        let replay = Replay::new().answer(200, &[], "t").answer(404, &[], "");
        assert!(asked(&[], &replay).unwrap().is_none());
        let failing = r#"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "m"}"#;
        let replay = Replay::new()
            .answer(200, &[], "t")
            .answer(200, &[], "role")
            .answer(200, &[], failing);
        let error = asked(&[], &replay).unwrap_err().to_string();
        assert!(error.contains("AssumeRoleUnauthorizedAccess"), "{error}");
    }

    #[test]
    fn credentials_that_have_ended_are_used_on() {
        let replay = Replay::new()
            .answer(200, &[], "t")
            .answer(200, &[], "role")
            .answer(200, &[], answer("2023-11-14T22:00:00Z"));
        let end = asked(&[], &replay).unwrap().unwrap().expires().unwrap();
        let ahead = end
            .duration_since(UNIX_EPOCH + Duration::from_secs(NOW))
            .unwrap();
        assert!((1020..=1500).contains(&ahead.as_secs()), "{ahead:?}");
    }

    #[test]
    fn what_may_pass_is_tried_again_with_a_new_token_where_it_has_expired() {
        let role = || answer("2030-01-01T00:00:00Z");
        let replay = Replay::new()
            .failure(TransportErrorKind::Interrupted)
            .answer(429, &[], "")
            .answer(200, &[], "t1")
            .answer(500, &[], "")
            .failure(TransportErrorKind::Timeout)
            .answer(200, &[], "role")
            .answer(401, &[], "")
            .answer(503, &[], "")
            .answer(200, &[], "t2")
            .answer(503, &[], "")
            .answer(200, &[], role());
        assert!(asked(&[], &replay).unwrap().is_some());
        assert_eq!(replay.unused(), 0);
        assert_eq!(replay.sent().last().unwrap().headers[TOKEN], "t2");
        // a token that is refused at once is not replaced for ever
        let replay = Replay::new()
            .answer(200, &[], "t1")
            .answer(200, &[], "role")
            .answer(401, &[], "")
            .answer(200, &[], "t2")
            .answer(401, &[], "");
        assert!(asked(&[], &replay).unwrap().is_none());
        assert_eq!(replay.unused(), 0);
        // where version 1 is forbidden there is nothing to fall back to
        let replay = Replay::new()
            .failure(TransportErrorKind::Timeout)
            .answer(200, &[], "t")
            .answer(404, &[], "");
        let forbidden = [("AWS_EC2_METADATA_V1_DISABLED", "true")];
        assert!(asked(&forbidden, &replay).unwrap().is_none());
        assert_eq!(replay.unused(), 0);
    }
}
