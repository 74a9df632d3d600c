//! How often and after what delay a call is made again: the standard mode of the AWS SDKs.

use std::sync::Mutex;
use std::time::Duration;

use crate::custom::RetryRule;
use crate::error::RetryReason;

/// What all calls of a client to one service may spend on attempts, so that a failing service is not asked ever more.
#[derive(Debug)]
pub(crate) struct Quota(Mutex<u32>);

const CAPACITY: u32 = 500;

impl Quota {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(CAPACITY))
    }

    /// Takes the cost of another attempt, if there is enough.
    fn take(&self, cost: u32) -> bool {
        let mut left = self.lock();
        let enough = *left >= cost;
        if enough {
            *left -= cost;
        }
        enough
    }

    fn give_back(&self, cost: u32) {
        let mut left = self.lock();
        *left = (*left + cost).min(CAPACITY);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u32> {
        // a number is whole whenever a thread may have panicked
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Retries<'q> {
    quota: &'q Quota,
    attempt: u32,
    max_attempts: u32,
    transient_delay: f64,
    /// What the last attempt cost.
    spent: u32,
}

impl<'q> Retries<'q> {
    /// `max_attempts` is what the configuration says, if it says it.
    pub(super) fn new(quota: &'q Quota, rule: RetryRule, max_attempts: Option<u32>) -> Self {
        Self {
            quota,
            attempt: 1,
            max_attempts: max_attempts.unwrap_or(rule.attempts),
            transient_delay: rule.transient_delay,
            spent: 0,
        }
    }

    /// The number of this attempt, from 1.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How long to wait before the next attempt; `None` when this was the last. `random` is in `[0, 1)`, `asked_for` what
    /// the service's `x-amz-retry-after` says.
    pub(super) fn next(
        &mut self,
        reason: RetryReason,
        asked_for: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        let cost = match reason {
            RetryReason::Throttling => 5,
            RetryReason::Transient => 14,
        };
        if self.attempt >= self.max_attempts || !self.quota.take(cost) {
            return None;
        }
        let delay = self.backoff(reason, random);
        self.spent = cost;
        self.attempt += 1;
        Some(match asked_for {
            Some(asked) => delay.max(asked.min(delay + Duration::from_secs(5))),
            None => delay,
        })
    }

    fn backoff(&self, reason: RetryReason, random: f64) -> Duration {
        let first = match reason {
            RetryReason::Throttling => 1.0,
            RetryReason::Transient => self.transient_delay,
        };
        let doublings = i32::try_from(self.attempt - 1).unwrap_or(i32::MAX).min(30);
        let most = (first * f64::from(2).powi(doublings)).min(20.0);
        Duration::from_secs_f64(most * random.clamp(0.0, 1.0))
    }

    /// The call succeeded: what its last attempt cost goes back.
    pub(super) fn succeeded(&self) {
        self.quota.give_back(self.spent.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RetryReason::{Throttling, Transient};

    fn of(quota: &Quota, attempts: u32) -> Retries<'_> {
        Retries::new(quota, crate::custom::retry_rule("S3"), Some(attempts))
    }

    #[test]
    fn delays_double_up_to_twenty_seconds() {
        let quota = Quota::new();
        let mut retries = of(&quota, 10);
        let delays: Vec<_> = (0..7)
            .map_while(|_| retries.next(Throttling, None, 1.0))
            .collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 20, 20].map(Duration::from_secs));
    }

    #[test]
    fn the_last_attempt_is_not_followed_by_another() {
        let quota = Quota::new();
        let mut retries = of(&quota, 3);
        assert!(retries.next(Transient, None, 0.5).is_some());
        assert!(retries.next(Transient, None, 0.5).is_some());
        assert_eq!(retries.next(Transient, None, 0.5), None);
        assert_eq!(retries.attempt(), 3);
    }

    #[test]
    fn an_empty_quota_ends_all_retries_until_calls_succeed() {
        let quota = Quota::new();
        let spent = (0..100).filter(|_| of(&quota, 2).next(Transient, None, 0.0).is_some());
        assert_eq!(spent.count(), 35); // 500 / 14
        for _ in 0..4 {
            of(&quota, 2).succeeded();
        }
        assert!(of(&quota, 2).next(Transient, None, 0.0).is_some());
    }

    #[test]
    fn the_service_may_ask_for_more_but_not_for_much_more() {
        let quota = Quota::new();
        let next = |asked| of(&quota, 2).next(Transient, Some(asked), 0.0);
        assert_eq!(next(Duration::from_secs(2)), Some(Duration::from_secs(2)));
        assert_eq!(next(Duration::from_secs(60)), Some(Duration::from_secs(5)));
    }
}
