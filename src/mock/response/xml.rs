//! XML documents of results.

use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::super::message::Reply;
use super::{Context, empty, media_type};
use crate::codec::xml_write::{XmlWriter, escape};
use crate::error::{Error, Result};
use crate::model::{Member, Shape, XmlNamespace};

/// The body of a REST result.
pub(super) fn result(cx: &Context<'_>, shape: &Shape, value: &Value) -> Result<Vec<u8>> {
    let name = (cx.quirks.root_element)(&cx.operation.name)
        .or(shape.wire_name.as_deref())
        .map_or_else(|| format!("{}Result", cx.operation.name), Into::into);
    let namespace = shape.xml_namespace.as_ref().or_else(|| namespace(cx));
    let mut writer = XmlWriter::of_response(cx.model);
    let is_body = |member: &Member| member.location.is_response_body();
    writer.structure(&name, namespace, shape, value, is_body)?;
    Ok(declared(writer.finish()))
}

/// A body that is the value of one member.
pub(super) fn payload(
    cx: &Context<'_>,
    member: &Member,
    shape: &Shape,
    value: &Value,
) -> Result<Vec<u8>> {
    let quirk = (cx.quirks.root_element)(&cx.operation.name);
    let name = quirk
        .or(shape.wire_name.as_deref())
        .unwrap_or(&member.wire_name);
    let namespace = (member.xml_namespace.as_ref())
        .or(shape.xml_namespace.as_ref())
        .or_else(|| namespace(cx));
    let mut writer = XmlWriter::of_response(cx.model);
    writer.structure(name, namespace, shape, value, |_| true)?;
    Ok(declared(writer.finish()))
}

/// A result of the query protocols.
pub(super) fn query_result(
    cx: &Context<'_>,
    shape: Option<&Shape>,
    result: &Value,
) -> Result<Reply> {
    let name = format!("{}Response", cx.operation.name);
    let id = cx.request_id;
    let is_ec2 = cx.model.metadata().protocol == crate::model::Protocol::Ec2Query;
    let (wrapper, end) = match (is_ec2, &cx.operation.result_wrapper) {
        (true, _) => (None, format!("<requestId>{id}</requestId>")),
        (false, wrapper) => {
            let end = format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>");
            (wrapper.as_deref(), end)
        }
    };
    let members = match shape {
        Some(shape) => inner(cx, shape, result)?,
        None => String::new(),
    };
    let members = match wrapper {
        Some(wrapper) => format!("<{wrapper}>{members}</{wrapper}>"),
        None => members,
    };
    let mut reply = Reply::new(200).with(CONTENT_TYPE, media_type(cx.model));
    let start = start(&name, namespace(cx));
    reply.body = declared(format!("{start}{members}{end}</{name}>"));
    Ok(reply)
}

/// The elements of the members of a structure.
pub(super) fn inner(cx: &Context<'_>, shape: &Shape, value: &Value) -> Result<String> {
    let mut writer = XmlWriter::of_response(cx.model);
    let empty = empty();
    let value = if value.is_object() { value } else { &empty };
    let is_body = |member: &Member| member.location.is_response_body();
    writer.structure("r", None, shape, value, is_body)?;
    let text = writer.finish();
    let start = text.find('>').map(|at| at + 1);
    let inner = start.and_then(|start| text.get(start..)?.strip_suffix("</r>"));
    inner
        .map(Into::into)
        .ok_or_else(|| Error::request("a structure is not an XML element"))
}

/// The start of an element with a namespace.
pub(super) fn start(name: &str, namespace: Option<&XmlNamespace>) -> String {
    match namespace {
        Some(namespace) => format!("<{name} xmlns=\"{}\">", escaped(&namespace.uri)),
        None => format!("<{name}>"),
    }
}

pub(super) fn namespace<'a>(cx: &Context<'a>) -> Option<&'a XmlNamespace> {
    cx.model.metadata().xml_namespace.as_ref()
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

/// A document with the declaration that AWS sends.
pub(super) fn declared(document: String) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}").into_bytes()
}
