//! What goes wrong with transfers beyond the calls that they are made of.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::report::Report;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Detail, Error, ErrorKind};
use crate::printable::Printable;

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// An extra argument that such a transfer does not take.
    #[error("there is no argument {name:?} of {action}; there are: {known}")]
    Argument {
        /// The argument.
        name: Box<str>,
        /// What kind of transfer.
        action: &'static str,
        /// The arguments that there are.
        known: Box<str>,
    },
    /// The caller cancelled it. What was begun is taken back.
    #[error("{}: the caller cancelled it", Printable(what))]
    Cancelled {
        /// The object.
        what: Box<str>,
    },
    /// A file that was to be deleted and is another one by now.
    #[error("{} is not deleted: it changed after it was listed", Printable(path.display()))]
    ChangedSinceListed {
        /// The file.
        path: PathBuf,
    },
    /// Something that it was made of failed; so it is taken back, if need be.
    #[error("failed to {}: {source}", Printable(what))]
    Failed {
        /// What was to be done: `upload FILE to BUCKET/KEY`.
        what: Box<str>,
        /// The call that failed, or another reason.
        r#source: Error,
    },
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", Printable(path.display()))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        r#source: io::Error,
    },
    /// What is in the place of a file that is to be written, and cannot be deleted.
    #[error("{} is in the way; move or delete it", Printable(path.display()))]
    InTheWay {
        /// The file or folder.
        path: PathBuf,
    },
    /// A key that is no name of a file below the folder.
    #[error(
        "the key {key:?} cannot be a file below the folder: {reason}; download it by itself, to a path of your choice"
    )]
    KeyAsPath {
        /// The key.
        key: Box<str>,
        /// Why.
        reason: &'static str,
    },
    /// A listing that may not be whole.
    #[error(
        "the listing of {} cannot be relied on: {}",
        Printable(place),
        Printable(what)
    )]
    Listing {
        /// What is listed: `s3://BUCKET/PREFIX`.
        place: Box<str>,
        /// What is wrong.
        what: Box<str>,
    },
    /// Bytes that are not those which they should be.
    #[error(
        "{}{}: the {algorithm} of what came is {}, but should be {}: it was changed on its way or where it is stored",
        Printable(object),
        of_range(range),
        Printable(actual),
        Printable(expected)
    )]
    Mismatch {
        /// The object: `s3://BUCKET/KEY`.
        object: Box<str>,
        /// Its bytes; none for all of them.
        range: Option<Range<u64>>,
        /// How the checksum is computed.
        algorithm: ChecksumAlgorithm,
        /// What it should be.
        expected: Box<str>,
        /// What it is.
        actual: Box<str>,
    },
    /// An answer that is not what was asked for.
    #[error("{}: {}", Printable(object), Printable(what))]
    Answer {
        /// The object: `s3://BUCKET/KEY`.
        object: Box<str>,
        /// What is wrong.
        what: Box<str>,
    },
    /// The folder of a file that is to be written is missing.
    #[error("folder {} does not exist", Printable(path.display()))]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The object is another one than when its transfer began.
    #[error(
        "{}: the contents of the stored object did not match the expected ETag {}: it was replaced meanwhile; start again",
        Printable(object),
        Printable(etag)
    )]
    ObjectChanged {
        /// The object: `s3://BUCKET/KEY`.
        object: Box<str>,
        /// That of the first answer.
        etag: Box<str>,
    },
    /// A part that came broken as often as it may be asked for.
    #[error(
        "{}, bytes {}-{}: gave up after {attempts} attempts: {}",
        Printable(object),
        range.start,
        range.end.saturating_sub(1),
        Printable(source)
    )]
    PartAttempts {
        /// The object: `s3://BUCKET/KEY`.
        object: Box<str>,
        /// Its bytes.
        range: Range<u64>,
        /// How many attempts were made.
        attempts: u32,
        /// What went wrong with the last.
        r#source: io::Error,
    },
    /// The upload was not completed, and its parts are not taken back: the same transfer, made again, goes on with them.
    #[error(
        "{object}: {source}; the parts that are stored are kept: make the same upload again to complete it, or abort it, which `unfinished` lists"
    )]
    PartsKept {
        /// The object: `s3://BUCKET/KEY`.
        object: Box<str>,
        /// Why.
        r#source: Error,
    },
    /// A stream that cannot be read.
    #[error("the source cannot be read: {source}")]
    Reader {
        /// What it says.
        r#source: io::Error,
    },
    /// A setting that may not be zero.
    #[error("{0} must be greater than 0")]
    Setting(&'static str),
    /// Nothing of a sync was deleted.
    #[error("nothing is deleted, because something failed before; mend that, and run it again")]
    NothingDeleted,
    /// Some of many objects failed; the others are done.
    #[error("{}", several(report))]
    Several {
        /// What was done and what was not.
        report: Box<Report>,
    },
    /// The file is not what it was when its upload began.
    #[error("{}: the file changed while it was sent; nothing is stored of it, start again", Printable(path.display()))]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// Something that S3 cannot do in this way.
    #[error("{}", Printable(.0))]
    Unsupported(Box<str>),
    /// A stream that cannot be written.
    #[error("the download cannot be written: {source}")]
    Writer {
        /// What it says.
        r#source: io::Error,
    },
}

fn of_range(range: &Option<Range<u64>>) -> String {
    let shown = range.as_ref();
    let shown = shown.map(|r| format!(", bytes {}-{}", r.start, r.end.saturating_sub(1)));
    shown.unwrap_or_default()
}

/// The first few tell what is wrong; all are in the report.
fn several(report: &Report) -> String {
    let (failed, all) = (
        report.failures.len(),
        report.objects + report.failures.len() as u64,
    );
    let mut text = format!("{failed} of {all} failed");
    for (index, failure) in report.failures.iter().take(3).enumerate() {
        text += if index == 0 { ": " } else { "; " };
        text += &failure.error.to_string();
    }
    if failed > 3 {
        text += "; and others";
    }
    text
}

impl TransferError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Self::File { path, source }.into()
    }

    pub(super) fn answer(object: &str, what: impl Into<Box<str>>) -> Error {
        let (object, what) = (object.into(), what.into());
        Self::Answer { object, what }.into()
    }
}

impl Detail for TransferError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Transfer
    }

    fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled { .. } => true,
            Self::Several { report } => report.failures.iter().any(|it| it.error.is_cancelled()),
            _ => false,
        }
    }

    fn inner(&self) -> Option<&Error> {
        match self {
            Self::Failed { source, .. } | Self::PartsKept { source, .. } => Some(source),
            _ => None,
        }
    }

    fn below(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed { source, .. } | Self::PartsKept { source, .. } => Some(source),
            Self::File { source, .. }
            | Self::PartAttempts { source, .. }
            | Self::Reader { source }
            | Self::Writer { source } => Some(source),
            _ => None,
        }
    }
}

impl Report {
    /// # Errors
    ///
    /// Fails if an object failed.
    pub(super) fn into_result(self) -> Result<Self, Error> {
        if self.failures.is_empty() {
            return Ok(self);
        }
        let report = Box::new(self);
        Err(TransferError::Several { report }.into())
    }
}
