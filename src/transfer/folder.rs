//! Folders and prefixes: what is in them, and the way from one to the other.
//!
//! A file's key is the prefix, a slash and the file's path below the folder, with slashes. Both sides are gone through in the
//! order of these.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Action, Args};
use super::copy::{Copy, CopySource};
use super::delete::{DeleteMany, MOST};
use super::download::Download;
use super::error::TransferError;
use super::job::Job;
use super::object::Object;
use super::partial::PartialKind;
use super::pool::{Item, Items};
use super::progress::Failure;
use super::target::Target;
use super::upload::Upload;
use super::walk::{Entry, Walk};
use super::{Context, Place, SERVICE, TransferManager};
use crate::error::Result;
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
                Entry::Failed { failure, .. } => Item::Failed(failure),
                Entry::Partial { path, .. } | Entry::Skipped { path, .. } => {
                    Item::Skipped(path.to_string_lossy().into())
                }
                Entry::File(file) => {
                    let place = below.place(&file.relative);
                    let (context, args) = (context.clone(), args.clone());
                    let upload = Upload::new(context, file.path.into(), place, args);
                    Item::Work(Box::new(upload))
                }
            };
            let items = Walk::new(&folder)?.map(move |entry| Ok(item(entry)));
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

    /// Deletes all objects below a prefix, a thousand with each request. Without a prefix these are all of the bucket.
    pub fn delete_folder(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static> {
        let below = Prefix::new(bucket, prefix);
        self.many(move |context, args| {
            let args = Args::check(Action::DeleteMany, args)?;
            let mut listed = below.objects(context, &args)?;
            let context = context.clone();
            let items = std::iter::from_fn(move || {
                let keys = listed.by_ref().take(MOST);
                let keys = keys.map(|listed| Ok(below.place(&listed?.relative).key));
                let keys: Vec<Box<str>> = match keys.collect::<Result<_>>() {
                    Ok(keys) => keys,
                    Err(error) => return Some(Err(error)),
                };
                let delete = |keys| {
                    Ok(Item::Work(Box::new(DeleteMany {
                        context: context.clone(),
                        bucket: below.bucket.clone(),
                        keys,
                        args: args.clone(),
                    }) as Box<_>))
                };
                (!keys.is_empty()).then(|| delete(keys))
            });
            Ok(Box::new(items) as Box<Items<'static>>)
        })
    }
}

/// The objects below a prefix.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub(super) bucket: Box<str>,
    /// Empty, or with a slash at its end.
    prefix: Box<str>,
}

/// An object below a prefix.
#[derive(Debug)]
pub(super) struct Listed {
    /// The key without the prefix.
    pub(super) relative: Box<str>,
    pub(super) object: Object,
}

impl Prefix {
    pub(super) fn new(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self {
            bucket: bucket.into().into(),
            prefix: prefix.into(),
        }
    }

    pub(super) fn place(&self, relative: &str) -> Place {
        Place::new(&*self.bucket, format!("{}{relative}", self.prefix))
    }

    /// # Errors
    ///
    /// The other one is below this one: what is copied there would be listed, and copied, without an end.
    fn check_apart(&self, other: &Self) -> Result<(), TransferError> {
        let is_below = self.bucket == other.bucket
            && self.prefix != other.prefix
            && other.prefix.starts_with(&*self.prefix);
        let url = |prefix: &Self| prefix.place("").url();
        match is_below {
            true => Err(TransferError::Unsupported(
                format!(
                    "{} cannot be copied to {}, which is below it",
                    url(self),
                    url(other)
                )
                .into(),
            )),
            false => Ok(()),
        }
    }

    /// In the order in which the service lists them.
    pub(super) fn objects(
        &self,
        context: &Context,
        args: &Args,
    ) -> Result<impl Iterator<Item = Result<Listed>> + Send + 'static> {
        let own = json!({"Bucket": self.bucket, "Prefix": self.prefix});
        let params = args.of(&context.client, "ListObjectsV2", own)?;
        let pages = context
            .client
            .pages(SERVICE, "ListObjectsV2", params)?
            .prefetch(true)
            .cancel_with(&context.cancel);
        let (prefix, bucket) = (self.prefix.clone(), self.bucket.clone());
        let listed = move |entry: Result<Value>| {
            let entry = entry?;
            let found = || {
                Some(Listed {
                    relative: entry["Key"].as_str()?.strip_prefix(&*prefix)?.into(),
                    object: Object::of_listing(&entry)?,
                })
            };
            found().ok_or_else(|| {
                TransferError::answer(
                    &bucket,
                    format!("a listing has an entry that it should not: {entry}"),
                )
            })
        };
        let entries = pages.search("Contents[]")?;
        // a page may have none
        let entries = entries.filter(|entry| !matches!(entry, Ok(Value::Null)));
        Ok(entries.map(listed))
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
        let place = self.below.place(&listed.relative);
        let is_folder = listed.relative.is_empty() || listed.relative.ends_with('/');
        if is_folder && listed.object.len == 0 {
            return Item::Skipped(place.url().into());
        }
        match self.path(&listed.relative) {
            Ok(path) => {
                let target = Target::from(path);
                let download =
                    Download::new(self.context.clone(), place, target, self.args.clone());
                Item::Work(Box::new(download.listed(listed.object)))
            }
            Err(error) => Item::Failed(Failure {
                object: place.url().into(),
                error,
            }),
        }
    }

    /// A file whose folder is there.
    fn path(&mut self, relative: &str) -> Result<PathBuf> {
        let path = local_path(&self.folder, relative)?;
        let around = path.parent().unwrap_or(&self.folder);
        if around != self.made {
            std::fs::create_dir_all(around).map_err(TransferError::file(around))?;
            self.made = around.to_owned();
        }
        Ok(path)
    }
}

/// Where below a folder a key belongs.
///
/// # Errors
///
/// It is the name of no file there.
pub(super) fn local_path(folder: &Path, relative: &str) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for segment in relative.split('/') {
        let is_partial = PartialKind::of_name(segment.as_ref()).is_some();
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

    #[test]
    fn prefixes_end_where_a_folder_does() {
        for (prefix, expected) in [("", "x"), ("p", "p/x"), ("p/", "p/x"), ("p/q", "p/q/x")] {
            assert_eq!(&*Prefix::new("b", prefix).place("x").key, expected);
        }
    }
}
