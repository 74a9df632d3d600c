//! Cancellation of calls, listings, waits and transfers.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync;

/// A token that cancels, from any thread, the calls, listings, waits and transfers that were started with a clone of it.
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
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_cancelled: AtomicBool,
    /// `is_cancelled` is set under this lock, and checked under it before waiting, so that no thread or task misses the
    /// cancellation.
    wakers: Mutex<Wakers>,
    changed: Condvar,
}

/// The tasks that wait for the cancellation.
#[derive(Default)]
struct Wakers {
    last_id: u64,
    /// By the id of the future, as thousands of them may wait for one token.
    waiting: BTreeMap<u64, Waker>,
    /// Tokens that are cancelled with this one.
    children: Vec<Weak<Shared>>,
}

impl CancelToken {
    /// Cancels the token and its clones. Cancelling again has no effect.
    pub fn cancel(&self) {
        let (waiting, children) = {
            let mut wakers = sync::lock(&self.0.wakers);
            self.0.is_cancelled.store(true, Ordering::Release);
            self.0.changed.notify_all();
            (
                mem::take(&mut wakers.waiting),
                mem::take(&mut wakers.children),
            )
        };
        for child in children.iter().filter_map(Weak::upgrade) {
            Self(child).cancel();
        }
        // a waker may run code that uses this token, so the lock is released first
        for waker in waiting.into_values() {
            waker.wake();
        }
    }

    /// Returns a token that is cancelled with this one, and that can be cancelled alone.
    pub(crate) fn child(&self) -> Self {
        let child = Self::default();
        let is_cancelled = {
            let mut wakers = sync::lock(&self.0.wakers);
            wakers.children.retain(|child| child.strong_count() > 0);
            wakers.children.push(Arc::downgrade(&child.0));
            self.is_cancelled()
        };
        if is_cancelled {
            child.cancel();
        }
        child
    }

    /// Returns whether the token was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// Returns a future that completes when the token is cancelled. It works with any executor.
    ///
    /// ```
    /// use std::pin::pin;
    /// use std::task::{Context, Poll, Waker};
    /// use tucuxi::transport::CancelToken;
    ///
    /// let cancel = CancelToken::default();
    /// let mut cancelled = pin!(cancel.cancelled());
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert_eq!(cancelled.as_mut().poll(&mut cx), Poll::Pending);
    /// cancel.cancel();
    /// assert_eq!(cancelled.as_mut().poll(&mut cx), Poll::Ready(()));
    /// # use std::future::Future;
    /// ```
    pub fn cancelled(&self) -> Cancelled {
        Cancelled {
            token: self.clone(),
            id: None,
        }
    }

    /// Blocks the thread for this time, or until the token is cancelled.
    pub(crate) fn wait(&self, time: Duration) {
        let lock = sync::lock(&self.0.wakers);
        let waiting = |_: &mut Wakers| !self.is_cancelled();
        drop(sync::ignore_poison(
            self.0.changed.wait_timeout_while(lock, time, waiting),
        ));
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("CancelToken");
        shown.field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// A future that completes when its [`CancelToken`] is cancelled. [`CancelToken::cancelled`] returns it.
///
/// ```
/// use tucuxi::transport::CancelToken;
///
/// /// Waits for a signal, and cancels what uses the token.
/// async fn cancel_on(signal: impl Future<Output = ()>, token: CancelToken) {
///     signal.await;
///     token.cancel();
/// }
///
/// let (shutdown, calls) = (CancelToken::default(), CancelToken::default());
/// let mut task = std::pin::pin!(cancel_on(async { shutdown.cancelled().await }, calls.clone()));
/// shutdown.cancel();
/// let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// assert!(task.as_mut().poll(&mut cx).is_ready());
/// assert!(calls.is_cancelled());
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub struct Cancelled {
    token: CancelToken,
    /// The id of the future's waker, once the future was polled.
    id: Option<u64>,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let waker = cx.waker().clone();
        // dropping the last waker of a task drops the task, and with it other futures of this token, whose drop needs the lock
        let replaced;
        {
            let mut wakers = sync::lock(&this.token.0.wakers);
            if this.token.is_cancelled() {
                return Poll::Ready(());
            }
            let id = *this.id.get_or_insert_with(|| {
                wakers.last_id = wakers.last_id.wrapping_add(1);
                wakers.last_id
            });
            replaced = wakers.waiting.insert(id, waker);
        }
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let waker = sync::lock(&self.token.0.wakers).waiting.remove(&id);
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    /// Counts how often it was woken, and cancels a token each time.
    #[derive(Default)]
    struct Counter {
        woken: AtomicUsize,
        cancels: Option<CancelToken>,
    }

    impl Counter {
        fn woken(&self) -> usize {
            self.woken.load(Ordering::Relaxed)
        }
    }

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, Ordering::Relaxed);
            if let Some(token) = &self.cancels {
                token.cancel();
            }
        }
    }

    fn poll(future: &mut Cancelled, counter: &Arc<Counter>) -> Poll<()> {
        let waker = Waker::from(counter.clone());
        Pin::new(future).poll(&mut Context::from_waker(&waker))
    }

    fn registered(token: &CancelToken) -> usize {
        sync::lock(&token.0.wakers).waiting.len()
    }

    #[test]
    fn a_child_is_cancelled_with_its_parent_and_alone() {
        let parent = CancelToken::default();
        let (one, other) = (parent.child(), parent.child());
        one.cancel();
        let states = [&parent, &one, &other].map(CancelToken::is_cancelled);
        assert_eq!(states, [false, true, false]);
        parent.cancel();
        assert!(other.is_cancelled() && parent.child().is_cancelled());
    }

    #[test]
    fn every_task_is_woken_once() {
        let token = CancelToken::default();
        let counters = [Arc::<Counter>::default(), Arc::default()];
        let mut futures = [token.cancelled(), token.cancelled()];
        for (future, counter) in futures.iter_mut().zip(&counters) {
            assert_eq!(poll(future, counter), Poll::Pending);
        }
        assert_eq!(registered(&token), 2);
        token.cancel();
        token.cancel();
        for (future, counter) in futures.iter_mut().zip(&counters) {
            assert_eq!(counter.woken(), 1);
            assert_eq!(poll(future, counter), Poll::Ready(()));
        }
        assert_eq!(registered(&token), 0);
        let late = Arc::default();
        assert_eq!(poll(&mut token.cancelled(), &late), Poll::Ready(()));
        assert_eq!(late.woken(), 0);
    }

    #[test]
    fn a_future_wakes_only_the_task_that_polled_it_last() {
        let token = CancelToken::default();
        let (first, last) = (Arc::<Counter>::default(), Arc::default());
        let mut future = token.cancelled();
        for counter in [&first, &last] {
            assert_eq!(poll(&mut future, counter), Poll::Pending);
        }
        assert_eq!(registered(&token), 1);
        token.cancel();
        assert_eq!((first.woken(), last.woken()), (0, 1));
    }

    #[test]
    fn a_dropped_future_is_unregistered() {
        let token = CancelToken::default();
        let counter = Arc::<Counter>::default();
        let (mut dropped, mut kept) = (token.cancelled(), token.cancelled());
        assert_eq!(poll(&mut dropped, &counter), Poll::Pending);
        assert_eq!(poll(&mut kept, &counter), Poll::Pending);
        drop(dropped);
        drop(token.cancelled());
        assert_eq!(registered(&token), 1);
        token.cancel();
        assert_eq!(counter.woken(), 1);
    }

    /// A task that owns another future of the token.
    struct Task(#[allow(dead_code, reason = "it is dropped")] Cancelled);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn the_last_waker_of_a_task_may_drop_a_future_of_the_token() {
        let token = CancelToken::default();
        let mut owned = token.cancelled();
        assert_eq!(poll(&mut owned, &Arc::default()), Poll::Pending);
        let mut future = token.cancelled();
        let waker = Waker::from(Arc::new(Task(owned)));
        assert!(
            Pin::new(&mut future)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(waker);
        assert_eq!(registered(&token), 2);
        drop(future);
        assert_eq!(registered(&token), 0);
    }

    #[test]
    fn a_waker_may_use_the_token() {
        let token = CancelToken::default();
        let counter = Arc::new(Counter {
            cancels: Some(token.clone()),
            ..Counter::default()
        });
        let mut future = token.cancelled();
        assert_eq!(poll(&mut future, &counter), Poll::Pending);
        token.cancel();
        assert_eq!(counter.woken(), 1);
    }

    #[test]
    fn a_cancellation_between_polls_on_another_thread_is_not_missed() {
        for _ in 0..100 {
            let token = CancelToken::default();
            let counter = Arc::<Counter>::default();
            let other = token.clone();
            let thread = std::thread::spawn(move || other.cancel());
            let mut future = token.cancelled();
            let first = poll(&mut future, &counter);
            thread.join().unwrap();
            assert!(first.is_ready() || counter.woken() == 1);
        }
    }

    #[test]
    fn a_blocked_thread_is_released() {
        let token = CancelToken::default();
        let other = token.clone();
        let thread = std::thread::spawn(move || other.wait(Duration::from_secs(3600)));
        token.cancel();
        thread.join().unwrap();
    }
}
