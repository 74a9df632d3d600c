//! Transfers of S3 objects: uploads, downloads, copies, deletions and syncs of files, streams and folders.
//!
//! ```
//! use serde_json::json;
//! # use tucuxi::{Client, Config, transport::Replay};
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
//! # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("fish.txt");
//! # std::fs::write(&path, "a small fish")?;
//! let s3 = client.transfer();
//! let report = s3.upload_file(&path, "river", "fish.txt").args(json!({"ContentType": "text/plain"})).run()?;
//! assert_eq!((report.objects, report.bytes), (1, 12));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Large objects are transferred in parts, several at a time. Files are read and written in place, never held in memory.
//! A transfer that fails or is cancelled is undone: multipart uploads are aborted, and no file is left half written. If the
//! process was killed, the next transfer of the same object resumes, after verifying the parts that are already there.
//!
//! With the async client, `client.transfer()` returns the same manager, whose jobs are awaited: `run` is a future of the report,
//! `start` returns a [`Running`] that is one, and `Running::snapshots` is its progress as a stream. A job runs on threads of its
//! own, so nothing blocks the executor, and dropping its future cancels it. A [`Body`](crate::Body) from an asynchronous stream or
//! reader is a [`Source`], an asynchronous writer is a [`Target`].
//!
//! ```text
//!   Job ──► pool: worker threads ──► plan: the next step ──► upload, download, copy, delete: one request a step
//!                     │
//!                     └──► progress, cancellation, bandwidth
//! ```

mod args;
#[cfg(feature = "async")]
mod async_running;
#[cfg(feature = "async")]
mod async_streams;
#[cfg(feature = "async")]
mod asynchronous;
mod compare;
mod comparison;
mod config;
mod content_type;
mod context;
mod copied;
mod copy;
mod copy_extras;
mod copy_parts;
mod copy_properties;
mod copy_source;
mod delete;
mod deletion;
mod destination;
mod dir_walk;
mod download;
mod download_parts;
mod error;
mod fetch;
#[cfg(feature = "cli")]
pub(crate) mod files;
mod filter;
mod folder;
mod job;
mod journal;
mod limit;
mod listed_object;
mod listing;
mod local_tree;
mod manager;
mod many;
mod moved;
mod multipart;
mod object;
mod object_ref;
mod objects;
mod outgoing;
mod partial;
mod pipe;
mod plan;
mod pool;
mod progress;
mod replace;
mod report;
mod resume;
mod schedule;
#[cfg(feature = "async")]
mod snapshots;
mod source;
mod sync;
mod sync_order;
mod sync_plan;
mod throttle;
mod unfinished;
mod upload;
mod upload_parts;
mod work;

pub use self::compare::Compare;
pub use self::config::TransferConfig;
pub use self::content_type::content_type;
pub use self::copy_properties::CopyProperties;
pub use self::copy_source::CopySource;
pub use self::deletion::{Deletion, DeletionPlan};
pub use self::destination::Target;
pub use self::error::TransferError;
pub use self::filter::Filter;
#[cfg(feature = "_internals")]
pub(crate) use self::folder::local_path;
pub use self::job::{Job, Running};
pub use self::listed_object::ListedObject;
pub use self::manager::TransferManager;
pub use self::objects::{ObjectIter, Objects};
pub use self::progress::{Progress, Snapshot};
pub use self::report::{Failure, Report};
#[cfg(feature = "async")]
pub use self::snapshots::Snapshots;
pub use self::source::Source;
pub use self::sync::{Difference, Sync};
pub use self::sync_plan::SyncPlan;
pub use self::unfinished::Unfinished;
pub use self::work::End;
