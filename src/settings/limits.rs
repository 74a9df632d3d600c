//! Limits that protect from broken or malicious servers. No real service reaches them.

use std::time::Duration;

use super::Settings;
use crate::transport::Throughput;

/// The longest documents of services have some megabytes. A program that reads larger objects into memory must raise the limit.
const RESPONSE_SIZE: u64 = 512 * 1024 * 1024;

/// A clock that is set to another day or time zone is corrected. A larger skew may be a forged response.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// The minimum throughput of a response that is read into memory.
const WHOLE_BYTES_PER_SECOND: u64 = 1024;
const WHOLE_GRACE: u32 = 15;

impl Settings {
    /// Returns the minimum throughput of streaming bodies, if there is one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().min_throughput(0, Duration::ZERO).build()?;
    /// assert_eq!(config.min_throughput(), None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn min_throughput(&self) -> Option<Throughput> {
        let set = self.explicit.throughput;
        set.unwrap_or_else(|| Some(Throughput::default()))
    }

    /// Returns the minimum throughput of responses that are read into memory, if there is one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().read_timeout(Duration::from_secs(10)).build()?;
    /// let limit = config.min_whole_throughput().unwrap();
    /// assert_eq!((limit.bytes_per_second, limit.grace), (1024, Duration::from_secs(150)));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn min_whole_throughput(&self) -> Option<Throughput> {
        let default = || Throughput {
            bytes_per_second: WHOLE_BYTES_PER_SECOND,
            grace: self.read_timeout().saturating_mul(WHOLE_GRACE),
        };
        let set = self.explicit.throughput;
        set.unwrap_or_else(|| Some(default()))
    }

    /// Returns the maximum length of responses that are read into memory.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.max_response_size(), 512 * 1024 * 1024);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_response_size(&self) -> u64 {
        self.explicit.max_response_size.unwrap_or(RESPONSE_SIZE)
    }

    /// Returns the largest clock skew that is corrected.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.max_clock_skew(), Duration::from_secs(24 * 60 * 60));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_clock_skew(&self) -> Duration {
        self.explicit.max_clock_skew.unwrap_or(CLOCK_SKEW)
    }
}
