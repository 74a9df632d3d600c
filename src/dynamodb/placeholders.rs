//! Placeholders of expressions.

use serde_json::{Map, Value};

use super::error::DynamoDbError;
use crate::error::Result;

pub(super) const NAMES: &str = "ExpressionAttributeNames";
pub(super) const VALUES: &str = "ExpressionAttributeValues";

/// The placeholders of a request, with their names and values.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    pub(super) names: Map<String, Value>,
    pub(super) values: Map<String, Value>,
    next_name: usize,
    next_value: usize,
    /// The program's own placeholders.
    taken: Vec<String>,
}

impl Placeholders {
    /// Placeholders that differ from those of the parameters.
    pub(super) fn unlike(params: &Map<String, Value>) -> Self {
        let taken = [NAMES, VALUES]
            .into_iter()
            .filter_map(|name| params.get(name)?.as_object());
        Self {
            taken: taken.flat_map(|map| map.keys().cloned()).collect(),
            ..Self::default()
        }
    }

    /// Adds a value and returns its placeholder.
    pub(super) fn value(&mut self, value: Value) -> String {
        let name = next(":v", &mut self.next_value, &self.taken);
        self.values.insert(name.clone(), value);
        name
    }

    /// Replaces each name in a path by a placeholder. Indexes stay.
    pub(super) fn path(&mut self, path: &str) -> Result<String> {
        let mut out = String::new();
        for part in path.split('.') {
            let (name, indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
            if name.is_empty() || !are_indexes(indexes) {
                return Err(DynamoDbError::InvalidPath(path.into()).into());
            }
            if !out.is_empty() {
                out.push('.');
            }
            let placeholder = next("#n", &mut self.next_name, &self.taken);
            out += &placeholder;
            out += indexes;
            self.names.insert(placeholder, name.into());
        }
        Ok(out)
    }
}

/// Whether a text is empty or indexes such as `[0][1]`.
fn are_indexes(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut rest = text;
    while let Some((index, more)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if !is_number(index) {
            return false;
        }
        rest = more;
    }
    rest.is_empty()
}

fn next(prefix: &str, count: &mut usize, taken: &[String]) -> String {
    loop {
        let name = format!("{prefix}{count}");
        *count += 1;
        if !taken.contains(&name) {
            return name;
        }
    }
}
