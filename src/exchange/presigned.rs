//! Presigned requests: all parameters are in the URL and the headers.

use std::time::Duration;

use http::Method;

use super::Call;
use crate::auth::legacy;
use crate::error::Result;
use crate::protocol;
use crate::transport::Request;

/// The options of a presigned request.
#[derive(Clone, Debug)]
pub(crate) struct Presign {
    pub(crate) expires: Duration,
    /// The HTTP method, if it is not the model's.
    pub(crate) method: Option<Method>,
    /// A query parameter that the model does not have.
    pub(crate) more: Option<(&'static str, String)>,
}

/// Moves the parameters of a request into its URL, as far as the protocol allows.
pub(super) fn complete(call: &Call, presign: &Presign, request: &mut Request) -> Result<()> {
    let model = &call.service.model;
    let protocol = protocol::for_model(model);
    let mut more = protocol.move_body_to_query(model, &call.operation, request)?;
    if let Some((name, value)) = &presign.more {
        more.push(format!("{name}={}", crate::uri::encode(value, b"")));
    }
    if let Some(method) = &presign.method {
        *request.method_mut() = method.clone();
    }
    more.retain(|part| !part.is_empty());
    if !more.is_empty() {
        let own = request.uri().query().map(str::to_owned);
        let query: Vec<String> = own.into_iter().chain(more).collect();
        legacy::set_query(request, &query.join("&"))?;
    }
    Ok(())
}
