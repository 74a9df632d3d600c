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
pub mod container;
mod context;
mod document;
pub mod env;
mod explain;
pub mod imds;
pub mod login;
pub mod process;
pub mod profile;
mod role_cache;
pub mod sso;
mod sso_token;
pub mod web_identity;

pub(crate) use self::cache::{CredentialsCache, TokenCache};
pub use self::chain::Chain;
pub(crate) use self::context::{Proof, ServiceCalls};
pub use self::context::{ProviderCall, ProviderContext};
pub use self::explain::{Asked, Outcome};
pub use crate::identity::{BearerToken, Credentials, CredentialsSource};

use std::borrow::Cow;
use std::fmt;

use crate::error::{Detail, ErrorKind};
use crate::identity::Part;

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
        Ok(match own.sources() {
            [] => own.with_sources(&[CredentialsSource::Code]),
            _ => own,
        })
    }
}

impl Credentials {
    /// The same, if they can be used; else an error of the provider, which names the part as `name` has it.
    pub(crate) fn checked(
        self,
        provider: &'static str,
        name: impl Fn(Part) -> String,
    ) -> Result<Self, CredentialsError> {
        match self.fault() {
            Ok(()) => Ok(self),
            Err((part, unfit)) => {
                let what = format!("{} {unfit}", name(part));
                Err(CredentialsError::Provider { provider, what })
            }
        }
    }
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

impl CredentialsError {
    /// Returns the error of a provider that has no credentials, so that a chain queries the next one.
    pub fn absent(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Absent(reason.into())
    }

    /// Returns the error of a provider that has credentials but cannot provide them. The reason is part of the error's text, so
    /// it must not hold a secret.
    pub fn failed(provider: &'static str, reason: impl fmt::Display) -> Self {
        Self::Provider {
            provider,
            what: reason.to_string(),
        }
    }
}

impl Detail for CredentialsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Credentials
    }

    fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut)
    }

    fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::config::Config;
    use crate::settings::Settings;
    use crate::transport::Replay;
    use serde_json::{Value, json};
    use std::sync::{LazyLock, Mutex};
    use std::time::{Duration, UNIX_EPOCH};

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
        config: &'a Settings,
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
            let signed = match &call.credentials {
                Some(credentials) => format!("by {}", credentials.access_key_id()),
                None => "unsigned".into(),
            };
            let ProviderCall {
                service,
                operation,
                params,
                ..
            } = call;
            made.push(format!("{service}.{operation} {signed} {params}"));
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
