//! The JSON files below `~/.aws` in which tucuxi and `aws` share tokens and credentials.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::CredentialsError;
use super::document::fault;
use crate::environment::Environment;
use crate::file;
use crate::hash::hex;
use crate::new_file;

/// The maximum size of a file; `aws` writes a few thousand bytes.
const MAX_SIZE: u64 = 1 << 20;

/// A cache file.
pub(super) struct CacheFile {
    path: PathBuf,
}

impl CacheFile {
    /// Returns the file for a key in a folder, or `None` if the folder is below the home directory and that is unknown.
    pub(super) fn new(env: &Environment, folder: &str, key: &str) -> Option<Self> {
        if folder.starts_with('~') {
            env.home()?;
        }
        let path = env.expand(folder).join(format!("{key}.json"));
        Some(Self { path })
    }

    /// Reads the file, or returns `None` if it does not exist. If it is not JSON, the error is `provider`'s, and shows
    /// nothing of the file, because the file contains secrets.
    pub(super) fn read(&self, provider: &'static str) -> Result<Option<Value>, CredentialsError> {
        let of = |what: String| fault(provider, format!("{}: {what}", self.path.display()));
        let bytes = match file::read(&self.path, MAX_SIZE) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(of(e.to_string())),
        };
        let document = serde_json::from_slice(&bytes).map_err(|e| {
            of(format!(
                "it is not JSON, at line {} column {}; remove it and log in again",
                e.line(),
                e.column()
            ))
        })?;
        Ok(Some(document))
    }

    /// Replaces the file atomically, with permissions for the user alone.
    pub(super) fn write(&self, document: &Value) -> io::Result<()> {
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let mut make = fs::DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        make.create(folder)?;
        new_file::replace_private(&self.path, document.to_string().as_bytes())
    }

    /// Removes the file. Returns whether there was one.
    pub(super) fn remove(&self) -> io::Result<bool> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the files of a folder that are JSON, with their documents. Others are left out.
    pub(super) fn all(env: &Environment, folder: &str) -> Vec<(Self, Value)> {
        if folder.starts_with('~') && env.home().is_none() {
            return Vec::new();
        }
        let entries = fs::read_dir(env.expand(folder)).into_iter().flatten();
        let files = entries.flatten().filter_map(|entry| {
            let file = Self { path: entry.path() };
            let document = file.read("").ok()??;
            Some((file, document))
        });
        files.collect()
    }

    /// Returns the path of the file, for errors.
    pub(super) fn place(&self) -> String {
        self.path.display().to_string()
    }
}

/// The name that `aws` gives to the file of a key.
pub(super) fn sha1_hex(key: &str) -> String {
    hex(&Sha1::digest(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_session_leads_out_of_the_folder() {
        let env = Environment::from_iter([("HOME", "/home/of/test")]);
        let long = "a".repeat(10_000);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "a\\b",
            "C:x",
            "a\0",
            "a\n",
            "nul",
            &long,
        ] {
            let file = CacheFile::new(&env, "~/.aws/sso/cache", &sha1_hex(name)).unwrap();
            let folder = std::path::Path::new("/home/of/test/.aws/sso/cache");
            assert_eq!(file.path.parent(), Some(folder), "{name:?}");
            let name = file.path.file_name().unwrap().to_str().unwrap();
            assert_eq!(file::portable_fault(name), None);
        }
    }
}
