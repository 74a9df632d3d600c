//! Jobs that tasks wait for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use super::context::Context;
use super::job::{Job, Running};
use super::progress::{Progress, Snapshot};
use super::report::Report;
use super::snapshots::{Sender, Snapshots};
use crate::cancel::CancelToken;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::runtime::{Background, OwnThread};

impl Job<'static, AsyncClient> {
    /// Transfers the objects, and returns when all are done. Dropping the future cancels the job, as dropping [`Running`] does.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// let report = client.transfer().upload("a small fish", "river", "fish.txt").run().await?;
    /// assert_eq!(report.objects, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As the blocking `run`; and an error outside of a runtime.
    pub async fn run(self) -> Result<Report> {
        self.start()?.await
    }

    /// Starts to transfer the objects. [`Running`] is the future of the report.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// let running = client.transfer().upload("a small fish", "river", "fish.txt").start()?;
    /// let mut snapshots = running.snapshots();
    /// let shown = async {
    ///     while let Some(now) = snapshots.next().await {
    ///         println!("{} bytes", now.bytes);
    ///     }
    /// };
    /// let (report, ()) = tokio::join!(running, shown);
    /// assert_eq!(report?.bytes, 12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error outside of a runtime, or if there are too many threads.
    pub fn start(self) -> Result<Running<AsyncClient>> {
        // one of the program may be shared with other jobs, which are not dropped
        let cancel = CancelToken::default();
        if self.cancel.is_cancelled() {
            cancel.cancel();
        }
        let snapshots = Sender::default();
        let progress = Forward {
            progress: self.progress,
            snapshots: snapshots.clone(),
        };
        let shared = self.shared.for_threads()?;
        let mut context = shared.context(cancel.clone(), Some(Box::new(progress)));
        context.late = CancelToken::default();
        let lingering = Background::start(cancel_late(cancel.clone(), context.late.clone()));
        let lingering = lingering.map_err(Error::request)?;
        let context = Arc::new(context);
        let (outer, inner) = (self.cancel, cancel.clone());
        let forwarding = Background::start(async move {
            outer.cancelled().await;
            inner.cancel();
        });
        let watched = Watched {
            _guard: CancelOnDrop(cancel),
            _forwarding: forwarding.map_err(Error::request)?,
            snapshots: snapshots.clone(),
        };
        let (what, args, of_thread) = (self.what, self.args, context.clone());
        let work = move || {
            let _end = End {
                context: &of_thread,
                snapshots,
                _lingering: lingering,
            };
            what.run(&of_thread, args)
        };
        Ok(Running {
            thread: OwnThread::start(work).map_err(Error::request)?,
            context,
            watched: Some(watched),
        })
    }
}

/// What a running job of the async client has in addition.
pub(super) struct Watched {
    _guard: CancelOnDrop,
    /// Cancels the job with the token of the program.
    _forwarding: Background<()>,
    snapshots: Sender,
}

/// Passes progress to the program and to those who wait for snapshots.
struct Forward {
    progress: Option<Box<dyn Progress>>,
    snapshots: Sender,
}

impl Progress for Forward {
    fn moved(&self, now: &Snapshot) {
        self.snapshots.moved(now);
        if let Some(progress) = &self.progress {
            progress.moved(now);
        }
    }

    fn begun(&self, object: &str, bytes: Option<u64>) {
        if let Some(progress) = &self.progress {
            progress.begun(object, bytes);
        }
    }

    fn ended(&self, object: &str, error: Option<&Error>) {
        if let Some(progress) = &self.progress {
            progress.ended(object, error);
        }
    }
}

/// Ends the snapshots with the job.
struct End<'e> {
    context: &'e Context,
    snapshots: Sender,
    _lingering: Background<()>,
}

/// How long a job that was dropped waits for the id of an upload.
const LINGER: Duration = Duration::from_secs(2);

/// Programs drop futures all the time: they leave no upload whose id is unknown, if the service responds soon.
async fn cancel_late(cancel: CancelToken, late: CancelToken) {
    cancel.cancelled().await;
    tokio::time::sleep(LINGER).await;
    late.cancel();
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.snapshots.end(self.context.meter.snapshot());
    }
}

/// The async client's is a future of the report. Dropping it cancels the job: what has begun is aborted as by
/// [`cancel`](Self::cancel), but in the background, for which the runtime must go on. To wait for the end of a cancelled job,
/// await it.
///
/// After that, no file is left half written, and no upload is left, unless the service did not respond to its creation within two
/// seconds, or to the request that aborts it. If the runtime is shut down before the end, an upload may be left, too. The upload
/// of a file is resumed or aborted later, with the help of its journal; that of a stream is left to a lifecycle rule of the bucket.
impl Running<AsyncClient> {
    /// Whether the transfer has ended, successfully or not.
    pub fn is_done(&self) -> bool {
        self.thread.is_done()
    }

    /// Returns the progress as a stream: the current one, then whatever is the latest when the stream is polled, at least
    /// [`progress_interval`](super::TransferConfig::progress_interval) apart, and that at the end of the transfer.
    pub fn snapshots(&self) -> Snapshots {
        let sender = self.watched.as_ref().map(|watched| &watched.snapshots);
        Snapshots::of(sender, self.now())
    }
}

impl Future for Running<AsyncClient> {
    type Output = Result<Report>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let report = ready!(Pin::new(&mut self.thread).poll(cx));
        Poll::Ready(report.map_err(Error::request).flatten())
    }
}

/// Cancels when it is dropped.
pub(super) struct CancelOnDrop(pub(super) CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
