//! The options of one call.

use std::sync::Arc;

use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder};
use crate::error::{Error, Result};
use crate::interceptor::Interceptor;
use crate::settings::ConfigError;

/// The options of one call, which change the configuration of its client. Unchanged settings are shared with the client.
#[derive(Debug, Default)]
pub(super) struct CallOptions {
    /// The configuration, if it differs from the client's. An error is reported when the request is sent.
    config: Option<Result<Config, ConfigError>>,
    pub(super) cancel: Option<CancelToken>,
    /// The version of the service's API.
    pub(super) api_version: Option<Box<str>>,
}

impl CallOptions {
    /// Changes settings of the client's configuration.
    pub(super) fn change(
        &mut self,
        client: &Config,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) {
        self.config = Some(match self.config.take() {
            None => client.with(change),
            Some(config) => config.and_then(|config| config.with(change)),
        });
    }

    /// Adds an interceptor.
    pub(super) fn interceptor(&mut self, client: &Config, interceptor: impl Interceptor + 'static) {
        let config = self.config.take().unwrap_or_else(|| Ok(client.clone()));
        self.config = Some(config.map(|config| config.with_interceptor(Arc::new(interceptor))));
    }

    /// Returns the configuration of the call.
    ///
    /// # Errors
    ///
    /// Returns an error if a changed setting is invalid, or can be changed only for the client.
    pub(super) fn config<'a>(&'a self, client: &'a Config) -> Result<&'a Config> {
        let config = match &self.config {
            None => return Ok(client),
            Some(Ok(config)) => config,
            Some(Err(error)) => return Err(error.clone().into()),
        };
        super::check_customisations(config)?;
        match config.shares_network_with(client) {
            true => Ok(config),
            false => Err(Error::config(
                "proxies, certificates and connections belong to the client and cannot be changed for one call",
            )),
        }
    }
}
