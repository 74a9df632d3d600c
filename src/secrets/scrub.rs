//! Scrubbing of secrets from requests and responses.
//!
//! Secrets are the members with the `sensitive` trait, and a fixed list: signatures, tokens, keys, cookies, and passwords in URLs.
//! Replacements have the type of the original, so that a recorded response can still be deserialized.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

use super::cbor::{self, SCRUBBED};
use super::{Secrets, Side, xml};
use crate::frame::{HeaderValue, Message};
use crate::uri;

/// Headers whose values are secret.
const HEADERS: [&str; 11] = [
    "authorization",
    "cookie",
    "dpop",
    "proxy-authorization",
    "set-cookie",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-sso_bearer_token",
    "x-aws-ec2-metadata-token",
];

/// Members of bodies and parameters of URLs whose values are always secret, in lower case: parts of signatures, and members of
/// servers without a model, such as the metadata service.
const MEMBERS: [&str; 33] = [
    "accesstoken",
    "apikey",
    "authorizationtoken",
    "authtoken",
    "clientsecret",
    "connectiontoken",
    "copysourcessecustomerkey",
    "dpopkey",
    "grafanatoken",
    "idtoken",
    "masteruserpassword",
    "participanttoken",
    "password",
    "plaintext",
    "precopassword",
    "privatekey",
    "refreshtoken",
    "samlassertion",
    "secret",
    "secretaccesskey",
    "secretbinary",
    "secretkey",
    "secretstring",
    "secrettoken",
    "sessiontoken",
    "signature",
    "ssecustomerkey",
    "token",
    "tokencode",
    "webidentitytoken",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Parameters of signed URLs, which may occur anywhere in a text.
const OF_SIGNED_URLS: [&str; 4] = [
    "x-amz-signature=",
    "x-amz-security-token=",
    "x-amz-s3session-token=",
    "signature=",
];

/// The maximum size of a decompressed body. A larger one is cut here.
const MAX_UNPACKED: u64 = 64 << 20;

pub(crate) fn is_always_secret(name: &str) -> bool {
    MEMBERS.contains(&&*name.to_ascii_lowercase())
}

impl Side {
    pub(super) fn hides(&self, name: &str) -> bool {
        is_always_secret(name) || self.has(name)
    }

    /// Whether a text contains the name of a secret.
    fn is_in(&self, text: &str) -> bool {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
        words
            .filter(|word| !word.is_empty())
            .any(|word| self.hides(word))
    }
}

/// Marks secret headers as sensitive, so that `Debug` omits their values.
pub(crate) fn mark_headers(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        if HEADERS.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
}

/// Returns the headers without secrets, as a JSON object.
pub(crate) fn headers(headers: &HeaderMap, side: &Side) -> Value {
    let mut out = Map::new();
    for (name, value) in headers {
        let secret =
            HEADERS.contains(&name.as_str()) || value.is_sensitive() || side.has(name.as_str());
        let text = match secret {
            true => SCRUBBED.into(),
            false => signed_urls(&String::from_utf8_lossy(value.as_bytes())).into_owned(),
        };
        out.insert(name.as_str().to_owned(), text.into());
    }
    Value::Object(out)
}

/// Returns the URL without secrets.
pub(crate) fn url(url: &Uri, secrets: &Secrets) -> String {
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let target = target_of(target, secrets);
    match (url.scheme_str(), url.authority()) {
        (Some(scheme), Some(authority)) => {
            let authority = authority.as_str();
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{target}")
        }
        _ => target,
    }
}

/// Returns path and query without secrets.
pub(crate) fn target(text: &str, secrets: &Secrets) -> String {
    target_of(text, secrets)
}

fn target_of(text: &str, secrets: &Secrets) -> String {
    match text.split_once('?') {
        Some((path, query)) => {
            let path = secrets.path(path, SCRUBBED);
            format!("{path}?{}", pairs(query, &secrets.request, true))
        }
        None => secrets.path(text, SCRUBBED),
    }
}

/// Returns a form or a query without secrets.
fn pairs(text: &str, side: &Side, is_query: bool) -> String {
    let everything = if is_query {
        side.whole_query
    } else {
        side.whole_body
    };
    let pairs = text.split('&').map(|pair| {
        let Some((name, value)) = pair.split_once('=') else {
            return pair.to_owned();
        };
        // each part of `Parameters.member.1.Password` may be a secret member
        let plain = uri::decode(&name.replace('+', "%20"));
        let secret = side.hides(&plain)
            || plain.split('.').any(|part| side.hides(part))
            || (everything && !["Action", "Version"].contains(&name))
            || matches!(signed_urls(&uri::decode(value)), Cow::Owned(_));
        match secret {
            true => format!("{name}={SCRUBBED}"),
            false => pair.to_owned(),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns a body without secrets, as a member `text` or `base64` of a JSON object.
pub(crate) fn body(bytes: &[u8], headers: &HeaderMap, side: &Side, is_request: bool) -> Value {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_packed = header(CONTENT_ENCODING).is_some_and(|coding| coding.contains("gzip"));
    if is_request && is_packed {
        // decompressed, because replay does not read the bodies of recorded requests
        let mut unpacked = Vec::new();
        let read = MultiGzDecoder::new(bytes)
            .take(MAX_UNPACKED)
            .read_to_end(&mut unpacked);
        return match read {
            Ok(_) => stored(scrub(&unpacked, header(CONTENT_TYPE), side)),
            Err(_) => json!({"text": SCRUBBED}),
        };
    }
    stored(scrub(bytes, header(CONTENT_TYPE), side))
}

fn stored(bytes: Cow<'_, [u8]>) -> Value {
    match std::str::from_utf8(&bytes) {
        Ok(text) => json!({"text": text}),
        Err(_) => json!({"base64": BASE64_STANDARD.encode(&bytes)}),
    }
}

fn scrub<'b>(bytes: &'b [u8], content_type: Option<&str>, side: &Side) -> Cow<'b, [u8]> {
    let content_type = content_type.unwrap_or_default();
    if bytes.is_empty() {
        return Cow::Borrowed(bytes);
    }
    if content_type.contains("eventstream") {
        return events(bytes, side).into();
    }
    let is_cbor = content_type.contains("cbor");
    if is_cbor && let Some(out) = cbor::scrub(bytes, side.whole_body, &|name| side.hides(name)) {
        return out.into();
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !is_cbor => text,
        // a malformed document may contain anything
        _ if is_cbor || side.whole_body => return SCRUBBED.as_bytes().into(),
        _ => return Cow::Borrowed(bytes),
    };
    let start = text.trim_start();
    let is_form = start.starts_with("Action=") || content_type.contains("form-urlencoded");
    let scrubbed: Cow<'_, str> = match start.as_bytes().first() {
        Some(b'{' | b'[') => json_text(text, side),
        Some(b'"') if side.whole_body => format!("\"{SCRUBBED}\"").into(),
        Some(b'<') => xml::scrub(text, side).into(),
        _ if is_form => pairs(text, side, false).into(),
        _ if side.whole_body => xml::replacement(text).into(),
        _ => text.into(),
    };
    match signed_urls(&scrubbed) {
        Cow::Owned(text) => text.into_bytes().into(),
        Cow::Borrowed(_) => match scrubbed {
            Cow::Borrowed(text) => text.as_bytes().into(),
            Cow::Owned(text) => text.into_bytes().into(),
        },
    }
}

/// Scrubs each message of an event stream. Bytes that are not a message are dropped.
fn events(bytes: &[u8], side: &Side) -> Vec<u8> {
    let (mut rest, mut out) = (bytes, Vec::new());
    while let Ok(Some(mut message)) = Message::read(&mut rest) {
        let inner = match message.header(":content-type") {
            Some(HeaderValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        message.payload = scrub(&message.payload, inner.as_deref(), side)
            .into_owned()
            .into();
        for (name, value) in &mut message.headers {
            match value {
                _ if !side.hides(name) => {}
                HeaderValue::String(text) => *text = SCRUBBED.into(),
                HeaderValue::Bytes(bytes) => *bytes = SCRUBBED.as_bytes().into(),
                HeaderValue::Bool(flag) => *flag = false,
                HeaderValue::Uuid(id) => *id = [0; 16],
                other => *other = HeaderValue::Int(0),
            }
        }
        out.extend(message.encode().unwrap_or_default());
    }
    out
}

fn json_text<'t>(text: &'t str, side: &Side) -> Cow<'t, str> {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => match scrub_json(&mut value, side, side.whole_body) {
            true => value.to_string().into(),
            false => text.into(),
        },
        // in a malformed document the end of a value is unknown
        Err(_) if side.whole_body || side.is_in(text) => SCRUBBED.into(),
        Err(_) => text.into(),
    }
}

/// Replaces secrets and returns whether there were any. The parser limits the depth.
fn scrub_json(value: &mut Value, side: &Side, secret: bool) -> bool {
    match value {
        Value::Array(list) => {
            (list.iter_mut()).fold(false, |any, value| scrub_json(value, side, secret) | any)
        }
        Value::Object(map) if secret => {
            // keys may be secret as well
            let entries = std::mem::take(map);
            for (n, (name, mut value)) in entries.into_iter().enumerate() {
                scrub_json(&mut value, side, true);
                let name = match side.hides_key(&name) {
                    true => format!("{SCRUBBED}{n}"),
                    false => name,
                };
                map.insert(name, value);
            }
            true
        }
        Value::Object(map) => map.iter_mut().fold(false, |any, (name, value)| {
            let of_model = side.has(name);
            // a secret by name alone is a string: a list `tokens` may be anything
            let secret = of_model || (is_always_secret(name) && value.is_string());
            scrub_json(value, side, secret) | any
        }),
        _ if !secret => false,
        Value::String(text) => {
            *text = SCRUBBED.into();
            true
        }
        Value::Number(_) => {
            *value = 0.into();
            true
        }
        Value::Bool(flag) => {
            *flag = false;
            true
        }
        Value::Null => false,
    }
}

/// Replaces the signatures of signed URLs in a text.
pub(super) fn signed_urls(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for name in OF_SIGNED_URLS {
        for (at, _) in lower.match_indices(name) {
            // `&`, `&amp;` and `\u0026` come before a parameter
            let is_parameter = lower.get(..at).is_some_and(|before| {
                before.ends_with(['?', '&', ';']) || before.ends_with("\\u0026")
            });
            if is_parameter {
                found.push(at + name.len());
            }
        }
    }
    if found.is_empty() {
        return text.into();
    }
    found.sort_unstable();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for start in found {
        let Some((before, value)) = text.get(at..start).zip(text.get(start..)) else {
            continue;
        };
        let is_end = |c: char| "&\"'<>\\ \t\r\n".contains(c);
        out.push_str(before);
        out.push_str(SCRUBBED);
        at = start + value.find(is_end).unwrap_or(value.len());
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(given: &str) -> Value {
        body(given.as_bytes(), &HeaderMap::new(), &Side::default(), false)["text"].clone()
    }

    #[test]
    fn secrets_are_removed_from_bodies() {
        let cases = [
            (
                r#"{"a":[{"SecretString":"s","b":"s2"}]}"#,
                r#"{"a":[{"SecretString":"scrubbed","b":"s2"}]}"#,
            ),
            (r#"{ "NextToken" : "n" }"#, r#"{ "NextToken" : "n" }"#),
            (r#"{"SecretString":"s"#, "scrubbed"),
            (r#"{"Other":"s"#, r#"{"Other":"s"#),
            (
                r#"{"u":"https://h/?a=b&X-Amz-Signature=s&c=d"}"#,
                r#"{"u":"https://h/?a=b&X-Amz-Signature=scrubbed&c=d"}"#,
            ),
            (
                "<a><SecretAccessKey>s</SecretAccessKey><b>t</b></a>",
                "<a><SecretAccessKey>scrubbed</SecretAccessKey><b>t</b></a>",
            ),
            (
                "<a><x:Password k='v'>s</x:Password><Token/></a>",
                "<a><x:Password k='v'>scrubbed</x:Password><Token/></a>",
            ),
            (
                "<a><Password><![CDATA[s]]></Password><Token>1</Token>t</a>",
                "<a><Password>scrubbed</Password><Token>0</Token>t</a>",
            ),
            (
                "<a><Password><b>s</b><!--s--></Password><c Token=\"s\">t</c></a>",
                "<a><Password><b>scrubbed</b></Password><c Token=\"scrubbed\">t</c></a>",
            ),
            ("<SecretAccessKey>s", "<SecretAccessKey>scrubbed"),
            (
                "<u>https://h/?X-Amz-Security-Token=s&amp;X-Amz-Signature=s</u>",
                "<u>https://h/?X-Amz-Security-Token=scrubbed&amp;X-Amz-Signature=scrubbed</u>",
            ),
            (
                "Action=A&A.1.Password=s&B=c",
                "Action=A&A.1.Password=scrubbed&B=c",
            ),
            (
                "Action=A&PreSignedUrl=https%3A%2F%2Fh%3FX-Amz-Signature%3Ds",
                "Action=A&PreSignedUrl=scrubbed",
            ),
            ("plain Password=s", "plain Password=s"),
        ];
        for (given, expected) in cases {
            assert_eq!(text(given), expected, "{given}");
        }
        let binary = body(b"\xff", &HeaderMap::new(), &Side::default(), false);
        assert_eq!(binary["base64"], "/w==");
    }

    #[test]
    fn secrets_are_removed_from_urls_and_headers() {
        let given = "https://u:pw@h/p?a=b&X-Amz-Signature=s&X-Amz-Security-Token=t";
        assert_eq!(
            url(&given.parse().unwrap(), &Secrets::default()),
            "https://h/p?a=b&X-Amz-Signature=scrubbed&X-Amz-Security-Token=scrubbed"
        );
        let mut map = HeaderMap::new();
        for name in ["authorization", "set-cookie", "proxy-authorization"] {
            map.insert(name, "secret".parse().unwrap());
        }
        map.insert("accept", "x".parse().unwrap());
        map.insert("location", "http://h/?X-Amz-Signature=s".parse().unwrap());
        let scrubbed = headers(&map, &Side::default());
        assert!(!scrubbed.to_string().contains("secret"), "{scrubbed}");
        assert_eq!(scrubbed["accept"], "x");
        assert_eq!(scrubbed["location"], "http://h/?X-Amz-Signature=scrubbed");
    }
}
