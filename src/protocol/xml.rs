//! XML in responses: the root element of a success, and the parts of an error.

use super::error::ErrorParts;
use super::page::BYTE_ORDER_MARK;
use super::success::{Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, Nodes, tape};
use crate::codec::format::Format;
use crate::codec::xml_tape::Tape;
use crate::error::excerpt;
use crate::model::{Members, Shape};

/// The rules for the root element of a success.
#[derive(Default)]
pub(super) struct Root<'a> {
    /// The element in the root that must hold the result.
    pub(super) result: Option<&'a str>,
    /// The names of the root element that follow from the model, the likeliest first.
    pub(super) names: Vec<&'a str>,
    /// Whether the status of success may precede a failure: S3 sends status 200 before it knows how a long operation ends, and
    /// then sends an error or breaks off. Both mean status 500, so that the call is retried.
    pub(super) is_early: bool,
}

/// Checks that a body is the operation's document.
pub(super) fn check(
    response: &SuccessResponse<'_>,
    wanted: &Wanted<'_>,
    body: &[u8],
    root: &Root<'_>,
) -> Result<Option<Nodes>, Rejection> {
    let any = matches!(wanted, Wanted::Any);
    if any && (!body.starts_with(b"<") || response.is_payload_of_any_bytes()?) {
        return Ok(None);
    }
    let nodes = match Format::Xml.scan(response.body) {
        Ok(nodes) => nodes,
        Err(_) if root.is_early => return Err(Rejection::Service(500)),
        Err(error) => return Err(response.broken(&error)),
    };
    let Some(tape) = nodes.as_ref().and_then(|nodes| tape(response.body, nodes)) else {
        return Ok(None);
    };
    if is_error(tape) {
        let status = if root.is_early { 500 } else { response.status };
        return Err(Rejection::Service(status));
    }
    let Wanted::Document { shape, .. } = wanted else {
        return Ok(nodes);
    };
    let name = tape.name(0);
    let is_alone = !is_of_another_operation(response, name) && begins_with_markup(body);
    let is_valid = match root.result {
        Some(result) => is_alone && tape.child(0, result).is_some(),
        None => is_alone && (is_root(response, root, name) || has_member(tape, *shape)),
    };
    if is_valid {
        return Ok(nodes);
    }
    let received = match root.result {
        Some(_) if is_root(response, root, name) => format!("{name} without it"),
        _ => format!("an element {}", excerpt(name.as_bytes())),
    };
    Err(response.unexpected(response.expected()?, received))
}

/// Whether a root element is named after the operation, or as the model or the service's quirks have it.
fn is_root(response: &SuccessResponse<'_>, root: &Root<'_>, name: &str) -> bool {
    is_named_after(name, &response.operation.name)
        || response.known_root() == Some(name)
        || root.names.contains(&name)
}

/// Whether a root element is named after another operation of the service.
fn is_of_another_operation(response: &SuccessResponse<'_>, root: &str) -> bool {
    let own = &*response.operation.name;
    (response.root_of)(own) != Some(root)
        && !is_named_after(root, own)
        && (response.model.operation_names())
            .any(|other| is_named_after(root, other) || (response.root_of)(other) == Some(root))
}

/// `BuildResponse` and `BuildResult` are named after `Build`.
fn is_named_after(root: &str, operation: &str) -> bool {
    let rest = root.strip_prefix(operation);
    matches!(rest, Some("Response" | "Result"))
}

fn begins_with_markup(body: &[u8]) -> bool {
    body.strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(body)
        .trim_ascii_start()
        .starts_with(b"<")
}

/// Whether the root element has a child that is a member of the shape.
fn has_member(tape: Tape<'_, '_>, shape: Option<&Shape>) -> bool {
    let members = shape.and_then(Shape::members);
    let is_member = |members: &Members, child| members.find_wire(None, tape.name(child)).is_some();
    members.is_some_and(|members| tape.children(0).any(|child| is_member(members, child)))
}

/// Whether the document is `<Error>`, `<ErrorResponse><Error>` or `<Response><Errors>`.
fn is_error(tape: Tape<'_, '_>) -> bool {
    match tape.name(0) {
        "Error" => true,
        "ErrorResponse" => tape.child(0, "Error").is_some(),
        "Response" => tape.child(0, "Errors").is_some(),
        _ => false,
    }
}

/// Reads `<ErrorResponse><Error>…</Error><RequestId/></ErrorResponse>`, `<Response><Errors><Error>…`, or `<Error>` alone.
pub(super) fn error_parts(response: &BufferedResponse<'_>) -> ErrorParts {
    let Some(tape) = response.tape() else {
        return ErrorParts::default();
    };
    let error = match tape.name(0) {
        "Error" => Some(0),
        _ => (tape.child(0, "Error"))
            .or_else(|| tape.child(tape.child(0, "Errors")?, "Error"))
            .or_else(|| tape.child(0, "Code").map(|_| 0)),
    };
    let text = |node: usize| tape.repaired_text(node).ok().map(|text| text.text);
    let text_in = |node: usize, names: &[&str]| {
        let named = names.iter().find_map(|name| tape.child(node, name));
        let text = named.and_then(text).map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let in_either =
        |names: &[&str]| text_in(0, names).or_else(|| error.and_then(|node| text_in(node, names)));
    let mut parts = ErrorParts {
        request_id: in_either(&["RequestId", "RequestID", "requestId"]),
        host_id: in_either(&["HostId"]),
        node: error.unwrap_or(0),
        ..ErrorParts::default()
    };
    for child in error.into_iter().flat_map(|node| tape.children(node)) {
        match tape.name(child) {
            "Code" => parts.code = text(child),
            "HostId" | "RequestId" | "RequestID" => {}
            "Message" | "message" => parts.message = text(child),
            "Type" => parts.fault = text(child).map(|fault| fault.trim().to_owned()),
            name => {
                let is_leaf = tape.children(child).next().is_none();
                if let Some(text) = text(child).filter(|_| is_leaf) {
                    parts.details.insert(name.into(), text.into());
                }
            }
        }
    }
    parts
}
