//! How often and how long a call is attempted.

use std::time::Duration;

use super::chain::Source;
use super::values::RetryMode;
use super::{ConfigError, FROM_ONE, Settings, defaults, rows};

/// Checks the number of the program.
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
    /// The manner in which failed calls are retried.
    pub fn retry_mode(&self) -> RetryMode {
        self.value(|values| values.retry_mode).unwrap_or_default()
    }

    /// The maximum number of attempts, if that is set.
    pub fn max_attempts(&self) -> Option<u32> {
        self.value(|values| values.max_attempts)
    }

    /// How long a connection may take.
    pub fn connect_timeout(&self) -> Duration {
        let set = self.explicit.connect_timeout;
        set.unwrap_or_else(|| defaults::connect_timeout(self.defaults_mode))
    }

    /// How long the service may be silent.
    pub fn read_timeout(&self) -> Duration {
        let set = self.explicit.read_timeout;
        set.unwrap_or(Duration::from_secs(60))
    }

    /// How long a call may take, all its attempts and the time between them included, if that is limited.
    pub fn operation_timeout(&self) -> Option<Duration> {
        self.explicit.operation_timeout
    }

    /// How long one attempt may take, if that is limited.
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.explicit.attempt_timeout
    }
}
