//! Random numbers from the operating system.

/// Returns a number in `[0, 1)`.
pub(crate) fn unit() -> f64 {
    // a float has 53 bits
    (bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns a new UUID, version 4.
pub(crate) fn uuid() -> String {
    let bits = u128::from(bits()) << 64 | u128::from(bits());
    uuid::Builder::from_random_bytes(bits.to_be_bytes())
        .into_uuid()
        .to_string()
}

/// Returns 64 random bits. The operating system's source does not fail on any platform with a network; if it does, a hash of the
/// time is random enough for jitter and ids.
fn bits() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::time::SystemTime::now())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_and_differ() {
        let id = uuid();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert_ne!(id, uuid());
    }

    #[test]
    fn numbers_stay_below_one() {
        assert!((0..1000).all(|_| (0.0..1.0).contains(&unit())));
    }
}
