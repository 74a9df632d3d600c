//! Configuration: the settings of a client and its plug-ins.

mod builder;

pub use self::builder::ConfigBuilder;
pub use crate::environment::Environment;
pub use crate::settings::{
    AccountIdEndpointMode, AddressingStyle, ConfigError, DefaultsMode, EndpointDiscoveryMode,
    FileEdit, InstanceMetadata, InvalidValue, ParameterValidation, RegionalEndpoints,
    RequestChecksums, ResponseChecksums, RetryMode, S3Config, Setting, Settings, SignatureVersion,
    Source,
};
pub use crate::transport::{Network, Proxies, Throughput};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::credentials::CredentialsProvider;
use crate::interceptor::{Interceptor, Interceptors};

/// The configuration of a client. It is resolved once, and cheap to clone.
///
/// It consists of [`Settings`], to which it dereferences, and of plug-ins: the credentials provider and the interceptors.
///
/// ```
/// use tucuxi::{Config, Credentials};
///
/// let config = Config::builder()
///     .region("eu-west-1")
///     .endpoint_url("http://127.0.0.1:9000")
///     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
///     .build()?;
/// assert_eq!(config.region(), Some("eu-west-1"));
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
///
/// `Debug` shows no secrets.
#[derive(Clone)]
pub struct Config {
    settings: Arc<Settings>,
    plugins: Plugins,
}

/// The parts of a configuration that are code of the program.
#[derive(Clone, Default)]
struct Plugins {
    provider: Option<Arc<dyn CredentialsProvider>>,
    interceptors: Interceptors,
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.as_ref().map(|provider| provider.name());
        f.debug_struct("Plugins")
            .field("provider", &provider)
            .field("interceptors", &self.interceptors)
            .finish()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("settings", &self.settings)
            .field("plugins", &self.plugins)
            .finish()
    }
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Config {
    /// Creates a builder, for which the program has set no values yet.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().region("eu-west-1").max_attempts(5).build()?;
    /// assert_eq!(config.max_attempts(), Some(5));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// Loads the configuration from the environment and AWS's files.
    ///
    /// ```no_run
    /// let client = tucuxi::Client::with_config(tucuxi::Config::load()?)?;
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a file or a value is invalid.
    pub fn load() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Returns this configuration with some settings changed. Environment and files are not read again, and settings are parsed
    /// again only if the profile is changed.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().region("eu-west-1").build()?;
    /// let other = config.with(|config| config.region("us-east-1").max_attempts(1))?;
    /// assert_eq!(other.region(), Some("us-east-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a value is invalid or the profile does not exist.
    pub fn with(
        &self,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<Self, ConfigError> {
        change(ConfigBuilder::of(self)).change(self)
    }

    /// Returns this configuration with other settings.
    pub(crate) fn with_settings(&self, settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            plugins: self.plugins.clone(),
        }
    }

    /// Returns this configuration with one more interceptor.
    pub(crate) fn with_interceptor(&self, interceptor: Arc<dyn Interceptor>) -> Self {
        let mut config = self.clone();
        config.plugins.interceptors.push(interceptor);
        config
    }

    pub(crate) fn provider(&self) -> Option<&Arc<dyn CredentialsProvider>> {
        self.plugins.provider.as_ref()
    }

    /// Returns the interceptors of the program.
    pub(crate) fn interceptors(&self) -> &Interceptors {
        &self.plugins.interceptors
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}
