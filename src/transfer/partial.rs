//! Files on their way to their place, and the names that only these have.
//!
//! | name, in the target's folder | |
//! | --- | --- |
//! | `.NAME.<16 hex>.tucuxi-part` | named in a journal, by which a killed download is resumed |
//! | `.NAME.<16 hex>.tucuxi-temp` | not resumed; removed by the next download of the target, or a sync of the folder |
//!
//! The last eight digits are computed from the eight before them, so no other program's file has such a name by accident. Walks
//! leave these names out, and a key with one is not downloaded below a folder. A file in use is locked, so one that is not
//! locked was left by a process that was killed.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use super::error::TransferError;
use crate::error::Result;
use crate::new_file;
use crate::new_file::lock::{is_locked_elsewhere, lock};
use crate::new_file::name::{name_seed, path_beside, random_seed};
use crate::sync;

pub(super) use crate::new_file::lock::remove_abandoned;
pub(super) use crate::new_file::name::PartialKind;

/// A file on its way, beside its place.
#[derive(Debug)]
pub(super) struct PartialFile {
    pub(super) path: PathBuf,
    target: PathBuf,
    /// It, opened, for the next who writes: a file that is small is opened once.
    open: Mutex<Vec<File>>,
    /// Locked while this is in use.
    lock: Mutex<Option<File>>,
}

impl PartialFile {
    /// One that can be resumed, and is not there yet.
    ///
    /// # Errors
    ///
    /// The target names no file.
    pub(super) fn beside(target: &Path) -> Result<Self> {
        let path = path_beside(target, PartialKind::Resumable, &random_seed());
        let path = path.map_err(TransferError::file(target))?;
        Ok(Self::known(path, target))
    }

    /// Makes one that is not resumed. The first has a name that only depends on the target, so one that a killed process left
    /// is found without a search, and removed.
    ///
    /// # Errors
    ///
    /// The target names no file, or the file cannot be made.
    pub(super) fn temporary(target: &Path) -> Result<Self> {
        let beside = |seed: &str| {
            let path = path_beside(target, PartialKind::Temporary, seed);
            path.map_err(TransferError::file(target))
        };
        let first = beside(&name_seed(target))?;
        remove_abandoned(&first);
        let this = Self::known(first, target);
        if this.create().is_ok() {
            return Ok(this);
        }
        let other = beside(&random_seed())?;
        let this = Self::known(other, target);
        this.create()?;
        Ok(this)
    }

    /// One of an earlier try.
    pub(super) fn known(path: PathBuf, target: &Path) -> Self {
        Self {
            path,
            target: target.to_owned(),
            open: Mutex::default(),
            lock: Mutex::default(),
        }
    }

    /// Makes it, with no byte in it.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub(super) fn create(&self) -> Result<()> {
        let made = new_file::create(&self.path, &self.target);
        let made = made.and_then(|file| {
            let held = lock(&file, &self.path)?;
            *sync::lock(&self.lock) = Some(held);
            Ok(file)
        });
        self.put_back(made.map_err(|error| self.cannot_make(error))?);
        Ok(())
    }

    fn cannot_make(&self, error: io::Error) -> crate::error::Error {
        let folder = self.target.parent().unwrap_or_else(|| Path::new(""));
        match error.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty() {
            true => TransferError::NoFolder {
                path: folder.to_owned(),
            }
            .into(),
            false => TransferError::file(&*self.target)(error),
        }
    }

    /// To write from here on.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub(super) fn at(&self, offset: u64) -> Result<File> {
        let sought = self.take().and_then(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        sought.map_err(TransferError::file(&*self.path))
    }

    fn take(&self) -> io::Result<File> {
        let open = sync::lock(&self.open).pop();
        if let Some(file) = open {
            return Ok(file);
        }
        let file = new_file::no_follow_options().write(true).open(&self.path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        // one of an earlier try is not locked yet
        let mut lock = sync::lock(&self.lock);
        if lock.is_none() && !is_locked_elsewhere(&file) {
            *lock = file.try_clone().ok();
        }
        drop(lock);
        Ok(file)
    }

    /// For the next who writes.
    pub(super) fn put_back(&self, file: File) {
        sync::lock(&self.open).push(file);
    }

    /// Puts the file in its place, last modified then. One that is `durable` is there after a power cut, too.
    ///
    /// # Errors
    ///
    /// Its length or time cannot be set, the disk does not take its bytes, or it cannot be renamed.
    pub(super) fn finish(
        &self,
        len: u64,
        modified: Option<SystemTime>,
        durable: bool,
    ) -> Result<()> {
        let done = || {
            let file = self.take()?;
            // one of an earlier try may be longer
            if file.metadata()?.len() != len {
                file.set_len(len)?;
            }
            if let Some(modified) = modified {
                file.set_modified(modified)?;
            }
            if durable {
                file.sync_all()?;
            }
            std::fs::rename(&self.path, &self.target)?;
            if durable {
                new_file::sync_folder_of(&self.target);
            }
            Ok(())
        };
        done().map_err(TransferError::file(&*self.target))
    }

    pub(super) fn remove(&self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(file = %self.path.display(), %error, "a part of a file remains");
            }
            _ => {}
        }
    }
}

/// A folder beside a place, in which files wait for it. It is removed with what is in it when this is dropped.
#[derive(Debug)]
pub(super) struct PartialFolder {
    pub(super) path: PathBuf,
    /// Locked while this is in use.
    _lock: Option<File>,
}

impl PartialFolder {
    /// # Errors
    ///
    /// The target has no name, or the folder cannot be made.
    pub(super) fn beside(target: &Path) -> Result<Self> {
        let path = path_beside(target, PartialKind::Temporary, &random_seed());
        let path = path.map_err(TransferError::file(target))?;
        std::fs::create_dir(&path).map_err(TransferError::file(&*path))?;
        // Windows opens no folders
        let lock = File::open(&path).ok().filter(|it| !is_locked_elsewhere(it));
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "parts of files remain");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn names_beside_have_room() {
        for name in ["a".to_owned(), "b".repeat(255), "ü".repeat(127)] {
            let target = Path::new("/folder").join(&name);
            let partial = PartialFile::beside(&target).unwrap().path;
            let temporary = partial.file_name().unwrap();
            assert!(temporary.len() <= 255 && temporary != &*name, "{partial:?}");
            assert_eq!(
                PartialKind::from_name(temporary),
                Some(PartialKind::Resumable)
            );
            assert_eq!(partial.parent(), Some(Path::new("/folder")));
        }
        assert!(PartialFile::beside(Path::new("/")).is_err());
        assert!(PartialFile::temporary(Path::new("x/..")).is_err());
    }

    #[test]
    fn a_file_is_in_its_place_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        let partial = PartialFile::beside(&target).unwrap();
        partial.create().unwrap();
        partial.at(3).unwrap().write_all(b"def").unwrap();
        partial.at(0).unwrap().write_all(b"abc").unwrap();
        assert!(!target.exists());
        let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        partial.finish(6, Some(then), true).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"abcdef");
        assert_eq!(
            std::fs::metadata(&target).unwrap().modified().unwrap(),
            then
        );
        let other = PartialFile::temporary(&target).unwrap();
        other.remove();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn an_abandoned_file_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        let first = PartialFile::temporary(&target).unwrap();
        let second = PartialFile::temporary(&target).unwrap();
        assert_ne!(first.path, second.path);
        remove_abandoned(&first.path);
        assert!(first.path.exists() && second.path.exists());
        let left = first.path.clone();
        drop(first);
        std::fs::write(&left, "left").unwrap();
        let third = PartialFile::temporary(&target).unwrap();
        assert_eq!(third.path, left);
        assert_eq!(std::fs::metadata(&left).unwrap().len(), 0);
        drop(second);
        let others = std::fs::read_dir(folder.path()).unwrap();
        others.for_each(|entry| remove_abandoned(&entry.unwrap().path()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_place_of_a_temporary_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, other) = (folder.path().join("f"), folder.path().join("other"));
        std::fs::write(&other, "kept").unwrap();
        let first = PartialFile::temporary(&target).unwrap();
        first.remove();
        std::os::unix::fs::symlink(&other, &first.path).unwrap();
        let second = PartialFile::temporary(&target).unwrap();
        second.at(0).unwrap().write_all(b"new").unwrap();
        assert_ne!(second.path, first.path);
        assert_eq!(std::fs::read(&other).unwrap(), b"kept");
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        for partial in [
            PartialFile::temporary(&none.join("f")).map(|_| ()),
            PartialFile::beside(&none.join("f")).unwrap().create(),
        ] {
            let error = partial.unwrap_err().to_string();
            assert_eq!(error, format!("folder {} does not exist", none.display()));
        }
    }
}
