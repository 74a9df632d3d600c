//! Delays between batches, while the service leaves requests unprocessed.

use std::time::Duration;

use super::error::DynamoDbError;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::settings::Settings;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(20);

/// Exponential backoff with full jitter.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    max_attempts: u32,
    /// The number of consecutive batches of which some requests were left unprocessed.
    left: u32,
    /// The number of consecutive batches of which nothing was processed.
    idle: u32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            max_attempts: 10,
            left: 0,
            idle: 0,
        }
    }

    /// Sets how many consecutive batches may be left unprocessed.
    pub(super) fn set_max_attempts(&mut self, attempts: u32) {
        self.max_attempts = attempts.max(1);
    }

    /// Waits before the next batch, if the last one left requests unprocessed.
    pub(super) fn wait(&self, settings: &Settings) {
        if let Some(delay) = self.delay(settings) {
            settings.pause(delay, &CancelToken::default());
        }
    }

    /// Returns the delay before the next batch, if the last one left requests unprocessed.
    pub(super) fn delay(&self, settings: &Settings) -> Option<Duration> {
        let doublings = self.left.checked_sub(1)?;
        let delay = FIRST.saturating_mul(2_u32.saturating_pow(doublings));
        Some(delay.min(LONGEST).mul_f64(settings.jitter()))
    }

    /// Records the outcome of a batch.
    ///
    /// # Errors
    ///
    /// Returns an error if this was the last attempt.
    pub(super) fn record(&mut self, sent: usize, left: usize, table: &str) -> Result<()> {
        self.left = if left == 0 { 0 } else { self.left + 1 };
        self.idle = if left < sent { 0 } else { self.idle + 1 };
        match self.idle < self.max_attempts {
            true => Ok(()),
            false => {
                // a program that tries once more starts again at zero
                let attempts = std::mem::take(&mut self.idle);
                let table = table.into();
                Err(DynamoDbError::TooBusy { table, attempts }.into())
            }
        }
    }
}
