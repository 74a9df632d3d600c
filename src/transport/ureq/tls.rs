//! Certificates: whom we trust, and who we are.

use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::{Detail, ErrorKind};
use crate::file;
use crate::transport::Network;

/// A file of certificates or keys that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {what}", file = file.display())]
pub(super) struct TlsError {
    file: PathBuf,
    what: String,
}

impl Detail for TlsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}

/// The settings of connections to services.
pub(super) fn to_services(network: &Network) -> Result<TlsConfig, TlsError> {
    let certificate = network.client_certificate.as_ref();
    settings(network, network.ca_bundle.as_deref(), certificate)
}

/// The settings of connections to https proxies.
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
            return Err(fault(path, "it has no certificate in PEM form"));
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    if let Some((chain, key)) = certificate {
        let (certificates, _) = read(chain)?;
        let (_, found) = read(key)?;
        let found = found.ok_or_else(|| fault(key, "it has no private key in PEM form"))?;
        check(&certificates, &found).map_err(|what| fault(chain, what))?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates, found)));
    }
    Ok(tls.build())
}

fn fault(path: &Path, what: impl std::fmt::Display) -> TlsError {
    TlsError {
        file: path.to_owned(),
        what: what.to_string(),
    }
}

type Items = (Vec<Certificate<'static>>, Option<PrivateKey<'static>>);

fn read(path: &Path) -> Result<Items, TlsError> {
    let text = file::read_or_pipe(path, file::MAX_SETTINGS).map_err(|e| fault(path, e))?;
    let (mut certificates, mut key) = (Vec::new(), None);
    for item in parse_pem(&text) {
        match item.map_err(|e| fault(path, e))? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            PemItem::PrivateKey(found) => key = Some(found),
            _ => {}
        }
    }
    Ok((certificates, key))
}

/// `ureq` takes certificate and key for good ones, and panics where they are not.
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
    fn files_that_have_no_certificate_are_errors_that_name_them() {
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
