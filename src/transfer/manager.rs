//! The entry point of transfers.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::config::TransferConfig;
use super::context::Shared;
use super::copy_source::CopySource;
use super::destination::Target;
use super::job::{Job, Transfer};
use super::object_ref::ObjectRef;
use super::source::Source;
use super::unfinished::{self, Unfinished};
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client};
use crate::error::Result;

impl Client {
    /// Returns a manager of S3 transfers, with the defaults of [`TransferConfig`].
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// client.transfer().upload("a small fish", "river", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transfer(&self) -> TransferManager {
        TransferManager::new(self, TransferConfig::default())
    }

    /// Returns a manager of S3 transfers.
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let s3 = client.transfer_with(TransferConfig::default().concurrency(4))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is 0.
    pub fn transfer_with(&self, config: TransferConfig) -> Result<TransferManager> {
        config.check()?;
        Ok(TransferManager::new(self, config))
    }
}

/// A manager of S3 transfers. Its methods return a [`Job`], which transfers nothing until it is run.
///
/// It is cheap to clone. All clones share the client's connections and the bandwidth limit.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(204, &[], "");
/// # let client = Client::with_transport(config, replay)?;
/// let s3 = client.transfer();
/// s3.upload("a small fish", "river", "fish.txt").run()?;
/// s3.delete("river", "fish.txt").run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TransferManager<C = Client> {
    pub(super) shared: Shared<C>,
}

impl<C: AnyClient> TransferManager<C> {
    pub(super) fn new(client: &C, config: TransferConfig) -> Self {
        let shared = Shared::new(client, config);
        Self { shared }
    }

    /// Uploads a file, a stream or bytes.
    ///
    /// ```
    /// use tucuxi::transfer::Source;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(200, &[("etag", "\"e\"")], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// let s3 = client.transfer();
    /// s3.upload("a small fish", "river", "fish.txt").run()?;
    /// s3.upload(Source::reader(std::io::empty()), "river", "none").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upload<'s>(
        &self,
        source: impl Into<Source<'s>>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'s, C> {
        let transfer = Transfer::Upload(source.into());
        Job::one(&self.shared, ObjectRef::new(bucket, key), transfer)
    }

    /// Uploads a file. The name and the order of arguments are those of boto3.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fish.txt");
    /// # std::fs::write(&path, "a small fish")?;
    /// let report = client.transfer().upload_file(&path, "river", "fish.txt").run()?;
    /// assert_eq!(report.bytes, 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upload_file(
        &self,
        filename: impl AsRef<Path>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'static, C> {
        self.upload(filename.as_ref(), bucket, key)
    }

    /// Uploads everything from a reader. The name and the order of arguments are those of boto3.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// client.transfer().upload_fileobj(&b"a small fish"[..], "river", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upload_fileobj<'s>(
        &self,
        reader: impl Read + Send + 's,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'s, C> {
        self.upload(Source::reader(reader), bucket, key)
    }

    /// Downloads an object to a file or a stream.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("content-length", "12")], "");
    /// # let replay = replay.respond(200, &[("content-length", "12")], "a small fish");
    /// # let client = Client::with_transport(config, replay)?;
    /// let mut bytes = Vec::new();
    /// client.transfer().download("river", "fish.txt", &mut bytes).run()?;
    /// assert_eq!(bytes, b"a small fish");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn download<'t>(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        target: impl Into<Target<'t>>,
    ) -> Job<'t, C> {
        let transfer = Transfer::Download(target.into());
        Job::one(&self.shared, ObjectRef::new(bucket, key), transfer)
    }

    /// Downloads an object to a file. The name and the order of arguments are those of boto3.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("content-length", "12")], "");
    /// # let replay = replay.respond(200, &[("content-length", "12")], "a small fish");
    /// # let client = Client::with_transport(config, replay)?;
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("fish.txt");
    /// client.transfer().download_file("river", "fish.txt", &path).run()?;
    /// assert_eq!(std::fs::read(&path)?, b"a small fish");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn download_file(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        filename: impl AsRef<Path>,
    ) -> Job<'static, C> {
        self.download(bucket, key, filename.as_ref())
    }

    /// Downloads an object to a writer. The name and the order of arguments are those of boto3.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("content-length", "12")], "")
    /// #     .respond(200, &[("content-length", "12")], "a small fish"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut fish = Vec::new();
    /// client.transfer().download_fileobj("river", "fish.txt", &mut fish).run()?;
    /// assert_eq!(fish, b"a small fish");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn download_fileobj<'t>(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        writer: impl Write + Send + 't,
    ) -> Job<'t, C> {
        self.download(bucket, key, Target::writer(writer))
    }

    /// Copies an object within S3, without downloading it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("content-length", "12")], "");
    /// # let client = Client::with_transport(config, replay.respond(200, &[], r#"<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>"#))?;
    /// client.transfer().copy(("river", "fish.txt"), "sea", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy(
        &self,
        source: impl Into<CopySource>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'static, C> {
        let transfer = Transfer::Copy(source.into());
        Job::one(&self.shared, ObjectRef::new(bucket, key), transfer)
    }

    /// Deletes an object.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(204, &[], ""))?;
    /// client.transfer().delete("river", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete(&self, bucket: impl Into<String>, key: impl Into<String>) -> Job<'static, C> {
        Job::one(&self.shared, ObjectRef::new(bucket, key), Transfer::Delete)
    }
}

impl TransferManager {
    /// Returns the transfers to and from this endpoint that earlier processes left unfinished: those with a journal in the
    /// [state folder](TransferConfig::state_folder) that no process has locked.
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let s3 = client.transfer_with(TransferConfig::default().state_folder(folder))?;
    /// for unfinished in s3.unfinished()? {
    ///     println!("{} {}", unfinished.bucket(), unfinished.key());
    ///     unfinished.abort()?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>> {
        let context = self.shared.context(CancelToken::default(), None);
        unfinished::all(&Arc::new(context))
    }
}
