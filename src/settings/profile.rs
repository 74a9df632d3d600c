//! The sections of AWS's two files: profiles, SSO sessions and services.

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::ConfigError;
use super::ini::{Ini, IniValue, Section};
use super::shell_words;
use crate::environment::Environment;
use crate::file;
use crate::names;

/// Both files, merged. Keys of the credentials file take precedence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profiles {
    profiles: HashMap<String, Profile>,
    /// The names of the profiles, in the order of the files.
    order: Vec<String>,
    /// `[services NAME]`, which `services = NAME` of a profile refers to.
    services: HashMap<String, Profile>,
    /// `[sso-session NAME]`
    sso_sessions: HashMap<String, Profile>,
    files: [String; 2],
    /// Whether one of the files exists.
    has_file: bool,
    /// Sections that are not valid profiles but resemble one, by the profile name that was probably meant.
    misnamed: HashMap<String, Misnamed>,
}

/// A section whose header is a frequent mistake, such as `[dev]` in the config file.
#[derive(Clone, Debug)]
struct Misnamed {
    file: Arc<Path>,
    line: usize,
    written: String,
    correct: String,
}

impl fmt::Display for Misnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = (self.file.display(), self.line);
        let (written, correct) = (&self.written, &self.correct);
        write!(f, "{file} line {line} has [{written}]; write [{correct}]")
    }
}

/// The keys of a section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile(HashMap<String, ProfileValue>);

/// A value, and its file.
#[derive(Clone, Debug)]
pub(crate) struct ProfileValue {
    pub(crate) value: IniValue,
    pub(crate) file: Arc<Path>,
    /// The first line of the value.
    pub(crate) line: usize,
    /// Whether the file is the credentials file.
    pub(crate) is_credentials: bool,
}

impl Profiles {
    /// Reads the files that the environment names, or those in `~/.aws`. A missing file is empty.
    pub(crate) fn read(env: &Environment) -> Result<Self, ConfigError> {
        let mut profiles = Self {
            files: places(env),
            ..Self::default()
        };
        for section in profiles.read_file(env, CONFIG)? {
            profiles.add_config_section(section);
        }
        for section in profiles.read_file(env, CREDENTIALS)? {
            if let Some(name) = section.name.strip_prefix("profile ") {
                let name = name.trim();
                profiles
                    .misnamed
                    .insert(name.to_owned(), section.misnamed(name.to_owned()));
            }
            profiles.add_name(&section.name);
            let profile = profiles.profiles.entry(section.name).or_default();
            let values = section.values.0.into_iter();
            profile.0.extend(values.map(|(key, value)| {
                let is_credentials = true;
                (
                    key,
                    ProfileValue {
                        is_credentials,
                        ..value
                    },
                )
            }));
        }
        Ok(profiles)
    }

    fn add_config_section(&mut self, section: FileSection) {
        if section.name == "default" {
            self.add_name(&section.name);
            self.profiles.insert(section.name, section.values);
            return;
        }
        // the name may be quoted; sections of other forms belong to other programs
        let Some(words) = shell_words::split(&section.name) else {
            return;
        };
        let (kind, name) = match &words[..] {
            [name] => ("", name),
            [kind, name] => (&**kind, name),
            _ => return,
        };
        let kind = match kind {
            "profile" => {
                self.add_name(name);
                &mut self.profiles
            }
            "services" => &mut self.services,
            "sso-session" => &mut self.sso_sessions,
            _ if kind.is_empty() || kind.eq_ignore_ascii_case("profile") => {
                let correct = match name.contains(char::is_whitespace) {
                    true => format!("profile {name:?}"),
                    false => format!("profile {name}"),
                };
                let misnamed = section.misnamed(correct);
                self.misnamed.insert(name.clone(), misnamed);
                return;
            }
            _ => return,
        };
        kind.insert(name.clone(), section.values);
    }

    fn add_name(&mut self, name: &str) {
        if !self.profiles.contains_key(name) {
            self.order.push(name.to_owned());
        }
    }

    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    pub(crate) fn services(&self, name: &str) -> Option<&Profile> {
        self.services.get(name)
    }

    pub(crate) fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.sso_sessions.get(name)
    }

    #[cfg(feature = "_internals")]
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let value = |value: &IniValue| match value {
            IniValue::Text(text) => text.as_str().into(),
            IniValue::Nested(nested) => nested
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect::<serde_json::Value>(),
        };
        let section = |profile: &Profile| -> serde_json::Value {
            profile
                .0
                .iter()
                .map(|(key, entry)| (key.clone(), value(&entry.value)))
                .collect()
        };
        let kind = |sections: &HashMap<String, Profile>| -> serde_json::Value {
            sections
                .iter()
                .map(|(name, profile)| (name.clone(), section(profile)))
                .collect()
        };
        serde_json::json!({
            "profiles": kind(&self.profiles),
            "ssoSessions": kind(&self.sso_sessions),
            "services": kind(&self.services),
        })
    }

    /// Returns what to do about a missing profile, for errors.
    pub(crate) fn hint(&self, missing: &str) -> String {
        let [config, credentials] = &self.files;
        let names = self.names();
        if let Some(misnamed) = self.misnamed.get(missing) {
            return misnamed.to_string();
        }
        if !self.has_file {
            return format!("neither {config} nor {credentials} exists");
        }
        match &names::nearest(missing, names.iter().copied())[..] {
            _ if names.is_empty() => format!("{config} and {credentials} have no profiles"),
            [] => format!("the profiles are {}", names.join(", ")),
            near => {
                let near: Vec<String> = near.iter().map(|name| format!("{name:?}")).collect();
                format!("did you mean {}?", near.join(" or "))
            }
        }
    }

    /// Returns the paths of the files, for errors.
    pub(crate) fn places(&self) -> String {
        self.files.join(" or ")
    }

    /// Returns the names of all profiles, in the order of the files.
    #[cfg(feature = "cli")]
    pub(crate) fn ordered_names(&self) -> &[String] {
        &self.order
    }

    /// Returns the SSO sessions, in order of their names.
    #[cfg(feature = "cli")]
    pub(crate) fn sso_sessions(&self) -> Vec<(&str, &Profile)> {
        let sessions = self.sso_sessions.iter();
        let mut sessions: Vec<_> = sessions.map(|(name, keys)| (&**name, keys)).collect();
        sessions.sort_unstable_by_key(|(name, _)| *name);
        sessions
    }

    /// Reads a section of the config file that is of none of AWS's kinds, such as `[plugins]`.
    #[cfg(feature = "cli")]
    pub(crate) fn other_section(env: &Environment, name: &str) -> Result<Profile, ConfigError> {
        let mut sections = Self::default().read_file(env, CONFIG)?.into_iter();
        let found = sections.find(|section| section.name == name);
        Ok(found.map(|section| section.values).unwrap_or_default())
    }

    /// Returns the names of all profiles, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.profiles.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

impl Profile {
    /// Returns the keys of a nested section, with their values.
    pub(crate) fn nested(&self, section: &str) -> &[(String, String)] {
        match self.0.get(section).map(|entry| &entry.value) {
            Some(IniValue::Nested(nested)) => nested,
            _ => &[],
        }
    }

    /// Returns the value of a key.
    #[cfg(feature = "cli")]
    pub(crate) fn value(&self, key: &str) -> Option<&IniValue> {
        self.0.get(key).map(|entry| &entry.value)
    }

    /// Returns the text of a key, or of a key in a nested section.
    pub(crate) fn text(&self, section: Option<&str>, key: &str) -> Option<(&str, &ProfileValue)> {
        let entry = self.0.get(section.unwrap_or(key))?;
        match (&entry.value, section) {
            (IniValue::Text(text), None) => Some((text, entry)),
            (IniValue::Nested(nested), Some(_)) => {
                let found = nested.iter().rev().find(|(k, _)| k == key)?;
                Some((&found.1, entry))
            }
            _ => None,
        }
    }
}

struct FileSection {
    name: String,
    file: Arc<Path>,
    line: usize,
    values: Profile,
}

impl FileSection {
    /// Describes the section as one that should have another header.
    fn misnamed(&self, correct: String) -> Misnamed {
        Misnamed {
            file: self.file.clone(),
            line: self.line,
            written: self.name.clone(),
            correct,
        }
    }
}

/// The variable that names a file, and the default path of the file.
pub(super) type Place = (&'static str, &'static str);
pub(super) const CONFIG: Place = ("AWS_CONFIG_FILE", "~/.aws/config");
pub(super) const CREDENTIALS: Place = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");

/// Returns the paths of both files.
pub(super) fn places(env: &Environment) -> [String; 2] {
    [CONFIG, CREDENTIALS].map(|(variable, default)| {
        let path = env.expand(env.get(variable).unwrap_or(default));
        path.display().to_string()
    })
}

impl Profiles {
    fn read_file(
        &mut self,
        env: &Environment,
        (variable, default): Place,
    ) -> Result<Vec<FileSection>, ConfigError> {
        let named = env.get(variable);
        if named.is_none() && env.home().is_none() {
            return Ok(Vec::new());
        }
        let path: Arc<Path> = env.expand(named.unwrap_or(default)).into();
        let error = |what: String| ConfigError::File {
            file: path.to_path_buf(),
            what,
        };
        let bytes = match file::read_or_pipe(&path, file::MAX_SETTINGS) {
            Ok(bytes) => bytes,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(e) => return Err(error(e.to_string())),
        };
        self.has_file = true;
        let ini = Ini::parse(&bytes).map_err(|e| error(e.to_string()))?;
        let sections = ini.sections.into_iter();
        Ok(sections
            .map(|section| file_section(section, &path))
            .collect())
    }
}

fn file_section(section: Section, file: &Arc<Path>) -> FileSection {
    let entries = section.entries.into_iter().map(|entry| {
        let value = ProfileValue {
            value: entry.value,
            file: file.clone(),
            line: entry.line,
            is_credentials: false,
        };
        (entry.key, value)
    });
    FileSection {
        name: section.name,
        file: file.clone(),
        line: section.line,
        values: Profile(entries.collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_missing_profile_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (config, credentials) = (path("config"), path("credentials"));
        let env = Environment::from_iter([
            ("AWS_CONFIG_FILE", &config),
            ("AWS_SHARED_CREDENTIALS_FILE", &credentials),
        ]);
        let hint = |missing: &str| Profiles::read(&env).unwrap().hint(missing);
        assert_eq!(
            hint("dev"),
            format!("neither {config} nor {credentials} exists")
        );
        std::fs::write(&config, "[services s]\n").unwrap();
        assert_eq!(
            hint("dev"),
            format!("{config} and {credentials} have no profiles")
        );
        let text = "[default]\nregion = x\n[dev]\nregion = x\n['two words']\n[Profile big]\n[profile staging]\n";
        std::fs::write(&config, text).unwrap();
        std::fs::write(&credentials, "\n[profile ci]\n").unwrap();
        for (missing, expected) in [
            (
                "dev",
                format!("{config} line 3 has [dev]; write [profile dev]"),
            ),
            (
                "two words",
                format!("{config} line 5 has ['two words']; write [profile \"two words\"]"),
            ),
            (
                "big",
                format!("{config} line 6 has [Profile big]; write [profile big]"),
            ),
            (
                "ci",
                format!("{credentials} line 2 has [profile ci]; write [ci]"),
            ),
            ("stagin", "did you mean \"staging\"?".into()),
            (
                "other",
                "the profiles are default, profile ci, staging".into(),
            ),
        ] {
            assert_eq!(hint(missing), expected, "{missing}");
        }
    }
}
