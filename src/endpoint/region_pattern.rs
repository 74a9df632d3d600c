//! The regular expressions of partition files, which are anchored at the start of a region name.

use once_cell::sync::OnceCell;
use regex_lite::{Regex, RegexBuilder};

/// The maximum size of a compiled pattern in bytes. Those of AWS's files take less than 20,000.
const SIZE_LIMIT: usize = 1 << 20;

/// A pattern. `\w` and `\d` are ASCII. Matching takes linear time for every pattern.
#[derive(Debug)]
pub(super) struct RegionPattern {
    text: Box<str>,
    /// `None` if the pattern is invalid, so that it matches nothing.
    compiled: OnceCell<Option<Regex>>,
}

impl RegionPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Returns an error with the pattern and the problem.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let compiled = compile(pattern)
            .map_err(|error| format!("invalid region pattern `{pattern}`: {error}"))?;
        Ok(Self {
            text: pattern.into(),
            compiled: OnceCell::with_value(Some(compiled)),
        })
    }

    /// A pattern that is valid. It is compiled when it is first used, because most regions are listed and need none.
    pub(super) fn valid(pattern: &str) -> Self {
        Self {
            text: pattern.into(),
            compiled: OnceCell::new(),
        }
    }

    /// Whether the pattern matches `text` at its start.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

fn compile(pattern: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})"))
        .size_limit(SIZE_LIMIT)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_at_the_start() {
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
            (AWS, "us-east-1\n", false),
            (AWS, "aws-global", false),
            (AWS, "", false),
            (r"^eusc\-(de)\-\w+\-\d+$", "eusc-de-east-1", true),
            (r"^(us|eu)-\w+-\d+$", "us-east-1", true),
            ("^us", "us-east-1", true),
            ("east", "us-east-1", false),
            ("us.*1$", "us-east-1", true),
            ("us-?east$", "useast", true),
            ("(a|ab)(c|bcd)$", "abcd", true),
            ("us-east|eu-west", "eu-west-1", true),
            ("us-[a-z]+-[0-9]{1,2}$", "us-east-12", true),
            ("us-[a-z]+-[0-9]{1,2}$", "us-east-123", false),
            ("(us-)+east$", "us-us-east", true),
            ("", "anything", true),
            ("^$", "x", false),
        ];
        for (pattern, text, expected) in cases {
            let compiled = RegionPattern::parse(pattern).unwrap();
            assert_eq!(compiled.matches(text), expected, "{pattern} on {text}");
            let valid = RegionPattern::valid(pattern);
            assert_eq!(valid.matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn an_invalid_pattern_is_named_in_the_error() {
        let deep = "(".repeat(10_000) + &")".repeat(10_000);
        let large = r"(\w{1000}){1000}";
        for pattern in ["(a", "a)", r"a\", "+", "[z-a]", "a{2,1}", &deep, large] {
            let error = RegionPattern::parse(pattern).unwrap_err();
            assert!(error.contains(pattern), "{error}");
        }
    }

    #[test]
    fn a_match_takes_no_exponential_time() {
        let pattern = RegionPattern::parse(&r"\w*".repeat(200)).unwrap();
        assert!(pattern.matches(&"a".repeat(2000)));
    }
}
