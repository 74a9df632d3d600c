//! How connections are made.

use std::path::PathBuf;
use std::sync::Arc;

use super::ConfigBuilder;
use crate::settings::NetworkChoice;
use crate::transport::{Proxies, hosts};

impl ConfigBuilder {
    fn network(&mut self) -> &mut NetworkChoice {
        Arc::make_mut(&mut self.explicit.network)
    }

    /// Sends all requests through this proxy, such as `http://user:password@proxy:3128`, except those to the hosts of the
    /// list: `localhost,.example.com,10.0.0.0/8`. Without this, `HTTP_PROXY` and its like apply.
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

    /// Sends requests to http and to https endpoints through proxies of their own; a scheme without one uses none. Without
    /// this, `HTTP_PROXY` and its like apply.
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

    /// A PEM file of certificates that https proxies are trusted by, in place of those of [`ca_bundle`](Self::ca_bundle).
    pub fn proxy_ca_bundle(mut self, file: impl Into<String>) -> Self {
        self.network().proxy_ca_bundle = Some(file.into());
        self
    }

    /// The client's certificate chain and key for https proxies, as PEM files; they may be one file. Proxies are not shown
    /// the certificate for services.
    pub fn proxy_client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network().proxy_certificate = Some((chain.into(), key.into()));
        self
    }

    /// Whether requests to https endpoints are given to the proxy whole and not sent through a tunnel. By default they are
    /// not: the proxy would see them.
    pub fn proxy_use_forwarding_for_https(mut self, yes: bool) -> Self {
        self.network().proxy_forwards_https = Some(yes);
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.network().proxy = Some(Proxies::default());
        self
    }

    /// A PEM file of certificates that are trusted in place of the built-in ones.
    pub fn ca_bundle(mut self, file: impl Into<String>) -> Self {
        self.network().ca_bundle = Some(file.into());
        self
    }

    /// The client's own certificate chain and key, as PEM files; they may be one file.
    pub fn client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network().certificate = Some((chain.into(), key.into()));
        self
    }

    /// Whether the other side must prove who it is. Without that anyone between can read and change everything.
    pub fn verify_certificates(mut self, yes: bool) -> Self {
        self.network().unverified = !yes;
        self
    }

    /// Whether idle connections are kept alive by TCP.
    pub fn tcp_keepalive(mut self, yes: bool) -> Self {
        self.network().tcp_keepalive = Some(yes);
        self
    }

    /// How many idle connections are kept; best as many as there are threads.
    pub fn max_idle_connections(mut self, number: usize) -> Self {
        self.network().max_idle = Some(number);
        self
    }
}
