//! A connection with HTTP/1.1 (RFC 9112).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::answer::Core;
use super::control;
use super::message::{Incoming, MAX_BODY, Reply};

/// The longest head of a request.
const MAX_HEAD: u64 = 128 * 1024;
const MAX_HEADERS: usize = 512;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(120);

/// A connection, with what was received and not yet read.
pub(super) struct Connection<'a> {
    stream: &'a TcpStream,
    reader: BufReader<&'a TcpStream>,
}

/// How a response is sent.
#[derive(Clone, Copy, Default)]
struct Sent {
    is_head: bool,
    is_kept: bool,
    is_cut: bool,
}

/// A request that is not HTTP, or too large. The connection is closed after the response.
struct Refused(u16, &'static str);

enum Next {
    Request(Box<Incoming>, bool),
    Refused(Refused),
    End,
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: &'a TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(Self {
            stream,
            reader: BufReader::new(stream),
        })
    }

    /// Answers requests until the connection is closed.
    pub(super) fn serve(&mut self, core: &Core) -> io::Result<()> {
        loop {
            let (request, is_kept) = match self.next()? {
                Next::Request(request, is_kept) => (request, is_kept),
                Next::End => return Ok(()),
                Next::Refused(Refused(status, reason)) => {
                    let mut reply = Reply::new(status);
                    reply.body = reason.into();
                    return self.write(&reply, Sent::default());
                }
            };
            let is_head = request.method == Method::HEAD;
            let answer = match control::respond(core, &request) {
                Some(reply) => reply.into(),
                None => core.answer(*request),
            };
            thread::sleep(answer.delay);
            let Some(reply) = answer.reply else {
                return Ok(());
            };
            let is_cut = answer.is_cut;
            self.write(
                &reply,
                Sent {
                    is_head,
                    is_kept,
                    is_cut,
                },
            )?;
            let is_kept = is_kept && !is_cut;
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

    fn write(&mut self, reply: &Reply, sent: Sent) -> io::Result<()> {
        let Sent {
            is_head,
            is_kept,
            is_cut,
        } = sent;
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
        match &*reply.body {
            body if is_cut && has_body && body.len() > 1 => {
                out.extend_from_slice(&body[..body.len() / 2]);
            }
            _ if is_cut => out.truncate(out.len() / 2),
            body if has_body => out.extend_from_slice(body),
            _ => {}
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
    let target = parsed.path.unwrap_or_default();
    if !target.starts_with('/') && !target.contains("://") {
        return Err(NOT_HTTP);
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
        target: target.to_owned(),
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
