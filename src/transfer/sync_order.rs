//! The order in which a sync performs its plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::args::Args;
use super::context::Context;
use super::delete::{Entry, LocalDeletion, delete_objects};
use super::error::TransferError;
use super::folder::{Downloads, local_path};
use super::job::{Found, Job};
use super::local_tree::with_folders;
use super::partial::remove_abandoned;
use super::replace::{Obstacle, Stage};
use super::report::Failure;
use super::sync::{Change, Direction};
use super::sync_plan::SyncPlan;
use super::upload::Upload;
use super::work::Item;
use crate::client::AnyClient;

impl<C: AnyClient> SyncPlan<C> {
    /// Returns a job that performs the plan, with the [arguments](super::Sync::args) of the comparison unless others are set.
    /// Files and objects that could not be compared fail.
    pub fn job(self) -> Job<'static, C> {
        let (shared, args) = (self.sync.shared.clone(), self.sync.args.clone());
        let job = Job::many(&shared, move |context, args| {
            let args = Args::check(self.sync.action(), args)?;
            Ok(self.into_work(context, args))
        });
        job.args(args)
    }

    /// Transfers come first, deletions after all of them.
    pub(super) fn into_work(mut self, context: &Arc<Context>, mut args: Args) -> Found<'static> {
        let (extra, changed) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(Change::is_extra);
        let skipped = std::mem::take(&mut self.skipped).into_iter();
        let failed = std::mem::take(&mut self.failures).into_iter();
        let reported = skipped.map(Item::Skipped).chain(failed.map(Item::Failed));
        let reported = reported.collect();
        match self.sync.direction {
            Direction::Down => self.downloads(context, &args, reported, changed, extra),
            Direction::Up => {
                args.set_checksum_defaults(context.sends_checksums());
                self.uploads(context, &args, reported, changed, extra)
            }
        }
    }

    fn uploads(
        self,
        context: &Arc<Context>,
        args: &Args,
        reported: Vec<Item<'static>>,
        changed: Vec<Change>,
        extra: Vec<Change>,
    ) -> Found<'static> {
        let below = self.sync.below;
        let keys = extra.iter().map(|it| below.object(&it.relative).key);
        let deletions = delete_objects(context, &below.bucket, keys.map(Entry::of_key), args);
        let (context, args) = (context.clone(), args.clone());
        let uploads = changed.into_iter().filter_map(move |change| {
            let object = below.object(&change.relative);
            let path = change.file?.path;
            let upload = Upload::new(context.clone(), path.into(), object, args.clone());
            Some(Item::Work(Box::new(upload)))
        });
        Found {
            items: Box::new(reported.into_iter().chain(uploads).map(Ok)),
            deletions,
            kept: TransferError::NothingDeleted,
        }
    }

    fn downloads(
        self,
        context: &Arc<Context>,
        args: &Args,
        mut reported: Vec<Item<'static>>,
        changed: Vec<Change>,
        extra: Vec<Change>,
    ) -> Found<'static> {
        self.temporary
            .iter()
            .for_each(|path| remove_abandoned(path));
        let mut obstacles: BTreeMap<Box<str>, Obstacle> = BTreeMap::new();
        for (relative, path) in self.obstacles {
            let obstacle = Obstacle {
                relative: relative.clone(),
                path,
                files: Vec::new(),
            };
            obstacles.insert(relative, obstacle);
        }
        let mut deletions = Vec::new();
        for file in extra.into_iter().filter_map(|change| change.file) {
            let inside = with_folders(&file.relative).find(|it| obstacles.contains_key(*it));
            let inside = inside.map(str::to_owned);
            match inside.and_then(|inside| obstacles.get_mut(&*inside)) {
                Some(obstacle) => obstacle.files.push(file),
                None => deletions.push(Item::Work(Box::new(LocalDeletion(file)))),
            }
        }
        let mut stages = BTreeMap::new();
        for (at, obstacle) in obstacles {
            let object = obstacle.path.to_string_lossy().into_owned();
            match Stage::new(obstacle) {
                Ok(stage) => _ = stages.insert(at, stage),
                Err(error) => reported.push(Item::Failed(Failure { object, error })),
            }
        }
        let paths = stages.iter().map(|(at, stage)| (at.clone(), stage.paths()));
        let paths: BTreeMap<_, _> = paths.collect();
        let folder = self.sync.folder;
        let mut downloads = Downloads::new(context, &self.sync.below, &folder, args);
        let items = changed.into_iter().filter_map(move |change| {
            let stage = with_folders(&change.relative).find_map(|it| paths.get(it));
            let path = match stage {
                Some(paths) => paths.path(&change.relative),
                None => local_path(&folder, &change.relative),
            };
            Some(downloads.download(&change.relative, change.object?, path))
        });
        let stages = stages.into_values();
        deletions.extend(stages.map(|stage| Item::Work(Box::new(stage.replacement()))));
        Found {
            items: Box::new(reported.into_iter().chain(items).map(Ok)),
            deletions,
            kept: TransferError::NothingDeleted,
        }
    }
}
