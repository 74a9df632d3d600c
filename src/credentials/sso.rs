//! Credentials of a role in IAM Identity Center, with the token of `aws sso login`.

use serde_json::{Value, json};

use super::document::{self, absent, fault};
use super::role_cache::{cached, key_text};
use super::sso_token::{self, SsoSession, SsoTokenProvider};
use super::{
    BearerToken, Credentials, CredentialsError, CredentialsProvider, CredentialsSource,
    ProviderContext,
};
use crate::codec::python_json::Spacing;
use crate::time::{Timestamp, from_epoch_millis};

/// Requests the credentials of the profile's `sso_role_name` in its `sso_account_id` from the access portal. The token
/// is that of the `sso_session`, or, in older profiles, of the `sso_start_url`.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::sso::SsoProvider;
///
/// let chain = Chain::new().then(SsoProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SsoProvider {
    tokens: SsoTokenProvider,
}

const NAME: &str = "sso";

impl SsoProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self::default()
    }
}

impl CredentialsProvider for SsoProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let role = SsoRole::of_profile(cx)?;
        let (kind, key) = match role.session {
            Some(session) => ("sessionName", session),
            None => ("startUrl", role.start_url),
        };
        let key = json!({"accountId": role.account, "roleName": role.name, kind: key});
        let document = cached(cx, NAME, &key_text(&key, Spacing::Compact), || {
            role.fetch(cx, &self.token(cx, &role)?)
        })?;
        let credentials = document::credentials(NAME, &document["Credentials"], "SessionToken")?;
        let sources = match role.session {
            Some(_) => [CredentialsSource::ProfileSso, CredentialsSource::Sso],
            None => [
                CredentialsSource::ProfileSsoLegacy,
                CredentialsSource::SsoLegacy,
            ],
        };
        Ok(credentials
            .with_account_id(role.account)
            .with_sources(&sources))
    }
}

impl SsoProvider {
    fn token(
        &self,
        cx: &ProviderContext<'_>,
        role: &SsoRole<'_>,
    ) -> Result<BearerToken, CredentialsError> {
        if let Some(name) = role.session {
            return self.tokens.token(cx, &SsoSession::named(cx, name)?);
        }
        let log_in = log_in(cx);
        let (file, document) = sso_token::cached(cx, role.start_url, &log_in)?;
        match sso_token::read(&document) {
            Some((token, end)) if cx.now < end => sso_token::checked(token, &file.place()),
            Some(_) => Err(fault(
                NAME,
                format!("the token of {} has expired; {log_in}", role.start_url),
            )),
            None => Err(fault(
                NAME,
                format!(
                    "the token of {} has no accessToken with a valid expiresAt; {log_in}",
                    role.start_url
                ),
            )),
        }
    }
}

fn log_in(cx: &ProviderContext<'_>) -> String {
    format!("run aws sso login --profile {}", cx.config.profile().value)
}

/// The role of a profile.
struct SsoRole<'a> {
    account: &'a str,
    name: &'a str,
    start_url: &'a str,
    region: &'a str,
    session: Option<&'a str>,
}

impl<'a> SsoRole<'a> {
    fn of_profile(cx: &ProviderContext<'a>) -> Result<Self, CredentialsError> {
        let own = |key| {
            let (text, _) = cx.config.profile_text(key)?;
            Some(text).filter(|text: &&str| !text.is_empty())
        };
        let profile = &cx.config.profile().value;
        let (account, name) = (own("sso_account_id"), own("sso_role_name"));
        if account.is_none() && name.is_none() {
            return Err(absent(format!(
                "profile {profile:?} has neither sso_account_id nor sso_role_name"
            )));
        }
        let session = match own("sso_session") {
            Some(name) => Some(SsoSession::named(cx, name)?),
            None => None,
        };
        let mut missing = Vec::new();
        let mut known = |key: &'static str, found: Option<&'a str>| {
            if found.is_none() {
                missing.push(key);
            }
            found.unwrap_or_default()
        };
        let role = Self {
            account: known("sso_account_id", account),
            name: known("sso_role_name", name),
            start_url: known(
                "sso_start_url",
                session
                    .as_ref()
                    .map(|s| s.start_url)
                    .or_else(|| own("sso_start_url")),
            ),
            region: known(
                "sso_region",
                session
                    .as_ref()
                    .map(|s| s.region)
                    .or_else(|| own("sso_region")),
            ),
            session: session.as_ref().map(|session| session.name),
        };
        if !missing.is_empty() {
            return Err(fault(
                NAME,
                format!("profile {profile:?} has no {}", missing.join(", no ")),
            ));
        }
        document::check_url(NAME, "sso_start_url", role.start_url)?;
        let pairs = [
            ("sso_start_url", role.start_url),
            ("sso_region", role.region),
        ];
        for (key, value) in pairs {
            if let Some(other) = own(key).filter(|other| *other != value) {
                let what = format!(
                    "profile {profile:?} has {key} = {other}, but its sso_session has {value}; remove one of them"
                );
                return Err(fault(NAME, what));
            }
        }
        Ok(role)
    }

    /// Requests the credentials, and returns them in the format of the cache that `aws` shares.
    fn fetch(
        &self,
        cx: &ProviderContext<'_>,
        token: &BearerToken,
    ) -> Result<Value, CredentialsError> {
        let params =
            json!({"roleName": self.name, "accountId": self.account, "accessToken": token.token()});
        let call = cx.call("sso", "GetRoleCredentials", params);
        let response = call.region(self.region).send();
        let response = response.map_err(|e| match e.code() {
            Some("UnauthorizedException") => fault(
                NAME,
                format!("the session has expired or is invalid; {}", log_in(cx)),
            ),
            _ => fault(NAME, e.to_string()),
        })?;
        let found = &response["roleCredentials"];
        let millis = match &found["expiration"] {
            Value::String(text) => text.trim().parse().ok(),
            // a float beyond the range becomes the end of the range
            number => (number.as_i64()).or_else(|| number.as_f64().map(|millis| millis as i64)),
        };
        let end = millis.and_then(|millis| from_epoch_millis(millis).ok());
        let end = end.ok_or_else(|| fault(NAME, "the response has no valid expiration"))?;
        Ok(json!({
            "ProviderType": "sso",
            "Credentials": {
                "AccessKeyId": found["accessKeyId"],
                "SecretAccessKey": found["secretAccessKey"],
                "SessionToken": found["sessionToken"],
                "Expiration": Timestamp::whole(end).rfc3339(),
                "AccountId": self.account,
            },
        }))
    }
}
