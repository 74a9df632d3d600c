//! Errors of settings.

use std::path::PathBuf;

use crate::error::{Detail, ErrorKind};
use crate::uri;

/// An invalid setting, and where it is.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that cannot be read or parsed.
    #[error("{file}: {what}", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No region is configured.
    #[error(
        "no region: it is neither given to the client, nor in AWS_REGION or AWS_DEFAULT_REGION, nor the region of profile {profile:?} in {files}"
    )]
    NoRegion {
        /// The profile in use.
        profile: String,
        /// Where the profiles are.
        files: String,
    },
    /// A profile that is in neither file.
    #[error("there is no profile {name:?} ({from}); there are: {available}")]
    Profile {
        /// The name.
        name: String,
        /// What names it.
        from: String,
        /// The existing ones.
        available: String,
    },
    /// A `services` key that refers to no section.
    #[error("there is no section [services {name}], which the profile refers to")]
    Services {
        /// The name.
        name: String,
    },
    /// An invalid value.
    #[error("{key}: {value:?}, from {from}, must be {expected}", value = uri::without_passwords(value))]
    Value {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: String,
        /// Where the value comes from.
        from: String,
        /// What it must be.
        expected: &'static str,
    },
}

impl Detail for ConfigError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}
