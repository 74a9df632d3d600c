//! Uploads.
//!
//! ```text
//!                       ┌──► PutObject                                          smaller than the threshold
//!   source ──► length ──┤
//!                       └──► CreateMultipartUpload ──► UploadPart … ──► CompleteMultipartUpload
//!                              or the one of a try that was killed             or AbortMultipartUpload
//! ```
//! A CompleteMultipartUpload that fails leaves the parts and the journal for another try, unless none could succeed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::multipart::{Multipart, PartDone, no_etag};
use super::plan::{Part, Parts, part_size};
use super::pool::{Begun, Work};
use super::progress::PartMeter;
use super::report::Outcome;
use super::resume::UploadJournal;
use super::slot::Slot;
use super::source::{Content, FileContent, Outgoing, Source, Stream};
use super::{Context, Place};
use crate::body::Body;
use crate::error::{Error, ErrorKind, Result};

/// An object on its way up.
pub(super) struct Upload<'s> {
    context: Arc<Context>,
    place: Place,
    args: Args,
    /// What the source is called.
    name: String,
    source: Slot<Source<'s>>,
    state: OnceLock<State<'s>>,
}

/// What is known once it is begun.
struct State<'s> {
    content: Content<'s>,
    part_size: u64,
    multipart: Multipart,
    /// Parts of a try that was killed.
    there: BTreeMap<u32, PartDone>,
    journal: Slot<UploadJournal>,
    /// The parts are to stay, for another try.
    is_kept: AtomicBool,
}

/// What goes out at a time.
struct Piece {
    body: Body,
    file: Option<FileContent>,
    len: u64,
}

impl Piece {
    fn of_bytes(bytes: Bytes) -> Self {
        Self {
            len: bytes.len() as u64,
            body: bytes.into(),
            file: None,
        }
    }

    fn of_file(file: &FileContent, part: std::ops::Range<u64>) -> Self {
        Self {
            len: part.end - part.start,
            body: file.body(part),
            file: Some(file.clone()),
        }
    }
}

impl<'s> Upload<'s> {
    pub(super) fn new(context: Arc<Context>, source: Source<'s>, place: Place, args: Args) -> Self {
        Self {
            context,
            place,
            args,
            name: source.to_string(),
            source: Slot::new(source),
            state: OnceLock::new(),
        }
    }
}

impl Work for Upload<'_> {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("upload {} to {}", self.name, self.place)
    }

    fn begin(&self) -> Result<Begun> {
        let Some(source) = self.source.take() else {
            return Err(Error::request("the upload was begun before"));
        };
        let content = Content::open(source, &self.context.cancel)?;
        self.context.meter.begun(&self.place.url(), content.len());
        let threshold = self.context.config.multipart_threshold;
        let small = match &content {
            Content::Stream(stream) => stream
                .whole_below(threshold)
                .map_err(read_error)?
                .map(Piece::of_bytes),
            content if content.len() >= Some(threshold) => None,
            Content::Bytes(bytes) => Some(Piece::of_bytes(bytes.clone())),
            Content::File(file) => Some(file.read_small()?.map_or_else(
                || Piece::of_file(file, 0..file.len()),
                |bytes| Piece {
                    file: Some(file.clone()),
                    ..Piece::of_bytes(bytes)
                },
            )),
        };
        match small {
            Some(piece) => self.put(piece).map(Begun::Done),
            None => self.create(content).map(Begun::Parts),
        }
    }

    fn part(&self, part: &Part) -> Result<bool> {
        let state = self.state()?;
        let range = &part.range;
        match &state.content {
            Content::Stream(stream) => self.next_of_stream(state, stream),
            Content::Bytes(bytes) => {
                // the parts of bytes are within them, and these are in memory
                let piece = bytes.slice(range.start as usize..range.end as usize);
                self.send_part(state, part.number, &Piece::of_bytes(piece))?;
                Ok(true)
            }
            Content::File(file) => {
                let there = state.there.get(&part.number);
                let piece = Piece::of_file(file, range.clone());
                match there.and_then(|there| there.proven(&piece.body, &self.args)) {
                    Some(there) => {
                        self.context.meter.resumed(piece.len);
                        state.multipart.found(part.number, there);
                    }
                    None => self.send_part(state, part.number, &piece)?,
                }
                Ok(true)
            }
        }
    }

    fn finish(&self) -> Result<Outcome> {
        let state = self.state()?;
        if let Content::File(file) = &state.content {
            file.check_unchanged()?;
        }
        let completed = state
            .multipart
            .complete(&self.context, &self.place, &self.args);
        let outcome = completed.map_err(|error| match is_final(&error) {
            true => error,
            false => self.keep(state, error),
        })?;
        state.end_journal();
        Ok(outcome)
    }

    fn abandon(&self) {
        let Some(state) = self.state.get() else {
            return;
        };
        if state.is_kept.load(Ordering::Relaxed) {
            return;
        }
        // what could not be aborted is told by what lists the unfinished
        match state
            .multipart
            .abort(&self.context, &self.place, &self.args)
        {
            Ok(()) => state.end_journal(),
            Err(error) => {
                tracing::warn!(object = %self.place, %error, "the upload could not be aborted")
            }
        }
    }
}

impl<'s> Upload<'s> {
    /// A small object.
    fn put(&self, piece: Piece) -> Result<Outcome> {
        let len = piece.len;
        let output = self.send("PutObject", json!({}), &piece)?;
        let text = |member: &str| output[member].as_str().map(Into::into);
        Ok(Outcome {
            objects: 1,
            bytes: len,
            etag: text("ETag"),
            version_id: text("VersionId"),
            ..Outcome::default()
        })
    }

    /// Sends bytes, once more if they arrive changed.
    fn send(&self, operation: &str, own: Value, piece: &Piece) -> Result<Value> {
        let context = &self.context;
        let mut params = self.place.params(own);
        params = self.args.of(&context.client, operation, params)?;
        let meter = PartMeter::new(&context.meter);
        let is_the_callers = operation == "PutObject" && self.args.whole_checksum().is_some();
        let mut attempt = 1;
        loop {
            let body = Outgoing::body(piece.body.clone(), piece.file.clone(), &meter, context);
            let request = context.request(operation, params.clone()).body(body);
            match context.send(request).and_then(|output| output.value()) {
                Ok(output) => {
                    meter.settle(piece.len);
                    return Ok(output);
                }
                Err(error)
                    if has_arrived_changed(&error)
                        && !is_the_callers
                        && attempt < context.config.part_attempts =>
                {
                    tracing::debug!(object = %self.place, %error, attempt, "sent again");
                    attempt += 1;
                }
                Err(error) => {
                    // a file that has become shorter breaks the request before the end is looked at
                    if let Some(file) = &piece.file {
                        file.check_unchanged()?;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// A large object.
    fn create(&self, content: Content<'s>) -> Result<Parts> {
        let context = &self.context;
        let asked = context.config.part_size;
        let size = part_size(asked, content.len().unwrap_or(0));
        let parts = match (&content, content.len()) {
            (_, None) => Parts::growing(size, context.config.memory_limit),
            (Content::Stream(_), _) => {
                Parts::of_stream().within(context.config.parts_in_memory(size))
            }
            (_, Some(len)) => Parts::of(len, size),
        };
        let mut journal = match &content {
            Content::File(file) => {
                UploadJournal::open(context, &self.place, file, &self.args, size)
            }
            _ => None,
        };
        let found = match &mut journal {
            Some(journal) => journal.find(context, &self.place, &self.args)?,
            None => None,
        };
        let (multipart, there) = match found {
            Some((multipart, there)) => (multipart, there),
            None => {
                if let Some(journal) = &mut journal {
                    journal.restart();
                }
                let created = Multipart::create(context, &self.place, &self.args);
                match (&created, &mut journal) {
                    (Ok(multipart), Some(journal)) => journal.created(multipart),
                    (Err(error), Some(_)) if !may_be_done(error) => {
                        if let Some(journal) = journal.take() {
                            journal.remove();
                        }
                    }
                    _ => {}
                }
                (created?, BTreeMap::new())
            }
        };
        let state = State {
            content,
            part_size: size,
            multipart,
            there,
            journal: Slot::new(journal),
            is_kept: AtomicBool::new(false),
        };
        // it is begun once
        let _ = self.state.set(state);
        Ok(parts)
    }

    /// # Errors
    ///
    /// It was not begun, which the plan does not let happen.
    fn state(&self) -> Result<&State<'s>> {
        let state = self.state.get();
        state.ok_or_else(|| Error::request("the upload was not begun"))
    }

    fn send_part(&self, state: &State<'s>, number: u32, piece: &Piece) -> Result<()> {
        let own = json!({"UploadId": state.multipart.id, "PartNumber": number});
        let sent = self.send("UploadPart", own, piece).and_then(|response| {
            let done = PartDone::of_response(&response, &self.args);
            done.ok_or_else(|| no_etag(&self.place, number))
        });
        let done = sent.map_err(|error| match is_not_understood(&error) {
            true => self.keep(state, error),
            false => error,
        })?;
        state.multipart.done(number, done.of_len(piece.len));
        Ok(())
    }

    /// The parts and the journal stay, if another process can find them by it.
    fn keep(&self, state: &State<'s>, source: Error) -> Error {
        if state.journal.lock().is_none() || source.is_cancelled() {
            return source;
        }
        state.is_kept.store(true, Ordering::Relaxed);
        let object = self.place.url().into();
        TransferError::PartsKept { object, source }.into()
    }

    fn next_of_stream(&self, state: &State<'s>, stream: &Stream<'s>) -> Result<bool> {
        match stream.next(state.part_size).map_err(read_error)? {
            None => Ok(false),
            Some((number, bytes, more)) => {
                self.send_part(state, number, &Piece::of_bytes(bytes))?;
                Ok(more)
            }
        }
    }
}

impl State<'_> {
    fn end_journal(&self) {
        if let Some(journal) = self.journal.take() {
            journal.remove();
        }
    }
}

fn read_error(error: std::io::Error) -> Error {
    TransferError::Reader { source: error }.into()
}

/// Whether what was requested may be done, though no response could be read: an upload may be open whose id is not known.
fn may_be_done(error: &Error) -> bool {
    matches!(
        error.root().kind(),
        ErrorKind::Response
            | ErrorKind::Transfer
            | ErrorKind::Transport
            | ErrorKind::UnexpectedResponse
    )
}

/// Whether the response was not one of the service: what stands in its place knows nothing of the parts that are stored.
fn is_not_understood(error: &Error) -> bool {
    let root = error.root();
    matches!(
        root.kind(),
        ErrorKind::Response | ErrorKind::UnexpectedResponse
    ) || matches!(root.downcast_ref(), Some(TransferError::Answer { .. }))
}

/// Whether the parts can never be completed as they are: another try would send the same and be refused again.
fn is_final(error: &Error) -> bool {
    // the object is there, and not what it should be
    let is_stored = matches!(
        error.root().downcast_ref(),
        Some(TransferError::Mismatch { .. })
    );
    let code = error.code();
    is_stored || code.is_some_and(|code| FINAL.contains(&code))
}

/// Refusals of CompleteMultipartUpload after which the parts are of no use. After all others, such as `AccessDenied`,
/// `InvalidPart` (a part that is gone is sent again) and those of a server that failed, they may be completed later.
const FINAL: [&str; 6] = [
    "BadDigest",
    "EntityTooLarge",
    "EntityTooSmall",
    "InvalidPartOrder",
    "NoSuchBucket",
    "NoSuchUpload",
];

/// Whether the service says that the bytes are not those of the checksum.
fn has_arrived_changed(error: &Error) -> bool {
    matches!(
        error.code(),
        Some("BadDigest" | "XAmzContentChecksumMismatch")
    )
}
