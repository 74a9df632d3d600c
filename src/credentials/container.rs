//! Credentials of a container: an ECS task or a pod of EKS.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::document::{self, DocumentRequest, RetryPolicy, absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::file;
use crate::identity::{header_text, is_blank};

/// Requests the credentials from the URL of `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::container::ContainerProvider;
///
/// let chain = Chain::new().then(ContainerProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ContainerProvider;

const NAME: &str = "container-role";
const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The URL of the ECS credentials service.
const ECS: &str = "http://169.254.170.2";
/// The hosts for which plain http is allowed, in addition to loopback addresses.
const HTTP_HOSTS: [&str; 4] = [
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::23",
    "localhost",
];

impl ContainerProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for ContainerProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let env = cx.config.environment();
        let (variable, url) = match (env.get(RELATIVE), env.get(FULL)) {
            (Some(path), _) => (RELATIVE, format!("{ECS}{path}")),
            (None, Some(url)) => (FULL, url.to_owned()),
            (None, None) => return Err(absent(format!("neither {RELATIVE} nor {FULL} is set"))),
        };
        document::check_url(NAME, variable, &url)?;
        let uri: Uri = url
            .parse()
            .map_err(|_| fault(NAME, format!("the URL of {variable} is invalid")))?;
        if !is_allowed(&uri) {
            let what = format!(
                "{variable} names {:?}: over http only loopback addresses, {} are allowed",
                uri.host().unwrap_or_default(),
                HTTP_HOSTS.join(", ")
            );
            return Err(fault(NAME, what));
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = token(cx)? {
            headers.insert(AUTHORIZATION, token);
        }
        let request = DocumentRequest {
            method: Method::GET,
            uri: &uri,
            headers: &headers,
            is_direct: is_local(&uri),
            retries: RetryPolicy {
                attempts: 3,
                timeout: Duration::from_secs(2),
                pause: Duration::from_secs(1),
                retries_timeouts: true,
            },
        };
        let response = request.send(cx, |status, _| status == 200);
        let (status, body) = response.map_err(|e| fault(NAME, e.to_string()))?;
        let document: Option<Value> = serde_json::from_slice(&body).ok();
        match document {
            Some(document) if status == 200 => {
                let credentials = document::credentials(NAME, &document, "Token")?;
                Ok(credentials.with_sources(&[CredentialsSource::Container]))
            }
            _ => Err(fault(
                NAME,
                format!(
                    "{} returned no credentials (status {status})",
                    uri.host().unwrap_or_default()
                ),
            )),
        }
    }
}

/// Returns the authorization token. Its file is read each time, because the token is rotated.
fn token(cx: &ProviderContext<'_>) -> Result<Option<HeaderValue>, CredentialsError> {
    let env = cx.config.environment();
    let (from, token) = match (env.get(TOKEN_FILE), env.get(TOKEN)) {
        (Some(path), _) => {
            let text = file::read_text(Path::new(path), file::MAX_TOKEN);
            let text = text.map_err(|e| fault(NAME, format!("{TOKEN_FILE}: {path}: {e}")))?;
            (TOKEN_FILE, text)
        }
        (None, Some(token)) if !is_blank(token) => (TOKEN, token.to_owned()),
        (None, _) => return Ok(None),
    };
    let of = |what: String| fault(NAME, format!("{from}: the token {what}"));
    header_text(&token).map_err(|invalid| of(invalid.to_string()))?;
    let mut value =
        HeaderValue::from_str(&token).map_err(|_| of("is not valid in a header".into()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn is_allowed(uri: &Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_local(uri),
        _ => false,
    }
}

/// Returns whether the host is this machine, or the link-local service of ECS or EKS. Requests to these bypass proxies:
/// a proxy cannot reach them, and must not see the credentials.
fn is_local(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || HTTP_HOSTS.iter().any(|known| known.parse() == Ok(ip)),
        Err(_) => HTTP_HOSTS.contains(&host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, query};
    use crate::transport::Replay;

    fn lookup(
        variables: &[(&str, &str)],
        transport: &Replay,
    ) -> Result<Option<Credentials>, CredentialsError> {
        query(
            &ContainerProvider::new(),
            variables,
            transport,
            &Calls::default(),
        )
    }

    const DOCUMENT: &str = r#"{"AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "2030-01-01T00:00:00Z"}"#;

    #[test]
    fn a_task_requests_credentials_from_its_service() {
        let replay = Replay::new().respond(200, &[], DOCUMENT);
        let found = lookup(&[(RELATIVE, "/v2/c?id=1"), (TOKEN, "let me in")], &replay)
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("ASIA", Some("t"))
        );
        let sent = &replay.sent()[0];
        assert_eq!(sent.uri, "http://169.254.170.2/v2/c?id=1");
        assert_eq!(sent.headers["authorization"], "let me in");
        assert!(lookup(&[], &Replay::new()).unwrap().is_none());
    }

    #[test]
    fn a_pod_reads_its_token_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let variables = [
            (FULL, "http://169.254.170.23/v1/credentials"),
            (TOKEN_FILE, file.to_str().unwrap()),
        ];
        for token in ["first", "second"] {
            std::fs::write(&file, token).unwrap();
            let replay = Replay::new().respond(200, &[], DOCUMENT);
            lookup(&variables, &replay).unwrap();
            assert_eq!(replay.sent()[0].headers["authorization"], token);
        }
        std::fs::write(&file, "two\r\nlines").unwrap();
        let error = lookup(&variables, &Replay::new()).unwrap_err().to_string();
        assert!(
            error.contains("line break") && !error.contains("two"),
            "{error}"
        );
    }

    #[test]
    fn a_password_of_a_url_is_in_no_error() {
        for url in [
            "http://u:hidden@[x/",
            "http://u:hidden@example.com/x?hidden",
            "u:hidden@h",
            "ftp://u:hidden@h/",
        ] {
            let error = lookup(&[(FULL, url)], &Replay::new())
                .unwrap_err()
                .to_string();
            assert!(error.contains(FULL), "{error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn plain_http_is_allowed_for_local_hosts_only() {
        let cases = [
            ("http://127.0.0.1:8080/c", true),
            ("http://[::1]/c", true),
            ("http://localhost/c", true),
            ("http://[fd00:ec2::23]/c", true),
            ("https://example.com/c", true),
            ("http://example.com/c", false),
            ("http://169.254.169.254/c", false),
        ];
        for (url, good) in cases {
            let result = lookup(&[(FULL, url)], &Replay::new().respond(200, &[], DOCUMENT));
            assert_eq!(result.is_ok(), good, "{url}: {result:?}");
        }
    }

    #[test]
    fn a_response_without_credentials_is_an_error() {
        let replay = Replay::new()
            .respond(400, &[], "no")
            .respond(500, &[], "no")
            .respond(403, &[], "no");
        let error = lookup(&[(FULL, "http://127.0.0.1/c")], &replay)
            .unwrap_err()
            .to_string();
        assert!(error.contains("status 403"), "{error}");
        assert_eq!(replay.unused(), 0);
    }
}
