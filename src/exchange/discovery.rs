//! Endpoint discovery: the few services that return the endpoint of a call from an operation of their own.
//!
//! ```text
//!   unknown ──► request ──► known for the period in the response ──► stale: requested again, and used meanwhile
//!                  └ failed: not requested for a minute; an operation that requires discovery fails
//! ```

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Call, endpoint};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{EndpointDiscovery, Members};
use crate::settings::EndpointDiscoveryMode;
use crate::sync;

/// The endpoints that a service returned, by operation and identifiers.
#[derive(Debug, Default)]
pub(super) struct Discovered(Mutex<HashMap<String, Known>>);

#[derive(Clone, Debug, Default)]
struct Known {
    url: Option<Box<str>>,
    /// When the endpoint expires.
    fresh_until: Option<SystemTime>,
    /// When the endpoint may be requested again after a failure.
    ask_after: Option<SystemTime>,
}

/// The source of a call's endpoint.
#[derive(Debug, PartialEq)]
pub(super) enum Lookup {
    /// The response to this operation with these parameters.
    Ask(Box<str>, Value),
    /// The endpoint rules.
    Rules,
    Use(Box<str>),
}

const BACK_OFF: Duration = Duration::from_secs(60);

/// Looks up the endpoint of an operation that uses discovery.
pub(super) fn look_up(call: &Call, params: &Value, now: SystemTime) -> Result<Lookup> {
    let Some(kind) = call.operation.endpoint_discovery else {
        return Ok(Lookup::Rules);
    };
    let must = kind == EndpointDiscovery::Required;
    let wanted = match call.config.endpoint_discovery() {
        EndpointDiscoveryMode::Auto => must || call.service.requires_discovery(),
        EndpointDiscoveryMode::Disabled => false,
        EndpointDiscoveryMode::Enabled => true,
    };
    if endpoint::given_url(call)?.is_some() {
        return Ok(Lookup::Rules);
    }
    if !wanted {
        let what = "this operation requires endpoint discovery, which endpoint_discovery_enabled switches off";
        return if must {
            Err(Error::unsupported(what))
        } else {
            Ok(Lookup::Rules)
        };
    }
    let known = call.service.discovered.get(&key(call, params)?);
    let is = |end: Option<SystemTime>| end.is_some_and(|end| now < end);
    match known.url {
        Some(url) if is(known.fresh_until) || is(known.ask_after) => Ok(Lookup::Use(url)),
        None if is(known.ask_after) && must => {
            let what =
                "endpoint discovery returned no endpoint; it is requested again after a minute";
            Err(Error::new(ErrorKind::Endpoint, what))
        }
        None if is(known.ask_after) => Ok(Lookup::Rules),
        _ => request(call, params),
    }
}

/// The discovery request.
fn request(call: &Call, params: &Value) -> Result<Lookup> {
    let model = &call.service.model;
    for name in model.operation_names() {
        if model.operation(name)?.is_endpoint_operation {
            let identifiers = identifiers(call, params)?;
            let question = match identifiers.is_empty() {
                true => json!({}),
                false => json!({"Operation": call.operation.name, "Identifiers": identifiers}),
            };
            return Ok(Lookup::Ask(name.into(), question));
        }
    }
    Ok(Lookup::Rules)
}

/// The parameters that the endpoint depends on.
fn identifiers(call: &Call, params: &Value) -> Result<serde_json::Map<String, Value>> {
    let model = &call.service.model;
    let input = call.operation.input.map(|id| model.shape(id)).transpose()?;
    let members = input.and_then(|shape| shape.members()).map(Members::iter);
    let members = members
        .into_iter()
        .flatten()
        .filter(|member| member.endpoint_discovery_id);
    let given = |name: &str| Some((name.to_owned(), params.get(name)?.clone()));
    Ok(members.filter_map(|member| given(&member.name)).collect())
}

fn key(call: &Call, params: &Value) -> Result<String> {
    let identifiers = identifiers(call, params)?;
    Ok(match identifiers.is_empty() {
        true => String::new(),
        false => format!("{} {}", call.operation.name, Value::Object(identifiers)),
    })
}

/// Stores the endpoint of a response, or the failure.
pub(super) fn learn(
    call: &Call,
    params: &Value,
    result: Result<Value>,
    now: SystemTime,
) -> Result<()> {
    let endpoint = result.ok().and_then(|response| {
        let first = response.get("Endpoints")?.get(0)?;
        let address = first.get("Address")?.as_str()?;
        let minutes = first.get("CachePeriodInMinutes")?.as_u64()?;
        let url = match address.contains("://") {
            true => address.into(),
            false => format!("https://{address}").into(),
        };
        Some((url, Duration::from_secs(minutes.min(60 * 24 * 365) * 60)))
    });
    let key = key(call, params)?;
    call.service.discovered.change(key, |known| match endpoint {
        Some((url, period)) => {
            *known = Known {
                url: Some(url),
                fresh_until: now.checked_add(period),
                ask_after: None,
            };
        }
        None => known.ask_after = now.checked_add(BACK_OFF),
    });
    Ok(())
}

/// Removes an endpoint that rejected a call because it was the wrong one.
pub(super) fn forget(call: &Call, params: &Value) -> Result<()> {
    let key = key(call, params)?;
    call.service
        .discovered
        .change(key, |known| *known = Known::default());
    Ok(())
}

impl Discovered {
    fn get(&self, key: &str) -> Known {
        self.lock().get(key).cloned().unwrap_or_default()
    }

    fn change(&self, key: String, change: impl FnOnce(&mut Known)) {
        change(self.lock().entry(key).or_default());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        sync::lock(&self.0)
    }
}
