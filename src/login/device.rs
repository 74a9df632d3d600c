//! Logging in with a device code (RFC 8628): the person enters a code in any browser, while the token is polled for.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::flow::{Flow, of_token};
use super::registration::{self, Registration};
use super::{Authorization, LoginError};
use crate::credentials::end_after;
use crate::error::Result;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The delay between two polls, unless the service sets another, and what is added after `slow_down`.
const INTERVAL: Duration = Duration::from_secs(5);

pub(super) fn run(
    flow: &Flow<'_>,
    mut authorize: impl FnMut(&Authorization<'_>),
) -> Result<(Registration, Value)> {
    let registration = registration::of_device(flow)?;
    let params = json!({
        "clientId": registration.id,
        "clientSecret": registration.secret,
        "startUrl": flow.issuer,
    });
    let started = flow.call("StartDeviceAuthorization", params)?;
    let text = |name: &str| {
        started[name].as_str().ok_or_else(|| {
            let what = format!("the response of StartDeviceAuthorization has no {name}");
            LoginError::Response(what)
        })
    };
    let code = text("deviceCode")?;
    let page = text("verificationUri")?;
    let authorization = Authorization {
        url: page,
        complete_url: text("verificationUriComplete").unwrap_or(page),
        user_code: Some(text("userCode")?),
    };
    let end = end(flow, &started);
    let interval = started["interval"].as_u64().map(Duration::from_secs);
    let mut poll = Poll {
        flow,
        registration: &registration,
        code,
        interval: interval.unwrap_or(INTERVAL),
    };
    // a client may be authorized already
    if let Some(response) = poll.attempt()? {
        return Ok((registration, response));
    }
    authorize(&authorization);
    loop {
        flow.client.config().pause(poll.interval, flow.cancel);
        if flow.cancel.is_cancelled() {
            return Err(LoginError::Cancelled.into());
        }
        if let Some(response) = poll.attempt()? {
            return Ok((registration, response));
        }
        if end.is_some_and(|end| flow.client.config().now() >= end) {
            return Err(LoginError::Expired.into());
        }
    }
}

/// The time at which the code expires.
fn end(flow: &Flow<'_>, started: &Value) -> Option<SystemTime> {
    end_after(flow.client.config().now(), &started["expiresIn"])
}

struct Poll<'p> {
    flow: &'p Flow<'p>,
    registration: &'p Registration,
    code: &'p str,
    interval: Duration,
}

impl Poll<'_> {
    /// Asks for the token; `None` if the person has not authorized the login yet.
    fn attempt(&mut self) -> Result<Option<Value>> {
        let params = json!({
            "grantType": GRANT,
            "clientId": self.registration.id,
            "clientSecret": self.registration.secret,
            "deviceCode": self.code,
        });
        match self.flow.call("CreateToken", params) {
            Ok(response) => Ok(Some(response)),
            Err(error) => match error.code() {
                Some("AuthorizationPendingException") => Ok(None),
                Some("SlowDownException") => {
                    self.interval += INTERVAL;
                    Ok(None)
                }
                _ => Err(of_token(error)),
            },
        }
    }
}
