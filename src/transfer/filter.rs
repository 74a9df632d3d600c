//! Which names a transfer of many objects includes.
//!
//! ```text
//! pattern = *( "*" / "?" / set / char )        ; "*" also matches "/"
//! set     = "[" [ "!" ] 1*( char / char "-" char ) "]"
//! ```

/// Rules for the names that are included, in the order of their effect: the last one that matches decides. A name that no rule
/// matches is included.
///
/// `*` matches any text, slashes included, `?` one character, `[ab-z]` one of these, and `[!ab-z]` any other one.
///
/// ```
/// use tucuxi::transfer::Filter;
///
/// let filter = Filter::new().exclude("*").include("*.jpg").exclude("drafts/*");
/// assert!(filter.includes("2026/fish.jpg"));
/// assert!(!filter.includes("fish.txt") && !filter.includes("drafts/fish.jpg"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a filter does nothing until it is passed to a transfer"]
pub struct Filter {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    includes: bool,
    pattern: Vec<Token>,
}

#[derive(Clone, Debug)]
enum Token {
    Any,
    Char(char),
    One,
    Set {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Filter {
    /// Creates a filter that includes every name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Excludes the names that match a pattern, on top of the rules before.
    ///
    /// ```
    /// use tucuxi::transfer::Filter;
    ///
    /// assert!(!Filter::new().exclude("*.log").includes("a/b.log"));
    /// ```
    pub fn exclude(self, pattern: &str) -> Self {
        self.rule(false, pattern)
    }

    /// Includes the names that match a pattern, on top of the rules before.
    ///
    /// ```
    /// use tucuxi::transfer::Filter;
    ///
    /// assert!(Filter::new().exclude("*").include("?.log").includes("b.log"));
    /// ```
    pub fn include(self, pattern: &str) -> Self {
        self.rule(true, pattern)
    }

    fn rule(mut self, includes: bool, pattern: &str) -> Self {
        let pattern = tokens(pattern);
        self.rules.push(Rule { includes, pattern });
        self
    }

    /// Whether a name is included.
    pub fn includes(&self, name: &str) -> bool {
        let mut rules = self.rules.iter().rev();
        let decisive = rules.find(|rule| matches(&rule.pattern, name));
        decisive.is_none_or(|rule| rule.includes)
    }

    /// Returns a pattern that matches a text only.
    ///
    /// ```
    /// use tucuxi::transfer::Filter;
    ///
    /// let pattern = format!("{}/*", Filter::escape("[2026]"));
    /// assert!(!Filter::new().exclude(&pattern).includes("[2026]/fish.jpg"));
    /// ```
    pub fn escape(text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '*' | '?' | '[' => escaped.extend(['[', c, ']']),
                _ => escaped.push(c),
            }
        }
        escaped
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => match set(&chars[at..]) {
                Some((set, len)) => {
                    at += len;
                    set
                }
                // without its end it is a bracket
                None => Token::Char('['),
            },
            c => Token::Char(c),
        });
    }
    tokens
}

/// Reads a set after its bracket. Returns it with its length.
fn set(chars: &[char]) -> Option<(Token, usize)> {
    let is_negated = chars.first() == Some(&'!');
    let start = usize::from(is_negated);
    // a bracket at the beginning is a character of the set
    let len = chars.iter().skip(start + 1).position(|c| *c == ']')?;
    let members = &chars[start..start + 1 + len];
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&first) = members.get(at) {
        let last = match members.get(at + 1..at + 3) {
            Some(['-', last]) => {
                at += 2;
                *last
            }
            _ => first,
        };
        at += 1;
        ranges.push((first, last));
    }
    let end = start + 1 + len + 1;
    Some((Token::Set { is_negated, ranges }, end))
}

impl Token {
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == c,
            Self::Set { is_negated, ranges } => {
                ranges
                    .iter()
                    .any(|(first, last)| (first..=last).contains(&&c))
                    != *is_negated
            }
        }
    }
}

/// Matches a whole text. After a mismatch, the last `*` takes one character more, which is enough, as an earlier one could not
/// reach anything that the last one cannot.
fn matches(pattern: &[Token], text: &str) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    let mut last_any = None;
    loop {
        match pattern.get(at) {
            Some(Token::Any) => {
                at += 1;
                last_any = Some((rest.clone(), at));
                continue;
            }
            Some(token) => {
                let mut next = rest.clone();
                if let Some(c) = next.next()
                    && token.matches(c)
                {
                    (rest, at) = (next, at + 1);
                    continue;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((from, after)) = &mut last_any else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (rest, at) = (from.clone(), *after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, is_match) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*a*b", "xaxaxb", true),
            ("*a*b*c", "aabbcc-abc", true),
            ("*.txt", "d/c.txt", true),
            ("?.txt", "d/c.txt", false),
            ("?", "ü", true),
            ("?", "", false),
            ("[ab].*", "b.x", true),
            ("[!ab].*", "b.x", false),
            ("[!ab].*", "c.x", true),
            ("[a-c]", "b", true),
            ("[a-]", "-", true),
            ("[z-a]", "m", false),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[a", "[a", true),
            ("[*]", "*", true),
            ("[*]", "a", false),
            ("a", "A", false),
            ("d", "d/c", false),
            ("a\nb*", "a\nbc", true),
        ] {
            let filter = Filter::new().exclude(pattern);
            assert_eq!(!filter.includes(name), is_match, "{pattern:?} {name:?}");
        }
    }

    #[test]
    fn many_stars_do_not_take_forever() {
        let filter = Filter::new().exclude(&"*a".repeat(200));
        assert!(filter.includes(&"a".repeat(199)));
        assert!(!filter.includes(&"a".repeat(5_000)));
    }

    #[test]
    fn last_matching_rule_decides() {
        let filter = Filter::new()
            .exclude("*.log")
            .include("d/*")
            .exclude("d/e*");
        for (name, is_included) in [
            ("a.txt", true),
            ("h.log", false),
            ("d/g.log", true),
            ("d/e.log", false),
        ] {
            assert_eq!(filter.includes(name), is_included, "{name}");
        }
    }

    #[test]
    fn escaped_text_matches_itself() {
        for text in ["a*b", "[x]", "?", "a]b", "plain/[!a]"] {
            let filter = Filter::new().exclude(&Filter::escape(text));
            assert!(!filter.includes(text), "{text}");
            assert!(filter.includes(&format!("{text}x")), "{text}");
        }
    }
}
