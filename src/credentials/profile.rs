//! Credentials in a profile of the shared files.

use super::document::absent;
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::identity::Part;

/// Reads the profile's `aws_access_key_id`, `aws_secret_access_key` and `aws_session_token` from one of the two files.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::profile::ProfileProvider;
///
/// let chain = Chain::new().then(ProfileProvider::credentials_file());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ProfileProvider {
    /// Whether it reads the credentials file.
    is_credentials: bool,
}

/// The older name takes precedence, as in botocore.
const TOKENS: [&str; 2] = ["aws_security_token", "aws_session_token"];

impl ProfileProvider {
    /// Creates a provider that reads `~/.aws/credentials`.
    pub fn credentials_file() -> Self {
        Self {
            is_credentials: true,
        }
    }

    /// Creates a provider that reads `~/.aws/config`.
    pub fn config_file() -> Self {
        Self {
            is_credentials: false,
        }
    }
}

impl CredentialsProvider for ProfileProvider {
    fn name(&self) -> &'static str {
        match self.is_credentials {
            true => "shared-credentials-file",
            false => "config-file",
        }
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let text = |key| {
            let (text, is_credentials) = cx.config.profile_text(key)?;
            (!text.is_empty()).then_some((text, is_credentials))
        };
        let companion = |key| text(key).map(|(text, _)| text);
        let of_file = text("aws_access_key_id").filter(|(_, is)| *is == self.is_credentials);
        let Some((id, _)) = of_file else {
            let profile = &cx.config.profile().value;
            return Err(absent(format!(
                "profile {profile:?} has no aws_access_key_id there"
            )));
        };
        let secret =
            companion("aws_secret_access_key").ok_or_else(|| CredentialsError::Partial {
                provider: self.name(),
                present: "aws_access_key_id",
                missing: "aws_secret_access_key",
            })?;
        let mut credentials =
            Credentials::new(id, secret).with_sources(&[CredentialsSource::Profile]);
        let token = TOKENS
            .into_iter()
            .find_map(|key| Some((key, companion(key)?)));
        if let Some((_, token)) = token {
            credentials = credentials.with_session_token(token);
        }
        if let Some(account) = companion("aws_account_id") {
            credentials = credentials.with_account_id(account);
        }
        credentials.checked(self.name(), |part| {
            let key = match part {
                Part::AccessKeyId => "aws_access_key_id",
                Part::SecretAccessKey => "aws_secret_access_key",
                Part::SessionToken => token.map_or(TOKENS[1], |(key, _)| key),
            };
            let place = cx.config.profile_place(key).unwrap_or_default();
            format!("{key} of {place}")
        })
    }
}
