//! The transfer of one item: its warnings, its line, and its job.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tucuxi::Client;
use tucuxi::transfer::{CopySource, End, Job, Source, Target, TransferManager};

use super::batch::Batch;
use super::items::{Item, What};
use super::lines::{Lines, Subject};
use super::places::{Action, Place, Places};
use super::progress::Totals;
use super::{human, local, uri};

/// The largest object.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024 * 10_000;

/// How items are transferred.
#[derive(Clone)]
pub(super) struct Jobs {
    pub(super) manager: TransferManager,
    /// The client of the source of copies, if it is another.
    pub(super) source_client: Option<Client>,
    pub(super) places: Places,
    pub(super) args: Value,
    /// The arguments of deletions.
    pub(super) delete_args: Value,
    pub(super) moves: bool,
    /// The files of moved objects, as names such as `a` and `./a` lead to the same one.
    pub(super) moved: Arc<Mutex<HashSet<String>>>,
    pub(super) is_dry_run: bool,
    pub(super) is_stream: bool,
    /// Whether objects in archives are transferred, or skipped with a warning or without.
    pub(super) archives: Archives,
    /// What plans the jobs of S3 Batch Operations, if these do the work.
    pub(super) batch: Option<Arc<Batch>>,
    pub(super) lines: Lines,
    pub(super) totals: Totals,
}

/// What happens to objects in archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Archives {
    Skipped,
    SkippedWithWarning,
    Transferred,
}

impl Jobs {
    /// Returns the job of an item of the source, unless it is skipped or only shown.
    pub(super) fn job(&self, item: &Item) -> Option<Job<'static>> {
        let (path, places) = (&item.path, &self.places);
        if self.skips(item) {
            return None;
        }
        let target = places.target(path);
        let word = if self.moves {
            "move"
        } else {
            places.action.word()
        };
        let subject = self.subject(word, path, Some(&target));
        if let Some(batch) = &self.batch
            && let Err(what) = batch.copy(item, &target)
        {
            self.lines.failed_with(&subject, &what);
            return None;
        }
        if self.is_dry_run {
            self.lines.dry_run(&subject);
            return None;
        }
        if self.batch.is_some() {
            return None;
        }
        let job = match self.started(item, &target) {
            Ok(job) => job,
            Err(what) => {
                self.lines.failed_with(&subject, &what);
                return None;
            }
        };
        let job = job.args(self.args.clone()).delete_source(self.moves);
        Some(self.observed(job, subject, item.size))
    }

    /// Returns the job that deletes an item. Files are deleted at once.
    pub(super) fn deletion(&self, place: &Place, item: &Item) -> Option<Job<'static>> {
        let subject = Subject {
            word: "delete",
            source: place.shown(&item.path),
            destination: None,
        };
        if self.is_dry_run {
            self.lines.dry_run(&subject);
            return None;
        }
        if let What::File(file) = &item.what {
            match file.delete() {
                Ok(()) => self.lines.done(&subject),
                Err(error) => self.lines.failed(&subject, &error),
            }
            return None;
        }
        if let Some(batch) = &self.batch {
            batch.delete(item);
            return None;
        }
        let (bucket, key) = uri::bucket_and_key(&item.path);
        let job = self.manager.delete(bucket, key);
        Some(self.observed(job.args(self.delete_args.clone()), subject, 0))
    }

    /// Prints a line when a job has ended.
    fn observed(&self, job: Job<'static>, subject: Subject, size: u64) -> Job<'static> {
        let (lines, totals) = (self.lines.clone(), self.totals.clone());
        totals.add(size);
        let is_silent = self.is_stream;
        job.on_end(move |end| {
            totals.ended();
            match end {
                End::Done if !is_silent => lines.done(&subject),
                End::Failed(error) => lines.failed(&subject, error),
                _ => {}
            }
        })
    }

    fn subject(&self, word: &'static str, path: &str, target: Option<&str>) -> Subject {
        let shown = |place: &Place, path: &str| match (place, self.is_stream) {
            (Place::Local(_), true) => "-".to_owned(),
            (place, _) => place.shown(path),
        };
        Subject {
            word,
            source: shown(&self.places.source, path),
            destination: target.map(|target| shown(&self.places.destination, target)),
        }
    }

    /// Whether an item is left out, with a warning where it is due.
    fn skips(&self, item: &Item) -> bool {
        let action = self.places.action;
        let is_archived = item.listed().is_some_and(|object| object.is_archived());
        if is_archived && self.archives != Archives::Transferred {
            if self.archives == Archives::SkippedWithWarning {
                let why = format!(
                    "Object is of storage class GLACIER. Unable to perform {} operations on GLACIER objects. You must restore the object to be able to perform the operation, or use --force-glacier-transfer or --ignore-glacier-warnings.",
                    action.word()
                );
                self.lines
                    .skipped_file(&format!("s3://{}", item.path), &why);
            }
            return true;
        }
        let name = self.places.name(&item.path);
        if action == Action::Download && !self.is_stream && self.places.escapes(name) {
            let why = "File references a parent directory.";
            self.lines.skipped_file(name, why);
            return true;
        }
        if action == Action::Upload && item.size > LARGEST {
            let path = self.places.source.shown(&item.path);
            let limit = human::size(LARGEST);
            self.lines
                .warning(&format!("File {path} exceeds s3 upload limit of {limit}."));
        }
        false
    }

    fn started(&self, item: &Item, target: &str) -> Result<Job<'static>, String> {
        let (source_bucket, source_key) = uri::bucket_and_key(&item.path);
        let (bucket, key) = uri::bucket_and_key(target);
        let job = match self.places.action {
            Action::Copy => {
                let mut source = CopySource::new(source_bucket, source_key);
                if let Some(client) = &self.source_client {
                    source = source.client(client);
                }
                self.manager.copy(source, bucket, key)
            }
            Action::Delete => self.manager.delete(source_bucket, source_key),
            Action::Download if self.is_stream => {
                let stdout = Target::writer(std::io::stdout());
                self.manager.download(source_bucket, source_key, stdout)
            }
            Action::Download => {
                let path = prepare(target)?;
                let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
                if self.moves && !moved.insert(path.clone()) {
                    return Err("another object was moved to the same file".to_owned());
                }
                self.manager
                    .download(source_bucket, source_key, Path::new(&path))
            }
            Action::Upload if self.is_stream => self.manager.upload(stdin(), bucket, key),
            Action::Upload if Path::new(&item.path).is_dir() => {
                return Err("it is a folder; use --recursive".to_owned());
            }
            Action::Upload => self.manager.upload(Path::new(&item.path), bucket, key),
        };
        Ok(match item.listed() {
            Some(object) => job.listed(object),
            None => job,
        })
    }
}

/// Creates the folder of a download. Returns the path without `.` and `..`.
fn prepare(target: &str) -> Result<String, String> {
    if !local::has_file_name(target) {
        let what = "the key ends like the path of a folder, so it cannot be the name of a file";
        return Err(what.to_owned());
    }
    let path = local::absolute(target);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let created = std::fs::create_dir_all(format!("{folder}/"));
    created.map_err(|error| format!("cannot create the folder {folder}: {error}"))?;
    Ok(path)
}

/// Stdin as the source of an upload, which a cancelled upload does not wait for where the system permits it.
fn stdin() -> Source<'static> {
    #[cfg(unix)]
    {
        let path = Path::new("/dev/stdin");
        // what is left of a file that was partly read is not the file
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return path.into();
        }
    }
    Source::reader(std::io::stdin())
}
