//! The settings of profiles and the environment: their keys, variables, and defaults as
//! [`Settings::explain`](super::Settings::explain) shows them.

use super::explicit::Explicit;

/// A setting: its key in a profile (`s3.addressing_style` is in the nested section `s3`), and its environment variables, of which
/// the first one that is set applies.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: &'static str,
    /// An alternative key outside of the nested section.
    pub(super) plain_key: Option<&'static str>,
    pub(super) env: &'static [&'static str],
    /// The default, or `-` for a setting without a default.
    pub(super) default: &'static str,
    /// Returns the value of the program as text.
    pub(super) explicit: fn(&Explicit) -> Option<String>,
}

const fn row(
    key: &'static str,
    env: &'static [&'static str],
    default: &'static str,
    explicit: fn(&Explicit) -> Option<String>,
) -> Row {
    Row {
        key,
        plain_key: None,
        env,
        default,
        explicit,
    }
}

impl Row {
    const fn or_plain(mut self, key: &'static str) -> Self {
        self.plain_key = Some(key);
        self
    }
}

/// Converts a value of the program to text.
fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Stands in for the value of a setting that the builder cannot set.
const fn never(_: &Explicit) -> Option<String> {
    None
}

/// Defines the rows as constants, and all of them in the order in which they are shown.
macro_rules! rows {
    ($($name:ident = $row:expr;)*) => {
        $(pub(super) const $name: Row = $row;)*
        pub(super) const ALL: &[&Row] = &[$(&$name),*];
    };
}

rows! {
    REGION = row("region", &["AWS_REGION", "AWS_DEFAULT_REGION"], "-", |program| {
        program.values.region.as_ref().map(|region| region.value.clone())
    });
    ENDPOINT_URL = row("endpoint_url", &["AWS_ENDPOINT_URL"], "-", |program| program.endpoint_url.clone());
    IGNORE_ENDPOINT_URLS = row(
        "ignore_configured_endpoint_urls",
        &["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"],
        "false",
        |program| text(program.ignore_endpoint_urls),
    );
    USE_FIPS = row("use_fips_endpoint", &["AWS_USE_FIPS_ENDPOINT"], "false", |program| {
        text(program.values.use_fips)
    });
    USE_DUALSTACK = row("use_dualstack_endpoint", &["AWS_USE_DUALSTACK_ENDPOINT"], "false", |program| {
        text(program.values.use_dualstack)
    });
    ENDPOINT_DISCOVERY = row(
        "endpoint_discovery_enabled",
        &["AWS_ENDPOINT_DISCOVERY_ENABLED"],
        "auto",
        |program| text(program.values.endpoint_discovery.map(|mode| mode.as_str())),
    );
    ACCOUNT_ID_MODE = row("account_id_endpoint_mode", &["AWS_ACCOUNT_ID_ENDPOINT_MODE"], "preferred", |program| {
        text(program.values.account_id_mode.map(|mode| mode.as_str()))
    });
    STS_ENDPOINTS = row("sts_regional_endpoints", &["AWS_STS_REGIONAL_ENDPOINTS"], "regional", never);
    NO_HOST_PREFIX = row(
        "disable_host_prefix_injection",
        &["AWS_DISABLE_HOST_PREFIX_INJECTION"],
        "false",
        |program| text(program.values.no_host_prefix),
    );
    DEFAULTS_MODE = row("defaults_mode", &["AWS_DEFAULTS_MODE"], "legacy", |program| {
        text(program.values.defaults_mode.map(|mode| mode.as_str()))
    });
    RETRY_MODE = row("retry_mode", &["AWS_RETRY_MODE"], "standard", |program| {
        text(program.values.retry_mode.map(|mode| mode.as_str()))
    });
    MAX_ATTEMPTS = row("max_attempts", &["AWS_MAX_ATTEMPTS"], "the default of the retry mode", |program| {
        text(program.values.max_attempts)
    });
    CA_BUNDLE = row("ca_bundle", &["AWS_CA_BUNDLE"], "-", |program| program.network.ca_bundle.clone());
    KEEPALIVE = row("tcp_keepalive", &["BOTOCORE_TCP_KEEPALIVE"], "false", |program| {
        text(program.network.tcp_keepalive)
    });
    SIGNATURE_VERSION = row("signature_version", &[], "-", |program| {
        text(program.values.signature_version.map(|version| version.as_str()))
    });
    AUTH_SCHEMES = row("auth_scheme_preference", &["AWS_AUTH_SCHEME_PREFERENCE"], "-", |program| {
        program.values.auth_schemes.as_ref().map(|names| names.join(","))
    });
    REGION_SET = row("sigv4a_signing_region_set", &["AWS_SIGV4A_SIGNING_REGION_SET"], "-", |program| {
        program.values.region_set.clone()
    });
    REQUEST_CHECKSUMS = row(
        "request_checksum_calculation",
        &["AWS_REQUEST_CHECKSUM_CALCULATION"],
        "when_supported",
        |program| text(program.values.request_checksums.map(|when| when.as_str())),
    );
    RESPONSE_CHECKSUMS = row(
        "response_checksum_validation",
        &["AWS_RESPONSE_CHECKSUM_VALIDATION"],
        "when_supported",
        |program| text(program.values.response_checksums.map(|when| when.as_str())),
    );
    NO_COMPRESSION = row("disable_request_compression", &["AWS_DISABLE_REQUEST_COMPRESSION"], "false", |program| {
        text(program.values.no_compression)
    });
    COMPRESSION_SIZE = row(
        "request_min_compression_size_bytes",
        &["AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"],
        "10240",
        |program| text(program.values.compression_size),
    );
    VALIDATION = row("parameter_validation", &[], "true", |program| text(program.values.validate_parameters));
    APP_ID = row("sdk_ua_app_id", &["AWS_SDK_UA_APP_ID"], "-", |program| program.values.app_id.clone());
    SWITCHED_OFF = row("disabled_customisations", &["TUCUXI_DISABLED_CUSTOMISATIONS"], "-", never);
    DATA_PATH = row("data_path", &["AWS_DATA_PATH"], "-", never);
    S3_ADDRESSING = row("s3.addressing_style", &[], "auto", |program| {
        text(program.values.s3.addressing_style.map(|style| style.as_str()))
    });
    S3_ACCELERATE = row("s3.use_accelerate_endpoint", &[], "false", |program| {
        text(program.values.s3.use_accelerate_endpoint)
    });
    S3_DUALSTACK = row("s3.use_dualstack_endpoint", &[], "-", |program| text(program.values.s3.use_dualstack));
    S3_SIGN_PAYLOAD = row("s3.payload_signing_enabled", &[], "-", |program| {
        text(program.values.s3.payload_signing_enabled)
    });
    S3_ARN_REGION = row("s3.use_arn_region", &["AWS_S3_USE_ARN_REGION"], "-", |program| {
        text(program.values.s3.use_arn_region)
    })
    .or_plain("s3_use_arn_region");
    S3_US_EAST_1 = row(
        "s3.us_east_1_regional_endpoint",
        &["AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"],
        "legacy",
        |program| text(program.values.s3.us_east_1.map(|endpoint| endpoint.as_str())),
    )
    .or_plain("s3_us_east_1_regional_endpoint");
    S3_NO_MRAP = row(
        "s3.s3_disable_multiregion_access_points",
        &["AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"],
        "false",
        |program| text(program.values.s3.disable_multiregion_access_points),
    )
    .or_plain("s3_disable_multiregion_access_points");
    S3_NO_EXPRESS_AUTH = row(
        "s3_disable_express_session_auth",
        &["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"],
        "false",
        |program| text(program.values.s3.disable_express_session_auth),
    );
    IMDS_DISABLED = row("ec2_metadata_disabled", &["AWS_EC2_METADATA_DISABLED"], "false", never);
    IMDS_ENDPOINT = row("ec2_metadata_service_endpoint", &["AWS_EC2_METADATA_SERVICE_ENDPOINT"], "-", never);
    IMDS_MODE = row("ec2_metadata_service_endpoint_mode", &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"], "ipv4", never);
    IMDS_IPV6 = row("imds_use_ipv6", &["AWS_IMDS_USE_IPV6"], "false", never);
    IMDS_V1_DISABLED = row("ec2_metadata_v1_disabled", &["AWS_EC2_METADATA_V1_DISABLED"], "false", never);
    IMDS_TIMEOUT = row("metadata_service_timeout", &["AWS_METADATA_SERVICE_TIMEOUT"], "1", never);
    IMDS_ATTEMPTS = row("metadata_service_num_attempts", &["AWS_METADATA_SERVICE_NUM_ATTEMPTS"], "3", never);
    CREDENTIALS_TIMEOUT = row("credentials_timeout", &["TUCUXI_CREDENTIALS_TIMEOUT"], "120", |program| {
        text(program.values.credentials_timeout.map(|timeout| timeout.as_secs_f64()))
    });
}

/// Settings that are not shown: defaults of transfers, in the nested section `s3`, and of `proxies_config`.
pub(super) const S3_CONCURRENCY: Row = row("s3.max_concurrent_requests", &[], "-", never);
pub(super) const S3_THRESHOLD: Row = row("s3.multipart_threshold", &[], "-", never);
pub(super) const S3_CHUNK_SIZE: Row = row("s3.multipart_chunksize", &[], "-", never);
pub(super) const S3_BANDWIDTH: Row = row("s3.max_bandwidth", &[], "-", never);
pub(super) const PROXY_CA: Row = row("proxies_config.proxy_ca_bundle", &[], "-", |program| {
    program.network.proxy_ca_bundle.clone()
});
pub(super) const PROXY_CERTIFICATE: Row = row("proxies_config.proxy_client_cert", &[], "-", never);
pub(super) const PROXY_FORWARD: Row = row(
    "proxies_config.proxy_use_forwarding_for_https",
    &[],
    "false",
    |program| text(program.network.proxy_forwards_https),
);
