//! The results of transfers.

use super::error::TransferError;
use crate::error::Error;

/// The name that stands for all objects that were not listed because the listing failed.
pub(super) const REST: &str = "the rest";

/// The result of the transfer of one object, or of one request for many.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) objects: u64,
    pub(super) bytes: u64,
    pub(super) resumed_bytes: u64,
    pub(super) etag: Option<String>,
    pub(super) version_id: Option<String>,
    /// The object that exists and was not overwritten.
    pub(super) skipped: Option<String>,
    /// Failed objects of a request for many.
    pub(super) failures: Vec<Failure>,
}

impl Outcome {
    /// The result for an object that exists and is not overwritten.
    pub(super) fn skipped(object: String) -> Self {
        Self {
            skipped: Some(object),
            ..Self::default()
        }
    }
}

/// An object that was not transferred, and the reason. [`Report::failures`] has one for each.
///
/// ```
/// use tucuxi::transfer::TransferError;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(403, &[], "<Error><Code>AccessDenied</Code></Error>"))?;
/// # let folder = tempfile::tempdir()?;
/// # let photos = folder.path();
/// # std::fs::write(photos.join("fish.jpg"), "fish")?;
/// let error = client.transfer().upload_folder(photos, "river", "photos").run().unwrap_err();
/// if let Some(TransferError::Several { report }) = error.downcast_ref() {
///     for failure in &report.failures {
///         println!("{}: {}", failure.object, failure.error);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The object (`s3://BUCKET/KEY`) or the file. After a failed listing also `the rest`, and `the deletions` if a sync deleted
    /// nothing.
    pub object: String,
    /// The reason.
    pub error: Error,
}

/// The result of a transfer.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
/// let report = client.transfer().upload("a small fish", "river", "fish.txt").run()?;
/// assert_eq!((report.objects, report.bytes), (1, 12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The number of objects that were transferred.
    pub objects: u64,
    /// The number of bytes in those objects.
    pub bytes: u64,
    /// The number of those bytes that an earlier process had transferred.
    pub resumed_bytes: u64,
    /// The ETag, if one object was uploaded, downloaded or copied.
    pub etag: Option<String>,
    /// The version of that object, if the bucket has versions.
    pub version_id: Option<String>,
    /// Skipped paths and keys: those that are not files, such as sockets, devices, pipes, and keys that represent folders, and
    /// those that exist and are not [overwritten](super::TransferConfig::overwrite).
    pub skipped: Vec<String>,
    /// The objects that failed, if there were many.
    pub failures: Vec<Failure>,
}

impl Report {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.objects = self.objects.saturating_add(outcome.objects);
        self.bytes = self.bytes.saturating_add(outcome.bytes);
        self.resumed_bytes = self.resumed_bytes.saturating_add(outcome.resumed_bytes);
        self.failures.extend(outcome.failures);
        self.skipped.extend(outcome.skipped);
        self.etag = outcome.etag;
        self.version_id = outcome.version_id;
    }

    /// Adds the report of what was done afterwards.
    pub(super) fn append(&mut self, next: Result<Self, Error>) {
        let next = next.unwrap_or_else(|error| {
            let object = REST.to_owned();
            Self {
                failures: vec![Failure { object, error }],
                ..Self::default()
            }
        });
        self.objects = self.objects.saturating_add(next.objects);
        self.bytes = self.bytes.saturating_add(next.bytes);
        self.skipped.extend(next.skipped);
        self.failures.extend(next.failures);
    }

    /// # Errors
    ///
    /// Returns an error if an object failed.
    pub(super) fn into_result(self) -> Result<Self, Error> {
        if self.failures.is_empty() {
            return Ok(self);
        }
        let report = Box::new(self);
        Err(TransferError::Several { report }.into())
    }
}
