//! Going on with what an earlier process was killed at.
//!
//! | kept of an upload | kept of a download |
//! | --- | --- |
//! | the file, its length and time, the object, the arguments' hash, the size of parts | the object, its ETag and length, the file, the arguments' hash, how its parts are cut |
//! | when it began; then the upload's id | where the bytes are; then each part with its checksum |
//!
//! If the first line is not what it would be now, there is nothing to go on with, and what was begun is taken back. Parts are
//! not believed: those of an upload are held against the file by what the service says of them, those of a download are read
//! and hashed again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::args::Args;
use super::journal::Journal;
use super::multipart::{Multipart, PartDone};
use super::source::FileContent;
use super::{Context, Place};
use crate::error::Result;
use crate::hash;
use crate::time::Timestamp;

/// How far the clocks of this machine and of the service may differ.
const SKEW: Duration = Duration::from_secs(300);

/// The journal of an upload.
#[derive(Debug)]
pub(super) struct UploadJournal {
    journal: Journal,
    header: Value,
    lines: Vec<Value>,
}

impl UploadJournal {
    pub(super) fn open(
        context: &Context,
        place: &Place,
        file: &FileContent,
        args: &Args,
        part_size: u64,
    ) -> Option<Self> {
        let path = absolute(&file.path)?;
        let (journal, lines) = open(context, "upload", place, &path)?;
        let mut header = header(context, "upload", place, &path, args);
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
    /// The service does not answer, but may another time.
    pub(super) fn find(
        &mut self,
        context: &Context,
        place: &Place,
        args: &Args,
    ) -> Result<Option<(Multipart, BTreeMap<u32, PartDone>)>> {
        let lines = std::mem::take(&mut self.lines);
        let is_same = lines.first() == Some(&self.header);
        let begun = match is_same {
            true => begun_upload(context, place, &lines).unwrap_or_default(),
            false => known_upload(&lines),
        };
        let Some(multipart) = begun else {
            return Ok(None);
        };
        let parts = is_same.then(|| parts_of(context, place, args, &multipart.id));
        match parts {
            Some(Ok(parts)) => {
                // the id may have been found with the service
                self.created(&multipart.id);
                return Ok(Some((multipart, parts)));
            }
            Some(Err(error)) if error.is_retryable() || error.is_cancelled() => return Err(error),
            _ => {}
        }
        if let Err(error) = multipart.abort(context, place, args) {
            tracing::warn!(object = %place, %error, "an upload could not be aborted that cannot be gone on with");
        }
        Ok(None)
    }

    /// Before the upload is created.
    pub(super) fn restart(&mut self) {
        let now = nanos(SystemTime::now()).unwrap_or_default();
        let begun = json!({"begun": now.to_string()});
        let header = &self.header;
        kept(
            self.journal
                .restart(header)
                .and_then(|()| self.journal.append(&begun)),
        );
    }

    pub(super) fn created(&mut self, id: &str) {
        kept(self.journal.append(&json!({"upload_id": id})));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// The upload that a journal tells of.
///
/// # Errors
///
/// The service does not list the uploads that there are.
pub(super) fn begun_upload(
    context: &Context,
    place: &Place,
    lines: &[Value],
) -> Result<Option<Multipart>> {
    if let Some(known) = known_upload(lines) {
        return Ok(Some(known));
    }
    // killed while it was created: it is there under an id that nobody has seen, and has no parts
    let begun = lines.iter().find_map(|line| line["begun"].as_str());
    let Some(begun) = begun.and_then(|nanos| nanos.parse().ok()) else {
        return Ok(None);
    };
    let begun = UNIX_EPOCH + Duration::from_nanos(begun);
    let params = json!({"Bucket": place.bucket, "Prefix": place.key});
    let uploads = context
        .client
        .pages(super::SERVICE, "ListMultipartUploads", params)?;
    let is_it = |upload: &Value| {
        let initiated = upload["Initiated"]
            .as_str()
            .and_then(|text| Timestamp::parse(text).ok());
        let initiated = initiated.and_then(Timestamp::system_time);
        upload["Key"].as_str() == Some(&*place.key)
            && initiated.is_some_and(|at| at + SKEW >= begun && at <= begun + SKEW)
    };
    for upload in uploads.search("Uploads[]")? {
        let upload = upload?;
        let Some(id) = upload["UploadId"].as_str().filter(|_| is_it(&upload)) else {
            continue;
        };
        let parts = parts_of(context, place, &Args::default(), id);
        if parts.is_ok_and(|parts| parts.is_empty()) {
            return Ok(Some(Multipart::known(id.into())));
        }
    }
    Ok(None)
}

/// The one whose id it knows.
fn known_upload(lines: &[Value]) -> Option<Multipart> {
    let id = lines.iter().find_map(|line| line["upload_id"].as_str());
    id.map(|id| Multipart::known(id.into()))
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
        if let (Some(number), Some(size)) = (number, part["Size"].as_u64()) {
            parts.insert(number, PartDone::of_answer(&part, size, args));
        }
    }
    Ok(parts)
}

/// The journal of a download.
#[derive(Debug)]
pub(super) struct DownloadJournal {
    journal: Journal,
    header: Value,
    lines: Vec<Value>,
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
        let path = absolute(target)?;
        let (journal, lines) = open(context, "download", place, &path)?;
        let mut header = header(context, "download", place, &path, args);
        header["object"] = object.clone();
        Some(Self {
            journal,
            header,
            lines,
        })
    }

    /// The file to go on with, and its parts.
    pub(super) fn find(&mut self) -> Option<(PathBuf, BTreeMap<u32, PartThere>)> {
        let lines = std::mem::take(&mut self.lines);
        let partial = partial_file(&lines)?;
        if lines.first() != Some(&self.header) || !partial.is_file() {
            // it may be gone already
            let _ = std::fs::remove_file(partial);
            return None;
        }
        let parts = lines.iter().filter_map(|line| {
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
        let line = json!({"partial": absolute(partial)});
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
            "length": part.range.end - part.range.start,
            "checksum": part.checksum,
        });
        kept(self.journal.append(&line));
    }

    pub(super) fn remove(self) {
        self.journal.remove();
    }
}

/// The file that a journal tells of.
pub(super) fn partial_file(lines: &[Value]) -> Option<PathBuf> {
    lines
        .iter()
        .find_map(|line| line["partial"].as_str())
        .map(PathBuf::from)
}

fn open(context: &Context, kind: &str, place: &Place, path: &str) -> Option<(Journal, Vec<Value>)> {
    let folder = context.state_folder()?;
    let service = context.service_place();
    Journal::open(&folder, &[kind, &service, &place.bucket, &place.key, path])
}

fn header(context: &Context, kind: &str, place: &Place, path: &str, args: &Args) -> Value {
    // a key of the customer may be among them
    let args = Value::Object(args.0.clone()).to_string();
    json!({
        "tucuxi_transfer": 1,
        "kind": kind,
        "service": context.service_place(),
        "bucket": place.bucket,
        "key": place.key,
        "file": path,
        // of bytes in memory: it cannot fail
        "arguments": hash::sha256_hex_of(args.as_bytes()).unwrap_or_default(),
    })
}

/// A file whose name is no text is not gone on with.
fn absolute(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    Some(path.to_str()?.to_owned())
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
