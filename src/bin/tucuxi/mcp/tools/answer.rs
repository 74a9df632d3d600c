//! Results of calls: without secrets, selected and cut.

use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::internals::command::remove_secrets;

use super::request::{Call, compile};
use crate::mcp::Session;
use crate::mcp::mistake::Mistake;
use crate::mcp::part::{self, Start};
use crate::mcp::rests::Continuation;

/// The length of the paths of secrets in a result. They come beside what `--max-result` limits.
const PATHS: usize = 4 << 10;

/// The result of the tool.
pub(super) struct Answer<'s> {
    session: &'s Session,
    call: Arc<Call>,
    removed: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A result that is selected, and not cut yet.
pub(super) struct Selected<'s> {
    answer: Answer<'s>,
    value: Value,
}

impl<'s> Answer<'s> {
    pub(super) fn new(session: &'s Session, call: Arc<Call>) -> Self {
        Self {
            session,
            call,
            removed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Removes the secrets of a result, before anything is selected from it.
    pub(super) fn without_secrets(&mut self, mut value: Value) -> Value {
        let call = &self.call;
        let keeps = self
            .session
            .access
            .shows_sensitive(&call.service, &call.operation);
        let model = self.session.client.model(&call.service);
        let model = model.as_deref().ok();
        let operation = model.and_then(|model| model.operation(&call.operation).ok());
        let removed = remove_secrets(
            model.zip(operation.map(|found| &**found)),
            &mut value,
            keeps,
        );
        self.removed.extend(removed);
        value
    }

    /// Applies the query.
    pub(super) fn select(self, value: &Value) -> Result<Selected<'s>, Mistake> {
        let value = match &self.call.query {
            None => value.clone(),
            Some(query) => {
                let found = compile(query)?
                    .search(value)
                    .map(|found| found.into_owned());
                found.map_err(|error| Mistake::new(format!("query: {error}")))?
            }
        };
        Ok(Selected {
            answer: self,
            value,
        })
    }

    /// What was selected before.
    pub(super) fn selected(self, value: Value) -> Selected<'s> {
        Selected {
            answer: self,
            value,
        }
    }
}

impl Selected<'_> {
    /// Cuts the result, and keeps what follows.
    pub(super) fn finish(self, start: &Start, next: Option<Value>) -> Result<Value, Mistake> {
        let Self { answer, value } = self;
        let (part, rest) = part::cut(value, answer.session.max_result, start);
        let mut content = json!({"result": part});
        let start = start.text();
        if !start.is_empty() {
            content["starts_at"] = start.into();
        }
        if rest.is_some() || next.is_some() {
            let continuation = Continuation {
                call: answer.call,
                rest,
                next,
            };
            content["resume_token"] = answer.session.rests.keep(continuation).into();
        }
        if !answer.notes.is_empty() {
            content["note"] = answer.notes.join("; ").into();
        }
        if !answer.removed.is_empty() {
            content["removed_secrets"] = named(answer.removed).into();
        }
        Ok(content)
    }
}

/// The paths that are named, and the number of the others.
fn named(mut paths: Vec<String>) -> Vec<String> {
    let lengths = paths.iter().scan(0, |sum, path| {
        *sum += path.len();
        Some(*sum)
    });
    let count = lengths.take_while(|sum| *sum <= PATHS).count();
    let others = paths.len() - count;
    if others > 0 {
        paths.truncate(count);
        paths.push(format!("and {others} others"));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_beyond_their_length_are_counted() {
        let path = |length: usize| "p".repeat(length);
        let others = |number: usize| format!("and {number} others");
        for (given, expected) in [
            (vec![], vec![]),
            (vec![path(3), path(4)], vec![path(3), path(4)]),
            (vec![path(PATHS)], vec![path(PATHS)]),
            (vec![path(PATHS + 1)], vec![others(1)]),
            (
                vec![path(PATHS - 1), path(2), path(1)],
                vec![path(PATHS - 1), others(2)],
            ),
        ] {
            assert_eq!(named(given), expected);
        }
    }
}
