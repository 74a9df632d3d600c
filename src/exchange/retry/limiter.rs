//! The rate limiter of the adaptive mode: after the first throttling response, requests wait for a token before they are sent. The
//! rate of tokens falls with each throttling response, and rises along a cubic curve in between, as in TCP CUBIC.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::sync;

/// The limiter of all calls of a client to one service.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<Option<State>>);

#[derive(Debug)]
struct State {
    /// Whether there was a throttling response.
    enabled: bool,
    // the token bucket
    rate: f64,
    capacity: f64,
    tokens: f64,
    filled: f64,
    // the measured rate of responses
    measured: f64,
    responses: f64,
    bucket: f64,
    // the cubic curve
    greatest: f64,
    failed: f64,
}

const SMOOTHING: f64 = 0.8;
const FALL: f64 = 0.7;
const SCALE: f64 = 0.4;
const MIN_RATE: f64 = 0.5;

impl Limiter {
    /// Takes a token, or returns how long to wait before trying again.
    pub(super) fn acquire(&self, now: SystemTime) -> Option<Duration> {
        self.with(now, |state, now| {
            if !state.enabled {
                return None;
            }
            state.refill(now);
            if state.tokens >= 1.0 {
                state.tokens -= 1.0;
                return None;
            }
            let wait = (1.0 - state.tokens) / state.rate;
            // a clock that is set back must not block calls for ever; the rate is at least half a token a second
            Some(Duration::from_secs_f64(wait.clamp(0.001, 2.0)))
        })
    }

    /// Updates the rate after an attempt.
    pub(super) fn update(&self, throttled: bool, now: SystemTime) {
        self.with(now, |state, now| {
            state.measure(now);
            let rate = if throttled {
                let current = match state.enabled {
                    true => state.measured.min(state.rate),
                    false => state.measured,
                };
                (state.greatest, state.failed, state.enabled) = (current, now, true);
                current * FALL
            } else {
                let k = (state.greatest * (1.0 - FALL) / SCALE).cbrt();
                SCALE * (now - state.failed - k).powi(3) + state.greatest
            };
            let rate = rate.min(2.0 * state.measured);
            state.refill(now);
            state.rate = rate.max(MIN_RATE);
            state.capacity = rate.max(1.0);
            state.tokens = state.tokens.min(state.capacity);
        });
    }

    fn with<T>(&self, now: SystemTime, act: impl FnOnce(&mut State, f64) -> T) -> T {
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = since_1970.unwrap_or_default().as_secs_f64();
        let mut state = sync::lock(&self.0);
        act(state.get_or_insert_with(|| State::new(now)), now)
    }
}

impl State {
    fn new(now: f64) -> Self {
        Self {
            enabled: false,
            rate: 1.0,
            capacity: 1.0,
            tokens: 0.0,
            filled: now,
            measured: 0.0,
            responses: 0.0,
            bucket: now.floor(),
            greatest: 0.0,
            failed: now,
        }
    }

    fn refill(&mut self, now: f64) {
        let new = (now - self.filled).max(0.0) * self.rate;
        self.tokens = (self.tokens + new).min(self.capacity);
        self.filled = now;
    }

    /// Measures the rate of responses over intervals of half a second.
    fn measure(&mut self, now: f64) {
        let bucket = (now * 2.0).floor() / 2.0;
        self.responses += 1.0;
        if bucket > self.bucket {
            let rate = self.responses / (bucket - self.bucket);
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            (self.responses, self.bucket) = (0.0, bucket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1000.0 + seconds)
    }

    /// Sends for some seconds to a service that accepts ten calls a second, and returns how many it accepted and refused at the end.
    fn simulate(limiter: &Limiter) -> (u32, u32) {
        let (mut now, mut taken, mut refused) = (0.0, 0, 0);
        let (mut second, mut in_second) = (0.0, 0);
        while now < 60.0 {
            match limiter.acquire(at(now)) {
                Some(wait) => now += wait.as_secs_f64(),
                None => {
                    now += 0.005;
                    if now.floor() > second {
                        (second, in_second) = (now.floor(), 0);
                    }
                    in_second += 1;
                    let throttled = in_second > 10;
                    limiter.update(throttled, at(now));
                    if now > 30.0 {
                        *(if throttled { &mut refused } else { &mut taken }) += 1;
                    }
                }
            }
        }
        (taken, refused)
    }

    #[test]
    fn calls_do_not_wait_before_the_service_throttles() {
        let limiter = Limiter::default();
        for n in 0..1000 {
            let now = at(f64::from(n) / 1000.0);
            assert_eq!(limiter.acquire(now), None);
            limiter.update(false, now);
        }
        limiter.update(true, at(1.0));
        let waits = (0..1000).filter(|_| limiter.acquire(at(1.0)).is_some());
        assert!(waits.count() > 0);
    }

    #[test]
    fn the_rate_converges_to_the_limit_of_the_service() {
        let (taken, refused) = simulate(&Limiter::default());
        assert!(taken > 200 && refused < taken / 3, "{taken}, {refused}");
    }

    #[test]
    fn a_clock_that_is_set_back_does_no_harm() {
        let limiter = Limiter::default();
        limiter.update(true, at(5.0));
        limiter.update(true, at(-500.0));
        assert!(limiter.acquire(at(-500.0)) <= Some(Duration::from_secs(2)));
    }
}
