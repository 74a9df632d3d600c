//! Which requests go through a proxy, and how.
//!
//! | endpoint | a request goes |
//! | --- | --- |
//! | http | to the proxy, which forwards it: with its whole URL, and the proxy's user and password |
//! | https | through a tunnel (`CONNECT`), in which nobody reads it |
//! | https, with `proxy_use_forwarding_for_https` | to the proxy, as http does |

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use ureq::Proxy;

use super::pool::Pool;
use super::tls;
use crate::error::{Error, Result};
use crate::transport::{Network, Proxies};

/// The ways that requests may go.
#[derive(Debug)]
pub(super) struct Routes {
    /// To services.
    direct: Arc<Pool>,
    http: Option<Via>,
    https: Option<Via>,
    proxies: Proxies,
}

/// By way of a proxy.
#[derive(Debug)]
enum Via {
    Forwarding {
        /// Of connections to proxies.
        pool: Arc<Pool>,
        to: Uri,
        /// The proxy's user and password.
        who: Option<HeaderValue>,
    },
    Tunnel(Arc<Pool>),
}

/// The way of a request.
pub(super) struct Route<'a> {
    pub(super) pool: &'a Arc<Pool>,
    /// Whom the connection is to.
    pub(super) to: &'a Uri,
    /// For a proxy that forwards, with what it wants to know of the user, if anything.
    pub(super) forward: Option<Option<HeaderValue>>,
}

impl Routes {
    pub(super) fn new(network: &Network) -> Result<Self> {
        let tls = tls::to_services(network)?;
        let proxy_tls = tls::to_proxies(network)?;
        let proxies = &network.proxies;
        let parsed = |url: &Option<String>| url.as_deref().map(parse).transpose();
        let to_proxies = Arc::new(Pool::new(network, &proxy_tls));
        let forwarding = |proxy| forwarding(&to_proxies, proxy);
        let tunnel = |proxy| Via::Tunnel(Arc::new(Pool::tunnels(network, &tls, &proxy_tls, proxy)));
        let https = parsed(&proxies.https)?;
        Ok(Self {
            direct: Arc::new(Pool::new(network, &tls)),
            http: parsed(&proxies.http)?.map(forwarding).transpose()?,
            https: match network.proxy_forwards_https {
                true => https.map(forwarding).transpose()?,
                false => https.map(tunnel),
            },
            proxies: proxies.clone(),
        })
    }

    /// The way to this URL; `direct` for one without a proxy, whatever the settings.
    pub(super) fn to<'a>(&'a self, uri: &'a Uri, direct: bool) -> Route<'a> {
        let via = match uri.scheme_str() {
            _ if direct || is_direct(&self.proxies, uri) => &None,
            Some("https") => &self.https,
            _ => &self.http,
        };
        let (pool, to, forward) = match via {
            Some(Via::Forwarding { pool, to, who }) => (pool, to, Some(who.clone())),
            Some(Via::Tunnel(pool)) => (pool, uri, None),
            None => (&self.direct, uri, None),
        };
        Route { pool, to, forward }
    }
}

/// A proxy's URL may have a password, which is not shown.
fn parse(url: &str) -> Result<Proxy> {
    let scheme = url.split_once("://").map_or("http", |(scheme, _)| scheme);
    if !matches!(scheme, "http" | "https") {
        let what = format!("a proxy of the kind {scheme:?}: give it an http or https URL");
        return Err(Error::unsupported(what));
    }
    Proxy::new(url).map_err(|_| fault())
}

fn fault() -> Error {
    Error::config("the proxy's URL is invalid: it must be such as http://proxy:3128")
}

fn forwarding(pool: &Arc<Pool>, proxy: Proxy) -> Result<Via> {
    let user = (proxy.username().is_some() || proxy.password().is_some()).then(|| {
        let (user, password) = (proxy.username(), proxy.password());
        let pair = format!(
            "{}:{}",
            user.unwrap_or_default(),
            password.unwrap_or_default()
        );
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    });
    let who = user.map(|user| HeaderValue::try_from(user).map_err(|_| fault()));
    let mut who = who.transpose()?;
    if let Some(who) = &mut who {
        who.set_sensitive(true);
    }
    // without user and password
    let uri = proxy.uri();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let scheme = uri.scheme_str().unwrap_or("http");
    let to = format!("{scheme}://{host}").parse().map_err(|_| fault())?;
    let pool = pool.clone();
    Ok(Via::Forwarding { pool, to, who })
}

/// Whether a host is reached without a proxy.
pub(super) fn is_direct(proxies: &Proxies, uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = super::port(uri);
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
    // as bytes: a rule may be anything
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
    fn hosts_are_excepted_by_name_address_network_and_port() {
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
