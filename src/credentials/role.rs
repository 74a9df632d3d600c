//! Credentials of a role that the program names.

use std::fmt;
use std::sync::Arc;

use serde_json::json;

use super::assume_role::{assumed, generated_name};
use super::document::fault;
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};

/// Assumes a role with the credentials of another provider. They are not kept on disk.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::role::RoleProvider;
///
/// let role = RoleProvider::new("arn:aws:iam::123456789012:role/audit", Chain::standard()).session_name("nightly");
/// let config = Config::builder().isolated().credentials_provider(role).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub struct RoleProvider {
    role: String,
    source: Arc<dyn CredentialsProvider>,
    session_name: Option<String>,
    external_id: Option<String>,
}

const NAME: &str = "role";

impl RoleProvider {
    /// Creates a provider for the role with this ARN.
    pub fn new(role: impl Into<String>, source: impl CredentialsProvider + 'static) -> Self {
        Self {
            role: role.into(),
            source: Arc::new(source),
            session_name: None,
            external_id: None,
        }
    }

    /// Sets the name of the session, which the logs of the account show. By default it is generated.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = Some(name.into());
        self
    }

    /// Sets the id that the trust policy of the role may require.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }
}

impl CredentialsProvider for RoleProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let source = self.source.credentials(cx)?;
        let name = self.session_name.clone();
        let mut params = json!({
            "RoleArn": self.role,
            "RoleSessionName": name.unwrap_or_else(|| generated_name(cx)),
        });
        if let Some(id) = &self.external_id {
            params["ExternalId"] = (&**id).into();
        }
        let call = cx.call("sts", "AssumeRole", params).credentials(&source);
        let response = call.send();
        let response = response.map_err(|error| fault(NAME, format!("{}: {error}", self.role)))?;
        let credentials = assumed(NAME, &response)?;
        Ok(credentials
            .with_sources(source.sources())
            .with_sources(&[CredentialsSource::AssumeRole]))
    }
}

impl fmt::Debug for RoleProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleProvider")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
