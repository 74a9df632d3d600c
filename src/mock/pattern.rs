//! Texts that match a pattern of a model.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The longest text that is made for a pattern.
const MAX_LENGTH: usize = 4096;

/// A text that matches a pattern and has at least `min` characters where the pattern allows as many; `None` if the pattern is not
/// supported, such as one that looks ahead.
pub(super) fn text(pattern: &str, min: usize, max: usize) -> Option<String> {
    let pattern = portable(pattern);
    let hir = ParserBuilder::new()
        .unicode(true)
        .build()
        .parse(&pattern)
        .ok()?;
    // the more a pattern repeats, the longer its text
    let most = max.min(MAX_LENGTH);
    for (choice, extra) in [0, 1, 2, 4, 8, min, min.saturating_mul(2)]
        .into_iter()
        .enumerate()
    {
        let mut text = Text {
            choice,
            out: String::new(),
            extra: extra.min(most),
            room: most.saturating_mul(2),
        };
        text.push(&hir)?;
        let length = text.out.chars().count();
        if (min..=most).contains(&length) {
            return Some(text.out);
        }
    }
    None
}

/// Replaces classes by general category, whose tables are not linked, by ranges of letters and digits.
fn portable(pattern: &str) -> String {
    let classes = [
        ("L", "a-zA-Z"),
        ("M", "\\u0300-\\u0301"),
        ("N", "0-9"),
        ("P", "_.,-"),
        ("S", "+="),
        ("Z", " "),
        ("C", "\\t"),
        ("Graph", "!-~"),
        ("Alpha", "a-zA-Z"),
        ("Alnum", "a-zA-Z0-9"),
        ("Digit", "0-9"),
        ("Print", " -~"),
        ("ASCII", " -~"),
        ("IsAlphabetic", "a-zA-Z"),
    ];
    let mut out = pattern.to_owned();
    for (name, ranges) in classes {
        for long in [format!("\\p{{{name}}}"), format!("\\p{{Is{name}}}")] {
            out = out.replace(&long, &format!("[{ranges}]"));
        }
        for second in "ulmotcdefipnksz".chars().filter(|_| name.len() == 1) {
            out = out.replace(&format!("\\p{{{name}{second}}}"), &format!("[{ranges}]"));
        }
    }
    // patterns of the models follow ECMA 262
    out.replace("\\/", "/").replace("\\-", "\\x2d")
}

struct Text {
    out: String,
    /// The alternative that is tried first.
    choice: usize,
    /// How often a part is repeated beyond its minimum, where it may be.
    extra: usize,
    /// How many characters may still be written.
    room: usize,
}

impl Text {
    fn push(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(()),
            HirKind::Literal(literal) => self.write(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Class(class) => {
                let c = plainest(class)?;
                self.write(c.encode_utf8(&mut [0; 4]))
            }
            HirKind::Repetition(repeated) => {
                let most = repeated.max.map_or(usize::MAX, |max| max as usize);
                let count = (repeated.min as usize).saturating_add(self.extra).min(most);
                // a part that may be absent is there if it does no harm
                for _ in 0..count {
                    self.push(&repeated.sub)?;
                }
                Some(())
            }
            HirKind::Capture(group) => self.push(&group.sub),
            HirKind::Concat(parts) => parts
                .iter()
                .try_for_each(|part| self.push(part).ok_or(()))
                .ok(),
            HirKind::Alternation(parts) => {
                // the first that is supported
                let before = self.out.len();
                let first = self.choice % parts.len().max(1);
                let (before_first, rest) = parts.split_at(first);
                rest.iter().chain(before_first).find_map(|part| {
                    self.out.truncate(before);
                    self.push(part)
                })
            }
        }
    }

    fn write(&mut self, text: &str) -> Option<()> {
        self.room = self.room.checked_sub(text.len())?;
        self.out.push_str(text);
        Some(())
    }
}

/// The most usual character of a class.
fn plainest(class: &Class) -> Option<char> {
    let contains = |c: char| match class {
        Class::Unicode(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => u8::try_from(c).is_ok_and(|b| {
            class
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&b))
        }),
    };
    let usual = ('a'..='z').chain('A'..='Z').chain('1'..='9').chain(['0']);
    let rest = ('!'..='~').chain([' ']);
    usual
        .chain(rest)
        .find(|c| contains(*c))
        .or_else(|| match class {
            Class::Unicode(class) => class.iter().next().map(|range| range.start()),
            Class::Bytes(_) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_their_patterns() {
        let cases = [
            ("[a-z]+", 1, 10, Some("a")),
            ("^[a-z]{3,5}$", 4, 10, Some("aaaa")),
            ("\\d{12}", 0, 12, Some("111111111111")),
            ("arn:aws[a-z-]*:s3:::[a-z]+", 20, 100, None),
            ("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*", 1, 128, Some("a")),
            ("(a|b)c?", 0, 5, Some("a")),
            ("(?!aws:)[a-z]+", 1, 10, None),
            ("[0-9A-F]{8}-[0-9A-F]{4}", 13, 13, Some("AAAAAAAA-AAAA")),
        ];
        for (pattern, min, max, expected) in cases {
            let found = text(pattern, min, max);
            match expected {
                Some(expected) => assert_eq!(found.as_deref(), Some(expected), "{pattern}"),
                None if pattern.contains("(?!") => assert_eq!(found, None, "{pattern}"),
                None => assert!(found.unwrap().len() >= min, "{pattern}"),
            }
        }
    }
}
