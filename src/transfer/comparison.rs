//! Comparing the two sides of a sync.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::args::Args;
use super::compare::has_same_content;
use super::context::Context;
use super::dir_walk::LocalFile;
use super::listing::Prefix;
use super::object::Object;
use super::object_ref::ObjectRef;
use super::pool;
use super::report::{Failure, Outcome};
use super::sync::{Change, Direction};
use super::work::{Begun, Item, Work};
use crate::error::Result;
use crate::sync;

/// Whether the source is newer than the destination, or a time is unknown.
pub(super) fn is_newer(direction: Direction, file: &LocalFile, object: &Object) -> bool {
    let (Some(object), Ok(file)) = (object.modified, file.metadata.modified()) else {
        return true;
    };
    // the times of a listing have whole seconds or milliseconds
    let (file, object) = (whole_seconds(file), whole_seconds(object));
    match direction {
        Direction::Down => object > file,
        Direction::Up => file > object,
    }
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The result of comparing contents.
#[derive(Default)]
pub(super) struct Compared {
    pub(super) different: Vec<Change>,
    pub(super) unchanged: u64,
    pub(super) failures: Vec<Failure>,
}

/// Compares the contents of files and objects of the same size.
pub(super) fn compare_contents(
    context: &Arc<Context>,
    below: &Prefix,
    args: &Args,
    undecided: Vec<Change>,
) -> Result<Compared> {
    if undecided.is_empty() {
        return Ok(Compared::default());
    }
    let different = Arc::new(Mutex::new(Vec::new()));
    let items = undecided.into_iter().map(|change| {
        Ok(Item::Work(Box::new(Comparison {
            context: context.clone(),
            object: below.object(&change.relative),
            args: args.clone(),
            change,
            different: different.clone(),
        }) as Box<_>))
    });
    let items = items.collect::<Vec<_>>().into_iter();
    let report = pool::run(Box::new(items), &context.without_progress())?;
    // all threads have ended
    let different = std::mem::take(&mut *sync::lock(&different));
    Ok(Compared {
        different,
        unchanged: report.objects,
        failures: report.failures,
    })
}

/// The comparison of a file and an object. It counts as done if they are the same.
struct Comparison {
    context: Arc<Context>,
    object: ObjectRef,
    args: Args,
    change: Change,
    different: Arc<Mutex<Vec<Change>>>,
}

impl<'w> Work<'w> for Comparison {
    fn object(&self) -> String {
        self.object.url()
    }

    fn action(&self) -> String {
        format!("compare {}", self.object)
    }

    fn begin(self: Box<Self>) -> Result<Begun<'w>> {
        let path = self.change.file.as_ref().map(|file| &*file.path);
        let has = |path| has_same_content(&self.context, path, &self.object, &self.args);
        let is_same = path.map_or(Ok(false), has)?;
        if !is_same {
            sync::lock(&self.different).push(self.change);
        }
        Ok(Begun::Done(Outcome {
            objects: is_same.into(),
            ..Outcome::default()
        }))
    }
}
