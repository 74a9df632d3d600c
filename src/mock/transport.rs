//! The mock as a transport of a client, without a connection.

use std::io::Read as _;
use std::sync::Arc;

use http::HeaderValue;
use http::header::HOST;

use super::answer::Core;
use super::message::Incoming;
use crate::body::ResponseBody;
use crate::transport::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};

/// Sends requests to a mock without a connection.
pub(super) struct InProcess(pub(super) Arc<Core>);

impl Transport for InProcess {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let mut bytes = Vec::new();
        let read = body
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        read.map_err(|e| TransportError::new(TransportErrorKind::Interrupted, &head.uri, e))?;
        let host = head.uri.authority().map(|authority| authority.as_str());
        if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
            head.headers.insert(HOST, host);
        }
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let reply = self
            .0
            .answer(Incoming::new(head.method, target, head.headers, bytes));
        let length = reply.body.len() as u64;
        let body = ResponseBody::new(std::io::Cursor::new(reply.body), Some(length));
        let mut response = Response::new(body);
        *response.headers_mut() = reply.headers;
        *response.status_mut() = http::StatusCode::from_u16(reply.status)
            .map_err(|e| TransportError::new(TransportErrorKind::Interrupted, &head.uri, e))?;
        Ok(response)
    }
}
