//! JSON on a terminal.

use std::io::{self, Write};

use crate::printable::is_unprintable;

/// Writes JSON that a terminal can be shown: what JSON itself does not escape, but terminals obey, goes out as `\u009b`. It is
/// the same JSON.
pub(super) struct Shown<W> {
    out: W,
    /// The beginning of a character.
    cut: Vec<u8>,
}

impl<W: Write> Shown<W> {
    pub(super) fn new(out: W) -> Self {
        let cut = Vec::new();
        Self { out, cut }
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        // JSON has ends of lines between its tokens only
        while let Some(at) = rest.find(|c| c != '\n' && is_unprintable(c)) {
            let (before, from) = rest.split_at(at);
            self.out.write_all(before.as_bytes())?;
            let mut chars = from.chars();
            for unit in chars.next().iter().flat_map(|c| {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).to_vec()
            }) {
                write!(self.out, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        self.out.write_all(rest.as_bytes())
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.cut.extend_from_slice(buf);
        let bytes = std::mem::take(&mut self.cut);
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.write_text(text)?,
            Err(error) => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                self.write_text(&String::from_utf8_lossy(text))?;
                match error.error_len() {
                    None => self.cut = rest.to_vec(),
                    // JSON is UTF-8
                    Some(_) => self.write_text(&String::from_utf8_lossy(rest))?,
                }
            }
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_json_however_it_is_cut() {
        let text = "{\n  \"a\u{9b}ü\": \"\u{7f}漢\u{202e}\u{e0041}\\u001b\"\n}";
        let expected = r#"{
  "a\u009bü": "\u007f漢\u202e\udb40\udc41\u001b"
}"#;
        for size in 1..8 {
            let mut out = Vec::new();
            let mut shown = Shown::new(&mut out);
            for piece in text.as_bytes().chunks(size) {
                shown.write_all(piece).unwrap();
            }
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{size}");
        }
    }
}
