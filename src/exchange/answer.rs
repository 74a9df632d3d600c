//! An answer as the result of its call, or as the error that it is.

use bytes::Bytes;

use super::{Call, Exchange, Received, ReceivedBody};
use crate::checksum;
use crate::codec::edit::Edits;
use crate::error::{Error, Result};
use crate::model::Protocol;
use crate::output::{Output, OutputSource, ResponseMeta};
use crate::protocol::{self, Answer};

impl Exchange<'_> {
    /// A good answer as output.
    pub(super) fn output(&self, received: Received) -> Result<Output> {
        let Call {
            service, operation, ..
        } = self.call;
        let Received {
            status,
            headers,
            body,
        } = received;
        let expected = checksum::Expected::find(&self.call, &self.params.value, &headers)
            .filter(|_| (200..300).contains(&status));
        let checksum_algorithm = expected.as_ref().map(|expected| expected.algorithm);
        let (bytes, stream) = match body {
            ReceivedBody::Whole(bytes) => {
                let in_header = checksum::Expected::in_header(&headers);
                for expected in expected.into_iter().chain(in_header) {
                    expected.check(&bytes).map_err(Error::response)?;
                }
                (bytes, None)
            }
            ReceivedBody::Stream(stream) => {
                let stream = match expected {
                    Some(expected) => stream.verified(expected),
                    None => stream,
                };
                (Bytes::new(), Some(stream))
            }
        };
        let model = &service.model;
        let service_error = |status| {
            let error = protocol::service_error(model, operation, status, &headers, &bytes);
            Error::Service(Box::new(error))
        };
        if status >= 300 {
            return Err(service_error(status));
        }
        let is_document = !bytes.is_empty() && protocol::has_document(model, operation)?;
        let nodes = match is_document.then(|| Answer::scan(model, &bytes)).transpose() {
            Ok(nodes) => nodes.flatten(),
            // S3 answers with 200 before it knows how a long operation ends, and then may break off
            Err(_) if model.metadata().protocol == Protocol::RestXml => {
                return Err(service_error(500));
            }
            Err(error) => return Err(Error::response(error)),
        };
        let tape = nodes
            .as_ref()
            .and_then(|nodes| protocol::tape(&bytes, nodes));
        if model.metadata().protocol == Protocol::RestXml
            && tape.is_some_and(|tape| tape.name(0) == "Error")
        {
            return Err(service_error(500));
        }
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.into());
        let meta = ResponseMeta {
            request_id: protocol::request_id(&headers).or_else(|| protocol::request_id_in(tape?)),
            extended_request_id: text("x-amz-id-2"),
            status,
            attempts: self.retries.attempt(),
            checksum_algorithm,
            headers,
        };
        Ok(Output {
            source: OutputSource {
                model: model.clone(),
                operation: operation.name.clone(),
                edits: Edits::default(),
                given: None,
                events: None,
                is_streamed: stream.is_some(),
                bytes,
                nodes,
            },
            body: stream,
            events: None,
            meta,
        })
    }
}
