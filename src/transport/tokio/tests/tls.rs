//! TLS: trust, certificates of clients, and the protocol that is negotiated.

use std::io::Read;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ALL_VERSIONS, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::*;

/// What a server offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Http1,
    /// HTTP/1.1, for clients with a certificate.
    Http1Asking,
    /// Both protocols, and HTTP/2 rather.
    Http2,
    /// A proxy, whose tunnels have this end.
    Proxy(SocketAddr),
    /// Closes a body in the middle of the connection.
    Rude,
}

/// A server named localhost.
pub(super) struct Service {
    pub(super) server: Server,
    /// The certificates of an authority, of the server and of a client.
    folder: TempDir,
}

impl Service {
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.pem"))
    }

    pub(super) fn url(&self) -> String {
        format!("https://localhost:{}", self.server.address.port())
    }

    pub(super) fn transport(&self) -> TokioTransport {
        let network = network(|network| network.ca_bundle = Some(self.file("ca")));
        TokioTransport::new(&network).unwrap()
    }
}

/// Writes certificates into a folder.
fn certificates(folder: &TempDir) -> CertificateDer<'static> {
    let path = |name: &str| folder.path().join(format!("{name}.pem"));
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(path("ca"), authority.pem()).unwrap();
    for name in ["localhost", "client"] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let both = format!("{}{}", certificate.pem(), key.serialize_pem());
        std::fs::write(path(name), both).unwrap();
    }
    authority.der().clone()
}

fn settings(folder: &TempDir, kind: Kind) -> ServerConfig {
    let authority = certificates(folder);
    let text = std::fs::read(folder.path().join("localhost.pem")).unwrap();
    let chain = CertificateDer::pem_slice_iter(&text).map(Result::unwrap);
    let key = PrivateKeyDer::from_pem_slice(&text).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_protocol_versions(ALL_VERSIONS).unwrap();
    let builder = match kind {
        Kind::Http1Asking => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain.collect(), key).unwrap();
    if kind == Kind::Http2 {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    config
}

/// Starts a server that responds to requests with `hello`.
pub(super) async fn server(kind: Kind) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(settings(&folder, kind)));
    let server = Server::start(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            match kind {
                Kind::Http2 => return http2::serve(stream, 100).await,
                Kind::Proxy(to) => return pools::act_as_proxy(stream, to).await,
                Kind::Http1 | Kind::Http1Asking | Kind::Rude => {}
            }
            while read_request(&mut stream).await.is_some() {
                if kind == Kind::Rude {
                    let response = b"HTTP/1.1 200 OK\r\n\r\nhello";
                    stream.write_all(response).await.unwrap();
                    stream.flush().await.unwrap();
                    return;
                }
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await;
    Service { server, folder }
}

#[tokio::test]
async fn certificates_are_verified() {
    use TransportErrorKind::{Connect, Interrupted, Tls};
    let service = server(Kind::Http1).await;
    let other = server(Kind::Http1).await;
    let asking = server(Kind::Http1Asking).await;
    type Set<'a> = &'a dyn Fn(&mut Network);
    let trusting = |service: &Service| Some(service.file("ca"));
    let cases: [(&str, String, Set<'_>, Option<TransportErrorKind>, &str); 8] = [
        (
            "trusted",
            service.url(),
            &|n| n.ca_bundle = trusting(&service),
            None,
            "",
        ),
        (
            "unknown issuer",
            service.url(),
            &|_| {},
            Some(Tls),
            "to trust other issuers",
        ),
        (
            "the bundle of another",
            service.url(),
            &|n| n.ca_bundle = trusting(&other),
            Some(Tls),
            "invalid peer certificate",
        ),
        (
            "not verified",
            service.url(),
            &|n| n.verify_certificates = false,
            None,
            "",
        ),
        (
            "another name",
            service.url().replace("localhost", "127.0.0.1"),
            &|n| n.ca_bundle = trusting(&service),
            Some(Tls),
            "not valid for name",
        ),
        (
            "not TLS",
            format!("https://{}", Server::sending(OK.to_vec()).await.address),
            &|_| {},
            Some(Connect),
            "",
        ),
        (
            "a client with a certificate",
            asking.url(),
            &|n| {
                n.ca_bundle = trusting(&asking);
                n.client_certificate = Some((asking.file("client"), asking.file("client")));
            },
            None,
            "",
        ),
        (
            "a client without a certificate",
            asking.url(),
            &|n| n.ca_bundle = trusting(&asking),
            Some(Interrupted),
            "CertificateRequired",
        ),
    ];
    for (name, url, set, expected, text) in cases {
        let transport = TokioTransport::new(&network(set)).unwrap();
        let found = call(&transport, get(&url), limits()).await;
        let shown = found
            .as_ref()
            .err()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert_eq!(kind(found), expected, "{name}: {shown}");
        assert!(shown.contains(text), "{name}: {shown}");
    }
    let missing: Set<'_> = &|n| n.ca_bundle = Some("none.pem".into());
    let mixed: Set<'_> =
        &|n| n.client_certificate = Some((service.file("client"), other.file("client")));
    for set in [missing, mixed] {
        let error = TokioTransport::new(&network(set)).unwrap_err();
        assert!(error.to_string().contains(".pem"), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_ends_without_the_end_of_tls_is_an_error() {
    let service = server(Kind::Rude).await;
    let found = call(&service.transport(), get(&service.url()), limits()).await;
    assert_eq!(kind(found), Some(TransportErrorKind::Interrupted));
}

#[tokio::test]
async fn the_server_chooses_the_protocol() {
    for (kind, connections) in [(Kind::Http1, 20), (Kind::Http2, 1)] {
        let service = server(kind).await;
        let transport = Arc::new(service.transport());
        let calls = (0..20).map(|_| {
            let (transport, url) = (transport.clone(), service.url());
            tokio::spawn(async move { call(&transport, get(&url), limits()).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap().unwrap(), (200, "hello".into()));
        }
        let opened = service.server.connections();
        assert!(opened <= connections, "{kind:?}: {opened}");
    }
}

#[tokio::test]
async fn an_operation_that_needs_http2_fails_without_it() {
    let service = server(Kind::Http1).await;
    let transport = service.transport();
    for _ in 0..2 {
        let error = call(&transport, get(&service.url()), duplex())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request);
        assert!(
            error.to_string().contains("does not speak HTTP/2"),
            "{error}"
        );
    }
    // over http, it is not asked before
    let plain = Server::sending(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await;
    let error = call(&transport, get(&plain.url()), duplex())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Request, "{error}");
    // the connection serves others
    call(&transport, get(&service.url()), limits())
        .await
        .unwrap();
    let service = server(Kind::Http2).await;
    let found = call(&service.transport(), get(&service.url()), duplex()).await;
    assert_eq!(found.unwrap(), (200, "hello".into()));
}

#[tokio::test]
async fn a_success_before_the_whole_body_is_an_error_over_http2() {
    let service = server(Kind::Http2).await;
    let put = |path: &str, body: Body| request(Method::PUT, &(service.url() + path), body);
    let bodies = || {
        let reader = std::io::repeat(7).take(1 << 20);
        [Body::from(vec![7; 1 << 20]), Body::from_reader(reader)]
    };
    for body in bodies() {
        let put = put("/stored", body);
        let error = call(&service.transport(), put, limits()).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error}");
        assert!(error.to_string().contains("the whole body"), "{error}");
    }
    for body in bodies() {
        let found = call(&service.transport(), put("/early", body), limits()).await;
        assert_eq!(found.unwrap(), (503, "hello".into()));
    }
}

#[tokio::test]
async fn a_body_that_is_not_empty_as_announced_is_an_error() {
    let service = server(Kind::Http2).await;
    let plain = Server::sending(OK.to_vec()).await;
    for url in [service.url(), plain.url()] {
        let body = Body::from_reader(&b"hello"[..]).with_len(0).unwrap();
        let put = request(Method::PUT, &url, body);
        let error = call(&service.transport(), put, limits()).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request, "{error}");
        assert!(error.to_string().contains("longer than"), "{error}");
        let body = Body::from_reader(std::io::empty()).with_len(0).unwrap();
        let put = request(Method::PUT, &url, body);
        let found = call(&service.transport(), put, limits()).await;
        assert_eq!(found.unwrap(), (200, "hello".into()));
    }
}
