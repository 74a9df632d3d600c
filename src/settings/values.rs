//! Settings that have one of a few values.

use std::str::FromStr;

/// A closed set of values, read in any case.
macro_rules! setting_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$word_doc])* $variant),* }

        impl $name {
            pub(super) const VALUES: &str = concat!("one of:" $(, " ", $word)*);

            /// As it is written in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text.to_ascii_lowercase().as_str() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(()),
                }
            }
        }
    };
}

setting_enum! {
    /// Where the bucket's name goes in the URL.
    AddressingStyle {
        /// Into the host, where it can be a part of one.
        #[default]
        Auto = "auto",
        /// Into the path.
        Path = "path",
        /// Into the host.
        Virtual = "virtual",
    }
}

setting_enum! {
    /// Which set of defaults is used.
    DefaultsMode {
        /// The one that fits where the client is.
        Auto = "auto",
        /// For clients in another region than the service.
        CrossRegion = "cross-region",
        /// For clients in the region of the service.
        InRegion = "in-region",
        /// The ones that there were before modes.
        #[default]
        Legacy = "legacy",
        /// For clients on a slow line.
        Mobile = "mobile",
        /// For all.
        Standard = "standard",
    }
}

setting_enum! {
    /// Whether endpoints are those of the account.
    AccountIdEndpointMode {
        /// Never.
        Disabled = "disabled",
        /// Where the account is known.
        #[default]
        Preferred = "preferred",
        /// Always; an unknown account is an error.
        Required = "required",
    }
}

setting_enum! {
    /// Whether endpoints are requested from services that discover them.
    EndpointDiscoveryMode {
        /// Those that have an operation which needs it.
        #[default]
        Auto = "auto",
        /// None.
        Disabled = "false",
        /// All.
        Enabled = "true",
    }
}

setting_enum! {
    /// Which endpoints of STS older regions use.
    StsEndpoints {
        /// The global one.
        Legacy = "legacy",
        /// The region's.
        #[default]
        Regional = "regional",
    }
}

setting_enum! {
    /// In what manner failed calls are tried again.
    RetryMode {
        /// As `standard`, and calls are slowed down before they are sent while the service throttles.
        Adaptive = "adaptive",
        /// As the SDKs did before they agreed on `standard`: five attempts, with delays of seconds.
        Legacy = "legacy",
        /// Three attempts with short delays, and a quota so that a failing service is not asked ever more.
        #[default]
        Standard = "standard",
    }
}

setting_enum! {
    /// When requests get a checksum.
    RequestChecksums {
        /// Where the service takes one.
        #[default]
        WhenSupported = "when_supported",
        /// Where the service needs one, or the caller asks for one.
        WhenRequired = "when_required",
    }
}

impl RequestChecksums {
    pub(crate) fn when_supported(self) -> bool {
        self == Self::WhenSupported
    }
}

setting_enum! {
    /// When the checksums of responses are verified.
    ResponseChecksums {
        /// Where the service has one.
        #[default]
        WhenSupported = "when_supported",
        /// Where the caller asks for it.
        WhenRequired = "when_required",
    }
}

setting_enum! {
    /// How requests are signed, where that is not left to models and rules.
    SignatureVersion {
        /// Version 4.
        #[default]
        V4 = "v4",
        /// Version 4 as S3 has it; of the same effect as `v4`.
        S3V4 = "s3v4",
        /// Version 4a, for a set of regions.
        V4a = "v4a",
        /// With a bearer token.
        Bearer = "bearer",
        /// S3's HMAC-SHA1 in a header, and in presigned URLs and forms: for servers that know nothing newer.
        S3 = "s3",
        /// The same, in the URL of every request, which is good for an hour.
        S3Query = "s3-query",
        /// Version 2 of the query protocol.
        V2 = "v2",
    }
}
