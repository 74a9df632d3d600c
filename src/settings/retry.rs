//! Retry mode, attempts and timeouts.

use std::time::Duration;

use super::chain::Source;
use super::values::RetryMode;
use super::{ConfigError, FROM_ONE, Settings, defaults, rows};

/// Checks the value of the program.
pub(super) fn check_explicit(attempts: Option<u32>) -> Result<(), ConfigError> {
    match attempts {
        Some(0) => Err(ConfigError::Value {
            key: rows::MAX_ATTEMPTS.key,
            value: "0".into(),
            from: Source::Builder.to_string(),
            expected: FROM_ONE,
        }),
        _ => Ok(()),
    }
}

impl Settings {
    /// Returns the retry mode.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RetryMode;
    ///
    /// let config = Config::builder().environment([("AWS_RETRY_MODE", "adaptive")]).build()?;
    /// assert_eq!(config.retry_mode(), RetryMode::Adaptive);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn retry_mode(&self) -> RetryMode {
        self.value(|values| values.retry_mode).unwrap_or_default()
    }

    /// Returns the maximum number of attempts, if it is set.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_MAX_ATTEMPTS", "5")]).build()?;
    /// assert_eq!(config.max_attempts(), Some(5));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_attempts(&self) -> Option<u32> {
        self.value(|values| values.max_attempts)
    }

    /// Returns the timeout for opening a connection.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().connect_timeout(Duration::from_secs(2)).build()?;
    /// assert_eq!(config.connect_timeout(), Duration::from_secs(2));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn connect_timeout(&self) -> Duration {
        let set = self.explicit.connect_timeout;
        set.unwrap_or_else(|| defaults::connect_timeout(self.defaults_mode))
    }

    /// Returns the longest wait for bytes of a response.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().build()?;
    /// assert_eq!(config.read_timeout(), Duration::from_secs(60));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn read_timeout(&self) -> Duration {
        let set = self.explicit.read_timeout;
        set.unwrap_or(Duration::from_secs(60))
    }

    /// Returns the timeout of a call with all its attempts and the delays between them, if there is one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().operation_timeout(Duration::from_secs(60)).build()?;
    /// assert_eq!(config.operation_timeout(), Some(Duration::from_secs(60)));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn operation_timeout(&self) -> Option<Duration> {
        self.explicit.operation_timeout
    }

    /// Returns the timeout of one attempt, if there is one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().attempt_timeout(Duration::from_secs(20)).build()?;
    /// assert_eq!(config.attempt_timeout(), Some(Duration::from_secs(20)));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.explicit.attempt_timeout
    }
}
