//! Reports of providers: the source of the credentials, or the reason why a provider has no credentials.

use std::fmt;
use std::time::SystemTime;

use super::{Credentials, CredentialsError};
use crate::time::Timestamp;

/// A provider and the outcome of querying it. [`Introspection::explain_credentials`] returns one for each provider.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// for report in client.introspect().explain_credentials() {
///     println!("{report}"); // env: none: AWS_ACCESS_KEY_ID is not set
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// [`Introspection::explain_credentials`]: crate::Introspection::explain_credentials
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderReport {
    /// The provider's name.
    pub provider: &'static str,
    /// The outcome.
    pub outcome: ProviderOutcome,
}

/// The outcome of querying a provider. It contains no secret.
///
/// ```
/// use tucuxi::credentials::ProviderOutcome;
/// # use tucuxi::{Client, Config, Credentials, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").credentials(Credentials::new("AKIDEXAMPLE", "s"));
/// # let client = Client::with_transport(config.build()?, Replay::new())?;
/// let reports = client.introspect().explain_credentials();
/// let found = reports.iter().find_map(|report| match &report.outcome {
///     ProviderOutcome::Found { access_key_id, .. } => Some((report.provider, access_key_id)),
///     _ => None,
/// });
/// # assert!(found.unwrap().1.ends_with("MPLE"));
/// println!("{found:?}");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderOutcome {
    /// The provider has no credentials, for this reason; the next one was queried.
    Absent(String),
    /// The provider failed, for this reason; no other was queried.
    Failed(String),
    /// The provider has credentials.
    Found {
        /// The access key id, masked except for its last four characters.
        access_key_id: String,
        /// The account id, if it is known.
        account_id: Option<String>,
        /// The time at which the credentials expire.
        expires: Option<SystemTime>,
    },
    /// An earlier provider ended the lookup.
    NotQueried,
}

impl ProviderReport {
    /// Creates a report.
    pub fn new(provider: &'static str, outcome: ProviderOutcome) -> Self {
        Self { provider, outcome }
    }

    /// Creates the report of what a provider returned.
    pub fn from_result(
        provider: &'static str,
        result: Result<Credentials, CredentialsError>,
    ) -> Self {
        let result = result.and_then(|found| found.checked(provider, |part| part.to_string()));
        let outcome = match result {
            Ok(found) => ProviderOutcome::Found {
                access_key_id: masked(found.access_key_id()),
                account_id: found.account_id().map(Into::into),
                expires: found.expires(),
            },
            Err(CredentialsError::Absent(why)) => ProviderOutcome::Absent(why.into_owned()),
            Err(CredentialsError::Provider { provider: by, what }) if by == provider => {
                ProviderOutcome::Failed(what)
            }
            Err(error) => ProviderOutcome::Failed(error.to_string()),
        };
        Self::new(provider, outcome)
    }

    /// Returns whether the lookup ends with this provider.
    pub fn is_final(&self) -> bool {
        !matches!(self.outcome, ProviderOutcome::Absent(_))
    }
}

impl fmt::Display for ProviderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.provider, self.outcome)
    }
}

impl fmt::Display for ProviderOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) => write!(f, "none: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::NotQueried => f.write_str("not queried"),
            Self::Found {
                access_key_id,
                account_id,
                expires,
            } => {
                write!(f, "found: {access_key_id}")?;
                if let Some(account) = account_id {
                    write!(f, ", account {account}")?;
                }
                match expires {
                    Some(end) => write!(f, ", until {}", Timestamp::of(*end).whole().rfc3339()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Returns an access key id with all but its last four characters masked.
fn masked(text: &str) -> String {
    let tail = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!(
        "****************{}",
        if tail == 0 { "" } else { &text[tail..] }
    )
}
