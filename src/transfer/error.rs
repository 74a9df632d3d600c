//! Errors of transfers.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::report::Report;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Detail, Error, ErrorKind};
use crate::printable::Printable;

/// An error of a transfer.
///
/// ```
/// use tucuxi::transfer::TransferError;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.transfer().upload_file("/no/such/file", "river", "fish.txt").run().unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(TransferError::Failed { .. })));
/// assert!(matches!(error.root().downcast_ref(), Some(TransferError::File { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// An extra argument is unknown.
    #[error("unknown argument {name:?} of {action}; valid arguments: {known}")]
    Argument {
        /// The argument.
        name: String,
        /// The kind of transfer.
        action: &'static str,
        /// The valid arguments, separated by commas.
        known: String,
    },
    /// The caller cancelled the transfer. What had begun was aborted.
    #[error("{}: cancelled by the caller", Printable(what))]
    Cancelled {
        /// The action that was cancelled.
        what: String,
    },
    /// A file was not deleted because it changed after it was listed.
    #[error("{} is not deleted: it changed after it was listed", Printable(path.display()))]
    ChangedSinceListed {
        /// The file.
        path: PathBuf,
    },
    /// Delete markers were not deleted, because versions of objects failed to be.
    #[error(
        "the delete markers are kept, because versions failed, which would be visible without them; fix that and run it again"
    )]
    DeleteMarkersKept,
    /// A call or another step failed. What had begun was aborted.
    #[error("failed to {}: {}", Printable(what), reason(what, source))]
    Failed {
        /// The action: `upload FILE to BUCKET/KEY`.
        what: String,
        /// The reason.
        r#source: Error,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", Printable(path.display()))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        r#source: io::Error,
    },
    /// Something at the path of a download is not a file and cannot be replaced.
    #[error("{} is in the way; move or delete it", Printable(path.display()))]
    InTheWay {
        /// The file or folder.
        path: PathBuf,
    },
    /// A key cannot be mapped to a path inside the folder.
    #[error(
        "the key {key:?} cannot be mapped to a path inside the folder: {reason}; download the object separately, to a path of your choice"
    )]
    KeyAsPath {
        /// The key.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// A listing may be incomplete.
    #[error(
        "the listing of {} may be incomplete: {}",
        Printable(place),
        Printable(what)
    )]
    Listing {
        /// The prefix: `s3://BUCKET/PREFIX`.
        place: String,
        /// The reason.
        what: String,
    },
    /// The checksum does not match.
    #[error(
        "{}{}: the {algorithm} is {}, but should be {}: the data was corrupted in transit or in storage",
        Printable(object),
        of_range(range),
        Printable(actual),
        Printable(expected)
    )]
    Mismatch {
        /// The object: `s3://BUCKET/KEY`.
        object: String,
        /// The range, or `None` for the whole object.
        range: Option<Range<u64>>,
        /// The algorithm.
        algorithm: ChecksumAlgorithm,
        /// The expected checksum.
        expected: String,
        /// The actual checksum.
        actual: String,
    },
    /// The folder of a download does not exist.
    #[error("folder {} does not exist", Printable(path.display()))]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The object was replaced after its transfer began.
    #[error(
        "{}: the contents of the stored object did not match the expected ETag {}: the object was replaced meanwhile; start again",
        Printable(object),
        Printable(etag)
    )]
    ObjectChanged {
        /// The object: `s3://BUCKET/KEY`.
        object: String,
        /// The ETag in the first response.
        etag: String,
    },
    /// A part failed in all attempts.
    #[error(
        "{}, bytes {}-{}: gave up after {attempts} attempts: {}",
        Printable(object),
        range.start,
        range.end.saturating_sub(1),
        Printable(source)
    )]
    PartAttempts {
        /// The object: `s3://BUCKET/KEY`.
        object: String,
        /// The range of the part.
        range: Range<u64>,
        /// The number of attempts.
        attempts: u32,
        /// The error of the last attempt.
        r#source: io::Error,
    },
    /// The upload was not completed, and its parts were kept. The same transfer, started again, resumes it.
    #[error(
        "{}: {source}; the stored parts are kept: start the same upload again to complete it, or abort it, see `unfinished`",
        Printable(object)
    )]
    PartsKept {
        /// The object: `s3://BUCKET/KEY`.
        object: String,
        /// The reason.
        r#source: Error,
    },
    /// The stream of an upload cannot be read.
    #[error("the source cannot be read: {source}")]
    Reader {
        /// The reader's error.
        r#source: io::Error,
    },
    /// A response is not what was requested.
    #[error("{}: {}", Printable(object), Printable(what))]
    Response {
        /// The object: `s3://BUCKET/KEY`.
        object: String,
        /// The reason.
        what: String,
    },
    /// A setting is 0.
    #[error("{0} must be greater than 0")]
    Setting(&'static str),
    /// A sync deleted nothing, because something failed.
    #[error("nothing was deleted because something failed before; fix that and run it again")]
    NothingDeleted,
    /// Some of many objects failed. The others are done.
    #[error("{}", several(report))]
    Several {
        /// The report of all objects.
        report: Box<Report>,
    },
    /// The file changed while it was uploaded.
    #[error("{}: the file changed while it was uploaded; nothing was stored, start again", Printable(path.display()))]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// S3 does not support this.
    #[error("{}", Printable(.0))]
    Unsupported(String),
    /// The stream of a download cannot be written.
    #[error("the download cannot be written: {source}")]
    Writer {
        /// The writer's error.
        r#source: io::Error,
    },
}

/// Returns the text of an error, without the file or object if the action names it.
fn reason(what: &str, source: &Error) -> String {
    let text = source.to_string();
    let named = source.downcast_ref().and_then(TransferError::subject);
    let rest = named
        // a copy has two objects, so the text says which one
        .filter(|_| !what.starts_with("copy "))
        .filter(|named| what.contains(named.trim_start_matches("s3://")))
        .and_then(|named| text.strip_prefix(&Printable(named).to_string()))
        .and_then(|rest| rest.strip_prefix(": ").or_else(|| rest.strip_prefix(", ")));
    match rest {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

fn of_range(range: &Option<Range<u64>>) -> String {
    let shown = range.as_ref();
    let shown = shown.map(|r| format!(", bytes {}-{}", r.start, r.end.saturating_sub(1)));
    shown.unwrap_or_default()
}

/// Returns the texts of the first failures. The report has all of them.
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

    pub(super) fn response(object: &str, what: impl Into<String>) -> Error {
        let (object, what) = (object.to_owned(), what.into());
        Self::Response { object, what }.into()
    }

    /// Returns the file or object with which the text begins.
    fn subject(&self) -> Option<String> {
        match self {
            Self::File { path, .. } | Self::SourceChanged { path } => {
                Some(path.display().to_string())
            }
            Self::Mismatch { object, .. }
            | Self::ObjectChanged { object, .. }
            | Self::PartAttempts { object, .. }
            | Self::PartsKept { object, .. }
            | Self::Response { object, .. } => Some(object.clone()),
            _ => None,
        }
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
            // the text without the name is what the error below adds
            Self::Failed { what, source } if reason(what, source) != source.to_string() => {
                std::error::Error::source(source)
            }
            Self::Failed { source, .. } | Self::PartsKept { source, .. } => Some(source),
            Self::File { source, .. }
            | Self::PartAttempts { source, .. }
            | Self::Reader { source }
            | Self::Writer { source } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_object_are_named_once() {
        let not_found = || io::Error::from(io::ErrorKind::NotFound);
        let failed = |source: Error| {
            let what = "upload /f to b/k".to_owned();
            Error::from(TransferError::Failed { what, source }).to_string()
        };
        let object = || "s3://b/k".to_owned();
        for (source, expected) in [
            (TransferError::file("/f")(not_found()), "entity not found"),
            (
                TransferError::file("/g")(not_found()),
                "/g: entity not found",
            ),
            (TransferError::response("s3://b/k", "no ETag"), "no ETag"),
            (
                TransferError::response("s3://b/l", "no ETag"),
                "s3://b/l: no ETag",
            ),
            (
                TransferError::PartAttempts {
                    object: object(),
                    range: 0..2,
                    attempts: 5,
                    source: not_found(),
                }
                .into(),
                "bytes 0-1: gave up after 5 attempts: entity not found",
            ),
            (
                TransferError::PartsKept {
                    object: object(),
                    source: Error::request("no"),
                }
                .into(),
                "cannot build the request: no; the stored parts are kept: start the same upload again to complete it, or abort it, see `unfinished`",
            ),
            (Error::request("no"), "cannot build the request: no"),
        ] {
            let expected = format!("failed to upload /f to b/k: {expected}");
            assert_eq!(failed(source), expected);
        }
    }

    #[test]
    fn chain_does_not_repeat_the_file() {
        let source = TransferError::file("/f")(io::ErrorKind::NotFound.into());
        let what = "upload /f to b/k".to_owned();
        let error = Error::from(TransferError::Failed { what, source });
        assert!(std::error::Error::source(&error).is_none());
    }
}
