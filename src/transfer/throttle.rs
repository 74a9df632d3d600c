//! The bandwidth limit.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::cancel::CancelToken;
use crate::sync;

/// Lets a limited number of bytes pass each second. Unused bandwidth is not saved up.
#[derive(Debug)]
pub(super) struct Throttle {
    bytes_per_second: u64,
    /// When the next bytes may pass.
    free_at: Mutex<Option<Instant>>,
}

impl Throttle {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second,
            free_at: Mutex::default(),
        }
    }

    /// Waits until `bytes` may have passed, or the token is cancelled.
    pub(super) fn wait(&self, bytes: u64, cancel: &CancelToken) {
        let wait = self.reserve(bytes, Instant::now());
        if !wait.is_zero() {
            cancel.wait(wait);
        }
    }

    /// Reserves the time for `bytes`, and returns how long it is until the end of that time.
    fn reserve(&self, bytes: u64, now: Instant) -> Duration {
        let mut free_at = sync::lock(&self.free_at);
        let takes = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        let end = free_at.map_or(now, |at| at.max(now)) + takes;
        *free_at = Some(end);
        end - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_their_time() {
        let (throttle, now) = (Throttle::new(1000), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!(throttle.reserve(500, now), second / 2);
        assert_eq!(throttle.reserve(500, now), second);
        assert_eq!(throttle.reserve(1000, now + second), second);
    }

    #[test]
    fn unused_bandwidth_is_not_saved_up() {
        let (throttle, now) = (Throttle::new(1000), Instant::now());
        throttle.reserve(1000, now);
        let later = now + Duration::from_secs(60);
        assert_eq!(throttle.reserve(1000, later), Duration::from_secs(1));
    }

    #[test]
    fn cancelled_wait_ends() {
        let (throttle, cancel) = (Throttle::new(1), CancelToken::default());
        cancel.cancel();
        throttle.wait(1_000_000, &cancel);
    }
}
