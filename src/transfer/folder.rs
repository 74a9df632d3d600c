//! Folders and prefixes: what is in them, and the way from one to the other.
//!
//! A file's key is the prefix, a slash and the file's path below the folder, with slashes. Both sides are gone through in the
//! order of these.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Action, Args};
use super::copy::{Copy, CopySource};
use super::delete::delete_objects;
use super::dir_walk::{Entry, Walk};
use super::download::Download;
use super::error::TransferError;
use super::job::Job;
use super::listing::{Listed, Prefix};
use super::object::Object;
use super::partial::PartialKind;
use super::pool::{Item, Items};
use super::report::Failure;
use super::upload::Upload;
use super::{Context, TransferManager};
use crate::error::{Error, Result};
use crate::file;

impl TransferManager {
    /// Stores all files of a folder and of those in it, below a prefix. Links are followed; pipes, sockets and devices are left
    /// out and [named](super::Report::skipped).
    ///
    /// ```no_run
    /// # let client = tucuxi::Client::new()?;
    /// let report = client.transfer().upload_folder("photos", "my-bucket", "2026/photos").run()?;
    /// println!("{} files, {} bytes", report.objects, report.bytes);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn upload_folder(
        &self,
        folder: impl Into<PathBuf>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static> {
        let (folder, below) = (folder.into(), Prefix::new(bucket, prefix));
        self.many(move |context, args| {
            let mut args = Args::check(Action::Upload, args)?;
            args.settle_checksums(context.client.config().request_checksums().when_supported());
            let context = context.clone();
            let item = move |entry| match entry {
                Entry::Folder(_) => None,
                Entry::Failed { failure, .. } => Some(Item::Failed(failure)),
                Entry::Partial { path, .. } | Entry::Skipped { path, .. } => {
                    Some(Item::Skipped(path.to_string_lossy().into()))
                }
                Entry::File(file) => {
                    let place = below.place(&file.relative);
                    let (context, args) = (context.clone(), args.clone());
                    let upload = Upload::new(context, file.path.into(), place, args);
                    Some(Item::Work(Box::new(upload)))
                }
            };
            let items = Walk::new(&folder)?.filter_map(move |entry| item(entry).map(Ok));
            Ok(Box::new(items) as Box<Items<'static>>)
        })
    }

    /// Brings all objects below a prefix to a folder, which is made if need be. Files are as old as their objects. A key that
    /// cannot be a file below the folder fails: no object is written outside of it, unless a link in it leads there, and none
    /// over another where names differ in more than their case.
    pub fn download_folder(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> Job<'static> {
        let (folder, below) = (folder.into(), Prefix::new(bucket, prefix));
        self.many(move |context, args| {
            let args = Args::check(Action::Download, args)?;
            std::fs::create_dir_all(&folder).map_err(TransferError::file(&*folder))?;
            let listed = below.objects(context, &args)?;
            let mut downloads = Downloads::new(context, &below, &folder, &args);
            let items = listed.map(move |listed| Ok(downloads.item(listed?)));
            Ok(Box::new(items) as Box<Items<'static>>)
        })
    }

    /// Copies all objects below a prefix to below another one, which must not be below the first.
    pub fn copy_folder(
        &self,
        source_bucket: impl Into<String>,
        source_prefix: impl Into<String>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static> {
        let (from, to) = (
            Prefix::new(source_bucket, source_prefix),
            Prefix::new(bucket, prefix),
        );
        self.many(move |context, args| {
            let args = Args::check(Action::Copy, args)?;
            from.check_apart(&to)?;
            let listed = from.objects(context, &args)?;
            let context = context.clone();
            let items = listed.map(move |listed| {
                let relative = listed?.relative;
                let source = from.place(&relative);
                let source = CopySource::new(source.bucket, source.key);
                let copy = Copy::new(context.clone(), source, to.place(&relative), args.clone());
                Ok(Item::Work(Box::new(copy)))
            });
            Ok(Box::new(items) as Box<Items<'static>>)
        })
    }

    /// Deletes all objects below a prefix, a thousand with each request. Without a prefix these are all of the bucket. Nothing
    /// is deleted before all are listed: their keys are held in memory.
    pub fn delete_folder(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static> {
        let below = Prefix::new(bucket, prefix);
        self.many(move |context, args| {
            let args = Args::check(Action::DeleteMany, args)?;
            let listed = below.all_objects(context, &args)?;
            let keys = listed.iter().map(|it| below.place(&it.relative).key);
            let items = delete_objects(context, &below.bucket, keys, &args);
            Ok(Box::new(items.into_iter().map(Ok)) as Box<Items<'static>>)
        })
    }
}

/// Makes downloads of objects that are listed.
pub(super) struct Downloads {
    context: Arc<Context>,
    below: Prefix,
    folder: PathBuf,
    args: Args,
    /// The last folder that was made: most files lie where the one before them does.
    made: PathBuf,
}

impl Downloads {
    pub(super) fn new(context: &Arc<Context>, below: &Prefix, folder: &Path, args: &Args) -> Self {
        Self {
            context: context.clone(),
            below: below.clone(),
            folder: folder.to_owned(),
            args: args.clone(),
            made: PathBuf::new(),
        }
    }

    /// What is to be done with an object.
    pub(super) fn item(&mut self, listed: Listed) -> Item<'static> {
        if listed.is_folder() {
            return Item::Skipped(self.below.place(&listed.relative).url().into());
        }
        let relative = listed.relative.clone();
        match listed.object(&self.below) {
            Ok(object) => {
                let path = local_path(&self.folder, &relative);
                self.bring(&relative, object, path)
            }
            Err(error) => self.failed(&relative, error),
        }
    }

    /// Brings an object to this path, if it can be one.
    pub(super) fn bring(
        &mut self,
        relative: &str,
        object: Object,
        path: Result<PathBuf>,
    ) -> Item<'static> {
        match path.and_then(|path| self.ready(path)) {
            Ok(path) => {
                let (context, place) = (self.context.clone(), self.below.place(relative));
                let download = Download::new(context, place, path.into(), self.args.clone());
                Item::Work(Box::new(download.listed(object)))
            }
            Err(error) => self.failed(relative, error),
        }
    }

    fn failed(&self, relative: &str, error: Error) -> Item<'static> {
        let object = self.below.place(relative).url().into();
        Item::Failed(Failure { object, error })
    }

    /// Makes the file's folder, and lets no pipe or device be written.
    fn ready(&mut self, path: PathBuf) -> Result<PathBuf> {
        let around = path.parent().unwrap_or(&self.folder);
        if around != self.made {
            std::fs::create_dir_all(around).map_err(TransferError::file(around))?;
            self.made = around.to_owned();
        }
        match std::fs::metadata(&path) {
            Ok(there) if !there.is_file() && !there.is_dir() => {
                Err(TransferError::InTheWay { path }.into())
            }
            _ => Ok(path),
        }
    }
}

/// Where below a folder a key belongs.
///
/// # Errors
///
/// It is the name of no file there.
pub(crate) fn local_path(folder: &Path, relative: &str) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for segment in relative.split('/') {
        let is_partial = PartialKind::from_name(segment.as_ref()).is_some();
        let own = is_partial.then_some("only files that are being downloaded have such names");
        let Some(reason) = file::native_fault(segment).or(own) else {
            path.push(segment);
            continue;
        };
        let key = relative.into();
        return Err(TransferError::KeyAsPath { key, reason }.into());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_below_the_folder() {
        let folder = Path::new("/folder");
        for (key, expected) in [
            ("a", Some("/folder/a")),
            ("a/b c/ü%20", Some("/folder/a/b c/ü%20")),
            ("...", Some("/folder/...")),
            ("..", None),
            ("a/../../b", None),
            ("./a", None),
            ("/etc/passwd", None),
            ("a//b", None),
            ("a/", None),
            ("a\0b", None),
        ] {
            let path = local_path(folder, key).ok();
            assert_eq!(path.as_deref(), expected.map(Path::new), "{key:?}");
        }
    }
}
