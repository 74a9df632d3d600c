//! Writes responses: results and errors, in the protocol of the request.

mod error;
mod rest;
mod xml;

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

pub(super) use self::error::{Failure, failure};
use super::message::Reply;
use crate::call::ServiceQuirks;
use crate::codec::{cbor_write, json_write};
use crate::error::{Error, Result};
use crate::eventstream::EventEncoder;
use crate::frame::{HeaderValue as EventHeader, Message};
use crate::model::{Member, Operation, Protocol, ServiceModel, Shape};
use crate::protocol;

const EVENTS: &str = "application/vnd.amazon.eventstream";
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

/// What a response is written for.
pub(super) struct Context<'a> {
    pub(super) model: &'a Arc<ServiceModel>,
    pub(super) operation: &'a Operation,
    pub(super) quirks: &'static ServiceQuirks,
    pub(super) request_id: &'a str,
}

/// Writes a result.
pub(super) fn success(cx: &Context<'_>, result: &Value) -> Result<Reply> {
    let protocol = cx.model.metadata().protocol;
    let shape = cx
        .operation
        .output
        .map(|id| cx.model.shape(id))
        .transpose()?;
    let stream = protocol::event_stream(cx.model, cx.operation)?;
    let mut reply = match (protocol, shape, stream) {
        (Protocol::RestJson | Protocol::RestXml, ..) => rest::result(cx, shape, result)?,
        (_, Some(shape), Some(stream)) => streamed(cx, shape, stream, result)?,
        (Protocol::AwsQuery | Protocol::Ec2Query, ..) => xml::query_result(cx, shape, result)?,
        _ => document(cx, 200, shape, result)?,
    };
    identify(cx, &mut reply)?;
    Ok(reply)
}

/// A response that is a JSON or CBOR document.
fn document(cx: &Context<'_>, status: u16, shape: Option<&Shape>, value: &Value) -> Result<Reply> {
    let mut reply = Reply::new(status).with(CONTENT_TYPE, media_type(cx.model));
    reply.body = written(cx.model, shape, value)?;
    match cx.model.metadata().protocol {
        Protocol::RpcV2Cbor => Ok(reply.with(SMITHY_PROTOCOL, "rpc-v2-cbor")),
        Protocol::RpcV2Json => Ok(reply.with(SMITHY_PROTOCOL, "rpc-v2-json")),
        _ => Ok(reply),
    }
}

fn written(model: &ServiceModel, shape: Option<&Shape>, value: &Value) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    match (model.metadata().protocol, shape) {
        (Protocol::RpcV2Cbor, Some(shape)) => cbor_write::write(model, shape, value, &mut body)?,
        (Protocol::RpcV2Cbor, None) => body.push(0xa0),
        (_, Some(shape)) => json_write::write(model, shape, value, &mut body)?,
        (_, None) => body.extend_from_slice(b"{}"),
    }
    Ok(body)
}

/// The media type of the protocol's documents.
fn media_type(model: &ServiceModel) -> &'static str {
    let metadata = model.metadata();
    match metadata.protocol {
        Protocol::AwsJson if metadata.json_version == "1.1" => "application/x-amz-json-1.1",
        Protocol::AwsJson => "application/x-amz-json-1.0",
        Protocol::RpcV2Cbor => "application/cbor",
        Protocol::RestJson | Protocol::RpcV2Json => "application/json",
        Protocol::RestXml => "application/xml",
        Protocol::AwsQuery | Protocol::Ec2Query => "text/xml",
    }
}

/// The events of a result, after a message with its other members.
fn streamed(cx: &Context<'_>, shape: &Shape, stream: &Member, result: &Value) -> Result<Reply> {
    let mut first = result.clone();
    if let Value::Object(first) = &mut first {
        first.shift_remove(&stream.name);
    }
    let text = |text: &str| EventHeader::String(text.into());
    let initial = Message::new(written(cx.model, Some(shape), &first)?)
        .with(":message-type", text("event"))
        .with(":event-type", text("initial-response"))
        .with(":content-type", text(media_type(cx.model)));
    let mut reply = Reply::new(200).with(CONTENT_TYPE, EVENTS);
    reply.body = initial.encode().map_err(Error::request)?;
    reply.body.extend(events(cx, stream, result)?);
    Ok(match cx.model.metadata().protocol {
        Protocol::RpcV2Cbor => reply.with(SMITHY_PROTOCOL, "rpc-v2-cbor"),
        _ => reply,
    })
}

/// The messages of the events in a result.
fn events(cx: &Context<'_>, stream: &Member, result: &Value) -> Result<Vec<u8>> {
    let encoder = EventEncoder::new(cx.model, stream);
    let mut body = Vec::new();
    for event in result
        .get(&*stream.name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let message = encoder.message(event)?;
        body.extend(message.encode().map_err(Error::request)?);
    }
    Ok(body)
}

/// Adds the id of the request.
fn identify(cx: &Context<'_>, reply: &mut Reply) -> Result<()> {
    let id = HeaderValue::from_str(cx.request_id).map_err(Error::request)?;
    for name in ["x-amzn-requestid", "x-amz-request-id"] {
        reply.headers.insert(name, id.clone());
    }
    Ok(())
}

fn empty() -> Value {
    Map::new().into()
}
