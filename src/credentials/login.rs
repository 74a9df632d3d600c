//! Credentials of `aws login` in `~/.aws/login/cache`, which are refreshed before they expire.
//!
//! A refresh proves possession of the key in the file (DPoP, RFC 9449), by a JWT for the URL of the request that is signed
//! with the key.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::assume_role::text;
use super::cache_file::CacheFile;
use super::document::{absent, end_after, fault, lasts};
use super::dpop::DpopKey;
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::environment::Environment;
use crate::error::Error;
use crate::hash::hex;
use crate::identity::Part;
use crate::time::Timestamp;

/// Reads the credentials of the profile's `login_session`.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::login::LoginProvider;
///
/// let chain = Chain::new().then(LoginProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct LoginProvider;

const NAME: &str = "login";
const FOLDER_VARIABLE: &str = "AWS_LOGIN_CACHE_DIRECTORY";
const FOLDER: &str = "~/.aws/login/cache";
/// Credentials that expire sooner are refreshed.
const MARGIN: Duration = Duration::from_secs(5 * 60);

impl LoginProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for LoginProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let session =
            text(cx, "login_session").ok_or_else(|| absent("the profile has no login_session"))?;
        let file = cache_file(cx.config.environment(), session)?;
        let log_in = format!("run aws login --profile {}", cx.config.profile().value);
        let of = |what: String| fault(NAME, format!("{}: {what}", file.place()));
        let document = file
            .read(NAME)?
            .ok_or_else(|| of(format!("there is no such file; {log_in}")))?;
        let login =
            Login::read(&document).map_err(|missing| of(format!("no {missing}; {log_in}")))?;
        if let Some(good) = login
            .credentials
            .expires()
            .filter(|end| lasts(*end, cx.now, MARGIN))
        {
            tracing::trace!(until = ?good, "the login is still valid");
            return checked(login.credentials.with_sources(&SOURCES), &file.place());
        }
        let (credentials, document) = login.refresh(cx, &document, &log_in)?;
        if let Err(error) = file.write(&document) {
            // the old refresh token is invalid now
            tracing::warn!(file = file.place(), %error, "the refreshed login is not saved");
        }
        checked(credentials.with_sources(&SOURCES), "the response")
    }
}

/// Returns the file of a session.
fn cache_file(env: &Environment, session: &str) -> Result<CacheFile, CredentialsError> {
    let key = hex(&Sha256::digest(session.trim().as_bytes()));
    CacheFile::new(env, folder(env), &key)
        .ok_or_else(|| fault(NAME, format!("neither HOME nor {FOLDER_VARIABLE} is set")))
}

fn folder(env: &Environment) -> &str {
    env.get(FOLDER_VARIABLE).unwrap_or(FOLDER)
}

/// Saves what a login returned.
pub(crate) fn save(
    env: &Environment,
    session: &str,
    document: &Value,
) -> Result<(), CredentialsError> {
    Login::read(document)
        .map_err(|missing| fault(NAME, format!("the response has no {missing}")))?;
    let file = cache_file(env, session)?;
    let failed = |error| fault(NAME, format!("{}: {error}", file.place()));
    file.write(document).map_err(failed)
}

/// Removes what a login saved. Returns whether there was something.
pub(crate) fn remove(env: &Environment, session: &str) -> Result<bool, CredentialsError> {
    let file = cache_file(env, session)?;
    let failed = |error| fault(NAME, format!("{}: {error}", file.place()));
    file.remove().map_err(failed)
}

/// Removes what all logins saved. Returns how many there were.
pub(crate) fn remove_all(env: &Environment) -> Result<usize, CredentialsError> {
    let mut count = 0;
    for (file, document) in CacheFile::all(env, folder(env)) {
        if document["accessToken"]["accessKeyId"].is_string() {
            let failed = |error| fault(NAME, format!("{}: {error}", file.place()));
            count += usize::from(file.remove().map_err(failed)?);
        }
    }
    Ok(count)
}

fn checked(found: Credentials, from: &str) -> Result<Credentials, CredentialsError> {
    found.checked(NAME, |part| {
        let name = match part {
            Part::AccessKeyId => "accessKeyId",
            Part::SecretAccessKey => "secretAccessKey",
            Part::SessionToken => "sessionToken",
        };
        format!("the {name} of {from}")
    })
}

const SOURCES: [CredentialsSource; 2] = [CredentialsSource::ProfileLogin, CredentialsSource::Login];

/// The contents of the file.
struct Login<'a> {
    credentials: Credentials,
    account: &'a str,
    client: &'a str,
    refresh_token: &'a str,
    dpop_key: &'a str,
    region: Option<&'a str>,
}

impl<'a> Login<'a> {
    /// Reads a document. The error is the name of the first member that is missing or invalid.
    fn read(document: &'a Value) -> Result<Self, &'static str> {
        let text = |of: &'a Value, name: &'static str| {
            of[name]
                .as_str()
                .filter(|text| !text.is_empty())
                .ok_or(name)
        };
        let token = &document["accessToken"];
        if !token.is_object() {
            return Err("accessToken");
        }
        let end = Timestamp::parse(text(token, "expiresAt")?).ok();
        let end = end
            .and_then(Timestamp::system_time)
            .ok_or("valid expiresAt")?;
        let account = text(token, "accountId")?;
        let credentials =
            Credentials::new(text(token, "accessKeyId")?, text(token, "secretAccessKey")?)
                .with_session_token(text(token, "sessionToken")?)
                .with_account_id(account)
                .with_expiry(end);
        Ok(Self {
            credentials,
            account,
            client: text(document, "clientId")?,
            refresh_token: text(document, "refreshToken")?,
            dpop_key: text(document, "dpopKey")?,
            region: document["signInRegion"].as_str(),
        })
    }

    fn refresh(
        &self,
        cx: &ProviderContext<'_>,
        old: &Value,
        log_in: &str,
    ) -> Result<(Credentials, Value), CredentialsError> {
        let key = DpopKey::from_pem(self.dpop_key)
            .ok_or_else(|| fault(NAME, format!("dpopKey is not a P-256 key in PEM; {log_in}")))?;
        let seconds = Timestamp::of(cx.now).whole_seconds().unwrap_or(0);
        let prove = move |uri: &Uri| key.proof(uri, seconds);
        let params = json!({"tokenInput": {
            "clientId": self.client, "refreshToken": self.refresh_token, "grantType": "refresh_token",
        }});
        let call = cx.call("signin", "CreateOAuth2Token", params);
        let call = call.proof(Arc::new(prove));
        let call = match self.region {
            Some(region) => call.region(region),
            None => call,
        };
        let response = call.send().map_err(|e| fault(NAME, failure(&e, log_in)))?;
        let output = &response["tokenOutput"];
        let end = end_after(cx.now, &output["expiresIn"]);
        let end = end.ok_or_else(|| fault(NAME, "the response has no valid expiresIn"))?;
        let mut document = old.clone();
        let mut token = output["accessToken"].clone();
        token["accountId"] = self.account.into();
        token["expiresAt"] = Timestamp::of(end).whole().rfc3339().into();
        document["accessToken"] = token;
        for name in ["refreshToken", "idToken", "tokenType"] {
            if output[name].is_string() {
                document[name] = output[name].clone();
            }
        }
        let new = Login::read(&document)
            .map_err(|missing| fault(NAME, format!("the response has no {missing}")))?;
        Ok((new.credentials, document))
    }
}

/// Returns the reason why a refresh failed, with the remedy.
fn failure(error: &Error, log_in: &str) -> String {
    let reason = error
        .service_error()
        .and_then(|e| e.value["error"].as_str());
    match reason {
        Some("TOKEN_EXPIRED") => format!("the session has expired; {log_in}"),
        Some("USER_CREDENTIALS_CHANGED") => format!("the password was changed; {log_in}"),
        Some("INSUFFICIENT_PERMISSIONS") => {
            "the user may not refresh the login; the permission signin:CreateOAuth2Token is required"
                .into()
        }
        _ => error.to_string(),
    }
}
