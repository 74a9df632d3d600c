//! The settings of the instance metadata service (IMDS) of EC2.

use std::fmt;
use std::num::NonZero;
use std::time::Duration;

use super::chain::Chain;
use super::{ConfigError, FROM_ONE, Settings, rows};
use crate::uri;

/// The settings of the instance metadata service (IMDS) of EC2.
///
/// ```
/// let config = tucuxi::Config::builder().isolated().build()?;
/// assert!(config.instance_metadata().disabled);
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct InstanceMetadata {
    /// Whether the service is not used.
    pub disabled: bool,
    /// The URL of the service, if it is not the default one.
    pub endpoint: Option<String>,
    /// Whether the default URL has the IPv6 address of the service.
    pub ipv6: bool,
    /// Whether the fallback to IMDSv1 is disabled.
    pub v1_disabled: bool,
    /// The timeout of a request.
    pub timeout: Duration,
    /// The maximum number of attempts of a request.
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

impl InstanceMetadata {
    pub(super) fn read(chain: &Chain<'_>) -> Result<Self, ConfigError> {
        let mode = chain.text(&rows::IMDS_MODE);
        let ipv6 = match mode.as_ref().map(|mode| mode.value.to_ascii_lowercase()) {
            None => chain.boolean(&rows::IMDS_IPV6)?.unwrap_or(false),
            Some(mode) if mode == "ipv4" => false,
            Some(mode) if mode == "ipv6" => true,
            Some(value) => {
                return Err(ConfigError::Value {
                    key: rows::IMDS_MODE.key,
                    value,
                    from: mode.map(|mode| mode.source.to_string()).unwrap_or_default(),
                    expected: "ipv4 or ipv6",
                });
            }
        };
        let number = |row| chain.parsed::<NonZero<u32>>(row, FROM_ONE);
        let seconds = number(&rows::IMDS_TIMEOUT)?.map_or(1, |seconds| seconds.value.get());
        Ok(Self {
            disabled: chain.boolean(&rows::IMDS_DISABLED)?.unwrap_or(false),
            endpoint: chain.text(&rows::IMDS_ENDPOINT).map(|s| s.value),
            ipv6,
            v1_disabled: chain.boolean(&rows::IMDS_V1_DISABLED)?.unwrap_or(false),
            timeout: Duration::from_secs(seconds.into()),
            attempts: number(&rows::IMDS_ATTEMPTS)?.map_or(3, |attempts| attempts.value.get()),
        })
    }
}

impl Settings {
    /// Returns the settings of the instance metadata service of EC2.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_EC2_METADATA_DISABLED", "true")]).build()?;
    /// assert!(config.instance_metadata().disabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn instance_metadata(&self) -> &InstanceMetadata {
        &self.ambient.metadata
    }
}
