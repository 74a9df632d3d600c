//! One exchange of HTTP/1.1 on a connection: a request and its response (RFC 9110, RFC 9112).

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, request, response};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep, timeout_at};

use super::outgoing::Outgoing;
use super::pool::Pool;
use super::socket::Stream;
use super::wait::{Wait, now};
use super::{Exchange, Trouble};
use crate::transport::failure::{Failure, is_end};
use crate::transport::message::{self, CONTINUE_TIMEOUT, Heads, Left, Step};
use crate::transport::watch::{Phase, Watch};

/// The space for a head, at first.
const FEW: usize = 8 * 1024;

/// The most bytes of a body that are read at once.
const MANY: usize = 64 * 1024;

/// The most bytes of chunks that are read at once.
const SOME: usize = 16 * 1024;

/// How long sending must be blocked before input is treated as an early response.
const EARLY_RESPONSE_GRACE: Duration = Duration::from_millis(200);

/// A connection during an exchange.
pub(super) struct Connection {
    stream: Stream,
    /// What was received and not decoded.
    input: BytesMut,
    heads: Heads,
    pool: Arc<Pool>,
    key: Box<str>,
    wait: Wait,
    /// Whether the connection was used before, so that the server may have closed it.
    is_used: bool,
    /// Whether some of the request was sent.
    is_begun: bool,
    /// Whether the whole request was sent, so that the connection can be used again.
    is_sent: bool,
    /// Whether a response was received, or the peer stopped reading, before the body was sent.
    is_early: bool,
}

impl Connection {
    pub(super) fn new(
        stream: Stream,
        is_used: bool,
        pool: Arc<Pool>,
        key: Box<str>,
        wait: Wait,
    ) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            heads: Heads::default(),
            pool,
            key,
            wait,
            is_used,
            is_begun: false,
            is_sent: false,
            is_early: false,
        }
    }

    fn watch(&self) -> &Watch {
        &self.wait.watch
    }

    /// Sends a request and receives the head of its final response.
    pub(super) async fn exchange(
        mut self,
        request: &request::Parts,
        forward: Option<Option<&HeaderValue>>,
        mut body: Outgoing,
    ) -> Result<(response::Parts, Incoming), Trouble> {
        let mut head = message::encode(request, forward);
        let expects_continue = message::awaits_continue(request, body.body());
        let is_whole = message::is_sent_at_once(body.body());
        // first, as a body that cannot be read is no reason to send a head
        if is_whole {
            let bytes = body.body().read_async().await.map_err(Failure::Body)?;
            head.extend_from_slice(&bytes);
            if !bytes.is_empty() {
                self.watch().set_phase(Phase::Send);
            }
        } else if !expects_continue {
            body.open()?;
        }
        if let Err(error) = self.transmit(head.into()).await {
            let again = match (&error, self.is_used) {
                (Sending::Unsent(_), true) => body.again(),
                _ => None,
            };
            return Err(match (again, self.wait) {
                (Some(body), wait) => Trouble::Unsent(Exchange { body, wait }, error.into()),
                (None, _) => Failure::from(error).into(),
            });
        }
        let refusal = match expects_continue {
            true => self.await_continue().await?,
            false => None,
        };
        let head = match refusal {
            Some(head) => head,
            None => {
                if is_whole {
                    self.is_sent = !self.is_early;
                } else {
                    self.send(&mut body).await?;
                }
                self.watch().set_phase(Phase::Head);
                let head = self.read_head(None).await?;
                head.ok_or_else(|| Failure::Http("no response".into()))?
            }
        };
        message::check_sent(self.is_sent, &self.watch().limits, head.status)?;
        let (framing, is_reusable) = message::framing(&request.method, &head)?;
        let mut incoming = Incoming {
            is_reusable: is_reusable
                && self.is_sent
                && self.heads.leaves_no_body(&request.headers, head.status),
            connection: Some(self),
            left: framing.into(),
        };
        if incoming.left.is_whole() {
            incoming.release();
        }
        Ok((head, incoming))
    }

    /// Sends the body.
    async fn send(&mut self, body: &mut Outgoing) -> Result<(), Failure> {
        body.open()?;
        let is_chunked = body.is_chunked();
        self.watch().set_phase(Phase::Send);
        while !self.is_early {
            match (self.next(body).await.map_err(Failure::Body)?, is_chunked) {
                (Some(chunk), true) => self.transmit(framed(&chunk)).await?,
                (Some(chunk), false) => self.transmit(chunk).await?,
                (None, _) if self.is_early => {}
                (None, is_chunked) => {
                    if is_chunked {
                        self.transmit(Bytes::from_static(b"0\r\n\r\n")).await?;
                    }
                    break;
                }
            }
        }
        self.is_sent = !self.is_early;
        Ok(())
    }

    /// Returns the next bytes of the body, or `None` at its end, or if the server does not wait for it.
    async fn next(&mut self, body: &mut Outgoing) -> io::Result<Option<Bytes>> {
        poll_fn(|cx| {
            let polled = body.poll_next(cx);
            if polled.is_pending() && self.poll_response(cx) {
                self.is_early = true;
                return Poll::Ready(Ok(None));
            }
            polled.map(Option::transpose)
        })
        .await
    }

    /// Sends these bytes. The peer may stop reading a body when it has sent a response.
    async fn transmit(&mut self, mut bytes: Bytes) -> Result<(), Sending> {
        let mut grace = None;
        poll_fn(|cx| {
            let is_body = self.watch().phase() == Phase::Send;
            loop {
                if self.is_early {
                    return Poll::Ready(Ok(()));
                }
                let stream = Pin::new(&mut self.stream);
                let polled = match bytes.is_empty() {
                    true => stream.poll_flush(cx).map_ok(|()| 0),
                    false => stream.poll_write(cx, &bytes),
                };
                if polled.is_pending() && is_body && self.poll_early(cx, &mut grace) {
                    self.is_early = true;
                    continue;
                }
                let waited = self.wait.elapsed();
                let n = match ready!(self.wait.poll(cx, Phase::Send, polled)) {
                    Ok(Ok(n)) => n,
                    Ok(Err(e)) if is_body && self.is_begun && is_end(&e) => {
                        self.is_early = true;
                        continue;
                    }
                    Ok(Err(e)) if !self.is_begun => {
                        return Poll::Ready(Err(Sending::Unsent(e.into())));
                    }
                    Ok(Err(e)) => return Poll::Ready(Err(Sending::Failed(e.into()))),
                    Err(failure) => return Poll::Ready(Err(Sending::Failed(failure))),
                };
                match (bytes.is_empty(), n) {
                    (true, _) => return Poll::Ready(Ok(())),
                    (false, 0) => {
                        let error = io::Error::from(ErrorKind::WriteZero);
                        return Poll::Ready(Err(Sending::Failed(error.into())));
                    }
                    (false, _) => {
                        self.is_begun = true;
                        grace = None;
                        self.watch().transferred(n, waited, Phase::Send);
                        drop(bytes.split_to(n));
                    }
                }
            }
        })
        .await
    }

    /// Whether the server has responded although sending has been blocked for a while.
    fn poll_early(&mut self, cx: &mut Context<'_>, grace: &mut Option<Pin<Box<Sleep>>>) -> bool {
        let grace = grace.get_or_insert_with(|| Box::pin(sleep(EARLY_RESPONSE_GRACE)));
        grace.as_mut().poll(cx).is_ready() && self.poll_response(cx)
    }

    /// Whether the server has sent the head of its final response, or anything after which there will be none. The latter is
    /// reported when the response is read.
    fn poll_response(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            match self.heads.decode(&self.input, false) {
                // `100 Continue` may be late
                Ok(Some((len, Step::Continue | Step::Interim))) => {
                    drop(self.input.split_to(len));
                    continue;
                }
                Ok(Some((_, Step::Final(_)))) | Err(_) => return true,
                Ok(None) => self.input.reserve(FEW),
            }
            match pin!(self.stream.read_buf(&mut self.input)).poll(cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(n)) if n > 0 => {}
                Poll::Ready(_) => return true,
            }
        }
    }

    /// Waits for `100 Continue`. Returns the head of a final response that the server sends instead, or `None` if the body is to
    /// be sent: because the server accepts it, or because it is silent for a while.
    async fn await_continue(&mut self) -> Result<Option<response::Parts>, Failure> {
        self.read_head(Some(Instant::now() + CONTINUE_TIMEOUT))
            .await
    }

    /// Receives the head of the final response. Returns `None` if `until` is the end of the wait for `100 Continue`, and it was
    /// received or the time is over.
    async fn read_head(
        &mut self,
        until: Option<Instant>,
    ) -> Result<Option<response::Parts>, Failure> {
        loop {
            let decoded = self.heads.decode(&self.input, until.is_some())?;
            if let Some((len, step)) = decoded {
                drop(self.input.split_to(len));
                match step {
                    Step::Continue => return Ok(None),
                    Step::Final(head) => return Ok(Some(head)),
                    Step::Interim => self.watch().set_phase(Phase::Head),
                }
                continue;
            }
            let received = self.input.len();
            if received > 0 {
                self.watch().begin_head(now());
            }
            let n = match until {
                // once its first bytes are received, a head is read to its end
                Some(until) if received == 0 => match timeout_at(until, self.receive(FEW)).await {
                    Ok(received) => received?,
                    Err(_) => {
                        self.wait.end();
                        return Ok(None);
                    }
                },
                _ => self.receive(FEW).await?,
            };
            if n == 0 {
                return Err(Heads::closed(received));
            }
        }
    }

    /// Receives some bytes, and returns their number.
    async fn receive(&mut self, most: usize) -> Result<usize, Failure> {
        poll_fn(|cx| self.poll_receive(cx, most)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<Result<usize, Failure>> {
        if self.input.capacity() - self.input.len() < most / 4 {
            self.input.reserve(most);
        }
        let polled = pin!(self.stream.read_buf(&mut self.input)).poll(cx);
        let waited = self.wait.elapsed();
        let n = ready!(self.wait.poll(cx, Phase::Receive, polled))??;
        self.watch().transferred(n, waited, Phase::Receive);
        Poll::Ready(Ok(n))
    }
}

/// A part of a request that was not sent.
enum Sending {
    Failed(Failure),
    /// Not a byte was sent.
    Unsent(Failure),
}

impl From<Sending> for Failure {
    fn from(error: Sending) -> Self {
        match error {
            Sending::Failed(failure) | Sending::Unsent(failure) => failure,
        }
    }
}

/// Returns a chunk of a body of unknown length.
fn framed(chunk: &[u8]) -> Bytes {
    let head = format!("{:x}\r\n", chunk.len());
    [head.as_bytes(), chunk, b"\r\n"].concat().into()
}

/// The body of a response that is being received.
pub(super) struct Incoming {
    /// `None` after the end of the body.
    connection: Option<Connection>,
    left: Left,
    /// Whether the connection can be used again after the body.
    is_reusable: bool,
}

impl Incoming {
    /// Returns the length, if it was announced.
    pub(super) fn len(&self) -> Option<u64> {
        self.left.len()
    }

    pub(super) fn ends_by_close(&self) -> bool {
        self.left.ends_by_close()
    }

    fn release(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.is_reusable
            && connection.input.is_empty()
        {
            let Connection {
                pool, key, stream, ..
            } = connection;
            pool.keep(key, stream);
        }
    }

    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            let Some(connection) = &mut self.connection else {
                return Poll::Ready(None);
            };
            let input = &mut connection.input;
            let chunk = match &mut self.left {
                Left::Chunks(_) => {
                    let mut out = vec![0; input.len()];
                    let (used, read) = match self.left.decode(input, &mut out) {
                        Ok(decoded) => decoded,
                        Err(failure) => return Poll::Ready(Some(Err(failure))),
                    };
                    drop(input.split_to(used));
                    out.truncate(read);
                    Bytes::from(out)
                }
                left => {
                    let n = input.len().min(left.most());
                    left.took(n);
                    input.split_to(n).freeze()
                }
            };
            if self.left.is_whole() {
                // at once, as a reader that knows the length does not read beyond it
                self.release();
            }
            if !chunk.is_empty() {
                return Poll::Ready(Some(Ok(chunk)));
            }
            let Some(connection) = &mut self.connection else {
                return Poll::Ready(None);
            };
            let most = match &self.left {
                Left::Bytes(left) => usize::try_from(*left).unwrap_or(MANY).clamp(1, MANY),
                _ => SOME,
            };
            match ready!(connection.poll_receive(cx, most)) {
                Ok(0) => {
                    let closed = self.left.closed();
                    self.connection = None;
                    return Poll::Ready(closed.err().map(Err));
                }
                Ok(_) => {}
                Err(failure) => return Poll::Ready(Some(Err(failure))),
            }
        }
    }
}
