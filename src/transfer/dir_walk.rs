//! Walking a folder and its subfolders, in the order of keys.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use super::error::TransferError;
use super::partial::PartialKind;
use super::report::Failure;
use crate::error::Result;

/// An entry of a folder. Relative paths have slashes.
pub(super) enum Entry {
    /// A file or folder that could not be read.
    Failed {
        relative: Box<str>,
        failure: Failure,
    },
    File(LocalFile),
    /// A folder, before its content.
    Folder(LocalFolder),
    /// A partial file of a download. It counts as absent.
    Partial {
        path: PathBuf,
        kind: PartialKind,
    },
    /// Neither a file nor a folder.
    Skipped {
        relative: Box<str>,
        path: PathBuf,
    },
}

/// A file below a folder.
#[derive(Debug)]
pub(super) struct LocalFile {
    pub(super) relative: Box<str>,
    pub(super) path: PathBuf,
    pub(super) metadata: Metadata,
    pub(super) is_link: bool,
    /// Whether its path leads through a link to a folder, which may be anywhere.
    pub(super) is_behind_link: bool,
}

/// A folder below a folder.
#[derive(Debug)]
pub(super) struct LocalFolder {
    pub(super) relative: Box<str>,
    pub(super) path: PathBuf,
    pub(super) is_link: bool,
    pub(super) is_behind_link: bool,
}

/// An iterator over a folder and its subfolders.
pub(super) struct Walk {
    follows_links: bool,
    /// The open folders. Their remaining entries are in reverse order.
    open: Vec<Level>,
}

struct Level {
    /// The path without links, to detect circular ones.
    real: PathBuf,
    is_behind_link: bool,
    entries: Vec<LocalEntry>,
}

struct LocalEntry {
    relative: String,
    path: PathBuf,
    partial: Option<PartialKind>,
    metadata: io::Result<Metadata>,
    is_link: bool,
}

impl LocalEntry {
    fn is_folder(&self) -> bool {
        self.metadata.as_ref().is_ok_and(Metadata::is_dir)
    }

    fn failed(self, error: io::Error) -> Option<Entry> {
        // another process may have removed it; a dangling link still exists
        let is_gone = error.kind() == io::ErrorKind::NotFound
            && std::fs::symlink_metadata(&self.path)
                .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        (!is_gone).then(|| Entry::Failed {
            relative: self.relative.into(),
            failure: Failure {
                object: self.path.to_string_lossy().into_owned(),
                error: TransferError::file(self.path)(error),
            },
        })
    }
}

impl Walk {
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let level = Level::read(folder, "", false).map_err(TransferError::file(folder))?;
        Ok(Self {
            follows_links: true,
            open: vec![level],
        })
    }

    /// Leaves out symbolic links instead of following them, if `yes` is `false`.
    pub(super) fn follow_links(mut self, yes: bool) -> Self {
        self.follows_links = yes;
        self
    }

    fn entry(&mut self, mut entry: LocalEntry) -> Option<Entry> {
        if entry.is_link && !self.follows_links {
            return None;
        }
        if let Some(kind) = entry.partial {
            let path = entry.path;
            return Some(Entry::Partial { path, kind });
        }
        let taken = Err(io::Error::other("already taken"));
        let metadata = match std::mem::replace(&mut entry.metadata, taken) {
            Ok(metadata) => metadata,
            Err(error) => return entry.failed(error),
        };
        let is_behind_link = self.is_behind_link();
        if metadata.is_dir() {
            return match self.enter(&entry.path, &entry.relative, entry.is_link) {
                Ok(()) => Some(Entry::Folder(LocalFolder {
                    relative: entry.relative.into(),
                    path: entry.path,
                    is_link: entry.is_link,
                    is_behind_link,
                })),
                Err(error) => entry.failed(error),
            };
        }
        if !metadata.is_file() {
            return Some(Entry::Skipped {
                relative: entry.relative.into(),
                path: entry.path,
            });
        }
        Some(Entry::File(LocalFile {
            relative: entry.relative.into(),
            path: entry.path,
            metadata,
            is_link: entry.is_link,
            is_behind_link,
        }))
    }

    fn is_behind_link(&self) -> bool {
        self.open.last().is_some_and(|level| level.is_behind_link)
    }

    fn enter(&mut self, path: &Path, relative: &str, is_link: bool) -> io::Result<()> {
        let is_behind_link = is_link || self.is_behind_link();
        let level = Level::read(path, &format!("{relative}/"), is_behind_link)?;
        if self.open.iter().any(|around| around.real == level.real) {
            return Err(io::Error::other(
                "it is a link to a folder that contains it",
            ));
        }
        self.open.push(level);
        Ok(())
    }
}

impl Level {
    fn read(folder: &Path, prefix: &str, is_behind_link: bool) -> io::Result<Self> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (name, path) = (entry.file_name(), entry.path());
            let metadata = match name.to_str() {
                // links are followed
                Some(_) => std::fs::metadata(&path),
                None => Err(io::Error::other(
                    "the name is not UTF-8, as keys must be; rename it",
                )),
            };
            entries.push(LocalEntry {
                relative: format!("{prefix}{}", name.to_string_lossy()),
                path,
                partial: PartialKind::from_name(&name),
                metadata,
                is_link: entry.file_type().is_ok_and(|kind| kind.is_symlink()),
            });
        }
        // in the order of keys, where the content of a folder is sorted by the folder's name and a slash
        entries.sort_by_cached_key(|entry| match entry.is_folder() {
            true => format!("{}/", entry.relative),
            false => entry.relative.clone(),
        });
        entries.reverse();
        let real = folder.canonicalize()?;
        Ok(Self {
            real,
            is_behind_link,
            entries,
        })
    }
}

impl Iterator for Walk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            match self.open.last_mut()?.entries.pop() {
                None => {
                    self.open.pop();
                }
                Some(entry) => {
                    if let Some(entry) = self.entry(entry) {
                        return Some(entry);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_order_of_keys() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a.txt", "a/1", "a/b/2", "a0", "b", "a-b", "ü"];
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = Walk::new(folder.path()).unwrap();
        let found = found.filter_map(|entry| match entry {
            Entry::File(file) => Some(file.relative.into_string()),
            Entry::Folder(_) => None,
            _ => panic!("expected only files and folders"),
        });
        let mut expected = names;
        expected.sort_unstable();
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert!(Walk::new(&folder.path().join("none")).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn circular_links_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("d")).unwrap();
        std::fs::write(at("d/f"), "").unwrap();
        std::os::unix::fs::symlink(at("d"), at("link")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("d/up")).unwrap();
        std::os::unix::fs::symlink(at("none"), at("broken")).unwrap();
        let (mut files, mut failed) = (Vec::new(), Vec::new());
        for entry in Walk::new(folder.path()).unwrap() {
            match entry {
                Entry::File(file) => files.push(file.relative.into_string()),
                Entry::Failed { failure, .. } => failed.push(failure.object),
                Entry::Folder(_) => {}
                Entry::Partial { path, .. } | Entry::Skipped { path, .. } => panic!("{path:?}"),
            }
        }
        assert_eq!(files, ["d/f", "link/f"]);
        let mut expected =
            ["broken", "d/up", "link/up"].map(|name| at(name).to_string_lossy().into_owned());
        expected.sort_unstable();
        failed.sort_unstable();
        assert_eq!(failed, expected);
    }
}
