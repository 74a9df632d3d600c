//! The content of a folder that is synchronised.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::PathBuf;

use super::dir_walk::{LocalFile, LocalFolder};

/// The content of a folder, by relative path.
#[derive(Default)]
pub(super) struct LocalTree {
    pub(super) files: BTreeMap<Box<str>, LocalFile>,
    pub(super) folders: BTreeMap<Box<str>, LocalFolder>,
    /// The real paths of files that are on both sides and are reached through a link.
    pub(super) linked: BTreeSet<PathBuf>,
    /// Entries that were skipped or could not be read, so neither they nor their content are known to be missing.
    pub(super) unknown: BTreeSet<Box<str>>,
}

impl LocalTree {
    pub(super) fn is_known(&self, relative: &str) -> bool {
        !with_folders(relative).any(|it| self.unknown.contains(it))
    }

    /// Records a file that is on both sides.
    pub(super) fn keep(&mut self, file: &LocalFile) {
        if file.is_link || file.is_behind_link {
            self.linked.extend(file.path.canonicalize().ok());
        }
    }

    /// Whether an extra file may be deleted: it is in the folder itself, and no file that is kept is a link to it.
    pub(super) fn may_delete(&self, file: &LocalFile) -> bool {
        let is_linked = || {
            let real = file.path.canonicalize();
            real.is_ok_and(|real| self.linked.contains(&real))
        };
        !file.is_behind_link && (file.is_link || self.linked.is_empty() || !is_linked())
    }

    /// Whether an entry at this path or below it is unknown.
    pub(super) fn has_unknown(&self, relative: &str) -> bool {
        let from = (Bound::Included(relative), Bound::Unbounded);
        let mut from = self.unknown.range::<str, _>(from);
        let below = format!("{relative}/");
        // names such as `a-b` are between `a` and `a/b`
        from.find(|it| !it.starts_with(relative) || ***it == *relative || it.starts_with(&below))
            .is_some_and(|it| it.starts_with(relative))
    }
}

/// Returns the relative paths of the folders that contain `relative`, and then `relative`.
pub(super) fn with_folders(relative: &str) -> impl Iterator<Item = &str> {
    let folders = relative.match_indices('/').map(|(at, _)| &relative[..at]);
    folders.chain([relative])
}

pub(super) fn folders_of(relative: &str) -> impl Iterator<Item = &str> {
    with_folders(relative).filter(move |it| it.len() < relative.len())
}

/// A file or folder that is in the way of a download.
pub(super) struct InTheWay {
    pub(super) relative: Box<str>,
    pub(super) path: PathBuf,
    pub(super) may_delete: bool,
}

/// Returns what is in the way of a file at this path.
pub(super) fn in_the_way(
    relative: &str,
    tree: &LocalTree,
    extra: &BTreeMap<Box<str>, LocalFile>,
) -> Option<InTheWay> {
    if let Some(folder) = tree.folders.get(relative) {
        return Some(InTheWay {
            relative: relative.into(),
            path: folder.path.clone(),
            may_delete: !folder.is_behind_link && (folder.is_link || !tree.has_unknown(relative)),
        });
    }
    let file = folders_of(relative).find_map(|it| extra.get(it))?;
    Some(InTheWay {
        relative: file.relative.clone(),
        path: file.path.clone(),
        may_delete: !file.is_behind_link,
    })
}
