//! How connections are made: certificates, proxies, and the least throughput of bodies.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How connections are made. A client settles it once; a single call cannot change it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// A file of certificates that are trusted in place of the built-in ones.
    pub ca_bundle: Option<PathBuf>,
    /// The client's own certificate chain and key, as PEM files; they may be one file.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// How many idle connections are kept.
    pub max_idle_connections: usize,
    /// The proxies.
    pub proxies: Proxies,
    /// A file of certificates that https proxies are trusted by, in place of `ca_bundle`.
    pub proxy_ca_bundle: Option<PathBuf>,
    /// The client's certificate chain and key for https proxies, as PEM files; they may be one file.
    pub proxy_client_certificate: Option<(PathBuf, PathBuf)>,
    /// Whether a proxy forwards requests to https endpoints too, and so reads them.
    pub proxy_forwards_https: bool,
    /// Whether idle connections are kept alive by TCP.
    pub tcp_keepalive: bool,
    /// Whether the other side must prove who it is.
    pub verify_certificates: bool,
}

/// Which proxies are used, and for whom none is.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxies {
    /// For http endpoints.
    pub http: Option<String>,
    /// For https endpoints.
    pub https: Option<String>,
    /// Hosts that are reached without one: names, which include their subdomains, addresses, networks such as `10.0.0.0/8`,
    /// each maybe with a port; or `*`.
    pub no_proxy: Vec<String>,
}

impl Proxies {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// For requests to http endpoints, such as `http://user:password@proxy:3128`.
    #[must_use]
    pub fn http(mut self, url: impl Into<String>) -> Self {
        self.http = Some(url.into());
        self
    }

    /// For requests to https endpoints.
    #[must_use]
    pub fn https(mut self, url: impl Into<String>) -> Self {
        self.https = Some(url.into());
        self
    }

    /// Hosts that are reached without one: `localhost,.example.com,10.0.0.0/8`.
    #[must_use]
    pub fn except(mut self, hosts: &str) -> Self {
        self.no_proxy = self::hosts(hosts);
        self
    }
}

impl fmt::Debug for Proxies {
    /// A proxy's URL may have a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// The least that a streaming body must flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throughput {
    /// Bytes a second.
    pub bytes_per_second: u64,
    /// For how long there may be less.
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

/// The hosts of a list with commas.
pub(crate) fn hosts(text: &str) -> Vec<String> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}
