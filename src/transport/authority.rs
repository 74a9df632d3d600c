//! Host and port of a URL.

use http::Uri;

/// Returns host and port as the URL has them, without user name and password.
pub(crate) fn host_and_port(uri: &Uri) -> &str {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// Returns the value of the `Host` header: without the port if it is the default port of the scheme.
pub(crate) fn host_header(uri: &Uri) -> &str {
    let host = host_and_port(uri);
    let port = match uri.scheme_str() {
        Some("https") => ":443",
        _ => ":80",
    };
    host.strip_suffix(port).unwrap_or(host)
}

/// Returns the port, or the default port of the scheme.
pub(crate) fn port(uri: &Uri) -> u16 {
    match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => port,
        (None, Some("https")) => 443,
        _ => 80,
    }
}

/// Returns scheme, host and port: connections to them are interchangeable.
pub(crate) fn key(uri: &Uri) -> Box<str> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    let mut key = format!("{scheme}://{host}:{}", port(uri));
    key.make_ascii_lowercase();
    key.into()
}
