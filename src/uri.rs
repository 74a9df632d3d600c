//! Percent-encoding on bytes, and nothing else of a URI.
//!
//! Request paths never pass through a URL parser: `url::Url` collapses dot segments and rewrites characters, and an S3
//! key may hold `..`, `//` or `'`. What is encoded here is what stands on the wire.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` to `out`, percent-encoding all but ASCII letters, digits, `-._~` and the bytes of `keep`.
pub(crate) fn encode_into(out: &mut String, text: &[u8], keep: &[u8]) {
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
pub(crate) fn encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::new();
    encode_into(&mut out, text.as_bytes(), keep);
    out
}

/// `text` with its percent-encoding undone; a sign that encodes nothing stays, and so does what is no UTF-8 then.
pub(crate) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |n: usize| Some(char::from(*tail.get(n)?).to_digit(16)? as u8);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
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
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode("a%20b%2b%C3%A9%"), "a b+é%");
        assert_eq!(decode("%zz%ff"), "%zz%ff");
    }
}
