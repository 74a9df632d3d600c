//! Async clients for tests, over transports that block.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, channel};
use tucuxi::transport::Request;
use tucuxi::transport::{
    AsyncTransport, Limits, Sending, Transport, TransportError, TransportErrorKind,
};
use tucuxi::{AsyncClient, Body, ConfigBuilder, ResponseBody};

/// An async client of a transport that blocks.
pub(crate) fn client(config: ConfigBuilder, transport: impl Transport + 'static) -> AsyncClient {
    let transport = Threaded(Arc::new(transport));
    AsyncClient::with_transport(config.build().unwrap(), transport).unwrap()
}

/// Sends on threads of the runtime's pool.
struct Threaded<T>(Arc<T>);

impl<T: Transport + 'static> AsyncTransport for Threaded<T> {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        let transport = self.0.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let uri = head.uri.clone();
            let failed =
                |e: io::Error| TransportError::new(TransportErrorKind::Interrupted, &uri, e);
            let body = in_memory(&body).await.map_err(failed)?;
            let request = Request::from_parts(head, body.into());
            let sent = tokio::task::spawn_blocking(move || transport.send(request, &limits));
            let response = sent.await.map_err(io::Error::other).map_err(failed)??;
            Ok(response.map(streamed))
        })
    }
}

async fn in_memory(body: &Body) -> io::Result<Bytes> {
    let mut stream = body.open_async()?;
    let mut all = Vec::new();
    while let Some(chunk) = next(&mut stream).await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all.into())
}

/// The next element of a stream.
pub(crate) async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// The elements of a stream.
pub(crate) async fn all<S: Stream + Unpin>(mut stream: S) -> Vec<S::Item> {
    let mut all = Vec::new();
    while let Some(element) = next(&mut stream).await {
        all.push(element);
    }
    all
}

struct Chunks(Receiver<io::Result<Bytes>>);

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

fn streamed(mut body: ResponseBody) -> ResponseBody {
    let len = body.len();
    let (sender, chunks) = channel(4);
    tokio::task::spawn_blocking(move || {
        let mut buf = vec![0; 64 * 1024];
        loop {
            let (read, is_last) = match body.read(&mut buf) {
                Ok(0) => return,
                Ok(n) => (Ok(Bytes::copy_from_slice(&buf[..n])), false),
                Err(error) => (Err(error), true),
            };
            if sender.blocking_send(read).is_err() || is_last {
                return;
            }
        }
    });
    ResponseBody::from_stream(Chunks(chunks), len)
}
