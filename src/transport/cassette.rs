//! Exchanges in a file, one JSON document a line, without what is secret in them.
//!
//! ```text
//! {"request": {"method", "uri", "headers", "body"}, "response": {"status", "headers", "body"}}
//! ```
//! A body is `{"text"}`, or `{"base64"}` where it is no UTF-8. In place of a response there may be a `failure`.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

use super::TransportErrorKind;

/// What stands in the place of a secret.
const SCRUBBED: &str = "scrubbed";

/// Headers whose values are secret.
const HEADERS: [&str; 9] = [
    "authorization",
    "cookie",
    "dpop",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-sso_bearer_token",
    "x-aws-ec2-metadata-token",
];

/// Members of bodies and parameters of URLs whose values are secret, in lower case.
const MEMBERS: [&str; 24] = [
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
    "x-amz-security-token",
    "x-amz-signature",
];

fn is_secret(name: &str) -> bool {
    MEMBERS.contains(&&*name.to_ascii_lowercase())
}

/// The headers without secrets.
pub(super) fn headers(headers: &HeaderMap) -> Value {
    let mut out = Map::new();
    for (name, value) in headers {
        let text = match HEADERS.contains(&name.as_str()) || value.is_sensitive() {
            true => SCRUBBED.into(),
            false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        out.insert(name.as_str().to_owned(), text.into());
    }
    Value::Object(out)
}

/// The URL without secrets.
pub(super) fn uri(uri: &Uri) -> String {
    let text = uri.to_string();
    match text.split_once('?') {
        Some((path, query)) => format!("{path}?{}", pairs(query)),
        None => text,
    }
}

/// A form, or a query, without secrets.
fn pairs(text: &str) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        // of `Parameters.member.1.Password` the last part is the member
        Some((name, _)) if is_secret(name) || name.rsplit('.').next().is_some_and(is_secret) => {
            format!("{name}={SCRUBBED}")
        }
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A body without secrets: JSON, XML and forms are searched for members that are; other bodies are kept as they are.
pub(super) fn body(bytes: &[u8]) -> Value {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return json!({"base64": BASE64_STANDARD.encode(bytes)});
    };
    let start = text.trim_start();
    let scrubbed = match start.as_bytes().first() {
        Some(b'{' | b'[') => match serde_json::from_str::<Value>(text) {
            Ok(mut value) => match scrub_json(&mut value) {
                true => value.to_string(),
                false => text.to_owned(),
            },
            Err(_) => text.to_owned(),
        },
        Some(b'<') => scrub_xml(text),
        _ if start.starts_with("Action=") => pairs(text),
        _ => text.to_owned(),
    };
    json!({"text": scrubbed})
}

/// Whether there was a secret. Depth is limited by the parser.
fn scrub_json(value: &mut Value) -> bool {
    match value {
        Value::Array(list) => list
            .iter_mut()
            .fold(false, |any, value| scrub_json(value) | any),
        Value::Object(map) => map.iter_mut().fold(false, |any, (name, value)| {
            let is_one = is_secret(name) && value.is_string();
            if is_one {
                *value = SCRUBBED.into();
            }
            is_one | scrub_json(value) | any
        }),
        _ => false,
    }
}

fn scrub_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        out += before;
        out.push('<');
        rest = tag;
        let Some((head, behind)) = tag.split_once('>') else {
            break;
        };
        let name = head
            .split([' ', '\t', '\n', '/'])
            .next()
            .unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        if is_secret(name)
            && !head.ends_with('/')
            && let Some(end) = behind.find('<')
        {
            out += head;
            out.push('>');
            out += SCRUBBED;
            rest = &behind[end..];
        }
    }
    out + rest
}

/// A line of a cassette, read.
pub(super) struct Exchange {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) answer: Result<http::Response<Bytes>, TransportErrorKind>,
}

/// All exchanges of a file.
pub(super) fn read(path: &Path) -> io::Result<Vec<Exchange>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let parsed = serde_json::from_str(line).ok();
            parsed.as_ref().and_then(exchange).ok_or_else(|| {
                let place = format!("{}: line {} is no exchange", path.display(), number + 1);
                io::Error::new(io::ErrorKind::InvalidData, place)
            })
        })
        .collect()
}

fn exchange(line: &Value) -> Option<Exchange> {
    let request = &line["request"];
    let uri: Uri = request["uri"].as_str()?.parse().ok()?;
    let answer = match line["failure"].as_str() {
        Some(name) => Err(TransportErrorKind::of_name(name)?),
        None => Ok(response(&line["response"])?),
    };
    Some(Exchange {
        method: request["method"].as_str()?.to_owned(),
        target: uri.path_and_query()?.to_string(),
        answer,
    })
}

fn response(line: &Value) -> Option<http::Response<Bytes>> {
    let mut response =
        http::Response::builder().status(u16::try_from(line["status"].as_u64()?).ok()?);
    for (name, value) in line["headers"].as_object()? {
        // the body may have another length without its secrets
        if name != "content-length" && name != "transfer-encoding" {
            response = response.header(name, value.as_str()?);
        }
    }
    let body = match (
        line["body"]["text"].as_str(),
        line["body"]["base64"].as_str(),
    ) {
        (Some(text), _) => Bytes::copy_from_slice(text.as_bytes()),
        (None, Some(text)) => BASE64_STANDARD.decode(text).ok()?.into(),
        (None, None) => return None,
    };
    response.body(body).ok()
}

/// A request's target without what differs each time it is signed.
pub(super) fn comparable(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let is_signature = |pair: &&str| {
        let name = pair
            .split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !name.starts_with("x-amz-") && !is_secret(&name)
    };
    let query: Vec<&str> = query.split('&').filter(is_signature).collect();
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", query.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_bodies() {
        let cases = [
            (
                r#"{"a":[{"SecretString":"s","b":"s2"}]}"#,
                r#"{"a":[{"SecretString":"scrubbed","b":"s2"}]}"#,
            ),
            (r#"{ "NextToken" : "n" }"#, r#"{ "NextToken" : "n" }"#),
            (
                "<a><SecretAccessKey>s</SecretAccessKey><b>t</b></a>",
                "<a><SecretAccessKey>scrubbed</SecretAccessKey><b>t</b></a>",
            ),
            (
                "<a><x:Password k='v'>s</x:Password><Token/></a>",
                "<a><x:Password k='v'>scrubbed</x:Password><Token/></a>",
            ),
            ("<half><SecretAccessKey", "<half><SecretAccessKey"),
            (
                "Action=A&A.1.Password=s&B=c",
                "Action=A&A.1.Password=scrubbed&B=c",
            ),
            ("plain Password=s", "plain Password=s"),
        ];
        for (given, expected) in cases {
            assert_eq!(body(given.as_bytes())["text"], expected, "{given}");
        }
        assert_eq!(body(b"\xff")["base64"], "/w==");
    }

    #[test]
    fn secrets_are_taken_out_of_urls_and_headers() {
        let url = "https://h/p?a=b&X-Amz-Signature=s&X-Amz-Security-Token=t"
            .parse()
            .unwrap();
        assert_eq!(
            uri(&url),
            "https://h/p?a=b&X-Amz-Signature=scrubbed&X-Amz-Security-Token=scrubbed"
        );
        let mut map = HeaderMap::new();
        map.insert("authorization", "secret".parse().unwrap());
        map.insert("accept", "x".parse().unwrap());
        assert_eq!(
            headers(&map),
            json!({"authorization": "scrubbed", "accept": "x"})
        );
        assert_eq!(comparable("/p?X-Amz-Date=1&a=b"), "/p?a=b");
    }
}
