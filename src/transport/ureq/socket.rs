//! Sockets for `ureq` with cancellation, keep-alive, and responses that are received before the whole body was sent.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use http::Uri;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::buffers::{Fresh, Sizes};
use super::current::{SLICE, current, slice};
use crate::transport::authority::port;
use crate::transport::failure::is_end;
use crate::transport::watch::{Phase, SendState, Watch};

/// Resolves nothing: host names are resolved when a connection is opened, and not for each request.
#[derive(Debug)]
pub(super) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Opens sockets.
#[derive(Debug)]
pub(super) struct SocketConnector {
    pub(super) keepalive: bool,
}

impl<In: Transport> Connector<In> for SocketConnector {
    type Out = Either<In, Connection>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let stream = open(details.uri, self.keepalive)?;
        let config = details.config;
        let buffers = Fresh::new(Sizes {
            input: config.input_buffer_size(),
            output: config.output_buffer_size(),
        });
        Ok(Some(Either::B(Connection {
            socket: Timed {
                stream,
                timeouts: [None; 2],
                blocked: None,
            },
            buffers,
            held: Vec::new(),
            write_closed: false,
        })))
    }
}

/// The first connector of the chain: records that connecting begins.
#[derive(Debug)]
pub(super) struct MarkConnecting;

impl Connector<()> for MarkConnecting {
    type Out = ();

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<()>, Error> {
        current().begin_to_connect(Instant::now());
        Ok(None)
    }
}

fn open(uri: &Uri, keepalive: bool) -> Result<TcpStream, Error> {
    let watch = current();
    let host = uri.host().unwrap_or_default();
    let addresses = resolve(host.trim_matches(['[', ']']), port(uri), &watch)?;
    let began = Instant::now();
    let mut failure = None;
    for (n, address) in addresses.iter().enumerate() {
        // half of the remaining time for each address but the last, so that a silent one leaves time for the others
        let left = watch.limits.connect.saturating_sub(began.elapsed());
        let share = if n + 1 < addresses.len() {
            left / 2
        } else {
            left
        };
        match connect(address, share, &watch) {
            Ok(socket) => {
                socket.set_nonblocking(false)?;
                socket.set_tcp_nodelay(true)?;
                if keepalive {
                    socket.set_keepalive(true)?;
                }
                return Ok(socket.into());
            }
            Err(error) if watch.stopped().is_some() => return Err(error.into()),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.map_or(Error::HostNotFound, Error::Io))
}

/// Resolves a host name. The system's lookup cannot be cancelled, so it runs on its own thread, which a cancelled request abandons.
fn resolve(host: &str, port: u16, watch: &Watch) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = (host.to_owned(), port);
    std::thread::Builder::new().spawn(move || {
        let found = name.to_socket_addrs().map(Vec::from_iter);
        // the receiver is gone if the lookup was abandoned
        let _ = sender.send(found);
    })?;
    let since = Instant::now();
    loop {
        match receiver.recv_timeout(slice(watch, since, Phase::Connect(since))?) {
            Ok(Ok(found)) if !found.is_empty() => return Ok(found),
            Ok(_) | Err(RecvTimeoutError::Disconnected) => return Err(Error::HostNotFound),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// `EINPROGRESS` of Linux and of the BSDs, `WSAEWOULDBLOCK`.
const IN_PROGRESS: [i32; 3] = [115, 36, 10035];

fn connect(address: &SocketAddr, limit: Duration, watch: &Watch) -> io::Result<Socket> {
    let domain = Domain::for_address(*address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    let since = Instant::now();
    match socket.connect(&SockAddr::from(*address)) {
        Ok(()) => return Ok(socket),
        Err(e)
            if e.raw_os_error()
                .is_some_and(|code| IN_PROGRESS.contains(&code)) => {}
        Err(e) => return Err(e),
    }
    loop {
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        if socket.peer_addr().is_ok() {
            return Ok(socket);
        }
        let waited = since.elapsed();
        if waited >= limit {
            return Err(ErrorKind::TimedOut.into());
        }
        let slice = slice(watch, since, Phase::Connect(since))?;
        // polling adds at most a sixteenth to the time of the connection
        let pause = (waited / 16).clamp(Duration::from_micros(100), SLICE / 5);
        watch.limits.cancel.wait(pause.min(slice));
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Timed,
    buffers: Fresh,
    /// What could not be sent when the peer had sent something. It is sent before anything else.
    held: Vec<u8>,
    /// Whether the peer stopped reading. It may have sent an early response.
    write_closed: bool,
}

/// How long sending must be blocked before pending input is looked at: it may be an early response.
const EARLY_RESPONSE_GRACE: Duration = Duration::from_millis(200);

impl Connection {
    /// Sends what was held back, and some of the output. Holds back what the peer does not take while it has sent something, if
    /// that may be an early response.
    fn send(&mut self, amount: usize, may_hold: bool, watch: &Watch) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        let sent = self.socket.write(&held, may_hold, watch)?;
        held.drain(..sent.bytes);
        let output = &self.buffers.output()[..amount];
        let sent = match held.is_empty() && !sent.is_refused {
            true => self.socket.write(output, may_hold, watch)?,
            false => Written { bytes: 0, ..sent },
        };
        held.extend_from_slice(&output[sent.bytes..]);
        if sent.is_refused {
            self.refuse();
            held.clear();
        }
        watch.set_send_state(match (self.write_closed, held.is_empty()) {
            (true, _) => SendState::Refused,
            (false, true) => SendState::Sent,
            (false, false) => SendState::Held,
        });
        self.held = held;
        Ok(())
    }

    /// Sends nothing more.
    fn refuse(&mut self) {
        self.write_closed = true;
        self.held = Vec::new();
    }
}

/// A socket that knows its timeouts.
#[derive(Debug)]
struct Timed {
    stream: TcpStream,
    /// The current timeouts for reading and writing: setting one is a system call.
    timeouts: [Option<Duration>; 2],
    /// When the peer stopped reading, if it did.
    blocked: Option<Instant>,
}

/// How much of some bytes was sent, and whether the peer reads no more.
struct Written {
    bytes: usize,
    is_refused: bool,
}

impl Timed {
    fn set_timeout(&mut self, write: bool, slice: Duration) -> io::Result<()> {
        let known = &mut self.timeouts[usize::from(write)];
        if *known != Some(slice) {
            match write {
                true => self.stream.set_write_timeout(Some(slice))?,
                false => self.stream.set_read_timeout(Some(slice))?,
            }
            *known = Some(slice);
        }
        Ok(())
    }

    /// Whether input is pending.
    fn has_input(&self) -> bool {
        is_readable(&self.stream) && self.stream.peek(&mut [0]).is_ok_and(|n| n > 0)
    }

    /// Sends these bytes. If the peer may respond before it has them all, stops when it does not read and has sent something, or
    /// reads no more.
    fn write(&mut self, bytes: &[u8], may_stop: bool, watch: &Watch) -> io::Result<Written> {
        let mut sent = 0;
        let mut since = self.blocked.take().unwrap_or_else(Instant::now);
        while sent < bytes.len() {
            let slice = slice(watch, since, Phase::Send)?;
            self.set_timeout(true, slice)?;
            match (&self.stream).write(&bytes[sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    sent += n;
                    watch.transferred(n, since.elapsed(), Phase::Send);
                    since = Instant::now();
                }
                Err(e) if is_pause(&e) => {
                    if may_stop && since.elapsed() >= EARLY_RESPONSE_GRACE && self.has_input() {
                        self.blocked = Some(since);
                        break;
                    }
                }
                Err(e) if may_stop && is_end(&e) => {
                    return Ok(Written {
                        bytes: sent,
                        is_refused: true,
                    });
                }
                Err(e) => return Err(e),
            }
        }
        Ok(Written {
            bytes: sent,
            is_refused: false,
        })
    }
}

/// Whether reading would not block: input is pending, or the connection is closed or broken.
#[cfg(unix)]
fn is_readable(stream: &TcpStream) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let at_once = Timespec::default();
    let polled = rustix::io::retry_on_intr(|| {
        poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&at_once))
    });
    polled != Ok(0)
}

/// Whether reading would not block: input is pending, or the connection is closed or broken.
#[cfg(not(unix))]
fn is_readable(stream: &TcpStream) -> bool {
    let peek = || {
        stream.set_nonblocking(true)?;
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false)?;
        peeked
    };
    !peek().is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock
    )
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        if self.write_closed {
            return Ok(());
        }
        let watch = current();
        let is_body = watch.phase() == Phase::Send;
        Ok(self.send(amount, is_body, &watch)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let watch = current();
        if !self.held.is_empty() {
            match watch.send_state() {
                SendState::Refused => self.refuse(),
                SendState::Held | SendState::Sent => self.send(0, true, &watch)?,
            }
        }
        let since = Instant::now();
        loop {
            let mut slice = slice(&watch, since, Phase::Receive)?;
            // the only timeout of ureq that is set
            if timeout.reason == Timeout::Await100 {
                let left = timeout.after.saturating_sub(since.elapsed());
                if left.is_zero() {
                    return Err(Error::Timeout(timeout.reason));
                }
                slice = slice.min(left);
            }
            self.socket.set_timeout(false, slice)?;
            let input = self.buffers.input_append_buf();
            match (&self.socket.stream).read(input) {
                Ok(n) => {
                    watch.transferred(n, since.elapsed(), Phase::Receive);
                    self.buffers.input_appended(n);
                    return Ok(n > 0);
                }
                Err(e) if is_pause(&e) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // neither a closed connection nor one with unexpected input can be reused
        !self.write_closed && self.held.is_empty() && !is_readable(&self.socket.stream)
    }
}

/// The last connector of the chain: records that the connection is open, TLS included.
#[derive(Debug)]
pub(super) struct MarkConnected;

impl<In: Transport> Connector<In> for MarkConnected {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        current().connected();
        Ok(chained.map(|link| Box::new(link) as Self::Out))
    }
}
