//! Clock skew: services reject signatures whose time differs from theirs, which they send in `Date`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::DATE;

use super::retry_after::http_date;
use crate::error::Error;

/// Error codes that may be due to a wrong clock.
const CODES: [&str; 7] = [
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignature",
];

/// The smallest difference, in seconds, that may be the cause: services accept a signature for some minutes.
const TOLERANCE: u64 = 240;

/// How many seconds the service's clock is ahead of the local one, as the client's calls last found.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(super) fn ahead(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set_ahead(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

/// Returns the service's time.
pub(super) fn correct(now: SystemTime, ahead: i64) -> SystemTime {
    let by = Duration::from_secs(ahead.unsigned_abs());
    let corrected = match ahead {
        0.. => now.checked_add(by),
        _ => now.checked_sub(by),
    };
    corrected.unwrap_or(now)
}

/// The difference of two times.
pub(super) fn differ(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|e| e.duration())
}

/// The clock skew that the response to a rejected signature shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skew {
    /// The clock is not the cause, or the response has no date.
    None,
    /// The service's clock is ahead by this many seconds, and the signature had another time.
    Of(i64),
    /// The difference is too large to be trusted.
    TooMuch(i64),
}

/// Finds the skew from the response to a request that was signed `used` seconds ahead of the local clock. The date of a
/// response can be forged, so the correction has a limit.
pub(super) fn skew(
    error: &Error,
    headers: &HeaderMap,
    now: SystemTime,
    used: i64,
    limit: Duration,
) -> Skew {
    let refused = error.service_error().is_some_and(|error| {
        matches!(error.status, 400 | 401 | 403)
            && (CODES.contains(&&*error.code) || error.code.parse::<u16>().is_ok())
    });
    let (true, Some(there)) = (refused, http_date(headers, DATE)) else {
        return Skew::None;
    };
    let ahead = match there.duration_since(now) {
        Ok(ahead) => i64::try_from(ahead.as_secs()),
        Err(e) => i64::try_from(e.duration().as_secs()).map(|behind| -behind),
    };
    let ahead = ahead.unwrap_or(i64::MAX);
    if ahead.abs_diff(used) <= TOLERANCE {
        Skew::None
    } else if ahead.unsigned_abs() > limit.as_secs() {
        tracing::warn!(
            seconds = ahead,
            limit = limit.as_secs(),
            "the date of the response differs from the clock by more than is corrected"
        );
        Skew::TooMuch(ahead)
    } else {
        tracing::warn!(
            seconds = ahead,
            "the clock differs from the service's, whose time is used"
        );
        Skew::Of(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServiceError;
    use crate::time::Timestamp;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn refused(code: &str, date: Option<&str>, used: i64) -> Skew {
        let mut error = ServiceError::in_stream(code, "");
        error.status = 403;
        let headers = HeaderMap::from_iter(date.map(|date| (DATE, date.parse().unwrap())));
        // 2024-01-15T12:00:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_705_320_000);
        skew(&error.into(), &headers, now, used, DAY)
    }

    #[test]
    fn a_date_counts_where_the_code_is_of_the_clock_and_within_a_day() {
        let cases = [
            ("Mon, 15 Jan 2024 13:00:00 GMT", 0, Skew::Of(3600)),
            ("Mon, 15 Jan 2024 11:00:00 GMT", 0, Skew::Of(-3600)),
            ("Mon, 15 Jan 2024 13:00:00 GMT", 3500, Skew::None),
            // other calls have corrected the clock meanwhile; this request was signed with the local time
            ("Mon, 15 Jan 2024 12:00:00 GMT", 3600, Skew::Of(0)),
            ("Mon, 15 Jan 2024 12:03:00 GMT", 0, Skew::None),
            ("Tue, 16 Jan 2024 12:00:00 GMT", 0, Skew::Of(86_400)),
            ("Tue, 16 Jan 2024 12:00:01 GMT", 0, Skew::TooMuch(86_401)),
            ("Sun, 14 Jan 2024 11:59:59 GMT", 0, Skew::TooMuch(-86_401)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 0, Skew::TooMuch(0)),
            ("soon", 0, Skew::None),
            ("", 0, Skew::None),
        ];
        for (date, used, expected) in cases {
            let found = refused("RequestTimeTooSkewed", Some(date), used);
            match (found, expected) {
                (Skew::TooMuch(_), Skew::TooMuch(_)) => {}
                _ => assert_eq!(found, expected, "{date} {used}"),
            }
            assert_eq!(refused("NoSuchKey", Some(date), used), Skew::None);
        }
        assert_eq!(refused("RequestExpired", None, 0), Skew::None);
    }

    #[test]
    fn no_correction_leaves_the_range_of_time() {
        let now = SystemTime::now();
        for ahead in [i64::MIN, i64::MAX] {
            let _ = Timestamp::of(correct(now, ahead));
        }
        assert_eq!(correct(now, 0), now);
    }
}
