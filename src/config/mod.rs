//! Configuration: what the program says, else the environment, else the profile, else the default.

mod chain;
mod environment;
mod ini;
mod profile;

pub use self::chain::{Setting, Source};
pub use self::environment::Environment;

use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use self::chain::Chain;
use self::profile::{Profile, Profiles};
use crate::credentials::{Credentials, CredentialsProvider};
use crate::endpoint::EndpointValue;

/// The settings of a client, resolved once. Cheap to clone.
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
#[derive(Clone, Debug)]
pub struct Config(Arc<Resolved>);

#[derive(Debug)]
struct Resolved {
    env: Environment,
    profiles: Profiles,
    profile: Setting<String>,
    provider: Option<Provider>,
    settings: Settings,
}

/// Everything that was said, read as what it is.
#[derive(Debug)]
struct Settings {
    region: Option<Setting<String>>,
    /// What the program says; the other places are asked for each service.
    endpoint_url: Option<String>,
    max_attempts: Option<u32>,
    connect_timeout: Duration,
    read_timeout: Duration,
    use_fips: bool,
    use_dualstack: Option<bool>,
    sts_endpoints: StsEndpoints,
    endpoint_discovery: EndpointDiscoveryMode,
    account_id_mode: AccountIdEndpointMode,
    validate_parameters: bool,
    strict_validation: bool,
    context_params: Vec<(Box<str>, EndpointValue)>,
    data_path: Option<String>,
    s3: S3Config,
    unsigned: bool,
}

#[derive(Clone)]
struct Provider(Arc<dyn CredentialsProvider>);

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// What only S3 heeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Config {
    /// Where the bucket's name goes in the URL.
    pub addressing_style: AddressingStyle,
    /// Whether the accelerated endpoints are used.
    pub use_accelerate_endpoint: bool,
    /// Whether endpoints have IPv6, where the setting for all services is not given.
    pub use_dualstack: Option<bool>,
    /// Whether bodies are signed; unset, they are where nothing else protects them.
    pub payload_signing_enabled: Option<bool>,
    /// Whether the region of an ARN wins over the client's.
    pub use_arn_region: Option<bool>,
    /// Whether `us-east-1` means the regional endpoint and not the global one.
    pub us_east_1_regional: bool,
    /// Whether multi-region access points are refused.
    pub disable_multiregion_access_points: bool,
    /// Whether S3 Express buckets are used without a session.
    pub disable_express_session_auth: bool,
}

/// A closed set of words, read in any case.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$word_doc])* $variant),* }

        impl $name {
            const WORDS: &str = concat!($("`", $word, "` "),*);

            /// As it is written in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text.to_ascii_lowercase().as_str() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(()),
                }
            }
        }
    };
}

words! {
    /// Where the bucket's name goes in the URL.
    AddressingStyle {
        /// Into the host, where it can be a part of one.
        #[default]
        Auto = "auto",
        /// Into the path.
        Path = "path",
        /// Into the host.
        Virtual = "virtual",
    }
}

words! {
    /// Whether endpoints are those of the account.
    AccountIdEndpointMode {
        /// Never.
        Disabled = "disabled",
        /// Where the account is known.
        #[default]
        Preferred = "preferred",
        /// Always; an unknown account is an error.
        Required = "required",
    }
}

words! {
    /// Whether services that tell endpoints are asked for them.
    EndpointDiscoveryMode {
        /// Those that have an operation which needs it.
        #[default]
        Auto = "auto",
        /// None.
        Disabled = "false",
        /// All.
        Enabled = "true",
    }
}

words! {
    /// Which endpoints of STS older regions use.
    StsEndpoints {
        /// The global one.
        Legacy = "legacy",
        /// The region's.
        #[default]
        Regional = "regional",
    }
}

/// A setting that is wrong, and where it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that cannot be read or parsed.
    #[error("{file}: {what}", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody says the region.
    #[error(
        "no region: it is neither given to the client, nor in AWS_REGION or AWS_DEFAULT_REGION, nor the region of profile {profile:?} in {files}"
    )]
    NoRegion {
        /// The profile that was asked.
        profile: String,
        /// Where the profiles are.
        files: String,
    },
    /// A profile that was asked for and is in neither file.
    #[error("there is no profile {name:?} ({from}); there are: {available}")]
    Profile {
        /// The name.
        name: String,
        /// Who asked for it.
        from: String,
        /// Those that there are.
        available: String,
    },
    /// A `services` key that refers to no section.
    #[error("there is no section [services {name}], which the profile refers to")]
    Services {
        /// The name.
        name: String,
    },
    /// A value that is not what the setting needs.
    #[error("{key}: {value:?}, from {from}, must be {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: String,
        /// Who said it.
        from: String,
        /// What it must be.
        expected: &'static str,
    },
}

impl Config {
    /// Starts with nothing set.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// What environment and files say.
    ///
    /// # Errors
    ///
    /// A file is broken or a value is wrong.
    pub fn load() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// The region.
    pub fn region(&self) -> Option<&str> {
        self.0.settings.region.as_ref().map(|region| &*region.value)
    }

    /// The region; without one, an error that says where it was looked for.
    pub(crate) fn required_region(&self) -> crate::Result<&str> {
        self.region().ok_or_else(|| {
            let profile = self.profile();
            let error = ConfigError::NoRegion {
                profile: profile.value.clone(),
                files: self.0.profiles.places(),
            };
            crate::Error::Config(error.into())
        })
    }

    /// The region, and who said it.
    pub fn region_setting(&self) -> Option<&Setting<String>> {
        self.0.settings.region.as_ref()
    }

    /// The profile's name, and who said it.
    pub fn profile(&self) -> &Setting<String> {
        &self.0.profile
    }

    /// Whether the program itself named the profile.
    pub(crate) fn has_explicit_profile(&self) -> bool {
        self.0.profile.source == Source::Builder
    }

    /// The names of all profiles in both files.
    pub fn profile_names(&self) -> Vec<&str> {
        self.0.profiles.names()
    }

    /// A text of the profile, and whether the credentials file says it.
    pub(crate) fn profile_text(&self, key: &str) -> Option<(&str, bool)> {
        let (text, from) = self.current_profile()?.text(None, key)?;
        Some((text, from.is_credentials))
    }

    fn current_profile(&self) -> Option<&Profile> {
        self.0.profiles.profile(&self.0.profile.value)
    }

    /// Where to send the requests of a service, if that is not to be its own endpoint. `service_key` is the service's id
    /// as settings have it: `application_auto_scaling`.
    ///
    /// # Errors
    ///
    /// The profile refers to a `services` section that does not exist.
    pub fn endpoint_url(&self, service_key: &str) -> Result<Option<String>, ConfigError> {
        let this = &self.0;
        if this.settings.endpoint_url.is_some() {
            return Ok(this.settings.endpoint_url.clone());
        }
        let chain = Chain {
            explicit: &[],
            env: &this.env,
            profile: self.current_profile(),
        };
        if chain.boolean(&chain::IGNORE_ENDPOINT_URLS)? == Some(true) {
            return Ok(None);
        }
        let variable = format!("AWS_ENDPOINT_URL_{}", service_key.to_ascii_uppercase());
        let in_env = this
            .env
            .get(&variable)
            .or_else(|| this.env.get("AWS_ENDPOINT_URL"));
        if let Some(url) = in_env {
            return Ok(Some(url.to_owned()));
        }
        let Some(profile) = chain.profile else {
            return Ok(None);
        };
        if let Some((name, _)) = profile.text(None, "services") {
            let services = this
                .profiles
                .services(name)
                .ok_or_else(|| ConfigError::Services {
                    name: name.to_owned(),
                })?;
            if let Some((url, _)) = services.text(Some(service_key), "endpoint_url")
                && !url.is_empty()
            {
                return Ok(Some(url.to_owned()));
            }
        }
        Ok(chain
            .text(&chain::ENDPOINT_URL)
            .map(|setting| setting.value))
    }

    /// How often a call is tried in all, if that is set.
    pub fn max_attempts(&self) -> Option<u32> {
        self.0.settings.max_attempts
    }

    /// How long a connection may take.
    pub fn connect_timeout(&self) -> Duration {
        self.0.settings.connect_timeout
    }

    /// How long the service may be silent.
    pub fn read_timeout(&self) -> Duration {
        self.0.settings.read_timeout
    }

    /// Whether endpoints must be FIPS-validated.
    pub fn use_fips(&self) -> bool {
        self.0.settings.use_fips
    }

    /// Whether endpoints have IPv6, if that is set.
    pub fn use_dualstack(&self) -> Option<bool> {
        self.0.settings.use_dualstack
    }

    /// Which endpoints of STS older regions use.
    pub fn sts_endpoints(&self) -> StsEndpoints {
        self.0.settings.sts_endpoints
    }

    /// Whether services that tell endpoints are asked for them.
    pub fn endpoint_discovery(&self) -> EndpointDiscoveryMode {
        self.0.settings.endpoint_discovery
    }

    /// Whether endpoints are those of the account.
    pub fn account_id_endpoint_mode(&self) -> AccountIdEndpointMode {
        match self.0.settings.unsigned {
            true => AccountIdEndpointMode::Disabled,
            false => self.0.settings.account_id_mode,
        }
    }

    /// Whether parameters are checked before anything is sent.
    pub fn validates_parameters(&self) -> bool {
        self.0.settings.validate_parameters
    }

    /// Whether greatest values and lengths and enumerations are checked too.
    pub fn validates_strictly(&self) -> bool {
        self.0.settings.strict_validation
    }

    /// The parameter of endpoint rules that the program sets for all services which leave it to their clients.
    pub(crate) fn client_context_param(&self, name: &str) -> Option<&EndpointValue> {
        let mut params = self.0.settings.context_params.iter().rev();
        params
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }

    /// What only S3 heeds.
    pub fn s3(&self) -> &S3Config {
        &self.0.settings.s3
    }

    /// Whether requests go out without a signature.
    pub fn is_unsigned(&self) -> bool {
        self.0.settings.unsigned
    }

    /// The environment that was asked.
    pub fn environment(&self) -> &Environment {
        &self.0.env
    }

    /// More folders with models.
    pub(crate) fn data_path(&self) -> Option<&str> {
        self.0.settings.data_path.as_deref()
    }

    pub(crate) fn provider(&self) -> Option<&Arc<dyn CredentialsProvider>> {
        self.0.provider.as_ref().map(|provider| &provider.0)
    }
}

/// The number of sections of a file.
#[cfg(feature = "_internals")]
pub(crate) fn parse_ini(bytes: &[u8]) -> Result<usize, impl fmt::Display> {
    ini::Ini::parse(bytes).map(|ini| ini.sections.len())
}

/// Collects what the program says.
#[derive(Clone, Debug, Default)]
pub struct ConfigBuilder {
    env: Option<Environment>,
    explicit: Vec<(&'static str, String)>,
    profile: Option<String>,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    unsigned: bool,
    strict: bool,
    context_params: Vec<(Box<str>, EndpointValue)>,
    provider: Option<Provider>,
}

impl ConfigBuilder {
    fn set(mut self, row: &chain::Row, value: impl Into<String>) -> Self {
        self.explicit.push((row.key, value.into()));
        self
    }

    /// These variables in place of the process's. Without `HOME` among them, no file is read that they do not name.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env = Some(variables.into_iter().collect());
        self
    }

    /// Neither the process's variables nor any file: only what the program says. For tests and examples.
    pub fn isolated(mut self) -> Self {
        self.env = Some(Environment::default());
        self
    }

    /// The region, such as `eu-west-1`.
    pub fn region(self, region: impl Into<String>) -> Self {
        self.set(&chain::REGION, region)
    }

    /// The profile of the files.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Where to send all requests, instead of the services' own endpoints.
    pub fn endpoint_url(self, url: impl Into<String>) -> Self {
        self.set(&chain::ENDPOINT_URL, url)
    }

    /// These credentials, and no search for others.
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_provider(credentials)
    }

    /// This provider in place of the chain.
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.provider = Some(Provider(Arc::new(provider)));
        self
    }

    /// Sends requests without a signature, as for public buckets.
    pub fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// How often a call is tried in all, the first time included.
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.set(&chain::MAX_ATTEMPTS, attempts.to_string())
    }

    /// How long a connection may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long the service may be silent.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = Some(timeout);
        self
    }

    /// Whether endpoints must be FIPS-validated.
    pub fn use_fips(self, yes: bool) -> Self {
        self.set(&chain::USE_FIPS, yes.to_string())
    }

    /// Whether endpoints have IPv6.
    pub fn use_dualstack(self, yes: bool) -> Self {
        self.set(&chain::USE_DUALSTACK, yes.to_string())
    }

    /// Whether parameters are checked before anything is sent.
    pub fn validate_parameters(self, yes: bool) -> Self {
        self.set(&chain::VALIDATION, yes.to_string())
    }

    /// Whether greatest values and lengths and enumerations are checked too. Services add values before models do, so
    /// this refuses what a newer service would take.
    pub fn validate_strictly(mut self, yes: bool) -> Self {
        self.strict = yes;
        self
    }

    /// Where S3 has the bucket's name.
    pub fn addressing_style(self, style: AddressingStyle) -> Self {
        self.set(&chain::S3_ADDRESSING, style.as_str())
    }

    /// Whether services that tell endpoints are asked for them.
    pub fn endpoint_discovery(self, mode: EndpointDiscoveryMode) -> Self {
        self.set(&chain::ENDPOINT_DISCOVERY, mode.as_str())
    }

    /// A parameter of endpoint rules that a service leaves to its clients, by the name that its model has.
    pub fn client_context_param(
        mut self,
        name: impl Into<Box<str>>,
        value: impl Into<EndpointValue>,
    ) -> Self {
        self.context_params.push((name.into(), value.into()));
        self
    }

    /// Whether S3's accelerated endpoints are used.
    pub fn s3_use_accelerate_endpoint(self, yes: bool) -> Self {
        self.set(&chain::S3_ACCELERATE, yes.to_string())
    }

    /// Whether the region of an ARN wins over the client's.
    pub fn s3_use_arn_region(self, yes: bool) -> Self {
        self.set(&chain::S3_ARN_REGION, yes.to_string())
    }

    /// Whether `us-east-1` means S3's regional endpoint and not the global one.
    pub fn s3_us_east_1_regional(self, yes: bool) -> Self {
        let word = if yes {
            StsEndpoints::Regional
        } else {
            StsEndpoints::Legacy
        };
        self.set(&chain::S3_US_EAST_1, word.as_str())
    }

    /// Whether multi-region access points are refused.
    pub fn s3_disable_multiregion_access_points(self, yes: bool) -> Self {
        self.set(&chain::S3_NO_MRAP, yes.to_string())
    }

    /// Whether S3 Express buckets are used without a session.
    pub fn s3_disable_express_session_auth(self, yes: bool) -> Self {
        self.set(&chain::S3_NO_EXPRESS_AUTH, yes.to_string())
    }

    /// Whether bodies that go to S3 are signed.
    pub fn s3_sign_payload(self, yes: bool) -> Self {
        self.set(&chain::S3_SIGN_PAYLOAD, yes.to_string())
    }

    /// Resolves all settings.
    ///
    /// # Errors
    ///
    /// A file is broken, a value is wrong, or the profile does not exist.
    pub fn build(self) -> Result<Config, ConfigError> {
        let env = self.env.clone().unwrap_or_else(Environment::from_process);
        let profiles = Profiles::read(&env)?;
        let profile = choose_profile(self.profile.clone(), &env);
        let found = profiles.profile(&profile.value);
        if found.is_none() && profile.source != Source::Default {
            return Err(ConfigError::Profile {
                from: profile.source.to_string(),
                available: profiles.names().join(", "),
                name: profile.value,
            });
        }
        let chain = Chain {
            explicit: &self.explicit,
            env: &env,
            profile: found,
        };
        let settings = self.settings(&chain)?;
        Ok(Config(Arc::new(Resolved {
            settings,
            provider: self.provider,
            profile,
            profiles,
            env,
        })))
    }

    fn settings(&self, chain: &Chain<'_>) -> Result<Settings, ConfigError> {
        let url = chain::ENDPOINT_URL.key;
        let explicit_url = self.explicit.iter().rev().find(|(key, _)| *key == url);
        let minute = Duration::from_secs(60);
        Ok(Settings {
            region: region(chain)?,
            endpoint_url: explicit_url.map(|(_, url)| url.clone()),
            max_attempts: chain
                .parsed::<NonZero<u32>>(&chain::MAX_ATTEMPTS, "a number from 1")?
                .map(|setting| setting.value.get()),
            connect_timeout: self.connect_timeout.unwrap_or(minute),
            read_timeout: self.read_timeout.unwrap_or(minute),
            use_fips: chain.boolean(&chain::USE_FIPS)?.unwrap_or(false),
            use_dualstack: chain.boolean(&chain::USE_DUALSTACK)?,
            endpoint_discovery: word(
                chain,
                &chain::ENDPOINT_DISCOVERY,
                EndpointDiscoveryMode::WORDS,
            )?,
            sts_endpoints: word(chain, &chain::STS_ENDPOINTS, StsEndpoints::WORDS)?,
            account_id_mode: word(chain, &chain::ACCOUNT_ID_MODE, AccountIdEndpointMode::WORDS)?,
            validate_parameters: chain.boolean(&chain::VALIDATION)?.unwrap_or(true),
            data_path: chain.text(&chain::DATA_PATH).map(|s| s.value),
            s3: s3(chain)?,
            unsigned: self.unsigned,
            strict_validation: self.strict,
            context_params: self.context_params.clone(),
        })
    }
}

fn choose_profile(explicit: Option<String>, env: &Environment) -> Setting<String> {
    if let Some(value) = explicit {
        return Setting {
            value,
            source: Source::Builder,
        };
    }
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
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

/// A region becomes a part of a host name, so it must be able to.
fn region(chain: &Chain<'_>) -> Result<Option<Setting<String>>, ConfigError> {
    let Some(region) = chain.text(&chain::REGION) else {
        return Ok(None);
    };
    let text = &*region.value;
    let is_label = text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.bytes().all(|b| b.is_ascii_digit());
    match is_label {
        true => Ok(Some(region)),
        false => Err(ConfigError::Value {
            key: chain::REGION.key,
            from: region.source.to_string(),
            value: region.value,
            expected: "letters, digits and hyphens, such as eu-west-1",
        }),
    }
}

fn word<T: FromStr + Default>(
    chain: &Chain<'_>,
    row: &chain::Row,
    words: &'static str,
) -> Result<T, ConfigError> {
    let setting = chain.parsed(row, words)?;
    Ok(setting.map(|s| s.value).unwrap_or_default())
}

fn s3(chain: &Chain<'_>) -> Result<S3Config, ConfigError> {
    let us_east_1: StsEndpoints = match chain.text(&chain::S3_US_EAST_1) {
        Some(_) => word(chain, &chain::S3_US_EAST_1, StsEndpoints::WORDS)?,
        None => StsEndpoints::Legacy,
    };
    let is = |row| chain.boolean(row).map(|yes| yes.unwrap_or(false));
    Ok(S3Config {
        addressing_style: word(chain, &chain::S3_ADDRESSING, AddressingStyle::WORDS)?,
        use_accelerate_endpoint: is(&chain::S3_ACCELERATE)?,
        use_dualstack: chain.boolean(&chain::S3_DUALSTACK)?,
        payload_signing_enabled: chain.boolean(&chain::S3_SIGN_PAYLOAD)?,
        use_arn_region: chain.boolean(&chain::S3_ARN_REGION)?,
        us_east_1_regional: us_east_1 == StsEndpoints::Regional,
        disable_multiregion_access_points: is(&chain::S3_NO_MRAP)?,
        disable_express_session_auth: is(&chain::S3_NO_EXPRESS_AUTH)?,
    })
}
