//! Routes: which requests are sent through a proxy, and how.
//!
//! | endpoint | a request is sent |
//! | --- | --- |
//! | http | to the proxy, which forwards it: with its whole URL, and the proxy's user name and password |
//! | https | through a tunnel (`CONNECT`), in which the proxy cannot read it |
//! | https, with `proxy_use_forwarding_for_https` | to the proxy, as for http |

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use ureq::Proxy;

use super::authority::{host_and_port, port};
use super::pool::Pool;
use super::tls;
use crate::error::{Error, Result};
use crate::transport::{Network, Proxies};
use crate::uri::WrittenUrl;

/// The routes of requests.
#[derive(Debug)]
pub(super) struct Routes {
    /// Connections to services.
    direct: Arc<Pool>,
    http: Option<Via>,
    https: Option<Via>,
    proxies: Proxies,
}

/// A route through a proxy.
#[derive(Debug)]
enum Via {
    Forwarding {
        /// Connections to proxies.
        pool: Arc<Pool>,
        to: Uri,
        /// The value of `Proxy-Authorization`.
        authorization: Option<HeaderValue>,
    },
    Tunnel(Arc<Pool>),
}

/// The route of a request.
pub(super) struct Route<'a> {
    pub(super) pool: &'a Arc<Pool>,
    /// The peer of the connection.
    pub(super) to: &'a Uri,
    /// Set for a forwarding proxy, with the value of `Proxy-Authorization`, if any.
    pub(super) forward: Option<Option<HeaderValue>>,
}

impl Routes {
    pub(super) fn new(network: &Network) -> Result<Self> {
        let tls = tls::to_services(network)?;
        let proxy_tls = tls::to_proxies(network)?;
        let proxies = &network.proxies;
        let parsed = |scheme, url: &Option<String>| {
            let url = url.as_deref();
            url.map(|url| parse(scheme, url)).transpose()
        };
        let to_proxies = Arc::new(Pool::new(network, &proxy_tls));
        let forwarding = |proxy| forwarding(&to_proxies, proxy);
        let tunnel = |proxy| Via::Tunnel(Arc::new(Pool::tunnels(network, &tls, &proxy_tls, proxy)));
        let https = parsed("https", &proxies.https)?;
        Ok(Self {
            direct: Arc::new(Pool::new(network, &tls)),
            http: parsed("http", &proxies.http)?.map(forwarding).transpose()?,
            https: match network.proxy_forwards_https {
                true => https.map(forwarding).transpose()?,
                false => https.map(tunnel),
            },
            proxies: proxies.clone(),
        })
    }

    /// Returns the route to a URL. If `direct` is set, the route has no proxy, whatever the settings.
    pub(super) fn to<'a>(&'a self, uri: &'a Uri, direct: bool) -> Route<'a> {
        let via = match uri.scheme_str() {
            _ if direct || is_direct(&self.proxies, uri) => &None,
            Some("https") => &self.https,
            _ => &self.http,
        };
        let (pool, to, forward) = match via {
            Some(Via::Forwarding {
                pool,
                to,
                authorization,
            }) => (pool, to, Some(authorization.clone())),
            Some(Via::Tunnel(pool)) => (pool, uri, None),
            None => (&self.direct, uri, None),
        };
        Route { pool, to, forward }
    }
}

/// Parses the URL of the proxy for endpoints of a scheme. The URL may have a password, so errors do not show it.
fn parse(scheme: &str, url: &str) -> Result<Proxy> {
    let error = |problem: &str| {
        Error::config(format!(
            "the URL of the proxy for {scheme} endpoints (of the program, {scheme}_proxy or all_proxy) is invalid: {problem}"
        ))
    };
    let url = WrittenUrl::parse_proxy(url).map_err(|e| error(&e.to_string()))?;
    Proxy::new(url.as_str()).map_err(|e| error(&e.to_string()))
}

fn forwarding(pool: &Arc<Pool>, proxy: Proxy) -> Result<Via> {
    let invalid =
        || Error::config("the user name and password of the proxy are not valid in a header");
    let authorization = (proxy.username().is_some() || proxy.password().is_some()).then(|| {
        let (user, password) = (proxy.username(), proxy.password());
        let pair = format!(
            "{}:{}",
            user.unwrap_or_default(),
            password.unwrap_or_default()
        );
        let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
        HeaderValue::try_from(value).map_err(|_| invalid())
    });
    let mut authorization = authorization.transpose()?;
    if let Some(authorization) = &mut authorization {
        authorization.set_sensitive(true);
    }
    let uri = proxy.uri();
    let scheme = uri.scheme_str().unwrap_or("http");
    let to = format!("{scheme}://{}", host_and_port(uri));
    Ok(Via::Forwarding {
        pool: pool.clone(),
        to: to.parse().map_err(|_| invalid())?,
        authorization,
    })
}

/// Whether the host of a URL is reached without a proxy.
pub(super) fn is_direct(proxies: &Proxies, uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = port(uri);
    proxies.no_proxy.iter().any(|rule| covers(rule, host, port))
}

fn covers(rule: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if rule == "*" {
        return true;
    }
    if let (Some((network, bits)), Some(address)) = (rule.split_once('/'), address) {
        let (Ok(network), Ok(bits)) = (network.parse(), bits.parse()) else {
            return false;
        };
        return is_in(address, network, bits);
    }
    if let (Ok(rule), Some(address)) = (rule.trim_matches(['[', ']']).parse::<IpAddr>(), address) {
        return rule == address;
    }
    let (name, only) = match rule.rsplit_once(':') {
        Some((name, digits)) => match digits.parse::<u16>() {
            Ok(only) => (name, Some(only)),
            Err(_) => (rule, None),
        },
        None => (rule, None),
    };
    let name = name.trim_matches(['[', ']']);
    let name = name
        .strip_prefix("*.")
        .or_else(|| name.strip_prefix('.'))
        .unwrap_or(name);
    // as bytes, as a rule may be any text
    let (host, name) = (host.as_bytes(), name.as_bytes());
    let is_name = host.eq_ignore_ascii_case(name);
    let is_below = host.len() > name.len()
        && host[host.len() - name.len()..].eq_ignore_ascii_case(name)
        && host[host.len() - name.len() - 1] == b'.';
    !name.is_empty()
        && only.is_none_or(|only| only == port)
        && (is_name || (is_below && address.is_none()))
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => (a.to_bits().into(), n.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits(), n.to_bits(), 128),
        _ => return false,
    };
    let differ: u128 = address ^ network;
    bits <= width && differ.checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_proxies_are_valid_or_the_error_says_what_to_write() {
        for url in [
            "http://proxy:3128",
            "https://u:p%40ss@proxy",
            "proxy:3128",
            "u:p@proxy",
        ] {
            assert!(parse("http", url).is_ok(), "{url}");
        }
        for (url, expected) in [
            (
                "socks5://u:hidden@proxy",
                "its scheme is \"socks5\": write http or https",
            ),
            ("http://u:hidden@", "it has no host"),
            ("http://u:hid/den@proxy", "percent-encode its / ? and #"),
            ("http://proxy:port", "its port is not a number up to 65535"),
            ("", "it has no scheme"),
        ] {
            let error = parse("https", url).unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains("https_proxy"),
                "{url}: {error}"
            );
            assert!(!error.contains("hid"), "{url}: {error}");
        }
    }

    #[test]
    fn no_proxy_has_names_addresses_networks_and_ports() {
        let cases = [
            ("*", "http://any.example", true),
            ("example.com", "http://example.com", true),
            ("example.com", "http://s3.EXAMPLE.com:9000", true),
            ("example.com", "http://notexample.com", false),
            (".example.com", "https://a.example.com", true),
            ("*.example.com", "https://a.example.com", true),
            ("example.com:9000", "http://example.com:9000", true),
            ("example.com:9000", "http://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("10.0.0.0/0", "http://11.1.2.3", true),
            ("10.0.0.0/99", "http://10.1.2.3", false),
            ("127.0.0.1", "http://127.0.0.1:8000", true),
            ("127.0.0.1:8000", "http://127.0.0.1:8000", true),
            ("0.0.1", "http://127.0.0.1", false),
            ("::1", "http://[::1]:8000", true),
            ("fd00::/8", "http://[fd12::1]", true),
            ("x", "http://y", false),
            (".", "http://y", false),
        ];
        for (rule, uri, expected) in cases {
            let proxies = Proxies {
                no_proxy: vec![rule.into()],
                ..Proxies::default()
            };
            assert_eq!(
                is_direct(&proxies, &uri.parse().unwrap()),
                expected,
                "{rule} {uri}"
            );
        }
    }
}
