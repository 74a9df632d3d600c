//! Moments as a person writes them.

use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Reads seconds since 1970, a date, or a date and a time; without a zone, it is in UTC. Seconds are `2026-11-28T13:00:00`.
///
/// # Errors
///
/// Returns a message if the text is no moment.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let wrong = || {
        format!("{text:?} is no time: write 2026-11-28, 2026-11-28T13:00:00Z or seconds since 1970")
    };
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        let after = SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        return Timestamp::UNIX_EPOCH
            .checked_add(after)
            .map_err(|_| wrong());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let pieces = Pieces::parse(text).map_err(|_| wrong())?;
    let local = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let zone = match pieces.to_numeric_offset() {
        Some(offset) => TimeZone::fixed(offset),
        None => TimeZone::UTC,
    };
    zone.to_timestamp(local).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_utc() {
        for (text, expected) in [
            ("0", 0),
            ("1577836800", 1_577_836_800),
            ("2020-01-01", 1_577_836_800),
            ("2020-01-01T00:00:00", 1_577_836_800),
            ("2020-01-01 00:00:00", 1_577_836_800),
            ("2020-01-01T00:00", 1_577_836_800),
            ("2020-01-01T02:00:00+02:00", 1_577_836_800),
            ("2020-01-01T00:00:00Z", 1_577_836_800),
            ("2019-12-31T19:00-05:00", 1_577_836_800),
        ] {
            assert_eq!(
                parse(text).map(Timestamp::as_second),
                Ok(expected),
                "{text}"
            );
        }
        for text in ["", "yesterday", "2020-13-01", "nan", "1e300"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
