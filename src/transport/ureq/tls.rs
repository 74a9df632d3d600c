//! TLS: trusted certificates, and certificates of the client.

use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::{Detail, ErrorKind};
use crate::file;
use crate::transport::Network;

/// An invalid file of certificates or keys.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}", file = file.display())]
pub(super) struct TlsError {
    file: PathBuf,
    problem: String,
}

impl Detail for TlsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}

/// Returns the TLS settings of connections to services.
pub(super) fn to_services(network: &Network) -> Result<TlsConfig, TlsError> {
    let certificate = network.client_certificate.as_ref();
    settings(network, network.ca_bundle.as_deref(), certificate)
}

/// Returns the TLS settings of connections to https proxies.
pub(super) fn to_proxies(network: &Network) -> Result<TlsConfig, TlsError> {
    let bundle = network.proxy_ca_bundle.as_ref();
    let bundle = bundle.or(network.ca_bundle.as_ref());
    let certificate = network.proxy_client_certificate.as_ref();
    settings(network, bundle.map(PathBuf::as_path), certificate)
}

fn settings(
    network: &Network,
    bundle: Option<&Path>,
    certificate: Option<&(PathBuf, PathBuf)>,
) -> Result<TlsConfig, TlsError> {
    let mut tls = TlsConfig::builder().disable_verification(!network.verify_certificates);
    if let Some(path) = bundle {
        let (certificates, _) = read(path)?;
        if certificates.is_empty() {
            return Err(error(path, "the file has no certificate in PEM format"));
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    if let Some((chain, key)) = certificate {
        let (certificates, _) = read(chain)?;
        let (_, found) = read(key)?;
        let found = found.ok_or_else(|| error(key, "the file has no private key in PEM format"))?;
        check(&certificates, &found).map_err(|problem| error(chain, problem))?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates, found)));
    }
    Ok(tls.build())
}

fn error(path: &Path, problem: impl std::fmt::Display) -> TlsError {
    TlsError {
        file: path.to_owned(),
        problem: problem.to_string(),
    }
}

type Items = (Vec<Certificate<'static>>, Option<PrivateKey<'static>>);

fn read(path: &Path) -> Result<Items, TlsError> {
    let text = file::read_or_pipe(path, file::MAX_SETTINGS).map_err(|e| error(path, e))?;
    let (mut certificates, mut key) = (Vec::new(), None);
    for item in parse_pem(&text) {
        match item.map_err(|e| error(path, e))? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            PemItem::PrivateKey(found) => key = Some(found),
            _ => {}
        }
    }
    Ok((certificates, key))
}

/// Checks that certificate and key are valid and belong together: `ureq` panics if they do not.
fn check(chain: &[Certificate<'_>], key: &PrivateKey<'_>) -> Result<(), rustls::Error> {
    let chain = chain
        .iter()
        .map(|one| CertificateDer::from(one.der().to_vec()));
    let key = PrivateKeyDer::try_from(key.der().to_vec());
    let key = key.map_err(|e| rustls::Error::General(e.into()))?;
    let provider = rustls::crypto::ring::default_provider().into();
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(rustls::ALL_VERSIONS)?;
    let builder = builder.with_root_certificates(rustls::RootCertStore::empty());
    builder
        .with_client_auth_cert(chain.collect(), key)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_file_without_a_certificate_is_named_in_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.pem");
        for text in [
            "",
            "no pem",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let name = path.to_str().unwrap();
            let config = Config::builder()
                .isolated()
                .ca_bundle(name)
                .build()
                .unwrap();
            let error = to_services(config.network()).unwrap_err().to_string();
            assert!(error.contains("bundle.pem"), "{error}");
            let config = Config::builder().isolated().client_certificate(name, name);
            let error = to_services(config.build().unwrap().network()).unwrap_err();
            assert!(error.to_string().contains("bundle.pem"), "{error}");
        }
    }
}
