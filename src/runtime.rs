//! The tokio runtime of the async client: work that blocks is done off the executor.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

thread_local! {
    /// The runtime that this thread works for, if it may block.
    static BLOCKING_FOR: RefCell<Option<Employer>> = const { RefCell::new(None) };
}

/// The runtime that a thread works for.
#[derive(Clone)]
struct Employer {
    runtime: Handle,
    /// Closed when the runtime is shut down, for a thread that the runtime does not wait for.
    open: Option<watch::Receiver<()>>,
}

impl Employer {
    fn is_gone(&self) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| open.has_changed().is_err())
    }

    fn block_on<F: Future>(&self, future: F) -> io::Result<F::Output> {
        // what the future calls may not block
        let _waiting = MayBlock(BLOCKING_FOR.take());
        let Some(mut open) = self.open.clone() else {
            return Ok(self.runtime.block_on(future));
        };
        if self.is_gone() {
            return Err(shut_down());
        }
        let until_closed = async {
            tokio::select! {
                biased;
                done = future => Ok(done),
                _ = open.changed() => Err(shut_down()),
            }
        };
        let blocking = AssertUnwindSafe(|| self.runtime.block_on(until_closed));
        match catch_unwind(blocking) {
            Ok(done) => done,
            // timers panic then
            Err(_) if self.is_gone() => Err(shut_down()),
            Err(panic) => resume_unwind(panic),
        }
    }
}

fn shut_down() -> io::Error {
    io::Error::other("the tokio runtime was shut down")
}

/// Marks the thread as one that may block. Dropping it restores what the thread was before.
struct MayBlock(Option<Employer>);

impl MayBlock {
    fn enter(employer: Employer) -> Self {
        Self(BLOCKING_FOR.replace(Some(employer)))
    }
}

impl Drop for MayBlock {
    fn drop(&mut self) {
        BLOCKING_FOR.set(self.0.take());
    }
}

/// Returns the runtime of the current task, or that of a thread that works for one.
///
/// # Errors
///
/// Returns an error outside of a tokio runtime.
pub(crate) fn current() -> io::Result<Handle> {
    if let Some(employer) = BLOCKING_FOR.with_borrow(Clone::clone) {
        return Ok(employer.runtime);
    }
    Handle::try_current().map_err(|_| {
        io::Error::other("there is no tokio runtime: call the async client from a task of one")
    })
}

/// Runs a closure that blocks on a thread of the runtime's pool. A panic is propagated.
///
/// # Errors
///
/// Returns an error outside of a runtime, or if the runtime is shut down.
pub(crate) async fn off_executor<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let runtime = current()?;
    let span = tracing::Span::current();
    let employer = Employer {
        runtime: runtime.clone(),
        open: None,
    };
    let task = runtime.spawn_blocking(move || {
        let _blocking = MayBlock::enter(employer);
        span.in_scope(work)
    });
    joined(task.await)
}

/// Returns a closure that may block on another thread, if this thread may.
pub(crate) fn inherited<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let employer = BLOCKING_FOR.with_borrow(Clone::clone);
    move || {
        let _blocking = employer.map(MayBlock::enter);
        work()
    }
}

/// Work that blocks on a thread of its own: it may take long, and wait for work of the runtime's pool, which has a limited number
/// of threads. It goes on if this is dropped. Once the runtime is shut down, waiting for a future is an error there.
#[allow(unnameable_types, reason = "a sealed trait returns it")]
pub struct OwnThread<T> {
    result: oneshot::Receiver<thread::Result<T>>,
    is_done: Arc<AtomicBool>,
}

impl<T: Send + 'static> OwnThread<T> {
    /// Starts a thread.
    ///
    /// # Errors
    ///
    /// Returns an error outside of a runtime, or if there are too many threads.
    pub(crate) fn start(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let runtime = current()?;
        let (sender, open) = watch::channel(());
        // the runtime drops its tasks when it is shut down
        let sentinel = Background(runtime.spawn(async move {
            let _sender = sender;
            pending::<()>().await;
        }));
        let employer = Employer {
            runtime,
            open: Some(open),
        };
        let span = tracing::Span::current();
        let (sender, result) = oneshot::channel();
        let is_done = Arc::new(AtomicBool::new(false));
        let done = is_done.clone();
        thread::Builder::new().spawn(move || {
            let _sentinel = sentinel;
            let _blocking = MayBlock::enter(employer);
            let result = catch_unwind(AssertUnwindSafe(|| span.in_scope(work)));
            done.store(true, Ordering::Release);
            // fails if the result is no longer awaited
            let _ = sender.send(result);
        })?;
        Ok(Self { result, is_done })
    }
}

impl<T> OwnThread<T> {
    pub(crate) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }
}

impl<T> Future for OwnThread<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.result).poll(cx));
        Poll::Ready(match result {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(error) => Err(io::Error::other(error)),
        })
    }
}

/// A future that runs on the executor until it is dropped.
pub(crate) struct Background<T>(JoinHandle<T>);

impl<T: Send + 'static> Background<T> {
    /// Starts a future.
    ///
    /// # Errors
    ///
    /// Returns an error outside of a runtime.
    pub(crate) fn start(work: impl Future<Output = T> + Send + 'static) -> io::Result<Self> {
        Ok(Self(current()?.spawn(work)))
    }
}

impl<T> Future for Background<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(joined)
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Propagates the panic of a task.
fn joined<T>(done: Result<T, JoinError>) -> io::Result<T> {
    done.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => io::Error::other(error),
    })
}

/// Waits for a future on a thread that may block: one of [`off_executor`] or [`OwnThread`], or one outside of any runtime, which gives the
/// runtime that the future depends on.
///
/// # Errors
///
/// Returns an error on any other thread, where it could stop the executor that the future depends on.
pub(crate) fn block_on<F: Future>(runtime: Option<&Handle>, future: F) -> io::Result<F::Output> {
    if let Some(employer) = BLOCKING_FOR.with_borrow(Clone::clone) {
        return employer.block_on(future);
    }
    match runtime {
        Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(future)),
        _ => Err(io::Error::other(
            "this thread cannot wait for asynchronous work: use the async client, or AsyncClient::blocking",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_that_blocks_may_wait_for_futures() {
        assert!(block_on(None, async {}).is_err());
        let done = off_executor(|| block_on(None, async { 1 }).unwrap()).await;
        assert_eq!(done.unwrap(), 1);
        // on this thread still not
        assert!(block_on(Some(&Handle::current()), async {}).is_err());
        let runtime = Handle::current();
        let done = thread::spawn(move || block_on(Some(&runtime), async { 2 }).unwrap());
        assert_eq!(done.join().unwrap(), 2);
    }

    #[tokio::test]
    async fn threads_of_a_thread_may_wait_as_it_does() {
        let work = || {
            let nested = inherited(|| block_on(None, async { 3 }).unwrap());
            thread::scope(|scope| scope.spawn(nested).join().unwrap())
        };
        let running = OwnThread::start(work).unwrap();
        assert_eq!(running.await.unwrap(), 3);
        assert!(inherited(|| block_on(None, async {}))().is_err());
    }

    #[test]
    fn a_thread_that_outlives_its_runtime_neither_hangs_nor_panics() {
        let (sender, result) = std::sync::mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let work = move || {
                let hour = Duration::from_secs(3600);
                for _ in 0..2 {
                    let waited = block_on(None, async { tokio::time::sleep(hour).await });
                    sender.send(waited.map_err(|e| e.to_string())).unwrap();
                }
            };
            drop(OwnThread::start(work).unwrap());
        });
        drop(runtime);
        for _ in 0..2 {
            let waited = result.recv_timeout(Duration::from_secs(20)).unwrap();
            assert_eq!(waited.unwrap_err(), "the tokio runtime was shut down");
        }
    }

    #[test]
    fn without_a_runtime_there_is_an_error() {
        assert!(
            current()
                .unwrap_err()
                .to_string()
                .contains("no tokio runtime")
        );
    }
}
