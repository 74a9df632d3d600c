//! How objects are transferred.

use std::path::PathBuf;

use super::error::TransferError;
use crate::settings::S3Config;

const MIB: u64 = 1024 * 1024;

/// How objects are transferred. The defaults are those of boto3.
///
/// A setting that the program leaves at its default is that of the profile's section `s3`, if it is there, as `aws` has it:
///
/// | key | setting |
/// | --- | --- |
/// | `max_concurrent_requests` | [`concurrency`](Self::concurrency) |
/// | `multipart_threshold` | [`multipart_threshold`](Self::multipart_threshold) |
/// | `multipart_chunksize` | [`part_size`](Self::part_size) |
/// | `max_bandwidth` | [`bandwidth`](Self::bandwidth) |
///
/// Sizes are bytes or have a unit (`8MB` is 8 MiB), the bandwidth is such as `10MB/s`. `max_queue_size` is ignored, as there
/// are no queues.
///
/// ```
/// use tucuxi::transfer::TransferConfig;
///
/// let config = TransferConfig::default().concurrency(4).bandwidth(10_000_000);
/// assert_eq!(config.part_size, 8 * 1024 * 1024);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransferConfig {
    /// From how many bytes on an object is sent and copied in parts, and fetched in ranges: 8 MiB.
    pub multipart_threshold: u64,
    /// How many bytes a part has: 8 MiB. An upload's are brought between 5 MiB and 5 GiB, and doubled until there are no more
    /// than 10,000.
    pub part_size: u64,
    /// How many requests are made at a time: 10, or fewer while some have to be repeated. With 1 there is no thread but the
    /// caller's.
    pub concurrency: usize,
    /// How many bytes of parts are in memory at most, where they must be: those that are read from a stream, and those that
    /// are written to one and come out of order. 80 MiB. One part always is.
    pub memory_limit: u64,
    /// How many bytes a second are sent and received at most, by all transfers of a manager together.
    pub bandwidth: Option<u64>,
    /// How often a part is asked for whose body breaks or is wrong, or sent that arrives wrong: 5. This is beyond the
    /// attempts which the client makes of every request.
    pub part_attempts: u32,
    /// Whether a transfer that was killed goes on where it was, when it is asked for again. It is, unless this is off.
    pub resume: bool,
    /// Where what is needed for that is kept, a small file for each object that is on its way: by default in
    /// `$XDG_CACHE_HOME/tucuxi/transfers`, or else `~/.cache/tucuxi/transfers`.
    pub state_folder: Option<PathBuf>,
    said: Said,
}

/// What the program said with a method, be it the default.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    multipart_threshold: bool,
    part_size: bool,
    concurrency: bool,
    bandwidth: bool,
}

impl Default for TransferConfig {
    fn default() -> Self {
        Self {
            multipart_threshold: 8 * MIB,
            part_size: 8 * MIB,
            concurrency: 10,
            memory_limit: 80 * MIB,
            bandwidth: None,
            part_attempts: 5,
            resume: true,
            state_folder: None,
            said: Said::default(),
        }
    }
}

/// A setting a line.
impl TransferConfig {
    /// See [`multipart_threshold`](Self::multipart_threshold).
    #[must_use]
    pub fn multipart_threshold(mut self, bytes: u64) -> Self {
        self.multipart_threshold = bytes;
        self.said.multipart_threshold = true;
        self
    }

    /// See [`part_size`](Self::part_size).
    #[must_use]
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = bytes;
        self.said.part_size = true;
        self
    }

    /// See [`concurrency`](Self::concurrency).
    #[must_use]
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self.said.concurrency = true;
        self
    }

    /// See [`memory_limit`](Self::memory_limit).
    #[must_use]
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// See [`bandwidth`](Self::bandwidth).
    #[must_use]
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.bandwidth = Some(bytes_per_second);
        self.said.bandwidth = true;
        self
    }

    /// See [`part_attempts`](Self::part_attempts).
    #[must_use]
    pub fn part_attempts(mut self, attempts: u32) -> Self {
        self.part_attempts = attempts;
        self
    }

    /// See [`resume`](Self::resume).
    #[must_use]
    pub fn resume(mut self, yes: bool) -> Self {
        self.resume = yes;
        self
    }

    /// See [`state_folder`](Self::state_folder).
    #[must_use]
    pub fn state_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_folder = Some(path.into());
        self
    }

    /// With the profile's settings where the program has none of its own.
    pub(super) fn or_profile(mut self, profile: &S3Config) -> Self {
        fn fill<T: Copy + PartialEq>(field: &mut T, is_said: bool, default: T, other: Option<T>) {
            if let Some(other) = other.filter(|_| !is_said && *field == default) {
                *field = other;
            }
        }
        let (said, default) = (self.said, Self::default());
        fill(
            &mut self.multipart_threshold,
            said.multipart_threshold,
            default.multipart_threshold,
            profile.multipart_threshold,
        );
        fill(
            &mut self.part_size,
            said.part_size,
            default.part_size,
            profile.multipart_chunksize,
        );
        fill(
            &mut self.concurrency,
            said.concurrency,
            default.concurrency,
            profile.max_concurrent_requests,
        );
        fill(
            &mut self.bandwidth,
            said.bandwidth,
            default.bandwidth,
            profile.max_bandwidth.map(Some),
        );
        self
    }

    /// How many parts of this size may be in memory.
    pub(super) fn parts_in_memory(&self, size: u64) -> u32 {
        let most = (self.memory_limit / size.max(1)).clamp(1, self.concurrency as u64);
        u32::try_from(most).unwrap_or(u32::MAX)
    }

    /// # Errors
    ///
    /// Something is zero.
    pub(super) fn check(&self) -> Result<(), TransferError> {
        let numbers = [
            ("multipart_threshold", self.multipart_threshold),
            ("part_size", self.part_size),
            ("concurrency", self.concurrency as u64),
            ("memory_limit", self.memory_limit),
            ("bandwidth", self.bandwidth.unwrap_or(1)),
            ("part_attempts", self.part_attempts.into()),
        ];
        match numbers.iter().find(|(_, number)| *number == 0) {
            Some((name, _)) => Err(TransferError::Setting(name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_refused_by_name() {
        let config = TransferConfig::default;
        for (name, config) in [
            ("multipart_threshold", config().multipart_threshold(0)),
            ("part_size", config().part_size(0)),
            ("concurrency", config().concurrency(0)),
            ("memory_limit", config().memory_limit(0)),
            ("bandwidth", config().bandwidth(0)),
            ("part_attempts", config().part_attempts(0)),
        ] {
            let error = config.check().unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        TransferConfig::default().check().unwrap();
    }

    #[test]
    fn a_profile_says_what_the_program_does_not() {
        let profile = S3Config {
            max_concurrent_requests: Some(3),
            multipart_threshold: Some(64 * MIB),
            multipart_chunksize: Some(16 * MIB),
            max_bandwidth: Some(1_000),
            ..S3Config::default()
        };
        let numbers = |config: TransferConfig| {
            let config = config.or_profile(&profile);
            (
                config.concurrency,
                config.multipart_threshold / MIB,
                config.part_size / MIB,
                config.bandwidth,
            )
        };
        let config = TransferConfig::default;
        assert_eq!(numbers(config()), (3, 64, 16, Some(1_000)));
        let said = config().concurrency(10).part_size(8 * MIB).bandwidth(7);
        assert_eq!(numbers(said), (10, 64, 8, Some(7)));
        let mut set = config();
        set.multipart_threshold = 5 * MIB;
        assert_eq!(numbers(set), (3, 5, 16, Some(1_000)));
    }

    #[test]
    fn memory_holds_at_least_one_part_and_no_more_than_are_asked_for() {
        let config = TransferConfig::default();
        assert_eq!(config.parts_in_memory(8 * MIB), 10);
        assert_eq!(config.parts_in_memory(MIB), 10);
        assert_eq!(config.parts_in_memory(30 * MIB), 2);
        assert_eq!(config.parts_in_memory(1024 * MIB), 1);
    }
}
