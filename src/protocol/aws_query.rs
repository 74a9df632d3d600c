//! AWS query.

use super::document::{Document, Fault, Presence, Wanted};
use super::error::ErrorParts;
use super::{Answer, Encoded, Nodes, OutputBody, Params, WireProtocol, query, xml};
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
        response: &Document<'_>,
        wanted: &Wanted<'_>,
        body: &[u8],
    ) -> Result<Option<Nodes>, Fault> {
        xml::check(response, wanted, body, &root(response))
    }

    fn expected(&self, response: &Document<'_>, _: Option<&Shape>) -> Result<String, Fault> {
        let name = &response.operation.name;
        Ok(match root(response).result {
            Some(result) => format!("an element {result} in {name}Response"),
            None => format!("an element {name}Response"),
        })
    }

    fn error_parts(&self, answer: &Answer<'_>) -> ErrorParts {
        xml::error_parts(answer)
    }
}

fn root<'a>(response: &Document<'a>) -> xml::Root<'a> {
    xml::Root {
        result: response.operation.result_wrapper.as_deref(),
        ..xml::Root::default()
    }
}
