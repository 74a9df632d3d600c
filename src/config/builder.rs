//! What the program says, and how all that is said becomes a configuration.

use std::fmt;
use std::io;
use std::num::NonZero;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::chain::{self, Chain, Setting, Source};
use super::limits::Limits;
use super::profile::Profiles;
use super::size::{Rate, Size};
use super::values::{
    AccountIdEndpointMode, AddressingStyle, DefaultsMode, EndpointDiscoveryMode, RequestChecksums,
    ResponseChecksums, SignatureVersion, StsEndpoints,
};
use super::{
    Clock, Config, ConfigError, InstanceMetadata, MfaPrompt, Provider, Resolved, S3Config, Settings,
};
use super::{defaults, hooks, lookup, network, retry};
use crate::credentials::CredentialsProvider;
use crate::endpoint::EndpointValue;
use crate::environment::Environment;
use crate::identity::{BearerToken, Credentials};
use crate::interceptor::Interceptors;
use crate::uri;

/// Collects what the program says. `Debug` shows no secret.
#[derive(Clone, Default)]
pub struct ConfigBuilder {
    env: Option<Environment>,
    pub(super) explicit: Vec<(&'static str, String)>,
    profile: Option<String>,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    pub(super) limits: Limits,
    unsigned: bool,
    strict: bool,
    pub(super) strict_responses: bool,
    context_params: Vec<(Box<str>, EndpointValue)>,
    provider: Option<Provider>,
    bearer_token: Option<BearerToken>,
    clock: Option<Clock>,
    no_role_cache: bool,
    pub(super) credentials_timeout: Option<Duration>,
    user_agent_extra: Option<String>,
    api_versions: Vec<(String, String)>,
    mfa: Option<MfaPrompt>,
    pub(super) interceptors: Interceptors,
    pub(super) switched_off: Vec<String>,
    pub(super) plain_attribute_values: bool,
    pub(super) network: network::Choice,
    pub(super) retry: retry::Choice,
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.explicit.iter();
        let said: Vec<_> = said
            .map(|(key, value)| (key, uri::without_passwords(value)))
            .collect();
        f.debug_struct("ConfigBuilder")
            .field("settings", &said)
            .field("profile", &self.profile)
            .field("provider", &self.provider)
            .field("network", &self.network)
            .field("retry", &self.retry)
            .field("interceptors", &self.interceptors)
            .finish_non_exhaustive()
    }
}

impl ConfigBuilder {
    pub(super) fn set(mut self, row: &chain::Row, value: impl Into<String>) -> Self {
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

    /// Neither the process's variables nor any file nor the network around: only what the program says. For tests and
    /// examples.
    pub fn isolated(self) -> Self {
        self.environment(chain::IMDS_DISABLED.env.iter().map(|name| (*name, "true")))
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

    /// Whether endpoints that variables and files say are left out.
    pub fn ignore_configured_endpoint_urls(self, yes: bool) -> Self {
        self.set(&chain::IGNORE_ENDPOINT_URLS, yes.to_string())
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

    /// How requests are signed, where that is not to be left to models and endpoint rules.
    pub fn signature_version(self, version: SignatureVersion) -> Self {
        self.set(&chain::SIGNATURE_VERSION, version.as_str())
    }

    /// The schemes of signing that are taken before others, with commas between them: `sigv4a,sigv4`.
    pub fn auth_scheme_preference(self, names: impl Into<String>) -> Self {
        self.set(&chain::AUTH_SCHEMES, names)
    }

    /// The regions that a signature of version 4a is valid in, with commas between them, or `*`.
    pub fn sigv4a_signing_region_set(self, regions: impl Into<String>) -> Self {
        self.set(&chain::REGION_SET, regions)
    }

    /// The token of services that take one.
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.bearer_token = Some(token);
        self
    }

    /// When requests get a checksum. Servers that know nothing of checksums behind a body need
    /// [`RequestChecksums::WhenRequired`].
    pub fn request_checksums(self, when: RequestChecksums) -> Self {
        self.set(&chain::REQUEST_CHECKSUMS, when.as_str())
    }

    /// When answers are held against their checksum.
    pub fn response_checksums(self, when: ResponseChecksums) -> Self {
        self.set(&chain::RESPONSE_CHECKSUMS, when.as_str())
    }

    /// Whether no body is compressed.
    pub fn disable_request_compression(self, yes: bool) -> Self {
        self.set(&chain::NO_COMPRESSION, yes.to_string())
    }

    /// From which length on bodies are compressed, up to 1 MiB.
    pub fn request_min_compression_size(self, bytes: u64) -> Self {
        self.set(&chain::COMPRESSION_SIZE, bytes.to_string())
    }

    /// What tells the time in place of the system's clock.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Clock(Arc::new(now)));
        self
    }

    /// Whether the credentials of roles are kept in `~/.aws/cli/cache`, which `aws` shares. They are by default, in files
    /// that nobody else may read.
    pub fn cache_roles(mut self, yes: bool) -> Self {
        self.no_role_cache = !yes;
        self
    }

    /// What asks for the code of an MFA device, whose serial number or ARN it is given, when a profile's role needs one. By
    /// default the terminal, if there is one.
    pub fn mfa_prompt(
        mut self,
        ask: impl Fn(&str) -> io::Result<String> + Send + Sync + 'static,
    ) -> Self {
        self.mfa = Some(MfaPrompt(Arc::new(ask)));
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

    /// Whether endpoints may be, or must be, those of the account, where a service has such.
    pub fn account_id_endpoint_mode(self, mode: AccountIdEndpointMode) -> Self {
        self.set(&chain::ACCOUNT_ID_MODE, mode.as_str())
    }

    /// Whether operations may have a host of their own, such as `data-` before that of the service.
    pub fn inject_host_prefix(self, yes: bool) -> Self {
        self.set(&chain::NO_HOST_PREFIX, (!yes).to_string())
    }

    /// The name of the program, which services see in their logs; up to 50 characters.
    pub fn app_id(self, name: impl Into<String>) -> Self {
        self.set(&chain::APP_ID, name)
    }

    /// Puts this text at the end of the User-Agent of every request, as it is: `my-framework/1.2`. By default nothing.
    pub fn user_agent_extra(mut self, text: impl Into<String>) -> Self {
        self.user_agent_extra = Some(text.into());
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
        self.api_versions.push((service.into(), version.into()));
        self
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

    /// Whether a response with a member that does not fit the model is an error, which names the member. By default it is
    /// not: such a member is given as it came, or left out where it is of another kind, and
    /// [`Output::warnings`](crate::Output::warnings) and the log name it. Broken documents are errors in any case.
    pub fn strict_responses(mut self, yes: bool) -> Self {
        self.strict_responses = yes;
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

    /// Whether S3's endpoints have IPv6, where the setting for all services is not given.
    pub fn s3_use_dualstack(self, yes: bool) -> Self {
        self.set(&chain::S3_DUALSTACK, yes.to_string())
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
        self.resolve(env, profiles)
    }

    /// Resolves all settings, the files being read.
    pub(super) fn resolve(
        self,
        env: Environment,
        profiles: Profiles,
    ) -> Result<Config, ConfigError> {
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
            provider: self.provider.clone(),
            builder: self,
            profile,
            profiles,
            env,
        })))
    }

    /// What was said as text.
    pub(super) fn explicit(&self) -> &[(&'static str, String)] {
        &self.explicit
    }

    fn settings(&self, chain: &Chain<'_>) -> Result<Settings, ConfigError> {
        let url = chain::ENDPOINT_URL.key;
        let explicit_url = self.explicit.iter().rev().find(|(key, _)| *key == url);
        let (region, is_fips_region) = region(chain)?;
        let mode = match defaults::mode(chain)? {
            DefaultsMode::Auto => {
                let here = region.as_ref().map(|region| &*region.value);
                defaults::by_environment(chain.env, here).unwrap_or(DefaultsMode::Auto)
            }
            mode => mode,
        };
        Ok(Settings {
            region,
            endpoint_url: explicit_url.map(|(_, url)| url.clone()),
            max_attempts: chain
                .parsed::<NonZero<u32>>(&chain::MAX_ATTEMPTS, "a number from 1")?
                .map(|setting| setting.value.get()),
            defaults_mode: mode,
            connect_timeout: (self.connect_timeout)
                .unwrap_or_else(|| defaults::connect_timeout(mode)),
            connect_timeout_is_set: self.connect_timeout.is_some(),
            read_timeout: self.read_timeout.unwrap_or(Duration::from_secs(60)),
            use_fips: chain.boolean(&chain::USE_FIPS)?.unwrap_or(false) || is_fips_region,
            use_dualstack: chain.boolean(&chain::USE_DUALSTACK)?,
            endpoint_discovery: word(
                chain,
                &chain::ENDPOINT_DISCOVERY,
                EndpointDiscoveryMode::VALUES,
            )?,
            sts_endpoints: word(chain, &chain::STS_ENDPOINTS, StsEndpoints::VALUES)?,
            account_id_mode: word(
                chain,
                &chain::ACCOUNT_ID_MODE,
                AccountIdEndpointMode::VALUES,
            )?,
            validate_parameters: chain.boolean(&chain::VALIDATION)?.unwrap_or(true),
            data_path: chain.text(&chain::DATA_PATH).map(|s| s.value),
            s3: s3(chain, mode)?,
            unsigned: self.unsigned,
            signature_version: chain
                .parsed(&chain::SIGNATURE_VERSION, SignatureVersion::VALUES)?
                .map(|setting| setting.value),
            auth_schemes: hooks::names(chain, &chain::AUTH_SCHEMES),
            interceptors: self.interceptors.clone(),
            switched_off: self.switched_off(chain),
            plain_attribute_values: self.plain_attribute_values,
            region_set: chain.text(&chain::REGION_SET).map(|s| s.value),
            bearer_token: self.bearer_token.clone(),
            request_checksums: word(chain, &chain::REQUEST_CHECKSUMS, RequestChecksums::VALUES)?,
            response_checksums: word(chain, &chain::RESPONSE_CHECKSUMS, ResponseChecksums::VALUES)?,
            compression: compression(chain)?,
            metadata: metadata(chain)?,
            host_prefix: !chain.boolean(&chain::NO_HOST_PREFIX)?.unwrap_or(false),
            app_id: app_id(chain),
            user_agent_extra: self.user_agent_extra.clone(),
            api_versions: api_versions(chain, &self.api_versions),
            caches_roles: !self.no_role_cache,
            credentials_timeout: match self.credentials_timeout {
                Some(timeout) => timeout,
                None => lookup::timeout(chain)?,
            },
            mfa: self.mfa.clone().unwrap_or_else(MfaPrompt::terminal),
            clock: self
                .clock
                .clone()
                .unwrap_or_else(|| Clock(Arc::new(SystemTime::now))),
            network: self.network.network(chain)?,
            retry: self.retry.settings(chain)?,
            throughput: self.network.throughput(),
            limits: self.limits,
            strict_validation: self.strict,
            strict_responses: self.strict_responses,
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

/// A region becomes a part of a host name, so it must be able to.
///
/// The regions of old that mean FIPS, such as `fips-us-east-1`, are the region and that.
fn region(chain: &Chain<'_>) -> Result<(Option<Setting<String>>, bool), ConfigError> {
    let Some(mut region) = chain.text(&chain::REGION) else {
        return Ok((None, false));
    };
    let plain = region.value.strip_prefix("fips-");
    let plain = plain
        .or_else(|| region.value.strip_suffix("-fips"))
        .map(str::to_owned);
    let is_fips = plain.is_some();
    if let Some(plain) = plain {
        tracing::warn!(
            region = region.value,
            "set the region {plain} and use_fips_endpoint instead"
        );
        region.value = plain;
    }
    check_region(&region.value, &region.source.to_string())?;
    Ok((Some(region), is_fips))
}

/// Whether a region can be a part of a host name.
pub(super) fn check_region(text: &str, from: &str) -> Result<(), ConfigError> {
    let is_label = text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.bytes().all(|b| b.is_ascii_digit());
    match is_label {
        true => Ok(()),
        false => Err(ConfigError::Value {
            key: chain::REGION.key,
            from: from.to_owned(),
            value: text.to_owned(),
            expected: "letters, digits and hyphens, such as eu-west-1",
        }),
    }
}

/// A setting that is one of a few words, or its default.
pub(super) fn word<T: FromStr + Default>(
    chain: &Chain<'_>,
    row: &chain::Row,
    words: &'static str,
) -> Result<T, ConfigError> {
    let setting = chain.parsed(row, words)?;
    Ok(setting.map(|s| s.value).unwrap_or_default())
}

fn metadata(chain: &Chain<'_>) -> Result<InstanceMetadata, ConfigError> {
    const MODES: &str = "ipv4 or ipv6";
    let mode = chain.text(&chain::IMDS_MODE);
    let ipv6 = match mode.as_ref().map(|mode| mode.value.to_ascii_lowercase()) {
        None => chain.boolean(&chain::IMDS_IPV6)?.unwrap_or(false),
        Some(mode) if mode == "ipv4" => false,
        Some(mode) if mode == "ipv6" => true,
        Some(value) => {
            return Err(ConfigError::Value {
                key: chain::IMDS_MODE.key,
                value,
                from: mode.map(|mode| mode.source.to_string()).unwrap_or_default(),
                expected: MODES,
            });
        }
    };
    let number = |row| chain.parsed::<NonZero<u32>>(row, "a number from 1");
    let seconds = number(&chain::IMDS_TIMEOUT)?.map_or(1, |seconds| seconds.value.get());
    Ok(InstanceMetadata {
        disabled: chain.boolean(&chain::IMDS_DISABLED)?.unwrap_or(false),
        endpoint: chain.text(&chain::IMDS_ENDPOINT).map(|s| s.value),
        ipv6,
        v1_disabled: chain.boolean(&chain::IMDS_V1_DISABLED)?.unwrap_or(false),
        timeout: Duration::from_secs(seconds.into()),
        attempts: number(&chain::IMDS_ATTEMPTS)?.map_or(3, |attempts| attempts.value.get()),
    })
}

/// Those of the profile's section `api_versions`, then those of the program.
fn api_versions(chain: &Chain<'_>, said: &[(String, String)]) -> Vec<(String, String)> {
    let in_profile = chain.profile.map_or(&[][..], |p| p.nested("api_versions"));
    let all = in_profile.iter().chain(said);
    all.filter(|(_, version)| !version.is_empty())
        .cloned()
        .collect()
}

fn app_id(chain: &Chain<'_>) -> Option<String> {
    let setting = chain.text(&chain::APP_ID)?;
    if setting.value.chars().count() > 50 {
        tracing::warn!(from = %setting.source, "the name of the program should have 50 characters at most");
    }
    Some(setting.value)
}

fn compression(chain: &Chain<'_>) -> Result<Option<u64>, ConfigError> {
    const EXPECTED: &str = "a number from 1 to 1048576";
    let size = chain.parsed::<u64>(&chain::COMPRESSION_SIZE, EXPECTED)?;
    if let Some(size) = size
        .as_ref()
        .filter(|size| !(1..=1024 * 1024).contains(&size.value))
    {
        return Err(ConfigError::Value {
            key: chain::COMPRESSION_SIZE.key,
            value: size.value.to_string(),
            from: size.source.to_string(),
            expected: EXPECTED,
        });
    }
    let off = chain.boolean(&chain::NO_COMPRESSION)?.unwrap_or(false);
    Ok((!off).then(|| size.map_or(10240, |size| size.value)))
}

fn s3(chain: &Chain<'_>, mode: DefaultsMode) -> Result<S3Config, ConfigError> {
    let us_east_1: StsEndpoints = match chain.text(&chain::S3_US_EAST_1) {
        Some(_) => word(chain, &chain::S3_US_EAST_1, StsEndpoints::VALUES)?,
        None if mode == DefaultsMode::Legacy => StsEndpoints::Legacy,
        None => StsEndpoints::Regional,
    };
    let is = |row| chain.boolean(row).map(|yes| yes.unwrap_or(false));
    let size = |row| {
        let setting =
            chain.parsed::<Size>(row, "a number of bytes from 1 such as 8388608, 8MB or 64KB")?;
        Ok::<_, ConfigError>(setting.map(|setting| setting.value.0))
    };
    Ok(S3Config {
        addressing_style: word(chain, &chain::S3_ADDRESSING, AddressingStyle::VALUES)?,
        use_accelerate_endpoint: is(&chain::S3_ACCELERATE)?,
        use_dualstack: chain.boolean(&chain::S3_DUALSTACK)?,
        payload_signing_enabled: chain.boolean(&chain::S3_SIGN_PAYLOAD)?,
        use_arn_region: chain.boolean(&chain::S3_ARN_REGION)?,
        us_east_1_regional: us_east_1 == StsEndpoints::Regional,
        disable_multiregion_access_points: is(&chain::S3_NO_MRAP)?,
        disable_express_session_auth: is(&chain::S3_NO_EXPRESS_AUTH)?,
        max_concurrent_requests: chain
            .parsed::<NonZero<usize>>(&chain::S3_CONCURRENCY, "a number from 1")?
            .map(|setting| setting.value.get()),
        multipart_threshold: size(&chain::S3_THRESHOLD)?,
        multipart_chunksize: size(&chain::S3_CHUNK_SIZE)?,
        max_bandwidth: chain
            .parsed::<Rate>(
                &chain::S3_BANDWIDTH,
                "a rate in bytes such as 10MB/s or 800KB/s",
            )?
            .map(|setting| setting.value.0),
    })
}
