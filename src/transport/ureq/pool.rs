//! Connections: opened through `ureq`'s connectors, kept while they are idle.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use http::Uri;
use ureq::config::Config;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::time::{Duration as Time, Instant as Now};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Error, Proxy, Timeout};

use super::socket::{Begin, End, NoResolver, SocketConnector};
use crate::sync;
use crate::transport::Network;

/// So long an idle connection is kept: services close theirs after some 20 seconds.
const MAX_IDLE: Duration = Duration::from_secs(15);

/// All timeouts of `ureq` are off: the one judge of time is below it.
pub(super) const NEVER: NextTimeout = NextTimeout {
    after: Time::NotHappening,
    reason: Timeout::Global,
    per_read: None,
    per_write: None,
};

type Link = Box<dyn Transport>;
type Chain = dyn Connector<(), Out = Link>;

/// Opens connections and keeps those that are idle.
#[derive(Debug)]
pub(super) struct Pool {
    opener: Opener,
    /// Opens the connections to the proxy that tunnels go through.
    to_proxy: Option<Arc<Opener>>,
    max_idle: usize,
    /// The last used is the last.
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    to: Box<str>,
    link: Link,
    since: Instant,
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}

impl Pool {
    /// One whose connections are made with these settings of TLS.
    pub(super) fn new(network: &Network, tls: &TlsConfig) -> Self {
        Self::with(network, Opener::new(network, tls, None), None)
    }

    /// One whose connections are tunnels through a proxy.
    pub(super) fn tunnels(
        network: &Network,
        tls: &TlsConfig,
        proxy_tls: &TlsConfig,
        proxy: Proxy,
    ) -> Self {
        let to_proxy = Arc::new(Opener::new(network, proxy_tls, None));
        let opener = Opener::new(network, tls, Some(proxy));
        Self::with(network, opener, Some(to_proxy))
    }

    fn with(network: &Network, opener: Opener, to_proxy: Option<Arc<Opener>>) -> Self {
        Self {
            opener,
            to_proxy,
            max_idle: network.max_idle_connections,
            idle: Mutex::default(),
        }
    }

    /// A connection to this host that is open, or a new one.
    pub(super) fn connect(&self, to: &Uri) -> Result<Link, Error> {
        while let Some(mut link) = self.take(&place(to)) {
            if link.is_open() {
                return Ok(link);
            }
        }
        self.open(to)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        sync::lock(&self.idle)
    }

    fn take(&self, to: &str) -> Option<Link> {
        let mut idle = self.idle();
        let mut old = Vec::new();
        while (idle.front()).is_some_and(|first| first.since.elapsed() >= MAX_IDLE) {
            old.extend(idle.pop_front());
        }
        let at = idle.iter().rposition(|one| *one.to == *to);
        let found = at.and_then(|at| idle.remove(at));
        // connections are closed behind the lock
        drop(idle);
        drop(old);
        found.map(|one| one.link)
    }

    /// Keeps a connection that has nothing more to say.
    pub(super) fn keep(&self, to: &Uri, mut link: Link) {
        if !link.buffers().input().is_empty() || !link.is_open() {
            return;
        }
        let (to, since) = (place(to), Instant::now());
        let mut idle = self.idle();
        idle.push_back(Idle { to, link, since });
        let spare = match idle.len() > self.max_idle {
            true => idle.pop_front(),
            false => None,
        };
        drop(idle);
        drop(spare);
    }

    fn open(&self, to: &Uri) -> Result<Link, Error> {
        let to_proxy = self.to_proxy.clone();
        // a tunnel's connector asks for the connection to the proxy here
        let run = move |details: &ConnectionDetails<'_>| match &to_proxy {
            Some(opener) => opener.open(details.uri, Arc::new(|_| Err(Error::ConnectionFailed))),
            None => Err(Error::ConnectionFailed),
        };
        self.opener.open(to, Arc::new(run))
    }
}

/// Whom a connection is to.
fn place(uri: &Uri) -> Box<str> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    format!("{scheme}://{host}:{}", super::port(uri)).into()
}

type Run = dyn Fn(&ConnectionDetails<'_>) -> Result<Link, Error> + Send + Sync;

/// Opens connections with settings of its own: `ureq`'s connector for TLS keeps the first that it meets.
#[derive(Debug)]
struct Opener {
    connector: Box<Chain>,
    config: Config,
}

impl Opener {
    fn new(network: &Network, tls: &TlsConfig, tunnel: Option<Proxy>) -> Self {
        let connector = Begin
            .chain(ConnectProxyConnector::default())
            .chain(SocketConnector {
                keepalive: network.tcp_keepalive,
            })
            .chain(RustlsConnector::default())
            .chain(End);
        let config = Config::builder()
            .proxy(tunnel)
            .tls_config(tls.clone())
            .user_agent(ureq::config::AutoHeaderValue::None)
            .build();
        Self {
            connector: Box::new(connector),
            config,
        }
    }

    /// `run` opens the connection to the proxy of a tunnel.
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
