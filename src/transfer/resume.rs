//! Resuming transfers that an earlier process left unfinished.
//!
//! | journal of an upload | journal of a download |
//! | --- | --- |
//! | the file, its size and time, the object, a hash of the arguments, the part size | the object, its ETag and size, the file, a hash of the arguments, how the object is divided |
//! | the upload id | the partial file, then each part with its checksum |
//!
//! If the first line differs from the one that would be written now, the transfer is not resumed, and what had begun is aborted. Parts are verified
//! before they are used: the file against what the service reports of the uploaded parts, and the partial file of a download
//! against the checksums of its parts. The path of a partial file is used only if it is in the target's folder and has the name
//! of a partial file of the target.
//!
//! An upload is resumed or aborted only if the journal has its id. If the process died after the upload was created and before
//! the journal had the id, the upload cannot be told apart from those of other machines, and is left to a lifecycle rule.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::args::Args;
use super::context::{Context, SERVICE};
use super::journal::{Journal, Lines, Subject};
use super::multipart::{Multipart, PartDone};
use super::object_ref::ObjectRef;
use super::partial::PartialKind;
use super::source::FileContent;
use crate::error::{Error, Result};
use crate::hash;

/// The journal of an upload.
#[derive(Debug)]
pub(super) struct UploadJournal {
    journal: Journal,
    header: Value,
    lines: Lines,
}

impl UploadJournal {
    pub(super) fn open(
        context: &Context,
        object: &ObjectRef,
        file: &FileContent,
        args: &Args,
        part_size: u64,
    ) -> Option<Self> {
        let subject = subject(context, "upload", object, &file.path)?;
        let (journal, lines) = Journal::open(&context.state_folder()?, &subject)?;
        let mut header = header(&subject, args);
        let modified = file.identity.modified.and_then(nanos);
        header["length"] = file.identity.len.into();
        header["modified"] = json!(modified.map(|nanos| nanos.to_string()));
        header["part_size"] = part_size.into();
        header["range"] = json!([file.range().start, file.range().end]);
        Some(Self {
            journal,
            header,
            lines,
        })
    }

    /// Returns the upload to resume, and its parts.
    ///
    /// # Errors
    ///
    /// Returns an error if the parts cannot be listed now, but may be later.
    pub(super) fn find(
        &mut self,
        context: &Context,
        object: &ObjectRef,
        args: &Args,
    ) -> Result<Option<(Multipart, BTreeMap<u32, PartDone>)>> {
        let lines = std::mem::take(&mut self.lines);
        let Some(multipart) = known_upload(&lines.done) else {
            return Ok(None);
        };
        if lines.header == self.header {
            match list_parts(context, object, args, &multipart.id) {
                Ok(parts) => return Ok(Some((multipart, parts))),
                Err(error) if error.code() == Some("NoSuchUpload") => return Ok(None),
                Err(error) if !is_refused(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(%object, %error, "could not list the parts of an unfinished upload; starting anew")
                }
            }
        }
        if let Err(error) = multipart.abort(context, object, args) {
            tracing::warn!(%object, upload = %multipart.id, %error, "could not abort an upload that cannot be resumed");
        }
        Ok(None)
    }

    /// Starts the journal anew, before the upload is created.
    pub(super) fn restart(&mut self) {
        warn_if_failed(self.journal.restart(&self.header));
    }

    pub(super) fn created(&mut self, multipart: &Multipart) {
        let line = json!({"upload_id": multipart.id, "checksums": multipart.has_checksums});
        warn_if_failed(self.journal.append(&line));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// Whether the service would refuse the request again.
fn is_refused(error: &Error) -> bool {
    error.service_error().is_some() && !error.is_retryable()
}

/// Returns the upload id in these lines.
pub(super) fn upload_id(lines: &[Value]) -> Option<&str> {
    lines.iter().find_map(|line| line["upload_id"].as_str())
}

fn known_upload(lines: &[Value]) -> Option<Multipart> {
    let mut multipart = Multipart::with_id(upload_id(lines)?);
    multipart.has_checksums = lines.iter().any(|line| line["checksums"] == true);
    Some(multipart)
}

fn list_parts(
    context: &Context,
    object: &ObjectRef,
    args: &Args,
    id: &str,
) -> Result<BTreeMap<u32, PartDone>> {
    let own = object.params(json!({"UploadId": id}));
    let params = args.params(&context.client, "ListParts", own)?;
    let mut parts = BTreeMap::new();
    for part in context
        .client
        .pages(SERVICE, "ListParts", params)?
        .cancel_with(&context.cancel)
        .search("Parts[]")?
    {
        let part = part?;
        let number = part["PartNumber"]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok());
        // an incompletely reported part is sent again
        if let (Some(number), Some(size), Some(done)) = (
            number,
            part["Size"].as_u64(),
            PartDone::from_response(&part, args),
        ) {
            parts.insert(number, done.with_len(size));
        }
    }
    Ok(parts)
}

/// The journal of a download.
#[derive(Debug)]
pub(super) struct DownloadJournal {
    journal: Journal,
    header: Value,
    lines: Lines,
}

/// A downloaded part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResumablePart {
    pub(super) range: Range<u64>,
    pub(super) checksum: Box<str>,
}

impl ResumablePart {
    pub(super) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }
}

impl DownloadJournal {
    /// `stored` describes the object and how it is divided into parts.
    pub(super) fn open(
        context: &Context,
        object: &ObjectRef,
        target: &Path,
        args: &Args,
        stored: &Value,
    ) -> Option<Self> {
        let subject = subject(context, "download", object, target)?;
        let (journal, lines) = Journal::open(&context.state_folder()?, &subject)?;
        let mut header = header(&subject, args);
        header["object"] = stored.clone();
        Some(Self {
            journal,
            header,
            lines,
        })
    }

    /// Returns the partial file to resume, and its parts.
    pub(super) fn find(
        &mut self,
        target: &Path,
    ) -> Option<(PathBuf, BTreeMap<u32, ResumablePart>)> {
        let lines = std::mem::take(&mut self.lines);
        let target = std::path::absolute(target).ok()?;
        let partial = partial_file(&lines.done, &target)?;
        let is_file = std::fs::symlink_metadata(&partial).is_ok_and(|found| found.is_file());
        if lines.header != self.header || !is_file {
            // it may be gone already
            let _ = std::fs::remove_file(partial);
            return None;
        }
        let parts = lines.done.iter().filter_map(|line| {
            let (start, len) = (line["start"].as_u64()?, line["length"].as_u64()?);
            let part = ResumablePart {
                range: start..start.checked_add(len)?,
                checksum: line["checksum"].as_str()?.into(),
            };
            Some((u32::try_from(line["part"].as_u64()?).ok()?, part))
        });
        Some((partial, parts.collect()))
    }

    /// Starts the journal anew, before the partial file is created.
    pub(super) fn restart(&mut self, partial: &Path) {
        let partial = std::path::absolute(partial).ok();
        let line = json!({"partial": partial.as_deref().and_then(Path::to_str)});
        let header = &self.header;
        let restarted = self.journal.restart(header);
        warn_if_failed(restarted.and_then(|()| self.journal.append(&line)));
    }

    pub(super) fn done(&mut self, number: u32, part: &ResumablePart) {
        let line = json!({
            "part": number,
            "start": part.range.start,
            "length": part.len(),
            "checksum": part.checksum,
        });
        warn_if_failed(self.journal.append(&line));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// Returns the partial file in these lines, if it may be one of the target's.
pub(super) fn partial_file(lines: &[Value], target: &Path) -> Option<PathBuf> {
    let partial = lines.iter().find_map(|line| line["partial"].as_str())?;
    let partial = PathBuf::from(partial);
    if !PartialKind::Resumable.matches(&partial, target) {
        tracing::warn!(file = %partial.display(), target = %target.display(), "ignoring a file in a journal that is not a partial file of the download");
        return None;
    }
    Some(partial)
}

/// Returns `None` for a path that is not UTF-8.
fn subject(context: &Context, kind: &str, object: &ObjectRef, file: &Path) -> Option<Subject> {
    let file = std::path::absolute(file).ok()?;
    Some(Subject {
        kind: kind.into(),
        service: context.service_id().into(),
        bucket: object.bucket.clone(),
        key: object.key.clone(),
        file: file.to_str()?.into(),
    })
}

fn header(subject: &Subject, args: &Args) -> Value {
    let mut header = subject.header();
    // a hash, as a customer's key may be among the arguments
    header["arguments"] = hash::sha256_hex(args.to_json().as_bytes()).into();
    header
}

fn nanos(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

fn warn_if_failed(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "could not write the journal; the transfer cannot be resumed");
    }
}
