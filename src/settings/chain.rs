//! Where a setting comes from: the program, else the environment, else the profile, else its default.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::ConfigError;
use super::explicit::Explicit;
use super::profile::Profile;
use super::rows::Row;
use crate::environment::Environment;

/// A value, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// A value that the program sets.
    pub(crate) fn of_program(value: T) -> Self {
        Self {
            value,
            source: Source::Builder,
        }
    }
}

/// Where the value of a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The program, through `Config::builder`.
    Builder,
    /// Nothing sets it.
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

/// The environment and the profile, in their order, for what the program does not set.
pub(super) struct Chain<'a> {
    pub(super) explicit: &'a Explicit,
    pub(super) env: &'a Environment,
    pub(super) profile: Option<&'a Profile>,
}

impl Chain<'_> {
    /// The setting as text. `None` where the program sets it: that value wins, and theirs is not even parsed.
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
        in_env()
            .or_else(in_profile)
            .filter(|setting| !setting.value.is_empty())
    }

    /// The parsed setting; an error says what it must be, which is `expected`.
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
