//! AWS query.

use super::error::ErrorParts;
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, query, xml};
use crate::codec::form::ListStyle;
use crate::codec::format::Format;
use crate::error::Result;
use crate::model::{Operation, ServiceModel, Shape};
use crate::transport::Request;

pub(super) struct AwsQuery;

impl WireProtocol for AwsQuery {
    fn format(&self) -> Format {
        Format::Xml
    }

    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        query::encode(model, operation, params, ListStyle::Named)
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
        xml::check(response, wanted, body, &root(response))
    }

    fn expected(
        &self,
        response: &SuccessResponse<'_>,
        _: Option<&Shape>,
    ) -> Result<String, Rejection> {
        let name = &response.operation.name;
        Ok(match root(response).result {
            Some(result) => format!("an element {result} in {name}Response"),
            None => format!("an element {name}Response"),
        })
    }

    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        xml::error_parts(response)
    }
}

fn root<'a>(response: &SuccessResponse<'a>) -> xml::Root<'a> {
    xml::Root {
        result: response.operation.result_wrapper.as_deref(),
        ..xml::Root::default()
    }
}
