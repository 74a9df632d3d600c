//! JSON in responses, and in the URLs that are presigned.

use serde_json::{Map, Value};

use super::error::{ERROR_TYPE, ErrorParts, header, short};
use super::success::{Rejection, SuccessResponse, Wanted};
use super::{BufferedResponse, streaming_payload};
use crate::body::Body;
use crate::codec::json_fields::Fields;
use crate::codec::json_write;
use crate::codec::raw;
use crate::error::{Error, Result};
use crate::model::{Kind, Operation, ServiceModel, Shape};
use crate::transport::Request;
use crate::uri;

/// The maximum length of a body with status 200 that may be an error of a JSON protocol.
const LONGEST_ERROR: usize = 4096;

pub(super) fn move_body_to_query(
    model: &ServiceModel,
    operation: &Operation,
    request: &mut Request,
) -> Result<Vec<String>> {
    let body = request.body().bytes().cloned().unwrap_or_default();
    if body.is_empty() || streaming_payload(model, operation.input)?.is_some() {
        return Ok(Vec::new());
    }
    let parts = query_parts(&body)?;
    *request.body_mut() = Body::empty();
    Ok(parts)
}

/// The members of a JSON object as parts of a query; lists repeat their name.
fn query_parts(body: &[u8]) -> Result<Vec<String>> {
    let members: Map<String, Value> = serde_json::from_slice(body).map_err(Error::request)?;
    let mut parts = Vec::new();
    for (name, value) in &members {
        let items = match value {
            Value::Array(items) => &items[..],
            one => std::slice::from_ref(one),
        };
        for item in items {
            let text = match item {
                Value::String(text) => text.clone(),
                Value::Object(_) | Value::Array(_) => {
                    let what = format!(
                        "presigning with the parameter {name}, which is not a string or a list of strings"
                    );
                    return Err(Error::unsupported(what));
                }
                other => other.to_string(),
            };
            let encode = |text: &str| uri::encode(text, b"");
            parts.push(format!("{}={}", encode(name), encode(&text)));
        }
    }
    Ok(parts)
}

/// Checks that a body is the operation's document.
pub(super) fn check(
    response: &SuccessResponse<'_>,
    wanted: &Wanted<'_>,
    body: &[u8],
) -> Result<(), Rejection> {
    if is_error(response, body)? {
        return Err(Rejection::Service(response.status));
    }
    let Wanted::Document { shape, .. } = wanted else {
        return Ok(());
    };
    let is_valid = match (shape.map(|shape| &shape.kind), body.first()) {
        (Some(Kind::Document), _) => true,
        (Some(Kind::List(_)), first) => first == Some(&b'['),
        (_, first) => first == Some(&b'{'),
    };
    match is_valid {
        true => Ok(()),
        false => Err(response.unexpected(expected(*shape), kind_of(body))),
    }
}

pub(super) fn expected(shape: Option<&Shape>) -> String {
    match shape.map(|shape| &shape.kind) {
        Some(Kind::List(_)) => "a JSON array".into(),
        _ => "a JSON object".into(),
    }
}

/// Whether a body is an object whose `__type` names an error, and not a structure of a newer model.
fn is_error(response: &SuccessResponse<'_>, body: &[u8]) -> Result<bool, Rejection> {
    const NAME: &str = "__type";
    if body.len() > LONGEST_ERROR || memchr::memmem::find(body, NAME.as_bytes()).is_none() {
        return Ok(false);
    }
    let members = response.output()?.and_then(Shape::members);
    if members.is_some_and(|members| members.get(NAME).is_some()) {
        return Ok(false);
    }
    let object = raw::json_value(body);
    let code = object.get(NAME).and_then(Value::as_str).map(short);
    Ok(code.is_some_and(|code| {
        let ends = ["Error", "Exception", "Failure", "Fault"];
        ends.iter().any(|end| code.ends_with(end))
            || (response.model.error_shape(response.operation, code)).is_some()
    }))
}

/// The kind of JSON value that a text begins with.
fn kind_of(body: &[u8]) -> &'static str {
    match body.first() {
        Some(b'{') => "a JSON object",
        Some(b'[') => "a JSON array",
        Some(b'"') => "a JSON string",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ if body == b"null" => "null",
        _ => "text that is not JSON",
    }
}

/// Reads the parts of an error. `codes` are the members that may hold the code, in order of preference.
pub(super) fn error_parts(response: &BufferedResponse<'_>, codes: &[&str]) -> ErrorParts {
    let parts = document_error(response, codes);
    ErrorParts {
        code: header(response.headers, ERROR_TYPE).or(parts.code),
        ..parts
    }
}

/// As [`error_parts`], from the document alone.
pub(super) fn document_error(response: &BufferedResponse<'_>, codes: &[&str]) -> ErrorParts {
    let fields = Fields::read(response.body);
    let is_code = |code: &String| !short(code).is_empty();
    let code = codes
        .iter()
        .find_map(|name| fields.text(&[name], Value::is_number).filter(is_code));
    ErrorParts {
        code,
        message: fields.text(
            &["message", "Message", "errorMessage", "error_description"],
            |value| !value.is_null(),
        ),
        ..ErrorParts::default()
    }
}

/// Writes a structure, and names the media type.
pub(super) fn document(
    model: &ServiceModel,
    shape: &Shape,
    value: &Value,
) -> Result<(&'static str, Vec<u8>)> {
    let mut out = Vec::new();
    json_write::write(model, shape, value, &mut out)?;
    Ok(("application/json", out))
}
