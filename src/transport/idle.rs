//! The idle connections of a pool.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;

/// How long an idle connection is kept. Services close theirs after about 20 seconds.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(15);

/// Idle connections, the one that was used last of all first to be used again.
pub(crate) struct Idle<T> {
    most: usize,
    /// In the order of their last use.
    connections: Mutex<VecDeque<One<T>>>,
}

struct One<T> {
    key: Box<str>,
    connection: T,
    since: Instant,
}

impl<T> fmt::Debug for Idle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Idle");
        shown.field("connections", &self.lock().len()).finish()
    }
}

impl<T> Idle<T> {
    /// Creates an empty list, which keeps as many connections as this.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            connections: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<One<T>>> {
        sync::lock(&self.connections)
    }

    /// Removes the connection with this key that was used last.
    pub(crate) fn take(&self, key: &str) -> Option<T> {
        let mut idle = self.lock();
        let mut old = Vec::new();
        while (idle.front()).is_some_and(|first| first.since.elapsed() >= MAX_IDLE) {
            old.extend(idle.pop_front());
        }
        let at = idle.iter().rposition(|one| *one.key == *key);
        let found = at.and_then(|at| idle.remove(at));
        // connections are closed after the lock is released
        drop(idle);
        drop(old);
        found.map(|one| one.connection)
    }

    /// Keeps a connection, instead of the one that was used first if there are too many.
    pub(crate) fn keep(&self, key: Box<str>, connection: T) {
        let since = Instant::now();
        let mut idle = self.lock();
        idle.push_back(One {
            key,
            connection,
            since,
        });
        let spare = match idle.len() > self.most {
            true => idle.pop_front(),
            false => None,
        };
        drop(idle);
        drop(spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_that_was_used_last_is_taken_first() {
        let idle = Idle::new(2);
        for (key, connection) in [("a", 1), ("a", 2), ("b", 3)] {
            idle.keep(key.into(), connection);
        }
        let taken = ["a", "a", "b", "b"].map(|key| idle.take(key));
        assert_eq!(taken, [Some(2), None, Some(3), None]);
        let none = Idle::new(0);
        none.keep("a".into(), 1);
        assert_eq!(none.take("a"), None);
    }
}
