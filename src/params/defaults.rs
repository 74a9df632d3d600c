//! Defaults for parameters that the caller omits.

use serde_json::Value;

use crate::error::Result;
use crate::model::{Operation, ServiceModel};

/// Sets each idempotency token that the caller omits, so that the service recognises a retry and does not act twice.
pub(crate) fn fill_idempotency_tokens(
    model: &ServiceModel,
    operation: &Operation,
    params: &mut Value,
    mut token: impl FnMut() -> String,
) -> Result<()> {
    let (Some(input), Value::Object(given)) = (operation.input, params) else {
        return Ok(());
    };
    let members = model.shape(input)?.members().into_iter().flatten();
    for member in members.filter(|member| member.idempotency_token) {
        if given.get(&*member.name).is_none_or(Value::is_null) {
            given.insert((*member.name).into(), token().into());
        }
    }
    Ok(())
}
