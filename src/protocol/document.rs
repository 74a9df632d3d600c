//! Whether a response is the operation's at all, before a member of it is read.
//!
//! | protocol | the body of a success |
//! | --- | --- |
//! | query | `<OperationResponse>`, and in it the model's result wrapper |
//! | ec2 | `<OperationResponse>` |
//! | rest-xml | an element of the name that the model suggests |
//! | json 1.0, 1.1 | an object |
//! | rest-json | an object, or nothing |
//! | rpc-v2-cbor | a map |
//!
//! A root element of another name counts if it has a member of the result and is not that of another operation. Where the result
//! has no member, there may be no body. Where nothing is read from the body, and where it is bytes or text, it may be anything but
//! a web page or an error of the service.

use std::collections::HashSet;

use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, Method};
use serde_json::Value;

use super::error::{request_id, short};
use super::{Answer, Nodes, tape};
use crate::codec::xml_tape::Tape;
use crate::codec::{ReadError, raw};
use crate::error::{Error, UnexpectedResponse, excerpt};
use crate::model::{Kind, Member, Members, Operation, Protocol, ServiceModel, Shape, ShapeId};

/// A response with a status of success.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) model: &'a ServiceModel,
    pub(crate) operation: &'a Operation,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// The body is read later, by the reader of the stream.
    pub(crate) is_streamed: bool,
    /// The root element of an operation's XML, where its name does not follow from the model.
    pub(crate) root_of: &'a dyn Fn(&str) -> Option<&'static str>,
}

/// Some servers begin UTF-8 with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a response as a whole.
pub(crate) enum Fault {
    /// The model cannot be read.
    Model(Error),
    /// It is an error of the service, with this status.
    Service(u16),
    /// It is not the operation's.
    Unexpected(Box<UnexpectedResponse>),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Model(error)
    }
}

/// What the model says of the body.
enum Body<'a> {
    /// Bytes or text, or nothing that is read.
    Any,
    /// A document, of which this shape is in the body. `optional`: an empty body stands for one without members.
    Document {
        shape: Option<&'a Shape>,
        optional: bool,
    },
}

impl<'a> Document<'a> {
    /// The scan of an XML body, if the response is the operation's.
    pub(crate) fn check(&self) -> Result<Option<Nodes>, Fault> {
        let body = self.body.strip_prefix(BYTE_ORDER_MARK);
        let body = body.unwrap_or(self.body).trim_ascii();
        let is_json = matches!(
            self.model.metadata().protocol,
            Protocol::AwsJson | Protocol::RestJson
        );
        if is_json && !self.is_streamed && self.headers.contains_key("x-amzn-errortype") {
            return Err(Fault::Service(self.status));
        }
        if is_page(body) && !(self.is_streamed || self.is_payload_of_any_bytes()?) {
            return Err(self.unexpected(self.expected()?, "a web page"));
        }
        if self.is_foreign_head() && body.is_empty() {
            let expected = "the headers of the service";
            return Err(self.unexpected(expected, "those of a web page"));
        }
        if self.is_streamed {
            return Ok(None);
        }
        let wanted = self.wanted()?;
        match (&wanted, self.model.metadata().protocol) {
            _ if body.is_empty() => self.empty(&wanted).map(|()| None),
            (_, Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml) => {
                self.xml(&wanted, body)
            }
            (_, Protocol::AwsJson | Protocol::RestJson) => self.json(&wanted, body).map(|()| None),
            (Body::Document { .. }, Protocol::RpcV2Cbor) => self.cbor().map(|()| None),
            (Body::Any, Protocol::RpcV2Cbor) => Ok(None),
        }
    }

    fn output(&self) -> Result<Option<&'a Shape>, Fault> {
        let output = self.operation.output;
        Ok(output.map(|id| self.model.shape(id)).transpose()?)
    }

    /// The member that is the whole body.
    fn payload(&self) -> Result<Option<(&'a Member, &'a Shape)>, Fault> {
        let is_rest = self.model.metadata().protocol.is_rest();
        let members = self.output()?.and_then(Shape::members);
        let payload = members.and_then(Members::payload).filter(|_| is_rest);
        let Some(member) = payload else {
            return Ok(None);
        };
        Ok(Some((member, self.model.shape(member.target)?)))
    }

    fn is_payload_of_any_bytes(&self) -> Result<bool, Fault> {
        let payload = self.payload()?;
        Ok(payload.is_some_and(|(_, shape)| matches!(shape.kind, Kind::Blob | Kind::String)))
    }

    fn wanted(&self) -> Result<Body<'a>, Fault> {
        let protocol = self.model.metadata().protocol;
        let output = self.output()?;
        if let Some((_, shape)) = self.payload()? {
            let optional = protocol == Protocol::RestJson || shape.is_union();
            return Ok(match shape.kind {
                Kind::Blob | Kind::String => Body::Any,
                _ => Body::Document {
                    shape: Some(shape),
                    optional,
                },
            });
        }
        let members = output.and_then(Shape::members);
        let has_body = members.is_some_and(|members| members.has_answer_body);
        let may_be_unset = members.is_some_and(|members| members.names_payload);
        Ok(match protocol {
            _ if self.operation.method == Method::HEAD => Body::Any,
            Protocol::AwsQuery | Protocol::Ec2Query => Body::Document {
                shape: output,
                optional: !has_body,
            },
            Protocol::AwsJson | Protocol::RpcV2Cbor if output.is_some() => Body::Document {
                shape: output,
                optional: !has_body || may_be_unset,
            },
            Protocol::RestJson | Protocol::RestXml if has_body => Body::Document {
                shape: output,
                optional: protocol == Protocol::RestJson,
            },
            _ => Body::Any,
        })
    }

    fn empty(&self, wanted: &Body<'_>) -> Result<(), Fault> {
        match wanted {
            Body::Any | Body::Document { optional: true, .. } => Ok(()),
            Body::Document { .. } => Err(self.unexpected(self.expected()?, "no body")),
        }
    }

    fn xml(&self, wanted: &Body<'_>, body: &[u8]) -> Result<Option<Nodes>, Fault> {
        let is_rest = self.model.metadata().protocol == Protocol::RestXml;
        if matches!(wanted, Body::Any)
            && (!body.starts_with(b"<") || self.is_payload_of_any_bytes()?)
        {
            return Ok(None);
        }
        let nodes = match Answer::scan(self.model, self.body) {
            Ok(nodes) => nodes,
            // S3 sends status 200 before it knows how a long operation ends, and then may break off
            Err(_) if is_rest => return Err(Fault::Service(500)),
            Err(error) => return Err(self.broken(&error)),
        };
        let Some(tape) = nodes.as_ref().and_then(|nodes| tape(self.body, nodes)) else {
            return Ok(None);
        };
        if is_error(tape) {
            // this one is as good as a 500: what failed may be done when it is tried again
            return Err(Fault::Service(if is_rest { 500 } else { self.status }));
        }
        let Body::Document { shape, .. } = wanted else {
            return Ok(nodes);
        };
        let root = tape.name(0);
        let is_alone = !self.is_of_another(root) && begins_with_markup(body);
        let is_its = match self.wrapper() {
            Some(wrapper) => is_alone && tape.child(0, wrapper).is_some(),
            None => is_alone && (self.is_root(root)? || has_member(tape, *shape)),
        };
        match (is_its, self.wrapper()) {
            (true, _) => Ok(nodes),
            (false, Some(_)) if self.is_root(root)? => {
                Err(self.unexpected(self.expected()?, format!("{root} without it")))
            }
            (false, _) => {
                let received = format!("an element {}", excerpt(root.as_bytes()));
                Err(self.unexpected(self.expected()?, received))
            }
        }
    }

    fn json(&self, wanted: &Body<'_>, body: &[u8]) -> Result<(), Fault> {
        if self.is_json_error(body)? {
            return Err(Fault::Service(self.status));
        }
        let Body::Document { shape, .. } = wanted else {
            return Ok(());
        };
        let fits = match (shape.map(|shape| &shape.kind), body.first()) {
            (Some(Kind::Document), _) => true,
            (Some(Kind::List(_)), first) => first == Some(&b'['),
            (_, first) => first == Some(&b'{'),
        };
        match fits {
            true => Ok(()),
            false => Err(self.unexpected(self.expected()?, json_kind(body))),
        }
    }

    /// An object that names itself an error of the service, and not a structure of a newer model.
    fn is_json_error(&self, body: &[u8]) -> Result<bool, Fault> {
        const NAME: &str = "__type";
        if body.len() > LONGEST_ERROR || memchr::memmem::find(body, NAME.as_bytes()).is_none() {
            return Ok(false);
        }
        let members = self.output()?.and_then(Shape::members);
        if members.is_some_and(|members| members.get(NAME).is_some()) {
            return Ok(false);
        }
        let object = raw::json_value(body);
        let code = object.get(NAME).and_then(Value::as_str).map(short);
        Ok(code.is_some_and(|code| {
            let ends = ["Error", "Exception", "Failure", "Fault"];
            ends.iter().any(|end| code.ends_with(end))
                || self.model.error_shape(self.operation, code).is_some()
        }))
    }

    fn cbor(&self) -> Result<(), Fault> {
        const NAME: &str = "smithy-protocol";
        let said = self.headers.get(NAME).map(|value| value.as_bytes());
        if let Some(other) = said.filter(|said| *said != b"rpc-v2-cbor") {
            let received = format!("the protocol {}", excerpt(other));
            return Err(self.unexpected("the protocol rpc-v2-cbor", received));
        }
        // the major type of maps
        match self.body.first().map(|first| first >> 5) {
            Some(5) => Ok(()),
            _ => Err(self.unexpected(self.expected()?, "another item, or no CBOR")),
        }
    }

    /// Whether the headers are those of a web page: a service names the request, or the version of what it gives.
    fn is_foreign_head(&self) -> bool {
        let content_type = self.headers.get(CONTENT_TYPE);
        let is_html = content_type.is_some_and(|value| {
            let start = value.as_bytes().get(..9);
            start.is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
        });
        is_html && request_id(self.headers).is_none() && !self.headers.contains_key(ETAG)
    }

    /// The element around the result, in the query protocol.
    fn wrapper(&self) -> Option<&'a str> {
        let is_query = self.model.metadata().protocol == Protocol::AwsQuery;
        let wrapper = self.operation.result_wrapper.as_deref();
        wrapper.filter(|_| is_query)
    }

    fn is_root(&self, root: &str) -> Result<bool, Fault> {
        Ok(is_named_after(root, &self.operation.name) || self.roots()?.contains(&Some(root)))
    }

    /// What else the root element may be called, the likeliest name first.
    fn roots(&self) -> Result<[Option<&'a str>; 5], Fault> {
        let known = (self.root_of)(&self.operation.name);
        if self.model.metadata().protocol != Protocol::RestXml {
            return Ok([known, None, None, None, None]);
        }
        Ok(match self.payload()? {
            Some((member, shape)) => [
                known,
                Some(&*member.wire_name),
                Some(&*member.name),
                shape.wire_name.as_deref(),
                Some(self.model.shape_name(member.target)),
            ],
            None => {
                let wire_name = self.output()?.and_then(|shape| shape.wire_name.as_deref());
                let name = self.operation.output.map(|id| self.model.shape_name(id));
                [known, wire_name, name, None, None]
            }
        })
    }

    /// Whether a root element is known as that of another operation.
    fn is_of_another(&self, root: &str) -> bool {
        let own = &*self.operation.name;
        (self.root_of)(own) != Some(root)
            && !is_named_after(root, own)
            && (self.model.operation_names())
                .any(|other| is_named_after(root, other) || (self.root_of)(other) == Some(root))
    }

    fn expected(&self) -> Result<String, Fault> {
        let name = &self.operation.name;
        Ok(match (self.wanted()?, self.model.metadata().protocol) {
            (Body::Any, _) => "no web page".into(),
            (_, Protocol::AwsQuery | Protocol::Ec2Query) => match self.wrapper() {
                Some(wrapper) => format!("an element {wrapper} in {name}Response"),
                None => format!("an element {name}Response"),
            },
            (_, Protocol::RestXml) => match self.roots()?.into_iter().flatten().next() {
                Some(root) => format!("an element {root}"),
                None => format!("an element {name}Result"),
            },
            (Body::Document { shape, .. }, Protocol::AwsJson | Protocol::RestJson) => {
                match shape.map(|shape| &shape.kind) {
                    Some(Kind::List(_)) => "a JSON array".into(),
                    _ => "a JSON object".into(),
                }
            }
            (_, Protocol::RpcV2Cbor) => "a CBOR map".into(),
        })
    }

    fn broken(&self, error: &ReadError) -> Fault {
        self.unexpected("a whole document", format!("one that is broken ({error})"))
    }

    fn unexpected(&self, expected: impl Into<Box<str>>, received: impl Into<Box<str>>) -> Fault {
        let error = unexpected_response(
            self.model,
            self.operation,
            self.status,
            self.headers,
            self.body,
            (expected.into(), received.into()),
        );
        Fault::Unexpected(Box::new(error))
    }
}

/// The error of a response that is not the operation's: what was expected and what was received.
pub(crate) fn unexpected_response(
    model: &ServiceModel,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    (expected, received): (Box<str>, Box<str>),
) -> UnexpectedResponse {
    let content_type = headers.get(CONTENT_TYPE);
    let is_shown =
        !body.is_empty() && (is_page(body) || !may_hold_secrets(model, operation.output));
    UnexpectedResponse {
        expected: expected.into(),
        received: received.into(),
        status,
        content_type: content_type.map(|value| excerpt(value.as_bytes())),
        request_id: request_id(headers),
        endpoint: None,
        service: None,
        excerpt: is_shown.then(|| excerpt(body)),
    }
}

/// An error of a JSON protocol in a response with status 200 is not longer than this.
const LONGEST_ERROR: usize = 4096;

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

/// Whether an element of the result stands in the root element.
fn has_member(tape: Tape<'_, '_>, shape: Option<&Shape>) -> bool {
    let members = shape.and_then(Shape::members);
    let is_member = |members: &Members, child| members.find_wire(None, tape.name(child)).is_some();
    members.is_some_and(|members| tape.children(0).any(|child| is_member(members, child)))
}

/// `<Error>`, `<ErrorResponse><Error>`, `<Response><Errors>`.
fn is_error(tape: Tape<'_, '_>) -> bool {
    match tape.name(0) {
        "Error" => true,
        "ErrorResponse" => tape.child(0, "Error").is_some(),
        "Response" => tape.child(0, "Errors").is_some(),
        _ => false,
    }
}

/// Whether a body is a web page, whatever its content type says.
pub(super) fn is_page(body: &[u8]) -> bool {
    let mut rest = body
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(body)
        .trim_ascii_start();
    let starts = |text: &[u8], with: &[u8]| {
        let start = text.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    loop {
        let end: &[u8] = match rest {
            _ if starts(rest, b"<!doctype html") || starts(rest, b"<html") => return true,
            _ if starts(rest, b"<!--") => b"-->",
            _ if starts(rest, b"<?") => b"?>",
            _ if starts(rest, b"<!doctype") => b">",
            _ => return false,
        };
        let Some(at) = memchr::memmem::find(rest, end) else {
            return false;
        };
        rest = rest
            .get(at + end.len()..)
            .unwrap_or_default()
            .trim_ascii_start();
    }
}

/// What a JSON text begins with.
fn json_kind(body: &[u8]) -> &'static str {
    match body.first() {
        Some(b'{') => "a JSON object",
        Some(b'[') => "a JSON array",
        Some(b'"') => "a JSON string",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ if body == b"null" => "null",
        _ => "text that is no JSON",
    }
}

/// Whether anything in a shape is a secret, as the model says.
fn may_hold_secrets(model: &ServiceModel, shape: Option<ShapeId>) -> bool {
    let mut left: Vec<ShapeId> = shape.into_iter().collect();
    let mut known: HashSet<ShapeId> = left.iter().copied().collect();
    while let Some(id) = left.pop() {
        let Ok(shape) = model.shape(id) else { continue };
        if shape.sensitive {
            return true;
        }
        let mut add = |target| {
            if known.insert(target) {
                left.push(target);
            }
        };
        match &shape.kind {
            Kind::List(member) => add(member.target),
            Kind::Map { key, value } => {
                add(key.target);
                add(value.target);
            }
            Kind::Structure(members) | Kind::Union(members) => {
                members.iter().for_each(|member| add(member.target));
            }
            _ => {}
        }
    }
    false
}
