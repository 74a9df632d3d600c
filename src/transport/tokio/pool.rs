//! The pool of connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::Uri;

use super::connect::{Connector, Opened};
use super::http2;
use super::shared::{Lease, Shared};
use super::socket::Stream;
use super::wait::{Wait, now};
use crate::error::Result;
use crate::runtime;
use crate::sync;
use crate::transport::authority::key;
use crate::transport::failure::Failure;
use crate::transport::idle::Idle;
use crate::transport::route::Route;
use crate::transport::watch::Phase;
use crate::transport::{Network, TransportErrorKind};

/// How many hosts are remembered that no request uses.
const MAX_HOSTS: usize = 64;

/// Opens connections and keeps them.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    /// Connections of HTTP/1.1.
    idle: Idle<Stream>,
    /// The hosts that may speak HTTP/2.
    hosts: Mutex<HashMap<Box<str>, Arc<Host>>>,
}

/// A host that may speak HTTP/2.
#[derive(Debug, Default)]
struct Host {
    /// Held while a connection is opened that others may share.
    opening: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    speaks_http1: bool,
    connections: Vec<Shared>,
}

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need<'a> {
    pub(super) uri: &'a Uri,
    pub(super) route: Route<'a>,
    /// Whether only HTTP/2 will do.
    pub(super) is_http2: bool,
    /// Whether it may take long.
    pub(super) is_long: bool,
}

/// A connection for a request.
pub(super) enum Link {
    Http1 {
        stream: Stream,
        is_used: bool,
        key: Box<str>,
    },
    Http2(Lease),
}

impl Pool {
    pub(super) fn new(network: &Network) -> Result<Self> {
        Ok(Self {
            connector: Connector::new(network)?,
            idle: Idle::new(network.max_idle_connections),
            hosts: Mutex::default(),
        })
    }

    /// Returns a connection: an idle one or a new one.
    pub(super) async fn connect(&self, need: Need<'_>, wait: &mut Wait) -> Result<Link, Failure> {
        let key = need.key()?;
        let host = need.may_be_http2()?.then(|| self.host(&key));
        if let Some(lease) = host.as_ref().and_then(|host| host.lease(need.is_long)) {
            return Ok(Link::Http2(lease));
        }
        if !need.is_http2 {
            while let Some(mut stream) = self.idle.take(&key) {
                if stream.is_quiet() {
                    return Ok(Link::http1(stream, true, key));
                }
            }
        }
        let began = now();
        wait.watch.begin_to_connect(began);
        let limit = wait.watch.limits.connect;
        let opening = async {
            match host {
                Some(host) => self.open_shared(&host, need, limit, key).await,
                None => {
                    let opened = self.connector.open(need.uri, need.route, limit).await?;
                    Ok(Link::http1(opened.stream, false, key))
                }
            }
        };
        let link = wait.within(Phase::Connect(began), opening).await??;
        wait.watch.connected();
        Ok(link)
    }

    /// Opens a connection to a host that may speak HTTP/2, one at a time unless it does not.
    async fn open_shared(
        &self,
        host: &Host,
        need: Need<'_>,
        limit: Duration,
        key: Box<str>,
    ) -> Result<Link, Failure> {
        let mut opening = None;
        if !host.speaks_http1() || need.is_http2 {
            opening = Some(host.opening.lock().await);
            if let Some(lease) = host.lease(need.is_long) {
                return Ok(Link::Http2(lease));
            }
            if host.speaks_http1() && !need.is_http2 {
                opening = None;
            }
        }
        let opened = self.connector.open(need.uri, need.route, limit).await?;
        let link = self.opened(host, need, opened, key).await;
        drop(opening);
        link
    }

    /// Makes an open connection one for the request, and for others if they can share it.
    async fn opened(
        &self,
        host: &Host,
        need: Need<'_>,
        opened: Opened,
        key: Box<str>,
    ) -> Result<Link, Failure> {
        if !opened.is_http2 && !need.is_known_http2() {
            host.known().speaks_http1 = true;
            if need.is_http2 {
                self.keep(key, opened.stream);
                return Err(Failure::without_http2());
            }
            return Ok(Link::http1(opened.stream, false, key));
        }
        let shared = Shared::new(opened.stream).await.map_err(http2::failure)?;
        let lease = shared.lease(need.is_long);
        let mut known = host.known();
        known.speaks_http1 = false;
        known.connections.push(shared);
        drop(known);
        let closed = Failure::Closed("it was closed before a request was sent");
        lease.map(Link::Http2).ok_or(closed)
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, key: Box<str>, stream: Stream) {
        // whether it is good for another request is known when that is sent
        self.idle.keep(key, stream);
    }

    fn host(&self, key: &str) -> Arc<Host> {
        let mut hosts = sync::lock(&self.hosts);
        if let Some(host) = hosts.get(key) {
            return host.clone();
        }
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.is_connected());
        }
        let host = Arc::<Host>::default();
        hosts.insert(key.into(), host.clone());
        host
    }
}

impl Host {
    fn known(&self) -> MutexGuard<'_, Known> {
        sync::lock(&self.known)
    }

    fn speaks_http1(&self) -> bool {
        self.known().speaks_http1
    }

    fn is_connected(&self) -> bool {
        let mut known = self.known();
        known.connections.retain(Shared::is_open);
        !known.connections.is_empty()
    }

    /// Takes a place on a connection, if there is one.
    fn lease(&self, is_long: bool) -> Option<Lease> {
        let mut known = self.known();
        known.connections.retain(Shared::is_open);
        let mut connections = known.connections.iter();
        connections.find_map(|one| one.lease(is_long))
    }
}

impl Need<'_> {
    /// Returns the name of the connections that serve it. They belong to a runtime.
    fn key(&self) -> Result<Box<str>, Failure> {
        let runtime = runtime::current();
        let runtime = runtime.map_err(|e| Failure::Other(TransportErrorKind::Request, e.into()))?;
        let (runtime, to) = (runtime.id(), key(self.uri));
        Ok(match self.route {
            Route::Direct if self.is_known_http2() => format!("{runtime} HTTP/2 {to}"),
            Route::Direct => format!("{runtime} {to}"),
            Route::Forwarding(proxy) => format!("{runtime} proxy {}", key(&proxy.to)),
            Route::Tunnel(_) => format!("{runtime} tunnel {to}"),
        }
        .into())
    }

    /// Whether the server is expected to speak HTTP/2 without having been asked: over http, it cannot be asked.
    fn is_known_http2(&self) -> bool {
        self.is_http2 && self.uri.scheme_str() != Some("https")
    }

    /// Whether the connection may be one of HTTP/2.
    fn may_be_http2(&self) -> Result<bool, Failure> {
        let is_https = self.uri.scheme_str() == Some("https");
        match self.route {
            Route::Forwarding(_) if self.is_http2 => {
                let what = "the operation needs HTTP/2, which a proxy does not forward";
                Err(Failure::Other(TransportErrorKind::Request, what.into()))
            }
            Route::Forwarding(_) => Ok(false),
            Route::Direct | Route::Tunnel(_) => Ok(is_https || self.is_http2),
        }
    }
}

impl Link {
    fn http1(stream: Stream, is_used: bool, key: Box<str>) -> Self {
        Self::Http1 {
            stream,
            is_used,
            key,
        }
    }
}
