//! Retries, timeouts, and the clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ConfigBuilder;
use crate::settings::{DefaultsMode, RetryMode};
use crate::transport::Throughput;

impl ConfigBuilder {
    /// Sets the set of defaults.
    pub fn defaults_mode(mut self, mode: DefaultsMode) -> Self {
        self.explicit.values.defaults_mode = Some(mode);
        self
    }

    /// Sets the retry mode.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RetryMode;
    ///
    /// let config = Config::builder().isolated().retry_mode(RetryMode::Adaptive).max_attempts(10).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.explicit.values.retry_mode = Some(mode);
        self
    }

    /// Sets the maximum number of attempts of a call, including the first one.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.explicit.values.max_attempts = Some(attempts);
        self
    }

    /// Sets the timeout for opening a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.connect_timeout = Some(timeout);
        self
    }

    /// Sets the longest wait for bytes of a response.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.read_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of a call with all its attempts and the delays between them. It does not include the time in which the
    /// program reads a streaming body.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder()
    ///     .isolated()
    ///     .operation_timeout(Duration::from_secs(60))
    ///     .attempt_timeout(Duration::from_secs(20))
    ///     .build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.operation_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of one attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the minimum throughput of bodies: a lower throughput for the time of `grace` is an error. Zero bytes switch the limit
    /// off. Event streams have no limit.
    ///
    /// The default is one byte a second with a grace of twenty seconds for streaming bodies, as in other SDKs. For a response that
    /// is read whole it is 1 KiB a second with a grace of fifteen read timeouts, as some services send single bytes while they
    /// work.
    pub fn min_throughput(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.explicit.throughput = Some((bytes_per_second > 0).then_some(Throughput {
            bytes_per_second,
            grace,
        }));
        self
    }

    /// Sets the largest correction of the clock. The default is 24 hours; zero switches the correction off. A service that refuses
    /// the time of a signature reports its own time, which could be forged.
    pub fn max_clock_skew(mut self, limit: Duration) -> Self {
        self.explicit.max_clock_skew = Some(limit);
        self
    }

    /// Reads the time from this function in place of the system's clock.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.explicit.world.clock = Some(Arc::new(now));
        self
    }

    /// Uses this function in place of random numbers for the delay before a retry: it returns a part of the maximum, in `[0, 1)`.
    /// For tests.
    pub fn jitter(mut self, part: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.explicit.world.jitter = Some(Arc::new(part));
        self
    }

    /// Uses this function in place of blocking the thread between attempts. For tests.
    pub fn sleep(mut self, wait: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.explicit.world.sleep = Some(Arc::new(wait));
        self
    }
}
