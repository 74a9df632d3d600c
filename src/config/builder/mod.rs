//! The builder of a configuration.

mod endpoints;
mod hooks;
mod identity;
mod messages;
mod network;
mod time;

use std::fmt;
use std::sync::Arc;

use super::{Config, ConfigError, Environment, Plugins};
use crate::settings::{self, Explicit, Profiles, Settings};

/// Builds a [`Config`] from the values that the program sets, the environment, and AWS's files.
///
/// A value that the program sets takes precedence over the environment, and the environment over the profile. `Debug` shows no
/// secrets.
///
/// ```
/// use std::time::Duration;
/// use tucuxi::{Config, Credentials};
///
/// let config = Config::builder()
///     .isolated()
///     .region("eu-west-1")
///     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
///     .max_attempts(5)
///     .operation_timeout(Duration::from_secs(30))
///     .build()?;
/// assert_eq!(config.max_attempts(), Some(5));
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    env: Option<Environment>,
    explicit: Explicit,
    plugins: Plugins,
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = settings::shown(&self.explicit).collect();
        f.debug_struct("ConfigBuilder")
            .field("settings", &shown)
            .field("profile", &self.explicit.profile)
            .field("network", &self.explicit.network)
            .field("plugins", &self.plugins)
            .finish_non_exhaustive()
    }
}

impl ConfigBuilder {
    /// Uses these environment variables in place of those of the process. Without `HOME`, only files that variables name are read.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
    /// assert_eq!(config.region(), Some("eu-west-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env = Some(variables.into_iter().collect());
        self
    }

    /// Uses only values that the program sets: no environment variables, no files, and no metadata service. For tests and examples.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.region(), None);
    /// assert!(config.instance_metadata().disabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn isolated(self) -> Self {
        self.environment(settings::isolated())
    }

    /// Sets the profile, in place of `AWS_PROFILE`.
    ///
    /// ```no_run
    /// # use tucuxi::Config;
    /// let config = Config::builder().profile("staging").build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.explicit.profile = Some(name.into());
        self
    }

    /// Sets the version of a service's API, if the model folders (`data_path`, `~/.aws/models`) contain several. The default is the
    /// newest. The section `api_versions` of a profile sets it too, as for `aws`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().api_version("ec2", "2016-11-15").build()?;
    /// assert_eq!(config.api_version("ec2"), Some("2016-11-15"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn api_version(mut self, service: impl Into<String>, version: impl Into<String>) -> Self {
        self.explicit
            .api_versions
            .push((service.into(), version.into()));
        self
    }

    /// Looks for changed models before each call, so that a program that runs for long calls new services and operations without a
    /// restart. By default, a service's model is read once.
    ///
    /// A look costs a few system calls. If a new model is broken, the old one stays in use, and a warning is logged.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().watch_models().build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn watch_models(mut self) -> Self {
        self.explicit.watches_models = true;
        self
    }

    /// Resolves all settings.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().region("eu-west-1").build()?;
    /// let error = Config::builder().isolated().region("eu west 1").build().unwrap_err();
    /// assert!(error.to_string().contains("letters, digits and hyphens"), "{error}");
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a file or a value is invalid, or if the profile does not exist.
    pub fn build(self) -> Result<Config, ConfigError> {
        let env = self.env.unwrap_or_else(Environment::from_process);
        let profiles = Arc::new(Profiles::read(&env)?);
        let settings = Settings::resolve(self.explicit, env, profiles)?;
        Ok(Config {
            settings: Arc::new(settings),
            plugins: self.plugins,
        })
    }

    /// Creates a builder with the values of a configuration.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            env: None,
            explicit: config.explicit().clone(),
            plugins: config.plugins.clone(),
        }
    }

    /// Builds the changed configuration, with the same environment.
    pub(super) fn change(self, config: &Config) -> Result<Config, ConfigError> {
        Ok(Config {
            settings: Arc::new(config.settings.with(self.explicit)?),
            plugins: self.plugins,
        })
    }
}
