//! Timestamps: the forms that go over the wire, and the one in which they are handed out.
//!
//! | form | example | where |
//! | --- | --- | --- |
//! | `date-time` | `2020-01-01T00:00:00.5Z` | query and XML bodies, paths and queries; results |
//! | `epoch-seconds` | `1577836800.5` | JSON and CBOR bodies |
//! | `http-date` | `Wed, 01 Jan 2020 00:00:00 GMT` | headers |

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use serde_json::Value;

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampFormat {
    /// `2020-01-01T00:00:00Z`
    DateTime,
    /// `1577836800`
    EpochSeconds,
    /// `Wed, 01 Jan 2020 00:00:00 GMT`
    HttpDate,
}

impl TimestampFormat {
    /// By its name in a model: `iso8601`, `unixTimestamp` or `rfc822`, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "iso8601" => Self::DateTime,
            "rfc822" => Self::HttpDate,
            "unixtimestamp" => Self::EpochSeconds,
            _ => return None,
        })
    }
}

/// An instant, of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// Text or a number that is no timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeError(String);

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no timestamp", self.0)
    }
}

impl std::error::Error for TimeError {}

/// `0001-01-01T00:00:00Z` and `9999-12-31T23:59:59Z`.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Timestamp {
    /// The last second that there is.
    pub(crate) const LAST: Self = Self {
        seconds: *RANGE.end(),
        nanos: 0,
    };

    fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (RANGE.contains(&seconds) && nanos < 1_000_000_000).then_some(Self { seconds, nanos })
    }

    /// Reads any of the forms; text without a zone is UTC.
    pub(crate) fn parse(text: &str) -> Result<Self, TimeError> {
        let trimmed = text.trim();
        let parsed = match trimmed.bytes().next() {
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => {
                parse_epoch(trimmed).or_else(|| parse_iso(trimmed))
            }
            _ => None,
        };
        parsed
            .or_else(|| parse_http_date(trimmed))
            .ok_or_else(|| TimeError(format!("{text:?}")))
    }

    /// In this form; fractions down to the microsecond, where the form has them.
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

    /// The form of results: a fraction only where there is one, and no longer than it is.
    pub(crate) fn rfc3339(self) -> String {
        let mut text = self.date_time();
        if self.nanos != 0 {
            text += format!(".{:09}", self.nanos).trim_end_matches('0');
        }
        text + "Z"
    }

    /// Without fraction and zone.
    fn date_time(self) -> String {
        let t = self.civil();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    fn http_date(self) -> String {
        let t = self.civil();
        // both are in the range of their tables
        let weekday = WEEKDAYS[t.weekday().to_monday_zero_offset() as usize % 7];
        let month = MONTHS[(t.month() as usize + 11) % 12];
        format!(
            "{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
            t.day(),
            t.year(),
            t.hour(),
            t.minute(),
            t.second()
        )
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
        // the range of this type is that of civil times
        let since = jiff::SignedDuration::from_secs(self.seconds);
        EPOCH.checked_add(since).unwrap_or(EPOCH)
    }

    /// The system's time.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(*RANGE.end());
        Self {
            seconds: seconds.min(*RANGE.end()),
            nanos: since.subsec_nanos(),
        }
    }

    /// The system's time, as far as it can hold this one.
    pub(crate) fn system_time(self) -> Option<SystemTime> {
        let since = Duration::new(u64::try_from(self.seconds).ok()?, self.nanos);
        UNIX_EPOCH.checked_add(since)
    }

    /// `20200101T000000Z`, the form of signatures.
    pub(crate) fn basic(self) -> String {
        let text = self.date_time();
        text.replace(['-', ':'], "") + "Z"
    }

    /// Without its fraction.
    pub(crate) fn whole(self) -> Self {
        Self { nanos: 0, ..self }
    }

    /// Seconds since 1970, if there is no fraction.
    pub(crate) fn whole_seconds(self) -> Option<i64> {
        (self.nanos / 1000 == 0).then_some(self.seconds)
    }

    /// Seconds since 1970, down to the microsecond.
    pub(crate) fn as_f64(self) -> f64 {
        self.seconds as f64 + f64::from(self.nanos / 1000) / 1e6
    }
}

/// Seconds since 1970.
pub(crate) fn from_epoch(seconds: f64) -> Result<Timestamp, TimeError> {
    // microseconds are what a float of this size still tells apart
    let micros = (seconds * 1e6).round();
    let stamp = (micros.abs() < 1e18).then(|| {
        let micros = micros as i64;
        Timestamp::new(
            micros.div_euclid(1_000_000),
            micros.rem_euclid(1_000_000) as u32 * 1000,
        )
    });
    stamp
        .flatten()
        .ok_or_else(|| TimeError(seconds.to_string()))
}

/// Milliseconds since 1970.
pub(crate) fn from_epoch_millis(millis: i64) -> Result<Timestamp, TimeError> {
    let nanos = millis.rem_euclid(1000) as u32 * 1_000_000;
    let stamp = Timestamp::new(millis.div_euclid(1000), nanos);
    stamp.ok_or_else(|| TimeError(format!("{millis} milliseconds")))
}

/// A parameter: text, or seconds since 1970.
pub(crate) fn from_value(value: &Value) -> Result<Timestamp, TimeError> {
    match value {
        Value::String(text) => Timestamp::parse(text),
        // the text of a number is exact where the float may not be
        Value::Number(n) => parse_epoch(&n.to_string())
            .or_else(|| from_epoch(n.as_f64()?).ok())
            .ok_or_else(|| TimeError(n.to_string())),
        other => Err(TimeError(other.to_string())),
    }
}

/// Text from the wire in the form of results. What has that form already is not parsed.
pub(crate) fn normalise(text: &str) -> Result<Cow<'_, str>, TimeError> {
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
    // the checks on single bytes and digits leave ASCII up to the fraction
    if is_form && in_place.into_iter().all(digits) {
        match &b[19..b.len() - 1] {
            [] => return Ok(Cow::Borrowed(text)),
            [b'.', zeros @ ..] if zeros.iter().all(|c| *c == b'0') => {
                return Ok(Cow::Owned(format!("{}Z", &text[..19])));
            }
            [b'.', fraction @ .., last]
                if *last != b'0'
                    && last.is_ascii_digit()
                    && fraction.iter().all(u8::is_ascii_digit) =>
            {
                return Ok(Cow::Borrowed(text));
            }
            _ => {}
        }
    }
    Ok(Cow::Owned(Timestamp::parse(text)?.rfc3339()))
}

/// `[+-]digits[.digits]`, or with an exponent.
fn parse_epoch(text: &str) -> Option<Timestamp> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if digits.contains(['e', 'E']) && digits.parse::<f64>().is_ok() {
        return from_epoch(text.parse().ok()?).ok();
    }
    if !plain(whole) || !plain(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let nanos: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let total = sign * (i128::from(whole) * 1_000_000_000 + i128::from(nanos));
    let seconds = i64::try_from(total.div_euclid(1_000_000_000)).ok()?;
    Timestamp::new(
        seconds,
        u32::try_from(total.rem_euclid(1_000_000_000)).ok()?,
    )
}

/// 1970, without a zone. A civil time is always taken for UTC; jiff's own instants end a day earlier than it does.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

fn parse_iso(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    if text.contains(":60") {
        return None; // a leap second; no service counts them
    }
    let civil = |text: &str| Some(PARSER.parse_datetime(text).ok()?.duration_since(EPOCH));
    let since = match text.strip_suffix(['Z', 'z']) {
        Some(text) => civil(text)?,
        None => match PARSER.parse_timestamp(text) {
            Ok(instant) => instant.as_duration(),
            Err(_) => civil(text)?,
        },
    };
    // jiff's nanoseconds have the sign of the whole
    let (seconds, nanos) = (since.as_secs(), since.subsec_nanos());
    match nanos {
        0.. => Timestamp::new(seconds, nanos.unsigned_abs()),
        _ => Timestamp::new(seconds - 1, (1_000_000_000 + nanos).unsigned_abs()),
    }
}

/// `[Wed, ]01 Jan 2020 00:00:00[.5] GMT`; the zone may be an offset too, or missing.
fn parse_http_date(text: &str) -> Option<Timestamp> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let words: Vec<&str> = text.split([' ', '-']).filter(|w| !w.is_empty()).collect();
    let (day, month, year, clock, zone) = match words[..] {
        [day, month, year, clock] => (day, month, year, clock, "GMT"),
        [day, month, year, clock, zone] => (day, month, year, clock, zone),
        _ => return None,
    };
    let month = MONTHS
        .iter()
        .position(|m| month.get(..3).is_some_and(|w| w.eq_ignore_ascii_case(m)))?;
    let year: i16 = match (year.len(), year.parse().ok()?) {
        (2, year @ 0..70) => 2000 + year,
        (2, year) => 1900 + year,
        (_, year) => year,
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (second, fraction) = parts
        .next()?
        .split_once('.')
        .map_or_else(|| Some((clock.rsplit(':').next()?, "")), Some)?;
    let nanos: u32 = match fraction.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("{fraction:0<9}").get(..9)?.parse().ok()?,
        false => return None,
    };
    let civil = DateTime::new(
        year,
        i8::try_from(month + 1).ok()?,
        day.parse().ok()?,
        hour,
        minute,
        second.parse().ok()?,
        0,
    );
    let since = civil.ok()?.duration_since(EPOCH);
    let seconds = since.as_secs().checked_sub(zone_offset(zone)?)?;
    parts
        .next()
        .is_none()
        .then(|| Timestamp::new(seconds, nanos))?
}

fn zone_offset(zone: &str) -> Option<i64> {
    if matches!(zone, "GMT" | "UTC" | "UT" | "Z") {
        return Some(0);
    }
    let (sign, digits) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let number: i64 = (digits.len() == 4).then(|| digits.parse().ok())??;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimestampFormat::{DateTime as Iso, EpochSeconds, HttpDate};

    #[test]
    fn every_form_is_read() {
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
    fn every_form_is_written() {
        let stamp = Timestamp::parse("2020-02-29T12:34:56.5Z").unwrap();
        assert_eq!(stamp.format(Iso), "2020-02-29T12:34:56.500000Z");
        assert_eq!(stamp.format(HttpDate), "Sat, 29 Feb 2020 12:34:56 GMT");
        assert_eq!(stamp.format(EpochSeconds), "1582979696.5");
        assert_eq!(stamp.rfc3339(), "2020-02-29T12:34:56.5Z");
    }

    #[test]
    fn results_have_one_form() {
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
        for seconds in [f64::NAN, f64::INFINITY, 1e300, 253_402_300_800.0] {
            assert!(from_epoch(seconds).is_err());
        }
        assert_eq!(from_epoch(1.5).unwrap().rfc3339(), "1970-01-01T00:00:01.5Z");
    }
}
