//! Errors that a service answers with: code, message and the members of the error's shape.

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::Answer;
use crate::codec::target::ToValue;
use crate::codec::xml_tape::Tape;
use crate::error::{Fault, RetryReason, ServiceError};
use crate::model::{Operation, Protocol, ServiceModel};

/// What an answer says of the error, before the model is asked.
#[derive(Default)]
struct Found {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    /// `Sender` or `Receiver`.
    fault: Option<String>,
    /// What else an XML error element holds.
    details: Map<String, Value>,
    /// The element whose children are the members of the error's shape.
    node: usize,
}

/// Reads an error. What is not to be understood still gives one, with the status as its code.
pub(crate) fn service_error(
    model: &ServiceModel,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> ServiceError {
    let nodes = Answer::scan(model, body).ok().flatten();
    let answer = Answer {
        status,
        nodes: nodes.as_ref(),
        ..Answer::new(model, headers, body)
    };
    let mut found = match model.metadata().protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => in_xml(&answer),
        Protocol::AwsJson | Protocol::RestJson => in_json(&answer),
        Protocol::RpcV2Cbor => in_cbor(&answer),
    };
    let mut wire_code = found.code.take().map(|code| short(&code).to_owned());
    let mut query_error_code = None;
    if let Some((code, fault)) = query_error(model, headers) {
        query_error_code = wire_code.replace(code.into());
        found.fault = Some(fault.into());
    }
    let shape = wire_code
        .iter()
        .chain(&query_error_code)
        .find_map(|code| model.error_shape(operation, code));
    let value = shape.and_then(|id| answer.read_shape(id, |_| found.node, ToValue).ok());
    let mut value = match value {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for (name, detail) in found.details {
        value.entry(name).or_insert(detail);
    }
    let traits = shape.and_then(|id| model.shape(id).ok()?.error.as_ref());
    let reason = || StatusCode::from_u16(status).ok()?.canonical_reason();
    let is_client = match (found.fault.as_deref(), traits.and_then(|t| t.sender_fault)) {
        (Some(fault), _) => fault == "Sender" || fault == "Client",
        (None, Some(sender)) => sender,
        (None, None) => status < 500,
    };
    ServiceError {
        code: wire_code.map_or_else(|| status.to_string().into(), Into::into),
        message: match found.message {
            Some(message) => message.into(),
            None => reason().unwrap_or_default().into(),
        },
        shape: shape.map(|id| model.shape_name(id).into()),
        fault: if is_client {
            Fault::Client
        } else {
            Fault::Server
        },
        value: value.into(),
        status,
        request_id: request_id(headers).or_else(|| found.request_id.map(Into::into)),
        attempts: 1,
        query_error_code: query_error_code.map(Into::into),
        hint: None,
        retries_ended: None,
        retry: match traits {
            Some(traits) if traits.throttling => Some(RetryReason::Throttling),
            Some(traits) if traits.retryable => Some(RetryReason::Transient),
            _ => None,
        },
    }
}

/// The service's id of a request, from the headers of its answer.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<Box<str>> {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    let id = names.iter().find_map(|name| headers.get(*name))?;
    Some(id.to_str().ok()?.into())
}

/// `com.example#NoSuchThing:http://…` is `NoSuchThing`.
fn short(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

/// The code of the query protocol that the service spoke before, and whose fault it is.
fn query_error<'h>(model: &ServiceModel, headers: &'h HeaderMap) -> Option<(&'h str, &'h str)> {
    let header = headers
        .get("x-amzn-query-error")
        .filter(|_| model.metadata().query_compatible)?;
    let (code, fault) = header.to_str().ok()?.split_once(';')?;
    (!code.is_empty() && !fault.contains(';')).then_some((code, fault))
}

fn in_json(answer: &Answer<'_>) -> Found {
    let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    let text = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| body.get(*name));
        values.find_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        })
    };
    let header = answer.headers.get("x-amzn-errortype");
    let header = header.and_then(|h| h.to_str().ok()).map(Into::into);
    let names: &[&str] = match answer.model.metadata().protocol {
        Protocol::RestJson => &["code", "Code", "__type"],
        _ => &["__type", "code", "Code"],
    };
    Found {
        code: header.or_else(|| text(names)),
        message: text(&["message", "Message", "errorMessage", "error_description"]),
        ..Found::default()
    }
}

fn in_cbor(answer: &Answer<'_>) -> Found {
    let text = |name| crate::codec::cbor_read::text_member(answer.body, name);
    Found {
        code: text("__type"),
        message: text("message").or_else(|| text("Message")),
        ..Found::default()
    }
}

/// `<ErrorResponse><Error>…</Error><RequestId/></ErrorResponse>`, `<Response><Errors><Error>…`, or `<Error>` alone.
fn in_xml(answer: &Answer<'_>) -> Found {
    let Some(tape) = answer.tape() else {
        return Found::default();
    };
    let error = match tape.name(0) {
        "Error" => Some(0),
        _ => tape.child(0, "Error").or_else(|| {
            let errors = tape.child(0, "Errors")?;
            tape.child(errors, "Error")
        }),
    };
    let text = |node: usize| tape.text(node).ok().map(|text| text.trim().to_owned());
    let id_in = |node: usize| {
        let id = tape
            .child(node, "RequestId")
            .or_else(|| tape.child(node, "RequestID"));
        id.and_then(text).filter(|id| !id.is_empty())
    };
    let mut found = Found {
        request_id: id_in(0),
        node: error.unwrap_or(0),
        ..Found::default()
    };
    for child in error.into_iter().flat_map(|node| tape.children(node)) {
        match tape.name(child) {
            "Code" => found.code = text(child).filter(|code| !code.is_empty()),
            "HostId" | "RequestId" | "RequestID" => {}
            "Message" | "message" => found.message = text(child),
            "Type" => found.fault = text(child),
            name => {
                let is_leaf = tape.children(child).next().is_none();
                if let Some(text) = text(child).filter(|_| is_leaf) {
                    found.details.insert(name.into(), text.into());
                }
            }
        }
    }
    found
}

/// The request id inside an XML result.
pub(crate) fn request_id_in(tape: Tape<'_, '_>) -> Option<Box<str>> {
    let metadata = tape.child(0, "ResponseMetadata").unwrap_or(0);
    let id = (tape.child(metadata, "RequestId")).or_else(|| tape.child(metadata, "requestId"))?;
    Some(tape.text(id).ok()?.trim().into())
}
