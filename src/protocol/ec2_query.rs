//! EC2's variant of AWS query: `Name.1` instead of `Name.member.1` for lists, and errors in a list.

use super::error::ErrorParts;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, query, xml};
use crate::codec::form::ListStyle;
use crate::codec::format::Format;
use crate::error::Result;
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

pub(super) struct Ec2Query;

impl WireProtocol for Ec2Query {
    fn format(&self) -> Format {
        Format::Xml
    }

    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        query::encode(model, operation, params, ListStyle::Numbered)
    }

    fn move_body_to_query(
        &self,
        _: &ServiceModel,
        _: &Operation,
        request: &mut Request,
    ) -> Result<Vec<String>> {
        Ok(query::move_body_to_query(request))
    }

    fn presence(&self, output: &OutputBody<'_>) -> Presence {
        query::presence(output)
    }

    fn check(
        &self,
        response: &SuccessResponse<'_>,
        wanted: &Wanted<'_>,
        body: &[u8],
    ) -> Result<Option<Nodes>, Rejection> {
        xml::check(response, wanted, body, &xml::Root::default())
    }

    fn expected(
        &self,
        response: &SuccessResponse<'_>,
        _: Option<&Shape>,
    ) -> Result<String, Rejection> {
        Ok(format!("an element {}Response", response.operation.name))
    }

    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        xml::error_parts(response)
    }
}
