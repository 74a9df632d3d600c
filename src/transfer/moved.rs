//! Transfers that delete their source.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::Args;
use super::context::Context;
use super::copy_source::CopySource;
use super::error::TransferError;
use super::plan::Part;
use super::report::Outcome;
use super::work::{Begun, PartWork, Work};
use crate::error::Result;

/// What is deleted after its transfer.
pub(super) enum Moved {
    File(PathBuf),
    Object {
        context: Arc<Context>,
        source: CopySource,
        args: Args,
    },
}

impl Moved {
    fn delete(&self, outcome: Outcome) -> Result<Outcome> {
        if outcome.skipped.is_some() {
            return Ok(outcome);
        }
        match self {
            Self::File(path) => std::fs::remove_file(path).map_err(TransferError::file(&**path))?,
            Self::Object {
                context,
                source,
                args,
            } => {
                let params = args.params(&context.client, "DeleteObject", source.params())?;
                context.call("DeleteObject", params)?;
            }
        }
        Ok(outcome)
    }
}

/// A transfer, after which its source is deleted.
pub(super) struct Move<'w> {
    pub(super) transfer: Box<dyn Work<'w> + 'w>,
    pub(super) source: Moved,
}

impl<'w> Work<'w> for Move<'w> {
    fn object(&self) -> String {
        self.transfer.object()
    }

    fn action(&self) -> String {
        self.transfer.action()
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        let Self { transfer, source } = *self;
        match transfer.begin()? {
            Begun::Done(outcome) => source.delete(outcome).map(Begun::Done),
            Begun::Parts(parts, transfer) => {
                let is_done = AtomicBool::new(false);
                let work = MoveParts {
                    transfer,
                    source,
                    is_done,
                };
                Ok(Begun::Parts(parts, Arc::new(work)))
            }
        }
    }
}

struct MoveParts<'w> {
    transfer: Arc<dyn PartWork + 'w>,
    source: Moved,
    /// Whether only the deletion is left, whose failure does not undo the transfer.
    is_done: AtomicBool,
}

impl PartWork for MoveParts<'_> {
    fn part(&self, part: &Part) -> Result<bool> {
        self.transfer.part(part)
    }

    fn finish(&self) -> Result<Outcome> {
        let outcome = self.transfer.finish()?;
        self.is_done.store(true, Ordering::Relaxed);
        self.source.delete(outcome)
    }

    fn abort(&self) {
        if !self.is_done.load(Ordering::Relaxed) {
            self.transfer.abort();
        }
    }
}
