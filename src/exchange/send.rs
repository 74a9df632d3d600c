//! An attempt: the request as it is signed and sent.

use std::time::SystemTime;

use http::header::{HeaderValue, USER_AGENT};

use super::user_agent::{self, Told};
use super::{Exchange, Moment, Step, redirect, skew};
use crate::auth::Signing;
use crate::error::{Error, Result};
use crate::identity::Identity;
use crate::protocol;
use crate::time::Timestamp;
use crate::transport::{Limits, Request};

impl Exchange {
    /// Signs the request and hands it out.
    pub(super) fn send(&mut self, who: Option<&Identity>, moment: Moment) -> Result<Step> {
        let Some(prepared) = &self.prepared else {
            return Err(Error::request(
                "internal error: the request is sent before it is prepared",
            ));
        };
        self.credentials_source = who.and_then(Identity::source);
        let mut request = prepared.request.clone();
        request.extensions_mut().insert(self.call.call_of());
        let clock = &self.call.service.clock;
        self.signed_ahead = self.told_ahead.unwrap_or_else(|| clock.ahead());
        let time = skew::correct(moment.now, self.signed_ahead);
        let with = Signing {
            cx: self
                .call
                .context(&self.params.value, self.retries.attempt()),
            identity: who,
            time,
            sha256: prepared.sha256.as_deref(),
        };
        if let Some(presign) = &self.call.presign {
            (prepared.auth).presign(&with, &mut request, presign.expires)?;
            return self.step_of(request);
        }
        prepared.auth.sign(&with, &mut request)?;
        let told = Told {
            headers: prepared.request.headers(),
            auth: &*prepared.auth,
            who,
            followed_bucket: redirect::bucket(&self.call, &self.params.value)
                .is_some_and(|bucket| self.call.service.bucket_region(bucket).is_some()),
        };
        let agent = user_agent::user_agent(&self.call, &told)?;
        let mut number = self.retries.header();
        if let Some(ttl) = self.ttl(moment.now) {
            number = format!("ttl={ttl}; {number}");
        }
        let number = HeaderValue::from_str(&number);
        let headers = request.headers_mut();
        headers.entry(USER_AGENT).or_insert(agent);
        headers.insert("amz-sdk-invocation-id", self.invocation_id.clone());
        headers.insert("amz-sdk-request", number.map_err(Error::request)?);
        self.step_of(request)
    }

    fn step_of(&self, request: Request) -> Result<Step> {
        let call = &self.call;
        let config = &call.config;
        let stream = protocol::streams(&call.service.model, &call.operation, call.buffered)?;
        Ok(Step::Send {
            request,
            limits: Limits {
                connect: config.connect_timeout(),
                read: config.read_timeout(),
                throughput: config.min_throughput().filter(|_| self.is_blob_stream()),
                whole_throughput: config.min_whole_throughput(),
                streams: stream,
                ..Limits::default()
            },
            stream,
        })
    }

    /// Whether the call moves a body of any length. Events are none: nobody knows when there is one to tell of.
    fn is_blob_stream(&self) -> bool {
        let (model, operation) = (&self.call.service.model, &self.call.operation);
        let is_one = |id| protocol::streaming_payload(model, id).is_ok_and(|found| found.is_some());
        is_one(operation.input)
            || (is_one(operation.output)
                && protocol::event_stream(model, operation).is_ok_and(|found| found.is_none()))
    }

    /// Until when the service is to answer an attempt, by its own clock: the last answer tells that. Of a body that
    /// streams nobody knows how long it takes.
    fn ttl(&self, now: SystemTime) -> Option<String> {
        let (received, there) = self.answered.filter(|_| self.retries.attempt() > 1)?;
        let input = self.call.operation.input;
        let streams = protocol::streaming_payload(&self.call.service.model, input);
        let since = now.duration_since(received).unwrap_or_default();
        let until = there
            .checked_add(since)?
            .checked_add(self.call.config.read_timeout())?;
        let is_told = streams.is_ok_and(|member| member.is_none());
        is_told.then(|| Timestamp::of(until).basic())
    }
}
