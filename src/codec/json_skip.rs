//! Values in JSON that are skipped.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::ReadError;
use super::json_number;
use super::json_text::{escaped_at, short, unit};
use super::json_tokens::Tokens;

impl<'de> Tokens<'de> {
    /// Skips a value of any depth, and returns its text. Numbers may be of any size, and surrogates without their other half.
    pub(super) fn skip(&mut self) -> Result<&'de str, ReadError> {
        self.peek();
        let start = self.at;
        match self.skipped(usize::MAX) {
            Some(_) => Ok(&self.src[start..self.at]),
            None => Err(self.fault::<IgnoredAny>(start)),
        }
    }

    /// Skips a value that will be read.
    pub(super) fn skip_within_depth(&mut self) -> Result<&'de str, ReadError> {
        let start = self.at;
        match self.skipped(self.depth) {
            Some(true) => Ok(&self.src[start..self.at]),
            Some(false) => Err(self.error_at_next("recursion limit exceeded")),
            None => Err(self.fault::<Value>(start)),
        }
    }

    /// The grammar of lists and objects once more, without recursion.
    ///
    /// Skips a value, or stops at the bracket that is too deep and returns `false`; `None` if the value is broken.
    fn skipped(&mut self, depth: usize) -> Option<bool> {
        let mut brackets = Vec::new();
        loop {
            let first = self.peek();
            match first {
                b'"' => self.skip_text()?,
                b'[' | b'{' => {
                    if brackets.len() + 1 >= depth {
                        return Some(false);
                    }
                    self.at += 1;
                    // two behind the opening one in ASCII
                    let closing = first + 2;
                    if self.peek() != closing {
                        brackets.push(closing);
                        self.skip_name(closing)?;
                        continue;
                    }
                    self.at += 1;
                }
                b't' => self.skip_word("true")?,
                b'f' => self.skip_word("false")?,
                b'n' => self.skip_word("null")?,
                _ => self.at += json_number::len(self.rest())?,
            }
            // what follows a value
            loop {
                let Some(closing) = brackets.last().copied() else {
                    return Some(true);
                };
                let next = self.peek();
                match next {
                    b',' => {
                        self.at += 1;
                        self.skip_name(closing)?;
                        break;
                    }
                    _ if next == closing => {
                        self.at += 1;
                        brackets.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    /// Skips the name before a value in an object.
    fn skip_name(&mut self, closing: u8) -> Option<()> {
        if closing == b'}' {
            (self.peek() == b'"').then_some(())?;
            self.skip_text()?;
            (self.peek() == b':').then_some(())?;
            self.at += 1;
        }
        Some(())
    }

    fn skip_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += escaped_at(self.rest())?;
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', b'u', digits @ ..] => {
                    unit(digits)?;
                    self.at += 6;
                }
                [b'\\', escape, ..] => {
                    short(*escape)?;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }
}
