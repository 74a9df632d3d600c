//! Connections.

use std::path::PathBuf;
use std::sync::Arc;

use super::ConfigBuilder;
use crate::settings::NetworkChoice;
use crate::transport::{Proxies, hosts};

impl ConfigBuilder {
    fn network(&mut self) -> &mut NetworkChoice {
        Arc::make_mut(&mut self.explicit.network)
    }

    /// Sends all requests through this proxy, such as `http://user:password@proxy:3128`, except those to the hosts in the
    /// list: `localhost,.example.com,10.0.0.0/8`. By default, `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` apply.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().proxy("http://proxy:3128", "localhost").build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<String>, except: &str) -> Self {
        let url = url.into();
        self.network().proxy = Some(Proxies {
            http: Some(url.clone()),
            https: Some(url),
            no_proxy: hosts(except),
        });
        self
    }

    /// Sets different proxies for http and https endpoints. A scheme without a proxy uses none. By default, `HTTP_PROXY`,
    /// `HTTPS_PROXY` and `NO_PROXY` apply.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// # use tucuxi::config::Proxies;
    /// let proxies = Proxies::new().http("http://plain:3128").https("http://tunnel:3128").except("localhost");
    /// let config = Config::builder().isolated().proxies(proxies).build()?;
    /// assert_eq!(config.network().proxies.https.as_deref(), Some("http://tunnel:3128"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.network().proxy = Some(proxies);
        self
    }

    /// Sets a PEM file of the certificates that are trusted for https proxies, in place of [`ca_bundle`](Self::ca_bundle).
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::path::Path;
    ///
    /// let config = Config::builder().isolated().proxy_ca_bundle("/etc/proxy-ca.pem").build()?;
    /// assert_eq!(config.network().proxy_ca_bundle.as_deref(), Some(Path::new("/etc/proxy-ca.pem")));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxy_ca_bundle(mut self, file: impl Into<String>) -> Self {
        self.network().proxy_ca_bundle = Some(file.into());
        self
    }

    /// Sets the client's certificate chain and its key for https proxies, as PEM files; both may be in one file. Proxies never
    /// receive the certificate for services.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().proxy_client_certificate("chain.pem", "key.pem").build()?;
    /// assert!(config.network().proxy_client_certificate.is_some());
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxy_client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network().proxy_certificate = Some((chain.into(), key.into()));
        self
    }

    /// Sets whether the proxy forwards requests to https endpoints, so that it can read them. By default, they are sent through
    /// a tunnel.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().proxy_use_forwarding_for_https(true).build()?;
    /// assert!(config.network().proxy_forwards_https);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxy_use_forwarding_for_https(mut self, yes: bool) -> Self {
        self.network().proxy_forwards_https = Some(yes);
        self
    }

    /// Uses no proxy, whatever the environment sets.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("HTTPS_PROXY", "http://proxy:3128")]).no_proxy().build()?;
    /// assert_eq!(config.network().proxies.https, None);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn no_proxy(mut self) -> Self {
        self.network().proxy = Some(Proxies::default());
        self
    }

    /// Sets a PEM file of trusted certificates, which replace the built-in ones.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::path::Path;
    ///
    /// let config = Config::builder().isolated().ca_bundle("/etc/company-ca.pem").build()?;
    /// assert_eq!(config.network().ca_bundle.as_deref(), Some(Path::new("/etc/company-ca.pem")));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn ca_bundle(mut self, file: impl Into<String>) -> Self {
        self.network().ca_bundle = Some(file.into());
        self
    }

    /// Sets the client's certificate chain and its key, as PEM files; both may be in one file.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().client_certificate("chain.pem", "key.pem").build()?;
    /// let (chain, key) = config.network().client_certificate.as_ref().unwrap();
    /// assert!(chain.ends_with("chain.pem") && key.ends_with("key.pem"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network().certificate = Some((chain.into(), key.into()));
        self
    }

    /// Sets whether certificates of servers are verified. Without verification, an attacker in the network can read and change all
    /// requests and responses.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().verify_certificates(false).build()?;
    /// assert!(!config.network().verify_certificates);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn verify_certificates(mut self, yes: bool) -> Self {
        self.network().unverified = !yes;
        self
    }

    /// Sets whether TCP keeps idle connections alive.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().tcp_keepalive(true).build()?;
    /// assert!(config.network().tcp_keepalive);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn tcp_keepalive(mut self, yes: bool) -> Self {
        self.network().tcp_keepalive = Some(yes);
        self
    }

    /// Sets the maximum number of idle connections. It should be at least the number of threads that make calls.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().max_idle_connections(16).build()?;
    /// assert_eq!(config.network().max_idle_connections, 16);
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn max_idle_connections(mut self, number: usize) -> Self {
        self.network().max_idle = Some(number);
        self
    }
}
