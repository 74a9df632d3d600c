//! Deletions: of one object, of a thousand with one request, or of a file.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::dir_walk::LocalFile;
use super::error::TransferError;
use super::pool::{Begun, Item, Work};
use super::report::{Failure, Outcome};
use super::source::Identity;
use super::{Context, Place};
use crate::error::Result;

/// An object that is deleted.
pub(super) struct Delete {
    pub(super) context: Arc<Context>,
    pub(super) place: Place,
    pub(super) args: Args,
}

impl Work for Delete {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("delete {}", self.place)
    }

    fn begin(&self) -> Result<Begun> {
        self.context.meter.begun(&self.place.url(), Some(0));
        let params = self.place.params(json!({}));
        let params = self.args.of(&self.context.client, "DeleteObject", params)?;
        let answer = self.context.call("DeleteObject", params)?;
        Ok(Begun::Done(Outcome {
            objects: 1,
            version_id: answer["VersionId"].as_str().map(Into::into),
            ..Outcome::default()
        }))
    }
}

/// The most that one request deletes.
const MOST: usize = 1000;

/// Deletes all these objects, as many as may be with each request.
pub(super) fn delete_objects(
    context: &Arc<Context>,
    bucket: &str,
    keys: impl Iterator<Item = Box<str>>,
    args: &Args,
) -> Vec<Item<'static>> {
    let (alone, together): (Vec<_>, Vec<_>) = keys.partition(|key| !is_safe_in_xml(key));
    let batches = together.chunks(MOST).map(|keys| {
        Item::Work(Box::new(DeleteMany {
            context: context.clone(),
            bucket: bucket.into(),
            keys: keys.to_vec(),
            args: args.clone(),
        }) as Box<dyn Work>)
    });
    let single = |key: Box<str>| {
        Item::Work(Box::new(Delete {
            context: context.clone(),
            place: Place::new(bucket, key),
            args: args.clone(),
        }) as Box<dyn Work>)
    };
    let batches: Vec<_> = batches.collect();
    batches
        .into_iter()
        .chain(alone.into_iter().map(single))
        .collect()
}

/// Whether every server reads this key in a document as it is. XML cannot hold some characters, servers write others in more
/// than one way, and those that trim texts would delete `a` where ` a` is meant.
fn is_safe_in_xml(key: &str) -> bool {
    let is_no_xml = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{fffe}' | '\u{ffff}');
    !key.contains(is_no_xml) && key.trim() == key
}

/// Objects that are deleted with one request.
struct DeleteMany {
    context: Arc<Context>,
    bucket: Box<str>,
    keys: Vec<Box<str>>,
    args: Args,
}

impl Work for DeleteMany {
    fn object(&self) -> String {
        let more = self.keys.len().saturating_sub(1);
        let first = self
            .keys
            .first()
            .map(|key| Place::new(&*self.bucket, &**key).url());
        format!("{} and {more} others", first.unwrap_or_default())
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(&self) -> Result<Begun> {
        self.context.meter.begun(&self.object(), Some(0));
        let objects: Vec<Value> = self.keys.iter().map(|key| json!({"Key": key})).collect();
        // a response that names what is deleted proves that it is
        let own = json!({"Bucket": self.bucket, "Delete": {"Objects": objects, "Quiet": false}});
        let params = self.args.of(&self.context.client, "DeleteObjects", own)?;
        let answer = self.context.call("DeleteObjects", params)?;
        let failures = self.failures(&answer);
        Ok(Begun::Done(Outcome {
            objects: self.keys.len().saturating_sub(failures.len()) as u64,
            failures,
            ..Outcome::default()
        }))
    }
}

impl DeleteMany {
    /// One for each key that the response does not say to be deleted, or says to have failed.
    fn failures(&self, answer: &Value) -> Vec<Failure> {
        let entries = |member: &str| answer[member].as_array().into_iter().flatten();
        let errors: Vec<&Value> = entries("Errors").collect();
        let failed: HashSet<&str> = errors.iter().filter_map(|it| it["Key"].as_str()).collect();
        let deleted: HashSet<&str> = entries("Deleted")
            .filter_map(|it| it["Key"].as_str())
            .collect();
        let unsaid = self
            .keys
            .iter()
            .filter(|key| !failed.contains(&***key) && !deleted.contains(&***key));
        let errors = errors.iter().map(|error| {
            let text = |member: &str| error[member].as_str().unwrap_or_default();
            let what = format!("it is not deleted: {}: {}", text("Code"), text("Message"));
            self.failure(text("Key"), what)
        });
        let unsaid = unsaid.map(|key| {
            let what = "the service's response does not say that it is deleted";
            self.failure(key, what.to_owned())
        });
        errors.chain(unsaid).collect()
    }

    fn failure(&self, key: &str, what: String) -> Failure {
        let object = Place::new(&*self.bucket, key).url();
        Failure {
            error: TransferError::answer(&object, what),
            object: object.into(),
        }
    }
}

/// A file that is deleted, if it is still the one that was listed.
pub(super) struct LocalDeletion(pub(super) LocalFile);

impl Work for LocalDeletion {
    fn object(&self) -> String {
        self.0.path.display().to_string()
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(&self) -> Result<Begun> {
        remove_listed(&self.0)?;
        Ok(Begun::Done(Outcome {
            objects: 1,
            ..Outcome::default()
        }))
    }
}

/// # Errors
///
/// It changed after it was listed, or cannot be removed.
pub(super) fn remove_listed(file: &LocalFile) -> Result<()> {
    check_listed(file)?;
    match std::fs::remove_file(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(TransferError::file(&*file.path)(error))
        }
        _ => Ok(()),
    }
}

/// # Errors
///
/// It changed after it was listed. It may be gone.
pub(super) fn check_listed(file: &LocalFile) -> Result<()> {
    let now = match std::fs::symlink_metadata(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        now => now.map_err(TransferError::file(&*file.path))?,
    };
    // of a link the link alone is deleted, whatever became of what it leads to
    let is_listed = match file.is_link {
        true => now.is_symlink(),
        false => is_same(&now, &file.metadata),
    };
    match is_listed {
        true => Ok(()),
        false => Err(changed(&file.path)),
    }
}

pub(super) fn changed(path: &Path) -> crate::error::Error {
    let path: PathBuf = path.to_owned();
    TransferError::ChangedSinceListed { path }.into()
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    Identity::from(one) == Identity::from(other) && file_number(one) == file_number(other)
}

/// By which a file is told from another one that took its name: one that was downloaded, where names differ only in their case.
#[cfg(unix)]
fn file_number(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn file_number(_: &Metadata) {}
