//! Smithy RPC v2 with JSON bodies.

use serde_json::Value;

use super::error::ErrorParts;
use super::rpc_v2::Form;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, json, rpc};
use crate::codec::format::Format;
use crate::codec::json_write;
use crate::error::{Error, Result};
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

const FORM: Form = Form {
    name: "rpc-v2-json",
    media_type: "application/json",
    write: json_write::write,
};

pub(super) struct RpcV2Json;

impl WireProtocol for RpcV2Json {
    fn format(&self) -> Format {
        Format::Json
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
        Err(Error::unsupported("presigning operations of RPC v2"))
    }

    fn presence(&self, output: &OutputBody<'_>) -> Presence {
        rpc::presence(output)
    }

    fn check(
        &self,
        response: &SuccessResponse<'_>,
        wanted: &Wanted<'_>,
        body: &[u8],
    ) -> Result<Option<Nodes>, Rejection> {
        if let Wanted::Document { .. } = wanted {
            FORM.check(response)?;
        }
        json::check(response, wanted, body).map(|()| None)
    }

    fn expected(
        &self,
        _: &SuccessResponse<'_>,
        shape: Option<&Shape>,
    ) -> Result<String, Rejection> {
        Ok(json::expected(shape))
    }

    /// The header that names the error in other protocols does not count here.
    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        json::document_error(response, &["__type"])
    }
}
