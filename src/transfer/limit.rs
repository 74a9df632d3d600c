//! The number of concurrent requests.

/// Adapts the number of concurrent requests. It is halved after a retry, and increased by one after as many requests succeeded.
///
/// A throttling service rejects all requests in flight, so retries of those do not halve it again.
#[derive(Debug)]
pub(super) struct Limit {
    max: usize,
    now: usize,
    /// The number of successes since the last change.
    successes: usize,
    /// The number of requests that were in flight when it was halved, and still are.
    old: usize,
}

impl Limit {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            now: max,
            successes: 0,
            old: 0,
        }
    }

    /// Whether another request may be sent while `running` are in flight.
    pub(super) fn has_room(&self, running: usize) -> bool {
        running < self.now
    }

    /// Records a completed request, while `running` others are in flight.
    pub(super) fn record(&mut self, was_retried: bool, running: usize) {
        let is_old = self.old > 0;
        self.old = self.old.saturating_sub(1);
        if was_retried && !is_old {
            self.now = (self.now / 2).max(1);
            self.successes = 0;
            self.old = running;
        } else if !was_retried {
            self.successes += 1;
        }
        if self.successes >= self.now {
            self.now = (self.now + 1).min(self.max);
            self.successes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(limit: &mut Limit, outcomes: &[(bool, usize)]) -> usize {
        for (was_retried, running) in outcomes {
            limit.record(*was_retried, *running);
        }
        limit.now
    }

    #[test]
    fn limit_is_halved_once_for_all_requests_in_flight() {
        let mut limit = Limit::new(10);
        let all = (0..10)
            .rev()
            .map(|running| (true, running))
            .collect::<Vec<_>>();
        assert_eq!(after(&mut limit, &all), 5);
        assert_eq!(after(&mut limit, &[(true, 0)]), 2);
        assert_eq!(after(&mut limit, &[(true, 0)]), 1);
        assert_eq!(after(&mut limit, &[(true, 0)]), 1);
        assert!(limit.has_room(0) && !limit.has_room(1));
    }

    #[test]
    fn limit_grows_with_successes_up_to_the_maximum() {
        let mut limit = Limit::new(4);
        assert_eq!(after(&mut limit, &[(true, 0)]), 2);
        assert_eq!(after(&mut limit, &[(false, 0)]), 2);
        assert_eq!(after(&mut limit, &[(false, 0)]), 3);
        assert_eq!(after(&mut limit, &[(false, 0); 3]), 4);
        assert_eq!(after(&mut limit, &[(false, 0); 100]), 4);
    }
}
