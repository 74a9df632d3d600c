//! Progress of transfers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sync;

/// Receives progress reports, on the worker threads. Implementations must not block.
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
/// It is also implemented by closures that take a [`Snapshot`].
pub trait Progress: Send + Sync {
    /// Called after bytes were sent or received, or after those of a failed part were subtracted. Calls are at least
    /// [`progress_interval`](super::TransferConfig::progress_interval) apart, except for the last one, which comes at the end
    /// of the transfer.
    fn moved(&self, now: &Snapshot);

    /// Called when an object begins. Its size may be unknown.
    fn begun(&self, object: &str, bytes: Option<u64>) {
        let _ = (object, bytes);
    }

    /// Called when an object is done or has failed.
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

/// The progress of a transfer of one or many objects.
///
/// ```
/// use tucuxi::transfer::Snapshot;
///
/// fn line(now: &Snapshot) -> String {
///     match now.eta() {
///         Some(eta) => format!("{} bytes, {} s left", now.bytes, eta.as_secs()),
///         None => format!("{} bytes", now.bytes),
///     }
/// }
///
/// assert_eq!(line(&Snapshot::default()), "0 bytes");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The number of bytes that were sent or received, including those that were resumed.
    pub bytes: u64,
    /// The size of all objects that have begun, or `None` if one of them is unknown.
    pub total_bytes: Option<u64>,
    /// The number of objects that are done.
    pub objects: u64,
    /// The number of objects that have begun.
    pub begun_objects: u64,
    /// The number of bytes that an earlier process had transferred.
    pub resumed_bytes: u64,
    /// The time since the transfer began.
    pub elapsed: Duration,
    /// The smoothed rate, in bytes per second.
    recent_rate: Option<f64>,
}

impl Snapshot {
    /// Returns the bytes per second during the last few seconds, smoothed.
    ///
    /// ```
    /// use tucuxi::transfer::Snapshot;
    ///
    /// fn shown(now: &Snapshot) -> String {
    ///     format!("{:.0} bytes a second", now.rate())
    /// }
    /// assert_eq!(shown(&Snapshot::default()), "0 bytes a second");
    /// ```
    pub fn rate(&self) -> f64 {
        self.recent_rate.unwrap_or_else(|| self.average_rate())
    }

    /// Returns the bytes per second since the transfer began.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tucuxi::transfer::Snapshot;
    /// # let mut now = Snapshot::default();
    /// # (now.bytes, now.total_bytes, now.elapsed) = (1000, Some(3000), Duration::from_secs(2));
    /// assert_eq!(now.average_rate(), 500.0); // 1000 bytes in 2 seconds
    /// ```
    pub fn average_rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        match seconds > 0.0 {
            true => self.moved_bytes() as f64 / seconds,
            false => 0.0,
        }
    }

    /// Returns the estimated time that the objects which have begun still take, or `None` if their size or the rate is not
    /// known yet.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tucuxi::transfer::Snapshot;
    /// # let mut now = Snapshot::default();
    /// # (now.bytes, now.total_bytes, now.elapsed) = (1000, Some(3000), Duration::from_secs(2));
    /// assert_eq!(now.eta(), Some(Duration::from_secs(4))); // 1000 of 3000 bytes in 2 seconds
    /// ```
    pub fn eta(&self) -> Option<Duration> {
        let left = self.total_bytes?.saturating_sub(self.bytes);
        match self.rate() {
            _ if left == 0 => Some(Duration::ZERO),
            rate if rate > 0.0 => Duration::try_from_secs_f64(left as f64 / rate).ok(),
            _ => None,
        }
    }

    /// The number of bytes that this process transferred.
    fn moved_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.resumed_bytes)
    }
}

/// Smooths the rate: an exponential moving average of samples.
#[derive(Debug, Default)]
struct Smoother {
    /// When the last sample was taken.
    at: Duration,
    /// The bytes by then.
    bytes: u64,
    rate: Option<f64>,
}

impl Smoother {
    /// The shortest time between samples.
    const SAMPLE: Duration = Duration::from_millis(250);
    /// The time constant of the average, in seconds.
    const SECONDS: f64 = 3.0;

    /// How much a sample counts after so many time constants: 1 - 1/exp(x), with a few terms of its series. The exponential of `std` is
    /// in a library of the system, which would be loaded whenever the command starts.
    fn weight(x: f64) -> f64 {
        1.0 - 1.0 / (1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0))))
    }

    fn update(&mut self, elapsed: Duration, bytes: u64) -> Option<f64> {
        let since = elapsed.saturating_sub(self.at);
        if since >= Self::SAMPLE {
            let seconds = since.as_secs_f64();
            let sample = bytes.saturating_sub(self.bytes) as f64 / seconds;
            let weight = Self::weight(seconds / Self::SECONDS);
            let smoothed = |rate| rate + weight * (sample - rate);
            self.rate = Some(self.rate.map_or(sample, smoothed));
            (self.at, self.bytes) = (elapsed, bytes);
        }
        self.rate
    }
}

/// Counts the bytes and objects of a transfer.
pub(super) struct Meter {
    progress: Option<Box<dyn Progress>>,
    /// The shortest time between two reports.
    interval: Duration,
    counts: Mutex<Counts>,
}

struct Counts {
    now: Snapshot,
    start: Instant,
    smoother: Smoother,
    /// When the last report was made.
    reported: Option<Duration>,
    has_unreported: bool,
    /// The number of objects of unknown size.
    unknown: u64,
    known_bytes: u64,
}

impl Counts {
    fn update(&mut self) {
        self.now.total_bytes = (self.unknown == 0).then_some(self.known_bytes);
        self.now.elapsed = self.start.elapsed();
        let (elapsed, moved) = (self.now.elapsed, self.now.moved_bytes());
        self.now.recent_rate = self.smoother.update(elapsed, moved);
    }

    /// Returns what to report, if it is due or forced.
    fn due(&mut self, is_due: impl FnOnce(Duration) -> bool) -> Option<Snapshot> {
        let elapsed = self.now.elapsed;
        let is_due = self
            .reported
            .is_none_or(|at| is_due(elapsed.saturating_sub(at)));
        self.has_unreported = !is_due;
        is_due.then(|| {
            self.reported = Some(elapsed);
            self.now
        })
    }
}

impl Meter {
    pub(super) fn new(progress: Option<Box<dyn Progress>>, interval: Duration) -> Self {
        Self {
            progress,
            interval,
            counts: Mutex::new(Counts {
                now: Snapshot::default(),
                start: Instant::now(),
                smoother: Smoother::default(),
                reported: None,
                has_unreported: false,
                unknown: 0,
                known_bytes: 0,
            }),
        }
    }

    pub(super) fn begun(&self, object: &str, bytes: Option<u64>) {
        {
            let mut counts = sync::lock(&self.counts);
            counts.now.begun_objects += 1;
            match bytes {
                Some(bytes) => counts.known_bytes = counts.known_bytes.saturating_add(bytes),
                None => counts.unknown += 1,
            }
        }
        if let Some(progress) = &self.progress {
            progress.begun(object, bytes);
        }
    }

    /// Adds bytes that an earlier process had transferred.
    pub(super) fn resumed(&self, bytes: u64) {
        self.moved(|now| {
            now.bytes = now.bytes.saturating_add(bytes);
            now.resumed_bytes = now.resumed_bytes.saturating_add(bytes);
        });
    }

    pub(super) fn add(&self, bytes: u64) {
        self.moved(|now| now.bytes = now.bytes.saturating_add(bytes));
    }

    fn subtract(&self, bytes: u64) {
        self.moved(|now| now.bytes = now.bytes.saturating_sub(bytes));
    }

    fn moved(&self, change: impl FnOnce(&mut Snapshot)) {
        let due = {
            let mut counts = sync::lock(&self.counts);
            change(&mut counts.now);
            counts.update();
            counts.due(|since| since >= self.interval)
        };
        self.report(due);
    }

    fn report(&self, due: Option<Snapshot>) {
        if let (Some(progress), Some(now)) = (&self.progress, due) {
            progress.moved(&now);
        }
    }

    /// Reports what has not been reported yet, at the end of a transfer.
    pub(super) fn flush(&self) {
        let due = {
            let mut counts = sync::lock(&self.counts);
            match counts.has_unreported {
                true => counts.due(|_| true),
                false => None,
            }
        };
        self.report(due);
    }

    pub(super) fn ended(&self, object: &str, error: Option<&Error>) {
        let done = u64::from(error.is_none());
        self.moved(|now| now.objects += done);
        if let Some(progress) = &self.progress {
            progress.ended(object, error);
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let mut counts = sync::lock(&self.counts);
        counts.update();
        counts.now
    }
}

/// Counts the bytes of a part, or of a whole object. The bytes of a failed part are subtracted.
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

    /// Subtracts everything that was counted.
    pub(super) fn restart(&self) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        if counted > 0 {
            self.meter.subtract(counted);
        }
    }

    /// Completes the part, which has `bytes` bytes.
    pub(super) fn complete(&self, bytes: u64) {
        let counted = self.counted.swap(0, Ordering::Relaxed);
        match bytes.checked_sub(counted) {
            Some(0) => {}
            Some(more) => self.meter.add(more),
            None => self.meter.subtract(counted - bytes),
        }
    }
}

impl Drop for PartMeter {
    fn drop(&mut self) {
        // the panic may be that of the progress callback
        if !std::thread::panicking() {
            self.restart();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_failed_parts_are_subtracted() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let progress = move |now: &Snapshot| sink.lock().unwrap().push(now.bytes);
        let meter = Arc::new(Meter::new(Some(Box::new(progress)), Duration::ZERO));
        meter.begun("o", Some(30));
        let part = PartMeter::new(&meter);
        part.add(10);
        part.add(5);
        part.restart();
        part.add(7);
        part.complete(10);
        PartMeter::new(&meter).add(3);
        assert_eq!(*seen.lock().unwrap(), [10, 15, 0, 7, 10, 13, 10]);
    }

    #[test]
    fn total_is_known_if_all_sizes_are() {
        let meter = Meter::new(None, Duration::ZERO);
        meter.begun("a", Some(30));
        assert_eq!(meter.snapshot().total_bytes, Some(30));
        meter.begun("b", None);
        let now = meter.snapshot();
        assert_eq!((now.total_bytes, now.begun_objects), (None, 2));
    }

    #[test]
    fn resumed_bytes_do_not_count_for_the_rate() {
        let now = Snapshot {
            bytes: 300,
            resumed_bytes: 100,
            elapsed: Duration::from_secs(2),
            ..Snapshot::default()
        };
        assert_eq!(now.rate(), 100.0);
        assert_eq!(Snapshot::default().rate(), 0.0);
    }

    #[test]
    fn reports_are_spaced_and_the_last_one_is_made() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let progress = move |now: &Snapshot| sink.lock().unwrap().push(now.bytes);
        let meter = Meter::new(Some(Box::new(progress)), Duration::from_secs(1_000));
        for _ in 0..1_000 {
            meter.add(1);
        }
        assert_eq!(*seen.lock().unwrap(), [1]);
        meter.flush();
        meter.flush();
        assert_eq!(*seen.lock().unwrap(), [1, 1_000]);
    }

    #[test]
    fn a_sample_counts_as_much_as_with_the_exponential() {
        for x in [0.0, 0.05, 0.1, 0.5, 1.0, 2.0, 3.0, 3.5, 5.0, 20.0, 1e9] {
            let (weight, exact) = (Smoother::weight(x), 1.0 - (-x).exp());
            assert!((weight - exact).abs() < 0.012, "{x}: {weight} {exact}");
        }
    }

    #[test]
    fn rate_follows_a_change_smoothly() {
        let mut smoother = Smoother::default();
        let at = Duration::from_millis;
        assert_eq!(smoother.update(at(100), 100), None);
        assert_eq!(smoother.update(at(1_000), 1_000), Some(1_000.0));
        // one sample of nothing does not make it 0, and a minute does
        let paused = smoother.update(at(1_500), 1_000).unwrap();
        assert!((800.0..900.0).contains(&paused), "{paused}");
        assert!(smoother.update(at(60_000), 1_000).unwrap() < 1.0);
        // bytes that are subtracted are no negative rate
        assert!(smoother.update(at(61_000), 0).unwrap() >= 0.0);
    }

    #[test]
    fn eta_is_known_with_size_and_rate() {
        let now = |bytes, total_bytes, recent_rate| Snapshot {
            bytes,
            total_bytes,
            recent_rate,
            ..Snapshot::default()
        };
        for (now, expected) in [
            (now(50, Some(100), Some(10.0)), Some(5)),
            (now(50, Some(100), None), None),
            (now(50, None, Some(10.0)), None),
            (now(100, Some(100), None), Some(0)),
            (now(0, Some(u64::MAX), Some(f64::MIN_POSITIVE)), None),
        ] {
            assert_eq!(now.eta(), expected.map(Duration::from_secs), "{now:?}");
        }
    }
}
