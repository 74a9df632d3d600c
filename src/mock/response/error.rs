//! Errors, in the form of each protocol.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::super::message::Reply;
use super::{Context, identify, media_type, rest, written, xml};
use crate::codec::cbor_write;
use crate::error::{Error, Result};
use crate::model::{Protocol, Shape, ShapeId};

/// An error of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::mock) struct Failure {
    /// The code, or the name of the error's shape.
    pub(in crate::mock) code: String,
    pub(in crate::mock) message: String,
    /// The status, unless it is that of the shape.
    pub(in crate::mock) status: Option<u16>,
    /// Members of the error's shape.
    pub(in crate::mock) members: Map<String, Value>,
}

/// Writes an error.
pub(in crate::mock) fn failure(cx: &Context<'_>, failure: &Failure) -> Result<Reply> {
    let id = shape_id(cx, &failure.code);
    let shape = id.map(|id| cx.model.shape(id)).transpose()?;
    let traits = shape.and_then(|shape| shape.error.as_ref());
    let is_sender = match (
        failure.status,
        traits.and_then(|traits| traits.sender_fault),
    ) {
        (Some(status), _) => status < 500,
        (None, fault) => fault.unwrap_or(true),
    };
    let modelled = traits.and_then(|traits| traits.status);
    let status = failure
        .status
        .or(modelled)
        .unwrap_or(if is_sender { 400 } else { 500 });
    let written = Written {
        name: id.map_or(&*failure.code, |id| cx.model.shape_name(id)),
        code: traits
            .and_then(|traits| traits.code.as_deref())
            .unwrap_or(&failure.code),
        fault: if is_sender { "Sender" } else { "Receiver" },
        shape,
        members: with_message(shape, failure),
        message: &failure.message,
    };
    let mut reply = match cx.model.metadata().protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => written.xml(cx)?,
        Protocol::RestJson => written.rest_json(cx)?,
        _ => written.document(cx)?,
    };
    reply.status = status;
    identify(cx, &mut reply)?;
    Ok(reply)
}

/// The shape of an error with this name or code.
fn shape_id(cx: &Context<'_>, code: &str) -> Option<ShapeId> {
    let named = cx.operation.errors.iter().copied();
    let named = named
        .into_iter()
        .find(|id| cx.model.shape_name(*id) == code);
    named
        .or_else(|| cx.model.error_shape(cx.operation, code))
        .or_else(|| {
            let id = cx.model.shape_id(code)?;
            cx.model.shape(id).ok()?.error.as_ref().map(|_| id)
        })
}

/// The members of the error, with the message in the member that is named so.
fn with_message(shape: Option<&Shape>, failure: &Failure) -> Value {
    let mut members = failure.members.clone();
    let named = |name: &&crate::model::Member| name.name.eq_ignore_ascii_case("message");
    let member = shape
        .and_then(|shape| shape.members())
        .and_then(|all| all.iter().find(named));
    if let Some(member) = member {
        members
            .entry(member.name.clone())
            .or_insert_with(|| failure.message.clone().into());
    }
    members.into()
}

struct Written<'a> {
    name: &'a str,
    code: &'a str,
    fault: &'static str,
    shape: Option<&'a Shape>,
    members: Value,
    message: &'a str,
}

impl Written<'_> {
    fn document(&self, cx: &Context<'_>) -> Result<Reply> {
        let mut reply = super::document(cx, 400, None, &Value::Null)?;
        reply.body = match cx.model.metadata().protocol {
            Protocol::RpcV2Cbor => self.cbor(cx)?,
            _ => self.json(written(cx.model, self.shape, &self.members)?, true)?,
        };
        if cx.model.metadata().query_compatible {
            let text = format!("{};{}", self.code, self.fault);
            let text = HeaderValue::from_str(&text).map_err(Error::request)?;
            reply.headers.insert("x-amzn-query-error", text);
        }
        Ok(reply)
    }

    /// Adds the name and the message to an object.
    fn json(&self, body: Vec<u8>, has_name: bool) -> Result<Vec<u8>> {
        let mut object: Map<String, Value> =
            serde_json::from_slice(&body).map_err(Error::request)?;
        if has_name {
            object.insert("__type".into(), self.name.into());
        }
        if !object
            .keys()
            .any(|name| name.eq_ignore_ascii_case("message"))
        {
            object.insert("message".into(), self.message.into());
        }
        serde_json::to_vec(&object).map_err(Error::request)
    }

    fn rest_json(&self, cx: &Context<'_>) -> Result<Reply> {
        let mut reply = Reply::new(400);
        let mut body = b"{}".to_vec();
        if let Some((shape, members)) = self.shape.and_then(|shape| Some((shape, shape.members()?)))
        {
            (_, reply.headers) = rest::bound(cx, members, &self.members)?;
            body = rest::members_of(cx, shape, &self.members)?;
        }
        reply.body = self.json(body, false)?;
        let name = HeaderValue::from_str(self.name).map_err(Error::request)?;
        reply.headers.insert("x-amzn-errortype", name);
        Ok(reply.with(CONTENT_TYPE, media_type(cx.model)))
    }

    fn cbor(&self, cx: &Context<'_>) -> Result<Vec<u8>> {
        let mut texts = vec![("__type", self.name)];
        if !self.has_message() {
            texts.push(("message", self.message));
        }
        let mut body = Vec::new();
        cbor_write::write_with(cx.model, &texts, self.shape, &self.members, &mut body)?;
        Ok(body)
    }

    fn has_message(&self) -> bool {
        let mut names = self.members.as_object().into_iter().flatten();
        self.shape.is_some() && names.any(|(name, _)| name.eq_ignore_ascii_case("message"))
    }

    fn xml(&self, cx: &Context<'_>) -> Result<Reply> {
        let mut members = match self.shape {
            Some(shape) => {
                let mut members = self.members.clone();
                if let Value::Object(members) = &mut members {
                    members.retain(|name, _| !name.eq_ignore_ascii_case("message"));
                }
                xml::inner(cx, shape, &members)?
            }
            None => String::new(),
        };
        let code = xml::escaped(self.code);
        let message = xml::escaped(self.message);
        let id = cx.request_id;
        members = format!("<Code>{code}</Code><Message>{message}</Message>{members}");
        let document = match cx.model.metadata().protocol {
            Protocol::Ec2Query => format!(
                "<Response><Errors><Error>{members}</Error></Errors><RequestID>{id}</RequestID></Response>"
            ),
            _ if cx.quirks.has_bare_errors => {
                format!("<Error>{members}<RequestId>{id}</RequestId></Error>")
            }
            _ => {
                let start = xml::start("ErrorResponse", xml::namespace(cx));
                let fault = self.fault;
                format!(
                    "{start}<Error><Type>{fault}</Type>{members}</Error><RequestId>{id}</RequestId></ErrorResponse>"
                )
            }
        };
        let mut reply = Reply::new(400);
        if let Some((_, all)) = self.shape.and_then(|shape| Some((shape, shape.members()?)))
            && cx.model.metadata().protocol == Protocol::RestXml
        {
            (_, reply.headers) = rest::bound(cx, all, &self.members)?;
        }
        reply.body = xml::declared(document);
        Ok(reply.with(CONTENT_TYPE, media_type(cx.model)))
    }
}
