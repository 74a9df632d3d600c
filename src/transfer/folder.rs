//! Transfers between folders and prefixes.
//!
//! The key of a file is the prefix, a slash and the file's path relative to the folder. Both sides are listed in this order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Action, Args};
use super::context::Context;
use super::copy::Copy;
use super::dir_walk::{Entry, Walk};
use super::download::Download;
use super::error::TransferError;
use super::job::{Found, Job};
use super::listing::{Listed, Prefix};
use super::manager::TransferManager;
use super::object::Object;
use super::partial::PartialKind;
use super::report::Failure;
use super::upload::Upload;
use super::work::Item;
use crate::client::AnyClient;
use crate::error::{Error, Result};
use crate::file;

impl<C: AnyClient> TransferManager<C> {
    /// Uploads all files of a folder and its subfolders to a prefix. Symbolic links are followed. Pipes, sockets and devices are
    /// [skipped](super::Report::skipped).
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let photos = folder.path();
    /// # std::fs::write(photos.join("fish.jpg"), "fish")?;
    /// let report = client.transfer().upload_folder(photos, "my-bucket", "2026/photos").run()?;
    /// assert_eq!((report.objects, report.bytes), (1, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upload_folder(
        &self,
        folder: impl Into<PathBuf>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static, C> {
        let (folder, below) = (folder.into(), Prefix::new(bucket, prefix));
        Job::many(&self.shared, move |context, args| {
            let mut args = Args::check(Action::Upload, args)?;
            args.set_checksum_defaults(context.sends_checksums());
            let (context, follows_links) = (context.clone(), context.config.follow_links);
            let item = move |entry| match entry {
                Entry::Folder(_) => None,
                Entry::Failed { failure, .. } => Some(Item::Failed(failure)),
                Entry::Partial { path, .. } | Entry::Skipped { path, .. } => {
                    Some(Item::Skipped(path.to_string_lossy().into_owned()))
                }
                Entry::File(file) => {
                    let object = below.object(&file.relative);
                    let (context, args) = (context.clone(), args.clone());
                    let upload = Upload::new(context, file.path.into(), object, args);
                    Some(Item::Work(Box::new(upload)))
                }
            };
            let entries = Walk::new(&folder)?.follow_links(follows_links);
            let items = entries.filter_map(move |entry| item(entry).map(Ok));
            Ok(Found::new(items))
        })
    }

    /// Downloads all objects below a prefix to a folder, which is created if necessary. Files get the times of their objects.
    ///
    /// A key that cannot be mapped to a path inside the folder fails. So no object is written outside of the folder, except
    /// through a symbolic link in it. Keys that differ only in case overwrite each other on file systems that ignore it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let object = "<Contents><Key>2026/photos/fish.jpg</Key><Size>4</Size><ETag>\"e\"</ETag></Contents>";
    /// # let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>");
    /// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("content-length", "4"), ("etag", "\"e\"")], "fish");
    /// # let client = Client::with_transport(config, replay)?;
    /// # let folder = tempfile::tempdir()?;
    /// # let photos = folder.path();
    /// let report = client.transfer().download_folder("my-bucket", "2026/photos", photos).run()?;
    /// assert_eq!((report.objects, report.bytes), (1, 4));
    /// assert_eq!(std::fs::read(photos.join("fish.jpg"))?, b"fish");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn download_folder(
        &self,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> Job<'static, C> {
        let (folder, below) = (folder.into(), Prefix::new(bucket, prefix));
        Job::many(&self.shared, move |context, args| {
            let args = Args::check(Action::Download, args)?;
            std::fs::create_dir_all(&folder).map_err(TransferError::file(&*folder))?;
            let listed = below.objects(context, &args)?;
            let mut downloads = Downloads::new(context, &below, &folder, &args);
            let items = listed.map(move |listed| Ok(downloads.item(listed?)));
            Ok(Found::new(items))
        })
    }

    /// Copies all objects below a prefix to another prefix, which must not be below the first one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let object = "<Contents><Key>fish/tucuxi</Key><Size>4</Size><ETag>\"e\"</ETag></Contents>";
    /// # let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>");
    /// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("content-length", "4")], "");
    /// # let client = Client::with_transport(config, replay.respond(200, &[], r#"<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>"#))?;
    /// let report = client.transfer().copy_folder("river", "fish", "sea", "fish").run()?;
    /// assert_eq!(report.objects, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_folder(
        &self,
        source_bucket: impl Into<String>,
        source_prefix: impl Into<String>,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Job<'static, C> {
        let (from, to) = (
            Prefix::new(source_bucket, source_prefix),
            Prefix::new(bucket, prefix),
        );
        Job::many(&self.shared, move |context, args| {
            let args = Args::check(Action::Copy, args)?;
            from.check_apart(&to)?;
            let listed = from.objects(context, &args)?;
            let context = context.clone();
            let items = listed.map(move |listed| {
                let relative = listed?.relative;
                let (source, object) = (from.object(&relative), to.object(&relative));
                let copy = Copy::new(context.clone(), source.into(), object, args.clone());
                Ok(Item::Work(Box::new(copy)))
            });
            Ok(Found::new(items))
        })
    }
}

/// Creates the downloads of listed objects.
pub(super) struct Downloads {
    context: Arc<Context>,
    below: Prefix,
    folder: PathBuf,
    args: Args,
    /// The last folder that was created; most files are in the same folder as the one before them.
    created: PathBuf,
}

impl Downloads {
    pub(super) fn new(context: &Arc<Context>, below: &Prefix, folder: &Path, args: &Args) -> Self {
        Self {
            context: context.clone(),
            below: below.clone(),
            folder: folder.to_owned(),
            args: args.clone(),
            created: PathBuf::new(),
        }
    }

    /// Returns the download of an object, or the reason why the object is not downloaded.
    pub(super) fn item(&mut self, listed: Listed) -> Item<'static> {
        if listed.is_folder() {
            return Item::Skipped(self.below.object(&listed.relative).url());
        }
        let relative = listed.relative.clone();
        match listed.object(&self.below) {
            Ok(object) => {
                let path = local_path(&self.folder, &relative);
                self.download(&relative, object, path)
            }
            Err(error) => self.failed(&relative, error),
        }
    }

    /// Returns the download of an object to a path.
    pub(super) fn download(
        &mut self,
        relative: &str,
        object: Object,
        path: Result<PathBuf>,
    ) -> Item<'static> {
        match path.and_then(|path| self.prepare(path)) {
            Ok(path) => {
                let (context, object_ref) = (self.context.clone(), self.below.object(relative));
                let download = Download::new(context, object_ref, path.into(), self.args.clone());
                Item::Work(Box::new(download.listed(object)))
            }
            Err(error) => self.failed(relative, error),
        }
    }

    fn failed(&self, relative: &str, error: Error) -> Item<'static> {
        let object = self.below.object(relative).url();
        Item::Failed(Failure { object, error })
    }

    /// Creates the parent folder, and refuses to write to a pipe or device.
    fn prepare(&mut self, path: PathBuf) -> Result<PathBuf> {
        let parent = path.parent().unwrap_or(&self.folder);
        if parent != self.created {
            std::fs::create_dir_all(parent).map_err(TransferError::file(parent))?;
            self.created = parent.to_owned();
        }
        match std::fs::metadata(&path) {
            Ok(found) if !found.is_file() && !found.is_dir() => {
                Err(TransferError::InTheWay { path }.into())
            }
            _ => Ok(path),
        }
    }
}

/// Maps a key to a path inside a folder.
///
/// # Errors
///
/// Returns an error if the key cannot be mapped.
pub(crate) fn local_path(folder: &Path, relative: &str) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for segment in relative.split('/') {
        let is_partial = PartialKind::from_name(segment.as_ref()).is_some();
        let own = is_partial.then_some("the name is reserved for files that are being downloaded");
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
    fn keys_stay_inside_the_folder() {
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
