//! Asynchronous sources and targets on the threads of a job.
//!
//! A thread waits until the source has bytes or the target takes them, so neither is ahead of the other by more than what a job
//! keeps in memory. The wait ends when the job is cancelled.

use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::pin::Pin;

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

use crate::body::BodyStream;
use crate::cancel::CancelToken;
use crate::runtime;

/// Waits on this thread.
fn wait<T>(cancel: &CancelToken, done: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    runtime::block_on(None, async {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(io::Error::other("cancelled by the caller")),
            done = done => done,
        }
    })?
}

/// Reads a stream.
pub(super) struct AsyncReader {
    /// `None` after its end.
    stream: Option<BodyStream>,
    rest: Bytes,
    cancel: CancelToken,
}

impl AsyncReader {
    pub(super) fn boxed(stream: BodyStream, cancel: &CancelToken) -> Box<dyn Read + Send> {
        Box::new(Self {
            stream: Some(stream),
            rest: Bytes::new(),
            cancel: cancel.clone(),
        })
    }
}

impl Read for AsyncReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty()
            && !buf.is_empty()
            && let Some(stream) = &mut self.stream
        {
            let next = poll_fn(|cx| stream.as_mut().poll_next(cx));
            match wait(&self.cancel, async { next.await.transpose() })? {
                Some(chunk) => self.rest = chunk,
                None => self.stream = None,
            }
        }
        let n = buf.len().min(self.rest.len());
        self.rest.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

/// Writes to an asynchronous writer. Flushing shuts it down, as it comes at the end.
pub(super) struct AsyncWriter<'t> {
    writer: Pin<Box<dyn AsyncWrite + Send + 't>>,
    cancel: CancelToken,
}

impl<'t> AsyncWriter<'t> {
    pub(super) fn boxed(
        writer: Pin<Box<dyn AsyncWrite + Send + 't>>,
        cancel: &CancelToken,
    ) -> Box<dyn Write + Send + 't> {
        let cancel = cancel.clone();
        Box::new(Self { writer, cancel })
    }
}

impl Write for AsyncWriter<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let writer = &mut self.writer;
        let written = poll_fn(|cx| writer.as_mut().poll_write(cx, buf));
        wait(&self.cancel, written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let writer = &mut self.writer;
        let shut_down = poll_fn(|cx| writer.as_mut().poll_shutdown(cx));
        wait(&self.cancel, shut_down)
    }
}
