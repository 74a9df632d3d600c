//! How objects are transferred.

use std::path::PathBuf;

use super::error::TransferError;

const MIB: u64 = 1024 * 1024;

/// How objects are transferred. The defaults are those of boto3.
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
        }
    }
}

/// A setting a line.
impl TransferConfig {
    /// See [`multipart_threshold`](Self::multipart_threshold).
    #[must_use]
    pub fn multipart_threshold(mut self, bytes: u64) -> Self {
        self.multipart_threshold = bytes;
        self
    }

    /// See [`part_size`](Self::part_size).
    #[must_use]
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = bytes;
        self
    }

    /// See [`concurrency`](Self::concurrency).
    #[must_use]
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
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
    fn memory_holds_at_least_one_part_and_no_more_than_are_asked_for() {
        let config = TransferConfig::default();
        assert_eq!(config.parts_in_memory(8 * MIB), 10);
        assert_eq!(config.parts_in_memory(MIB), 10);
        assert_eq!(config.parts_in_memory(30 * MIB), 2);
        assert_eq!(config.parts_in_memory(1024 * MIB), 1);
    }
}
