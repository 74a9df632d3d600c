//! TLS settings.

use std::fmt;
use std::sync::{Arc, Mutex};

use ureq::Error;
use ureq::tls::{Certificate, ClientCert, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{ConnectionDetails, Connector, RustlsConnector, Transport};

use crate::sync;
use crate::transport::Network;
use crate::transport::trust::{Client, Roots, TlsError, Trust};

/// TLS of connections to peers with certain certificates. Clones share the decoded certificates and the sessions that can be resumed.
#[derive(Clone, Default)]
pub(super) struct Tls {
    pub(super) config: TlsConfig,
    /// It keeps the first settings that it is used with.
    connector: Arc<RustlsConnector>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.connector.connect(details, chained)
    }
}

/// The settings of clients without a certificate of their own, which the clients of a process share.
static SHARED: Mutex<Vec<Shared>> = Mutex::new(Vec::new());

/// How many settings are shared. A program has one, and perhaps one for proxies.
const MANY: usize = 4;

struct Shared {
    verifies: bool,
    roots: Option<Arc<Roots>>,
    tls: Tls,
}

impl Tls {
    /// Returns the TLS of connections to peers with these certificates.
    pub(super) fn new(network: &Network, trust: &Trust) -> Result<Self, TlsError> {
        let verifies = network.verify_certificates;
        if trust.client.is_some() {
            return Self::own(verifies, trust);
        }
        let is_same = |one: &Shared| {
            let roots = [&one.roots, &trust.roots].map(|roots| roots.as_ref().map(Arc::as_ptr));
            one.verifies == verifies && roots[0] == roots[1]
        };
        let mut shared = sync::lock(&SHARED);
        if let Some(known) = shared.iter().find(|one| is_same(one)) {
            return Ok(known.tls.clone());
        }
        let tls = Self::own(verifies, trust)?;
        if shared.len() >= MANY {
            shared.remove(0);
        }
        shared.push(Shared {
            verifies,
            roots: trust.roots.clone(),
            tls: tls.clone(),
        });
        Ok(tls)
    }

    fn own(verifies: bool, trust: &Trust) -> Result<Self, TlsError> {
        let mut tls = TlsConfig::builder().disable_verification(!verifies);
        if let Some(roots) = &trust.roots {
            let roots = roots.certificates()?.iter().map(|one| certificate(one));
            tls = tls.root_certs(RootCerts::from(roots));
        }
        let tls = tls.client_cert(trust.client.as_ref().and_then(client));
        Ok(Self {
            config: tls.build(),
            connector: Arc::default(),
        })
    }
}

fn certificate(der: &[u8]) -> Certificate<'static> {
    Certificate::from_der(der).to_owned()
}

/// The key is parsed again, as there is no other way to make one for `ureq`.
fn client(client: &Client) -> Option<ClientCert> {
    let chain: Vec<_> = client.chain.iter().map(|one| certificate(one)).collect();
    let items = parse_pem(&client.key_file).filter_map(Result::ok);
    let keys = items.filter_map(|item| match item {
        PemItem::PrivateKey(key) => Some(key),
        _ => None,
    });
    Some(ClientCert::new_with_certs(&chain, keys.last()?))
}
