//! The styles of texts: plain, in single or in double quotes; and where long ones are broken.

use super::{Dialect, plain};

/// The column after which a text is broken.
const WIDTH: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Double,
    Plain,
    Single,
}

/// The text of a key, which is never broken.
pub(super) fn key(text: &str, dialect: Dialect) -> String {
    match style(text, dialect) {
        Style::Plain => text.into(),
        Style::Single => format!("'{}'", text.replace('\'', "''")),
        Style::Double => Folded::new(0, 0, false).double(text),
    }
}

/// The text of a value that starts at a column, and whose further lines have an indent.
pub(super) fn value(text: &str, dialect: Dialect, column: usize, indent: usize) -> String {
    let folded = Folded::new(column, indent, true);
    match style(text, dialect) {
        Style::Plain => folded.plain(text),
        Style::Single => folded.single(text),
        Style::Double => folded.double(text),
    }
}

fn style(text: &str, dialect: Dialect) -> Style {
    // CloudFormation would read it as a number, and drop the zero
    let is_padded = text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.contains(['8', '9']);
    let traits = Traits::of(text);
    let is_plain = traits.is_plain && plain::is_text(text, dialect);
    match (is_plain, dialect) {
        (true, Dialect::CloudFormation) if is_padded => Style::Single,
        (true, _) => Style::Plain,
        _ if traits.has_special || text.contains(['\'', '\n']) => Style::Double,
        _ => Style::Single,
    }
}

/// What of a text matters for its style.
struct Traits {
    /// Whether nothing in it has a meaning in a block.
    is_plain: bool,
    /// Whether it has characters that only double quotes can express.
    has_special: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let is_special =
            |c: char| c != '\n' && (!is_printable(c) || matches!(c, '\u{2028}' | '\u{2029}'));
        let is_space =
            |c: Option<char>| c.is_none_or(|c| "\0 \t\r\n\u{85}\u{2028}\u{2029}".contains(c));
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let is_mark = match first {
            Some('-' | '?' | ':') => is_space(second),
            first => first.is_some_and(|first| "#,[]{}&*!|>'\"%@`".contains(first)),
        };
        let has_indicator = is_mark || text.starts_with("---") || text.starts_with("...");
        let mut before = None;
        let mut chars = text.chars().peekable();
        let mut has_comment = false;
        let mut has_colon = false;
        while let Some(c) = chars.next() {
            has_comment |= c == '#' && is_space(before);
            has_colon |= c == ':' && before.is_some() && is_space(chars.peek().copied());
            before = Some(c);
        }
        let edges = [text.chars().next(), text.chars().next_back()];
        let has_space = edges.contains(&Some(' '));
        let has_break = text.contains('\n');
        let has_special = text.contains(is_special) || has_break_beside_space(text);
        Self {
            is_plain: !(has_indicator
                || has_comment
                || has_colon
                || has_space
                || has_break
                || has_special),
            has_special,
        }
    }
}

fn has_break_beside_space(text: &str) -> bool {
    text.contains("\n ") || text.contains(" \n")
}

/// A text that is broken where its lines become long.
struct Folded {
    out: String,
    column: usize,
    indent: usize,
    breaks: bool,
}

impl Folded {
    fn new(column: usize, indent: usize, breaks: bool) -> Self {
        Self {
            out: String::new(),
            column,
            indent,
            breaks,
        }
    }

    fn push(&mut self, text: &str) {
        self.out += text;
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.column = self.indent;
    }

    fn plain(self, text: &str) -> String {
        self.words(text, |piece| piece.to_owned())
    }

    fn single(mut self, text: &str) -> String {
        self.push("'");
        self.words(text, |piece| piece.replace('\'', "''")) + "'"
    }

    /// Breaks at spaces that are alone, as a break reads as one space.
    fn words(mut self, text: &str, written: impl Fn(&str) -> String) -> String {
        let (mut at, last) = (0, text.len());
        for piece in pieces(text) {
            let is_inner = at > 0 && at + piece.len() < last;
            at += piece.len();
            match piece == " " && self.breaks && self.column > WIDTH && is_inner {
                true => self.line_break(),
                false => self.push(&written(piece)),
            }
        }
        self.out
    }

    /// Breaks at a space or beside an escaped character, with a backslash, so that the break is no space.
    fn double(mut self, text: &str) -> String {
        self.push("\"");
        let chars: Vec<char> = text.chars().collect();
        // the characters that are not written yet
        let mut start = 0;
        for end in 0..=chars.len() {
            let c = chars.get(end).copied();
            let escaped = c.and_then(escaped);
            if c.is_none() || escaped.is_some() {
                self.push_chars(&chars[start.min(end)..end]);
                start = start.max(end);
            }
            if let Some(escaped) = escaped {
                self.push(&escaped);
                start = end + 1;
            }
            let is_inner = end > 0 && end + 1 < chars.len();
            let is_end = c == Some(' ') || start >= end;
            // an escaped character before this place is counted already
            let column = (self.column + end).saturating_sub(start);
            if !(self.breaks && is_inner && is_end && column > WIDTH) {
                continue;
            }
            if start < end {
                self.push_chars(&chars[start..end]);
                start = end;
            }
            self.push("\\");
            self.line_break();
            // spaces at the start of a line are lost unless they are escaped
            if chars.get(start) == Some(&' ') {
                self.push("\\");
            }
        }
        self.push("\"");
        self.out
    }

    fn push_chars(&mut self, chars: &[char]) {
        self.out.extend(chars);
        self.column += chars.len();
    }
}

/// The words of a text, and the spaces between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_space = rest.starts_with(' ');
        let end = rest.find(|c: char| (c == ' ') != is_space);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A character between double quotes, if it has another form there.
fn escaped(c: char) -> Option<String> {
    let letter = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c if is_printable(c) && c < '\u{10000}' => return None,
        _ => {
            let code = u32::from(c);
            return Some(match code {
                ..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(format!("\\{letter}"))
}

/// Whether YAML permits a character outside of double quotes, apart from line breaks.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}
