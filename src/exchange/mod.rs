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
mod judge;
mod length;
#[cfg(all(test, feature = "embedded"))]
mod machine_tests;
mod prepare;
mod presigned;
mod redirect;
mod retry;
mod retry_after;
mod send;
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
use http::header::HeaderValue;
use serde_json::Value;

pub(crate) use self::cross_region::CrossRegion;
use self::discovery::Lookup;
pub(crate) use self::driver::{Needs, drive, drive_to_request};
pub use self::endpoint::EndpointExplanation;
pub(crate) use self::endpoint::explain;
use self::hashing::{Hashed, Hashes};
pub(crate) use self::hooks::{intercept_params, interceptors};
pub(crate) use self::presigned::Presign;
use self::retry::Retries;
pub(crate) use self::service::{Service, Services};
use crate::auth::{self, IdentityKind, Sign};
use crate::body::Body;
use crate::checksum;
use crate::error::{Error, Result};
use crate::identity::{Credentials, Identity};
use crate::interceptor::Interceptor;
use crate::model::Operation;
use crate::output::Output;
use crate::protocol::Params;
use crate::secrets::CallOf;
use crate::settings::Settings;
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

    pub(super) fn done(&self, result: Result<Output>) -> Step {
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

    pub(super) fn start(&mut self, moment: Moment) -> Result<Step> {
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
            Waiting::Nothing => Err(Error::request("no other operation was called")),
        }
    }

    /// Sends the call to the region that the bucket is in, at once and once.
    pub(super) fn redirect(&mut self, moment: Moment) -> Result<Step> {
        self.redirected = true;
        self.prepared = Some(self.prepare(None, None)?);
        self.attempt(moment)
    }

    /// Asks for whoever signs, or sends what nobody signs.
    pub(super) fn attempt(&mut self, moment: Moment) -> Result<Step> {
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
}
