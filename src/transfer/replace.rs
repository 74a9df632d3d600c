//! Replacing a folder with a file, or a file with a folder.
//!
//! The replacement is downloaded into a folder next to the obstacle. Only after all of it has been downloaded is the obstacle
//! deleted and the replacement renamed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::delete::{changed, check_listed, remove_listed};
use super::dir_walk::LocalFile;
use super::error::TransferError;
use super::folder::local_path;
use super::partial::{PartialFolder, PartialKind, remove_abandoned};
use super::report::Outcome;
use super::work::{Begun, Work};
use crate::error::Result;

/// A file or folder at whose path something else is downloaded.
#[derive(Debug)]
pub(super) struct Obstacle {
    /// The path relative to the synchronised folder.
    pub(super) relative: Box<str>,
    pub(super) path: PathBuf,
    /// The file, or all files in the folder.
    pub(super) files: Vec<LocalFile>,
}

/// The folder into which the replacement of an obstacle is downloaded.
pub(super) struct Stage {
    folder: PartialFolder,
    obstacle: Obstacle,
}

impl Stage {
    /// # Errors
    ///
    /// Returns an error if the folder cannot be created.
    pub(super) fn new(obstacle: Obstacle) -> Result<Self> {
        Ok(Self {
            folder: PartialFolder::new(&obstacle.path)?,
            obstacle,
        })
    }

    pub(super) fn paths(&self) -> StagePaths {
        StagePaths {
            folder: self.folder.path.clone(),
            parent_len: self.obstacle.relative.rfind('/').map_or(0, |at| at + 1),
        }
    }

    pub(super) fn replacement(self) -> Replacement {
        Replacement(self)
    }
}

/// The paths in a stage.
pub(super) struct StagePaths {
    folder: PathBuf,
    /// The length of the path of the obstacle's parent folder.
    parent_len: usize,
}

impl StagePaths {
    /// Returns the path in the stage of a file at the obstacle's path or below it.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not valid.
    pub(super) fn path(&self, relative: &str) -> Result<PathBuf> {
        let in_parent = relative.get(self.parent_len..);
        local_path(&self.folder, in_parent.unwrap_or_default())
    }
}

/// The replacement of an obstacle.
pub(super) struct Replacement(Stage);

impl<'w> Work<'w> for Replacement {
    fn object(&self) -> String {
        self.0.obstacle.path.display().to_string()
    }

    fn action(&self) -> String {
        format!("replace {}", self.object())
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        let obstacle = &self.0.obstacle;
        let new = self.0.paths().path(&obstacle.relative)?;
        std::fs::symlink_metadata(&new).map_err(TransferError::file(&*new))?;
        let listed = obstacle.files.iter().map(|file| (&*file.path, file));
        let listed: HashMap<&Path, &LocalFile> = listed.collect();
        // nothing is deleted unless everything may be
        clear(&obstacle.path, &listed, Clear::Check)?;
        clear(&obstacle.path, &listed, Clear::Remove)?;
        std::fs::rename(&new, &obstacle.path).map_err(TransferError::file(&*obstacle.path))?;
        Ok(Begun::Done(Outcome {
            objects: obstacle.files.len() as u64,
            ..Outcome::default()
        }))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clear {
    Check,
    Remove,
}

/// Removes the listed files and the folders that contain them. Of a link to a folder, only the link is removed.
///
/// # Errors
///
/// Returns an error if there is anything else, or something cannot be removed.
fn clear(path: &Path, listed: &HashMap<&Path, &LocalFile>, how: Clear) -> Result<()> {
    let failed = |error| TransferError::file(path)(error);
    let kind = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(failed)?.file_type(),
    };
    if let Some(file) = listed.get(path) {
        return match how {
            Clear::Check => check_listed(file),
            Clear::Remove => remove_listed(file),
        };
    }
    if path.file_name().and_then(PartialKind::from_name).is_some() {
        if how == Clear::Remove {
            remove_abandoned(path);
        }
        return Ok(());
    }
    if kind.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            clear(&entry.map_err(failed)?.path(), listed, how)?;
        }
        return match how {
            Clear::Check => Ok(()),
            Clear::Remove => std::fs::remove_dir(path).map_err(failed),
        };
    }
    match (kind.is_symlink() && path.is_dir(), how) {
        (false, _) => Err(changed(path)),
        (true, Clear::Check) => Ok(()),
        (true, Clear::Remove) => std::fs::remove_file(path).map_err(failed),
    }
}
