//! Bringing a prefix and a folder to the same.
//!
//! ```text
//!   what is there ──┐
//!                   ├──► compared by name, then as asked ──► plan: what to transfer, what to delete ──► job
//!   what should be ─┘
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use super::args::{Action, Args};
use super::compare::{Compare, has_content_of};
use super::delete::{DeleteMany, MOST};
use super::error::TransferError;
use super::folder::{Downloads, Listed, Prefix, local_path};
use super::job::Job;
use super::object::Object;
use super::partial::{PartialKind, remove_abandoned};
use super::pool::{self, Begun, Item, Items, Outcome, Work};
use super::progress::Failure;
use super::slot::Slot;
use super::upload::Upload;
use super::walk::{Entry, LocalFile, Walk};
use super::{Context, Place, TransferManager};
use crate::error::Result;
use crate::transport::CancelToken;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Down,
    Up,
}

/// What is brought to the same. See [`TransferManager::sync_up`].
#[must_use = "nothing is compared before `plan` or `job`"]
#[derive(Clone)]
pub struct Sync {
    manager: TransferManager,
    direction: Direction,
    folder: PathBuf,
    below: Prefix,
    compare: Compare,
    deletes: bool,
    args: Value,
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

/// What must be done to bring two sides to the same. Displayed, it is a line for each thing to do.
#[derive(Debug)]
pub struct SyncPlan {
    sync: Sync,
    changes: Vec<Change>,
    unchanged: u64,
    failures: Vec<Failure>,
    skipped: Vec<Box<str>>,
    /// Files of downloads, some of which may have been killed.
    temporary: Vec<PathBuf>,
}

#[derive(Debug)]
struct Change {
    relative: Box<str>,
    why: Difference,
    object: Option<Object>,
    file: Option<LocalFile>,
}

impl Sync {
    /// By what two of one name are taken for the same.
    pub fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    /// Whether what is only on the side that is changed is deleted. It is not, unless this is said, nor where a part of the
    /// folder cannot be read; and no file behind a link to a folder is.
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
    /// The folder cannot be read, or the service does not list.
    pub fn plan(self) -> Result<SyncPlan> {
        let context = Arc::new(self.manager.context(CancelToken::default(), None));
        let args = Args::check(self.action(), self.args.clone())?;
        self.plan_with(&context, &args)
    }

    /// Compares and transfers at once.
    pub fn job(self) -> Job<'static> {
        let (manager, args) = (self.manager.clone(), self.args.clone());
        let job = manager.many(move |context, args| {
            let args = Args::check(self.action(), args)?;
            self.plan_with(context, &args)?.items(context, args)
        });
        job.args(args)
    }

    fn action(&self) -> Action {
        match self.direction {
            Direction::Down => Action::Download,
            Direction::Up => Action::Upload,
        }
    }

    fn plan_with(self, context: &Arc<Context>, args: &Args) -> Result<SyncPlan> {
        let mut plan = SyncPlan {
            changes: Vec::new(),
            unchanged: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
            temporary: Vec::new(),
            sync: self,
        };
        let mut objects: BTreeMap<Box<str>, Object> = BTreeMap::new();
        for listed in plan.sync.below.objects(context, args)? {
            let Listed { relative, object } = listed?;
            // what stands for a folder is no file
            let is_folder = (relative.is_empty() || relative.ends_with('/')) && object.len == 0;
            if !is_folder {
                objects.insert(relative, object);
            }
        }
        let (mut unsure, mut unknown) = (Vec::new(), BTreeSet::new());
        for entry in plan.sync.walk()? {
            match entry {
                Entry::Failed { relative, failure } => {
                    plan.failures.push(failure);
                    unknown.insert(relative);
                }
                Entry::Partial {
                    path,
                    kind: PartialKind::Temporary,
                } => plan.temporary.push(path),
                Entry::Partial { .. } => {}
                Entry::Skipped { relative, path } => {
                    plan.skipped.push(path.to_string_lossy().into());
                    unknown.insert(relative);
                }
                Entry::File(file) => match objects.remove(&file.relative) {
                    None => plan.only_here(file),
                    Some(object) => plan.both(file, object, &mut unsure),
                },
            }
        }
        // what is in a folder that cannot be read is not there, as far as anybody knows
        plan.sync.deletes &= plan.failures.is_empty();
        // what is skipped is not missing, nor is what may be in it
        let is_known = |relative: &str| !with_folders(relative).any(|it| unknown.contains(it));
        for (relative, object) in objects.into_iter().filter(|(it, _)| is_known(it)) {
            plan.only_there(relative, object);
        }
        plan.settle(context, args, unsure)?;
        plan.changes
            .sort_by(|one, other| one.relative.cmp(&other.relative));
        Ok(plan)
    }

    /// A folder that is to be filled need not be there.
    fn walk(&self) -> Result<Box<dyn Iterator<Item = Entry>>> {
        match self.direction == Direction::Down && !self.folder.exists() {
            true => Ok(Box::new(std::iter::empty())),
            false => Ok(Box::new(Walk::new(&self.folder)?)),
        }
    }

    /// How two of one name and length are to be told apart.
    fn compare_times(&self, file: &LocalFile, object: &Object) -> Option<Difference> {
        let (Some(there), Ok(here)) = (object.modified, file.metadata.modified()) else {
            return Some(Difference::Time);
        };
        // a listing has whole seconds, or thousandths
        let (here, there) = (whole_seconds(here), whole_seconds(there));
        let is_younger = match self.direction {
            Direction::Down => there > here,
            Direction::Up => here > there,
        };
        is_younger.then_some(Difference::Time)
    }
}

/// A path below a folder, and those of the folders that it is in.
fn with_folders(relative: &str) -> impl Iterator<Item = &str> {
    let folders = relative.match_indices('/').map(|(at, _)| &relative[..at]);
    folders.chain([relative])
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

impl SyncPlan {
    fn only_here(&mut self, file: LocalFile) {
        let why = match self.sync.direction {
            Direction::Up => Difference::Missing,
            Direction::Down if self.sync.deletes && !file.is_behind_link => Difference::Extra,
            Direction::Down => return,
        };
        self.changes.push(Change {
            relative: file.relative.clone(),
            why,
            object: None,
            file: Some(file),
        });
    }

    fn only_there(&mut self, relative: Box<str>, object: Object) {
        let why = match self.sync.direction {
            Direction::Down => Difference::Missing,
            Direction::Up if self.sync.deletes => Difference::Extra,
            Direction::Up => return,
        };
        self.changes.push(Change {
            relative,
            why,
            object: Some(object),
            file: None,
        });
    }

    fn both(&mut self, file: LocalFile, object: Object, unsure: &mut Vec<Change>) {
        let same_len = file.metadata.len() == object.len;
        let why = match self.sync.compare {
            _ if !same_len => Some(Difference::Size),
            Compare::Size => None,
            Compare::SizeAndTime => self.sync.compare_times(&file, &object),
            Compare::Checksum => Some(Difference::Content),
        };
        let Some(why) = why else {
            self.unchanged += 1;
            return;
        };
        let changes = match why {
            Difference::Content => unsure,
            _ => &mut self.changes,
        };
        changes.push(Change {
            relative: file.relative.clone(),
            why,
            object: Some(object),
            file: Some(file),
        });
    }

    /// Reads those whose content decides.
    fn settle(&mut self, context: &Arc<Context>, args: &Args, unsure: Vec<Change>) -> Result<()> {
        if unsure.is_empty() {
            return Ok(());
        }
        let differing = Arc::new(Mutex::new(Vec::new()));
        let items = unsure.into_iter().map(|change| {
            Ok(Item::Work(Box::new(Comparison {
                context: context.clone(),
                place: self.sync.below.place(&change.relative),
                args: args.clone(),
                change: Slot::new(change),
                differing: differing.clone(),
            }) as Box<_>))
        });
        let items = items.collect::<Vec<_>>().into_iter();
        let quietly = context.without_progress();
        let report = pool::run(Box::new(items), &quietly)?;
        self.failures.extend(report.failures);
        self.unchanged += report.objects;
        // all threads have ended
        let differing =
            std::mem::take(&mut *differing.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.extend(differing);
        Ok(())
    }

    /// What is transferred or deleted, by its name below the prefix and the folder, and why.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Difference)> {
        self.changes
            .iter()
            .map(|change| (&*change.relative, change.why))
    }

    /// How many are the same on both sides.
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// How many bytes are transferred.
    pub fn bytes(&self) -> u64 {
        let transferred = self
            .changes
            .iter()
            .filter(|change| change.why != Difference::Extra);
        let len = |change: &Change| match (self.sync.direction, &change.file, &change.object) {
            (Direction::Up, Some(file), _) => file.metadata.len(),
            (Direction::Down, _, Some(object)) => object.len,
            _ => 0,
        };
        transferred.map(len).sum()
    }

    /// Does it, with the [arguments](Sync::args) of the comparison unless others are given. What could not be compared fails.
    pub fn job(self) -> Job<'static> {
        let (manager, args) = (self.sync.manager.clone(), self.sync.args.clone());
        let job = manager.many(move |context, args| {
            let args = Args::check(self.sync.action(), args)?;
            self.items(context, args)
        });
        job.args(args)
    }

    fn items(self, context: &Arc<Context>, mut args: Args) -> Result<Box<Items<'static>>> {
        if self.sync.direction == Direction::Up {
            args.settle_checksums(context.client.config().request_checksums().when_supported());
        }
        if self.sync.direction == Direction::Down {
            self.temporary
                .iter()
                .for_each(|path| remove_abandoned(path));
        }
        let (extra, changed): (Vec<_>, Vec<_>) = self
            .changes
            .into_iter()
            .partition(|change| change.why == Difference::Extra);
        let (sync, context) = (self.sync, context.clone());
        let deletions = match sync.direction {
            Direction::Up => delete_objects(&context, &sync.below, &extra, &args),
            Direction::Down => delete_files(extra),
        };
        let mut downloads = Downloads::new(&context, &sync.below, &sync.folder, &args);
        let transfers = changed.into_iter().filter_map(move |change| {
            let place = sync.below.place(&change.relative);
            Some(match sync.direction {
                Direction::Up => {
                    let path = change.file?.path;
                    let upload = Upload::new(context.clone(), path.into(), place, args.clone());
                    Item::Work(Box::new(upload))
                }
                Direction::Down => downloads.item(Listed {
                    relative: change.relative,
                    object: change.object?,
                }),
            })
        });
        let skipped = self.skipped.into_iter().map(Item::Skipped);
        let failed = self.failures.into_iter().map(Item::Failed);
        let items = skipped.chain(failed).chain(transfers).chain(deletions);
        Ok(Box::new(items.map(Ok)))
    }
}

fn delete_objects(
    context: &Arc<Context>,
    below: &Prefix,
    extra: &[Change],
    args: &Args,
) -> Vec<Item<'static>> {
    let batch = |changes: &[Change]| {
        let keys = changes
            .iter()
            .map(|change| below.place(&change.relative).key);
        Item::Work(Box::new(DeleteMany {
            context: context.clone(),
            bucket: below.bucket.clone(),
            keys: keys.collect(),
            args: args.clone(),
        }))
    };
    extra.chunks(MOST).map(batch).collect()
}

fn delete_files(extra: Vec<Change>) -> Vec<Item<'static>> {
    let files = extra.into_iter().filter_map(|change| change.file);
    let deletion = |file: LocalFile| Item::Work(Box::new(LocalDeletion(file.path)) as Box<_>);
    files.map(deletion).collect()
}

/// A file that is deleted.
struct LocalDeletion(PathBuf);

impl Work for LocalDeletion {
    fn object(&self) -> String {
        self.0.display().to_string()
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(&self) -> Result<Begun> {
        std::fs::remove_file(&self.0).map_err(TransferError::file(&*self.0))?;
        let objects = 1;
        Ok(Begun::Done(Outcome {
            objects,
            ..Outcome::default()
        }))
    }
}

/// A file and an object of one length, of which the content decides. It is done with those that are the same.
struct Comparison {
    context: Arc<Context>,
    place: Place,
    args: Args,
    change: Slot<Change>,
    differing: Arc<Mutex<Vec<Change>>>,
}

impl Work for Comparison {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("compare {}", self.place)
    }

    fn begin(&self) -> Result<Begun> {
        let change = self.change.take();
        let path = change
            .as_ref()
            .and_then(|change| Some(&*change.file.as_ref()?.path));
        let has = |path| has_content_of(&self.context, path, &self.place, &self.args);
        let same = path.map_or(Ok(false), has)?;
        if !same {
            // a list is whole whenever a thread may have panicked
            self.differing
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(change);
        }
        Ok(Begun::Done(Outcome {
            objects: same.into(),
            ..Outcome::default()
        }))
    }
}

impl fmt::Display for SyncPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            let place = self.sync.below.place(&change.relative).url();
            let path = local_path(&self.sync.folder, &change.relative);
            let path =
                path.map_or_else(|error| error.to_string(), |path| path.display().to_string());
            match (change.why, self.sync.direction) {
                (Difference::Extra, Direction::Up) => writeln!(f, "delete {place}")?,
                (Difference::Extra, Direction::Down) => writeln!(f, "delete {path}")?,
                (why, Direction::Up) => writeln!(f, "upload {path} to {place} ({})", why.word())?,
                (why, Direction::Down) => {
                    writeln!(f, "download {place} to {path} ({})", why.word())?
                }
            }
        }
        Ok(())
    }
}

impl Difference {
    fn word(self) -> &'static str {
        match self {
            Self::Content => "content differs",
            Self::Extra => "extra",
            Self::Missing => "missing",
            Self::Size => "size differs",
            Self::Time => "newer",
        }
    }
}
