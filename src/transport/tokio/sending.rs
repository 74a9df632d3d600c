//! The body of a request on a stream of HTTP/2.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio::task::JoinHandle;

use super::outgoing::Outgoing;
use crate::transport::failure::Failure;

/// The body of a request that is being sent.
pub(super) struct Sending {
    pub(super) stream: SendStream<Bytes>,
    pub(super) body: Outgoing,
    pub(super) chunk: Bytes,
    /// Whether the network is waited for, and not the program's body.
    pub(super) is_blocked: bool,
    /// Whether the whole body was sent, or the server does not want it.
    pub(super) is_done: bool,
    /// Whether the whole body was sent.
    pub(super) is_sent: bool,
    /// The bytes that were sent and not yet counted.
    pub(super) sent: Arc<AtomicU64>,
}

impl Sending {
    /// Completes when the whole body was sent, or the server refused the rest, as its response says.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let polled = self.poll_all(cx);
        self.is_done = polled.is_ready();
        polled
    }

    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        loop {
            if self.chunk.is_empty() {
                self.is_blocked = false;
                match ready!(self.body.poll_next(cx)) {
                    Some(Ok(chunk)) => self.chunk = chunk,
                    Some(Err(error)) => {
                        self.stream.send_reset(Reason::CANCEL);
                        return Poll::Ready(Err(Failure::Body(error)));
                    }
                    None => {
                        self.is_sent = self.stream.send_data(Bytes::new(), true).is_ok();
                        return Poll::Ready(Ok(()));
                    }
                }
            }
            self.stream.reserve_capacity(self.chunk.len());
            while self.stream.capacity() == 0 {
                self.is_blocked = true;
                match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Poll::Ready(Ok(())),
                }
            }
            let n = self.stream.capacity().min(self.chunk.len());
            let part = self.chunk.split_to(n);
            let is_last = self.chunk.is_empty() && self.body.is_ended();
            let sent = self.stream.send_data(part, is_last);
            self.sent.fetch_add(n as u64, Ordering::Relaxed);
            self.is_sent = is_last && sent.is_ok();
            if is_last || sent.is_err() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// The rest of a request that is sent while its response is received. Dropping it ends that.
pub(super) struct Task(pub(super) JoinHandle<Result<(), Failure>>);

impl Task {
    pub(super) fn of(mut sending: Sending) -> Self {
        Self(tokio::spawn(async move {
            // the server may have responded instead of asking for the body
            sending.body.open()?;
            poll_fn(|cx| sending.poll(cx)).await
        }))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
