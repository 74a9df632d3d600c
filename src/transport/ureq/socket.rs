//! Sockets for `ureq`: as its own, and they look up from every wait to see whether somebody still wants what they wait for,
//! know keep-alive, and keep reading where the other side answers before the whole body was sent.

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

use super::watch::{Phase, SLICE, Watch};

/// Finds nothing: names are looked up where a connection is opened, and not for each request.
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
            deaf: false,
        })))
    }
}

/// The first of the chain: connecting begins.
#[derive(Debug)]
pub(super) struct Begin;

impl Connector<()> for Begin {
    type Out = ();

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<()>, Error> {
        Watch::current().begin_to_connect();
        Ok(None)
    }
}

fn open(uri: &Uri, keepalive: bool) -> Result<TcpStream, Error> {
    let watch = Watch::current();
    let host = uri.host().unwrap_or_default();
    let addresses = look_up(host.trim_matches(['[', ']']), super::port(uri), &watch)?;
    let began = Instant::now();
    let mut failure = None;
    for (n, address) in addresses.iter().enumerate() {
        // half of what is left for each but the last, so that one which is silent leaves time for the others
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

/// The addresses of a host. The system's lookup cannot be ended, so it is left behind in its thread.
fn look_up(host: &str, port: u16, watch: &Watch) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = (host.to_owned(), port);
    std::thread::Builder::new().spawn(move || {
        let found = name.to_socket_addrs().map(Vec::from_iter);
        // nobody may be there any more
        let _ = sender.send(found);
    })?;
    let since = Instant::now();
    loop {
        match receiver.recv_timeout(watch.slice(since, Phase::Connect(since))?) {
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
        let slice = watch.slice(since, Phase::Connect(since))?;
        // a sixteenth more than the connection takes by itself
        let pause = (waited / 16).clamp(Duration::from_micros(100), SLICE / 5);
        watch.limits.cancel.wait(pause.min(slice));
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffers: LazyBuffers,
    /// As the socket has them for reading and writing: setting them costs a system call.
    timeouts: [Option<Duration>; 2],
    /// Whether the other side listens no more, though it may have said why.
    deaf: bool,
}

/// For so long a body must be stuck before what the other side says meanwhile is taken for its answer. TLS says things of its
/// own, though not for long.
const STUCK: Duration = Duration::from_millis(200);

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

    /// Whether the other side has said something.
    fn has_input(&self) -> bool {
        let peek = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            peeked
        };
        peek().is_ok_and(|n| n > 0)
    }

    fn write_all(&mut self, amount: usize, watch: &Watch) -> io::Result<()> {
        let mut sent = 0;
        let mut since = Instant::now();
        while sent < amount {
            let slice = watch.slice(since, Phase::Send)?;
            self.set_timeout(true, slice)?;
            let is_body = watch.phase() == Phase::Send;
            match (&self.stream).write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    sent += n;
                    watch.flowed(n, since.elapsed(), Phase::Send);
                    since = Instant::now();
                }
                Err(e) if is_pause(&e) => {
                    if is_body && since.elapsed() >= STUCK && self.has_input() {
                        return self.stop_sending(watch);
                    }
                }
                Err(e) if is_body && is_end(&e) => return self.stop_sending(watch),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The rest of the body is not sent; what the other side has said is its answer.
    fn stop_sending(&mut self, watch: &Watch) -> io::Result<()> {
        self.deaf = true;
        watch.set_answered();
        Ok(())
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock
    )
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        match self.deaf {
            true => Ok(()),
            false => Ok(self.write_all(amount, &Watch::current())?),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let watch = Watch::current();
        let since = Instant::now();
        loop {
            let mut slice = watch.slice(since, Phase::Receive)?;
            // of ureq's timeouts only this one is set
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
                    watch.flowed(n, since.elapsed(), Phase::Receive);
                    self.buffers.input_appended(n);
                    return Ok(n > 0);
                }
                Err(e) if is_pause(&e) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        let probe = || {
            self.stream.set_nonblocking(true)?;
            let read = (&self.stream).read(&mut [0]);
            self.stream.set_nonblocking(false)?;
            read
        };
        // an end, and also words that nobody asked for, make a connection useless
        !self.deaf && probe().is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }
}

/// The last of the chain: the connection stands, TLS included.
#[derive(Debug)]
pub(super) struct End;

impl<In: Transport> Connector<In> for End {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Watch::current().connected();
        Ok(chained.map(|link| Box::new(link) as Self::Out))
    }
}
