//! Byte streams: sockets, and TLS over them.

use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_rustls::client::TlsStream;

/// A connection to a peer.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether the socket is open and nothing was received on it that has not been read.
    fn is_quiet(&self) -> bool;
}

/// A connection to a peer, whatever it consists of.
pub(super) type Stream = Box<dyn Io>;

impl Io for TcpStream {
    fn is_quiet(&self) -> bool {
        // the runtime may not know yet that something was received
        let peeked = SockRef::from(self).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }
}

impl Io for TlsStream<Stream> {
    fn is_quiet(&self) -> bool {
        self.get_ref().0.is_quiet()
    }
}

/// Whether a connection can be used again: it is neither closed nor has unexpected input. Messages of TLS itself are read.
pub(super) fn is_reusable(stream: &mut Stream) -> bool {
    let mut byte = [0];
    let mut read = ReadBuf::new(&mut byte);
    let poll = std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut read));
    let poll = pin!(unconstrained(poll));
    let polled = Future::poll(poll, &mut Context::from_waker(Waker::noop()));
    matches!(polled, Poll::Pending) && stream.is_quiet()
}
