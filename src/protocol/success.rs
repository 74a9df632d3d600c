//! Verifies that a response with a status of success is the operation's, before any member is read.
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
//! A root element of another name is accepted if it holds a member of the result and is not named after another operation. If the
//! result has no members, the body may be empty. If nothing is read from the body, or if it is bytes or text, it may be anything
//! but a web page or an error of the service.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};

use super::error::ERROR_TYPE;
use super::page::{BYTE_ORDER_MARK, has_headers_of_page, is_page};
use super::{Nodes, OutputBody, WireProtocol, for_model, request_id};
use crate::codec::ReadError;
use crate::error::{Error, UnexpectedResponse, excerpt};
use crate::model::{Kind, Member, Members, Operation, ServiceModel, Shape, ShapeId};

/// A response with a status of success.
#[derive(Clone, Copy)]
pub(crate) struct SuccessResponse<'a> {
    pub(crate) model: &'a ServiceModel,
    pub(crate) operation: &'a Operation,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// The body is read later, from the stream.
    pub(crate) is_streamed: bool,
    /// The root element of an operation's XML, if its name does not follow from the model.
    pub(crate) root_of: &'a dyn Fn(&str) -> Option<&'static str>,
}

/// The reason why a response is not the operation's success.
pub(crate) enum Rejection {
    /// The model is broken.
    Model(Error),
    /// The response is an error of the service, with this status.
    Service(u16),
    /// The response is not the service's, or is malformed.
    Unexpected(Box<UnexpectedResponse>),
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Model(error)
    }
}

/// Whether a body must be a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The body is not read.
    Any,
    /// The body must be a document, or empty in place of a document without members.
    Optional,
    /// The body must be a document.
    Required,
}

/// The body that the model requires.
pub(crate) enum Wanted<'a> {
    /// Bytes or text, or a body that is not read.
    Any,
    /// A document with this shape. `optional`: an empty body stands for one without members.
    Document {
        shape: Option<&'a Shape>,
        optional: bool,
    },
}

impl<'a> SuccessResponse<'a> {
    /// Verifies the response, and returns the scan of an XML body.
    pub(crate) fn check(&self) -> Result<Option<Nodes>, Rejection> {
        let body = self.body.strip_prefix(BYTE_ORDER_MARK);
        let body = body.unwrap_or(self.body).trim_ascii();
        let has_header = self.protocol().has_error_header();
        if has_header && !self.is_streamed && self.headers.contains_key(ERROR_TYPE) {
            return Err(Rejection::Service(self.status));
        }
        if is_page(body) && !(self.is_streamed || self.is_payload_of_any_bytes()?) {
            return Err(self.unexpected(self.expected()?, "a web page"));
        }
        if has_headers_of_page(self.headers) && body.is_empty() {
            let expected = "the headers of the service";
            return Err(self.unexpected(expected, "those of a web page"));
        }
        if self.is_streamed {
            return Ok(None);
        }
        match self.wanted()? {
            wanted if !body.is_empty() => self.protocol().check(self, &wanted, body),
            Wanted::Any | Wanted::Document { optional: true, .. } => Ok(None),
            Wanted::Document { .. } => Err(self.unexpected(self.expected()?, "no body")),
        }
    }

    fn protocol(&self) -> &'static dyn WireProtocol {
        for_model(self.model)
    }

    pub(super) fn output(&self) -> Result<Option<&'a Shape>, Rejection> {
        let output = self.operation.output;
        Ok(output.map(|id| self.model.shape(id)).transpose()?)
    }

    /// The member that is the whole body.
    pub(super) fn payload(&self) -> Result<Option<(&'a Member, &'a Shape)>, Rejection> {
        let members = self.output()?.and_then(Shape::members);
        let payload = members.and_then(Members::payload);
        let Some(member) = payload.filter(|_| self.protocol().binds_members()) else {
            return Ok(None);
        };
        Ok(Some((member, self.model.shape(member.target)?)))
    }

    pub(super) fn is_payload_of_any_bytes(&self) -> Result<bool, Rejection> {
        let payload = self.payload()?;
        Ok(payload.is_some_and(|(_, shape)| matches!(shape.kind, Kind::Blob | Kind::String)))
    }

    fn wanted(&self) -> Result<Wanted<'a>, Rejection> {
        let output = match self.payload()? {
            Some((_, shape)) if matches!(shape.kind, Kind::Blob | Kind::String) => {
                return Ok(Wanted::Any);
            }
            Some((_, shape)) => OutputBody {
                shape: Some(shape),
                is_payload: true,
                has_members: true,
                names_payload: true,
            },
            None if self.operation.method == Method::HEAD => return Ok(Wanted::Any),
            None => {
                let shape = self.output()?;
                let members = shape.and_then(Shape::members);
                OutputBody {
                    shape,
                    is_payload: false,
                    has_members: members.is_some_and(|members| members.has_response_body),
                    names_payload: members.is_some_and(|members| members.names_payload),
                }
            }
        };
        let shape = output.shape;
        Ok(match self.protocol().presence(&output) {
            Presence::Any => Wanted::Any,
            Presence::Optional => Wanted::Document {
                shape,
                optional: true,
            },
            Presence::Required => Wanted::Document {
                shape,
                optional: false,
            },
        })
    }

    /// The name of the root element, if the service's quirks have one for the operation.
    pub(super) fn known_root(&self) -> Option<&'static str> {
        (self.root_of)(&self.operation.name)
    }

    /// The description of the body that was expected.
    pub(super) fn expected(&self) -> Result<String, Rejection> {
        match self.wanted()? {
            Wanted::Any => Ok("a response of the service".into()),
            Wanted::Document { shape, .. } => self.protocol().expected(self, shape),
        }
    }

    pub(super) fn broken(&self, error: &ReadError) -> Rejection {
        self.unexpected(
            "a well-formed document",
            format!("a malformed one ({error})"),
        )
    }

    pub(super) fn unexpected(
        &self,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Rejection {
        let error = unexpected_response(
            self.model,
            self.operation,
            self.status,
            self.headers,
            self.body,
            (expected.into(), received.into()),
        );
        Rejection::Unexpected(Box::new(error))
    }
}

/// The error of a response that is not the operation's, with what was expected and what was received.
pub(crate) fn unexpected_response(
    model: &ServiceModel,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    (expected, received): (String, String),
) -> UnexpectedResponse {
    let content_type = headers.get(CONTENT_TYPE);
    let is_shown =
        !body.is_empty() && (is_page(body) || !may_hold_secrets(model, operation.output));
    UnexpectedResponse {
        expected,
        received,
        status,
        content_type: content_type.map(|value| excerpt(value.as_bytes())),
        request_id: request_id(headers),
        endpoint: None,
        service: None,
        excerpt: is_shown.then(|| excerpt(body)),
    }
}

/// Whether the model marks any shape that this one reaches as sensitive.
fn may_hold_secrets(model: &ServiceModel, shape: Option<ShapeId>) -> bool {
    let mut reached = model.reachable(shape);
    reached.any(|found| found.is_ok_and(|(_, shape)| shape.sensitive))
}
