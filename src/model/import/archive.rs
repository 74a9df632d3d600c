//! The models in a wheel or a zip archive, without an import.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::release::Release;
use crate::error::{Error, Result};
use crate::model::SERVICE;
use crate::model::source::{ModelSource, Origin};

/// The models in a wheel of botocore or boto3, or in a zip archive of AWS's repository of Smithy models. The folders of the setting
/// `data_path` (`AWS_DATA_PATH`) may be such files too.
///
/// A file is read when it is needed. An archive that was replaced is noticed at the next access.
///
/// ```no_run
/// use tucuxi::{Client, Config};
/// use tucuxi::model::{Archive, ModelSource};
///
/// let wheel = Archive::new("botocore-1.44.5-py3-none-any.whl");
/// println!("{} services", wheel.services()?.len());
/// # let transport = tucuxi::transport::Replay::new();
/// let client = Client::with_models(Config::builder().build()?, transport, wheel)?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub struct Archive {
    path: PathBuf,
    opened: Mutex<Option<Opened>>,
}

struct Opened {
    stamp: Stamp,
    release: Release,
}

/// What changes when an archive is replaced: its size and time.
type Stamp = (u64, Option<SystemTime>);

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        f.debug_struct("Archive")
            .field("path", path)
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Reads models from this file, which is opened when it is needed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            opened: Mutex::new(None),
        }
    }

    fn with<T>(&self, read: impl FnOnce(&Release) -> Result<T>) -> Result<T> {
        let stamp = stamp(&self.path).map_err(|e| self.failed(&e))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current = opened.as_ref().is_some_and(|opened| opened.stamp == stamp);
        if !is_current {
            let release =
                Release::open_archive(&self.path).map_err(|e| Error::model(e.to_string()))?;
            *opened = Some(Opened { stamp, release });
        }
        match &*opened {
            Some(opened) => read(&opened.release),
            None => Err(self.failed(&"it is not open")),
        }
    }

    fn failed(&self, error: &dyn fmt::Display) -> Error {
        Error::model(format!("{}: {error}", self.path.display()))
    }
}

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// Service, version and kind of a path.
fn parts(path: &str) -> Option<(&str, &str, &str)> {
    let (service, rest) = path.split_once('/')?;
    let (version, kind) = rest.split_once('/')?;
    Some((service, version, kind))
}

impl ModelSource for Archive {
    fn services(&self) -> Result<Vec<String>> {
        self.with(|release| {
            let services = release.paths().filter_map(parts);
            let services = services.filter(|(_, _, kind)| *kind == SERVICE);
            let mut services: Vec<String> =
                services.map(|(service, _, _)| service.into()).collect();
            services.dedup();
            Ok(services)
        })
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<String>> {
        self.with(|release| {
            let files = release.paths().filter_map(parts);
            let files = files.filter(|(found, _, of)| *found == service && *of == kind);
            Ok(files.map(|(_, version, _)| version.into()).collect())
        })
    }

    fn load(&self, path: &str) -> Result<Option<String>> {
        self.with(|release| match release.has(path) {
            true => release
                .text(path)
                .map(Some)
                .map_err(|e| Error::model(e.to_string())),
            false => Ok(None),
        })
    }

    fn origin(&self, path: &str) -> Origin {
        let member = self.with(|release| Ok(release.inside(path).to_owned()));
        Origin::Archive {
            archive: self.path.clone(),
            member: member.unwrap_or_else(|_| path.to_owned()),
        }
    }

    fn revision(&self, _: &str) -> Result<u64> {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        stamp(&self.path)
            .map_err(|e| self.failed(&e))?
            .hash(&mut hasher);
        Ok(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn write(path: &Path, version: &str) {
        let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
        let member = format!("botocore/data/tower/{version}/service-2.json");
        zip.start_file(member, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(format!("{{\"version\": {version:?}}}").as_bytes())
            .unwrap();
        zip.finish().unwrap();
    }

    #[test]
    fn a_wheel_is_a_source_of_models() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.whl");
        let wheel = Archive::new(&path);
        assert!(
            wheel
                .services()
                .unwrap_err()
                .to_string()
                .contains("b.whl: ")
        );
        write(&path, "1");
        assert_eq!(wheel.services().unwrap(), ["tower"]);
        assert_eq!(wheel.versions("tower", SERVICE).unwrap(), ["1"]);
        assert_eq!(
            wheel.load("tower/1/service-2").unwrap().as_deref(),
            Some("{\"version\": \"1\"}")
        );
        assert_eq!(wheel.load("tower/2/service-2").unwrap(), None);
        let origin = wheel.origin("tower/1/service-2").to_string();
        assert_eq!(
            origin,
            format!("{}: botocore/data/tower/1/service-2.json", path.display())
        );
        let before = wheel.revision("tower").unwrap();
        write(&path, "2024-01-01");
        assert_eq!(wheel.versions("tower", SERVICE).unwrap(), ["2024-01-01"]);
        assert_ne!(wheel.revision("tower").unwrap(), before);
        fs::write(&path, "no zip").unwrap();
        assert!(wheel.load("tower/1/service-2").is_err());
    }
}
