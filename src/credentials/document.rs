//! The JSON in which processes, containers and instances give credentials, and the plain requests that ask for it.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::{Credentials, CredentialsError, ProviderContext};
use crate::body::Body;
use crate::identity::{Part, is_blank};
use crate::time::Timestamp;
use crate::transport::{Limits, TransportError, TransportErrorKind};

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
    let text = |name: &str| {
        let text = document.get(name).and_then(Value::as_str);
        text.filter(|text| !is_blank(text))
    };
    let required = |name: &str| {
        text(name).ok_or_else(|| fault(provider, format!("what it gave has no {name}")))
    };
    let mut credentials = Credentials::new(required("AccessKeyId")?, required("SecretAccessKey")?);
    if let Some(token) = text(token) {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = text("AccountId") {
        credentials = credentials.with_account_id(account);
    }
    let credentials = credentials.checked(provider, |part| {
        let name = match part {
            Part::AccessKeyId => "AccessKeyId",
            Part::SecretAccessKey => "SecretAccessKey",
            Part::SessionToken => token,
        };
        format!("the {name} that it gave")
    })?;
    let end = match document.get("Expiration") {
        None | Some(Value::Null) => return Ok(credentials),
        Some(Value::String(text)) if is_blank(text) => return Ok(credentials),
        Some(end) => end.as_str().and_then(|end| Timestamp::parse(end).ok()),
    };
    let end = end.and_then(Timestamp::system_time);
    let end = end.ok_or_else(|| {
        fault(
            provider,
            "what it gave has an Expiration that is not a time",
        )
    })?;
    Ok(credentials.with_expiry(end))
}

/// When something ends of which a response says that it is good for so many seconds. A number beyond all times is the last of
/// them; what is not a number of seconds from zero is no end.
pub(super) fn end_after(now: SystemTime, seconds: &Value) -> Option<SystemTime> {
    let seconds = match seconds {
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        number => number.as_f64()?,
    };
    // a float beyond the range becomes the end of the range
    let left = (seconds.is_finite() && seconds >= 0.0).then_some(seconds as u64)?;
    let last = Timestamp::LAST.system_time();
    let end = now.checked_add(Duration::from_secs(left));
    end.filter(|end| last.is_none_or(|last| *end < last))
        .or(last)
}

/// Whether something that ends then is good for longer than this.
pub(super) fn lasts(end: SystemTime, now: SystemTime, margin: Duration) -> bool {
    end.duration_since(now).is_ok_and(|left| left > margin)
}

/// How patiently a request is made.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) attempts: u32,
    /// For a connection, and for every wait for a part of the response.
    pub(super) timeout: Duration,
    /// Between attempts.
    pub(super) pause: Duration,
    /// Whether a response that does not come in time is waited for once more.
    pub(super) retries_timeouts: bool,
}

/// A request for a document.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    /// Whether it goes to its host without a proxy.
    pub(super) is_direct: bool,
    pub(super) patience: Patience,
}

impl Ask<'_> {
    /// Makes the request until its response is what `is_last` says, and gives status and body of the last one.
    pub(super) fn send(
        &self,
        cx: &ProviderContext<'_>,
        is_last: impl Fn(u16, &[u8]) -> bool,
    ) -> Result<(u16, Bytes), TransportError> {
        let mut attempt = 1;
        loop {
            let answer = self.once(cx);
            let done = match &answer {
                Ok((status, body)) => is_last(*status, body),
                Err(error) => match error.kind() {
                    TransportErrorKind::Timeout => !self.patience.retries_timeouts,
                    kind => !kind.is_retryable(),
                },
            };
            if done || attempt >= self.patience.attempts {
                return answer;
            }
            tracing::debug!(
                host = self.uri.host(),
                attempt,
                "the request is made once more"
            );
            if cx.pause(self.patience.pause).is_err() {
                return answer;
            }
            attempt += 1;
        }
    }

    /// One attempt, which does not last longer than its two timeouts, however slowly the response comes.
    fn once(&self, cx: &ProviderContext<'_>) -> Result<(u16, Bytes), TransportError> {
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let timeout = self.patience.timeout;
        let limits = Limits {
            connect: timeout,
            read: timeout,
            deadline: Instant::now().checked_add(timeout.saturating_mul(2)),
            direct: self.is_direct,
            ..Limits::default()
        };
        let (head, body) = cx.send_within(request, limits)?.into_parts();
        Ok((head.status.as_u16(), body))
    }
}

/// When credentials of this age are to be asked for again though their provider has no newer ones: an instance's service
/// that is down must not stop what runs on the instance.
pub(super) fn extend(credentials: Credentials, now: SystemTime, random: f64) -> Credentials {
    let ahead = Duration::from_secs(900) + Duration::from_secs_f64(120.0 + 480.0 * random);
    match (credentials.expires(), now.checked_add(ahead)) {
        (Some(end), Some(later)) if later >= end => {
            tracing::warn!(
                "the instance gave credentials that end soon or have ended; they are used a while longer"
            );
            credentials.with_expiry(later)
        }
        _ => credentials,
    }
}
