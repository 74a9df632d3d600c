//! The token of `aws sso login` in `~/.aws/sso/cache`, which is refreshed before it expires.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::cache_file::{CacheFile, sha1_hex};
use super::document::{absent, check_url, end_after, fault, lasts};
use super::{BearerToken, CredentialsError, ProviderContext};
use crate::identity::header_text;
use crate::sync;
use crate::time::Timestamp;

pub(super) const FOLDER: &str = "~/.aws/sso/cache";
pub(super) const NAME: &str = "sso-token";
/// A token that expires sooner is refreshed.
const MARGIN: Duration = Duration::from_secs(15 * 60);
/// The delay before a failed refresh is retried.
const PAUSE: Duration = Duration::from_secs(60);

/// An `[sso-session NAME]`.
pub(super) struct SsoSession<'a> {
    pub(super) name: &'a str,
    pub(super) start_url: &'a str,
    pub(super) region: &'a str,
}

impl<'a> SsoSession<'a> {
    /// Returns the session of the profile.
    pub(super) fn of_profile(cx: &ProviderContext<'a>) -> Result<Self, CredentialsError> {
        let profile = &cx.config.profile().value;
        let name = cx.config.profile_text("sso_session").map(|(name, _)| name);
        let name = name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| absent(format!("profile {profile:?} has no sso_session")))?;
        Self::named(cx, name)
    }

    pub(super) fn named(cx: &ProviderContext<'a>, name: &'a str) -> Result<Self, CredentialsError> {
        let text = |key| {
            let section = cx.config.sso_session(name).ok_or_else(|| {
                let profile = &cx.config.profile().value;
                let what = format!(
                    "profile {profile:?} refers to [sso-session {name}], which does not exist"
                );
                fault(NAME, what)
            })?;
            let text = section.text(None, key).map(|(text, _)| text);
            text.filter(|text| !text.is_empty())
                .ok_or_else(|| fault(NAME, format!("[sso-session {name}] has no {key}")))
        };
        let start_url = text("sso_start_url")?;
        check_url(NAME, "sso_start_url", start_url)?;
        Ok(Self {
            name,
            start_url,
            region: text("sso_region")?,
        })
    }
}

/// Reads and refreshes tokens of sessions.
#[derive(Debug, Default)]
pub(crate) struct SsoTokenProvider {
    last_attempt: Mutex<Option<SystemTime>>,
}

impl SsoTokenProvider {
    /// Returns the token of the profile's session.
    pub(super) fn of_profile(
        &self,
        cx: &ProviderContext<'_>,
    ) -> Result<BearerToken, CredentialsError> {
        self.token(cx, &SsoSession::of_profile(cx)?)
    }

    /// Returns the token of a session, refreshed if it expires soon.
    pub(super) fn token(
        &self,
        cx: &ProviderContext<'_>,
        session: &SsoSession<'_>,
    ) -> Result<BearerToken, CredentialsError> {
        let log_in = format!("run aws sso login --sso-session {}", session.name);
        let (file, document) = cached(cx, session.name, &log_in)?;
        let (token, end) = read(&document).ok_or_else(|| {
            fault(
                NAME,
                format!(
                    "{}: no accessToken with a valid expiresAt; {log_in}",
                    file.place()
                ),
            )
        })?;
        let token = checked(token, &file.place())?;
        if lasts(end, cx.now, MARGIN) {
            return Ok(token);
        }
        let refreshed = match self.may_refresh(cx, &document) {
            true => refresh(cx, session, &document),
            false => Err(fault(NAME, "it cannot be refreshed now")),
        };
        match refreshed {
            Ok((token, document)) => {
                if let Err(error) = file.write(&document) {
                    tracing::warn!(file = file.place(), %error, "the refreshed token is not saved");
                }
                Ok(token)
            }
            Err(error) if cx.now < end => {
                tracing::debug!(%error, "the refresh failed; the token is used until it expires");
                Ok(token)
            }
            Err(error) => Err(fault(
                NAME,
                format!(
                    "the token of session {:?} has expired ({error}); {log_in}",
                    session.name
                ),
            )),
        }
    }

    /// Returns whether the token can be refreshed, and the last attempt is long enough ago.
    fn may_refresh(&self, cx: &ProviderContext<'_>, document: &Value) -> bool {
        let has = |name: &str| document[name].as_str().is_some_and(|text| !text.is_empty());
        let all = ["refreshToken", "clientId", "clientSecret"]
            .into_iter()
            .all(has);
        if !all || time(document, "registrationExpiresAt").is_none_or(|end| end <= cx.now) {
            return false;
        }
        let mut last = sync::lock(&self.last_attempt);
        let since = |last: SystemTime| cx.now.duration_since(last).ok();
        let is_due = last.is_none_or(|last| since(last).is_none_or(|since| since >= PAUSE));
        if is_due {
            *last = Some(cx.now);
        }
        is_due
    }
}

/// Returns the cache file of a session or a start URL, and its document.
pub(super) fn cached(
    cx: &ProviderContext<'_>,
    key: &str,
    log_in: &str,
) -> Result<(CacheFile, Value), CredentialsError> {
    let file = CacheFile::new(cx.config.environment(), FOLDER, &sha1_hex(key));
    let file = file.ok_or_else(|| {
        fault(
            NAME,
            "HOME is not set, so the SSO token cache cannot be located",
        )
    })?;
    match file.read(NAME)? {
        Some(document) => Ok((file, document)),
        None => Err(fault(
            NAME,
            format!("{}: there is no such file; {log_in}", file.place()),
        )),
    }
}

/// Returns the token of a document, and the time at which it expires.
pub(super) fn read(document: &Value) -> Option<(BearerToken, SystemTime)> {
    let token = document["accessToken"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    let end = time(document, "expiresAt")?;
    Some((BearerToken::new(token).with_expiry(end), end))
}

/// Returns the token if it is valid in a header.
pub(super) fn checked(token: BearerToken, from: &str) -> Result<BearerToken, CredentialsError> {
    match header_text(token.token()) {
        Ok(()) => Ok(token),
        Err(invalid) => Err(fault(NAME, format!("the accessToken of {from} {invalid}"))),
    }
}

fn time(document: &Value, name: &str) -> Option<SystemTime> {
    // times in older files end in UTC instead of Z
    let text = document[name].as_str()?.replace("UTC", "Z");
    Timestamp::parse(&text).ok()?.system_time()
}

fn refresh(
    cx: &ProviderContext<'_>,
    session: &SsoSession<'_>,
    old: &Value,
) -> Result<(BearerToken, Value), CredentialsError> {
    let params = json!({
        "grantType": "refresh_token",
        "clientId": old["clientId"],
        "clientSecret": old["clientSecret"],
        "refreshToken": old["refreshToken"],
    });
    let call = cx.call("sso-oidc", "CreateToken", params);
    let response = call.region(session.region).send();
    let response = response.map_err(|e| fault(NAME, e.to_string()))?;
    let end =
        end_after(cx.now, &response["expiresIn"]).filter(|_| response["accessToken"].is_string());
    let end = end.ok_or_else(|| {
        fault(
            NAME,
            "the response has no accessToken with a valid expiresIn",
        )
    })?;
    let mut document = old.clone();
    document["startUrl"] = session.start_url.into();
    document["region"] = session.region.into();
    document["accessToken"] = response["accessToken"].clone();
    document["expiresAt"] = Timestamp::of(end).whole().rfc3339().into();
    if response["refreshToken"].is_string() {
        document["refreshToken"] = response["refreshToken"].clone();
    }
    let token = BearerToken::new(response["accessToken"].as_str().unwrap_or_default());
    let token = checked(token, "the response")?;
    Ok((token.with_expiry(end), document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::credentials::tests::{Calls, NOW, context};
    use crate::transport::Replay;

    #[test]
    fn a_failed_refresh_is_retried_after_a_minute() {
        let home = tempfile::tempdir().unwrap();
        let config = Config::builder()
            .environment([("HOME", home.path().to_str().unwrap())])
            .build()
            .unwrap();
        // the calls return no token, so every refresh fails
        let (transport, calls) = (Replay::new(), Calls::default());
        let mut cx = context(&config, &transport, &calls);
        let session = SsoSession {
            name: "s",
            start_url: "https://start.example",
            region: "eu-west-1",
        };
        let begin = std::time::UNIX_EPOCH + Duration::from_secs(NOW);
        let at = |seconds: u64| Timestamp::of(begin + Duration::from_secs(seconds));
        let document = json!({"accessToken": "old", "expiresAt": at(14 * 60).whole().rfc3339(), "refreshToken": "r",
            "clientId": "c", "clientSecret": "x", "registrationExpiresAt": at(10_000).whole().rfc3339()});
        let file = CacheFile::new(cx.config.environment(), FOLDER, &sha1_hex("s")).unwrap();
        file.write(&document).unwrap();
        let provider = SsoTokenProvider::default();
        for (seconds, attempts) in [
            (0, 1),
            (1, 1),
            (59, 1),
            (60, 2),
            (119, 2),
            (120, 3),
            (839, 4),
        ] {
            cx.now = begin + Duration::from_secs(seconds);
            let token = provider.token(&cx, &session).unwrap();
            assert_eq!(token.token(), "old", "still in use after {seconds} s");
            assert_eq!(calls.made().len(), attempts, "after {seconds} s");
        }
        // it has expired: an error, and still only one attempt a minute
        for seconds in [840, 850, 898] {
            cx.now = begin + Duration::from_secs(seconds);
            let error = provider.token(&cx, &session).unwrap_err().to_string();
            assert!(error.contains("has expired"), "{error}");
            assert_eq!(calls.made().len(), 4, "after {seconds} s");
        }
        // a clock that was set back does not prevent a refresh
        cx.now = begin;
        provider.token(&cx, &session).unwrap();
        assert_eq!(calls.made().len(), 5);
    }
}
