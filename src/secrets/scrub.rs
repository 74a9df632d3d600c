//! Requests and responses without what is secret in them.
//!
//! Secret is what the model's `sensitive` traits say (`secrets`), and what is so in any case: signatures, tokens, keys, cookies,
//! passwords in URLs. What is replaced keeps its type, so that a recorded response can still be read.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

use super::cbor::{self, SCRUBBED};
use super::{Secrets, Side};
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

/// Members of bodies and parameters of URLs whose values are secret whatever the model says, in lower case: those of servers
/// that have no model, such as the metadata service, and of signatures.
const MEMBERS: [&str; 25] = [
    "accesstoken",
    "authorizationtoken",
    "clientsecret",
    "copysourcessecustomerkey",
    "dpopkey",
    "idtoken",
    "masteruserpassword",
    "password",
    "plaintext",
    "privatekey",
    "refreshtoken",
    "samlassertion",
    "secretaccesskey",
    "secretbinary",
    "secretkey",
    "secretstring",
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

/// Parameters of signed URLs, which may stand anywhere in a text.
const OF_SIGNED_URLS: [&str; 4] = [
    "x-amz-signature=",
    "x-amz-security-token=",
    "x-amz-s3session-token=",
    "signature=",
];

/// Bodies beyond this are not unpacked to be looked through.
const MAX_UNPACKED: u64 = 64 << 20;

pub(crate) fn is_always_secret(name: &str) -> bool {
    MEMBERS.contains(&&*name.to_ascii_lowercase())
}

impl Side {
    fn hides(&self, name: &str) -> bool {
        is_always_secret(name) || self.has(name)
    }

    /// Whether a text has the name of a secret in it.
    fn is_in(&self, text: &str) -> bool {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
        words
            .filter(|word| !word.is_empty())
            .any(|word| self.hides(word))
    }
}

/// `Debug` of these headers shows no secret from here on.
pub(crate) fn mark_headers(headers: &mut HeaderMap) {
    for name in HEADERS {
        if let http::header::Entry::Occupied(mut values) = headers.entry(name) {
            values
                .iter_mut()
                .for_each(|value| value.set_sensitive(true));
        }
    }
}

/// The headers without secrets.
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

/// The URL without secrets.
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

/// Path and query without secrets.
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

/// A form, or a query, without secrets.
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
        // of `Parameters.member.1.Password` each part may be a secret member
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

/// A body without secrets.
pub(crate) fn body(bytes: &[u8], headers: &HeaderMap, side: &Side, is_request: bool) -> Value {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_packed = header(CONTENT_ENCODING).is_some_and(|coding| coding.contains("gzip"));
    if is_request && is_packed {
        // nobody can look into it then, and nothing is read from a recorded request
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
        // a broken document may hold anything
        _ if is_cbor || side.whole_body => return SCRUBBED.as_bytes().into(),
        _ => return Cow::Borrowed(bytes),
    };
    let start = text.trim_start();
    let is_form = start.starts_with("Action=") || content_type.contains("form-urlencoded");
    let scrubbed: Cow<'_, str> = match start.as_bytes().first() {
        Some(b'{' | b'[') => json_text(text, side),
        Some(b'"') if side.whole_body => format!("\"{SCRUBBED}\"").into(),
        Some(b'<') => xml(text, side).into(),
        _ if is_form => pairs(text, side, false).into(),
        _ if side.whole_body => look_alike(text).into(),
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

/// Each message on its own; what is no message is left out.
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
        // of a broken document nobody knows where a value ends
        Err(_) if side.whole_body || side.is_in(text) => SCRUBBED.into(),
        Err(_) => text.into(),
    }
}

/// Whether there was a secret. Depth is limited by the parser.
fn scrub_json(value: &mut Value, side: &Side, secret: bool) -> bool {
    match value {
        Value::Array(list) => {
            (list.iter_mut()).fold(false, |any, value| scrub_json(value, side, secret) | any)
        }
        Value::Object(map) if secret => {
            // keys may be secret, too
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
            // what only its name makes secret is a text: a list of tokens may be anything
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

fn xml(text: &str, side: &Side) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // how deep inside of a secret element
    let mut inside = usize::from(side.whole_body);
    // in the key of a map's entry
    let mut is_key = false;
    loop {
        let (before, tag) = match rest.split_once('<') {
            Some((before, tag)) => (before, Some(tag)),
            None => (rest, None),
        };
        push_text(&mut out, before, inside > 0 && !std::mem::take(&mut is_key));
        let Some(tag) = tag else {
            return out;
        };
        if let Some(data) = tag.strip_prefix("![CDATA[") {
            let (data, behind) = data.split_once("]]>").unwrap_or((data, ""));
            match inside > 0 {
                true => out.push_str(SCRUBBED),
                false => out.extend(["<![CDATA[", data, "]]>"]),
            }
            rest = behind;
            continue;
        }
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        let (head, behind) = tag.split_once(end).unwrap_or((tag, ""));
        rest = behind;
        if tag.starts_with("!--") {
            continue;
        }
        if head.starts_with('/') {
            inside = inside.saturating_sub(1).max(usize::from(side.whole_body));
        } else if !head.starts_with(['?', '!']) {
            let name = head.split([' ', '\t', '\r', '\n', '/']).next();
            let name = name
                .unwrap_or_default()
                .rsplit(':')
                .next()
                .unwrap_or_default();
            let opens = !head.ends_with('/');
            is_key = name == "key" && side.keeps_keys();
            if opens && (inside > 0 || side.hides(name)) {
                inside += 1;
            }
        }
        out.push('<');
        out.push_str(&attributes(head, side));
        out.push('>');
    }
}

fn push_text(out: &mut String, text: &str, secret: bool) {
    match secret && !text.trim().is_empty() {
        true => out.push_str(look_alike(text)),
        false => out.push_str(text),
    }
}

/// A tag whose secret attributes are replaced.
fn attributes<'t>(head: &'t str, side: &Side) -> Cow<'t, str> {
    if !head.contains('=') || head.starts_with(['?', '!']) {
        return head.into();
    }
    let (mut out, mut rest) = (String::new(), head);
    while let Some((before, value)) = rest.split_once('=') {
        let name = before.split_whitespace().next_back().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        out.extend([before, "="]);
        let Some(quote) = value
            .trim_start()
            .chars()
            .next()
            .filter(|c| "'\"".contains(*c))
        else {
            rest = value;
            continue;
        };
        let value = value.trim_start().get(1..).unwrap_or_default();
        let (value, behind) = value.split_once(quote).unwrap_or((value, ""));
        let value = if side.hides(name) { SCRUBBED } else { value };
        out.push(quote);
        out.push_str(value);
        out.push(quote);
        rest = behind;
    }
    out.push_str(rest);
    out.into()
}

/// What reads as the same type.
fn look_alike(text: &str) -> &'static str {
    let text = text.trim();
    match text {
        "true" | "false" => "false",
        _ if text.parse::<f64>().is_ok() => "0",
        _ if text.len() >= 20 && text.get(4..5) == Some("-") && text.get(10..11) == Some("T") => {
            "1970-01-01T00:00:00Z"
        }
        _ => SCRUBBED,
    }
}

/// A text whose signed URLs have lost their signatures.
fn signed_urls(text: &str) -> Cow<'_, str> {
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
    fn secrets_are_taken_out_of_bodies() {
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
    fn secrets_are_taken_out_of_urls_and_headers() {
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
