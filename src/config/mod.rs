//! Configuration: the settings of a client and its plug-ins.

mod builder;

pub use self::builder::ConfigBuilder;
pub use crate::environment::Environment;
pub use crate::settings::{
    AccountIdEndpointMode, AddressingStyle, ConfigError, DefaultsMode, EndpointDiscoveryMode,
    InstanceMetadata, RequestChecksums, ResponseChecksums, RetryMode, S3Config, Setting, Settings,
    SignatureVersion, Source, StsEndpoints,
};
pub use crate::transport::{Network, Proxies, Throughput};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::credentials::CredentialsProvider;
use crate::interceptor::{Interceptor, Interceptors};

/// The configuration of a client, resolved once. Cheap to clone.
///
/// It consists of its [`Settings`], to which it derefs, and of the plug-ins: the credentials provider and the interceptors.
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
/// `Debug` shows where a configuration leads, and no secret.
#[derive(Clone)]
pub struct Config {
    settings: Arc<Settings>,
    plugins: Plugins,
}

/// The parts of a configuration that are code of the program, and use rooms above the settings.
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
    /// Starts with nothing set.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// The configuration of the environment and the files.
    ///
    /// # Errors
    ///
    /// A file is broken or a value is invalid.
    pub fn load() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// The same configuration with some settings changed. Environment and files are not read again, and no setting is parsed
    /// again unless the profile is changed.
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
    /// A value is invalid, or the profile does not exist.
    pub fn with(
        &self,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<Self, ConfigError> {
        change(ConfigBuilder::of(self)).change(self)
    }

    /// The same configuration with other settings.
    pub(crate) fn with_settings(&self, settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            plugins: self.plugins.clone(),
        }
    }

    /// The same configuration with one more interceptor.
    pub(crate) fn with_interceptor(&self, interceptor: Arc<dyn Interceptor>) -> Self {
        let mut config = self.clone();
        config.plugins.interceptors.push(interceptor);
        config
    }

    pub(crate) fn provider(&self) -> Option<&Arc<dyn CredentialsProvider>> {
        self.plugins.provider.as_ref()
    }

    /// The program's interceptors.
    pub(crate) fn interceptors(&self) -> &Interceptors {
        &self.plugins.interceptors
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}
