//! A folder of models: `<service>/<version>/<kind>.json`, or `.json.gz`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{ModelSource, SERVICE};
use crate::error::{Error, Result};

/// A folder that is laid out as botocore's `data` is.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// This folder. One that does not exist has no models.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn file(&self, path: &str, extension: &str) -> PathBuf {
        self.root.join(format!("{path}.{extension}"))
    }

    fn has(&self, service: &str, version: &str, kind: &str) -> bool {
        let path = format!("{service}/{version}/{kind}");
        self.file(&path, "json").is_file() || self.file(&path, "json.gz").is_file()
    }
}

impl ModelSource for Directory {
    fn services(&self) -> Result<Vec<Box<str>>> {
        let mut services = folders(&self.root)?;
        let mut fault = None;
        services.retain(|service| match self.versions(service, SERVICE) {
            Ok(versions) => !versions.is_empty(),
            Err(error) => {
                fault = Some(error);
                false
            }
        });
        fault.map_or(Ok(services), Err)
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<Box<str>>> {
        let mut versions = folders(&self.root.join(service))?;
        versions.retain(|version| self.has(service, version, kind));
        Ok(versions)
    }

    fn load(&self, path: &str) -> Result<Option<Box<str>>> {
        for extension in ["json", "json.gz"] {
            let file = self.file(path, extension);
            match read(&file) {
                Ok(text) => return Ok(Some(text.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fault(&file, &error)),
            }
        }
        Ok(None)
    }
}

/// The names of the folders in this one; none where it does not exist.
pub(crate) fn folders(path: &Path) -> Result<Vec<Box<str>>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(fault(path, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| fault(path, &e))?;
        // a name that is not UTF-8 is no service's and no version's
        if let Ok(name) = entry.file_name().into_string()
            && entry.path().is_dir()
        {
            names.push(name.into());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// A file's text, unpacked where its name says `.gz`.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    if file.extension().is_none_or(|extension| extension != "gz") {
        return fs::read_to_string(file);
    }
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(file)?).read_to_string(&mut text)?;
    Ok(text)
}

fn fault(path: &Path, error: &io::Error) -> Error {
    Error::model(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn plain_files_come_before_packed_ones() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/1");
        fs::create_dir_all(&folder).unwrap();
        let gz = fs::File::create(folder.join("service-2.json.gz")).unwrap();
        let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
        gz.write_all(b"packed").unwrap();
        gz.finish().unwrap();
        let source = Directory::new(root.path());
        let load = || source.load("a/1/service-2").unwrap();
        assert_eq!(load().as_deref(), Some("packed"));
        fs::write(folder.join("service-2.json"), "plain").unwrap();
        assert_eq!(load().as_deref(), Some("plain"));
        assert_eq!(source.services().unwrap(), [Box::from("a")]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/1")).unwrap();
        fs::write(root.path().join("a/1/service-2.json.gz"), "not packed").unwrap();
        let error = Directory::new(root.path())
            .load("a/1/service-2")
            .unwrap_err();
        assert!(error.to_string().contains("service-2.json.gz: "), "{error}");
    }

    #[test]
    fn a_folder_that_does_not_exist_is_empty() {
        let source = Directory::new("/nowhere/at/all");
        assert!(source.services().unwrap().is_empty());
        assert_eq!(source.load("partitions").unwrap(), None);
    }
}
