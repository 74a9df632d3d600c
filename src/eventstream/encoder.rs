//! Converts events to messages.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::codec::scalar;
use crate::error::{Error, Result};
use crate::frame::{HeaderValue, Message};
use crate::model::{Kind, Member, ServiceModel, Shape, ShapeId};
use crate::{params, protocol, time};

/// Encodes the events of an operation's input.
pub(crate) struct EventEncoder {
    model: Arc<ServiceModel>,
    /// The union whose members are the events.
    stream: ShapeId,
}

impl EventEncoder {
    pub(crate) fn new(model: &Arc<ServiceModel>, stream: &Member) -> Self {
        let model = model.clone();
        let stream = stream.target;
        Self { model, stream }
    }

    /// Encodes an event, an object with one member.
    ///
    /// # Errors
    ///
    /// Returns an error if the event does not fit the model.
    pub(crate) fn message(&self, event: &Value) -> Result<Message> {
        params::validate_shape(&self.model, self.stream, event)?;
        let (name, value) = (event.as_object())
            .and_then(|event| event.iter().next())
            .ok_or_else(|| Error::request("an event is an object with one member"))?;
        let members = self.model.shape(self.stream)?.members();
        let member = members.and_then(|members| members.get(name));
        let member =
            member.ok_or_else(|| Error::request(format!("the model has no event {name}")))?;
        let shape = self.model.shape(member.target)?;
        self.of_members(&member.wire_name, shape, value)
    }

    /// The message with the parameters besides the events, in the RPC protocols.
    pub(super) fn initial_request(content_type: &str, document: Bytes) -> Message {
        head("initial-request", Some(content_type)).with_payload(document)
    }

    fn of_members(&self, name: &str, shape: &Shape, value: &Value) -> Result<Message> {
        let mut headers = Vec::new();
        let mut payload = None;
        let mut rest = Map::new();
        let mut has_document = false;
        for part in shape.members().into_iter().flatten() {
            let given = value.get(&*part.name).filter(|given| !given.is_null());
            if part.event_payload {
                payload = Some((part, given));
                continue;
            }
            has_document |= !part.event_header;
            let Some(given) = given else { continue };
            match part.event_header {
                true => headers.push((part.wire_name.to_string(), self.header(part, given)?)),
                false => drop(rest.insert((*part.name).into(), given.clone())),
            }
        }
        let (content_type, payload) = match payload {
            Some((part, given)) => self.payload(part, given)?,
            None if !has_document => (None, Vec::new()),
            None => self.document(name, shape, &rest.into())?,
        };
        let mut message = head(name, content_type).with_payload(payload);
        message.headers.extend(headers);
        Ok(message)
    }

    fn document(
        &self,
        name: &str,
        shape: &Shape,
        value: &Value,
    ) -> Result<(Option<&'static str>, Vec<u8>)> {
        let protocol = protocol::for_model(&self.model);
        let (content_type, document) = protocol.document(&self.model, name, shape, value)?;
        Ok((Some(content_type), document))
    }

    fn payload(
        &self,
        part: &Member,
        given: Option<&Value>,
    ) -> Result<(Option<&'static str>, Vec<u8>)> {
        let shape = self.model.shape(part.target)?;
        let text = given.and_then(Value::as_str).unwrap_or_default();
        Ok(match shape.kind {
            Kind::Blob => {
                let bytes = scalar::base64_decode(text).map_err(Error::request)?;
                (Some("application/octet-stream"), bytes)
            }
            Kind::String => (Some("text/plain"), text.into()),
            _ => {
                let empty = Value::Object(Map::new());
                self.document(part.request_name(), shape, given.unwrap_or(&empty))?
            }
        })
    }

    fn header(&self, part: &Member, given: &Value) -> Result<HeaderValue> {
        let shape = self.model.shape(part.target)?;
        let misfit = || Error::request(format!("the header {} of an event: {given}", part.name));
        let number = || given.as_i64().ok_or_else(misfit);
        Ok(match shape.kind {
            Kind::Boolean => HeaderValue::Bool(given.as_bool().ok_or_else(misfit)?),
            Kind::Integer => HeaderValue::Int(i32::try_from(number()?).map_err(|_| misfit())?),
            Kind::Long => HeaderValue::Long(number()?),
            Kind::Blob => {
                let bytes = scalar::base64_decode(given.as_str().unwrap_or_default());
                HeaderValue::Bytes(bytes.map_err(Error::request)?.into())
            }
            Kind::Timestamp => {
                let time = time::from_value(given).map_err(Error::request)?;
                HeaderValue::Timestamp(time.epoch_millis())
            }
            Kind::String => HeaderValue::String(given.as_str().ok_or_else(misfit)?.into()),
            _ => return Err(misfit()),
        })
    }
}

/// A message with the headers that every event has.
fn head(name: &str, content_type: Option<&str>) -> Message {
    let text = |text: &str| HeaderValue::String(text.into());
    let message = Message::default()
        .with(":message-type", text("event"))
        .with(":event-type", text(name));
    match content_type {
        Some(content_type) => message.with(":content-type", text(content_type)),
        None => message,
    }
}

impl Message {
    fn with_payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = payload.into();
        self
    }
}
