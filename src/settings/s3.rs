//! Settings of S3.

use std::num::NonZero;

use super::chain::Chain;
use super::explicit::S3Values;
use super::rows::{self, Row};
use super::size::{Rate, Size};
use super::values::{AddressingStyle, DefaultsMode, RegionalEndpoints};
use super::{ConfigError, FROM_ONE, Settings};

/// The settings of S3.
///
/// ```
/// use tucuxi::config::AddressingStyle;
///
/// let config = tucuxi::Config::builder().isolated().addressing_style(AddressingStyle::Path).build()?;
/// assert_eq!(config.s3().addressing_style, AddressingStyle::Path);
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Config {
    /// The position of the bucket's name in the URL.
    pub addressing_style: AddressingStyle,
    /// Whether Transfer Acceleration is used.
    pub use_accelerate_endpoint: bool,
    /// Whether dual-stack endpoints are used, if the setting for all services is not set.
    pub use_dualstack: Option<bool>,
    /// Whether signatures cover the body. By default, they do if nothing else protects it.
    pub payload_signing_enabled: Option<bool>,
    /// Whether the region of an ARN takes precedence over the client's region.
    pub use_arn_region: Option<bool>,
    /// Whether the endpoint for `us-east-1` is the regional one instead of the global one.
    pub us_east_1_regional: bool,
    /// Whether multi-region access points are rejected.
    pub disable_multiregion_access_points: bool,
    /// Whether S3 Express buckets are used without a session.
    pub disable_express_session_auth: bool,
    /// The number of concurrent requests of a transfer. This setting and the three below are in the section `s3` of a profile, as
    /// for `aws`. They are the defaults of [`TransferConfig`](crate::transfer::TransferConfig).
    pub max_concurrent_requests: Option<usize>,
    /// The minimum length of objects that are transferred in parts, such as `8MB` in a profile.
    pub multipart_threshold: Option<u64>,
    /// The length of a part, such as `8MB` in a profile.
    pub multipart_chunksize: Option<u64>,
    /// The maximum bandwidth of a transfer in bytes a second, such as `10MB/s` in a profile.
    pub max_bandwidth: Option<u64>,
}

/// The defaults of transfers, which only a profile can set.
#[derive(Clone, Copy)]
pub(super) struct TransferValues {
    concurrency: Option<usize>,
    threshold: Option<u64>,
    chunk_size: Option<u64>,
    bandwidth: Option<u64>,
}

impl TransferValues {
    pub(super) fn read(chain: &Chain<'_>) -> Result<Self, ConfigError> {
        let size = |row: &Row| {
            let expected = "a number of bytes from 1 such as 8388608, 8MB or 64KB";
            let setting = chain.parsed::<Size>(row, expected)?;
            Ok::<_, ConfigError>(setting.map(|setting| setting.value.0))
        };
        let rate = "a rate in bytes such as 10MB/s or 800KB/s, or in bits such as 80Mb/s";
        Ok(Self {
            concurrency: chain
                .parsed::<NonZero<usize>>(&rows::S3_CONCURRENCY, FROM_ONE)?
                .map(|setting| setting.value.get()),
            threshold: size(&rows::S3_THRESHOLD)?,
            chunk_size: size(&rows::S3_CHUNK_SIZE)?,
            bandwidth: chain
                .parsed::<Rate>(&rows::S3_BANDWIDTH, rate)?
                .map(|setting| setting.value.0),
        })
    }
}

impl S3Config {
    /// Combines the values of the program, those of the environment and the profile, and the defaults of the mode.
    pub(super) fn new(
        program: S3Values,
        ambient: S3Values,
        transfers: TransferValues,
        mode: DefaultsMode,
    ) -> Self {
        let us_east_1 = program
            .us_east_1
            .or(ambient.us_east_1)
            .unwrap_or(match mode {
                DefaultsMode::Legacy => RegionalEndpoints::Legacy,
                _ => RegionalEndpoints::Regional,
            });
        let either = |of: fn(&S3Values) -> Option<bool>| of(&program).or_else(|| of(&ambient));
        Self {
            addressing_style: program
                .addressing_style
                .or(ambient.addressing_style)
                .unwrap_or_default(),
            use_accelerate_endpoint: either(|s3| s3.use_accelerate_endpoint).unwrap_or(false),
            use_dualstack: either(|s3| s3.use_dualstack),
            payload_signing_enabled: either(|s3| s3.payload_signing_enabled),
            use_arn_region: either(|s3| s3.use_arn_region),
            us_east_1_regional: us_east_1 == RegionalEndpoints::Regional,
            disable_multiregion_access_points: either(|s3| s3.disable_multiregion_access_points)
                .unwrap_or(false),
            disable_express_session_auth: either(|s3| s3.disable_express_session_auth)
                .unwrap_or(false),
            max_concurrent_requests: transfers.concurrency,
            multipart_threshold: transfers.threshold,
            multipart_chunksize: transfers.chunk_size,
            max_bandwidth: transfers.bandwidth,
        }
    }
}

impl Settings {
    /// Returns the settings of S3.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_use_accelerate_endpoint(true).build()?;
    /// assert!(config.s3().use_accelerate_endpoint);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3(&self) -> &S3Config {
        &self.s3
    }
}
