//! Texts that match a pattern of a model.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The longest text that is made for a pattern.
const MAX_LENGTH: usize = 4096;
/// How many lengths are tried one by one.
const MAX_STEPS: usize = 600;

/// A text with at least `min` and at most `max` characters that `fits` a pattern. If the pattern is not understood fully, the text
/// may not fit it; `None` if it is not supported at all, such as one that looks ahead.
pub(super) fn text(
    pattern: &str,
    min: usize,
    max: usize,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    let pattern = portable(pattern);
    let hir = ParserBuilder::new()
        .unicode(true)
        .build()
        .parse(&pattern)
        .ok()?;
    let most = max.min(MAX_LENGTH);
    // the more a pattern repeats, the longer its text
    let extras = (0..=min.clamp(3, MAX_STEPS)).chain([min, min.saturating_mul(2)]);
    let attempts = extras.flat_map(|extra| [(extra, true), (extra, false)]);
    let mut nearly = None;
    for (choice, (extra, has_optional)) in attempts.enumerate() {
        let mut text = Text {
            out: String::new(),
            choice: choice / 2,
            extra: extra.min(most),
            has_optional,
            room: most.saturating_mul(2),
        };
        if text.push(&hir).is_none() {
            continue;
        }
        let length = text.out.chars().count();
        if (min..=most).contains(&length) {
            if fits(&text.out) {
                return Some(text.out);
            }
            nearly.get_or_insert(text.out);
        }
    }
    nearly
}

/// Replaces classes by general category, whose tables are not linked, by ranges of the usual characters.
fn portable(pattern: &str) -> String {
    // patterns of the models follow ECMA 262
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let class = after
            .strip_prefix("p{")
            .and_then(|class| class.split_once('}'));
        rest = match (after.chars().next(), class) {
            (_, Some((name, rest))) => {
                out.push_str(ranges(name));
                rest
            }
            (Some(c @ ('-' | '/')), _) => {
                out.push_str(if c == '-' { "\\x2d" } else { "/" });
                &after[1..]
            }
            (Some(c), _) => {
                out.push('\\');
                out.push(c);
                &after[c.len_utf8()..]
            }
            (None, _) => after,
        };
    }
    out.push_str(rest);
    out
}

/// Usual characters of a class with this name.
fn ranges(name: &str) -> &'static str {
    let name = name.strip_prefix("Is").unwrap_or(name);
    match name {
        "Graph" => "[!-~]",
        "ASCII" | "Print" => "[ -~]",
        "Digit" => "[0-9]",
        "Alnum" => "[a-zA-Z0-9]",
        _ => match name.chars().next() {
            Some('L' | 'A') => "[a-zA-Z]",
            Some('M') => "[\\u0300-\\u0301]",
            Some('N') => "[0-9]",
            Some('P') => "[_.,]",
            Some('S') => "[+=]",
            Some('Z') => "[ ]",
            _ => "[\\t]",
        },
    }
}

struct Text {
    out: String,
    /// The alternative that is tried first.
    choice: usize,
    /// How often a part is repeated beyond its minimum, where it may be.
    extra: usize,
    /// Whether a part that may be absent is there.
    has_optional: bool,
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
                let count = match (repeated.min, most) {
                    (0, 1) => usize::from(self.has_optional),
                    (min, _) => (min as usize).saturating_add(self.extra).min(most),
                };
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
            ("(a|b)c?", 0, 5, Some("ac")),
            ("(?!aws:)[a-z]+", 1, 10, None),
            (
                "[a-f0-9\\-]+",
                36,
                36,
                Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ),
            ("[\\\\p{L}]", 1, 1, Some("p")),
            ("[0-9A-F]{8}-[0-9A-F]{4}", 13, 13, Some("AAAAAAAA-AAAA")),
        ];
        for (pattern, min, max, expected) in cases {
            let found = text(pattern, min, max, |_| true);
            match expected {
                Some(expected) => assert_eq!(found.as_deref(), Some(expected), "{pattern}"),
                None if pattern.contains("(?!") => assert_eq!(found, None, "{pattern}"),
                None => assert!(found.unwrap().len() >= min, "{pattern}"),
            }
        }
    }
}
