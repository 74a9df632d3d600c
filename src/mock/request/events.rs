//! Reads the events of a request.

use serde_json::{Map, Value};

use super::{document, scalar};
use crate::codec::scalar::base64_encode;
use crate::error::{Error, Result};
use crate::frame::{HeaderValue, Message};
use crate::model::{Kind, Member, ServiceModel, Shape};
use crate::time;

/// Reads the events of a body. Each may be wrapped in a message that signs it.
pub(super) fn read(model: &ServiceModel, stream: &Shape, body: &[u8]) -> Result<Value> {
    let events = messages(body)?;
    let events = events.iter().map(|message| event(model, stream, message));
    Ok(events.collect::<Result<Vec<_>>>()?.into())
}

/// As [`read`], where the first message holds the other parameters.
pub(super) fn with_initial_request(
    model: &ServiceModel,
    input: &Shape,
    member: &Member,
    body: &[u8],
) -> Result<Value> {
    let mut messages = messages(body)?.into_iter().peekable();
    let is_initial = |message: &Message| message.text(":event-type") == Some("initial-request");
    let params = match messages.next_if(is_initial) {
        Some(first) => document::read(model, input, &first.payload, |_| true)?,
        None => Map::new().into(),
    };
    let stream = model.shape(member.target)?;
    let events = messages.map(|message| event(model, stream, &message));
    let events = events.collect::<Result<Vec<_>>>()?;
    Ok(match params {
        Value::Object(mut params) => {
            params.insert(member.name.clone(), events.into());
            params.into()
        }
        other => other,
    })
}

fn messages(mut body: &[u8]) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    while let Some(message) = Message::read(&mut body).map_err(Error::request)? {
        let is_signed = message.header(":chunk-signature").is_some();
        let inner = match is_signed {
            // the last one is empty
            true if message.payload.is_empty() => continue,
            true => Message::read(&mut &message.payload[..]).map_err(Error::request)?,
            false => Some(message),
        };
        messages.extend(inner);
    }
    Ok(messages)
}

fn event(model: &ServiceModel, stream: &Shape, message: &Message) -> Result<Value> {
    let name = message.text(":event-type").unwrap_or_default();
    let member = stream
        .members()
        .into_iter()
        .flatten()
        .find(|member| member.wire_name == name);
    let Some(member) = member else {
        return Ok(Map::from_iter([(name.to_owned(), Map::new().into())]).into());
    };
    let shape = model.shape(member.target)?;
    let mut value = Map::new();
    for part in shape.members().into_iter().flatten() {
        let kind = &model.shape(part.target)?.kind;
        if part.event_header {
            let found = message
                .header(&part.wire_name)
                .map(|found| header(kind, found));
            value.extend(found.map(|found| (part.name.clone(), found)));
        }
        if part.event_payload {
            let payload = match kind {
                Kind::Blob => base64_encode(&message.payload).into(),
                Kind::String => String::from_utf8_lossy(&message.payload)
                    .into_owned()
                    .into(),
                _ => document::payload(model, model.shape(part.target)?, &message.payload)?,
            };
            value.insert(part.name.clone(), payload);
        }
    }
    let has_payload = shape
        .members()
        .into_iter()
        .flatten()
        .any(|part| part.event_payload);
    if !has_payload {
        match document::read(model, shape, &message.payload, |part| !part.event_header)? {
            Value::Object(members) => value.extend(members),
            other => return Ok(Map::from_iter([(member.name.clone(), other)]).into()),
        }
    }
    Ok(Map::from_iter([(member.name.clone(), value.into())]).into())
}

fn header(kind: &Kind, value: &HeaderValue) -> Value {
    match value {
        HeaderValue::Bool(yes) => (*yes).into(),
        HeaderValue::Byte(n) => (*n).into(),
        HeaderValue::Short(n) => (*n).into(),
        HeaderValue::Int(n) => (*n).into(),
        HeaderValue::Long(n) => (*n).into(),
        HeaderValue::Bytes(bytes) => base64_encode(bytes).into(),
        HeaderValue::String(text) => scalar::value(kind, text),
        HeaderValue::Timestamp(millis) => match time::from_epoch_millis(*millis) {
            Ok(time) => time.rfc3339().into(),
            Err(_) => (*millis).into(),
        },
        HeaderValue::Uuid(bytes) => base64_encode(bytes).into(),
    }
}
