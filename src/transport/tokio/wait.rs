//! Waiting for the network, within the limits of a request.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::cancel::Cancelled;
use crate::transport::failure::Failure;
use crate::transport::watch::{Phase, Watch};

/// The waits of a request, one after the other.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) watch: Arc<Watch>,
    /// The start of the current wait.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    cancelled: Option<Cancelled>,
}

/// Returns the time of the runtime's clock.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Wait {
    pub(super) fn new(watch: Arc<Watch>) -> Self {
        Self {
            watch,
            since: None,
            timer: None,
            cancelled: None,
        }
    }

    /// Returns how long the current wait has lasted.
    pub(super) fn elapsed(&self) -> Duration {
        let waited = self
            .since
            .map(|since| now().saturating_duration_since(since));
        waited.unwrap_or_default()
    }

    /// Ends the current wait: the next one begins anew.
    pub(super) fn end(&mut self) {
        self.since = None;
    }

    /// Passes on what an operation of the network returned, unless it is pending beyond a limit.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        direction: Phase,
        polled: Poll<T>,
    ) -> Poll<Result<T, Failure>> {
        match polled {
            Poll::Ready(done) => {
                self.since = None;
                Poll::Ready(Ok(done))
            }
            Poll::Pending => self.poll_limits(cx, direction).map(Err),
        }
    }

    /// Completes when a limit is exceeded or the request is cancelled.
    pub(super) fn poll_limits(&mut self, cx: &mut Context<'_>, direction: Phase) -> Poll<Failure> {
        let mut now = now();
        let since = *self.since.get_or_insert(now);
        loop {
            let until = match self.watch.check(since, direction, now) {
                Ok(until) => until,
                Err(error) => return Poll::Ready(Failure::Io(error)),
            };
            // until then, a cancelled request ends because its future is dropped
            if self.watch.phase() == Phase::Receive && self.poll_cancelled(cx).is_ready() {
                continue;
            }
            let Some(until) = until else {
                return Poll::Pending;
            };
            let deadline = until.into();
            let timer = match &mut self.timer {
                Some(timer) => {
                    if timer.deadline() != deadline {
                        timer.as_mut().reset(deadline);
                    }
                    timer
                }
                None => self
                    .timer
                    .insert(Box::pin(tokio::time::sleep_until(deadline))),
            };
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // the clock may be a little behind the timer
            now = self::now().max(until);
        }
    }

    fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let cancel = &self.watch.limits.cancel;
        let cancelled = self.cancelled.get_or_insert_with(|| cancel.cancelled());
        Pin::new(cancelled).poll(cx)
    }

    /// Waits for an operation of the network.
    pub(super) async fn within<T>(
        &mut self,
        direction: Phase,
        operation: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut operation = pin!(operation);
        poll_fn(|cx| {
            let polled = operation.as_mut().poll(cx);
            self.poll(cx, direction, polled)
        })
        .await
    }
}
