//! Endpoints.

use std::fmt;

use super::chain::Source;
use super::values::{AccountIdEndpointMode, EndpointDiscoveryMode, RegionalEndpoints};
use super::{ConfigError, Settings, rows};
use crate::endpoint::EndpointValue;
use crate::uri::{self, WrittenUrl};

/// Checks the endpoint URL that the program sets.
pub(super) fn check_explicit(url: Option<&str>) -> Result<(), ConfigError> {
    url.map_or(Ok(()), |url| check_url(url, &Source::Builder))
}

fn check_url(url: &str, source: &dyn fmt::Display) -> Result<(), ConfigError> {
    match WrittenUrl::parse_endpoint(url) {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigError::Url {
            key: rows::ENDPOINT_URL.key,
            value: uri::shown(url),
            from: source.to_string(),
            problem: error.to_string(),
        }),
    }
}

impl Settings {
    /// Returns the URL to which the requests of a service are sent in place of its own endpoint, if one is set. `service_key` is
    /// the service's id in the spelling of settings, such as `application_auto_scaling`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_ENDPOINT_URL_S3", "http://localhost:9000")]).build()?;
    /// assert_eq!(config.endpoint_url("s3")?.as_deref(), Some("http://localhost:9000"));
    /// assert_eq!(config.endpoint_url("dynamodb")?, None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid, or if the profile refers to a `services` section that does not exist.
    pub fn endpoint_url(&self, service_key: &str) -> Result<Option<String>, ConfigError> {
        if self.explicit.endpoint_url.is_some() {
            // checked when it was set
            return Ok(self.explicit.endpoint_url.clone());
        }
        let Some((url, source)) = self.configured_endpoint_url(service_key)? else {
            return Ok(None);
        };
        check_url(&url, &source)?;
        Ok(Some(url))
    }

    /// Returns the variable or the key of the profile that sets the endpoint of a service.
    pub(crate) fn endpoint_url_source(&self, service_key: &str) -> Option<String> {
        if self.explicit.endpoint_url.is_some() {
            return None;
        }
        let configured = self.configured_endpoint_url(service_key);
        configured.ok()?.map(|(_, source)| source)
    }

    /// Returns the URL of the environment or the profile, and its source.
    fn configured_endpoint_url(
        &self,
        service_key: &str,
    ) -> Result<Option<(String, String)>, ConfigError> {
        let chain = self.chain();
        let ignored = match self.explicit.ignore_endpoint_urls {
            Some(ignored) => ignored,
            None => chain.boolean(&rows::IGNORE_ENDPOINT_URLS)?.unwrap_or(false),
        };
        if ignored {
            return Ok(None);
        }
        self.of_service("AWS_ENDPOINT_URL", rows::ENDPOINT_URL.key, service_key)
    }

    /// Returns a setting that services may have of their own, and its source: the variable with the service's id, the variable, the
    /// service's part of the profile's `services` section, the profile.
    pub(super) fn of_service(
        &self,
        variable: &str,
        key: &'static str,
        service_key: &str,
    ) -> Result<Option<(String, String)>, ConfigError> {
        let mut own = format!("{variable}_{service_key}");
        own.make_ascii_uppercase();
        for variable in [&own, variable] {
            if let Some(value) = self.env.get(variable) {
                let source = format!("the environment variable {variable}");
                return Ok(Some((value.to_owned(), source)));
            }
        }
        let chain = self.chain();
        let Some(profile) = chain.profile else {
            return Ok(None);
        };
        if let Some((name, _)) = profile.text(None, "services") {
            let services = self
                .profiles
                .services(name)
                .ok_or_else(|| ConfigError::Services {
                    name: name.to_owned(),
                })?;
            if let Some((value, from)) = services.text(Some(service_key), key)
                && !value.is_empty()
            {
                let file = from.file.display();
                let source = format!("{service_key} of [services {name}] in {file}");
                return Ok(Some((value.to_owned(), source)));
            }
        }
        let setting = chain
            .of_profile(key)
            .filter(|setting| !setting.value.is_empty());
        Ok(setting.map(|setting| (setting.value, setting.source.to_string())))
    }

    /// Whether FIPS endpoints are used.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_USE_FIPS_ENDPOINT", "true")]).build()?;
    /// assert!(config.use_fips());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn use_fips(&self) -> bool {
        self.is_fips_region || self.value(|values| values.use_fips).unwrap_or(false)
    }

    /// Returns whether dual-stack endpoints are used, or `None` if this is not set.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_USE_DUALSTACK_ENDPOINT", "true")]).build()?;
    /// assert_eq!(config.use_dualstack(), Some(true));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn use_dualstack(&self) -> Option<bool> {
        self.value(|values| values.use_dualstack)
    }

    /// Returns the endpoints of STS for regions that had only the global one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::RegionalEndpoints;
    ///
    /// let config = Config::builder().environment([("AWS_STS_REGIONAL_ENDPOINTS", "legacy")]).build()?;
    /// assert_eq!(config.sts_endpoints(), RegionalEndpoints::Legacy);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn sts_endpoints(&self) -> RegionalEndpoints {
        self.ambient.sts_endpoints
    }

    /// Returns when endpoint discovery is used.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::EndpointDiscoveryMode;
    ///
    /// let config = Config::builder().environment([("AWS_ENDPOINT_DISCOVERY_ENABLED", "false")]).build()?;
    /// assert_eq!(config.endpoint_discovery(), EndpointDiscoveryMode::Disabled);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn endpoint_discovery(&self) -> EndpointDiscoveryMode {
        self.value(|values| values.endpoint_discovery)
            .unwrap_or_default()
    }

    /// Returns when account-based endpoints are used.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::AccountIdEndpointMode;
    ///
    /// let config = Config::builder().environment([("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required")]).build()?;
    /// assert_eq!(config.account_id_endpoint_mode(), AccountIdEndpointMode::Required);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn account_id_endpoint_mode(&self) -> AccountIdEndpointMode {
        match self.explicit.unsigned {
            true => AccountIdEndpointMode::Disabled,
            false => self
                .value(|values| values.account_id_mode)
                .unwrap_or_default(),
        }
    }

    /// Whether operations may add their prefix, such as `data-`, to the host of the endpoint.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().inject_host_prefix(false).build()?;
    /// assert!(!config.injects_host_prefix());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn injects_host_prefix(&self) -> bool {
        !self.value(|values| values.no_host_prefix).unwrap_or(false)
    }

    /// Returns a client context parameter of the endpoint rules, if the program sets it.
    pub(crate) fn client_context_param(&self, name: &str) -> Option<&EndpointValue> {
        let mut params = self.explicit.context_params.iter().rev();
        params
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }
}
