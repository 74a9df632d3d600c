//! Plain scalars: which of them are no texts. The rules are those of YAML 1.2 with the dates of 1.1, as in `aws`.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Dialect, Yaml};

/// A pattern of whole texts.
fn whole(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

static INTEGER: LazyLock<Option<Regex>> =
    LazyLock::new(|| whole("[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+"));

static FLOAT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    whole(
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    )
});

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    let time = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?";
    whole(&format!("{date}|{time}"))
});

/// Returns the value of a plain scalar.
pub(super) fn value(text: &str, dialect: Dialect) -> Yaml {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Yaml::Null;
    }
    if let Some(value) = boolean(text, dialect) {
        return Yaml::Bool(value);
    }
    // most scalars are words
    if text.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)) {
        let is = |pattern: &Option<Regex>| {
            pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(text))
        };
        // `_` alone is no digit
        let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
        if is(&INTEGER) && has_digits {
            return Yaml::Int(integer(text).unwrap_or_else(|| text.into()));
        }
        if is(&FLOAT) && float(text).is_some() {
            return Yaml::Float(text.into());
        }
        if is(&TIME) {
            return Yaml::Timestamp(text.into());
        }
    }
    Yaml::text(text)
}

/// The truth value of a word. CloudFormation reads those of YAML 1.1, so a text that is one of them must have quotes.
fn boolean(text: &str, dialect: Dialect) -> Option<bool> {
    let old = dialect == Dialect::CloudFormation;
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" if old => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" if old => Some(false),
        _ => None,
    }
}

/// Returns whether a plain scalar is read as a text.
pub(super) fn is_text(text: &str, dialect: Dialect) -> bool {
    // a merged key, and a default value
    !matches!(text, "<<" | "=") && matches!(value(text, dialect), Yaml::Text(_))
}

pub(super) fn is_true(text: &str) -> bool {
    boolean(text, Dialect::CloudFormation) == Some(true)
}

/// Returns an integer in decimal; `None` if the text is not one, or too large for another base.
pub(super) fn integer(text: &str) -> Option<String> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let bases = [("0b", 2), ("0x", 16), ("0o", 8)];
    let based = bases.iter().find_map(|(prefix, base)| {
        let digits = digits.strip_prefix(prefix)?;
        Some(u128::from_str_radix(digits, *base).ok())
    });
    let decimal = match based {
        Some(number) => number?.to_string(),
        None => digits.to_owned(),
    };
    if decimal.is_empty() || !decimal.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(match decimal.trim_start_matches('0') {
        "" => "0".into(),
        digits => format!("{sign}{digits}"),
    })
}

/// Returns the number of a float.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    match text.trim_start_matches(['-', '+']) {
        ".inf" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        ".inf" => Some(f64::INFINITY),
        ".nan" => Some(f64::NAN),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_types() {
        use Yaml::{Bool, Float, Int, Null, Text, Timestamp};
        let int = |text: &str| Int(text.into());
        let text = |text: &str| Text(text.into());
        let float = |text: &str| Float(text.into());
        let long = "123456789012345678901234567890123456789012";
        let cases = [
            ("", Null),
            ("~", Null),
            ("null", Null),
            ("true", Bool(true)),
            ("y", text("y")),
            ("12", int("12")),
            ("+1_000", int("1000")),
            ("-0", int("0")),
            ("0777", int("777")),
            ("0888", int("888")),
            ("0o17", int("15")),
            ("-0x1F", int("-31")),
            ("0b101", int("5")),
            ("1:30", text("1:30")),
            (long, int(long)),
            ("1.5", float("1.5")),
            ("1e3", float("1e3")),
            (".5", float(".5")),
            (".inf", float(".inf")),
            ("1.2.3", text("1.2.3")),
            (".", text(".")),
            ("._", text("._")),
            ("-", text("-")),
            ("+_", text("+_")),
            ("2010-09-09", Timestamp("2010-09-09".into())),
            ("2010-9-9", text("2010-9-9")),
            ("a", text("a")),
        ];
        for (scalar, expected) in cases {
            for dialect in [Dialect::CloudFormation, Dialect::Plain] {
                assert_eq!(value(scalar, dialect), expected, "{scalar:?}");
            }
        }
        for (word, expected) in [("yes", true), ("Off", false)] {
            assert_eq!(value(word, Dialect::CloudFormation), Bool(expected));
            assert_eq!(value(word, Dialect::Plain), text(word));
        }
    }

    #[test]
    fn floats_have_numbers() {
        for (text, expected) in [("1.5", 1.5), ("-.inf", f64::NEG_INFINITY), ("1_0.5", 10.5)] {
            assert_eq!(float(text), Some(expected), "{text}");
        }
        assert_eq!(float("x"), None);
    }
}
