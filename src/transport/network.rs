//! The settings of connections: certificates, proxies, and the minimum throughput of bodies.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of connections. They apply to all calls of a client; a single call cannot change them.
///
/// ```
/// let config = tucuxi::Config::builder().isolated().ca_bundle("/etc/ssl/own.pem").build()?;
/// let network = config.network();
/// assert_eq!(network.ca_bundle.as_deref(), Some("/etc/ssl/own.pem".as_ref()));
/// assert!(network.verify_certificates);
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// A PEM file of trusted certificates, which replace the built-in ones.
    pub ca_bundle: Option<PathBuf>,
    /// The client's certificate chain and its key, as PEM files; both may be in one file.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The maximum number of idle connections.
    pub max_idle_connections: usize,
    /// The proxies.
    pub proxies: Proxies,
    /// A PEM file of the certificates that are trusted for https proxies, in place of `ca_bundle`.
    pub proxy_ca_bundle: Option<PathBuf>,
    /// The client's certificate chain and its key for https proxies, as PEM files; both may be in one file.
    pub proxy_client_certificate: Option<(PathBuf, PathBuf)>,
    /// Whether proxies forward requests to https endpoints, instead of tunnelling them. Such proxies can read the requests.
    pub proxy_forwards_https: bool,
    /// Whether TCP keeps idle connections alive.
    pub tcp_keepalive: bool,
    /// Whether certificates of servers are verified.
    pub verify_certificates: bool,
}

/// The proxies, and the hosts that are reached without one.
///
/// ```
/// use tucuxi::config::Proxies;
///
/// let proxies = Proxies::new().https("http://user:password@proxy:3128").except("localhost,.example.com");
/// assert_eq!(proxies.no_proxy, ["localhost", ".example.com"]);
/// assert!(!format!("{proxies:?}").contains("password"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "the proxies are used when they are passed to `ConfigBuilder::proxies`"]
#[non_exhaustive]
pub struct Proxies {
    /// The proxy for http endpoints.
    pub http: Option<String>,
    /// The proxy for https endpoints.
    pub https: Option<String>,
    /// The hosts that are reached without a proxy: names, which include their subdomains, addresses, or networks such as
    /// `10.0.0.0/8`, each with an optional port; or `*`.
    pub no_proxy: Vec<String>,
}

impl Proxies {
    /// Creates settings without any proxy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the proxy for http endpoints, such as `http://user:password@proxy:3128`.
    pub fn http(mut self, url: impl Into<String>) -> Self {
        self.http = Some(url.into());
        self
    }

    /// Sets the proxy for https endpoints.
    pub fn https(mut self, url: impl Into<String>) -> Self {
        self.https = Some(url.into());
        self
    }

    /// Sets the hosts that are reached without a proxy: `localhost,.example.com,10.0.0.0/8`.
    pub fn except(mut self, hosts: &str) -> Self {
        self.no_proxy = self::hosts(hosts);
        self
    }
}

impl fmt::Debug for Proxies {
    /// A proxy's URL may contain a password, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// The minimum throughput of a body.
///
/// ```
/// use std::time::Duration;
/// use tucuxi::{Config, config::Throughput};
///
/// let config = Config::builder().isolated().min_throughput(64 * 1024, Duration::from_secs(10)).build()?;
/// let limit: Throughput = config.min_throughput().unwrap();
/// assert_eq!((limit.bytes_per_second, limit.grace), (65_536, Duration::from_secs(10)));
/// # Ok::<(), tucuxi::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throughput {
    /// The minimum, in bytes a second.
    pub bytes_per_second: u64,
    /// How long the throughput may stay below the minimum.
    pub grace: Duration,
}

impl Default for Throughput {
    fn default() -> Self {
        Self {
            bytes_per_second: 1,
            grace: Duration::from_secs(20),
        }
    }
}

/// Splits a list of hosts at its commas.
pub(crate) fn hosts(text: &str) -> Vec<String> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}
