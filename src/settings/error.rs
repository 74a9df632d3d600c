//! Errors of settings.

use std::path::PathBuf;

use crate::error::{Detail, ErrorKind};
use crate::uri;

/// An invalid setting, and its source.
///
/// ```
/// use tucuxi::Config;
///
/// let error = Config::builder().isolated().max_attempts(0).build().unwrap_err();
/// assert_eq!(error.to_string(), r#"max_attempts: "0", from the program, must be a number from 1"#);
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that cannot be read or parsed.
    #[error("{file}: {what}", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The problem, with its line.
        what: String,
    },
    /// No region is configured.
    #[error(
        "no region: set one for the client, in AWS_REGION or AWS_DEFAULT_REGION, or for profile {profile:?} in {files}"
    )]
    NoRegion {
        /// The profile in use.
        profile: String,
        /// The files that may contain the profile.
        files: String,
    },
    /// A profile that is in neither file.
    #[error("no profile {name:?} (from {from}): {hint}")]
    Profile {
        /// The name of the profile.
        name: String,
        /// The source of the name.
        from: String,
        /// A remedy, or the names of the existing profiles.
        hint: String,
    },
    /// A `services` key that refers to a missing section.
    #[error("there is no section [services {name}], which the profile refers to")]
    Services {
        /// The name of the section.
        name: String,
    },
    /// An invalid URL.
    #[error("{key}: {value:?}, from {from}, is not a valid URL: {problem}")]
    Url {
        /// The setting.
        key: &'static str,
        /// Its value, without user name and password.
        value: String,
        /// The source of the value.
        from: String,
        /// The problem, and its remedy.
        problem: String,
    },
    /// An invalid value.
    #[error("{key}: {value:?}, from {from}, must be {expected}", value = uri::without_passwords(value))]
    Value {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: String,
        /// The source of the value.
        from: String,
        /// The valid values.
        expected: &'static str,
    },
}

impl Detail for ConfigError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}

/// A string that is not a value of a setting such as [`RetryMode`](super::RetryMode).
///
/// ```
/// use tucuxi::config::RetryMode;
///
/// let error = "adaptiv".parse::<RetryMode>().unwrap_err();
/// assert_eq!(error.to_string(), r#""adaptiv" must be one of: adaptive legacy standard"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} must be {expected}")]
pub struct InvalidValue {
    value: String,
    expected: &'static str,
}

impl InvalidValue {
    pub(super) fn new(value: &str, expected: &'static str) -> Self {
        let value = value.to_owned();
        Self { value, expected }
    }

    /// Returns the invalid string.
    ///
    /// ```
    /// # use tucuxi::config::RetryMode;
    /// let error = "adaptiv".parse::<RetryMode>().unwrap_err();
    /// assert_eq!(error.value(), "adaptiv");
    /// ```
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the valid values.
    ///
    /// ```
    /// # use tucuxi::config::RetryMode;
    /// let error = "adaptiv".parse::<RetryMode>().unwrap_err();
    /// assert_eq!(error.expected(), "one of: adaptive legacy standard");
    /// ```
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

impl Detail for InvalidValue {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}
