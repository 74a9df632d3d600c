//! The outline of a rule set: where its rules are in its text, so that each can be read when it is first evaluated.
//!
//! ```text
//! {"parameters":{"Region":{…}},"rules":[{"conditions":[…],"endpoint":{…},"type":"endpoint"}]}
//!
//! 14 23 1             the start and the length of the parameters, and the number of rules in `rules`
//! +Region -unused     the names of variables; `-` if no expression reads it
//! 10 5 e 12 9         a rule: its conditions and its endpoint
//! ```
//! There is a line for each rule, in the order in which the parser keeps them: those of a list follow each other, after those of the
//! lists within. `e` is an endpoint, `x` an error, each with its place; `t` a tree, with the first of its rules and their number. A
//! place is the distance from the end of the one before, and a length; that of absent conditions is `0 0`.

use std::ops::Range;
use std::sync::Mutex;

use serde_json::Deserializer;
#[cfg(feature = "cli")]
use serde_json::value::RawValue;

use super::json::{Context, Read};
use super::{Parameters, Ruleset};
use crate::endpoint::ParameterDefinition;
use crate::endpoint::error::EndpointError;
use crate::endpoint::rule::{Condition, Rule, RuleBody, Siblings};
use crate::endpoint::ruleset::Rules;
use crate::endpoint::tree::Tree;
use crate::{outline, sync};

/// The places of all rules.
struct Outline {
    rules: Box<[Places]>,
    roots: Siblings,
    /// The number of variables.
    names: usize,
}

struct Places {
    conditions: Range<usize>,
    body: Body,
}

enum Body {
    Endpoint(Range<usize>),
    Error(Range<usize>),
    Tree(Siblings),
}

impl Ruleset {
    /// Reads a rule set with its outline, if there is one. Without one that fits, all its rules are parsed.
    ///
    /// # Errors
    ///
    /// As [`Ruleset::parse`].
    pub(crate) fn read(text: String, outline: Option<&str>) -> Result<Self, EndpointError> {
        let text = match outline {
            Some(outline) => match Self::outlined(text.into(), outline) {
                Ok(rules) => return Ok(rules),
                Err(text) => text,
            },
            None => text.into(),
        };
        Self::parse(&text)
    }

    /// Reads the parameters. If the outline is not that of this text, the text is returned.
    fn outlined(text: Box<str>, outline: &str) -> Result<Self, Box<str>> {
        let Some((parameters, cx, outline)) = Outline::parse(&text, outline) else {
            return Err(text);
        };
        let (names, len, roots) = (
            cx.symbols.names(),
            outline.rules.len(),
            outline.roots.clone(),
        );
        let cx = Mutex::new(cx);
        let read = move |index| outline.read(index, &text, &mut sync::lock(&cx));
        Ok(Self {
            parameters,
            names,
            rules: Rules::Tree(Tree::unread(len, roots, read)),
        })
    }
}

impl Outline {
    fn parse(text: &str, outline: &str) -> Option<(Box<[ParameterDefinition]>, Context, Self)> {
        let mut lines = outline.lines();
        let mut cursor = Cursor { text, at: 0 };
        let mut head = outline::words(lines.next()?);
        let place = cursor.place(&mut head, "{")?;
        let roots = outline::number(head.next()?)?;
        let mut cx = Context::default();
        for name in lines.next()?.split(' ').filter(|name| !name.is_empty()) {
            match name.split_at_checked(1)? {
                ("+", name) => cx.symbols.reference(name),
                ("-", name) => cx.symbols.variable(name),
                _ => return None,
            };
        }
        let names = cx.symbols.len();
        let rules: Option<Box<[Places]>> = lines.map(|line| cursor.rule(line)).collect();
        let rules = rules?;
        let Parameters(mut parameters) = read(text.get(place)?, &mut cx).ok()?;
        for definition in &mut parameters {
            definition.referenced = cx.symbols.is_read(definition.variable);
        }
        let outline = Self {
            roots: rules.len().checked_sub(roots)?..rules.len(),
            rules,
            names,
        };
        let is_whole = outline.rules.iter().enumerate().all(|(at, rule)| {
            // rules precede the tree that contains them, so no tree contains itself
            !matches!(&rule.body, Body::Tree(rules) if rules.end > at)
        });
        (is_whole && cx.symbols.len() == names).then_some((parameters, cx, outline))
    }

    /// Reads a rule of the text.
    fn read(&self, index: usize, text: &str, cx: &mut Context) -> Result<Rule, String> {
        let places = self.rules.get(index).ok_or("the rule has no place")?;
        let part = |place: &Range<usize>| text.get(place.clone()).unwrap_or_default();
        let mut read_rule = || -> serde_json::Result<Rule> {
            let conditions: Box<[Condition]> = match places.conditions.is_empty() {
                true => Box::default(),
                false => read(part(&places.conditions), cx)?,
            };
            let body = match &places.body {
                Body::Endpoint(place) => RuleBody::Endpoint(Box::new(read(part(place), cx)?)),
                Body::Error(place) => RuleBody::Error(read(part(place), cx)?),
                Body::Tree(rules) => RuleBody::Tree(rules.clone()),
            };
            Ok(Rule { conditions, body })
        };
        let rule = read_rule().map_err(|e| e.to_string())?;
        match cx.symbols.len() == self.names {
            true => Ok(rule),
            false => Err("a variable of the rule is not in the outline".into()),
        }
    }
}

fn read<'t, T: Read<'t>>(part: &'t str, cx: &mut Context) -> serde_json::Result<T> {
    let mut json = Deserializer::from_str(part);
    let read = T::read(&mut json, cx)?;
    json.end().map(|()| read)
}

/// The end of the last place.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    /// The place in these two numbers, if it begins with this character.
    fn place<'l>(
        &mut self,
        numbers: &mut impl Iterator<Item = &'l [u8]>,
        first: &str,
    ) -> Option<Range<usize>> {
        let start = self
            .at
            .checked_add_signed(outline::signed(numbers.next()?)?)?;
        self.at = start.checked_add(outline::number(numbers.next()?)?)?;
        let part = self.text.get(start..self.at)?;
        (part.is_empty() || part.starts_with(first)).then_some(start..self.at)
    }

    fn rule(&mut self, line: &str) -> Option<Places> {
        let mut words = outline::words(line);
        let conditions = self.place(&mut words, "[")?;
        let body = match words.next()? {
            b"e" => Body::Endpoint(self.place(&mut words, "{")?),
            b"x" => Body::Error(self.place(&mut words, "")?),
            b"t" => {
                let first = outline::number(words.next()?)?;
                let count = outline::number(words.next()?)?;
                Body::Tree(first..first.checked_add(count)?)
            }
            _ => return None,
        };
        Some(Places { conditions, body })
    }
}

/// Returns the outline of a rule set, if it is a tree.
#[cfg(feature = "cli")]
pub(crate) fn outline(text: &str) -> Option<String> {
    let (raw, parsed): (Raw<'_>, _) =
        (serde_json::from_str(text).ok()?, Ruleset::parse(text).ok()?);
    let mut cx = Context::default();
    let _: super::RulesetDraft = super::object(&mut Deserializer::from_str(text), &mut cx).ok()?;
    let names = parsed.names.iter().enumerate();
    let names = names.map(|(variable, name)| match cx.symbols.is_read(variable) {
        true => format!("+{name}"),
        false => format!("-{name}"),
    });
    let names: Vec<String> = names.collect();
    let mut writer = Writer {
        text,
        at: 0,
        lines: Vec::new(),
    };
    let parameters = writer.place(Some(raw.parameters));
    let head = format!("{parameters} {}\n{}\n", raw.rules.len(), names.join(" "));
    writer.siblings(&raw.rules);
    let out = head + &writer.lines.join("\n");
    let read = Ruleset::outlined(text.into(), &out).ok()?;
    (format!("{read:?}") == format!("{parsed:?}")).then_some(out)
}

/// A rule set, and the texts of its parts.
#[cfg(feature = "cli")]
#[derive(serde::Deserialize)]
struct Raw<'t> {
    #[serde(borrow)]
    parameters: &'t RawValue,
    #[serde(borrow)]
    rules: Vec<RawRule<'t>>,
}

#[cfg(feature = "cli")]
#[derive(serde::Deserialize)]
struct RawRule<'t> {
    #[serde(borrow)]
    conditions: Option<&'t RawValue>,
    #[serde(borrow)]
    endpoint: Option<&'t RawValue>,
    #[serde(borrow)]
    error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    rules: Vec<Self>,
}

/// Writes the lines of rules.
#[cfg(feature = "cli")]
struct Writer<'t> {
    text: &'t str,
    at: usize,
    lines: Vec<String>,
}

#[cfg(feature = "cli")]
impl Writer<'_> {
    /// Returns the number of the first line.
    fn siblings(&mut self, rules: &[RawRule<'_>]) -> usize {
        let within: Vec<usize> = rules
            .iter()
            .map(|rule| self.siblings(&rule.rules))
            .collect();
        let start = self.lines.len();
        for (rule, first) in rules.iter().zip(within) {
            let conditions = self.place(rule.conditions);
            let body = match (rule.endpoint, rule.error) {
                (Some(_), _) => format!("e {}", self.place(rule.endpoint)),
                (_, Some(_)) => format!("x {}", self.place(rule.error)),
                _ => format!("t {first} {}", rule.rules.len()),
            };
            self.lines.push(format!("{conditions} {body}"));
        }
        start
    }

    fn place(&mut self, part: Option<&RawValue>) -> String {
        let Some(part) = part.map(RawValue::get) else {
            return "0 0".into();
        };
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let distance = start as isize - self.at as isize;
        self.at = start + part.len();
        format!("{distance} {}", part.len())
    }
}

#[cfg(all(test, feature = "embedded", feature = "cli"))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::endpoint::{EndpointParams, EndpointResolver, Partitions};

    const TEXT: &str = r#"{"version":"1.0","parameters":{"A":{"type":"string"},"B":{"type":"string"}},"rules":[
        {"type":"tree","rules":[{"error":"{A} {b#name} ö","type":"error"},{"conditions":[],"endpoint":{"url":"x"},"type":"endpoint"}],
         "conditions":[{"assign":"b","argv":[{"ref":"A"}],"fn":"aws.partition"}]},
        {"conditions":[{"fn":"isSet","argv":[{"ref":"A"}]}],"rules":[{"rules":[],"type":"tree"}],"type":"tree"}]}"#;

    #[test]
    fn a_rule_set_is_the_same_with_and_without_its_outline() {
        let outline = outline(TEXT).unwrap();
        let first = TEXT.find(r#"{"A""#).unwrap();
        let len = TEXT.find(r#","rules""#).unwrap() - first;
        assert!(outline.starts_with(&format!("{first} {len} 2\n+A -B +b\n")));
        let lines: Vec<&str> = outline.lines().skip(2).collect();
        assert_eq!((lines.len(), &lines[0][..5]), (5, "0 0 x"));
        let ends = [3, 4].map(|n: usize| lines[n].rsplit_once("t ").unwrap().1);
        assert_eq!(ends, ["0 2", "2 1"]);
    }

    #[test]
    fn each_large_rule_set_of_the_pack_has_its_outline() {
        use crate::model::{ENDPOINT_RULES, Embedded, ModelSource as _};
        for service in Embedded.services().unwrap() {
            for version in Embedded.versions(&service, ENDPOINT_RULES).unwrap() {
                let path = format!("{service}/{version}/{ENDPOINT_RULES}");
                let text = Embedded.load(&path).unwrap().unwrap();
                let packed = Embedded.load(&format!("{path}.outline")).unwrap();
                assert_eq!(packed.is_some(), text.len() >= 4096, "{path}");
                // those that have none in the pack could have one
                let outline = packed.or_else(|| outline(&text)).expect(&path);
                let read = Ruleset::outlined((*text).into(), &outline).expect(&path);
                let parsed = Ruleset::parse(&text).unwrap();
                assert_eq!(format!("{read:?}"), format!("{parsed:?}"), "{path}");
            }
        }
    }

    #[test]
    fn another_outline_fits_nothing() {
        let written = outline(TEXT).unwrap();
        // whatever the outline says, nothing but an error comes of it
        let partitions = r#"{"partitions": [{"id": "aws", "regionRegex": "^x$", "regions": {}, "outputs":
            {"dnsSuffix": "a", "dualStackDnsSuffix": "b", "supportsFIPS": true, "supportsDualStack": true}}]}"#;
        let partitions = Arc::new(Partitions::parse(partitions).unwrap());
        let use_it = |text: &str, outline: &str| {
            if let Ok(rules) = Ruleset::outlined(text.into(), outline) {
                let _ = format!("{rules:?}");
                let resolver = EndpointResolver::new(rules, partitions.clone());
                let _ = resolver.resolve(&EndpointParams::new().with("A", "a"));
            }
        };
        for end in 0..written.len() {
            use_it(TEXT, &written[..end]);
            for other in ["0", "9", "-", " ", "\n", "18446744073709551615", "t", "x"] {
                use_it(
                    TEXT,
                    &format!("{}{other}{}", &written[..end], &written[end + 1..]),
                );
            }
            use_it(&TEXT[1..], &written);
        }
        assert_eq!(outline("{}"), None);
    }
}
