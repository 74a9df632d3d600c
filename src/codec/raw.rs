//! Documents as they came, whatever a model says: JSON and CBOR, for those that the readers stopped at.
//!
//! serde_json is right to refuse half of a surrogate pair or a number of 400 digits, and has no room for an integer of 70
//! bits; a response is not to be lost for them. What is not well-formed is refused here too.

use minicbor::Decoder;
use minicbor::data::Type;
use serde_json::Value;

use super::MAX_DEPTH;

/// A document, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Null,
    Bool(bool),
    /// A number's text.
    Number(String),
    Text(Text),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Map(Vec<(Text, Self)>),
}

/// A text, and what was wrong with it, if anything was.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) mended: Option<&'static str>,
}

pub(crate) const NOT_UTF8: &str = "bytes that are no UTF-8";
pub(crate) const SURROGATE: &str = "half of a surrogate pair";

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            mended: None,
        }
    }
}

impl Text {
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mended = matches!(text, std::borrow::Cow::Owned(_)).then_some(NOT_UTF8);
        Self {
            text: text.into_owned(),
            mended,
        }
    }
}

impl Raw {
    pub(crate) fn is_aggregate(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// What it is, in a warning.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// JSON without a model. Halves of surrogate pairs and what is no UTF-8 are replaced; what is not well-formed is null.
pub(crate) fn json_value(bytes: &[u8]) -> Value {
    fn plain(raw: Raw) -> Value {
        match raw {
            Raw::Null => Value::Null,
            Raw::Bool(yes) => yes.into(),
            Raw::Number(text) => serde_json::from_str(&text).unwrap_or_else(|_| text.into()),
            Raw::Text(text) => text.text.into(),
            Raw::Bytes(_) => Value::Null, // JSON has none
            Raw::List(items) => items.into_iter().map(plain).collect::<Vec<_>>().into(),
            Raw::Map(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, raw)| (key.text, plain(raw)))
                    .collect(),
            ),
        }
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| json(bytes).map_or(Value::Null, plain))
}

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Parses a whole JSON text; `None` where it is not well-formed or nests too deep.
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
            // Python's writer has names for these
            b'N' => self.eat("NaN").map(|()| Raw::Number("NaN".into())),
            b'I' => self
                .eat("Infinity")
                .map(|()| Raw::Number("Infinity".into())),
            _ => self.number(),
        }
    }

    /// What stands between this and its closing bracket, with commas in between.
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

    /// What follows a backslash; `Err` for half of a pair.
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

    /// The character that starts with this unit, with the next escape if that is its other half.
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

// ── CBOR ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Parses one whole CBOR item. Null entries of maps go; tags say nothing more, but for those of large integers.
pub(crate) fn cbor(bytes: &[u8]) -> Option<Raw> {
    let mut decoder = Decoder::new(bytes);
    let raw = item(&mut decoder, MAX_DEPTH)?;
    (decoder.position() == bytes.len()).then_some(raw)
}

/// The text of a member of the outermost map.
pub(crate) fn cbor_text(bytes: &[u8], name: &str) -> Option<String> {
    let Some(Raw::Map(entries)) = cbor(bytes) else {
        return None;
    };
    let mut entries = entries.into_iter();
    entries.find_map(|(key, raw)| match raw {
        Raw::Text(text) if key.text == name => Some(text.text),
        _ => None,
    })
}

fn item(decoder: &mut Decoder<'_>, depth: usize) -> Option<Raw> {
    Some(match decoder.datatype().ok()? {
        Type::Null => Raw::Null.after(decoder.null())?,
        Type::Undefined => Raw::Null.after(decoder.undefined())?,
        Type::Bool => Raw::Bool(decoder.bool().ok()?),
        Type::F16 => float(decoder.f16().ok()?.into()),
        Type::F32 => float(decoder.f32().ok()?.into()),
        Type::F64 => float(decoder.f64().ok()?),
        Type::Bytes | Type::BytesIndef => Raw::Bytes(octets(decoder, 2)?),
        Type::String | Type::StringIndef => Raw::Text(Text::of_bytes(&octets(decoder, 3)?)),
        Type::Array | Type::ArrayIndef => {
            let (mut left, depth) = (decoder.array().ok()?, depth.checked_sub(1)?);
            let mut list = Vec::new();
            while another(decoder, &mut left)? {
                list.push(item(decoder, depth)?);
            }
            Raw::List(list)
        }
        Type::Map | Type::MapIndef => {
            let (mut left, depth) = (decoder.map().ok()?, depth.checked_sub(1)?);
            let mut map = Vec::new();
            while another(decoder, &mut left)? {
                let Raw::Text(key) = item(decoder, depth)? else {
                    return None;
                };
                match item(decoder, depth)? {
                    Raw::Null => {}
                    raw => map.push((key, raw)),
                }
            }
            Raw::Map(map)
        }
        Type::Tag => {
            let tag = decoder.tag().ok()?.as_u64();
            match (tag, item(decoder, depth.checked_sub(1)?)?) {
                (2 | 3, Raw::Bytes(bytes)) => large_integer(tag == 3, bytes),
                (_, raw) => raw,
            }
        }
        Type::Break | Type::Simple | Type::Unknown(_) => return None,
        _ => Raw::Number(i128::from(decoder.int().ok()?).to_string()),
    })
}

impl Raw {
    fn after<T, E>(self, read: Result<T, E>) -> Option<Self> {
        read.ok().map(|_| self)
    }
}

fn float(float: f64) -> Raw {
    Raw::Number(match float {
        f if f.is_nan() => "NaN".into(),
        f if f.is_infinite() => if f > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        f => format!("{f:?}"), // with its point or exponent
    })
}

/// Whether another item follows.
fn another(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Option<bool> {
    match left {
        Some(left) => Some(match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                true
            }
            None => false,
        }),
        None => {
            let is_break = decoder.datatype().ok()? == Type::Break;
            if is_break {
                decoder.set_position(decoder.position().checked_add(1)?);
            }
            Some(!is_break)
        }
    }
}

/// The bytes of a string of this major type, which minicbor reads of bytes alone.
fn octets(decoder: &mut Decoder<'_>, major: u8) -> Option<Vec<u8>> {
    let first = *decoder.input().get(decoder.position())?;
    if first & 0x1f != 0x1f {
        return chunk(decoder, major);
    }
    decoder.set_position(decoder.position().checked_add(1)?);
    let mut whole = Vec::new();
    while decoder.datatype().ok()? != Type::Break {
        whole.extend(chunk(decoder, major)?);
    }
    decoder.set_position(decoder.position().checked_add(1)?);
    Some(whole)
}

fn chunk(decoder: &mut Decoder<'_>, major: u8) -> Option<Vec<u8>> {
    let start = decoder.position();
    let first = *decoder.input().get(start)?;
    if first >> 5 != major {
        return None;
    }
    // the head is that of an unsigned integer, but for its major type
    let head = decoder.input().get(start..)?;
    let mut head = head.get(..head.len().min(9))?.to_vec();
    *head.first_mut()? &= 0x1f;
    let mut length = Decoder::new(&head);
    let count = usize::try_from(length.u64().ok()?).ok()?;
    let from = start.checked_add(length.position())?;
    let to = from.checked_add(count)?;
    let bytes = decoder.input().get(from..to)?.to_vec();
    decoder.set_position(to);
    Some(bytes)
}

/// An integer of tag 2 or 3, if its digits can be told.
fn large_integer(is_negative: bool, bytes: Vec<u8>) -> Raw {
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    if significant.len() > 15 {
        return Raw::Bytes(bytes);
    }
    let n = significant
        .iter()
        .fold(0_i128, |n, byte| n * 256 + i128::from(*byte));
    Raw::Number(if is_negative { -1 - n } else { n }.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, mended: Option<&'static str>) -> Option<Raw> {
        let text = text.into();
        Some(Raw::Text(Text { text, mended }))
    }

    #[test]
    fn halves_of_pairs_and_foreign_bytes_are_replaced() {
        let cases: [(&[u8], _); 8] = [
            (br#""a\ud83d\ude00b""#, text("a\u{1f600}b", None)),
            (br#""a\ud83d""#, text("a\u{fffd}", Some(SURROGATE))),
            (
                br#""\ude00\ud83d""#,
                text("\u{fffd}\u{fffd}", Some(SURROGATE)),
            ),
            (br#""\ud83d\n""#, text("\u{fffd}\n", Some(SURROGATE))),
            (br#""\ud83d\u0041""#, text("\u{fffd}A", Some(SURROGATE))),
            (
                br#""\ud83d\ud83d\ude00""#,
                text("\u{fffd}\u{1f600}", Some(SURROGATE)),
            ),
            (b"\"a\xffb\"", text("a\u{fffd}b", Some(NOT_UTF8))),
            (b"\xef\xbb\xbf \"a\" ", text("a", None)),
        ];
        for (src, expected) in cases {
            assert_eq!(json(src), expected, "{}", String::from_utf8_lossy(src));
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_serde_json_refuses_it() {
        for src in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u+123\"",
            "\"a\nb\"",
            "tru",
            "nul",
            "{a:1}",
            "{\"a\" 1}",
            "1 2",
            "[",
            "]",
            "{\"a\":}",
            "'a'",
        ] {
            assert_eq!(json(src.as_bytes()), None, "{src}");
            assert!(serde_json::from_str::<Value>(src).is_err(), "{src}");
        }
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(json(nested(MAX_DEPTH).as_bytes()).is_some());
        assert!(json(nested(100_000).as_bytes()).is_none());
    }

    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it() {
        let src = r#" {"a":[1,-2,0.5,1e3,-0.0,true,false,null,"x\n\"\\\/\b\f\r\té"],"b":{"":{}},"c":[]} "#;
        let expected: Value = serde_json::from_str(src).unwrap();
        let bom = format!("\u{feff}{src}");
        assert_eq!(json_value(bom.as_bytes()), expected);
        assert_eq!(
            json(b"[NaN,-Infinity,1e400]").map(|raw| raw.is_aggregate()),
            Some(true)
        );
    }

    #[test]
    fn cbor_is_read_whatever_its_tags() {
        let number = |text: &str| Some(Raw::Number(text.into()));
        let cases: [(&[u8], _); 9] = [
            (
                &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                number("-18446744073709551616"),
            ),
            (
                &[0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                number("18446744073709551616"),
            ),
            (&[0xc3, 0x41, 0], number("-1")),
            (&[0xd9, 0x12, 0x34, 0x01], number("1")),
            (&[0xf9, 0x7e, 0x00], number("NaN")),
            (&[0x62, 0xff, 0x41], text("\u{fffd}A", Some(NOT_UTF8))),
            (&[0x7f, 0x61, 0x61, 0x61, 0x62, 0xff], text("ab", None)),
            (
                &[0x5f, 0x41, 1, 0x41, 2, 0xff],
                Some(Raw::Bytes(vec![1, 2])),
            ),
            (
                &[0xa2, 0x61, 0x61, 0xf6, 0x61, 0x62, 0xf7],
                Some(Raw::Map(Vec::new())),
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(cbor(bytes), expected, "{bytes:x?}");
            assert_eq!(cbor(&bytes[..bytes.len() - 1]), None, "{bytes:x?}");
        }
        assert_eq!(cbor(&[0x7f, 0x41, 0x61, 0xff]), None); // bytes in a text
        assert_eq!(cbor(&[0x01, 0x01]), None);
        assert_eq!(cbor(&[0x81; 200]), None);
    }
}
