//! Timestamps: the formats of requests and responses, and the format of results.
//!
//! | format | example | used in |
//! | --- | --- | --- |
//! | `date-time` | `2020-01-01T00:00:00.5Z` | query and XML bodies, paths and queries; results |
//! | `epoch-seconds` | `1577836800.5` | JSON and CBOR bodies |
//! | `http-date` | `Wed, 01 Jan 2020 00:00:00 GMT` | headers |

mod read;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use serde_json::Value;

/// The format of a timestamp in requests and responses, as in Smithy's `timestampFormat` trait.
///
/// ```
/// use tucuxi::model::{ServiceModel, TimestampFormat};
///
/// let model = ServiceModel::parse("tower", r#"{
///     "metadata": {"protocol": "json"},
///     "operations": {},
///     "shapes": {
///         "Bell": {"type": "structure", "members": {"RungAt": {"shape": "Time", "timestampFormat": "iso8601"}}},
///         "Time": {"type": "timestamp"}
///     }
/// }"#)?;
/// let bell = model.shape(model.shape_id("Bell").unwrap())?;
/// let rung_at = bell.members().unwrap().get("RungAt").unwrap();
/// assert_eq!(rung_at.timestamp_format, Some(TimestampFormat::DateTime));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampFormat {
    /// `2020-01-01T00:00:00Z`
    DateTime,
    /// `1577836800`
    EpochSeconds,
    /// `Wed, 01 Jan 2020 00:00:00 GMT`
    HttpDate,
}

/// An instant in the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// A text or a number that is not a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeError(String);

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let example = "2026-11-28T13:00:00Z";
        write!(
            f,
            "{} is not a timestamp; write {example} or seconds since 1970",
            self.0
        )
    }
}

impl std::error::Error for TimeError {}

/// The seconds of `0001-01-01T00:00:00Z` and `9999-12-31T23:59:59Z`.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Timestamp {
    /// The last second of the range.
    pub(crate) const LAST: Self = Self {
        seconds: *RANGE.end(),
        nanos: 0,
    };

    fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (RANGE.contains(&seconds) && nanos < 1_000_000_000).then_some(Self { seconds, nanos })
    }

    /// Parses every unambiguous format (see `read`). A timestamp without a zone is UTC.
    pub(crate) fn parse(text: &str) -> Result<Self, TimeError> {
        read::any(text.trim()).ok_or_else(|| TimeError(format!("{text:?}")))
    }

    /// Formats the timestamp, to the microsecond if the format has fractions.
    pub(crate) fn format(self, format: TimestampFormat) -> String {
        match format {
            TimestampFormat::DateTime => {
                let micros = self.nanos / 1000;
                let mut text = self.date_time();
                if micros != 0 {
                    text += &format!(".{micros:06}");
                }
                text + "Z"
            }
            TimestampFormat::EpochSeconds => self.epoch_seconds(),
            TimestampFormat::HttpDate => self.http_date(),
        }
    }

    /// Formats the timestamp as in results: with the shortest fraction, or without one if it is zero.
    pub(crate) fn rfc3339(self) -> String {
        let mut text = self.date_time();
        if self.nanos != 0 {
            text += format!(".{:09}", self.nanos).trim_end_matches('0');
        }
        text + "Z"
    }

    /// Formats the timestamp without fraction and zone.
    fn date_time(self) -> String {
        let t = self.civil();
        let mut text = String::with_capacity(24);
        // writing to a `String` cannot fail
        let _ = write!(
            text,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        );
        text
    }

    fn http_date(self) -> String {
        // jiff's printer of this format takes instants, which end a day before the year 9999 does
        let civil = self.civil();
        civil.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    fn epoch_seconds(self) -> String {
        let micros = i128::from(self.seconds) * 1_000_000 + i128::from(self.nanos / 1000);
        let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
        let text = format!("{sign}{}", micros / 1_000_000);
        match micros % 1_000_000 {
            0 => text,
            fraction => text + format!(".{fraction:06}").trim_end_matches('0'),
        }
    }

    fn civil(self) -> DateTime {
        // this type and civil times have the same range
        let since = jiff::SignedDuration::from_secs(self.seconds);
        EPOCH.checked_add(since).unwrap_or(EPOCH)
    }

    /// Converts a system time. A time before 1970 becomes 1970, and one after the range its last second.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(*RANGE.end());
        Self {
            seconds: seconds.min(*RANGE.end()),
            nanos: since.subsec_nanos(),
        }
    }

    /// Converts the timestamp to a system time, if it is not before 1970 and the platform can represent it.
    pub(crate) fn system_time(self) -> Option<SystemTime> {
        let since = Duration::new(u64::try_from(self.seconds).ok()?, self.nanos);
        UNIX_EPOCH.checked_add(since)
    }

    /// Formats the timestamp as in signatures: `20200101T000000Z`.
    pub(crate) fn basic(self) -> String {
        let mut text = self.date_time();
        text.retain(|c| c.is_ascii_alphanumeric());
        text.push('Z');
        text
    }

    /// Returns the milliseconds since 1970.
    pub(crate) fn epoch_millis(self) -> i64 {
        self.seconds * 1000 + i64::from(self.nanos / 1_000_000)
    }

    /// Returns the timestamp without its fraction.
    pub(crate) fn whole(self) -> Self {
        Self { nanos: 0, ..self }
    }

    /// Returns the seconds since 1970, if the fraction is less than a microsecond.
    pub(crate) fn whole_seconds(self) -> Option<i64> {
        (self.nanos / 1000 == 0).then_some(self.seconds)
    }

    /// Returns the seconds since 1970, with microseconds.
    pub(crate) fn as_f64(self) -> f64 {
        self.seconds as f64 + f64::from(self.nanos / 1000) / 1e6
    }
}

/// Converts seconds since 1970, rounded once to the microsecond, half to even, as Python does.
pub(crate) fn from_epoch(seconds: f64) -> Result<Timestamp, TimeError> {
    let (whole, fraction) = (seconds.trunc(), seconds.fract());
    let stamp = (whole.abs() < 1e12).then(|| {
        // both are far below the limits of the types
        let micros = (whole as i64) * 1_000_000 + (fraction * 1e6).round_ties_even() as i64;
        Timestamp::new(
            micros.div_euclid(1_000_000),
            micros.rem_euclid(1_000_000) as u32 * 1000,
        )
    });
    stamp
        .flatten()
        .ok_or_else(|| TimeError(seconds.to_string()))
}

/// Converts milliseconds since 1970.
pub(crate) fn from_epoch_millis(millis: i64) -> Result<Timestamp, TimeError> {
    let nanos = millis.rem_euclid(1000) as u32 * 1_000_000;
    let stamp = Timestamp::new(millis.div_euclid(1000), nanos);
    stamp.ok_or_else(|| TimeError(format!("{millis} milliseconds")))
}

/// Converts a parameter: a string, or seconds since 1970.
pub(crate) fn from_value(value: &Value) -> Result<Timestamp, TimeError> {
    match value {
        Value::String(text) => Timestamp::parse(text),
        Value::Number(n) => n
            .as_f64()
            .and_then(|seconds| from_epoch(seconds).ok())
            .ok_or_else(|| TimeError(n.to_string())),
        other => Err(TimeError(other.to_string())),
    }
}

/// Converts a timestamp of a response to the format of results. One that already has this format is not parsed.
pub(crate) fn normalise(text: &str) -> Result<Cow<'_, str>, TimeError> {
    Ok(match plain_utc(text) {
        Some((_, "")) => text.into(),
        Some((seconds, fraction)) if fraction.bytes().all(|b| b == b'0') => {
            [seconds, "Z"].concat().into()
        }
        Some((_, fraction)) if !fraction.ends_with('0') => text.into(),
        _ => Timestamp::parse(text)?.rfc3339().into(),
    })
}

/// Splits a timestamp such as `2020-01-01T00:00:00.5Z` into that without fraction and zone, and the digits of the fraction. Returns
/// `None` for another form, for 29 February, and for the year 0.
pub(crate) fn plain_utc(text: &str) -> Option<(&str, &str)> {
    let b = text.as_bytes();
    let is_form = b.len() >= 20
        && b[4] == b'-'
        && b[7] == b'-'
        && b[10] == b'T'
        && b[13] == b':'
        && b[16] == b':'
        && b.last() == Some(&b'Z');
    let digits = |range: std::ops::Range<usize>| b[range].iter().all(u8::is_ascii_digit);
    let in_place = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19];
    if !is_form || !in_place.into_iter().all(digits) || !is_usual(b) {
        return None;
    }
    let (seconds, rest) = text.split_at_checked(19)?;
    let rest = rest.strip_suffix('Z')?;
    match rest.strip_prefix('.') {
        None if rest.is_empty() => Some((seconds, "")),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some((seconds, digits))
        }
        _ => None,
    }
}

/// Whether the digits of a timestamp in the format of results are certainly a valid date and time. The few others are parsed.
fn is_usual(b: &[u8]) -> bool {
    // the caller checked that these are digits
    let two = |at: usize| (b[at] & 15) * 10 + (b[at + 1] & 15);
    let (month, day) = (two(5), two(8));
    let days = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && two(11) <= 23
        && b[14] <= b'5'
        && b[17] <= b'5'
        && (two(0) | two(2)) != 0
}

/// 1970, without a zone. Civil times are treated as UTC, as jiff's instants end a day before the year 9999 does.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use super::*;
    use TimestampFormat::{DateTime as Iso, EpochSeconds, HttpDate};

    #[test]
    fn every_format_is_parsed() {
        let cases = [
            ("2020-01-01T00:00:00Z", "1577836800"),
            ("2020-01-01T01:00:00+01:00", "1577836800"),
            ("2020-01-01t00:00:00z", "1577836800"),
            ("2020-01-01T00:00:00", "1577836800"),
            ("2020-01-01 00:00:00", "1577836800"),
            ("2020-01-01", "1577836800"),
            ("2020-01-01T00:00:00.123456Z", "1577836800.123456"),
            ("Wed, 01 Jan 2020 00:00:00 GMT", "1577836800"),
            ("Wed, 01 Jan 2020 00:00:00.5 GMT", "1577836800.5"),
            ("01 Jan 2020 01:00:00 +0100", "1577836800"),
            ("1577836800", "1577836800"),
            ("1577836800.123456", "1577836800.123456"),
            (" 1577836800 ", "1577836800"),
            ("1.5778368e9", "1577836800"),
            ("-0.5", "-0.5"),
            ("-1", "-1"),
            ("1969-12-31T23:59:59.5Z", "-0.5"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Timestamp::parse(text).map(|t| t.format(EpochSeconds)),
                Ok(expected.into()),
                "{text}"
            );
        }
        for text in [
            "",
            "x",
            "2020-13-01",
            "Wed, 01 Foo 2020 00:00:00 GMT",
            "99999999999999",
            "1:2:3",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_format_is_written() {
        let stamp = Timestamp::parse("2020-02-29T12:34:56.5Z").unwrap();
        assert_eq!(stamp.format(Iso), "2020-02-29T12:34:56.500000Z");
        assert_eq!(stamp.format(HttpDate), "Sat, 29 Feb 2020 12:34:56 GMT");
        for (text, expected) in [
            ("0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT"),
            ("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().format(HttpDate), expected);
        }
        assert_eq!(stamp.format(EpochSeconds), "1582979696.5");
        assert_eq!(stamp.rfc3339(), "2020-02-29T12:34:56.5Z");
    }

    #[test]
    fn results_have_one_format() {
        let cases = [
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00.120Z", "2020-01-01T00:00:00.12Z"),
            ("2020-01-01T00:00:00.123Z", "2020-01-01T00:00:00.123Z"),
            ("2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z"),
            ("1577836800", "2020-01-01T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).unwrap(), expected, "{text}");
        }
        assert!(normalise("é020-01-01T00:00:00Z").is_err());
        assert!(normalise("not-a-date-at-all-ZZZ").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_errors() {
        for seconds in [
            f64::NAN,
            f64::INFINITY,
            1e300,
            253_402_300_800.0,
            253_402_300_799.999_999_9,
        ] {
            assert!(from_epoch(seconds).is_err());
        }
        assert_eq!(from_epoch(1.5).unwrap().rfc3339(), "1970-01-01T00:00:01.5Z");
    }

    #[test]
    fn epochs_are_rounded_once_as_python_does() {
        let cases = [
            ("1795871635.8202364", "2026-11-28T13:13:55.820236Z"),
            ("-1.0000005", "1969-12-31T23:59:58.999999Z"),
            ("1.0000005", "1970-01-01T00:00:01.000001Z"),
            ("1.0000015", "1970-01-01T00:00:01.000001Z"),
            ("0.9999999", "1970-01-01T00:00:01Z"),
            ("1577836800.123456789", "2020-01-01T00:00:00.123457Z"),
            ("1577836800.9999996", "2020-01-01T00:00:01Z"),
            ("1e-7", "1970-01-01T00:00:00Z"),
            ("-1e-7", "1970-01-01T00:00:00Z"),
            ("-1.5E3", "1969-12-31T23:35:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).unwrap(), expected, "{text}");
            let number: f64 = text.parse().unwrap();
            assert_eq!(from_epoch(number).unwrap().rfc3339(), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_looks_like_a_result_is_a_valid_date() {
        for (text, is_date) in [
            ("2024-02-29T23:59:59Z", true),
            ("2023-02-29T00:00:00Z", false),
            ("2020-12-31T00:00:00Z", true),
            ("2020-11-31T00:00:00Z", false),
            ("2020-00-10T00:00:00Z", false),
            ("2020-13-10T00:00:00Z", false),
            ("2020-01-00T00:00:00Z", false),
            ("2020-01-01T24:00:00Z", false),
            ("2020-01-01T00:60:00Z", false),
            ("2020-01-01T00:00:60Z", false),
            ("0000-01-01T00:00:00Z", false),
            ("2020-01-31T00:00:00Z", true),
            ("2020-01-32T00:00:00Z", false),
            ("2020-09-31T00:00:00Z", false),
            ("2020-01-01T12:34:567Z", false),
            ("2020-01-01T00:00:00xZ", false),
            ("2020-01-01T00:00:00ZZ", false),
            ("2020-01-01T00:00:00+Z", false),
            ("2020-01-01T00:00:00.5.Z", false),
            ("2020-01-01T00:00:00.xZ", false),
        ] {
            assert_eq!(normalise(text).is_ok(), is_date, "{text}");
        }
    }
}
