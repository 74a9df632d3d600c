//! Settings of transfers.

use std::path::PathBuf;
use std::time::Duration;

use super::copy_properties::CopyProperties;
use super::error::TransferError;
use crate::settings::S3Config;

const MIB: u64 = 1024 * 1024;

/// Settings of transfers. The defaults are those of boto3.
///
/// A setting that the program leaves at its default is taken from the section `s3` of the profile, as in `aws`:
///
/// | key | setting |
/// | --- | --- |
/// | `max_concurrent_requests` | [`concurrency`](Self::concurrency) |
/// | `multipart_threshold` | [`multipart_threshold`](Self::multipart_threshold) |
/// | `multipart_chunksize` | [`part_size`](Self::part_size) |
/// | `max_bandwidth` | [`bandwidth`](Self::bandwidth) |
///
/// Sizes are in bytes or have a unit (`8MB` is 8 MiB), and a bandwidth is written like `10MB/s`. `max_queue_size` is ignored,
/// as there are no queues.
///
/// ```
/// use tucuxi::transfer::TransferConfig;
///
/// let config = TransferConfig::default().concurrency(4).bandwidth(10_000_000);
/// assert_eq!(config.part_size, 8 * 1024 * 1024);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "settings do nothing until they are passed to `Client::transfer_with`"]
pub struct TransferConfig {
    /// The size from which objects are transferred in parts. 8 MiB by default.
    pub multipart_threshold: u64,
    /// The size of a part. 8 MiB by default. For uploads it is doubled until there are at most 10,000 parts, and clamped to 5 MiB
    /// to 5 GiB.
    pub part_size: u64,
    /// The number of concurrent requests. 10 by default, temporarily reduced after retries. With 1, no threads are spawned.
    pub concurrency: usize,
    /// The maximum number of bytes of parts in memory, for parts that are read from a stream, or written to one out of order.
    /// 80 MiB by default. One part is always permitted.
    pub memory_limit: u64,
    /// The maximum number of bytes per second, sent and received by all transfers of a manager together. Unlimited by default.
    pub bandwidth: Option<u64>,
    /// The number of attempts for a part whose transfer breaks or whose data is corrupted, in addition to the client's attempts
    /// for each request. 5 by default.
    pub part_attempts: u32,
    /// The shortest time between two [progress reports](super::Progress::moved). 100 ms by default.
    pub progress_interval: Duration,
    /// Whether a transfer resumes what an earlier process left unfinished. `true` by default.
    pub resume: bool,
    /// The folder of the journals, which have one small file for each unfinished object. By default
    /// `$XDG_CACHE_HOME/tucuxi/transfers` or `~/.cache/tucuxi/transfers`.
    pub state_folder: Option<PathBuf>,
    /// Whether uploads of files get the [content type](super::content_type) that their names suggest, unless the arguments have
    /// one. `false` by default.
    pub guess_content_type: bool,
    /// Whether folders are read through symbolic links. `true` by default; otherwise links are left out.
    pub follow_links: bool,
    /// Whether an object or file that exists is replaced. `true` by default; otherwise its transfer is skipped.
    pub overwrite: bool,
    /// What copies take over from their source.
    pub copy_properties: CopyProperties,
    explicit: Explicit,
}

/// The settings that the program made with a method, even if to the default.
#[derive(Clone, Copy, Debug, Default)]
struct Explicit {
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
            progress_interval: Duration::from_millis(100),
            resume: true,
            state_folder: None,
            guess_content_type: false,
            follow_links: true,
            overwrite: true,
            copy_properties: CopyProperties::default(),
            explicit: Explicit::default(),
        }
    }
}

impl TransferConfig {
    /// Sets [`multipart_threshold`](Self::multipart_threshold).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().multipart_threshold(64 * 1024 * 1024);
    /// assert_eq!(config.multipart_threshold, 64 * 1024 * 1024);
    /// ```
    pub fn multipart_threshold(mut self, bytes: u64) -> Self {
        self.multipart_threshold = bytes;
        self.explicit.multipart_threshold = true;
        self
    }

    /// Sets [`part_size`](Self::part_size).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().part_size(16 * 1024 * 1024);
    /// assert_eq!(config.part_size, 16 * 1024 * 1024);
    /// ```
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = bytes;
        self.explicit.part_size = true;
        self
    }

    /// Sets [`concurrency`](Self::concurrency).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().concurrency(4);
    /// assert_eq!(config.concurrency, 4);
    /// ```
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self.explicit.concurrency = true;
        self
    }

    /// Sets [`memory_limit`](Self::memory_limit).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().memory_limit(32 * 1024 * 1024);
    /// assert_eq!(config.memory_limit, 32 * 1024 * 1024);
    /// ```
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Sets [`bandwidth`](Self::bandwidth).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().bandwidth(10_000_000);
    /// assert_eq!(config.bandwidth, Some(10_000_000));
    /// ```
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.bandwidth = Some(bytes_per_second);
        self.explicit.bandwidth = true;
        self
    }

    /// Sets [`part_attempts`](Self::part_attempts).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().part_attempts(3);
    /// assert_eq!(config.part_attempts, 3);
    /// ```
    pub fn part_attempts(mut self, attempts: u32) -> Self {
        self.part_attempts = attempts;
        self
    }

    /// Sets [`progress_interval`](Self::progress_interval).
    ///
    /// ```
    /// use std::time::Duration;
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().progress_interval(Duration::from_secs(1));
    /// assert_eq!(config.progress_interval, Duration::from_secs(1));
    /// ```
    pub fn progress_interval(mut self, interval: Duration) -> Self {
        self.progress_interval = interval;
        self
    }

    /// Sets [`resume`](Self::resume).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// assert!(!TransferConfig::default().resume(false).resume);
    /// ```
    pub fn resume(mut self, yes: bool) -> Self {
        self.resume = yes;
        self
    }

    /// Sets [`state_folder`](Self::state_folder).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// let config = TransferConfig::default().state_folder("/var/lib/fish");
    /// assert_eq!(config.state_folder.as_deref(), Some("/var/lib/fish".as_ref()));
    /// ```
    pub fn state_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_folder = Some(path.into());
        self
    }

    /// Sets [`guess_content_type`](Self::guess_content_type).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// assert!(TransferConfig::default().guess_content_type(true).guess_content_type);
    /// ```
    pub fn guess_content_type(mut self, yes: bool) -> Self {
        self.guess_content_type = yes;
        self
    }

    /// Sets [`follow_links`](Self::follow_links).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// assert!(!TransferConfig::default().follow_links(false).follow_links);
    /// ```
    pub fn follow_links(mut self, yes: bool) -> Self {
        self.follow_links = yes;
        self
    }

    /// Sets [`overwrite`](Self::overwrite).
    ///
    /// ```
    /// use tucuxi::transfer::TransferConfig;
    ///
    /// assert!(!TransferConfig::default().overwrite(false).overwrite);
    /// ```
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.overwrite = yes;
        self
    }

    /// Sets [`copy_properties`](Self::copy_properties).
    ///
    /// ```
    /// use tucuxi::transfer::{CopyProperties, TransferConfig};
    ///
    /// let config = TransferConfig::default().copy_properties(CopyProperties::None);
    /// assert_eq!(config.copy_properties, CopyProperties::None);
    /// ```
    pub fn copy_properties(mut self, properties: CopyProperties) -> Self {
        self.copy_properties = properties;
        self
    }

    /// Takes settings from the profile that the program left at their defaults.
    pub(super) fn or_profile(mut self, profile: &S3Config) -> Self {
        fn fill<T: Copy + PartialEq>(
            field: &mut T,
            is_explicit: bool,
            default: T,
            other: Option<T>,
        ) {
            if let Some(other) = other.filter(|_| !is_explicit && *field == default) {
                *field = other;
            }
        }
        let (explicit, default) = (self.explicit, Self::default());
        fill(
            &mut self.multipart_threshold,
            explicit.multipart_threshold,
            default.multipart_threshold,
            profile.multipart_threshold,
        );
        fill(
            &mut self.part_size,
            explicit.part_size,
            default.part_size,
            profile.multipart_chunksize,
        );
        fill(
            &mut self.concurrency,
            explicit.concurrency,
            default.concurrency,
            profile.max_concurrent_requests,
        );
        fill(
            &mut self.bandwidth,
            explicit.bandwidth,
            default.bandwidth,
            profile.max_bandwidth.map(Some),
        );
        self
    }

    /// Returns how many parts of this size may be in memory.
    pub(super) fn parts_in_memory(&self, size: u64) -> u32 {
        let max = (self.memory_limit / size.max(1)).clamp(1, self.concurrency as u64);
        u32::try_from(max).unwrap_or(u32::MAX)
    }

    /// # Errors
    ///
    /// Returns an error if a setting is 0.
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
    fn zero_is_an_error() {
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
    fn profile_fills_in_defaults() {
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
        let explicit = config().concurrency(10).part_size(8 * MIB).bandwidth(7);
        assert_eq!(numbers(explicit), (10, 64, 8, Some(7)));
        let mut set = config();
        set.multipart_threshold = 5 * MIB;
        assert_eq!(numbers(set), (3, 5, 16, Some(1_000)));
    }

    #[test]
    fn memory_limit_permits_one_part_up_to_the_concurrency() {
        let config = TransferConfig::default();
        assert_eq!(config.parts_in_memory(8 * MIB), 10);
        assert_eq!(config.parts_in_memory(MIB), 10);
        assert_eq!(config.parts_in_memory(30 * MIB), 2);
        assert_eq!(config.parts_in_memory(1024 * MIB), 1);
    }
}
