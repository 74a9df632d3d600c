//! Heads of HTTP/1.1 messages (RFC 9112): encoder and decoder.
//!
//! ```text
//! request  = method SP target SP "HTTP/1.1" CRLF (name ": " value CRLF)* CRLF
//! target   = path ["?" query]                                     to the service
//!          | scheme "://" host [":" port] path ["?" query]        to a forwarding proxy
//! response = "HTTP/1." digit SP status SP reason CRLF (name ":" value CRLF)* CRLF
//! ```

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, request, response};

use crate::transport::authority::{host_and_port, host_header};
use crate::transport::failure::Failure;

/// The longest head of a response, and the longest trailer. Services send some kilobytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

/// The maximum number of headers of a response: the metadata of an S3 object may be some hundreds.
pub(crate) const MAX_HEADERS: usize = 2048;

/// The number of headers for which there is space at first. Most responses have fewer.
const FEW_HEADERS: usize = 64;

/// Encodes the head of a request. `forward` is set for a forwarding proxy, with the value of `Proxy-Authorization`, if any.
pub(crate) fn encode(head: &request::Parts, forward: Option<Option<&HeaderValue>>) -> Vec<u8> {
    let (uri, mut out) = (&head.uri, Vec::with_capacity(2048));
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    put(&[head.method.as_str().as_bytes(), b" "]);
    if forward.is_some() {
        let scheme = uri.scheme_str().unwrap_or("http");
        put(&[scheme.as_bytes(), b"://", host_and_port(uri).as_bytes()]);
    }
    if !target.starts_with('/') {
        put(&[b"/"]);
    }
    put(&[target.as_bytes(), b" HTTP/1.1\r\n"]);
    let mut line = |name: &HeaderName, value: &[u8]| {
        put(&[name.as_str().as_bytes(), b": ", value, b"\r\n"]);
    };
    if !head.headers.contains_key(HOST) {
        line(&HOST, host_header(uri).as_bytes());
    }
    for (name, value) in &head.headers {
        line(name, value.as_bytes());
    }
    if let Some(Some(authorization)) = forward {
        line(&http::header::PROXY_AUTHORIZATION, authorization.as_bytes());
    }
    put(&[b"\r\n"]);
    out
}

/// Decodes the head of a response. Returns its length too, or `None` if the input ends before the head does.
pub(crate) fn decode(input: &[u8]) -> Result<Option<(usize, response::Parts)>, Failure> {
    match parse(input, &mut [httparse::EMPTY_HEADER; FEW_HEADERS]) {
        Err(httparse::Error::TooManyHeaders) => {
            parse(input, &mut vec![httparse::EMPTY_HEADER; MAX_HEADERS])
        }
        result => result,
    }
    .map_err(|error| match error {
        httparse::Error::TooManyHeaders => Failure::TooLarge("the response has too many headers"),
        _ if is_tls_alert(input) => {
            Failure::Http("the server speaks TLS: write https:// if that is intended".into())
        }
        other => Failure::Http(format!("the response is not HTTP: {other}")),
    })
}

/// A server that speaks TLS sends an alert in response to plain text.
fn is_tls_alert(input: &[u8]) -> bool {
    input.starts_with(&[21, 3])
}

fn parse<'i>(
    input: &'i [u8],
    headers: &mut [httparse::Header<'i>],
) -> Result<Option<(usize, response::Parts)>, httparse::Error> {
    let mut parsed = httparse::Response::new(headers);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let httparse::Status::Complete(len) = config.parse_response(&mut parsed, input)? else {
        return Ok(None);
    };
    let mut response = http::Response::new(());
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    *response.status_mut() = status.map_err(|_| httparse::Error::Status)?;
    *response.version_mut() = match parsed.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    // the values share one copy
    let head = Bytes::copy_from_slice(&input[..len]);
    response.headers_mut().reserve(parsed.headers.len());
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let start = header.value.as_ptr().addr() - input.as_ptr().addr();
        let value = match unfolded(header.value) {
            Cow::Borrowed(value) => head.slice(start..start + value.len()),
            Cow::Owned(value) => value.into(),
        };
        let value = HeaderValue::from_maybe_shared(value);
        response.headers_mut().append(
            name.map_err(|_| httparse::Error::HeaderName)?,
            value.map_err(|_| httparse::Error::HeaderValue)?,
        );
    }
    Ok(Some((len, response.into_parts().0)))
}

/// Replaces the line folds of a value by spaces (RFC 9112, section 5.2).
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr(b'\n', value) {
        None => value.into(),
        Some(_) => {
            let lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
            lines.collect::<Vec<_>>().join(&b' ').into()
        }
    }
}

/// The framing of the body of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Chunked,
    /// The body ends when the connection is closed.
    Close,
    Length(u64),
}

/// Returns the framing of the body of a response, and whether the connection can be reused after it.
pub(crate) fn framing(method: &Method, head: &response::Parts) -> Result<(Framing, bool), Failure> {
    let headers = &head.headers;
    let has = |word: &str| words(headers, &CONNECTION).any(|one| one.eq_ignore_ascii_case(word));
    let is_reusable = match head.version {
        Version::HTTP_10 => has("keep-alive"),
        _ => !has("close"),
    };
    let length = length(headers)?;
    // the "identity" of RFC 2616 does nothing
    let coding = words(headers, &TRANSFER_ENCODING)
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("identity"))
        .last();
    let has_no_body = *method == Method::HEAD || matches!(head.status.as_u16(), 204 | 304);
    Ok(match (coding, length) {
        _ if has_no_body => (Framing::Length(0), is_reusable),
        (Some(coding), length) if coding.eq_ignore_ascii_case("chunked") => {
            // both headers may be an attempt at request smuggling
            (Framing::Chunked, is_reusable && length.is_none())
        }
        (Some(_), _) => (Framing::Close, false),
        (None, Some(length)) => (Framing::Length(length), is_reusable),
        (None, None) => (Framing::Close, false),
    })
}

fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Parses the Content-Length, which may be repeated with the same value.
pub(crate) fn length(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let invalid = || Failure::Http("the response's Content-Length is invalid".into());
    let mut found = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for word in value.to_str().map_err(|_| invalid())?.split(',') {
            let digits = word.trim();
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let number: u64 = digits.parse().map_err(|_| invalid())?;
            if !is_number || found.is_some_and(|found| found != number) {
                return Err(invalid());
            }
            found = Some(number);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(uri: &str, forward: Option<Option<&HeaderValue>>) -> String {
        let request = http::Request::put(uri).header("x-a", "b").body(()).unwrap();
        String::from_utf8(encode(&request.into_parts().0, forward)).unwrap()
    }

    #[test]
    fn targets_are_paths_to_services_and_urls_to_proxies() {
        let authorization = HeaderValue::from_static("Basic x");
        let cases = [
            (
                "http://h:80/a//../b?c=%20",
                None,
                "PUT /a//../b?c=%20 HTTP/1.1\r\nhost: h\r\nx-a: b\r\n\r\n",
            ),
            (
                "https://u:p@h:80?c",
                None,
                "PUT /?c HTTP/1.1\r\nhost: h:80\r\nx-a: b\r\n\r\n",
            ),
            (
                "http://u:p@h:8000/k",
                Some(None),
                "PUT http://h:8000/k HTTP/1.1\r\nhost: h:8000\r\nx-a: b\r\n\r\n",
            ),
            (
                "https://h/k?l",
                Some(Some(&authorization)),
                "PUT https://h/k?l HTTP/1.1\r\nhost: h\r\nx-a: b\r\nproxy-authorization: Basic x\r\n\r\n",
            ),
        ];
        for (uri, forward, expected) in cases {
            assert_eq!(encoded(uri, forward), expected, "{uri}");
        }
    }

    #[test]
    fn the_head_has_the_framing_of_the_body() {
        use Framing::{Chunked, Close, Length};
        let cases = [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5",
                Some((Length(5), true)),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: x, Close",
                Some((Length(5), false)),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\ncontent-length: 5",
                Some((Length(5), true)),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6",
                None,
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: +5", None),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ncontent-length: 5",
                Some((Length(5), true)),
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked,",
                Some((Chunked, true)),
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: -5", None),
            ("HTTP/1.1 200 OK\r\ncontent-length:", None),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999",
                None,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked",
                Some((Chunked, true)),
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked",
                Some((Chunked, true)),
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip",
                Some((Close, false)),
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5",
                Some((Chunked, false)),
            ),
            ("HTTP/1.1 200 OK", Some((Close, false))),
            (
                "HTTP/1.0 200 OK\r\ncontent-length: 5",
                Some((Length(5), false)),
            ),
            (
                "HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive",
                Some((Length(5), true)),
            ),
            (
                "HTTP/1.1 204 No\r\ncontent-length: 5",
                Some((Length(0), true)),
            ),
            ("HTTP/1.1 304 Not", Some((Length(0), true))),
        ];
        for (text, expected) in cases {
            let (_, head) = decode(format!("{text}\r\n\r\n").as_bytes())
                .unwrap()
                .unwrap();
            let found = framing(&Method::GET, &head).ok();
            assert_eq!(found, expected, "{text}");
            if found.is_some() {
                let (found, _) = framing(&Method::HEAD, &head).unwrap();
                assert_eq!(found, Length(0), "{text}");
            }
        }
    }

    #[test]
    fn folded_values_are_unfolded() {
        let head = b"HTTP/1.1 200 OK\r\nx-a: b\r\n  c\r\n\td\r\nx-e: f\r\n\r\n";
        let (len, parts) = decode(head).unwrap().unwrap();
        assert_eq!(len, head.len());
        assert_eq!(parts.headers["x-a"], "b c d");
        assert_eq!(parts.headers["x-e"], "f");
    }

    #[test]
    fn invalid_heads_are_errors_and_incomplete_ones_are_not() {
        let whole = "HTTP/1.1 200 OK\r\na: b\r\nc: d\r\n\r\n";
        for end in 0..whole.len() {
            assert!(decode(&whole.as_bytes()[..end]).unwrap().is_none(), "{end}");
        }
        for text in [
            "SMTP ready\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
        let alert = decode(b"\x15\x03\x03\x00\x02\x02\x46").unwrap_err();
        assert!(alert.to_string().contains("write https://"), "{alert}");
        let many = |n| {
            (0..n)
                .map(|n| format!("x-amz-meta-{n}: v\r\n"))
                .collect::<String>()
        };
        let head = |n| format!("HTTP/1.1 200 OK\r\n{}\r\n", many(n));
        assert_eq!(
            decode(head(1000).as_bytes())
                .unwrap()
                .unwrap()
                .1
                .headers
                .len(),
            1000
        );
        assert!(matches!(
            decode(head(3000).as_bytes()),
            Err(Failure::TooLarge(_))
        ));
    }
}
