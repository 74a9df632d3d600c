//! TLS: trusted certificates, and certificates of the client.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
#[cfg(feature = "ureq")]
use zeroize::Zeroizing;

use super::Network;
use crate::error::{Detail, ErrorKind};
use crate::file;

/// An invalid file of certificates or keys.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}", file = file.display())]
pub(crate) struct TlsError {
    file: PathBuf,
    problem: String,
}

impl Detail for TlsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Config
    }
}

/// The certificates of connections to services or to https proxies.
#[derive(Debug)]
pub(crate) struct Trust {
    /// The certificates that are trusted, in place of the built-in ones.
    pub(crate) roots: Option<Arc<[CertificateDer<'static>]>>,
    pub(crate) client: Option<Client>,
}

/// The client's certificate chain and its key, which belong together.
pub(crate) struct Client {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// The file of the key.
    #[cfg(feature = "ureq")]
    pub(crate) key_file: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Trust {
    /// Reads the certificates of connections to services, and of those to https proxies.
    pub(crate) fn read(network: &Network) -> Result<(Self, Self), TlsError> {
        let roots = network.ca_bundle.as_deref().map(roots).transpose()?;
        let of_proxies = match &network.proxy_ca_bundle {
            Some(path) => Some(self::roots(path)?),
            None => roots.clone(),
        };
        let services = Self::with(roots, network.client_certificate.as_ref())?;
        let certificate = network.proxy_client_certificate.as_ref();
        Ok((services, Self::with(of_proxies, certificate)?))
    }

    fn with(
        roots: Option<Arc<[CertificateDer<'static>]>>,
        client: Option<&(PathBuf, PathBuf)>,
    ) -> Result<Self, TlsError> {
        let client = client.map(|(chain, key)| {
            let certificates = Pem::read(chain)?.certificates;
            let pem = Pem::read(key)?;
            let found = pem.key;
            let client = Client {
                chain: certificates,
                key: found
                    .ok_or_else(|| error(key, "the file has no private key in PEM format"))?,
                #[cfg(feature = "ureq")]
                key_file: pem.text,
            };
            match client.check() {
                Ok(()) => Ok(client),
                Err(problem) => Err(error(chain, problem)),
            }
        });
        let client = client.transpose()?;
        Ok(Self { roots, client })
    }
}

/// Reads a bundle of trusted certificates.
fn roots(path: &Path) -> Result<Arc<[CertificateDer<'static>]>, TlsError> {
    let certificates = Pem::read(path)?.certificates;
    match certificates.is_empty() {
        true => Err(error(path, "the file has no certificate in PEM format")),
        false => Ok(certificates.into()),
    }
}

impl Client {
    /// Checks that certificate and key are valid and belong together: `ureq` panics if they do not.
    fn check(&self) -> Result<(), rustls::Error> {
        let provider = rustls::crypto::ring::default_provider().into();
        let builder = rustls::ClientConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(rustls::ALL_VERSIONS)?;
        let builder = builder.with_root_certificates(rustls::RootCertStore::empty());
        builder
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map(drop)
    }
}

fn error(path: &Path, problem: impl fmt::Display) -> TlsError {
    TlsError {
        file: path.to_owned(),
        problem: problem.to_string(),
    }
}

/// The contents of a PEM file.
struct Pem {
    certificates: Vec<CertificateDer<'static>>,
    key: Option<PrivateKeyDer<'static>>,
    #[cfg(feature = "ureq")]
    text: Zeroizing<Vec<u8>>,
}

impl Pem {
    fn read(path: &Path) -> Result<Self, TlsError> {
        let text = file::read_or_pipe(path, file::MAX_SETTINGS).map_err(|e| error(path, e))?;
        let (mut certificates, mut key) = (Vec::new(), None);
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(&text) {
            let (kind, der) = section.map_err(|e| error(path, e))?;
            match kind {
                SectionKind::Certificate => certificates.push(der.into()),
                _ => key = PrivateKeyDer::from_pem(kind, der).or(key),
            }
        }
        Ok(Self {
            certificates,
            key,
            #[cfg(feature = "ureq")]
            text: Zeroizing::new(text),
        })
    }
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
            let error = Trust::read(config.network()).unwrap_err().to_string();
            assert!(error.contains("bundle.pem"), "{error}");
            let config = Config::builder().isolated().client_certificate(name, name);
            let error = Trust::read(config.build().unwrap().network()).unwrap_err();
            assert!(error.to_string().contains("bundle.pem"), "{error}");
        }
    }
}
