//! One attempt: the request is signed and handed to the driver.

use std::time::SystemTime;

use http::header::{HeaderName, HeaderValue, USER_AGENT};

use super::user_agent::{self, UserAgentInputs};
use super::{Exchange, Step, Tick, redirect, sent_events, skew};
use crate::auth::Signing;
use crate::error::{Error, Result};
use crate::identity::Identity;
use crate::protocol;
use crate::time::Timestamp;
use crate::transport::{Limits, Request};

const INVOCATION_ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
const REQUEST: HeaderName = HeaderName::from_static("amz-sdk-request");

impl Exchange {
    /// Signs the request, and returns the step that sends it.
    pub(super) fn send(&mut self, identity: Option<Identity>, tick: Tick) -> Result<Step> {
        let Some(prepared) = &self.prepared else {
            return Err(Error::request(
                "internal error: the request is sent before it is prepared",
            ));
        };
        self.identity = identity;
        let identity = self.identity.as_ref();
        let mut request = prepared.request.clone();
        request.extensions_mut().insert(self.call.call_of());
        let clock = &self.call.service.clock;
        self.signed_ahead = self.service_ahead.unwrap_or_else(|| clock.ahead());
        let time = skew::correct(tick.now, self.signed_ahead);
        let signing = Signing {
            cx: self
                .call
                .context(&self.params.value, self.retries.attempt()),
            identity,
            time,
            sha256: prepared.sha256.as_deref(),
        };
        if let Some(presign) = &self.call.presign {
            (prepared.auth).presign(&signing, &mut request, presign.expires)?;
            return self.send_step(request);
        }
        prepared.auth.sign(&signing, &mut request)?;
        let initial = prepared.initial.as_ref();
        self.attach_events(&*prepared.auth, &signing, initial, &mut request)?;
        let inputs = UserAgentInputs {
            headers: prepared.request.headers(),
            auth: &*prepared.auth,
            identity,
            followed_bucket: redirect::bucket(&self.call, &self.params.value)
                .is_some_and(|bucket| self.call.service.bucket_region(bucket).is_some()),
        };
        let agent = user_agent::user_agent(&self.call, &inputs)?;
        let mut number = self.retries.header();
        if let Some(ttl) = self.ttl(tick.now) {
            number = format!("ttl={ttl}; {number}");
        }
        let number = HeaderValue::try_from(number);
        let headers = request.headers_mut();
        headers.entry(USER_AGENT).or_insert(agent);
        headers.insert(INVOCATION_ID, self.invocation_id.clone());
        headers.insert(REQUEST, number.map_err(Error::request)?);
        self.send_step(request)
    }

    fn send_step(&self, request: Request) -> Result<Step> {
        let call = &self.call;
        let config = &call.config;
        let stream = protocol::streams(&call.service.model, &call.operation, call.buffered)?;
        let events = protocol::input_event_stream(&call.service.model, &call.operation)?;
        Ok(Step::Send {
            request,
            limits: Limits {
                connect: config.connect_timeout(),
                read: config.read_timeout(),
                throughput: config.min_throughput().filter(|_| self.is_blob_stream()),
                whole_throughput: config.min_whole_throughput(),
                streams: stream,
                sends_events: events.is_some(),
                duplex: sent_events::is_duplex(&call.service.model, &call.operation)?,
                ..Limits::default()
            },
            stream,
        })
    }

    /// Whether the call streams a blob in either direction. Event streams do not count, because they may be silent for any time.
    fn is_blob_stream(&self) -> bool {
        let (model, operation) = (&self.call.service.model, &self.call.operation);
        let is_one = |id| protocol::streaming_payload(model, id).is_ok_and(|found| found.is_some());
        is_one(operation.input)
            || (is_one(operation.output)
                && protocol::event_stream(model, operation).is_ok_and(|found| found.is_none()))
    }

    /// The time by which the service must respond to a retry, according to its own clock, which the last response shows. There is
    /// none for a streaming body, which may take any time.
    fn ttl(&self, now: SystemTime) -> Option<String> {
        let (received, there) = self.last_response.filter(|_| self.retries.attempt() > 1)?;
        let input = self.call.operation.input;
        let streams = protocol::streaming_payload(&self.call.service.model, input);
        let since = now.duration_since(received).unwrap_or_default();
        let until = there
            .checked_add(since)?
            .checked_add(self.call.config.read_timeout())?;
        let is_bounded = streams.is_ok_and(|member| member.is_none());
        is_bounded.then(|| Timestamp::of(until).basic())
    }
}
