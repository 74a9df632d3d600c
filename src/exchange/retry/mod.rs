//! Retries: the number of attempts and their delays, in the three retry modes of the AWS SDKs.

mod limiter;
mod quota;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::limiter::Limiter;
use self::quota::Quota;
use crate::call::RetryRule;
use crate::error::{RetriesEnded, RetryReason};
use crate::settings::RetryMode;

/// The retry quota and the rate limiter that all calls of a client to a service share within a partition.
#[derive(Debug, Default)]
pub(crate) struct RetryState {
    quota: Quota,
    limiter: Limiter,
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Retries {
    shared: Arc<RetryState>,
    mode: RetryMode,
    rule: RetryRule,
    /// Whether the operation is a long poll.
    long_polling: bool,
    attempt: u32,
    max_attempts: u32,
    /// The quota that the last retry took.
    spent: u32,
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// A retry after this delay.
    After(Duration),
    /// The error is returned after this delay.
    Never(RetriesEnded, Duration),
}

/// The maximum delay, in seconds.
const MAX_DELAY: f64 = 20.0;

/// How much longer than the computed delay the service may request.
const MAX_RETRY_AFTER_EXCESS: Duration = Duration::from_secs(5);

impl Retries {
    /// Creates the attempts of a call. `max_attempts` is the setting, if it is set.
    pub(super) fn new(
        shared: Arc<RetryState>,
        mode: RetryMode,
        rule: RetryRule,
        long_polling: bool,
        max_attempts: Option<u32>,
    ) -> Self {
        let attempts = match mode {
            RetryMode::Legacy => rule.legacy_attempts,
            RetryMode::Adaptive | RetryMode::Standard => rule.attempts,
        };
        Self {
            shared,
            mode,
            rule,
            long_polling,
            attempt: 1,
            max_attempts: max_attempts.unwrap_or(attempts),
            spent: 0,
        }
    }

    /// The number of this attempt, from 1.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether this is the last attempt.
    pub(super) fn is_last(&self) -> bool {
        self.attempt >= self.max_attempts
    }

    pub(super) fn mode(&self) -> RetryMode {
        self.mode
    }

    /// Returns the value of the header `amz-sdk-request` for this attempt.
    pub(super) fn header(&self) -> String {
        match (self.mode, self.attempt) {
            (RetryMode::Legacy, 1) => "attempt=1".into(),
            (_, attempt) => format!("attempt={attempt}; max={}", self.max_attempts),
        }
    }

    /// Takes a token of the rate limiter for the attempt, in the adaptive mode. If no token is left, returns the delay before the
    /// next try.
    pub(super) fn acquire_send_token(&self, now: SystemTime) -> Option<Duration> {
        match self.mode {
            RetryMode::Adaptive => self.shared.limiter.acquire(now),
            RetryMode::Legacy | RetryMode::Standard => None,
        }
    }

    /// Updates the rate limiter after an attempt.
    pub(super) fn update(&self, reason: Option<RetryReason>, now: SystemTime) {
        if self.mode == RetryMode::Adaptive {
            let throttled = reason == Some(RetryReason::Throttling);
            self.shared.limiter.update(throttled, now);
        }
    }

    /// Decides what follows a failed attempt. `random` is in `[0, 1)`, `retry_after` is the delay that the service requests.
    pub(super) fn next(
        &mut self,
        reason: RetryReason,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Next {
        if self.is_last() {
            return Next::Never(RetriesEnded::Attempts, Duration::ZERO);
        }
        if self.mode == RetryMode::Legacy {
            let first = self.rule.legacy_delay.unwrap_or(random);
            let delay = self.doubled(first);
            self.attempt += 1;
            return Next::After(Duration::from_secs_f64(delay));
        }
        let cost = match reason {
            RetryReason::Throttling => 5,
            RetryReason::Transient => 14,
        };
        let delay = self.backoff(reason, random);
        let delay = match retry_after {
            Some(retry_after) => {
                delay.max(retry_after.min(delay.saturating_add(MAX_RETRY_AFTER_EXCESS)))
            }
            None => delay,
        };
        if !self.shared.quota.take(cost) {
            let wait = if self.long_polling {
                delay
            } else {
                Duration::ZERO
            };
            return Next::Never(RetriesEnded::Quota, wait);
        }
        self.spent = cost;
        self.attempt += 1;
        Next::After(delay)
    }

    fn backoff(&self, reason: RetryReason, random: f64) -> Duration {
        let first = match reason {
            RetryReason::Throttling => 1.0,
            RetryReason::Transient => self.rule.transient_delay,
        };
        Duration::from_secs_f64(self.doubled(first) * random.clamp(0.0, 1.0))
    }

    fn doubled(&self, first: f64) -> f64 {
        let doublings = i32::try_from(self.attempt - 1).unwrap_or(i32::MAX).min(30);
        (first * f64::from(2).powi(doublings)).clamp(0.0, MAX_DELAY)
    }

    /// Puts the quota of the last retry back, after a success.
    pub(super) fn succeeded(&self) {
        self.shared.quota.put_back(self.spent.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::quirks;
    use RetryReason::{Throttling, Transient};

    fn of(shared: &Arc<RetryState>, attempts: u32) -> Retries {
        let rule = quirks("S3", "s3").retry;
        Retries::new(
            shared.clone(),
            RetryMode::Standard,
            rule,
            false,
            Some(attempts),
        )
    }

    fn delay(next: Next) -> Option<Duration> {
        match next {
            Next::After(delay) => Some(delay),
            Next::Never(..) => None,
        }
    }

    #[test]
    fn delays_double_up_to_twenty_seconds() {
        let mut retries = of(&Arc::default(), 10);
        let delays: Vec<_> = (0..7)
            .map_while(|_| delay(retries.next(Throttling, None, 1.0)))
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 20, 20].map(Duration::from_secs));
    }

    #[test]
    fn the_last_attempt_is_not_followed_by_another() {
        let mut retries = of(&Arc::default(), 3);
        for _ in 0..2 {
            assert!(delay(retries.next(Transient, None, 0.5)).is_some());
        }
        let end = Next::Never(RetriesEnded::Attempts, Duration::ZERO);
        assert_eq!(retries.next(Transient, None, 0.5), end);
        assert_eq!(retries.attempt(), 3);
    }

    #[test]
    fn an_empty_quota_ends_all_retries_until_calls_succeed() {
        let shared = Arc::default();
        let next = || of(&shared, 2).next(Transient, None, 0.0);
        let spent = (0..100).filter(|_| delay(next()).is_some());
        assert_eq!(spent.count(), 35); // 500 / 14
        assert_eq!(next(), Next::Never(RetriesEnded::Quota, Duration::ZERO));
        for _ in 0..4 {
            of(&shared, 2).succeeded();
        }
        assert!(delay(next()).is_some());
    }

    #[test]
    fn an_operation_that_polls_waits_also_when_the_quota_is_empty() {
        let shared: Arc<RetryState> = Arc::default();
        while shared.quota.take(5) {}
        let mut polling = of(&shared, 3);
        polling.long_polling = true;
        let wait = Duration::from_secs(1);
        assert_eq!(
            polling.next(Throttling, None, 1.0),
            Next::Never(RetriesEnded::Quota, wait)
        );
    }

    #[test]
    fn a_requested_delay_is_at_most_five_seconds_longer() {
        let shared = Arc::default();
        let next = |asked| delay(of(&shared, 2).next(Transient, Some(asked), 0.0));
        assert_eq!(next(Duration::from_secs(2)), Some(Duration::from_secs(2)));
        assert_eq!(next(Duration::from_secs(60)), Some(Duration::from_secs(5)));
    }

    #[test]
    fn the_legacy_mode_has_no_quota_and_delays_of_seconds() {
        let rule = quirks("DynamoDB", "dynamodb").retry;
        let shared: Arc<RetryState> = Arc::default();
        while shared.quota.take(5) {}
        let mut retries = Retries::new(shared, RetryMode::Legacy, rule, false, None);
        assert_eq!(retries.header(), "attempt=1");
        let first = delay(retries.next(Transient, None, 0.9));
        assert_eq!(first, Some(Duration::from_millis(50)));
        assert_eq!(retries.header(), "attempt=2; max=10");
    }
}
