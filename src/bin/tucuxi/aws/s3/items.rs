//! What there is on one side of a transfer: files or objects, in the order of their names.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;
use tucuxi::internals::command::{File, Found, Reason, files};
use tucuxi::transfer::{Filter, ListedObject, TransferManager};
use tucuxi::{Error, Result};

use super::lines::Lines;
use super::places::Place;
use super::{local, uri};

/// A file or object.
pub(super) struct Item {
    /// The full path: an absolute one, or `BUCKET/KEY`.
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
    pub(super) what: What,
}

pub(super) enum What {
    File(Box<File>),
    Object(Box<ListedObject>),
    /// A single file, or an object of which nothing has to be known.
    Single,
}

/// How one side is read.
pub(super) struct Side {
    pub(super) manager: TransferManager,
    pub(super) place: Place,
    pub(super) is_tree: bool,
    /// The arguments of HeadObject.
    pub(super) head_args: Value,
    /// The arguments of listings.
    pub(super) list_args: Value,
    pub(super) page_size: Option<u64>,
    pub(super) follow_links: bool,
    pub(super) filter: Filter,
    /// Whether objects that represent folders count.
    pub(super) with_markers: bool,
    /// Whether a single object is looked at before.
    pub(super) looks: bool,
    /// Whether what is missing will be deleted, so that a listing must be complete.
    pub(super) is_proof: bool,
    pub(super) lines: Lines,
    pub(super) unknown: Unknown,
}

pub(super) type Items = Box<dyn Iterator<Item = Result<Item>> + Send>;

impl Side {
    /// Returns what there is.
    ///
    /// # Errors
    ///
    /// Returns an error if the side cannot be listed. The iterator may have one too.
    pub(super) fn items(self) -> Result<Items> {
        let filter = self.filter.clone();
        let items = match (&self.place, self.is_tree) {
            (Place::Local(_), true) => self.tree(),
            (Place::Local(_), false) => Box::new(self.file().into_iter().map(Ok)),
            (Place::S3(path), false) if !uri::bucket_and_key(path).1.is_empty() => {
                let path = path.clone();
                Box::new(std::iter::once(self.object(path)?).map(Ok))
            }
            (Place::S3(_), _) => self.objects()?,
        };
        let is_included = move |item: &Result<Item>| {
            item.as_ref()
                .map_or(true, |item| filter.includes(&item.path))
        };
        Ok(Box::new(items.filter(is_included)))
    }

    fn objects(self) -> Result<Items> {
        let (bucket, prefix) = uri::bucket_and_key(self.place.path());
        let mut listing = self.manager.objects(bucket, prefix).args(self.list_args);
        if let Some(size) = self.page_size {
            listing = listing.page_size(size);
        }
        let listed: Box<dyn Iterator<Item = Result<ListedObject>> + Send> = match self.is_proof {
            true => Box::new(listing.all()?.into_iter().map(Ok)),
            false => Box::new(listing.iter()?),
        };
        let bucket = bucket.to_owned();
        // a bucket without a key and without --recursive names no object
        let (is_tree, with_markers) = (self.is_tree, self.with_markers);
        let items = listed.filter(move |listed| match listed {
            Ok(object) => is_tree && (with_markers || !object.is_folder()),
            Err(_) => true,
        });
        Ok(Box::new(items.map(move |listed| {
            let object = listed?;
            Ok(Item::object(format!("{bucket}/{}", object.key), object))
        })))
    }

    fn object(self, path: String) -> Result<Item> {
        if !self.looks {
            return Ok(Item {
                path,
                size: 0,
                modified: None,
                what: What::Single,
            });
        }
        let (bucket, key) = uri::bucket_and_key(&path);
        let object = self.manager.object(bucket, key, self.head_args)?;
        Ok(Item::object(path, object))
    }

    /// A single file, unless it cannot be read.
    fn file(self) -> Option<Item> {
        let path = self.place.path();
        let without_slash = Path::new(path.trim_end_matches('/'));
        if !self.follow_links && without_slash.is_symlink() {
            return None;
        }
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.lines.skipped_file(path, &unreadable(&error));
                return None;
            }
        };
        let fault = match (metadata.is_file() || metadata.is_dir(), Path::new(path)) {
            (false, _) => Some(NO_FILE),
            (true, path) => (!local::is_readable(path)).then_some(NOT_READABLE),
        };
        if let Some(fault) = fault {
            self.lines.skipped_file(path, fault);
            return None;
        }
        Some(Item {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified().ok(),
            what: What::Single,
        })
    }

    fn tree(self) -> Items {
        let Self {
            place,
            follow_links,
            lines,
            unknown,
            ..
        } = self;
        let root = place.path().to_owned();
        if !follow_links && Path::new(root.trim_end_matches('/')).is_symlink() {
            return Box::new(std::iter::empty());
        }
        let found = match files(Path::new(&root), follow_links) {
            Ok(found) => found,
            Err(error) => {
                unknown.add("");
                lines.skipped_file(&root, &unreadable(&error));
                return Box::new(std::iter::empty());
            }
        };
        Box::new(found.filter_map(move |found| {
            let (relative, path, fault) = match found {
                Found::File(file) if !local::is_readable(file.path()) => {
                    let path = format!("{root}{}", file.relative());
                    (file.relative().to_owned(), path, NOT_READABLE.to_owned())
                }
                Found::File(file) => return Some(Ok(Item::file(&root, file))),
                Found::Skipped {
                    relative,
                    path,
                    reason,
                } => {
                    let fault = match reason {
                        // a download that was not completed is no file yet
                        Reason::Incomplete => return None,
                        Reason::NoFile => NO_FILE.to_owned(),
                        Reason::Unreadable(error) => unreadable(&error),
                    };
                    (relative, path.to_string_lossy().into_owned(), fault)
                }
            };
            unknown.add(&relative);
            lines.skipped_file(&path, &fault);
            None
        }))
    }
}

impl Item {
    fn object(path: String, object: ListedObject) -> Self {
        Self {
            path,
            size: object.size,
            modified: object.modified,
            what: What::Object(Box::new(object)),
        }
    }

    fn file(root: &str, file: File) -> Self {
        Self {
            path: format!("{root}{}", file.relative()),
            size: file.size(),
            modified: file.modified(),
            what: What::File(Box::new(file)),
        }
    }

    /// The object, as it was listed.
    pub(super) fn listed(&self) -> Option<&ListedObject> {
        match &self.what {
            What::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// The names that a folder has, but that could not be read. What has such a name, or is below it, is not missing.
#[derive(Clone, Default)]
pub(super) struct Unknown(Arc<Mutex<BTreeSet<String>>>);

impl Unknown {
    /// Adds a name. The empty one stands for the whole folder.
    fn add(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned());
    }

    /// Whether something of this name may be there.
    pub(super) fn has(&self, name: &str) -> bool {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        !names.is_empty()
            && folders
                .chain(["", name])
                .any(|folder| names.contains(folder))
    }
}

const NO_FILE: &str = "File is character special device, block special device, FIFO, or socket.";
const NOT_READABLE: &str = "File/Directory is not readable.";

/// Says why a file cannot be read, in the words of `aws`.
fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "File does not exist.".to_owned(),
        io::ErrorKind::PermissionDenied => NOT_READABLE.to_owned(),
        _ => format!("{error}."),
    }
}

/// Returns the text of an error that ends a command.
pub(super) fn fatal(error: &Error, place: &Place) -> Option<String> {
    let root = error.root();
    let is_missing = root.operation() == Some("HeadObject") && root.code() == Some("404");
    let key = uri::bucket_and_key(place.path()).1;
    is_missing.then(|| {
        format!(
            "An error occurred (404) when calling the HeadObject operation: Key {key:?} does not exist"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_an_unreadable_folder_is_not_missing() {
        let unknown = Unknown::default();
        assert!(!unknown.has("a"));
        unknown.add("a/b");
        for (name, expected) in [
            ("a", false),
            ("a/b", true),
            ("a/b/c", true),
            ("a/bc", false),
        ] {
            assert_eq!(unknown.has(name), expected, "{name}");
        }
        unknown.add("");
        assert!(unknown.has("anything"));
    }
}
