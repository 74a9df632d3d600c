//! Tests against servers in the same process.

mod drops;
mod http1;
mod http2;
mod limits;
mod pools;
mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::TokioTransport;
use crate::body::Body;
use crate::transport::{
    AsyncTransport, Limits, Network, Proxies, Request, Response, TransportError, TransportErrorKind,
};

/// A server, which is stopped when it is dropped.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts a server that does this with each connection, whose number it is passed.
    async fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(usize, TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let counter = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(number, stream));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }

    /// Starts a server that sends the same to everybody, and closes the connection.
    async fn sending(response: Vec<u8>) -> Self {
        Self::start(move |_, mut stream| {
            let response = response.clone();
            async move {
                if read_request(&mut stream).await.is_some() {
                    let _ = stream.write_all(&response).await;
                }
                let _ = stream.shutdown().await;
                // the rest is read, or the client would see a reset
                while stream.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {}
            }
        })
        .await
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a request, and returns it as text, or `None` at the end of the connection.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    let is_whole = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return false;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            (name == "content-length").then(|| value.parse::<usize>().unwrap())
        });
        match length {
            Some(length) => body.len() >= length,
            None => !head.contains("chunked") || body.ends_with("0\r\n\r\n"),
        }
    };
    while !is_whole(&text) {
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// Returns settings other than these.
fn network(set: impl FnOnce(&mut Network)) -> Network {
    let mut network = Network {
        ca_bundle: None,
        client_certificate: None,
        max_idle_connections: 10,
        proxies: Proxies::new(),
        proxy_ca_bundle: None,
        proxy_client_certificate: None,
        proxy_forwards_https: false,
        tcp_keepalive: true,
        verify_certificates: true,
    };
    set(&mut network);
    network
}

fn transport() -> TokioTransport {
    TokioTransport::new(&network(|_| {})).unwrap()
}

fn request(method: Method, url: &str, body: impl Into<Body>) -> Request {
    let request = http::Request::builder().method(method).uri(url);
    request.body(body.into()).unwrap()
}

fn get(url: &str) -> Request {
    request(Method::GET, url, "")
}

/// Short limits.
fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        read: Duration::from_secs(5),
        ..Limits::default()
    }
}

fn duplex() -> Limits {
    Limits {
        duplex: true,
        ..limits()
    }
}

/// Reads a response to its end.
async fn read(response: Response) -> Result<(u16, String), TransportError> {
    let uri = http::Uri::from_static("http://body");
    let (head, mut body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Ok((
            head.status.as_u16(),
            String::from_utf8_lossy(&body).into_owned(),
        )),
        Err(error) => Err(TransportError::of_body(&uri, error)),
    }
}

/// Sends a request and reads the response.
async fn call(
    transport: &TokioTransport,
    request: Request,
    limits: Limits,
) -> Result<(u16, String), TransportError> {
    read(AsyncTransport::send(transport, request, limits).await?).await
}

fn kind(result: Result<(u16, String), TransportError>) -> Option<TransportErrorKind> {
    result.err().map(|error| error.kind())
}
