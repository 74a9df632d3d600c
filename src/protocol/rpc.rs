//! The protocols with one URL an operation: JSON 1.0 and 1.1, and Smithy RPC v2 with CBOR.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use serde_json::Value;

use super::{Encoded, header};
use crate::codec::{cbor_write, json_write};
use crate::error::Result;
use crate::model::{Operation, ServiceModel};

const QUERY_MODE: HeaderName = HeaderName::from_static("x-amzn-query-mode");

pub(super) fn encode_json(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
) -> Result<Encoded> {
    let metadata = model.metadata();
    let mut request = Encoded::post(operation.uri.to_string());
    let target = format!("{}.{}", metadata.target_prefix, operation.name);
    header(&mut request.headers, "x-amz-target", &target, false)?;
    let content_type = format!("application/x-amz-json-{}", metadata.json_version);
    header(&mut request.headers, "content-type", &content_type, false)?;
    query_mode(model, &mut request);
    let mut body = Vec::with_capacity(256);
    match operation.input {
        Some(input) => json_write::write(model, model.shape(input)?, params, &mut body)?,
        None => body.extend_from_slice(b"{}"),
    }
    request.body = body.into();
    Ok(request)
}

pub(super) fn encode_cbor(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
) -> Result<Encoded> {
    let service = &model.metadata().target_prefix;
    let path = format!("/service/{service}/operation/{}", operation.name);
    let mut request = Encoded::post(path);
    let accepted = match super::answer::event_stream(model, operation)? {
        Some(_) => "application/vnd.amazon.eventstream",
        None => "application/cbor",
    };
    let headers = &mut request.headers;
    headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    headers.insert(ACCEPT, HeaderValue::from_static(accepted));
    if let Some(input) = operation.input {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
        let mut body = Vec::with_capacity(256);
        cbor_write::write(model, model.shape(input)?, params, &mut body)?;
        request.body = body.into();
    }
    query_mode(model, &mut request);
    Ok(request)
}

/// Services that spoke the query protocol before are asked to send its error codes too.
fn query_mode(model: &ServiceModel, request: &mut Encoded) {
    if model.metadata().query_compatible {
        let value = HeaderValue::from_static("true");
        request.headers.insert(QUERY_MODE, value);
    }
}
