//! The mock as a transport of a client, without a connection.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use http::header::HOST;
use http::{HeaderValue, StatusCode};

use super::answer::Core;
use super::message::Incoming;
use crate::body::ResponseBody;
use crate::transport::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};

/// Sends requests to a mock without a connection.
pub(super) struct InProcess(pub(super) Arc<Core>);

impl Transport for InProcess {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let kind = TransportErrorKind::Interrupted;
        let mut bytes = Vec::new();
        let read = body
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        read.map_err(|e| TransportError::new(kind, &head.uri, e))?;
        let host = head.uri.authority().map(|authority| authority.as_str());
        if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
            head.headers.insert(HOST, host);
        }
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let answer = self
            .0
            .answer(Incoming::new(head.method, target, head.headers, bytes));
        std::thread::sleep(answer.delay);
        let reply = answer.reply.ok_or_else(|| {
            TransportError::new(kind, &head.uri, "the mock closed the connection")
        })?;
        let status = StatusCode::from_u16(reply.status);
        let status = status.map_err(|e| TransportError::new(kind, &head.uri, e))?;
        let length = reply.body.len();
        let sent = if answer.is_cut { length / 2 } else { length };
        let body = Cursor::new(reply.body).take(sent as u64);
        let mut response = Response::new(ResponseBody::new(body, Some(length as u64)));
        *response.headers_mut() = reply.headers;
        *response.status_mut() = status;
        Ok(response)
    }
}
