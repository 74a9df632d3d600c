//! Settings of connections: certificates and proxies.

use std::path::PathBuf;
use std::sync::Arc;

use super::chain::Chain;
use super::{ConfigError, Settings, rows};
use crate::transport::{Network, Proxies, hosts};

/// The settings of connections that the program sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetworkChoice {
    pub(crate) ca_bundle: Option<String>,
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) max_idle: Option<usize>,
    pub(crate) proxy: Option<Proxies>,
    pub(crate) proxy_ca_bundle: Option<String>,
    pub(crate) proxy_certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) proxy_forwards_https: Option<bool>,
    pub(crate) tcp_keepalive: Option<bool>,
    pub(crate) unverified: bool,
}

/// Enough for the threads of a transfer to share the pool without closing each other's connections.
const MAX_IDLE: usize = 64;

impl NetworkChoice {
    /// Combines the settings of the program with those of the environment and the profile.
    pub(super) fn resolve(&self, chain: &Chain<'_>) -> Result<Network, ConfigError> {
        let file = |path: &str| chain.env.expand(path);
        let text = |program: &Option<String>, row| {
            let set = program.clone();
            let text = set.or_else(|| chain.text(row).map(|setting| setting.value));
            text.filter(|text| !text.is_empty())
        };
        let flag = |program: Option<bool>, row| match program {
            Some(flag) => Ok(flag),
            None => chain.boolean(row).map(|flag| flag.unwrap_or(false)),
        };
        let bundle = text(&self.ca_bundle, &rows::CA_BUNDLE);
        let bundle = bundle.or_else(|| chain.env.get("REQUESTS_CA_BUNDLE").map(str::to_owned));
        let one_file = |path: String| (file(&path), file(&path));
        let proxy_certificate = text(&None, &rows::PROXY_CERTIFICATE);
        Ok(Network {
            ca_bundle: bundle.map(|path| file(&path)),
            client_certificate: self.certificate.clone(),
            max_idle_connections: self.max_idle.unwrap_or(MAX_IDLE),
            proxies: self
                .proxy
                .clone()
                .unwrap_or_else(|| from_environment(chain)),
            proxy_ca_bundle: text(&self.proxy_ca_bundle, &rows::PROXY_CA).map(|path| file(&path)),
            proxy_client_certificate: (self.proxy_certificate.clone())
                .or_else(|| proxy_certificate.map(one_file)),
            proxy_forwards_https: flag(self.proxy_forwards_https, &rows::PROXY_FORWARD)?,
            tcp_keepalive: flag(self.tcp_keepalive, &rows::KEEPALIVE)?,
            verify_certificates: !self.unverified,
        })
    }
}

impl Settings {
    /// Returns the settings of connections.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("HTTPS_PROXY", "http://proxy:3128")]).build()?;
    /// assert_eq!(config.network().proxies.https.as_deref(), Some("http://proxy:3128"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Whether the settings of connections are the same.
    pub(crate) fn shares_network_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.network, &other.network) || self.network == other.network
    }
}

/// Reads the usual variables, such as `https_proxy`. The lower-case name of a variable takes precedence.
fn from_environment(chain: &Chain<'_>) -> Proxies {
    let env = chain.env;
    // in a CGI program, HTTP_PROXY is the `Proxy` header of the request, which anyone can send
    let is_cgi = env.get("REQUEST_METHOD").is_some();
    let variable = |lower: &str| {
        let upper = lower.to_ascii_uppercase();
        let trusted = !(is_cgi && upper == "HTTP_PROXY");
        let found = env
            .get(lower)
            .or_else(|| env.get(&upper).filter(|_| trusted));
        found.map(str::to_owned)
    };
    let all = || variable("all_proxy");
    Proxies {
        http: variable("http_proxy").or_else(all),
        https: variable("https_proxy").or_else(all),
        no_proxy: hosts(&variable("no_proxy").unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn proxies_are_those_of_the_environment_unless_the_program_sets_them() {
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
