//! Credentials in the environment.

use super::document::{absent, fault};
use super::{Credentials, CredentialsError, CredentialsProvider, Origin, ProviderContext};
use crate::time::Timestamp;

/// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_CREDENTIAL_EXPIRATION`
/// and `AWS_ACCOUNT_ID`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EnvProvider;

const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
const NAME: &str = "env";

impl EnvProvider {
    /// The provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for EnvProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let env = cx.config.environment();
        let Some(id) = env.get("AWS_ACCESS_KEY_ID") else {
            return Err(absent("AWS_ACCESS_KEY_ID is not set"));
        };
        let secret = env
            .get("AWS_SECRET_ACCESS_KEY")
            .ok_or(CredentialsError::Partial {
                provider: NAME,
                present: "AWS_ACCESS_KEY_ID",
                missing: "AWS_SECRET_ACCESS_KEY",
            })?;
        let mut credentials = Credentials::new(id, secret).found_by(&[Origin::Environment]);
        if let Some(token) = env
            .get("AWS_SESSION_TOKEN")
            .or_else(|| env.get("AWS_SECURITY_TOKEN"))
        {
            credentials = credentials.with_session_token(token);
        }
        if let Some(account) = env.get("AWS_ACCOUNT_ID") {
            credentials = credentials.with_account_id(account);
        }
        match env.get(EXPIRATION) {
            None => Ok(credentials),
            Some(end) => {
                let time = Timestamp::parse(end).ok().and_then(Timestamp::system_time);
                let end =
                    time.ok_or_else(|| fault(NAME, format!("{EXPIRATION} is no time: {end:?}")))?;
                Ok(credentials.with_expiry(end))
            }
        }
    }
}
