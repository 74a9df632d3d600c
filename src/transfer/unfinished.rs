//! What earlier processes were killed at.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::args::Args;
use super::error::TransferError;
use super::journal::Journal;
use super::resume::{begun_upload, partial_file};
use super::{Context, Place};
use crate::error::Result;

/// A transfer that a process was killed at. The same transfer, asked for again, goes on with it; else it can be aborted.
pub struct Unfinished {
    context: Arc<Context>,
    journal: Journal,
    lines: Vec<Value>,
}

/// All of this service that nobody is at.
pub(super) fn all(context: &Arc<Context>) -> Result<Vec<Unfinished>> {
    let Some(folder) = context.state_folder() else {
        return Ok(Vec::new());
    };
    let journals = Journal::all(&folder).map_err(TransferError::file(&*folder))?;
    let service = context.service_place();
    let unfinished = journals.into_iter().map(|(journal, lines)| Unfinished {
        context: context.clone(),
        journal,
        lines,
    });
    Ok(unfinished
        .filter(|it| it.text("service") == service)
        .collect())
}

impl Unfinished {
    fn text(&self, member: &str) -> &str {
        let header = self.lines.first().unwrap_or(&Value::Null);
        header[member].as_str().unwrap_or_default()
    }

    /// The object's bucket.
    pub fn bucket(&self) -> &str {
        self.text("bucket")
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        self.text("key")
    }

    /// The file that is uploaded or downloaded to.
    pub fn file(&self) -> &str {
        self.text("file")
    }

    /// Whether it is an upload; else it is a download.
    pub fn is_upload(&self) -> bool {
        self.text("kind") == "upload"
    }

    /// Takes back what was begun: the parts that were uploaded, or the bytes beside the file.
    ///
    /// # Errors
    ///
    /// The service does not find or abort the upload. It can be tried again.
    pub fn abort(self) -> Result<()> {
        let place = Place::new(self.bucket(), self.key());
        if let Some(upload) = begun_upload(&self.context, &place, &self.lines)? {
            upload.abort(&self.context, &place, &Args::default())?;
        }
        if let Some(partial) = partial_file(&self.lines) {
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
            .finish_non_exhaustive()
    }
}
