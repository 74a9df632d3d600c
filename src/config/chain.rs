//! Where a setting comes from: the builder, else the environment, else the profile, else its default.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::ConfigError;
use super::profile::Profile;
use crate::environment::Environment;

/// A value, and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who said it.
    pub source: Source,
}

/// Who said a setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The program, through `Config::builder`.
    Builder,
    /// Nobody.
    Default,
    /// This variable.
    Environment(&'static str),
    /// This key of the profile, in this file.
    Profile {
        /// The file.
        file: Arc<Path>,
        /// The key, with its nested section before it, if it is in one.
        key: &'static str,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builder => f.write_str("the program"),
            Self::Default => f.write_str("the default"),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Profile { file, key } => write!(f, "{key} in {}", file.display()),
        }
    }
}

/// One setting: its key in a profile (`s3.addressing_style` is in the nested section `s3`), and its variables, the first
/// being asked first.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: &'static str,
    /// The key that it has outside of the nested section too.
    plain_key: Option<&'static str>,
    pub(super) env: &'static [&'static str],
}

pub(super) const REGION: Row = row("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]);
pub(super) const ENDPOINT_URL: Row = row("endpoint_url", &["AWS_ENDPOINT_URL"]);
pub(super) const DATA_PATH: Row = row("data_path", &["AWS_DATA_PATH"]);
pub(super) const MAX_ATTEMPTS: Row = row("max_attempts", &["AWS_MAX_ATTEMPTS"]);
pub(super) const USE_FIPS: Row = row("use_fips_endpoint", &["AWS_USE_FIPS_ENDPOINT"]);
pub(super) const USE_DUALSTACK: Row =
    row("use_dualstack_endpoint", &["AWS_USE_DUALSTACK_ENDPOINT"]);
pub(super) const IGNORE_ENDPOINT_URLS: Row = row(
    "ignore_configured_endpoint_urls",
    &["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"],
);
pub(super) const STS_ENDPOINTS: Row =
    row("sts_regional_endpoints", &["AWS_STS_REGIONAL_ENDPOINTS"]);
pub(super) const ENDPOINT_DISCOVERY: Row = row(
    "endpoint_discovery_enabled",
    &["AWS_ENDPOINT_DISCOVERY_ENABLED"],
);
pub(super) const ACCOUNT_ID_MODE: Row = row(
    "account_id_endpoint_mode",
    &["AWS_ACCOUNT_ID_ENDPOINT_MODE"],
);
pub(super) const NO_HOST_PREFIX: Row = row(
    "disable_host_prefix_injection",
    &["AWS_DISABLE_HOST_PREFIX_INJECTION"],
);
pub(super) const APP_ID: Row = row("sdk_ua_app_id", &["AWS_SDK_UA_APP_ID"]);
pub(super) const SWITCHED_OFF: Row = row(
    "disabled_customisations",
    &["TUCUXI_DISABLED_CUSTOMISATIONS"],
);
pub(super) const VALIDATION: Row = row("parameter_validation", &[]);
pub(super) const S3_ADDRESSING: Row = row("s3.addressing_style", &[]);
pub(super) const S3_ACCELERATE: Row = row("s3.use_accelerate_endpoint", &[]);
pub(super) const S3_DUALSTACK: Row = row("s3.use_dualstack_endpoint", &[]);
pub(super) const S3_SIGN_PAYLOAD: Row = row("s3.payload_signing_enabled", &[]);
pub(super) const S3_CONCURRENCY: Row = row("s3.max_concurrent_requests", &[]);
pub(super) const S3_THRESHOLD: Row = row("s3.multipart_threshold", &[]);
pub(super) const S3_CHUNK_SIZE: Row = row("s3.multipart_chunksize", &[]);
pub(super) const S3_BANDWIDTH: Row = row("s3.max_bandwidth", &[]);
pub(super) const S3_ARN_REGION: Row = Row {
    plain_key: Some("s3_use_arn_region"),
    ..row("s3.use_arn_region", &["AWS_S3_USE_ARN_REGION"])
};
pub(super) const S3_US_EAST_1: Row = Row {
    plain_key: Some("s3_us_east_1_regional_endpoint"),
    ..row(
        "s3.us_east_1_regional_endpoint",
        &["AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"],
    )
};
pub(super) const S3_NO_MRAP: Row = Row {
    plain_key: Some("s3_disable_multiregion_access_points"),
    ..row(
        "s3.s3_disable_multiregion_access_points",
        &["AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"],
    )
};
pub(super) const S3_NO_EXPRESS_AUTH: Row = row(
    "s3_disable_express_session_auth",
    &["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"],
);

pub(super) const SIGNATURE_VERSION: Row = row("signature_version", &[]);
pub(super) const AUTH_SCHEMES: Row = row("auth_scheme_preference", &["AWS_AUTH_SCHEME_PREFERENCE"]);
pub(super) const REGION_SET: Row = row(
    "sigv4a_signing_region_set",
    &["AWS_SIGV4A_SIGNING_REGION_SET"],
);
pub(super) const REQUEST_CHECKSUMS: Row = row(
    "request_checksum_calculation",
    &["AWS_REQUEST_CHECKSUM_CALCULATION"],
);
pub(super) const RESPONSE_CHECKSUMS: Row = row(
    "response_checksum_validation",
    &["AWS_RESPONSE_CHECKSUM_VALIDATION"],
);
pub(super) const NO_COMPRESSION: Row = row(
    "disable_request_compression",
    &["AWS_DISABLE_REQUEST_COMPRESSION"],
);
pub(super) const COMPRESSION_SIZE: Row = row(
    "request_min_compression_size_bytes",
    &["AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"],
);

pub(super) const IMDS_DISABLED: Row = row("ec2_metadata_disabled", &["AWS_EC2_METADATA_DISABLED"]);
pub(super) const IMDS_ENDPOINT: Row = row(
    "ec2_metadata_service_endpoint",
    &["AWS_EC2_METADATA_SERVICE_ENDPOINT"],
);
pub(super) const IMDS_MODE: Row = row(
    "ec2_metadata_service_endpoint_mode",
    &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"],
);
pub(super) const IMDS_IPV6: Row = row("imds_use_ipv6", &["AWS_IMDS_USE_IPV6"]);
pub(super) const IMDS_V1_DISABLED: Row = row(
    "ec2_metadata_v1_disabled",
    &["AWS_EC2_METADATA_V1_DISABLED"],
);
pub(super) const IMDS_TIMEOUT: Row = row(
    "metadata_service_timeout",
    &["AWS_METADATA_SERVICE_TIMEOUT"],
);
pub(super) const IMDS_ATTEMPTS: Row = row(
    "metadata_service_num_attempts",
    &["AWS_METADATA_SERVICE_NUM_ATTEMPTS"],
);

pub(super) const fn row(key: &'static str, env: &'static [&'static str]) -> Row {
    Row {
        key,
        plain_key: None,
        env,
    }
}

/// The three places, in their order.
pub(super) struct Chain<'a> {
    pub(super) explicit: &'a [(&'static str, String)],
    pub(super) env: &'a Environment,
    pub(super) profile: Option<&'a Profile>,
}

impl Chain<'_> {
    /// The setting as text, wherever it is.
    pub(super) fn text(&self, row: &Row) -> Option<Setting<String>> {
        let set = |value: &str, source| Setting {
            value: value.to_owned(),
            source,
        };
        let explicit = self.explicit.iter().rev().find(|(key, _)| *key == row.key);
        let in_env = || {
            let mut names = row.env.iter();
            names.find_map(|name| Some(set(self.env.get(name)?, Source::Environment(name))))
        };
        let at = |path: &'static str| {
            let (section, key) = match path.split_once('.') {
                Some((section, key)) => (Some(section), key),
                None => (None, path),
            };
            let (text, from) = self.profile?.text(section, key)?;
            let file = from.file.clone();
            Some(set(text, Source::Profile { file, key: path }))
        };
        let in_profile = || at(row.key).or_else(|| at(row.plain_key?));
        (explicit.map(|(_, value)| set(value, Source::Builder)))
            .or_else(in_env)
            .or_else(in_profile)
            .filter(|setting| !setting.value.is_empty())
    }

    /// The setting, read as what it is; `expected` is said where it does not read as that.
    pub(super) fn parsed<T: FromStr>(
        &self,
        row: &Row,
        expected: &'static str,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(Setting { value, source }) = self.text(row) else {
            return Ok(None);
        };
        match value.trim().parse() {
            Ok(value) => Ok(Some(Setting { value, source })),
            Err(_) => Err(ConfigError::Value {
                key: row.key,
                value,
                from: source.to_string(),
                expected,
            }),
        }
    }

    /// True or false, in any case; anything else is an error.
    pub(super) fn boolean(&self, row: &Row) -> Result<Option<bool>, ConfigError> {
        let setting = self.parsed::<Boolean>(row, "true or false")?;
        Ok(setting.map(|s| s.value.0))
    }
}

struct Boolean(bool);

impl FromStr for Boolean {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            _ if text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            _ if text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err(()),
        }
    }
}
