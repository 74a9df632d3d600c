//! The pools of the routes of requests.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use once_cell::sync::OnceCell;
use ureq::Proxy;

use super::pool::Pool;
use super::tls::Tls;
use crate::error::Result;
use crate::transport::Network;
use crate::transport::TransportErrorKind::Request;
use crate::transport::failure::Failure;
use crate::transport::route::{self, Route, Routes, invalid};
use crate::transport::trust::{TlsError, Trust};

/// The pools of connections.
#[derive(Debug)]
pub(super) struct Pools {
    network: Network,
    routes: Routes,
    /// The proxy of tunnels.
    tunnel: Option<Proxy>,
    /// Certificates for services, and for proxies.
    trust: (Trust, Trust),
    /// Connections without TLS.
    plain: Arc<Pool>,
    /// The others, once one of them is needed.
    secure: OnceCell<Secure>,
}

/// The pools of connections with TLS.
#[derive(Debug)]
struct Secure {
    /// Connections to services.
    direct: Arc<Pool>,
    /// Connections to proxies that forward requests.
    to_proxies: Arc<Pool>,
    /// Connections to services through tunnels.
    tunnels: Option<Arc<Pool>>,
}

/// The connection that a request needs.
pub(super) struct Way<'a> {
    pub(super) pool: &'a Arc<Pool>,
    /// The peer of the connection.
    pub(super) to: &'a Uri,
    /// Set for a forwarding proxy, with the value of `Proxy-Authorization`, if any.
    pub(super) forward: Option<Option<&'a HeaderValue>>,
}

impl Pools {
    pub(super) fn new(network: &Network) -> Result<Self> {
        let routes = Routes::new(network)?;
        let tunnel = routes.https.as_ref().map(|proxy: &route::Proxy| {
            let proxy = Proxy::new(proxy.url.as_str());
            proxy.map_err(|e| invalid("https", &e.to_string()))
        });
        Ok(Self {
            tunnel: tunnel.transpose()?,
            routes,
            trust: Trust::find(network)?,
            plain: Arc::new(Pool::new(network, &Tls::default())),
            secure: OnceCell::new(),
            network: network.clone(),
        })
    }

    /// Returns the way to a URL. `direct` is for one without a proxy, whatever the settings.
    pub(super) fn to<'a>(&'a self, uri: &'a Uri, direct: bool) -> Result<Way<'a>, Failure> {
        let (to, forward, is_tunnel) = match self.routes.to(uri, direct) {
            Route::Forwarding(proxy) => (&proxy.to, Some(proxy.authorization.as_ref()), false),
            Route::Tunnel(_) => (uri, None, true),
            Route::Direct => (uri, None, false),
        };
        let pool = match (is_tunnel, to.scheme_str() == Some("https")) {
            (false, false) => &self.plain,
            _ => {
                let secure = self.secure.get_or_try_init(|| self.secure());
                let secure = secure.map_err(|e| Failure::Other(Request, e.into()))?;
                match (&secure.tunnels, forward) {
                    (Some(tunnels), _) if is_tunnel => tunnels,
                    (_, Some(_)) => &secure.to_proxies,
                    _ => &secure.direct,
                }
            }
        };
        Ok(Way { pool, to, forward })
    }

    fn secure(&self) -> Result<Secure, TlsError> {
        let network = &self.network;
        let tls = Tls::new(network, &self.trust.0)?;
        let proxy_tls = Tls::new(network, &self.trust.1)?;
        let tunnels = self.tunnel.clone().map(|proxy| {
            let pool = Pool::tunnels(network, &tls, &proxy_tls, proxy);
            Arc::new(pool)
        });
        Ok(Secure {
            direct: Arc::new(Pool::new(network, &tls)),
            to_proxies: Arc::new(Pool::new(network, &proxy_tls)),
            tunnels,
        })
    }
}
