//! Numbers of any size: Smithy's `bigInteger` and `bigDecimal`.
//!
//! A `Value` holds integers of 64 bits and floats. A number that is exactly one of these is a JSON number, and any other is text with
//! its digits, in parameters and in results, so that none is rounded. The text is that of a number in JSON.
//!
//! | protocol | on the wire |
//! | --- | --- |
//! | AWS JSON, REST JSON | a number |
//! | RPC v2 JSON | a text |
//! | RPC v2 CBOR | an integer, or a bignum (tags 2 and 3); a decimal fraction (tag 4) |
//! | query, ec2, REST XML; headers, paths and queries | its digits |
//!
//! All forms are read in all protocols with the same format.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use crate::decimal::Decimal;
use crate::model::Kind;

/// The maximum size of a bignum in CBOR, in bytes. The conversion to digits takes the square of its time.
const MAX_BYTES: usize = 1024;

/// The most places behind the point that are written without an exponent.
const MAX_PLACES: usize = 64;

// ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Converts the text of a number to a value; `None` if it is not a number of this kind.
pub(super) fn value(kind: &Kind, text: &str) -> Option<Value> {
    let text = text.trim();
    let number = Decimal::parse(text).ok()?;
    let exact = match kind {
        Kind::BigInteger => {
            let signed = number.integer::<i64>().map(Number::from);
            signed.or_else(|| number.integer::<u64>().map(Number::from))
        }
        _ => number.json_number(),
    };
    match exact {
        Some(number) => Some(number.into()),
        None => is_number(kind, text).then(|| text.into()),
    }
}

/// Converts a value to the text of a number in JSON; `None` if it is not a number of this kind.
pub(crate) fn digits<'v>(kind: &Kind, value: &'v Value) -> Option<Cow<'v, str>> {
    match value {
        Value::String(text) => is_number(kind, text).then(|| text.into()),
        Value::Number(n) if n.is_f64() && matches!(kind, Kind::BigInteger) => None,
        Value::Number(n) => Some(n.to_string().into()),
        _ => None,
    }
}

/// Whether a text is a number in JSON's form.
fn is_number(kind: &Kind, text: &str) -> bool {
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    is_number && !(matches!(kind, Kind::BigInteger) && text.contains(['.', 'e', 'E']))
}

// ── CBOR ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The digits of a bignum; `None` if it is too large.
pub(super) fn of_bignum(bytes: &[u8], is_negative: bool) -> Option<String> {
    const BASE: u64 = 1_000_000_000;
    let start = bytes.iter().position(|byte| *byte != 0);
    let bytes = &bytes[start.unwrap_or(bytes.len())..];
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let mut limbs = vec![0];
    for byte in bytes {
        multiply_and_add(&mut limbs, BASE, 256, (*byte).into());
    }
    if is_negative {
        multiply_and_add(&mut limbs, BASE, 1, 1); // it is -1 - n
    }
    let sign = if is_negative { "-" } else { "" };
    let (last, rest) = limbs.split_last()?;
    let mut text = format!("{sign}{last}");
    text.extend(rest.iter().rev().map(|limb| format!("{limb:09}")));
    Some(text)
}

/// An integer as a bignum: its bytes, and whether it is negative; `None` if it is too large.
pub(super) fn bignum(integer: &str) -> Option<(Vec<u8>, bool)> {
    let (digits, is_negative) = match integer.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (integer, false),
    };
    // three digits have ten bits
    if digits.len() > MAX_BYTES * 3 {
        return None;
    }
    let mut limbs = vec![0];
    for digit in digits.bytes() {
        multiply_and_add(&mut limbs, 256, 10, u64::from(digit.wrapping_sub(b'0')));
    }
    let is_negative = is_negative && limbs != [0];
    if is_negative {
        // it is -1 - n
        for limb in &mut limbs {
            let is_zero = *limb == 0;
            *limb = if is_zero { 255 } else { *limb - 1 };
            if !is_zero {
                break;
            }
        }
    }
    // each limb is a byte
    let bytes: Vec<u8> = limbs.iter().rev().map(|limb| *limb as u8).collect();
    (bytes.len() <= MAX_BYTES).then_some((bytes, is_negative))
}

/// Computes `limbs * factor + plus`. The limbs are digits of this base, the last of which is the first.
fn multiply_and_add(limbs: &mut Vec<u32>, base: u64, factor: u64, plus: u64) {
    let mut carry = plus;
    for limb in limbs.iter_mut() {
        let n = u64::from(*limb) * factor + carry;
        *limb = (n % base) as u32; // the base has 32 bits
        carry = n / base;
    }
    if carry > 0 {
        limbs.push(carry as u32);
    }
}

/// The number `mantissa * 10^exponent`.
pub(super) fn of_fraction(mantissa: &str, exponent: i64) -> String {
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    match usize::try_from(exponent.unsigned_abs()) {
        Ok(0) => mantissa.into(),
        Ok(places @ ..=MAX_PLACES) if exponent < 0 => {
            let digits = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            format!("{sign}{whole}.{fraction}")
        }
        _ => format!("{mantissa}E{exponent:+}"),
    }
}

/// Splits the text of a number into mantissa and exponent; `None` if the exponent is too large.
pub(super) fn fraction(text: &str) -> Option<(String, i64)> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse().ok()?),
        None => (text, 0_i64),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let places = i64::try_from(fraction.len()).ok()?;
    Some(([whole, fraction].concat(), exponent.checked_sub(places)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_text_unless_it_is_exact() {
        let seventy = "1180591620717411303424";
        let cases = [
            (Kind::BigInteger, "42", Some(json!(42))),
            (Kind::BigInteger, " -12.0 ", Some(json!(-12))),
            (
                Kind::BigInteger,
                "18446744073709551615",
                Some(json!(u64::MAX)),
            ),
            (Kind::BigInteger, seventy, Some(json!(seventy))),
            (
                Kind::BigInteger,
                "-9223372036854775809",
                Some(json!("-9223372036854775809")),
            ),
            (Kind::BigInteger, "1e30", None),
            (Kind::BigInteger, "1.5", None),
            (Kind::BigInteger, "x", None),
            (Kind::BigInteger, "", None),
            (Kind::BigDecimal, "1.50", Some(json!(1.5))),
            (Kind::BigDecimal, "7", Some(json!(7))),
            (
                Kind::BigDecimal,
                "0.100000000000000000000001",
                Some(json!("0.100000000000000000000001")),
            ),
            (Kind::BigDecimal, "1e400", Some(json!("1e400"))),
            (
                Kind::BigDecimal,
                "-1E-999999999999999999999",
                Some(json!("-1E-999999999999999999999")),
            ),
            (Kind::BigDecimal, "NaN", None),
            (Kind::BigDecimal, "1e", None),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(value(&kind, text), expected, "{text}");
            if let Some(value) = expected {
                let digits = digits(&kind, &value).unwrap();
                assert_eq!(super::value(&kind, &digits), Some(value), "{text}");
            }
        }
    }

    #[test]
    fn parameters_are_numbers_or_their_text() {
        let cases = [
            (Kind::BigInteger, json!(7), Some("7")),
            (Kind::BigInteger, json!("-70"), Some("-70")),
            (Kind::BigInteger, json!(1e300), None),
            (Kind::BigInteger, json!(7.0), None),
            (Kind::BigInteger, json!("7.0"), None),
            (Kind::BigInteger, json!("007"), None),
            (Kind::BigInteger, json!("+7"), None),
            (Kind::BigInteger, json!(" 7"), None),
            (Kind::BigInteger, json!("-"), None),
            (Kind::BigInteger, json!(true), None),
            (Kind::BigDecimal, json!(0.1), Some("0.1")),
            (Kind::BigDecimal, json!("0.10"), Some("0.10")),
            (Kind::BigDecimal, json!("1E+2"), Some("1E+2")),
            (Kind::BigDecimal, json!("1."), None),
            (Kind::BigDecimal, json!(".1"), None),
            (Kind::BigDecimal, json!("Infinity"), None),
            (Kind::BigDecimal, json!("1 2"), None),
            (Kind::BigDecimal, json!("\"1\""), None),
            (Kind::BigDecimal, json!(null), None),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(digits(&kind, &value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn bignums_are_converted_both_ways() {
        let cases: [(&str, &[u8], bool); 8] = [
            ("0", &[0], false),
            ("255", &[255], false),
            ("256", &[1, 0], false),
            ("18446744073709551616", &[1, 0, 0, 0, 0, 0, 0, 0, 0], false),
            ("-1", &[0], true),
            ("-256", &[255], true),
            ("-257", &[1, 0], true),
            ("-18446744073709551617", &[1, 0, 0, 0, 0, 0, 0, 0, 0], true),
        ];
        for (text, bytes, is_negative) in cases {
            assert_eq!(of_bignum(bytes, is_negative).as_deref(), Some(text));
            let significant = |bytes: &[u8]| {
                bytes
                    .iter()
                    .copied()
                    .skip_while(|b| *b == 0)
                    .collect::<Vec<_>>()
            };
            let (found, sign) = bignum(text).unwrap();
            assert_eq!(
                (significant(&found), sign),
                (significant(bytes), is_negative),
                "{text}"
            );
        }
        assert_eq!(bignum("-0"), Some((vec![0], false)));
        let largest = [255; MAX_BYTES];
        let text = of_bignum(&largest, false).unwrap();
        assert_eq!(bignum(&text), Some((largest.to_vec(), false)));
        assert_eq!(of_bignum(&[&[1], &largest[..]].concat(), false), None);
        assert_eq!(bignum(&"9".repeat(MAX_BYTES * 3)), None);
        assert_eq!(bignum(&"9".repeat(1_000_000)), None);
    }

    #[test]
    fn decimal_fractions_are_converted_both_ways() {
        let cases = [
            ("15", 0, "15"),
            ("15", -1, "1.5"),
            ("-15", -4, "-0.0015"),
            (
                "100000000000000000000001",
                -24,
                "0.100000000000000000000001",
            ),
            ("1", 400, "1E+400"),
            ("-1", -400, "-1E-400"),
            ("7", i64::MIN, "7E-9223372036854775808"),
        ];
        for (mantissa, exponent, text) in cases {
            assert_eq!(of_fraction(mantissa, exponent), text);
            let (digits, found) = fraction(text).unwrap();
            let zeros = digits.trim_start_matches(['-', '0']);
            assert_eq!(
                (zeros, found),
                (mantissa.trim_start_matches('-'), exponent),
                "{text}"
            );
        }
        assert_eq!(fraction("1e9223372036854775808"), None);
        assert_eq!(fraction("1.5e-9223372036854775808"), None);
    }
}
