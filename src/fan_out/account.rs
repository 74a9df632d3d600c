//! Accounts and targets.

use std::fmt;
use std::sync::Arc;

use crate::client::Client;
use crate::credentials::role::RoleProvider;
use crate::credentials::{
    Chain, Credentials, CredentialsCache, CredentialsError, CredentialsProvider, ProviderContext,
};
use crate::error::Result;
use crate::printable::Printable;

/// An account: the credentials of a client, of a profile, or of a role.
///
/// ```
/// use tucuxi::fan_out::Account;
///
/// let account = Account::Role("arn:aws:iam::123456789012:role/audit".into());
/// assert_eq!(account.id(), Some("123456789012"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Account {
    /// The credentials of the client.
    Own,
    /// The name of a profile.
    Profile(String),
    /// The ARN of a role.
    Role(String),
}

impl Account {
    /// Returns the id of the account, if its name has it: that of a role.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Role(arn) => arn.split(':').nth(4).filter(|id| !id.is_empty()),
            _ => None,
        }
    }

    /// A client of the account.
    pub(super) fn client(&self, own: &Client) -> Result<Client> {
        match self {
            Self::Own => Ok(own.clone()),
            Self::Profile(name) => own.with(|config| {
                let config = config.profile(name);
                // in place of a provider of the program
                config.credentials_provider(Chain::standard_of_profile())
            }),
            Self::Role(arn) => {
                let source = Source(own.env().credentials.clone());
                own.with(|config| config.credentials_provider(RoleProvider::new(arn, source)))
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own account"),
            Self::Profile(name) => write!(f, "profile {}", Printable(name)),
            Self::Role(arn) => write!(f, "{}", Printable(arn)),
        }
    }
}

/// The credentials of the client, which are looked up once for all roles.
struct Source(Arc<CredentialsCache>);

impl CredentialsProvider for Source {
    fn name(&self) -> &'static str {
        "client"
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        self.0.get(cx)
    }
}

/// An account and a region. `Display` names both, such as `eu-west-1, profile audit`.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
/// let mut results = client.fan_out().regions(["us-east-1"]).call("dynamodb", "ListTables", serde_json::json!({}))?;
/// let target = results.next().expect("there is one target").target;
/// assert_eq!(target.region.as_deref(), Some("us-east-1"));
/// assert_eq!(target.to_string(), "us-east-1");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Target {
    /// The account.
    pub account: Account,
    /// The region. An error of the account as a whole, such as that of its credentials or of a missing region, has none.
    pub region: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.region, &self.account) {
            (Some(region), Account::Own) => write!(f, "{}", Printable(region)),
            (Some(region), account) => write!(f, "{}, {account}", Printable(region)),
            (None, account) => account.fmt(f),
        }
    }
}
