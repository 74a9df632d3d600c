//! Locks that outlive a panic.
//!
//! A thread that panics while it holds a lock poisons it. Everything that this crate keeps behind a lock is changed in one step, so
//! it is whole whenever a thread may have panicked, and a panic of what a program gave (a reader, a writer, a hook) is passed on
//! where its thread is joined. So other threads go on with what is there.

use std::sync::{
    LockResult, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// Locks a mutex.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    whole(mutex.lock())
}

/// Locks for reading.
pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    whole(lock.read())
}

/// Locks for writing.
pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    whole(lock.write())
}

/// What a lock, or a wait for a condition, gives, whether or not it is poisoned.
pub(crate) fn whole<T>(result: LockResult<T>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_panic_poisoned_can_be_used() {
        let (mutex, lock_for_two) = (Mutex::new(1), RwLock::new(1));
        let panics = std::panic::AssertUnwindSafe(|| {
            let (_one, _two) = (mutex.lock(), lock_for_two.write());
            std::panic::resume_unwind(Box::new("of a reader"));
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert!(mutex.is_poisoned() && lock_for_two.is_poisoned());
        *lock(&mutex) += 1;
        *write(&lock_for_two) += 1;
        assert_eq!((*lock(&mutex), *read(&lock_for_two)), (2, 2));
    }
}
