//! The sources of a setting, the highest precedence first: the program, the environment, the profile, the default.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::ConfigError;
use super::explicit::Explicit;
use super::profile::Profile;
use super::rows::Row;
use crate::environment::Environment;

/// The value of a setting, and its source.
///
/// ```
/// use tucuxi::config::Source;
///
/// let config = tucuxi::Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
/// let region = config.region_setting().unwrap();
/// assert_eq!(region.value, "eu-west-1");
/// assert_eq!(region.source, Source::Environment("AWS_REGION"));
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}

impl<T> Setting<T> {
    /// Creates a value that the program sets.
    pub(crate) fn of_program(value: T) -> Self {
        Self {
            value,
            source: Source::Builder,
        }
    }
}

/// The source of a setting's value.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::config::Source;
///
/// let config = Config::builder().environment([("AWS_REGION", "eu-west-1")]).build()?;
/// let region = config.region_setting().unwrap();
/// assert_eq!(region.source, Source::Environment("AWS_REGION"));
/// assert_eq!(region.source.to_string(), "the environment variable AWS_REGION");
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The program, through [`Config::builder`](crate::Config::builder).
    Builder,
    /// The default, because the setting is not set.
    Default,
    /// This environment variable.
    Environment(&'static str),
    /// A profile in one of AWS's files.
    #[non_exhaustive]
    Profile {
        /// The name of the profile.
        profile: Arc<str>,
        /// The file.
        file: Arc<Path>,
        /// The line of the key, or of its nested section.
        line: usize,
        /// The key, preceded by its nested section if it is in one: `s3.addressing_style`.
        key: &'static str,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builder => f.write_str("the program"),
            Self::Default => f.write_str("the default"),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Profile {
                profile,
                file,
                line,
                key,
            } => {
                let file = file.display();
                write!(f, "{key} of profile {profile:?} in {file}, line {line}")
            }
        }
    }
}

/// The environment and the profile, for settings that the program does not set.
pub(super) struct Chain<'a> {
    pub(super) explicit: &'a Explicit,
    pub(super) env: &'a Environment,
    pub(super) profile: Option<&'a Profile>,
    pub(super) profile_name: &'a str,
}

impl Chain<'_> {
    /// Returns the setting as text, or `None` if the program sets it, in which case the other values are not even parsed.
    pub(super) fn text(&self, row: &Row) -> Option<Setting<String>> {
        if (row.explicit)(self.explicit).is_some() {
            return None;
        }
        let set = |value: &str, source| Setting {
            value: value.to_owned(),
            source,
        };
        let in_env = || {
            let mut names = row.env.iter();
            names.find_map(|name| Some(set(self.env.get(name)?, Source::Environment(name))))
        };
        let in_profile = || {
            let plain = || self.of_profile(row.plain_key?);
            self.of_profile(row.key).or_else(plain)
        };
        in_env()
            .or_else(in_profile)
            .filter(|setting| !setting.value.is_empty())
    }

    /// Returns the text of a key of the profile. The key may be in a nested section: `s3.addressing_style`.
    pub(super) fn of_profile(&self, path: &'static str) -> Option<Setting<String>> {
        let (section, key) = match path.split_once('.') {
            Some((section, key)) => (Some(section), key),
            None => (None, path),
        };
        let (text, from) = self.profile?.text(section, key)?;
        Some(Setting {
            value: text.to_owned(),
            source: Source::Profile {
                profile: self.profile_name.into(),
                file: from.file.clone(),
                line: from.line,
                key: path,
            },
        })
    }

    /// Parses the setting. An error lists the valid values, `expected`.
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

    /// Parses `true` or `false`, in any case.
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
