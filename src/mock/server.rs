//! The HTTP/1.1 server: a thread for each connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::answer::Core;
use super::message::{Incoming, MAX_BODY, Reply};
use crate::sync;

/// The longest head of a request.
const MAX_HEAD: u64 = 128 * 1024;
const MAX_HEADERS: usize = 512;
/// The most connections at a time.
const MAX_CONNECTIONS: usize = 1024;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(120);

/// A server that runs until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    core: Arc<Core>,
    is_stopped: AtomicBool,
    count: AtomicUsize,
    /// The open connections, which are closed when the server stops.
    open: Mutex<Vec<Option<TcpStream>>>,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound.
    pub(super) fn start(address: SocketAddr, core: Arc<Core>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            core,
            is_stopped: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            open: Mutex::default(),
        });
        let accepting = shared.clone();
        let accept = move || accepting.accept(&listener);
        thread::Builder::new().name("mock".into()).spawn(accept)?;
        Ok(Self { address, shared })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        // wakes the thread that accepts
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        for stream in sync::lock(&self.shared.open).iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_stopped.load(Ordering::Acquire) {
                return;
            }
            let Ok(stream) = stream else {
                // too many open files: one of them will be closed
                thread::sleep(Duration::from_millis(10));
                continue;
            };
            if self.count.fetch_add(1, Ordering::AcqRel) >= MAX_CONNECTIONS {
                self.count.fetch_sub(1, Ordering::AcqRel);
                let _ = (&stream).write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                continue;
            }
            let shared = self.clone();
            let slot = self.remember(&stream);
            let serve = move || {
                // a client that disconnects is not an error of the server
                let _ = Connection::new(&stream).and_then(|mut one| one.serve(&shared.core));
                let _ = stream.shutdown(Shutdown::Both);
                if let Some(place) =
                    slot.and_then(|slot| sync::lock(&shared.open).get_mut(slot).map(Option::take))
                {
                    drop(place);
                }
                shared.count.fetch_sub(1, Ordering::AcqRel);
            };
            if thread::Builder::new()
                .name("mock".into())
                .spawn(serve)
                .is_err()
            {
                self.count.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    fn remember(&self, stream: &TcpStream) -> Option<usize> {
        let stream = stream.try_clone().ok()?;
        let mut open = sync::lock(&self.open);
        let slot = open.iter().position(Option::is_none);
        let slot = slot.unwrap_or_else(|| {
            open.push(None);
            open.len() - 1
        });
        open[slot] = Some(stream);
        Some(slot)
    }
}

struct Connection<'a> {
    stream: &'a TcpStream,
    reader: BufReader<&'a TcpStream>,
}

/// A request that is not HTTP, or too large. The connection is closed after the response.
struct Refused(u16, &'static str);

enum Next {
    Request(Box<Incoming>, bool),
    Refused(Refused),
    End,
}

impl<'a> Connection<'a> {
    fn new(stream: &'a TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(Self {
            stream,
            reader: BufReader::new(stream),
        })
    }

    fn serve(&mut self, core: &Core) -> io::Result<()> {
        loop {
            let (request, is_kept) = match self.next()? {
                Next::Request(request, is_kept) => (request, is_kept),
                Next::End => return Ok(()),
                Next::Refused(Refused(status, reason)) => {
                    let mut reply = Reply::new(status);
                    reply.body = reason.into();
                    return self.write(&reply, false, false);
                }
            };
            let is_head = request.method == Method::HEAD;
            let reply = core.answer(*request);
            self.write(&reply, is_head, is_kept)?;
            if !is_kept {
                return Ok(());
            }
        }
    }

    /// Reads the next request, and whether the connection is kept after it.
    fn next(&mut self) -> io::Result<Next> {
        let Some(head) = self.head()? else {
            return Ok(Next::End);
        };
        let parsed = match parse(&head) {
            Ok(parsed) => parsed,
            Err(refused) => return Ok(Next::Refused(refused)),
        };
        let Head {
            method,
            target,
            headers,
            is_kept,
        } = parsed;
        let framing = match framing(&headers) {
            Ok(framing) => framing,
            Err(refused) => return Ok(Next::Refused(refused)),
        };
        if headers.contains_key(EXPECT) && !matches!(framing, Framing::Length(0)) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = match framing {
            Framing::Length(length) if length > MAX_BODY => Err(TOO_LARGE),
            Framing::Length(length) => Ok(self.exactly(length)?),
            Framing::Chunked => self.chunks()?,
        };
        Ok(match body {
            Ok(body) => Next::Request(
                Box::new(Incoming::new(method, &target, headers, body)),
                is_kept,
            ),
            Err(refused) => Next::Refused(refused),
        })
    }

    /// The head of a request; `None` if the client closed the connection.
    fn head(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut head = Vec::new();
        loop {
            let before = head.len();
            let room = MAX_HEAD - before as u64;
            let n = (&mut self.reader).take(room).read_until(b'\n', &mut head)?;
            let line = &head[before..];
            match line {
                b"\r\n" | b"\n" if before == 0 => head.clear(), // empty lines before a request are ignored
                b"\r\n" | b"\n" => return Ok(Some(head)),
                _ if n == 0 && before == 0 => return Ok(None),
                _ if n == 0 || !line.ends_with(b"\n") => return Ok(Some(head)),
                _ => {}
            }
        }
    }

    fn exactly(&mut self, length: u64) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        (&mut self.reader).take(length).read_to_end(&mut body)?;
        match body.len() as u64 == length {
            true => Ok(body),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// A body in chunks (RFC 9112, section 7.1).
    fn chunks(&mut self) -> io::Result<Result<Vec<u8>, Refused>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line
                .split(|b| *b == b';')
                .next()
                .unwrap_or_default()
                .trim_ascii();
            let size = std::str::from_utf8(size).ok();
            let size = size
                .filter(|size| !size.starts_with('+'))
                .and_then(|size| u64::from_str_radix(size, 16).ok());
            match size {
                None => return Ok(Err(INVALID_CHUNK)),
                Some(0) => break,
                Some(size) if size.saturating_add(body.len() as u64) > MAX_BODY => {
                    return Ok(Err(TOO_LARGE));
                }
                Some(size) => body.extend(self.exactly(size)?),
            }
            if !self.line()?.is_empty() {
                return Ok(Err(INVALID_CHUNK));
            }
        }
        let mut trailers = 0;
        loop {
            let line = self.line()?;
            trailers += line.len() as u64;
            match line.is_empty() {
                true => return Ok(Ok(body)),
                false if trailers > MAX_HEAD => return Ok(Err(TOO_LARGE)),
                false => {}
            }
        }
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.reader)
            .take(MAX_HEAD)
            .read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    fn write(&mut self, reply: &Reply, is_head: bool, is_kept: bool) -> io::Result<()> {
        let status = http::StatusCode::from_u16(reply.status).ok();
        let phrase = status
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Status");
        let mut out = format!("HTTP/1.1 {} {phrase}\r\n", reply.status).into_bytes();
        for (name, value) in &reply.headers {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let has_body = !is_head && reply.status != 204 && reply.status != 304;
        if reply.status != 204 && !reply.headers.contains_key(CONTENT_LENGTH) {
            out.extend_from_slice(format!("content-length: {}\r\n", reply.body.len()).as_bytes());
        }
        if !is_kept {
            out.extend_from_slice(b"connection: close\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if has_body {
            out.extend_from_slice(&reply.body);
        }
        self.stream.write_all(&out)
    }
}

const TOO_LARGE: Refused = Refused(413, "the request is too large");
const INVALID_CHUNK: Refused = Refused(400, "a chunk of the body is invalid");

struct Head {
    method: Method,
    target: String,
    headers: HeaderMap,
    is_kept: bool,
}

fn parse(head: &[u8]) -> Result<Head, Refused> {
    if head.len() as u64 >= MAX_HEAD {
        return Err(Refused(431, "the head of the request is too large"));
    }
    const NOT_HTTP: Refused = Refused(400, "the request is not HTTP/1.1");
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refused(431, "the request has too many headers"));
        }
        _ => return Err(NOT_HTTP),
    }
    let mut headers = HeaderMap::new();
    for field in parsed.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_bytes(field.value);
        headers.append(name.map_err(|_| NOT_HTTP)?, value.map_err(|_| NOT_HTTP)?);
    }
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes());
    let connection = headers
        .get(CONNECTION)
        .and_then(|value| value.to_str().ok());
    let has = |word: &str| {
        let mut words = connection.unwrap_or_default().split(',');
        words.any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    let is_kept = match parsed.version {
        Some(1) => !has("close"),
        _ => has("keep-alive"),
    };
    Ok(Head {
        method: method.map_err(|_| NOT_HTTP)?,
        target: parsed.path.unwrap_or("/").to_owned(),
        headers,
        is_kept,
    })
}

enum Framing {
    Chunked,
    Length(u64),
}

/// How the body is framed. Two framings are an attack.
fn framing(headers: &HeaderMap) -> Result<Framing, Refused> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let (length, another) = (lengths.next(), lengths.next());
    let coding = headers.get(TRANSFER_ENCODING);
    match (length, another, coding) {
        (None, _, None) => Ok(Framing::Length(0)),
        (None, _, Some(coding)) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {
            Ok(Framing::Chunked)
        }
        (Some(length), None, None) => {
            let text = length.to_str().ok().filter(|text| !text.starts_with('+'));
            let length = text.and_then(|text| text.parse().ok());
            length
                .map(Framing::Length)
                .ok_or(Refused(400, "the length of the body is invalid"))
        }
        (None, _, Some(_)) => Err(Refused(501, "the transfer coding is not supported")),
        _ => Err(Refused(400, "the length of the body is ambiguous")),
    }
}
