//! Synchronising a prefix and a folder.
//!
//! ```text
//!   source ───────┐
//!                 ├──► compared by name, then by size, time or content ──► plan: transfers, deletions ──► job
//!   destination ──┘
//! ```

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::args::{Action, Args};
use super::compare::Compare;
use super::context::Shared;
use super::dir_walk::LocalFile;
use super::filter::Filter;
use super::job::Job;
use super::listing::Prefix;
use super::manager::TransferManager;
use super::object::Object;
use super::sync_plan::SyncPlan;
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client};
use crate::error::Result;

/// The reason why something is transferred or deleted.
///
/// ```
/// use tucuxi::transfer::Difference;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
/// # let replay = Replay::new().respond(200, &[], listing);
/// # let client = Client::with_transport(config, replay)?;
/// # let folder = tempfile::tempdir()?;
/// # let site = folder.path();
/// # std::fs::write(site.join("index.html"), "<p>hello</p>")?;
/// let plan = client.transfer().sync_up(site, "my-bucket", "www").delete(true).plan()?;
/// assert!(plan.changes().eq([("index.html", Difference::Missing)]));
/// let extra = plan.changes().filter(|(_, why)| *why == Difference::Extra).count();
/// println!("{extra} objects would be deleted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The contents differ, or cannot be compared.
    Content,
    /// It exists only in the destination, and is deleted.
    Extra,
    /// It exists only in the source.
    Missing,
    /// The sizes differ.
    Size,
    /// The source is newer.
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

/// A transfer or deletion.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) relative: Box<str>,
    pub(super) why: Difference,
    pub(super) object: Option<Object>,
    pub(super) file: Option<LocalFile>,
}

impl Change {
    pub(super) fn is_extra(&self) -> bool {
        self.why == Difference::Extra
    }
}

/// A builder for a sync.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let object = "<Contents><Key>www/index.html</Key><Size>4</Size><ETag>\"e\"</ETag></Contents>";
/// # let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>");
/// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("content-length", "4"), ("etag", "\"e\"")], "<p/>");
/// # let client = Client::with_transport(config, replay)?;
/// # let folder = tempfile::tempdir()?;
/// # let site = folder.path();
/// let sync = client.transfer().sync_down("my-bucket", "www", site).delete(true);
/// let plan = sync.plan()?; // or .job(), to transfer at once
/// assert_eq!((plan.changes().count(), plan.bytes()), (1, 4));
/// plan.job().run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a sync does nothing until `plan` or `job`"]
#[derive(Clone)]
pub struct Sync<C = Client> {
    pub(super) shared: Shared<C>,
    pub(super) direction: Direction,
    pub(super) folder: PathBuf,
    pub(super) below: Prefix,
    pub(super) compare: Compare,
    pub(super) deletes: bool,
    pub(super) filter: Filter,
    pub(super) args: Value,
}

impl<C: AnyClient> TransferManager<C> {
    /// Synchronises a prefix with a folder: uploads files that are missing or different below the prefix.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    /// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("etag", "\"e\"")], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// # let folder = tempfile::tempdir()?;
    /// # let site = folder.path();
    /// # std::fs::write(site.join("index.html"), "<p>hello</p>")?;
    /// let plan = client.transfer().sync_up(site, "my-bucket", "www").delete(true).plan()?;
    /// print!("{plan}"); // upload …/index.html to s3://my-bucket/www/index.html (…)
    /// assert_eq!(plan.job().run()?.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync_up(
        &self,
        folder: impl Into<PathBuf>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Sync<C> {
        self.sync(Direction::Up, folder.into(), Prefix::new(bucket, prefix))
    }

    /// Synchronises a folder with a prefix: downloads objects that are missing or different in the folder.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let object = "<Contents><Key>www/index.html</Key><Size>4</Size><ETag>\"e\"</ETag></Contents>";
    /// # let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>");
    /// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("content-length", "4"), ("etag", "\"e\"")], "<p/>");
    /// # let client = Client::with_transport(config, replay)?;
    /// # let folder = tempfile::tempdir()?;
    /// # let site = folder.path();
    /// client.transfer().sync_down("my-bucket", "www", site).job().run()?;
    /// assert_eq!(std::fs::read(site.join("index.html"))?, b"<p/>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync_down(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> Sync<C> {
        self.sync(Direction::Down, folder.into(), Prefix::new(bucket, prefix))
    }

    fn sync(&self, direction: Direction, folder: PathBuf, below: Prefix) -> Sync<C> {
        Sync {
            shared: self.shared.clone(),
            direction,
            folder,
            below,
            compare: Compare::default(),
            deletes: false,
            filter: Filter::new(),
            args: Value::Null,
        }
    }
}

impl<C> fmt::Debug for Sync<C> {
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

impl<C: AnyClient> Sync<C> {
    /// Sets how files and objects of the same name are compared.
    pub fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    /// Sets whether files or objects that exist only in the destination are deleted. `false` by default.
    ///
    /// Deletions come last. Nothing is deleted unless both sides were listed completely and nothing failed before. If a file is
    /// skipped on one side, such as a pipe, everything with its name and below it is kept on the other side.
    ///
    /// These files are not deleted: files behind a link to a folder, targets of links that exist on both sides, and files that
    /// changed after they were listed. A file that is replaced by a folder, or vice versa, is deleted only after the
    /// replacement has been downloaded.
    ///
    /// ```
    /// use tucuxi::transfer::Difference;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], listing))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let site = folder.path();
    /// std::fs::write(site.join("old.html"), "<p/>")?;
    /// let plan = client.transfer().sync_down("my-bucket", "www", site).delete(true).plan()?;
    /// assert!(plan.changes().eq([("old.html", Difference::Extra)])); // the prefix has no such object
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete(mut self, yes: bool) -> Self {
        self.deletes = yes;
        self
    }

    /// Selects what is synchronised by its name relative to the folder and the prefix. What is not included is left alone on both
    /// sides.
    ///
    /// ```
    /// use tucuxi::transfer::Filter;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], listing))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let site = folder.path();
    /// # std::fs::write(site.join("index.html"), "<p/>")?;
    /// # std::fs::write(site.join("draft.tmp"), "")?;
    /// let sync = client.transfer().sync_up(site, "my-bucket", "www").filter(Filter::new().exclude("*.tmp"));
    /// assert_eq!(sync.plan()?.changes().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets extra arguments of the requests, see [`Job::args`].
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Returns a job that compares both sides and transfers the differences.
    pub fn job(self) -> Job<'static, C> {
        let (shared, args) = (self.shared.clone(), self.args.clone());
        let job = Job::many(&shared, move |context, args| {
            let args = Args::check(self.action(), args)?;
            let plan = SyncPlan::new(self, context, &args)?;
            Ok(plan.into_work(context, args))
        });
        job.args(args)
    }

    pub(super) fn action(&self) -> Action {
        match self.direction {
            Direction::Down => Action::Download,
            Direction::Up => Action::Upload,
        }
    }
}

impl Sync {
    /// Compares both sides, without changing anything. The names below the prefix are held in memory.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], listing))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let site = folder.path();
    /// std::fs::write(site.join("index.html"), "<p/>")?;
    /// let plan = client.transfer().sync_up(site, "my-bucket", "www").plan()?;
    /// assert!(plan.to_string().ends_with("/index.html to s3://my-bucket/www/index.html (missing)\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read or the prefix cannot be listed; with [`delete`](Self::delete), also if the
    /// listing may be incomplete.
    pub fn plan(self) -> Result<SyncPlan> {
        let context = Arc::new(self.shared.context(CancelToken::default(), None));
        let args = Args::check(self.action(), self.args.clone())?;
        SyncPlan::new(self, &context, &args)
    }
}
