//! Transfers of S3 objects: files, streams and whole folders, up, down and from place to place.
//!
//! ```
//! use serde_json::json;
//! # use tucuxi::{Client, Config, transport::Replay};
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
//! # let client = Client::with_transport(config, Replay::new().answer(200, &[("etag", "\"e\"")], ""))?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("fish.txt");
//! # std::fs::write(&path, "a small fish")?;
//! let s3 = client.transfer();
//! let report = s3.upload_file(&path, "river", "fish.txt").args(json!({"ContentType": "text/plain"})).run()?;
//! assert_eq!((report.objects, report.bytes), (1, 12));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Large objects go in parts, several at a time; a file is read and written where each part lies, and never held in memory.
//! What a transfer gives up is taken back: no upload remains open, no file is half written. What a transfer was killed at, the
//! next one of the same object goes on with, from the parts that are there and proven right.
//!
//! ```text
//!   Job ──► pool: threads that ask ──► plan: what can be done now ──► upload, download, copy, delete: one request each
//!                     │
//!                     └──► progress, cancellation, bandwidth
//! ```

mod args;
mod compare;
mod config;
mod copy;
mod delete;
mod dir_walk;
mod download;
mod error;
mod fetch;
mod folder;
mod here;
mod job;
mod journal;
mod limit;
mod listing;
mod multipart;
mod object;
mod partial;
mod pipe;
mod plan;
mod pool;
mod progress;
mod replace;
mod report;
mod resume;
mod slot;
mod source;
mod sync;
mod sync_plan;
mod sync_turns;
mod target;
mod throttle;
mod unfinished;
mod upload;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

pub use self::compare::Compare;
pub use self::config::TransferConfig;
pub use self::copy::CopySource;
pub use self::error::TransferError;
#[cfg(feature = "_internals")]
pub(crate) use self::folder::local_path;
pub use self::job::{Job, Running};
pub use self::progress::{Progress, Snapshot};
pub use self::report::{Failure, Report};
pub use self::source::Source;
pub use self::sync::{Difference, Sync};
pub use self::sync_plan::SyncPlan;
pub use self::target::Target;
pub use self::unfinished::Unfinished;

use self::args::Action;
use self::copy::Copy;
use self::delete::Delete;
use self::download::Download;
use self::progress::Meter;
use self::throttle::Throttle;
use self::upload::Upload;
use crate::cancel::CancelToken;
use crate::client::{Client, RequestBuilder};
use crate::error::Result;
use crate::exchange::Purpose;
use crate::output::Output;

/// The service that all this is of.
const SERVICE: &str = "s3";

impl Client {
    /// Transfers of S3 objects, with the defaults of [`TransferConfig`].
    pub fn transfer(&self) -> TransferManager {
        self.transfer_as(TransferConfig::default())
    }

    /// Transfers of S3 objects.
    ///
    /// # Errors
    ///
    /// A setting is zero.
    pub fn transfer_with(&self, config: TransferConfig) -> Result<TransferManager> {
        config.check()?;
        Ok(self.transfer_as(config))
    }

    fn transfer_as(&self, config: TransferConfig) -> TransferManager {
        let config = config.or_profile(self.config().s3());
        TransferManager {
            throttle: config.bandwidth.map(|limit| Arc::new(Throttle::new(limit))),
            client: self.clone(),
            config,
        }
    }
}

/// Transfers S3 objects. Each method begins to put a [`Job`] together; nothing happens before it is run.
///
/// It is cheap to clone, and all clones share the client's connections and the limit on bandwidth.
#[derive(Clone, Debug)]
pub struct TransferManager {
    client: Client,
    config: TransferConfig,
    throttle: Option<Arc<Throttle>>,
}

impl TransferManager {
    /// Stores a file, a stream or bytes as an object.
    ///
    /// ```
    /// use tucuxi::transfer::Source;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[("etag", "\"e\"")], "").answer(200, &[("etag", "\"e\"")], "");
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
    ) -> Job<'s> {
        let (source, place) = (source.into(), Place::new(bucket, key));
        self.one(Action::Upload, place, move |context, place, mut args| {
            args.settle_checksums(context.client.config().request_checksums().when_supported());
            Box::new(Upload::new(context, source, place, args))
        })
    }

    /// Stores a file as an object, as boto3's method of this name does.
    pub fn upload_file(
        &self,
        filename: impl AsRef<Path>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'static> {
        self.upload(filename.as_ref(), bucket, key)
    }

    /// Stores what a reader gives as an object, as boto3's method of this name does.
    pub fn upload_fileobj<'s>(
        &self,
        reader: impl std::io::Read + Send + 's,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'s> {
        self.upload(Source::reader(reader), bucket, key)
    }

    /// Brings an object to a file or a stream.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[("content-length", "12")], "");
    /// # let replay = replay.answer(200, &[("content-length", "12")], "a small fish");
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
    ) -> Job<'t> {
        let (target, place) = (target.into(), Place::new(bucket, key));
        self.one(Action::Download, place, move |context, place, args| {
            Box::new(Download::new(context, place, target, args))
        })
    }

    /// Brings an object to a file, as boto3's method of this name does.
    pub fn download_file(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        filename: impl AsRef<Path>,
    ) -> Job<'static> {
        self.download(bucket, key, filename.as_ref())
    }

    /// Writes an object to a writer, as boto3's method of this name does.
    pub fn download_fileobj<'t>(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        writer: impl std::io::Write + Send + 't,
    ) -> Job<'t> {
        self.download(bucket, key, Target::writer(writer))
    }

    /// Copies an object. Its bytes stay with the service.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[("content-length", "12")], "");
    /// # let client = Client::with_transport(config, replay.answer(200, &[], "<CopyObjectResult/>"))?;
    /// client.transfer().copy(("river", "fish.txt"), "sea", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy(
        &self,
        source: impl Into<CopySource>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Job<'static> {
        let (source, place) = (source.into(), Place::new(bucket, key));
        self.one(Action::Copy, place, move |context, place, args| {
            Box::new(Copy::new(context, source, place, args))
        })
    }

    /// Deletes an object.
    pub fn delete(&self, bucket: impl Into<String>, key: impl Into<String>) -> Job<'static> {
        let place = Place::new(bucket, key);
        self.one(Action::Delete, place, |context, place, args| {
            Box::new(Delete {
                context,
                place,
                args,
            })
        })
    }

    /// What earlier processes were killed at and nobody has gone on with, in the [folder](TransferConfig::state_folder) where
    /// that is kept.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>> {
        unfinished::all(&Arc::new(self.context(CancelToken::default(), None)))
    }

    fn context(&self, cancel: CancelToken, progress: Option<Box<dyn Progress>>) -> Context {
        Context {
            client: self.client.clone(),
            config: self.config.clone(),
            meter: Arc::new(Meter::new(progress)),
            throttle: self.throttle.clone(),
            cancel,
            repeats: Arc::default(),
        }
    }
}

/// An object's name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    bucket: Box<str>,
    key: Box<str>,
}

impl Place {
    fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into().into(),
            key: key.into().into(),
        }
    }

    fn url(&self) -> String {
        format!("s3://{self}")
    }

    /// These parameters, and whose they are.
    fn params(&self, own: Value) -> Value {
        let mut params = json!({"Bucket": self.bucket, "Key": self.key});
        if let (Some(params), Value::Object(own)) = (params.as_object_mut(), own) {
            params.extend(own);
        }
        params
    }

    /// # Errors
    ///
    /// S3 takes no such transfers there.
    fn check(&self) -> Result<(), TransferError> {
        let is_lambda =
            self.bucket.starts_with("arn:") && self.bucket.contains(":s3-object-lambda:");
        match is_lambda {
            true => Err(TransferError::Unsupported(
                format!(
                    "{}: transfers cannot go through an S3 Object Lambda access point; call GetObject instead",
                    self.bucket
                )
                .into(),
            )),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// What all requests of a job share.
#[derive(Clone)]
struct Context {
    client: Client,
    config: TransferConfig,
    meter: Arc<Meter>,
    throttle: Option<Arc<Throttle>>,
    cancel: CancelToken,
    repeats: Arc<AtomicBool>,
}

impl Context {
    /// The same with another client.
    fn with_client(&self, client: &Client) -> Self {
        let client = client.clone();
        Self {
            client,
            ..self.clone()
        }
    }

    /// The same, for work of which nobody is told.
    fn without_progress(&self) -> Self {
        let meter = Arc::new(Meter::new(None));
        Self {
            meter,
            ..self.clone()
        }
    }

    /// A request that ends when the job is cancelled.
    fn request(&self, operation: &str, params: Value) -> RequestBuilder {
        let request = self.client.request(SERVICE, operation).params(params);
        let request = request.purpose(Purpose::Transfer);
        request.cancel_with(&self.cancel)
    }

    /// Sends a request, and notes whether it had to be repeated.
    fn send(&self, request: RequestBuilder) -> Result<Output> {
        let result = request.send();
        let was_repeated = match &result {
            Ok(output) => output.meta.attempts > 1,
            Err(error) => error.is_retryable(),
        };
        if was_repeated {
            self.repeats.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Whether a request had to be repeated since this was asked before.
    fn take_repeats(&self) -> bool {
        self.repeats.swap(false, Ordering::Relaxed)
    }

    fn call(&self, operation: &str, params: Value) -> Result<Value> {
        self.send(self.request(operation, params))?.value()
    }

    /// So many bytes go out or come in.
    fn pass(&self, bytes: u64) {
        if let Some(throttle) = &self.throttle {
            throttle.pass(bytes, &self.cancel);
        }
    }

    /// Where journals are, if there are any.
    fn state_folder(&self) -> Option<Cow<'_, Path>> {
        if !self.config.resume {
            return None;
        }
        match &self.config.state_folder {
            Some(folder) => Some(folder.into()),
            None => journal::default_folder(self.client.config().environment()).map(PathBuf::into),
        }
    }

    /// Whose buckets are meant: those of an endpoint, or of a region's partition.
    fn service_place(&self) -> String {
        let config = self.client.config();
        match config.endpoint_url(SERVICE) {
            Ok(Some(url)) => without_userinfo(&url),
            _ => config.region().unwrap_or_default().to_owned(),
        }
    }
}

/// A URL without the name and the password that it may have before its host.
fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "" => format!("{host}{path}"),
        scheme => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_endpoint_is_kept() {
        for (url, expected) in [
            ("https://u:p@host:1/a", "https://host:1/a"),
            ("https://u:p@x@host", "https://host"),
            ("https://u@host?a=b@c", "https://host?a=b@c"),
            ("https://host/a@b", "https://host/a@b"),
            ("u:p@host", "host"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(without_userinfo(url), expected, "{url}");
        }
    }
}
