//! How often, how long and in what manner a call is tried.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::chain::{self, Chain, Row};
use super::values::RetryMode;
use super::{Config, ConfigBuilder, ConfigError, word};
use crate::cancel::CancelToken;

/// How calls are tried.
#[derive(Clone, Debug)]
pub(super) struct RetrySettings {
    pub(super) mode: RetryMode,
    pub(super) choice: Choice,
}

/// What the program says of trying.
#[derive(Clone, Default)]
pub(super) struct Choice {
    operation_timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    jitter: Option<Arc<dyn Fn() -> f64 + Send + Sync>>,
    sleep: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice")
            .field("operation_timeout", &self.operation_timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .finish_non_exhaustive()
    }
}

pub(super) const MODE: Row = chain::row("retry_mode", &["AWS_RETRY_MODE"]);

impl Choice {
    pub(super) fn settings(&self, chain: &Chain<'_>) -> Result<RetrySettings, ConfigError> {
        Ok(RetrySettings {
            mode: word(chain, &MODE, RetryMode::VALUES)?,
            choice: self.clone(),
        })
    }
}

impl Config {
    /// In what manner failed calls are tried again.
    pub fn retry_mode(&self) -> RetryMode {
        self.0.settings.retry.mode
    }

    /// How long a call may take, all its attempts and the time between them included, if that is limited.
    pub fn operation_timeout(&self) -> Option<Duration> {
        self.0.settings.retry.choice.operation_timeout
    }

    /// How long one attempt may take, if that is limited.
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.0.settings.retry.choice.attempt_timeout
    }

    /// A number in `[0, 1)`: which part of a delay is waited.
    pub(crate) fn jitter(&self) -> f64 {
        match &self.0.settings.retry.choice.jitter {
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

    /// What waits in place of the thread.
    pub(crate) fn sleeper(&self) -> Option<&(dyn Fn(Duration) + Send + Sync)> {
        self.0.settings.retry.choice.sleep.as_deref()
    }
}

impl ConfigBuilder {
    /// In what manner failed calls are tried again.
    pub fn retry_mode(self, mode: RetryMode) -> Self {
        self.set(&MODE, mode.as_str())
    }

    /// How long a call may take, all its attempts and the time between them included. A streaming body is not, once it
    /// has begun.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.retry.operation_timeout = Some(timeout);
        self
    }

    /// How long one attempt may take.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.retry.attempt_timeout = Some(timeout);
        self
    }

    /// Which part of the greatest delay is waited before another attempt, in place of chance: for tests.
    pub fn jitter(mut self, part: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.retry.jitter = Some(Arc::new(part));
        self
    }

    /// What waits between attempts in place of the thread: for tests.
    pub fn sleep(mut self, wait: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.retry.sleep = Some(Arc::new(wait));
        self
    }
}
