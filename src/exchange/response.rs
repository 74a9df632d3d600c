//! The conversion of a response to the output or the error of its call.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, Uri};

use super::{Call, Exchange, Received, ReceivedBody};
use crate::checksum;
use crate::codec::edit::Edits;
use crate::error::{Error, Result, UnexpectedResponse};
use crate::output::{Output, OutputSource, ResponseMeta};
use crate::protocol::{self, BufferedResponse, Nodes, Rejection, SuccessResponse};

impl Exchange {
    /// Converts a successful response to an output.
    pub(super) fn output(&self, received: Received) -> Result<Output> {
        let Call {
            service, operation, ..
        } = &self.call;
        let Received {
            status,
            headers,
            body,
            stands_in,
        } = received;
        let is_success = (200..300).contains(&status);
        let expected = checksum::Expected::find(&self.call.operation, &self.params.value, &headers)
            .filter(|_| is_success);
        let checksum_algorithm = expected.as_ref().map(|expected| expected.algorithm);
        let is_streamed = matches!(body, ReceivedBody::Stream);
        let (bytes, verify) = match body {
            ReceivedBody::Whole(bytes) => {
                let in_header = checksum::Expected::in_header(&headers);
                for expected in expected.into_iter().chain(in_header) {
                    expected.check(&bytes)?;
                }
                (bytes, None)
            }
            ReceivedBody::Stream => (Bytes::new(), expected),
        };
        if !is_success {
            return Err(self.service_error(status, &headers, &bytes));
        }
        let model = &service.model;
        let is_document = !is_streamed && !stands_in && protocol::has_document(model, operation)?;
        let mended = is_document
            .then(|| BufferedResponse::repaired(model, &bytes))
            .flatten();
        let (bytes, is_mended) = match mended {
            Some(mended) => (mended.into(), true),
            None => (bytes, false),
        };
        let nodes = match stands_in {
            true => None,
            false => self.checked(status, &headers, &bytes, is_streamed)?,
        };
        // the text of a body is checked whenever it is read
        let id_in_body = || protocol::request_id_in(protocol::tape(&bytes, nodes.as_ref()?)?);
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.into());
        let meta = ResponseMeta {
            request_id: protocol::request_id(&headers).or_else(id_in_body),
            extended_request_id: text("x-amz-id-2"),
            status,
            attempts: self.retries.attempt(),
            checksum_algorithm,
            headers,
        };
        Ok(Output {
            source: OutputSource {
                model: model.clone(),
                operation: operation.clone(),
                edits: Edits::default(),
                is_strict: self.call.config.strict_responses(),
                printed: None,
                is_ordered: false,
                is_mended,
                fitted: OnceLock::new(),
                given: None,
                events: None,
                is_streamed,
                verify,
                stands_in,
                bytes,
                nodes,
            },
            body: None,
            events: None,
            meta,
        })
    }

    /// Checks that the response is the operation's, and returns the scan of an XML body.
    fn checked(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        is_streamed: bool,
    ) -> Result<Option<Nodes>> {
        let model = &self.call.service.model;
        let response = SuccessResponse {
            model,
            operation: &self.call.operation,
            status,
            headers,
            body,
            is_streamed,
            root_of: &self.call.service.quirks.root_element,
        };
        response.check().map_err(|rejection| match rejection {
            Rejection::Model(error) => error,
            Rejection::Service(status) => self.service_error(status, headers, body),
            Rejection::Unexpected(error) => (*error).into(),
        })
    }

    fn service_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        let (model, operation) = (&self.call.service.model, &self.call.operation);
        protocol::service_error(model, operation, status, headers, body).into()
    }

    /// Adds service and endpoint to the error of a response that is not the operation's.
    pub(super) fn name_endpoint(&self, error: &mut Error) {
        if let Some(error) = error.downcast_mut::<UnexpectedResponse>() {
            let uri = self
                .prepared
                .as_ref()
                .map(|prepared| prepared.request.uri());
            error.endpoint = uri.and_then(origin);
            error.service = Some((*self.call.service.model.metadata().service_id).to_owned());
        }
    }
}

/// The origin of a URL: scheme, host and port.
fn origin(uri: &Uri) -> Option<String> {
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str());
    let host = authority.rsplit_once('@');
    let host = host.map_or(authority, |(_, host)| host);
    Some(format!("{scheme}://{host}"))
}
