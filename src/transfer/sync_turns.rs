//! In which order a sync does what its plan says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::args::Args;
use super::delete::{LocalDeletion, delete_objects};
use super::folder::{Downloads, local_path};
use super::here::with_folders;
use super::job::Turns;
use super::partial::remove_abandoned;
use super::pool::{Item, Work};
use super::replace::{Obstacle, Stage};
use super::report::Failure;
use super::sync::Direction;
use super::sync_plan::{Change, SyncPlan};
use super::upload::Upload;

impl SyncPlan {
    /// Transfers first; deletions when all of these are done.
    pub(super) fn turns(mut self, context: &Arc<Context>, mut args: Args) -> Turns<'static> {
        let (extra, changed) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(Change::is_extra);
        let skipped = std::mem::take(&mut self.skipped).into_iter();
        let failed = std::mem::take(&mut self.failures).into_iter();
        let told = skipped.map(Item::Skipped).chain(failed.map(Item::Failed));
        let told = told.collect();
        match self.sync.direction {
            Direction::Down => self.turns_down(context, &args, told, changed, extra),
            Direction::Up => {
                args.settle_checksums(context.client.config().request_checksums().when_supported());
                self.turns_up(context, &args, told, changed, extra)
            }
        }
    }

    fn turns_up(
        self,
        context: &Arc<Context>,
        args: &Args,
        told: Vec<Item<'static>>,
        changed: Vec<Change>,
        extra: Vec<Change>,
    ) -> Turns<'static> {
        let below = self.sync.below;
        let keys = extra.iter().map(|it| below.place(&it.relative).key);
        let then = delete_objects(context, &below.bucket, keys, args);
        let (context, args) = (context.clone(), args.clone());
        let uploads = changed.into_iter().filter_map(move |change| {
            let place = below.place(&change.relative);
            let path = change.file?.path;
            let upload = Upload::new(context.clone(), path.into(), place, args.clone());
            Some(Item::Work(Box::new(upload) as Box<dyn Work>))
        });
        Turns {
            items: Box::new(told.into_iter().chain(uploads).map(Ok)),
            then,
        }
    }

    fn turns_down(
        self,
        context: &Arc<Context>,
        args: &Args,
        mut told: Vec<Item<'static>>,
        changed: Vec<Change>,
        extra: Vec<Change>,
    ) -> Turns<'static> {
        self.temporary
            .iter()
            .for_each(|path| remove_abandoned(path));
        let mut obstacles: BTreeMap<Box<str>, Obstacle> = BTreeMap::new();
        for (relative, path) in self.obstacles {
            let (files, at) = (Vec::new(), relative.clone());
            obstacles.insert(
                at,
                Obstacle {
                    relative,
                    path,
                    files,
                },
            );
        }
        let mut then = Vec::new();
        for file in extra.into_iter().filter_map(|change| change.file) {
            let around = with_folders(&file.relative).find(|it| obstacles.contains_key(*it));
            let around = around.map(str::to_owned);
            match around.and_then(|around| obstacles.get_mut(&*around)) {
                Some(obstacle) => obstacle.files.push(file),
                None => then.push(Item::Work(Box::new(LocalDeletion(file)) as Box<dyn Work>)),
            }
        }
        let mut stages = BTreeMap::new();
        for (at, obstacle) in obstacles {
            let object = obstacle.path.to_string_lossy().into();
            match Stage::beside(obstacle) {
                Ok(stage) => _ = stages.insert(at, stage),
                Err(error) => told.push(Item::Failed(Failure { object, error })),
            }
        }
        let places = stages
            .iter()
            .map(|(at, stage)| (at.clone(), stage.places()));
        let places: BTreeMap<_, _> = places.collect();
        let folder = self.sync.folder;
        let mut downloads = Downloads::new(context, &self.sync.below, &folder, args);
        let items = changed.into_iter().filter_map(move |change| {
            let stage = with_folders(&change.relative).find_map(|it| places.get(it));
            let path = match stage {
                Some(places) => places.of(&change.relative),
                None => local_path(&folder, &change.relative),
            };
            Some(downloads.bring(&change.relative, change.object?, path))
        });
        then.extend(
            stages
                .into_values()
                .map(|stage| Item::Work(Box::new(stage.replacement()) as Box<dyn Work>)),
        );
        Turns {
            items: Box::new(told.into_iter().chain(items).map(Ok)),
            then,
        }
    }
}
