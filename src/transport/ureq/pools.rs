//! The pools of the routes of requests.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use ureq::Proxy;

use super::pool::Pool;
use super::tls;
use crate::error::Result;
use crate::transport::Network;
use crate::transport::route::{self, Route, Routes, invalid};
use crate::transport::trust::Trust;

/// The pools of connections.
#[derive(Debug)]
pub(super) struct Pools {
    routes: Routes,
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
        let (services, proxies) = Trust::read(network)?;
        let tls = tls::settings(network, &services);
        let proxy_tls = tls::settings(network, &proxies);
        let routes = Routes::new(network)?;
        let tunnels = |proxy: &route::Proxy| {
            let proxy = Proxy::new(proxy.url.as_str());
            let proxy = proxy.map_err(|e| invalid("https", &e.to_string()))?;
            let pool = Pool::tunnels(network, &tls, &proxy_tls, proxy);
            Ok(Arc::new(pool))
        };
        let tunnels: Option<Result<_>> = routes.https.as_ref().map(tunnels);
        Ok(Self {
            direct: Arc::new(Pool::new(network, &tls)),
            to_proxies: Arc::new(Pool::new(network, &proxy_tls)),
            tunnels: tunnels.transpose()?,
            routes,
        })
    }

    /// Returns the way to a URL. `direct` is for one without a proxy, whatever the settings.
    pub(super) fn to<'a>(&'a self, uri: &'a Uri, direct: bool) -> Way<'a> {
        let (pool, to, forward) = match (self.routes.to(uri, direct), &self.tunnels) {
            (Route::Forwarding(proxy), _) => {
                let authorization = proxy.authorization.as_ref();
                (&self.to_proxies, &proxy.to, Some(authorization))
            }
            (Route::Tunnel(_), Some(tunnels)) => (tunnels, uri, None),
            _ => (&self.direct, uri, None),
        };
        Way { pool, to, forward }
    }
}
