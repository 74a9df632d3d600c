//! One exchange of HTTP/2, on a stream of a connection (RFC 9113).

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream};
use http::header::{CONNECTION, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Uri, Version, request, response};
use tokio::time::{Sleep, sleep};

use super::sending::{Sending, Task};
use super::shared::Lease;
use super::wait::Wait;
use super::{Exchange, Trouble};
use crate::transport::TransportErrorKind;
use crate::transport::authority::host_header;
use crate::transport::failure::Failure;
use crate::transport::message::{self, CONTINUE_TIMEOUT, Heads, MAX_HEAD, MAX_HEADERS, Step};
use crate::transport::watch::Phase;

/// Sends a request and receives the head of its final response.
pub(super) async fn exchange(
    mut lease: Lease,
    head: &request::Parts,
    exchange: Exchange,
    is_required: bool,
) -> Result<(response::Parts, Incoming), Trouble> {
    let request = encode(head)?;
    let has_body = !exchange.body.is_empty();
    let (response, stream) = match lease.sender.send_request(request, !has_body) {
        Ok(sent) => sent,
        Err(error) if error.is_io() || error.is_go_away() || error.is_reset() => {
            lease.close();
            return Err(Trouble::Unsent(exchange, failure(error)));
        }
        Err(error) => {
            return Err(Failure::Other(TransportErrorKind::Request, error.into()).into());
        }
    };
    let Exchange { body, wait } = exchange;
    let mut call = Call {
        response,
        heads: Heads::default(),
        patience: None,
        sending: Sending {
            stream,
            body,
            chunk: Bytes::new(),
            is_blocked: false,
            is_done: !has_body,
            is_sent: !has_body,
            sent: Arc::default(),
        },
        is_required,
        wait,
    };
    match message::awaits_continue(head, call.sending.body.body()) {
        true => call.patience = Some(Box::pin(sleep(CONTINUE_TIMEOUT))),
        false => call.begin_to_send()?,
    }
    let received = match poll_fn(|cx| call.poll(cx)).await {
        Ok(received) => received,
        Err(Stop::Failed(failure)) => return Err(failure.into()),
        Err(Stop::Http2(error)) if error.is_library() && lease.is_stranger() => {
            return Err(Failure::without_http2().into());
        }
        Err(Stop::Http2(error)) => return Err(call.broken(error)),
    };
    lease.received();
    let (response, stream) = received.into_parts();
    if !is_required {
        let limits = &call.wait.watch.limits;
        message::check_sent(call.sending.is_sent, limits, response.status)?;
    }
    let len = length(&head.method, &response)?;
    let progress = call.sending.sent.clone();
    // an error is the end of the request
    let is_sending = !call.sending.is_done && response.status.is_success();
    let mut incoming = Incoming {
        stream: Some((stream, lease)),
        len,
        sending: is_sending.then(|| Task::of(call.sending)),
        progress,
        wait: call.wait,
    };
    incoming.finish();
    Ok((response, incoming))
}

/// Encodes the head of a request. What names the connection is left out: HTTP/2 forbids it.
fn encode(head: &request::Parts) -> Result<Request<()>, Failure> {
    let invalid = |e: http::Error| Failure::Other(TransportErrorKind::Request, e.into());
    let uri = &head.uri;
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let slash = if target.starts_with('/') { "" } else { "/" };
    // the authority is what was signed as the host
    let host = head.headers.get(HOST).map(|host| host.as_bytes());
    let uri = Uri::builder()
        .scheme(uri.scheme_str().unwrap_or("http"))
        .authority(host.unwrap_or_else(|| host_header(uri).as_bytes()))
        .path_and_query(format!("{slash}{target}"))
        .build()
        .map_err(invalid)?;
    let request = Request::builder().method(head.method.clone()).uri(uri);
    let mut request = request.version(Version::HTTP_2).body(()).map_err(invalid)?;
    let of_connection = [
        HOST,
        CONNECTION,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    *request.headers_mut() = head.headers.clone();
    for name in of_connection {
        request.headers_mut().remove(name);
    }
    Ok(request)
}

/// Returns the announced length of the body of a response.
fn length(method: &Method, head: &response::Parts) -> Result<Option<u64>, Failure> {
    let size = |headers: &HeaderMap| {
        let sizes = headers.iter().map(|(name, value)| {
            let text = name.as_str().len() + value.len();
            text + ": \r\n".len()
        });
        sizes.sum::<usize>()
    };
    if head.headers.len() > MAX_HEADERS {
        return Err(Failure::TooLarge("the response has too many headers"));
    }
    if size(&head.headers) > MAX_HEAD {
        return Err(Failure::TooLarge("the head of the response is too long"));
    }
    let length = message::length(&head.headers)?;
    let has_no_body = *method == Method::HEAD || matches!(head.status.as_u16(), 204 | 304);
    Ok(if has_no_body { Some(0) } else { length })
}

/// Converts an error of a connection or stream.
pub(super) fn failure(error: h2::Error) -> Failure {
    match error.is_io() {
        true => match error.into_io() {
            Some(error) => Failure::Io(error),
            None => Failure::Closed("it was closed"),
        },
        false => Failure::Http(format!("HTTP/2: {error}")),
    }
}

/// A request whose response is awaited.
struct Call {
    response: ResponseFuture,
    heads: Heads,
    /// Set while the body waits for `100 Continue`.
    patience: Option<Pin<Box<Sleep>>>,
    sending: Sending,
    is_required: bool,
    wait: Wait,
}

enum Stop {
    Failed(Failure),
    Http2(h2::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Call {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<http::Response<RecvStream>, Stop>> {
        while let Poll::Ready(Some(Ok(interim))) = self.response.poll_informational(cx) {
            let awaits_continue = self.patience.is_some();
            self.wait.end();
            if let Step::Continue = self.heads.interim(interim.status(), awaits_continue)? {
                self.begin_to_send()?;
            }
        }
        if let Poll::Ready(received) = Pin::new(&mut self.response).poll(cx) {
            return Poll::Ready(received.map_err(Stop::Http2));
        }
        if let Some(patience) = &mut self.patience
            && patience.as_mut().poll(cx).is_ready()
        {
            self.begin_to_send()?;
        }
        let mut direction = Phase::Receive;
        if self.patience.is_none() && !self.sending.is_done {
            self.poll_send(cx)?;
            direction = Phase::Send;
            // the program may take its time
            if !self.sending.is_done && !self.sending.is_blocked && !self.is_required {
                self.wait.end();
                return Poll::Pending;
            }
        }
        self.wait.poll_limits(cx, direction).map(|e| Err(e.into()))
    }

    fn begin_to_send(&mut self) -> Result<(), Failure> {
        self.patience = None;
        self.wait.end();
        if !self.sending.is_done {
            self.sending.body.open()?;
            self.wait.watch.set_phase(Phase::Send);
        }
        Ok(())
    }

    /// Sends as much of the body as possible.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let polled = self.sending.poll(cx);
        let sent = self.sending.sent.swap(0, Ordering::Relaxed);
        if sent > 0 {
            let sent = usize::try_from(sent).unwrap_or(usize::MAX);
            let waited = self.wait.elapsed();
            self.wait.watch.transferred(sent, waited, Phase::Send);
            self.wait.end();
        }
        if let Poll::Ready(result) = polled {
            self.wait.end();
            self.wait.watch.set_phase(Phase::Head);
            return result;
        }
        Ok(())
    }

    /// Handles the error of a stream without a response. The server may tell that it has not seen the request.
    fn broken(self, error: h2::Error) -> Trouble {
        let is_refused = error.is_remote()
            && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
        let failure = failure(error);
        let body = match is_refused {
            true => self.sending.body.again(),
            false => None,
        };
        match (body, self.wait) {
            (Some(body), wait) => Trouble::Unsent(Exchange { body, wait }, failure),
            (None, _) => failure.into(),
        }
    }
}

/// The body of a response that is being received.
pub(super) struct Incoming {
    /// `None` after the end of the body.
    stream: Option<(RecvStream, Lease)>,
    len: Option<u64>,
    sending: Option<Task>,
    /// The bytes of the request that were sent since the last look.
    progress: Arc<AtomicU64>,
    wait: Wait,
}

impl Incoming {
    /// Returns the length, if it was announced.
    pub(super) fn len(&self) -> Option<u64> {
        self.len
    }

    /// Releases the stream if nothing follows.
    fn finish(&mut self) {
        if (self.stream.as_ref()).is_some_and(|(stream, _)| stream.is_end_stream()) {
            self.stream = None;
            self.sending = None;
        }
    }

    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        let polled = self.poll_stream(cx);
        if let Poll::Ready(Some(Err(_)) | None) = polled {
            self.stream = None;
            self.sending = None;
        }
        polled
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        if let Some(task) = &mut self.sending
            && let Poll::Ready(sent) = Pin::new(&mut task.0).poll(cx)
        {
            self.sending = None;
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => return Poll::Ready(Some(Err(failure))),
                Err(error) => {
                    let failure = Failure::Body(std::io::Error::other(error));
                    return Poll::Ready(Some(Err(failure)));
                }
            }
        }
        if self.progress.swap(0, Ordering::Relaxed) > 0 {
            self.wait.end();
        }
        let waited = self.wait.elapsed();
        loop {
            let Some((stream, lease)) = &mut self.stream else {
                return Poll::Ready(None);
            };
            let polled = stream.poll_data(cx);
            let chunk = match ready!(self.wait.poll(cx, Phase::Receive, polled)) {
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return Poll::Ready(Some(Err(failure(error)))),
                Ok(None) => return Poll::Ready(None),
                Err(failure) => {
                    lease.suspect();
                    return Poll::Ready(Some(Err(failure)));
                }
            };
            lease.received();
            // fails if the stream was reset, which the next read reports
            let _ = stream.flow_control().release_capacity(chunk.len());
            let watch = &self.wait.watch;
            watch.transferred(chunk.len(), waited, Phase::Receive);
            self.finish();
            if !chunk.is_empty() {
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
    }
}
