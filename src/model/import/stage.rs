//! The new state of a folder of models, which is made next to it and replaces it atomically.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ImportError;

/// A folder that will replace another.
pub(super) struct Stage {
    /// The real path of the folder that is replaced. It may not exist yet.
    target: PathBuf,
    /// Holds `new`, and for a moment `old`. It is next to the target, so that a rename suffices.
    around: PathBuf,
}

impl Stage {
    /// A stage with the contents of the target.
    pub(super) fn of(target: &Path) -> Result<Self, ImportError> {
        let target = real(target).map_err(ImportError::io(target))?;
        let named = || {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "it has no parent folder; name a folder below it",
            )
        };
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(ImportError::io(&target)(named()));
        };
        fs::create_dir_all(parent).map_err(ImportError::io(parent))?;
        let name = format!(".{}.{}", name.to_string_lossy(), crate::random::uuid());
        let around = parent.join(name);
        fs::create_dir(&around).map_err(ImportError::io(&around))?;
        let this = Self { target, around };
        let new = this.new_folder();
        match this.target.symlink_metadata() {
            Ok(_) => copy_folder(&this.target, &new)?,
            Err(_) => fs::create_dir(&new).map_err(ImportError::io(&new))?,
        }
        Ok(this)
    }

    fn new_folder(&self) -> PathBuf {
        self.around.join("new")
    }

    /// The path of a file in the stage. A link on the way could lead elsewhere, and is refused.
    fn place(&self, path: &str) -> Result<PathBuf, ImportError> {
        let (mut at, mut shown) = (self.new_folder(), self.target.clone());
        for name in path.split('/') {
            at.push(name);
            shown.push(name);
            let is_link = at.symlink_metadata().is_ok_and(|found| found.is_symlink());
            if is_link {
                let what = "it is a link and may lead out of the folder; remove it";
                return Err(ImportError::io(&shown)(io::Error::other(what)));
            }
        }
        Ok(at)
    }

    /// Writes a file below the folder, and replaces an existing one.
    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), ImportError> {
        let file = self.place(path)?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(ImportError::io(folder))?;
        }
        // the old file shares its bytes with the target's, which must not change
        match fs::remove_file(&file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(ImportError::io(&file)(e)),
            _ => {}
        }
        fs::write(&file, text).map_err(ImportError::io(&file))
    }

    /// Removes a file, and its folder if that becomes empty.
    pub(super) fn remove(&self, path: &str) -> Result<(), ImportError> {
        let file = self.place(path)?;
        fs::remove_file(&file).map_err(ImportError::io(&file))?;
        if let Some(folder) = file.parent() {
            let _ = fs::remove_dir(folder); // only an empty folder goes
        }
        Ok(())
    }

    /// Replaces the target.
    pub(super) fn commit(self) -> Result<(), ImportError> {
        let (old, new) = (self.around.join("old"), self.new_folder());
        match fs::rename(&self.target, &old) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            done => done.map_err(ImportError::io(&self.target))?,
        }
        fs::rename(&new, &self.target).map_err(|error| {
            let _ = fs::rename(&old, &self.target);
            ImportError::io(&self.target)(error)
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // an old folder that could not be moved back is the only copy
        if self.target.exists() || !self.around.join("old").exists() {
            let _ = fs::remove_dir_all(&self.around);
        }
    }
}

/// The path without links. For a folder that does not exist yet, links in its parents are resolved.
fn real(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => std::path::absolute(path),
        found => found,
    }
}

/// Copies a folder with its contents. Files are hard links if the file system supports them; links are copied as links.
fn copy_folder(from: &Path, to: &Path) -> Result<(), ImportError> {
    let metadata = fs::metadata(from).map_err(ImportError::io(from))?;
    fs::create_dir(to).map_err(ImportError::io(to))?;
    for entry in fs::read_dir(from).map_err(ImportError::io(from))? {
        let entry = entry.map_err(ImportError::io(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(ImportError::io(&source))?;
        match () {
            () if kind.is_dir() => copy_folder(&source, &target)?,
            () if kind.is_file() => fs::hard_link(&source, &target)
                .or_else(|_| fs::copy(&source, &target).map(|_| ()))
                .map_err(ImportError::io(&source))?,
            () if kind.is_symlink() => {
                copy_link(&source, &target).map_err(ImportError::io(&source))?
            }
            () => {
                let what = "it is a pipe, a socket or a device, which a folder of models must not contain; remove it";
                return Err(ImportError::io(&source)(io::Error::other(what)));
            }
        }
    }
    fs::set_permissions(to, metadata.permissions()).map_err(ImportError::io(to))
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::other("it is a link; remove it"))
}
