//! Signing keys, which are derived from a secret access key. They are kept as long as it is, and wiped from memory with it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use crate::sync;

/// A signing key of Signature Version 4. It is behind a pointer, because a key that is moved leaves a copy behind.
pub(crate) type SigningKey = Arc<Zeroizing<[u8; 32]>>;

/// How many keys are kept. A program seldom uses the same credentials for more services and regions in turn.
const MANY: usize = 32;

/// The signing keys of one secret access key that were used last, the latest at the back.
#[derive(Default)]
pub(super) struct SigningKeys(Mutex<VecDeque<Kept>>);

struct Kept {
    scope: [Box<str>; 3],
    key: SigningKey,
}

impl SigningKeys {
    /// Returns the key for a day, a region and a service. `derive` computes one that is not known.
    pub(super) fn get(
        &self,
        scope: [&str; 3],
        derive: impl FnOnce() -> Zeroizing<[u8; 32]>,
    ) -> SigningKey {
        let mut kept = sync::lock(&self.0);
        let known = kept.iter().rposition(|one| one.is_for(scope));
        if let Some(known) = known.and_then(|at| kept.remove(at)) {
            let key = known.key.clone();
            kept.push_back(known);
            return key;
        }
        if kept.len() >= MANY {
            kept.pop_front();
        }
        let key = Arc::new(derive());
        kept.push_back(Kept {
            scope: scope.map(Box::from),
            key: key.clone(),
        });
        key
    }
}

impl Kept {
    fn is_for(&self, scope: [&str; 3]) -> bool {
        (self.scope.iter().zip(scope)).all(|(known, wanted)| **known == *wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_derived_once_for_each_scope() {
        let keys = SigningKeys::default();
        let mut derived = 0;
        let mut get = |scope| {
            let key = keys.get(scope, || {
                derived += 1;
                Zeroizing::new([derived; 32])
            });
            key[0]
        };
        let scopes = [
            ["20260102", "eu-west-1", "s3"],
            ["20260103", "eu-west-1", "s3"],
            ["20260102", "eu-west-2", "s3"],
            ["20260102", "eu-west-1", "sqs"],
            // the parts are compared one by one
            ["20260102", "eu-west-", "1s3"],
        ];
        let first = scopes.map(&mut get);
        assert_eq!((first, scopes.map(&mut get)), ([1, 2, 3, 4, 5], first));
    }

    #[test]
    fn the_key_that_was_not_used_for_longest_is_dropped_and_wiped() {
        let keys = SigningKeys::default();
        let first = keys.get(["0", "", ""], || Zeroizing::new([1; 32]));
        let used = keys.get(["used", "", ""], || Zeroizing::new([3; 32]));
        for day in 1..MANY {
            assert_eq!(Arc::strong_count(&first), 2, "{day}");
            keys.get([&day.to_string(), "", ""], || Zeroizing::new([2; 32]));
            keys.get(["used", "", ""], || panic!("it is kept"));
        }
        assert_eq!(Arc::strong_count(&used), 2);
        assert_eq!(Arc::strong_count(&first), 1);
        assert_eq!(sync::lock(&keys.0).len(), MANY);
    }
}
