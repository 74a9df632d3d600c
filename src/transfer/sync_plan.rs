//! What a sync does, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::args::Args;
use super::compare::{Compare, has_content_of};
use super::dir_walk::{Entry, LocalFile, Walk};
use super::error::TransferError;
use super::folder::local_path;
use super::here::{Here, folders_of, obstacle_of, with_folders};
use super::job::Job;
use super::object::Object;
use super::partial::PartialKind;
use super::pool::{self, Begun, Item, Work};
use super::report::{Failure, Outcome};
use super::slot::Slot;
use super::sync::{Difference, Direction, Sync};
use super::{Context, Place};
use crate::error::{Error, Result};
use crate::printable::Printable;
use crate::sync;

/// What must be done to bring two sides to the same. Displayed, it is a line for each thing to do.
#[derive(Debug)]
pub struct SyncPlan {
    pub(super) sync: Sync,
    pub(super) changes: Vec<Change>,
    /// What is in the way of others, by its path below the folder.
    pub(super) obstacles: BTreeMap<Box<str>, PathBuf>,
    unchanged: u64,
    pub(super) failures: Vec<Failure>,
    pub(super) skipped: Vec<Box<str>>,
    /// Files of downloads, some of which may have been killed.
    pub(super) temporary: Vec<PathBuf>,
}

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

impl SyncPlan {
    pub(super) fn of(sync: Sync, context: &Arc<Context>, args: &Args) -> Result<Self> {
        let mut plan = Self {
            sync,
            changes: Vec::new(),
            obstacles: BTreeMap::new(),
            unchanged: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
            temporary: Vec::new(),
        };
        let mut there = plan.there(context, args)?;
        let mut here = plan.here()?;
        let mut unsure = Vec::new();
        let files = std::mem::take(&mut here.files);
        let mut only_here = BTreeMap::new();
        for (relative, file) in files {
            match there.remove(&relative) {
                None => {
                    only_here.insert(relative, file);
                }
                Some(object) => {
                    here.keep(&file);
                    plan.both(file, object, &mut unsure);
                }
            }
        }
        there.retain(|relative, _| here.is_known(relative));
        plan.settle(context, args, unsure)?;
        match plan.sync.direction {
            Direction::Down => plan.down(here, only_here, there),
            Direction::Up => plan.up(only_here, there),
        }
        // what could not be listed or compared may be what makes the difference
        if !plan.failures.is_empty() {
            plan.changes.retain(|change| !change.is_extra());
            plan.keep_obstacles();
        }
        plan.changes
            .sort_by(|one, other| one.relative.cmp(&other.relative));
        Ok(plan)
    }

    /// The objects below the prefix that can be files, by their names below it.
    fn there(&mut self, context: &Context, args: &Args) -> Result<BTreeMap<Box<str>, Object>> {
        let below = self.sync.below.clone();
        let listed = match self.sync.deletes {
            true => below.all_objects(context, args)?,
            false => below.objects(context, args)?.collect::<Result<_>>()?,
        };
        let mut there = BTreeMap::new();
        for listed in listed.into_iter().filter(|listed| !listed.is_folder()) {
            let relative = listed.relative.clone();
            let object = listed.object(&below).and_then(|object| {
                if self.sync.direction == Direction::Down {
                    local_path(&self.sync.folder, &relative)?;
                }
                Ok(object)
            });
            match object {
                Ok(object) => _ = there.insert(relative, object),
                Err(error) => self.fail(&relative, error),
            }
        }
        if self.sync.direction == Direction::Down {
            let folders = there.keys().flat_map(|it| folders_of(it));
            let both: BTreeSet<Box<str>> = folders
                .filter(|it| there.contains_key(*it))
                .map(Into::into)
                .collect();
            for relative in both {
                there.remove(&relative);
                let reason = "the keys of other objects have it as their folder";
                let key = self.sync.below.place(&relative).key;
                self.fail(&relative, TransferError::KeyAsPath { key, reason }.into());
            }
        }
        Ok(there)
    }

    fn fail(&mut self, relative: &str, error: Error) {
        let object = self.sync.below.place(relative).url().into();
        self.failures.push(Failure { object, error });
    }

    /// A folder that is to be filled need not be there.
    fn here(&mut self) -> Result<Here> {
        let mut here = Here::default();
        let folder = &self.sync.folder;
        let exists = folder
            .try_exists()
            .map_err(TransferError::file(&**folder))?;
        if self.sync.direction == Direction::Down && !exists {
            return Ok(here);
        }
        for entry in Walk::new(folder)? {
            match entry {
                Entry::Failed { relative, failure } => {
                    self.failures.push(failure);
                    here.unknown.insert(relative);
                }
                Entry::File(file) => _ = here.files.insert(file.relative.clone(), file),
                Entry::Folder(folder) => _ = here.folders.insert(folder.relative.clone(), folder),
                Entry::Partial {
                    path,
                    kind: PartialKind::Temporary,
                } if self.sync.direction == Direction::Down => self.temporary.push(path),
                // somebody may want to know why it is not uploaded
                Entry::Partial { path, .. } if self.sync.direction == Direction::Up => {
                    self.skipped.push(path.to_string_lossy().into());
                }
                Entry::Partial { .. } => {}
                Entry::Skipped { relative, path } => {
                    self.skipped.push(path.to_string_lossy().into());
                    here.unknown.insert(relative);
                }
            }
        }
        Ok(here)
    }

    fn up(&mut self, only_here: BTreeMap<Box<str>, LocalFile>, there: BTreeMap<Box<str>, Object>) {
        let missing = only_here.into_iter().map(|(relative, file)| Change {
            relative,
            why: Difference::Missing,
            object: None,
            file: Some(file),
        });
        self.changes.extend(missing);
        if self.sync.deletes {
            let extra = there.into_iter().map(|(relative, object)| Change {
                relative,
                why: Difference::Extra,
                object: Some(object),
                file: None,
            });
            self.changes.extend(extra);
        }
    }

    fn down(
        &mut self,
        here: Here,
        only_here: BTreeMap<Box<str>, LocalFile>,
        there: BTreeMap<Box<str>, Object>,
    ) {
        for (relative, object) in there {
            if self.sync.deletes
                && let Some((at, path)) = obstacle_of(&relative, &here, &only_here)
            {
                match path {
                    Ok(path) => _ = self.obstacles.insert(at, path),
                    Err(path) => {
                        self.fail(&relative, TransferError::InTheWay { path }.into());
                        continue;
                    }
                }
            }
            self.changes.push(Change {
                relative,
                why: Difference::Missing,
                object: Some(object),
                file: None,
            });
        }
        if self.sync.deletes {
            let extra = only_here
                .into_iter()
                .filter(|(_, file)| here.may_delete(file));
            self.changes.extend(extra.map(|(relative, file)| Change {
                relative,
                why: Difference::Extra,
                object: None,
                file: Some(file),
            }));
        }
    }

    /// Nothing is deleted, so what is in the way of others stays there.
    fn keep_obstacles(&mut self) {
        let obstacles = std::mem::take(&mut self.obstacles);
        let (kept, blocked) =
            std::mem::take(&mut self.changes)
                .into_iter()
                .partition(|change: &Change| {
                    !with_folders(&change.relative).any(|it| obstacles.contains_key(it))
                });
        self.changes = kept;
        let blocked: Vec<Change> = blocked;
        for change in blocked {
            let around = with_folders(&change.relative).find_map(|it| obstacles.get(it));
            let path = around.cloned().unwrap_or_default();
            self.fail(&change.relative, TransferError::InTheWay { path }.into());
        }
    }

    fn both(&mut self, file: LocalFile, object: Object, unsure: &mut Vec<Change>) {
        let same_len = file.metadata.len() == object.len;
        let why = match self.sync.compare {
            _ if !same_len => Some(Difference::Size),
            Compare::Size => None,
            Compare::SizeAndTime => self.compare_times(&file, &object),
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

    /// How two of one name and length are to be told apart.
    fn compare_times(&self, file: &LocalFile, object: &Object) -> Option<Difference> {
        let (Some(there), Ok(here)) = (object.modified, file.metadata.modified()) else {
            return Some(Difference::Time);
        };
        // a listing has whole seconds, or thousandths
        let (here, there) = (whole_seconds(here), whole_seconds(there));
        let is_younger = match self.sync.direction {
            Direction::Down => there > here,
            Direction::Up => here > there,
        };
        is_younger.then_some(Difference::Time)
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
        let differing = std::mem::take(&mut *sync::lock(&differing));
        self.changes.extend(differing);
        Ok(())
    }

    /// What is transferred or deleted, by its name below the prefix and the folder, and why.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Difference)> {
        self.changes
            .iter()
            .map(|change| (&*change.relative, change.why))
    }

    /// What could not be listed or compared. Nothing is deleted then.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// How many are the same on both sides.
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// How many bytes are transferred.
    pub fn bytes(&self) -> u64 {
        let transferred = self.changes.iter().filter(|change| !change.is_extra());
        let len = |change: &Change| match (self.sync.direction, &change.file, &change.object) {
            (Direction::Up, Some(file), _) => file.metadata.len(),
            (Direction::Down, _, Some(object)) => object.len,
            _ => 0,
        };
        transferred.map(len).fold(0, u64::saturating_add)
    }

    /// Does it, with the [arguments](Sync::args) of the comparison unless others are given. What could not be compared fails.
    pub fn job(self) -> Job<'static> {
        let (manager, args) = (self.sync.manager.clone(), self.sync.args.clone());
        let job = manager.in_turn(move |context, args| {
            let args = Args::check(self.sync.action(), args)?;
            Ok(self.turns(context, args))
        });
        job.args(args)
    }
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
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
            sync::lock(&self.differing).extend(change);
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
            let place = Printable(place);
            let path = match &change.file {
                Some(file) => Ok(file.path.clone()),
                None => local_path(&self.sync.folder, &change.relative),
            };
            let path =
                path.map_or_else(|error| error.to_string(), |path| path.display().to_string());
            let path = Printable(path);
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
