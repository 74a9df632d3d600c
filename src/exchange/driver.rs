//! The blocking driver: gives the exchange what it asks for.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::Uri;
use serde_json::Value;

use super::{
    Call, Event, Exchange, Moment, Purpose, Received, ReceivedBody, Services, Step, trace,
};
use crate::auth::IdentityKind;
use crate::body::ResponseBody;
use crate::cancel::CancelToken;
use crate::credentials::{
    Asked, Chain, CredentialsCache, CredentialsError, CredentialsProvider, Proof, ProviderCall,
    ProviderContext, ServiceCalls, TokenCache, imds,
};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{BearerToken, Credentials, Identity, header_text};
use crate::interceptor::StandsIn;
use crate::output::Output;
use crate::protocol::Params;
use crate::random;
use crate::secrets::scrub;
use crate::settings::{Settings, token_variable};
use crate::transport::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};

/// Where the driver gets what the exchange lacks.
#[derive(Clone, Copy)]
pub(crate) struct Needs<'a> {
    pub(crate) config: &'a Settings,
    pub(crate) credentials: &'a CredentialsCache,
    pub(crate) tokens: &'a TokenCache,
    pub(crate) transport: &'a dyn Transport,
    pub(crate) services: &'a Services,
    pub(crate) cancel: &'a CancelToken,
    /// The region of the instance that this runs on, once it was looked for.
    pub(crate) here: &'a OnceLock<Option<String>>,
    /// When the call must be done.
    pub(crate) deadline: Option<Instant>,
}

/// Drives an exchange to its end.
pub(crate) fn drive(mut exchange: Exchange<'_>, needs: Needs<'_>) -> Result<Output> {
    let span = trace::call(&exchange.call);
    let _inside = span.enter();
    let mut result = run(&mut exchange, needs);
    exchange.finish(&mut result);
    trace::ended(&span, &result);
    result
}

fn run(exchange: &mut Exchange<'_>, needs: Needs<'_>) -> Result<Output> {
    let mut event = Event::Start(random::uuid());
    // the body of the last response, if it is not read here
    let mut stream = None;
    loop {
        event = match exchange.step(event, needs.moment()) {
            Step::Done(result) => return Ok(result?.with_stream(stream.take())),
            Step::Send {
                request,
                limits,
                stream: streams,
            } => {
                needs.check(request.uri())?;
                let limits = needs.limits(limits, streams);
                let uri = request.uri().clone();
                let span = trace::attempt(exchange.attempts(), &request);
                let _inside = span.enter();
                let answer = exchange.answer_for(&request);
                let answer = answer.unwrap_or_else(|| needs.transport.send(request, &limits));
                let most = needs.config.max_response_size();
                let received = answer.and_then(|answer| receive(&uri, answer, streams, most));
                let (received, body) =
                    received.map_or_else(|e| (Err(e), None), |(r, b)| (Ok(r), b));
                stream = body;
                trace::received(&span, &received);
                Event::Received(received)
            }
            other => needs.give(exchange, other)?,
        };
    }
}

/// Drives an exchange up to its request, which is not sent.
pub(crate) fn drive_to_request(mut exchange: Exchange<'_>, needs: Needs<'_>) -> Result<Request> {
    let mut event = Event::Start(random::uuid());
    loop {
        event = match exchange.step(event, needs.moment()) {
            Step::Done(Err(error)) => return Err(error),
            Step::Send { request, .. } => return Ok(request),
            other => needs.give(&exchange, other)?,
        };
    }
}

/// Another operation of the same service, with its whole result.
fn nested(of: &Exchange<'_>, operation: &str, params: Value, needs: Needs<'_>) -> Result<Value> {
    let call = Call {
        operation: of.call.service.model.operation(operation)?,
        buffered: true,
        presign: None,
        ..of.call
    };
    let params = Params {
        value: params,
        body: None,
    };
    drive(Exchange::new(call, params), needs)?.value()
}

impl Needs<'_> {
    fn moment(&self) -> Moment {
        Moment {
            now: self.config.now(),
            left: self.left(),
            random: self.config.jitter(),
        }
    }

    fn left(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        self.deadline.map(until)
    }

    /// Whether the caller still wants the answer.
    fn check(&self, to: &Uri) -> Result<()> {
        match self.cancel.is_cancelled() {
            true => Err(TransportError::cancelled(to).into()),
            false => Ok(()),
        }
    }

    /// The limits of an attempt, those of the whole call among them. A body that streams is read after the call.
    fn limits(&self, limits: Limits, stream: bool) -> Limits {
        let attempt = self.config.attempt_timeout();
        let attempt = attempt.and_then(|timeout| Instant::now().checked_add(timeout));
        let deadline = self.deadline.into_iter().chain(attempt).min();
        Limits {
            connect: self.connect_timeout(limits.connect),
            cancel: self.cancel.clone(),
            deadline,
            body_deadline: deadline.filter(|_| !stream),
            ..limits
        }
    }

    /// The time for a connection, which may depend on how near the service is. Only a request needs to know that, so it is
    /// found out with the first one.
    fn connect_timeout(&self, given: Duration) -> Duration {
        if !self.config.depends_on_place() {
            return given;
        }
        let here = match self.here.get() {
            Some(here) => here.clone(),
            None => {
                let here = imds::region(&self.context());
                // a call that is cancelled has not looked to the end
                match self.cancel.is_cancelled() {
                    true => here,
                    false => self.here.get_or_init(|| here).clone(),
                }
            }
        };
        self.config.connect_timeout_from(here.as_deref())
    }

    /// What the exchange lacks, the network apart.
    fn give(&self, exchange: &Exchange<'_>, step: Step) -> Result<Event> {
        Ok(match step {
            Step::NeedCall { operation, params } => {
                Event::Called(nested(exchange, &operation, params, *self))
            }
            Step::NeedData => Event::Loaded(exchange.load()),
            Step::Hash(body, hashes) => Event::Hashed(hashes.read(body)),
            Step::NeedIdentity(IdentityKind::Credentials) => {
                Event::Identity(self.credentials().map(Identity::Credentials))
            }
            Step::NeedIdentity(IdentityKind::Token) => {
                let name = &exchange.call.service.model.metadata().signing_name;
                Event::Identity(self.token(name).map(Identity::Token))
            }
            Step::Sleep(delay) => {
                self.config.pause(delay, self.cancel);
                Event::Woke
            }
            Step::Done(_) | Step::Send { .. } => {
                return Err(Error::request("the exchange is at its end"));
            }
        })
    }

    pub(crate) fn token(&self, signing_name: &str) -> Result<BearerToken> {
        if let Some((token, from)) = self.config.bearer_token(signing_name) {
            let fit = header_text(token.token());
            fit.map_err(|unfit| Error::new(ErrorKind::Credentials, format!("{from} {unfit}")))?;
            return Ok(token);
        }
        let lookup = self.of_lookup();
        lookup.tokens.get(&lookup.context()).map_err(|error| match error {
            CredentialsError::Absent(why) => {
                let variable = token_variable(signing_name);
                let what = format!("no bearer token: give it to the client, set {variable}, or log in to an SSO session ({why})");
                Error::new(ErrorKind::Credentials, what)
            }
            other => other.into(),
        })
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let lookup = self.of_lookup();
        Ok(lookup.credentials.get(&lookup.context())?)
    }

    /// What each provider answers.
    pub(crate) fn explain_credentials(&self) -> Vec<Asked> {
        let lookup = self.of_lookup();
        lookup.credentials.explain(&lookup.context())
    }

    /// The same, but done by the end of the time for a lookup of credentials.
    fn of_lookup(&self) -> Self {
        let end = Instant::now().checked_add(self.config.credentials_timeout());
        Self {
            deadline: self.deadline.into_iter().chain(end).min(),
            ..*self
        }
    }

    /// What providers may use.
    fn context(&self) -> ProviderContext<'_> {
        ProviderContext {
            config: self.config,
            transport: self.transport,
            now: self.config.now(),
            cancel: self.cancel,
            deadline: self.deadline,
            calls: self,
        }
    }
}

impl ServiceCalls for Needs<'_> {
    fn call(&self, call: ProviderCall<'_>) -> Result<Value> {
        let config = self.config.for_provider(call.who.is_some());
        let config = match call.region {
            Some(region) => {
                config.in_region(region, "the profile, its SSO session or its login")?
            }
            None => config,
        };
        let proving = Proving {
            transport: self.transport,
            proof: call.proof,
        };
        let provider: Arc<dyn CredentialsProvider> = match call.who {
            Some(who) => Arc::new(who.clone()),
            None => Arc::new(Chain::new()),
        };
        let credentials = CredentialsCache::new(provider);
        let service = self.services.service(call.service)?;
        let params = Params {
            value: call.params,
            body: None,
        };
        let of = Call {
            config: &config,
            interceptors: &[],
            service: &service,
            operation: service.model.operation(call.operation)?,
            buffered: true,
            presign: None,
            purpose: Purpose::Itself,
        };
        let needs = Needs {
            config: &config,
            credentials: &credentials,
            transport: &proving,
            ..*self
        };
        drive(Exchange::new(of, params), needs)?.value()
    }
}

/// Adds to each request the proof that its call needs, if it needs one.
struct Proving<'a> {
    transport: &'a dyn Transport,
    proof: Option<&'a Proof<'a>>,
}

impl Transport for Proving<'_> {
    fn send(&self, mut request: Request, limits: &Limits) -> Result<Response, TransportError> {
        if let Some(proof) = self.proof {
            let uri = request.uri().clone();
            let broken = |why| TransportError::new(TransportErrorKind::Request, &uri, why);
            request
                .headers_mut()
                .insert("dpop", proof(&uri).map_err(broken)?);
        }
        self.transport.send(request, limits)
    }
}

/// The most bytes of an error that are read: no service has as many.
const MAX_ERROR: u64 = 16 * 1024 * 1024;

/// A body that is read whole is read here, so that a connection which breaks meanwhile is one that broke.
fn receive(
    uri: &Uri,
    answer: Response,
    stream: bool,
    most: u64,
) -> Result<(Received, Option<ResponseBody>), TransportError> {
    let (head, mut body) = answer.into_parts();
    let is_good = head.status.is_success();
    let (body, stream) = match stream && is_good {
        true => (ReceivedBody::Stream, Some(body)),
        false => {
            let broken = |e: io::Error| TransportError::of_body(uri, e);
            let most = if is_good { most } else { most.min(MAX_ERROR) };
            let bytes = body.read_within(most).map_err(broken)?;
            (ReceivedBody::Whole(bytes.into()), None)
        }
    };
    let mut headers = head.headers;
    scrub::mark_headers(&mut headers);
    let received = Received {
        status: head.status.as_u16(),
        stands_in: head.extensions.get::<StandsIn>().is_some(),
        headers,
        body,
    };
    Ok((received, stream))
}
