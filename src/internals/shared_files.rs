//! AWS's two files as they are, whether or not they are a valid configuration.

use crate::config::Environment;
use crate::error::Result;
use crate::settings::{ConfigError, IniValue, Profile, Profiles, Setting, Source};

/// Both files, merged.
#[derive(Clone, Debug)]
pub struct SharedFiles {
    profiles: Profiles,
    env: Environment,
}

/// The keys of a section.
#[derive(Clone, Copy, Debug)]
pub struct Section<'f>(Option<&'f Profile>);

/// A value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'f> {
    /// The keys of a nested section, and their values.
    Nested(&'f [(String, String)]),
    /// A text.
    Text(&'f str),
}

impl SharedFiles {
    /// Reads the files that the environment names, or those in `~/.aws`.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or parsed.
    pub fn read(env: &Environment) -> Result<Self> {
        let profiles = Profiles::read(env)?;
        let env = env.clone();
        Ok(Self { profiles, env })
    }

    /// The profile that is in use: the given one, or that of the environment, or the default one.
    pub fn chosen(&self, given: Option<&str>) -> Setting<String> {
        crate::settings::choose_profile(given.map(str::to_owned), &self.env)
    }

    /// The keys of a profile.
    pub fn profile(&self, name: &str) -> Section<'_> {
        Section(self.profiles.profile(name))
    }

    /// The keys of the profile that is in use.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not exist although it is named.
    pub fn chosen_profile(&self, chosen: &Setting<String>) -> Result<Section<'_>> {
        let found = self.profile(&chosen.value);
        match found.exists() || chosen.source == Source::Default {
            true => Ok(found),
            false => Err(ConfigError::Profile {
                name: chosen.value.clone(),
                from: match &chosen.source {
                    Source::Builder => "--profile".into(),
                    source => source.to_string(),
                },
                hint: self.profiles.hint(&chosen.value),
            }
            .into()),
        }
    }

    /// The names of the profiles, in the order of the files.
    pub fn profile_names(&self) -> &[String] {
        self.profiles.ordered_names()
    }

    /// The keys of an `[sso-session NAME]`.
    pub fn sso_session(&self, name: &str) -> Section<'_> {
        Section(self.profiles.sso_session(name))
    }

    /// The SSO sessions, in order of their names.
    pub fn sso_sessions(&self) -> Vec<(&str, Section<'_>)> {
        let sessions = self.profiles.sso_sessions().into_iter();
        sessions
            .map(|(name, keys)| (name, Section(Some(keys))))
            .collect()
    }

    /// The text of a key of a section of the config file that is of none of AWS's kinds.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read.
    pub fn other_text(&self, section: &str, key: &str) -> Result<Option<String>> {
        let section = Profiles::other_section(&self.env, section)?;
        Ok(section.text(None, key).map(|(text, _)| text.to_owned()))
    }
}

impl<'f> Section<'f> {
    /// Whether the section exists.
    pub fn exists(self) -> bool {
        self.0.is_some()
    }

    /// The value of a key.
    pub fn value(self, key: &str) -> Option<Found<'f>> {
        Some(match self.0?.value(key)? {
            IniValue::Nested(nested) => Found::Nested(nested),
            IniValue::Text(text) => Found::Text(text),
        })
    }

    /// The text of a key.
    pub fn text(self, key: &str) -> Option<&'f str> {
        match self.value(key)? {
            Found::Text(text) => Some(text),
            Found::Nested(_) => None,
        }
    }
}

/// Whether a file may be read or changed by others than its owner.
pub fn is_open_to_others(path: &std::path::Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
