//! How often a call is attempted, and how long it and its parts may take.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ConfigBuilder;
use crate::settings::{DefaultsMode, RetryMode};
use crate::transport::Throughput;

impl ConfigBuilder {
    /// Which set of defaults is used.
    pub fn defaults_mode(mut self, mode: DefaultsMode) -> Self {
        self.explicit.values.defaults_mode = Some(mode);
        self
    }

    /// In what manner failed calls are tried again.
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.explicit.values.retry_mode = Some(mode);
        self
    }

    /// How often a call is tried in all, the first time included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.explicit.values.max_attempts = Some(attempts);
        self
    }

    /// How long a connection may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.connect_timeout = Some(timeout);
        self
    }

    /// How long the service may be silent.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.read_timeout = Some(timeout);
        self
    }

    /// How long a call may take, all its attempts and the time between them included. A streaming body is not, once it
    /// has begun.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.operation_timeout = Some(timeout);
        self
    }

    /// How long one attempt may take.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.attempt_timeout = Some(timeout);
        self
    }

    /// The least that a body must flow: fewer bytes a second for as long as `grace` break the connection. Zero bytes for no
    /// such limit. Streams of events have none.
    ///
    /// By default that is one byte and twenty seconds for streaming bodies, as in other SDKs. A response that is read whole
    /// must flow 1 KiB a second for as long as fifteen read timeouts: some services send a byte now and then while they work.
    pub fn min_throughput(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.explicit.throughput = Some((bytes_per_second > 0).then_some(Throughput {
            bytes_per_second,
            grace,
        }));
        self
    }

    /// By how much the clock is corrected at most; by default 24 hours, and zero for never. A service that refuses a
    /// signature for its time says its own time, and one that claims to be a service may say any.
    pub fn max_clock_skew(mut self, limit: Duration) -> Self {
        self.explicit.max_clock_skew = Some(limit);
        self
    }

    /// Reads the time from this function in place of the system's clock.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.explicit.world.clock = Some(Arc::new(now));
        self
    }

    /// Which part of the greatest delay is waited before another attempt, in place of chance: for tests.
    pub fn jitter(mut self, part: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.explicit.world.jitter = Some(Arc::new(part));
        self
    }

    /// What waits between attempts in place of the thread: for tests.
    pub fn sleep(mut self, wait: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.explicit.world.sleep = Some(Arc::new(wait));
        self
    }
}
