//! The tokio runtime of the async client: work that blocks is done off the executor.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

thread_local! {
    /// The runtime that this thread works for, if it may block.
    static BLOCKING_FOR: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// Marks the thread as one that may block, until it is dropped.
struct MayBlock(Option<Handle>);

impl MayBlock {
    fn enter(runtime: Handle) -> Self {
        Self(BLOCKING_FOR.replace(Some(runtime)))
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
    if let Some(handle) = BLOCKING_FOR.with_borrow(Clone::clone) {
        return Ok(handle);
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
    let (handle, span) = (runtime.clone(), tracing::Span::current());
    let task = runtime.spawn_blocking(move || {
        let _blocking = MayBlock::enter(handle);
        span.in_scope(work)
    });
    joined(task.await)
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

/// Waits for a future on a thread that may block: one of [`off_executor`], or one outside of any runtime, which gives the
/// runtime that the future depends on.
///
/// # Errors
///
/// Returns an error on any other thread, where it could stop the executor that the future depends on.
pub(crate) fn block_on<F: Future>(runtime: Option<&Handle>, future: F) -> io::Result<F::Output> {
    if let Some(runtime) = BLOCKING_FOR.with_borrow(Clone::clone) {
        return Ok(runtime.block_on(future));
    }
    match runtime {
        Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(future)),
        _ => Err(io::Error::other(
            "a blocking call would wait for asynchronous input or output on a thread of the runtime: use the async client, or AsyncClient::blocking",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_blocks_may_wait_for_futures() {
        assert!(block_on(None, async {}).is_err());
        let done = off_executor(|| block_on(None, async { 1 }).unwrap()).await;
        assert_eq!(done.unwrap(), 1);
        // on this thread still not
        assert!(block_on(Some(&Handle::current()), async {}).is_err());
        let (runtime, thread) = (Handle::current(), std::thread::spawn);
        let done = thread(move || block_on(Some(&runtime), async { 2 }).unwrap());
        assert_eq!(done.join().unwrap(), 2);
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
