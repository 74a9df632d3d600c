//! Access to the outside world, which the program may replace: the clock, jitter, delays, and the prompt for an MFA code.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Settings, lookup};
use crate::cancel::CancelToken;

type Clock = dyn Fn() -> SystemTime + Send + Sync;
type Jitter = dyn Fn() -> f64 + Send + Sync;
type Sleep = dyn Fn(Duration) + Send + Sync;
type Prompt = dyn Fn(&str) -> io::Result<String> + Send + Sync;

/// The program's replacements. They are functions of plain values, so that they depend on no higher module.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) clock: Option<Arc<Clock>>,
    pub(crate) jitter: Option<Arc<Jitter>>,
    pub(crate) sleep: Option<Arc<Sleep>>,
    pub(crate) mfa: Option<Arc<Prompt>>,
}

impl World {
    /// Returns the prompt for the code of an MFA device. By default it is on the terminal, without echo.
    pub(super) fn prompt(&self) -> Arc<Prompt> {
        (self.mfa.clone()).unwrap_or_else(|| Arc::new(lookup::ask_on_terminal))
    }
}

impl Settings {
    /// Returns the current time.
    pub(crate) fn now(&self) -> SystemTime {
        match &self.explicit.world.clock {
            Some(clock) => clock(),
            None => SystemTime::now(),
        }
    }

    /// Returns the fraction of a delay to wait, a number in `[0, 1)`.
    pub(crate) fn jitter(&self) -> f64 {
        match &self.explicit.world.jitter {
            Some(jitter) => match jitter() {
                part if part.is_nan() => 0.0,
                part => part.clamp(0.0, 1.0),
            },
            None => crate::random::unit(),
        }
    }

    /// Waits for this delay, or until the token is cancelled.
    pub(crate) fn pause(&self, delay: Duration, cancel: &CancelToken) {
        match self.sleeper() {
            Some(sleep) => sleep(delay),
            None => cancel.wait(delay),
        }
    }

    /// Returns the function that replaces blocking the thread, if the program sets one.
    pub(crate) fn sleeper(&self) -> Option<&(dyn Fn(Duration) + Send + Sync)> {
        self.explicit.world.sleep.as_deref()
    }
}
