//! Uploads in parts, after they were created.
//!
//! If CompleteMultipartUpload fails, the parts and the journal are kept so that the upload can be resumed, unless it could never
//! succeed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::error::TransferError;
use super::multipart::{Multipart, PartDone, no_etag};
use super::plan::Part;
use super::report::Outcome;
use super::resume::UploadJournal;
use super::source::{Content, Stream};
use super::upload::{Chunk, Sender, read_error};
use super::work::PartWork;
use crate::error::{Error, ErrorKind, Result};
use crate::sync;

/// A multipart upload.
pub(super) struct UploadParts<'s> {
    sender: Sender,
    content: Content<'s>,
    part_size: u64,
    multipart: Multipart,
    /// Parts that an earlier process uploaded.
    resumable: BTreeMap<u32, PartDone>,
    journal: Mutex<Option<UploadJournal>>,
    /// Whether the parts are kept, so that the upload can be resumed.
    is_kept: AtomicBool,
}

impl<'s> UploadParts<'s> {
    pub(super) fn new(
        sender: Sender,
        content: Content<'s>,
        part_size: u64,
        multipart: Multipart,
        resumable: BTreeMap<u32, PartDone>,
        journal: Option<UploadJournal>,
    ) -> Self {
        Self {
            sender,
            content,
            part_size,
            multipart,
            resumable,
            journal: Mutex::new(journal),
            is_kept: AtomicBool::new(false),
        }
    }

    fn send(&self, number: u32, chunk: &Chunk) -> Result<()> {
        let Sender { object, args, .. } = &self.sender;
        let own = json!({"UploadId": self.multipart.id, "PartNumber": number});
        let sent = self.sender.send("UploadPart", own, chunk);
        let sent = sent.and_then(|response| {
            let done = PartDone::from_response(&response, args);
            done.ok_or_else(|| no_etag(object, number))
        });
        let done = sent.map_err(|error| match is_unreadable(&error) {
            true => self.keep(error),
            false => error,
        })?;
        self.multipart.done(number, done.with_len(chunk.len));
        Ok(())
    }

    fn send_next(&self, stream: &Stream<'s>) -> Result<bool> {
        match stream.next(self.part_size).map_err(read_error)? {
            None => Ok(false),
            Some(next) => {
                self.send(next.number, &Chunk::bytes(next.bytes))?;
                Ok(next.has_more)
            }
        }
    }

    /// Keeps the parts and the journal, if a later process can find them by it.
    fn keep(&self, source: Error) -> Error {
        if sync::lock(&self.journal).is_none() || source.is_cancelled() {
            return source;
        }
        self.is_kept.store(true, Ordering::Relaxed);
        let object = self.sender.object.url();
        TransferError::PartsKept { object, source }.into()
    }

    fn end_journal(&self) {
        if let Some(journal) = sync::lock(&self.journal).take() {
            journal.remove();
        }
    }
}

impl PartWork for UploadParts<'_> {
    fn part(&self, part: &Part) -> Result<bool> {
        let range = &part.range;
        match &self.content {
            Content::Stream(stream) => return self.send_next(stream),
            Content::Bytes(bytes) => {
                // the range is within the bytes, which are in memory
                let bytes = bytes.slice(range.start as usize..range.end as usize);
                self.send(part.number, &Chunk::bytes(bytes))?;
            }
            Content::File(file) => {
                let chunk = Chunk::file(file, range.clone());
                let resumable = self.resumable.get(&part.number);
                match resumable.and_then(|done| done.verified(&chunk.body, &self.sender.args)) {
                    Some(done) => {
                        self.sender.context.meter.resumed(chunk.len);
                        self.multipart.resumed(part.number, done);
                    }
                    None => self.send(part.number, &chunk)?,
                }
            }
        }
        Ok(true)
    }

    fn finish(&self) -> Result<Outcome> {
        if let Content::File(file) = &self.content {
            file.check_unchanged()?;
        }
        let Sender {
            context,
            object,
            args,
        } = &self.sender;
        let completed = self.multipart.complete(context, object, args);
        let outcome = completed.map_err(|error| match is_final(&error) {
            true => error,
            false => self.keep(error),
        })?;
        self.end_journal();
        Ok(outcome)
    }

    fn abort(&self) {
        if self.is_kept.load(Ordering::Relaxed) {
            return;
        }
        let Sender {
            context,
            object,
            args,
        } = &self.sender;
        // an upload that cannot be aborted stays in the list of the unfinished ones
        match self.multipart.abort(context, object, args) {
            Ok(()) => self.end_journal(),
            Err(error) => tracing::warn!(%object, %error, "could not abort the upload"),
        }
    }
}

/// Whether the response cannot be read. What sent it knows nothing of the stored parts.
fn is_unreadable(error: &Error) -> bool {
    let root = error.root();
    matches!(
        root.kind(),
        ErrorKind::Response | ErrorKind::UnexpectedResponse
    ) || matches!(root.downcast_ref(), Some(TransferError::Response { .. }))
}

/// Whether the parts can never be completed: another attempt would send the same and be refused again.
fn is_final(error: &Error) -> bool {
    // the object is stored, with the wrong content
    let is_stored = matches!(
        error.root().downcast_ref(),
        Some(TransferError::Mismatch { .. })
    );
    let code = error.code();
    is_stored || code.is_some_and(|code| FINAL.contains(&code))
}

/// Errors of CompleteMultipartUpload that make the parts useless. After others, such as `AccessDenied`, `InvalidPart` (a missing
/// part is sent again) and server errors, the upload may be completed later.
const FINAL: [&str; 7] = [
    "BadDigest",
    "EntityTooLarge",
    "EntityTooSmall",
    "InvalidPartOrder",
    "NoSuchBucket",
    "NoSuchUpload",
    "PreconditionFailed",
];
