//! A progress bar on a terminal, for what takes longer than a second.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tucuxi::Printable;
use tucuxi::transfer::{Progress, Snapshot};

use crate::terminal;

/// What takes less time has no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar on stderr, if that is a terminal. It is removed when it is dropped.
pub(crate) struct Bar {
    title: String,
    since: Instant,
    is_terminal: bool,
    is_shown: AtomicBool,
}

impl Bar {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            since: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
            is_shown: AtomicBool::new(false),
        }
    }

    /// Shows a title while something runs whose progress is not known.
    pub(crate) fn during<T>(title: String, run: impl FnOnce() -> T) -> T {
        let bar = Self::new(title);
        if !bar.is_terminal {
            return run();
        }
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(PATIENCE) {
                    bar.show(0, None);
                }
            });
            let found = run();
            drop(done);
            found
        })
    }

    /// Shows how much is done.
    pub(crate) fn show(&self, done: u64, total: Option<u64>) {
        if !self.is_terminal || self.since.elapsed() < PATIENCE {
            return;
        }
        self.is_shown.store(true, Ordering::Relaxed);
        let line = line(&self.title, done, total, terminal::width());
        let mut stderr = io::stderr();
        // a bar that cannot be shown is no failure
        let _ = write!(stderr, "\r{line}\x1b[K");
        let _ = stderr.flush();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if *self.is_shown.get_mut() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Progress for Bar {
    fn moved(&self, now: &Snapshot) {
        self.show(now.bytes, now.total_bytes);
    }
}

/// One line of at most this width.
fn line(title: &str, done: u64, total: Option<u64>, width: usize) -> String {
    let mut line = Printable(title).to_string();
    if let Some(total) = total.filter(|total| *total > 0) {
        let part = (u128::from(done.min(total)) * 100 / u128::from(total)) as usize;
        let cells = 20;
        let full = part * cells / 100;
        // cannot fail
        let _ = write!(
            line,
            "  [{}{}] {part}%",
            "#".repeat(full),
            " ".repeat(cells - full)
        );
    }
    line.chars().take(width.saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_on_a_line() {
        assert_eq!(line("a", 5, Some(10), 80), "a  [##########          ] 50%");
        assert_eq!(line("a", 50, Some(10), 10), "a  [#####");
        assert_eq!(line("a\x1b", 5, None, 80), "a\\u{1b}");
    }
}
