//! TLS connections: trust, client certificates, and the same behaviour as without TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use tucuxi::transport::{TransportError, TransportErrorKind};
use tucuxi::{ConfigBuilder, Error, ErrorKind};

use crate::alone;
use crate::early::{INTERIM, read_slowly};
use crate::streams::read_head;
use crate::support::client::{IntoClient, connect, isolated};

/// A certificate authority. Its certificate and those that it issued are files in a folder.
fn certificates(folder: &Path) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    for name in ["localhost", "client"] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let both = format!("{}{}", certificate.pem(), key.serialize_pem());
        std::fs::write(folder.join(format!("{name}.pem")), both).unwrap();
    }
    authority
}

type TlsLink = StreamOwned<ServerConnection, TcpStream>;
type Tls = BufReader<TlsLink>;

/// The settings of a server named localhost, with certificates in a folder.
fn settings(folder: &Path, asks_who: bool) -> Arc<ServerConfig> {
    let authority = certificates(folder);
    let text = std::fs::read(folder.join("localhost.pem")).unwrap();
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(&text).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap();
    let config = if asks_who {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    Arc::new(config.with_single_cert(chain, key).unwrap())
}

/// Serves every connection with `speak`.
fn server(folder: &Path, asks_who: bool, speak: impl Fn(&mut Tls) + Send + 'static) -> String {
    let config = settings(folder, asks_who);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            speak(&mut stream);
        }
    });
    format!("https://localhost:{port}")
}

/// Responds to `ListTables` until the connection ends.
fn answer(stream: &mut BufReader<impl Read + Write>) {
    let mut line = String::new();
    let mut length = 0;
    while stream.read_line(&mut line).is_ok_and(|n| n > 0) {
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
        if line == "\r\n" {
            stream.read_exact(&mut vec![0; length]).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            stream.get_mut().write_all(answer).unwrap();
        }
        line.clear();
    }
}

fn config(url: &str) -> ConfigBuilder {
    let config = isolated().unsigned();
    let config = config.endpoint_url(url).max_attempts(1);
    config.read_timeout(crate::LONG)
}

fn list(config: ConfigBuilder) -> Result<(), Error> {
    let client = connect(config.build().unwrap())?;
    for _ in 0..2 {
        client.call("dynamodb", "ListTables", json!({}))?;
    }
    Ok(())
}

fn kind(error: Error) -> TransportErrorKind {
    let found = error.downcast_ref().map(TransportError::kind);
    found.unwrap_or_else(|| panic!("{error}"))
}

#[test]
fn an_authority_is_trusted_if_the_bundle_has_it() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let url = server(dir.path(), false, answer);
    let bundle = dir.path().join("ca.pem");
    let bundle = bundle.to_str().unwrap();
    list(config(&url).ca_bundle(bundle)).unwrap();
    assert_eq!(
        kind(list(config(&url)).unwrap_err()),
        TransportErrorKind::Tls
    );
    list(config(&url).verify_certificates(false)).unwrap();
    let other = url.replace("localhost", "127.0.0.1");
    let error = list(config(&other).ca_bundle(bundle)).unwrap_err();
    assert_eq!(kind(error), TransportErrorKind::Tls, "that is not its name");
    for variable in ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
        let config = config(&url).environment([(variable, bundle)]);
        list(config).unwrap();
    }
}

#[test]
fn a_client_certificate_is_sent_on_request() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let url = server(dir.path(), true, answer);
    let bundle = dir.path().join("ca.pem");
    let config = || config(&url).ca_bundle(bundle.to_str().unwrap());
    assert!(list(config()).is_err());
    let own = dir.path().join("client.pem");
    list(config().client_certificate(&own, &own)).unwrap();
    let other = dir.path().join("localhost.pem");
    let mixed = list(config().client_certificate(&own, &other)).unwrap_err();
    assert_eq!(mixed.kind(), ErrorKind::Config, "{mixed}");
}

/// A proxy that opens a tunnel if the first request is CONNECT, and otherwise responds itself.
fn proxy(stream: &mut Tls, behind: &Arc<ServerConfig>) {
    let Ok(head) = stream.fill_buf() else { return };
    if !head.starts_with(b"CONNECT ") {
        return answer(stream);
    }
    tunnel(stream, behind, |stream| {
        answer(stream);
    });
}

type Tunnelled<'s> = BufReader<rustls::Stream<'s, ServerConnection, TlsLink>>;

/// Opens a tunnel to a server that speaks as `speak` does.
fn tunnel(stream: &mut Tls, behind: &Arc<ServerConfig>, speak: impl Fn(&mut Tunnelled<'_>)) {
    read_head(stream);
    let link = stream.get_mut();
    link.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let mut inner = ServerConnection::new(behind.clone()).unwrap();
    speak(&mut BufReader::new(rustls::Stream::new(&mut inner, link)));
}

#[test]
fn a_proxy_has_certificates_of_its_own() {
    let _alone = alone();
    let (beside, behind) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let inner = settings(behind.path(), false);
    let url = server(beside.path(), true, move |stream| proxy(stream, &inner));
    let file = |dir: &tempfile::TempDir, name: &str| dir.path().join(name).display().to_string();
    let own = file(&beside, "client.pem");
    // forwarded, tunnelled, forwarded despite https
    for (endpoint, forwards) in [
        ("http://localhost:1", false),
        ("https://localhost:1", false),
        ("https://localhost:1", true),
    ] {
        let plain = || {
            let config = config(endpoint).proxy(&url, "");
            let config = config.ca_bundle(file(&behind, "ca.pem"));
            config.proxy_use_forwarding_for_https(forwards)
        };
        let trusting = || plain().proxy_ca_bundle(file(&beside, "ca.pem"));
        list(trusting().proxy_client_certificate(&own, &own)).unwrap();
        let refused = [
            plain().proxy_client_certificate(&own, &own),
            trusting(),
            trusting().client_certificate(&own, &own),
        ];
        for (n, config) in refused.into_iter().enumerate() {
            assert!(list(config).is_err(), "{endpoint} {forwards} {n}");
        }
    }
}

/// Responds in the middle of the body. In one case it disconnects, in the other it stops reading until the client disconnects.
fn refuse(stream: &mut BufReader<impl Read + Write>, closes: bool) {
    read_head(stream);
    let out = stream.get_mut();
    out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 100_000]).unwrap();
    let no = b"HTTP/1.1 503 Slow\r\ncontent-length: 36\r\n\r\n<Error><Code>SlowDown</Code></Error>";
    let out = stream.get_mut();
    out.write_all(no).unwrap();
    while !closes && out.write_all(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_early_response_over_tls_is_the_response() {
    let _alone = alone();
    for (tunnels, closes) in [(false, true), (false, false), (true, true), (true, false)] {
        let (beside, behind) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let inner = settings(behind.path(), false);
        let url = server(beside.path(), false, move |stream| match tunnels {
            true => tunnel(stream, &inner, |stream| refuse(stream, closes)),
            false => refuse(stream, closes),
        });
        let bundle = |dir: &tempfile::TempDir| dir.path().join("ca.pem").display().to_string();
        let client = match tunnels {
            true => config("https://localhost:1")
                .proxy(&url, "")
                .proxy_ca_bundle(bundle(&beside))
                .ca_bundle(bundle(&behind)),
            false => config(&url).ca_bundle(bundle(&beside)),
        };
        let client = client.connect();
        let request = client.request("s3", "PutObject");
        let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
        let error = request.body(vec![7; 32 << 20]).send().unwrap_err();
        assert_eq!(
            error.code(),
            Some("SlowDown"),
            "{tunnels} {closes}: {error}"
        );
    }
}

#[test]
fn a_server_that_reads_slowly_gets_the_whole_body_over_tls() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let calls = [
        ("s3", "PutObject", json!({"Bucket": "bucket", "Key": "key"})),
        // it is sent without asking, so that the tickets of TLS are what is received first
        (
            "glacier",
            "UploadArchive",
            json!({"accountId": "-", "vaultName": "vault"}),
        ),
    ];
    for (service, operation, params) in calls {
        for (silence, sends) in INTERIM {
            let url = server(folder.path(), false, move |stream| {
                read_slowly(stream, silence, sends);
            });
            let bundle = folder.path().join("ca.pem").display().to_string();
            let client = config(&url).ca_bundle(bundle).connect();
            let request = client.request(service, operation).params(params.clone());
            let sent = request.body(vec![7; 32 << 20]).send();
            sent.unwrap_or_else(|error| panic!("{operation} {silence}: {error}"));
        }
    }
}
