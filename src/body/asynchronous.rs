//! Bodies of the async client: streams in place of readers.

use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use http_body::Body as HttpBody;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::Handle;

use super::exact::{too_long, too_short};
use super::response::{Source, too_large};
use super::source::spent;
use super::{Body, BodySource, Kind, ResponseBody, Reuse};
use crate::{read, runtime, sync};

/// The most bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// The chunks of a body.
pub type BodyStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

impl Body {
    /// Creates a body from a stream of chunks, for the async client. The stream can be sent once.
    ///
    /// Where the signature or a checksum must be known before the body is sent, as over http, the stream is kept in memory up to
    /// 8 MiB and in a temporary file beyond.
    ///
    /// ```
    /// use std::io;
    /// use tucuxi::Body;
    /// # use std::pin::Pin;
    /// # use std::task::{Context, Poll};
    /// # struct Lines;
    /// # impl futures_core::Stream for Lines {
    /// #     type Item = io::Result<&'static [u8]>;
    /// #     fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> { Poll::Ready(None) }
    /// # }
    /// # let lines = Lines;
    /// let body = Body::from_stream(lines);
    /// assert_eq!(body.len(), None);
    /// ```
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::of_stream(Box::pin(Converted(Box::pin(stream))), None)
    }

    /// Creates a body from a stream of exactly `len` bytes. Sending it fails if the stream is shorter or longer.
    pub fn from_stream_with_len<S, B, E>(stream: S, len: u64) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::of_stream(Box::pin(Converted(Box::pin(stream))), Some(len))
    }

    /// Creates a body from an asynchronous reader, for the async client. It can be sent once.
    ///
    /// ```
    /// let body = tucuxi::Body::from_async_read(tokio::io::empty());
    /// assert_eq!(body.len(), None);
    /// ```
    pub fn from_async_read(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::of_stream(Box::pin(Reading(Box::pin(reader))), None)
    }

    /// Creates a body from one of `http-body`, such as a request of a server that is passed on, for the async client. It can be
    /// sent once. Trailers are dropped.
    ///
    /// ```
    /// # use http_body_util::Full;
    /// let body = tucuxi::Body::from_http_body(Full::new(bytes::Bytes::from("a small fish")));
    /// assert_eq!(body.len(), Some(12));
    /// ```
    pub fn from_http_body<B>(body: B) -> Self
    where
        B: HttpBody + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let len = body.size_hint().exact();
        Self::of_stream(Box::pin(Frames(Box::pin(body))), len)
    }

    fn of_stream(stream: BodyStream, len: Option<u64>) -> Self {
        let stream = Mutex::new(Some(stream));
        Self::from_source(OneStream { stream, len })
    }

    /// Opens a body that is a stream, without its length being checked.
    pub(crate) fn open_stream(&self) -> Option<io::Result<BodyStream>> {
        match &self.0 {
            Kind::Source(source) => source.open_stream(),
            Kind::Bytes(_) | Kind::File { .. } => None,
        }
    }

    /// Opens the body as a stream of exactly the announced length, for an [`AsyncTransport`](crate::transport::AsyncTransport).
    /// Files and readers are read off the executor.
    ///
    /// # Errors
    ///
    /// Returns an error if the body can be opened once and was.
    pub fn open_async(&self) -> io::Result<BodyStream> {
        match self.open_exact_stream() {
            Some(stream) => stream,
            None => Ok(Box::pin(OffExecutor::Closed(self.clone()))),
        }
    }

    /// Opens a body that is a stream.
    pub(crate) fn open_exact_stream(&self) -> Option<io::Result<BodyStream>> {
        let stream = self.open_stream()?;
        Some(stream.map(|stream| exact(stream, self.len())))
    }

    /// Reads the body into memory.
    pub(crate) async fn read_async(&self) -> io::Result<Bytes> {
        if let Some(bytes) = self.bytes() {
            return Ok(bytes.clone());
        }
        let mut stream = self.open_async()?;
        let mut all = BytesMut::new();
        while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all.freeze())
    }
}

/// Limits a stream to exactly this many bytes.
fn exact(stream: BodyStream, len: Option<u64>) -> BodyStream {
    match len {
        Some(left) => Box::pin(ExactStream { stream, left }),
        None => stream,
    }
}

/// A stream, which can be opened once.
struct OneStream {
    stream: Mutex<Option<BodyStream>>,
    len: Option<u64>,
}

impl BodySource for OneStream {
    fn len(&self) -> Option<u64> {
        self.len
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Blocking(Buffered::new(self.take()?))))
    }
    fn open_stream(&self) -> Option<io::Result<BodyStream>> {
        Some(self.take())
    }
    fn reuse(&self) -> Reuse {
        match *sync::lock(&self.stream) {
            Some(_) => Reuse::Once,
            None => Reuse::Consumed,
        }
    }
}

impl OneStream {
    fn take(&self) -> io::Result<BodyStream> {
        sync::lock(&self.stream).take().ok_or_else(spent)
    }
}

/// A stream of other chunks and errors.
struct Converted<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Converted<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(next.map(|chunk| chunk.map(B::into).map_err(io::Error::other)))
    }
}

/// The chunks of an asynchronous reader.
struct Reading<R>(Pin<Box<R>>);

impl<R: AsyncRead> Stream for Reading<R> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut chunk = vec![0; CHUNK];
        let mut buf = ReadBuf::new(&mut chunk);
        let read = ready!(self.0.as_mut().poll_read(cx, &mut buf));
        let filled = buf.filled().len();
        Poll::Ready(match (read, filled) {
            (Err(error), _) => Some(Err(error)),
            (Ok(()), 0) => None,
            (Ok(()), _) => {
                chunk.truncate(filled);
                Some(Ok(chunk.into()))
            }
        })
    }
}

/// The data frames of a body.
struct Frames<B>(Pin<Box<B>>);

impl<B> Stream for Frames<B>
where
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(self.0.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                Some(Ok(frame)) => frame,
            };
            if let Ok(mut data) = frame.into_data() {
                let len = data.remaining();
                return Poll::Ready(Some(Ok(data.copy_to_bytes(len))));
            }
        }
    }
}

/// A stream of exactly the announced number of bytes. It looks for the end together with the last byte, as `Exact` does.
struct ExactStream {
    stream: BodyStream,
    left: u64,
}

impl Stream for ExactStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let next = ready!(self.stream.as_mut().poll_next(cx));
            return Poll::Ready(match next {
                Some(Ok(chunk)) if chunk.is_empty() => continue,
                Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                    Some(left) => {
                        self.left = left;
                        Some(Ok(chunk))
                    }
                    None => Some(Err(too_long())),
                },
                None if self.left > 0 => Some(Err(too_short(std::mem::take(&mut self.left)))),
                other => other,
            });
        }
    }
}

/// A body that is read on threads that may block. No thread is held while the network is slow.
enum OffExecutor {
    Closed(Body),
    Reading(Pin<Box<dyn Future<Output = io::Result<Piece>> + Send>>),
    Idle(Box<dyn Read + Send>),
    Done,
}

/// A reader, and what was read from it: nothing at its end.
struct Piece {
    reader: Box<dyn Read + Send>,
    chunk: Vec<u8>,
}

impl Piece {
    fn of(mut reader: Box<dyn Read + Send>, largest: usize) -> io::Result<Self> {
        let mut chunk = vec![0; largest];
        let n = read::some(&mut reader, &mut chunk)?;
        chunk.truncate(n);
        Ok(Self { reader, chunk })
    }
}

impl Stream for OffExecutor {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            *self = match std::mem::replace(&mut *self, Self::Done) {
                Self::Done => return Poll::Ready(None),
                Self::Closed(body) => {
                    let len = body.len().unwrap_or(u64::MAX).clamp(1, read::CHUNK as u64);
                    let largest = usize::try_from(len).unwrap_or(read::CHUNK);
                    let open = move || Piece::of(body.open()?, largest);
                    Self::Reading(Box::pin(async { runtime::off_executor(open).await? }))
                }
                Self::Idle(reader) => {
                    let more = move || Piece::of(reader, read::CHUNK);
                    Self::Reading(Box::pin(async { runtime::off_executor(more).await? }))
                }
                Self::Reading(mut reading) => match reading.as_mut().poll(cx) {
                    Poll::Pending => {
                        *self = Self::Reading(reading);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(Ok(Piece { chunk, .. })) if chunk.is_empty() => Self::Done,
                    Poll::Ready(Ok(Piece { reader, chunk })) => {
                        *self = Self::Idle(reader);
                        return Poll::Ready(Some(Ok(chunk.into())));
                    }
                },
            }
        }
    }
}

/// A stream, and the part of its last chunk that has not been read.
pub(super) struct Buffered {
    /// `None` once it has ended.
    stream: Option<BodyStream>,
    rest: Bytes,
    /// The runtime, for a body that threads outside of it read.
    runtime: Option<Handle>,
}

impl Buffered {
    fn new(stream: BodyStream) -> Self {
        Self {
            stream: Some(stream),
            rest: Bytes::new(),
            runtime: None,
        }
    }

    /// Returns the next chunk of the stream, which is not empty.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        while let Some(stream) = &mut self.stream {
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                other => {
                    self.stream = None;
                    return Poll::Ready(other);
                }
            }
        }
        Poll::Ready(None)
    }

    /// Copies what is left of `chunk` and keeps what does not fit.
    fn copy(&mut self, mut chunk: Bytes, into: &mut [u8]) -> usize {
        let n = into.len().min(chunk.len());
        chunk.copy_to_slice(&mut into[..n]);
        self.rest = chunk;
        n
    }
}

/// A stream that a thread reads which may block.
struct Blocking(Buffered);

impl Read for Blocking {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut chunk = std::mem::take(&mut self.0.rest);
        if chunk.is_empty() && !buf.is_empty() {
            let next = runtime::block_on(None, poll_fn(|cx| self.0.poll_next(cx)))?;
            chunk = next.transpose()?.unwrap_or_default();
        }
        Ok(self.0.copy(chunk, buf))
    }
}

/// Reading without blocking, with the feature `async`. The body of an [`AsyncClient`](crate::AsyncClient)'s response can only be
/// read in this way.
impl ResponseBody {
    /// Creates a body from a stream, with an announced length, if there is one.
    pub fn from_stream(
        stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        len: Option<u64>,
    ) -> Self {
        let stream = exact(Box::pin(stream), len);
        Self::of(Source::Stream(Buffered::new(stream)), len)
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let next = match &mut self.source {
            Source::Stream(stream) if !stream.rest.is_empty() => {
                return Poll::Ready(Some(Ok(std::mem::take(&mut stream.rest))));
            }
            Source::Stream(stream) => ready!(stream.poll_next(cx)),
            // the body of a `Stub` or a `Replay`, which is in memory
            Source::Reader(_) => {
                let most = match self.len() {
                    Some(_) => self.expected().clamp(1, CHUNK),
                    None => CHUNK,
                };
                let mut chunk = vec![0; most];
                let read = read::some(self, &mut chunk).map(|n| {
                    chunk.truncate(n);
                    chunk.into()
                });
                return Poll::Ready(match read {
                    Ok(chunk) if Bytes::is_empty(&chunk) => None,
                    read => Some(read),
                });
            }
        };
        Poll::Ready(match next {
            Some(Ok(chunk)) => Some(self.check(&chunk).map(|()| chunk)),
            Some(Err(error)) => Some(Err(error)),
            None => self.check(&[]).err().map(Err),
        })
    }

    /// Returns the next bytes, or `None` at the end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut body = tucuxi::ResponseBody::from("a small fish");
    /// let mut bytes = 0;
    /// while let Some(chunk) = body.chunk().await? {
    ///     bytes += chunk.len();
    /// }
    /// assert_eq!(bytes, 12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the connection breaks, the body ends early or its checksum does not match.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|cx| self.poll_chunk(cx)).await.transpose()
    }

    /// Reads the rest of the body into memory.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut body = tucuxi::ResponseBody::from("a small fish");
    /// assert_eq!(body.collect().await?, "a small fish");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn collect(&mut self) -> io::Result<Bytes> {
        self.collect_within(u64::MAX).await
    }

    /// Reads the rest of the body into memory, or returns an error if it has more than `max` bytes.
    pub(crate) async fn collect_within(&mut self, max: u64) -> io::Result<Bytes> {
        self.check_len(max)?;
        // most bodies are one chunk, which is not copied
        let mut first = self.chunk().await?.unwrap_or_default();
        let mut all = BytesMut::new();
        while (first.len() + all.len()) as u64 <= max {
            let Some(chunk) = self.chunk().await? else {
                return Ok(match all.is_empty() {
                    true => first,
                    false => all.freeze(),
                });
            };
            if all.is_empty() {
                all.reserve(self.expected());
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&chunk);
        }
        Err(too_large(max))
    }

    /// Lets threads outside of the runtime read the body.
    pub(crate) fn for_threads(mut self, runtime: Option<&Handle>) -> Self {
        if let Source::Stream(stream) = &mut self.source {
            stream.runtime = runtime.cloned();
        }
        self
    }

    /// Reads on a thread that may block.
    pub(super) fn read_stream(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let runtime = match &self.source {
            Source::Stream(stream) => stream.runtime.clone(),
            Source::Reader(_) => None,
        };
        let next = runtime::block_on(runtime.as_ref(), poll_fn(|cx| self.poll_chunk(cx)))?;
        Ok(self.keep(next.transpose()?.unwrap_or_default(), buf))
    }

    /// Copies a chunk of the stream, and keeps what does not fit.
    fn keep(&mut self, chunk: Bytes, into: &mut [u8]) -> usize {
        match &mut self.source {
            Source::Stream(stream) => stream.copy(chunk, into),
            Source::Reader(_) => 0,
        }
    }
}

impl Stream for ResponseBody {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}

impl AsyncRead for ResponseBody {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let into = buf.initialize_unfilled();
        let n = match &self.source {
            Source::Reader(_) => read::some(&mut *self, into)?,
            Source::Stream(_) => {
                let chunk = ready!(self.poll_chunk(cx)).transpose()?;
                self.keep(chunk.unwrap_or_default(), into)
            }
        };
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}
