//! Presigned requests: all parameters are in the URL and the headers.

use std::time::Duration;

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::Call;
use crate::auth::legacy;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::model::Protocol;
use crate::protocol;
use crate::transport::Request;

/// The options of a presigned request.
#[derive(Clone, Debug)]
pub(crate) struct Presign {
    pub(crate) expires: Duration,
    /// The method, if not the model's.
    pub(crate) method: Option<Method>,
    /// A query parameter that the model does not have.
    pub(crate) more: Option<(&'static str, String)>,
}

/// Moves the parameters of a request to its URL, as far as the protocol allows.
pub(super) fn complete(call: &Call, presign: &Presign, request: &mut Request) -> Result<()> {
    let mut more = Vec::new();
    let body = request.body().bytes().cloned().unwrap_or_default();
    let is_streamed = || protocol::streaming_payload(&call.service.model, call.operation.input);
    match call.service.model.metadata().protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            more.push(String::from_utf8_lossy(&body).replace('+', "%20"));
            *request.body_mut() = Body::empty();
            request.headers_mut().remove(CONTENT_TYPE);
        }
        Protocol::AwsJson | Protocol::RestJson if !body.is_empty() && is_streamed()?.is_none() => {
            more.extend(pairs_of_json(&body)?);
            *request.body_mut() = Body::empty();
        }
        Protocol::RpcV2Cbor => {
            return Err(Error::unsupported("presigning operations with CBOR bodies"));
        }
        _ => {}
    }
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

/// The members of a JSON object as query parameters; a list repeats its name.
fn pairs_of_json(body: &[u8]) -> Result<Vec<String>> {
    let members: serde_json::Map<String, Value> =
        serde_json::from_slice(body).map_err(Error::request)?;
    let mut pairs = Vec::new();
    for (name, value) in &members {
        let items = match value {
            Value::Array(items) => &items[..],
            one => std::slice::from_ref(one),
        };
        for item in items {
            let text = match item {
                Value::String(text) => text.clone(),
                Value::Object(_) | Value::Array(_) => {
                    let what = format!(
                        "presigning with the parameter {name}, which is not a string or a list of strings"
                    );
                    return Err(Error::unsupported(what));
                }
                other => other.to_string(),
            };
            let encode = |text: &str| crate::uri::encode(text, b"");
            pairs.push(format!("{}={}", encode(name), encode(&text)));
        }
    }
    Ok(pairs)
}
