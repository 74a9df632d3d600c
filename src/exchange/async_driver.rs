//! The async driver: fulfils the steps of an exchange without blocking the executor.
//!
//! It follows the same steps as the blocking [`driver`](super::driver). What blocks (files, hashes, credentials providers) runs on
//! threads of the runtime's pool.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use serde_json::Value;
use tracing::Instrument as _;

use super::driver::{CallEnv, MAX_ERROR, missing_token, received};
use super::{Event, Exchange, Received, ReceivedBody, Step, trace};
use crate::auth::IdentityKind;
use crate::body::ResponseBody;
use crate::credentials::CredentialsError;
use crate::error::{Error, Result};
use crate::identity::{BearerToken, Credentials, Identity};
use crate::output::Output;
use crate::random;
use crate::runtime::off_executor;
use crate::transport::{AsyncTransport, Limits, Request, Response, TransportError, passed, within};

/// The environment of an async call. The transport in `env` is for code that blocks.
#[derive(Clone)]
pub(crate) struct AsyncEnv {
    pub(crate) env: CallEnv,
    pub(crate) transport: Arc<dyn AsyncTransport>,
}

/// A future that is too large to be a part of others.
type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Drives an exchange to its end.
pub(crate) fn drive(mut exchange: Exchange, env: AsyncEnv) -> Boxed<Result<Output>> {
    let span = trace::call(&exchange.call);
    let inside = span.clone();
    let call = async move {
        let mut result = run(&mut exchange, &env).await;
        exchange.finish(&mut result);
        trace::ended(&inside, &result);
        exchange.with_events_async(result?).await
    };
    Box::pin(call.instrument(span))
}

async fn run(exchange: &mut Exchange, env: &AsyncEnv) -> Result<Output> {
    let mut event = Event::Start(random::uuid());
    // the body of the last response, if it is left to the caller
    let mut stream = None;
    loop {
        event = match exchange.step(event, env.env.tick()) {
            Step::Done(result) => return Ok(result?.with_stream(stream.take())),
            Step::Send {
                request,
                limits,
                stream: streams,
            } => {
                env.env.check(request.uri())?;
                let limits = env.limits(limits, streams).await?;
                let span = trace::attempt(exchange.attempts(), &request);
                let instead = span.in_scope(|| exchange.intercept_send(&request));
                let sent = env.send(request, limits, streams, instead);
                let sent = sent.instrument(span.clone()).await;
                let (received, body) = sent.map_or_else(|e| (Err(e), None), |(r, b)| (Ok(r), b));
                stream = body;
                trace::received(&span, &received);
                Event::Received(received)
            }
            other => env.fulfil(exchange, other).await?,
        };
    }
}

/// Drives an exchange up to its request, which is not sent.
pub(crate) fn drive_to_request(mut exchange: Exchange, env: AsyncEnv) -> Boxed<Result<Request>> {
    Box::pin(async move {
        let mut event = Event::Start(random::uuid());
        loop {
            event = match exchange.step(event, env.env.tick()) {
                Step::Done(Err(error)) => return Err(error),
                Step::Send { request, .. } => return Ok(request),
                other => env.fulfil(&exchange, other).await?,
            };
        }
    })
}

/// Drives a nested exchange to its result, or to its URL.
fn nested(exchange: Exchange, env: AsyncEnv) -> Boxed<Result<Value>> {
    Box::pin(async move {
        match exchange.is_presigned() {
            true => Ok(drive_to_request(exchange, env)
                .await?
                .uri()
                .to_string()
                .into()),
            false => drive(exchange, env).await?.to_value(),
        }
    })
}

impl AsyncEnv {
    /// The limits of an attempt. Looking up the region that they may depend on blocks.
    async fn limits(&self, limits: Limits, stream: bool) -> Result<Limits> {
        let env = self.env.clone();
        match self.env.knows_connect_timeout() {
            true => Ok(env.limits(limits, stream)),
            false => off_executor(move || env.limits(limits, stream))
                .await
                .map_err(Error::request),
        }
    }

    /// Sends a request, unless `instead` is the response, and receives what is not left to the caller.
    async fn send(
        &self,
        request: Request,
        limits: Limits,
        stream: bool,
        instead: Option<Result<Response, TransportError>>,
    ) -> Result<(Received, Option<ResponseBody>), TransportError> {
        let uri = request.uri().clone();
        let bounds = limits.clone();
        let max = self.env.config.max_response_size();
        within(&bounds, &uri, async {
            let response = match instead {
                Some(response) => response,
                None => self.transport.send(request, limits).await,
            };
            receive(&uri, response?, stream, max).await
        })
        .await
    }

    /// Fulfils a step that needs no network of its own.
    async fn fulfil(&self, exchange: &Exchange, step: Step) -> Result<Event> {
        Ok(match step {
            Step::NeedCall(other) => Event::Called(nested(*other, self.clone()).await),
            Step::NeedData => {
                let load = exchange.loader();
                Event::Loaded(off_executor(load).await.map_err(Error::request)?)
            }
            Step::Hash(body, hashes) => {
                let hashed = off_executor(move || hashes.read(body)).await;
                Event::Hashed(hashed.and_then(|hashed| hashed))
            }
            Step::NeedIdentity(IdentityKind::Credentials) => {
                Event::Identity(self.credentials().await.map(Identity::Credentials))
            }
            Step::NeedIdentity(IdentityKind::Token) => {
                let name = exchange.signing_name().to_owned();
                Event::Identity(self.token(name).await.map(Identity::Token))
            }
            Step::Sleep(delay) => {
                self.pause(delay).await?;
                Event::Woke
            }
            Step::Done(_) | Step::Send { .. } => {
                return Err(Error::request(
                    "internal error: the step belongs to the driver",
                ));
            }
        })
    }

    pub(crate) async fn credentials(&self) -> Result<Credentials> {
        let (env, now) = (&self.env, self.env.config.now());
        let lookup = {
            let env = env.clone();
            move |cancel| {
                let env = env.for_shared_lookup(cancel);
                env.credentials.get(&env.context())
            }
        };
        let found = env.credentials.get_async(now, lookup);
        Ok(self.unless_ended(found).await?)
    }

    async fn token(&self, signing_name: String) -> Result<BearerToken> {
        if let Some(token) = self.env.given_token(&signing_name)? {
            return Ok(token);
        }
        let (env, now) = (&self.env, self.env.config.now());
        let lookup = {
            let env = env.clone();
            move |cancel| {
                let env = env.for_shared_lookup(cancel);
                env.tokens.get(&env.context())
            }
        };
        let found = env.tokens.get_async(now, lookup);
        let found = self.unless_ended(found).await;
        found.map_err(|error| missing_token(&signing_name, error))
    }

    /// Waits for a lookup of credentials until the call is cancelled or its deadline has passed. The lookup goes on for others.
    async fn unless_ended<T>(
        &self,
        lookup: impl Future<Output = Result<T, CredentialsError>>,
    ) -> Result<T, CredentialsError> {
        tokio::select! {
            biased;
            found = lookup => found,
            () = self.env.cancel.cancelled() => Err(CredentialsError::Cancelled),
            () = passed(self.env.deadline) => Err(CredentialsError::TimedOut),
        }
    }

    /// Waits, until the call is cancelled. A function of the program that waits may block.
    pub(crate) async fn pause(&self, delay: Duration) -> Result<()> {
        let (config, cancel) = (self.env.config.clone(), self.env.cancel.clone());
        if config.sleeper().is_some() {
            let pause = move || config.pause(delay, &cancel);
            return off_executor(pause).await.map_err(Error::request);
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = cancel.cancelled() => {}
        }
        Ok(())
    }
}

/// Receives a response as the blocking driver does.
async fn receive(
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
    let max = if is_good { max } else { max.min(MAX_ERROR) };
    let bytes = body.collect_within(max).await;
    let bytes = bytes.map_err(|e| TransportError::of_body(uri, e))?;
    Ok((received(head, ReceivedBody::Whole(bytes)), None))
}

/// The async driver on a runtime, for blocking tests.
#[cfg(feature = "_internals")]
#[derive(Clone)]
pub(crate) struct Instead {
    pub(crate) transport: Arc<dyn AsyncTransport>,
    pub(crate) runtime: tokio::runtime::Handle,
}

#[cfg(feature = "_internals")]
impl Instead {
    pub(super) fn drive(&self, exchange: Exchange, env: &CallEnv) -> Result<Output> {
        let env = AsyncEnv {
            env: env.clone(),
            transport: self.transport.clone(),
        };
        let runtime = Some(&self.runtime);
        let driven = crate::runtime::block_on(runtime, drive(exchange, env));
        let mut output = driven.map_err(Error::request)??;
        output.body = output.body.map(|body| body.for_threads(runtime));
        output.events = output.events.map(|events| events.for_threads(runtime));
        Ok(output)
    }
}
