//! AWS JSON 1.0 and 1.1: one URL, and the operation in `X-Amz-Target`.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

use super::error::ErrorParts;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, json, rpc};
use crate::codec::format::Format;
use crate::codec::json_write;
use crate::error::{Error, Result};
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON_1_0: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
const JSON_1_1: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

pub(super) struct AwsJson;

impl WireProtocol for AwsJson {
    fn format(&self) -> Format {
        Format::Json
    }

    fn has_error_header(&self) -> bool {
        true
    }

    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        let metadata = model.metadata();
        let mut request = Encoded::post(operation.uri.to_string());
        let target = [&metadata.target_prefix, ".", &operation.name].concat();
        let target = HeaderValue::try_from(target).map_err(Error::request)?;
        request.headers.append(TARGET, target);
        match &*metadata.json_version {
            "1.0" => request.headers.append(CONTENT_TYPE, JSON_1_0),
            "1.1" => request.headers.append(CONTENT_TYPE, JSON_1_1),
            other => {
                let content_type = format!("application/x-amz-json-{other}");
                let content_type = HeaderValue::try_from(content_type);
                let content_type = content_type.map_err(Error::request)?;
                request.headers.append(CONTENT_TYPE, content_type)
            }
        };
        rpc::set_query_mode(model, &mut request);
        let mut body = Vec::with_capacity(256);
        match operation.input {
            Some(input) => json_write::write(model, model.shape(input)?, &params.value, &mut body)?,
            None => body.extend_from_slice(b"{}"),
        }
        request.body = body.into();
        Ok(request)
    }

    fn document(
        &self,
        model: &ServiceModel,
        _: &str,
        shape: &Shape,
        value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        json::document(model, shape, value)
    }

    fn move_body_to_query(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        request: &mut Request,
    ) -> Result<Vec<String>> {
        json::move_body_to_query(model, operation, request)
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
        json::check(response, wanted, body).map(|()| None)
    }

    fn expected(
        &self,
        _: &SuccessResponse<'_>,
        shape: Option<&Shape>,
    ) -> Result<String, Rejection> {
        Ok(json::expected(shape))
    }

    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        json::error_parts(response, &["__type", "code", "Code"])
    }
}
