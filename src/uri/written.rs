//! URLs that a user configured, such as an endpoint or a proxy. They are checked before anything is sent.
//!
//! The `url` crate only finds the mistakes. Requests are built from the original text, because `url::Url` collapses dot
//! segments and rewrites characters, and the path of an endpoint is signed.

use std::fmt;

use url::{ParseError, Url};

/// A valid `http` or `https` URL.
#[derive(Clone)]
pub(crate) struct WrittenUrl(Url);

/// The reason why a text is not a valid URL, and the remedy. It never contains a part of the text that may be a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlError(String);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

impl WrittenUrl {
    /// Parses a URL with a scheme.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not an `http` or `https` URL with a host. Mistakes that `url` silently corrects (blanks,
    /// backslashes, missing slashes) are errors too, because the text is sent as it was written.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let error = |what: String| Err(UrlError(what));
        let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if let Some(bad) = text.chars().find(|c| is_bad(*c)) {
            return error(format!("it contains {bad:?}: remove or percent-encode it"));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return error(match text.contains('@') || text.is_empty() {
                true => "it has no scheme: start it with http:// or https://".into(),
                false => format!("it has no scheme: write http://{text} or https://{text}"),
            });
        };
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return error(format!("its scheme is {scheme:?}: write http or https"));
        }
        if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
            return error("it has no host".into());
        }
        match Url::parse(text) {
            Ok(url) => Ok(Self(url)),
            Err(ParseError::EmptyHost) => error("it has no host".into()),
            Err(ParseError::InvalidPort) if rest.contains('@') => error(
                "its port is invalid: if this is a part of a password, percent-encode its / ? and #".into(),
            ),
            Err(ParseError::InvalidPort) => error("its port is not a number up to 65535".into()),
            Err(other) => error(format!("its host is invalid ({other})")),
        }
    }

    /// Parses the URL of an endpoint, whose host is sent as it was written.
    ///
    /// # Errors
    ///
    /// Returns an error as [`parse`](Self::parse) does, or if the URL is not ASCII.
    pub(crate) fn parse_endpoint(text: &str) -> Result<Self, UrlError> {
        let url = Self::parse(text)?;
        match (text.is_ascii(), url.0.host_str()) {
            (false, Some(host)) if !host_as_written(text).is_ascii() => {
                Err(UrlError(format!("its host is not ASCII: write {host}")))
            }
            (false, _) => Err(UrlError("it is not ASCII: percent-encode its path".into())),
            _ => Ok(url),
        }
    }

    /// Parses the URL of a proxy. The default scheme is `http`.
    ///
    /// # Errors
    ///
    /// Returns an error as [`parse`](Self::parse) does.
    #[cfg(any(test, feature = "ureq"))]
    pub(crate) fn parse_proxy(text: &str) -> Result<Self, UrlError> {
        match text.contains("://") || text.is_empty() {
            true => Self::parse(text),
            false => Self::parse(&format!("http://{text}")),
        }
    }

    /// Returns the URL in its normal form, with user name and password.
    #[cfg(feature = "ureq")]
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Returns the authority of a URL: the host, with user name, password and port if it has them.
fn host_as_written(text: &str) -> &str {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Returns an invalid URL for the text of an error, without what may be a password.
pub(crate) fn shown(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before
                .split_once("://")
                .map(|(scheme, _)| format!("{scheme}://"));
            format!("{}***@{host}", scheme.unwrap_or_default())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_valid_or_the_error_says_what_to_write() {
        for text in [
            "http://localhost:4566",
            "HTTPS://S3.example.com/base/../path?x-id=1",
            "https://my_bucket.example:443/",
            "http://127.0.0.1",
            "http://[::1]:9000",
            "http://user:pass%2Fword@host",
            "https://xn--bcher-kva.example",
        ] {
            assert!(WrittenUrl::parse_endpoint(text).is_ok(), "{text}");
        }
        for (text, expected) in [
            ("", "it has no scheme: start it with http:// or https://"),
            (
                "localhost:4566",
                "it has no scheme: write http://localhost:4566 or https://localhost:4566",
            ),
            (
                "u:hidden@h",
                "it has no scheme: start it with http:// or https://",
            ),
            ("http:/localhost", "it has no scheme: write"),
            ("ftp://host", "its scheme is \"ftp\": write http or https"),
            ("htps://host", "its scheme is \"htps\": write http or https"),
            ("http://", "it has no host"),
            ("http:///path", "it has no host"),
            ("http://?query", "it has no host"),
            ("http://u:hidden@/path", "it has no host"),
            ("http://:80", "it has no host"),
            ("http://host:port", "its port is not a number up to 65535"),
            ("http://host:65536", "its port is not a number up to 65535"),
            ("http://u:hid/den@host", "percent-encode its / ? and #"),
            (
                "http://host name",
                "it contains ' ': remove or percent-encode it",
            ),
            (
                " http://host",
                "it contains ' ': remove or percent-encode it",
            ),
            (
                "http://host\n",
                "it contains '\\n': remove or percent-encode it",
            ),
            (
                "http:\\\\host",
                "it contains '\\\\': remove or percent-encode it",
            ),
            ("http://[::1", "its host is invalid (invalid IPv6 address)"),
            (
                "http://1.2.3.400",
                "its host is invalid (invalid IPv4 address)",
            ),
            ("http://a<b", "its host is invalid"),
            (
                "http://bücher.example/p",
                "its host is not ASCII: write xn--bcher-kva.example",
            ),
            (
                "http://h/bücher",
                "it is not ASCII: percent-encode its path",
            ),
        ] {
            let error = WrittenUrl::parse_endpoint(text)
                .err()
                .expect(text)
                .to_string();
            assert!(
                error.starts_with(expected) || error.ends_with(expected),
                "{text}: {error}"
            );
            assert!(!error.contains("hid"), "{text}: {error}");
            assert!(!shown(text).contains("hid"), "{text}");
        }
    }

    #[test]
    fn proxies_may_lack_their_scheme() {
        for (text, expected) in [
            ("proxy:3128", "http://proxy:3128/"),
            ("user:pass@proxy", "http://user:pass@proxy/"),
            ("https://proxy:443", "https://proxy/"),
            ("http://bücher.example", "http://xn--bcher-kva.example/"),
        ] {
            let url = WrittenUrl::parse_proxy(text).unwrap();
            assert_eq!(url.0.as_str(), expected);
        }
        for text in ["", "socks5://proxy", "http://", "proxy:port", "a b"] {
            assert!(WrittenUrl::parse_proxy(text).is_err(), "{text}");
        }
    }
}
