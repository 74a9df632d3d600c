//! Configuration: what the program says, else the environment, else the profile, else the default.

mod builder;
mod chain;
mod defaults;
mod explain;
mod hooks;
mod ini;
mod limits;
mod lookup;
mod network;
mod profile;
mod retry;
pub(crate) mod shell_words;
mod size;
mod values;

pub use self::builder::ConfigBuilder;
pub use self::chain::{Setting, Source};
pub use self::values::{
    AccountIdEndpointMode, AddressingStyle, DefaultsMode, EndpointDiscoveryMode, RequestChecksums,
    ResponseChecksums, RetryMode, SignatureVersion, StsEndpoints,
};
pub use crate::environment::Environment;
pub use crate::transport::{Network, Proxies, Throughput};

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::builder::word;
use self::chain::Chain;
use self::profile::{Profile, Profiles};
use crate::credentials::CredentialsProvider;
use crate::endpoint::EndpointValue;
use crate::identity::{BearerToken, is_blank};
use crate::interceptor::Interceptors;
use crate::uri;

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
///
/// `Debug` shows where a configuration leads, and no secret.
#[derive(Clone)]
pub struct Config(Arc<Resolved>);

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.0.settings;
        let url = settings.endpoint_url.as_deref().map(uri::without_passwords);
        f.debug_struct("Config")
            .field("profile", &self.0.profile.value)
            .field("region", &self.region())
            .field("endpoint_url", &url)
            .field("provider", &self.0.provider)
            .field("retry", &settings.retry)
            .field("s3", &settings.s3)
            .field("network", &settings.network)
            .field("interceptors", &settings.interceptors)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Resolved {
    builder: ConfigBuilder,
    env: Environment,
    profiles: Profiles,
    profile: Setting<String>,
    provider: Option<Provider>,
    settings: Settings,
}

/// Everything that was said, read as what it is.
#[derive(Clone)]
struct Settings {
    region: Option<Setting<String>>,
    /// What the program says; the other places are asked for each service.
    endpoint_url: Option<String>,
    max_attempts: Option<u32>,
    defaults_mode: DefaultsMode,
    connect_timeout: Duration,
    /// Whether the program gave it.
    connect_timeout_is_set: bool,
    read_timeout: Duration,
    use_fips: bool,
    use_dualstack: Option<bool>,
    sts_endpoints: StsEndpoints,
    endpoint_discovery: EndpointDiscoveryMode,
    account_id_mode: AccountIdEndpointMode,
    validate_parameters: bool,
    strict_validation: bool,
    strict_responses: bool,
    context_params: Vec<(Box<str>, EndpointValue)>,
    data_path: Option<String>,
    s3: S3Config,
    unsigned: bool,
    /// What the program says; the profile is asked for each service.
    signature_version: Option<SignatureVersion>,
    auth_schemes: Vec<String>,
    region_set: Option<String>,
    bearer_token: Option<BearerToken>,
    request_checksums: RequestChecksums,
    response_checksums: ResponseChecksums,
    /// From this length on bodies are compressed; `None` for never.
    compression: Option<u64>,
    clock: Clock,
    network: Network,
    retry: retry::RetrySettings,
    /// What the program says of the least that bodies must flow.
    throughput: Option<Option<Throughput>>,
    limits: limits::Limits,
    metadata: InstanceMetadata,
    caches_roles: bool,
    credentials_timeout: Duration,
    host_prefix: bool,
    app_id: Option<String>,
    user_agent_extra: Option<String>,
    /// Services and versions of their APIs.
    api_versions: Vec<(String, String)>,
    interceptors: Interceptors,
    plain_attribute_values: bool,
    switched_off: Vec<String>,
    mfa: MfaPrompt,
}

/// How the metadata service of EC2 is asked.
#[derive(Clone)]
#[non_exhaustive]
pub struct InstanceMetadata {
    /// Whether it is not.
    pub disabled: bool,
    /// Where it is, if not at its usual address.
    pub endpoint: Option<String>,
    /// Whether its usual address is the one of IPv6.
    pub ipv6: bool,
    /// Whether it must know version 2.
    pub v1_disabled: bool,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often each request is made in all.
    pub attempts: u32,
}

impl fmt::Debug for InstanceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint.as_deref().map(uri::without_passwords);
        f.debug_struct("InstanceMetadata")
            .field("disabled", &self.disabled)
            .field("endpoint", &endpoint)
            .field("ipv6", &self.ipv6)
            .field("v1_disabled", &self.v1_disabled)
            .field("timeout", &self.timeout)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Asks for the code of an MFA device.
#[derive(Clone)]
struct MfaPrompt(Arc<AskCode>);

type AskCode = dyn Fn(&str) -> io::Result<String> + Send + Sync;

impl MfaPrompt {
    /// On the terminal, if there is one. What is typed is not shown.
    fn terminal() -> Self {
        Self(Arc::new(lookup::ask_on_terminal))
    }
}

impl fmt::Debug for MfaPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaPrompt")
    }
}

/// What tells the time.
#[derive(Clone)]
struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
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
    /// How many requests a transfer makes at a time: `max_concurrent_requests` of a profile's section `s3`. This setting of
    /// `aws` and the three below are defaults of [`TransferConfig`](crate::transfer::TransferConfig).
    pub max_concurrent_requests: Option<usize>,
    /// From how many bytes on an object is transferred in parts: `multipart_threshold`, such as `8MB`.
    pub multipart_threshold: Option<u64>,
    /// How many bytes a part has: `multipart_chunksize`, such as `8MB`.
    pub multipart_chunksize: Option<u64>,
    /// How many bytes a second are transferred at most: `max_bandwidth`, such as `10MB/s`.
    pub max_bandwidth: Option<u64>,
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
    #[error("{key}: {value:?}, from {from}, must be {expected}", value = uri::without_passwords(value))]
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
    pub(crate) fn required_region(&self) -> crate::error::Result<&str> {
        self.region().ok_or_else(|| {
            let profile = self.profile();
            let error = ConfigError::NoRegion {
                profile: profile.value.clone(),
                files: self.0.profiles.places(),
            };
            crate::error::Error::Config(error.into())
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

    /// Where the profile has a key, for errors.
    pub(crate) fn profile_place(&self, key: &str) -> Option<String> {
        let (_, from) = self.current_profile()?.text(None, key)?;
        let (name, file) = (&self.0.profile.value, from.file.display());
        Some(format!("profile {name:?} in {file}, line {},", from.line))
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
            explicit: this.builder.explicit(),
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

    /// How connections are made.
    pub fn network(&self) -> &Network {
        &self.0.settings.network
    }

    /// The same, with some settings changed: what is changed here wins, all else stays.
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
    /// A value is wrong, or the profile does not exist.
    pub fn with(
        &self,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<Self, ConfigError> {
        let this = &self.0;
        change(this.builder.clone()).resolve(this.env.clone(), this.profiles.clone())
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

    /// Whether a response with a member that does not fit the model is an error.
    pub fn strict_responses(&self) -> bool {
        self.0.settings.strict_responses
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

    /// How requests of a service are signed, if that is set. `service_key` is as for [`Config::endpoint_url`].
    ///
    /// # Errors
    ///
    /// The profile's section of the service has a version that there is not.
    pub fn signature_version(
        &self,
        service_key: &str,
    ) -> Result<Option<SignatureVersion>, ConfigError> {
        const KEY: &str = "signature_version";
        if let Some(version) = self.0.settings.signature_version {
            return Ok(Some(version));
        }
        let profile = self.current_profile();
        let Some((text, from)) = profile.and_then(|p| p.text(Some(service_key), KEY)) else {
            return Ok(None);
        };
        let parsed = text.parse().map(Some);
        parsed.map_err(|()| ConfigError::Value {
            key: KEY,
            value: text.to_owned(),
            from: format!("{service_key} in {}", from.file.display()),
            expected: SignatureVersion::VALUES,
        })
    }

    /// The schemes of signing that are taken before others, by names such as `sigv4a`.
    pub fn auth_scheme_preference(&self) -> &[String] {
        &self.0.settings.auth_schemes
    }

    /// The regions that a signature of version 4a is valid in, if that is set.
    pub fn sigv4a_signing_region_set(&self) -> Option<&str> {
        self.0.settings.region_set.as_deref()
    }

    /// The bearer token for services of this signing name, from the program or the environment, and where it is from.
    pub(crate) fn bearer_token(&self, signing_name: &str) -> Option<(BearerToken, String)> {
        if let Some(given) = &self.0.settings.bearer_token {
            return Some((given.clone(), "the bearer token of the program".into()));
        }
        let variable = token_variable(signing_name);
        let token = self.0.env.get(&variable)?.trim_matches([' ', '\t']);
        (!is_blank(token)).then(|| (BearerToken::new(token), variable))
    }

    /// Whether the environment has a token for services of this signing name.
    pub(crate) fn has_token_variable(&self, signing_name: &str) -> bool {
        let token = self.0.env.get(&token_variable(signing_name));
        token.is_some_and(|token| !is_blank(token))
    }

    /// When requests get a checksum.
    pub fn request_checksums(&self) -> RequestChecksums {
        self.0.settings.request_checksums
    }

    /// When answers are held against their checksum.
    pub fn response_checksums(&self) -> ResponseChecksums {
        self.0.settings.response_checksums
    }

    /// From which length on bodies are compressed, where the service takes that; `None` for never.
    pub fn min_compression_size(&self) -> Option<u64> {
        self.0.settings.compression
    }

    /// How the metadata service of EC2 is asked.
    pub fn instance_metadata(&self) -> &InstanceMetadata {
        &self.0.settings.metadata
    }

    /// A section `[sso-session NAME]`.
    pub(crate) fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.0.profiles.sso_session(name)
    }

    /// Whether operations may have a host of their own, such as `data-` before that of the service.
    pub fn injects_host_prefix(&self) -> bool {
        self.0.settings.host_prefix
    }

    /// The name of the program, which services see in their logs.
    pub fn app_id(&self) -> Option<&str> {
        self.0.settings.app_id.as_deref()
    }

    /// What stands at the end of the User-Agent, if that is set.
    pub fn user_agent_extra(&self) -> Option<&str> {
        self.0.settings.user_agent_extra.as_deref()
    }

    /// The version of a service's API that is used in place of the newest, if that is set.
    pub fn api_version(&self, service: &str) -> Option<&str> {
        let mut all = self.api_versions().filter(|(known, _)| *known == service);
        all.next_back().map(|(_, version)| version)
    }

    /// Services and versions of their APIs; of several for one service the last holds.
    pub(crate) fn api_versions(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        let all = self.0.settings.api_versions.iter();
        all.map(|(service, version)| (&**service, &**version))
    }

    /// Whether credentials of roles are kept in `~/.aws/cli/cache`.
    pub fn caches_roles(&self) -> bool {
        self.0.settings.caches_roles
    }

    /// The time, as signatures have it.
    pub(crate) fn now(&self) -> SystemTime {
        self.0.settings.clock.0()
    }

    /// The same, but for another profile, whose name leaves the environment out; settings stay what they are.
    pub(crate) fn in_profile(&self, name: &str) -> Result<Self, ConfigError> {
        if self.0.profiles.profile(name).is_none() {
            return Err(ConfigError::Profile {
                name: name.to_owned(),
                from: format!("profile {:?}", self.0.profile.value),
                available: self.0.profiles.names().join(", "),
            });
        }
        let mut resolved = (*self.0).clone();
        resolved.profile = Setting {
            value: name.to_owned(),
            source: Source::Builder,
        };
        Ok(Self(Arc::new(resolved)))
    }

    /// For the calls that get credentials: what the program says of the endpoint and the signature of its own calls is not
    /// theirs.
    pub(crate) fn for_provider(&self, is_signed: bool) -> Self {
        let mut resolved = (*self.0).clone();
        let is_url = |key: &str| key == chain::ENDPOINT_URL.key;
        resolved.builder.explicit.retain(|(key, _)| !is_url(key));
        resolved.settings.endpoint_url = None;
        resolved.settings.signature_version = None;
        resolved.settings.auth_schemes = Vec::new();
        resolved.settings.bearer_token = None;
        resolved.settings.unsigned = !is_signed;
        resolved.settings.interceptors = Interceptors::default();
        Self(Arc::new(resolved))
    }

    /// The same, but for another region, which `from` says.
    pub(crate) fn in_region(&self, region: &str, from: &str) -> Result<Self, ConfigError> {
        builder::check_region(region, from)?;
        let mut resolved = (*self.0).clone();
        resolved.builder = resolved.builder.region(region);
        resolved.settings.region = Some(Setting {
            value: region.to_owned(),
            source: Source::Builder,
        });
        Ok(Self(Arc::new(resolved)))
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

/// Where the environment has the bearer token for services of a signing name.
pub(crate) fn token_variable(signing_name: &str) -> String {
    let name = signing_name.to_ascii_uppercase().replace(['-', ' '], "_");
    format!("AWS_BEARER_TOKEN_{name}")
}

/// All that the files of this environment say.
#[cfg(feature = "_internals")]
pub(crate) fn read_profiles(env: &Environment) -> Result<serde_json::Value, ConfigError> {
    Ok(Profiles::read(env)?.to_json())
}

/// Where both files are.
#[cfg(feature = "_internals")]
pub(crate) fn places(env: &Environment) -> [String; 2] {
    profile::places(env)
}

/// The number of sections of a file.
#[cfg(feature = "_internals")]
pub(crate) fn parse_ini(bytes: &[u8]) -> Result<usize, impl fmt::Display> {
    ini::Ini::parse(bytes).map(|ini| ini.sections.len())
}
