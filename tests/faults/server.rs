//! A server on the loopback interface with scripted faults.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::wire::{Head, read_body, read_head, reset};

/// The fault of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    // before anything is read
    CloseAtOnce,
    ResetAtOnce,
    Silence,
    // after the head of the request, before its body
    AnswerBeforeBody(u16),
    ResetBeforeBody,
    // in the head of the response
    CloseInHead,
    Garbage,
    ResetInHead,
    SlowHead,
    StallInHead,
    // in its body
    CloseInBody,
    ResetInBody,
    SlowBody,
    StallInBody,
    // a complete response that is wrong
    LengthTooLong,
    LengthTooShort,
    Redirect(u16),
    Status(u16),
    WrongChecksum,
}

#[derive(Default)]
pub(crate) struct State {
    faults: Mutex<VecDeque<Fault>>,
    forever: Mutex<Option<Fault>>,
    /// One in fifty requests meets one of these.
    sometimes: Mutex<&'static [Fault]>,
    /// The bodies of requests that were completely read.
    pub(crate) bodies: Mutex<Vec<Vec<u8>>>,
    /// The heads of requests, in lower case.
    pub(crate) heads: Mutex<Vec<String>>,
    /// The content of a download.
    pub(crate) blob: Vec<u8>,
    pub(crate) open: AtomicUsize,
    pub(crate) accepted: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    stopping: AtomicBool,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn new(blob: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            blob,
            ..State::default()
        });
        let shared = state.clone();
        let thread = std::thread::spawn(move || {
            let mut workers = Vec::new();
            for stream in listener.incoming() {
                if shared.stopping.load(Ordering::SeqCst) {
                    break;
                }
                // a finished thread keeps its stack until it is joined
                workers.retain(|worker: &JoinHandle<()>| !worker.is_finished());
                let (state, stream) = (shared.clone(), stream.unwrap());
                state.accepted.fetch_add(1, Ordering::SeqCst);
                state.open.fetch_add(1, Ordering::SeqCst);
                workers.push(std::thread::spawn(move || {
                    // a connection that the client closes is not a failure
                    let _ = serve(&state, stream);
                    state.open.fetch_sub(1, Ordering::SeqCst);
                }));
            }
            for worker in workers {
                worker.join().unwrap();
            }
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    /// Sets the faults of the next requests. Later ones have none.
    pub(crate) fn fail(&self, faults: &[Fault]) {
        *self.state.forever.lock().unwrap() = None;
        *self.state.faults.lock().unwrap() = faults.iter().copied().collect();
    }

    pub(crate) fn fail_forever(&self, fault: Fault) {
        *self.state.forever.lock().unwrap() = Some(fault);
    }

    /// Sets one of these faults for every fiftieth request.
    pub(crate) fn fail_in_fifty(&self, faults: &'static [Fault]) {
        *self.state.sometimes.lock().unwrap() = faults;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    /// Waits for all connections to end, so clients must be dropped before.
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Waits until the client disconnects.
fn silence(mut stream: &TcpStream) -> io::Result<()> {
    let mut piece = [0; 65536];
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}

fn next_fault(state: &State, number: usize) -> Option<Fault> {
    let sometimes = *state.sometimes.lock().unwrap();
    if number % 50 == 49 && !sometimes.is_empty() {
        return Some(sometimes[number / 50 % sometimes.len()]);
    }
    let forever = *state.forever.lock().unwrap();
    forever.or_else(|| state.faults.lock().unwrap().pop_front())
}

fn serve(state: &State, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        // the fault of an idle connection is not determined yet
        if reader.fill_buf()?.is_empty() {
            return Ok(());
        }
        let number = state.requests.fetch_add(1, Ordering::SeqCst);
        let fault = next_fault(state, number);
        match fault {
            Some(Fault::CloseAtOnce) => return Ok(()),
            Some(Fault::ResetAtOnce) => return reset(&stream),
            Some(Fault::Silence) => return silence(&stream),
            _ => {}
        }
        let head = read_head(&mut reader)?;
        if head.method() == "PUT" {
            let mut heads = state.heads.lock().unwrap();
            heads.push(head.raw.to_ascii_lowercase());
        }
        match fault {
            Some(Fault::AnswerBeforeBody(status)) => {
                (&stream).write_all(&answer_with(status, &head, true))?;
                // some bytes stay unread, so that closing resets the connection
                return Ok(());
            }
            Some(Fault::ResetBeforeBody) => return reset(&stream),
            _ => {}
        }
        if head.expects {
            (&stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = read_body(&mut reader, &head)?;
        let page = tables(&body);
        if !body.is_empty() && head.method() == "PUT" {
            state.bodies.lock().unwrap().push(body);
        }
        let body = match head.method() {
            "GET" => &*state.blob,
            "PUT" => b"",
            _ => page,
        };
        if !answer(body, &stream, &head, fault)? {
            return Ok(());
        }
    }
}

fn answer_with(status: u16, head: &Head, close: bool) -> Vec<u8> {
    let code = match status {
        403 => "AccessDenied",
        429 => "TooManyRequestsException",
        503 => "SlowDown",
        _ => "InternalError",
    };
    let body = format!("<Error><Code>{code}</Code></Error>");
    let json = format!(r#"{{"__type":"{code}"}}"#);
    let body = if head.method() == "POST" { json } else { body };
    let close = if close { "connection: close\r\n" } else { "" };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\nx-amzn-errortype: {code}\r\ncontent-length: {length}\r\n{close}\r\n{body}"
    )
    .into_bytes()
}

/// The tables, in two pages if the request has a limit.
fn tables(asked: &[u8]) -> &'static [u8] {
    let has = |name: &[u8]| asked.windows(name.len()).any(|part| part == name);
    match (has(b"Limit"), has(b"ExclusiveStartTableName")) {
        (false, _) => br#"{"TableNames":["one","two"]}"#,
        (true, false) => br#"{"TableNames":["one","two"],"LastEvaluatedTableName":"two"}"#,
        (true, true) => br#"{"TableNames":["three"]}"#,
    }
}

/// Returns whether the connection can be reused.
fn answer(
    body: &[u8],
    mut stream: &TcpStream,
    head: &Head,
    fault: Option<Fault>,
) -> io::Result<bool> {
    let length = match fault {
        Some(Fault::LengthTooLong) => body.len() + 10,
        Some(Fault::LengthTooShort) => body.len().saturating_sub(10),
        _ => body.len(),
    };
    let mut crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, body) as u32;
    if fault == Some(Fault::WrongChecksum) {
        crc ^= 1;
    }
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, crc.to_be_bytes());
    let text = format!(
        "HTTP/1.1 200 OK\r\nx-amz-crc32: {crc}\r\nx-amz-checksum-crc32: {base64}\r\netag: \"e\"\r\ncontent-length: {length}\r\n\r\n"
    );
    let (text, half) = (text.as_bytes(), body.len() / 2);
    match fault {
        Some(Fault::CloseInHead) => stream.write_all(&text[..30])?,
        Some(Fault::ResetInHead) => {
            stream.write_all(&text[..30])?;
            reset(stream)?;
        }
        Some(Fault::StallInHead) => {
            stream.write_all(&text[..30])?;
            silence(stream)?;
        }
        Some(Fault::Garbage) => stream.write_all(b"\x00\xffSMTP ready, not HTTP\r\n\r\n")?,
        Some(Fault::CloseInBody) => {
            stream.write_all(text)?;
            stream.write_all(&body[..half])?;
        }
        Some(Fault::ResetInBody) => {
            stream.write_all(text)?;
            stream.write_all(&body[..half])?;
            reset(stream)?;
        }
        Some(Fault::StallInBody) => {
            stream.write_all(text)?;
            stream.write_all(&body[..half])?;
            silence(stream)?;
        }
        Some(Fault::SlowHead) => {
            trickle(stream, text)?;
            stream.write_all(body)?;
            return Ok(true);
        }
        Some(Fault::SlowBody) => {
            stream.write_all(text)?;
            trickle(stream, body)?;
            return Ok(true);
        }
        Some(Fault::Redirect(status)) => {
            let to = "location: http://127.0.0.1:1/\r\ncontent-length: 0";
            stream.write_all(format!("HTTP/1.1 {status} Moved\r\n{to}\r\n\r\n").as_bytes())?;
            return Ok(true);
        }
        Some(Fault::Status(status)) => {
            stream.write_all(&answer_with(status, head, false))?;
            return Ok(true);
        }
        Some(Fault::LengthTooLong) => {
            stream.write_all(text)?;
            stream.write_all(body)?;
        }
        _ => {
            stream.write_all(text)?;
            stream.write_all(body)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sends ten chunks, with pauses that are shorter than any timeout.
fn trickle(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    for piece in bytes.chunks(bytes.len().div_ceil(10).max(1)) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
