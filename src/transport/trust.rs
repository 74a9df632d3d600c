//! TLS: trusted certificates, and certificates of the client.

use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use once_cell::sync::OnceCell;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::Network;
use crate::error::{Detail, ErrorKind};
use crate::{file, sync};

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

/// A bundle of trusted certificates, which is decoded when the first TLS connection is opened. The clients of a process share it.
#[derive(Debug)]
pub(crate) struct Roots {
    /// The absolute path: the file is read later, when the working directory may be another.
    file: PathBuf,
    /// The state in which the file was found: `None` if another client has to read it again.
    state: Option<State>,
    /// Whether the file was found in another state when it was decoded.
    was_replaced: AtomicBool,
    certificates: OnceCell<Box<[CertificateDer<'static>]>>,
    #[cfg(feature = "async")]
    store: OnceCell<Arc<rustls::RootCertStore>>,
}

/// The bundles that were used last.
#[derive(Default)]
struct Bundles(Mutex<Vec<Arc<Roots>>>);

/// The bundles of this process.
static BUNDLES: Bundles = Bundles(Mutex::new(Vec::new()));

/// How many bundles are kept. A program has one for services and perhaps one for proxies.
const MANY: usize = 4;

/// What shows that a file has changed: its length and the time of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State(u64, SystemTime);

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
        let find = |path| BUNDLES.get(path);
        let roots = network.ca_bundle.as_deref().map(find).transpose()?;
        let of_proxies = match &network.proxy_ca_bundle {
            Some(path) => Some(find(path)?),
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
}

impl Bundles {
    /// Returns the bundle in a file, after checking that it may have certificates.
    fn get(&self, path: &Path) -> Result<Arc<Roots>, TlsError> {
        let path = std::path::absolute(path).map_err(|e| error(path, e))?;
        // before the file is read, so that a change meanwhile is seen
        let metadata = path.metadata().ok();
        let state = metadata.as_ref().and_then(State::of);
        let is_same = |one: &Roots| {
            one.file == path && one.state == state && !one.was_replaced.load(Ordering::Acquire)
        };
        if let Some(known) = sync::lock(&self.0).iter().find(|one| is_same(one)) {
            return Ok(known.clone());
        }
        let is_file = metadata.as_ref().is_some_and(Metadata::is_file);
        // a larger one cannot be read later
        if metadata.is_some_and(|metadata| metadata.len() > file::MAX_SETTINGS) {
            return Err(error(&path, file::too_large(file::MAX_SETTINGS)));
        }
        let roots = Arc::new(Roots::read(path, state, is_file)?);
        if state.is_some() {
            let mut known = sync::lock(&self.0);
            known.retain(|one| one.file != roots.file);
            if known.len() >= MANY {
                known.remove(0);
            }
            known.push(roots.clone());
        }
        Ok(roots)
    }
}

impl Roots {
    fn read(file: PathBuf, state: Option<State>, is_file: bool) -> Result<Self, TlsError> {
        let roots = Self {
            file,
            state,
            was_replaced: AtomicBool::new(false),
            certificates: OnceCell::new(),
            #[cfg(feature = "async")]
            store: OnceCell::new(),
        };
        if !is_file {
            roots.certificates()?; // a pipe can be read once
            return Ok(roots);
        }
        const FIRST: &[u8] = b"-----BEGIN CERTIFICATE-----";
        match file::contains(&roots.file, FIRST, file::MAX_SETTINGS) {
            Ok(true) => Ok(roots),
            Ok(false) => Err(roots.none()),
            Err(e) => Err(error(&roots.file, e)),
        }
    }

    pub(crate) fn certificates(&self) -> Result<&[CertificateDer<'static>], TlsError> {
        let read = self.certificates.get_or_try_init(|| {
            let text = file::read_or_pipe(&self.file, file::MAX_SETTINGS);
            let text = text.map_err(|e| error(&self.file, e))?;
            let metadata = self.file.metadata().ok();
            let state = metadata.as_ref().and_then(State::of);
            self.was_replaced
                .store(state != self.state, Ordering::Release);
            self.parse(&text)
        });
        read.map(|certificates| &**certificates)
    }

    /// The certificates in the form that a TLS connection needs.
    #[cfg(feature = "async")]
    pub(crate) fn store(&self) -> Result<&Arc<rustls::RootCertStore>, TlsError> {
        self.store.get_or_try_init(|| {
            let mut store = rustls::RootCertStore::empty();
            store.add_parsable_certificates(self.certificates()?.iter().cloned());
            Ok(Arc::new(store))
        })
    }

    fn parse(&self, text: &[u8]) -> Result<Box<[CertificateDer<'static>]>, TlsError> {
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

impl State {
    /// Returns the state of a regular file, unless it has just been changed: another change may come before the clock moves on.
    fn of(metadata: &Metadata) -> Option<Self> {
        const SETTLED: Duration = Duration::from_secs(2);
        let changed = metadata.modified().ok()?;
        let is_settled = changed.elapsed().is_ok_and(|since| since >= SETTLED);
        (metadata.is_file() && is_settled).then_some(Self(metadata.len(), changed))
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
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

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
            let read =
                found.and_then(|(services, _)| services.roots.unwrap().certificates().map(drop));
            let error = read.unwrap_err().to_string();
            assert!(error.contains("bundle.pem"), "{error}");
            let config = Config::builder().isolated().client_certificate(name, name);
            let error = Trust::find(config.build().unwrap().network()).unwrap_err();
            assert!(error.to_string().contains("bundle.pem"), "{error}");
        }
    }

    #[test]
    fn a_bundle_is_read_once_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.pem");
        let certificate = |byte: u8| {
            let text = BASE64_STANDARD.encode([byte; 30]);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        let write = |byte: u8, age: u64| {
            std::fs::write(&path, certificate(byte)).unwrap();
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age);
            file.set_modified(then).unwrap();
        };
        let bundles = Bundles::default();
        let find = || {
            let roots = bundles.get(&path).unwrap();
            (roots.certificates().unwrap()[0][0], roots)
        };
        // the age of the file, and whether it is kept
        for (byte, age, is_kept) in [(1, 100, true), (2, 50, true), (3, 0, false), (4, 60, true)] {
            write(byte, age);
            let (found, other) = (find(), find());
            assert_eq!((found.0, other.0), (byte, byte));
            assert_eq!(Arc::ptr_eq(&found.1, &other.1), is_kept, "{byte}");
        }
        // replaced before it was decoded, and then put back with its time
        write(5, 100);
        let early = bundles.get(&path).unwrap();
        let aside = dir.path().join("aside");
        std::fs::rename(&path, &aside).unwrap();
        write(6, 50);
        assert_eq!(early.certificates().unwrap()[0][0], 6);
        std::fs::rename(&aside, &path).unwrap();
        assert_eq!(find().0, 5);
        std::fs::write(&path, "").unwrap();
        assert!(bundles.get(&path).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn the_path_of_a_bundle_is_absolute() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.pem");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----").unwrap();
        let depth = std::env::current_dir().unwrap().components().count();
        let relative = format!("{}{}", "../".repeat(depth), path.display());
        let roots = Bundles::default().get(Path::new(&relative)).unwrap();
        assert!(roots.file.is_absolute() && roots.file.ends_with(path.strip_prefix("/").unwrap()));
    }
}
