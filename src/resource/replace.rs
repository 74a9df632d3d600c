//! Precedence of the caller's parameters.

use serde_json::Value;

/// Replaces and extends parameters by the caller's. The validation of parameters reports values that are not objects.
pub(super) fn replace(params: Value, given: Value) -> Value {
    match (params, given) {
        (Value::Object(mut params), Value::Object(given)) => {
            params.extend(given);
            Value::Object(params)
        }
        (_, given) => given,
    }
}
