//! Smithy RPC v2: the operation in the URL, CBOR bodies.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::error::ErrorParts;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{
    BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, event_stream, rpc,
};
use crate::codec::format::{Format, is_cbor_map};
use crate::codec::{cbor_read, cbor_write, raw};
use crate::error::{Error, Result, excerpt};
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

/// The header of requests and responses that names the protocol.
const PROTOCOL: &str = "smithy-protocol";
const NAME: &str = "rpc-v2-cbor";

pub(super) struct RpcV2Cbor;

impl WireProtocol for RpcV2Cbor {
    fn format(&self) -> Format {
        Format::Cbor
    }

    fn feature_id(&self) -> Option<&'static str> {
        Some("M")
    }

    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        let service = &model.metadata().target_prefix;
        let path = format!("/service/{service}/operation/{}", operation.name);
        let mut request = Encoded::post(path);
        let accepted = match event_stream(model, operation)? {
            Some(_) => "application/vnd.amazon.eventstream",
            None => "application/cbor",
        };
        let headers = &mut request.headers;
        headers.insert(PROTOCOL, HeaderValue::from_static(NAME));
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
        if let Some(input) = operation.input {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
            let mut body = Vec::with_capacity(256);
            cbor_write::write(model, model.shape(input)?, &params.value, &mut body)?;
            request.body = body.into();
        }
        rpc::set_query_mode(model, &mut request);
        Ok(request)
    }

    fn document(
        &self,
        model: &ServiceModel,
        _: &str,
        shape: &Shape,
        value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        let mut out = Vec::new();
        cbor_write::write(model, shape, value, &mut out)?;
        Ok(("application/cbor", out))
    }

    fn move_body_to_query(
        &self,
        _: &ServiceModel,
        _: &Operation,
        _: &mut Request,
    ) -> Result<Vec<String>> {
        Err(Error::unsupported("presigning operations with CBOR bodies"))
    }

    fn presence(&self, output: &OutputBody<'_>) -> Presence {
        rpc::presence(output)
    }

    fn check(
        &self,
        response: &SuccessResponse<'_>,
        wanted: &Wanted<'_>,
        _: &[u8],
    ) -> Result<Option<Nodes>, Rejection> {
        let Wanted::Document { shape, .. } = wanted else {
            return Ok(None);
        };
        let named = response.headers.get(PROTOCOL).map(|value| value.as_bytes());
        if let Some(other) = named.filter(|named| *named != NAME.as_bytes()) {
            let received = format!("the protocol {}", excerpt(other));
            return Err(response.unexpected(format!("the protocol {NAME}"), received));
        }
        match is_cbor_map(response.body) {
            true => Ok(None),
            false => {
                let expected = self.expected(response, *shape)?;
                Err(response.unexpected(expected, "another item, or no CBOR"))
            }
        }
    }

    fn expected(&self, _: &SuccessResponse<'_>, _: Option<&Shape>) -> Result<String, Rejection> {
        Ok("a CBOR map".into())
    }

    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        let text = |name| {
            let text = cbor_read::text_member(response.body, name);
            text.or_else(|| raw::cbor_text(response.body, name))
        };
        ErrorParts {
            code: text("__type"),
            message: text("message").or_else(|| text("Message")),
            ..ErrorParts::default()
        }
    }
}
