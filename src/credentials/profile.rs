//! Credentials in the profile of the shared files.

use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};

/// Reads the profile's `aws_access_key_id` and its companions, from the credentials file or the config file.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProfileProvider;

/// Keys by which a profile says that its credentials come from elsewhere.
const ELSEWHERE: [&str; 3] = ["login_session", "sso_account_id", "sso_session"];

impl ProfileProvider {
    /// The provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for ProfileProvider {
    fn name(&self) -> &'static str {
        "profile"
    }

    fn credentials(
        &self,
        cx: &ProviderContext<'_>,
    ) -> Result<Option<Credentials>, CredentialsError> {
        let text = |key| {
            let (text, _) = cx.config.profile_text(key)?;
            (!text.is_empty()).then_some(text)
        };
        let profile = &cx.config.profile().value;
        if let Some(key) = ELSEWHERE.into_iter().find(|key| text(key).is_some()) {
            return Err(CredentialsError::Provider {
                provider: "profile",
                what: format!(
                    "profile {profile:?} has {key}, which this version does not support yet"
                ),
            });
        }
        let Some(id) = text("aws_access_key_id") else {
            return Ok(None);
        };
        let secret = text("aws_secret_access_key").ok_or(CredentialsError::Partial {
            provider: "profile",
            present: "aws_access_key_id",
            missing: "aws_secret_access_key",
        })?;
        let mut credentials = Credentials::new(id, secret);
        if let Some(token) = text("aws_session_token").or_else(|| text("aws_security_token")) {
            credentials = credentials.with_session_token(token);
        }
        if let Some(account) = text("aws_account_id") {
            credentials = credentials.with_account_id(account);
        }
        Ok(Some(credentials))
    }
}
