//! The header by which AWS notices that a Lambda function calls itself, through whatever service.

use http::HeaderValue;

use crate::config::Environment;
use crate::uri;

/// The header's name.
pub(super) const NAME: &str = "x-amzn-trace-id";

/// The id of the invocation that this process is made for, if it is one of Lambda's.
pub(super) fn of(env: &Environment) -> Option<HeaderValue> {
    env.get("AWS_LAMBDA_FUNCTION_NAME")?;
    let id = env.get("_X_AMZN_TRACE_ID")?;
    HeaderValue::try_from(uri::encode(id, b"-=;:+&[]{}\"',")).ok()
}
