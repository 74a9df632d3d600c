//! Removal of secrets from a result that is shown to an agent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scrub::{is_always_secret, signed_urls};
use crate::model::{Kind, Operation, ServiceModel, ShapeId};

/// What is in the place of a secret.
const REMOVED: &str = "(secret, removed)";

/// Replaces secrets, and returns their paths, such as `Credentials.SecretAccessKey` or `Items[].Password`; the keys of a map
/// are `*`. Secrets are texts with a
/// name such as `Password`, the signatures of signed URLs, and what the model marks as sensitive, unless `keeps_marked`.
pub(crate) fn remove(
    of: Option<(&ServiceModel, &Operation)>,
    result: &mut Value,
    keeps_marked: bool,
) -> Vec<String> {
    let shape = of.and_then(|(_, operation)| operation.output);
    let mut remover = Remover {
        model: of.map(|(model, _)| model),
        keeps_marked,
        path: String::new(),
        removed: Vec::new(),
        known: BTreeSet::new(),
    };
    remover.value(result, shape, "");
    remover.removed
}

struct Remover<'m> {
    model: Option<&'m ServiceModel>,
    keeps_marked: bool,
    path: String,
    removed: Vec<String>,
    /// What is in `removed`.
    known: BTreeSet<String>,
}

impl Remover<'_> {
    fn value(&mut self, value: &mut Value, shape: Option<ShapeId>, name: &str) {
        let found = self.model.zip(shape);
        let found = found.and_then(|(model, id)| model.shape(id).ok());
        let is_marked = !self.keeps_marked && found.is_some_and(|shape| shape.sensitive);
        let is_named = is_always_secret(name) && value.is_string();
        if (is_marked && !value.is_null()) || is_named {
            *value = REMOVED.into();
            return self.note();
        }
        let kind = found.map(|shape| &shape.kind);
        match value {
            Value::String(text) => {
                if let std::borrow::Cow::Owned(without) = signed_urls(text) {
                    *text = without;
                    self.note();
                }
            }
            Value::Array(items) => {
                let item = match kind {
                    Some(Kind::List(item)) => Some(item.target),
                    _ => None,
                };
                for value in items {
                    self.below("[]", value, item, name);
                }
            }
            Value::Object(members) => {
                if let Some(Kind::Map { key, .. }) = kind
                    && !self.keeps_marked
                    && self.is_sensitive(key.target)
                {
                    *value = REMOVED.into();
                    return self.note();
                }
                let is_map = matches!(kind, Some(Kind::Map { .. }));
                for (name, value) in members {
                    let target = match kind {
                        Some(Kind::Structure(members) | Kind::Union(members)) => {
                            members.get(name).map(|member| member.target)
                        }
                        Some(Kind::Map { value, .. }) => Some(value.target),
                        _ => None,
                    };
                    let step = if is_map { "*" } else { name };
                    self.below(step, value, target, name);
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: &str, value: &mut Value, shape: Option<ShapeId>, name: &str) {
        let length = self.path.len();
        if step != "[]" && length > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        self.value(value, shape, name);
        self.path.truncate(length);
    }

    fn is_sensitive(&self, id: ShapeId) -> bool {
        let shape = self.model.and_then(|model| model.shape(id).ok());
        shape.is_some_and(|shape| shape.sensitive)
    }

    fn note(&mut self) {
        if self.known.insert(self.path.clone()) {
            self.removed.push(self.path.clone());
        }
    }
}
