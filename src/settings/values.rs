//! Settings with a closed set of values.

use std::fmt;
use std::str::FromStr;

use super::error::InvalidValue;

/// Defines an enum for a setting. Its values are parsed in any case.
macro_rules! setting_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$word_doc])* $variant),* }

        impl $name {
            pub(super) const VALUES: &str = concat!("one of:" $(, " ", $word)*);

            /// Returns the value as it is written in files and environment variables.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                match text.to_ascii_lowercase().as_str() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(InvalidValue::new(text, Self::VALUES)),
                }
            }
        }
    };
}

setting_enum! {
    /// The position of the bucket's name in S3's URLs.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::AddressingStyle;
    ///
    /// // most S3-compatible servers expect the bucket in the path
    /// let config = Config::builder().isolated().endpoint_url("http://localhost:9000");
    /// let config = config.addressing_style(AddressingStyle::Path).build()?;
    /// assert_eq!(config.s3().addressing_style, AddressingStyle::Path);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    AddressingStyle {
        /// In the host if the name is valid there, and otherwise in the path.
        #[default]
        Auto = "auto",
        /// In the path.
        Path = "path",
        /// In the host.
        Virtual = "virtual",
    }
}

setting_enum! {
    /// A set of defaults.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tucuxi::Config;
    /// use tucuxi::config::DefaultsMode;
    ///
    /// let config = Config::builder().isolated().defaults_mode(DefaultsMode::InRegion).build()?;
    /// assert_eq!(config.connect_timeout(), Duration::from_millis(1100));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    DefaultsMode {
        /// `InRegion` or `CrossRegion`, according to the region in which the program runs.
        Auto = "auto",
        /// For programs that run in another region than that of the service.
        CrossRegion = "cross-region",
        /// For programs that run in the region of the service.
        InRegion = "in-region",
        /// The defaults from before there were modes.
        #[default]
        Legacy = "legacy",
        /// For programs with a slow network.
        Mobile = "mobile",
        /// For all programs.
        Standard = "standard",
    }
}

setting_enum! {
    /// The use of account-based endpoints, whose host contains the account id.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::AccountIdEndpointMode;
    ///
    /// let config = Config::builder().isolated().account_id_endpoint_mode(AccountIdEndpointMode::Disabled).build()?;
    /// assert_eq!(config.account_id_endpoint_mode(), AccountIdEndpointMode::Disabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    AccountIdEndpointMode {
        /// Never.
        Disabled = "disabled",
        /// If the credentials contain the account id.
        #[default]
        Preferred = "preferred",
        /// Always. Credentials without an account id are an error.
        Required = "required",
    }
}

setting_enum! {
    /// The use of endpoint discovery, by which services such as Timestream return the endpoint of a call.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::EndpointDiscoveryMode;
    ///
    /// let config = Config::builder().environment([("AWS_ENDPOINT_DISCOVERY_ENABLED", "true")]).build()?;
    /// assert_eq!(config.endpoint_discovery(), EndpointDiscoveryMode::Enabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    EndpointDiscoveryMode {
        /// For operations that require it.
        #[default]
        Auto = "auto",
        /// Never.
        Disabled = "false",
        /// For all operations that support it.
        Enabled = "true",
    }
}

setting_enum! {
    /// The endpoints of STS and S3 for regions that had only the global one.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::RegionalEndpoints;
    ///
    /// let config = Config::builder().environment([("AWS_STS_REGIONAL_ENDPOINTS", "legacy")]).build()?;
    /// assert_eq!(config.sts_endpoints(), RegionalEndpoints::Legacy);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    RegionalEndpoints {
        /// The global endpoint.
        Legacy = "legacy",
        /// The endpoint of the region.
        #[default]
        Regional = "regional",
    }
}

/// The validation of parameters before a request is sent. The setting `parameter_validation` of a profile selects one of the
/// first two.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::config::ParameterValidation;
///
/// let config = Config::builder().isolated().parameter_validation(ParameterValidation::Strict).build()?;
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterValidation {
    /// None.
    Disabled,
    /// Names, types, required members and minimum values.
    #[default]
    Enabled,
    /// Maximum values, maximum lengths and enumerations too. Services add values before models do, so this may refuse parameters
    /// that the service accepts.
    Strict,
}

impl From<bool> for ParameterValidation {
    fn from(yes: bool) -> Self {
        match yes {
            true => Self::Enabled,
            false => Self::Disabled,
        }
    }
}

setting_enum! {
    /// The retry mode.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::RetryMode;
    ///
    /// let config = Config::builder().isolated().retry_mode(RetryMode::Adaptive).max_attempts(5).build()?;
    /// assert_eq!(config.retry_mode(), RetryMode::Adaptive);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    RetryMode {
        /// As `Standard`, and the client also delays requests while the service throttles.
        Adaptive = "adaptive",
        /// The behaviour of SDKs before `Standard`: five attempts, with delays of seconds.
        Legacy = "legacy",
        /// Three attempts with short delays, and a retry quota that protects a failing service.
        #[default]
        Standard = "standard",
    }
}

setting_enum! {
    /// The requests that get a checksum.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::RequestChecksums;
    ///
    /// // some S3-compatible servers reject the checksums that S3 accepts
    /// let config = Config::builder().isolated().request_checksums(RequestChecksums::WhenRequired).build()?;
    /// assert_eq!(config.request_checksums(), RequestChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    RequestChecksums {
        /// Those of operations that support one.
        #[default]
        WhenSupported = "when_supported",
        /// Those of operations that require one, and those for which the caller requests one.
        WhenRequired = "when_required",
    }
}

impl RequestChecksums {
    pub(crate) fn when_supported(self) -> bool {
        self == Self::WhenSupported
    }
}

setting_enum! {
    /// The responses whose checksums are verified.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::ResponseChecksums;
    ///
    /// let config = Config::builder().isolated().response_checksums(ResponseChecksums::WhenRequired).build()?;
    /// assert_eq!(config.response_checksums(), ResponseChecksums::WhenRequired);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    ResponseChecksums {
        /// Those of operations that support one.
        #[default]
        WhenSupported = "when_supported",
        /// Those for which the caller requests one.
        WhenRequired = "when_required",
    }
}

setting_enum! {
    /// The signature of requests, in place of the one that models and endpoint rules choose.
    ///
    /// ```
    /// use tucuxi::Config;
    /// use tucuxi::config::SignatureVersion;
    ///
    /// // a multi-region access point
    /// let config = Config::builder().isolated().signature_version(SignatureVersion::V4a).build()?;
    /// assert_eq!(config.signature_version("s3")?, Some(SignatureVersion::V4a));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    SignatureVersion {
        /// Version 4.
        #[default]
        V4 = "v4",
        /// Version 4 in S3's form; the same as `v4`.
        S3V4 = "s3v4",
        /// Version 4a, for a set of regions.
        V4a = "v4a",
        /// A bearer token in place of a signature.
        Bearer = "bearer",
        /// S3's older signature (HMAC-SHA1) in a header, and in presigned URLs and forms, for servers that support nothing newer.
        S3 = "s3",
        /// S3's older signature in the URL of every request. The URL is valid for an hour.
        S3Query = "s3-query",
        /// Version 2, for the query protocol.
        V2 = "v2",
    }
}
