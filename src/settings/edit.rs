//! Changes to AWS's files, which keep everything else in them: order, comments, line ends and modes.
//!
//! ```text
//! lock the file ──► read ──► change the text ──► parse ──► write a new file beside it ──► rename
//! ```
//! The lock makes a second process wait, so that neither loses the other's change. It is on the file itself, which the rename
//! replaces, so a process that got the lock of the old file starts again with the new one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::edited::{Change, edited};
use super::ini::Ini;
use super::profile::{CONFIG, CREDENTIALS, Place};
use super::{ConfigError, shell_words};
use crate::environment::Environment;
use crate::{file, new_file};

/// Changes to one of AWS's files, `~/.aws/config` or `~/.aws/credentials`, which are saved at one stroke.
///
/// Sections and keys that do not exist are added; the file and its folder are created, and a new file is readable by its owner
/// only. What other programs change in the meantime is not lost if they use this type too.
///
/// ```
/// use tucuxi::config::{Environment, FileEdit};
///
/// # let home = tempfile::tempdir()?;
/// # let env = Environment::from_iter([("HOME", home.path().to_str().unwrap())]); /*
/// let env = Environment::from_process();
/// # */
/// let edit = FileEdit::config().profile("dev").set("region", "eu-west-1").set_nested("s3", "addressing_style", "path");
/// let path = edit.save(&env)?;
/// assert_eq!(std::fs::read_to_string(path)?, "[profile dev]\nregion = eu-west-1\ns3 =\n    addressing_style = path\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "the file is unchanged before `save`"]
pub struct FileEdit {
    place: Place,
    sections: Vec<(String, Vec<Change>)>,
}

impl FileEdit {
    /// Creates changes to the config file.
    pub fn config() -> Self {
        Self::of(CONFIG)
    }

    /// Creates changes to the credentials file, whose sections are all profiles.
    pub fn credentials() -> Self {
        Self::of(CREDENTIALS)
    }

    fn of(place: Place) -> Self {
        let sections = Vec::new();
        Self { place, sections }
    }

    /// Selects a profile, which is added if it does not exist. The following changes are made to it.
    pub fn profile(self, name: &str) -> Self {
        let header = match self.is_credentials() || name == "default" {
            true => name.to_owned(),
            false => format!("profile {}", shell_words::quoted(name)),
        };
        self.section(&header)
    }

    /// Selects an `[sso-session NAME]` of the config file.
    pub fn sso_session(self, name: &str) -> Self {
        self.section(&format!("sso-session {}", shell_words::quoted(name)))
    }

    /// Selects the section with this header.
    pub fn section(mut self, header: &str) -> Self {
        self.sections.push((header.to_owned(), Vec::new()));
        self
    }

    /// Sets a key of the selected section, or of the default profile if no section is selected.
    pub fn set(self, key: &str, value: &str) -> Self {
        self.change(Change {
            key: key.into(),
            nested: None,
            value: value.into(),
        })
    }

    /// Sets a key of a nested section, such as `max_concurrent_requests` of `s3`.
    pub fn set_nested(self, key: &str, nested: &str, value: &str) -> Self {
        self.change(Change {
            key: key.into(),
            nested: Some(nested.into()),
            value: value.into(),
        })
    }

    fn change(mut self, change: Change) -> Self {
        if self.sections.is_empty() {
            self = self.profile("default");
        }
        if let Some((_, changes)) = self.sections.last_mut() {
            changes.push(change);
        }
        self
    }

    fn is_credentials(&self) -> bool {
        self.place == CREDENTIALS
    }

    /// Saves the changes in the file that the environment names, or in that of `~/.aws`. Returns the path of the file.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or a value cannot be written, if the file is invalid, or if it cannot be read or written. The file
    /// is then unchanged.
    pub fn save(&self, env: &Environment) -> Result<PathBuf, ConfigError> {
        let (variable, default) = self.place;
        let named = env.get(variable);
        let path = env.expand(named.unwrap_or(default));
        let failed = |what: String| ConfigError::File {
            file: path.clone(),
            what,
        };
        if named.is_none() && env.home().is_none() {
            return Err(failed(format!("neither HOME nor {variable} is set")));
        }
        self.check().map_err(&failed)?;
        let io_failed = |error: io::Error| failed(error.to_string());
        create(&path).map_err(io_failed)?;
        let _lock = Lock::of(&path).map_err(io_failed)?;
        let bytes = file::read(&path, file::MAX_SETTINGS).map_err(io_failed)?;
        Ini::parse(&bytes).map_err(|error| failed(error.to_string()))?;
        let old = String::from_utf8(bytes).map_err(|_| failed("not UTF-8".into()))?;
        let mut new = old.clone();
        for (header, changes) in &self.sections {
            new = edited(&new, header, changes);
        }
        Ini::parse(new.as_bytes())
            .map_err(|error| failed(format!("the change would break {error}")))?;
        if new != old {
            let mut writer = new_file::Writer::open(&path).map_err(io_failed)?;
            writer.write_all(new.as_bytes()).map_err(io_failed)?;
            writer.commit().map_err(io_failed)?;
        }
        Ok(path)
    }

    /// Checks that names and values have their place in a line. The error shows no value, which may be a secret.
    fn check(&self) -> Result<(), String> {
        let has_line_break = |text: &str| text.contains(['\n', '\r']);
        for (header, changes) in &self.sections {
            if header.is_empty() || has_line_break(header) {
                return Err(format!(
                    "{header:?} cannot be the name of a section: it is empty or has a line break"
                ));
            }
            for Change { key, nested, value } in changes {
                let is_key = |key: &str| {
                    let text = key.trim();
                    !text.is_empty()
                        && !has_line_break(key)
                        && !text.contains('=')
                        && !text.starts_with(['[', '#', ';'])
                };
                if !is_key(key) || key.contains(':') {
                    return Err(format!("{key:?} cannot be a key"));
                }
                if let Some(nested) = nested.as_ref().filter(|nested| !is_key(nested)) {
                    return Err(format!("{nested:?} cannot be a key of {key}"));
                }
                if has_line_break(value) {
                    return Err(format!("the value of {key} has a line break"));
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for FileEdit {
    /// Omits the values, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = |changes: &[Change]| -> Vec<String> {
            changes.iter().map(|change| change.key.clone()).collect()
        };
        let sections = self.sections.iter();
        f.debug_map()
            .entries(sections.map(|(header, changes)| (header, keys(changes))))
            .finish()
    }
}

/// Creates the file and its folder if they do not exist.
fn create(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The lock of a file, which lasts as long as this value.
struct Lock {
    #[cfg(unix)]
    _file: File,
}

impl Lock {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        loop {
            let file = file::open(path)?;
            match file.lock() {
                // some file systems have no locks
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                locked => locked?,
            }
            // another process may have replaced the file in the meantime
            if id(file.metadata()?) == id(fs::metadata(path)?) {
                return Ok(Self { _file: file });
            }
        }
    }

    /// On Windows, a locked file cannot be replaced.
    #[cfg(not(unix))]
    fn of(_: &Path) -> io::Result<Self> {
        Ok(Self {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(home: &Path) -> Environment {
        Environment::from_iter([("HOME", home.to_str().unwrap())])
    }

    #[cfg(unix)]
    #[test]
    fn files_are_created_for_their_owner_and_keep_their_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let env = environment(home.path());
        let path = FileEdit::credentials().set("a", "1").save(&env).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        FileEdit::credentials().set("a", "2").save(&env).unwrap();
        assert_eq!(mode(&path), 0o640);
        assert_eq!(fs::read_to_string(&path).unwrap(), "[default]\na = 2\n");
        let names = fs::read_dir(home.path().join(".aws")).unwrap();
        assert_eq!(names.count(), 1, "no other file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let env = environment(home.path());
        let real = home.path().join("real");
        fs::write(&real, "[default]\n").unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        let link = home.path().join(".aws/config");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        FileEdit::config().set("a", "1").save(&env).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "[default]\na = 1\n");
    }

    #[test]
    fn no_change_of_another_process_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let env = environment(home.path());
        let writers = (0..8).map(|writer| {
            let env = env.clone();
            std::thread::spawn(move || {
                for n in 0..10 {
                    let edit = FileEdit::config().profile(&format!("p{writer}"));
                    edit.set(&format!("k{n}"), "v").save(&env).unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.join().unwrap();
        }
        let text = fs::read_to_string(home.path().join(".aws/config")).unwrap();
        let ini = Ini::parse(text.as_bytes()).unwrap();
        assert_eq!(ini.sections.len(), 8);
        assert!(
            ini.sections
                .iter()
                .all(|section| section.entries.len() == 10)
        );
    }

    #[test]
    fn what_has_no_place_in_a_line_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let env = environment(home.path());
        let edit = FileEdit::config;
        for (edit, expected) in [
            (edit().set("a", "x\ny"), "the value of a has a line break"),
            (edit().set("a", "x\ry"), "the value of a has a line break"),
            (edit().set("", "x"), "\"\" cannot be a key"),
            (edit().set("#a", "x"), "\"#a\" cannot be a key"),
            (edit().set("a=b", "x"), "\"a=b\" cannot be a key"),
            (
                edit().set_nested("s3", "", "x"),
                "\"\" cannot be a key of s3",
            ),
            (edit().profile("a\nb"), "cannot be the name of a section"),
        ] {
            let error = edit.save(&env).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(!home.path().join(".aws").exists());
    }

    #[test]
    fn an_invalid_file_is_unchanged() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("c");
        fs::write(&path, "[a]\nnothing\n").unwrap();
        let env = Environment::from_iter([("AWS_CONFIG_FILE", path.to_str().unwrap())]);
        let error = FileEdit::config().set("x", "y").save(&env).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[a]\nnothing\n");
    }

    #[test]
    fn values_are_not_shown() {
        let edit = FileEdit::credentials().set("aws_secret_access_key", "s3cret");
        let text = format!("{edit:?}");
        assert!(text.contains("aws_secret_access_key") && !text.contains("s3cret"));
    }
}
