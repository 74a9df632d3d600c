//! HTTP/1.1 messages, without IO: what both transports send, and what they make of what they receive.

mod chunks;
mod head;
mod receive;

#[cfg(feature = "async")]
pub(crate) use self::head::{MAX_HEAD, MAX_HEADERS, length};
pub(crate) use self::head::{encode, framing};
pub(crate) use self::receive::{Heads, Left, Step};

use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode, request};

use super::Limits;
use super::failure::Failure;
use crate::body::{Body, Reuse};

/// How long a request with `Expect: 100-continue` waits for the server before it sends the body.
pub(crate) const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest body that is sent in one piece with its head. Sending it costs less than the round trip of a wait.
const SMALL: u64 = 64 * 1024;

/// Whether a body is sent in one piece with its head: it is small, and can be sent again if the server refuses it.
pub(crate) fn is_sent_at_once(body: &Body) -> bool {
    body.reuse() == Reuse::Always && body.len().is_some_and(|len| len <= SMALL)
}

/// Whether the server's consent is awaited before the body is sent. A client need not do that (RFC 9110, section 10.1.1), and
/// waiting takes longer than sending a small body.
pub(crate) fn awaits_continue(head: &request::Parts, body: &Body) -> bool {
    head.headers.contains_key(EXPECT) && !body.is_empty() && !is_sent_at_once(body)
}

/// Sets the headers that a transport is responsible for.
pub(crate) fn complete(head: &mut request::Parts, body: &Body) {
    set_length(&head.method, &mut head.headers, body);
    // the transports decode nothing
    let identity = HeaderValue::from_static("identity");
    head.headers.entry(ACCEPT_ENCODING).or_insert(identity);
}

/// Checks that a server which reports success has received the whole request: what it stores, it would store in part. Events are
/// not stored, and a server may have heard enough.
pub(crate) fn check_sent(
    is_sent: bool,
    limits: &Limits,
    status: StatusCode,
) -> Result<(), Failure> {
    match is_sent || limits.sends_events || !status.is_success() {
        true => Ok(()),
        false => Err(Failure::Http(format!(
            "the server responded with {status} before it had received the whole body"
        ))),
    }
}

/// Sets the headers for the length of the body, whatever an interceptor has set. A known length is always sent, even zero if the
/// method may require it; a body of unknown length is sent in chunks.
fn set_length(method: &Method, headers: &mut HeaderMap, body: &Body) {
    headers.remove(TRANSFER_ENCODING);
    let may_have_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    match body.len() {
        Some(0) if !may_have_body => {}
        Some(len) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
        }
        None => {
            headers.remove(CONTENT_LENGTH);
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_headers_of_the_length_follow_the_body() {
        let sized = || Body::from("hello");
        let unsized_ = || Body::from_reader(io::empty());
        let cases = [
            (Method::PUT, sized(), Some("5"), false),
            (Method::GET, sized(), Some("5"), false),
            (Method::PUT, Body::from(""), Some("0"), false),
            (Method::GET, Body::from(""), None, false),
            (Method::PUT, unsized_(), None, true),
        ];
        for (method, body, length, is_chunked) in cases {
            for preset in [None, Some("chunked"), Some("gzip, chunked")] {
                let mut headers = HeaderMap::new();
                headers.extend(preset.map(|is| (TRANSFER_ENCODING, HeaderValue::from_static(is))));
                set_length(&method, &mut headers, &body);
                let found = headers.get(CONTENT_LENGTH).and_then(|is| is.to_str().ok());
                assert_eq!(found, length, "{method} {preset:?}");
                let coding = headers.get(TRANSFER_ENCODING);
                assert_eq!(coding.is_some(), is_chunked, "{method} {preset:?}");
                assert!(coding.is_none_or(|coding| coding == "chunked"));
            }
        }
    }
}
