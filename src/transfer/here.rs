//! What a sync finds in the folder, and what of it is in the way of others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::PathBuf;

use super::dir_walk::{LocalFile, LocalFolder};
use crate::error::Result;

/// What is in the folder, by paths below it.
#[derive(Default)]
pub(super) struct Here {
    pub(super) files: BTreeMap<Box<str>, LocalFile>,
    pub(super) folders: BTreeMap<Box<str>, LocalFolder>,
    /// Where the bytes of names lie that are on both sides and lead over a link.
    pub(super) linked: BTreeSet<PathBuf>,
    /// What is skipped or cannot be read, and so is not known to be missing, nor what may be in it.
    pub(super) unknown: BTreeSet<Box<str>>,
}

impl Here {
    pub(super) fn is_known(&self, relative: &str) -> bool {
        !with_folders(relative).any(|it| self.unknown.contains(it))
    }

    /// Notes a name that is on both sides.
    pub(super) fn keep(&mut self, file: &LocalFile) {
        if file.is_link || file.is_behind_link {
            self.linked.extend(file.path.canonicalize().ok());
        }
    }

    /// Whether a file that is only here may be deleted: it lies in the folder itself, and no name that stays leads to it.
    pub(super) fn may_delete(&self, file: &LocalFile) -> bool {
        let is_linked = || {
            let real = file.path.canonicalize();
            real.is_ok_and(|real| self.linked.contains(&real))
        };
        !file.is_behind_link && (file.is_link || self.linked.is_empty() || !is_linked())
    }

    /// Whether something at this path or below it is unknown.
    pub(super) fn has_unknown(&self, relative: &str) -> bool {
        let from = (Bound::Included(relative), Bound::Unbounded);
        let mut from = self.unknown.range::<str, _>(from);
        let below = format!("{relative}/");
        // names such as `a-b` come between `a` and `a/b`
        from.find(|it| !it.starts_with(relative) || ***it == *relative || it.starts_with(&below))
            .is_some_and(|it| it.starts_with(relative))
    }
}

/// A path below a folder, and before it those of the folders that it is in.
pub(super) fn with_folders(relative: &str) -> impl Iterator<Item = &str> {
    let folders = relative.match_indices('/').map(|(at, _)| &relative[..at]);
    folders.chain([relative])
}

pub(super) fn folders_of(relative: &str) -> impl Iterator<Item = &str> {
    with_folders(relative).filter(move |it| it.len() < relative.len())
}

/// What is in the way of a file at this path: at which path it is, and whether it may be deleted.
pub(super) fn obstacle_of(
    relative: &str,
    here: &Here,
    only_here: &BTreeMap<Box<str>, LocalFile>,
) -> Option<(Box<str>, Result<PathBuf, PathBuf>)> {
    if let Some(folder) = here.folders.get(relative) {
        let may = !folder.is_behind_link && (folder.is_link || !here.has_unknown(relative));
        let path = folder.path.clone();
        return Some((relative.into(), if may { Ok(path) } else { Err(path) }));
    }
    let file = folders_of(relative).find_map(|it| only_here.get(it))?;
    let path = file.path.clone();
    let may = !file.is_behind_link;
    Some((
        file.relative.clone(),
        if may { Ok(path) } else { Err(path) },
    ))
}
