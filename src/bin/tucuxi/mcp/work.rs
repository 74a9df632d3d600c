//! Threads for requests that may take long, so that none of them delays the reading of messages.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tucuxi::transport::CancelToken;

/// The maximum number of threads. Further work waits.
const THREADS: usize = 16;
/// The maximum number of jobs that wait.
const WAITING: usize = 64;
/// The maximum length of the requests that wait, together.
const LENGTH: usize = 32 << 20;

struct Job {
    length: usize,
    cancel: CancelToken,
    run: Box<dyn FnOnce() + Send>,
}

/// Runs work on threads. A thread ends when no work is waiting.
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
    /// Runs the job, now or after others. `length` is that of its request. Returns whether there is room for it.
    pub(super) fn run(
        &self,
        length: usize,
        cancel: CancelToken,
        run: impl FnOnce() + Send + 'static,
    ) -> bool {
        let mut state = self.0.lock();
        let run = Box::new(run);
        let job = Job {
            length,
            cancel,
            run,
        };
        if !state.has_room(length) {
            // it may be taken by what nothing needs
            state.waiting.retain(|job| !job.cancel.is_cancelled());
            if !state.has_room(length) {
                return false;
            }
        }
        state.waiting.push_back(job);
        if state.threads == THREADS {
            return true;
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
        true
    }

    /// Waits until all work is done.
    pub(super) fn finish(&self) {
        let state = self.0.lock();
        drop(self.0.idle.wait_while(state, |state| state.threads > 0));
    }
}

impl State {
    fn has_room(&self, length: usize) -> bool {
        let waiting: usize = self.waiting.iter().map(|job| job.length).sum();
        self.waiting.len() < WAITING && waiting + length <= LENGTH
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
            (job.run)();
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
            workers.run(1, CancelToken::default(), move || {
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

    #[test]
    fn what_waits_has_a_maximum_of_number_and_length() {
        // the length of each job, how many have room, and whether they are cancelled while they wait
        for (length, room, is_cancelled) in [
            (1, WAITING, false),
            (LENGTH / 4, 4, false),
            (LENGTH, 1, false),
            (1, WAITING, true),
        ] {
            let workers = Workers::default();
            let gate = Arc::new(Mutex::new(()));
            let closed = gate.lock().unwrap();
            let (sender, began) = mpsc::channel();
            for _ in 0..THREADS {
                let (sender, gate) = (sender.clone(), gate.clone());
                let taken = workers.run(LENGTH, CancelToken::default(), move || {
                    sender.send(()).unwrap();
                    drop(gate.lock());
                });
                assert!(taken);
                began.recv().unwrap();
            }
            let cancel = CancelToken::default();
            for _ in 0..room {
                assert!(workers.run(length, cancel.clone(), || ()));
            }
            if is_cancelled {
                cancel.cancel();
            }
            let taken = workers.run(length, CancelToken::default(), || ());
            assert_eq!(taken, is_cancelled, "{length} {room}");
            drop(closed);
            workers.finish();
        }
    }
}
