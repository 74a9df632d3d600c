//! Transfers that earlier processes left unfinished.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::args::Args;
use super::context::Context;
use super::error::TransferError;
use super::journal::{Journal, Subject};
use super::multipart::Multipart;
use super::object_ref::ObjectRef;
use super::resume::{partial_file, upload_id};
use crate::client::Client;
use crate::error::Result;

/// A transfer whose process was killed, or an upload that could not be completed. The same transfer, started again, resumes it;
/// otherwise it can be aborted.
///
/// ```
/// use tucuxi::transfer::TransferConfig;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let s3 = client.transfer_with(TransferConfig::default().state_folder(folder))?;
/// for unfinished in s3.unfinished()? {
///     println!("{} (s3://{}/{})", unfinished.file(), unfinished.bucket(), unfinished.key());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Only uploads whose id is in a journal on this machine are resumed or aborted. If the process died before it received the id,
/// the upload, which has no parts, cannot be told apart from those of other machines. A lifecycle rule with
/// `AbortIncompleteMultipartUpload` removes it.
pub struct Unfinished<C = Client> {
    of: PhantomData<fn() -> C>,
    context: Arc<Context>,
    journal: Journal,
    subject: Subject,
    lines: Vec<Value>,
}

/// Returns the unfinished transfers to and from this endpoint whose journals no process has locked.
pub(super) fn all<C>(context: &Arc<Context>) -> Result<Vec<Unfinished<C>>> {
    let Some(folder) = context.state_folder() else {
        return Ok(Vec::new());
    };
    let journals = Journal::all(&folder).map_err(TransferError::file(&*folder))?;
    let service = context.service_id();
    let of_service = journals
        .into_iter()
        .filter(|(_, subject, _)| *subject.service == *service);
    let unfinished = of_service.map(|(journal, subject, lines)| Unfinished {
        of: PhantomData,
        context: context.clone(),
        journal,
        subject,
        lines: lines.done,
    });
    Ok(unfinished.collect())
}

impl<C> Unfinished<C> {
    /// Returns the bucket.
    pub fn bucket(&self) -> &str {
        &self.subject.bucket
    }

    /// Returns the key.
    pub fn key(&self) -> &str {
        &self.subject.key
    }

    /// Returns the path of the local file: the source of an upload, or the target of a download.
    pub fn file(&self) -> &str {
        &self.subject.file
    }

    /// Returns whether the transfer is an upload. Otherwise it is a download.
    pub fn is_upload(&self) -> bool {
        &*self.subject.kind == "upload"
    }

    /// Returns the upload id. It is `None` for a download, and for an upload whose process died before it received the id; the
    /// service may then have an upload without parts, which [`abort`](Self::abort) does not affect.
    pub fn upload_id(&self) -> Option<&str> {
        upload_id(&self.lines)
    }

    pub(super) fn abort_blocking(self) -> Result<()> {
        let object = ObjectRef::new(self.bucket(), self.key());
        if self.is_upload() {
            match self.upload_id() {
                Some(id) => {
                    Multipart::with_id(id).abort(&self.context, &object, &Args::default())?;
                }
                None => tracing::warn!(
                    %object,
                    "there may be an upload without parts whose id is unknown; a lifecycle rule removes it"
                ),
            }
        } else if let Some(partial) = partial_file(&self.lines, Path::new(self.file())) {
            // it may not exist any more
            let _ = std::fs::remove_file(partial);
        }
        self.journal.remove();
        Ok(())
    }
}

impl Unfinished {
    /// Aborts the transfer: removes the uploaded parts or the partial file.
    ///
    /// # Errors
    ///
    /// Returns an error if the upload cannot be aborted. It stays unfinished then.
    pub fn abort(self) -> Result<()> {
        self.abort_blocking()
    }
}

impl<C> fmt::Debug for Unfinished<C> {
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
