//! The canonical request, which signatures of version 4 and 4a cover.
//!
//! ```text
//! method LF path LF query LF (name ":" values LF)* LF names LF hash-of-the-body
//! ```

use std::borrow::Cow;

use http::header::{HOST, HeaderName};
use http::{HeaderMap, Uri};

use crate::error::{Error, Result};
use crate::uri;

/// Returns the canonical path. `normalize` removes dot segments and empty segments; `encode` percent-encodes once more.
pub(super) fn path(path: &str, normalize: bool, encode: bool) -> Cow<'_, str> {
    let mut path = match path {
        "" => Cow::Borrowed("/"),
        path => Cow::Borrowed(path),
    };
    if normalize && (path.contains('.') || path.contains("//")) {
        path = normalized(&path).into();
    }
    // most paths of services that expect the encoding consist of letters
    if encode && !path.bytes().all(|b| b == b'/' || b.is_ascii_alphanumeric()) {
        path = uri::encode(&path, b"/").into();
    }
    path
}

/// Removes dot segments (RFC 3986, section 5.2.4) and empty segments.
fn normalized(path: &str) -> String {
    let segments = uri::path_segments(path);
    let ends = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let end = if ends && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", segments.join("/"))
}

/// Returns the canonical query with additional pairs, sorted by encoded name and value.
pub(super) fn query(query: &str, more: &[(&str, &str)]) -> String {
    let encode = |text: &str| uri::encode(text, b"");
    let own = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (recoded(name), recoded(value))
        });
    let more = more
        .iter()
        .map(|(name, value)| (encode(name), encode(value)));
    let mut pairs: Vec<(String, String)> = own.chain(more).collect();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns a name or value of a query in canonical encoding. A plus sign in it is a space.
fn recoded(part: &str) -> String {
    let bytes = uri::decode_bytes(&part.replace('+', " "));
    let mut out = String::new();
    uri::encode_into(&mut out, &bytes, b"");
    out
}

/// The signed headers.
pub(super) struct Headers {
    /// One line for each header.
    lines: String,
    /// The names, separated by semicolons.
    pub(super) names: String,
}

impl Headers {
    /// Selects the headers whose names satisfy `wanted`, including the host, which a request need not have as a header.
    pub(super) fn new(
        headers: &HeaderMap,
        uri: &Uri,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut signed: Vec<&HeaderName> = headers.keys().collect();
        if !headers.contains_key(HOST) {
            signed.push(&HOST);
        }
        signed.retain(|name| wanted(name.as_str()));
        signed.sort_unstable_by_key(|name| name.as_str());
        // space for the headers of most requests
        let (mut lines, mut names) = (String::with_capacity(512), String::with_capacity(128));
        for name in signed {
            if !names.is_empty() {
                names.push(';');
            }
            names.push_str(name.as_str());
            lines.push_str(name.as_str());
            let mut separator = ':';
            for value in headers.get_all(name) {
                let value = std::str::from_utf8(value.as_bytes()).map_err(|_| {
                    Error::request(format!("the value of the header {name} is not UTF-8"))
                })?;
                lines.push(separator);
                lines.push_str(&trimmed(value));
                separator = ',';
            }
            if separator == ':' {
                lines.push(separator);
                lines.push_str(host(uri));
            }
            lines.push('\n');
        }
        Ok(Self { lines, names })
    }
}

/// Removes spaces at the ends (RFC 9110, 5.5), and joins runs of spaces within.
fn trimmed(value: &str) -> Cow<'_, str> {
    let value = value.trim_matches([' ', '\t']);
    match value.contains("  ") {
        false => value.into(),
        true => {
            let words = value.split(' ').filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(" ").into()
        }
    }
}

/// Returns the host with its port, unless that is the scheme's default.
fn host(uri: &Uri) -> &str {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match uri.scheme_str() {
        Some("https") => host.strip_suffix(":443").unwrap_or(host),
        Some("http") => host.strip_suffix(":80").unwrap_or(host),
        _ => host,
    }
}

/// Returns the canonical request.
pub(super) fn request(
    method: &str,
    path: &str,
    query: &str,
    headers: &Headers,
    hash: &str,
) -> String {
    let Headers { lines, names } = headers;
    [method, path, query, lines, names, hash].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_and_encoded_on_request() {
        let cases = [
            ("", "/", "/"),
            ("/a/./b/../c//d", "/a/./b/../c//d", "/a/c/d"),
            ("/..", "/..", "/"),
            ("/a/..", "/a/..", "/"),
            ("/a/b/.", "/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/b/..", "/a/"),
            ("/a//", "/a//", "/a/"),
            ("/a%20b", "/a%20b", "/a%2520b"),
            ("/a.b", "/a.b", "/a.b"),
        ];
        for (given, plain, both) in cases {
            assert_eq!(path(given, false, false), plain, "{given}");
            assert_eq!(path(given, true, true), both, "{given}");
        }
    }

    #[test]
    fn queries_are_sorted_in_canonical_encoding() {
        let cases = [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a&b=&=c", "=c&a=&b="),
            ("a=x+y%2b%2F/%zz", "a=x%20y%2B%2F%2F%25zz"),
            ("a=%ff%C3%A9", "a=%FF%C3%A9"),
            ("a=b=c", "a=b%3Dc"),
            ("b&&a", "a=&b="),
        ];
        for (given, expected) in cases {
            assert_eq!(query(given, &[]), expected, "{given}");
        }
        assert_eq!(query("z=1", &[("a", "/")]), "a=%2F&z=1");
    }

    #[test]
    fn headers_are_sorted_with_single_spaces_and_the_host() {
        let mut headers = HeaderMap::new();
        headers.append("x-b", "  a   b ".parse().unwrap());
        headers.append("x-b", "\tc\t".parse().unwrap());
        headers.append("x-a", "".parse().unwrap());
        headers.append("user-agent", "u".parse().unwrap());
        let uri = "https://u:p@h:443/".parse().unwrap();
        let found = Headers::new(&headers, &uri, |name| name != "user-agent").unwrap();
        assert_eq!(found.names, "host;x-a;x-b");
        assert_eq!(found.lines, "host:h\nx-a:\nx-b:a b,c\n");
        headers.append("x-c", http::HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(Headers::new(&headers, &uri, |_| true).is_err());
    }
}
