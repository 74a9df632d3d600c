//! Protocols: how an operation's parameters become an HTTP request, and its response a result or an error.
//!
//! | protocol | file | binding | request | response |
//! | --- | --- | --- | --- | --- |
//! | query | `aws_query` | `query` | form | XML |
//! | ec2 | `ec2_query` | `query` | form | XML |
//! | json 1.0, 1.1 | `aws_json` | `rpc` (`X-Amz-Target`) | JSON | JSON |
//! | rpc-v2-cbor | `rpc_v2_cbor` | `rpc_v2` (`/service/…/operation/…`) | CBOR | CBOR |
//! | rpc-v2-json | `rpc_v2_json` | `rpc_v2` | JSON | JSON |
//! | rest-json | `rest_json` | `rest` | JSON | JSON |
//! | rest-xml | `rest_xml` | `rest` | XML | XML |
//!
//! A new protocol is a file with an implementation of [`WireProtocol`], and a row of [`for_model`]. What protocols have in common
//! is a function that they call: by format (`json`, `xml`), or by binding (`query`, `rest`, `rpc`, `rpc_v2`).

mod aws_json;
mod aws_query;
mod binding;
mod ec2_query;
mod empty;
mod error;
mod fit;
mod json;
mod page;
mod payload;
mod query;
mod reader;
mod request;
mod response;
mod rest;
mod rest_json;
mod rest_xml;
mod rpc;
mod rpc_v2;
mod rpc_v2_cbor;
mod rpc_v2_json;
mod success;
mod template;
mod xml;

use serde_json::Value;

#[cfg(feature = "mock")]
pub(crate) use self::binding::{
    header_text, split_list as split_header_list, with_prefix as headers_with_prefix,
};
use self::error::ErrorParts;
pub(crate) use self::error::{request_id, request_id_in, service_error};
pub(crate) use self::payload::{
    event_stream, has_document, input_event_stream, streaming_payload, streams,
};
#[cfg(feature = "mock")]
pub(crate) use self::request::header as set_header;
pub(crate) use self::request::{Encoded, Params};
pub(crate) use self::response::{BufferedResponse, Nodes, tape};
#[cfg(feature = "mock")]
pub(crate) use self::rest::header_text as header_of_member;
use self::success::{Presence, Wanted};
pub(crate) use self::success::{Rejection, SuccessResponse, unexpected_response};
pub(crate) use self::template::host_prefix;
use crate::codec::format::Format;
use crate::error::{Error, Result};
use crate::model::{Operation, Protocol, ServiceModel, Shape};
use crate::transport::Request;

/// The behaviour of a protocol.
pub(crate) trait WireProtocol: Sync {
    /// The format of the documents in response bodies.
    fn format(&self) -> Format;

    /// Whether members are bound to path, query, headers, status and payload.
    fn binds_members(&self) -> bool {
        false
    }

    /// Whether an event stream begins with a message that holds the other members of the result.
    fn has_initial_response(&self) -> bool {
        !self.binds_members()
    }

    /// Whether a header names the error, whatever the status.
    fn has_error_header(&self) -> bool {
        false
    }

    /// The feature id of the protocol in the User-Agent, if it has one.
    fn feature_id(&self) -> Option<&'static str> {
        None
    }

    /// Writes the request of an operation.
    fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded>;

    /// Writes a structure that is no request of its own, such as an event, and names the media type.
    fn document(
        &self,
        _model: &ServiceModel,
        _name: &str,
        _shape: &Shape,
        _value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        Err(Error::unsupported("events in requests of this protocol"))
    }

    /// Removes the parameters from the body of a request, for a presigned URL, and returns them as parts of the query.
    ///
    /// # Errors
    ///
    /// Returns an error if the parameters cannot be expressed in a query.
    fn move_body_to_query(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        request: &mut Request,
    ) -> Result<Vec<String>>;

    /// Whether the body of a success must be a document.
    fn presence(&self, output: &OutputBody<'_>) -> Presence;

    /// Checks that the body of a success is the operation's, and returns the scan of an XML body. `body` is not empty.
    fn check(
        &self,
        response: &SuccessResponse<'_>,
        wanted: &Wanted<'_>,
        body: &[u8],
    ) -> Result<Option<Nodes>, Rejection>;

    /// The description of the document that a success must have, such as `a JSON object`.
    fn expected(
        &self,
        response: &SuccessResponse<'_>,
        shape: Option<&Shape>,
    ) -> Result<String, Rejection>;

    /// Reads code, message and further parts of an error.
    fn error_parts(&self, response: &BufferedResponse<'_>) -> ErrorParts;

    /// Whether every error without a readable document gets HTTP's phrase for its status as message, as in botocore. Otherwise only
    /// errors of servers in front of the service do.
    fn phrases_every_error(&self) -> bool {
        false
    }
}

/// The part of an operation's output that its body holds.
#[derive(Clone, Copy)]
pub(crate) struct OutputBody<'a> {
    /// The shape of the payload, or that of the output.
    shape: Option<&'a Shape>,
    /// Whether the shape is that of the member which is the whole body.
    is_payload: bool,
    /// Whether the body holds members of the output.
    has_members: bool,
    /// Whether the model names a payload, which protocols without bindings read as an ordinary member.
    names_payload: bool,
}

/// The behaviour of the protocol that a service speaks.
pub(crate) fn for_model(model: &ServiceModel) -> &'static dyn WireProtocol {
    match model.metadata().protocol {
        Protocol::AwsJson => &aws_json::AwsJson,
        Protocol::AwsQuery => &aws_query::AwsQuery,
        Protocol::Ec2Query => &ec2_query::Ec2Query,
        Protocol::RestJson => &rest_json::RestJson,
        Protocol::RestXml => &rest_xml::RestXml,
        Protocol::RpcV2Cbor => &rpc_v2_cbor::RpcV2Cbor,
        Protocol::RpcV2Json => &rpc_v2_json::RpcV2Json,
    }
}

/// Writes the request of an operation.
pub(crate) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Params,
) -> Result<Encoded> {
    for_model(model).encode(model, operation, params)
}
