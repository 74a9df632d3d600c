//! Something that is taken once.

use std::sync::{Mutex, MutexGuard};

use crate::sync;

/// Holds something until it is taken. No panic leaves it half done: it is there, or it is not.
#[derive(Debug)]
pub(super) struct Slot<T>(Mutex<Option<T>>);

impl<T> Slot<T> {
    pub(super) fn new(held: impl Into<Option<T>>) -> Self {
        Self(Mutex::new(held.into()))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        sync::lock(&self.0)
    }

    pub(super) fn take(&self) -> Option<T> {
        self.lock().take()
    }
}
