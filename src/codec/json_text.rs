//! Texts in JSON.

/// Appends a text in quotes. Most texts need no escape, so they are checked eight bytes at a time and copied as they are.
pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    let rest = text.as_bytes();
    if is_plain(rest) {
        out.reserve(rest.len() + 2);
        out.push(b'"');
        out.extend_from_slice(rest);
        out.push(b'"');
        return;
    }
    push_escaped(out, rest);
}

#[inline(never)]
fn push_escaped(out: &mut Vec<u8>, mut rest: &[u8]) {
    out.reserve(rest.len() + 2);
    out.push(b'"');
    while let Some(at) = escaped_at(rest) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (escaped, behind) = from.split_at(1);
        for byte in escaped {
            escape(out, *byte);
        }
        rest = behind;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Whether no byte must be escaped.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return !bytes.iter().any(is_escaped);
    };
    // the last word overlaps the one before it
    let mut found = escaped(u64::from_le_bytes(*last));
    for word in bytes.as_chunks().0 {
        found |= escaped(u64::from_le_bytes(*word));
    }
    found == 0
}

fn is_escaped(byte: &u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

/// Marks bytes that must be escaped. The lowest bit that is set is that of the first of them.
#[inline(always)]
fn escaped(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    // with a bit exchanged, a quote is 0x20, just above the control characters
    let low = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    (low | backslash) & !word & HIGH
}

/// The position of the first byte that must be escaped: a quote, a backslash or a control character.
#[inline(always)]
pub(super) fn escaped_at(bytes: &[u8]) -> Option<usize> {
    // most texts are short
    let first = bytes.first_chunk().map(|word| u64::from_le_bytes(*word));
    match first.map(escaped) {
        None | Some(0) => escaped_behind(bytes),
        Some(found) => Some((found.trailing_zeros() / 8) as usize),
    }
}

fn escaped_behind(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = escaped(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let last = bytes.get(at..)?.iter().position(is_escaped)?;
    Some(at + last)
}

#[cold]
fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        8 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0xc => b'f',
        b'\r' => b'r',
        _ => {
            let digits = [byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]);
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&digits);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Appends a text from behind its quote on, and returns its length with the quote at its end; `None` if it is broken.
#[cold]
pub(super) fn pull(src: &str, out: &mut String) -> Option<usize> {
    let bytes = src.as_bytes();
    let mut from = 0;
    loop {
        let at = from + escaped_at(&bytes[from..])?;
        out.push_str(&src[from..at]);
        match bytes[at..] {
            [b'"', ..] => return Some(at + 1),
            [b'\\', b'u', ref digits @ ..] => {
                let (c, len) = character(digits)?;
                out.push(c);
                from = at + len;
            }
            [b'\\', escape, ..] => {
                out.push(short(escape)?);
                from = at + 2;
            }
            _ => return None,
        }
    }
}

/// The character of an escape of one letter.
pub(super) fn short(escape: u8) -> Option<char> {
    Some(match escape {
        b'"' | b'\\' | b'/' => escape.into(),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// The character of an escape from its digits on, and the length of the escape.
fn character(digits: &[u8]) -> Option<(char, usize)> {
    let first = unit(digits)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first.into())?, 6));
    }
    let second = unit(digits.get(4..)?.strip_prefix(b"\\u")?)?;
    let pair = char::decode_utf16([first, second]).next()?.ok()?;
    (0xdc00..0xe000).contains(&second).then_some((pair, 12))
}

/// Four hexadecimal digits.
pub(super) fn unit(digits: &[u8]) -> Option<u16> {
    let digits: &[u8; 4] = digits.first_chunk()?;
    digits.iter().try_fold(0, |unit: u16, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | digit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_serde_json_writes_them() {
        let mut texts: Vec<String> = (0..=0x100_u32)
            .filter_map(char::from_u32)
            .map(String::from)
            .collect();
        for c in [
            "\u{0}",
            "\u{1f}",
            " ",
            "\"",
            "\\",
            "\u{7f}",
            "é",
            "\u{1f600}",
        ] {
            for before in 0..20 {
                for after in [0, 1, 7, 9] {
                    texts.push(["x".repeat(before).as_str(), c, &"é".repeat(after)].concat());
                    texts.push([c, &"x".repeat(before), c].concat());
                }
            }
        }
        for text in texts {
            let mut out = Vec::new();
            push(&mut out, &text);
            assert_eq!(
                String::from_utf8(out).unwrap(),
                serde_json::to_string(&text).unwrap()
            );
        }
    }
}
