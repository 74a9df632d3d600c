//! The options and positionals of a line, with their values checked.

use std::str::FromStr;

use serde_json::{Map, Value};
use tucuxi::config::Environment;
use tucuxi::transfer::Filter;

use super::{Command, NAME};
use crate::aws::flag::Flag;
use crate::aws::grammar::{self, Takes};
use crate::aws::shorthand::{self, Short};
use crate::aws::{check_choice, file};
use crate::failure::Failure;

/// What a line has.
pub(super) struct Given {
    pub(super) command: &'static Command,
    pub(super) paths: Vec<String>,
    /// In the order of the line.
    options: Vec<(&'static Flag, Vec<Short>)>,
}

impl Given {
    /// Reads the arguments of a command.
    ///
    /// # Errors
    ///
    /// Returns an error if one of them is invalid or missing.
    pub(super) fn read(
        command: &'static Command,
        args: Vec<String>,
        env: &Environment,
    ) -> Result<Self, Failure> {
        let rows = command.options();
        let (required, possible) = command.places;
        let parsed = grammar::parse(args, &rows, possible).map_err(Failure::Usage)?;
        if let Some(unknown) = parsed.rest.first() {
            return Err(Failure::Usage(format!("unknown argument {unknown:?}")));
        }
        if parsed.positionals.len() < required {
            return Err(Failure::Usage(format!(
                "{NAME} {} needs {}",
                command.name, command.usage
            )));
        }
        let mut options = Vec::new();
        for (index, texts) in parsed.options {
            let row = rows[index];
            options.push((row, values(row, texts, env)?));
        }
        let given = Self {
            command,
            paths: parsed.positionals,
            options,
        };
        given.map("metadata")?;
        Ok(given)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(row, _)| row.name == name)
    }

    /// Which of these switches is the last one.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&'static str> {
        let given = self.options.iter().rev().map(|(row, _)| row.name);
        given.into_iter().find(|name| names.contains(name))
    }

    /// All values of an option, those of its repetitions included.
    fn all(&self, name: &str) -> impl Iterator<Item = &Short> {
        let given = self.options.iter().filter(move |(row, _)| row.name == name);
        given.flat_map(|(_, values)| values)
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.all(name).filter_map(text).collect()
    }

    /// The last value of an option. An empty one counts as none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let last = self.all(name).filter_map(text).last();
        last.filter(|text| !text.is_empty())
    }

    /// The last value of an option, as bytes.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.all(name).last()? {
            Short::Bytes(bytes) => Some(bytes),
            Short::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// The value of an option that is a number from 0.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not one. The code of `aws` is that of other errors.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        self.parsed(name, "a whole number from 0")
    }

    /// The value of an option that is a number, which may be negative.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not one.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i128>, Failure> {
        self.parsed(name, "a whole number")
    }

    fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let parsed = text.trim().parse().map(Some);
        parsed.map_err(|_| Failure::Other(format!("--{name}: {text:?} must be {expected}").into()))
    }

    /// The pairs of an option whose value is a map.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be read.
    pub(super) fn map(&self, name: &str) -> Result<Option<Value>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let pairs = pairs(text).map_err(|what| Failure::Usage(format!("--{name}: {what}")))?;
        Ok(Some(pairs.into()))
    }

    /// The rules of `--exclude` and `--include`. Each applies below all of these places.
    pub(super) fn filter(&self, roots: &[String]) -> Filter {
        let mut filter = Filter::new();
        for (row, values) in &self.options {
            let is_rule = ["exclude", "include"].contains(&row.name);
            for pattern in values.iter().filter_map(text).filter(|_| is_rule) {
                for root in roots {
                    let pattern = below(root, pattern);
                    filter = match row.name {
                        "exclude" => filter.exclude(&pattern),
                        _ => filter.include(&pattern),
                    };
                }
            }
        }
        filter
    }
}

fn text(value: &Short) -> Option<&str> {
    match value {
        Short::Text(text) => Some(text),
        _ => None,
    }
}

/// A pattern below a place, unless the pattern begins at the root.
fn below(root: &str, pattern: &str) -> String {
    if pattern.starts_with('/') {
        return pattern.to_owned();
    }
    let root = Filter::escape(root.strip_suffix('/').unwrap_or(root));
    format!("{root}/{pattern}")
}

fn values(row: &Flag, texts: Vec<String>, env: &Environment) -> Result<Vec<Short>, Failure> {
    if row.takes == Takes::Optional && texts.is_empty() {
        let default = row.choices.first().copied().unwrap_or_default();
        return Ok(vec![Short::Text(default.to_owned())]);
    }
    for text in &texts {
        check_choice(row.name, text, row.choices)?;
    }
    let value = |text: String| match row.is_literal {
        true => Ok(Short::Text(text)),
        false => {
            let read = file::read(&text, env);
            let read = read.map_err(|what| Failure::Usage(format!("--{}: {what}", row.name)))?;
            Ok(read.unwrap_or(Short::Text(text)))
        }
    };
    texts.into_iter().map(value).collect()
}

fn pairs(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim_start().starts_with('{') {
        let map: Map<String, Value> =
            serde_json::from_str(text).map_err(|e| format!("invalid JSON: {e}"))?;
        let wrong = map.iter().find(|(_, value)| !value.is_string());
        return match wrong {
            Some((name, _)) => Err(format!("the value of {name} must be text")),
            None => Ok(map),
        };
    }
    let Short::Map(pairs) = shorthand::parse(text, &|_| Ok(None))? else {
        return Err("pairs are expected, such as NAME=VALUE,NAME=VALUE".to_owned());
    };
    let pair = |(name, value)| match value {
        Short::Text(value) => Ok((name, Value::from(value))),
        _ => Err(format!("the value of {name} must be text")),
    };
    pairs.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_apply_below_their_root() {
        for (root, pattern, expected) in [
            ("/w", "*.txt", "/w/*.txt"),
            ("bkt/d/", "e/*", "bkt/d/e/*"),
            ("bkt/d//", "e/*", "bkt/d//e/*"),
            ("/", "e/*", "/e/*"),
            ("/w[1]", "*", "/w[[]1]/*"),
            ("/w", "/w/d/*", "/w/d/*"),
        ] {
            assert_eq!(below(root, pattern), expected);
        }
    }

    #[test]
    fn pairs_are_shorthand_or_json() {
        for (text, expected) in [
            ("a=b", Some(r#"{"a":"b"}"#)),
            ("a=b,c='d, e'", Some(r#"{"a":"b","c":"d, e"}"#)),
            (r#"{"a": "b"}"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a": 1}"#, None),
            ("a=b,c", None),
            ("a", None),
            ("{a", None),
        ] {
            let pairs = pairs(text).ok().map(|pairs| Value::from(pairs).to_string());
            assert_eq!(pairs.as_deref(), expected, "{text}");
        }
    }
}
