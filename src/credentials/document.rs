//! The JSON document in which processes and the services of containers and instances return credentials, and the plain
//! requests for it.

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
use crate::uri::{self, WrittenUrl};

/// Checks the URL of a setting.
pub(super) fn check_url(
    provider: &'static str,
    setting: &str,
    url: &str,
) -> Result<(), CredentialsError> {
    let checked = WrittenUrl::parse_endpoint(url);
    checked.map(drop).map_err(|problem| {
        let shown = uri::shown(url);
        fault(
            provider,
            format!("{setting}: {shown:?} is not a valid URL: {problem}"),
        )
    })
}

/// Returns the error of a provider.
pub(super) fn fault(provider: &'static str, what: impl Into<String>) -> CredentialsError {
    CredentialsError::Provider {
        provider,
        what: what.into(),
    }
}

/// Returns the error of a provider without credentials.
pub(super) fn absent(why: impl Into<Cow<'static, str>>) -> CredentialsError {
    CredentialsError::Absent(why.into())
}

/// Reads the members `AccessKeyId`, `SecretAccessKey`, `AccountId`, `Expiration` and the session token, whose name is
/// `token`. An error shows nothing of the document, because the document contains secrets.
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
        text(name).ok_or_else(|| {
            fault(
                provider,
                format!("the document that it returned has no {name}"),
            )
        })
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
        format!("the {name} that it returned")
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
            "the document that it returned has an Expiration that is not a time",
        )
    })?;
    Ok(credentials.with_expiry(end))
}

/// Returns the time at which something expires that is valid for this many seconds: the last possible time if the number
/// is out of range, or `None` if it is negative or not a number.
pub(crate) fn end_after(now: SystemTime, seconds: &Value) -> Option<SystemTime> {
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

/// Returns whether something that expires at `end` is valid for longer than `margin`.
pub(super) fn lasts(end: SystemTime, now: SystemTime, margin: Duration) -> bool {
    end.duration_since(now).is_ok_and(|left| left > margin)
}

/// The attempts and timeouts of a request.
#[derive(Clone, Copy)]
pub(super) struct RetryPolicy {
    pub(super) attempts: u32,
    /// The connect timeout and the read timeout.
    pub(super) timeout: Duration,
    /// The delay between attempts.
    pub(super) pause: Duration,
    /// Whether an attempt is retried after a timeout.
    pub(super) retries_timeouts: bool,
}

/// A request for a document.
pub(super) struct DocumentRequest<'a> {
    pub(super) method: Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    /// Whether the request bypasses proxies.
    pub(super) is_direct: bool,
    pub(super) retries: RetryPolicy,
}

impl DocumentRequest<'_> {
    /// Sends the request until `is_last` accepts a response or no attempt is left. Returns status and body of the last
    /// response.
    pub(super) fn send(
        &self,
        cx: &ProviderContext<'_>,
        is_last: impl Fn(u16, &[u8]) -> bool,
    ) -> Result<(u16, Bytes), TransportError> {
        let mut attempt = 1;
        loop {
            let response = self.send_once(cx);
            let is_done = match &response {
                Ok((status, body)) => is_last(*status, body),
                Err(error) => match error.kind() {
                    TransportErrorKind::Timeout => !self.retries.retries_timeouts,
                    kind => !kind.is_retryable(),
                },
            };
            if is_done || attempt >= self.retries.attempts {
                return response;
            }
            tracing::debug!(host = self.uri.host(), attempt, "retries the request");
            if cx.pause(self.retries.pause).is_err() {
                return response;
            }
            attempt += 1;
        }
    }

    /// Makes one attempt, which lasts as long as both timeouts at most, however slow the response is.
    fn send_once(&self, cx: &ProviderContext<'_>) -> Result<(u16, Bytes), TransportError> {
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let timeout = self.retries.timeout;
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

/// Extends credentials that expire soon or have expired, so that programs on the instance survive an outage of the metadata
/// service. A refresh is due within 17 to 25 minutes.
pub(super) fn extend(credentials: Credentials, now: SystemTime, random: f64) -> Credentials {
    let ahead = Duration::from_secs(900) + Duration::from_secs_f64(120.0 + 480.0 * random);
    match (credentials.expires(), now.checked_add(ahead)) {
        (Some(end), Some(later)) if later >= end => {
            tracing::warn!(
                "the instance provides credentials that have expired or expire soon; they are used for some time longer"
            );
            credentials.with_expiry(later)
        }
        _ => credentials,
    }
}
