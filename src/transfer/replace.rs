//! A file that takes the place of a folder, or a folder that takes the place of a file.
//!
//! What is to be there is downloaded into a folder beside the place. Only when everything has come, what is in the way is
//! deleted, and the new is renamed into its place.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::delete::{changed, check_listed, remove_listed};
use super::dir_walk::LocalFile;
use super::error::TransferError;
use super::folder::local_path;
use super::partial::{PartialFolder, PartialKind, remove_abandoned};
use super::pool::{Begun, Work};
use super::report::Outcome;
use crate::error::Result;

/// A file, or a folder with what is in it, that is in the way of others.
#[derive(Debug)]
pub(super) struct Obstacle {
    /// Its path below the synchronised folder.
    pub(super) relative: Box<str>,
    pub(super) path: PathBuf,
    /// All files of it.
    pub(super) files: Vec<LocalFile>,
}

/// Where what replaces an obstacle waits.
pub(super) struct Stage {
    folder: PartialFolder,
    obstacle: Obstacle,
}

impl Stage {
    /// # Errors
    ///
    /// The folder cannot be made.
    pub(super) fn beside(obstacle: Obstacle) -> Result<Self> {
        Ok(Self {
            folder: PartialFolder::beside(&obstacle.path)?,
            obstacle,
        })
    }

    pub(super) fn places(&self) -> Places {
        Places {
            folder: self.folder.path.clone(),
            around: self.obstacle.relative.rfind('/').map_or(0, |at| at + 1),
        }
    }

    pub(super) fn replacement(self) -> Replacement {
        Replacement(self)
    }
}

/// The places in a stage.
pub(super) struct Places {
    folder: PathBuf,
    /// How long the path is of the folder that the obstacle is in.
    around: usize,
}

impl Places {
    /// Where something waits that will be at the obstacle, or below it.
    ///
    /// # Errors
    ///
    /// It is the name of no file.
    pub(super) fn of(&self, relative: &str) -> Result<PathBuf> {
        local_path(
            &self.folder,
            relative.get(self.around..).unwrap_or_default(),
        )
    }
}

/// The exchange of the one for the other.
pub(super) struct Replacement(Stage);

impl Work for Replacement {
    fn object(&self) -> String {
        self.0.obstacle.path.display().to_string()
    }

    fn action(&self) -> String {
        format!("replace {}", self.object())
    }

    fn begin(&self) -> Result<Begun> {
        let obstacle = &self.0.obstacle;
        let new = self.0.places().of(&obstacle.relative)?;
        std::fs::symlink_metadata(&new).map_err(TransferError::file(&*new))?;
        let listed = obstacle.files.iter().map(|file| (&*file.path, file));
        let listed: HashMap<&Path, &LocalFile> = listed.collect();
        // nothing is deleted unless all of it may be
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

/// Removes what was listed, and the folders around it; of a link to a folder, the link alone.
///
/// # Errors
///
/// There is something else by now, or it cannot be removed.
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
