//! Uploads.
//!
//! ```text
//!                       ┌──► PutObject                                          below the threshold
//!   source ──► length ──┤
//!                       └──► CreateMultipartUpload ──► UploadPart … ──► CompleteMultipartUpload
//!                              or an unfinished upload                or AbortMultipartUpload
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::args::Args;
use super::content_type::content_type;
use super::context::Context;
use super::error::TransferError;
use super::multipart::Multipart;
use super::object_ref::ObjectRef;
use super::outgoing::Outgoing;
use super::plan::{Parts, part_size};
use super::progress::PartMeter;
use super::report::Outcome;
use super::resume::UploadJournal;
use super::source::{Content, FileContent, Source};
use super::upload_parts::UploadParts;
use super::work::{Begun, Work};
use crate::body::Body;
use crate::error::{Error, ErrorKind, Result};

/// An upload that has not begun.
pub(super) struct Upload<'s> {
    source: Source<'s>,
    sender: Sender,
}

impl<'s> Upload<'s> {
    pub(super) fn new(
        context: Arc<Context>,
        source: Source<'s>,
        object: ObjectRef,
        mut args: Args,
    ) -> Self {
        let guessed = source
            .path()
            .filter(|_| context.config.guess_content_type && !args.has("ContentType"))
            .and_then(|path| content_type(path.to_str()?));
        if let Some(guessed) = guessed {
            args.insert("ContentType", guessed.into());
        }
        if !context.config.overwrite && !args.has("IfNoneMatch") {
            args.insert("IfNoneMatch", "*".into());
        }
        let sender = Sender {
            context,
            object,
            args,
        };
        Self { source, sender }
    }
}

impl<'s> Work<'s> for Upload<'s> {
    fn object(&self) -> String {
        self.sender.object.url()
    }

    fn action(&self) -> String {
        format!("upload {} to {}", self.source, self.sender.object)
    }

    fn begin(self: Box<Self>) -> Result<Begun<'s>> {
        let Self { source, sender } = *self;
        let context = &sender.context;
        let content = Content::open(source, &context.cancel)?;
        context.meter.begun(&sender.object.url(), content.len());
        match whole(&content, context.config.multipart_threshold)? {
            Some(chunk) => sender.put(&chunk).map(Begun::Done),
            None => {
                let (parts, upload) = create(sender, content)?;
                Ok(Begun::Parts(parts, Arc::new(upload)))
            }
        }
    }
}

/// Returns all bytes, if there are fewer than `threshold`.
fn whole(content: &Content<'_>, threshold: u64) -> Result<Option<Chunk>> {
    Ok(match content {
        Content::Stream(stream) => stream
            .whole_below(threshold)
            .map_err(read_error)?
            .map(Chunk::bytes),
        content if content.len() >= Some(threshold) => None,
        Content::Bytes(bytes) => Some(Chunk::bytes(bytes.clone())),
        Content::File(file) => Some(file.read_small()?.map_or_else(
            || Chunk::file(file, 0..file.len()),
            |bytes| Chunk {
                file: Some(file.clone()),
                ..Chunk::bytes(bytes)
            },
        )),
    })
}

/// Creates a multipart upload, or finds an unfinished one.
fn create(sender: Sender, content: Content<'_>) -> Result<(Parts, UploadParts<'_>)> {
    let (context, object, args) = (&sender.context, &sender.object, &sender.args);
    let size = part_size(context.config.part_size, content.len().unwrap_or(0));
    let parts = match (&content, content.len()) {
        (_, None) => Parts::growing(size, context.config.memory_limit),
        (Content::Stream(_), _) => Parts::stream().within(context.config.parts_in_memory(size)),
        (_, Some(len)) => Parts::ranges(len, size),
    };
    let mut journal = match &content {
        Content::File(file) => UploadJournal::open(context, object, file, args, size),
        _ => None,
    };
    let found = match &mut journal {
        Some(journal) => journal.find(context, object, args)?,
        None => None,
    };
    let (multipart, resumable) = match found {
        Some(found) => found,
        None => (create_new(&sender, &mut journal)?, BTreeMap::new()),
    };
    let upload = UploadParts::new(sender, content, size, multipart, resumable, journal);
    Ok((parts, upload))
}

fn create_new(sender: &Sender, journal: &mut Option<UploadJournal>) -> Result<Multipart> {
    if let Some(journal) = journal {
        journal.restart();
    }
    let created = Multipart::create(&sender.context, &sender.object, &sender.args);
    match (&created, &mut *journal) {
        (Ok(multipart), Some(journal)) => journal.created(multipart),
        (Err(error), Some(_)) if !may_be_done(error) => {
            if let Some(journal) = journal.take() {
                journal.remove();
            }
        }
        _ => {}
    }
    created
}

/// The body of one request.
pub(super) struct Chunk {
    pub(super) body: Body,
    file: Option<FileContent>,
    pub(super) len: u64,
}

impl Chunk {
    pub(super) fn bytes(bytes: Bytes) -> Self {
        Self {
            len: bytes.len() as u64,
            body: bytes.into(),
            file: None,
        }
    }

    pub(super) fn file(file: &FileContent, range: Range<u64>) -> Self {
        Self {
            len: range.end - range.start,
            body: file.body(range),
            file: Some(file.clone()),
        }
    }
}

/// Sends the requests of an upload that have a body.
pub(super) struct Sender {
    pub(super) context: Arc<Context>,
    pub(super) object: ObjectRef,
    pub(super) args: Args,
}

impl Sender {
    fn put(&self, chunk: &Chunk) -> Result<Outcome> {
        let response = self.send("PutObject", json!({}), chunk)?;
        let text = |member: &str| response[member].as_str().map(Into::into);
        Ok(Outcome {
            objects: 1,
            bytes: chunk.len,
            etag: text("ETag"),
            version_id: text("VersionId"),
            ..Outcome::default()
        })
    }

    /// Sends a chunk, and sends it again if it was corrupted in transit.
    pub(super) fn send(&self, operation: &'static str, own: Value, chunk: &Chunk) -> Result<Value> {
        let context = &self.context;
        let own = self.object.params(own);
        let params = self.args.params(&context.client, operation, own)?;
        let meter = PartMeter::new(&context.meter);
        // a checksum of the caller may simply be wrong
        let may_resend = operation != "PutObject" || self.args.whole_checksum().is_none();
        let mut attempt = 1;
        loop {
            let body = Outgoing::body(chunk.body.clone(), chunk.file.clone(), &meter, context);
            let request = context.request(operation, params.clone()).body(body);
            match context.send(request).and_then(|output| output.to_value()) {
                Ok(response) => {
                    meter.complete(chunk.len);
                    return Ok(response);
                }
                Err(error)
                    if is_corrupted(&error)
                        && may_resend
                        && attempt < context.config.part_attempts =>
                {
                    tracing::debug!(object = %self.object, %error, attempt, "sending again");
                    attempt += 1;
                }
                Err(error) => {
                    // a file that got shorter fails the request before the check at its end
                    if let Some(file) = &chunk.file {
                        file.check_unchanged()?;
                    }
                    return Err(error);
                }
            }
        }
    }
}

pub(super) fn read_error(source: std::io::Error) -> Error {
    TransferError::Reader { source }.into()
}

/// Whether the service may have performed the request, although no response could be read: there may be an upload with an
/// unknown id.
fn may_be_done(error: &Error) -> bool {
    matches!(
        error.root().kind(),
        ErrorKind::Response
            | ErrorKind::Transfer
            | ErrorKind::Transport
            | ErrorKind::UnexpectedResponse
    )
}

/// Whether the service reports that the bytes do not match their checksum.
fn is_corrupted(error: &Error) -> bool {
    matches!(
        error.code(),
        Some("BadDigest" | "XAmzContentChecksumMismatch")
    )
}
