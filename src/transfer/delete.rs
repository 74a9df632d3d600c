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

/// The deletion of an object.
pub(super) struct Delete {
    context: Arc<Context>,
    object: ObjectRef,
    args: Args,
}

impl Delete {
    pub(super) fn new(context: Arc<Context>, object: ObjectRef, args: Args) -> Self {
        Self {
            context,
            object,
            args,
        }
    }
}

impl<'w> Work<'w> for Delete {
    fn object(&self) -> String {
        self.object.url()
    }

    fn action(&self) -> String {
        format!("delete {}", self.object)
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        self.context.meter.begun(&self.object.url(), Some(0));
        let own = self.object.params(json!({}));
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

/// Deletes objects, with as few requests as possible.
pub(super) fn delete_objects(
    context: &Arc<Context>,
    bucket: &str,
    keys: impl Iterator<Item = Box<str>>,
    args: &Args,
) -> Vec<Item<'static>> {
    let (alone, together): (Vec<_>, Vec<_>) = keys.partition(|key| !is_safe_in_xml(key));
    let batches = together.chunks(MAX_KEYS).map(|keys| {
        Item::Work(Box::new(DeleteMany {
            context: context.clone(),
            bucket: bucket.into(),
            keys: keys.to_vec(),
            args: args.clone(),
        }))
    });
    let single = |key: Box<str>| {
        let object = ObjectRef::new(bucket, key);
        Item::Work(Box::new(Delete::new(context.clone(), object, args.clone())))
    };
    let batches: Vec<_> = batches.collect();
    batches
        .into_iter()
        .chain(alone.into_iter().map(single))
        .collect()
}

/// Whether every server reads the key correctly from an XML document. XML cannot represent some characters, servers disagree on
/// others, and a server that trims text would delete `a` instead of ` a`.
fn is_safe_in_xml(key: &str) -> bool {
    let is_no_xml = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{fffe}' | '\u{ffff}');
    !key.contains(is_no_xml) && key.trim() == key
}

/// The deletion of several objects with one request.
struct DeleteMany {
    context: Arc<Context>,
    bucket: Box<str>,
    keys: Vec<Box<str>>,
    args: Args,
}

impl<'w> Work<'w> for DeleteMany {
    fn object(&self) -> String {
        let more = self.keys.len().saturating_sub(1);
        let first = self
            .keys
            .first()
            .map(|key| ObjectRef::new(&*self.bucket, &**key).url());
        format!("{} and {more} others", first.unwrap_or_default())
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        self.context.meter.begun(&self.object(), Some(0));
        let objects: Vec<Value> = self.keys.iter().map(|key| json!({"Key": key})).collect();
        // only a response that names the deleted objects proves that they are
        let own = json!({"Bucket": self.bucket, "Delete": {"Objects": objects, "Quiet": false}});
        let params = self
            .args
            .params(&self.context.client, "DeleteObjects", own)?;
        let response = self.context.call("DeleteObjects", params)?;
        let failures = self.failures(&response);
        Ok(Begun::Done(Outcome {
            objects: self.keys.len().saturating_sub(failures.len()) as u64,
            failures,
            ..Outcome::default()
        }))
    }
}

impl DeleteMany {
    /// Returns the keys that failed, or that the response does not confirm.
    fn failures(&self, response: &Value) -> Vec<Failure> {
        let entries = |member: &str| response[member].as_array().into_iter().flatten();
        let errors: Vec<&Value> = entries("Errors").collect();
        let failed: HashSet<&str> = errors.iter().filter_map(|it| it["Key"].as_str()).collect();
        let deleted: HashSet<&str> = entries("Deleted")
            .filter_map(|it| it["Key"].as_str())
            .collect();
        let unconfirmed = self
            .keys
            .iter()
            .filter(|key| !failed.contains(&***key) && !deleted.contains(&***key));
        let errors = errors.iter().map(|error| {
            let text = |member: &str| error[member].as_str().unwrap_or_default();
            let what = format!("not deleted: {}: {}", text("Code"), text("Message"));
            self.failure(text("Key"), what)
        });
        let unconfirmed = unconfirmed.map(|key| {
            let what = "the response does not confirm the deletion";
            self.failure(key, what.to_owned())
        });
        errors.chain(unconfirmed).collect()
    }

    fn failure(&self, key: &str, what: String) -> Failure {
        let object = ObjectRef::new(&*self.bucket, key).url();
        Failure {
            error: TransferError::response(&object, what),
            object,
        }
    }
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
