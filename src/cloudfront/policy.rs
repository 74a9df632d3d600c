//! Policies: what a signature gives access to.

use std::net::Ipv4Addr;
use std::time::SystemTime;

use serde_json::json;

use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// What a signed URL or signed cookies give access to, and when.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tucuxi::cloudfront::Policy;
///
/// let now = SystemTime::now();
/// let policy = Policy::new(now + Duration::from_secs(3600))
///     .starts(now + Duration::from_secs(60))
///     .ip_range("192.0.2.0/24")
///     .resource("https://d111111abcdef8.cloudfront.net/films/*");
/// # drop(policy);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy is for a signer"]
pub struct Policy {
    expires: SystemTime,
    starts: Option<SystemTime>,
    ip_range: Option<String>,
    pub(super) resource: Option<String>,
}

impl Policy {
    /// Makes a policy under which access ends at a time, to the second.
    pub fn new(expires: SystemTime) -> Self {
        Self {
            expires,
            starts: None,
            ip_range: None,
            resource: None,
        }
    }

    /// Gives access from a time on.
    pub fn starts(mut self, starts: SystemTime) -> Self {
        self.starts = Some(starts);
        self
    }

    /// Gives access to requests from an IPv4 address (`192.0.2.7`) or a range of them (`192.0.2.0/24`).
    pub fn ip_range(mut self, ip_range: impl Into<String>) -> Self {
        self.ip_range = Some(ip_range.into());
        self
    }

    /// Gives access to all URLs that match a resource, in which `*` stands for any text and `?` for one character.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Whether the policy is one that a URL need not contain.
    pub(super) fn is_canned(&self, url: &str) -> bool {
        let is_for_url = self
            .resource
            .as_ref()
            .is_none_or(|resource| resource == url && !url.contains('*'));
        self.starts.is_none() && self.ip_range.is_none() && is_for_url
    }

    pub(super) fn expires_at(&self) -> i64 {
        seconds(self.expires)
    }

    /// The text that is signed.
    pub(super) fn text(&self, url: &str) -> Result<String> {
        let resource = self.resource.as_deref().unwrap_or(url);
        check_resource(resource)?;
        if !matches(resource, url) {
            return Err(invalid(format!(
                "{url:?} does not match the resource {resource:?} of the policy"
            )));
        }
        let mut condition = json!({"DateLessThan": {"AWS:EpochTime": seconds(self.expires)}});
        if let Some(range) = &self.ip_range {
            condition["IpAddress"] = json!({"AWS:SourceIp": checked_range(range)?});
        }
        if let Some(starts) = self.starts {
            if seconds(starts) >= seconds(self.expires) {
                return Err(invalid("access must begin before it ends".to_owned()));
            }
            condition["DateGreaterThan"] = json!({"AWS:EpochTime": seconds(starts)});
        }
        let policy = json!({"Statement": [{"Resource": resource, "Condition": condition}]});
        Ok(policy.to_string())
    }
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::Params, text)
}

fn seconds(time: SystemTime) -> i64 {
    Timestamp::of(time)
        .whole()
        .whole_seconds()
        .unwrap_or_default()
}

/// Checks that CloudFront compares a resource with URLs as it is written.
fn check_resource(resource: &str) -> Result<()> {
    let fault = if resource.is_empty() {
        "is empty"
    } else if resource.contains(['"', '\\']) || resource.contains(|c: char| c.is_ascii_control()) {
        "contains a quote, a backslash or a control character"
    } else if resource.contains(|c: char| !c.is_ascii() || c == ' ') {
        "contains a space or a character that is not ASCII: percent-encode it"
    } else if resource.contains('#') {
        "contains a fragment, which no request has"
    } else {
        return Ok(());
    };
    Err(invalid(format!("the resource {resource:?} {fault}")))
}

/// An IPv4 address as the range of it alone, or a range.
fn checked_range(text: &str) -> Result<String> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let is_range = address.parse::<Ipv4Addr>().is_ok()
        && bits.bytes().all(|digit| digit.is_ascii_digit())
        && bits.parse::<u8>().is_ok_and(|bits| bits <= 32);
    match is_range {
        true => Ok(format!("{address}/{bits}")),
        false => Err(invalid(format!(
            "{text:?} must be an IPv4 address or a range of them, such as 192.0.2.0/24"
        ))),
    }
}

/// Whether a URL matches a pattern of `*` and `?`.
fn matches(pattern: &str, url: &str) -> bool {
    // a pattern matches itself: the resource of cookies is no URL
    if pattern == url {
        return true;
    }
    let (pattern, url) = (pattern.as_bytes(), url.as_bytes());
    let (mut p, mut u) = (0, 0);
    // the last `*`, and where the text that it stands for ends
    let mut star = None;
    while u < url.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, u));
                p += 1;
            }
            Some(b'?') => (p, u) = (p + 1, u + 1),
            Some(byte) if *byte == url[u] => (p, u) = (p + 1, u + 1),
            _ => {
                let Some((at, end)) = star else {
                    return false;
                };
                star = Some((at, end + 1));
                (p, u) = (at + 1, end + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn policies_have_the_text_that_cloudfront_expects() {
        let policy = Policy::new(UNIX_EPOCH + Duration::from_millis(10_900));
        let url = "https://a/b";
        assert_eq!(
            policy.text(url).unwrap(),
            r#"{"Statement":[{"Resource":"https://a/b","Condition":{"DateLessThan":{"AWS:EpochTime":10}}}]}"#
        );
        let policy = policy
            .starts(UNIX_EPOCH + Duration::from_secs(5))
            .ip_range("1.2.3.4");
        let policy = policy.resource("http*://a/*");
        assert_eq!(
            policy.text(url).unwrap(),
            r#"{"Statement":[{"Resource":"http*://a/*","Condition":{"DateLessThan":{"AWS:EpochTime":10},"IpAddress":{"AWS:SourceIp":"1.2.3.4/32"},"DateGreaterThan":{"AWS:EpochTime":5}}}]}"#
        );
    }

    #[test]
    fn invalid_policies_are_errors() {
        let policy = Policy::new(UNIX_EPOCH + Duration::from_secs(10));
        let late = policy.clone().starts(UNIX_EPOCH + Duration::from_secs(10));
        let ranges = ["::1", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+5", ""];
        let ranges = ranges.map(|range| policy.clone().ip_range(range));
        for invalid in [late, policy.clone().resource("https://c/*")]
            .iter()
            .chain(&ranges)
        {
            assert!(invalid.text("https://a/b").is_err(), "{invalid:?}");
        }
        for url in [
            "",
            "https://a/ü",
            "https://a/b c",
            "https://a/\"",
            "https://a#b",
            "a\n",
        ] {
            assert!(policy.text(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn wildcards_match() {
        for (pattern, url, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("*b*b", "abbb", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("abc", "abc", true),
            ("ab", "abc", false),
        ] {
            assert_eq!(matches(pattern, url), expected, "{pattern} {url}");
        }
    }
}
