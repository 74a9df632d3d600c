//! REST with JSON bodies.

use serde_json::Value;

use super::error::ErrorParts;
use super::rest::{self, Rest, RestBody};
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, json};
use crate::codec::format::Format;
use crate::codec::json_write;
use crate::error::Result;
use crate::model::{Member, Operation, ServiceModel, Shape};
use crate::transport::Request;

pub(super) struct RestJson;

impl WireProtocol for RestJson {
    fn format(&self) -> Format {
        Format::Json
    }

    fn has_error_header(&self) -> bool {
        true
    }

    fn binds_members(&self) -> bool {
        true
    }

    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        rest::encode(model, operation, params, self)
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
        match output.is_payload || output.has_members {
            true => Presence::Optional,
            false => Presence::Any,
        }
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
        json::error_parts(response, &["code", "Code", "__type"])
    }
}

impl RestBody for RestJson {
    fn content_type(&self) -> Option<&'static str> {
        Some("application/json")
    }

    fn members(&self, rest: &Rest<'_>) -> Result<Vec<u8>> {
        if !rest.members.has_body {
            return Ok(Vec::new());
        }
        let mut out = Vec::with_capacity(256);
        json_write::write_members(rest.model, rest.shape, rest.params, rest::is_body, &mut out)?;
        Ok(out)
    }

    fn payload(
        &self,
        rest: &Rest<'_>,
        _: &Member,
        shape: &Shape,
        value: &Value,
    ) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(256);
        json_write::write(rest.model, shape, value, &mut out)?;
        Ok(out)
    }

    fn absent_payload(&self, shape: &Shape) -> &'static [u8] {
        if shape.is_union() { b"" } else { b"{}" }
    }
}
