//! The plan of a sync.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::Args;
use super::compare::Compare;
use super::comparison::{self, is_newer};
use super::context::Context;
use super::dir_walk::{Entry, LocalFile, Walk};
use super::error::TransferError;
use super::folder::local_path;
use super::listing::{Kind, Listed};
use super::local_tree::{LocalTree, folders_of, in_the_way, with_folders};
use super::object::Object;
use super::partial::PartialKind;
use super::report::Failure;
use super::sync::{Change, Difference, Direction, Sync};
use crate::client::{AnyClient, Client};
use crate::error::{Error, Result};
use crate::printable::Printable;

/// The differences between a prefix and a folder. Displayed as one line for each transfer or deletion.
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
/// let plan = client.transfer().sync_up(site, "my-bucket", "www").plan()?;
/// for (name, why) in plan.changes() {
///     println!("{name}: {why:?}"); // index.html: Missing
/// }
/// plan.job().run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SyncPlan<C = Client> {
    pub(super) sync: Sync<C>,
    pub(super) changes: Vec<Change>,
    /// Files and folders that are in the way of downloads, by relative path.
    pub(super) obstacles: BTreeMap<Box<str>, PathBuf>,
    unchanged: u64,
    pub(super) failures: Vec<Failure>,
    pub(super) skipped: Vec<String>,
    /// Temporary files of downloads, which may be abandoned.
    pub(super) temporary: Vec<PathBuf>,
}

impl<C: AnyClient> SyncPlan<C> {
    pub(super) fn new(sync: Sync<C>, context: &Arc<Context>, args: &Args) -> Result<Self> {
        let mut plan = Self {
            sync,
            changes: Vec::new(),
            obstacles: BTreeMap::new(),
            unchanged: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
            temporary: Vec::new(),
        };
        let mut objects = plan.list_objects(context, args)?;
        let mut tree = plan.walk_folder(context)?;
        tree.files
            .retain(|relative, _| plan.sync.filter.includes(relative));
        let mut undecided = Vec::new();
        let files = std::mem::take(&mut tree.files);
        let mut only_files = BTreeMap::new();
        for (relative, file) in files {
            match objects.remove(&relative) {
                None => {
                    only_files.insert(relative, file);
                }
                Some(object) => {
                    tree.keep(&file);
                    plan.add_common(file, object, &mut undecided);
                }
            }
        }
        objects.retain(|relative, _| tree.is_known(relative));
        plan.compare_contents(context, args, undecided)?;
        match plan.sync.direction {
            Direction::Down => plan.add_down(&tree, only_files, objects),
            Direction::Up => plan.add_up(only_files, objects),
        }
        // without the missing information, more might be kept
        if !plan.failures.is_empty() {
            plan.changes.retain(|change| !change.is_extra());
            plan.keep_obstacles();
        }
        plan.changes
            .sort_by(|one, other| one.relative.cmp(&other.relative));
        Ok(plan)
    }

    /// Returns the objects below the prefix, by relative key. Those that cannot be downloaded are failures.
    fn list_objects(
        &mut self,
        context: &Context,
        args: &Args,
    ) -> Result<BTreeMap<Box<str>, Object>> {
        let below = self.sync.below.clone();
        let listed = match self.sync.deletes {
            true => below.all(Kind::Objects, context, args)?,
            false => below.objects(context, args)?.collect::<Result<_>>()?,
        };
        let mut objects = BTreeMap::new();
        let filter = self.sync.filter.clone();
        let is_included =
            |listed: &Listed| !listed.is_folder() && filter.includes(&listed.relative);
        for listed in listed.into_iter().filter(is_included) {
            let relative = listed.relative.clone();
            let object = listed.object(&below).and_then(|object| {
                if self.sync.direction == Direction::Down {
                    local_path(&self.sync.folder, &relative)?;
                }
                Ok(object)
            });
            match object {
                Ok(object) => _ = objects.insert(relative, object),
                Err(error) => self.fail(&relative, error),
            }
        }
        if self.sync.direction == Direction::Down {
            let folders = objects.keys().flat_map(|it| folders_of(it));
            let both: BTreeSet<Box<str>> = folders
                .filter(|it| objects.contains_key(*it))
                .map(Into::into)
                .collect();
            for relative in both {
                objects.remove(&relative);
                let reason = "it is also the folder of other keys";
                let key = self.sync.below.object(&relative).key.into();
                self.fail(&relative, TransferError::KeyAsPath { key, reason }.into());
            }
        }
        Ok(objects)
    }

    fn fail(&mut self, relative: &str, error: Error) {
        let object = self.sync.below.object(relative).url();
        self.failures.push(Failure { object, error });
    }

    /// Returns the content of the folder. The destination need not exist.
    fn walk_folder(&mut self, context: &Context) -> Result<LocalTree> {
        let mut tree = LocalTree::default();
        let folder = &self.sync.folder;
        let exists = folder
            .try_exists()
            .map_err(TransferError::file(&**folder))?;
        if self.sync.direction == Direction::Down && !exists {
            return Ok(tree);
        }
        let follow_links = context.config.follow_links || self.sync.direction == Direction::Down;
        for entry in Walk::new(folder)?.follow_links(follow_links) {
            match entry {
                Entry::Failed { relative, failure } => {
                    self.failures.push(failure);
                    tree.unknown.insert(relative);
                }
                Entry::File(file) => _ = tree.files.insert(file.relative.clone(), file),
                Entry::Folder(folder) => _ = tree.folders.insert(folder.relative.clone(), folder),
                Entry::Partial {
                    path,
                    kind: PartialKind::Temporary,
                } if self.sync.direction == Direction::Down => self.temporary.push(path),
                // the report says why it is not uploaded
                Entry::Partial { path, .. } if self.sync.direction == Direction::Up => {
                    self.skipped.push(path.to_string_lossy().into_owned());
                }
                Entry::Partial { .. } => {}
                Entry::Skipped { relative, path } => {
                    self.skipped.push(path.to_string_lossy().into_owned());
                    tree.unknown.insert(relative);
                }
            }
        }
        Ok(tree)
    }

    fn add_up(
        &mut self,
        only_files: BTreeMap<Box<str>, LocalFile>,
        only_objects: BTreeMap<Box<str>, Object>,
    ) {
        let missing = only_files.into_iter().map(|(relative, file)| Change {
            relative,
            why: Difference::Missing,
            object: None,
            file: Some(file),
        });
        self.changes.extend(missing);
        if self.sync.deletes {
            let extra = only_objects.into_iter().map(|(relative, object)| Change {
                relative,
                why: Difference::Extra,
                object: Some(object),
                file: None,
            });
            self.changes.extend(extra);
        }
    }

    fn add_down(
        &mut self,
        tree: &LocalTree,
        only_files: BTreeMap<Box<str>, LocalFile>,
        only_objects: BTreeMap<Box<str>, Object>,
    ) {
        for (relative, object) in only_objects {
            if self.sync.deletes
                && let Some(obstacle) = in_the_way(&relative, tree, &only_files)
            {
                let path = obstacle.path;
                if !obstacle.may_delete {
                    self.fail(&relative, TransferError::InTheWay { path }.into());
                    continue;
                }
                self.obstacles.insert(obstacle.relative, path);
            }
            self.changes.push(Change {
                relative,
                why: Difference::Missing,
                object: Some(object),
                file: None,
            });
        }
        if self.sync.deletes {
            let extra = only_files
                .into_iter()
                .filter(|(_, file)| tree.may_delete(file));
            self.changes.extend(extra.map(|(relative, file)| Change {
                relative,
                why: Difference::Extra,
                object: None,
                file: Some(file),
            }));
        }
    }

    /// Keeps obstacles, as nothing is deleted. The downloads that they are in the way of fail.
    fn keep_obstacles(&mut self) {
        let obstacles = std::mem::take(&mut self.obstacles);
        for change in std::mem::take(&mut self.changes) {
            let mut folders = with_folders(&change.relative);
            let obstacle = folders.find_map(|it| obstacles.get(it)).cloned();
            drop(folders);
            match obstacle {
                None => self.changes.push(change),
                Some(path) => {
                    self.fail(&change.relative, TransferError::InTheWay { path }.into());
                }
            }
        }
    }

    /// Adds a file and the object of the same name, or defers them if their contents must be compared.
    fn add_common(&mut self, file: LocalFile, object: Object, undecided: &mut Vec<Change>) {
        let same_len = file.metadata.len() == object.len;
        let why = match self.sync.compare {
            _ if !same_len => Some(Difference::Size),
            Compare::Size => None,
            Compare::SizeAndTime => {
                is_newer(self.sync.direction, &file, &object).then_some(Difference::Time)
            }
            Compare::Checksum => Some(Difference::Content),
        };
        let Some(why) = why else {
            self.unchanged += 1;
            return;
        };
        let changes = match why {
            Difference::Content => undecided,
            _ => &mut self.changes,
        };
        changes.push(Change {
            relative: file.relative.clone(),
            why,
            object: Some(object),
            file: Some(file),
        });
    }

    fn compare_contents(
        &mut self,
        context: &Arc<Context>,
        args: &Args,
        undecided: Vec<Change>,
    ) -> Result<()> {
        let compared = comparison::compare_contents(context, &self.sync.below, args, undecided)?;
        self.failures.extend(compared.failures);
        self.unchanged += compared.unchanged;
        self.changes.extend(compared.different);
        Ok(())
    }

    /// Returns what is transferred or deleted: its name relative to the prefix and the folder, and the reason.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Difference)> {
        self.changes
            .iter()
            .map(|change| (&*change.relative, change.why))
    }

    /// Returns what could not be listed or compared. If there is anything, nothing is deleted.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Returns the number of files that are the same on both sides.
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// Returns the number of bytes to transfer.
    pub fn bytes(&self) -> u64 {
        let transferred = self.changes.iter().filter(|change| !change.is_extra());
        let len = |change: &Change| match (self.sync.direction, &change.file, &change.object) {
            (Direction::Up, Some(file), _) => file.metadata.len(),
            (Direction::Down, _, Some(object)) => object.len,
            _ => 0,
        };
        transferred.map(len).fold(0, u64::saturating_add)
    }
}

impl<C> fmt::Display for SyncPlan<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            let object = Printable(self.sync.below.object(&change.relative).url());
            let path = match &change.file {
                Some(file) => Ok(file.path.clone()),
                None => local_path(&self.sync.folder, &change.relative),
            };
            let path =
                path.map_or_else(|error| error.to_string(), |path| path.display().to_string());
            let path = Printable(path);
            match (change.why, self.sync.direction) {
                (Difference::Extra, Direction::Up) => writeln!(f, "delete {object}")?,
                (Difference::Extra, Direction::Down) => writeln!(f, "delete {path}")?,
                (why, Direction::Up) => writeln!(f, "upload {path} to {object} ({})", why.word())?,
                (why, Direction::Down) => {
                    writeln!(f, "download {object} to {path} ({})", why.word())?
                }
            }
        }
        Ok(())
    }
}
