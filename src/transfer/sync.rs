//! Bringing a prefix and a folder to the same.
//!
//! ```text
//!   what is there ──┐
//!                   ├──► compared by name, then as asked ──► plan: what to transfer, what to delete ──► job
//!   what should be ─┘
//! ```

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::args::{Action, Args};
use super::compare::Compare;
use super::job::Job;
use super::listing::Prefix;
use super::sync_plan::SyncPlan;
use super::{Context, TransferManager};
use crate::cancel::CancelToken;
use crate::error::Result;

/// Why something is transferred or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Their contents differ, or cannot be told to be the same.
    Content,
    /// It is only where it should not be, and is deleted.
    Extra,
    /// It is only where it is brought from.
    Missing,
    /// Their lengths differ.
    Size,
    /// What is brought is younger.
    Time,
}

impl Difference {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Content => "content differs",
            Self::Extra => "extra",
            Self::Missing => "missing",
            Self::Size => "size differs",
            Self::Time => "newer",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Down,
    Up,
}

/// What is brought to the same. See [`TransferManager::sync_up`].
#[must_use = "nothing is compared before `plan` or `job`"]
#[derive(Clone)]
pub struct Sync {
    pub(super) manager: TransferManager,
    pub(super) direction: Direction,
    pub(super) folder: PathBuf,
    pub(super) below: Prefix,
    pub(super) compare: Compare,
    pub(super) deletes: bool,
    pub(super) args: Value,
}

impl TransferManager {
    /// Brings what is below a prefix to the same as a folder: files that are missing there, or differ, are uploaded.
    ///
    /// ```no_run
    /// # let client = tucuxi::Client::new()?;
    /// let plan = client.transfer().sync_up("site", "my-bucket", "www").delete(true).plan()?;
    /// print!("{plan}");
    /// plan.job().run()?;
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn sync_up(
        &self,
        folder: impl Into<PathBuf>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Sync {
        self.sync(Direction::Up, folder.into(), Prefix::new(bucket, prefix))
    }

    /// Brings a folder to the same as what is below a prefix: objects that are missing there, or differ, are downloaded.
    pub fn sync_down(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> Sync {
        self.sync(Direction::Down, folder.into(), Prefix::new(bucket, prefix))
    }

    fn sync(&self, direction: Direction, folder: PathBuf, below: Prefix) -> Sync {
        Sync {
            manager: self.clone(),
            direction,
            folder,
            below,
            compare: Compare::default(),
            deletes: false,
            args: Value::Null,
        }
    }
}

impl fmt::Debug for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // arguments may hold a key
        f.debug_struct("Sync")
            .field("direction", &self.direction)
            .field("folder", &self.folder)
            .field("below", &self.below)
            .field("compare", &self.compare)
            .field("deletes", &self.deletes)
            .finish_non_exhaustive()
    }
}

impl Sync {
    /// By what two of one name are taken for the same.
    pub fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    /// Whether what is only on the side that is changed is deleted. By default it is not.
    ///
    /// Deletions come last. Nothing is deleted unless both sides were listed to their end and nothing failed before. What is
    /// skipped on one side (a pipe, say) keeps its namesake on the other, and all that is below that name. No file behind a
    /// link to a folder is deleted, nor one that a link leads to whose name is on both sides, nor one that changed after it was
    /// listed. A file whose place a folder takes, or the other way round, is deleted when what replaces it has come.
    pub fn delete(mut self, yes: bool) -> Self {
        self.deletes = yes;
        self
    }

    /// Extra arguments, of the uploads or downloads and of what is asked to compare: those that [`Job::args`] takes.
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Compares the two sides. What is below the prefix is held in memory, by name.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or the service does not list; with [`delete`](Self::delete), also if it is not certain that
    /// it listed all.
    pub fn plan(self) -> Result<SyncPlan> {
        let context = Arc::new(self.manager.context(CancelToken::default(), None));
        let args = Args::check(self.action(), self.args.clone())?;
        self.plan_with(&context, &args)
    }

    /// Compares and transfers at once.
    pub fn job(self) -> Job<'static> {
        let (manager, args) = (self.manager.clone(), self.args.clone());
        let job = manager.in_turn(move |context, args| {
            let args = Args::check(self.action(), args)?;
            Ok(self.plan_with(context, &args)?.turns(context, args))
        });
        job.args(args)
    }

    pub(super) fn action(&self) -> Action {
        match self.direction {
            Direction::Down => Action::Download,
            Direction::Up => Action::Upload,
        }
    }

    fn plan_with(self, context: &Arc<Context>, args: &Args) -> Result<SyncPlan> {
        SyncPlan::of(self, context, args)
    }
}
