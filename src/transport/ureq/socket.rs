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
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::current::{SLICE, current, slice};
use crate::transport::authority::port;
use crate::transport::failure::is_end;
use crate::transport::watch::{Phase, Watch};

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
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(Connection {
            stream,
            buffers,
            timeouts: [None; 2],
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
    stream: TcpStream,
    buffers: LazyBuffers,
    /// The current timeouts of the socket for reading and writing: setting one is a system call.
    timeouts: [Option<Duration>; 2],
    /// Whether the peer stopped reading. It may have sent an early response.
    write_closed: bool,
}

/// How long sending must be blocked before pending input is treated as an early response. Messages of TLS itself are pending for
/// a shorter time.
const EARLY_RESPONSE_GRACE: Duration = Duration::from_millis(200);

impl Connection {
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

    fn write_all(&mut self, amount: usize, watch: &Watch) -> io::Result<()> {
        let mut sent = 0;
        let mut since = Instant::now();
        while sent < amount {
            let slice = slice(watch, since, Phase::Send)?;
            self.set_timeout(true, slice)?;
            let is_body = watch.phase() == Phase::Send;
            match (&self.stream).write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    sent += n;
                    watch.transferred(n, since.elapsed(), Phase::Send);
                    since = Instant::now();
                }
                Err(e) if is_pause(&e) => {
                    if is_body && since.elapsed() >= EARLY_RESPONSE_GRACE && self.has_input() {
                        return self.stop_sending(watch);
                    }
                }
                Err(e) if is_body && is_end(&e) => return self.stop_sending(watch),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Stops sending the body: pending input is an early response.
    fn stop_sending(&mut self, watch: &Watch) -> io::Result<()> {
        self.write_closed = true;
        watch.set_early_response();
        Ok(())
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
        match self.write_closed {
            true => Ok(()),
            false => Ok(self.write_all(amount, &current())?),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let watch = current();
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
            self.set_timeout(false, slice)?;
            let input = self.buffers.input_append_buf();
            match (&self.stream).read(input) {
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
        !self.write_closed && !is_readable(&self.stream)
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
