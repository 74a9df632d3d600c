//! Tokens that a listing has had: one that comes again would make it endless.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::{Map, Value};

/// How many tokens are known at once: half a megabyte of hashes.
const KNOWN: usize = 1 << 16;

/// The last tokens by their hashes, and one more that is kept for so long that a longer circle comes by it (Brent's algorithm).
#[derive(Default)]
pub(super) struct Seen {
    hasher: RandomState,
    last: HashSet<u64>,
    mark: Option<u64>,
    steps: u64,
    lap: u64,
}

impl Seen {
    /// Whether these tokens were not seen before.
    pub(super) fn is_new(&mut self, tokens: &Map<String, Value>) -> bool {
        let hash = (self.hasher).hash_one(Value::Object(tokens.clone()).to_string());
        if self.last.len() >= KNOWN {
            self.last.clear();
        }
        if self.mark == Some(hash) || !self.last.insert(hash) {
            return false;
        }
        self.steps = self.steps.saturating_add(1);
        if self.steps >= self.lap {
            self.mark = Some(hash);
            self.steps = 0;
            self.lap = self.lap.saturating_mul(2).max(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(n: usize) -> Map<String, Value> {
        Map::from_iter([("Marker".into(), n.into())])
    }

    #[test]
    fn a_token_that_comes_again_is_told_at_once() {
        for (before, around) in [(0, 1), (0, 2), (5, 1), (5, 7), (100, 1000)] {
            let mut seen = Seen::default();
            let circle = |n: usize| {
                if n < before {
                    n
                } else {
                    before + (n - before) % around
                }
            };
            let new = (0..).take_while(|n| seen.is_new(&tokens(circle(*n))));
            assert_eq!(new.count(), before + around, "{before}, {around}");
        }
    }

    #[test]
    fn memory_is_bounded_and_a_long_circle_is_found_all_the_same() {
        let mut seen = Seen::default();
        let (before, around) = (10, KNOWN + 1000);
        let circle = |n: usize| {
            if n < before {
                n
            } else {
                before + (n - before) % around
            }
        };
        let new = (0..20 * KNOWN).take_while(|n| seen.is_new(&tokens(circle(*n))));
        assert!(new.count() < 4 * KNOWN);
        assert!(seen.last.len() <= KNOWN);
    }
}
