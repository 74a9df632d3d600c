//! Progress as a stream.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::watch;

use super::progress::Snapshot;

/// The last report of a job.
#[derive(Clone, Copy, Default)]
struct Last {
    now: Snapshot,
    is_done: bool,
}

/// The side of the job. A report that was not read is replaced by the next one.
#[derive(Clone, Default)]
pub(super) struct Sender(Arc<watch::Sender<Last>>);

impl Sender {
    pub(super) fn moved(&self, now: &Snapshot) {
        self.0.send_modify(|last| last.now = *now);
    }

    pub(super) fn end(&self, now: Snapshot) {
        let is_done = true;
        self.0.send_modify(|last| *last = Last { now, is_done });
    }
}

/// The progress of a job as a [`Stream`]. [`Running::snapshots`](super::Running::snapshots) returns it.
///
/// ```
/// use std::pin::Pin;
/// use futures_core::Stream as _;
/// use tucuxi::transfer::Snapshots;
///
/// /// Prints the progress of a job until it ends.
/// async fn print(mut snapshots: Snapshots) {
///     while let Some(now) = std::future::poll_fn(|cx| Pin::new(&mut snapshots).poll_next(cx)).await {
///         println!("{} bytes", now.bytes);
///     }
/// }
/// # let _ = print;
/// ```
#[must_use = "streams do nothing unless they are polled"]
pub struct Snapshots {
    first: Option<Snapshot>,
    rest: Rest,
}

/// What follows.
enum Rest {
    Idle(watch::Receiver<Last>),
    /// The future returns `None` if the job is gone.
    Waiting(Pin<Box<dyn Future<Output = Option<watch::Receiver<Last>>> + Send>>),
    Over,
}

impl Snapshots {
    pub(super) fn of(sender: Option<&Sender>, now: Snapshot) -> Self {
        let receiver = sender.map(|sender| sender.0.subscribe());
        // a report between now and the subscription counts as seen
        let is_done = |receiver: &watch::Receiver<Last>| receiver.borrow().is_done;
        let receiver = receiver.filter(|receiver| !is_done(receiver));
        Self {
            first: Some(now),
            rest: receiver.map_or(Rest::Over, Rest::Idle),
        }
    }

    /// Returns the progress when it has changed, or `None` after the end of the job.
    pub async fn next(&mut self) -> Option<Snapshot> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for Snapshots {
    type Item = Snapshot;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Snapshot>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        loop {
            self.rest = match std::mem::replace(&mut self.rest, Rest::Over) {
                Rest::Over => return Poll::Ready(None),
                Rest::Idle(mut receiver) => Rest::Waiting(Box::pin(async move {
                    let changed = receiver.changed().await;
                    changed.is_ok().then_some(receiver)
                })),
                Rest::Waiting(mut changed) => {
                    let Poll::Ready(receiver) = changed.as_mut().poll(cx) else {
                        self.rest = Rest::Waiting(changed);
                        return Poll::Pending;
                    };
                    let Some(mut receiver) = receiver else {
                        continue;
                    };
                    let last = *receiver.borrow_and_update();
                    if !last.is_done {
                        self.rest = Rest::Idle(receiver);
                    }
                    return Poll::Ready(Some(last.now));
                }
            };
        }
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}
