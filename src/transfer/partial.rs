//! Partial files: the files of downloads until they are complete.
//!
//! | name, in the target's folder | |
//! | --- | --- |
//! | `.NAME.<16 hex>.tucuxi-part` | recorded in a journal, so an interrupted download can be resumed |
//! | `.NAME.<16 hex>.tucuxi-temp` | not resumed; removed by the next download to the target or sync of the folder |
//!
//! The last eight digits are a check of the eight before them, so other programs do not create such names by accident. Such
//! files are not uploaded, and a key with such a name is not downloaded to a folder. A file in use is locked; an unlocked one was
//! left behind by a process that was killed.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use super::error::TransferError;
use crate::error::Result;
use crate::new_file;
use crate::new_file::lock::{is_locked_elsewhere, lock};
use crate::new_file::name::{path_beside, random_seed};
use crate::sync;

pub(super) use crate::new_file::lock::remove_abandoned;
pub(super) use crate::new_file::name::PartialKind;

/// A partial file.
#[derive(Debug)]
pub(super) struct PartialFile {
    pub(super) path: PathBuf,
    target: PathBuf,
    /// Open handles that are not in use.
    open: Mutex<Vec<File>>,
    /// The handle that holds the lock.
    lock: Mutex<Option<File>>,
    /// Held while some bytes are written.
    writing: Mutex<()>,
}

impl PartialFile {
    /// Returns a file that can be resumed. It is not created yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the target has no file name.
    pub(super) fn resumable(target: &Path) -> Result<Self> {
        let path = path_beside(target, PartialKind::Resumable, &random_seed());
        let path = path.map_err(TransferError::file(target))?;
        Ok(Self::existing(path, target))
    }

    /// Creates a file that is not resumed. If possible, its name depends on the target only, so what a killed process left
    /// behind is found without a search and removed.
    ///
    /// # Errors
    ///
    /// Returns an error if the target has no file name or the file cannot be created.
    pub(super) fn temporary(target: &Path) -> Result<Self> {
        let created = new_file::with_temporary_name(target, |path| {
            let this = Self::existing(path, target);
            this.create_locked()?;
            Ok(this)
        });
        created.map_err(|error| not_created(target, error))
    }

    /// Returns a file that an earlier process created.
    pub(super) fn existing(path: PathBuf, target: &Path) -> Self {
        Self {
            path,
            target: target.to_owned(),
            open: Mutex::default(),
            lock: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// Creates and locks the empty file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be created.
    pub(super) fn create(&self) -> Result<()> {
        let created = self.create_locked();
        created.map_err(|error| not_created(&self.target, error))
    }

    fn create_locked(&self) -> io::Result<()> {
        let file = new_file::create(&self.path, &self.target)?;
        *sync::lock(&self.lock) = Some(lock(&file, &self.path)?);
        self.put_back(file);
        Ok(())
    }

    /// Returns a handle that is positioned at `offset`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened.
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
            return Err(io::Error::other("not a regular file"));
        }
        // a file of an earlier process is not locked yet
        let mut lock = sync::lock(&self.lock);
        if lock.is_none() && !is_locked_elsewhere(&file) {
            *lock = file.try_clone().ok();
        }
        drop(lock);
        Ok(file)
    }

    /// Writes bytes where a handle is positioned.
    ///
    /// A file system has one writer of a file at a time. Threads that wait for it there spin; here they sleep.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes cannot be written.
    pub(super) fn write(&self, file: &mut File, bytes: &[u8]) -> Result<()> {
        let _alone = sync::lock(&self.writing);
        let written = file.write_all(bytes);
        written.map_err(TransferError::file(&*self.path))
    }

    /// Returns a handle for reuse.
    pub(super) fn put_back(&self, file: File) {
        sync::lock(&self.open).push(file);
    }

    /// Sets the length and the time of the file, and renames it to the target. If `is_durable`, it is synced to disk.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be changed, synced or renamed.
    pub(super) fn finish(
        &self,
        len: u64,
        modified: Option<SystemTime>,
        is_durable: bool,
    ) -> Result<()> {
        let done = || {
            let file = self.take()?;
            // a file of an earlier process may be longer
            if file.metadata()?.len() != len {
                file.set_len(len)?;
            }
            if let Some(modified) = modified {
                file.set_modified(modified)?;
            }
            if is_durable {
                file.sync_all()?;
            }
            std::fs::rename(&self.path, &self.target)?;
            if is_durable {
                new_file::sync_folder_of(&self.target);
            }
            Ok(())
        };
        done().map_err(TransferError::file(&*self.target))
    }

    pub(super) fn remove(&self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(file = %self.path.display(), %error, "could not remove a partial file");
            }
            _ => {}
        }
    }
}

fn not_created(target: &Path, error: io::Error) -> crate::error::Error {
    let folder = target.parent().unwrap_or_else(|| Path::new(""));
    match error.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty() {
        true => TransferError::NoFolder {
            path: folder.to_owned(),
        }
        .into(),
        false => TransferError::file(target)(error),
    }
}

/// A temporary folder next to the target. It is removed with its content on drop.
#[derive(Debug)]
pub(super) struct PartialFolder {
    pub(super) path: PathBuf,
    /// The handle that holds the lock.
    _lock: Option<File>,
}

impl PartialFolder {
    /// Creates a folder.
    ///
    /// # Errors
    ///
    /// Returns an error if the target has no name or the folder cannot be created.
    pub(super) fn new(target: &Path) -> Result<Self> {
        let path = path_beside(target, PartialKind::Temporary, &random_seed());
        let path = path.map_err(TransferError::file(target))?;
        std::fs::create_dir(&path).map_err(TransferError::file(&*path))?;
        // folders cannot be opened on Windows
        let lock = File::open(&path).ok().filter(|it| !is_locked_elsewhere(it));
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "could not remove a temporary folder");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn names_are_short_enough() {
        for name in ["a".to_owned(), "b".repeat(255), "ü".repeat(127)] {
            let target = Path::new("/folder").join(&name);
            let partial = PartialFile::resumable(&target).unwrap().path;
            let temporary = partial.file_name().unwrap();
            assert!(temporary.len() <= 255 && temporary != &*name, "{partial:?}");
            assert_eq!(
                PartialKind::from_name(temporary),
                Some(PartialKind::Resumable)
            );
            assert_eq!(partial.parent(), Some(Path::new("/folder")));
        }
        assert!(PartialFile::resumable(Path::new("/")).is_err());
        assert!(PartialFile::temporary(Path::new("x/..")).is_err());
    }

    #[test]
    fn complete_file_is_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        let partial = PartialFile::resumable(&target).unwrap();
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
    fn only_abandoned_files_are_replaced() {
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
    fn links_are_not_followed() {
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
    fn missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        for partial in [
            PartialFile::temporary(&none.join("f")).map(|_| ()),
            PartialFile::resumable(&none.join("f")).unwrap().create(),
        ] {
            let error = partial.unwrap_err().to_string();
            assert_eq!(error, format!("folder {} does not exist", none.display()));
        }
    }
}
