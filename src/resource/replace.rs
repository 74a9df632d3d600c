//! Parameters of the caller in place of those that a resource knows.

use serde_json::Value;

/// Parameters with those that the caller gives in place of theirs. A value that is no object is left to the checks.
pub(super) fn replace(params: Value, given: Value) -> Value {
    match (params, given) {
        (Value::Object(mut params), Value::Object(given)) => {
            params.extend(given);
            Value::Object(params)
        }
        (_, given) => given,
    }
}
