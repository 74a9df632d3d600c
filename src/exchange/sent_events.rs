//! Calls that send a stream of events.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::{Call, Exchange};
use crate::auth::{SIGNED_EVENTS, Sign, Signing};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::eventstream::{EventEncoder, EventInput, EventLink, OpenStream};
use crate::model::{Member, Operation, ServiceModel};
use crate::protocol;
use crate::transport::Request;

/// The events of a call, and what is known about them.
pub(super) struct SentEvents {
    input: EventInput,
    pub(super) link: Arc<EventLink>,
}

impl SentEvents {
    pub(super) fn new(input: EventInput) -> Self {
        Self {
            input,
            link: Arc::default(),
        }
    }

    /// Whether an attempt has begun to send them.
    pub(super) fn are_sent(&self) -> bool {
        self.input.is_taken()
    }
}

/// The member of the input that the events are.
///
/// # Errors
///
/// Returns an error if the operation needs events and there are none, or takes none, or if it sends and receives events at the same
/// time and only the async client can do that.
pub(super) fn member<'m>(
    model: &'m ServiceModel,
    operation: &Operation,
    events: Option<&EventInput>,
) -> Result<Option<&'m Member>> {
    let member = protocol::input_event_stream(model, operation)?;
    match (member, events) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Error::request(
            "events are given, but the operation takes none",
        )),
        (Some(_), events) => {
            let is_async = events.is_some_and(EventInput::is_async);
            match is_duplex(model, operation)? && !is_async {
                true => Err(Error::unsupported(
                    "operations that send and receive events at the same time, which need HTTP/2: call them with the AsyncClient (feature `async`) and RequestBuilder::events",
                )),
                false if events.is_none() => Err(Error::request(
                    "the operation takes a stream of events: give it with RequestBuilder::events",
                )),
                false => Ok(member),
            }
        }
    }
}

/// Whether events are sent and received at the same time.
pub(super) fn is_duplex(model: &ServiceModel, operation: &Operation) -> Result<bool> {
    Ok(protocol::input_event_stream(model, operation)?.is_some()
        && protocol::event_stream(model, operation)?.is_some())
}

/// Prepares a request for a body of events. What the protocol has written to the body is the first message.
pub(super) fn prepare(
    call: &Call,
    auth: &dyn Sign,
    request: &mut Request,
) -> Result<Option<(String, Bytes)>> {
    if protocol::input_event_stream(&call.service.model, &call.operation)?.is_none() {
        return Ok(None);
    }
    let document = std::mem::replace(request.body_mut(), Body::empty());
    let headers = request.headers_mut();
    let stream = HeaderValue::from_static("application/vnd.amazon.eventstream");
    let content_type = headers.insert(CONTENT_TYPE, stream);
    if auth.signs_events()? {
        let hash = HeaderValue::from_static(SIGNED_EVENTS);
        headers.insert("x-amz-content-sha256", hash);
    }
    let has_initial = protocol::for_model(&call.service.model).has_initial_response();
    Ok(has_initial.then(|| {
        let content_type = content_type.as_ref().and_then(|text| text.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let document = document.bytes().cloned().unwrap_or_default();
        (content_type, document)
    }))
}

impl Exchange {
    /// Gives a signed request its body of events.
    pub(super) fn attach_events(
        &self,
        auth: &dyn Sign,
        signing: &Signing<'_>,
        initial: Option<&(String, Bytes)>,
        request: &mut Request,
    ) -> Result<()> {
        let Some(events) = &self.events else {
            return Ok(());
        };
        let (model, operation) = (&self.call.service.model, &self.call.operation);
        let Some(member) = protocol::input_event_stream(model, operation)? else {
            return Ok(());
        };
        let (config, ahead) = (self.call.config.clone(), self.signed_ahead);
        let clock = Arc::new(move || super::skew::correct(config.now(), ahead));
        let stream = OpenStream {
            input: events.input.clone(),
            encoder: Arc::new(EventEncoder::new(model, member)),
            signer: auth.event_signer(signing, request, clock)?,
            initial: initial.cloned(),
            link: events.link.clone(),
        };
        *request.body_mut() = Body::from_source(stream.body());
        Ok(())
    }
}
