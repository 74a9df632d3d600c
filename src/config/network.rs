//! The settings of the network: connections, certificates, proxies.

use std::path::PathBuf;
use std::time::Duration;

use super::chain::{self, Chain, Row};
use super::{ConfigBuilder, ConfigError};
use crate::transport::{Network, Proxies, Throughput, hosts};

/// What the program says of the network.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    certificate: Option<(PathBuf, PathBuf)>,
    max_idle: Option<usize>,
    proxy: Option<Proxies>,
    proxy_certificate: Option<(PathBuf, PathBuf)>,
    unverified: bool,
    /// `Some(None)` for none.
    throughput: Option<Option<Throughput>>,
}

pub(super) const CA_BUNDLE: Row = chain::row("ca_bundle", &["AWS_CA_BUNDLE"]);
pub(super) const KEEPALIVE: Row = chain::row("tcp_keepalive", &["BOTOCORE_TCP_KEEPALIVE"]);
const PROXY_CA: Row = chain::row("proxies_config.proxy_ca_bundle", &[]);
const PROXY_CERT: Row = chain::row("proxies_config.proxy_client_cert", &[]);
const PROXY_FORWARD: Row = chain::row("proxies_config.proxy_use_forwarding_for_https", &[]);

/// So that as many threads as a transfer has share the pool without closing each other's connections.
const MAX_IDLE: usize = 64;

impl Choice {
    pub(super) fn throughput(&self) -> Option<Option<Throughput>> {
        self.throughput
    }

    pub(super) fn network(&self, chain: &Chain<'_>) -> Result<Network, ConfigError> {
        let file = |path: &str| chain.env.expand(path);
        let bundle = chain.text(&CA_BUNDLE).map(|setting| setting.value);
        let bundle = bundle.or_else(|| chain.env.get("REQUESTS_CA_BUNDLE").map(str::to_owned));
        let one_file = |path: String| (file(&path), file(&path));
        let proxy_certificate = chain.text(&PROXY_CERT).map(|setting| setting.value);
        Ok(Network {
            ca_bundle: bundle.map(|path| file(&path)),
            client_certificate: self.certificate.clone(),
            max_idle_connections: self.max_idle.unwrap_or(MAX_IDLE),
            proxies: self
                .proxy
                .clone()
                .unwrap_or_else(|| from_environment(chain)),
            proxy_ca_bundle: chain.text(&PROXY_CA).map(|setting| file(&setting.value)),
            proxy_client_certificate: (self.proxy_certificate.clone())
                .or_else(|| proxy_certificate.map(one_file)),
            proxy_forwards_https: chain.boolean(&PROXY_FORWARD)?.unwrap_or(false),
            tcp_keepalive: chain.boolean(&KEEPALIVE)?.unwrap_or(false),
            verify_certificates: !self.unverified,
        })
    }
}

/// The variables that all programs know, in small letters before capitals.
fn from_environment(chain: &Chain<'_>) -> Proxies {
    let env = chain.env;
    // a web server puts a request's `Proxy` header into HTTP_PROXY
    let is_cgi = env.get("REQUEST_METHOD").is_some();
    let variable = |small: &str| {
        let capitals = small.to_ascii_uppercase();
        let trusted = !(is_cgi && capitals == "HTTP_PROXY");
        let found = env
            .get(small)
            .or_else(|| env.get(&capitals).filter(|_| trusted));
        found.map(str::to_owned)
    };
    let all = || variable("all_proxy");
    Proxies {
        http: variable("http_proxy").or_else(all),
        https: variable("https_proxy").or_else(all),
        no_proxy: hosts(&variable("no_proxy").unwrap_or_default()),
    }
}

impl ConfigBuilder {
    /// Sends all requests through this proxy, such as `http://user:password@proxy:3128`, except those to the hosts of the
    /// list: `localhost,.example.com,10.0.0.0/8`. Without this, the usual variables are asked.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().proxy("http://proxy:3128", "localhost").build()?;
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<String>, except: &str) -> Self {
        let url = url.into();
        self.network.proxy = Some(Proxies {
            http: Some(url.clone()),
            https: Some(url),
            no_proxy: hosts(except),
        });
        self
    }

    /// Sends requests to http and to https endpoints through proxies of their own; a scheme without one uses none. Without
    /// this, the usual variables are asked.
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
        self.network.proxy = Some(proxies);
        self
    }

    /// A PEM file of certificates that https proxies are trusted by, in place of those of [`ca_bundle`](Self::ca_bundle).
    pub fn proxy_ca_bundle(self, file: impl Into<String>) -> Self {
        self.set(&PROXY_CA, file)
    }

    /// The client's certificate chain and key for https proxies, as PEM files; they may be one file. Proxies are not shown
    /// the certificate for services.
    pub fn proxy_client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network.proxy_certificate = Some((chain.into(), key.into()));
        self
    }

    /// Whether requests to https endpoints are given to the proxy whole and not sent through a tunnel. By default they are
    /// not: the proxy would see them.
    pub fn proxy_use_forwarding_for_https(self, yes: bool) -> Self {
        self.set(&PROXY_FORWARD, yes.to_string())
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.network.proxy = Some(Proxies::default());
        self
    }

    /// A PEM file of certificates that are trusted in place of the built-in ones.
    pub fn ca_bundle(self, file: impl Into<String>) -> Self {
        self.set(&CA_BUNDLE, file)
    }

    /// The client's own certificate chain and key, as PEM files; they may be one file.
    pub fn client_certificate(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.network.certificate = Some((chain.into(), key.into()));
        self
    }

    /// Whether the other side must prove who it is. Without that anyone between can read and change everything.
    pub fn verify_certificates(mut self, yes: bool) -> Self {
        self.network.unverified = !yes;
        self
    }

    /// Whether idle connections are kept alive by TCP.
    pub fn tcp_keepalive(self, yes: bool) -> Self {
        self.set(&KEEPALIVE, yes.to_string())
    }

    /// How many idle connections are kept; best as many as there are threads.
    pub fn max_idle_connections(mut self, number: usize) -> Self {
        self.network.max_idle = Some(number);
        self
    }

    /// The least that a body must flow: fewer bytes a second for as long as `grace` break the connection. Zero bytes for no
    /// such limit. Streams of events have none.
    ///
    /// By default that is one byte and twenty seconds for streaming bodies, as in other SDKs. A response that is read whole
    /// must flow 1 KiB a second for as long as fifteen read timeouts: some services send a byte now and then while they work.
    pub fn min_throughput(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.network.throughput = Some((bytes_per_second > 0).then_some(Throughput {
            bytes_per_second,
            grace,
        }));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn proxies_are_those_of_the_environment_unless_the_program_says_so() {
        let env = [
            ("HTTP_PROXY", "http://a"),
            ("https_proxy", "http://b"),
            ("HTTPS_PROXY", "http://c"),
            ("NO_PROXY", "x, .y,"),
        ];
        let config = Config::builder().environment(env).build().unwrap();
        let proxies = &config.network().proxies;
        assert_eq!(proxies.http.as_deref(), Some("http://a"));
        assert_eq!(proxies.https.as_deref(), Some("http://b"));
        assert_eq!(proxies.no_proxy, ["x", ".y"]);
        let none = Config::builder().environment(env).no_proxy().build();
        assert_eq!(none.unwrap().network().proxies, Proxies::default());
        let cgi = [("HTTP_PROXY", "http://a"), ("REQUEST_METHOD", "GET")];
        let config = Config::builder().environment(cgi).build().unwrap();
        assert_eq!(config.network().proxies.http, None);
    }

    #[test]
    fn a_proxys_password_is_not_shown() {
        let config = Config::builder().isolated().proxy("http://u:hidden@p", "");
        assert!(!format!("{config:?}").contains("hidden"));
        assert!(!format!("{:?}", config.build().unwrap()).contains("hidden"));
    }
}
