//! Terminals: their width, colours, and JSON on them.

use std::io::{self, IsTerminal, Write};

use tucuxi::internals::command::is_unprintable;

/// Whether a stream is a terminal that shows colours, and `NO_COLOR` (<https://no-color.org>) is not set.
pub(crate) fn has_colours(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// The columns of the terminal on stdout, or else 80.
pub(crate) fn width() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout())
        && size.ws_col > 0
    {
        return size.ws_col.into();
    }
    80
}

/// Escapes the characters in JSON that terminals interpret, such as U+009B as `\u009b`. The JSON keeps its meaning.
pub(crate) struct EscapedJson<W> {
    out: W,
    /// The first bytes of a character whose rest has not been written yet.
    partial: Vec<u8>,
}

impl<W: Write> EscapedJson<W> {
    pub(crate) fn new(out: W) -> Self {
        let partial = Vec::new();
        Self { out, partial }
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        // in JSON, line breaks occur only between tokens
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

impl<W: Write> Write for EscapedJson<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.partial.extend_from_slice(buf);
        let bytes = std::mem::take(&mut self.partial);
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.write_text(text)?,
            Err(error) => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                self.write_text(&String::from_utf8_lossy(text))?;
                match error.error_len() {
                    None => self.partial = rest.to_vec(),
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
    fn chunked_json_keeps_its_meaning() {
        let text = "{\n  \"a\u{9b}ü\": \"\u{7f}漢\u{202e}\u{e0041}\\u001b\"\n}";
        let expected = r#"{
  "a\u009bü": "\u007f漢\u202e\udb40\udc41\u001b"
}"#;
        for size in 1..8 {
            let mut out = Vec::new();
            let mut escaped = EscapedJson::new(&mut out);
            for chunk in text.as_bytes().chunks(size) {
                escaped.write_all(chunk).unwrap();
            }
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{size}");
        }
    }
}
