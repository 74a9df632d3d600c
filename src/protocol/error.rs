//! Errors of services: code, message and the members of the error's shape.

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::Answer;
use super::document::is_page;
use crate::codec::json_fields::Fields;
use crate::codec::raw;
use crate::codec::xml_tape::{Nodes, Tape};
use crate::error::{Fault, RetryReason, ServiceError, excerpt};
use crate::model::{Operation, Protocol, ServiceModel};

/// What a response says of the error, before the model is asked.
#[derive(Default)]
struct Found {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    /// S3's second id.
    host_id: Option<String>,
    /// `Sender` or `Receiver`.
    fault: Option<String>,
    /// What else an XML error element holds.
    details: Map<String, Value>,
    /// The element whose children are the members of the error's shape.
    node: usize,
}

/// Reads an error. One that cannot be understood still gives one, with the status as its code.
pub(crate) fn service_error(
    model: &ServiceModel,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> ServiceError {
    let protocol = model.metadata().protocol;
    // bytes that are no text must not hide the code
    let lossy = String::from_utf8_lossy(body);
    let body = match protocol {
        Protocol::RpcV2Cbor => body,
        _ => lossy.as_bytes(),
    };
    let whole = Answer::scan(model, body);
    let is_whole = whole.is_ok();
    let nodes = whole.unwrap_or_else(|_| Nodes::salvage(&lossy));
    let answer = Answer {
        status,
        nodes: nodes.as_ref(),
        ..Answer::new(model, headers, body)
    };
    let mut found = match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => in_xml(&answer),
        Protocol::AwsJson | Protocol::RestJson => in_json(&answer),
        Protocol::RpcV2Cbor => in_cbor(&answer),
    };
    let code = found.code.as_deref().map(short);
    found.code = code.filter(|code| !code.is_empty()).map(Into::into);
    let (message, excerpt) = match (&found.code, found.message.take()) {
        (_, Some(message)) => (message, None),
        (Some(_), None) => (String::new(), None),
        (None, None) => of_another_body(&answer, is_whole),
    };
    let mut wire_code = found.code.take();
    let mut query_error_code = None;
    if let Some((code, fault)) = query_error(model, headers) {
        query_error_code = wire_code.replace(code.into());
        found.fault = Some(fault.into());
    }
    let shape = wire_code
        .iter()
        .chain(&query_error_code)
        .find_map(|code| model.error_shape(operation, code));
    let value = shape.and_then(|id| answer.value(id, |_| found.node).ok());
    let mut value = match value {
        Some((Value::Object(members), _)) => members,
        _ => Map::new(),
    };
    for (name, detail) in found.details {
        value.entry(name).or_insert(detail);
    }
    let traits = shape.and_then(|id| model.shape(id).ok()?.error.as_ref());
    let is_client = match (found.fault.as_deref(), traits.and_then(|t| t.sender_fault)) {
        (Some(fault), _) => fault == "Sender" || fault == "Client",
        (None, Some(sender)) => sender,
        (None, None) => status < 500,
    };
    ServiceError {
        code: wire_code.map_or_else(|| status.to_string(), Into::into),
        message,
        shape: shape.map(|id| model.shape_name(id).into()),
        fault: if is_client {
            Fault::Client
        } else {
            Fault::Server
        },
        value: value.into(),
        status,
        request_id: request_id(headers).or(found.request_id),
        extended_request_id: header(headers, "x-amz-id-2").or(found.host_id),
        headers: headers.clone(),
        excerpt,
        query_error_code,
        retry: match traits {
            Some(traits) if traits.throttling => Some(RetryReason::Throttling),
            Some(traits) if traits.retryable => Some(RetryReason::Transient),
            _ => None,
        },
    }
}

/// What stands in for the message of a body in which there is neither code nor message, and the beginning of that body where
/// it is not the message itself. As botocore has it, HTTP's phrase stands in where a server failed before the service.
fn of_another_body(answer: &Answer<'_>, is_whole: bool) -> (String, Option<String>) {
    let protocol = answer.model.metadata().protocol;
    let body = answer.body.trim_ascii();
    let phrase = || {
        let status = StatusCode::from_u16(answer.status).ok();
        let phrase = status.and_then(|status| status.canonical_reason());
        phrase.unwrap_or_default().to_owned()
    };
    let is_document = match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => is_whole,
        Protocol::AwsJson | Protocol::RestJson => body.starts_with(b"{"),
        // the major type of maps
        Protocol::RpcV2Cbor => body.first().is_some_and(|first| first >> 5 == 5),
    };
    let has_phrase = match body.is_empty() || !is_document {
        true if protocol == Protocol::RestXml => true,
        true => answer.status >= 500 && (body.is_empty() || is_page(body)),
        false => answer.status >= 500 && is_page(body),
    };
    match (is_document, has_phrase) {
        _ if body == b"{}" => (String::new(), None),
        (_, true) => (phrase(), (!body.is_empty()).then(|| excerpt(body))),
        (true, false) => (String::new(), (!body.is_empty()).then(|| excerpt(body))),
        (false, false) => {
            let start = body.get(..4 * LONGEST_MESSAGE).unwrap_or(body);
            let text = String::from_utf8_lossy(start);
            (text.chars().take(LONGEST_MESSAGE).collect(), None)
        }
    }
}

/// How much of a body that is no document becomes the message, in characters.
const LONGEST_MESSAGE: usize = 1024;

/// The service's id of a request, from the headers of its response.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    names.iter().find_map(|name| header(headers, name))
}

/// A header that is there and not empty.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.into())
}

/// `com.example#NoSuchThing:http://…` is `NoSuchThing`.
pub(super) fn short(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim()
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
    let fields = Fields::read(answer.body);
    let names: &[&str] = match answer.model.metadata().protocol {
        Protocol::RestJson => &["code", "Code", "__type"],
        _ => &["__type", "code", "Code"],
    };
    let is_code = |code: &String| !short(code).is_empty();
    let code = names
        .iter()
        .find_map(|name| fields.text(&[name], Value::is_number).filter(is_code));
    Found {
        code: header(answer.headers, "x-amzn-errortype").or(code),
        message: fields.text(
            &["message", "Message", "errorMessage", "error_description"],
            |value| !value.is_null(),
        ),
        ..Found::default()
    }
}

fn in_cbor(answer: &Answer<'_>) -> Found {
    let text = |name| {
        let text = crate::codec::cbor_read::text_member(answer.body, name);
        text.or_else(|| raw::cbor_text(answer.body, name))
    };
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
        _ => (tape.child(0, "Error"))
            .or_else(|| tape.child(tape.child(0, "Errors")?, "Error"))
            .or_else(|| tape.child(0, "Code").map(|_| 0)),
    };
    let text = |node: usize| tape.mended_text(node).ok().map(|text| text.text);
    let name_in = |node: usize, names: &[&str]| {
        let named = names.iter().find_map(|name| tape.child(node, name));
        let name = named.and_then(text).map(|text| text.trim().to_owned());
        name.filter(|name| !name.is_empty())
    };
    let in_either =
        |names: &[&str]| name_in(0, names).or_else(|| error.and_then(|node| name_in(node, names)));
    let mut found = Found {
        request_id: in_either(&["RequestId", "RequestID", "requestId"]),
        host_id: in_either(&["HostId"]),
        node: error.unwrap_or(0),
        ..Found::default()
    };
    for child in error.into_iter().flat_map(|node| tape.children(node)) {
        match tape.name(child) {
            "Code" => found.code = text(child),
            "HostId" | "RequestId" | "RequestID" => {}
            "Message" | "message" => found.message = text(child),
            "Type" => found.fault = text(child).map(|fault| fault.trim().to_owned()),
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
pub(crate) fn request_id_in(tape: Tape<'_, '_>) -> Option<String> {
    let metadata = tape.child(0, "ResponseMetadata").unwrap_or(0);
    let id = (tape.child(metadata, "RequestId")).or_else(|| tape.child(metadata, "requestId"))?;
    let id = tape.text(id).ok()?;
    Some(id.trim()).filter(|id| !id.is_empty()).map(Into::into)
}
