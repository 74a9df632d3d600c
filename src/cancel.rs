//! Cancellation of what waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::sync;

/// Cancels from another thread what was started with a clone of it, wherever that waits.
///
/// ```
/// use tucuxi::transport::CancelToken;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let cancel = CancelToken::default();
/// let other = cancel.clone();
/// std::thread::spawn(move || other.cancel()).join().unwrap();
/// let result = client.request("dynamodb", "ListTables").cancel_with(&cancel).send();
/// assert!(result.unwrap_err().is_cancelled());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Cancel>);

#[derive(Debug, Default)]
struct Cancel {
    is_cancelled: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

impl CancelToken {
    /// Cancels.
    pub fn cancel(&self) {
        // nothing is behind the lock: it only keeps a waiter from missing this
        let _lock = sync::lock(&self.0.lock);
        self.0.is_cancelled.store(true, Ordering::Release);
        self.0.changed.notify_all();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// Waits for this time, or until it is cancelled.
    pub(crate) fn wait(&self, time: Duration) {
        let lock = sync::lock(&self.0.lock);
        // an error says that a thread panicked while it held nothing
        let _ = self
            .0
            .changed
            .wait_timeout_while(lock, time, |()| !self.is_cancelled());
    }
}
