//! Settings: values that can be written as text, and other plain values. The precedence is the program, the environment, the
//! profile, the default.
//!
//! ```text
//!  program ─► Explicit ──┐
//!  environment ┐         ├─► Settings ─► accessors: the program's value, or the ambient one, or the default
//!  profiles ───┴─► Ambient (parsed once, shared)
//! ```
//! The changes of one call are another `Explicit`: environment, profiles and the values parsed from them are shared.

mod ambient;
mod app_id;
mod chain;
mod compression;
mod defaults;
mod edit;
mod edited;
mod endpoint;
mod error;
mod explain;
mod explicit;
mod ini;
mod limits;
mod lookup;
mod messages;
mod metadata;
mod network;
mod profile;
mod region;
mod retry;
mod rows;
mod s3;
pub(crate) mod shell_words;
mod signing;
mod size;
mod values;
mod world;

pub(crate) use self::app_id::warn_if_long;
pub use self::chain::{Setting, Source};
pub use self::edit::FileEdit;
pub use self::error::{ConfigError, InvalidValue};
pub(crate) use self::explicit::Explicit;
#[cfg(feature = "cli")]
pub(crate) use self::ini::IniValue;
pub use self::metadata::InstanceMetadata;
pub(crate) use self::network::NetworkChoice;
pub(crate) use self::profile::{Profile, Profiles};
pub use self::s3::S3Config;
pub(crate) use self::signing::token_variable;
pub use self::values::{
    AccountIdEndpointMode, AddressingStyle, DefaultsMode, EndpointDiscoveryMode,
    ParameterValidation, RegionalEndpoints, RequestChecksums, ResponseChecksums, RetryMode,
    SignatureVersion,
};

use std::fmt;
use std::sync::Arc;

use self::ambient::Ambient;
use self::chain::Chain;
use self::explicit::Values;
use crate::environment::Environment;
use crate::transport::Network;
use crate::uri;

/// The valid values of a count.
const FROM_ONE: &str = "a number from 1";

/// The settings of a client or of a call, without its plug-ins: credentials provider and interceptors.
///
/// [`Config`](crate::Config) dereferences to it, so a program calls these methods on its `Config`.
///
/// ```
/// use tucuxi::config::RetryMode;
///
/// let config = tucuxi::Config::builder().environment([("AWS_MAX_ATTEMPTS", "5")]).build()?;
/// assert_eq!(config.max_attempts(), Some(5));
/// assert_eq!(config.retry_mode(), RetryMode::Standard);
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    explicit: Explicit,
    ambient: Arc<Ambient>,
    env: Environment,
    profiles: Arc<Profiles>,
    profile: Setting<String>,
    region: Option<Setting<String>>,
    /// Whether the region was written as an old pseudo-region, which implies FIPS endpoints.
    is_fips_region: bool,
    defaults_mode: DefaultsMode,
    s3: S3Config,
    network: Arc<Network>,
    /// Whether the settings are for calls of a credentials provider.
    is_of_provider: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.explicit.endpoint_url.as_deref();
        f.debug_struct("Settings")
            .field("profile", &self.profile.value)
            .field("region", &self.region())
            .field("endpoint_url", &url.map(uri::without_passwords))
            .field("retry_mode", &self.retry_mode())
            .field("max_attempts", &self.max_attempts())
            .field("operation_timeout", &self.operation_timeout())
            .field("attempt_timeout", &self.attempt_timeout())
            .field("s3", &self.s3)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// How settings are resolved, and how the program changes some of them.
impl Settings {
    /// Resolves the settings of a program in this environment, with these profiles.
    pub(crate) fn resolve(
        explicit: Explicit,
        env: Environment,
        profiles: Arc<Profiles>,
    ) -> Result<Self, ConfigError> {
        let profile = choose_profile(explicit.profile.clone(), &env);
        let found = profiles.profile(&profile.value);
        if found.is_none() && profile.source != Source::Default {
            return Err(ConfigError::Profile {
                from: profile.source.to_string(),
                hint: profiles.hint(&profile.value),
                name: profile.value,
            });
        }
        explicit.check()?;
        let chain = Chain {
            explicit: &explicit,
            env: &env,
            profile: found,
            profile_name: &profile.value,
        };
        let ambient = Arc::new(Ambient::read(&chain)?);
        let network = Arc::new(explicit.network.resolve(&chain)?);
        let mut settings = Self {
            s3: S3Config::default(),
            region: None,
            is_fips_region: false,
            defaults_mode: DefaultsMode::default(),
            is_of_provider: false,
            explicit,
            ambient,
            env,
            profiles,
            profile,
            network,
        };
        settings.combine()?;
        Ok(settings)
    }

    /// Returns these settings with other values of the program. Nothing is parsed again unless the program names another profile.
    pub(crate) fn with(&self, explicit: Explicit) -> Result<Self, ConfigError> {
        if explicit.profile != self.explicit.profile {
            return Self::resolve(explicit, self.env.clone(), self.profiles.clone());
        }
        explicit.check()?;
        let mut settings = Self {
            explicit,
            ambient: self.ambient.clone(),
            env: self.env.clone(),
            profiles: self.profiles.clone(),
            profile: self.profile.clone(),
            region: None,
            s3: S3Config::default(),
            network: self.network.clone(),
            ..*self
        };
        if settings.explicit.network != self.explicit.network {
            let network = settings.explicit.network.resolve(&settings.chain())?;
            settings.network = Arc::new(network);
        }
        settings.combine()?;
        Ok(settings)
    }

    /// Sets the fields that depend on several values.
    fn combine(&mut self) -> Result<(), ConfigError> {
        let (program, ambient) = (&self.explicit.values, &self.ambient.values);
        let region = program.region.as_ref().or(ambient.region.as_ref());
        let (region, is_fips_region) = region::read(region)?;
        let mode = program.defaults_mode.or(ambient.defaults_mode);
        let mode = match mode.unwrap_or_default() {
            DefaultsMode::Auto => {
                let region = region.as_ref().map(|region| &*region.value);
                defaults::by_environment(&self.env, region).unwrap_or(DefaultsMode::Auto)
            }
            mode => mode,
        };
        self.s3 = S3Config::new(program.s3, ambient.s3, self.ambient.transfers, mode);
        (self.region, self.is_fips_region) = (region, is_fips_region);
        self.defaults_mode = mode;
        Ok(())
    }

    /// Returns the values of the program.
    pub(crate) fn explicit(&self) -> &Explicit {
        &self.explicit
    }

    /// Returns the environment and the profile.
    fn chain(&self) -> Chain<'_> {
        Chain {
            explicit: &self.explicit,
            env: &self.env,
            profile: self.current_profile(),
            profile_name: &self.profile.value,
        }
    }

    /// Returns the value that the program sets, or else that of the environment or the profile.
    fn value<'a, T>(&'a self, of: impl Fn(&'a Values) -> Option<T>) -> Option<T> {
        of(&self.explicit.values).or_else(|| of(&self.ambient.values))
    }

    /// Returns the text that the program sets, or else that of the environment or the profile. An empty text unsets the setting.
    fn text<'a>(&'a self, of: impl Fn(&'a Values) -> Option<&'a str>) -> Option<&'a str> {
        self.value(of).filter(|text| !text.is_empty())
    }

    /// Returns a value that applies to the program's own calls, and not to those of credentials providers.
    fn own_value<'a, T>(&'a self, of: impl Fn(&'a Values) -> Option<T>) -> Option<T> {
        match self.is_of_provider {
            true => None,
            false => self.value(of),
        }
    }
}

impl Settings {
    /// Returns the name of the profile, and its source.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::Source;
    ///
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.profile().value, "default");
    /// assert_eq!(config.profile().source, Source::Default);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn profile(&self) -> &Setting<String> {
        &self.profile
    }

    /// Whether the program names the profile.
    pub(crate) fn has_explicit_profile(&self) -> bool {
        self.profile.source == Source::Builder
    }

    /// Returns the names of all profiles in both files.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("config");
    /// std::fs::write(&file, "[default]\nregion = eu-west-1\n[profile staging]\nregion = us-east-1\n")?;
    /// let config = Config::builder().environment([("AWS_CONFIG_FILE", file.to_str().unwrap())]).build()?;
    /// assert_eq!(config.profile_names(), ["default", "staging"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn profile_names(&self) -> Vec<&str> {
        self.profiles.names()
    }

    /// Returns the text of a key of the profile, and whether it is in the credentials file.
    pub(crate) fn profile_text(&self, key: &str) -> Option<(&str, bool)> {
        let (text, from) = self.current_profile()?.text(None, key)?;
        Some((text, from.is_credentials))
    }

    /// Returns the file and the line of a key of the profile, for errors.
    pub(crate) fn profile_place(&self, key: &str) -> Option<String> {
        let (_, from) = self.current_profile()?.text(None, key)?;
        let (name, file) = (&self.profile.value, from.file.display());
        Some(format!("profile {name:?} in {file}, line {},", from.line))
    }

    fn current_profile(&self) -> Option<&Profile> {
        self.profiles.profile(&self.profile.value)
    }

    /// Returns a section `[sso-session NAME]`.
    pub(crate) fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.profiles.sso_session(name)
    }

    /// Returns these settings with another profile for credentials, as if the program named it.
    pub(crate) fn in_profile(&self, name: &str) -> Result<Self, ConfigError> {
        if self.profiles.profile(name).is_none() {
            return Err(ConfigError::Profile {
                name: name.to_owned(),
                from: format!("profile {:?}", self.profile.value),
                hint: self.profiles.hint(name),
            });
        }
        Ok(Self {
            profile: Setting::of_program(name.to_owned()),
            ..self.clone()
        })
    }

    /// Returns the environment.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("STAGE", "test")]).build()?;
    /// assert_eq!(config.environment().get("STAGE"), Some("test"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn environment(&self) -> &Environment {
        &self.env
    }

    /// Returns the further folders with models.
    pub(crate) fn data_path(&self) -> Option<&str> {
        self.ambient.data_path.as_deref()
    }

    /// Whether the credentials of assumed roles are cached in `~/.aws/cli/cache`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().cache_roles(false).build()?;
    /// assert!(!config.caches_roles());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn caches_roles(&self) -> bool {
        !self.explicit.no_role_cache
    }

    /// Returns the version of a service's API that is used in place of the newest, if one is set.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().api_version("ec2", "2016-11-15").build()?;
    /// assert_eq!(config.api_version("ec2"), Some("2016-11-15"));
    /// assert_eq!(config.api_version("s3"), None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn api_version(&self, service: &str) -> Option<&str> {
        let mut all = self.api_versions().filter(|(known, _)| *known == service);
        all.next_back().map(|(_, version)| version)
    }

    /// Whether clients look for changed models.
    pub(crate) fn watches_models(&self) -> bool {
        self.explicit.watches_models
    }

    /// Returns services, each with the version of its API: those of the profile's section `api_versions`, then those of the program.
    /// The last version of a service applies.
    pub(crate) fn api_versions(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        let all = self.ambient.api_versions.iter();
        let all = all.chain(&self.explicit.api_versions);
        let all = all.filter(|(_, version)| !version.is_empty());
        all.map(|(service, version)| (&**service, &**version))
    }
}

/// Returns the profile in use.
pub(crate) fn choose_profile(explicit: Option<String>, env: &Environment) -> Setting<String> {
    if let Some(value) = explicit {
        return Setting::of_program(value);
    }
    for name in ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"] {
        if let Some(value) = env.get(name) {
            return Setting {
                value: value.to_owned(),
                source: Source::Environment(name),
            };
        }
    }
    Setting {
        value: "default".into(),
        source: Source::Default,
    }
}

/// Splits a list of names at its commas.
pub(crate) fn names_in(text: &str) -> Vec<String> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Returns the environment variables of an isolated configuration: they only disable the metadata service.
pub(crate) fn isolated() -> impl Iterator<Item = (&'static str, &'static str)> {
    rows::IMDS_DISABLED.env.iter().map(|name| (*name, "true"))
}

/// Returns the values of the program as text, with their keys, for `Debug`.
pub(crate) fn shown(explicit: &Explicit) -> impl Iterator<Item = (&'static str, String)> {
    let rows = rows::ALL.iter();
    rows.filter_map(|row| Some((row.key, (row.explicit)(explicit)?)))
        .map(|(key, value)| (key, uri::without_passwords(&value).into_owned()))
}

/// Returns the contents of the files of an environment.
#[cfg(feature = "_internals")]
pub(crate) fn read_profiles(env: &Environment) -> Result<serde_json::Value, ConfigError> {
    Ok(Profiles::read(env)?.to_json())
}

/// Returns the paths of both files.
#[cfg(feature = "_internals")]
pub(crate) fn places(env: &Environment) -> [String; 2] {
    profile::places(env)
}

/// Parses a file without nested sections: the names of its sections, and the keys and values of each.
#[cfg(feature = "cli")]
pub(crate) fn parse_flat(bytes: &[u8]) -> Result<Vec<FlatSection>, String> {
    let ini = ini::Ini::parse_flat(bytes).map_err(|error| error.to_string())?;
    let section = |section: ini::Section| {
        let entries = section.entries.into_iter();
        let entries = entries.filter_map(|entry| match entry.value {
            IniValue::Text(text) => Some((entry.key, text)),
            IniValue::Nested(_) => None,
        });
        (section.name, entries.collect())
    };
    Ok(ini.sections.into_iter().map(section).collect())
}

/// The name of a section, and its keys and values.
#[cfg(feature = "cli")]
pub(crate) type FlatSection = (String, Vec<(String, String)>);

/// Returns the number of sections of a file.
#[cfg(feature = "_internals")]
pub(crate) fn parse_ini(bytes: &[u8]) -> Result<usize, impl fmt::Display> {
    ini::Ini::parse(bytes).map(|ini| ini.sections.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigBuilder};

    /// Builds a configuration in an environment whose config file has this text.
    fn built(
        variables: &[(&str, &str)],
        file: &str,
        program: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, file).unwrap();
        let file = [("AWS_CONFIG_FILE", path.to_str().unwrap())];
        let variables = variables.iter().copied().chain(file);
        program(Config::builder().environment(variables)).build()
    }

    #[test]
    fn changed_settings_share_what_was_parsed() {
        let config = built(&[("AWS_MAX_ATTEMPTS", "7")], "", |config| {
            config.region("eu-west-1")
        });
        let config = config.unwrap();
        let other = config.with(|config| config.region("eu-central-1").use_fips(true));
        let other = other.unwrap();
        assert_eq!(other.region(), Some("eu-central-1"));
        assert_eq!((other.use_fips(), other.max_attempts()), (true, Some(7)));
        assert!(Arc::ptr_eq(&config.ambient, &other.ambient));
        assert!(Arc::ptr_eq(&config.profiles, &other.profiles));
        assert!(Arc::ptr_eq(&config.network, &other.network));
        let there = config.in_region("us-east-1", "a test").unwrap();
        assert!(Arc::ptr_eq(&config.ambient, &there.ambient));
        let network = config.with(|config| config.tcp_keepalive(true)).unwrap();
        assert!(network.network().tcp_keepalive && !config.network().tcp_keepalive);
        assert!(!network.shares_network_with(&config));
    }

    #[test]
    fn a_value_of_the_program_takes_precedence_and_the_others_are_not_parsed() {
        type Program = fn(ConfigBuilder) -> ConfigBuilder;
        let cases: [(&str, Program); 9] = [
            ("AWS_MAX_ATTEMPTS", |config| config.max_attempts(2)),
            ("AWS_USE_FIPS_ENDPOINT", |config| config.use_fips(false)),
            ("AWS_RETRY_MODE", |config| {
                config.retry_mode(RetryMode::Legacy)
            }),
            ("AWS_DEFAULTS_MODE", |config| {
                config.defaults_mode(DefaultsMode::Mobile)
            }),
            ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", |config| {
                config.request_min_compression_size(5)
            }),
            ("AWS_S3_USE_ARN_REGION", |config| {
                config.s3_use_arn_region(true)
            }),
            ("BOTOCORE_TCP_KEEPALIVE", |config| {
                config.tcp_keepalive(true)
            }),
            ("TUCUXI_CREDENTIALS_TIMEOUT", |config| {
                config.credentials_timeout(std::time::Duration::from_millis(1500))
            }),
            ("AWS_REGION", |config| config.region("eu-west-1")),
        ];
        for (variable, program) in cases {
            let env = [(variable, "no / value")];
            let error = built(&env, "", |config| config).unwrap_err().to_string();
            assert!(error.contains("no / value"), "{variable}: {error}");
            let config = built(&env, "[profile other]", program).expect(variable);
            let shown = config.explain();
            let ours: Vec<_> = shown
                .iter()
                .filter(|(_, setting)| setting.source == Source::Builder)
                .collect();
            assert_eq!(ours.len(), 1, "{variable}: {ours:?}");
            // nor when settings change later
            config.with(|config| config.unsigned()).expect(variable);
            config
                .with(|config| config.profile("other"))
                .expect(variable);
        }
    }

    #[test]
    fn values_of_the_program_are_checked_when_they_are_set_and_when_they_are_changed() {
        type Program = fn(ConfigBuilder) -> ConfigBuilder;
        let cases: [(Program, &str); 5] = [
            (
                |config| config.max_attempts(0),
                r#"max_attempts: "0", from the program, must be a number from 1"#,
            ),
            (
                |config| config.request_min_compression_size(0),
                r#"request_min_compression_size_bytes: "0", from the program, must be a number from 1 to 1048576"#,
            ),
            (
                |config| config.request_min_compression_size(1_048_577),
                "1048577",
            ),
            (|config| config.region("a.b"), "a.b"),
            (|config| config.profile("missing"), "missing"),
        ];
        let plain = Config::builder().isolated().build().unwrap();
        for (program, expected) in cases {
            let built = program(Config::builder().isolated()).build();
            let changed = plain.with(program);
            for error in [built.unwrap_err(), changed.unwrap_err()] {
                assert!(error.to_string().contains(expected), "{error}");
            }
        }
    }

    #[test]
    fn an_empty_text_of_the_program_unsets_a_setting() {
        let env = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_SDK_UA_APP_ID", "theirs"),
            ("AWS_AUTH_SCHEME_PREFERENCE", "sigv4a"),
            ("AWS_SIGV4A_SIGNING_REGION_SET", "*"),
        ];
        let config = built(&env, "", |config| config).unwrap();
        let unset = |config: ConfigBuilder| {
            let config = config.region("").app_id("").auth_scheme_preference("");
            config.sigv4a_signing_region_set("")
        };
        for config in [built(&env, "", unset), config.with(unset)] {
            let config = config.unwrap();
            assert_eq!((config.region(), config.app_id()), (None, None));
            assert_eq!(config.sigv4a_signing_region_set(), None);
            assert!(config.auth_scheme_preference().is_empty());
        }
    }

    #[test]
    fn another_profile_is_parsed_and_the_values_of_the_program_stay() {
        let file = "[default]\nretry_mode = legacy\ns3 =\n  use_arn_region = true\n\
                    [profile other]\nretry_mode = adaptive\nregion = eu-north-1\nca_bundle = /other\nmax_attempts = 9\n";
        let config = built(&[], file, |config| config.max_attempts(2)).unwrap();
        assert_eq!(
            (config.retry_mode(), config.region()),
            (RetryMode::Legacy, None)
        );
        assert_eq!(config.s3().use_arn_region, Some(true));
        let other = config.with(|config| config.profile("other")).unwrap();
        assert_eq!(other.retry_mode(), RetryMode::Adaptive);
        assert_eq!(
            (other.region(), other.max_attempts()),
            (Some("eu-north-1"), Some(2))
        );
        assert_eq!(other.s3().use_arn_region, None);
        assert_eq!(
            other.network().ca_bundle.as_deref(),
            Some("/other".as_ref())
        );
        // a profile that is for credentials only changes no settings, then or later
        let source = config.in_profile("other").unwrap();
        let source = source.with(source.explicit().clone()).unwrap();
        assert_eq!(source.profile().value, "other");
        assert_eq!(
            (source.retry_mode(), source.region()),
            (RetryMode::Legacy, None)
        );
    }

    #[test]
    fn calls_of_providers_have_neither_the_signature_nor_the_endpoint_of_the_program() {
        let file = "[default]\nsignature_version = s3\nauth_scheme_preference = sigv4a\n";
        let config = built(&[], file, |config| {
            let config = config.signature_version(SignatureVersion::S3).unsigned();
            config.endpoint_url("http://s3.test")
        });
        let config = config.unwrap().for_provider(true);
        let config = config.in_region("eu-west-1", "a test").unwrap();
        // nor does a later change restore them
        for config in [config.with(config.explicit().clone()).unwrap(), config] {
            assert_eq!(config.signature_version("sts").unwrap(), None);
            assert!(config.auth_scheme_preference().is_empty());
            assert_eq!(config.endpoint_url("sts").unwrap(), None);
            assert!(!config.is_unsigned());
            assert_eq!(config.region(), Some("eu-west-1"));
        }
    }
}
