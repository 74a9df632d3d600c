//! The forms of Smithy RPC v2: the operation in the URL, and all members in the body.

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::success::{Rejection, SuccessResponse};
use super::{Encoded, Params, event_stream, rpc};
use crate::error::{Result, excerpt};
use crate::model::{Operation, ServiceModel, Shape};

/// The header of requests and responses that names the protocol.
const PROTOCOL: &str = "smithy-protocol";

/// A form of the protocol.
pub(super) struct Form {
    /// The name in the header.
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    /// Appends a value of a shape.
    pub(super) write: fn(&ServiceModel, &Shape, &Value, &mut Vec<u8>) -> Result<()>,
}

impl Form {
    pub(super) fn encode(
        &self,
        model: &ServiceModel,
        operation: &Operation,
        params: &Params,
    ) -> Result<Encoded> {
        let service = &model.metadata().target_prefix;
        let path = format!("/service/{service}/operation/{}", operation.name);
        let mut request = Encoded::post(path);
        let accepted = match event_stream(model, operation)? {
            Some(_) => "application/vnd.amazon.eventstream",
            None => self.media_type,
        };
        let headers = &mut request.headers;
        headers.insert(PROTOCOL, HeaderValue::from_static(self.name));
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
        if let Some(input) = operation.input {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            let mut body = Vec::with_capacity(256);
            (self.write)(model, model.shape(input)?, &params.value, &mut body)?;
            request.body = body.into();
        }
        rpc::set_query_mode(model, &mut request);
        Ok(request)
    }

    pub(super) fn document(
        &self,
        model: &ServiceModel,
        shape: &Shape,
        value: &Value,
    ) -> Result<(&'static str, Vec<u8>)> {
        let mut out = Vec::new();
        (self.write)(model, shape, value, &mut out)?;
        Ok((self.media_type, out))
    }

    /// Checks that a response does not name another protocol.
    pub(super) fn check(&self, response: &SuccessResponse<'_>) -> Result<(), Rejection> {
        let named = response.headers.get(PROTOCOL).map(|value| value.as_bytes());
        match named.filter(|named| *named != self.name.as_bytes()) {
            None => Ok(()),
            Some(other) => {
                let received = format!("the protocol {}", excerpt(other));
                Err(response.unexpected(format!("the protocol {}", self.name), received))
            }
        }
    }
}
