//! The request that uses a connection.
//!
//! `ureq` reuses connections, and passes timeouts to them and nothing else. So the watch of the request that uses a connection is
//! kept in a thread-local variable while `ureq` runs, which is on one thread.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::transport::Limits;
use crate::transport::watch::{Phase, Watch};

/// The longest uninterrupted wait, and so the longest delay of a cancellation.
pub(super) const SLICE: Duration = Duration::from_millis(50);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Restores the previous watch of the thread on drop.
pub(super) struct Entered(Option<Arc<Watch>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Returns the request of this thread.
pub(super) fn current() -> Arc<Watch> {
    CURRENT.with_borrow(|current| match current {
        Some(watch) => watch.clone(),
        None => Arc::new(Watch::new(&Limits::default())),
    })
}

/// Makes this the request of the thread until the returned value is dropped.
pub(super) fn enter(watch: &Arc<Watch>) -> Entered {
    Entered(CURRENT.replace(Some(watch.clone())))
}

/// Returns how long a wait that began at `since` may block before it calls this again.
///
/// # Errors
///
/// Returns an error if a limit is exceeded or the request is cancelled.
pub(super) fn slice(watch: &Watch, since: Instant, direction: Phase) -> io::Result<Duration> {
    let now = Instant::now();
    let until = watch.check(since, direction, now)?;
    let left = until.map_or(SLICE, |until| until.saturating_duration_since(now));
    Ok(left.clamp(Duration::from_millis(1), SLICE))
}
