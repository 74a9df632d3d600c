//! One request and its response on a connection, as HTTP/1.1 has it (RFC 9110, RFC 9112).

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::EXPECT;
use http::{HeaderValue, StatusCode, Uri, request, response};
use ureq::Timeout;
use ureq::unversioned::transport::time::Duration as Time;
use ureq::unversioned::transport::{NextTimeout, Transport};

use super::Fault;
use super::chunks::Chunks;
use super::head::{self, Framing, MAX_HEAD};
use super::pool::{NEVER, Pool};
use super::watch::{Phase, Watch};
use crate::body::Body;
use crate::read;

/// For so long a server is given to say whether it wants the body.
const CONSENT: Duration = Duration::from_secs(1);

/// As many interim responses (1xx) may precede a final one.
const MAX_INTERIM: usize = 100;

/// A connection that is at a request.
pub(super) struct Connection {
    link: Box<dyn Transport>,
    pool: Arc<Pool>,
    /// Whom it is to: the service or a proxy.
    to: Uri,
    watch: Arc<Watch>,
    /// Whether the whole request was sent, so that the connection may serve another.
    is_sent: bool,
}

impl Connection {
    pub(super) fn new(pool: &Arc<Pool>, to: &Uri, watch: &Arc<Watch>) -> Result<Self, Fault> {
        Ok(Self {
            link: pool.connect(to)?,
            pool: pool.clone(),
            to: to.clone(),
            watch: watch.clone(),
            is_sent: false,
        })
    }

    /// Sends a request and waits for the head of its final response.
    pub(super) fn exchange(
        mut self,
        request: &request::Parts,
        forward: Option<Option<&HeaderValue>>,
        body: &Body,
    ) -> Result<(response::Parts, Incoming), Fault> {
        let text = head::write(request, forward);
        let asks = !body.is_empty() && request.headers.contains_key(EXPECT);
        let refused = match asks {
            true => {
                self.transmit(&text)?;
                self.await_consent()?
            }
            false => None,
        };
        let head = match refused {
            Some(head) => head,
            None => {
                self.send(if asks { &[] } else { &text }, body)?;
                self.watch.set_phase(Phase::Head);
                self.read_head(NEVER)?
                    .ok_or_else(|| Fault::Http("no response".into()))?
            }
        };
        let (framing, stays) = head::framing(&request.method, &head)?;
        let incoming = Incoming {
            stays: stays && self.is_sent,
            connection: Some(self),
            left: match framing {
                Framing::Chunked => Left::Chunks(Chunks::default()),
                Framing::Close => Left::Close,
                Framing::Length(length) => Left::Bytes(length),
            },
        };
        Ok((head, incoming))
    }

    /// Sends these bytes.
    fn transmit(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let output = self.link.buffers().output();
            let (piece, rest) = bytes.split_at(bytes.len().min(output.len()));
            output[..piece.len()].copy_from_slice(piece);
            self.link.transmit_output(piece.len(), NEVER)?;
            bytes = rest;
        }
        Ok(())
    }

    /// The response that a server gives in place of its consent; none where it consents, or says nothing for a while.
    fn await_consent(&mut self) -> Result<Option<response::Parts>, Fault> {
        let until = NextTimeout {
            after: Time::Exact(CONSENT),
            reason: Timeout::Await100,
            ..NEVER
        };
        self.read_head(until)
    }

    /// Sends what is left of the head, and the body. A body that is in memory goes with the head, if both are small.
    fn send(&mut self, head: &[u8], body: &Body) -> Result<(), Fault> {
        if let Some(bytes) = body.bytes() {
            if !bytes.is_empty() {
                self.watch.set_phase(Phase::Send);
            }
            let room = self.link.buffers().output().len();
            match head.len().saturating_add(bytes.len()) <= room {
                true => self.transmit(&[head, bytes].concat())?,
                false => {
                    self.transmit(head)?;
                    // the socket stops where the response is there before the body was sent
                    for piece in bytes.chunks(room.max(1)) {
                        if self.watch.is_answered() {
                            return Ok(());
                        }
                        self.transmit(piece)?;
                    }
                }
            }
            self.is_sent = !self.watch.is_answered();
            return Ok(());
        }
        // before the head, which is the whole request where the length is zero
        let mut reader = body.open().map_err(Fault::Body)?;
        self.transmit(head)?;
        self.watch.set_phase(Phase::Send);
        match body.len() {
            Some(len) => self.send_sized(&mut reader, len),
            None => self.send_chunked(&mut reader),
        }
    }

    fn send_sized(&mut self, reader: &mut impl Read, mut left: u64) -> Result<(), Fault> {
        while left > 0 && !self.watch.is_answered() {
            let output = self.link.buffers().output();
            let n = read::some(reader, output).map_err(Fault::Body)?;
            // the reader of a body is as long as it says, or fails
            left = left.saturating_sub(n as u64);
            self.link.transmit_output(n, NEVER)?;
        }
        self.is_sent = !self.watch.is_answered();
        Ok(())
    }

    fn send_chunked(&mut self, reader: &mut impl Read) -> Result<(), Fault> {
        // room for the length, which is known only when the piece is there
        const HEAD: usize = 18;
        while !self.watch.is_answered() {
            let output = self.link.buffers().output();
            let end = output.len().saturating_sub(2);
            let n = read::some(reader, &mut output[HEAD..end]).map_err(Fault::Body)?;
            let head = format!("{n:x}\r\n");
            output[..head.len()].copy_from_slice(head.as_bytes());
            output.copy_within(HEAD..HEAD + n, head.len());
            let end = head.len() + n;
            output[end..end + 2].copy_from_slice(b"\r\n");
            self.link.transmit_output(end + 2, NEVER)?;
            if n == 0 {
                break;
            }
        }
        self.is_sent = !self.watch.is_answered();
        Ok(())
    }

    /// The head of the final response; none where the server consents to a body, or `until` is over, while consent is
    /// waited for.
    fn read_head(&mut self, until: NextTimeout) -> Result<Option<response::Parts>, Fault> {
        let awaits_consent = until.reason == Timeout::Await100;
        let since = Instant::now();
        let mut interim = 0;
        loop {
            let input = self.link.buffers().input();
            if let Some((len, head)) = head::read(input)? {
                self.link.buffers().input_consume(len);
                if !head.status.is_informational() {
                    return Ok(Some(head));
                }
                if head.status == StatusCode::SWITCHING_PROTOCOLS {
                    let what = "the response switches to another protocol, which was not requested";
                    return Err(Fault::Http(what.into()));
                }
                if awaits_consent && head.status == StatusCode::CONTINUE {
                    return Ok(None);
                }
                interim += 1;
                if interim > MAX_INTERIM {
                    return Err(Fault::TooLarge(
                        "there are too many interim responses (1xx)",
                    ));
                }
                self.watch.set_phase(Phase::Head);
                continue;
            }
            let there = input.len();
            if there >= MAX_HEAD {
                return Err(Fault::TooLarge("the head of the response is too long"));
            }
            if there > 0 {
                self.watch.begin_head();
            }
            let mut wait = until;
            if awaits_consent {
                let left = CONSENT.saturating_sub(since.elapsed());
                // a head that has begun is read to its end
                match (left.is_zero(), there) {
                    (true, 0) => return Ok(None),
                    (false, 0) => wait.after = Time::Exact(left),
                    _ => wait = NEVER,
                }
            }
            match self.link.await_input(wait) {
                Ok(true) => {}
                Ok(false) => {
                    return Err(Fault::Closed(match there {
                        0 => "it was closed before a response came",
                        _ => "it was closed inside the head of the response",
                    }));
                }
                Err(ureq::Error::Timeout(Timeout::Await100)) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The body of a response on its way.
pub(super) struct Incoming {
    /// Until the body is read to its end.
    connection: Option<Connection>,
    left: Left,
    /// Whether the connection can be used again behind the body.
    stays: bool,
}

enum Left {
    Bytes(u64),
    Chunks(Chunks),
    Close,
}

impl Incoming {
    /// The length, if it was announced.
    pub(super) fn len(&self) -> Option<u64> {
        match self.left {
            Left::Bytes(left) => Some(left),
            _ => None,
        }
    }

    pub(super) fn ends_by_close(&self) -> bool {
        matches!(self.left, Left::Close)
    }

    /// Lets the connection go if nothing of the body is left.
    pub(super) fn finish(&mut self) {
        if matches!(self.left, Left::Bytes(0)) {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.stays
        {
            connection.pool.keep(&connection.to, connection.link);
        }
    }

    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize, Fault> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(connection) = &mut self.connection else {
                return Ok(0);
            };
            let buffers = connection.link.buffers();
            let input = buffers.input();
            let (used, read) = match &mut self.left {
                Left::Bytes(left) => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX);
                    let n = copy(input, buf, most);
                    *left = left.saturating_sub(n as u64);
                    (n, n)
                }
                Left::Chunks(chunks) => chunks.decode(input, buf)?,
                Left::Close => {
                    let n = copy(input, buf, usize::MAX);
                    (n, n)
                }
            };
            buffers.input_consume(used);
            let is_whole = match &self.left {
                Left::Bytes(left) => *left == 0,
                Left::Chunks(chunks) => chunks.is_ended(),
                Left::Close => false,
            };
            if is_whole {
                // at once: a reader that knows the length does not read the end
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

    /// The other side has closed the connection.
    fn closed(&mut self) -> Result<usize, Fault> {
        match &self.left {
            Left::Close => {}
            // all that is missing is an empty line
            Left::Chunks(chunks) if chunks.is_ending() => {}
            Left::Chunks(_) => {
                return Err(Fault::Closed(
                    "it was closed before the last chunk of the body",
                ));
            }
            Left::Bytes(_) => {
                return Err(Fault::Closed("it was closed before the end of the body"));
            }
        }
        self.connection = None;
        Ok(0)
    }
}

pub(super) fn copy(from: &[u8], to: &mut [u8], most: usize) -> usize {
    let n = from.len().min(to.len()).min(most);
    to[..n].copy_from_slice(&from[..n]);
    n
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::other(fault)
    }
}
