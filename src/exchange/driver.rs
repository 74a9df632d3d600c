//! The blocking driver: gives the exchange what it asks for.

use std::time::SystemTime;

use bytes::Bytes;
use serde_json::Value;

use super::{Call, Event, Exchange, Moment, Received, ReceivedBody, Step};
use crate::config::Config;
use crate::credentials::{CredentialsCache, ProviderContext};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::protocol::Params;
use crate::random;
use crate::transport::{Limits, Request, Transport, TransportError, TransportErrorKind};

/// Where the driver gets what the exchange lacks.
#[derive(Clone, Copy)]
pub(crate) struct Needs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) credentials: &'a CredentialsCache,
    pub(crate) transport: &'a dyn Transport,
}

/// Drives an exchange to its end.
pub(crate) fn drive(mut exchange: Exchange<'_>, needs: Needs<'_>) -> Result<Output> {
    let mut event = Event::Start;
    loop {
        let moment = Moment {
            now: SystemTime::now(),
            random: random::unit(),
        };
        event = match exchange.step(event, moment) {
            Step::Done(result) => return result,
            Step::NeedCall { operation, params } => {
                Event::Called(nested(&exchange, &operation, params, needs))
            }
            Step::NeedIdentity => Event::Identity(needs.identity()),
            Step::Send {
                request,
                limits,
                stream,
            } => Event::Received(send(needs.transport, request, &limits, stream)),
            Step::Sleep(delay) => {
                std::thread::sleep(delay);
                Event::Woke
            }
        };
    }
}

/// Another operation of the same service, with its whole result.
fn nested(of: &Exchange<'_>, operation: &str, params: Value, needs: Needs<'_>) -> Result<Value> {
    let call = Call {
        operation: of.call.service.model.operation(operation)?,
        buffered: true,
        ..of.call
    };
    let params = Params {
        value: params,
        body: None,
    };
    drive(Exchange::new(call, params), needs)?.value()
}

impl Needs<'_> {
    pub(crate) fn identity(&self) -> Result<crate::credentials::Credentials> {
        let context = ProviderContext {
            config: self.config,
            transport: self.transport,
            now: SystemTime::now(),
        };
        let found = self.credentials.get(&context);
        found.map_err(|e| Error::Credentials(e.into()))
    }
}

/// A body that is read whole is read here, so that a connection which breaks meanwhile is one that broke.
fn send(
    transport: &dyn Transport,
    request: Request,
    limits: &Limits,
    stream: bool,
) -> Result<Received, TransportError> {
    let uri = request.uri().clone();
    let (head, mut body) = transport.send(request, limits)?.into_parts();
    let is_good = head.status.is_success();
    let body = match stream && is_good {
        true => ReceivedBody::Stream(body),
        false => {
            let broken = |e| TransportError::new(TransportErrorKind::Interrupted, &uri, e);
            ReceivedBody::Whole(Bytes::from(body.read_to_vec().map_err(broken)?))
        }
    };
    Ok(Received {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    })
}
