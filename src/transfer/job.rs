//! A transfer before and while it runs.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::args::{Action, Args};
#[cfg(feature = "async")]
use super::async_running::Watched;
use super::context::{Context, Shared};
use super::copy::Copy;
use super::copy_source::CopySource;
use super::delete::Delete;
use super::destination::Target;
use super::download::Download;
use super::error::TransferError;
use super::object_ref::ObjectRef;
use super::pool;
use super::progress::{Progress, Snapshot};
use super::report::{Failure, Report};
use super::source::Source;
use super::upload::Upload;
use super::work::{Item, Items, Work};
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client};
use crate::error::Result;

/// The transfer of one object.
pub(super) enum Transfer<'j> {
    Copy(CopySource),
    Delete,
    Download(Target<'j>),
    Upload(Source<'j>),
}

impl<'j> Transfer<'j> {
    fn action(&self) -> Action {
        match self {
            Self::Copy(_) => Action::Copy,
            Self::Delete => Action::Delete,
            Self::Download(_) => Action::Download,
            Self::Upload(_) => Action::Upload,
        }
    }

    /// # Errors
    ///
    /// Returns an error if an argument is invalid or S3 does not support transfers of the object.
    fn work(
        self,
        context: &Arc<Context>,
        object: ObjectRef,
        args: Value,
    ) -> Result<Box<dyn Work<'j> + 'j>> {
        object.check()?;
        let mut args = Args::check(self.action(), args)?;
        let context = context.clone();
        Ok(match self {
            Self::Copy(source) => Box::new(Copy::new(context, source, object, args)),
            Self::Delete => Box::new(Delete::new(context, object, args)),
            Self::Download(target) => Box::new(Download::new(context, object, target, args)),
            Self::Upload(source) => {
                args.set_checksum_defaults(context.sends_checksums());
                Box::new(Upload::new(context, source, object, args))
            }
        })
    }
}

/// A function that finds the objects to transfer.
type Find<'j> = dyn FnOnce(&Arc<Context>, Value) -> Result<Found<'j>> + Send + 'j;

/// The objects to transfer.
pub(super) struct Found<'j> {
    pub(super) items: Box<Items<'j>>,
    /// Deletions that come last, and only if nothing failed.
    pub(super) deletions: Vec<Item<'j>>,
    /// The error of the deletions if something failed.
    pub(super) kept: TransferError,
}

impl<'j> Found<'j> {
    pub(super) fn new(items: impl Iterator<Item = Result<Item<'j>>> + Send + 'j) -> Self {
        Self {
            items: Box::new(items),
            deletions: Vec::new(),
            kept: TransferError::NothingDeleted,
        }
    }
}

pub(super) enum What<'j> {
    One(ObjectRef, Transfer<'j>),
    Many(Box<Find<'j>>),
}

/// A transfer of one or many objects. It begins with [`run`](Job::run) or [`start`](Job::start).
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
/// let report = client.transfer()
///     .upload("a small fish", "river", "fish.txt")
///     .args(json!({"ContentType": "text/plain"}))
///     .progress(|now: &tucuxi::transfer::Snapshot| eprintln!("{} bytes", now.bytes))
///     .run()?;
/// assert_eq!(report.etag.as_deref(), Some("\"e\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a job does nothing until `run` or `start`"]
pub struct Job<'j, C = Client> {
    pub(super) shared: Shared<C>,
    pub(super) what: What<'j>,
    pub(super) args: Value,
    pub(super) progress: Option<Box<dyn Progress>>,
    pub(super) cancel: CancelToken,
}

impl<'j, C: AnyClient> Job<'j, C> {
    pub(super) fn one(shared: &Shared<C>, object: ObjectRef, transfer: Transfer<'j>) -> Self {
        Self::new(shared, What::One(object, transfer))
    }

    pub(super) fn many(
        shared: &Shared<C>,
        find: impl FnOnce(&Arc<Context>, Value) -> Result<Found<'j>> + Send + 'j,
    ) -> Self {
        Self::new(shared, What::Many(Box::new(find)))
    }

    fn new(shared: &Shared<C>, what: What<'j>) -> Self {
        Self {
            shared: shared.clone(),
            what,
            args: Value::Null,
            progress: None,
            cancel: CancelToken::default(),
        }
    }

    /// Sets extra arguments of the requests: an object such as `{"ContentType": "text/plain"}`. Running the job returns an
    /// error that lists the valid arguments if one is unknown.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let job = client.transfer().upload("a small fish", "river", "fish.txt");
    /// job.args(serde_json::json!({"ContentType": "text/plain"})).run()?;
    /// # assert_eq!(replay.sent()[0].headers["content-type"], "text/plain");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Sets the receiver of progress reports.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::transfer::Snapshot;
    ///
    /// let job = client.transfer().upload("a small fish", "river", "fish.txt");
    /// job.progress(|now: &Snapshot| eprintln!("{} bytes", now.bytes)).run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Cancels the transfer when the token is cancelled. What has begun is aborted.
    ///
    /// ```
    /// use tucuxi::transport::CancelToken;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let token = CancelToken::default();
    /// let job = client.transfer().upload("a small fish", "river", "fish.txt").cancel_with(&token);
    /// token.cancel();
    /// assert!(job.run().unwrap_err().is_cancelled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }
}

impl Job<'_> {
    /// Transfers the objects on this thread and others, and returns when all are done.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let report = client.transfer().upload("a small fish", "river", "fish.txt").run()?;
    /// assert_eq!(report.bytes, 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the object fails. If some of many objects fail, the others are transferred, and the error is
    /// [`TransferError::Several`](super::TransferError).
    pub fn run(self) -> Result<Report> {
        let (context, what, args) = self.into_parts();
        what.run(&context, args)
    }
}

impl<'j> Job<'j> {
    fn into_parts(self) -> (Arc<Context>, What<'j>, Value) {
        let context = self.shared.context(self.cancel, self.progress);
        (Arc::new(context), self.what, self.args)
    }
}

impl What<'_> {
    /// Transfers the objects, and returns when all are done.
    pub(super) fn run(self, context: &Arc<Context>, args: Value) -> Result<Report> {
        match self {
            Self::One(object, transfer) => {
                let work = transfer.work(context, object, args)?;
                let items = std::iter::once(Ok(Item::Work(work)));
                let mut report = pool::run(Box::new(items), context)?;
                match report.failures.pop() {
                    Some(failure) => Err(failure.error),
                    None => Ok(report),
                }
            }
            Self::Many(find) => run_many(find(context, args)?, context),
        }
    }
}

fn run_many(found: Found<'_>, context: &Arc<Context>) -> Result<Report> {
    let Found {
        items,
        deletions,
        kept,
    } = found;
    let mut report = pool::run(items, context)?;
    if !deletions.is_empty() && report.failures.is_empty() {
        report.append(pool::run(Box::new(deletions.into_iter().map(Ok)), context));
    } else if !deletions.is_empty() && !context.cancel.is_cancelled() {
        let object = "the deletions".to_owned();
        let error = kept.into();
        report.failures.push(Failure { object, error });
    }
    // ETag and version are those of a single object
    (report.etag, report.version_id) = (None, None);
    report.into_result()
}

impl Job<'static> {
    /// Transfers the objects in the background, on a thread of its own.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// let report = running.join()?;
    /// assert_eq!(report.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(self) -> Running {
        let (context, what, args) = self.into_parts();
        let shared = context.clone();
        Running {
            thread: std::thread::spawn(move || what.run(&shared, args)),
            context,
            #[cfg(feature = "async")]
            watched: None,
        }
    }
}

impl<C: fmt::Debug> fmt::Debug for Job<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // arguments may hold a key
        f.debug_struct("Job")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

/// A transfer that runs in the background. Dropping it does not end the transfer, unless it is the async client's.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
/// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
/// while !running.is_done() {
///     println!("{} bytes", running.now().bytes);
///     std::thread::sleep(std::time::Duration::from_millis(100));
/// }
/// running.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Running<C: AnyClient = Client> {
    pub(super) thread: C::Thread<Result<Report>>,
    pub(super) context: Arc<Context>,
    /// What only the async client's has.
    #[cfg(feature = "async")]
    pub(super) watched: Option<Watched>,
}

impl<C: AnyClient> fmt::Debug for Running<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl<C: AnyClient> Running<C> {
    /// Returns the current progress.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// assert!(running.now().bytes <= 12);
    /// running.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn now(&self) -> Snapshot {
        self.context.meter.snapshot()
    }

    /// Cancels the transfer. What has begun is aborted before [`join`](Self::join) returns.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// running.cancel();
    /// if let Err(error) = running.join() {
    ///     assert!(error.is_cancelled()); // unless it was done before
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self) {
        self.context.cancel.cancel();
    }
}

impl Running {
    /// Returns whether the transfer has ended, successfully or not.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// while !running.is_done() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(running.join()?.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end of the transfer.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start();
    /// let report = running.join()?;
    /// assert_eq!(report.etag.as_deref(), Some("\"e\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Job::run`].
    pub fn join(self) -> Result<Report> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
