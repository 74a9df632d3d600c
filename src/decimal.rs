//! The decimal numbers of DynamoDB. They have up to 38 digits, which a float cannot represent.
//!
//! ```text
//! number   = [sign] ( digits ["." [digits]] | "." digits ) [ ("e" | "E") [sign] digits ]
//! ```
//! The range is that of boto3's decimal context: the exponent of the first digit is at most 126, that of the last one at least -165.
//! As in DynamoDB, zeros at either end are not counted as digits; boto3 counts those at the end.

use std::fmt;
use std::str::FromStr;

use serde_json::Number;

const MAX_DIGITS: usize = 38;
const MAX_EXPONENT: i64 = 126;
const MIN_EXPONENT: i64 = -165;

/// A number in its canonical form: equal numbers are equal values and have the same text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    /// The digits, without zeros at either end. There are none for zero.
    digits: Box<str>,
    /// The exponent of the last digit.
    exponent: i64,
}

/// The reason why a text is not a valid number for DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalError {
    NoNumber,
    TooLarge,
    TooManyDigits(usize),
    TooSmall,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber => f.write_str("it is not a decimal number"),
            Self::TooLarge => f.write_str("it is too large: DynamoDB accepts numbers below 1E+126"),
            Self::TooManyDigits(n) => {
                write!(
                    f,
                    "it has {n} digits, but DynamoDB stores at most {MAX_DIGITS}"
                )
            }
            Self::TooSmall => {
                f.write_str("it is too close to zero: DynamoDB accepts numbers from 1E-130")
            }
        }
    }
}

impl Decimal {
    /// Parses a number with any number of digits.
    pub(crate) fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DecimalError::NoNumber);
        }
        let short = all.trim_end_matches('0');
        let digits = short.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self {
                negative: false,
                digits: "".into(),
                exponent: 0,
            });
        }
        let zeros = all.len() - short.len();
        Ok(Self {
            negative,
            digits: digits.into(),
            // the sum does not overflow: lengths are far from the limit of an i64, and the exponent was clamped
            exponent: exponent - fraction.len() as i64 + zeros as i64,
        })
    }

    /// Parses a number in the range of DynamoDB.
    pub(crate) fn fitting(text: &str) -> Result<Self, DecimalError> {
        let number = Self::parse(text)?;
        let digits = number.digits.len();
        match number {
            _ if digits > MAX_DIGITS => Err(DecimalError::TooManyDigits(digits)),
            _ if number.exponent + digits as i64 - 1 > MAX_EXPONENT => Err(DecimalError::TooLarge),
            _ if number.exponent < MIN_EXPONENT => Err(DecimalError::TooSmall),
            _ => Ok(number),
        }
    }

    /// Returns the number as an integer, if it is an integer in the range of the type.
    pub(crate) fn integer<T: FromStr>(&self) -> Option<T> {
        let digits = &*self.digits;
        // no type has more than 39 digits
        let zeros = usize::try_from(self.exponent).ok()?.min(40);
        let len = (digits.len() + zeros).max(1);
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{digits:0<len$}").parse().ok()
    }

    /// Returns the JSON number with exactly this value, if there is one: an integer of 64 bits, or a float whose shortest text has
    /// the same value.
    pub(crate) fn json_number(&self) -> Option<Number> {
        let text = self.to_string();
        if let Ok(integer) = text.parse::<i64>() {
            return Some(integer.into());
        }
        if let Ok(integer) = text.parse::<u64>() {
            return Some(integer.into());
        }
        let float = text.parse::<f64>().ok()?;
        let is_it = Self::parse(&format!("{float:e}")).is_ok_and(|shortest| shortest == *self);
        Number::from_f64(float).filter(|_| is_it)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, exponent) = (&*self.digits, self.exponent);
        // the position of the decimal point after the first digit
        let point = digits.len() as i64 + exponent;
        if self.negative {
            f.write_str("-")?;
        }
        match usize::try_from(point) {
            _ if digits.is_empty() => f.write_str("0"),
            Ok(len) if exponent >= 0 && len <= MAX_DIGITS => write!(f, "{digits:0<len$}"),
            Ok(point @ 1..) if exponent < 0 => {
                let (whole, fraction) = digits.split_at(point);
                write!(f, "{whole}.{fraction}")
            }
            _ if exponent < 0 && point > -6 => {
                let len = exponent.unsigned_abs() as usize; // of a few zeros and the digits
                write!(f, "0.{digits:0>len$}")
            }
            _ => {
                let (first, more) = digits.split_at(1);
                let gap = if more.is_empty() { "" } else { "." };
                write!(f, "{first}{gap}{more}E{:+}", point - 1)
            }
        }
    }
}

/// Parses an exponent. One that is far out of range is clamped, so that arithmetic with it cannot overflow.
fn read_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::NoNumber);
    }
    const FAR: i64 = 1 << 40;
    let size = digits.parse::<i64>().unwrap_or(FAR).min(FAR);
    Ok(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::DecimalError::{NoNumber, TooLarge, TooManyDigits, TooSmall};
    use super::*;

    const ONES: &str = "11111111111111111111111111111111111111"; // 38

    /// The numbers that boto3's serializer accepts and refuses, with three marked exceptions.
    #[test]
    fn numbers_that_fit_are_those_of_boto3() {
        let cases = [
            ("0", Ok(())),
            ("-0", Ok(())),
            ("1.10", Ok(())),
            ("1E+2", Ok(())),
            ("+5", Ok(())),
            (".5", Ok(())),
            ("5.", Ok(())),
            ("00012", Ok(())),
            ("9.9E126", Ok(())),
            ("1E127", Err(TooLarge)),
            ("1E-130", Ok(())),
            ("1E-165", Ok(())),
            ("1E-166", Err(TooSmall)),
            ("12E-166", Err(TooSmall)),
            (ONES, Ok(())),
            (&format!("{ONES}1"), Err(TooManyDigits(39))),
            (&format!("0.{ONES}"), Ok(())),
            (&format!("0.{ONES}1"), Err(TooManyDigits(39))),
            (&format!("-{ONES}E-165"), Ok(())),
            (&format!("{ONES}E-166"), Err(TooSmall)),
            // boto3 counts zeros at the end
            (&format!("1{}", "0".repeat(38)), Ok(())),
            (&format!("1.0{}", "0".repeat(38)), Ok(())),
            // and the exponents of zeros
            ("0E200", Ok(())),
            // and takes what Python does
            ("1_0", Err(NoNumber)),
            (" 7 ", Err(NoNumber)),
            ("-Infinity", Err(NoNumber)),
            ("Infinity", Err(NoNumber)),
            ("NaN", Err(NoNumber)),
            ("", Err(NoNumber)),
            ("-", Err(NoNumber)),
            (".", Err(NoNumber)),
            ("1e", Err(NoNumber)),
            ("1e+", Err(NoNumber)),
            ("1e5.5", Err(NoNumber)),
            ("--1", Err(NoNumber)),
            ("0x10", Err(NoNumber)),
            ("1e99999999999999999999", Err(TooLarge)),
            ("1e-99999999999999999999", Err(TooSmall)),
        ];
        for (text, expected) in cases {
            assert_eq!(Decimal::fitting(text).map(|_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_json_number_is_exact_or_none() {
        let cases = [
            ("5", Some("5")),
            ("-0", Some("0")),
            ("0.000", Some("0")),
            ("1E2", Some("100")),
            ("-5.00", Some("-5")),
            ("1e19", Some("10000000000000000000")),
            ("-1e19", Some("-1e+19")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("18446744073709551616", None),
            ("-9223372036854775809", None),
            ("18446744073709552000", Some("1.8446744073709552e+19")),
            ("0.1", Some("0.1")),
            ("0.10", Some("0.1")),
            ("1e30", Some("1e+30")),
            ("0.1000000000000000055511151231257827", None),
            ("3.141592653589793", Some("3.141592653589793")),
            ("3.1415926535897932", None),
            ("1e-130", Some("1e-130")),
        ];
        for (text, expected) in cases {
            let found = Decimal::parse(text).unwrap().json_number();
            let found = found.map(|number| number.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn equal_numbers_have_one_text() {
        let cases = [
            ("0e7", "0"),
            ("-0.0", "0"),
            ("+5", "5"),
            ("5.", "5"),
            (".5", "0.5"),
            ("-00012.50", "-12.5"),
            ("1E2", "100"),
            ("1E37", &format!("1{}", "0".repeat(37))),
            ("1E38", "1E+38"),
            ("12E126", "1.2E+127"),
            ("0.000001", "0.000001"),
            ("-0.0000012", "-0.0000012"),
            ("0.00000012", "1.2E-7"),
            ("1e-130", "1E-130"),
            (
                &format!("{ONES}e-10"),
                &format!("{}.{}", &ONES[..28], &ONES[28..]),
            ),
        ];
        for (text, expected) in cases {
            let decimal = Decimal::parse(text).unwrap();
            assert_eq!(decimal.to_string(), expected, "{text}");
            assert_eq!(Decimal::parse(expected).unwrap(), decimal, "{text}");
        }
    }
}
