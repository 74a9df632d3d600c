//! Random numbers from the operating system, of which a thread takes some in advance: each request to it is a system call.

use std::cell::RefCell;

/// Returns a number in `[0, 1)`.
pub(crate) fn unit() -> f64 {
    // a float has 53 bits
    (bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// The operating system has no random numbers.
pub(crate) type Failed = getrandom::Error;

/// Returns random bytes for a secret.
///
/// # Errors
///
/// Returns an error if the operating system's source fails.
pub(crate) fn secret<const LEN: usize>() -> Result<[u8; LEN], Failed> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Returns a new UUID, version 4.
pub(crate) fn uuid() -> String {
    let bits = u128::from(bits()) << 64 | u128::from(bits());
    let uuid = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
    let mut buffer = uuid::Uuid::encode_buffer();
    uuid.hyphenated().encode_lower(&mut buffer).to_owned()
}

/// How many numbers are taken at a time.
const MANY: usize = 128;

thread_local! {
    static TAKEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Returns 64 random bits. The operating system's source does not fail on any platform with a network; if it does, a hash of the
/// time is random enough for jitter and ids.
fn bits() -> u64 {
    let taken = TAKEN.with_borrow_mut(|taken| {
        if taken.is_empty() {
            let mut bytes = [0; MANY * size_of::<u64>()];
            getrandom::fill(&mut bytes).ok()?;
            let (numbers, _) = bytes.as_chunks();
            taken.extend(numbers.iter().map(|bytes| u64::from_ne_bytes(*bytes)));
        }
        taken.pop()
    });
    taken.unwrap_or_else(|| {
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
    fn numbers_do_not_repeat() {
        let numbers = |_| std::thread::spawn(|| (0..3 * MANY).map(|_| bits()).collect::<Vec<_>>());
        let threads = [0, 1].map(numbers);
        let mut all: Vec<u64> = threads
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6 * MANY);
    }

    #[test]
    fn numbers_stay_below_one() {
        assert!((0..1000).all(|_| (0.0..1.0).contains(&unit())));
    }
}
