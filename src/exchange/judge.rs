//! Judging an attempt: its response, or the lack of one, becomes a result, a retry or an error.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::header::DATE;
use serde_json::json;

use super::classify::{self, classify};
use super::discovery;
use super::redirect::{self, Redirect};
use super::retry::Next;
use super::retry_after::{http_date, retry_after};
use super::sent_events::SentEvents;
use super::skew::{self, Skew};
use super::{Call, Exchange, Received, Step, Tick, Waiting, endpoint, trace};
use crate::body::Reuse;
use crate::checksum;
use crate::error::{Error, FailedRequest, Result, RetriesEnded, RetryReason, ServiceError};
use crate::identity::Identity;
use crate::output::Output;
use crate::settings::RetryMode;
use crate::transport::{TransportError, TransportErrorKind};

impl Exchange {
    /// Decides whether the call ends with a result or an error, or is retried.
    pub(super) fn judge(&mut self, received: Result<Received, TransportError>, tick: Tick) -> Step {
        match &received {
            Ok(received) => self.headers.clone_from(&received.headers),
            Err(_) => self.headers.clear(),
        }
        let status = received.as_ref().map(|received| received.status);
        let retry_after = status
            .ok()
            .and_then(|status| retry_after(status, &self.headers, tick.now));
        let there = http_date(&self.headers, DATE).filter(|_| status.is_ok());
        let limit = self.call.config.max_clock_skew();
        let there = there.filter(|there| skew::differ(*there, tick.now) <= limit);
        self.last_response = there.map(|there| (tick.now, there));
        let mut outcome = received.map_err(Error::from).and_then(|r| self.output(r));
        let reason = self.retry_reason(&mut outcome);
        let mut error = match outcome {
            Ok(output) => {
                self.retries.update(None, tick.now);
                self.retries.succeeded();
                return self.done(Ok(output));
            }
            Err(error) => error,
        };
        self.retries.update(reason, tick.now);
        if let Some(error) = error.downcast_mut::<ServiceError>() {
            error.retry = reason;
        }
        let consumed = self.consumed();
        let can_resend = consumed.is_none();
        if can_resend
            && !self.redirected
            && let Some(step) = self.handle_redirect(&error, tick)
        {
            return step.unwrap_or_else(|waiting| {
                self.waiting = Waiting::BucketRegion(error);
                waiting
            });
        }
        if can_resend && self.accepts_challenge(&error) {
            return self.attempt(tick).unwrap_or_else(|e| self.done(Err(e)));
        }
        if can_resend && self.service_ahead.is_none() && self.sets_clock(&mut error, tick.now) {
            return self.attempt(tick).unwrap_or_else(|e| self.done(Err(e)));
        }
        match (reason, consumed) {
            (Some(_), Some(consumed)) if !self.retries.is_last() => {
                let next = Next::Never(consumed, Duration::ZERO);
                self.schedule_retry(next, error, tick)
            }
            (Some(reason), _) => {
                let next = self.retries.next(reason, retry_after, tick.random);
                self.schedule_retry(next, error, tick)
            }
            (None, _) => self.done(Err(error)),
        }
    }

    /// Returns what of the request is consumed, so that it cannot be sent again.
    fn consumed(&self) -> Option<RetriesEnded> {
        let body = self.prepared.as_ref().map(|p| p.request.body().reuse());
        let events = self.events.as_ref().is_some_and(SentEvents::are_sent);
        match body {
            _ if events => Some(RetriesEnded::Events),
            None | Some(Reuse::Consumed) => Some(RetriesEnded::Body),
            Some(Reuse::Always | Reuse::Once) => None,
        }
    }

    /// Whether the response has a challenge that the signature of the next request meets.
    fn accepts_challenge(&self, error: &Error) -> bool {
        let is_unauthorized = (error.service_error()).is_some_and(|error| error.status == 401);
        let prepared = self.prepared.as_ref();
        is_unauthorized && prepared.is_some_and(|p| p.auth.accepts_challenge(&self.headers))
    }

    /// Corrects the clock if the response rejects the time of the signature, and returns whether it did.
    fn sets_clock(&mut self, error: &mut Error, now: SystemTime) -> bool {
        let limit = self.call.config.max_clock_skew();
        match skew::skew(error, &self.headers, now, self.signed_ahead, limit) {
            Skew::None => false,
            Skew::Of(ahead) => {
                self.service_ahead = Some(ahead);
                self.call.service.clock.set_ahead(ahead);
                true
            }
            Skew::TooMuch(_) => {
                error.set_hint(
                    "the clock differs from the service's by more than is corrected: set the clock, or raise max_clock_skew",
                );
                false
            }
        }
    }

    /// The reason for a retry, if the failure is retryable: by the response, then by the interceptors.
    fn retry_reason(&self, outcome: &mut Result<Output>) -> Option<RetryReason> {
        let attempt = self.retries.attempt();
        if let Err(error) = outcome {
            error.set_attempts(attempt);
            let hint = error.service_error().and_then(|error| self.hint(error));
            if let Some(hint) = hint.or_else(|| self.connection_hint(error)) {
                error.set_hint(hint);
            }
        }
        let Call {
            service, operation, ..
        } = &self.call;
        let error = outcome.as_ref().err();
        let reason = error.and_then(|error| match self.retries.mode() {
            RetryMode::Legacy => classify::in_legacy_mode(service.quirks, error),
            RetryMode::Adaptive | RetryMode::Standard => {
                classify(&service.model, service.quirks, operation, error)
            }
        });
        let params = &self.params.value;
        let reason = self
            .call
            .intercept_attempt(params, attempt, &self.headers, outcome, reason);
        if let Err(error) = outcome {
            self.name_endpoint(error);
        }
        reason
    }

    /// Schedules the next attempt, or ends the call.
    fn schedule_retry(&mut self, mut next: Next, mut error: Error, tick: Tick) -> Step {
        if let Next::After(delay) = next
            && tick.left.is_some_and(|left| left <= delay)
        {
            next = Next::Never(RetriesEnded::Deadline, Duration::ZERO);
        }
        match next {
            Next::After(delay) => {
                trace::retry(self.retries.attempt(), &error, delay);
                Step::Sleep(delay)
            }
            Next::Never(why, delay) => {
                error.set_retries_ended(why);
                match delay.is_zero() {
                    true => self.done(Err(error)),
                    false => {
                        self.giving_up = Some(error);
                        Step::Sleep(delay)
                    }
                }
            }
        }
    }

    /// The probable reason for a failed connection: a misspelt region, or the URL of a setting.
    fn connection_hint(&self, error: &Error) -> Option<Cow<'static, str>> {
        let error: &TransportError = error.downcast_ref()?;
        let (call, config) = (&self.call, &self.call.config);
        let key = call.service.model.metadata().service_key();
        match (error.kind(), config.endpoint_url_source(&key)) {
            (TransportErrorKind::Connect | TransportErrorKind::HostNotFound, Some(source)) => {
                Some(format!("the endpoint is from {source}").into())
            }
            (TransportErrorKind::HostNotFound, None) => {
                let partitions = call.service.rules().ok()??.partitions();
                partitions.misspelt_region(config.region()?).map(Cow::from)
            }
            _ => None,
        }
    }

    /// The remedy for an error that is due to how the body was sent, or for a common one. S3-compatible servers often do not
    /// support trailing checksums, and each reports this in its own way.
    fn hint(&self, error: &ServiceError) -> Option<Cow<'static, str>> {
        let prepared = self.prepared.as_ref()?;
        if error.status == 411 && prepared.request.body().len().is_none() {
            return Some(
                "the request had no Content-Length: pass a file, bytes or Body::from_reader_with_len, or set the parameter \
                 ContentLength if the operation has it"
                    .into(),
            );
        }
        let refused = matches!(error.status, 400 | 403 | 411 | 501)
            && checksum::has_trailer(prepared.request.headers())
            && endpoint::given_url(&self.call).is_ok_and(|url| url.is_some());
        if refused {
            return Some(
                "the request had a trailing checksum; for a server that does not support it, set request_checksum_calculation to \
                 when_required"
                    .into(),
            );
        }
        let source = self.identity.as_ref().and_then(Identity::source);
        error.hint(&FailedRequest {
            method: prepared.request.method(),
            credentials: source.as_deref(),
        })
    }

    /// Handles a response that redirects the call to another region or endpoint. Returns the next step, or `Err` with the step that
    /// must find the region first.
    fn handle_redirect(&mut self, error: &Error, tick: Tick) -> Option<Result<Step, Step>> {
        let or_done = |this: &Self, step: Result<Step>| step.unwrap_or_else(|e| this.done(Err(e)));
        let found = error.service_error()?;
        if self.call.operation.endpoint_discovery.is_some()
            && (found.status == 421 || &*found.code == "InvalidEndpointException")
        {
            self.redirected = true;
            let next =
                discovery::forget(&self.call, &self.params.value).and_then(|()| self.start(tick));
            return Some(Ok(or_done(self, next)));
        }
        let bucket = redirect::bucket(&self.call, &self.params.value)?.to_owned();
        match redirect::redirect(&self.call, error, &self.headers)? {
            Redirect::Region(region) => {
                trace::redirect(&bucket, &region);
                self.call.service.set_bucket_region(&bucket, &region);
                let next = self.redirect(tick);
                Some(Ok(or_done(self, next)))
            }
            Redirect::Unknown if &*self.call.operation.name == redirect::FINDS_REGION => None,
            Redirect::Unknown => {
                let finds = self.call.nested(redirect::FINDS_REGION);
                let finds = finds.and_then(|call| call.exchange(json!({"Bucket": bucket}), None));
                Some(match finds {
                    Ok(finds) => Err(Step::NeedCall(Box::new(finds))),
                    Err(error) => Ok(self.done(Err(error))),
                })
            }
        }
    }
}
