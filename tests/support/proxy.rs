//! A proxy for plain HTTP that injects network faults.
//!
//! ```text
//! client ── head, body ──► proxy ── head, body ──► server
//!                 ResetRequest, FlipRequestByte
//! client ◄── head, body ── proxy ◄── head, body ── server
//!     ResetInHead, ResetAnswer, TruncateAnswer, FlipAnswerByte
//! ```

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::wire::{Head, read_head, reset};

/// A fault of one request. Offsets count bytes of the body without framing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Changes this byte of the response body. The offset wraps around if the body is shorter.
    FlipAnswerByte(u64),
    /// Changes this byte of the request body. The offset wraps around if the body is shorter.
    FlipRequestByte(u64),
    /// Resets the connection after this many bytes of the response body.
    ResetAnswer(u64),
    /// Resets the connection within the response head, after the server handled the request.
    ResetInHead,
    /// Resets both connections after this many bytes of the request body.
    ResetRequest(u64),
    /// Responds with this status and an S3 error (`SlowDown` for 503), without contacting the server.
    Status(u16),
    /// Closes the connection after this many bytes of the response body.
    TruncateAnswer(u64),
}

/// The request as a rule sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The number of the request over all connections, from 0.
    pub(crate) number: u64,
    pub(crate) method: String,
    /// The path and query on the wire.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) range: Option<String>,
}

impl Seen {
    /// Returns a query parameter as it is on the wire.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Returns whether the request uploads or reads a part of an object.
    pub(crate) fn is_part(&self) -> bool {
        self.range.is_some() || self.parameter("partNumber").is_some()
    }
}

/// A rule by which `percent` of all parts meet one of these faults, once each. The choice depends on `seed` and the part, not
/// on the order of requests.
pub(crate) fn some_parts(
    percent: u64,
    seed: u64,
    faults: &'static [Fault],
) -> impl Fn(&Seen) -> Option<Fault> + Send + Sync + 'static {
    let met = Mutex::new(HashSet::new());
    move |seen| {
        if !seen.is_part() || faults.is_empty() {
            return None;
        }
        let number = seen.parameter("partNumber");
        let mut hasher = DefaultHasher::new();
        (seed, &seen.method, &seen.path, number, &seen.range).hash(&mut hasher);
        let chance = hasher.finish();
        if chance % 100 >= percent || !lock(&met).insert(chance) {
            return None;
        }
        let which = chance / 100 % faults.len() as u64;
        faults.get(usize::try_from(which).ok()?).copied()
    }
}

type Rule = dyn Fn(&Seen) -> Option<Fault> + Send + Sync;

struct State {
    server: SocketAddr,
    rule: Box<Rule>,
    requests: AtomicU64,
    stopping: AtomicBool,
    seen: Mutex<Vec<(Seen, Option<Fault>)>>,
    /// The connections of clients, which are closed at the end. A second handle would keep a connection open that must be reset.
    clients: Mutex<Vec<Weak<TcpStream>>>,
}

/// A running proxy. Dropping it closes its connections.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

/// The state is consistent even if a test panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Starts a proxy for `server` with the faults that the rule returns.
    pub(crate) fn start(
        server: SocketAddr,
        rule: impl Fn(&Seen) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State {
            server,
            rule: Box::new(rule),
            requests: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            seen: Mutex::default(),
            clients: Mutex::default(),
        });
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.stopping.load(Ordering::SeqCst) {
                    break;
                }
                let state = shared.clone();
                let client = Arc::new(client);
                lock(&state.clients).push(Arc::downgrade(&client));
                // a connection that either side closes is not an error of the proxy
                std::thread::spawn(move || serve(&state, &client).is_ok());
            }
        });
        Self { address, state }
    }

    /// The address of the proxy.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns all requests so far with their faults.
    pub(crate) fn seen(&self) -> Vec<(Seen, Option<Fault>)> {
        lock(&self.state.seen).clone()
    }

    /// Returns all faults so far.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let seen = lock(&self.state.seen);
        seen.iter().filter_map(|(_, fault)| *fault).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::SeqCst);
        // wakes the listener
        let _ = TcpStream::connect(self.address);
        let open = lock(&self.state.clients).split_off(0);
        for client in open.iter().filter_map(Weak::upgrade) {
            // it may be closed already
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

/// A connection with its read-ahead buffer.
type Side<'a> = BufReader<&'a TcpStream>;

fn serve(state: &State, client: &TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut from_client = BufReader::with_capacity(PIECE, client);
    let mut server = None;
    loop {
        if from_client.fill_buf()?.is_empty() {
            return Ok(());
        }
        let head = read_head(&mut from_client)?;
        let fault = note(state, &head);
        if head.expects {
            (&*client).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if let Some(Fault::Status(status)) = fault {
            pass_body(&mut from_client, &mut io::sink(), &head, Damage::default())?;
            (&*client).write_all(&refusal(status, &head))?;
            continue;
        }
        // the server may have closed the previous connection, which shows only on use
        let connection = match server.take() {
            Some(connection) => connection,
            None => TcpStream::connect(state.server)?,
        };
        connection.set_nodelay(true)?;
        if !exchange(&mut from_client, client, &connection, &head, fault)? {
            return Ok(());
        }
        server = Some(connection);
    }
}

fn note(state: &State, head: &Head) -> Option<Fault> {
    let target = head.word(1);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let seen = Seen {
        number: state.requests.fetch_add(1, Ordering::SeqCst),
        method: head.method().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        range: head.header("range").map(str::to_owned),
    };
    let fault = (state.rule)(&seen);
    lock(&state.seen).push((seen, fault));
    fault
}

fn status(answer: &Head) -> u16 {
    answer.word(1).parse().unwrap_or(0)
}

/// Forwards one request and its response. Returns whether both connections can be reused.
fn exchange(
    from_client: &mut Side<'_>,
    client: &TcpStream,
    server: &TcpStream,
    head: &Head,
    fault: Option<Fault>,
) -> io::Result<bool> {
    let damage = match fault {
        Some(Fault::FlipRequestByte(at)) => Damage::flip(at, head.length),
        Some(Fault::ResetRequest(after)) => Damage::end(after),
        _ => Damage::default(),
    };
    (&*server).write_all(head.raw.as_bytes())?;
    let sent = pass_body(from_client, &mut &*server, head, damage);
    if matches!(fault, Some(Fault::ResetRequest(_))) {
        reset(server)?;
        reset(client)?;
        return Ok(false);
    }
    if sent.is_err() {
        // a server must not wait forever for the rest of an aborted request
        server.shutdown(Shutdown::Write)?;
    }
    let mut from_server = BufReader::with_capacity(PIECE, server);
    // a server that does not read the whole body has sent the reason
    let answer = loop {
        let answer = read_head(&mut from_server)?;
        if status(&answer) >= 200 {
            break answer;
        }
    };
    let whole = pass_answer(&mut from_server, client, (head, &answer), fault)?;
    Ok(whole && sent.is_ok() && !answer.closes && !head.closes)
}

/// Returns whether the client received the whole response.
fn pass_answer(
    from_server: &mut Side<'_>,
    client: &TcpStream,
    (request, answer): (&Head, &Head),
    fault: Option<Fault>,
) -> io::Result<bool> {
    let raw = answer.raw.as_bytes();
    let mut to_client = client;
    if fault == Some(Fault::ResetInHead) {
        to_client.write_all(&raw[..raw.len().min(20)])?;
        reset(client)?;
        return Ok(false);
    }
    to_client.write_all(raw)?;
    if request.method() == "HEAD" || matches!(status(answer), 204 | 304) {
        return Ok(true);
    }
    let damage = match fault {
        Some(Fault::FlipAnswerByte(at)) => Damage::flip(at, answer.length),
        Some(Fault::ResetAnswer(after) | Fault::TruncateAnswer(after)) => Damage::end(after),
        _ => Damage::default(),
    };
    if answer.length.is_none() && !answer.chunked {
        io::copy(from_server, &mut to_client)?;
        return Ok(false);
    }
    pass_body(from_server, &mut to_client, answer, damage)?;
    if matches!(fault, Some(Fault::ResetAnswer(_))) {
        reset(client)?;
    }
    Ok(damage.end.is_none())
}

/// The fault of a body in transit.
#[derive(Clone, Copy, Default)]
struct Damage {
    flip: Option<u64>,
    /// Ends after this byte.
    end: Option<u64>,
}

impl Damage {
    fn flip(at: u64, length: Option<u64>) -> Self {
        let flip = Some(at % length.unwrap_or(u64::MAX).max(1));
        Self { flip, end: None }
    }

    fn end(after: u64) -> Self {
        let end = Some(after);
        Self { flip: None, end }
    }
}

const PIECE: usize = 256 * 1024;

/// Forwards a body with its framing.
fn pass_body(
    from: &mut Side<'_>,
    to: &mut impl Write,
    head: &Head,
    damage: Damage,
) -> io::Result<()> {
    if !head.chunked {
        return pass(from, to, (0, head.length.unwrap_or(0)), damage).map(|_| ());
    }
    let mut at = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16);
        let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        to.write_all(line.as_bytes())?;
        if !pass(from, to, (at, size), damage)? {
            return Ok(());
        }
        at += size;
        // the end of a chunk, or the trailers
        loop {
            line.clear();
            from.read_line(&mut line)?;
            to.write_all(line.as_bytes())?;
            if line.trim_end().is_empty() {
                break;
            }
        }
        if size == 0 {
            return Ok(());
        }
    }
}

/// Forwards this many bytes, which follow the first `at` of the body. Returns whether more can follow.
fn pass(
    from: &mut Side<'_>,
    to: &mut impl Write,
    (mut at, length): (u64, u64),
    damage: Damage,
) -> io::Result<bool> {
    let end = at + length;
    let mut piece = vec![0; PIECE.min(usize::try_from(length).unwrap_or(PIECE))];
    while at < end {
        let most = usize::try_from(end - at).map_or(piece.len(), |left| left.min(piece.len()));
        let n = from.read(&mut piece[..most])?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let read = at..at + n as u64;
        let flip = damage.flip.filter(|flip| read.contains(flip));
        if let Some(byte) = flip.and_then(|flip| piece.get_mut(usize::try_from(flip - at).ok()?)) {
            *byte ^= 1;
        }
        let kept = damage.end.map_or(n as u64, |end| end.saturating_sub(at));
        let kept = usize::try_from(kept).map_or(n, |kept| kept.min(n));
        to.write_all(&piece[..kept])?;
        if kept < n {
            return Ok(false);
        }
        at = read.end;
    }
    Ok(damage.end.is_none_or(|last| last > end))
}

fn refusal(status: u16, head: &Head) -> Vec<u8> {
    let code = if status == 503 {
        "SlowDown"
    } else {
        "InternalError"
    };
    let body = match head.method() {
        "HEAD" => String::new(),
        _ => format!("<Error><Code>{code}</Code><Message>said by the proxy</Message></Error>"),
    };
    let length = body.len();
    format!("HTTP/1.1 {status} {code}\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
