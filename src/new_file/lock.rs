//! Locks on files that are being written. An unlocked one was left behind by a process that was killed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Locks a new file. The lock is held until the returned handle and all its clones are closed.
///
/// # Errors
///
/// Returns an error if another process found the file unlocked and treats it as abandoned.
pub(crate) fn lock(file: &File, path: &Path) -> io::Result<File> {
    let held = file.try_clone()?;
    if is_locked_elsewhere(&held) || !is_at(&held, path)? {
        let taken = "another process treated the new file as abandoned";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, taken));
    }
    Ok(held)
}

/// Removes a temporary file or folder that a killed process left behind. It is kept if it is in use, or may be: some systems
/// and file systems have no locks.
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
        tracing::debug!(file = %path.display(), %error, "could not remove an abandoned temporary file");
    }
}

/// Whether another process holds the lock. If not, it is acquired, if the file system supports locks.
#[cfg(unix)]
pub(crate) fn is_locked_elsewhere(file: &File) -> bool {
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// On Windows, a locked file cannot be written through another handle, not even by the same process, and an open file cannot be
/// removed, so nothing is locked there.
#[cfg(not(unix))]
pub(crate) fn is_locked_elsewhere(_: &File) -> bool {
    false
}

/// Whether the open file is the one at `path`.
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
