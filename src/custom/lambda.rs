//! Lambda: the trace header of calls from a function, which makes recursive invocations detectable.

use http::HeaderValue;

use crate::error::{Error, Result};
use crate::interceptor::{CallContext, Interceptor};
use crate::transport::Request;
use crate::uri;

pub(super) struct Trace;

impl Interceptor for Trace {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        let env = call.config.environment();
        let is_function = env.get("AWS_LAMBDA_FUNCTION_NAME").is_some();
        let trace = env
            .get("_X_AMZN_TRACE_ID")
            .filter(|id| is_function && !id.is_empty());
        if let Some(id) = trace.filter(|_| !call.is_presigned) {
            let id = uri::encode(id, b"=;:+&[]{}\"',");
            let id = HeaderValue::from_str(&id).map_err(Error::request)?;
            request.headers_mut().entry("x-amzn-trace-id").or_insert(id);
        }
        Ok(())
    }
}
