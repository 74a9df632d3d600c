//! Every setting that files and variables can have, with its value and where that is from.

use super::chain::{self, Chain, Row, Source};
use super::{Config, Setting, defaults, lookup, network, retry};
use crate::uri;

/// The settings, and what they are if nobody says anything; `-` where there is nothing then.
const SETTINGS: [(&Row, &str); 41] = [
    (&chain::REGION, "-"),
    (&chain::ENDPOINT_URL, "-"),
    (&chain::IGNORE_ENDPOINT_URLS, "false"),
    (&chain::USE_FIPS, "false"),
    (&chain::USE_DUALSTACK, "false"),
    (&chain::ENDPOINT_DISCOVERY, "auto"),
    (&chain::ACCOUNT_ID_MODE, "preferred"),
    (&chain::STS_ENDPOINTS, "regional"),
    (&chain::NO_HOST_PREFIX, "false"),
    (&defaults::MODE, "legacy"),
    (&retry::MODE, "standard"),
    (&chain::MAX_ATTEMPTS, "that of the mode"),
    (&network::CA_BUNDLE, "-"),
    (&network::KEEPALIVE, "false"),
    (&chain::SIGNATURE_VERSION, "-"),
    (&chain::AUTH_SCHEMES, "-"),
    (&chain::REGION_SET, "-"),
    (&chain::REQUEST_CHECKSUMS, "when_supported"),
    (&chain::RESPONSE_CHECKSUMS, "when_supported"),
    (&chain::NO_COMPRESSION, "false"),
    (&chain::COMPRESSION_SIZE, "10240"),
    (&chain::VALIDATION, "true"),
    (&chain::APP_ID, "-"),
    (&chain::SWITCHED_OFF, "-"),
    (&chain::DATA_PATH, "-"),
    (&chain::S3_ADDRESSING, "auto"),
    (&chain::S3_ACCELERATE, "false"),
    (&chain::S3_DUALSTACK, "-"),
    (&chain::S3_SIGN_PAYLOAD, "-"),
    (&chain::S3_ARN_REGION, "-"),
    (&chain::S3_US_EAST_1, "legacy"),
    (&chain::S3_NO_MRAP, "false"),
    (&chain::S3_NO_EXPRESS_AUTH, "false"),
    (&chain::IMDS_DISABLED, "false"),
    (&chain::IMDS_ENDPOINT, "-"),
    (&chain::IMDS_MODE, "ipv4"),
    (&chain::IMDS_IPV6, "false"),
    (&chain::IMDS_V1_DISABLED, "false"),
    (&chain::IMDS_TIMEOUT, "1"),
    (&chain::IMDS_ATTEMPTS, "3"),
    (&lookup::TIMEOUT, "120"),
];

impl Config {
    /// Every setting that files and variables can have, by its key in the config file, with its value and who said it. A
    /// key such as `s3.addressing_style` is in the nested section `s3`. Passwords in URLs are left out.
    ///
    /// ```
    /// let config = tucuxi::Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
    /// let (key, region) = &config.explain()[0];
    /// assert_eq!((*key, &*region.value), ("region", "eu-west-1"));
    /// assert_eq!(region.source.to_string(), "the environment variable AWS_REGION");
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn explain(&self) -> Vec<(&'static str, Setting<String>)> {
        let chain = Chain {
            explicit: self.0.builder.explicit(),
            env: &self.0.env,
            profile: self.current_profile(),
        };
        let rows = SETTINGS.iter().map(|(row, default)| {
            let setting = chain.text(row).unwrap_or_else(|| Setting {
                value: (*default).to_owned(),
                source: Source::Default,
            });
            // a password of an endpoint is no setting to show
            let value = uri::without_passwords(&setting.value).into_owned();
            (row.key, Setting { value, ..setting })
        });
        rows.collect()
    }
}
