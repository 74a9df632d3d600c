//! How many requests are made at a time.

/// As many as are asked for; half of them after one had to be repeated, and one more each time that all went well once.
///
/// A service that is too busy repeats that to all requests which are on their way, so those are not counted again.
#[derive(Debug)]
pub(super) struct Limit {
    most: usize,
    now: usize,
    /// How many went well since it was last changed.
    well: usize,
    /// How many were on their way when it was halved.
    old: usize,
}

impl Limit {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            now: most,
            well: 0,
            old: 0,
        }
    }

    /// Whether there may be another one beside so many.
    pub(super) fn has_room(&self, running: usize) -> bool {
        running < self.now
    }

    /// One is done, and so many others are on their way.
    pub(super) fn settle(&mut self, was_repeated: bool, running: usize) {
        let is_old = self.old > 0;
        self.old = self.old.saturating_sub(1);
        if was_repeated && !is_old {
            self.now = (self.now / 2).max(1);
            self.well = 0;
            self.old = running;
        } else if !was_repeated {
            self.well += 1;
        }
        if self.well >= self.now {
            self.now = (self.now + 1).min(self.most);
            self.well = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(limit: &mut Limit, outcomes: &[(bool, usize)]) -> usize {
        for (was_repeated, running) in outcomes {
            limit.settle(*was_repeated, *running);
        }
        limit.now
    }

    #[test]
    fn it_is_halved_once_for_all_that_were_on_their_way() {
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
    fn it_grows_with_what_goes_well_up_to_what_is_asked_for() {
        let mut limit = Limit::new(4);
        assert_eq!(after(&mut limit, &[(true, 0)]), 2);
        assert_eq!(after(&mut limit, &[(false, 0)]), 2);
        assert_eq!(after(&mut limit, &[(false, 0)]), 3);
        assert_eq!(after(&mut limit, &[(false, 0); 3]), 4);
        assert_eq!(after(&mut limit, &[(false, 0); 100]), 4);
    }
}
