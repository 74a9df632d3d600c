//! Scalars as text, in Python's spelling.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Number;
use tucuxi::internals::command::is_unprintable;
use tucuxi::tree::{Kind, Node};

/// The text of a value as `str` returns it: `None`, `True`, `1e-07`, a text itself, and lists and maps as they are written in a
/// program.
pub(crate) fn text(node: Node<'_>, escape: bool) -> Cow<'_, str> {
    match node.kind() {
        Kind::String(text) => printable(text, escape),
        Kind::Null => Cow::Borrowed("None"),
        Kind::Bool(value) => Cow::Borrowed(if value { "True" } else { "False" }),
        _ => Cow::Owned(literal(node)),
    }
}

/// Escapes what a terminal would interpret, apart from line breaks and tabs.
pub(super) fn printable(text: &str, escape: bool) -> Cow<'_, str> {
    let is_bad = |c: char| !matches!(c, '\n' | '\t') && is_unprintable(c);
    match escape && text.contains(is_bad) {
        false => Cow::Borrowed(text),
        true => {
            let escaped = text.chars().map(|c| match is_bad(c) {
                true => c.escape_default().to_string(),
                false => c.to_string(),
            });
            Cow::Owned(escaped.collect())
        }
    }
}

pub(super) fn is_scalar(node: Node<'_>) -> bool {
    !node.is_list() && !node.is_map()
}

/// Whether Python takes a value for false.
pub(super) fn is_falsy(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Bool(yes) => !yes,
        Kind::Number(number) => number.as_f64() == Some(0.0),
        Kind::String(text) => text.is_empty(),
        _ => node.is_empty(),
    }
}

/// A value as it is written in a program.
fn literal(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Bool(true) => "True".into(),
        Kind::Bool(false) => "False".into(),
        Kind::Number(n) => number(&n),
        Kind::String(text) => quoted(text),
        Kind::List(items) => {
            let items: Vec<String> = items.map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(members) => {
            let entry = |(name, node)| format!("{}: {}", quoted(name), literal(node));
            let entries: Vec<String> = members.map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        _ => "None".into(),
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '\\' => out += "\\\\",
            c if c == quote => out.extend(['\\', c]),
            c if is_unprintable(c) || (c.is_whitespace() && c != ' ') => {
                // cannot fail
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A number: floats keep a fraction, and have an exponent below 1e-4 and from 1e16.
pub(super) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => self::float(float),
        _ => number.to_string(),
    }
}

pub(crate) fn float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific; // not a number
    };
    match exponent.parse() {
        Ok(-4..=15) => format!("{float:?}"),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", i32::abs(exponent))
        }
        Err(_) => scientific,
    }
}

/// A value that cannot be printed as a table.
#[derive(Debug, thiserror::Error)]
#[error("--output table: {0}; use --output json, or select less with --query")]
pub(super) struct NotTabular(pub(super) String);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tucuxi::Tree;

    fn text(value: &Value, escape: bool) -> String {
        super::text(Tree::from(value).root(), escape).into_owned()
    }

    #[test]
    fn values_are_spelled_as_in_python() {
        let cases = [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!(1), "1"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(1.0), "1.0"),
            (json!(-0.0), "-0.0"),
            (json!(1e15), "1000000000000000.0"),
            (json!(1e16), "1e+16"),
            (json!(1.25e22), "1.25e+22"),
            (json!(1e100), "1e+100"),
            (json!(0.0001), "0.0001"),
            (json!(0.00001), "1e-05"),
            (json!(1.5e-7), "1.5e-07"),
            (json!(5e-324), "5e-324"),
            (json!(0.1), "0.1"),
            (json!("it's"), "it's"),
            (
                json!([1.0, "it's", {"a\n": null}]),
                "[1.0, \"it's\", {'a\\n': None}]",
            ),
            (
                json!(["a'b\"c\\", "\u{1b}\u{9b}\u{200b}\u{e0041}é"]),
                "['a\\'b\"c\\\\', '\\x1b\\x9b\\u200b\\U000e0041é']",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value, false), expected, "{value}");
        }
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert_eq!(text(&json!("a\u{1b}[2J\n\tb"), true), "a\\u{1b}[2J\n\tb");
        assert_eq!(text(&json!("a\u{1b}[2J"), false), "a\u{1b}[2J");
    }
}
