//! Percent-encoding on bytes, and nothing else of a URI.
//!
//! Request paths never pass through a URL parser: `url::Url` collapses dot segments and rewrites characters, and an S3
//! key may hold `..`, `//` or `'`. What is encoded here is what stands on the wire.

use std::borrow::Cow;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` to `out`, percent-encoding all but ASCII letters, digits, `-._~` and the bytes of `keep`.
pub fn encode_into(out: &mut String, text: &[u8], keep: &[u8]) {
    out.reserve(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// `text` percent-encoded as by [`encode_into`].
pub fn encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::new();
    encode_into(&mut out, text.as_bytes(), keep);
    out
}

/// `text` with its `%XX` sequences decoded; anything else, a lone `%` included, stays as it is. Bytes that are not UTF-8
/// become U+FFFD.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            // two hex digits are below 256
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_and_kept_characters_stay() {
        assert_eq!(encode("a/b c~é", b"/"), "a/b%20c~%C3%A9");
        assert_eq!(encode("a/b+", b""), "a%2Fb%2B");
    }

    #[test]
    fn decoding_keeps_what_is_no_sequence() {
        assert_eq!(decode("a%20b%2Fc%C3%A9"), "a b/cé");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
