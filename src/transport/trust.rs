//! TLS: trusted certificates, and certificates of the client.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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
    pub(crate) roots: Option<Arc<Roots>>,
    pub(crate) client: Option<Client>,
}

/// A bundle of trusted certificates, which is read when the first TLS connection is opened.
#[derive(Debug)]
pub(crate) struct Roots {
    file: PathBuf,
    certificates: OnceCell<Arc<[CertificateDer<'static>]>>,
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
    /// Finds the certificates of connections to services, and of those to https proxies.
    pub(crate) fn find(network: &Network) -> Result<(Self, Self), TlsError> {
        let roots = network.ca_bundle.as_deref().map(Roots::find).transpose()?;
        let of_proxies = match &network.proxy_ca_bundle {
            Some(path) => Some(Roots::find(path)?),
            None => roots.clone(),
        };
        let client = |files: &Option<(PathBuf, PathBuf)>| {
            let files = files.as_ref();
            files
                .map(|(chain, key)| Client::read(chain, key))
                .transpose()
        };
        let services = Self {
            roots,
            client: client(&network.client_certificate)?,
        };
        let proxies = Self {
            roots: of_proxies,
            client: client(&network.proxy_client_certificate)?,
        };
        Ok((services, proxies))
    }

    /// The trusted certificates, if they are not the built-in ones.
    pub(crate) fn roots(&self) -> Result<Option<&[CertificateDer<'static>]>, TlsError> {
        let roots = self.roots.as_ref();
        roots.map(|roots| roots.certificates()).transpose()
    }
}

impl Roots {
    /// Checks that a file may have certificates.
    fn find(path: &Path) -> Result<Arc<Self>, TlsError> {
        let text = file::read_or_pipe(path, file::MAX_SETTINGS).map_err(|e| error(path, e))?;
        let roots = Self {
            file: path.to_owned(),
            certificates: OnceCell::new(),
        };
        // a pipe can be read once
        let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            let certificates = roots.parse(&text)?;
            roots.certificates.get_or_init(|| certificates);
        } else if memchr::memmem::find(&text, b"-----BEGIN CERTIFICATE-----").is_none() {
            return Err(roots.none());
        }
        Ok(Arc::new(roots))
    }

    fn certificates(&self) -> Result<&[CertificateDer<'static>], TlsError> {
        let read = self.certificates.get_or_try_init(|| {
            let text = file::read_or_pipe(&self.file, file::MAX_SETTINGS);
            self.parse(&text.map_err(|e| error(&self.file, e))?)
        });
        read.map(|certificates| &**certificates)
    }

    fn parse(&self, text: &[u8]) -> Result<Arc<[CertificateDer<'static>]>, TlsError> {
        let certificates = Pem::parse(&self.file, text)?.certificates;
        match certificates.is_empty() {
            true => Err(self.none()),
            false => Ok(certificates.into()),
        }
    }

    fn none(&self) -> TlsError {
        error(&self.file, "the file has no certificate in PEM format")
    }
}

impl Client {
    fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path| file::read_or_pipe(path, file::MAX_SETTINGS).map_err(|e| error(path, e));
        let certificates = Pem::parse(chain, &read(chain)?)?.certificates;
        let text = Zeroizing::new(read(key)?);
        let found = Pem::parse(key, &text)?.key;
        let client = Self {
            chain: certificates,
            key: found.ok_or_else(|| error(key, "the file has no private key in PEM format"))?,
            #[cfg(feature = "ureq")]
            key_file: text,
        };
        match client.check() {
            Ok(()) => Ok(client),
            Err(problem) => Err(error(chain, problem)),
        }
    }

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
}

impl Pem {
    fn parse(path: &Path, text: &[u8]) -> Result<Self, TlsError> {
        let (mut certificates, mut key) = (Vec::new(), None);
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            let (kind, der) = section.map_err(|e| error(path, e))?;
            match kind {
                SectionKind::Certificate => certificates.push(der.into()),
                _ => key = PrivateKeyDer::from_pem(kind, der).or(key),
            }
        }
        Ok(Self { certificates, key })
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
            let found = Trust::find(config.network());
            let read = found.and_then(|(services, _)| services.roots().map(|_| ()));
            let error = read.unwrap_err().to_string();
            assert!(error.contains("bundle.pem"), "{error}");
            let config = Config::builder().isolated().client_certificate(name, name);
            let error = Trust::find(config.build().unwrap().network()).unwrap_err();
            assert!(error.to_string().contains("bundle.pem"), "{error}");
        }
    }
}
