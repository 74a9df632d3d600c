//! Smithy RPC v2 with CBOR bodies.

use serde_json::Value;

use super::error::ErrorParts;
use super::rpc_v2::Form;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, rpc};
use crate::codec::format::{Format, is_cbor_map};
use crate::codec::{cbor_read, cbor_write, raw};
use crate::error::{Error, Result};
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

const FORM: Form = Form {
    name: "rpc-v2-cbor",
    media_type: "application/cbor",
    write: cbor_write::write,
};

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
        FORM.encode(model, operation, params)
    }

    fn document(
        &self,
        model: &ServiceModel,
        _: &str,
        shape: &Shape,
        value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        FORM.document(model, shape, value)
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
        FORM.check(response)?;
        match is_cbor_map(response.body) {
            true => Ok(None),
            false => {
                let expected = self.expected(response, *shape)?;
                Err(response.unexpected(expected, "something else"))
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
