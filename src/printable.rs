//! Escaping of untrusted text before it is written to a terminal or into a line of text.
//!
//! A key or a service's message may contain characters that move the cursor, reorder the surrounding text or start a new line.
//! They are written as in a Rust string literal: `\n`, `\u{1b}`.

use std::fmt::{self, Write as _};

/// Untrusted text that is safe to display: control characters, line breaks and invisible formatting characters are escaped. All
/// errors and plans of this crate are displayed like this.
///
/// ```
/// use tucuxi::Printable;
///
/// assert_eq!(Printable("a\nb\u{9b}2J ü").to_string(), r"a\nb\u{9b}2J ü");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<T>(pub T);

impl<T: fmt::Display> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeps_lines = false;
        write!(Escaping { f, keeps_lines }, "{}", self.0)
    }
}

/// Like [`Printable`], for text of several lines: line breaks and tabs are kept.
#[cfg(feature = "cli")]
pub(crate) struct PrintableLines<T>(pub(crate) T);

#[cfg(feature = "cli")]
impl<T: fmt::Display> fmt::Display for PrintableLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeps_lines = true;
        write!(Escaping { f, keeps_lines }, "{}", self.0)
    }
}

struct Escaping<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    keeps_lines: bool,
}

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let is_escaped =
            |c: char| !(self.keeps_lines && matches!(c, '\n' | '\t')) && is_unprintable(c);
        while let Some(at) = rest.find(is_escaped) {
            let (before, from) = rest.split_at(at);
            self.f.write_str(before)?;
            let mut chars = from.chars();
            match chars.next() {
                Some(c @ ('\n' | '\r' | '\t')) => write!(self.f, "{}", c.escape_default())?,
                Some(c) => write!(self.f, "{}", c.escape_unicode())?,
                None => {}
            }
            rest = chars.as_str();
        }
        self.f.write_str(rest)
    }
}

/// Control characters, line and paragraph separators, bidirectional controls, and invisible characters. The joiners of letters
/// and emoji are printable.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unprintable_characters_are_escaped() {
        for (text, expected) in [
            ("", ""),
            (
                "plain ü 漢字 e\u{301} 👩\u{200d}🚀 \\n \"'",
                "plain ü 漢字 e\u{301} 👩\u{200d}🚀 \\n \"'",
            ),
            ("a\ndelete b", r"a\ndelete b"),
            ("\r\t\0", r"\r\t\u{0}"),
            ("\u{1b}[2J\u{7f}", r"\u{1b}[2J\u{7f}"),
            ("\u{9b}2J\u{85}", r"\u{9b}2J\u{85}"),
            ("\u{202e}gnp.exe\u{2066}", r"\u{202e}gnp.exe\u{2066}"),
            (
                "\u{2028}\u{2029}\u{feff}\u{200b}",
                r"\u{2028}\u{2029}\u{feff}\u{200b}",
            ),
            ("\u{e0041}", r"\u{e0041}"),
        ] {
            assert_eq!(Printable(text).to_string(), expected);
        }
    }

    #[test]
    #[cfg(feature = "cli")]
    fn line_breaks_are_kept_on_request() {
        let shown = PrintableLines("a\n\tb\r\u{1b}").to_string();
        assert_eq!(shown, "a\n\tb\\r\\u{1b}");
    }
}
