//! What a response, or none, means: a result, another attempt or an error.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::header::DATE;
use serde_json::json;

use super::classify::{self, classify};
use super::discovery;
use super::redirect::{self, Redirect};
use super::retry::Next;
use super::retry_after::{http_date, retry_after};
use super::skew::{self, Skew};
use super::{Call, Exchange, Moment, Received, Step, Waiting, endpoint, trace};
use crate::body::Reuse;
use crate::checksum;
use crate::error::{Error, FailedRequest, Result, RetriesEnded, RetryReason, ServiceError};
use crate::output::Output;
use crate::settings::RetryMode;
use crate::transport::TransportError;

impl Exchange {
    /// Decides what an answer, or none, means: a result, another attempt or an error.
    pub(super) fn judge(
        &mut self,
        received: Result<Received, TransportError>,
        moment: Moment,
    ) -> Step {
        match &received {
            Ok(received) => self.headers.clone_from(&received.headers),
            Err(_) => self.headers.clear(),
        }
        let status = received.as_ref().map(|received| received.status);
        let retry_after = status
            .ok()
            .and_then(|status| retry_after(status, &self.headers, moment.now));
        let there = http_date(&self.headers, DATE).filter(|_| status.is_ok());
        let limit = self.call.config.max_clock_skew();
        let there = there.filter(|there| skew::differ(*there, moment.now) <= limit);
        self.answered = there.map(|there| (moment.now, there));
        let mut outcome = received.map_err(Error::from).and_then(|r| self.output(r));
        let reason = self.verdict(&mut outcome);
        let mut error = match outcome {
            Ok(output) => {
                self.retries.answered(None, moment.now);
                self.retries.succeeded();
                return self.done(Ok(output));
            }
            Err(error) => error,
        };
        self.retries.answered(reason, moment.now);
        if let Some(error) = error.downcast_mut::<ServiceError>() {
            error.retry = reason;
        }
        let again = self
            .prepared
            .as_ref()
            .is_some_and(|p| p.request.body().reuse() != Reuse::Consumed);
        if again
            && !self.redirected
            && let Some(step) = self.elsewhere(&error, moment)
        {
            return step.unwrap_or_else(|waiting| {
                self.waiting = Waiting::BucketRegion(error);
                waiting
            });
        }
        if again && self.told_ahead.is_none() && self.sets_clock(&mut error, moment.now) {
            return self.attempt(moment).unwrap_or_else(|e| self.done(Err(e)));
        }
        match reason {
            Some(reason) if again || self.retries.is_last() => {
                let next = self.retries.next(reason, retry_after, moment.random);
                self.again(next, error, moment)
            }
            Some(_) => {
                let next = Next::Never(RetriesEnded::Body, Duration::ZERO);
                self.again(next, error, moment)
            }
            None => self.done(Err(error)),
        }
    }

    /// Whether the response to this request says that it was signed with a wrong time, which is corrected from now on.
    fn sets_clock(&mut self, error: &mut Error, now: SystemTime) -> bool {
        let limit = self.call.config.max_clock_skew();
        match skew::skew(error, &self.headers, now, self.signed_ahead, limit) {
            Skew::None => false,
            Skew::Of(ahead) => {
                self.told_ahead = Some(ahead);
                self.call.service.clock.set_ahead(ahead);
                true
            }
            Skew::TooMuch(_) => {
                error.set_hint(
                    "the date of the response differs from the clock by more than is corrected: set the clock, or \
                     max_clock_skew",
                );
                false
            }
        }
    }

    /// Why another attempt may succeed, if it may: as the service's answer tells, and then as the interceptors say.
    fn verdict(&self, outcome: &mut Result<Output>) -> Option<RetryReason> {
        let attempt = self.retries.attempt();
        if let Err(error) = outcome {
            error.set_attempts(attempt);
            if let Some(hint) = error.service_error().and_then(|error| self.hint(error)) {
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
            .intercept_answer(params, attempt, &self.headers, outcome, reason);
        if let Err(error) = outcome {
            self.name_endpoint(error);
        }
        reason
    }

    /// Waits for the next attempt, or ends.
    fn again(&mut self, mut next: Next, mut error: Error, moment: Moment) -> Step {
        if let Next::After(delay) = next
            && moment.left.is_some_and(|left| left <= delay)
        {
            next = Next::Never(RetriesEnded::Deadline, Duration::ZERO);
        }
        match next {
            Next::After(delay) => {
                trace::again(self.retries.attempt(), &error, delay);
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

    /// What helps against a refusal that has to do with how the body goes. Servers that are like S3 often know nothing of
    /// checksums behind a body, and each says it in its own way.
    fn hint(&self, error: &ServiceError) -> Option<Cow<'static, str>> {
        let prepared = self.prepared.as_ref()?;
        if error.status == 411 && prepared.request.body().len().is_none() {
            return Some(
                "the request did not say how long its body is: give a file or bytes, the parameter ContentLength where the \
                 operation has it, or Body::from_reader_with_len"
                    .into(),
            );
        }
        let refused = matches!(error.status, 400 | 403 | 411 | 501)
            && checksum::has_trailer(prepared.request.headers())
            && endpoint::given_url(&self.call).is_ok_and(|url| url.is_some());
        if refused {
            return Some(
                "the request had its checksum behind the body; for a server that does not know this, set \
                 request_checksum_calculation to when_required"
                    .into(),
            );
        }
        error.hint(&FailedRequest {
            method: prepared.request.method(),
            credentials: self.credentials_source.as_deref(),
        })
    }

    /// What follows an answer that sends the call elsewhere: a step, or one that must find out where first.
    fn elsewhere(&mut self, error: &Error, moment: Moment) -> Option<Result<Step, Step>> {
        let or_done = |this: &Self, step: Result<Step>| step.unwrap_or_else(|e| this.done(Err(e)));
        let found = error.service_error()?;
        if self.call.operation.endpoint_discovery.is_some()
            && (found.status == 421 || &*found.code == "InvalidEndpointException")
        {
            self.redirected = true;
            let again =
                discovery::forget(&self.call, &self.params.value).and_then(|()| self.start(moment));
            return Some(Ok(or_done(self, again)));
        }
        let bucket = redirect::bucket(&self.call, &self.params.value)?.to_owned();
        match redirect::redirect(&self.call, error, &self.headers)? {
            Redirect::Region(region) => {
                trace::elsewhere(&bucket, &region);
                self.call.service.set_bucket_region(&bucket, &region);
                let again = self.redirect(moment);
                Some(Ok(or_done(self, again)))
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
