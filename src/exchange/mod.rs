//! The exchange: a state machine that owns a call from its parameters to its result.
//!
//! ```text
//!            ┌─ the rules read the account id ─┐
//!   Start ──►│           Need(Identity)        │──► endpoint ──► encode ──► choose auth
//!            └─────────────────────────────────┘                               │
//!                                        ┌─────────────────────────────────────┘
//!                                        ▼
//!   Woke ─────────────────────► Need(Identity) ──► sign ──► Send ──► judge ──► Done
//!     ▲                                                                │
//!     └────────────────────────────── Sleep ◄──────────────────────────┘
//! ```
//! The machine does no IO and reads no clock: what it lacks it asks of its driver, one [`Step`] at a time, and time and
//! chance come in with each event. An attempt that is repeated gets fresh credentials, a fresh date and a fresh signature.

mod classify;
mod driver;
mod endpoint;
mod retry;
mod service;
mod user_agent;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Uri};

pub(crate) use self::driver::{Needs, drive};
pub(crate) use self::service::Service;
use self::retry::Retries;
use crate::auth::{self, AuthChoice};
use crate::body::{Body, ResponseBody};
use crate::config::Config;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::model::Operation;
use crate::output::{Output, OutputSource, ResponseMeta};
use crate::protocol::{self, Answer, Encoded, Params};
use crate::transport::{Limits, Request, TransportError};
use crate::{random, uri};

/// What every stage may read about the call in progress.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) config: &'a Config,
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    /// Whether a streaming payload is read whole too.
    pub(crate) buffered: bool,
}

/// What the machine wants next.
pub(crate) enum Step {
    Done(Result<Output>),
    NeedIdentity,
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
    Identity(Result<Credentials>),
    Received(Result<Received, TransportError>),
    Start,
    Woke,
}

/// An answer as it came.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReceivedBody,
}

pub(crate) enum ReceivedBody {
    Whole(Bytes),
    Stream(ResponseBody),
}

/// When an event happens, and a number in `[0, 1)` that nobody can foresee.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: SystemTime,
    pub(crate) random: f64,
}

/// A call in progress.
pub(crate) struct Exchange<'a> {
    call: Call<'a>,
    params: Params,
    retries: Retries<'a>,
    invocation_id: HeaderValue,
    prepared: Option<Prepared>,
}

/// What stays the same from attempt to attempt.
struct Prepared {
    request: Encoded,
    uri: Uri,
    auth: AuthChoice,
}

impl<'a> Exchange<'a> {
    /// A call with checked parameters.
    pub(crate) fn new(call: Call<'a>, params: Params) -> Self {
        let default = call.service.default_attempts();
        let attempts = call.config.max_attempts().unwrap_or(default);
        Self {
            call,
            params,
            retries: Retries::new(&call.service.quota, attempts),
            // a UUID is ASCII
            invocation_id: HeaderValue::from_str(&random::uuid())
                .unwrap_or_else(|_| HeaderValue::from_static("")),
            prepared: None,
        }
    }

    /// Goes on after an event.
    pub(crate) fn step(&mut self, event: Event, moment: Moment) -> Step {
        let next = match event {
            Event::Start => self.start(),
            Event::Identity(Ok(who)) => self.identified(&who, moment),
            Event::Identity(Err(error)) => Err(error),
            Event::Received(received) => return self.judge(received, moment),
            Event::Woke => self.attempt(moment),
        };
        next.unwrap_or_else(|error| self.done(Err(error)))
    }

    fn done(&self, result: Result<Output>) -> Step {
        let (service, operation) = (self.call.service.name(), &self.call.operation.name);
        Step::Done(result.map_err(|e| e.of_call(service, operation)))
    }

    fn start(&mut self) -> Result<Step> {
        if self.call.service.reads_account_id() && !auth::is_unsigned(&self.call) {
            return Ok(Step::NeedIdentity);
        }
        self.prepare(None)?;
        // no moment is needed: an attempt without identity only asks for it
        self.ask_or_send(None)
    }

    /// Resolves the endpoint, writes the request and chooses how it is signed.
    fn prepare(&mut self, who: Option<&Credentials>) -> Result<()> {
        let Call {
            service, operation, ..
        } = self.call;
        if protocol::input_event_stream(&service.model, operation)?.is_some() {
            let what = "operations that stream events to the service need HTTP/2";
            return Err(Error::Unsupported(what.into()));
        }
        let endpoint = endpoint::resolve(&self.call, &self.params.value, who)?;
        let mut request = protocol::encode(&service.model, operation, &self.params)?;
        let prefix = protocol::host_prefix(&service.model, operation, &self.params.value)?;
        let uri = assemble(&endpoint, prefix.as_deref(), &request)?;
        for (name, value) in &endpoint.headers {
            let fault = |_| Error::request(format!("the endpoint rules give a bad header {name}"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| fault(e.into()))?;
            let value = HeaderValue::from_str(value).map_err(|e| fault(e.into()))?;
            request.headers.insert(name, value);
        }
        if let Some(authority) = uri.authority() {
            let host = without_default_port(&uri, authority.as_str());
            let host = HeaderValue::from_str(host).map_err(Error::request)?;
            request.headers.insert(HOST, host);
        }
        let agent = HeaderValue::from_static(user_agent::user_agent());
        request.headers.insert(USER_AGENT, agent);
        let auth = auth::choose(&self.call, &endpoint)?;
        self.prepared = Some(Prepared { request, uri, auth });
        Ok(())
    }

    fn identified(&mut self, who: &Credentials, moment: Moment) -> Result<Step> {
        if self.prepared.is_none() {
            self.prepare(Some(who))?;
        }
        self.send(Some(who), moment)
    }
}
