//! The region patterns of partition files, without a regular expression engine.
//!
//! All that partition files hold are expressions such as `^(us|eu)\-\w+\-\d+$`, so this reads just these:
//!
//! ```text
//! pattern = [ "^" ] *( group / single [ "+" / "*" / "?" ] ) [ "$" ]
//! single  = character / "\" punctuation / "\w" / "\d" / "."
//! group   = "(" text *( "|" text ) ")"
//! ```
//!
//! A match always starts at the first character; without `$` it may end before the last. `\w` and `\d` are ASCII. Time is
//! linear in the text for each element, whatever the pattern.

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct RegionPattern {
    elements: Box<[Element]>,
    to_end: bool,
}

#[derive(Debug)]
enum Element {
    Group(Box<[Box<str>]>),
    Single(Class, Repeat),
}

#[derive(Clone, Copy, Debug)]
enum Class {
    Any,
    Byte(u8),
    Digit,
    Word,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Repeat {
    Any,
    Many,
    Once,
    Optional,
}

impl RegionPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A text that says what is not understood.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let body = pattern.strip_prefix('^').unwrap_or(pattern);
        let (body, to_end) = match body.strip_suffix('$') {
            Some(rest) if !rest.ends_with('\\') => (rest, true),
            _ => (body, false),
        };
        let mut elements = Vec::new();
        let mut rest = body.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            if byte == b'(' {
                let (group, after) = group(after).ok_or_else(|| unsupported(pattern))?;
                elements.push(group);
                rest = after;
            } else {
                let (class, after) = single(byte, after).ok_or_else(|| unsupported(pattern))?;
                let (repeat, after) = repeat(after);
                elements.push(Element::Single(class, repeat));
                rest = after;
            }
        }
        Ok(Self {
            elements: elements.into(),
            to_end,
        })
    }

    /// Whether `text` matches from its first character on.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.as_bytes();
        // at[n]: what was read of the pattern so far can match the first n bytes
        let mut at = vec![false; text.len() + 1];
        at[0] = true;
        for element in &self.elements {
            at = element.advance(&at, text);
        }
        if self.to_end {
            at.last() == Some(&true)
        } else {
            at.contains(&true)
        }
    }
}

impl Element {
    fn advance(&self, at: &[bool], text: &[u8]) -> Vec<bool> {
        let mut next = vec![false; at.len()];
        match self {
            Self::Group(choices) => {
                for start in (0..at.len()).filter(|start| at[*start]) {
                    for choice in choices {
                        if text[start..].starts_with(choice.as_bytes()) {
                            next[start + choice.len()] = true;
                        }
                    }
                }
            }
            Self::Single(class, repeat) => {
                if matches!(repeat, Repeat::Any | Repeat::Optional) {
                    next.copy_from_slice(at);
                }
                let again = matches!(repeat, Repeat::Any | Repeat::Many);
                for (n, byte) in text.iter().enumerate() {
                    if (at[n] || again && next[n]) && class.has(*byte) {
                        next[n + 1] = true;
                    }
                }
            }
        }
        next
    }
}

impl Class {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Any => byte != b'\n',
            Self::Byte(this) => byte == this,
            Self::Digit => byte.is_ascii_digit(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
        }
    }
}

/// The alternatives behind an opening parenthesis, and what follows the closing one.
fn group(mut rest: &[u8]) -> Option<(Element, &[u8])> {
    let mut choices = Vec::new();
    let mut choice = String::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b')' => {
                choices.push(choice.into_boxed_str());
                // a repeated group is not understood
                return (repeat(rest).0 == Repeat::Once)
                    .then(|| (Element::Group(choices.into()), rest));
            }
            b'|' => choices.push(std::mem::take(&mut choice).into_boxed_str()),
            _ => {
                let (Class::Byte(literal), after) = single(byte, rest)? else {
                    return None;
                };
                choice.push(char::from(literal));
                rest = after;
            }
        }
    }
}

/// The class that starts with `byte`, and what follows it.
fn single(byte: u8, rest: &[u8]) -> Option<(Class, &[u8])> {
    match byte {
        b'\\' => {
            let (&escaped, rest) = rest.split_first()?;
            let class = match escaped {
                b'd' => Class::Digit,
                b'w' => Class::Word,
                _ if escaped.is_ascii_punctuation() => Class::Byte(escaped),
                _ => return None,
            };
            Some((class, rest))
        }
        b'.' => Some((Class::Any, rest)),
        b'-' | b'_' => Some((Class::Byte(byte), rest)),
        _ if byte.is_ascii_alphanumeric() => Some((Class::Byte(byte), rest)),
        _ => None,
    }
}

fn repeat(rest: &[u8]) -> (Repeat, &[u8]) {
    match rest.split_first() {
        Some((b'*', rest)) => (Repeat::Any, rest),
        Some((b'+', rest)) => (Repeat::Many, rest),
        Some((b'?', rest)) => (Repeat::Optional, rest),
        _ => (Repeat::Once, rest),
    }
}

fn unsupported(pattern: &str) -> String {
    format!(
        "region pattern `{pattern}` is not understood: use letters, digits, `\\-`, `\\w`, `\\d`, `.`, `+`, `*`, `?` \
         and groups of plain alternatives"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_regular_expressions_do() {
        const AWS: &str = r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$";
        let cases = [
            (AWS, "us-east-1", true),
            (AWS, "eu-x_1-42", true),
            (AWS, "us-gov-west-1", false),
            (AWS, "us-east-", false),
            (AWS, "us--1", false),
            (AWS, "us-east-1x", false),
            (AWS, "xus-east-1", false),
            (AWS, "us-ea\u{df}t-1", false),
            (AWS, "aws-global", false),
            (AWS, "", false),
            (r"^eusc\-(de)\-\w+\-\d+$", "eusc-de-east-1", true),
            (r"^(us|eu)-\w+-\d+$", "us-east-1", true),
            ("^us", "us-east-1", true),
            ("us.*1$", "us-east-1", true),
            ("us-?east$", "useast", true),
            ("(a|ab)(c|bcd)$", "abcd", true),
            ("", "anything", true),
            ("^$", "x", false),
        ];
        for (pattern, text, expected) in cases {
            let compiled = RegionPattern::parse(pattern).unwrap();
            assert_eq!(compiled.matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn other_patterns_are_named_in_the_error() {
        for pattern in [
            "[a-z]+", "a|b", "(a", "(a)+", "(a(b))", r"\s", r"a\", "a{2}", "+",
        ] {
            let error = RegionPattern::parse(pattern).unwrap_err();
            assert!(error.contains(pattern), "{error}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = RegionPattern::parse(&r"\w*".repeat(200)).unwrap();
        assert!(pattern.matches(&"a".repeat(2000)));
    }
}
