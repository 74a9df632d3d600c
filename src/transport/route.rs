//! Routes: which requests are sent through a proxy, and how.
//!
//! | endpoint | a request is sent |
//! | --- | --- |
//! | http | to the proxy, which forwards it: with its whole URL, and the proxy's user name and password |
//! | https | through a tunnel (`CONNECT`), in which the proxy cannot read it |
//! | https, with `proxy_use_forwarding_for_https` | to the proxy, as for http |

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};

use super::authority::{host_and_port, port};
use super::{Network, Proxies};
use crate::error::{Error, Result};
use crate::uri::{WrittenUrl, decode_bytes};

/// The routes of requests.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) http: Option<Proxy>,
    pub(crate) https: Option<Proxy>,
    proxies: Proxies,
    forwards_https: bool,
}

/// The route of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route<'a> {
    Direct,
    Forwarding(&'a Proxy),
    #[cfg_attr(
        not(feature = "async"),
        allow(dead_code, reason = "ureq knows the proxy")
    )]
    Tunnel(&'a Proxy),
}

impl Routes {
    pub(crate) fn new(network: &Network) -> Result<Self> {
        let proxies = &network.proxies;
        let parsed = |scheme, url: &Option<String>| {
            let url = url.as_deref();
            url.map(|url| Proxy::parse(scheme, url)).transpose()
        };
        Ok(Self {
            http: parsed("http", &proxies.http)?,
            https: parsed("https", &proxies.https)?,
            proxies: proxies.clone(),
            forwards_https: network.proxy_forwards_https,
        })
    }

    /// Returns the route to a URL. If `direct` is set, the route has no proxy, whatever the settings.
    pub(crate) fn to(&self, uri: &Uri, direct: bool) -> Route<'_> {
        let is_https = uri.scheme_str() == Some("https");
        let proxy = match is_https {
            _ if direct || is_direct(&self.proxies, uri) => None,
            true => self.https.as_ref(),
            false => self.http.as_ref(),
        };
        match proxy {
            None => Route::Direct,
            Some(proxy) if is_https && !self.forwards_https => Route::Tunnel(proxy),
            Some(proxy) => Route::Forwarding(proxy),
        }
    }
}

/// A proxy.
pub(crate) struct Proxy {
    /// Its URL, with user name and password.
    #[cfg(feature = "ureq")]
    pub(crate) url: WrittenUrl,
    /// Its scheme, host and port.
    pub(crate) to: Uri,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.to).finish()
    }
}

impl Proxy {
    /// Parses the URL of the proxy for endpoints of a scheme. The URL may have a password, so errors do not show it.
    fn parse(scheme: &str, text: &str) -> Result<Self> {
        let error = |problem: &str| invalid(scheme, problem);
        let url = WrittenUrl::parse_proxy(text).map_err(|e| error(&e.to_string()))?;
        let uri: Uri = url.as_str().parse().map_err(|_| error("it is not a URL"))?;
        let its_scheme = uri.scheme_str().unwrap_or("http");
        let to = format!("{its_scheme}://{}", host_and_port(&uri));
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let authorization = match authority.rsplit_once('@') {
            Some((user, _)) => Some(basic(user).ok_or_else(|| {
                error("its user name or its password is not UTF-8 when it is percent-decoded")
            })?),
            None => None,
        };
        Ok(Self {
            to: to.parse().map_err(|_| error("it is not a URL"))?,
            authorization,
            #[cfg(feature = "ureq")]
            url,
        })
    }
}

/// Returns the error of an invalid URL of a proxy.
pub(crate) fn invalid(scheme: &str, problem: &str) -> Error {
    Error::config(format!(
        "the URL of the proxy for {scheme} endpoints (of the program, {scheme}_proxy or all_proxy) is invalid: {problem}"
    ))
}

/// Returns the value of `Proxy-Authorization` for a user name and password as they are in a URL.
fn basic(user: &str) -> Option<HeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text| String::from_utf8(decode_bytes(text)).ok();
    let pair = format!("{}:{}", decoded(name)?, decoded(password)?);
    let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the host of a URL is reached without a proxy.
fn is_direct(proxies: &Proxies, uri: &Uri) -> bool {
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
            assert!(Proxy::parse("http", url).is_ok(), "{url}");
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
            let error = Proxy::parse("https", url).unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains("https_proxy"),
                "{url}: {error}"
            );
            assert!(!error.contains("hid"), "{url}: {error}");
        }
    }

    #[test]
    fn user_names_and_passwords_are_decoded() {
        let cases = [
            ("http://h:1", None),
            ("http://u:p%40ss+@h:1", Some("u:p@ss+")),
            ("http://u@h:1", Some("u:")),
            ("http://:p@h:1", Some(":p")),
        ];
        for (url, expected) in cases {
            let proxy = Proxy::parse("http", url).unwrap();
            assert_eq!(proxy.to, "http://h:1", "{url}");
            let expected = expected.map(|pair| format!("Basic {}", BASE64_STANDARD.encode(pair)));
            let found = proxy.authorization.as_ref();
            assert_eq!(
                found.map(|value| value.to_str().unwrap()),
                expected.as_deref()
            );
            assert!(found.is_none_or(HeaderValue::is_sensitive));
            assert!(!format!("{proxy:?}").contains("u:p"));
        }
        assert!(Proxy::parse("http", "http://%ff@h").is_err());
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
