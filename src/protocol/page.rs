//! Web pages in place of documents: from proxies, captive portals and servers in front of a service.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, ETAG};

use super::request_id;

/// The UTF-8 byte order mark, with which some servers begin a document.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a body is a web page, whatever its content type.
pub(super) fn is_page(body: &[u8]) -> bool {
    let mut rest = body
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(body)
        .trim_ascii_start();
    let starts = |text: &[u8], with: &[u8]| {
        let start = text.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    loop {
        let end: &[u8] = match rest {
            _ if starts(rest, b"<!doctype html") || starts(rest, b"<html") => return true,
            _ if starts(rest, b"<!--") => b"-->",
            _ if starts(rest, b"<?") => b"?>",
            _ if starts(rest, b"<!doctype") => b">",
            _ => return false,
        };
        let Some(at) = memchr::memmem::find(rest, end) else {
            return false;
        };
        rest = rest
            .get(at + end.len()..)
            .unwrap_or_default()
            .trim_ascii_start();
    }
}

/// Whether the headers are those of a web page. A service sends the id of the request, or the version of an object.
pub(super) fn has_headers_of_page(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let is_html = content_type.is_some_and(|value| {
        let start = value.as_bytes().get(..9);
        start.is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
    });
    is_html && request_id(headers).is_none() && !headers.contains_key(ETAG)
}
