//! Checks texts against the patterns of their shapes, which calls leave to the service.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use super::pattern;
use crate::error::Result;
use crate::model::{Kind, Operation, ServiceModel, ShapeId};
use crate::sync;

/// The longest text that is checked.
const MAX_LENGTH: usize = 64 * 1024;
/// The size of a pattern in memory beyond which it counts as not supported.
const MAX_SIZE: usize = 1024 * 1024;
/// The deepest nesting that is checked; no model is as deep.
const MAX_DEPTH: usize = 128;

/// Patterns by service and shape, compiled when they are first used. `None` is no pattern, or one without an example, such as one
/// that looks ahead: any text fits it.
#[derive(Default)]
pub(super) struct Patterns(Mutex<Known>);

type Known = HashMap<(String, ShapeId), Option<Arc<Regex>>>;

impl Patterns {
    /// Describes the texts in parameters that do not match the patterns of their shapes.
    pub(super) fn check(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Value,
    ) -> Result<Vec<String>> {
        let mut check = Check {
            patterns: self,
            model,
            path: String::new(),
            depth: 0,
            problems: Vec::new(),
        };
        if let Some(input) = operation.input {
            check.value(input, params)?;
        }
        Ok(check.problems)
    }

    fn of(&self, model: &ServiceModel, id: ShapeId) -> Option<Arc<Regex>> {
        let mut known = sync::lock(&self.0);
        let compile = || {
            let pattern = model.shape_notes(id).pattern?;
            // a service compares the whole text
            let mut whole = RegexBuilder::new(&format!("^(?:{pattern})$"));
            let whole = whole.size_limit(MAX_SIZE).build().ok()?;
            // some patterns fit no text at all, as they begin in their middle
            let example = pattern::text(&pattern, 0, usize::MAX, |text| whole.is_match(text))?;
            whole.is_match(&example).then(|| Arc::new(whole))
        };
        let key = (model.name().to_owned(), id);
        known.entry(key).or_insert_with(compile).clone()
    }
}

struct Check<'a> {
    patterns: &'a Patterns,
    model: &'a ServiceModel,
    path: String,
    depth: usize,
    problems: Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, id: ShapeId, value: &Value) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Ok(());
        }
        self.depth += 1;
        let result = self.parts(id, value);
        self.depth -= 1;
        result
    }

    fn parts(&mut self, id: ShapeId, value: &Value) -> Result<()> {
        let model = self.model;
        match (&model.shape(id)?.kind, value) {
            (Kind::String, Value::String(text)) => self.text(id, text),
            (Kind::Structure(members) | Kind::Union(members), Value::Object(given)) => {
                for (name, value) in given {
                    if let Some(member) = members.get(name) {
                        let separator = if self.path.is_empty() { "" } else { "." };
                        self.below(&format!("{separator}{name}"), member.target, value)?;
                    }
                }
            }
            (Kind::List(of), Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    self.below(&format!("[{n}]"), of.target, item)?;
                }
            }
            (Kind::Map { key, value: of }, Value::Object(entries)) => {
                for (name, value) in entries {
                    let step = format!(".{name}");
                    self.below(&step, key.target, &name.as_str().into())?;
                    self.below(&step, of.target, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn below(&mut self, step: &str, id: ShapeId, value: &Value) -> Result<()> {
        let length = self.path.len();
        self.path.push_str(step);
        let result = self.value(id, value);
        self.path.truncate(length);
        result
    }

    fn text(&mut self, id: ShapeId, text: &str) {
        if text.len() > MAX_LENGTH {
            return;
        }
        let Some(pattern) = self.patterns.of(self.model, id) else {
            return;
        };
        if !pattern.is_match(text) {
            let shown: String = text.chars().take(100).collect();
            let (path, pattern) = (&self.path, pattern.as_str());
            self.problems
                .push(format!("{path}: {shown:?} does not match {pattern}"));
        }
    }
}
