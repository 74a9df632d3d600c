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
    pub fn retry_mode(&self) -> RetryMode {
        self.value(|values| values.retry_mode).unwrap_or_default()
    }

    /// Returns the maximum number of attempts, if it is set.
    pub fn max_attempts(&self) -> Option<u32> {
        self.value(|values| values.max_attempts)
    }

    /// Returns the timeout for opening a connection.
    pub fn connect_timeout(&self) -> Duration {
        let set = self.explicit.connect_timeout;
        set.unwrap_or_else(|| defaults::connect_timeout(self.defaults_mode))
    }

    /// Returns the longest wait for bytes of a response.
    pub fn read_timeout(&self) -> Duration {
        let set = self.explicit.read_timeout;
        set.unwrap_or(Duration::from_secs(60))
    }

    /// Returns the timeout of a call with all its attempts and the delays between them, if there is one.
    pub fn operation_timeout(&self) -> Option<Duration> {
        self.explicit.operation_timeout
    }

    /// Returns the timeout of one attempt, if there is one.
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.explicit.attempt_timeout
    }
}
