//! The endpoint of a call: from the service's rules, the configuration, or the endpoints file.

mod explain;
mod parameters;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

pub use self::explain::EndpointExplanation;
pub(crate) use self::explain::explain;
use self::parameters::Facts;
use super::{Call, Exchange, Service, redirect};
use crate::endpoint::{Endpoint, EndpointAuthScheme, EndpointError, LegacyQuery};
use crate::error::Result;
use crate::identity::Credentials;
use crate::settings::Settings;

/// Resolves the endpoint of a call. Credentials are needed for the few services with an endpoint for each account.
pub(super) fn resolve(
    call: &Call,
    params: &Value,
    credentials: Option<&Credentials>,
) -> Result<Arc<Endpoint>> {
    let given = given_url(call)?;
    match (call.service.rules()?, given) {
        (Some(rules), given) => {
            let values = Facts::of(call, params, credentials, given)?.values(rules)?;
            Ok(rules.resolve_values(&values)?)
        }
        (None, Some(url)) => Ok(Arc::new(bare(url.to_owned(), Vec::new()))),
        // without it, secrets would be sent to a host of AWS that is guessed
        (None, None) if call.service.model.metadata().endpoint_prefix.is_empty() => {
            Err(EndpointError::NoEndpoint.into())
        }
        (None, None) => legacy(call).map(Arc::new),
    }
}

impl Exchange {
    /// Loads the data files that resolve the endpoint. Afterwards, the machine reads no file.
    ///
    /// # Errors
    ///
    /// Returns an error if a file is malformed.
    pub(super) fn load(&self) -> Result<()> {
        load(&self.call.service, &self.call.config)
    }

    /// Does the same on another thread.
    #[cfg(feature = "async")]
    pub(super) fn loader(&self) -> impl FnOnce() -> Result<()> + Send + use<> {
        let (service, config) = (self.call.service.clone(), self.call.config.clone());
        move || load(&service, &config)
    }

    /// Whether [`load`](Self::load) has nothing left to read.
    pub(super) fn is_loaded(&self) -> bool {
        let service = &self.call.service;
        service.has_rules()
            && (service.has_legacy()
                || matches!(needs_endpoints_file(service, &self.call.config), Ok(false)))
    }
}

fn load(service: &Service, config: &Settings) -> Result<()> {
    service.rules()?;
    if needs_endpoints_file(service, config)? {
        // a missing file is an error where it is needed
        let _ = service.legacy();
    }
    Ok(())
}

/// Whether [`region`], [`signing_region`] or [`resolve`] may need the endpoints file.
fn needs_endpoints_file(service: &Service, config: &Settings) -> Result<bool> {
    let has_region = config.region().is_some();
    Ok(!has_region || may_sign_elsewhere(service, config) || service.rules()?.is_none())
}

/// Whether the signing region may differ from the client's.
fn may_sign_elsewhere(service: &Service, config: &Settings) -> bool {
    let own = config.region().unwrap_or_default();
    let is_plain =
        !config.use_fips() && config.use_dualstack() != Some(true) && !own.ends_with("-global");
    !own.is_empty() && (!is_plain || service.quirks.signs_for_legacy_region)
}

/// The endpoint URL of the settings for this service. It is looked up once for each call.
pub(super) fn given_url(call: &Call) -> Result<Option<&str>> {
    if let Some(known) = call.given_url.get() {
        return Ok(known.as_deref());
    }
    let key = call.service.model.metadata().service_key();
    let found = call.config.endpoint_url(&key)?;
    let known = call.given_url.get_or_init(|| found.map(Into::into));
    Ok(known.as_deref())
}

/// The signing region if the rules name none: the client's, unless the endpoints file names another. That file is read only if it
/// may do so.
pub(super) fn signing_region(call: &Call) -> Result<String> {
    let (config, metadata) = (&call.config, call.service.model.metadata());
    let own = config.region().unwrap_or_default();
    if may_sign_elsewhere(&call.service, &call.config) && given_url(call)?.is_none() {
        let query = LegacyQuery {
            service: &metadata.endpoint_prefix,
            region: Some(own),
            dualstack: config.use_dualstack().unwrap_or(false),
            fips: config.use_fips(),
        };
        if let Ok(found) = call.service.legacy()?.resolve(&query) {
            return Ok(found.signing_region().into());
        }
    }
    Ok(config.required_region()?.into())
}

/// The region of the bucket if it was found in another region, and otherwise the client's.
fn region_of<'c>(
    call: &'c Call,
    params: &Value,
    given: Option<&str>,
) -> Result<Option<Cow<'c, str>>> {
    let found =
        redirect::bucket(call, params).and_then(|bucket| call.service.bucket_region(bucket));
    match found {
        Some(region) => Ok(Some(String::from(region).into())),
        None => region(call, given),
    }
}

/// The client's region. Without one, global services have a default.
pub(super) fn region<'c>(call: &'c Call, given: Option<&str>) -> Result<Option<Cow<'c, str>>> {
    match call.config.region() {
        Some(region) => Ok(Some(region.into())),
        None => {
            let metadata = call.service.model.metadata();
            if given.is_some() && !call.service.quirks.has_region_at_any_url {
                return Ok(None);
            }
            let query = LegacyQuery {
                service: &metadata.endpoint_prefix,
                ..LegacyQuery::default()
            };
            match call.service.legacy()?.resolve(&query) {
                Ok(endpoint) if given.is_some() => {
                    Ok(Some(endpoint.signing_region().to_owned().into()))
                }
                Ok(endpoint) => Ok(Some(endpoint.name.into())),
                Err(EndpointError::NoRegion) => {
                    call.config.required_region()?;
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// The endpoint from the endpoints file, for models without rules.
fn legacy(call: &Call) -> Result<Endpoint> {
    let metadata = call.service.model.metadata();
    let query = LegacyQuery {
        service: &metadata.endpoint_prefix,
        region: call.config.region(),
        dualstack: call.config.use_dualstack().unwrap_or(false),
        fips: call.config.use_fips(),
    };
    let found = match call.service.legacy()?.resolve(&query) {
        Err(EndpointError::NoRegion) => {
            call.config.required_region()?;
            return Err(EndpointError::NoRegion.into());
        }
        found => found?,
    };
    let scheme = EndpointAuthScheme {
        name: "sigv4".into(),
        signing_region: Some(found.signing_region().into()),
        signing_name: found.scope_service.clone(),
        ..EndpointAuthScheme::default()
    };
    Ok(bare(found.url(), vec![scheme]))
}

fn bare(url: String, auth_schemes: Vec<EndpointAuthScheme>) -> Endpoint {
    Endpoint {
        url,
        headers: Vec::new(),
        auth_schemes,
        backend: None,
        properties: serde_json::Map::new(),
    }
}
