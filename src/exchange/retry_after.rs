//! Times in response headers: the delay that a service requests before a retry, and its clock.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{HeaderName, RETRY_AFTER};

use crate::time::Timestamp;

/// The delay that the service requests: `x-amz-retry-after` in milliseconds, or `Retry-After` with the status 429 or 503.
pub(super) fn retry_after(status: u16, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.parse().ok();
    let busy = matches!(status, 429 | 503);
    number(HeaderName::from_static("x-amz-retry-after"))
        .map(Duration::from_millis)
        .or_else(|| {
            number(RETRY_AFTER)
                .filter(|_| busy)
                .map(Duration::from_secs)
        })
        .or_else(|| {
            let until = http_date(headers, RETRY_AFTER).filter(|_| busy)?;
            until.duration_since(now).ok()
        })
}

/// The HTTP date in a header.
pub(super) fn http_date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    let text = headers.get(name)?.to_str().ok()?;
    Timestamp::parse(text).ok()?.system_time()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requested_delay_is_read_from_either_header() {
        // 2024-01-15T12:00:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_705_320_000);
        let cases = [
            (503, "retry-after", "2", Some(2000)),
            (429, "retry-after", "2", Some(2000)),
            (500, "retry-after", "2", None),
            (200, "retry-after", "2", None),
            (
                503,
                "retry-after",
                "Mon, 15 Jan 2024 12:00:03 GMT",
                Some(3000),
            ),
            (503, "retry-after", "Mon, 15 Jan 2024 11:00:03 GMT", None),
            (503, "retry-after", "soon", None),
            (503, "retry-after", "-1", None),
            (500, "x-amz-retry-after", "1500", Some(1500)),
            (500, "x-amz-retry-after", "1.5", None),
        ];
        for (status, name, value, expected) in cases {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
            let found = retry_after(status, &headers, now);
            assert_eq!(
                found,
                expected.map(Duration::from_millis),
                "{status} {name}: {value}"
            );
        }
    }
}
