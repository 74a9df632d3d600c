//! The reader.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::{Dialect, Yaml, plain};

/// The values that a document may have once its aliases are replaced.
const MOST_VALUES: usize = 1_000_000;

/// Parses a document. One without content is null.
///
/// # Errors
///
/// Returns a message if the text is no YAML, has several documents or an unknown tag.
pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Yaml, String> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        dialect,
        anchors: HashMap::new(),
        values: 0,
    };
    reader.document()
}

struct Reader<'t> {
    events: Parser<'t, granit_parser::StrInput<'t>>,
    dialect: Dialect,
    anchors: HashMap<usize, Yaml>,
    values: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        match self.events.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(format!("invalid YAML: {error}")),
            None => Ok(Event::StreamEnd),
        }
    }

    fn document(&mut self) -> Result<Yaml, String> {
        let mut document = None;
        loop {
            match self.next()? {
                Event::StreamEnd => return Ok(document.unwrap_or(Yaml::Null)),
                Event::DocumentStart(..) if document.is_some() => {
                    return Err("there is more than one document".into());
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => document = Some(self.value(event)?),
            }
        }
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        match self.values > MOST_VALUES {
            true => Err(format!("there are more than {MOST_VALUES} values")),
            false => Ok(()),
        }
    }

    fn value(&mut self, event: Event<'t>) -> Result<Yaml, String> {
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(id) => {
                let value = self.anchors.get(&id).cloned();
                let value = value.ok_or("an alias is inside of what it stands for")?;
                self.count(size(&value))?;
                return Ok(value);
            }
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(&text, style, tag.as_deref())?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => items.push(self.value(event)?),
                    }
                }
                (self.tagged(Yaml::List(items), tag.as_deref())?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let entries = self.entries()?;
                (self.tagged(Yaml::Map(entries), tag.as_deref())?, anchor)
            }
            other => return Err(format!("invalid YAML: unexpected {other:?}")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn entries(&mut self) -> Result<Vec<(Yaml, Yaml)>, String> {
        let mut own: Vec<(Yaml, Yaml)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let event = self.next()?;
            if let Event::MappingEnd = event {
                break;
            }
            let is_merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.value(event)?;
            let event = self.next()?;
            let value = self.value(event)?;
            match (is_merge, value) {
                (false, value) => put(&mut own, key, value),
                (true, Yaml::Map(entries)) => merged.push(entries),
                (true, Yaml::List(maps)) => {
                    for map in maps {
                        match map {
                            Yaml::Map(entries) => merged.push(entries),
                            _ => return Err("<< must be a map or a list of maps".into()),
                        }
                    }
                }
                (true, _) => return Err("<< must be a map or a list of maps".into()),
            }
        }
        if merged.is_empty() {
            return Ok(own);
        }
        // merged entries come first, and own ones replace them
        let mut entries = Vec::new();
        for (key, value) in merged.into_iter().rev().flatten().chain(own) {
            put(&mut entries, key, value);
        }
        Ok(entries)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Yaml, String> {
        let Some(tag) = tag else {
            return Ok(match style {
                ScalarStyle::Plain => plain::value(text, self.dialect),
                _ => Yaml::text(text),
            });
        };
        if let Some(name) = self.function(tag) {
            let value = match (name, text.split_once('.')) {
                ("GetAtt", Some((resource, attribute))) => {
                    Yaml::List(vec![Yaml::text(resource), Yaml::text(attribute)])
                }
                ("GetAtt", None) => Yaml::List(vec![Yaml::text(text)]),
                _ => Yaml::text(text),
            };
            return Ok(call(name, value));
        }
        let wrong = || format!("{text:?} is no {}", tag.original());
        match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
            Some("str") => Ok(Yaml::text(text)),
            Some("null") => Ok(Yaml::Null),
            Some("bool") => Ok(Yaml::Bool(plain::is_true(text))),
            Some("int") => match plain::integer(text) {
                Some(digits) => Ok(Yaml::Int(digits)),
                None => Err(wrong()),
            },
            Some("float") => match plain::float(text) {
                Some(_) => Ok(Yaml::Float(text.into())),
                None => Err(wrong()),
            },
            Some("timestamp") => Ok(Yaml::Timestamp(text.into())),
            Some("binary") => {
                let text: String = text.split_whitespace().collect();
                match BASE64_STANDARD.decode(&text) {
                    Ok(_) => Ok(Yaml::Binary(text)),
                    Err(_) => Err(wrong()),
                }
            }
            // `!` alone says that a scalar is a text
            _ if tag.original() == "!" => Ok(Yaml::text(text)),
            _ => Err(format!("unknown tag {}", tag.original())),
        }
    }

    fn tagged(&self, value: Yaml, tag: Option<&Tag>) -> Result<Yaml, String> {
        let Some(tag) = tag else {
            return Ok(value);
        };
        if let Some(name) = self.function(tag) {
            return Ok(call(name, value));
        }
        match (
            tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref(),
            value,
        ) {
            (Some("set"), Yaml::Map(entries)) => {
                Ok(Yaml::Set(entries.into_iter().map(|(key, _)| key).collect()))
            }
            (Some("map" | "omap" | "seq"), value) => Ok(value),
            _ => Err(format!("unknown tag {}", tag.original())),
        }
    }

    /// The name of a function of CloudFormation that a tag stands for.
    fn function<'g>(&self, tag: &'g Tag) -> Option<&'g str> {
        let is_local = tag.original_handle() == "!" && !tag.suffix().is_empty();
        (is_local && self.dialect == Dialect::CloudFormation).then(|| tag.suffix())
    }
}

fn call(name: &str, value: Yaml) -> Yaml {
    let key = match name {
        "Condition" | "Ref" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Yaml::Map(vec![(Yaml::Text(key), value)])
}

/// Adds an entry, or replaces the value of the same key.
fn put(entries: &mut Vec<(Yaml, Yaml)>, key: Yaml, value: Yaml) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

fn size(value: &Yaml) -> usize {
    1 + match value {
        Yaml::List(items) | Yaml::Set(items) => items.iter().map(size).sum(),
        Yaml::Map(entries) => {
            let sizes = entries.iter();
            sizes.map(|(key, value)| size(key) + size(value)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_of_templates_are_maps() {
        let template = "
A: !Ref B
C: !GetAtt D.E.F
G: !Sub
  - '${x}'
  - x: !If [c, 1, 2]
H: !Condition I
J: !Base64 '123'
K: !Join [',', [a, !Ref b]]
";
        let expected = json!({
            "A": {"Ref": "B"},
            "C": {"Fn::GetAtt": ["D", "E.F"]},
            "G": {"Fn::Sub": ["${x}", {"x": {"Fn::If": ["c", 1, 2]}}]},
            "H": {"Condition": "I"},
            "J": {"Fn::Base64": "123"},
            "K": {"Fn::Join": [",", ["a", {"Ref": "b"}]]},
        });
        let parsed = parse(template, Dialect::CloudFormation).unwrap();
        assert_eq!(parsed.to_json(), expected);
        assert_eq!(
            parse("a: !Ref b", Dialect::Plain).unwrap_err(),
            "unknown tag !Ref"
        );
    }

    #[test]
    fn anchors_merges_and_tags_are_resolved() {
        let text = "
base: &base {a: 1, b: 2}
own: {<<: *base, b: 3, c: !!str 4}
list: [*base, !!binary aGk=]
? [1]
: x
";
        let expected = json!({
            "base": {"a": 1, "b": 2},
            "own": {"a": 1, "b": 3, "c": "4"},
            "list": [{"a": 1, "b": 2}, "aGk="],
            "[1]": "x",
        });
        assert_eq!(parse(text, Dialect::Plain).unwrap().to_json(), expected);
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        let bomb: String = (0..30)
            .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9)))
            .skip(1)
            .collect();
        let bomb = format!("a0: &a0 x\n{bomb}");
        let deep = "[".repeat(100_000);
        for text in [
            "a: [",
            "a: b: c",
            "--- a\n--- b",
            "a: *b",
            "<<: 1",
            "!!int x",
            &bomb,
            &deep,
        ] {
            let short: String = text.chars().take(20).collect();
            assert!(parse(text, Dialect::Plain).is_err(), "{short}");
        }
        assert_eq!(parse("# nothing", Dialect::Plain), Ok(Yaml::Null));
    }
}
