//! Protocols: an operation's parameters to an HTTP request, and its answer to a result or an error.
//!
//! | protocol | binding | request | answer |
//! | --- | --- | --- | --- |
//! | query, ec2 | `query` | form | XML |
//! | json 1.0, 1.1 | `rpc` (`X-Amz-Target`) | JSON | JSON |
//! | rpc-v2-cbor | `rpc` (`/service/…/operation/…`) | CBOR | CBOR |
//! | rest-json, rest-xml | `rest` | JSON, XML | JSON, XML |

mod answer;
mod document;
mod error;
mod fit;
mod query;
mod rest;
mod rpc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

pub(crate) use self::answer::{
    Answer, Nodes, event_stream, has_document, input_event_stream, streaming_payload, streams, tape,
};
pub(crate) use self::document::{Document, Fault, unexpected_response};
pub(crate) use self::error::{request_id, request_id_in, service_error};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::model::{Operation, Protocol, ServiceModel};

/// What goes into a call. It may hold secrets, so `Debug` shows none of it.
#[derive(Clone)]
pub(crate) struct Params {
    pub(crate) value: Value,
    /// For the one streaming member, if there is one.
    pub(crate) body: Option<Body>,
}

/// A request before it has an endpoint.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) method: Method,
    /// Percent-encoded, with a leading slash; empty where the endpoint's own path is the whole of it.
    pub(crate) path: String,
    /// Percent-encoded, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Encoded {
    fn post(path: String) -> Self {
        Self {
            method: Method::POST,
            path,
            query: String::new(),
            headers: HeaderMap::new(),
            body: Body::empty(),
        }
    }
}

/// Writes the request of an operation.
pub(crate) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Params,
) -> Result<Encoded> {
    match model.metadata().protocol {
        Protocol::AwsJson => rpc::encode_json(model, operation, &params.value),
        Protocol::RpcV2Cbor => rpc::encode_cbor(model, operation, &params.value),
        Protocol::AwsQuery | Protocol::Ec2Query => query::encode(model, operation, &params.value),
        Protocol::RestJson | Protocol::RestXml => rest::encode(model, operation, params),
    }
}

/// What is put before the endpoint's host: the operation's prefix with its labels filled in.
pub(crate) fn host_prefix(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
) -> Result<Option<String>> {
    let Some(template) = &operation.host_prefix else {
        return Ok(None);
    };
    let input = operation.input.map(|id| model.shape(id)).transpose()?;
    let members = input.and_then(|shape| shape.members());
    let mut prefix = String::new();
    for part in parts(template) {
        let label = match part {
            Part::Text(text) => {
                prefix.push_str(text);
                continue;
            }
            Part::Label { name, .. } => name,
        };
        let member = members.and_then(|m| m.iter().find(|m| m.host_label && *m.name == *label));
        let value = member
            .and_then(|m| params.get(&*m.name))
            .and_then(Value::as_str);
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        match value {
            Some(text) if !text.is_empty() && text.chars().all(is_label) => prefix.push_str(text),
            _ => {
                return Err(Error::request(format!(
                    "{label}: it becomes a part of the host, so it must be letters, digits, hyphens and periods"
                )));
            }
        }
    }
    Ok(Some(prefix))
}

/// A part of a template such as `/{Bucket}/{Key+}`.
enum Part<'t> {
    Text(&'t str),
    Label { name: &'t str, greedy: bool },
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(behind) = rest.strip_prefix('{')
            && let Some((label, tail)) = behind.split_once('}')
        {
            rest = tail;
            let name = label.strip_suffix('+');
            return Some(Part::Label {
                name: name.unwrap_or(label),
                greedy: name.is_some(),
            });
        }
        // a brace at the very start that opens no label is text
        let end = rest[1..].find('{').map_or(rest.len(), |i| i + 1);
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Part::Text(text))
    })
}

/// More headers than any server takes; `http` panics beyond some more.
const MAX_HEADERS: usize = 8192;

/// A header of which nobody but its value decides whether it is fine.
fn header(headers: &mut HeaderMap, name: &str, value: &str, is_secret: bool) -> Result<()> {
    let fault = |what: &str| {
        Error::request(format!(
            "header {name:?}: its {what} has a character that HTTP does not allow"
        ))
    };
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault("name"))?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| fault("value"))?;
    value.set_sensitive(is_secret);
    if headers.len() >= MAX_HEADERS {
        let what = format!("the request has more than {MAX_HEADERS} headers");
        return Err(Error::request(what));
    }
    headers.append(key, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_falls_into_text_and_labels() {
        let show = |template: &str| {
            let part = |part: Part<'_>| match part {
                Part::Text(text) => format!("[{text}]"),
                Part::Label { name, greedy } => {
                    format!("<{name}{}>", if greedy { "+" } else { "" })
                }
            };
            parts(template).map(part).collect::<String>()
        };
        assert_eq!(show("/{A}/b/{Key+}"), "[/]<A>[/b/]<Key+>");
        assert_eq!(show("{AccountId}."), "<AccountId>[.]");
        assert_eq!(show("/a{b"), "[/a][{b]");
        assert_eq!(show(""), "");
    }
}
