//! Templates with labels, such as `/{Bucket}/{Key+}`: paths and host prefixes.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::{Operation, ServiceModel};

/// Fills in the labels of the operation's host prefix, which is put before the host of the endpoint.
pub(crate) fn host_prefix(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
) -> Result<Option<String>> {
    let Some(template) = &operation.host_prefix else {
        return Ok(None);
    };
    let input = operation.input.map(|id| model.shape(id)).transpose()?;
    let members = input.and_then(|shape| shape.members());
    let mut prefix = String::new();
    for part in parts(template) {
        let label = match part {
            Part::Text(text) => {
                prefix.push_str(text);
                continue;
            }
            Part::Label { name, .. } => name,
        };
        let member = members.and_then(|m| m.iter().find(|m| m.host_label && *m.name == *label));
        let value = member
            .and_then(|m| params.get(&*m.name))
            .and_then(Value::as_str);
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        match value {
            Some(text) if !text.is_empty() && text.chars().all(is_label) => prefix.push_str(text),
            _ => {
                return Err(Error::request(format!(
                    "{label}: it becomes a part of the host, so it must consist of letters, digits, hyphens and periods"
                )));
            }
        }
    }
    Ok(Some(prefix))
}

/// A part of a template.
pub(super) enum Part<'t> {
    Text(&'t str),
    /// A greedy label keeps the slashes in its value.
    Label {
        name: &'t str,
        greedy: bool,
    },
}

pub(super) fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix('{')
            && let Some((label, tail)) = after.split_once('}')
        {
            rest = tail;
            let name = label.strip_suffix('+');
            return Some(Part::Label {
                name: name.unwrap_or(label),
                greedy: name.is_some(),
            });
        }
        // a brace at the very start that opens no label is text
        let end = rest[1..].find('{').map_or(rest.len(), |i| i + 1);
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Part::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_split_into_text_and_labels() {
        let show = |template: &str| {
            let part = |part: Part<'_>| match part {
                Part::Text(text) => format!("[{text}]"),
                Part::Label { name, greedy } => {
                    format!("<{name}{}>", if greedy { "+" } else { "" })
                }
            };
            parts(template).map(part).collect::<String>()
        };
        assert_eq!(show("/{A}/b/{Key+}"), "[/]<A>[/b/]<Key+>");
        assert_eq!(show("{AccountId}."), "<AccountId>[.]");
        assert_eq!(show("/a{b"), "[/a][{b]");
        assert_eq!(show(""), "");
    }
}
