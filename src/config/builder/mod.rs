//! Collects the program's part of a configuration.

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

/// Collects the settings and the plug-ins of a program. `Debug` shows no secret.
#[derive(Clone, Default)]
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
    /// These variables in place of the process's. Without `HOME` among them, no file is read that they do not name.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env = Some(variables.into_iter().collect());
        self
    }

    /// Neither the process's variables nor any file nor the network around: only what the program says. For tests and
    /// examples.
    pub fn isolated(self) -> Self {
        self.environment(settings::isolated())
    }

    /// The profile of the files.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.explicit.profile = Some(name.into());
        self
    }

    /// The version of a service's API: models in folders (`data_path`, `~/.aws/models`) may be there in several. By default
    /// the newest. The section `api_versions` of a profile says the same, as it does for `aws`.
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

    /// Resolves all settings.
    ///
    /// # Errors
    ///
    /// A file is broken, a value is invalid, or the profile does not exist.
    pub fn build(self) -> Result<Config, ConfigError> {
        let env = self.env.unwrap_or_else(Environment::from_process);
        let profiles = Arc::new(Profiles::read(&env)?);
        let settings = Settings::resolve(self.explicit, env, profiles)?;
        Ok(Config {
            settings: Arc::new(settings),
            plugins: self.plugins,
        })
    }

    /// Starts with what a configuration has.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            env: None,
            explicit: config.explicit().clone(),
            plugins: config.plugins.clone(),
        }
    }

    /// The changed configuration; the environment stays the same.
    pub(super) fn change(self, config: &Config) -> Result<Config, ConfigError> {
        Ok(Config {
            settings: Arc::new(config.settings.with(self.explicit)?),
            plugins: self.plugins,
        })
    }
}
