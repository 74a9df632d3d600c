//! Requests and responses of the mock, before and after they are on a connection.

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::uri;

/// The longest body of a request.
pub(super) const MAX_BODY: u64 = 512 * 1024 * 1024;

/// A request as it came, with its whole body.
#[derive(Clone)]
pub(super) struct Incoming {
    pub(super) method: Method,
    /// Percent-encoded, with a leading slash.
    pub(super) path: String,
    /// Percent-encoded, without the question mark.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Incoming {
    /// Creates a request from its target, which is a path with a query, or a URL if the client takes the mock for a proxy.
    pub(super) fn new(method: Method, target: &str, mut headers: HeaderMap, body: Vec<u8>) -> Self {
        let mut target = target;
        if let Some((_, rest)) = target.split_once("://").filter(|(s, _)| !s.contains('/')) {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            if let Ok(host) = HeaderValue::from_str(host) {
                headers.insert(HOST, host);
            }
            target = path;
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        }
    }

    /// The text of a header; nothing if it is not text.
    pub(super) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The host, without its port.
    pub(super) fn host(&self) -> &str {
        let host = self.header(HOST).unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        }
    }

    /// The media type, without parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        let text = self.header(CONTENT_TYPE).unwrap_or_default();
        let media_type = text.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    /// The names and values of the query, decoded.
    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.query)
    }

    /// The signing name: that of the service in the scope of the signature, in the header or in a presigned URL.
    pub(super) fn signing_name(&self) -> Option<String> {
        let header = self.header(AUTHORIZATION);
        let in_header = header
            .and_then(|text| text.split_once("Credential="))
            .map(|(_, rest)| {
                let end = rest.find([',', ' ']).unwrap_or(rest.len());
                rest[..end].to_owned()
            });
        let credential = in_header.or_else(|| {
            let pairs = self.query_pairs();
            let found = pairs
                .into_iter()
                .find(|(name, _)| name == "X-Amz-Credential");
            found.map(|(_, value)| value)
        })?;
        // key/date/region/service/aws4_request; version 4a has no region
        let mut parts = credential.rsplit('/');
        let (end, service) = (parts.next()?, parts.next()?);
        (end == "aws4_request").then(|| service.to_owned())
    }
}

/// Splits a form or a query, and decodes names and values.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| uri::decode(&text.replace('+', " "));
    (text.split('&').filter(|pair| !pair.is_empty()))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// A response before it is on a connection.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signing_name_is_that_of_the_scope() {
        let header = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(text));
            Incoming::new(Method::GET, "/", headers, Vec::new())
        };
        let query = |query: &str| {
            let target = format!("/a?{query}");
            Incoming::new(Method::GET, &target, HeaderMap::new(), Vec::new())
        };
        let cases = [
            (
                header(
                    "AWS4-HMAC-SHA256 Credential=K/20200101/eu-west-1/sts/aws4_request, SignedHeaders=host",
                ),
                Some("sts"),
            ),
            (
                header(
                    "AWS4-ECDSA-P256-SHA256 Credential=K/20200101/s3/aws4_request,SignedHeaders=host",
                ),
                Some("s3"),
            ),
            (
                query("X-Amz-Credential=K%2F20200101%2Feu-west-1%2Fs3%2Faws4_request"),
                Some("s3"),
            ),
            (header("Bearer Credential=x"), None),
            (query(""), None),
        ];
        for (request, expected) in cases {
            assert_eq!(request.signing_name().as_deref(), expected);
        }
    }

    #[test]
    fn a_target_may_be_a_url() {
        let request = Incoming::new(
            Method::GET,
            "http://sqs.eu-west-1.amazonaws.com:80/?a=b://c",
            HeaderMap::new(),
            Vec::new(),
        );
        assert_eq!(
            (request.host(), &*request.path, &*request.query),
            ("sqs.eu-west-1.amazonaws.com", "/", "a=b://c")
        );
        let request = Incoming::new(Method::GET, "/a://b", HeaderMap::new(), Vec::new());
        assert_eq!(&*request.path, "/a://b");
    }
}
