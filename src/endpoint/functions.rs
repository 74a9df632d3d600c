//! The functions of the rules language, on plain values. `None` is an absent result.

use super::value::{Arn, ParsedUrl};
use crate::uri;
use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::rc::Rc;

/// `aws.parseArn`: the six parts of an ARN, the resource split at `:` and `/`; partition, service and resource must
/// not be empty.
pub(super) fn parse_arn<'a>(text: &Cow<'a, str>) -> Option<Arn<'a>> {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    let mut at = "arn:".len();
    let mut ranges = [const { 0..0 }; 5];
    for range in &mut ranges {
        let part = parts.next()?;
        *range = at..at + part.len();
        at += part.len() + 1;
    }
    let [partition, service, region, account_id, resource] = ranges;
    if [&partition, &service, &resource]
        .iter()
        .any(|range| range.is_empty())
    {
        return None;
    }
    let mut resource_id = Vec::with_capacity(3);
    let mut start = resource.start;
    for part in text[resource].split([':', '/']) {
        resource_id.push(slice(text, start..start + part.len()));
        start += part.len() + 1;
    }
    Some(Arn {
        partition: slice(text, partition),
        service: slice(text, service),
        region: slice(text, region),
        account_id: slice(text, account_id),
        resource_id: Rc::from(resource_id),
    })
}

/// Returns a part of a text, borrowed if the text is.
pub(super) fn slice<'a>(text: &Cow<'a, str>, range: Range<usize>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}

/// `parseURL`: an http or https URL without a query.
///
/// The parts are kept as written, as endpoints are made from them: a URL parser would drop default ports and rewrite hosts and
/// paths. A fragment is dropped.
pub(super) fn parse_url<'a>(text: &Cow<'a, str>) -> Option<ParsedUrl<'a>> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = ["https", "http"]
        .into_iter()
        .find(|known| scheme.eq_ignore_ascii_case(known))?;
    if text.contains(|c: char| c.is_ascii_control()) {
        return None;
    }
    let start = text.len() - rest.len();
    let end = rest.find('#').map_or(text.len(), |at| start + at);
    let authority_end = text[start..end]
        .find(['/', '?'])
        .map_or(end, |at| start + at);
    let path_end = match text[authority_end..end].split_once('?') {
        Some((_, query)) if !query.is_empty() => return None,
        Some((path, _)) => authority_end + path.len(),
        None => end,
    };
    let host = host(&text[start..authority_end])?;
    let path = &text[authority_end..path_end];
    Some(ParsedUrl {
        scheme,
        authority: slice(text, start..authority_end),
        path: slice(text, authority_end..path_end),
        normalized_path: normalize_path(path),
        is_ip: host.starts_with('[') || is_ipv4(host),
    })
}

/// Returns the host of an authority, with the brackets of an IPv6 address, or `None` if host or port are invalid.
fn host(authority: &str) -> Option<&str> {
    let (_, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = if let Some(rest) = host_port.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        if !is_ipv6(address) || !(port.is_empty() || port.starts_with(':')) {
            return None;
        }
        host_port.split_at(address.len() + 2)
    } else {
        host_port.split_at(host_port.find(':').unwrap_or(host_port.len()))
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    let port_is_valid =
        port.is_empty() || port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let host_is_valid = !host.is_empty() && !host.contains(char::is_whitespace);
    (host_is_valid && port_is_valid).then_some(host)
}

/// Whether a text is an IPv6 address, with an optional zone (`fe80::1%25eth0`).
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    address.parse::<Ipv6Addr>().is_ok()
        && zone.is_none_or(|zone| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
            !zone.is_empty() && zone.bytes().all(allowed)
        })
}

/// Whether a host has four groups of one to three digits, of any size.
fn is_ipv4(host: &str) -> bool {
    host.split('.').count() == 4
        && host
            .split('.')
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns a path without empty and dot segments, percent-encoded, with a slash at both ends.
fn normalize_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 2);
    out.push('/');
    for segment in uri::path_segments(path) {
        uri::encode_into(&mut out, segment.as_bytes(), b"");
        out.push('/');
    }
    out
}

/// `substring`: the characters from `start` to before `stop`, counted from the end if `reverse`. Returns `None` if the text is
/// shorter than `stop` or not ASCII.
pub(super) fn substring<'a>(
    text: &Cow<'a, str>,
    start: i64,
    stop: i64,
    reverse: bool,
) -> Option<Cow<'a, str>> {
    let (start, stop) = (usize::try_from(start).ok()?, usize::try_from(stop).ok()?);
    let length = text.len();
    if start >= stop || length < stop || !text.is_ascii() {
        return None;
    }
    let range = if reverse {
        length - stop..length - start
    } else {
        start..stop
    };
    Some(slice(text, range))
}

/// `split`: splits a text at a delimiter, into at most `limit` parts unless it is 0.
///
/// # Errors
///
/// Returns an error if the delimiter is empty or the limit is negative.
pub(super) fn split<'a>(
    text: &Cow<'a, str>,
    delimiter: &str,
    limit: i64,
) -> Result<Rc<[Cow<'a, str>]>, String> {
    let Ok(limit) = usize::try_from(limit) else {
        return Err("the limit of `split` must not be negative".to_owned());
    };
    if delimiter.is_empty() {
        return Err("the delimiter of `split` must not be empty".to_owned());
    }
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut parts = Vec::new();
    let mut at = 0;
    for part in text.splitn(limit, delimiter) {
        parts.push(slice(text, at..at + part.len()));
        at += part.len() + delimiter.len();
    }
    Ok(parts.into())
}

/// `isValidHostLabel`: 1 to 63 letters, digits and hyphens, no hyphen at either end; with `subdomains`, each part
/// between dots is one.
pub(super) fn is_valid_host_label(text: &str, subdomains: bool) -> bool {
    if subdomains {
        return text
            .split('.')
            .all(|label| is_valid_host_label(label, false));
    }
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// `aws.isVirtualHostableS3Bucket`: whether the bucket can be a part of a host name.
pub(super) fn is_virtual_hostable_bucket(bucket: &str, subdomains: bool) -> bool {
    bucket.len() >= 3
        && !bucket.bytes().any(|b| b.is_ascii_uppercase())
        && !is_ipv4(bucket)
        && is_valid_host_label(bucket, subdomains)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<ParsedUrl<'_>> {
        parse_url(&Cow::Borrowed(text))
    }

    #[test]
    fn urls_are_split_and_nothing_is_rewritten() {
        // text, authority, path, normalised path, is an IP address
        let cases = [
            ("https://a.com", "a.com", "", "/", false),
            ("HTTPS://A.com/", "A.com", "/", "/", false),
            ("http://a.com:80/p", "a.com:80", "/p", "/p/", false),
            ("https://a.com:/p/", "a.com:", "/p/", "/p/", false),
            ("https://u:p@a.com/p", "u:p@a.com", "/p", "/p/", false),
            ("https://a.com/p?", "a.com", "/p", "/p/", false),
            ("https://a.com/p#f?q", "a.com", "/p", "/p/", false),
            ("https://a.com#f", "a.com", "", "/", false),
            (
                "https://a.com//b/./c/../d",
                "a.com",
                "//b/./c/../d",
                "/b/d/",
                false,
            ),
            ("https://a.com/../..", "a.com", "/../..", "/", false),
            (
                "https://a.com/b c%20",
                "a.com",
                "/b c%20",
                "/b%20c%2520/",
                false,
            ),
            ("https://a.com/~x_-.", "a.com", "/~x_-.", "/~x_-./", false),
            ("https://127.0.0.1:8000", "127.0.0.1:8000", "", "/", true),
            ("https://999.999.999.999", "999.999.999.999", "", "/", true),
            ("https://1.2.3.4.5", "1.2.3.4.5", "", "/", false),
            ("https://[::1]:99/a", "[::1]:99", "/a", "/a/", true),
            ("https://[fe80::1%25en0]", "[fe80::1%25en0]", "", "/", true),
        ];
        for (text, authority, path, normalized, is_ip) in cases {
            let url = url(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(url.authority, authority, "{text}");
            assert_eq!(url.path, path, "{text}");
            assert_eq!(url.normalized_path, normalized, "{text}");
            assert_eq!(url.is_ip, is_ip, "{text}");
        }
    }

    #[test]
    fn invalid_endpoint_urls_are_null() {
        for text in [
            "",
            "a.com",
            "ftp://a.com",
            "https:/a.com",
            "https://",
            "https:///p",
            "https://:80",
            "https://a.com?q",
            "https://a.com/p?q=1",
            "https://a.com:x",
            "https://a.com:65536",
            "https://a.com:+1",
            "https://[::1",
            "https://[::1]x",
            "https://[nope]",
            "https://a b",
            "https://a.com/\n",
            "https://a:b:1",
            "://a",
        ] {
            assert!(url(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arns_need_partition_service_and_resource() {
        let text = Cow::Borrowed("arn:aws:s3:us-west-2:1234:accesspoint:a/b:c");
        let arn = parse_arn(&text).unwrap();
        assert_eq!((&*arn.partition, &*arn.service), ("aws", "s3"));
        assert_eq!((&*arn.region, &*arn.account_id), ("us-west-2", "1234"));
        assert_eq!(*arn.resource_id, ["accesspoint", "a", "b", "c"]);
        let owned = Cow::Owned("arn:aws:s3:::b\u{e9}/".to_owned());
        assert_eq!(*parse_arn(&owned).unwrap().resource_id, ["b\u{e9}", ""]);
        for text in [
            "",
            "arn",
            "arn:",
            "arn:aws:s3:r:a",
            "arn:aws:s3:r:a:",
            "arn::s3:r:a:b",
            "arn:aws::r:a:b",
            "xarn:aws:s3:r:a:b",
            "arnx:aws:s3:r:a:b",
        ] {
            assert!(parse_arn(&Cow::Borrowed(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn substrings_count_from_either_end_and_are_null_outside() {
        let cases = [
            ("abcdef", 0, 2, false, Some("ab")),
            ("abcdef", 0, 2, true, Some("ef")),
            ("abcdef", 2, 6, true, Some("abcd")),
            ("abcdef", 0, 7, false, None),
            ("abcdef", 3, 3, false, None),
            ("abcdef", -1, 3, false, None),
            ("ab\u{e9}", 0, 1, false, None),
        ];
        for (text, start, stop, reverse, expected) in cases {
            let found = substring(&Cow::Borrowed(text), start, stop, reverse);
            assert_eq!(found.as_deref(), expected, "{text} {start} {stop}");
        }
    }

    #[test]
    fn split_returns_at_most_the_limit() {
        let cut = |limit| split(&Cow::Borrowed("a--b--c"), "--", limit);
        assert_eq!(*cut(0).unwrap(), ["a", "b", "c"]);
        assert_eq!(*cut(1).unwrap(), ["a--b--c"]);
        assert_eq!(*cut(2).unwrap(), ["a", "b--c"]);
        assert!(cut(-1).is_err());
        assert_eq!(*split(&Cow::Borrowed(""), "-", 0).unwrap(), [""]);
        assert!(split(&Cow::Borrowed("a"), "", 0).is_err());
    }

    #[test]
    fn host_labels_and_buckets() {
        let long = "a".repeat(63);
        for (text, subdomains, label, bucket) in [
            ("abc", false, true, true),
            ("a.bc", false, false, false),
            ("a.bc", true, true, true),
            ("ab", true, true, false),
            ("Abc", true, true, false),
            ("-abc", true, false, false),
            ("abc-", true, false, false),
            ("a..b", true, false, false),
            ("a_bc", true, false, false),
            ("", true, false, false),
            ("abc\n", false, false, false),
            ("\u{661}\u{661}\u{661}", false, false, false),
            ("192.168.0.1", true, true, false),
            (&long, false, true, true),
            (&format!("{long}a"), false, false, false),
        ] {
            assert_eq!(is_valid_host_label(text, subdomains), label, "{text}");
            assert_eq!(
                is_virtual_hostable_bucket(text, subdomains),
                bucket,
                "{text}"
            );
        }
    }
}
