//! Detection of repeated tokens, which would make a listing endless.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::{Map, Value};

/// The maximum number of remembered tokens: half a megabyte of hashes.
const CAPACITY: usize = 1 << 16;

/// Hashes of the latest tokens, and of one older token that detects cycles longer than `CAPACITY`: it is replaced at doubling
/// intervals, so such a cycle comes back to it (Brent's algorithm).
#[derive(Default)]
pub(super) struct SeenTokens {
    hasher: RandomState,
    latest: HashSet<u64>,
    mark: Option<u64>,
    steps: u64,
    lap: u64,
}

impl SeenTokens {
    /// Records tokens, and returns whether they are new.
    pub(super) fn is_new(&mut self, tokens: &Map<String, Value>) -> bool {
        let hash = (self.hasher).hash_one(Value::Object(tokens.clone()).to_string());
        if self.latest.len() >= CAPACITY {
            self.latest.clear();
        }
        if self.mark == Some(hash) || !self.latest.insert(hash) {
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
    fn a_repeated_token_is_detected_at_once() {
        for (before, period) in [(0, 1), (0, 2), (5, 1), (5, 7), (100, 1000)] {
            let mut seen = SeenTokens::default();
            let cycle = |n: usize| {
                if n < before {
                    n
                } else {
                    before + (n - before) % period
                }
            };
            let new = (0..).take_while(|n| seen.is_new(&tokens(cycle(*n))));
            assert_eq!(new.count(), before + period, "{before}, {period}");
        }
    }

    #[test]
    fn a_long_cycle_is_detected_in_bounded_memory() {
        let mut seen = SeenTokens::default();
        let (before, period) = (10, CAPACITY + 1000);
        let cycle = |n: usize| {
            if n < before {
                n
            } else {
                before + (n - before) % period
            }
        };
        let new = (0..20 * CAPACITY).take_while(|n| seen.is_new(&tokens(cycle(*n))));
        assert!(new.count() < 4 * CAPACITY);
        assert!(seen.latest.len() <= CAPACITY);
    }
}
