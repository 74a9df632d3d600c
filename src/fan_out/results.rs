//! The results, which threads produce and the program takes.

use std::fmt;
use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::account::{Account, Target};
use super::work::{EndOnPanic, Queue, Task, Work};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};

/// A result with the target that it is from.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tagged<T> {
    /// The target.
    pub target: Target,
    /// The result, or the error of this target, after which it has no more results.
    pub result: Result<T>,
}

/// An iterator over the results of all targets, in the order in which they come. Dropping it cancels what has begun.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": []}"#))?;
/// let results = client.fan_out().call("dynamodb", "ListTables", serde_json::json!({}))?;
/// for tagged in results {
///     println!("{}: {}", tagged.target, tagged.result?);
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[must_use = "threads wait until their results are taken"]
pub struct Results<T> {
    /// `None` once the threads have ended.
    receiver: Option<Receiver<Tagged<T>>>,
    threads: Vec<JoinHandle<()>>,
    queue: Arc<Queue>,
    cancel: CancelToken,
}

/// All results.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}").respond(403, &[], "{}"))?;
/// let results = client.fan_out().regions(["eu-west-1", "eu-west-3"]).threads(1).call("dynamodb", "ListTables", serde_json::json!({}))?;
/// let collected = results.collect_all();
/// assert_eq!(collected.results.len(), 1);
/// for (target, error) in collected.errors {
///     println!("{target} failed: {error}");
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The results, in the order in which they came.
    pub results: Vec<(Target, T)>,
    /// The targets that failed.
    pub errors: Vec<(Target, Error)>,
}

impl<T: Send + 'static> Results<T> {
    pub(super) fn start(work: Arc<Work<T>>, accounts: Vec<Account>, threads: usize) -> Self {
        let of_account = work.regions.count().unwrap_or(usize::MAX);
        let targets = accounts.len().saturating_mul(of_account);
        let queue = Arc::new(Queue::new(accounts));
        // a thread waits until its result is taken
        let (sender, receiver) = sync_channel(0);
        let mut this = Self {
            receiver: Some(receiver),
            threads: Vec::new(),
            queue,
            cancel: work.cancel.clone(),
        };
        for _ in 0..threads.min(targets) {
            let thread = Thread {
                work: work.clone(),
                queue: this.queue.clone(),
                sender: sender.clone(),
            };
            let started = Builder::new().spawn(move || thread.run());
            match started {
                Ok(handle) => this.threads.push(handle),
                // fewer do as well
                Err(_) if !this.threads.is_empty() => break,
                Err(error) => {
                    let result = Err(Error::new(ErrorKind::Request, error));
                    let target = Target {
                        account: Account::Own,
                        region: None,
                    };
                    return this.failed(Tagged { target, result });
                }
            }
        }
        this
    }

    /// The one error of a machine without threads.
    fn failed(mut self, error: Tagged<T>) -> Self {
        let (sender, receiver) = sync_channel(1);
        // there is room for one
        let _ = sender.send(error);
        self.receiver = Some(receiver);
        self
    }

    /// Waits for all targets, and separates results from errors.
    #[must_use]
    pub fn collect_all(self) -> Collected<T> {
        let mut collected = Collected {
            results: Vec::new(),
            errors: Vec::new(),
        };
        for Tagged { target, result } in self {
            match result {
                Ok(value) => collected.results.push((target, value)),
                Err(error) => collected.errors.push((target, error)),
            }
        }
        collected
    }
}

impl<T> Results<T> {
    /// Waits for the threads, and resumes the panic of a function of the program.
    fn join(&mut self) -> std::thread::Result<()> {
        self.receiver = None;
        let mut panicked = None;
        for thread in self.threads.drain(..) {
            panicked = thread.join().err().or(panicked);
        }
        panicked.map_or(Ok(()), Err)
    }
}

impl<T> Iterator for Results<T> {
    type Item = Tagged<T>;

    fn next(&mut self) -> Option<Tagged<T>> {
        let next = self.receiver.as_ref()?.recv().ok();
        if next.is_none()
            && let Err(panic) = self.join()
        {
            panic::resume_unwind(panic);
        }
        next
    }
}

impl<T> Drop for Results<T> {
    fn drop(&mut self) {
        self.queue.end();
        self.cancel.cancel();
        // a panic was resumed, or what it would have produced is not needed
        let _ = self.join();
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results")
            .field("threads", &self.threads.len())
            .finish_non_exhaustive()
    }
}

struct Thread<T> {
    work: Arc<Work<T>>,
    queue: Arc<Queue>,
    sender: SyncSender<Tagged<T>>,
}

impl<T> Thread<T> {
    fn run(self) {
        let _guard = EndOnPanic(self.queue.clone());
        while let Some(task) = self.queue.take() {
            if self.work.cancel.is_cancelled() {
                self.queue.end();
                return;
            }
            match task {
                Task::Account(account) => self.account(account),
                Task::Target(target, client) => {
                    let mut send = |result| self.send(&target, Ok(result));
                    if let Err(error) = (self.work.run)(&client, &mut send) {
                        self.send(&target, Err(error));
                    }
                }
            }
        }
    }

    fn account(&self, account: Account) {
        let targets = self.work.targets(&account);
        let targets = targets.unwrap_or_else(|error| {
            let target = Target {
                account,
                region: None,
            };
            self.send(&target, Err(error));
            Vec::new()
        });
        self.queue.add(targets);
    }

    /// Passes a result on, once the program takes it. Returns whether it did.
    fn send(&self, target: &Target, result: Result<T>) -> bool {
        let target = target.clone();
        self.sender.send(Tagged { target, result }).is_ok()
    }
}
