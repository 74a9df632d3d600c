//! Numbers in JSON.

/// A number, as serde_json represents it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    F64(f64),
    I64(i64),
    U64(u64),
}

/// So many digits fit into 64 bits.
const SAFE: usize = 19;

/// Reads the number at the start of a text. Returns it with the length of its text. Returns `None` if the text does not start with a
/// number, or if the number is too large for a float.
#[inline]
pub(super) fn read(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let mut number = 0_u64;
    let mut at = sign;
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        number = number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    let is_plain = matches!(at - sign, 1..=SAFE)
        && (bytes[sign] != b'0' || at - sign == 1)
        && !matches!(bytes.get(at), Some(b'.' | b'e' | b'E'));
    match is_plain {
        true if sign == 0 => Some((Number::U64(number), at)),
        true => Some((negative(number), at)),
        false => read_other(text),
    }
}

/// serde_json has no negative integer 0.
fn negative(number: u64) -> Number {
    match 0_i64.checked_sub_unsigned(number) {
        Some(negative @ ..0) => Number::I64(negative),
        _ => Number::F64(-(number as f64)),
    }
}

fn read_other(text: &str) -> Option<(Number, usize)> {
    let len = len(text.as_bytes())?;
    let text = text.get(..len)?;
    let is_integer = !text.contains(['.', 'e', 'E']);
    let number = match text.strip_prefix('-') {
        None if is_integer => text.parse().ok().map(Number::U64),
        Some(digits) if is_integer => digits.parse().ok().map(negative),
        _ => None,
    };
    let number = match number {
        Some(number) => number,
        None => Number::F64(text.parse().ok().filter(|float: &f64| float.is_finite())?),
    };
    Some((number, len))
}

/// Returns the length of the number at the start of a text, or `None` if the text does not start with a number.
pub(super) fn len(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let digits = bytes.get(from..)?.iter();
        let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let mut end = digits(sign)?;
    if bytes[sign] == b'0' && end - sign > 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let has_sign = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = digits(end + 1 + usize::from(has_sign))?;
    }
    Some(end)
}
