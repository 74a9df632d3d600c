//! The blocking driver: fulfils the steps of an exchange.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::Uri;
use serde_json::Value;

use super::{Call, Event, Exchange, Received, ReceivedBody, Services, Step, Tick, trace};
use crate::auth::IdentityKind;
use crate::body::ResponseBody;
use crate::cancel::CancelToken;
use crate::credentials::{
    Chain, CredentialsCache, CredentialsError, CredentialsProvider, Proof, ProviderCall,
    ProviderContext, ProviderReport, ServiceCalls, TokenCache, imds,
};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{BearerToken, Credentials, Identity, header_text};
use crate::interceptor::StandsIn;
use crate::output::Output;
use crate::random;
use crate::secrets::scrub;
use crate::settings::{Settings, token_variable};
use crate::transport::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};

/// The environment of a call: everything with which the driver fulfils the exchange's steps. It is owned, so that a driver may
/// move it to another thread or into a future. Clones share everything.
#[derive(Clone)]
pub(crate) struct CallEnv {
    pub(crate) config: Arc<Settings>,
    pub(crate) credentials: Arc<CredentialsCache>,
    pub(crate) tokens: Arc<TokenCache>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) services: Arc<Services>,
    pub(crate) cancel: CancelToken,
    /// The region of the instance that the program runs on, once it was looked up.
    pub(crate) instance_region: Arc<OnceLock<Option<String>>>,
    /// The time by which the call must end.
    pub(crate) deadline: Option<Instant>,
    /// Drives calls in place of this driver, so that tests of the blocking client test the async one.
    #[cfg(all(feature = "async", feature = "_internals"))]
    pub(crate) instead: Option<super::async_driver::Instead>,
}

/// Drives an exchange to its end.
pub(crate) fn drive(mut exchange: Exchange, env: &CallEnv) -> Result<Output> {
    #[cfg(all(feature = "async", feature = "_internals"))]
    if let Some(instead) = &env.instead {
        return instead.drive(exchange, env);
    }
    let span = trace::call(&exchange.call);
    let _inside = span.enter();
    let mut result = run(&mut exchange, env);
    exchange.finish(&mut result);
    trace::ended(&span, &result);
    result.and_then(|output| exchange.with_events(output))
}

fn run(exchange: &mut Exchange, env: &CallEnv) -> Result<Output> {
    let mut event = Event::Start(random::uuid());
    // the body of the last response, if it is left to the caller
    let mut stream = None;
    loop {
        event = match exchange.step(event, env.tick()) {
            Step::Done(result) => return Ok(result?.with_stream(stream.take())),
            Step::Send {
                request,
                limits,
                stream: streams,
            } => {
                env.check(request.uri())?;
                let limits = env.limits(limits, streams);
                let uri = request.uri().clone();
                let span = trace::attempt(exchange.attempts(), &request);
                let _inside = span.enter();
                let response = exchange.intercept_send(&request);
                let response = response.unwrap_or_else(|| env.transport.send(request, &limits));
                let max = env.config.max_response_size();
                let received = response.and_then(|r| receive(&uri, r, streams, max));
                let (received, body) =
                    received.map_or_else(|e| (Err(e), None), |(r, b)| (Ok(r), b));
                stream = body;
                trace::received(&span, &received);
                Event::Received(received)
            }
            other => env.fulfil(exchange, other)?,
        };
    }
}

/// Drives an exchange up to its request, which is not sent.
pub(crate) fn drive_to_request(mut exchange: Exchange, env: &CallEnv) -> Result<Request> {
    let mut event = Event::Start(random::uuid());
    loop {
        event = match exchange.step(event, env.tick()) {
            Step::Done(Err(error)) => return Err(error),
            Step::Send { request, .. } => return Ok(request),
            other => env.fulfil(&exchange, other)?,
        };
    }
}

/// Drives a nested exchange to its result, or to its URL.
fn nested(exchange: Exchange, env: &CallEnv) -> Result<Value> {
    match exchange.is_presigned() {
        true => Ok(drive_to_request(exchange, env)?.uri().to_string().into()),
        false => drive(exchange, env)?.to_value(),
    }
}

impl CallEnv {
    pub(super) fn tick(&self) -> Tick {
        Tick {
            now: self.config.now(),
            left: self.left(),
            random: self.config.jitter(),
        }
    }

    fn left(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        self.deadline.map(until)
    }

    /// Returns an error if the call was cancelled.
    pub(super) fn check(&self, to: &Uri) -> Result<()> {
        match self.cancel.is_cancelled() {
            true => Err(TransportError::cancelled(to).into()),
            false => Ok(()),
        }
    }

    /// The limits of an attempt, including those of the whole call. A streaming body is read after the call.
    pub(super) fn limits(&self, limits: Limits, stream: bool) -> Limits {
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

    /// The connect timeout, which may depend on the region in which the program runs. That is looked up for the first request.
    fn connect_timeout(&self, given: Duration) -> Duration {
        if !self.config.depends_on_place() {
            return given;
        }
        let found = match self.instance_region.get() {
            Some(known) => known.clone(),
            None => {
                let found = imds::region(&self.context());
                // the lookup of a cancelled call may be incomplete
                match self.cancel.is_cancelled() {
                    true => found,
                    false => self.instance_region.get_or_init(|| found).clone(),
                }
            }
        };
        self.config.connect_timeout_from(found.as_deref())
    }

    /// Whether no lookup is needed for the connect timeout.
    #[cfg(feature = "async")]
    pub(super) fn knows_connect_timeout(&self) -> bool {
        !self.config.depends_on_place() || self.instance_region.get().is_some()
    }

    /// Fulfils a step that sends no request of this call.
    fn fulfil(&self, exchange: &Exchange, step: Step) -> Result<Event> {
        Ok(match step {
            Step::NeedCall(other) => Event::Called(nested(*other, self)),
            Step::NeedData => Event::Loaded(exchange.load()),
            Step::Hash(body, hashes) => Event::Hashed(hashes.read(body)),
            Step::NeedIdentity(IdentityKind::Credentials) => {
                Event::Identity(self.credentials().map(Identity::Credentials))
            }
            Step::NeedIdentity(IdentityKind::Token) => {
                Event::Identity(self.token(exchange.signing_name()).map(Identity::Token))
            }
            Step::Sleep(delay) => {
                self.config.pause(delay, &self.cancel);
                Event::Woke
            }
            Step::Done(_) | Step::Send { .. } => {
                return Err(Error::request(
                    "internal error: the step belongs to the driver",
                ));
            }
        })
    }

    pub(crate) fn token(&self, signing_name: &str) -> Result<BearerToken> {
        if let Some(token) = self.given_token(signing_name)? {
            return Ok(token);
        }
        let lookup = self.for_lookup();
        let found = lookup.tokens.get(&lookup.context());
        found.map_err(|error| missing_token(signing_name, error))
    }

    /// The token of the program or of a variable for one service.
    pub(super) fn given_token(&self, signing_name: &str) -> Result<Option<BearerToken>> {
        let Some((token, from)) = self.config.bearer_token(signing_name) else {
            return Ok(None);
        };
        let fit = header_text(token.token());
        fit.map_err(|unfit| Error::new(ErrorKind::Credentials, format!("{from} {unfit}")))?;
        Ok(Some(token))
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let lookup = self.for_lookup();
        Ok(lookup.credentials.get(&lookup.context())?)
    }

    /// The report of each provider.
    pub(crate) fn explain_credentials(&self) -> Vec<ProviderReport> {
        let lookup = self.for_lookup();
        lookup.credentials.explain(&lookup.context())
    }

    /// Returns the environment with a deadline that includes the timeout for a lookup of credentials.
    fn for_lookup(&self) -> Self {
        let end = Instant::now().checked_add(self.config.credentials_timeout());
        Self {
            deadline: self.deadline.into_iter().chain(end).min(),
            ..self.clone()
        }
    }

    /// The environment of a lookup that several calls wait for: neither the end of one nor its cancellation ends it.
    #[cfg(feature = "async")]
    pub(super) fn for_shared_lookup(&self, cancel: CancelToken) -> Self {
        Self {
            cancel,
            deadline: None,
            ..self.clone()
        }
        .for_lookup()
    }

    /// The environment as providers see it.
    pub(crate) fn context(&self) -> ProviderContext<'_> {
        ProviderContext {
            config: &self.config,
            transport: &*self.transport,
            now: self.config.now(),
            cancel: &self.cancel,
            deadline: self.deadline,
            calls: self,
        }
    }
}

impl ServiceCalls for CallEnv {
    fn call(&self, call: ProviderCall<'_>) -> Result<Value> {
        let config = self.config.for_provider(call.credentials.is_some());
        let config = match &call.region {
            Some(region) => config.in_region(region, "the credentials provider")?,
            None => config,
        };
        let provider: Arc<dyn CredentialsProvider> = match call.credentials {
            Some(credentials) => Arc::new(credentials),
            None => Arc::new(Chain::new()),
        };
        let service = self.services.service(&call.service)?;
        let exchange = Call::of_provider(config, service, &call.operation)?;
        let env = Self {
            config: exchange.config.clone(),
            credentials: Arc::new(CredentialsCache::new(provider)),
            transport: match call.proof {
                Some(proof) => Arc::new(Proving {
                    transport: self.transport.clone(),
                    proof,
                }),
                None => self.transport.clone(),
            },
            // a provider is code that blocks, and its transport may be another
            #[cfg(all(feature = "async", feature = "_internals"))]
            instead: None,
            ..self.clone()
        };
        drive(exchange.exchange(call.params, None)?, &env)?.to_value()
    }
}

/// Adds the proof of possession that the call needs to each of its requests.
struct Proving {
    transport: Arc<dyn Transport>,
    proof: Arc<Proof>,
}

impl Transport for Proving {
    fn send(&self, mut request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let broken = |why| TransportError::new(TransportErrorKind::Request, &uri, why);
        let proof = (self.proof)(&uri).map_err(broken)?;
        request.headers_mut().insert("dpop", proof);
        self.transport.send(request, limits)
    }
}

/// The error of a lookup that found no token.
pub(super) fn missing_token(signing_name: &str, error: CredentialsError) -> Error {
    match error {
        CredentialsError::Absent(why) => {
            let variable = token_variable(signing_name);
            let what = format!(
                "no bearer token: pass one to the client, set {variable}, or log in to an SSO session ({why})"
            );
            Error::new(ErrorKind::Credentials, what)
        }
        other => other.into(),
    }
}

/// The maximum size of an error's body, in bytes; services send far less.
pub(super) const MAX_ERROR: u64 = 16 * 1024 * 1024;

/// Reads a body that is not left to the caller. If the connection breaks meanwhile, the attempt fails and may be retried.
fn receive(
    uri: &Uri,
    response: Response,
    stream: bool,
    max: u64,
) -> Result<(Received, Option<ResponseBody>), TransportError> {
    let (head, mut body) = response.into_parts();
    let is_good = head.status.is_success();
    if stream && is_good {
        return Ok((received(head, ReceivedBody::Stream), Some(body)));
    }
    let broken = |e: io::Error| TransportError::of_body(uri, e);
    let max = if is_good { max } else { max.min(MAX_ERROR) };
    let bytes = body.read_within(max).map_err(broken)?;
    Ok((received(head, ReceivedBody::Whole(bytes.into())), None))
}

/// A response, whose secrets are marked.
pub(super) fn received(head: http::response::Parts, body: ReceivedBody) -> Received {
    let mut headers = head.headers;
    scrub::mark_headers(&mut headers);
    Received {
        status: head.status.as_u16(),
        stands_in: head.extensions.get::<StandsIn>().is_some(),
        headers,
        body,
    }
}
