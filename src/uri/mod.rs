//! Percent-encoding, paths, URLs that a user configured, and URLs in logs and errors.
//!
//! Request paths never pass through a URL parser: `url::Url` collapses dot segments and rewrites characters, and an S3
//! key may contain `..`, `//` or `'`. What is encoded here is sent as it is.

mod written;

pub(crate) use self::written::{WrittenUrl, shown};

use std::borrow::Cow;

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

/// Returns `text`, percent-encoded as by [`encode_into`].
pub(crate) fn encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::new();
    encode_into(&mut out, text.as_bytes(), keep);
    out
}

/// Percent-decodes `text`. A percent sign without two hexadecimal digits after it is kept. If the result is not UTF-8, the
/// whole text is returned unchanged.
pub(crate) fn decode(text: &str) -> String {
    String::from_utf8(decode_bytes(text)).unwrap_or_else(|_| text.to_owned())
}

/// Percent-decodes `text`. A percent sign without two hexadecimal digits after it is kept.
pub(crate) fn decode_bytes(text: &str) -> Vec<u8> {
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
    out
}

/// Returns the segments of a path without empty and dot segments (RFC 3986, section 5.2.4).
pub(crate) fn path_segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments
}

/// Replaces user names and passwords of the URLs in a text by `***`, for errors, logs and `Debug`.
pub(crate) fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return text.into();
    }
    let is_end = |c: char| c.is_whitespace() || "\"'`<>,".contains(c);
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(is_end) {
        match word.split_once("://") {
            Some((scheme, rest)) => {
                out.push_str(scheme);
                for part in rest.split("://") {
                    out.push_str("://");
                    push_host(&mut out, part);
                }
            }
            // an endpoint without its scheme is a frequent mistake, which errors quote
            None => match word.rsplit_once('@') {
                Some((user, host)) if user.contains(':') && !word.starts_with("arn:") => {
                    out.extend(["***@", host]);
                }
                _ => out.push_str(word),
            },
        }
    }
    out.into()
}

/// Appends the part of a URL after `://`, with `***` in place of user name and password.
fn push_host(out: &mut String, text: &str) {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let (authority, path) = text.split_at(end);
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let is_host = port.bytes().all(|b| b.is_ascii_digit() || b == b']');
    match (authority.rsplit_once('@'), path.rsplit_once('@')) {
        (Some((_, host)), _) => out.extend(["***@", host, path]),
        // a password that is not encoded may contain characters that end a host
        (None, Some((_, host))) if !is_host => out.extend(["***@", host]),
        _ => out.push_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_urls_are_not_shown() {
        let cases = [
            ("http://u:hidden@h:9000/p?q", "http://***@h:9000/p?q"),
            (
                "a \"https://u:hidden@h\" b http://hidden@i",
                "a \"https://***@h\" b http://***@i",
            ),
            ("http://u:hid/den@h/p", "http://***@h/p"),
            ("http://h/p@v", "http://h/p@v"),
            ("http://h:80/p@v", "http://h:80/p@v"),
            ("http://[::1]:80/p@v", "http://[::1]:80/p@v"),
            ("u@h", "u@h"),
            ("`u:hidden@h:80` is bad", "`***@h:80` is bad"),
            (
                "http://u:hidden@h/?next=http://v:hidden@i",
                "http://***@h/?next=http://***@i",
            ),
            ("x://h", "x://h"),
        ];
        for (given, expected) in cases {
            assert_eq!(without_passwords(given), expected, "{given}");
        }
    }

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
