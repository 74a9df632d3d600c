//! A transfer that is put together, and one that runs.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;

use super::args::{Action, Args};
use super::error::TransferError;
use super::pool::{self, Item, Items, Work};
use super::progress::{Progress, Snapshot};
use super::report::{Failure, Report};
use super::{Context, Place, TransferManager};
use crate::cancel::CancelToken;
use crate::error::Result;

/// Finds what is to be transferred.
type Find<'j> = dyn FnOnce(&Arc<Context>, Value) -> Result<Turns<'j>> + Send + 'j;

/// What a job does.
pub(super) struct Turns<'j> {
    pub(super) items: Box<Items<'j>>,
    /// What deletes, after these, and only if nothing failed.
    pub(super) then: Vec<Item<'j>>,
}

/// A transfer of one object or of many, which is put together and then [run](Job::run).
#[must_use = "nothing is transferred before `run` or `start`"]
pub struct Job<'j> {
    manager: TransferManager,
    find: Box<Find<'j>>,
    /// The error of one object is that of the job.
    is_one: bool,
    args: Value,
    progress: Option<Box<dyn Progress>>,
    cancel: CancelToken,
}

impl TransferManager {
    pub(super) fn one<'j>(
        &self,
        action: Action,
        place: Place,
        work: impl FnOnce(Arc<Context>, Place, Args) -> Box<dyn Work + 'j> + Send + 'j,
    ) -> Job<'j> {
        let find = move |context: &Arc<Context>, args: Value| {
            place.check()?;
            let args = Args::check(action, args)?;
            let item = Item::Work(work(context.clone(), place, args));
            Ok(Box::new(std::iter::once(Ok(item))) as Box<Items<'j>>)
        };
        Job {
            is_one: true,
            ..self.many(find)
        }
    }

    pub(super) fn many<'j>(
        &self,
        find: impl FnOnce(&Arc<Context>, Value) -> Result<Box<Items<'j>>> + Send + 'j,
    ) -> Job<'j> {
        self.in_turn(move |context, args| {
            let (items, then) = (find(context, args)?, Vec::new());
            Ok(Turns { items, then })
        })
    }

    pub(super) fn in_turn<'j>(
        &self,
        find: impl FnOnce(&Arc<Context>, Value) -> Result<Turns<'j>> + Send + 'j,
    ) -> Job<'j> {
        Job {
            manager: self.clone(),
            find: Box::new(find),
            is_one: false,
            args: Value::Null,
            progress: None,
            cancel: CancelToken::default(),
        }
    }
}

impl<'j> Job<'j> {
    /// Extra arguments of the requests that it is made of: an object by their names, such as `{"ContentType": "text/plain"}`. An
    /// argument that such a transfer does not take is an error, which lists those that it does.
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Who is told how far it is.
    pub fn progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Ends it when the token is cancelled. What was begun is taken back.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Transfers, and comes back when all is done.
    ///
    /// # Errors
    ///
    /// The object failed; or, of many, some did, and the others are done ([`TransferError::Several`](super::TransferError)).
    pub fn run(self) -> Result<Report> {
        let (this, context) = self.with_context();
        this.run_in(&context)
    }

    fn with_context(mut self) -> (Self, Arc<Context>) {
        let (cancel, progress) = (self.cancel.clone(), self.progress.take());
        let context = Arc::new(self.manager.context(cancel, progress));
        (self, context)
    }

    fn run_in(self, context: &Arc<Context>) -> Result<Report> {
        let Turns { items, then } = (self.find)(context, self.args)?;
        let mut report = pool::run(items, context)?;
        if !then.is_empty() && report.failures.is_empty() {
            report.append(pool::run(Box::new(then.into_iter().map(Ok)), context));
        } else if !then.is_empty() && !context.cancel.is_cancelled() {
            let (object, error) = ("the deletions".into(), TransferError::NothingDeleted.into());
            report.failures.push(Failure { object, error });
        }
        match report.failures.pop() {
            Some(failure) if self.is_one => Err(failure.error),
            last => {
                report.failures.extend(last);
                if !self.is_one {
                    (report.etag, report.version_id) = (None, None);
                }
                report.into_result()
            }
        }
    }
}

impl Job<'static> {
    /// Transfers on a thread of its own.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[("etag", "\"e\"")], ""))?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// let report = running.join()?;
    /// assert_eq!(report.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(self) -> Running {
        let (this, context) = self.with_context();
        let shared = context.clone();
        Running {
            thread: std::thread::spawn(move || this.run_in(&shared)),
            context,
        }
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // arguments may hold a key
        f.debug_struct("Job")
            .field("manager", &self.manager)
            .finish_non_exhaustive()
    }
}

/// A transfer that runs. It goes on if this is dropped.
pub struct Running {
    thread: JoinHandle<Result<Report>>,
    context: Arc<Context>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl Running {
    /// Whether it has ended, well or not.
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// How far it is.
    pub fn now(&self) -> Snapshot {
        self.context.meter.snapshot()
    }

    /// Ends it. What was begun is taken back before [`join`](Self::join) returns.
    pub fn cancel(&self) {
        self.context.cancel.cancel();
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// As [`Job::run`].
    pub fn join(self) -> Result<Report> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
