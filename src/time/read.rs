//! The parser of timestamps.
//!
//! | format | examples |
//! | --- | --- |
//! | seconds since 1970 | `1577836800`, `-1.5`, `1.5e9` |
//! | ISO 8601, RFC 3339 | `2020-01-01T00:00:00.5Z`, `2020-01-01t01:00:00+01:00`, `20200101T000000Z`, `2020-01-01` |
//! | RFC 9110's three | `Wed, 01 Jan 2020 00:00:00 GMT`, `Wednesday, 01-Jan-20 00:00:00 GMT`, `Wed Jan  1 00:00:00 2020` |
//! | words in any order | `2020-01-01 00:00:00 UTC`, `Wed Jan 01 00:00:00 UTC 2020`, `28/11/2026, 1:46:33 PM` |
//!
//! An ambiguous date is an error: `05/11/2026` may be in May or in November.
//!
//! jiff parses ISO 8601. Its parser for RFC 2822 and RFC 9110 is not used, because it rejects what services also send: the obsolete
//! HTTP dates, dates with fractions, and weekdays that do not match. The parser for these handles the standard form as well.

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;

use super::{EPOCH, MONTHS, Timestamp, from_epoch};

/// Parses a timestamp without surrounding whitespace.
pub(super) fn any(text: &str) -> Option<Timestamp> {
    epoch(text)
        .or_else(|| iso(text))
        .or_else(|| Words::of(text)?.instant())
}

/// Parses `[+-]digits[.digits]` with an optional exponent. A fraction of up to six digits is exact, which a float is not.
fn epoch(text: &str) -> Option<Timestamp> {
    let is_number = text
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if !is_number {
        return None;
    }
    decimal(text).or_else(|| from_epoch(text.parse().ok()?).ok())
}

fn decimal(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_exact = fraction.len() <= 6 && fraction.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = whole.parse().ok().filter(|_| is_exact)?;
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    let micros = match whole.starts_with('-') {
        true => seconds.checked_mul(1_000_000)?.checked_sub(micros)?,
        false => seconds.checked_mul(1_000_000)?.checked_add(micros)?,
    };
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000;
    Timestamp::new(micros.div_euclid(1_000_000), nanos)
}

fn iso(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(":60") {
        return None; // a leap second, which no service uses
    }
    let civil = |text: &str| Some(PARSER.parse_datetime(text).ok()?.duration_since(EPOCH));
    let since = match text.strip_suffix(['Z', 'z']) {
        Some(text) => civil(text)?,
        None => match PARSER.parse_timestamp(text) {
            Ok(instant) => instant.as_duration(),
            Err(_) => civil(text)?,
        },
    };
    // the nanoseconds of jiff have the sign of the seconds
    let (seconds, nanos) = (since.as_secs(), since.subsec_nanos());
    match nanos {
        0.. => Timestamp::new(seconds, nanos.unsigned_abs()),
        _ => Timestamp::new(seconds - 1, (1_000_000_000 + nanos).unsigned_abs()),
    }
}

/// The words of a date. The form of a word shows its meaning, except for numbers, whose order matters.
#[derive(Default)]
struct Words<'t> {
    /// Days, years and numeric months, in order.
    numbers: Vec<&'t str>,
    month: Option<i8>,
    clock: Option<Clock>,
    /// Whether the hour is after noon.
    afternoon: Option<bool>,
    /// Seconds east of UTC.
    zone: Option<i64>,
}

struct Clock {
    hour: i8,
    minute: i8,
    second: i8,
    nanos: u32,
}

/// Sets a part of a date, unless it is set already.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let mut words = Self::default();
        for word in text.split(|c: char| c.is_ascii_whitespace() || c == ',') {
            // a `T` may be between date and time
            let between = word.find(['T', 't']).filter(|at| {
                let (date, time) = (&word[..*at], &word[at + 1..]);
                date.ends_with(|c: char| c.is_ascii_digit()) && time.contains(':')
            });
            match between {
                Some(at) => {
                    words.add(&word[..at])?;
                    words.add(&word[at + 1..])?;
                }
                None => words.add(word)?,
            }
        }
        Some(words)
    }

    fn add(&mut self, word: &'t str) -> Option<()> {
        let is_digit = |c: char| c.is_ascii_digit();
        if word.is_empty() || is_weekday(word) {
            return Some(());
        }
        if let Some(zone) = zone_offset(word) {
            return once(&mut self.zone, zone);
        }
        if let Some(afternoon) = half(word) {
            return once(&mut self.afternoon, afternoon);
        }
        if word.contains(':') {
            return self.add_clock(word);
        }
        if word.chars().all(is_digit) {
            self.numbers.push(word);
            return Some(());
        }
        if let Some(month) = month(word) {
            return once(&mut self.month, month);
        }
        let separator = ['-', '/', '.'].into_iter().find(|c| word.contains(*c))?;
        for part in word.split(separator) {
            match month(part) {
                Some(month) => once(&mut self.month, month)?,
                None if !part.is_empty() && part.chars().all(is_digit) => self.numbers.push(part),
                None => return None,
            }
        }
        Some(())
    }

    /// Parses `13:46[:33[.5]]`, with a zone or `AM`/`PM` after it.
    fn add_clock(&mut self, word: &'t str) -> Option<()> {
        let is_clock = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
        let end = word.find(|c| !is_clock(c)).unwrap_or(word.len());
        let (clock, rest) = word.split_at(end);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let mut parts = clock.split(':');
        let mut part = |most: i8| {
            let text = parts.next()?;
            let number = text.parse().ok().filter(|n| (0..=most).contains(n))?;
            (text.len() <= 2).then_some(number)
        };
        let (hour, minute) = (part(23)?, part(59)?);
        let second = match clock.matches(':').count() {
            1 if fraction.is_empty() => 0,
            2 => part(59)?,
            _ => return None,
        };
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let nanos = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        let clock = Clock {
            hour,
            minute,
            second,
            nanos,
        };
        once(&mut self.clock, clock)?;
        match rest {
            "" => Some(()),
            rest => match (zone_offset(rest), half(rest)) {
                (Some(zone), _) => once(&mut self.zone, zone),
                (_, Some(afternoon)) => once(&mut self.afternoon, afternoon),
                _ => None,
            },
        }
    }

    fn instant(self) -> Option<Timestamp> {
        let (year, month, day) = self.date()?;
        let clock = self.clock.unwrap_or(Clock {
            hour: 0,
            minute: 0,
            second: 0,
            nanos: 0,
        });
        let hour = match (self.afternoon, clock.hour) {
            (None, hour) => hour,
            (Some(afternoon), hour @ 1..=12) => hour % 12 + if afternoon { 12 } else { 0 },
            _ => return None,
        };
        let civil = DateTime::new(year, month, day, hour, clock.minute, clock.second, 0).ok()?;
        let since = civil.duration_since(EPOCH).as_secs();
        let seconds = since.checked_sub(self.zone.unwrap_or(0))?;
        Timestamp::new(seconds, clock.nanos)
    }

    fn date(&self) -> Option<(i16, i8, i8)> {
        let number = |text: &str| text.parse::<i8>().ok();
        let is_year = |text: &&str| text.len() == 4;
        match (self.month, &self.numbers[..]) {
            (Some(month), [year, day]) if is_year(year) => {
                Some((year.parse().ok()?, month, number(day)?))
            }
            (Some(month), [day, year]) => Some((self::year(year)?, month, number(day)?)),
            (None, [year, month, day]) if is_year(year) => {
                Some((year.parse().ok()?, number(month)?, number(day)?))
            }
            (None, [one, two, year]) if is_year(year) => {
                let year = year.parse().ok()?;
                match (number(one)?, number(two)?) {
                    (day @ 13.., month) => Some((year, month, day)),
                    (month, day @ 13..) => Some((year, month, day)),
                    (day, month) if day == month => Some((year, month, day)),
                    _ => None, // ambiguous: either may be the month
                }
            }
            _ => None,
        }
    }
}

/// Parses a year of four or two digits. Years below 70 are of this century.
fn year(text: &str) -> Option<i16> {
    match (text.len(), text.parse().ok()?) {
        (4, year) => Some(year),
        (2, year @ 0..70) => Some(2000 + year),
        (2, year) => Some(1900 + year),
        _ => None,
    }
}

/// Parses `AM` and `PM`.
fn half(word: &str) -> Option<bool> {
    match word {
        _ if word.eq_ignore_ascii_case("am") => Some(false),
        _ if word.eq_ignore_ascii_case("pm") => Some(true),
        _ => None,
    }
}

fn month(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_ascii_lowercase();
    let at = NAMES
        .iter()
        .zip(MONTHS)
        .position(|(name, short)| *name == word || short.eq_ignore_ascii_case(&word))?;
    i8::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    const NAMES: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = word.to_ascii_lowercase();
    NAMES
        .iter()
        .any(|name| *name == word || name.get(..3) == Some(&*word))
}

/// Parses the zones of RFC 9110 and RFC 5322, `Z`, and offsets with a sign, to seconds.
fn zone_offset(zone: &str) -> Option<i64> {
    const NAMES: [(&str, i64); 12] = [
        ("GMT", 0),
        ("UTC", 0),
        ("UT", 0),
        ("Z", 0),
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
    ];
    if let Some((_, hours)) = NAMES
        .iter()
        .find(|(name, _)| zone.eq_ignore_ascii_case(name))
    {
        return Some(hours * 3600);
    }
    let (sign, digits) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let number = |text: &str, most: i64| -> Option<i64> {
        let is_number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().ok().filter(|n| *n <= most))?
    };
    let (hours, minutes) = match (digits.len(), digits.split_once(':')) {
        (5, Some(both)) => both,
        (4, None) => (digits.get(..2)?, digits.get(2..)?),
        (2, None) => (digits, "00"),
        _ => return None,
    };
    Some(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_one_meaning_is_read() {
        let cases = [
            ("253379284714.0001", "9999-04-09T14:38:34.0001Z"),
            ("-0.5", "1969-12-31T23:59:59.5Z"),
            ("28/11/2026, 13:46:33", "2026-11-28T13:46:33Z"),
            ("11/28/2026 1:46:33 PM", "2026-11-28T13:46:33Z"),
            ("2026/11/28 13:46", "2026-11-28T13:46:00Z"),
            ("28.11.2026", "2026-11-28T00:00:00Z"),
            ("05/05/2026", "2026-05-05T00:00:00Z"),
            ("2020-01-01 00:00:00 UTC", "2020-01-01T00:00:00Z"),
            ("2020-01-01 01:00:00 +0100", "2020-01-01T00:00:00Z"),
            ("2020-01-01T01:00:00 +01:00", "2020-01-01T00:00:00Z"),
            ("2020-01-01T01:00:00+0100", "2020-01-01T00:00:00Z"),
            ("2020-01-01T01:00:00+01", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00Z"),
            ("2020-01-01t00:00:00.25z", "2020-01-01T00:00:00.25Z"),
            ("2020-01-01T00:00:00,5Z", "2020-01-01T00:00:00.5Z"),
            (
                "2020-01-01T00:00:00.1234567891Z",
                "2020-01-01T00:00:00.123456789Z",
            ),
            ("20200101T000000Z", "2020-01-01T00:00:00Z"),
            ("2020-01-01T00:00Z", "2020-01-01T00:00:00Z"),
            ("2020-1-1", "2020-01-01T00:00:00Z"),
            ("2020-01-01 00:00:00.0", "2020-01-01T00:00:00Z"),
            ("Wed, 1 Jan 2020 00:00:00 GMT", "2020-01-01T00:00:00Z"),
            ("Wed, 01 Jan 2020 00:00:00 gmt", "2020-01-01T00:00:00Z"),
            ("Wed, 01 Jan 2020 00:00:00 EST", "2020-01-01T05:00:00Z"),
            ("Wed, 01 Jan 2020 00:00:00 -0530", "2020-01-01T05:30:00Z"),
            ("Wed, 01 Jan 2020 00:00:00", "2020-01-01T00:00:00Z"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Sun, 06-Nov-1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Wed Jan  1 00:00:00 2020", "2020-01-01T00:00:00Z"),
            ("Wed Jan 01 00:00:00 UTC 2020", "2020-01-01T00:00:00Z"),
            ("Jan 1 2020 12:00AM", "2020-01-01T00:00:00Z"),
            ("January 1, 2020 12:30 PM", "2020-01-01T12:30:00Z"),
            ("1 Jan 2020", "2020-01-01T00:00:00Z"),
        ];
        for (text, expected) in cases {
            let read = Timestamp::parse(text).map(Timestamp::rfc3339);
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_none_or_two_is_not() {
        for text in [
            "",
            "x",
            "T",
            "nan",
            "inf",
            "+",
            "05/11/2026",
            "01/02/03",
            "Jan 2020",
            "13:46",
            "2020-02-30",
            "2020-01-01T00:00:00Z UTC",
            "2020-01-01 2020-01-02",
            "Wed Jan  1 25:00:00 2020",
            "Wed Jan  1 00:00:60 2020",
            "1 Jan 2020 13:00 PM",
            "1 Jan 2020 0:00 PM",
            "2020-01-01 00:00:00 CEST",
            "yesterday",
            "Wed, 01 Jan 2020 00:00:00.x GMT",
            "Wed, 01 Jan 2020 00:00:00 +2500",
            "é/é/2020",
            "1577836800000",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
