//! Settings with a closed set of values.

use std::fmt;
use std::str::FromStr;

use super::error::InvalidValue;

/// Defines an enum of the values of a setting, which are parsed in any case.
macro_rules! setting_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$word_doc])* $variant),* }

        impl $name {
            pub(super) const VALUES: &str = concat!("one of:" $(, " ", $word)*);

            /// Returns the value as it is written in files.
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
    /// The position of the bucket's name in the URL.
    AddressingStyle {
        /// In the host if it is a valid part of one, else in the path.
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
    DefaultsMode {
        /// The set that fits the environment of the client.
        Auto = "auto",
        /// For clients in another region than the service.
        CrossRegion = "cross-region",
        /// For clients in the region of the service.
        InRegion = "in-region",
        /// The defaults from before modes existed.
        #[default]
        Legacy = "legacy",
        /// For clients with a slow network.
        Mobile = "mobile",
        /// For all clients.
        Standard = "standard",
    }
}

setting_enum! {
    /// The use of account-based endpoints.
    AccountIdEndpointMode {
        /// Never.
        Disabled = "disabled",
        /// If the account is known.
        #[default]
        Preferred = "preferred",
        /// Always: an unknown account is an error.
        Required = "required",
    }
}

setting_enum! {
    /// The use of endpoint discovery.
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
    /// The endpoints of STS for regions that had only the global one.
    StsEndpoints {
        /// The global endpoint.
        Legacy = "legacy",
        /// The endpoint of the region.
        #[default]
        Regional = "regional",
    }
}

setting_enum! {
    /// The retry mode.
    RetryMode {
        /// As `standard`, and requests are delayed on the client while the service throttles.
        Adaptive = "adaptive",
        /// The behaviour of SDKs before `standard`: five attempts, with delays of seconds.
        Legacy = "legacy",
        /// Three attempts with short delays, and a quota of retries that protects a failing service.
        #[default]
        Standard = "standard",
    }
}

setting_enum! {
    /// The requests that get a checksum.
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
        /// S3's HMAC-SHA1 in a header, and in presigned URLs and forms: for servers that support nothing newer.
        S3 = "s3",
        /// The same, in the URL of every request, which is valid for an hour.
        S3Query = "s3-query",
        /// Version 2, of the query protocol.
        V2 = "v2",
    }
}
