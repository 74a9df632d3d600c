//! The JSON in which processes, containers and instances give credentials, and the plain requests that ask for it.

use std::borrow::Cow;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::{Credentials, CredentialsError, ProviderContext};
use crate::body::Body;
use crate::time::Timestamp;
use crate::transport::{Limits, TransportError};

/// Longer answers are no credentials.
const MAX_ANSWER: u64 = 1 << 20;

/// A fault of a provider.
pub(super) fn fault(provider: &'static str, what: impl Into<String>) -> CredentialsError {
    CredentialsError::Provider {
        provider,
        what: what.into(),
    }
}

/// What a provider says that has none.
pub(super) fn absent(why: impl Into<Cow<'static, str>>) -> CredentialsError {
    CredentialsError::Absent(why.into())
}

/// Reads the members `AccessKeyId`, `SecretAccessKey`, `AccountId`, `Expiration` and the token, whose name differs. Nothing
/// of the document goes into the error: it is full of secrets.
pub(super) fn credentials(
    provider: &'static str,
    document: &Value,
    token: &str,
) -> Result<Credentials, CredentialsError> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let required = |name: &str| {
        let given = text(name).filter(|text| !text.is_empty());
        given.ok_or_else(|| fault(provider, format!("what it gave has no {name}")))
    };
    let mut credentials = Credentials::new(required("AccessKeyId")?, required("SecretAccessKey")?);
    if let Some(token) = text(token) {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = text("AccountId") {
        credentials = credentials.with_account_id(account);
    }
    if let Some(end) = text("Expiration") {
        let end = Timestamp::parse(end).ok().and_then(Timestamp::system_time);
        let end =
            end.ok_or_else(|| fault(provider, "what it gave has an Expiration that is no time"))?;
        credentials = credentials.with_expiry(end);
    }
    Ok(credentials)
}

/// How patiently a request is made.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) attempts: u32,
    pub(super) timeout: Duration,
    pub(super) pause: Duration,
}

/// Makes a request until it is answered as `is_good` says, and gives status and body of the last answer.
pub(super) fn ask(
    cx: &ProviderContext<'_>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    patience: Patience,
    is_good: impl Fn(u16, &[u8]) -> bool,
) -> Result<(u16, Bytes), TransportError> {
    let mut attempt = 1;
    loop {
        let answer = once(cx, method, uri, headers, patience.timeout);
        let done = match &answer {
            Ok((status, body)) => is_good(*status, body),
            Err(error) => !error.kind().is_retryable(),
        };
        if done || attempt >= patience.attempts {
            return answer;
        }
        std::thread::sleep(patience.pause);
        attempt += 1;
    }
}

fn once(
    cx: &ProviderContext<'_>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    timeout: Duration,
) -> Result<(u16, Bytes), TransportError> {
    let mut request = http::Request::new(Body::empty());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    let limits = Limits {
        connect: timeout,
        read: timeout,
        ..Limits::default()
    };
    let (head, body) = cx.transport.send(request, &limits)?.into_parts();
    let mut bytes = Vec::new();
    let read = io::Read::read_to_end(&mut io::Read::take(body, MAX_ANSWER), &mut bytes);
    let broken = |e| TransportError::new(crate::transport::TransportErrorKind::Interrupted, uri, e);
    read.map_err(broken)?;
    Ok((head.status.as_u16(), bytes.into()))
}

/// When credentials of this age are to be asked for again though their provider has no newer ones: an instance's service
/// that is down must not stop what runs on the instance.
pub(super) fn extend(credentials: Credentials, now: SystemTime, random: f64) -> Credentials {
    let ahead = Duration::from_secs(900) + Duration::from_secs_f64(120.0 + 480.0 * random);
    match credentials.expires() {
        Some(end) if now + ahead >= end => {
            tracing::warn!(
                "the instance gave credentials that end soon or have ended; they are used a while longer"
            );
            credentials.with_expiry(now + ahead)
        }
        _ => credentials,
    }
}
