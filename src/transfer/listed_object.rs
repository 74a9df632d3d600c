//! An object of a listing.

use std::time::SystemTime;

use super::object::Object;

/// An object as a listing or HeadObject reports it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedObject {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last modification.
    pub modified: Option<SystemTime>,
    pub(super) object: Object,
}

impl ListedObject {
    pub(super) fn new(key: String, object: Object) -> Self {
        Self {
            key,
            size: object.len,
            modified: object.modified,
            object,
        }
    }

    /// Whether the object represents a folder: it is empty, and its key ends with a slash.
    pub fn is_folder(&self) -> bool {
        self.size == 0 && self.key.ends_with('/')
    }

    /// Whether the object is archived (`GLACIER`, `DEEP_ARCHIVE`) and must be restored before it can be read. A listing does not
    /// report that an object was restored.
    pub fn is_archived(&self) -> bool {
        self.object.is_archived
    }
}
