//! How long a batch of which something was left waits before it is sent again, and how often it is.

use std::time::Duration;

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::settings::Settings;

use super::error::DynamoDbError;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(20);

/// Delays that double as long as something is left, of which a random part is waited.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    max_attempts: u32,
    /// How often in a row something was left.
    left: u32,
    /// How often in a row nothing was processed.
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

    /// How often in a row nothing may be processed.
    pub(super) fn set_max_attempts(&mut self, attempts: u32) {
        self.max_attempts = attempts.max(1);
    }

    /// Waits before the next attempt, if something was left by the one before.
    pub(super) fn wait(&self, settings: &Settings) {
        let Some(doublings) = self.left.checked_sub(1) else {
            return;
        };
        let delay = FIRST.saturating_mul(2_u32.saturating_pow(doublings));
        let delay = delay.min(LONGEST).mul_f64(settings.jitter());
        settings.pause(delay, &CancelToken::default());
    }

    /// Takes in what came of an attempt.
    ///
    /// # Errors
    ///
    /// It was the last one.
    pub(super) fn learn(&mut self, sent: usize, left: usize, table: &str) -> Result<()> {
        self.left = if left == 0 { 0 } else { self.left + 1 };
        self.idle = if left < sent { 0 } else { self.idle + 1 };
        match self.idle < self.max_attempts {
            true => Ok(()),
            false => {
                // whoever tries it once more begins anew
                let attempts = std::mem::take(&mut self.idle);
                let table = table.into();
                Err(DynamoDbError::TooBusy { table, attempts }.into())
            }
        }
    }
}
