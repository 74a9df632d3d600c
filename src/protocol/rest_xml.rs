//! REST with XML bodies.

use serde_json::Value;

use super::error::ErrorParts;
use super::rest::{self, Rest, RestBody};
use super::success::{Presence, Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Encoded, Nodes, OutputBody, Params, WireProtocol, xml};
use crate::codec::format::Format;
use crate::codec::xml_write::XmlWriter;
use crate::error::{Error, Result};
use crate::model::{Location, Member, Operation, ServiceModel, Shape};
use crate::transport::Request;

pub(super) struct RestXml;

impl WireProtocol for RestXml {
    fn format(&self) -> Format {
        Format::Xml
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
        name: &str,
        shape: &Shape,
        value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        let mut writer = XmlWriter::new(model);
        writer.structure(name, shape.xml_namespace.as_ref(), shape, value, |_| true)?;
        Ok(("application/xml", writer.finish().into_bytes()))
    }

    /// Moves nothing: the user of a presigned URL sends the body.
    fn move_body_to_query(
        &self,
        _: &ServiceModel,
        _: &Operation,
        _: &mut Request,
    ) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn presence(&self, output: &OutputBody<'_>) -> Presence {
        match output {
            _ if output.is_payload && output.shape.is_some_and(Shape::is_union) => {
                Presence::Optional
            }
            _ if output.is_payload || output.has_members => Presence::Required,
            _ => Presence::Any,
        }
    }

    fn check(
        &self,
        response: &SuccessResponse<'_>,
        wanted: &Wanted<'_>,
        body: &[u8],
    ) -> Result<Option<Nodes>, Rejection> {
        let root = xml::Root {
            result: None,
            names: root_names(response)?,
            is_early: true,
        };
        xml::check(response, wanted, body, &root)
    }

    fn expected(
        &self,
        response: &SuccessResponse<'_>,
        _: Option<&Shape>,
    ) -> Result<String, Rejection> {
        let names = root_names(response)?;
        Ok(
            match response.known_root().or_else(|| names.first().copied()) {
                Some(name) => format!("an element {name}"),
                None => format!("an element {}Result", response.operation.name),
            },
        )
    }

    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts {
        xml::error_parts(response)
    }

    fn phrases_every_error(&self) -> bool {
        true
    }
}

/// The names that the root element may have besides those of the operation, the likeliest first.
fn root_names<'a>(response: &SuccessResponse<'a>) -> Result<Vec<&'a str>, Rejection> {
    let names = match response.payload()? {
        Some((member, shape)) => [
            Some(&*member.wire_name),
            Some(&*member.name),
            shape.wire_name.as_deref(),
            Some(response.model.shape_name(member.target)),
        ],
        None => {
            let wire_name = response
                .output()?
                .and_then(|shape| shape.wire_name.as_deref());
            let name = response.operation.output;
            let name = name.map(|id| response.model.shape_name(id));
            [wire_name, name, None, None]
        }
    };
    Ok(names.into_iter().flatten().collect())
}

impl RestBody for RestXml {
    fn content_type(&self) -> Option<&'static str> {
        None
    }

    fn members(&self, rest: &Rest<'_>) -> Result<Vec<u8>> {
        if rest.at(Location::Body).next().is_none() {
            return Ok(Vec::new());
        }
        let name =
            rest.operation.input_name.as_deref().ok_or_else(|| {
                Error::request("the model names no root element for the XML body")
            })?;
        let mut writer = XmlWriter::new(rest.model);
        let namespace = rest.operation.input_namespace.as_ref();
        writer.structure(name, namespace, rest.shape, rest.params, rest::is_body)?;
        Ok(writer.finish().into_bytes())
    }

    fn payload(
        &self,
        rest: &Rest<'_>,
        member: &Member,
        shape: &Shape,
        value: &Value,
    ) -> Result<Vec<u8>> {
        let mut writer = XmlWriter::new(rest.model);
        let namespace = (member.xml_namespace.as_ref()).or(shape.xml_namespace.as_ref());
        writer.structure(member.request_name(), namespace, shape, value, |_| true)?;
        Ok(writer.finish().into_bytes())
    }

    fn absent_payload(&self, _: &Shape) -> &'static [u8] {
        b""
    }
}
