//! The progress line on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tucuxi::transfer::Snapshot;

use super::human;

/// Erases what the terminal shows from here to the end of the line.
const ERASE: &str = "\x1b[K";

/// What is to be transferred, as far as it is known.
#[derive(Clone, Default)]
pub(super) struct Totals(Arc<Counts>);

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    files: AtomicU64,
    ended: AtomicU64,
    is_final: AtomicBool,
}

impl Totals {
    pub(super) fn add(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.0.files.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ended(&self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything is known.
    pub(super) fn finish(&self) {
        self.0.is_final.store(true, Ordering::Relaxed);
    }

    fn text(&self, now: &Snapshot) -> String {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (bytes, files, ended) = (
            load(&self.0.bytes),
            load(&self.0.files),
            load(&self.0.ended),
        );
        let is_final = self.0.is_final.load(Ordering::Relaxed);
        let about = if is_final { "" } else { "~" };
        let remaining = format!("{about}{} file(s) remaining", files.saturating_sub(ended));
        let calculating = if is_final { "" } else { " (calculating...)" };
        if bytes == 0 {
            return format!("Completed {ended} file(s) with {remaining}{calculating}");
        }
        let rate = now.rate();
        let left = bytes.saturating_sub(now.bytes) as f64;
        let eta = Duration::try_from_secs_f64(left / rate).ok();
        format!(
            "Completed {}/{about}{} ({}/s) with {remaining}{calculating}{}",
            human::size(now.bytes),
            human::size(bytes),
            human::size(rate as u64),
            eta.map_or(String::new(), |eta| format!(", ETA {}", clock(eta))),
        )
    }
}

/// A duration as minutes and seconds, or hours, minutes and seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

pub(super) struct Progress {
    interval: Duration,
    is_multiline: bool,
    totals: Totals,
    width: usize,
    last: Option<Instant>,
    /// Whether a line is shown.
    is_shown: bool,
}

impl Progress {
    /// Creates the progress line of a terminal of this width.
    pub(super) fn new(seconds: u64, is_multiline: bool, totals: Totals, width: usize) -> Self {
        Self {
            interval: Duration::from_secs(seconds),
            is_multiline,
            totals,
            width,
            last: None,
            is_shown: false,
        }
    }

    /// Returns what is printed for new numbers, if it is time for it.
    pub(super) fn update(&mut self, now: &Snapshot) -> Option<String> {
        if self.last.is_some_and(|last| last.elapsed() < self.interval) {
            return None;
        }
        self.last = Some(Instant::now());
        let mut text = self.totals.text(now);
        if self.is_multiline {
            return Some(text + "\n");
        }
        // a line that is wrapped could not be replaced; the terminal may show a ^C after it
        text.truncate(self.width.saturating_sub(3));
        self.is_shown = true;
        Some(format!("\r{text}{ERASE}"))
    }

    /// Returns what removes the line, if one is shown.
    pub(super) fn clear(&mut self) -> Option<String> {
        std::mem::take(&mut self.is_shown).then(|| format!("\r{ERASE}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_that_of_aws_with_an_eta() {
        let totals = Totals::default();
        totals.add(0);
        assert_eq!(
            totals.text(&Snapshot::default()),
            "Completed 0 file(s) with ~1 file(s) remaining (calculating...)"
        );
        totals.add(3 * 1024 * 1024);
        totals.ended();
        totals.finish();
        let mut now = Snapshot::default();
        (now.bytes, now.elapsed) = (1024 * 1024, Duration::from_secs(1));
        assert_eq!(
            totals.text(&now),
            "Completed 1.0 MiB/3.0 MiB (1.0 MiB/s) with 1 file(s) remaining, ETA 0:02"
        );
    }

    #[test]
    fn a_line_leaves_nothing_of_another() {
        let mut progress = Progress::new(0, false, Totals::default(), 20);
        assert_eq!(progress.clear(), None);
        let line = progress.update(&Snapshot::default()).unwrap();
        assert_eq!(line, format!("\r{}{ERASE}", "Completed 0 file("));
        assert_eq!(progress.clear().as_deref(), Some("\r\x1b[K"));
        assert_eq!(progress.clear(), None);
    }

    #[test]
    fn clock_shows_hours_if_there_are_any() {
        for (seconds, expected) in [(0.2, "0:01"), (75.0, "1:15"), (3675.0, "1:01:15")] {
            assert_eq!(clock(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
