//! Credentials in the environment.

use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};

/// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_ACCOUNT_ID`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EnvProvider;

impl EnvProvider {
    /// The provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for EnvProvider {
    fn name(&self) -> &'static str {
        "environment"
    }

    fn credentials(
        &self,
        cx: &ProviderContext<'_>,
    ) -> Result<Option<Credentials>, CredentialsError> {
        let env = cx.config.environment();
        let Some(id) = env.get("AWS_ACCESS_KEY_ID") else {
            return Ok(None);
        };
        let secret = env
            .get("AWS_SECRET_ACCESS_KEY")
            .ok_or(CredentialsError::Partial {
                provider: "environment",
                present: "AWS_ACCESS_KEY_ID",
                missing: "AWS_SECRET_ACCESS_KEY",
            })?;
        let mut credentials = Credentials::new(id, secret);
        if let Some(token) = env
            .get("AWS_SESSION_TOKEN")
            .or_else(|| env.get("AWS_SECURITY_TOKEN"))
        {
            credentials = credentials.with_session_token(token);
        }
        if let Some(account) = env.get("AWS_ACCOUNT_ID") {
            credentials = credentials.with_account_id(account);
        }
        Ok(Some(credentials))
    }
}
