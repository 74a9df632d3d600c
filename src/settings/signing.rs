//! Signatures and bearer tokens.

use super::values::SignatureVersion;
use super::{ConfigError, Settings};
use crate::identity::{ApiKey, BearerToken, HttpLogin, is_blank};

impl Settings {
    /// Whether requests are sent without a signature.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().unsigned().build()?;
    /// assert!(config.is_unsigned());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn is_unsigned(&self) -> bool {
        self.explicit.unsigned
    }

    /// Returns the signature version for a service, if one is set. `service_key` is the service's id in the spelling of settings,
    /// as for [`endpoint_url`](Settings::endpoint_url).
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::SignatureVersion;
    ///
    /// let config = Config::builder().isolated().signature_version(SignatureVersion::S3).build()?;
    /// assert_eq!(config.signature_version("s3")?, Some(SignatureVersion::S3));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the profile sets an unknown version for this service.
    pub fn signature_version(
        &self,
        service_key: &str,
    ) -> Result<Option<SignatureVersion>, ConfigError> {
        const KEY: &str = "signature_version";
        if let Some(version) = self.own_value(|values| values.signature_version) {
            return Ok(Some(version));
        }
        let profile = self.current_profile();
        let Some((text, from)) = profile.and_then(|p| p.text(Some(service_key), KEY)) else {
            return Ok(None);
        };
        let parsed = text.parse().map(Some);
        parsed.map_err(|_| ConfigError::Value {
            key: KEY,
            value: text.to_owned(),
            from: format!("{service_key} in {}", from.file.display()),
            expected: SignatureVersion::VALUES,
        })
    }

    /// Returns the names of the preferred auth schemes, such as `sigv4a`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_AUTH_SCHEME_PREFERENCE", "sigv4a,sigv4")]).build()?;
    /// assert_eq!(config.auth_scheme_preference(), ["sigv4a", "sigv4"]);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn auth_scheme_preference(&self) -> &[String] {
        let names = self.own_value(|values| values.auth_schemes.as_deref());
        names.unwrap_or_default()
    }

    /// Returns the regions in which a signature of version 4a is valid, if they are set.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().sigv4a_signing_region_set("eu-west-1,us-east-1").build()?;
    /// assert_eq!(config.sigv4a_signing_region_set(), Some("eu-west-1,us-east-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn sigv4a_signing_region_set(&self) -> Option<&str> {
        self.text(|values| values.region_set.as_deref())
    }

    /// Returns the bearer token for services with this signing name from the program or the environment, and its source.
    pub(crate) fn bearer_token(&self, signing_name: &str) -> Option<(BearerToken, String)> {
        if let Some(given) = &self.explicit.bearer_token {
            return Some((given.clone(), "the bearer token of the program".into()));
        }
        let variable = token_variable(signing_name);
        let token = self.env.get(&variable)?.trim_matches([' ', '\t']);
        (!is_blank(token)).then(|| (BearerToken::new(token), variable))
    }

    /// Returns the API key for a service, by its id in the spelling of settings: of the program, or else of `TUCUXI_API_KEY_TOWER`,
    /// `TUCUXI_API_KEY`, or the profile's `api_key`.
    pub(crate) fn api_key(&self, service_key: &str) -> Result<Option<ApiKey>, ConfigError> {
        if self.explicit.api_key.is_some() {
            return Ok(self.explicit.api_key.clone());
        }
        let found = self.of_service("TUCUXI_API_KEY", "api_key", service_key)?;
        Ok(found.map(|(key, _)| ApiKey::new(key)))
    }

    /// Returns the user name and the password for a service: of the program, or else of `TUCUXI_HTTP_USERNAME` and
    /// `TUCUXI_HTTP_PASSWORD`, each also with the service's id, or the profile's `http_username` and `http_password`.
    pub(crate) fn http_login(&self, service_key: &str) -> Result<Option<HttpLogin>, ConfigError> {
        if self.explicit.http_login.is_some() {
            return Ok(self.explicit.http_login.clone());
        }
        let username = self.of_service("TUCUXI_HTTP_USERNAME", "http_username", service_key)?;
        let password = self.of_service("TUCUXI_HTTP_PASSWORD", "http_password", service_key)?;
        let both = username.zip(password);
        Ok(both.map(|((username, _), (password, _))| HttpLogin::new(username, password)))
    }

    /// Whether the environment has a bearer token for services with this signing name.
    pub(crate) fn has_token_variable(&self, signing_name: &str) -> bool {
        let token = self.env.get(&token_variable(signing_name));
        token.is_some_and(|token| !is_blank(token))
    }

    /// Whether these are the settings for calls of credentials providers.
    pub(crate) fn is_of_provider(&self) -> bool {
        self.is_of_provider
    }

    /// Returns the settings for calls of credentials providers. The endpoint URL, signature version and bearer token that the program
    /// sets do not apply to these: STS needs version 4, for example, whatever the program uses for S3.
    pub(crate) fn for_provider(&self, is_signed: bool) -> Self {
        let mut settings = self.clone();
        settings.is_of_provider = true;
        let program = &mut settings.explicit;
        program.endpoint_url = None;
        program.bearer_token = None;
        program.api_key = None;
        program.http_login = None;
        program.unsigned = !is_signed;
        settings
    }
}

/// Returns the environment variable of the bearer token for services with a signing name.
pub(crate) fn token_variable(signing_name: &str) -> String {
    let name = signing_name.to_ascii_uppercase().replace(['-', ' '], "_");
    format!("AWS_BEARER_TOKEN_{name}")
}
