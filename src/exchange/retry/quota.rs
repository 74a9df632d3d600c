//! What all calls of a client to one service may spend on attempts, so that a failing service is not asked ever more.

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
    /// Takes the cost of another attempt, if there is enough.
    pub(super) fn take(&self, cost: u32) -> bool {
        let mut left = self.lock();
        let enough = *left >= cost;
        if enough {
            *left -= cost;
        }
        enough
    }

    pub(super) fn give_back(&self, cost: u32) {
        let mut left = self.lock();
        *left = (*left + cost).min(CAPACITY);
    }

    fn lock(&self) -> MutexGuard<'_, u32> {
        sync::lock(&self.0)
    }
}
