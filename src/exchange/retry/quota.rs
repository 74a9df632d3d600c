//! The retry quota of all calls of a client to one service. It prevents a failing service from receiving ever more requests.

use std::sync::{Mutex, MutexGuard};

use crate::sync;

#[derive(Debug)]
pub(super) struct Quota(Mutex<u32>);

const CAPACITY: u32 = 500;

impl Default for Quota {
    fn default() -> Self {
        Self(Mutex::new(CAPACITY))
    }
}

impl Quota {
    /// Takes the cost of a retry, if enough is left.
    pub(super) fn take(&self, cost: u32) -> bool {
        let mut left = self.lock();
        let enough = *left >= cost;
        if enough {
            *left -= cost;
        }
        enough
    }

    pub(super) fn put_back(&self, cost: u32) {
        let mut left = self.lock();
        *left = (*left + cost).min(CAPACITY);
    }

    fn lock(&self) -> MutexGuard<'_, u32> {
        sync::lock(&self.0)
    }
}
