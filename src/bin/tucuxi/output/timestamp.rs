//! Timestamps of results, as `cli_timestamp_format` selects.
//!
//! | received | `iso8601` | `wire` |
//! | --- | --- | --- |
//! | `2020-01-01T00:00:00.120Z` | `2020-01-01T00:00:00.120000+00:00` | as received |
//! | `2020-01-01T02:00:00+02:00` | `2020-01-01T02:00:00+02:00` | as received |
//! | `Wed, 01 Jan 2020 00:00:00 GMT` | `2020-01-01T00:00:00+00:00` | as received |
//! | `1577836800` | `2020-01-01T01:00:00+01:00`, in the zone of the machine | as received |

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::{rfc2822, temporal::Pieces};
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;
use tucuxi::Output;
use tucuxi::interceptor::{CallContext, Interceptor};
use tucuxi::internals::command::{plain_utc, set_ordered, set_printed};

/// A value of `cli_timestamp_format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    #[default]
    Iso8601,
    Wire,
}

impl TimestampFormat {
    pub(crate) const ALL: [(&'static str, Self); 2] =
        [("iso8601", Self::Iso8601), ("wire", Self::Wire)];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find_map(|(known, format)| (*known == name).then_some(*format))
    }
}

/// The form of results.
pub(crate) struct Form {
    pub(crate) timestamps: TimestampFormat,
    /// Whether members have the order of the model.
    pub(crate) is_ordered: bool,
}

impl Interceptor for Form {
    fn result(&self, _: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
        let Ok(output) = result else {
            return;
        };
        set_printed(
            output,
            match self.timestamps {
                TimestampFormat::Iso8601 => iso,
                TimestampFormat::Wire => std::convert::identity,
            },
        );
        if self.is_ordered {
            set_ordered(output);
        }
    }
}

/// A timestamp as Python's `isoformat` writes it. What has another form stays as it is.
fn iso(received: Value) -> Value {
    let text = match &received {
        Value::Number(seconds) => seconds.as_f64().and_then(local),
        Value::String(text) => match text.trim().parse() {
            Ok(seconds) => local(seconds),
            Err(_) => zoned(text.trim()),
        },
        _ => None,
    };
    text.map_or(received, Value::from)
}

/// Seconds since 1970, rounded to the microsecond, half to even, in the zone of the machine.
fn local(seconds: f64) -> Option<String> {
    if seconds.abs() >= 1e12 {
        return None;
    }
    let (whole, fraction) = (seconds.trunc() as i64, seconds.fract());
    let micros = whole * 1_000_000 + (fraction * 1e6).round_ties_even() as i64;
    let at = Timestamp::from_microsecond(micros).ok()?;
    let zone = TimeZone::system();
    Some(written(zone.to_datetime(at), Some(zone.to_offset(at))))
}

/// A date with a time, in the zone that it names, if it names one.
fn zoned(text: &str) -> Option<String> {
    // nearly all of them, as their number can be large
    if let Some((seconds, fraction)) = plain_utc(text).filter(|(_, fraction)| fraction.len() <= 9) {
        let micros = fraction.get(..6).unwrap_or(fraction);
        let point = match micros.bytes().all(|b| b == b'0') {
            true => String::new(),
            false => format!(".{micros:0<6}"),
        };
        return Some([seconds, &point, "+00:00"].concat());
    }
    if let Ok(pieces) = Pieces::parse(text) {
        let time = pieces.time().unwrap_or(Time::midnight());
        let offset = pieces.to_numeric_offset();
        return Some(written(pieces.date().to_datetime(time), offset));
    }
    let date = rfc2822::parse(text).ok()?;
    Some(written(date.datetime(), Some(date.offset())))
}

fn written(at: DateTime, offset: Option<Offset>) -> String {
    let micros = at.subsec_nanosecond() / 1000;
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    if micros != 0 {
        text += &format!(".{micros:06}");
    }
    if let Some(offset) = offset {
        let seconds = offset.seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let (hours, rest) = (seconds.abs() / 3600, seconds.abs() % 3600);
        text += &format!("{sign}{hours:02}:{:02}", rest / 60);
        if rest % 60 != 0 {
            text += &format!(":{:02}", rest % 60);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn timestamps_are_written_as_python_does() {
        for (received, expected) in [
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+00:00"),
            ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00+00:00"),
            (
                "2020-01-01T00:00:00.12Z",
                "2020-01-01T00:00:00.120000+00:00",
            ),
            (
                "2020-01-01T00:00:00.1234569Z",
                "2020-01-01T00:00:00.123456+00:00",
            ),
            ("2020-01-01T00:00:00.0000009Z", "2020-01-01T00:00:00+00:00"),
            ("0900-02-29T23:59:59Z", "0900-02-29T23:59:59Z"),
            ("2020-01-01T00:00:00.Z", "2020-01-01T00:00:00.Z"),
            ("2020-01-01T00:00:00xZ", "2020-01-01T00:00:00xZ"),
            ("2020-01-01T12:34:567Z", "2020-01-01T12:34:567Z"),
            ("2020-12-31T23:59:59Z", "2020-12-31T23:59:59+00:00"),
            ("0904-02-29T23:59:59Z", "0904-02-29T23:59:59+00:00"),
            (
                "2020-01-01T00:00:00.1234567890Z",
                "2020-01-01T00:00:00.1234567890Z",
            ),
            ("2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00+02:00"),
            ("2020-01-01 00:00:00-0330", "2020-01-01T00:00:00-03:30"),
            ("2020-01-01T00:00:00", "2020-01-01T00:00:00"),
            ("2020-01-01", "2020-01-01T00:00:00"),
            ("Wed, 01 Jan 2020 00:00:00 GMT", "2020-01-01T00:00:00+00:00"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(iso(json!(received)), expected, "{received}");
        }
        assert_eq!(iso(json!(null)), json!(null));
        assert_eq!(iso(json!(1e300)), json!(1e300));
    }

    #[test]
    fn seconds_are_rounded_to_microseconds() {
        let parsed = |seconds| {
            let text = local(seconds).unwrap();
            text.parse::<Timestamp>().unwrap().as_microsecond()
        };
        for (seconds, micros) in [
            (1577836800.0, 1_577_836_800_000_000),
            (1262335584.123, 1_262_335_584_123_000),
            (-1.0000005, -1_000_001),
            (0.9999999, 1_000_000),
        ] {
            assert_eq!(parsed(seconds), micros, "{seconds}");
        }
    }
}
