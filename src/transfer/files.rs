//! The files of a folder, for the command.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::delete::remove_listed;
use super::dir_walk::{Entry, LocalFile, Walk};
use super::error::TransferError;
use crate::error::{Error, Result};

/// A file of a folder, as it was when the folder was read.
#[derive(Debug)]
pub struct File(LocalFile);

impl File {
    /// The path relative to the folder, with slashes.
    pub fn relative(&self) -> &str {
        &self.0.relative
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The number of bytes.
    pub fn size(&self) -> u64 {
        self.0.metadata.len()
    }

    /// The time of the last change.
    pub fn modified(&self) -> Option<SystemTime> {
        self.0.metadata.modified().ok()
    }

    /// Whether the file is below a symbolic link to a folder, so that it may not be the folder's own.
    pub fn is_behind_link(&self) -> bool {
        self.0.is_behind_link
    }

    /// Deletes the file.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not the file any more that was listed, or cannot be deleted.
    pub fn delete(&self) -> Result<()> {
        remove_listed(&self.0)
    }
}

/// An entry of a folder.
#[derive(Debug)]
pub enum Found {
    /// A file.
    File(File),
    /// Anything else than a file or folder, or one that cannot be read.
    Skipped {
        /// The path relative to the folder, with slashes.
        relative: String,
        /// The path.
        path: PathBuf,
        /// Why it is left out.
        reason: Reason,
    },
}

/// Why an entry of a folder is left out.
#[derive(Debug)]
pub enum Reason {
    /// It is a file that a download has not completed.
    Incomplete,
    /// It is a device, a pipe or a socket.
    NoFile,
    /// It cannot be read.
    Unreadable(io::Error),
}

/// Reads a folder and its subfolders, in the order of keys.
///
/// # Errors
///
/// Returns an error if the folder cannot be read.
pub fn files(folder: &Path, follow_links: bool) -> io::Result<impl Iterator<Item = Found> + use<>> {
    let walk = Walk::new(folder).map_err(into_io)?;
    Ok(walk.follow_links(follow_links).filter_map(found))
}

fn found(entry: Entry) -> Option<Found> {
    let skipped = |relative: Box<str>, path, reason| Found::Skipped {
        relative: relative.into(),
        path,
        reason,
    };
    Some(match entry {
        Entry::Failed { relative, failure } => {
            let reason = Reason::Unreadable(into_io(failure.error));
            skipped(relative, failure.object.into(), reason)
        }
        Entry::File(file) => Found::File(File(file)),
        Entry::Folder(_) => return None,
        Entry::Partial { path, .. } => {
            let name = path.file_name().unwrap_or_default();
            let relative = name.to_string_lossy().into();
            skipped(relative, path, Reason::Incomplete)
        }
        Entry::Skipped { relative, path } => skipped(relative, path, Reason::NoFile),
    })
}

/// Returns the reason of an error that names the file.
fn into_io(error: Error) -> io::Error {
    match error.downcast_ref() {
        Some(TransferError::File { source, .. }) => match source.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(source.kind(), source.to_string()),
        },
        _ => io::Error::other(error),
    }
}
