//! Deletions of objects and local files.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::context::Context;
use super::dir_walk::LocalFile;
use super::error::TransferError;
use super::object_ref::ObjectRef;
use super::report::{Failure, Outcome};
use super::source::Identity;
use super::work::{Begun, Item, Work};
use crate::error::{Error, Result};

/// The deletion of an object, or of a version of it.
pub(super) struct Delete {
    context: Arc<Context>,
    object: ObjectRef,
    version_id: Option<Box<str>>,
    args: Args,
}

impl Delete {
    pub(super) fn new(context: Arc<Context>, object: ObjectRef, args: Args) -> Self {
        Self {
            context,
            object,
            version_id: None,
            args,
        }
    }
}

impl<'w> Work<'w> for Delete {
    fn object(&self) -> String {
        with_version(self.object.url(), self.version_id.as_deref())
    }

    fn action(&self) -> String {
        let object = with_version(self.object.to_string(), self.version_id.as_deref());
        format!("delete {object}")
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        self.context.meter.begun(&self.object(), Some(0));
        let own = self.object.params(match &self.version_id {
            None => json!({}),
            Some(id) => json!({"VersionId": id}),
        });
        let params = self
            .args
            .params(&self.context.client, "DeleteObject", own)?;
        let response = self.context.call("DeleteObject", params)?;
        Ok(Begun::Done(Outcome {
            objects: 1,
            version_id: response["VersionId"].as_str().map(Into::into),
            ..Outcome::default()
        }))
    }
}

/// S3's maximum number of objects in one request.
const MAX_KEYS: usize = 1000;

/// A key, or one version of it, that is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) key: Box<str>,
    pub(super) version_id: Option<Box<str>>,
}

impl Entry {
    /// The current version of a key. A bucket with versions keeps it below a delete marker.
    pub(super) fn of_key(key: Box<str>) -> Self {
        let version_id = None;
        Self { key, version_id }
    }

    pub(super) fn url(&self, bucket: &str) -> String {
        let url = ObjectRef::new(bucket, &*self.key).url();
        with_version(url, self.version_id.as_deref())
    }

    /// The key, and the version if there is one.
    pub(super) fn name(&self) -> (&str, Option<&str>) {
        (&self.key, self.version_id.as_deref())
    }

    fn to_json(&self) -> Value {
        match &self.version_id {
            None => json!({"Key": self.key}),
            Some(id) => json!({"Key": self.key, "VersionId": id}),
        }
    }

    /// Whether every server reads the entry correctly from an XML document.
    fn is_safe_in_xml(&self) -> bool {
        is_safe_in_xml(&self.key) && self.version_id.as_deref().is_none_or(is_safe_in_xml)
    }
}

fn with_version(object: String, id: Option<&str>) -> String {
    match id {
        None => object,
        Some(id) => format!("{object} (version {id})"),
    }
}

/// Deletes objects or versions, with as few requests as possible.
pub(super) fn delete_objects(
    context: &Arc<Context>,
    bucket: &str,
    entries: impl Iterator<Item = Entry>,
    args: &Args,
) -> Vec<Item<'static>> {
    let (together, alone): (Vec<_>, Vec<_>) = entries.partition(Entry::is_safe_in_xml);
    let batches = together.chunks(MAX_KEYS).map(|entries| {
        Item::Work(Box::new(DeleteMany {
            context: context.clone(),
            bucket: bucket.into(),
            entries: entries.to_vec(),
            args: args.clone(),
        }))
    });
    let single = |entry: Entry| {
        let object = ObjectRef::new(bucket, entry.key);
        let delete = Delete::new(context.clone(), object, args.clone());
        Item::Work(Box::new(Delete {
            version_id: entry.version_id,
            ..delete
        }))
    };
    let batches: Vec<_> = batches.collect();
    batches
        .into_iter()
        .chain(alone.into_iter().map(single))
        .collect()
}

/// XML cannot represent some characters, servers disagree on others, and a server that trims text would delete `a` instead of ` a`.
fn is_safe_in_xml(text: &str) -> bool {
    let is_no_xml = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{fffe}' | '\u{ffff}');
    !text.contains(is_no_xml) && text.trim() == text
}

/// The deletion of several objects with one request.
struct DeleteMany {
    context: Arc<Context>,
    bucket: Box<str>,
    entries: Vec<Entry>,
    args: Args,
}

impl<'w> Work<'w> for DeleteMany {
    fn object(&self) -> String {
        let more = self.entries.len().saturating_sub(1);
        let first = self.entries.first().map(|entry| entry.url(&self.bucket));
        format!("{} and {more} others", first.unwrap_or_default())
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        self.context.meter.begun(&self.object(), Some(0));
        let objects: Vec<Value> = self.entries.iter().map(Entry::to_json).collect();
        // only a response that names the deleted objects proves that they are
        let own = json!({"Bucket": self.bucket, "Delete": {"Objects": objects, "Quiet": false}});
        let params = self
            .args
            .params(&self.context.client, "DeleteObjects", own)?;
        let response = self.context.call("DeleteObjects", params)?;
        Ok(Begun::Done(self.outcome(&response)))
    }
}

impl DeleteMany {
    /// Entries fail if the response has an error for them, or does not confirm them.
    fn outcome(&self, response: &Value) -> Outcome {
        let list = |member: &str| response[member].as_array().into_iter().flatten();
        let (deleted, failed) = (names(list("Deleted")), names(list("Errors")));
        let rest = self
            .entries
            .iter()
            .filter(|entry| !failed.contains(&entry.name()));
        let (done, unconfirmed): (Vec<_>, Vec<_>) =
            rest.partition(|entry| deleted.contains(&entry.name()));
        let errors = list("Errors").map(|error| {
            let text = |member: &str| error[member].as_str();
            let entry = Entry {
                key: text("Key").unwrap_or_default().into(),
                version_id: text("VersionId").map(Into::into),
            };
            let (code, message) = (text("Code"), text("Message"));
            let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
            self.failure(&entry, &format!("not deleted: {code}: {message}"))
        });
        let unconfirmed = unconfirmed.into_iter();
        let unconfirmed = unconfirmed
            .map(|entry| self.failure(entry, "the response does not confirm the deletion"));
        Outcome {
            objects: done.len() as u64,
            failures: errors.chain(unconfirmed).collect(),
            ..Outcome::default()
        }
    }

    fn failure(&self, entry: &Entry, what: &str) -> Failure {
        let object = entry.url(&self.bucket);
        Failure {
            error: TransferError::response(&object, what),
            object,
        }
    }
}

/// Returns the names of entries of a response: the key alone, and with its version. For a delete marker that was deleted, servers
/// return one of two members or both. They may omit the version `null`, of an object that was stored before the bucket had versions.
fn names<'r>(entries: impl Iterator<Item = &'r Value>) -> HashSet<(&'r str, Option<&'r str>)> {
    let names = entries.filter_map(|entry| {
        let version = entry["VersionId"].as_str();
        let version = version.or_else(|| entry["DeleteMarkerVersionId"].as_str());
        let version = version.unwrap_or("null");
        let key = entry["Key"].as_str()?;
        Some([(key, None), (key, Some(version))])
    });
    names.flatten().collect()
}

/// The deletion of a local file, if it has not changed since it was listed.
pub(super) struct LocalDeletion(pub(super) LocalFile);

impl<'w> Work<'w> for LocalDeletion {
    fn object(&self) -> String {
        self.0.path.display().to_string()
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        remove_listed(&self.0)?;
        Ok(Begun::Done(Outcome {
            objects: 1,
            ..Outcome::default()
        }))
    }
}

/// Removes a file.
///
/// # Errors
///
/// Returns an error if the file has changed since it was listed or cannot be removed.
pub(super) fn remove_listed(file: &LocalFile) -> Result<()> {
    check_listed(file)?;
    match std::fs::remove_file(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(TransferError::file(&*file.path)(error))
        }
        _ => Ok(()),
    }
}

/// Checks that a file has not changed since it was listed. It may be gone.
///
/// # Errors
///
/// Returns an error if the file has changed.
pub(super) fn check_listed(file: &LocalFile) -> Result<()> {
    let now = match std::fs::symlink_metadata(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        now => now.map_err(TransferError::file(&*file.path))?,
    };
    // only the link itself is deleted, so its target may have changed
    let is_listed = match file.is_link {
        true => now.is_symlink(),
        false => is_same(&now, &file.metadata),
    };
    match is_listed {
        true => Ok(()),
        false => Err(changed(&file.path)),
    }
}

pub(super) fn changed(path: &Path) -> Error {
    let path: PathBuf = path.to_owned();
    TransferError::ChangedSinceListed { path }.into()
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    Identity::from(one) == Identity::from(other) && file_number(one) == file_number(other)
}

/// Identifies a file even if another one has taken its name, such as a download whose name differs only in case.
#[cfg(unix)]
fn file_number(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn file_number(_: &Metadata) {}
