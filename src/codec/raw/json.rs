//! The parser of JSON.

use super::{Raw, SURROGATE, Text};
use crate::codec::MAX_DEPTH;

/// Parses a whole JSON text; `None` if it is not well-formed or nests too deep.
pub(crate) fn json(bytes: &[u8]) -> Option<Raw> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut json = Json { bytes, at: 0 };
    let raw = json.value(MAX_DEPTH)?;
    json.blanks();
    (json.at == bytes.len()).then_some(raw)
}

struct Json<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Json<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, text: &str) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        rest.starts_with(text.as_bytes())
            .then(|| self.at += text.len())
    }

    fn value(&mut self, depth: usize) -> Option<Raw> {
        self.blanks();
        match self.peek()? {
            b'{' => self.map(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.text().map(Raw::Text),
            b't' => self.eat("true").map(|()| Raw::Bool(true)),
            b'f' => self.eat("false").map(|()| Raw::Bool(false)),
            b'n' => self.eat("null").map(|()| Raw::Null),
            // Python writes these names
            b'N' => self.eat("NaN").map(|()| Raw::Number("NaN".into())),
            b'I' => self
                .eat("Infinity")
                .map(|()| Raw::Number("Infinity".into())),
            _ => self.number(),
        }
    }

    /// Parses the items up to the closing bracket, separated by commas.
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.blanks();
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            self.blanks();
            match self.next()? {
                b',' => self.blanks(),
                end => return (end == close).then_some(()),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Raw> {
        let mut list = Vec::new();
        self.items(b']', |json| {
            list.push(json.value(depth)?);
            Some(())
        })?;
        Some(Raw::List(list))
    }

    fn map(&mut self, depth: usize) -> Option<Raw> {
        let mut map = Vec::new();
        self.items(b'}', |json| {
            let key = json.text()?;
            json.blanks();
            json.eat(":")?;
            map.push((key, json.value(depth)?));
            Some(())
        })?;
        Some(Raw::Map(map))
    }

    fn number(&mut self) -> Option<Raw> {
        let start = self.at;
        if self.eat("-").is_some() && self.eat("Infinity").is_some() {
            return Some(Raw::Number("-Infinity".into()));
        }
        let whole = self.digits()?;
        let has_zero_in_front = whole > 1 && self.bytes.get(self.at - whole) == Some(&b'0');
        if has_zero_in_front {
            return None;
        }
        if self.eat(".").is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        Some(Raw::Number(text.into()))
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Some(self.at - start).filter(|count| *count > 0)
    }

    fn text(&mut self) -> Option<Text> {
        self.eat("\"")?;
        let (mut out, mut mended) = (Vec::new(), None);
        loop {
            match self.next()? {
                b'"' => break,
                0..0x20 => return None,
                b'\\' => {
                    let c = self.escape()?;
                    if c == Err(()) {
                        mended = Some(SURROGATE);
                    }
                    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte => out.push(byte),
            }
        }
        let text = Text::of_bytes(&out);
        Some(Text {
            mended: text.mended.or(mended),
            ..text
        })
    }

    /// Parses an escape after its backslash; `Err` for half of a surrogate pair.
    fn escape(&mut self) -> Option<Result<char, ()>> {
        let c = match self.next()? {
            c @ (b'"' | b'\\' | b'/') => c.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unit().map(|first| self.pair(first)),
            _ => return None,
        };
        Some(Ok(c))
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.bytes.get(self.at..self.at.checked_add(4)?)?;
        let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
        let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// The character that starts with this unit. The next escape is consumed if it is the other half.
    fn pair(&mut self, first: u16) -> Result<char, ()> {
        let before = self.at;
        let second = match first {
            0xd800..0xdc00 => self.eat("\\u").and_then(|()| self.unit()),
            _ => None,
        };
        if let Some(second @ 0xdc00..0xe000) = second {
            let pair = char::decode_utf16([first, second]).next();
            return pair.and_then(Result::ok).ok_or(());
        }
        self.at = before;
        char::from_u32(first.into()).ok_or(())
    }
}
