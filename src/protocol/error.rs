//! Errors of services: code, message and the members of the error's shape.

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::page::is_page;
use super::{BufferedResponse, for_model};
use crate::codec::format::{Format, is_cbor_map};
use crate::codec::xml_tape::{Nodes, Tape};
use crate::error::{Fault, RetryReason, ServiceError, excerpt};
use crate::model::{Operation, ServiceModel};

/// The parts of an error that are read without the model.
#[derive(Default)]
pub(crate) struct ErrorParts {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
    /// S3's second id.
    pub(super) host_id: Option<String>,
    /// `Sender` or `Receiver`.
    pub(super) fault: Option<String>,
    /// The other leaves of an XML error element.
    pub(super) details: Map<String, Value>,
    /// The element whose children are the members of the error's shape.
    pub(super) node: usize,
}

/// Reads an error. If the body has no code, the status is the code.
pub(crate) fn service_error(
    model: &ServiceModel,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> ServiceError {
    let protocol = for_model(model);
    // bytes that are not UTF-8 must not hide the code
    let lossy = String::from_utf8_lossy(body);
    let body = match protocol.format() {
        Format::Cbor => body,
        Format::Json | Format::Xml => lossy.as_bytes(),
    };
    let whole = BufferedResponse::scan(model, body);
    let is_whole = whole.is_ok();
    let nodes = whole.unwrap_or_else(|_| Nodes::salvage(&lossy));
    let response = BufferedResponse {
        status,
        nodes: nodes.as_ref(),
        ..BufferedResponse::new(model, headers, body)
    };
    let mut found = protocol.error_parts(&response);
    let code = found.code.as_deref().map(short);
    found.code = code.filter(|code| !code.is_empty()).map(Into::into);
    let (message, excerpt) = match (&found.code, found.message.take()) {
        (_, Some(message)) => (message, None),
        (Some(_), None) => (String::new(), None),
        (None, None) => message_for(&response, is_whole),
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
    let value = shape.and_then(|id| response.value(id, |_| found.node).ok());
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
        code: wire_code.unwrap_or_else(|| status.to_string()),
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

/// The message for a body that has neither code nor message, and an excerpt of the body unless it is the message itself. As in
/// botocore, the message is HTTP's phrase for the status if a server in front of the service failed.
fn message_for(response: &BufferedResponse<'_>, is_whole: bool) -> (String, Option<String>) {
    let protocol = response.protocol();
    let body = response.body.trim_ascii();
    let phrase = || {
        let status = StatusCode::from_u16(response.status).ok();
        let phrase = status.and_then(|status| status.canonical_reason());
        phrase.unwrap_or_default().to_owned()
    };
    let is_document = match protocol.format() {
        Format::Xml => is_whole,
        Format::Json => body.starts_with(b"{"),
        Format::Cbor => is_cbor_map(body),
    };
    let has_phrase = match body.is_empty() || !is_document {
        true if protocol.phrases_every_error() => true,
        true => response.status >= 500 && (body.is_empty() || is_page(body)),
        false => response.status >= 500 && is_page(body),
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

/// The maximum length of a message that is taken from a body without structure, in characters.
const LONGEST_MESSAGE: usize = 1024;

/// The request id in the headers of a response.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    names.iter().find_map(|name| header(headers, name))
}

/// The text of a header, unless it is empty.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.into())
}

/// The error's name in a code: `NoSuchThing` in `com.example#NoSuchThing:http://…`.
pub(super) fn short(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim()
}

/// The error code of the query protocol that the service spoke before, and the party at fault.
fn query_error<'h>(model: &ServiceModel, headers: &'h HeaderMap) -> Option<(&'h str, &'h str)> {
    let header = headers
        .get("x-amzn-query-error")
        .filter(|_| model.metadata().query_compatible)?;
    let (code, fault) = header.to_str().ok()?.split_once(';')?;
    (!code.is_empty() && !fault.contains(';')).then_some((code, fault))
}

/// The request id in an XML result.
pub(crate) fn request_id_in(tape: Tape<'_, '_>) -> Option<String> {
    let metadata = tape.child(0, "ResponseMetadata").unwrap_or(0);
    let id = (tape.child(metadata, "RequestId")).or_else(|| tape.child(metadata, "requestId"))?;
    let id = tape.text(id).ok()?;
    Some(id.trim()).filter(|id| !id.is_empty()).map(Into::into)
}
