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
use super::listed_object::ListedObject;
use super::moved::{Move, Moved};
use super::object::Object;
use super::object_ref::ObjectRef;
use super::pool;
use super::progress::{Progress, Snapshot};
use super::report::{Failure, Report};
use super::source::Source;
use super::upload::Upload;
use super::work::{Begun, End, Item, Items, OnEnd, Work};
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

    fn work(
        self,
        context: &Arc<Context>,
        object: ObjectRef,
        mut args: Args,
        listed: Option<Object>,
    ) -> Box<dyn Work<'j> + 'j> {
        let context = context.clone();
        match self {
            Self::Copy(source) => {
                let copy = Copy::new(context, source, object, args);
                Box::new(match listed {
                    Some(listed) => copy.listed(listed),
                    None => copy,
                })
            }
            Self::Delete => Box::new(Delete::new(context, object, args)),
            Self::Download(target) => {
                let download = Download::new(context, object, target, args);
                Box::new(match listed {
                    Some(listed) => download.listed(listed),
                    None => download,
                })
            }
            Self::Upload(source) => {
                args.set_checksum_defaults(context.sends_checksums());
                Box::new(Upload::new(context, source, object, args))
            }
        }
    }

    /// Returns what a move deletes.
    ///
    /// # Errors
    ///
    /// Returns an error if there is nothing that could be moved.
    fn moved(&self, context: &Arc<Context>, object: &ObjectRef, args: &Args) -> Result<Moved> {
        let of_object = |context, source, args| Moved::Object {
            context,
            source,
            args,
        };
        match self {
            Self::Upload(source) if source.path().is_some() => Ok(Moved::File(
                source.path().map(Into::into).unwrap_or_default(),
            )),
            Self::Download(_) => {
                // the version that was downloaded would be deleted for good
                let args = args.only(&["RequestPayer", "ExpectedBucketOwner"]);
                Ok(of_object(context.clone(), object.clone().into(), args))
            }
            Self::Copy(source) => {
                let context = match &source.client {
                    Some(client) => Arc::new(context.with_client(client)),
                    None => context.clone(),
                };
                let source = source.object.clone().into();
                Ok(of_object(context, source, args.only(&["RequestPayer"])))
            }
            Self::Delete | Self::Upload(_) => Err(TransferError::Unsupported(
                "only files and objects can be moved".to_owned(),
            )
            .into()),
        }
    }
}

/// The transfer of one object.
pub(super) struct One<'j> {
    object: ObjectRef,
    transfer: Transfer<'j>,
    /// The object, or the source of the copy, as reported by a listing.
    listed: Option<Object>,
    moves: bool,
    on_end: Option<OnEnd<'j>>,
}

impl<'j> One<'j> {
    /// # Errors
    ///
    /// Returns an error if an argument is invalid or S3 does not support transfers of the object.
    pub(super) fn work(
        self,
        context: &Arc<Context>,
        args: Value,
    ) -> Result<Box<dyn Work<'j> + 'j>> {
        let Self {
            object,
            transfer,
            listed,
            moves,
            on_end,
        } = self;
        object.check()?;
        let args = Args::check(transfer.action(), args)?;
        let moved = match moves {
            true => Some(transfer.moved(context, &object, &args)?),
            false => None,
        };
        let mut work = transfer.work(context, object, args, listed);
        if let Some(source) = moved {
            let transfer = work;
            work = Box::new(Move { transfer, source });
        }
        Ok(match on_end {
            None => work,
            on_end => Box::new(Observed { work, on_end }),
        })
    }
}

/// A transfer whose result the caller requested.
struct Observed<'w> {
    work: Box<dyn Work<'w> + 'w>,
    on_end: Option<OnEnd<'w>>,
}

impl<'w> Work<'w> for Observed<'w> {
    fn object(&self) -> String {
        self.work.object()
    }

    fn action(&self) -> String {
        self.work.action()
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        self.work.begin()
    }

    fn on_end(&mut self) -> Option<OnEnd<'w>> {
        self.on_end.take()
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
    One(Box<One<'j>>),
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
        let one = One {
            object,
            transfer,
            listed: None,
            moves: false,
            on_end: None,
        };
        Self::new(shared, What::One(Box::new(one)))
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

/// The settings of a job of one object. They have no effect on a job of many.
impl<'j, C: AnyClient> Job<'j, C> {
    fn with_one(mut self, change: impl FnOnce(&mut One<'j>)) -> Self {
        if let What::One(one) = &mut self.what {
            change(one);
        }
        self
    }

    /// Uses what a listing reports of the object, or of the source of a copy, so that a small object needs no HeadObject. A file
    /// that is downloaded gets the object's time.
    ///
    /// ```
    /// use tucuxi::transfer::Target;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>fish.txt</Key><Size>12</Size></Contents></ListBucketResult>";
    /// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("content-length", "12")], "a small fish");
    /// # let client = Client::with_transport(config, replay)?;
    /// let s3 = client.transfer();
    /// for object in s3.objects("river", "fish").iter()? {
    ///     let object = object?;
    ///     s3.download("river", &object.key, Target::writer(std::io::sink())).listed(&object).run()?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listed(self, object: &ListedObject) -> Self {
        self.with_one(|one| one.listed = Some(object.object.clone()))
    }

    /// Deletes the source after its transfer: the file of an upload, or the object of a download or copy. If that fails, the job
    /// fails, although the object was transferred.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fish.txt");
    /// # std::fs::write(&path, "a small fish")?;
    /// client.transfer().upload_file(&path, "river", "fish.txt").delete_source(true).run()?;
    /// assert!(!path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete_source(self, yes: bool) -> Self {
        self.with_one(|one| one.moves = yes)
    }

    /// Calls a function when the object was transferred, skipped or failed; on one of the worker threads.
    ///
    /// ```
    /// use tucuxi::transfer::End;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// let upload = client.transfer().upload("a small fish", "river", "fish.txt");
    /// upload.on_end(|end| assert!(matches!(end, End::Done))).run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_end(self, call: impl FnOnce(End<'_>) + Send + 'j) -> Self {
        self.with_one(|one| one.on_end = Some(Box::new(call)))
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
            Self::One(one) => {
                let work = one.work(context, args)?;
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
