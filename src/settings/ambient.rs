//! The values of the environment and of a profile, parsed once and shared by all settings made from them.

use std::num::NonZero;
use std::str::FromStr;

use super::chain::Chain;
use super::explicit::{S3Values, Values};
use super::metadata::InstanceMetadata;
use super::s3::TransferValues;
use super::values::{
    AccountIdEndpointMode, AddressingStyle, DefaultsMode, EndpointDiscoveryMode, RequestChecksums,
    ResponseChecksums, RetryMode, SignatureVersion, StsEndpoints,
};
use super::{ConfigError, app_id, compression, lookup, names_in, rows};

/// The values of the environment and the profile. Values that the program overrides are not parsed, so they may be invalid.
pub(super) struct Ambient {
    pub(super) values: Values,
    pub(super) sts_endpoints: StsEndpoints,
    /// Further folders with models.
    pub(super) data_path: Option<String>,
    pub(super) disabled_customisations: Vec<String>,
    /// Services, each with the version of its API.
    pub(super) api_versions: Vec<(String, String)>,
    pub(super) metadata: InstanceMetadata,
    pub(super) transfers: TransferValues,
}

impl Ambient {
    pub(super) fn read(chain: &Chain<'_>) -> Result<Self, ConfigError> {
        let text = |row| chain.text(row).map(|setting| setting.value);
        let names = |row| chain.text(row).map(|setting| names_in(&setting.value));
        let versions = chain.profile.map_or(&[][..], |p| p.nested("api_versions"));
        Ok(Self {
            values: Values {
                region: chain.text(&rows::REGION),
                use_fips: chain.boolean(&rows::USE_FIPS)?,
                use_dualstack: chain.boolean(&rows::USE_DUALSTACK)?,
                endpoint_discovery: choice(
                    chain,
                    &rows::ENDPOINT_DISCOVERY,
                    EndpointDiscoveryMode::VALUES,
                )?,
                account_id_mode: choice(
                    chain,
                    &rows::ACCOUNT_ID_MODE,
                    AccountIdEndpointMode::VALUES,
                )?,
                no_host_prefix: chain.boolean(&rows::NO_HOST_PREFIX)?,
                defaults_mode: choice(chain, &rows::DEFAULTS_MODE, DefaultsMode::VALUES)?,
                retry_mode: choice(chain, &rows::RETRY_MODE, RetryMode::VALUES)?,
                max_attempts: chain
                    .parsed::<NonZero<u32>>(&rows::MAX_ATTEMPTS, super::FROM_ONE)?
                    .map(|setting| setting.value.get()),
                credentials_timeout: lookup::timeout(chain)?,
                signature_version: choice(
                    chain,
                    &rows::SIGNATURE_VERSION,
                    SignatureVersion::VALUES,
                )?,
                auth_schemes: names(&rows::AUTH_SCHEMES),
                region_set: text(&rows::REGION_SET),
                request_checksums: choice(
                    chain,
                    &rows::REQUEST_CHECKSUMS,
                    RequestChecksums::VALUES,
                )?,
                response_checksums: choice(
                    chain,
                    &rows::RESPONSE_CHECKSUMS,
                    ResponseChecksums::VALUES,
                )?,
                no_compression: chain.boolean(&rows::NO_COMPRESSION)?,
                compression_size: compression::read(chain)?,
                validate_parameters: chain.boolean(&rows::VALIDATION)?,
                app_id: app_id::read(chain),
                s3: s3(chain)?,
            },
            sts_endpoints: choice(chain, &rows::STS_ENDPOINTS, StsEndpoints::VALUES)?
                .unwrap_or_default(),
            data_path: text(&rows::DATA_PATH),
            disabled_customisations: names(&rows::SWITCHED_OFF).unwrap_or_default(),
            api_versions: versions.to_vec(),
            metadata: InstanceMetadata::read(chain)?,
            transfers: TransferValues::read(chain)?,
        })
    }
}

fn s3(chain: &Chain<'_>) -> Result<S3Values, ConfigError> {
    Ok(S3Values {
        addressing_style: choice(chain, &rows::S3_ADDRESSING, AddressingStyle::VALUES)?,
        use_accelerate_endpoint: chain.boolean(&rows::S3_ACCELERATE)?,
        use_dualstack: chain.boolean(&rows::S3_DUALSTACK)?,
        payload_signing_enabled: chain.boolean(&rows::S3_SIGN_PAYLOAD)?,
        use_arn_region: chain.boolean(&rows::S3_ARN_REGION)?,
        us_east_1: choice(chain, &rows::S3_US_EAST_1, StsEndpoints::VALUES)?,
        disable_multiregion_access_points: chain.boolean(&rows::S3_NO_MRAP)?,
        disable_express_session_auth: chain.boolean(&rows::S3_NO_EXPRESS_AUTH)?,
    })
}

/// Parses a setting with a closed set of values.
fn choice<T: FromStr>(
    chain: &Chain<'_>,
    row: &rows::Row,
    expected: &'static str,
) -> Result<Option<T>, ConfigError> {
    Ok(chain.parsed(row, expected)?.map(|setting| setting.value))
}
