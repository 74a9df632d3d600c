//! The body of a request, as it is sent.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::body::{Body, BodyStream};
use crate::transport::failure::Failure;

/// A body that is being sent. It is opened when a connection is.
pub(super) struct Outgoing {
    body: Body,
    source: Source,
    /// Whether something was read from the stream.
    is_begun: bool,
    /// What is left of the announced length.
    left: Option<u64>,
    /// The last bytes of the announced length. They are sent when the end has been seen, so that a body which is too long is not
    /// taken for complete.
    last: Option<Bytes>,
}

enum Source {
    Closed,
    Memory(Bytes),
    Stream(BodyStream),
    Ended,
}

impl Outgoing {
    pub(super) fn new(body: Body) -> Self {
        Self {
            left: body.len(),
            source: Source::Closed,
            is_begun: false,
            body,
            last: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }

    /// Whether the length is unknown.
    pub(super) fn is_chunked(&self) -> bool {
        self.body.len().is_none()
    }

    /// Returns the body at its beginning, if it can be sent again or nothing of it was read.
    pub(super) fn again(mut self) -> Option<Self> {
        if self.bytes().is_some() {
            self.source = Source::Closed;
            return Some(self);
        }
        (!self.is_begun).then_some(self)
    }

    /// Returns the whole body if it is in memory.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        self.body.bytes()
    }

    /// Opens the body, unless it is open.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        if let Source::Closed = self.source {
            self.source = match self.body.bytes() {
                Some(bytes) => Source::Memory(bytes.clone()),
                None => Source::Stream(self.body.open_async().map_err(Failure::Body)?),
            };
        }
        Ok(())
    }

    /// Checks a body whose announced length is 0. Its head is the whole request, to which the server responds, so this comes first.
    pub(super) async fn check_empty(&mut self) -> Result<(), Failure> {
        if !self.is_empty() || self.bytes().is_some() {
            return Ok(());
        }
        self.open()?;
        match poll_fn(|cx| self.poll_next(cx)).await {
            // the stream of a body has the announced length, or fails
            Some(Err(error)) => Err(Failure::Body(error)),
            Some(Ok(_)) | None => {
                *self = Self::new(Body::empty());
                Ok(())
            }
        }
    }

    /// Whether all bytes have been returned.
    pub(super) fn is_ended(&self) -> bool {
        match &self.source {
            Source::Closed | Source::Stream(_) => false,
            Source::Memory(bytes) => bytes.is_empty(),
            Source::Ended => true,
        }
    }

    /// Returns the next bytes, or `None` at the end.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let stream = match &mut self.source {
                Source::Stream(stream) => stream,
                Source::Memory(bytes) if !bytes.is_empty() => {
                    return Poll::Ready(Some(Ok(std::mem::take(bytes))));
                }
                Source::Memory(_) | Source::Closed | Source::Ended => return Poll::Ready(None),
            };
            self.is_begun = true;
            // the stream of a body has the announced length, or fails
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => {
                    self.left = self
                        .left
                        .map(|left| left.saturating_sub(chunk.len() as u64));
                    match self.left {
                        Some(0) => self.last = Some(chunk),
                        _ => return Poll::Ready(Some(Ok(chunk))),
                    }
                }
                Some(Err(error)) => {
                    self.source = Source::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.source = Source::Ended;
                    return Poll::Ready(self.last.take().map(Ok));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures_core::Stream;

    use super::*;

    struct Chunks(Vec<&'static str>);

    impl Stream for Chunks {
        type Item = io::Result<&'static str>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let next = (!self.0.is_empty()).then(|| self.0.remove(0));
            Poll::Ready(next.map(Ok))
        }
    }

    #[tokio::test]
    async fn a_body_of_another_length_is_never_complete() {
        let cases = [
            (vec!["ab", "", "c"], Some("abc")),
            (vec!["ab"], None),
            (vec!["ab", "cd"], None),
            (vec!["abc", "", "d"], None),
        ];
        for (chunks, expected) in cases {
            let body = Body::from_stream_with_len(Chunks(chunks.clone()), 3);
            let mut outgoing = Outgoing::new(body);
            outgoing.open().unwrap();
            let (mut sent, mut failed) = (Vec::new(), false);
            while let Some(chunk) = poll_fn(|cx| outgoing.poll_next(cx)).await {
                match chunk {
                    Ok(chunk) => sent.extend_from_slice(&chunk),
                    Err(_) => failed = true,
                }
            }
            assert!(outgoing.is_ended());
            match expected {
                Some(expected) => assert_eq!((&*sent, failed), (expected.as_bytes(), false)),
                None => assert!(failed && sent.len() < 3, "{chunks:?}: {sent:?}"),
            }
        }
    }
}
