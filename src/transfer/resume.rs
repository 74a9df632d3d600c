//! Going on with what an earlier process was killed at.
//!
//! | kept of an upload | kept of a download |
//! | --- | --- |
//! | the file, its length and time, the object, the arguments' hash, the size of parts | the object, its ETag and length, the file, the arguments' hash, how its parts are cut |
//! | the upload's id | where the bytes are; then each part with its checksum |
//!
//! If the first line is not what it would be now, there is nothing to go on with, and what was begun is taken back. Parts are
//! not believed: those of an upload are held against the file by what the service says of them, those of a download are read
//! and hashed again. What the journal itself says is not believed either: bytes of a download are only looked for beside its
//! file, under a name that such bytes have.
//!
//! Only an upload whose id the journal has is gone on with or aborted. One that was created when the process died, before its
//! id was known, looks in the service's list as an upload of another machine does, and is left to a lifecycle rule.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::args::Args;
use super::journal::{Journal, Lines, Subject};
use super::multipart::{Multipart, PartDone};
use super::partial::PartialKind;
use super::source::FileContent;
use super::{Context, Place};
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
        place: &Place,
        file: &FileContent,
        args: &Args,
        part_size: u64,
    ) -> Option<Self> {
        let subject = subject(context, "upload", place, &file.path)?;
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

    /// The upload to go on with, and its parts.
    ///
    /// # Errors
    ///
    /// The service does not list the parts, but may another time.
    pub(super) fn find(
        &mut self,
        context: &Context,
        place: &Place,
        args: &Args,
    ) -> Result<Option<(Multipart, BTreeMap<u32, PartDone>)>> {
        let lines = std::mem::take(&mut self.lines);
        let Some(multipart) = known_upload(&lines.done) else {
            return Ok(None);
        };
        if lines.header == self.header {
            match parts_of(context, place, args, &multipart.id) {
                Ok(parts) => return Ok(Some((multipart, parts))),
                Err(error) if error.code() == Some("NoSuchUpload") => return Ok(None),
                Err(error) if !is_refused(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(object = %place, %error, "the parts of an upload are not listed, so it is begun anew")
                }
            }
        }
        if let Err(error) = multipart.abort(context, place, args) {
            tracing::warn!(object = %place, upload = %multipart.id, %error, "an upload could not be aborted that cannot be gone on with");
        }
        Ok(None)
    }

    /// Before the upload is created.
    pub(super) fn restart(&mut self) {
        kept(self.journal.restart(&self.header));
    }

    pub(super) fn created(&mut self, multipart: &Multipart) {
        let line = json!({"upload_id": multipart.id, "checksums": multipart.has_checksums});
        kept(self.journal.append(&line));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// Whether the service has understood the request, and will refuse it again.
fn is_refused(error: &Error) -> bool {
    error.service_error().is_some() && !error.is_retryable()
}

/// The id of the upload that these lines tell of.
pub(super) fn upload_id(lines: &[Value]) -> Option<&str> {
    lines.iter().find_map(|line| line["upload_id"].as_str())
}

fn known_upload(lines: &[Value]) -> Option<Multipart> {
    let mut multipart = Multipart::known(upload_id(lines)?);
    multipart.has_checksums = lines.iter().any(|line| line["checksums"] == true);
    Some(multipart)
}

fn parts_of(
    context: &Context,
    place: &Place,
    args: &Args,
    id: &str,
) -> Result<BTreeMap<u32, PartDone>> {
    let params = args.of(
        &context.client,
        "ListParts",
        place.params(json!({"UploadId": id})),
    )?;
    let mut parts = BTreeMap::new();
    for part in context
        .client
        .pages(super::SERVICE, "ListParts", params)?
        .cancel_with(&context.cancel)
        .search("Parts[]")?
    {
        let part = part?;
        let number = part["PartNumber"]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok());
        // one that is not told whole is sent again
        if let (Some(number), Some(size), Some(done)) = (
            number,
            part["Size"].as_u64(),
            PartDone::of_response(&part, args),
        ) {
            parts.insert(number, done.of_len(size));
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

/// A part that a file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartThere {
    pub(super) range: Range<u64>,
    pub(super) checksum: Box<str>,
}

impl DownloadJournal {
    /// `object` says what is stored and how it is cut into parts.
    pub(super) fn open(
        context: &Context,
        place: &Place,
        target: &Path,
        args: &Args,
        object: &Value,
    ) -> Option<Self> {
        let subject = subject(context, "download", place, target)?;
        let (journal, lines) = Journal::open(&context.state_folder()?, &subject)?;
        let mut header = header(&subject, args);
        header["object"] = object.clone();
        Some(Self {
            journal,
            header,
            lines,
        })
    }

    /// The file to go on with, and its parts.
    pub(super) fn find(&mut self, target: &Path) -> Option<(PathBuf, BTreeMap<u32, PartThere>)> {
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
            let part = PartThere {
                range: start..start.checked_add(len)?,
                checksum: line["checksum"].as_str()?.into(),
            };
            Some((u32::try_from(line["part"].as_u64()?).ok()?, part))
        });
        Some((partial, parts.collect()))
    }

    /// Before the file is made.
    pub(super) fn restart(&mut self, partial: &Path) {
        let partial = std::path::absolute(partial).ok();
        let line = json!({"partial": partial.as_deref().and_then(Path::to_str)});
        let header = &self.header;
        kept(
            self.journal
                .restart(header)
                .and_then(|()| self.journal.append(&line)),
        );
    }

    pub(super) fn done(&mut self, number: u32, part: &PartThere) {
        let line = json!({
            "part": number,
            "start": part.range.start,
            "length": part.range.end.saturating_sub(part.range.start),
            "checksum": part.checksum,
        });
        kept(self.journal.append(&line));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// The file that a journal tells of, if it may be one of the target's.
pub(super) fn partial_file(lines: &[Value], target: &Path) -> Option<PathBuf> {
    let partial = lines.iter().find_map(|line| line["partial"].as_str())?;
    let partial = PathBuf::from(partial);
    if !PartialKind::Resumable.matches(&partial, target) {
        tracing::warn!(file = %partial.display(), target = %target.display(), "a journal tells of a file that is not the download's, which is left alone");
        return None;
    }
    Some(partial)
}

/// None for a file whose name is no text.
fn subject(context: &Context, kind: &str, place: &Place, file: &Path) -> Option<Subject> {
    let file = std::path::absolute(file).ok()?;
    Some(Subject {
        kind: kind.into(),
        service: context.service_place().into(),
        bucket: place.bucket.clone(),
        key: place.key.clone(),
        file: file.to_str()?.into(),
    })
}

fn header(subject: &Subject, args: &Args) -> Value {
    // a key of the customer may be among them
    let args = Value::Object(args.0.clone()).to_string();
    let mut header = subject.header();
    // of bytes in memory: it cannot fail
    header["arguments"] = hash::sha256_hex_of(args.as_bytes())
        .unwrap_or_default()
        .into();
    header
}

fn nanos(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

fn kept(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the transfer could not be resumed");
    }
}
