//! A file on its way is locked while it is in use, so one that is not was left by a process that was killed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Locks a new file for as long as the clone that is returned, or another one, is open.
///
/// # Errors
///
/// Another process found it unlocked, and takes it for abandoned.
pub(crate) fn lock(file: &File, path: &Path) -> io::Result<File> {
    let held = file.try_clone()?;
    if is_locked_elsewhere(&held) || !is_at(&held, path)? {
        let taken = "another process took it for abandoned";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, taken));
    }
    Ok(held)
}

/// Removes a temporary file or folder that a killed process left. One that is in use stays, and one of which that is not known:
/// there are systems and file systems without locks.
pub(crate) fn remove_abandoned(path: &Path) {
    let kind = fs::symlink_metadata(path).map(|metadata| metadata.file_type());
    let remove: fn(&Path) -> io::Result<()> = match kind {
        _ if cfg!(not(unix)) => return,
        Ok(kind) if kind.is_file() => |path| fs::remove_file(path),
        Ok(kind) if kind.is_dir() => |path| fs::remove_dir_all(path),
        _ => return,
    };
    let removed = File::open(path).and_then(|file| match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Ok(()),
        Err(fs::TryLockError::Error(error)) => Err(error),
        Ok(()) => remove(path),
    });
    if let Err(error) = removed {
        tracing::debug!(file = %path.display(), %error, "a part of a file remains");
    }
}

/// Whether another process has the file locked; if not, it is locked now, where that can be.
#[cfg(unix)]
pub(crate) fn is_locked_elsewhere(file: &File) -> bool {
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// Windows lets no process write what is locked, not even through another handle of the process that locked it, and removes no
/// file that is open.
#[cfg(not(unix))]
pub(crate) fn is_locked_elsewhere(_: &File) -> bool {
    false
}

/// Whether an open file is the one of this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let there = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    let open = file.metadata()?;
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}
