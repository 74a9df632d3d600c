//! Credentials: where they are looked for, in which order, and how they stay fresh.
//!
//! | provider | finds them in |
//! | --- | --- |
//! | [`env`](mod@env) | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` |
//! | [`assume_role`] | a role, which the profile's `source_profile` or `credential_source` assumes |
//! | [`web_identity`] | a role, which a token in a file opens |
//! | [`sso`] | the IAM Identity Center, with the token that `aws sso login` left |
//! | [`profile`] | the profile's keys in the credentials file |
//! | [`login`] | what `aws login` left |
//! | [`process`] | what the profile's `credential_process` prints |
//! | [`profile`] | the profile's keys in the config file |
//! | [`container`] | the service that ECS and EKS name in the environment |
//! | [`imds`] | the metadata service of EC2 |

pub mod assume_role;
mod cache;
mod cache_file;
mod chain;
mod check;
pub mod container;
mod document;
pub mod env;
mod explain;
pub mod imds;
pub mod login;
mod origin;
pub mod process;
pub mod profile;
mod role_cache;
pub mod sso;
mod sso_token;
pub mod web_identity;

pub(crate) use self::cache::{CredentialsCache, TokenCache};
pub use self::chain::Chain;
pub(crate) use self::check::{header_text, is_blank};
pub use self::explain::{Asked, Outcome};
pub(crate) use self::origin::Origin;
use self::origin::Origins;

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::cancel::CancelToken;
use crate::config::Config;

/// A key pair, maybe temporary. Its memory is wiped when it is dropped. `Debug` shows the key's id and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: Box<str>,
    secret_access_key: Zeroizing<Box<str>>,
    session_token: Option<Zeroizing<Box<str>>>,
    expires: Option<SystemTime>,
    account_id: Option<Box<str>>,
    origins: Origins,
}

impl Credentials {
    /// Credentials that do not expire.
    pub fn new(id: impl Into<Box<str>>, secret: impl Into<Box<str>>) -> Self {
        Self {
            access_key_id: id.into(),
            secret_access_key: Zeroizing::new(secret.into()),
            session_token: None,
            expires: None,
            account_id: None,
            origins: Origins::default(),
        }
    }

    /// With the token of a session.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Box<str>>) -> Self {
        self.session_token = Some(Zeroizing::new(token.into()));
        self
    }

    /// With an end.
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// With the account that they are of. It becomes a part of host names: one that cannot be, because it is more than
    /// letters, digits and hyphens, counts as unknown.
    #[must_use]
    pub fn with_account_id(mut self, account_id: impl Into<Box<str>>) -> Self {
        let account_id = account_id.into();
        let is_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        match !account_id.is_empty() && account_id.bytes().all(is_label) {
            true => self.account_id = Some(account_id),
            false => tracing::warn!("an account id that no host name can have is left out"),
        }
        self
    }

    /// With steps of the way by which they were found.
    #[must_use]
    pub(crate) fn found_by(mut self, origins: &[Origin]) -> Self {
        self.origins.0.extend(origins);
        self
    }

    /// The way by which they were found.
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins.0
    }

    /// The key's id; no secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The token of the session, a secret too.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| &***token)
    }

    /// When they end.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// The account that they are of, where the provider knows it.
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("account_id", &self.account_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A bearer token: whoever has it may call. Its memory is wiped when it is dropped, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    token: Zeroizing<Box<str>>,
    expires: Option<SystemTime>,
}

impl BearerToken {
    /// A token that does not expire.
    pub fn new(token: impl Into<Box<str>>) -> Self {
        let token = Zeroizing::new(token.into());
        Self {
            token,
            expires: None,
        }
    }

    /// With an end.
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// The token itself.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// When it ends.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BearerToken");
        shown
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Who makes a call.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Credentials(Credentials),
    Token(BearerToken),
}

/// Finds credentials in one place.
pub trait CredentialsProvider: Send + Sync {
    /// The place, in a word or two.
    fn name(&self) -> &'static str;

    /// The credentials.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Absent`] when this place has none, so that the next is asked; any other when it has some, but
    /// they cannot be had, and no other place is asked then.
    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError>;

    /// Asks, and says what came of it: one row, or one for each provider that this one asks in turn.
    fn explain(&self, cx: &ProviderContext<'_>) -> Vec<Asked> {
        vec![Asked::of(self.name(), self.credentials(cx))]
    }
}

/// Credentials provide themselves.
impl CredentialsProvider for Credentials {
    fn name(&self) -> &'static str {
        "given by the program"
    }
    fn credentials(&self, _: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let own = self.clone().checked(self.name(), |part| part.to_string())?;
        Ok(match own.origins() {
            [] => own.found_by(&[Origin::Program]),
            _ => own,
        })
    }
}

/// What a provider may use.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ProviderContext<'a> {
    /// The settings of the client.
    pub config: &'a Config,
    /// For calls to the services that give credentials.
    pub transport: &'a dyn crate::transport::Transport,
    /// The time of the call.
    pub now: SystemTime,
    /// The caller's. A provider that waits heeds it.
    pub cancel: &'a CancelToken,
    /// When the lookup must be done: the end of the call's time or of that for credentials, whichever is sooner. A provider
    /// that waits heeds it.
    pub deadline: Option<Instant>,
    pub(crate) calls: &'a dyn ServiceCalls,
}

impl ProviderContext<'_> {
    /// Fails if nobody waits for credentials any longer.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Cancelled`] or [`CredentialsError::TimedOut`].
    pub fn check(&self) -> Result<(), CredentialsError> {
        if self.cancel.is_cancelled() {
            return Err(CredentialsError::Cancelled);
        }
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => Err(CredentialsError::TimedOut),
            _ => Ok(()),
        }
    }

    /// Waits, unless the call is cancelled or its time ends before that.
    fn pause(&self, delay: Duration) -> Result<(), CredentialsError> {
        let left = self
            .deadline
            .map(|end| end.saturating_duration_since(Instant::now()));
        let delay = left.map_or(delay, |left| left.min(delay));
        self.config.pause(delay, self.cancel);
        self.check()
    }

    /// Calls a service, and gives its error as one of this provider.
    fn call(
        &self,
        provider: &'static str,
        call: ProviderCall<'_>,
    ) -> Result<Value, CredentialsError> {
        self.calls
            .call(call)
            .map_err(|e| document::fault(provider, e.to_string()))
    }
}

/// Calls the services that give credentials.
pub(crate) trait ServiceCalls {
    fn call(&self, call: ProviderCall<'_>) -> crate::error::Result<Value>;
}

/// Proves to whom a request goes that its sender has a key.
pub(crate) type Proof<'a> =
    dyn Fn(&http::Uri) -> Result<http::HeaderValue, String> + Send + Sync + 'a;

/// One such call.
pub(crate) struct ProviderCall<'a> {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) params: Value,
    /// Where, if not in the region of the client.
    pub(crate) region: Option<&'a str>,
    /// What the `DPoP` header of a request to this URL says.
    pub(crate) proof: Option<&'a Proof<'a>>,
    /// Who signs it; `None` where nobody does.
    pub(crate) who: Option<&'a Credentials>,
}

/// Why there are no credentials.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// This provider has none.
    #[error("none: {0}")]
    Absent(Cow<'static, str>),
    /// No provider has any.
    #[error(
        "none found for profile {profile:?}; asked: {asked}. Give them to the client, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has them"
    )]
    NotFound {
        /// The profile that was asked for.
        profile: String,
        /// The providers that were asked, and why each had none.
        asked: String,
    },
    /// One half of a key pair.
    #[error("{provider}: {present} is set, but {missing} is not")]
    Partial {
        /// The provider.
        provider: &'static str,
        /// What is there.
        present: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// The caller cancelled the lookup.
    #[error("the caller cancelled the lookup")]
    Cancelled,
    /// The time for the lookup is over.
    #[error(
        "the lookup took longer than the call may, or than credentials_timeout says, by default 120 seconds"
    )]
    TimedOut,
    /// A provider has some and cannot give them.
    #[error("{provider}: {what}")]
    Provider {
        /// The provider.
        provider: &'static str,
        /// Why not.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Replay;
    use serde_json::json;
    use std::sync::{LazyLock, Mutex};
    use std::time::UNIX_EPOCH;

    static NEVER: LazyLock<CancelToken> = LazyLock::new(CancelToken::default);

    /// When all tests of providers are: 2023-11-14T22:13:20Z.
    pub(super) const NOW: u64 = 1_700_000_000;

    /// Asks a provider, with these variables as the whole environment.
    pub(super) fn ask(
        provider: &dyn CredentialsProvider,
        variables: &[(&str, &str)],
        transport: &Replay,
        calls: &Calls,
    ) -> Result<Option<Credentials>, CredentialsError> {
        let config = Config::builder().environment(variables.iter().copied());
        let config = config.sleep(|_| {}).build().unwrap();
        match provider.credentials(&context(&config, transport, calls)) {
            Err(CredentialsError::Absent(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    pub(super) fn context<'a>(
        config: &'a Config,
        transport: &'a Replay,
        calls: &'a Calls,
    ) -> ProviderContext<'a> {
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        ProviderContext {
            config,
            transport,
            now,
            cancel: &NEVER,
            deadline: None,
            calls,
        }
    }

    /// Answers every call with fresh credentials, and keeps who called what.
    #[derive(Default)]
    pub(super) struct Calls(Mutex<Vec<String>>);

    impl Calls {
        pub(super) fn made(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    impl ServiceCalls for Calls {
        fn call(&self, call: ProviderCall<'_>) -> crate::Result<Value> {
            let mut made = self.0.lock().unwrap();
            let who = call.who.map_or("nobody", Credentials::access_key_id);
            let ProviderCall {
                service,
                operation,
                params,
                ..
            } = call;
            made.push(format!("{service}.{operation} by {who} {params}"));
            let id = format!("ASIA{}", made.len());
            Ok(json!({
                "Credentials": {
                    "AccessKeyId": id, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-01T00:00:00Z",
                },
                "AssumedRoleUser": {"Arn": "arn:aws:sts::123456789012:assumed-role/r/n"},
            }))
        }
    }
}
