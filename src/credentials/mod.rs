//! Credentials providers: where credentials are looked up, in which order, and how they are refreshed.
//!
//! | provider | source |
//! | --- | --- |
//! | [`env`](mod@env) | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` |
//! | [`assume_role`] | a role that the profile's `source_profile` or `credential_source` assumes |
//! | [`web_identity`] | a role that is assumed with a token in a file |
//! | [`sso`] | IAM Identity Center, with the token of `aws sso login` |
//! | [`profile`] | the profile's keys in the credentials file |
//! | [`login`] | the credentials of `aws login` |
//! | [`process`] | the output of the profile's `credential_process` |
//! | [`profile`] | the profile's keys in the config file |
//! | [`container`] | the credentials service of ECS and EKS, named in the environment |
//! | [`imds`] | the metadata service of EC2 |
//!
//! A program may choose others: [`role`] assumes a role by its ARN.

pub mod assume_role;
#[cfg(feature = "async")]
mod awaited;
mod cache;
mod cache_file;
mod chain;
pub mod container;
mod context;
mod document;
mod dpop;
pub mod env;
mod explain;
pub mod imds;
pub mod login;
pub mod process;
pub mod profile;
pub mod role;
mod role_cache;
#[cfg(feature = "async")]
mod shared_refresh;
pub mod sso;
mod sso_cache;
mod sso_token;
pub mod web_identity;

#[cfg(feature = "async")]
pub use self::awaited::{AsyncCredentialsProvider, AsyncProviderContext, Awaited, Lookup};
pub(crate) use self::cache::{CredentialsCache, TokenCache};
pub use self::chain::Chain;
pub(crate) use self::context::{Proof, ServiceCalls};
pub use self::context::{ProviderCall, ProviderContext};
pub(crate) use self::document::end_after;
pub(crate) use self::dpop::DpopKey;
pub use self::explain::{ProviderOutcome, ProviderReport};
pub(crate) use self::sso_cache::SsoCache;
pub use crate::identity::{BearerToken, Credentials, CredentialsSource};

use std::borrow::Cow;
use std::fmt;

use crate::error::{Detail, ErrorKind};
use crate::identity::Part;

/// A source of credentials. The example of [`ProviderContext`] is a provider that calls a service.
///
/// ```
/// use tucuxi::credentials::{CredentialsError, CredentialsProvider, ProviderContext};
/// use tucuxi::{Config, Credentials};
///
/// /// Reads variables of another name.
/// struct OtherVariables;
///
/// impl CredentialsProvider for OtherVariables {
///     fn name(&self) -> &'static str {
///         "other-variables"
///     }
///     fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
///         let get = |name: &'static str| {
///             let value = cx.config.environment().get(name);
///             value.ok_or_else(|| CredentialsError::absent(format!("{name} is not set")))
///         };
///         Ok(Credentials::new(get("DEPLOY_KEY_ID")?, get("DEPLOY_SECRET")?))
///     }
/// }
/// let config = Config::builder().isolated().credentials_provider(OtherVariables).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub trait CredentialsProvider: Send + Sync {
    /// Returns the name, a word or two.
    fn name(&self) -> &'static str;

    /// Returns the credentials.
    ///
    /// # Errors
    ///
    /// Returns [`CredentialsError::Absent`] if this source has no credentials, so that a chain queries the next
    /// provider. After any other error a chain queries no further provider.
    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError>;

    /// Queries the provider and reports the outcome. A chain returns one report for each of its providers.
    fn explain(&self, cx: &ProviderContext<'_>) -> Vec<ProviderReport> {
        vec![ProviderReport::from_result(
            self.name(),
            self.credentials(cx),
        )]
    }
}

/// Credentials are a provider of themselves.
impl CredentialsProvider for Credentials {
    fn name(&self) -> &'static str {
        "set by the program"
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
    /// Returns the credentials if they are valid. Otherwise the error is the provider's; `name` names the invalid part.
    pub(crate) fn checked(
        self,
        provider: &'static str,
        name: impl Fn(Part) -> String,
    ) -> Result<Self, CredentialsError> {
        match self.validate() {
            Ok(()) => Ok(self),
            Err((part, invalid)) => {
                let what = format!("{} {invalid}", name(part));
                Err(CredentialsError::Provider { provider, what })
            }
        }
    }
}

/// The reason why a lookup returned no credentials.
///
/// ```
/// use tucuxi::credentials::CredentialsError;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
///
/// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
/// match error.downcast_ref() {
///     Some(CredentialsError::NotFound { profile, .. }) => println!("log in to {profile}"),
///     _ => return Err(error),
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The provider has no credentials, for this reason.
    #[error("none: {0}")]
    Absent(Cow<'static, str>),
    /// No provider of a chain has credentials.
    #[error(
        "none found for profile {profile:?}: run aws configure or aws sso login, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass credentials to the client (tried: {tried})"
    )]
    NotFound {
        /// The name of the profile.
        profile: String,
        /// The providers that were queried, and why each has no credentials.
        tried: String,
    },
    /// Half of a key pair is missing.
    #[error("{provider}: {present} is set, but {missing} is not")]
    Partial {
        /// The provider.
        provider: &'static str,
        /// The setting that is present.
        present: &'static str,
        /// The setting that is missing.
        missing: &'static str,
    },
    /// The caller cancelled the lookup.
    #[error("the caller cancelled the lookup")]
    Cancelled,
    /// The lookup reached its deadline.
    #[error(
        "the lookup took longer than the timeout of the call, or than credentials_timeout (120 seconds by default)"
    )]
    TimedOut,
    /// A provider failed.
    #[error("{provider}: {what}")]
    Provider {
        /// The provider.
        provider: &'static str,
        /// The reason.
        what: String,
    },
}

impl CredentialsError {
    /// Returns the error of a provider that has no credentials, so that a chain queries the next one.
    pub fn absent(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Absent(reason.into())
    }

    /// Returns the error of a provider that has credentials but cannot provide them. The reason is part of the error's
    /// text, so it must not hold a secret.
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

    /// The time of all tests of providers: 2023-11-14T22:13:20Z.
    pub(super) const NOW: u64 = 1_700_000_000;

    /// Queries a provider, with these variables as the whole environment.
    pub(super) fn query(
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

    /// Responds to every call with new credentials, and records the calls.
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
