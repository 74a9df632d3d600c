//! The stubs of a mock: which of them fits a request, and which of its responses is the next.

use serde_json::Value;

use super::catalogue::Catalogue;
use super::stub::{MockStub, Repeat, Step, StepKind, problem};
use crate::params;

/// Stubs, and how many responses of each were sent.
#[derive(Default)]
pub(super) struct Stubs(Vec<(MockStub, usize)>);

impl Stubs {
    /// Adds a stub, after it was checked.
    pub(super) fn add(&mut self, stub: MockStub) {
        self.0.push((stub, 0));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The response to a call with these parameters, if a stub fits.
    pub(super) fn next(&mut self, service: &str, operation: &str, params: &Value) -> Option<Step> {
        for (stub, sent) in &mut self.0 {
            let fits =
                stub.service == service && stub.operation == operation && is_true(stub, params);
            let last = stub.steps.len().checked_sub(1);
            let (Some(last), true) = (last, fits) else {
                continue;
            };
            let at = match stub.repeat {
                Repeat::All => *sent % stub.steps.len(),
                Repeat::Last => (*sent).min(last),
                Repeat::None if *sent > last => continue,
                Repeat::None => *sent,
            };
            *sent += 1;
            return stub.steps.get(at).cloned();
        }
        None
    }
}

/// Whether the expression of a stub is true, as in JMESPath.
fn is_true(stub: &MockStub, params: &Value) -> bool {
    let Some(query) = &stub.when else { return true };
    match query.search(params).as_deref() {
        Ok(Value::Null | Value::Bool(false)) | Err(_) => false,
        Ok(Value::String(text)) => !text.is_empty(),
        Ok(Value::Array(items)) => !items.is_empty(),
        Ok(Value::Object(members)) => !members.is_empty(),
        Ok(_) => true,
    }
}

/// Checks that the service and the operation of a stub exist and that its results fit the model, and gives both the names of the
/// model.
pub(super) fn checked(catalogue: &Catalogue, mut stub: MockStub) -> Result<MockStub, String> {
    let service = catalogue.service(&stub.service).map_err(problem)?;
    let model = &service.model;
    let operation = model.operation(&stub.operation).map_err(problem)?;
    if stub.steps.is_empty() {
        return Err("a stub has at least one response".into());
    }
    for step in &stub.steps {
        if let StepKind::Result(result) = &step.kind {
            params::validate_result(model, operation, result).map_err(problem)?;
        }
    }
    stub.service = model.name().to_owned();
    stub.operation = operation.name.clone();
    Ok(stub)
}

/// Applies a merge patch (RFC 7396).
pub(super) fn merge(target: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *target = changes.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            match change {
                Value::Null => drop(members.shift_remove(name)),
                change => merge(members.entry(name.clone()).or_insert(Value::Null), change),
            }
        }
    }
}
