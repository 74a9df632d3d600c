//! Chains of providers.

use std::sync::Arc;

use super::assume_role::AssumeRoleProvider;
use super::container::ContainerProvider;
use super::env::EnvProvider;
use super::explain::{ProviderOutcome, ProviderReport};
use super::imds::ImdsProvider;
use super::login::LoginProvider;
use super::process::ProcessProvider;
use super::profile::ProfileProvider;
use super::sso::SsoProvider;
use super::web_identity::WebIdentityProvider;
use super::{Credentials, CredentialsError, CredentialsProvider, ProviderContext};

/// Queries providers in order until one has credentials.
///
/// An error other than [`CredentialsError::Absent`] ends the lookup.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::{Chain, Credentials};
///
/// let vault = Credentials::new("AKIDEXAMPLE", "secret"); // or a provider of your own
/// let chain = Chain::standard().without("iam-role").before("env", vault);
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "a chain is used as a credentials provider"]
pub struct Chain(Vec<Arc<dyn CredentialsProvider>>);

impl Chain {
    /// Creates a chain without providers.
    ///
    /// ```
    /// use tucuxi::credentials::{Chain, container::ContainerProvider, env::EnvProvider};
    ///
    /// let chain = Chain::new().then(EnvProvider::new()).then(ContainerProvider::new());
    /// assert_eq!(chain.names(), ["env", "container-role"]);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the standard chain: environment variables, the profile's role, the profile itself, the container, the
    /// instance.
    ///
    /// ```
    /// use tucuxi::credentials::Chain;
    ///
    /// let names = Chain::standard().names();
    /// assert_eq!((names[0], names[names.len() - 1]), ("env", "iam-role"));
    /// ```
    pub fn standard() -> Self {
        let mut chain = Self::new().then(EnvProvider::new());
        chain.0.append(&mut Self::standard_of_profile().0);
        chain
    }

    /// Creates the standard chain without environment variables. It is the default of a client for which the program
    /// chooses the profile.
    pub fn standard_of_profile() -> Self {
        let mut chain = Self::new().then(AssumeRoleProvider::new());
        chain.0.append(&mut Self::of_profile().0);
        chain
            .then(ContainerProvider::new())
            .then(ImdsProvider::new())
    }

    /// The providers of a profile, except for a role that another profile assumes.
    pub(super) fn of_profile() -> Self {
        Self::new()
            .then(WebIdentityProvider::new())
            .then(SsoProvider::new())
            .then(ProfileProvider::credentials_file())
            .then(LoginProvider::new())
            .then(ProcessProvider::new())
            .then(ProfileProvider::config_file())
    }

    /// Appends a provider.
    pub fn then(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.0.push(Arc::new(provider));
        self
    }

    /// Inserts a provider before the one of this name, or at the start if no provider has it.
    ///
    /// ```
    /// use tucuxi::credentials::{
    ///     Chain, container::ContainerProvider, env::EnvProvider, imds::ImdsProvider,
    /// };
    ///
    /// let chain = Chain::new().then(EnvProvider::new()).then(ImdsProvider::new());
    /// let chain = chain.before("iam-role", ContainerProvider::new());
    /// assert_eq!(chain.names(), ["env", "container-role", "iam-role"]);
    /// ```
    pub fn before(mut self, name: &str, provider: impl CredentialsProvider + 'static) -> Self {
        let at = self.position(name).unwrap_or(0);
        self.0.insert(at, Arc::new(provider));
        self
    }

    /// Inserts a provider after the one of this name, or at the end if no provider has it.
    pub fn after(mut self, name: &str, provider: impl CredentialsProvider + 'static) -> Self {
        let at = self.position(name).map_or(self.0.len(), |at| at + 1);
        self.0.insert(at, Arc::new(provider));
        self
    }

    /// Removes the provider of this name.
    ///
    /// ```
    /// use tucuxi::credentials::Chain;
    ///
    /// // this program never runs on an instance
    /// let chain = Chain::standard().without("iam-role");
    /// assert!(!chain.names().contains(&"iam-role"));
    /// ```
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|provider| provider.name() != name);
        self
    }

    /// Returns the names of the providers, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|provider| provider.name()).collect()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|provider| provider.name() == name)
    }
}

impl CredentialsProvider for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let mut tried = Vec::new();
        for provider in &self.0 {
            cx.check()?;
            let name = provider.name();
            match provider.credentials(cx) {
                Err(CredentialsError::Absent(why)) => {
                    tracing::debug!(provider = name, %why, "has no credentials");
                    tried.push(format!("{name} ({why})"));
                }
                found => {
                    tracing::debug!(provider = name, good = found.is_ok(), "ends the lookup");
                    return found;
                }
            }
        }
        Err(CredentialsError::NotFound {
            profile: cx.config.profile().value.clone(),
            tried: tried.join(", "),
        })
    }

    fn explain(&self, cx: &ProviderContext<'_>) -> Vec<ProviderReport> {
        let mut rows = Vec::new();
        for provider in &self.0 {
            let is_final = rows.iter().any(ProviderReport::is_final);
            match is_final {
                true => rows.push(ProviderReport::new(
                    provider.name(),
                    ProviderOutcome::NotQueried,
                )),
                false => match cx.check() {
                    Ok(()) => rows.append(&mut provider.explain(cx)),
                    Err(error) => {
                        rows.push(ProviderReport::from_result(provider.name(), Err(error)))
                    }
                },
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, context};
    use crate::transport::Replay;

    #[test]
    fn chains_are_edited_by_name() {
        let own = || Credentials::new("AKID", "s");
        let chain = Chain::standard_of_profile()
            .without("sso")
            .without("iam-role");
        let chain = chain.before("login", own()).after("custom-process", own());
        let expected = [
            "assume-role",
            "assume-role-with-web-identity",
            "shared-credentials-file",
            "set by the program",
            "login",
            "custom-process",
            "set by the program",
            "config-file",
            "container-role",
        ];
        assert_eq!(chain.names(), expected);
        let other = chain.before("none", own()).after("none", own()).names();
        assert_eq!(
            (other[0], other[10]),
            ("set by the program", "set by the program")
        );
        assert_eq!(Chain::standard().names()[0], "env");
    }

    #[test]
    fn every_provider_says_why_it_has_none() {
        let config = crate::Config::builder().isolated().build().unwrap();
        let (transport, calls) = (Replay::new(), Calls::default());
        let cx = context(&config, &transport, &calls);
        let error = Chain::standard().credentials(&cx).unwrap_err().to_string();
        for expected in [
            "env (AWS_ACCESS_KEY_ID is not set)",
            "iam-role (AWS_EC2_METADATA_DISABLED is true)",
        ] {
            assert!(error.contains(expected), "{error}");
        }
        let chain = Chain::standard().after("env", Credentials::new("AKIDEXAMPLE1", "hidden"));
        let rows: Vec<String> = chain.explain(&cx).iter().map(ToString::to_string).collect();
        assert_eq!(rows.len(), chain.names().len());
        assert_eq!(rows[0], "env: none: AWS_ACCESS_KEY_ID is not set");
        assert_eq!(rows[1], "set by the program: found: ****************PLE1");
        assert_eq!(rows[2], "assume-role: not queried");
    }
}
