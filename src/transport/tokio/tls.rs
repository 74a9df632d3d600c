//! TLS: settings, which are made when the first https connection is opened, and handshakes.

use std::sync::Arc;

use http::Uri;
use once_cell::sync::OnceCell;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::socket::Stream;
use crate::transport::TransportErrorKind;
use crate::transport::failure::Failure;
use crate::transport::trust::Trust;

/// The protocols that services are offered.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];

const HTTP2: &[u8] = b"h2";

/// TLS connections to peers with these certificates.
#[derive(Debug)]
pub(super) struct Tls {
    trust: Trust,
    verifies: bool,
    /// Whether the protocol is negotiated. Proxies speak HTTP/1.1.
    negotiates: bool,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(trust: Trust, verifies: bool, negotiates: bool) -> Self {
        Self {
            trust,
            verifies,
            negotiates,
            config: OnceCell::new(),
        }
    }

    /// Performs a handshake with the host of a URL.
    pub(super) async fn connect(
        &self,
        uri: &Uri,
        stream: Stream,
    ) -> Result<TlsStream<Stream>, Failure> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|e| Failure::Other(TransportErrorKind::Tls, e.into()))?;
        let config = self.config.get_or_try_init(|| self.config())?;
        let connector = TlsConnector::from(config.clone());
        Ok(connector.connect(name, stream).await?)
    }

    fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(ALL_VERSIONS)?;
        let roots = self.trust.roots.as_ref();
        let roots = roots.map(|roots| roots.store()).transpose();
        let roots = roots.map_err(|e| Failure::Other(TransportErrorKind::Request, e.into()))?;
        let builder = match (self.verifies, roots) {
            (false, _) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Unverified(provider))),
            (true, Some(roots)) => builder.with_root_certificates(roots.clone()),
            (true, None) => builder.with_root_certificates(RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            }),
        };
        let mut config = match &self.trust.client {
            Some(client) => {
                builder.with_client_auth_cert(client.chain.clone(), client.key.clone_key())?
            }
            None => builder.with_no_client_auth(),
        };
        if self.negotiates {
            config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        }
        Ok(Arc::new(config))
    }
}

/// Whether HTTP/2 was negotiated.
pub(super) fn is_http2(stream: &TlsStream<Stream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}

/// Accepts any certificate.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
