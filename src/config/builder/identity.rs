//! Credentials and signatures.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ConfigBuilder;
use crate::credentials::CredentialsProvider;
use crate::identity::{ApiKey, BearerToken, Credentials, HttpLogin};
use crate::settings::{SignatureVersion, names_in};

impl ConfigBuilder {
    /// Uses these credentials, in place of the default chain of providers.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::Credentials;
    ///
    /// let config = Config::builder().isolated().credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_provider(credentials)
    }

    /// Uses this provider in place of the default chain. With the feature `async`, `credentials::Awaited` makes one of an
    /// `AsyncCredentialsProvider`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::Credentials;
    /// use tucuxi::credentials::Chain;
    ///
    /// let chain = Chain::standard().then(Credentials::new("AKIDEXAMPLE", "secret"));
    /// let config = Config::builder().isolated().credentials_provider(chain).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.plugins.provider = Some(Arc::new(provider));
        self
    }

    /// Sets the timeout of a lookup of credentials or of a bearer token, including its requests, the program of
    /// `credential_process`, and prompts to the user. The default is 120 seconds. A lookup also ends at the timeout of the
    /// call ([`ConfigBuilder::operation_timeout`]), and when the call is cancelled.
    ///
    /// The variable `TUCUXI_CREDENTIALS_TIMEOUT` and the key `credentials_timeout` of a profile set it in whole seconds.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().isolated().credentials_timeout(Duration::from_secs(30)).build()?;
    /// assert_eq!(config.credentials_timeout(), Duration::from_secs(30));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn credentials_timeout(mut self, timeout: Duration) -> Self {
        self.explicit.values.credentials_timeout = Some(timeout);
        self
    }

    /// Sets whether the credentials of assumed roles are cached in `~/.aws/cli/cache`, which `aws` shares. By default they are,
    /// in files that only the user can read.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().cache_roles(false).build()?;
    /// assert!(!config.caches_roles());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn cache_roles(mut self, yes: bool) -> Self {
        self.explicit.no_role_cache = !yes;
        self
    }

    /// Sets the function that prompts for the code of an MFA device, if the role of a profile needs one. It receives the serial
    /// number or ARN of the device. The default is a prompt on the terminal.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let prompt = |device: &str| {
    ///     println!("Code of {device}:");
    ///     std::io::stdin().lines().next().unwrap_or_else(|| Ok(String::new()))
    /// };
    /// let config = Config::builder().isolated().mfa_prompt(prompt).build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn mfa_prompt(
        mut self,
        prompt: impl Fn(&str) -> io::Result<String> + Send + Sync + 'static,
    ) -> Self {
        self.explicit.world.mfa = Some(Arc::new(prompt));
        self
    }

    /// Sets the bearer token, for services that accept one.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::BearerToken;
    ///
    /// let config = Config::builder().isolated().bearer_token(BearerToken::new("my-token")).build()?;
    /// assert!(!format!("{config:?}").contains("my-token"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.explicit.bearer_token = Some(token);
        self
    }

    /// Sets the API key, for services that are not AWS's and have such keys (`smithy.api#httpApiKeyAuth`). Without it, the key is
    /// that of the environment variable `TUCUXI_API_KEY` (for one service: `TUCUXI_API_KEY_TOWER`) or of the profile's `api_key`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::ApiKey;
    ///
    /// let config = Config::builder().isolated().api_key(ApiKey::new("my-key")).build()?;
    /// assert!(!format!("{config:?}").contains("my-key"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn api_key(mut self, key: ApiKey) -> Self {
        self.explicit.api_key = Some(key);
        self
    }

    /// Sets the user name and the password, for services that are not AWS's and have HTTP Basic or HTTP Digest authentication
    /// (`smithy.api#httpBasicAuth`, `smithy.api#httpDigestAuth`). Without it, these are the environment variables
    /// `TUCUXI_HTTP_USERNAME` and `TUCUXI_HTTP_PASSWORD` (for one service: `TUCUXI_HTTP_USERNAME_TOWER`, …), or the profile's
    /// `http_username` and `http_password`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::HttpLogin;
    ///
    /// let login = HttpLogin::new("alice", "my-password");
    /// let config = Config::builder().isolated().http_login(login).build()?;
    /// assert!(!format!("{config:?}").contains("my-password"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn http_login(mut self, login: HttpLogin) -> Self {
        self.explicit.http_login = Some(login);
        self
    }

    /// Sends requests without a signature, as for public buckets.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().region("us-east-1").unsigned().build()?;
    /// assert!(config.is_unsigned());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn unsigned(mut self) -> Self {
        self.explicit.unsigned = true;
        self
    }

    /// Sets the signature version, in place of the one that models and endpoint rules choose.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use tucuxi::config::SignatureVersion;
    ///
    /// let config = Config::builder().isolated().signature_version(SignatureVersion::S3).build()?;
    /// assert_eq!(config.signature_version("s3")?, Some(SignatureVersion::S3));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.explicit.values.signature_version = Some(version);
        self
    }

    /// Sets the preferred auth schemes, separated by commas: `sigv4a,sigv4`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().auth_scheme_preference("sigv4a,sigv4").build()?;
    /// assert_eq!(config.auth_scheme_preference(), ["sigv4a", "sigv4"]);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn auth_scheme_preference(mut self, names: impl Into<String>) -> Self {
        self.explicit.values.auth_schemes = Some(names_in(&names.into()));
        self
    }

    /// Sets the regions in which a signature of version 4a is valid, separated by commas, or `*`.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().sigv4a_signing_region_set("eu-west-1,us-east-1").build()?;
    /// assert_eq!(config.sigv4a_signing_region_set(), Some("eu-west-1,us-east-1"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn sigv4a_signing_region_set(mut self, regions: impl Into<String>) -> Self {
        self.explicit.values.region_set = Some(regions.into());
        self
    }

    /// Sets whether signatures of requests to S3 cover the body.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_sign_payload(true).build()?;
    /// assert_eq!(config.s3().payload_signing_enabled, Some(true));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_sign_payload(mut self, yes: bool) -> Self {
        self.explicit.values.s3.payload_signing_enabled = Some(yes);
        self
    }

    /// Sets whether S3 Express buckets are used without a session.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().s3_disable_express_session_auth(true).build()?;
    /// assert!(config.s3().disable_express_session_auth);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn s3_disable_express_session_auth(mut self, yes: bool) -> Self {
        self.explicit.values.s3.disable_express_session_auth = Some(yes);
        self
    }
}
