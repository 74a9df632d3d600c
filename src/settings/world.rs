//! The world outside, as a program may replace it: the clock, chance, the wait between attempts, and the prompt for a code.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Settings, lookup};
use crate::cancel::CancelToken;

type Clock = dyn Fn() -> SystemTime + Send + Sync;
type Jitter = dyn Fn() -> f64 + Send + Sync;
type Sleep = dyn Fn(Duration) + Send + Sync;
type Prompt = dyn Fn(&str) -> io::Result<String> + Send + Sync;

/// The parts that the program replaces. They are functions of plain values, so that they need no room above this one.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) clock: Option<Arc<Clock>>,
    pub(crate) jitter: Option<Arc<Jitter>>,
    pub(crate) sleep: Option<Arc<Sleep>>,
    pub(crate) mfa: Option<Arc<Prompt>>,
}

impl World {
    /// The prompt for the code of an MFA device. By default the terminal, if there is one; what is typed is not shown.
    pub(super) fn prompt(&self) -> Arc<Prompt> {
        (self.mfa.clone()).unwrap_or_else(|| Arc::new(lookup::ask_on_terminal))
    }
}

impl Settings {
    /// The time, as signatures have it.
    pub(crate) fn now(&self) -> SystemTime {
        match &self.explicit.world.clock {
            Some(clock) => clock(),
            None => SystemTime::now(),
        }
    }

    /// A number in `[0, 1)`: the part of a delay that is waited.
    pub(crate) fn jitter(&self) -> f64 {
        match &self.explicit.world.jitter {
            Some(jitter) => match jitter() {
                part if part.is_nan() => 0.0,
                part => part.clamp(0.0, 1.0),
            },
            None => crate::random::unit(),
        }
    }

    /// Waits, unless the token is cancelled.
    pub(crate) fn pause(&self, delay: Duration, cancel: &CancelToken) {
        match self.sleeper() {
            Some(sleep) => sleep(delay),
            None => cancel.wait(delay),
        }
    }

    /// The function that waits in place of the thread.
    pub(crate) fn sleeper(&self) -> Option<&(dyn Fn(Duration) + Send + Sync)> {
        self.explicit.world.sleep.as_deref()
    }
}
