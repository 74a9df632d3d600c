//! The providers, one after the other.

use std::sync::Arc;

use super::assume_role::AssumeRoleProvider;
use super::container::ContainerProvider;
use super::env::EnvProvider;
use super::imds::ImdsProvider;
use super::process::ProcessProvider;
use super::profile::ProfileProvider;
use super::web_identity::WebIdentityProvider;
use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};

/// Asks providers in their order; the first that has credentials gives them.
#[derive(Clone, Default)]
pub struct Chain(Vec<Arc<dyn CredentialsProvider>>);

impl Chain {
    /// One without providers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The environment, the profile's role, the profile and its process, the container, the instance. A profile that the program itself names
    /// leaves the environment out.
    pub fn standard(explicit_profile: bool) -> Self {
        let chain = Self::new();
        match explicit_profile {
            true => chain,
            false => chain.then(EnvProvider::new()),
        }
        .then(AssumeRoleProvider::new())
        .then(WebIdentityProvider::new())
        .then(ProfileProvider::new())
        .then(ProcessProvider::new())
        .then(ContainerProvider::new())
        .then(ImdsProvider::new())
    }

    /// With another provider at its end.
    #[must_use]
    pub fn then(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.0.push(Arc::new(provider));
        self
    }
}

impl CredentialsProvider for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn credentials(
        &self,
        cx: &ProviderContext<'_>,
    ) -> Result<Option<Credentials>, CredentialsError> {
        for provider in &self.0 {
            let found = provider.credentials(cx)?;
            let has = if found.is_some() {
                "has credentials"
            } else {
                "has none"
            };
            tracing::debug!(provider = provider.name(), "{has}");
            if found.is_some() {
                return Ok(found);
            }
        }
        let names: Vec<&str> = self.0.iter().map(|provider| provider.name()).collect();
        let profile = &cx.config.profile().value;
        Err(CredentialsError::NotFound {
            asked: names
                .join(", ")
                .replace("profile", &format!("profile {profile:?}")),
        })
    }
}
