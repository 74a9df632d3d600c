//! Which requests go through a proxy.

use std::net::IpAddr;

use http::Uri;

use crate::config::Proxies;

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
