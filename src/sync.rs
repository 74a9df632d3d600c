//! Locks that ignore poisoning.
//!
//! A thread that panics while it holds a lock poisons it. All data that this crate keeps behind a lock is changed in one step, so
//! it is consistent whenever a thread may panic. A panic in code of the program (a reader, a writer, a hook) is propagated where its
//! thread is joined. So other threads continue with the data.

use std::sync::{
    LockResult, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// Locks a mutex.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    ignore_poison(mutex.lock())
}

/// Locks for reading.
pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    ignore_poison(lock.read())
}

/// Locks for writing.
pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    ignore_poison(lock.write())
}

/// Returns the guard of a lock, or of a wait for a condition, even if it is poisoned.
pub(crate) fn ignore_poison<T>(result: LockResult<T>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poisoned_lock_can_be_used() {
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
