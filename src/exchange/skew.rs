//! A clock that goes wrong: services refuse signatures of another time, and say theirs.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::DATE;

use crate::error::Error;
use crate::time::Timestamp;

/// Codes of answers that may mean a wrong clock.
const CODES: [&str; 8] = [
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "AccessDenied",
];

/// Services take a signature for some minutes; below this the clock is not to blame.
const TOLERANCE: i64 = 240;

/// How far the service's clock is before ours, in seconds.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// The service's time.
    pub(super) fn correct(&self, now: SystemTime) -> SystemTime {
        let ahead = self.0.load(Ordering::Relaxed);
        let by = Duration::from_secs(ahead.unsigned_abs());
        let corrected = match ahead {
            0.. => now.checked_add(by),
            _ => now.checked_sub(by),
        };
        corrected.unwrap_or(now)
    }

    /// Whether an answer says that the clock was wrong, which it is not from now on.
    pub(super) fn learn(&self, error: &Error, headers: &HeaderMap, now: SystemTime) -> bool {
        let refused = error.service_error().is_some_and(|error| {
            matches!(error.status, 400 | 401 | 403)
                && (CODES.contains(&&*error.code) || error.code.parse::<u16>().is_ok())
        });
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let there = date.and_then(|date| Timestamp::parse(date).ok()?.system_time());
        let (true, Some(there)) = (refused, there) else {
            return false;
        };
        let ahead = match there.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(e) => i64::try_from(e.duration().as_secs()).map(|behind| -behind),
        };
        let Ok(ahead) = ahead else { return false };
        let known = self.0.load(Ordering::Relaxed);
        let wrong = (ahead - known).abs() > TOLERANCE;
        if wrong {
            tracing::warn!(
                seconds = ahead,
                "the clock differs from the service's, whose time is used"
            );
            self.0.store(ahead, Ordering::Relaxed);
        }
        wrong
    }
}
