//! Files of recorded exchanges, one JSON document a line, without secrets.
//!
//! ```text
//! {"request": {"method", "uri", "headers", "body"}, "response": {"status", "headers", "body"}}
//! ```
//! A body is `{"text"}`, or `{"base64"}` if it is not UTF-8. A request that failed has a `failure` in place of a response.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Uri;
use serde_json::Value;

use super::TransportErrorKind;
use crate::secrets::{Secrets, scrub};

/// A line of a cassette.
pub(super) struct Exchange {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) response: Result<http::Response<Bytes>, TransportErrorKind>,
}

/// Reads all exchanges of a file.
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
                let what = format!(
                    "{}: line {} is not a recorded exchange",
                    path.display(),
                    number + 1
                );
                io::Error::new(io::ErrorKind::InvalidData, what)
            })
        })
        .collect()
}

fn exchange(line: &Value) -> Option<Exchange> {
    let request = &line["request"];
    let uri: Uri = request["uri"].as_str()?.parse().ok()?;
    let response = match line["failure"].as_str() {
        Some(name) => Err(TransportErrorKind::from_name(name)?),
        None => Ok(response(&line["response"])?),
    };
    Some(Exchange {
        method: request["method"].as_str()?.to_owned(),
        target: uri.path_and_query()?.to_string(),
        response,
    })
}

fn response(line: &Value) -> Option<http::Response<Bytes>> {
    let mut response =
        http::Response::builder().status(u16::try_from(line["status"].as_u64()?).ok()?);
    for (name, value) in line["headers"].as_object()? {
        // without its secrets, the body may have another length
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

/// Returns a request's target without secrets, and without the parts of a signature, which differ each time.
pub(super) fn comparable(target: &str, secrets: &Secrets) -> String {
    let target = scrub::target(target, secrets);
    let Some((path, query)) = target.split_once('?') else {
        return target;
    };
    let differs = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-") || scrub::is_always_secret(&name)
    };
    let query: Vec<&str> = query.split('&').filter(|pair| !differs(pair)).collect();
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", query.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_do_not_distinguish_targets() {
        let plain = Secrets::default();
        assert_eq!(comparable("/p?X-Amz-Date=1&a=b", &plain), "/p?a=b");
        assert_eq!(comparable("/p?Signature=1", &plain), "/p");
    }
}
