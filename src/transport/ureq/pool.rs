//! The pool of connections, which are opened through `ureq`'s connectors.

use std::sync::Arc;

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::time::{Duration as Time, Instant as Now};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, Transport,
};
use ureq::{Error, Proxy, Timeout};

use super::socket::{MarkConnected, MarkConnecting, NoResolver, SocketConnector};
use super::tls::Tls;
use crate::transport::Network;
use crate::transport::idle::Idle;

/// No timeout: those of `ureq` are off, as the sockets below it have their own.
pub(super) const NEVER: NextTimeout = NextTimeout {
    after: Time::NotHappening,
    reason: Timeout::Global,
    per_read: None,
    per_write: None,
};

type Link = Box<dyn Transport>;
type Chain = dyn Connector<(), Out = Link>;

/// Opens connections and keeps idle ones.
#[derive(Debug)]
pub(super) struct Pool {
    opener: Opener,
    /// Opens connections to the proxy of tunnels.
    to_proxy: Option<Arc<Opener>>,
    idle: Idle<Link>,
}

impl Pool {
    /// Creates a pool of connections with these TLS settings.
    pub(super) fn new(network: &Network, tls: &Tls) -> Self {
        Self::with(network, Opener::new(network, tls, None), None)
    }

    /// Creates a pool of tunnels through a proxy.
    pub(super) fn tunnels(network: &Network, tls: &Tls, proxy_tls: &Tls, proxy: Proxy) -> Self {
        let to_proxy = Arc::new(Opener::new(network, proxy_tls, None));
        let opener = Opener::new(network, tls, Some(proxy));
        Self::with(network, opener, Some(to_proxy))
    }

    fn with(network: &Network, opener: Opener, to_proxy: Option<Arc<Opener>>) -> Self {
        Self {
            opener,
            to_proxy,
            idle: Idle::new(network.max_idle_connections),
        }
    }

    /// Returns an idle connection with this key, or opens one to the host of a URL.
    pub(super) fn connect(&self, to: &Uri, key: &str) -> Result<Link, Error> {
        while let Some(mut link) = self.idle.take(key) {
            if link.is_open() {
                return Ok(link);
            }
        }
        self.open(to)
    }

    /// Keeps a connection for reuse, unless it has unread input. Whether it is still open is checked when it is used.
    pub(super) fn keep(&self, key: Box<str>, mut link: Link) {
        if link.buffers().input().is_empty() {
            self.idle.keep(key, link);
        }
    }

    fn open(&self, to: &Uri) -> Result<Link, Error> {
        let to_proxy = self.to_proxy.clone();
        // the connector of tunnels opens the connection to the proxy with this function
        let run = move |details: &ConnectionDetails<'_>| match &to_proxy {
            Some(opener) => opener.open(details.uri, Arc::new(|_| Err(Error::ConnectionFailed))),
            None => Err(Error::ConnectionFailed),
        };
        self.opener.open(to, Arc::new(run))
    }
}

type Run = dyn Fn(&ConnectionDetails<'_>) -> Result<Link, Error> + Send + Sync;

/// Opens connections with one set of TLS settings. There is one opener for each set, because `ureq`'s TLS connector keeps the first
/// settings that it is used with.
#[derive(Debug)]
struct Opener {
    connector: Box<Chain>,
    config: Config,
}

impl Opener {
    fn new(network: &Network, tls: &Tls, tunnel: Option<Proxy>) -> Self {
        let connector = MarkConnecting
            .chain(ConnectProxyConnector::default())
            .chain(SocketConnector {
                keepalive: network.tcp_keepalive,
            })
            .chain(tls.clone())
            .chain(MarkConnected);
        let config = Config::builder()
            .proxy(tunnel)
            .tls_config(tls.config.clone())
            .user_agent(ureq::config::AutoHeaderValue::None)
            .build();
        Self {
            connector: Box::new(connector),
            config,
        }
    }

    /// Opens a connection. `run` opens the connection to the proxy of a tunnel.
    fn open(&self, to: &Uri, run: Arc<Run>) -> Result<Link, Error> {
        let details = ConnectionDetails {
            uri: to,
            addrs: NoResolver.empty(),
            config: &self.config,
            request_level: false,
            resolver: &NoResolver,
            now: Now::now(),
            timeout: NEVER,
            current_time: Arc::new(Now::now),
            run_connector: run,
            register_shutdown: Arc::new(|_| Ok(())),
        };
        self.connector
            .connect(&details, None)?
            .ok_or(Error::ConnectionFailed)
    }
}
