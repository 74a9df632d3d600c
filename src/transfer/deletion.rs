//! The deletion of everything below a prefix.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::args::{Action, Args};
use super::context::{Context, Shared};
use super::delete::{Entry, delete_objects};
use super::error::TransferError;
use super::job::{Found, Job};
use super::listing::{Kind, Listed, Prefix};
use super::manager::TransferManager;
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client};
use crate::error::Result;
use crate::printable::Printable;

/// A builder for the deletion of all objects below a prefix.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let version = "<Version><Key>fish.jpg</Key><VersionId>1</VersionId><Size>4</Size></Version>";
/// # let listing = format!("<ListVersionsResult><IsTruncated>false</IsTruncated>{version}</ListVersionsResult>");
/// # let deleted = "<DeleteResult><Deleted><Key>fish.jpg</Key><VersionId>1</VersionId></Deleted></DeleteResult>";
/// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[], deleted);
/// # let client = Client::with_transport(config, replay)?;
/// let plan = client.transfer().delete_folder("my-bucket", "").versions(true).plan()?;
/// assert_eq!(plan.to_string(), "delete s3://my-bucket/fish.jpg (version 1)\n");
/// let report = plan.job().run()?;
/// assert_eq!(report.objects, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a deletion does nothing until `plan` or `job`"]
#[derive(Clone)]
pub struct Deletion<C = Client> {
    pub(super) shared: Shared<C>,
    below: Prefix,
    kind: Kind,
    pub(super) args: Value,
}

impl<C: AnyClient> TransferManager<C> {
    /// Deletes all objects below a prefix, or all objects of the bucket if the prefix is empty, 1,000 with each request.
    ///
    /// Nothing is deleted until everything has been listed and the listing is known to be complete; the keys are held in memory.
    /// In a bucket with versions, the objects get delete markers and their versions are kept, unless
    /// [`versions`](Deletion::versions) is set.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let object = "<Contents><Key>2026/photos/fish.jpg</Key><Size>4</Size><ETag>\"e\"</ETag></Contents>";
    /// # let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>");
    /// # let deleted = "<DeleteResult><Deleted><Key>2026/photos/fish.jpg</Key></Deleted></DeleteResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], listing).respond(200, &[], deleted))?;
    /// let report = client.transfer().delete_folder("my-bucket", "2026/photos").job().run()?;
    /// println!("{} objects deleted", report.objects); // 1
    /// # assert_eq!(report.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete_folder(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Deletion<C> {
        Deletion {
            shared: self.shared.clone(),
            below: Prefix::new(bucket, prefix),
            kind: Kind::Objects,
            args: Value::Null,
        }
    }
}

impl<C: AnyClient> Deletion<C> {
    /// Sets whether all versions of the objects and all delete markers are deleted, for ever. `false` by default.
    ///
    /// Delete markers are deleted last, and only if no version failed: without its marker, a version that is left would be
    /// visible again. Versions that are stored meanwhile are kept. A bucket without versions may be emptied like this too.
    pub fn versions(mut self, yes: bool) -> Self {
        self.kind = match yes {
            true => Kind::Versions,
            false => Kind::Objects,
        };
        self
    }

    /// Sets extra arguments of the requests, see [`Job::args`]. `BypassGovernanceRetention` deletes versions that are locked
    /// in governance mode.
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Returns a job that lists the objects and deletes them.
    pub fn job(self) -> Job<'static, C> {
        let (shared, args) = (self.shared.clone(), self.args.clone());
        let job = Job::many(&shared, move |context, args| {
            let args = Args::check(Action::DeleteMany, args)?;
            let plan = DeletionPlan::new(self, context, &args)?;
            Ok(plan.into_work(context, &args))
        });
        job.args(args)
    }
}

impl Deletion {
    /// Lists what would be deleted, and deletes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix cannot be listed or the listing may be incomplete.
    pub fn plan(self) -> Result<DeletionPlan> {
        let context = self.shared.context(CancelToken::default(), None);
        let args = Args::check(Action::DeleteMany, self.args.clone())?;
        DeletionPlan::new(self, &context, &args)
    }
}

impl<C> fmt::Debug for Deletion<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // arguments may hold the code of an MFA device
        f.debug_struct("Deletion")
            .field("below", &self.below)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What is below a prefix and will be deleted. Displayed as one line for each object, version or delete marker.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let version = "<Version><Key>fish.jpg</Key><VersionId>1</VersionId><Size>4</Size></Version>";
/// # let listing = format!("<ListVersionsResult><IsTruncated>false</IsTruncated>{version}</ListVersionsResult>");
/// # let deleted = "<DeleteResult><Deleted><Key>fish.jpg</Key><VersionId>1</VersionId></Deleted></DeleteResult>";
/// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[], deleted);
/// # let client = Client::with_transport(config, replay)?;
/// let plan = client.transfer().delete_folder("my-bucket", "").versions(true).plan()?;
/// for (key, version) in plan.entries() {
///     println!("{key}: {version:?}"); // fish.jpg: Some("1")
/// }
/// assert_eq!(plan.entries().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DeletionPlan<C = Client> {
    deletion: Deletion<C>,
    objects: Vec<Entry>,
    delete_markers: Vec<Entry>,
}

impl<C: AnyClient> DeletionPlan<C> {
    pub(super) fn new(deletion: Deletion<C>, context: &Context, args: &Args) -> Result<Self> {
        let below = &deletion.below;
        let listed = below.all(deletion.kind, context, args)?;
        let is_marker = |listed: &Listed| {
            let version = listed.version.as_ref();
            version.is_some_and(|version| version.is_delete_marker)
        };
        let (delete_markers, objects): (Vec<_>, Vec<_>) = listed.into_iter().partition(is_marker);
        let entry = |listed: Listed| Entry {
            key: below.object(&listed.relative).key,
            version_id: listed.version.map(|version| version.id),
        };
        Ok(Self {
            objects: objects.into_iter().map(entry).collect(),
            delete_markers: delete_markers.into_iter().map(entry).collect(),
            deletion,
        })
    }

    /// Returns the keys, with the ids of their versions if versions are deleted: delete markers after all versions.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let entries = self.objects.iter().chain(&self.delete_markers);
        entries.map(Entry::name)
    }

    /// Returns a job that deletes these objects and versions, with the [arguments](Deletion::args) of the listing unless others
    /// are set.
    pub fn job(self) -> Job<'static, C> {
        let (shared, args) = (self.deletion.shared.clone(), self.deletion.args.clone());
        let job = Job::many(&shared, move |context, args| {
            let args = Args::check(Action::DeleteMany, args)?;
            Ok(self.into_work(context, &args))
        });
        job.args(args)
    }

    fn into_work(self, context: &Arc<Context>, args: &Args) -> Found<'static> {
        let bucket = &*self.deletion.below.bucket;
        let delete =
            |entries: Vec<Entry>| delete_objects(context, bucket, entries.into_iter(), args);
        Found {
            items: Box::new(delete(self.objects).into_iter().map(Ok)),
            deletions: delete(self.delete_markers),
            kept: TransferError::DeleteMarkersKept,
        }
    }
}

impl<C> fmt::Display for DeletionPlan<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bucket = &self.deletion.below.bucket;
        let url = |entry: &Entry| Printable(entry.url(bucket));
        for entry in &self.objects {
            writeln!(f, "delete {}", url(entry))?;
        }
        for entry in &self.delete_markers {
            writeln!(f, "delete marker {}", url(entry))?;
        }
        Ok(())
    }
}
