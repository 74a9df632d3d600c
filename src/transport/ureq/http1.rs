//! One exchange of HTTP/1.1 on a connection: a request and its response (RFC 9110, RFC 9112).

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderValue, Uri, request, response};
use ureq::Timeout;
use ureq::unversioned::transport::Transport;
use ureq::unversioned::transport::time::Duration as Time;

use super::pool::{NEVER, Pool};
use crate::body::Body;
use crate::read;
use crate::transport::authority::key;
use crate::transport::failure::Failure;
use crate::transport::message::{self, CONTINUE_TIMEOUT, Heads, Left, Step};
use crate::transport::watch::{Phase, SendState, Watch};

/// How long input is awaited that is pending already.
const AT_ONCE: Duration = Duration::from_millis(10);

/// A connection during an exchange.
pub(super) struct Connection {
    link: Box<dyn Transport>,
    pool: Arc<Pool>,
    /// The key of the connection in the pool.
    key: Box<str>,
    watch: Arc<Watch>,
    heads: Heads,
    /// The final response, if it was received before the whole request was sent.
    early: Option<response::Parts>,
    /// Whether the whole request was sent, so that the connection can be reused.
    is_sent: bool,
}

impl Connection {
    pub(super) fn new(pool: &Arc<Pool>, to: &Uri, watch: &Arc<Watch>) -> Result<Self, Failure> {
        let key = key(to);
        Ok(Self {
            link: pool.connect(to, &key)?,
            pool: pool.clone(),
            key,
            watch: watch.clone(),
            heads: Heads::default(),
            early: None,
            is_sent: false,
        })
    }

    /// Sends a request and receives the head of its final response.
    pub(super) fn exchange(
        mut self,
        request: &request::Parts,
        forward: Option<Option<&HeaderValue>>,
        body: &Body,
    ) -> Result<(response::Parts, Incoming), Failure> {
        let mut text = message::encode(request, forward);
        let mut refusal = None;
        if message::awaits_continue(request, body) {
            self.transmit(&std::mem::take(&mut text))?;
            refusal = self.await_continue()?;
        }
        let head = match refusal {
            Some(head) => head,
            None => {
                self.send(text, body)?;
                self.watch.set_phase(Phase::Head);
                let head = match self.early.take() {
                    Some(head) => Some(head),
                    None => self.read_head(None)?,
                };
                head.ok_or_else(|| Failure::Http("no response".into()))?
            }
        };
        message::check_sent(self.is_sent, &self.watch.limits, head.status)?;
        let (framing, is_reusable) = message::framing(&request.method, &head)?;
        let incoming = Incoming {
            is_reusable: is_reusable
                && self.is_sent
                && self.heads.leaves_no_body(&request.headers, head.status),
            connection: Some(self),
            left: framing.into(),
        };
        Ok((head, incoming))
    }

    /// Sends these bytes.
    fn transmit(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            let output = self.link.buffers().output();
            let (chunk, rest) = bytes.split_at(bytes.len().min(output.len()));
            output[..chunk.len()].copy_from_slice(chunk);
            self.link.transmit_output(chunk.len(), NEVER)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Waits for `100 Continue`. Returns the head of a final response that the server sends instead, or `None` if the body is to
    /// be sent: because the server accepts it, or because it is silent for a while.
    fn await_continue(&mut self) -> Result<Option<response::Parts>, Failure> {
        self.read_head(Some(CONTINUE_TIMEOUT))
    }

    /// Sends the rest of the head, and the body.
    fn send(&mut self, mut head: Vec<u8>, body: &Body) -> Result<(), Failure> {
        let mut is_given = true;
        if message::is_sent_at_once(body) {
            body.append_to(&mut head).map_err(Failure::Body)?;
            if !body.is_empty() {
                self.watch.set_phase(Phase::Send);
            }
            self.transmit(&head)?;
        } else if let Some(bytes) = body.bytes() {
            self.transmit(&head)?;
            self.watch.set_phase(Phase::Send);
            let room = self.link.buffers().output().len();
            for chunk in bytes.chunks(room.max(1)) {
                if self.is_refused()? {
                    is_given = false;
                    break;
                }
                self.transmit(chunk)?;
            }
        } else {
            // before anything is sent, as the head is the whole request if the length is zero
            let mut reader = body.open().map_err(Failure::Body)?;
            self.transmit(&head)?;
            self.watch.set_phase(Phase::Send);
            is_given = match body.len() {
                Some(len) => self.send_sized(&mut reader, len)?,
                None => self.send_chunked(&mut reader)?,
            };
        }
        // a response that is received after the last byte was sent is no early one
        self.is_refused()?;
        self.is_sent = is_given && self.watch.send_state() == SendState::Sent;
        Ok(())
    }

    /// Whether the rest of the body is of no use: the peer reads no more, or has sent its final response. If it has sent something
    /// else, such as an interim response or a message of TLS, the rest is sent.
    fn is_refused(&mut self) -> Result<bool, Failure> {
        while self.early.is_none() && self.watch.send_state() == SendState::Held {
            // sends what is held back, too
            self.early = self.read_head(Some(AT_ONCE))?;
            self.watch.set_phase(Phase::Send);
        }
        if self.early.is_some() && self.watch.send_state() == SendState::Held {
            // what is held back is not sent any more
            self.watch.set_send_state(SendState::Refused);
        }
        Ok(self.early.is_some() || self.watch.send_state() == SendState::Refused)
    }

    /// Returns whether all bytes were given to the connection.
    fn send_sized(&mut self, reader: &mut impl Read, mut left: u64) -> Result<bool, Failure> {
        while left > 0 && !self.is_refused()? {
            let output = self.link.buffers().output();
            let n = read::some(reader, output).map_err(Failure::Body)?;
            // the reader of a body has the announced length, or fails
            left = left.saturating_sub(n as u64);
            self.link.transmit_output(n, NEVER)?;
        }
        Ok(left == 0)
    }

    /// Returns whether all bytes were given to the connection.
    fn send_chunked(&mut self, reader: &mut impl Read) -> Result<bool, Failure> {
        // space for the length, which is known when the chunk has been read
        const HEAD: usize = 18;
        while !self.is_refused()? {
            let output = self.link.buffers().output();
            let end = output.len().saturating_sub(2);
            let n = read::some(reader, &mut output[HEAD..end]).map_err(Failure::Body)?;
            let head = format!("{n:x}\r\n");
            output[..head.len()].copy_from_slice(head.as_bytes());
            output.copy_within(HEAD..HEAD + n, head.len());
            let end = head.len() + n;
            output[end..end + 2].copy_from_slice(b"\r\n");
            self.link.transmit_output(end + 2, NEVER)?;
            if n == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Receives the head of the final response. Within a limit, returns `None` when `100 Continue` is received or the time has passed.
    fn read_head(&mut self, limit: Option<Duration>) -> Result<Option<response::Parts>, Failure> {
        let since = Instant::now();
        loop {
            let input = self.link.buffers().input();
            if let Some((len, step)) = self.heads.decode(input, limit.is_some())? {
                self.link.buffers().input_consume(len);
                match step {
                    Step::Continue => return Ok(None),
                    Step::Final(head) => return Ok(Some(head)),
                    Step::Interim => self.watch.set_phase(Phase::Head),
                }
                continue;
            }
            let received = input.len();
            if received > 0 {
                self.watch.begin_head(Instant::now());
            }
            let mut wait = NEVER;
            // once its first bytes are received, a head is read to its end
            if let (Some(limit), 0) = (limit, received) {
                let left = limit.saturating_sub(since.elapsed());
                if left.is_zero() {
                    return Ok(None);
                }
                wait.after = Time::Exact(left);
                wait.reason = Timeout::Await100;
            }
            match self.link.await_input(wait) {
                Ok(true) => {}
                Ok(false) => return Err(Heads::closed(received)),
                Err(ureq::Error::Timeout(Timeout::Await100)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The body of a response that is being received.
pub(super) struct Incoming {
    /// `None` after the end of the body.
    connection: Option<Connection>,
    left: Left,
    /// Whether the connection can be reused after the body.
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

    /// Releases the connection if the body is empty.
    pub(super) fn finish(&mut self) {
        if self.left.is_whole() {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.is_reusable
        {
            connection.pool.keep(connection.key, connection.link);
        }
    }

    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize, Failure> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(connection) = &mut self.connection else {
                return Ok(0);
            };
            let buffers = connection.link.buffers();
            let input = buffers.input();
            let (used, read) = self.left.decode(input, buf)?;
            buffers.input_consume(used);
            if self.left.is_whole() {
                // at once, as a reader that knows the length does not read beyond it
                self.release();
                return Ok(read);
            }
            if read > 0 {
                return Ok(read);
            }
            if used == 0 && !connection.link.await_input(NEVER)? {
                return self.closed();
            }
        }
    }

    /// Handles the end of the connection.
    fn closed(&mut self) -> Result<usize, Failure> {
        self.left.closed()?;
        self.connection = None;
        Ok(0)
    }
}
