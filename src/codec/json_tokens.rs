//! The tokens of a JSON text.
//!
//! Grammar, limits and errors of syntax are those of serde_json. A text without escapes is a part of the response and never copied, and bytes are
//! compared eight at a time. If a token is broken, serde_json reads it once more, and names the error.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, Visitor};

use super::json_number::{self, Number};
use super::json_text::{self, escaped_at};
use super::{MAX_DEPTH, ReadError};

type Result<T = (), E = ReadError> = std::result::Result<T, E>;

/// A response may have one large map and many small ones.
const MAX_HINT: usize = 16;

/// A text, and the position in it.
pub(super) struct Tokens<'de> {
    pub(super) src: &'de str,
    /// The position of the next byte.
    pub(super) at: usize,
    /// How many more lists and objects are an error; at least 1.
    pub(super) depth: usize,
    /// The last text that had escapes.
    text: String,
    /// For each depth, how many entries the last map had.
    map_lens: [u8; MAX_DEPTH],
}

/// A string.
pub(super) enum Text<'t, 'de> {
    Borrowed(&'de str),
    /// One with escapes.
    Copied(&'t str),
}

impl<'de> Text<'_, 'de> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Copied(text) => text,
        }
    }

    pub(super) fn into_cow(self) -> Cow<'de, str> {
        match self {
            Self::Borrowed(text) => text.into(),
            Self::Copied(text) => text.to_owned().into(),
        }
    }
}

impl<'de> Tokens<'de> {
    pub(super) fn new(src: &'de str) -> Self {
        Self {
            src,
            at: 0,
            depth: MAX_DEPTH,
            text: String::new(),
            map_lens: [0; MAX_DEPTH],
        }
    }

    pub(super) fn rest(&self) -> &'de [u8] {
        self.src.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Moves to the next byte that is no white space and returns it; 0 at the end.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> u8 {
        match self.src.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => *byte,
            _ => self.peek_behind_blanks(),
        }
    }

    fn peek_behind_blanks(&mut self) -> u8 {
        let is_other = |byte: &u8| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
        let rest = self.rest();
        let blanks = rest.iter().position(is_other).unwrap_or(rest.len());
        self.at += blanks;
        rest.get(blanks).copied().unwrap_or(0)
    }

    /// Verifies that nothing follows.
    pub(super) fn end(&mut self) -> Result {
        self.peek();
        match self.at == self.src.len() {
            true => Ok(()),
            false => Err(self.error_at_next("trailing characters")),
        }
    }

    // ── lists and objects ────────────────────────────────────────────────────────────────────────────────────────────

    /// Opens a list or an object at its bracket.
    #[inline]
    pub(super) fn open(&mut self) -> Result {
        if self.depth == 1 {
            return Err(self.error_at_next("recursion limit exceeded"));
        }
        self.depth -= 1;
        self.at += 1;
        Ok(())
    }

    /// Passes the closing bracket of a list or an object. Fails if the target did not read all of its entries.
    #[inline]
    pub(super) fn close(&mut self, bracket: u8) -> Result {
        if self.peek() != bracket {
            return Err(self.left_over(bracket));
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    #[cold]
    fn left_over(&mut self, bracket: u8) -> ReadError {
        match (self.peek(), bracket) {
            (b',', b'}') => self.error_at_next("trailing comma"),
            (b',', _) => {
                self.at += 1;
                match self.peek() == bracket {
                    true => self.error_at_next("trailing comma"),
                    false => self.error_at_next("trailing characters"),
                }
            }
            (_, b'}') => self.unexpected("an object", "trailing characters"),
            _ => self.unexpected("a list", "trailing characters"),
        }
    }

    /// Moves to the next element of a list; `false` at its end.
    #[inline]
    pub(super) fn next_element(&mut self, is_first: &mut bool) -> Result<bool> {
        match self.peek() {
            b']' => return Ok(false),
            b',' if !*is_first => self.at += 1,
            _ if *is_first && self.at < self.src.len() => {
                *is_first = false;
                return Ok(true);
            }
            _ => return Err(self.unexpected("a list", "expected `,` or `]`")),
        }
        match self.peek() {
            b']' => Err(self.error_at_next("trailing comma")),
            _ if self.at == self.src.len() => Err(self.unexpected("a value", "")),
            _ => Ok(true),
        }
    }

    /// Moves to the quote before the next name in an object; `false` at its end.
    #[inline(always)]
    pub(super) fn next_name(&mut self, is_first: &mut bool) -> Result<bool> {
        // without white space
        match self.rest() {
            [b'}', ..] => Ok(false),
            [b',', b'"', ..] if !*is_first => {
                self.at += 1;
                Ok(true)
            }
            _ => self.next_name_behind_blanks(is_first),
        }
    }

    fn next_name_behind_blanks(&mut self, is_first: &mut bool) -> Result<bool> {
        let mut next = self.peek();
        let mut at_end = "an object";
        match next {
            b'}' => return Ok(false),
            b',' if !*is_first => {
                self.at += 1;
                next = self.peek();
                at_end = "a value";
            }
            _ if *is_first => *is_first = false,
            _ => return Err(self.unexpected(at_end, "expected `,` or `}`")),
        }
        match next {
            b'"' => Ok(true),
            b'}' => Err(self.error_at_next("trailing comma")),
            _ => Err(self.unexpected(at_end, "key must be a string")),
        }
    }

    /// Passes the colon behind a name, and returns the first byte of the value; 0 at the end.
    #[inline]
    pub(super) fn colon(&mut self) -> Result<u8> {
        if self.peek() != b':' {
            return Err(self.unexpected("an object", "expected `:`"));
        }
        self.at += 1;
        Ok(self.peek())
    }

    /// What is behind the quote at which a name starts.
    #[inline(always)]
    pub(super) fn behind_quote(&self) -> &'de [u8] {
        self.src.as_bytes().get(self.at + 1..).unwrap_or_default()
    }

    /// Passes a text of this length, and its quotes.
    #[inline(always)]
    pub(super) fn pass_text(&mut self, len: usize) {
        self.at += len + 2;
    }

    /// How many entries a map that was opened probably has: those of the last one at this depth, as the elements of a list are alike.
    pub(super) fn map_len(&self) -> usize {
        let len = self.map_lens.get(self.depth).copied().unwrap_or(0);
        match self.src.as_bytes().get(self.at) {
            Some(b'}') => 0,
            _ => usize::from(len).min(MAX_HINT),
        }
    }

    pub(super) fn set_map_len(&mut self, len: u8) {
        if let Some(known) = self.map_lens.get_mut(self.depth) {
            *known = len;
        }
    }

    // ── scalars ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Reads a string from its quote on.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Text<'_, 'de>> {
        match self.plain_text() {
            Some(text) => Ok(Text::Borrowed(text)),
            None => self.other_text(),
        }
    }

    #[inline(always)]
    fn plain_text(&mut self) -> Option<&'de str> {
        let start = self.at + 1;
        let rest = self.src.as_bytes().get(start..)?;
        let end = start + escaped_at(rest)?;
        if self.src.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        self.src.get(start..end)
    }

    #[cold]
    fn other_text(&mut self) -> Result<Text<'_, 'de>> {
        self.text_with_escapes().map(Text::Copied)
    }

    fn text_with_escapes(&mut self) -> Result<&str> {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let quote = self.at;
        let end = json_text::pull(&self.src[quote + 1..], &mut text);
        self.text = text;
        match end {
            Some(len) => self.at = quote + 1 + len,
            None => return Err(self.fault::<String>(quote)),
        }
        Ok(&self.text)
    }

    /// Reads a number from its first byte on; anything else is an error.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number> {
        match json_number::read(&self.src[self.at..]) {
            Some((number, len)) => {
                self.at += len;
                Ok(number)
            }
            None if self.at == self.src.len() => Err(self.unexpected("a value", "")),
            None => Err(self.fault::<f64>(self.at)),
        }
    }

    /// Reads `true`, `false` or `null`.
    #[inline]
    pub(super) fn word(&mut self, word: &str) -> Result {
        match self.rest().starts_with(word.as_bytes()) {
            true => self.at += word.len(),
            false => return Err(self.fault::<IgnoredAny>(self.at)),
        }
        Ok(())
    }

    // ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The position of an error that has none.
    #[cold]
    pub(super) fn located(&self, error: ReadError) -> ReadError {
        match error.line() {
            0 => self.error(&error.to_string(), self.at),
            _ => error,
        }
    }

    /// The error of a text that is no object.
    #[cold]
    pub(super) fn no_object(&self) -> ReadError {
        self.fault::<Object>(0)
    }

    /// The error of what serde_json reads here.
    #[cold]
    pub(super) fn fault<T: Deserialize<'de>>(&self, start: usize) -> ReadError {
        let mut rest = serde_json::Deserializer::from_str(&self.src[start..]);
        match T::deserialize(&mut rest) {
            Err(error) => self.moved(&error, start),
            Ok(_) => self.error("invalid value", start),
        }
    }

    /// An error in a part of the text as one in the text.
    #[cold]
    pub(super) fn moved(&self, error: &ReadError, start: usize) -> ReadError {
        let shown = error.to_string();
        let what = shown
            .rsplit_once(" at line ")
            .map_or(&*shown, |(what, _)| what);
        let (line, column) = self.position(start);
        let (line, column) = match error.line() {
            0 | 1 => (line, column + error.column()),
            lines => (line + lines - 1, error.column()),
        };
        ReadError::custom(format_args!("{what} at line {line} column {column}"))
    }

    #[cold]
    fn unexpected(&self, at_end: &str, otherwise: &str) -> ReadError {
        match self.at == self.src.len() {
            true => self.error_at_next(&format!("EOF while parsing {at_end}")),
            false => self.error_at_next(otherwise),
        }
    }

    /// An error about the next byte.
    #[cold]
    pub(super) fn error_at_next(&self, what: &str) -> ReadError {
        self.error(what, self.at + 1)
    }

    #[cold]
    fn error(&self, what: &str, at: usize) -> ReadError {
        let (line, column) = self.position(at);
        ReadError::custom(format_args!("{what} at line {line} column {column}"))
    }

    /// The line and the column behind the byte before this position.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.src.as_bytes()[..at.min(self.src.len())];
        let lines = before.split(|byte| *byte == b'\n');
        lines.fold((0, 0), |(count, _), line| (count + 1, line.len()))
    }
}

/// What a text has to be.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Self)
    }
}

impl Visitor<'_> for Object {
    type Value = Self;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
}
