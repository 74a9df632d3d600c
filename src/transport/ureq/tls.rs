//! TLS settings.

use ureq::tls::{Certificate, ClientCert, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::transport::Network;
use crate::transport::trust::{Client, TlsError, Trust};

/// Returns the TLS settings of connections to peers with these certificates.
pub(super) fn settings(network: &Network, trust: &Trust) -> Result<TlsConfig, TlsError> {
    let mut tls = TlsConfig::builder().disable_verification(!network.verify_certificates);
    if let Some(roots) = trust.roots()? {
        let roots: Vec<_> = roots.iter().map(|one| certificate(one)).collect();
        tls = tls.root_certs(RootCerts::new_with_certs(&roots));
    }
    let tls = tls.client_cert(trust.client.as_ref().and_then(client));
    Ok(tls.build())
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
