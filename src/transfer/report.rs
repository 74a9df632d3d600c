//! The result of a transfer: of one object, and of all.

use crate::error::Error;

/// What an object's transfer has done.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) objects: u64,
    pub(super) bytes: u64,
    pub(super) resumed_bytes: u64,
    pub(super) etag: Option<Box<str>>,
    pub(super) version_id: Option<Box<str>>,
    /// Where a request is for many objects.
    pub(super) failures: Vec<Failure>,
}

/// What became of an object that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The object or the file.
    pub object: Box<str>,
    /// Why.
    pub error: Error,
}

/// What a transfer has done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many objects are done.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of these were there already, from an earlier try that was killed.
    pub resumed_bytes: u64,
    /// The ETag of the object, where it is one that was uploaded, downloaded or copied.
    pub etag: Option<Box<str>>,
    /// Its version, where the bucket has versions.
    pub version_id: Option<Box<str>>,
    /// What was left alone because it is no file: sockets, devices and pipes in a folder, and keys that stand for folders.
    pub skipped: Vec<Box<str>>,
    /// Those of many objects that failed.
    pub failures: Vec<Failure>,
}

impl Report {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.objects = self.objects.saturating_add(outcome.objects);
        self.bytes = self.bytes.saturating_add(outcome.bytes);
        self.resumed_bytes = self.resumed_bytes.saturating_add(outcome.resumed_bytes);
        self.failures.extend(outcome.failures);
        self.etag = outcome.etag;
        self.version_id = outcome.version_id;
    }

    /// What was done after it.
    pub(super) fn append(&mut self, next: Result<Self, Error>) {
        let next = next.unwrap_or_else(|error| {
            let object = "the rest".into();
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
}
