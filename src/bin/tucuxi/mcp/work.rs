//! Threads for requests that may take long, so that none of them delays the reading of messages.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The maximum number of threads. Further work waits.
const THREADS: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// Runs work on threads, which end when there is none.
#[derive(Clone, Default)]
pub(super) struct Workers(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The last thread has ended.
    idle: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: usize,
}

impl Workers {
    /// Runs the job, now or after others.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.0.lock();
        state.waiting.push_back(Box::new(job));
        if state.threads == THREADS {
            return;
        }
        let shared = self.0.clone();
        let started = thread::Builder::new().spawn(move || shared.work());
        if started.is_ok() {
            state.threads += 1;
        } else if state.threads == 0 {
            // there are no threads for it, so the messages wait
            state.threads += 1;
            drop(state);
            self.0.work();
        }
    }

    /// Waits until all work is done.
    pub(super) fn finish(&self) {
        let state = self.0.lock();
        drop(self.0.idle.wait_while(state, |state| state.threads > 0));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut state = self.lock();
            let Some(job) = state.waiting.pop_front() else {
                state.threads -= 1;
                self.idle.notify_all();
                return;
            };
            drop(state);
            job();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_beyond_the_threads_waits_and_all_of_it_is_done() {
        let workers = Workers::default();
        let (sender, receiver) = mpsc::channel();
        let gate = Arc::new(Mutex::new(()));
        let closed = gate.lock().unwrap();
        for n in 0..3 * THREADS {
            let (sender, gate) = (sender.clone(), gate.clone());
            workers.run(move || {
                drop(gate.lock());
                sender.send(n).unwrap();
            });
        }
        assert_eq!(workers.0.lock().threads, THREADS);
        drop(closed);
        workers.finish();
        drop(sender);
        let mut done: Vec<usize> = receiver.iter().collect();
        done.sort_unstable();
        assert_eq!(done, (0..3 * THREADS).collect::<Vec<_>>());
    }
}
