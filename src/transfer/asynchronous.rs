//! Transfers of the async client.
//!
//! A job runs on threads of its own, like a blocking one, with a client that sends through the runtime. Tasks wait for it:
//!
//! ```text
//!   task ──► Running ◄── result, snapshots ── threads of the job ──► requests, async sources and targets ──► runtime
//! ```

use std::sync::Arc;

use super::args::{Action, Args};
use super::async_running::CancelOnDrop;
use super::config::TransferConfig;
use super::context::{Context, Shared};
use super::deletion::{Deletion, DeletionPlan};
use super::manager::TransferManager;
use super::sync::Sync;
use super::sync_plan::SyncPlan;
use super::unfinished::{self, Unfinished};
use crate::cancel::CancelToken;
use crate::client::{AsyncClient, Client};
use crate::error::{Error, Result};
use crate::runtime::OwnThread;

impl AsyncClient {
    /// Returns a manager of S3 transfers, as [`Client::transfer`] does. See [`transfer`](crate::transfer) for what its jobs do.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// use tucuxi::Body;
    ///
    /// # let reader = &b"a small fish"[..];
    /// // any `AsyncRead`, or a stream, a file or bytes
    /// let fish = Body::from_async_read(reader);
    /// let report = client.transfer().upload(fish, "river", "fish.txt").run().await?;
    /// assert_eq!(report.bytes, 12);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transfer(&self) -> TransferManager<Self> {
        TransferManager::new(self, TransferConfig::default())
    }

    /// Returns a manager of S3 transfers, as [`Client::transfer_with`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is 0.
    pub fn transfer_with(&self, config: TransferConfig) -> Result<TransferManager<Self>> {
        config.check()?;
        Ok(TransferManager::new(self, config))
    }
}

impl Shared<AsyncClient> {
    /// The same for the threads of a job.
    ///
    /// # Errors
    ///
    /// Returns an error outside of a runtime.
    pub(super) fn for_threads(&self) -> Result<Shared<Client>> {
        Ok(self.with_client(self.client.for_threads()?))
    }

    /// A context without progress.
    fn quiet_context(&self, cancel: &CancelToken) -> Result<Arc<Context>> {
        let shared = self.for_threads()?;
        Ok(Arc::new(shared.context(cancel.clone(), None)))
    }
}

/// Runs work that blocks. It goes on if the future is dropped.
async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let thread = OwnThread::start(work).map_err(Error::request)?;
    thread.await.map_err(Error::request)?
}

impl TransferManager<AsyncClient> {
    /// Returns the unfinished transfers of this endpoint, as the blocking `unfinished` does.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder of the journals cannot be read, or outside of a runtime.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished<AsyncClient>>> {
        let context = self.shared.quiet_context(&CancelToken::default())?;
        on_own_thread(move || unfinished::all(&context)).await
    }
}

impl Unfinished<AsyncClient> {
    /// Aborts the upload or deletes the partial file, as the blocking `abort` does. It goes on if the future is dropped after it
    /// was polled.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails; the journal is kept then.
    pub async fn abort(self) -> Result<()> {
        on_own_thread(move || self.abort_blocking()).await
    }
}

impl Deletion<AsyncClient> {
    /// Lists what would be deleted, as the blocking `plan` does. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix cannot be listed or the listing may be incomplete, or outside of a runtime.
    pub async fn plan(self) -> Result<DeletionPlan<AsyncClient>> {
        let cancel = CancelToken::default();
        let context = self.shared.quiet_context(&cancel)?;
        let _guard = CancelOnDrop(cancel);
        let plan = move || {
            let args = Args::check(Action::DeleteMany, self.args.clone())?;
            DeletionPlan::new(self, &context, &args)
        };
        on_own_thread(plan).await
    }
}

impl Sync<AsyncClient> {
    /// Compares both sides, as the blocking `plan` does. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// Returns an error if a side cannot be listed or an argument is invalid, or outside of a runtime.
    pub async fn plan(self) -> Result<SyncPlan<AsyncClient>> {
        let cancel = CancelToken::default();
        let context = self.shared.quiet_context(&cancel)?;
        let _guard = CancelOnDrop(cancel);
        let plan = move || {
            let args = Args::check(self.action(), self.args.clone())?;
            SyncPlan::new(self, &context, &args)
        };
        on_own_thread(plan).await
    }
}
