//! The exchange: a state machine that owns a call from its parameters to its result.
//!
//! ```text
//!            ┌─ the rules read the account id ─┐    ┌─ the service tells endpoints ─┐
//!   Start ──►│           NeedIdentity          │──►─┤           NeedCall            │──► endpoint ──► encode ──► choose auth
//!            └─────────────────────────────────┘    └───────────────────────────────┘        ▲                      │
//!                                                                           the bucket is elsewhere                 │
//!                                        ┌───────────────────────────────────────────┼──────────────────────────────┘
//!                                        ▼                                           │
//!   Woke ─────────────────────► NeedIdentity ──► sign ──► Send ──► judge ────────────┴──► Done
//!     ▲                                                              │
//!     └───────────────────────────── Sleep ◄─────────────────────────┘
//! ```
//! The machine does no IO and reads no clock: what it lacks it asks of its driver, one [`Step`] at a time, and time and
//! chance come in with each event. An attempt that is repeated gets fresh credentials, a fresh date and a fresh signature.

mod answer;
mod classify;
mod cross_region;
mod discovery;
mod driver;
mod endpoint;
mod hashing;
mod hooks;
mod length;
#[cfg(test)]
mod machine_tests;
mod prepare;
mod presigned;
mod redirect;
mod retry;
mod retry_after;
mod service;
mod sessions;
mod skew;
mod trace;
mod user_agent;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use http::header::{DATE, HeaderValue, USER_AGENT};
use serde_json::{Value, json};

use self::classify::classify;
pub(crate) use self::cross_region::CrossRegion;
use self::discovery::Lookup;
pub(crate) use self::driver::{Needs, drive, drive_to_request};
pub use self::endpoint::EndpointExplanation;
pub(crate) use self::endpoint::explain;
use self::hashing::{Hashed, Hashes};
pub(crate) use self::hooks::{intercept_params, interceptors};
pub(crate) use self::presigned::Presign;
use self::redirect::Redirect;
use self::retry::{Next, Retries};
use self::retry_after::{http_date, retry_after};
pub(crate) use self::service::{Service, Services};
use self::skew::Skew;
use self::user_agent::Told;
use crate::auth::{self, IdentityKind, Sign, Signing};
use crate::body::{Body, Reuse};
use crate::checksum;
use crate::error::{Error, Result, RetriesEnded, RetryReason, ServiceError};
use crate::identity::{Credentials, Identity};
use crate::interceptor::Interceptor;
use crate::model::Operation;
use crate::output::Output;
use crate::protocol::{self, Params};
use crate::secrets::CallOf;
use crate::settings::{RetryMode, Settings};
use crate::time::Timestamp;
use crate::transport::{Limits, Request, Response, TransportError};

/// What every stage may read about the call in progress.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) config: &'a Settings,
    /// The program's.
    pub(crate) interceptors: &'a [Arc<dyn Interceptor>],
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    /// Whether a streaming payload is read whole too.
    pub(crate) buffered: bool,
    /// Not sent but signed in its URL.
    pub(crate) presign: Option<&'a Presign>,
    pub(crate) purpose: Purpose,
}

impl Call<'_> {
    /// What goes with each request of it.
    fn call_of(&self) -> CallOf {
        CallOf {
            model: self.service.model.clone(),
            operation: self.operation.name.clone(),
        }
    }
}

/// What a call is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Itself,
    Pages,
    Transfer,
    Wait,
}

/// What the machine wants next.
pub(crate) enum Step {
    Done(Result<Output>),
    /// Call this operation of the same service, in an exchange of its own.
    NeedCall {
        operation: Box<str>,
        params: Value,
    },
    /// Read what the data files say of the service's endpoints: [`Exchange::load`].
    NeedData,
    NeedIdentity(IdentityKind),
    /// Read this body, which is not in memory: [`Hashes::read`].
    Hash(Body, Hashes),
    /// Send this. The answer's body is to be read whole unless `stream` says that a good one is not.
    Send {
        request: Request,
        limits: Limits,
        stream: bool,
    },
    Sleep(Duration),
}

/// What happened.
pub(crate) enum Event {
    /// What the other operation said.
    Called(Result<Value>),
    Hashed(io::Result<Hashed>),
    Identity(Result<Identity>),
    Loaded(Result<()>),
    Received(Result<Received, TransportError>),
    /// The id that all attempts of the call share, which is a random UUID.
    Start(String),
    Woke,
}

/// A response as it came.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReceivedBody,
    /// It stands in for a result that a program gives later.
    pub(crate) stands_in: bool,
}

pub(crate) enum ReceivedBody {
    Whole(Bytes),
    /// The driver has it, and gives it with the result.
    Stream,
}

/// When an event happens, and a number in `[0, 1)` that nobody can foresee.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: SystemTime,
    /// How long until the call must be done, if it must.
    pub(crate) left: Option<Duration>,
    pub(crate) random: f64,
}

/// A call in progress.
pub(crate) struct Exchange<'a> {
    call: Call<'a>,
    params: Params,
    retries: Retries,
    /// When the last answer came, and when that was by the service's clock.
    answered: Option<(SystemTime, SystemTime)>,
    /// What a call that is at its end waits with.
    giving_up: Option<Error>,
    invocation_id: HeaderValue,
    prepared: Option<Prepared>,
    waiting: Waiting,
    /// Whether a request was sent.
    is_sent: bool,
    /// Whether the call was sent elsewhere once: it is not again.
    redirected: bool,
    /// How far ahead of the clock the last request was signed, in seconds.
    signed_ahead: i64,
    /// How far ahead the service's clock is, as a response to this call says. Others may have learned something else.
    told_ahead: Option<i64>,
    /// The headers of the last answer.
    headers: HeaderMap,
}

/// Why another operation was called.
enum Waiting {
    /// For the credentials of an S3 Express session, which are of this key.
    Session(sessions::Key),
    /// To find the bucket; this error holds if it is not found.
    BucketRegion(Error),
    /// To find the endpoint.
    Endpoint,
    Nothing,
}

/// What stays the same from attempt to attempt.
struct Prepared {
    request: Request,
    auth: Box<dyn Sign>,
    /// What must be computed before the request can be sent.
    needs: Option<Hashes>,
    /// The hash of a body that is not in memory.
    sha256: Option<String>,
}

impl<'a> Exchange<'a> {
    /// A call with checked parameters.
    pub(crate) fn new(call: Call<'a>, params: Params) -> Self {
        let quirks = call.service.quirks;
        let region = call.config.region().unwrap_or_default();
        Self {
            call,
            params,
            retries: Retries::new(
                call.service.retry_state(region),
                call.config.retry_mode(),
                quirks.retry,
                quirks.long_polling.contains(&&*call.operation.name),
                call.config.max_attempts(),
            ),
            answered: None,
            giving_up: None,
            invocation_id: HeaderValue::from_static(""),
            prepared: None,
            waiting: Waiting::Nothing,
            is_sent: false,
            redirected: false,
            signed_ahead: 0,
            told_ahead: None,
            headers: HeaderMap::new(),
        }
    }

    /// Goes on after an event.
    pub(crate) fn step(&mut self, event: Event, moment: Moment) -> Step {
        let next = match event {
            Event::Called(answer) => self.called(answer, moment),
            Event::Start(id) => self.begin(&id, moment),
            Event::Loaded(done) => done.and_then(|()| self.start(moment)),
            Event::Hashed(hashed) => self.hashed(hashed, moment),
            Event::Identity(Ok(who)) => self.identified(who, moment),
            Event::Identity(Err(error)) => Err(error),
            Event::Received(received) => Ok(self.judge(received, moment)),
            Event::Woke => match self.giving_up.take() {
                Some(error) => Err(error),
                None => self.attempt(moment),
            },
        };
        self.is_sent |= matches!(next, Ok(Step::Send { .. }));
        next.unwrap_or_else(|error| self.done(Err(error)))
    }

    fn done(&self, result: Result<Output>) -> Step {
        let (service, operation) = (self.call.service.name(), &self.call.operation.name);
        Step::Done(result.map_err(|e| e.of_call(service, operation)))
    }

    fn begin(&mut self, invocation_id: &str, moment: Moment) -> Result<Step> {
        self.invocation_id = HeaderValue::from_str(invocation_id).map_err(Error::request)?;
        match self.is_loaded() {
            true => self.start(moment),
            false => Ok(Step::NeedData),
        }
    }

    fn start(&mut self, moment: Moment) -> Result<Step> {
        if self.call.service.reads_account_id()?
            && !auth::is_unsigned(&self.call.context(&self.params.value, 0))
        {
            // whoever has neither is told of the region first
            endpoint::region(&self.call, endpoint::given_url(&self.call)?.as_deref())?;
            return Ok(Step::NeedIdentity(IdentityKind::Credentials));
        }
        if let Some(step) = self.prepare_or_ask(None, moment)? {
            return Ok(step);
        }
        self.attempt(moment)
    }

    /// Prepares the request, unless the service must be asked for its endpoint first.
    fn prepare_or_ask(
        &mut self,
        who: Option<&Credentials>,
        moment: Moment,
    ) -> Result<Option<Step>> {
        let discovered = match discovery::look_up(&self.call, &self.params.value, moment.now)? {
            Lookup::Ask(operation, params) => {
                self.waiting = Waiting::Endpoint;
                return Ok(Some(Step::NeedCall { operation, params }));
            }
            Lookup::Rules => None,
            Lookup::Use(url) => Some(url),
        };
        self.prepared = Some(self.prepare(who, discovered)?);
        Ok(None)
    }

    /// Goes on with what another operation said.
    fn called(&mut self, answer: Result<Value>, moment: Moment) -> Result<Step> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::BucketRegion(error) => {
                let bucket = redirect::bucket(&self.call, &self.params.value);
                // that call went after the bucket itself, and the service has kept where it found it
                match bucket.and_then(|bucket| self.call.service.bucket_region(bucket)) {
                    Some(_) => self.redirect(moment),
                    None => Err(error),
                }
            }
            Waiting::Endpoint => {
                discovery::learn(&self.call, &self.params.value, answer, moment.now)?;
                self.start(moment)
            }
            Waiting::Session(key) => {
                // this one is used even if it ends at once, so that nobody asks forever
                let session = self.call.service.sessions.learn(key, &answer?)?;
                self.send(Some(&Identity::Credentials(session)), moment)
            }
            Waiting::Nothing => Err(Error::request("nobody was called")),
        }
    }

    /// Sends the call to the region that the bucket is in, at once and once.
    fn redirect(&mut self, moment: Moment) -> Result<Step> {
        self.redirected = true;
        self.prepared = Some(self.prepare(None, None)?);
        self.attempt(moment)
    }

    /// Asks for whoever signs, or sends what nobody signs.
    fn attempt(&mut self, moment: Moment) -> Result<Step> {
        if let Some(Prepared {
            request,
            needs: Some(hashes),
            ..
        }) = &self.prepared
        {
            return Ok(Step::Hash(request.body().clone(), *hashes));
        }
        if self.call.presign.is_none()
            && let Some(delay) = self.retries.hold(moment.now)
        {
            return Ok(Step::Sleep(delay));
        }
        let needs = self
            .prepared
            .as_ref()
            .map(|prepared| prepared.auth.identity());
        match needs {
            Some(None) => self.send(None, moment),
            Some(Some(kind)) => Ok(Step::NeedIdentity(kind)),
            None => Ok(Step::NeedIdentity(IdentityKind::Credentials)),
        }
    }

    fn identified(&mut self, who: Identity, moment: Moment) -> Result<Step> {
        if self.prepared.is_none() {
            // only credentials are asked for before the request is there
            let credentials = match &who {
                Identity::Credentials(credentials) => Some(credentials),
                Identity::Token(_) => None,
            };
            if let Some(step) = self.prepare_or_ask(credentials, moment)? {
                return Ok(step);
            }
            // the endpoint may be one that somebody else signs for
            return match &self.prepared {
                Some(prepared)
                    if prepared.needs.is_none()
                        && prepared.auth.identity() == Some(IdentityKind::Credentials) =>
                {
                    self.signed_by(who, moment)
                }
                _ => self.attempt(moment),
            };
        }
        self.signed_by(who, moment)
    }

    /// Goes on with the hashes of the body, which are good for all attempts.
    fn hashed(&mut self, hashed: io::Result<Hashed>, moment: Moment) -> Result<Step> {
        let hashed = hashed.map_err(Error::request)?;
        if let Some(prepared) = &mut self.prepared {
            let algorithm = prepared.needs.take().and_then(|hashes| hashes.checksum);
            if let (Some(algorithm), Some(checksum)) = (algorithm, &hashed.checksum) {
                checksum::set_header(&mut prepared.request, algorithm, checksum)?;
            }
            *prepared.request.body_mut() = hashed.body;
            prepared.sha256 = hashed.sha256;
        }
        self.attempt(moment)
    }

    /// Sends the request, once there is a session where it needs one.
    fn signed_by(&mut self, who: Identity, moment: Moment) -> Result<Step> {
        let needs_session = (self.prepared.as_ref()).is_some_and(|p| p.auth.needs_session());
        let (true, Identity::Credentials(credentials)) = (needs_session, &who) else {
            return self.send(Some(&who), moment);
        };
        let key = sessions::Key::new(&self.params.value, credentials)?;
        match self.call.service.sessions.get(&key, moment.now) {
            Some(session) => self.send(Some(&Identity::Credentials(session)), moment),
            None => {
                let params = key.params();
                self.waiting = Waiting::Session(key);
                let operation = sessions::CREATES_SESSION.into();
                Ok(Step::NeedCall { operation, params })
            }
        }
    }

    /// Signs the request and hands it out.
    fn send(&mut self, who: Option<&Identity>, moment: Moment) -> Result<Step> {
        let Some(prepared) = &self.prepared else {
            return Err(Error::request("it is not prepared"));
        };
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
        if let Some(presign) = self.call.presign {
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
        let config = call.config;
        let stream = protocol::streams(&call.service.model, call.operation, call.buffered)?;
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
        let (model, operation) = (&self.call.service.model, self.call.operation);
        let is_one = |id| protocol::streaming_payload(model, id).is_ok_and(|found| found.is_some());
        is_one(operation.input)
            || (is_one(operation.output)
                && protocol::event_stream(model, operation).is_ok_and(|found| found.is_none()))
    }

    /// Decides what an answer, or none, means: a result, another attempt or an error.
    fn judge(&mut self, received: Result<Received, TransportError>, moment: Moment) -> Step {
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
        } = self.call;
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

    /// The answer that an interceptor gives in the service's place, if one does.
    pub(crate) fn answer_for(&self, request: &Request) -> Option<Result<Response, TransportError>> {
        let attempt = self.retries.attempt();
        self.call
            .intercept_send(&self.params.value, attempt, request)
    }

    /// How many attempts were made, the one that is being made among them.
    pub(crate) fn attempts(&self) -> u32 {
        match self.is_sent {
            true => self.retries.attempt(),
            false => 0,
        }
    }

    /// Lets the interceptors have the last word.
    pub(crate) fn finish(&self, result: &mut Result<Output>) {
        let keep_attempts = |result: &mut Result<Output>| {
            if let Err(error) = result {
                error.set_attempts(self.attempts());
            }
        };
        keep_attempts(result);
        let attempt = self.retries.attempt();
        self.call
            .intercept_result(&self.params.value, attempt, result);
        keep_attempts(result); // of an error that they gave
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

    /// What helps against a refusal that has to do with how the body goes. Servers that are like S3 often know nothing of
    /// checksums behind a body, and each says it in its own way.
    fn hint(&self, error: &ServiceError) -> Option<&'static str> {
        let prepared = self.prepared.as_ref()?;
        if error.status == 411 && prepared.request.body().len().is_none() {
            return Some(
                "the request did not say how long its body is: give a file or bytes, the parameter ContentLength where the \
                 operation has it, or Body::from_reader_with_len",
            );
        }
        let refused = matches!(error.status, 400 | 403 | 411 | 501)
            && checksum::has_trailer(prepared.request.headers())
            && endpoint::given_url(&self.call).is_ok_and(|url| url.is_some());
        refused.then_some(
            "the request had its checksum behind the body; for a server that does not know this, set \
             request_checksum_calculation to when_required",
        )
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
            Redirect::Unknown => Some(Err(Step::NeedCall {
                operation: redirect::FINDS_REGION.into(),
                params: json!({"Bucket": bucket}),
            })),
        }
    }
}
