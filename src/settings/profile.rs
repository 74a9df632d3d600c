//! What the sections of AWS's two files mean: profiles, SSO sessions and services.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::ConfigError;
use super::ini::{Ini, IniValue, Section};
use super::shell_words;
use crate::environment::Environment;
use crate::file;

/// Both files, merged. Keys of the credentials file win.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profiles {
    profiles: HashMap<String, Profile>,
    /// `[services NAME]`: what `services = NAME` of a profile refers to.
    services: HashMap<String, Profile>,
    /// `[sso-session NAME]`
    sso_sessions: HashMap<String, Profile>,
    files: [String; 2],
}

/// The keys of a section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile(HashMap<String, ProfileValue>);

/// A value, and the file it is from.
#[derive(Clone, Debug)]
pub(crate) struct ProfileValue {
    pub(crate) value: IniValue,
    pub(crate) file: Arc<Path>,
    /// Where it begins there.
    pub(crate) line: usize,
    /// Whether that is the credentials file.
    pub(crate) is_credentials: bool,
}

impl Profiles {
    /// Reads the files that the environment names, or those below `~/.aws`. One that does not exist is empty.
    pub(crate) fn read(env: &Environment) -> Result<Self, ConfigError> {
        let mut profiles = Self {
            files: places(env),
            ..Self::default()
        };
        for section in read(env, CONFIG)? {
            profiles.add_config_section(section);
        }
        for section in read(env, CREDENTIALS)? {
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
            self.profiles.insert(section.name, section.values);
            return;
        }
        // the name may be quoted; a section that is not two words is none of ours
        let Some(words) = shell_words::split(&section.name) else {
            return;
        };
        let [kind, name] = &words[..] else {
            return;
        };
        let kind = match &**kind {
            "profile" => &mut self.profiles,
            "services" => &mut self.services,
            "sso-session" => &mut self.sso_sessions,
            _ => return,
        };
        kind.insert(name.clone(), section.values);
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

    /// The files, for errors.
    pub(crate) fn places(&self) -> String {
        self.files.join(" or ")
    }

    /// The names of all profiles, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.profiles.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

impl Profile {
    /// All keys of a nested section, with their values.
    pub(crate) fn nested(&self, section: &str) -> &[(String, String)] {
        match self.0.get(section).map(|entry| &entry.value) {
            Some(IniValue::Nested(nested)) => nested,
            _ => &[],
        }
    }

    /// The text of a key, or of one inside a nested section.
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
    values: Profile,
}

/// The variable that names a file, and where the file is else.
type Place = (&'static str, &'static str);
const CONFIG: Place = ("AWS_CONFIG_FILE", "~/.aws/config");
const CREDENTIALS: Place = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");

/// Where both files are.
pub(super) fn places(env: &Environment) -> [String; 2] {
    [CONFIG, CREDENTIALS].map(|(variable, default)| {
        let path = env.expand(env.get(variable).unwrap_or(default));
        path.display().to_string()
    })
}

fn read(env: &Environment, (variable, default): Place) -> Result<Vec<FileSection>, ConfigError> {
    let named = env.get(variable);
    if named.is_none() && env.home().is_none() {
        return Ok(Vec::new());
    }
    let path: Arc<Path> = env.expand(named.unwrap_or(default)).into();
    let fault = |what: String| ConfigError::File {
        file: path.to_path_buf(),
        what,
    };
    let bytes = match file::read_or_pipe(&path, file::MAX_SETTINGS) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(fault(e.to_string())),
    };
    let ini = Ini::parse(&bytes).map_err(|e| fault(e.to_string()))?;
    let section = |section: Section| FileSection {
        name: section.name,
        values: Profile(
            (section.entries.into_iter())
                .map(|entry| {
                    let value = ProfileValue {
                        value: entry.value,
                        file: path.clone(),
                        line: entry.line,
                        is_credentials: false,
                    };
                    (entry.key, value)
                })
                .collect(),
        ),
    };
    Ok(ini.sections.into_iter().map(section).collect())
}
