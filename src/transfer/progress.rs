//! How far transfers are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sync;

/// Is told how far a transfer is, from the threads that do it: what it does should take no time.
///
/// ```
/// use tucuxi::transfer::{Progress, Snapshot};
///
/// struct Bar;
///
/// impl Progress for Bar {
///     fn moved(&self, now: &Snapshot) {
///         let total = now.total_bytes.unwrap_or(now.bytes);
///         eprint!("\r{} of {total} bytes, {:.0} a second", now.bytes, now.rate());
///     }
/// }
/// ```
///
/// A closure that takes a [`Snapshot`] is one, too.
pub trait Progress: Send + Sync {
    /// Bytes were sent or received, or those of a part that failed are taken back.
    fn moved(&self, now: &Snapshot);

    /// An object is begun, which has so many bytes as far as that is known.
    fn begun(&self, object: &str, bytes: Option<u64>) {
        let _ = (object, bytes);
    }

    /// An object is done, or failed.
    fn ended(&self, object: &str, error: Option<&Error>) {
        let _ = (object, error);
    }
}

impl<F: Fn(&Snapshot) + Send + Sync> Progress for F {
    fn moved(&self, now: &Snapshot) {
        self(now);
    }
}

impl<P: Progress + ?Sized> Progress for Arc<P> {
    fn moved(&self, now: &Snapshot) {
        (**self).moved(now);
    }
    fn begun(&self, object: &str, bytes: Option<u64>) {
        (**self).begun(object, bytes);
    }
    fn ended(&self, object: &str, error: Option<&Error>) {
        (**self).ended(object, error);
    }
}

/// How far a transfer of one or many objects is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Bytes that were sent or received, those of parts that were there from an earlier try included.
    pub bytes: u64,
    /// Bytes of all objects that were begun; none while one of them has not told.
    pub total_bytes: Option<u64>,
    /// Objects that are done.
    pub objects: u64,
    /// Objects that were begun.
    pub begun_objects: u64,
    /// Bytes that were there from an earlier try.
    pub resumed_bytes: u64,
    /// The time since the first object was begun.
    pub elapsed: Duration,
}

impl Snapshot {
    /// Bytes a second, on average.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        let moved = self.bytes.saturating_sub(self.resumed_bytes) as f64;
        if seconds > 0.0 { moved / seconds } else { 0.0 }
    }
}

/// Counts for all objects of a transfer.
pub(super) struct Meter {
    progress: Option<Box<dyn Progress>>,
    counts: Mutex<Counts>,
}

struct Counts {
    now: Snapshot,
    start: Instant,
    /// How many objects there are whose length is unknown.
    unknown: u64,
    known_bytes: u64,
}

impl Meter {
    pub(super) fn new(progress: Option<Box<dyn Progress>>) -> Self {
        Self {
            progress,
            counts: Mutex::new(Counts {
                now: Snapshot::default(),
                start: Instant::now(),
                unknown: 0,
                known_bytes: 0,
            }),
        }
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) -> Snapshot {
        let mut counts = sync::lock(&self.counts);
        change(&mut counts);
        let total = (counts.unknown == 0).then_some(counts.known_bytes);
        counts.now.total_bytes = total;
        counts.now.elapsed = counts.start.elapsed();
        counts.now
    }

    pub(super) fn begun(&self, object: &str, bytes: Option<u64>) {
        self.count(|counts| {
            counts.now.begun_objects += 1;
            match bytes {
                Some(bytes) => counts.known_bytes = counts.known_bytes.saturating_add(bytes),
                None => counts.unknown += 1,
            }
        });
        if let Some(progress) = &self.progress {
            progress.begun(object, bytes);
        }
    }

    /// These bytes were there from an earlier try.
    pub(super) fn resumed(&self, bytes: u64) {
        self.moved(|counts| {
            counts.now.bytes = counts.now.bytes.saturating_add(bytes);
            counts.now.resumed_bytes = counts.now.resumed_bytes.saturating_add(bytes);
        });
    }

    pub(super) fn add(&self, bytes: u64) {
        self.moved(|counts| counts.now.bytes = counts.now.bytes.saturating_add(bytes));
    }

    fn take_back(&self, bytes: u64) {
        self.moved(|counts| counts.now.bytes = counts.now.bytes.saturating_sub(bytes));
    }

    fn moved(&self, change: impl FnOnce(&mut Counts)) {
        let now = self.count(change);
        if let Some(progress) = &self.progress {
            progress.moved(&now);
        }
    }

    pub(super) fn ended(&self, object: &str, error: Option<&Error>) {
        let done = u64::from(error.is_none());
        self.moved(|counts| counts.now.objects += done);
        if let Some(progress) = &self.progress {
            progress.ended(object, error);
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.count(|_| {})
    }
}

/// What is counted of a part, or of a whole object that has none. Nothing of one that failed remains.
pub(super) struct PartMeter {
    meter: Arc<Meter>,
    counted: AtomicU64,
}

impl PartMeter {
    pub(super) fn new(meter: &Arc<Meter>) -> Arc<Self> {
        Arc::new(Self {
            meter: meter.clone(),
            counted: AtomicU64::new(0),
        })
    }

    pub(super) fn add(&self, bytes: u64) {
        self.counted.fetch_add(bytes, Ordering::Relaxed);
        self.meter.add(bytes);
    }

    /// From the beginning again.
    pub(super) fn restart(&self) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        if counted > 0 {
            self.meter.take_back(counted);
        }
    }

    /// It is done, and has so many bytes.
    pub(super) fn settle(&self, bytes: u64) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        match bytes.checked_sub(counted) {
            Some(0) => {}
            Some(more) => self.meter.add(more),
            None => self.meter.take_back(counted - bytes),
        }
    }
}

impl Drop for PartMeter {
    fn drop(&mut self) {
        // a panic may be that of whoever would be told
        if !std::thread::panicking() {
            self.restart();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_failed_parts_are_taken_back() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let progress = move |now: &Snapshot| sink.lock().unwrap().push(now.bytes);
        let meter = Arc::new(Meter::new(Some(Box::new(progress))));
        meter.begun("o", Some(30));
        let part = PartMeter::new(&meter);
        part.add(10);
        part.add(5);
        part.restart();
        part.add(7);
        part.settle(10);
        PartMeter::new(&meter).add(3);
        assert_eq!(*seen.lock().unwrap(), [10, 15, 0, 7, 10, 13, 10]);
    }

    #[test]
    fn totals_are_known_once_all_lengths_are() {
        let meter = Meter::new(None);
        meter.begun("a", Some(30));
        assert_eq!(meter.snapshot().total_bytes, Some(30));
        meter.begun("b", None);
        let now = meter.snapshot();
        assert_eq!((now.total_bytes, now.begun_objects), (None, 2));
    }

    #[test]
    fn what_was_there_does_not_count_as_speed() {
        let now = Snapshot {
            bytes: 300,
            resumed_bytes: 100,
            elapsed: Duration::from_secs(2),
            ..Snapshot::default()
        };
        assert_eq!(now.rate(), 100.0);
        assert_eq!(Snapshot::default().rate(), 0.0);
    }
}
