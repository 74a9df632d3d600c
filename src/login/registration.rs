//! The registration of a client of IAM Identity Center, which is kept for as long as it is valid.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::LoginError;
use super::callback::Callback;
use super::flow::{DEFAULT_SCOPE, Flow};
use crate::codec::python_json::{self, Spacing};
use crate::error::Result;
use crate::time::Timestamp;

/// A registration that expires sooner is not used.
const MARGIN: Duration = Duration::from_secs(15 * 60);
const BY_CODE: &str = "authorization_code";

/// A registered client.
pub(super) struct Registration {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) expires_at: String,
}

/// Returns a client that logs in with an authorization code.
pub(super) fn of_code(flow: &Flow<'_>) -> Result<Registration> {
    let scopes = match flow.scopes {
        [] => vec![DEFAULT_SCOPE.to_owned()],
        scopes => scopes.to_vec(),
    };
    let grants = [BY_CODE, "refresh_token"];
    let request = json!({
        "grantTypes": grants,
        "redirectUris": [Callback::registered_url()],
        "issuerUrl": flow.issuer,
        "scopes": scopes,
    });
    find(flow, request, has_grant)
}

/// Returns a client that logs in with a device code.
pub(super) fn of_device(flow: &Flow<'_>) -> Result<Registration> {
    let request = match flow.scopes {
        [] => json!({}),
        scopes => json!({"scopes": scopes}),
    };
    find(flow, request, |document| !has_grant(document))
}

fn has_grant(document: &Value) -> bool {
    let grants = document["grantTypes"].as_array();
    grants.is_some_and(|grants| grants.iter().any(|grant| grant == BY_CODE))
}

/// Returns the saved registration if it suits, or else a new one.
fn find(flow: &Flow<'_>, request: Value, suits: impl Fn(&Value) -> bool) -> Result<Registration> {
    let key = cache_key(flow.start_url, flow.region, flow.session, flow.scopes);
    let now = flow.client.config().now();
    if let Some(saved) = flow.cache.registration(&key)
        && suits(&saved)
        && let Some(registration) = read(&saved, now)
    {
        return Ok(registration);
    }
    let document = register(flow, request, now)?;
    let registration = read(&document, now).ok_or_else(|| {
        let what = "the response of RegisterClient has no client with a secret that is valid";
        LoginError::Response(what.into())
    })?;
    flow.cache.save_registration(&key, &document)?;
    Ok(registration)
}

fn register(flow: &Flow<'_>, request: Value, now: SystemTime) -> Result<Value> {
    let name = match flow.session {
        Some(session) => session.to_owned(),
        None => Timestamp::of(now)
            .whole_seconds()
            .unwrap_or_default()
            .to_string(),
    };
    let mut params = request.clone();
    params["clientName"] = format!("botocore-client-{name}").into();
    params["clientType"] = "public".into();
    let response = flow.call("RegisterClient", params)?;
    let end = response["clientSecretExpiresAt"].as_u64().unwrap_or(0);
    let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end));
    let end = end.unwrap_or(SystemTime::UNIX_EPOCH);
    let mut document = json!({
        "clientId": response["clientId"],
        "clientSecret": response["clientSecret"],
        "expiresAt": Timestamp::of(end).whole().rfc3339(),
    });
    for name in ["scopes", "grantTypes"] {
        if !request[name].is_null() {
            document[name] = request[name].clone();
        }
    }
    Ok(document)
}

/// Reads a registration that is still valid.
fn read(document: &Value, now: SystemTime) -> Option<Registration> {
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    let expires_at = text("expiresAt")?;
    // times in older files end in UTC instead of Z
    let end = Timestamp::parse(&expires_at.replace("UTC", "Z")).ok()?;
    let is_valid = end.system_time()? > now + MARGIN;
    is_valid.then_some(Registration {
        id: text("clientId")?,
        secret: text("clientSecret")?,
        expires_at,
    })
}

/// What names the file of a registration: JSON as Python writes it, in order of the names.
fn cache_key(start_url: &str, region: &str, session: Option<&str>, scopes: &[String]) -> String {
    let scopes = match scopes {
        [] => Value::Null,
        scopes => scopes.into(),
    };
    let key = json!({
        "region": region,
        "scopes": scopes,
        "session_name": session,
        "startUrl": start_url,
        "tool": "botocore",
    });
    python_json::to_string(&key, Spacing::Usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_has_the_file_that_aws_gives_it() {
        let url = "https://x.awsapps.com/start";
        assert_eq!(
            cache_key(url, "eu-west-1", None, &[]),
            r#"{"region": "eu-west-1", "scopes": null, "session_name": null, "startUrl": "https://x.awsapps.com/start", "tool": "botocore"}"#
        );
        let scopes = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            cache_key(url, "eu-west-1", Some("\u{fc}"), &scopes),
            r#"{"region": "eu-west-1", "scopes": ["a", "b"], "session_name": "\u00fc", "startUrl": "https://x.awsapps.com/start", "tool": "botocore"}"#
        );
    }
}
