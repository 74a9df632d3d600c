//! The units of work of the worker pool: one object, or one request for many, as a sequence of steps.
//!
//! ```text
//!   Work ──begin──┬──► Outcome                                a small object
//!                 └──► PartWork ──part, part, …──► finish      a large one; abort after a failure
//! ```

use std::ops::Deref;
use std::sync::Arc;

use super::plan::{Part, Parts};
use super::report::{Failure, Outcome};
use crate::error::{Error, Result};

/// A transfer that has not begun.
pub(super) trait Work<'w>: Send {
    /// The name of the object in reports.
    fn object(&self) -> String;

    /// What is done, for errors: `upload FILE to BUCKET/KEY`.
    fn action(&self) -> String;

    /// Transfers a small object, or prepares the parts of a large one. If it fails, it has cleaned up.
    fn begin(self: Box<Self>) -> Result<Begun<'w>>;

    /// Returns what is called with the result, if the caller requested it.
    fn on_end(&mut self) -> Option<OnEnd<'w>> {
        None
    }
}

/// What is called when an object was transferred, skipped or failed.
pub(super) type OnEnd<'w> = Box<dyn FnOnce(End<'_>) + Send + 'w>;

/// How the transfer of one object ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum End<'e> {
    /// The object was transferred.
    Done,
    /// The transfer failed or was cancelled.
    Failed(&'e Error),
    /// The object or file exists and is not [overwritten](super::TransferConfig::overwrite).
    Skipped,
}

/// A transfer in parts that has begun.
pub(super) trait PartWork: Send + Sync {
    /// Transfers a part. Returns whether more parts may follow.
    fn part(&self, part: &Part) -> Result<bool>;

    /// Completes the transfer after all parts.
    fn finish(&self) -> Result<Outcome>;

    /// Cleans up after a failure.
    fn abort(&self);
}

/// The result of [`Work::begin`].
pub(super) enum Begun<'w> {
    Done(Outcome),
    Parts(Parts, Arc<dyn PartWork + 'w>),
}

/// An object to transfer, or the reason why it is not transferred.
pub(super) enum Item<'w> {
    Failed(Failure),
    Skipped(String),
    Work(Box<dyn Work<'w> + 'w>),
}

/// The objects to transfer. An error ends them.
pub(super) type Items<'w> = dyn Iterator<Item = Result<Item<'w>>> + Send + 'w;

/// Aborts a transfer on drop, unless it is released: after an error or a panic while it begins.
pub(super) struct AbortGuard<W: PartWork> {
    work: Arc<W>,
    is_released: bool,
}

impl<W: PartWork> AbortGuard<W> {
    pub(super) fn new(work: W) -> Self {
        Self {
            work: Arc::new(work),
            is_released: false,
        }
    }

    pub(super) fn release(mut self) -> Arc<W> {
        self.is_released = true;
        self.work.clone()
    }
}

impl<W: PartWork> Deref for AbortGuard<W> {
    type Target = W;

    fn deref(&self) -> &W {
        &self.work
    }
}

impl<W: PartWork> Drop for AbortGuard<W> {
    fn drop(&mut self) {
        if !self.is_released {
            self.work.abort();
        }
    }
}
