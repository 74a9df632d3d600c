//! The exchange: a state machine that owns a call from its parameters to its result.
//!
//! ```text
//!            ┌─ the rules read the account id ─┐    ┌─ endpoints are discovered ────┐
//!   Start ──►│           NeedIdentity          │──►─┤           NeedCall            │──► endpoint ──► encode ──► choose auth
//!            └─────────────────────────────────┘    └───────────────────────────────┘        ▲                      │
//!                                                                           the bucket is in another region         │
//!                                        ┌───────────────────────────────────────────┼──────────────────────────────┘
//!                                        ▼                                           │
//!   Woke ─────────────────────► NeedIdentity ──► sign ──► Send ──► judge ────────────┴──► Done
//!     ▲                                                              │
//!     └───────────────────────────── Sleep ◄─────────────────────────┘
//! ```
//! The machine does no IO and reads no clock. It requests what it needs from its driver, one [`Step`] at a time, and receives the
//! time and a random number with each event. Every attempt has current credentials, and a date and signature of its own.

#[cfg(feature = "async")]
mod async_driver;
mod call;
mod catalog;
mod classify;
mod cross_region;
mod discovery;
mod driver;
mod endpoint;
mod hashing;
mod hooks;
mod judge;
mod last_user_agent;
mod length;
#[cfg(all(test, feature = "embedded"))]
mod machine_tests;
mod prepare;
mod presigned;
mod redirect;
mod response;
mod retry;
mod retry_after;
mod send;
mod sent_events;
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

#[cfg(all(feature = "async", feature = "_internals"))]
pub(crate) use self::async_driver::Instead;
#[cfg(feature = "async")]
pub(crate) use self::async_driver::{
    AsyncEnv, drive as drive_async, drive_to_request as drive_to_request_async,
};
pub(crate) use self::call::{Call, Purpose};
use self::cross_region::CopySource;
use self::discovery::Lookup;
pub(crate) use self::driver::{CallEnv, drive, drive_to_request};
pub use self::endpoint::EndpointExplanation;
pub(crate) use self::endpoint::explain;
use self::hashing::{Hashed, Hashes};
pub(crate) use self::presigned::Presign;
use self::retry::Retries;
use self::sent_events::SentEvents;
pub(crate) use self::service::{Service, Services};
use crate::auth::{self, IdentityKind, Sign};
use crate::body::Body;
use crate::checksum;
use crate::error::{Error, Result};
use crate::eventstream::{EventInput, EventLink};
use crate::identity::{Credentials, Identity};
use crate::output::Output;
use crate::protocol::Params;
use crate::transport::{Limits, Request, Response, TransportError};

/// The next action for the driver.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one step at a time, and the result is moved out of it"
)]
pub(crate) enum Step {
    Done(Result<Output>),
    /// Drive this nested exchange of the same service. If it is presigned, its result is the URL.
    NeedCall(Box<Exchange>),
    /// Load the service's endpoint rules: [`Exchange::load`].
    NeedData,
    NeedIdentity(IdentityKind),
    /// Read this body, which is not in memory: [`Hashes::read`].
    Hash(Body, Hashes),
    /// Send this request. The response's body is read into memory, unless `stream` is set and the response is a success.
    Send {
        request: Request,
        limits: Limits,
        stream: bool,
    },
    Sleep(Duration),
}

/// The outcome of a step.
pub(crate) enum Event {
    /// The result of the nested call, or its URL.
    Called(Result<Value>),
    Hashed(io::Result<Hashed>),
    Identity(Result<Identity>),
    Loaded(Result<()>),
    Received(Result<Received, TransportError>),
    /// The id that all attempts of the call share, a random UUID.
    Start(String),
    Woke,
}

/// A response as it was received.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReceivedBody,
    /// The response is a placeholder for a result that an interceptor sets later.
    pub(crate) stands_in: bool,
}

pub(crate) enum ReceivedBody {
    Whole(Bytes),
    /// The driver keeps it, and attaches it to the result.
    Stream,
}

/// The current time and a random sample in `[0, 1)` for jitter.
#[derive(Clone, Copy)]
pub(crate) struct Tick {
    pub(crate) now: SystemTime,
    /// The time until the call's deadline.
    pub(crate) left: Option<Duration>,
    pub(crate) random: f64,
}

/// A call in progress.
pub(crate) struct Exchange {
    call: Call,
    params: Params,
    /// The events that the call sends.
    events: Option<SentEvents>,
    retries: Retries,
    /// The time of the last response, by the local clock and by the service's.
    last_response: Option<(SystemTime, SystemTime)>,
    /// The error to return after the final back-off delay.
    giving_up: Option<Error>,
    invocation_id: HeaderValue,
    prepared: Option<Prepared>,
    waiting: Waiting,
    /// Whether a request was sent.
    is_sent: bool,
    /// Whether the call was redirected to another region or endpoint, which happens at most once.
    redirected: bool,
    /// The identity that signed the last request.
    identity: Option<Identity>,
    /// How many seconds ahead of the local clock the signing time of the last request was.
    signed_ahead: i64,
    /// How many seconds the service's clock is ahead of the local one, according to a response to this call.
    service_ahead: Option<i64>,
    /// The headers of the last response.
    headers: HeaderMap,
}

/// The purpose of a nested call.
enum Waiting {
    /// It finds the bucket's region; if it does not, the call ends with this error.
    BucketRegion(Error),
    /// It signs the URL that the service copies from.
    CopySource(CopySource),
    /// It finds the endpoint.
    Endpoint,
    Nothing,
    /// It creates an S3 Express session with this key.
    Session(sessions::Key),
}

/// The part of a request that all attempts share.
struct Prepared {
    request: Request,
    auth: Box<dyn Sign>,
    /// The hashes that must be computed before the request can be sent.
    needs: Option<Hashes>,
    /// The hash of a body that is not in memory.
    sha256: Option<String>,
    /// The first message of a body of events, in the RPC protocols: its media type and its payload.
    initial: Option<(String, Bytes)>,
}

impl Exchange {
    /// Creates the exchange of a call whose parameters are validated; see [`Call::exchange`].
    fn new(call: Call, params: Params, events: Option<EventInput>) -> Self {
        let quirks = call.service.quirks;
        let region = call.config.region().unwrap_or_default();
        let retries = Retries::new(
            call.service.retry_state(region),
            call.config.retry_mode(),
            quirks.retry,
            quirks.long_polling.contains(&&*call.operation.name),
            call.config.max_attempts(),
        );
        Self {
            call,
            params,
            events: events.map(SentEvents::new),
            retries,
            last_response: None,
            giving_up: None,
            invocation_id: HeaderValue::from_static(""),
            prepared: None,
            waiting: Waiting::Nothing,
            is_sent: false,
            redirected: false,
            identity: None,
            signed_ahead: 0,
            service_ahead: None,
            headers: HeaderMap::new(),
        }
    }

    /// Handles an event, and returns the next step.
    pub(crate) fn step(&mut self, event: Event, tick: Tick) -> Step {
        let next = match event {
            Event::Called(result) => self.called(result, tick),
            Event::Start(id) => self.begin(id, tick),
            Event::Loaded(done) => done.and_then(|()| self.start(tick)),
            Event::Hashed(hashed) => self.hashed(hashed, tick),
            Event::Identity(Ok(identity)) => self.identified(identity, tick),
            Event::Identity(Err(error)) => Err(error),
            Event::Received(received) => Ok(self.judge(received, tick)),
            Event::Woke => match self.giving_up.take() {
                Some(error) => Err(error),
                None => self.attempt(tick),
            },
        };
        self.is_sent |= matches!(next, Ok(Step::Send { .. }));
        next.unwrap_or_else(|error| self.done(Err(error)))
    }

    pub(super) fn done(&self, result: Result<Output>) -> Step {
        Step::Done(result.map_err(|e| self.call.named(e)))
    }

    fn begin(&mut self, invocation_id: String, tick: Tick) -> Result<Step> {
        self.invocation_id = HeaderValue::try_from(invocation_id).map_err(Error::request)?;
        match self.is_loaded() {
            true => self.start(tick),
            false => Ok(Step::NeedData),
        }
    }

    pub(super) fn start(&mut self, tick: Tick) -> Result<Step> {
        if let Some(step) = self.sign_copy_source()? {
            return Ok(step);
        }
        if self.call.service.reads_account_id()?
            && !auth::is_unsigned(&self.call.context(&self.params.value, 0))
        {
            // a missing region is reported before missing credentials
            endpoint::region(&self.call, endpoint::given_url(&self.call)?)?;
            return Ok(Step::NeedIdentity(IdentityKind::Credentials));
        }
        if let Some(step) = self.prepare_or_ask(None, tick)? {
            return Ok(step);
        }
        self.attempt(tick)
    }

    /// Prepares the request, unless the service must be called for its endpoint first.
    fn prepare_or_ask(
        &mut self,
        credentials: Option<&Credentials>,
        tick: Tick,
    ) -> Result<Option<Step>> {
        let discovered = match discovery::look_up(&self.call, &self.params.value, tick.now)? {
            Lookup::Ask(operation, params) => {
                self.waiting = Waiting::Endpoint;
                let request = self.call.nested(&operation)?.exchange(params, None)?;
                return Ok(Some(Step::NeedCall(Box::new(request))));
            }
            Lookup::Rules => None,
            Lookup::Use(url) => Some(url),
        };
        self.prepared = Some(self.prepare(credentials, discovered)?);
        Ok(None)
    }

    /// Continues with the result of a nested call.
    fn called(&mut self, result: Result<Value>, tick: Tick) -> Result<Step> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::BucketRegion(error) => {
                let bucket = redirect::bucket(&self.call, &self.params.value);
                // the nested call followed the bucket itself, and the service has kept its region
                match bucket.and_then(|bucket| self.call.service.bucket_region(bucket)) {
                    Some(_) => self.redirect(tick),
                    None => Err(error),
                }
            }
            Waiting::Endpoint => {
                discovery::learn(&self.call, &self.params.value, result, tick.now)?;
                self.start(tick)
            }
            Waiting::CopySource(source) => {
                self.params = source.finish(result?)?;
                self.start(tick)
            }
            Waiting::Session(key) => {
                // the session is used even if it expires at once, so that the call does not loop
                let session = self.call.service.sessions.learn(key, &result?)?;
                self.send(Some(Identity::Credentials(session)), tick)
            }
            Waiting::Nothing => Err(Error::request("no other operation was called")),
        }
    }

    /// Redirects the call to the bucket's region, without a delay and only once.
    pub(super) fn redirect(&mut self, tick: Tick) -> Result<Step> {
        self.redirected = true;
        self.prepared = Some(self.prepare(None, None)?);
        self.attempt(tick)
    }

    /// Requests the identity to sign with, or sends the request unsigned.
    pub(super) fn attempt(&mut self, tick: Tick) -> Result<Step> {
        if let Some(Prepared {
            request,
            needs: Some(hashes),
            ..
        }) = &self.prepared
        {
            return Ok(Step::Hash(request.body().clone(), *hashes));
        }
        if self.call.presign.is_none()
            && let Some(delay) = self.retries.acquire_send_token(tick.now)
        {
            return Ok(Step::Sleep(delay));
        }
        let needs = self
            .prepared
            .as_ref()
            .map(|prepared| prepared.auth.identity());
        match needs {
            Some(None) => self.send(None, tick),
            Some(Some(kind)) => Ok(Step::NeedIdentity(kind)),
            None => Ok(Step::NeedIdentity(IdentityKind::Credentials)),
        }
    }

    fn identified(&mut self, identity: Identity, tick: Tick) -> Result<Step> {
        if self.prepared.is_none() {
            // only credentials are requested before the request is prepared
            let credentials = match &identity {
                Identity::Credentials(credentials) => Some(credentials),
                Identity::Token(_) => None,
            };
            if let Some(step) = self.prepare_or_ask(credentials, tick)? {
                return Ok(step);
            }
            // the endpoint may need another kind of identity
            return match &self.prepared {
                Some(prepared)
                    if prepared.needs.is_none()
                        && prepared.auth.identity() == Some(IdentityKind::Credentials) =>
                {
                    self.signed_by(identity, tick)
                }
                _ => self.attempt(tick),
            };
        }
        self.signed_by(identity, tick)
    }

    /// Continues with the hashes of the body, which all attempts share.
    fn hashed(&mut self, hashed: io::Result<Hashed>, tick: Tick) -> Result<Step> {
        let hashed = hashed.map_err(Error::request)?;
        if let Some(prepared) = &mut self.prepared {
            let algorithm = prepared.needs.take().and_then(|hashes| hashes.checksum);
            if let (Some(algorithm), Some(checksum)) = (algorithm, &hashed.checksum) {
                checksum::set_header(&mut prepared.request, algorithm, checksum)?;
            }
            hashed.set_tree_headers(prepared.request.headers_mut())?;
            *prepared.request.body_mut() = hashed.body;
            prepared.sha256 = hashed.sha256;
        }
        self.attempt(tick)
    }

    /// Sends the request, after creating a session if it needs one.
    fn signed_by(&mut self, identity: Identity, tick: Tick) -> Result<Step> {
        let needs_session = (self.prepared.as_ref()).is_some_and(|p| p.auth.needs_session());
        let (true, Identity::Credentials(credentials)) = (needs_session, &identity) else {
            return self.send(Some(identity), tick);
        };
        let key = sessions::Key::new(&self.params.value, credentials)?;
        match self.call.service.sessions.get(&key, tick.now) {
            Some(session) => self.send(Some(Identity::Credentials(session)), tick),
            None => {
                let params = key.params();
                self.waiting = Waiting::Session(key);
                let creates = self.call.nested(sessions::CREATES_SESSION)?;
                Ok(Step::NeedCall(Box::new(creates.exchange(params, None)?)))
            }
        }
    }

    /// Returns the response that an interceptor returns in place of the service's, if any.
    pub(crate) fn intercept_send(
        &self,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        let attempt = self.retries.attempt();
        self.call
            .intercept_send(&self.params.value, attempt, request)
    }

    /// The service's name in signatures, by which bearer tokens are chosen.
    fn signing_name(&self) -> &str {
        &self.call.service.model.metadata().signing_name
    }

    pub(crate) fn is_presigned(&self) -> bool {
        self.call.presign.is_some()
    }

    /// The number of attempts, including the current one.
    pub(crate) fn attempts(&self) -> u32 {
        match self.is_sent {
            true => self.retries.attempt(),
            false => 0,
        }
    }

    /// Opens the event stream of the output, and collects it for a buffered call.
    pub(crate) fn with_events(&self, output: Output) -> Result<Output> {
        let max = (self.call.buffered).then(|| self.call.config.max_response_size());
        let output = output.with_events(max, self.event_link());
        output.map_err(|e| self.call.named(e))
    }

    fn event_link(&self) -> Option<Arc<EventLink>> {
        self.events.as_ref().map(|events| events.link.clone())
    }

    /// Does the same without blocking.
    #[cfg(feature = "async")]
    async fn with_events_async(&self, output: Output) -> Result<Output> {
        let max = (self.call.buffered).then(|| self.call.config.max_response_size());
        let output = output.with_events_async(max, self.event_link()).await;
        output.map_err(|e| self.call.named(e))
    }

    /// Runs the interceptors' `result` hooks.
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
        keep_attempts(result); // of an error that they set
    }
}
