//! Opening connections: host names, sockets, tunnels through proxies, TLS.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use http::Uri;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::socket::Stream;
use super::tls::{self, Tls};
use crate::error::Result;
use crate::transport::authority::port;
use crate::transport::failure::Failure;
use crate::transport::message::{Heads, Step};
use crate::transport::route::{Proxy, Route};
use crate::transport::trust::Trust;
use crate::transport::{Network, TransportErrorKind};

/// Opens connections.
#[derive(Debug)]
pub(super) struct Connector {
    keepalive: bool,
    to_services: Tls,
    to_proxies: Tls,
}

/// An open connection.
pub(super) struct Opened {
    pub(super) stream: Stream,
    /// Whether HTTP/2 was negotiated.
    pub(super) is_http2: bool,
}

impl Connector {
    pub(super) fn new(network: &Network) -> Result<Self> {
        let verifies = network.verify_certificates;
        let (services, proxies) = Trust::find(network)?;
        Ok(Self {
            keepalive: network.tcp_keepalive,
            to_services: Tls::new(services, verifies, true),
            to_proxies: Tls::new(proxies, verifies, false),
        })
    }

    /// Opens a connection for requests to a URL. `limit` is the time for it, which the caller observes too.
    pub(super) async fn open(
        &self,
        uri: &Uri,
        route: Route<'_>,
        limit: Duration,
    ) -> Result<Opened, Failure> {
        let stream = match route {
            Route::Direct => self.socket(uri, limit).await?,
            Route::Forwarding(proxy) => {
                return Ok(Opened {
                    stream: self.to_proxy(proxy, limit).await?,
                    is_http2: false,
                });
            }
            Route::Tunnel(proxy) => {
                let mut stream = self.to_proxy(proxy, limit).await?;
                tunnel(&mut stream, uri, proxy).await?;
                stream
            }
        };
        if uri.scheme_str() != Some("https") {
            return Ok(Opened {
                stream,
                is_http2: false,
            });
        }
        let stream = self.to_services.connect(uri, stream).await?;
        Ok(Opened {
            is_http2: tls::is_http2(&stream),
            stream: Box::new(stream),
        })
    }

    async fn to_proxy(&self, proxy: &Proxy, limit: Duration) -> Result<Stream, Failure> {
        let stream = self.socket(&proxy.to, limit).await?;
        if proxy.to.scheme_str() != Some("https") {
            return Ok(stream);
        }
        Ok(Box::new(self.to_proxies.connect(&proxy.to, stream).await?))
    }

    async fn socket(&self, uri: &Uri, limit: Duration) -> Result<Stream, Failure> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let addresses = resolve(host, port(uri)).await?;
        let began = Instant::now();
        let mut failure = Failure::HostNotFound;
        for (n, address) in addresses.iter().enumerate() {
            // half of the remaining time for each address but the last, so that a silent one leaves time for the others
            let connecting = TcpStream::connect(address);
            let connected = match n + 1 == addresses.len() {
                true => connecting.await,
                false => {
                    let left = limit.saturating_sub(began.elapsed());
                    let connected = timeout(left / 2, connecting).await;
                    connected.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
                }
            };
            match connected {
                Ok(socket) => {
                    self.set_up(&socket)?;
                    return Ok(Box::new(socket));
                }
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    fn set_up(&self, socket: &TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        if self.keepalive {
            SockRef::from(socket).set_keepalive(true)?;
        }
        Ok(())
    }
}

/// Resolves a host name. The lookup of the system cannot be cancelled, so it is abandoned on a thread of the runtime.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    match lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(_) => Err(Failure::HostNotFound),
    }
}

/// Requests a tunnel to the host of a URL from a proxy.
async fn tunnel(stream: &mut Stream, uri: &Uri, proxy: &Proxy) -> Result<(), Failure> {
    let to = format!("{}:{}", uri.host().unwrap_or_default(), port(uri));
    let mut text =
        format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nProxy-Connection: Keep-Alive\r\n")
            .into_bytes();
    if let Some(authorization) = &proxy.authorization {
        text.extend_from_slice(b"Proxy-Authorization: ");
        text.extend_from_slice(authorization.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    stream.write_all(&text).await?;
    stream.flush().await?;
    let refused = |reason: String| {
        let what = format!("CONNECT proxy failed: {reason}");
        Failure::Other(TransportErrorKind::Connect, what.into())
    };
    let (mut input, mut heads) = (BytesMut::new(), Heads::default());
    loop {
        match heads.decode(&input, false)? {
            None => {
                if stream.read_buf(&mut input).await? == 0 {
                    return Err(refused("proxy server did not respond".into()));
                }
            }
            Some((len, Step::Final(head))) if head.status.is_success() => {
                // the service does not begin to speak
                return match input.len() > len {
                    true => Err(refused("proxy server sent more than a response".into())),
                    false => Ok(()),
                };
            }
            Some((_, Step::Final(head))) => {
                let status = head.status.as_u16();
                return Err(refused(format!("proxy server responded {status}/{status}")));
            }
            Some((len, Step::Continue | Step::Interim)) => drop(input.split_to(len)),
        }
    }
}
