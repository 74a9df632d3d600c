//! Results of the REST protocols: members in headers, status and body.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method};
use serde_json::Value;

use super::super::message::Reply;
use super::{Context, EVENTS, empty, events, media_type, xml};
use crate::codec::json_write;
use crate::codec::scalar::base64_decode;
use crate::error::{Error, Result};
use crate::model::{Kind, Location, Member, Members, Protocol, Shape};
use crate::protocol::{header_of_member, set_header};

pub(super) fn result(cx: &Context<'_>, shape: Option<&Shape>, result: &Value) -> Result<Reply> {
    let Some((shape, members)) = shape.and_then(|shape| Some((shape, shape.members()?))) else {
        return Ok(Reply::new(200));
    };
    let (status, headers) = bound(cx, members, result)?;
    let mut reply = Reply::new(status.unwrap_or(200));
    reply.headers = headers;
    let media_type = match members.payload() {
        Some(member) => {
            let (media_type, body) = payload(cx, member, result)?;
            reply.body = body;
            media_type
        }
        None if members.has_response_body => {
            reply.body = match cx.model.metadata().protocol {
                Protocol::RestXml => xml::result(cx, shape, result)?,
                _ => members_of(cx, shape, result)?,
            };
            Some(media_type(cx.model))
        }
        None => None,
    };
    if let Some(media_type) = media_type
        && !reply.headers.contains_key(CONTENT_TYPE)
    {
        reply = reply.with(CONTENT_TYPE, media_type);
    }
    // the length of a body is what is sent; only HEAD has none to count
    if cx.operation.method == Method::HEAD {
        reply.body.clear();
    } else {
        reply.headers.remove(CONTENT_LENGTH);
    }
    Ok(reply)
}

/// The members in the status and in headers.
pub(super) fn bound(
    cx: &Context<'_>,
    members: &Members,
    result: &Value,
) -> Result<(Option<u16>, HeaderMap)> {
    let mut headers = HeaderMap::new();
    let mut status = None;
    for member in members {
        let Some(value) = result.get(&*member.name).filter(|value| !value.is_null()) else {
            continue;
        };
        match member.location {
            Location::Header => {
                if let Some(text) = header_of_member(cx.model, member, value)? {
                    set_header(&mut headers, &member.wire_name, &text, false)?;
                }
            }
            Location::Headers => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    let text = value.as_str().map_or_else(|| value.to_string(), Into::into);
                    set_header(
                        &mut headers,
                        &format!("{}{key}", member.wire_name),
                        &text,
                        false,
                    )?;
                }
            }
            Location::StatusCode => {
                let code = value.as_u64().and_then(|code| u16::try_from(code).ok());
                status = code.filter(|code| (200..600).contains(code));
            }
            _ => {}
        }
    }
    Ok((status, headers))
}

/// The members of a JSON body.
pub(super) fn members_of(cx: &Context<'_>, shape: &Shape, value: &Value) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let is_body = |member: &Member| member.location.is_response_body();
    json_write::write_members(cx.model, shape, value, is_body, &mut body)?;
    Ok(body)
}

fn payload(
    cx: &Context<'_>,
    member: &Member,
    result: &Value,
) -> Result<(Option<&'static str>, Vec<u8>)> {
    let shape = cx.model.shape(member.target)?;
    if shape.event_stream {
        return Ok((Some(EVENTS), events(cx, member, result)?));
    }
    let given = result.get(&*member.name).filter(|value| !value.is_null());
    let text = given.and_then(Value::as_str);
    Ok(match &shape.kind {
        Kind::Blob => {
            let bytes = base64_decode(text.unwrap_or_default()).map_err(Error::request)?;
            (Some("application/octet-stream"), bytes)
        }
        Kind::String => (Some("text/plain"), text.unwrap_or_default().into()),
        _ => {
            let empty = empty();
            let value = given.unwrap_or(&empty);
            let body = match cx.model.metadata().protocol {
                Protocol::RestXml => xml::payload(cx, member, shape, value)?,
                _ => {
                    let mut body = Vec::new();
                    json_write::write(cx.model, shape, value, &mut body)?;
                    body
                }
            };
            (Some(media_type(cx.model)), body)
        }
    })
}
