//! Text in XML: entities, CDATA sections, comments and line ends.

use memchr::{memchr, memchr2, memmem};
use serde::de::Error as _;

use super::ReadError;

type Result<T> = std::result::Result<T, ReadError>;

/// The length of the comment, CDATA, processing instruction or document type at the start of a text. Its end does not overlap its
/// start: `<!-->` is not a comment.
pub(super) fn markup_len(text: &str) -> Option<usize> {
    let (start, end) = match text {
        _ if text.starts_with("<!--") => ("<!--", "-->"),
        _ if text.starts_with(CDATA) => (CDATA, "]]>"),
        _ if text.starts_with("<?") => ("<?", "?>"),
        _ => ("<", ">"),
    };
    let length = memmem::find(&text.as_bytes()[start.len()..], end.as_bytes())?;
    Some(start.len() + length + end.len())
}

const CDATA: &str = "<![CDATA[";

/// Resolves entities, CDATA sections, comments and line ends.
#[cold]
pub(super) fn clean(raw: &str, has_returns: bool) -> Result<String> {
    match resolve(raw, has_returns)? {
        (_, true) => Err(ReadError::custom("XML: half of a surrogate pair")),
        (text, false) => Ok(text),
    }
}

/// As [`clean`], and whether halves of surrogate pairs were replaced. `has_returns` is false only if the text has no carriage return.
pub(super) fn resolve(mut raw: &str, has_returns: bool) -> Result<(String, bool)> {
    let (mut out, mut is_mended) = (String::with_capacity(raw.len()), false);
    let push = |out: &mut String, raw: &str| match has_returns {
        true => push_lines(out, raw),
        false => out.push_str(raw),
    };
    while let Some(i) = memchr2(b'&', b'<', raw.as_bytes()) {
        push(&mut out, &raw[..i]);
        raw = &raw[i..];
        let next = if raw.starts_with('<') {
            let length = markup_len(raw).ok_or_else(truncated)?;
            if let Some(data) = raw[..length].strip_prefix(CDATA) {
                push(&mut out, data.strip_suffix("]]>").unwrap_or(data));
            }
            length
        } else {
            let (first, length) = entity(raw)?;
            // some writers write one character as two references
            let second = match first {
                0xd800..0xdc00 if raw[length..].starts_with("&#") => Some(entity(&raw[length..])?),
                _ => None,
            };
            match second {
                Some((second @ 0xdc00..0xe000, more)) => {
                    let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    out.extend(char::from_u32(pair));
                    length + more
                }
                _ => {
                    let c = char::from_u32(first);
                    is_mended |= c.is_none();
                    out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                    length
                }
            }
        };
        raw = &raw[next..];
    }
    push(&mut out, raw);
    Ok((out, is_mended))
}

/// Appends text, whose lines end with a line feed (XML 1.0, 2.11).
fn push_lines(out: &mut String, raw: &str) {
    let mut lines = raw.split('\r');
    out.extend(lines.next());
    for line in lines {
        out.push('\n');
        out.push_str(line.strip_prefix('\n').unwrap_or(line));
    }
}

/// The character, or half of a surrogate pair, of the entity at the start of a text, and the length of the entity.
fn entity(raw: &str) -> Result<(u32, usize)> {
    let end = memchr(b';', raw.as_bytes()).ok_or_else(truncated)?;
    let name = &raw[1..end];
    let number = |name: &str| match name.strip_prefix("#x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => name.strip_prefix('#')?.parse().ok(),
    };
    let code = match name {
        "amp" => '&'.into(),
        "apos" => '\''.into(),
        "gt" => '>'.into(),
        "lt" => '<'.into(),
        "quot" => '"'.into(),
        other => number(other)
            .filter(|code| *code <= char::MAX.into())
            .ok_or_else(|| ReadError::custom("XML: an unknown entity"))?,
    };
    Ok((code, end + 1))
}

#[cold]
pub(super) fn truncated() -> ReadError {
    ReadError::custom("XML: unexpected end")
}
