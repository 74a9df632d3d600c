//! How much of a service is believed and held: limits that no real service meets.

use std::time::Duration;

use super::{Config, ConfigBuilder};
use crate::transport::Throughput;

/// What the program says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    clock_skew: Option<Duration>,
    response_size: Option<u64>,
}

/// The longest documents of services have some megabytes, and whoever wants a larger object in memory says so.
const RESPONSE_SIZE: u64 = 512 * 1024 * 1024;

/// A clock that was set to another day or zone is corrected; one that is far off may be a response's lie.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// What must flow of a response that is read whole.
const WHOLE_BYTES_PER_SECOND: u64 = 1024;
const WHOLE_GRACE: u32 = 15;

impl Config {
    /// The least that streaming bodies must flow, if there is such a limit.
    pub fn min_throughput(&self) -> Option<Throughput> {
        let said = self.0.settings.throughput;
        said.unwrap_or_else(|| Some(Throughput::default()))
    }

    /// The least that a response which is read whole must flow, if there is such a limit.
    pub fn min_whole_throughput(&self) -> Option<Throughput> {
        let default = || Throughput {
            bytes_per_second: WHOLE_BYTES_PER_SECOND,
            grace: self.read_timeout().saturating_mul(WHOLE_GRACE),
        };
        let said = self.0.settings.throughput;
        said.unwrap_or_else(|| Some(default()))
    }

    /// The most bytes that a response which is read whole may have.
    pub fn max_response_size(&self) -> u64 {
        self.0
            .settings
            .limits
            .response_size
            .unwrap_or(RESPONSE_SIZE)
    }

    /// By how much the clock is corrected at most, where a service says that it is wrong.
    pub fn max_clock_skew(&self) -> Duration {
        self.0.settings.limits.clock_skew.unwrap_or(CLOCK_SKEW)
    }
}

impl ConfigBuilder {
    /// The most bytes that a response which is read whole may have; by default 512 MiB, which no document of a service
    /// meets. It counts for documents and errors, and for an object or a stream of events that is wanted in memory
    /// (`send_buffered`, `call`). A body that the program reads itself may be of any length.
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.limits.response_size = Some(bytes);
        self
    }

    /// By how much the clock is corrected at most; by default 24 hours, and zero for never. A service that refuses a
    /// signature for its time says its own time, and one that claims to be a service may say any.
    pub fn max_clock_skew(mut self, limit: Duration) -> Self {
        self.limits.clock_skew = Some(limit);
        self
    }
}
