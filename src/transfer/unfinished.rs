//! What earlier processes were killed at.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::args::Args;
use super::error::TransferError;
use super::journal::{Journal, Subject};
use super::multipart::Multipart;
use super::resume::{partial_file, upload_id};
use super::{Context, Place};
use crate::error::Result;

/// A transfer that a process was killed at, or whose upload could not be completed. The same transfer, asked for again, goes
/// on with it; else it can be aborted.
///
/// Only what this machine's journal proves to be its own is touched. An upload whose creation was not answered before the
/// process died has an id that nobody here knows: it is neither gone on with nor aborted, as the service lists uploads of
/// other machines in the same way. It has no parts; a lifecycle rule with `AbortIncompleteMultipartUpload` removes such.
pub struct Unfinished {
    context: Arc<Context>,
    journal: Journal,
    subject: Subject,
    lines: Vec<Value>,
}

/// All of this service that no process is at.
pub(super) fn all(context: &Arc<Context>) -> Result<Vec<Unfinished>> {
    let Some(folder) = context.state_folder() else {
        return Ok(Vec::new());
    };
    let journals = Journal::all(&folder).map_err(TransferError::file(&*folder))?;
    let service = context.service_place();
    let of_service = journals
        .into_iter()
        .filter(|(_, subject, _)| *subject.service == *service);
    let unfinished = of_service.map(|(journal, subject, lines)| Unfinished {
        context: context.clone(),
        journal,
        subject,
        lines: lines.done,
    });
    Ok(unfinished.collect())
}

impl Unfinished {
    /// The object's bucket.
    pub fn bucket(&self) -> &str {
        &self.subject.bucket
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.subject.key
    }

    /// The file that is uploaded or downloaded to.
    pub fn file(&self) -> &str {
        &self.subject.file
    }

    /// Whether it is an upload; else it is a download.
    pub fn is_upload(&self) -> bool {
        &*self.subject.kind == "upload"
    }

    /// The id of the upload that is open. `None` for a download, and for an upload whose creation was not answered: the
    /// service may have one without parts, which [`abort`](Self::abort) does not touch.
    pub fn upload_id(&self) -> Option<&str> {
        upload_id(&self.lines)
    }

    /// Takes back what was begun: the parts that were uploaded, or the bytes beside the file.
    ///
    /// # Errors
    ///
    /// The service does not abort the upload. It can be tried again.
    pub fn abort(self) -> Result<()> {
        let place = Place::new(self.bucket(), self.key());
        if self.is_upload() {
            match self.upload_id() {
                Some(id) => Multipart::known(id).abort(&self.context, &place, &Args::default())?,
                None => tracing::warn!(
                    object = %place,
                    "an upload without parts may be open whose id is not known; a lifecycle rule removes it"
                ),
            }
        } else if let Some(partial) = partial_file(&self.lines, Path::new(self.file())) {
            // it may be gone already
            let _ = std::fs::remove_file(partial);
        }
        self.journal.remove();
        Ok(())
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished")
            .field("bucket", &self.bucket())
            .field("key", &self.key())
            .field("file", &self.file())
            .field("is_upload", &self.is_upload())
            .field("upload_id", &self.upload_id())
            .finish_non_exhaustive()
    }
}
