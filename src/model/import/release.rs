//! A release to import from: a wheel, or a folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::ImportError;
use crate::model::source::read;

/// The data files of a release, by path without extension: `s3/2006-03-01/service-2`.
pub(super) struct Release {
    source: PathBuf,
    /// Where each stands: a path inside the wheel or below the folder.
    files: BTreeMap<String, String>,
    archive: Option<RefCell<ZipArchive<BufReader<File>>>>,
}

impl Release {
    pub(super) fn open(source: &Path) -> Result<Self, ImportError> {
        let metadata = fs::metadata(source).map_err(ImportError::io(source))?;
        let mut this = Self {
            source: source.to_path_buf(),
            files: BTreeMap::new(),
            archive: None,
        };
        match metadata.is_dir() {
            true => this.list_folder("")?,
            false => this.list_wheel()?,
        }
        Ok(this)
    }

    fn list_wheel(&mut self) -> Result<(), ImportError> {
        let broken = |e: zip::result::ZipError| ImportError::Broken {
            file: self.source.display().to_string(),
            what: format!("it is no wheel: {e}"),
        };
        let file = File::open(&self.source).map_err(ImportError::io(&self.source))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        let names: Result<Vec<String>, _> =
            archive.file_names().map(|name| Ok(name?.into())).collect();
        for name in names.map_err(broken)? {
            // `botocore/data/…`
            if let Some((_, path)) = name.split_once("/data/") {
                let path = path.to_owned();
                self.add(&path, name);
            }
        }
        self.archive = Some(RefCell::new(archive));
        Ok(())
    }

    /// A folder below the source, at most as deep as files of a service are.
    fn list_folder(&mut self, below: &str) -> Result<(), ImportError> {
        let folder = self.source.join(below);
        for entry in fs::read_dir(&folder).map_err(ImportError::io(&folder))? {
            let entry = entry.map_err(ImportError::io(&folder))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue; // no name of a data file
            };
            let path = match below {
                "" => name,
                below => format!("{below}/{name}"),
            };
            match entry.path().is_dir() {
                true if path.matches('/').count() < 2 && !path.starts_with('.') => {
                    self.list_folder(&path)?
                }
                true => {}
                false => self.add(&path.clone(), path),
            }
        }
        Ok(())
    }

    /// A plain file wins over a packed one.
    fn add(&mut self, path: &str, place: String) {
        if let Some(path) = path.strip_suffix(".json") {
            self.files.insert(path.into(), place);
        } else if let Some(path) = path.strip_suffix(".json.gz") {
            self.files.entry(path.into()).or_insert(place);
        }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(|path| &**path)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Where a file is, for errors.
    pub(super) fn place(&self, path: &str) -> String {
        let inside = self.files.get(path).map_or(path, |place| place);
        self.source.join(inside).display().to_string()
    }

    /// A file's text, unpacked.
    pub(super) fn text(&self, path: &str) -> Result<String, ImportError> {
        let broken = |what: String| ImportError::Broken {
            file: self.place(path),
            what,
        };
        let place = self
            .files
            .get(path)
            .ok_or_else(|| broken("there is no such file".into()))?;
        let Some(archive) = &self.archive else {
            return read(&self.source.join(place)).map_err(|e| broken(e.to_string()));
        };
        let mut archive = archive.borrow_mut();
        let mut file = archive.by_name(place).map_err(|e| broken(e.to_string()))?;
        let mut text = String::new();
        match place.ends_with(".gz") {
            true => MultiGzDecoder::new(file).read_to_string(&mut text),
            false => file.read_to_string(&mut text),
        }
        .map_err(|e| broken(e.to_string()))?;
        Ok(text)
    }
}
