//! The values that the program sets.

use std::sync::Arc;
use std::time::Duration;

use super::chain::Setting;
use super::network::NetworkChoice;
use super::values::{
    AccountIdEndpointMode, AddressingStyle, DefaultsMode, EndpointDiscoveryMode,
    ParameterValidation, RegionalEndpoints, RequestChecksums, ResponseChecksums, RetryMode,
    SignatureVersion,
};
use super::world::World;
use super::{ConfigError, compression, endpoint, retry};
use crate::endpoint::EndpointValue;
use crate::identity::{ApiKey, BearerToken, HttpLogin};
use crate::transport::Throughput;

/// Settings that the program, the environment and a profile can set. A value is `None` if this source does not set it.
#[derive(Clone, Default)]
pub(crate) struct Values {
    pub(crate) region: Option<Setting<String>>,
    pub(crate) use_fips: Option<bool>,
    pub(crate) use_dualstack: Option<bool>,
    pub(crate) endpoint_discovery: Option<EndpointDiscoveryMode>,
    pub(crate) account_id_mode: Option<AccountIdEndpointMode>,
    pub(crate) no_host_prefix: Option<bool>,
    pub(crate) defaults_mode: Option<DefaultsMode>,
    pub(crate) retry_mode: Option<RetryMode>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) credentials_timeout: Option<Duration>,
    pub(crate) signature_version: Option<SignatureVersion>,
    pub(crate) auth_schemes: Option<Vec<String>>,
    pub(crate) region_set: Option<String>,
    pub(crate) request_checksums: Option<RequestChecksums>,
    pub(crate) response_checksums: Option<ResponseChecksums>,
    pub(crate) no_compression: Option<bool>,
    pub(crate) compression_size: Option<u64>,
    pub(crate) parameter_validation: Option<ParameterValidation>,
    pub(crate) app_id: Option<String>,
    pub(crate) s3: S3Values,
}

/// Settings of S3.
#[derive(Clone, Copy, Default)]
pub(crate) struct S3Values {
    pub(crate) addressing_style: Option<AddressingStyle>,
    pub(crate) use_accelerate_endpoint: Option<bool>,
    pub(crate) use_dualstack: Option<bool>,
    pub(crate) payload_signing_enabled: Option<bool>,
    pub(crate) use_arn_region: Option<bool>,
    pub(crate) us_east_1: Option<RegionalEndpoints>,
    pub(crate) disable_multiregion_access_points: Option<bool>,
    pub(crate) disable_express_session_auth: Option<bool>,
}

/// The settings that the program sets: [`Values`], which files and variables can set too, and settings that only a program can set.
#[derive(Clone, Default)]
pub(crate) struct Explicit {
    pub(crate) values: Values,
    pub(crate) profile: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) ignore_endpoint_urls: Option<bool>,
    pub(crate) context_params: Vec<(String, EndpointValue)>,
    /// Services, each with the version of its API.
    pub(crate) api_versions: Vec<(String, String)>,
    pub(crate) watches_models: bool,
    pub(crate) unsigned: bool,
    pub(crate) bearer_token: Option<BearerToken>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) http_login: Option<HttpLogin>,
    pub(crate) no_role_cache: bool,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) operation_timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    /// `Some(None)` for no minimum.
    pub(crate) throughput: Option<Option<Throughput>>,
    pub(crate) max_clock_skew: Option<Duration>,
    pub(crate) max_response_size: Option<u64>,
    pub(crate) strict_responses: bool,
    pub(crate) plain_attribute_values: bool,
    pub(crate) disabled_customisations: Vec<String>,
    pub(crate) user_agent_extra: Option<String>,
    /// Shared by all calls, as none can change it.
    pub(crate) network: Arc<NetworkChoice>,
    pub(crate) world: World,
}

impl Explicit {
    /// Checks the values that may be invalid although they have the right type.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        endpoint::check_explicit(self.endpoint_url.as_deref())?;
        retry::check_explicit(self.values.max_attempts)?;
        compression::check_explicit(self.values.compression_size)
    }
}
