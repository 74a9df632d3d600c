//! Credentials in the environment.

use super::document::{absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::identity::{Part, is_blank};
use crate::time::Timestamp;

/// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SECURITY_TOKEN` or else `AWS_SESSION_TOKEN`,
/// `AWS_CREDENTIAL_EXPIRATION` and `AWS_ACCOUNT_ID`. Spaces around a value are ignored, and a blank value counts as
/// unset.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::env::EnvProvider;
///
/// let chain = Chain::new().then(EnvProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EnvProvider;

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
/// The older name takes precedence, as in botocore.
const TOKENS: [&str; 2] = ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"];
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
const NAME: &str = "env";

impl EnvProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for EnvProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let text = |name| {
            let text = cx.config.environment().get(name)?;
            Some(text.trim_matches([' ', '\t'])).filter(|text| !is_blank(text))
        };
        let Some(id) = text(ID) else {
            return Err(absent(format!("{ID} is not set")));
        };
        let secret = text(SECRET).ok_or(CredentialsError::Partial {
            provider: NAME,
            present: ID,
            missing: SECRET,
        })?;
        let mut credentials =
            Credentials::new(id, secret).with_sources(&[CredentialsSource::Environment]);
        let token = TOKENS
            .into_iter()
            .find_map(|name| Some((name, text(name)?)));
        if let Some((_, token)) = token {
            credentials = credentials.with_session_token(token);
        }
        if let Some(account) = text("AWS_ACCOUNT_ID") {
            credentials = credentials.with_account_id(account);
        }
        let credentials = credentials.checked(NAME, |part| match part {
            Part::AccessKeyId => ID.to_owned(),
            Part::SecretAccessKey => SECRET.to_owned(),
            Part::SessionToken => token.map_or(TOKENS[1], |(name, _)| name).to_owned(),
        })?;
        match text(EXPIRATION) {
            None => Ok(credentials),
            Some(end) => {
                let time = Timestamp::parse(end).ok().and_then(Timestamp::system_time);
                let end = time.ok_or_else(|| {
                    fault(NAME, format!("{EXPIRATION} is not a valid time: {end:?}"))
                })?;
                Ok(credentials.with_expiry(end))
            }
        }
    }
}
