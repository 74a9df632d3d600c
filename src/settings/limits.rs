//! How much of a service is believed and held: limits that no real service meets.

use std::time::Duration;

use super::Settings;
use crate::transport::Throughput;

/// The longest documents of services have some megabytes, and whoever wants a larger object in memory says so.
const RESPONSE_SIZE: u64 = 512 * 1024 * 1024;

/// A clock that was set to another day or zone is corrected; one that is far off may be a response's lie.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// What must flow of a response that is read whole.
const WHOLE_BYTES_PER_SECOND: u64 = 1024;
const WHOLE_GRACE: u32 = 15;

impl Settings {
    /// The least that streaming bodies must flow, if there is such a limit.
    pub fn min_throughput(&self) -> Option<Throughput> {
        let said = self.explicit.throughput;
        said.unwrap_or_else(|| Some(Throughput::default()))
    }

    /// The least that a response which is read whole must flow, if there is such a limit.
    pub fn min_whole_throughput(&self) -> Option<Throughput> {
        let default = || Throughput {
            bytes_per_second: WHOLE_BYTES_PER_SECOND,
            grace: self.read_timeout().saturating_mul(WHOLE_GRACE),
        };
        let said = self.explicit.throughput;
        said.unwrap_or_else(|| Some(default()))
    }

    /// The most bytes that a response which is read whole may have.
    pub fn max_response_size(&self) -> u64 {
        self.explicit.max_response_size.unwrap_or(RESPONSE_SIZE)
    }

    /// By how much the clock is corrected at most, where a service says that it is wrong.
    pub fn max_clock_skew(&self) -> Duration {
        self.explicit.max_clock_skew.unwrap_or(CLOCK_SKEW)
    }
}
