//! Byte streams: sockets, and TLS over them.

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_rustls::client::TlsStream;

/// A connection to a peer.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether the connection can be used again: it is neither closed nor has unexpected input.
    fn is_quiet(&mut self) -> bool;
}

/// A connection to a peer, whatever it consists of.
pub(super) type Stream = Box<dyn Io>;

impl Io for TcpStream {
    fn is_quiet(&mut self) -> bool {
        // the runtime may not know yet that something was received
        let peeked = SockRef::from(&*self).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }
}

impl Io for TlsStream<Stream> {
    fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut read = ReadBuf::new(&mut byte);
        // messages of TLS itself are read
        let poll = poll_fn(|cx| Pin::new(&mut *self).poll_read(cx, &mut read));
        let poll = pin!(unconstrained(poll));
        let polled = poll.poll(&mut Context::from_waker(Waker::noop()));
        polled.is_pending() && self.get_mut().0.is_quiet()
    }
}
