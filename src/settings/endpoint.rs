//! Where requests go.

use super::values::{AccountIdEndpointMode, EndpointDiscoveryMode, StsEndpoints};
use super::{ConfigError, Settings, rows};
use crate::endpoint::EndpointValue;

impl Settings {
    /// Where the requests of a service go, if that is not its own endpoint. `service_key` is the service's id as settings
    /// have it: `application_auto_scaling`.
    ///
    /// # Errors
    ///
    /// The profile refers to a `services` section that does not exist.
    pub fn endpoint_url(&self, service_key: &str) -> Result<Option<String>, ConfigError> {
        if self.explicit.endpoint_url.is_some() {
            return Ok(self.explicit.endpoint_url.clone());
        }
        let chain = self.chain();
        let ignored = match self.explicit.ignore_endpoint_urls {
            Some(ignored) => ignored,
            None => chain.boolean(&rows::IGNORE_ENDPOINT_URLS)?.unwrap_or(false),
        };
        if ignored {
            return Ok(None);
        }
        let variable = format!("AWS_ENDPOINT_URL_{}", service_key.to_ascii_uppercase());
        let in_env = self
            .env
            .get(&variable)
            .or_else(|| self.env.get("AWS_ENDPOINT_URL"));
        if let Some(url) = in_env {
            return Ok(Some(url.to_owned()));
        }
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
            if let Some((url, _)) = services.text(Some(service_key), "endpoint_url")
                && !url.is_empty()
            {
                return Ok(Some(url.to_owned()));
            }
        }
        Ok(chain.text(&rows::ENDPOINT_URL).map(|setting| setting.value))
    }

    /// Whether endpoints must be FIPS-validated.
    pub fn use_fips(&self) -> bool {
        self.is_fips_region || self.value(|values| values.use_fips).unwrap_or(false)
    }

    /// Whether endpoints have IPv6, if that is set.
    pub fn use_dualstack(&self) -> Option<bool> {
        self.value(|values| values.use_dualstack)
    }

    /// Which endpoints of STS older regions use.
    pub fn sts_endpoints(&self) -> StsEndpoints {
        self.ambient.sts_endpoints
    }

    /// Whether endpoints are discovered, of services that support it.
    pub fn endpoint_discovery(&self) -> EndpointDiscoveryMode {
        self.value(|values| values.endpoint_discovery)
            .unwrap_or_default()
    }

    /// Whether endpoints are those of the account.
    pub fn account_id_endpoint_mode(&self) -> AccountIdEndpointMode {
        match self.explicit.unsigned {
            true => AccountIdEndpointMode::Disabled,
            false => self
                .value(|values| values.account_id_mode)
                .unwrap_or_default(),
        }
    }

    /// Whether operations may have a host of their own, such as `data-` before that of the service.
    pub fn injects_host_prefix(&self) -> bool {
        !self.value(|values| values.no_host_prefix).unwrap_or(false)
    }

    /// The parameter of endpoint rules that the program sets for all services which leave it to their clients.
    pub(crate) fn client_context_param(&self, name: &str) -> Option<&EndpointValue> {
        let mut params = self.explicit.context_params.iter().rev();
        params
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }
}
