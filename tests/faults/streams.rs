//! Bodies, connections and proxies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::json;
use tucuxi::config::RequestChecksums;
use tucuxi::{Body, Client, Error, ErrorKind};

use crate::server::{Fault, Server};
use crate::support::client::{IntoClient, connect};
use crate::{Kind, LONG, alone, at_best, blob, call, config, soon};

pub(crate) fn put(client: &Client, body: impl Into<Body>) -> Result<tucuxi::Output, Error> {
    let request = client.request("s3", "PutObject");
    let params = json!({"Bucket": "bucket", "Key": "key"});
    request.params(params).body(body).send()
}

#[test]
fn a_connection_is_used_again() {
    let _alone = alone();
    let server = Server::new(blob(500_000));
    let client = config(&server).connect();
    for kind in [
        Kind::Small,
        Kind::Upload,
        Kind::OneShot,
        Kind::Download,
        Kind::Buffered,
    ] {
        for _ in 0..5 {
            assert_eq!(call(kind, &client, &server), "ok");
        }
    }
    assert_eq!(server.state.accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn a_body_read_to_its_length_frees_the_connection() {
    let _alone = alone();
    let server = Server::new(blob(1000));
    let client = config(&server).connect();
    let mut outputs = Vec::new();
    for _ in 0..3 {
        let request = client.request("s3", "GetObject");
        let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
        let mut output = request.send().unwrap();
        let mut all = [0; 1000];
        output.body.as_mut().unwrap().read_exact(&mut all).unwrap();
        outputs.push(output);
    }
    assert_eq!(server.state.accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn no_more_connections_than_threads_are_opened() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..24 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        client.call("dynamodb", "ListTables", json!({})).unwrap();
                    }
                });
            }
        });
    }
    let accepted = server.state.accepted.load(Ordering::SeqCst);
    assert!(accepted <= 24, "{accepted} connections");
}

#[test]
fn a_body_that_is_not_read_ends_with_its_connection() {
    let _alone = alone();
    let server = Server::new(blob(8 << 20));
    let client = config(&server).connect();
    for _ in 0..3 {
        at_best(Duration::from_millis(100), "the end of a body", || {
            let request = client.request("s3", "GetObject");
            let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
            let mut output = request.send().unwrap();
            let mut some = [0; 100];
            output.body.as_mut().unwrap().read_exact(&mut some).unwrap();
            let since = Instant::now();
            drop(output);
            let took = since.elapsed();
            soon("the connection ends", || {
                server.state.open.load(Ordering::SeqCst) == 0
            });
            took
        });
    }
}

#[test]
fn a_consumed_reader_is_an_error_that_says_so() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    for fault in [Fault::Status(500), Fault::CloseInHead] {
        server.fail(&[fault]);
        let error = put(&client, Body::from_reader_with_len(&b"hello"[..], 5)).unwrap_err();
        assert!(
            error.to_string().contains("reader that is consumed"),
            "{error}"
        );
    }
}

#[test]
fn a_file_and_a_part_of_it_are_sent_again() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let content = blob(300_000);
    std::fs::write(&path, &content).unwrap();
    let whole = Body::file(&path).unwrap();
    let part = Body::file_range(&path, 1000..250_000);
    for (body, sent) in [(whole, &content[..]), (part, &content[1000..250_000])] {
        server.fail(&[Fault::Status(500)]);
        put(&client, body).unwrap();
        let bodies = server.state.bodies.lock().unwrap();
        assert!(bodies.last().unwrap() == sent);
    }
}

/// Whether the error says that the body and its length differ.
fn names_the_length(error: &Error) -> bool {
    let text = error.to_string();
    text.contains("length") || text.contains("the body ended 1 bytes early")
}

#[test]
fn a_body_with_a_wrong_length_is_an_error() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    for len in [4, 6] {
        let error = put(&client, Body::from_reader_with_len(&b"hello"[..], len)).unwrap_err();
        assert!(names_the_length(&error), "{error}");
        assert!(!error.is_retryable());
    }
    let missing = put(&client, Body::file_range("/nonexistent/file", 0..5)).unwrap_err();
    assert!(
        missing.to_string().contains("/nonexistent/file"),
        "{missing}"
    );
    assert!(server.state.bodies.lock().unwrap().is_empty());
    let short = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(short.path(), b"hello").unwrap();
    assert!(put(&client, Body::file_range(short.path(), 0..9)).is_err());
}

/// Serves one connection with this function.
pub(crate) fn by_hand(
    speak: impl FnOnce(BufReader<TcpStream>, TcpStream) + Send + 'static,
) -> String {
    let speak = Mutex::new(Some(speak));
    by_hand_for(1, move |reader, stream| {
        let speak = speak.lock().unwrap().take().unwrap();
        speak(reader, stream);
    })
}

/// Serves this number of connections in sequence.
pub(crate) fn by_hand_for(
    connections: usize,
    speak: impl Fn(BufReader<TcpStream>, TcpStream) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let stream = stream.unwrap();
            speak(BufReader::new(stream.try_clone().unwrap()), stream);
        }
    });
    url
}

pub(crate) fn read_head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    head.to_ascii_lowercase()
}

pub(crate) fn patient(url: String) -> Client {
    let server = tucuxi::Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(url)
        .unsigned()
        .inject_host_prefix(false)
        .max_attempts(1);
    server.read_timeout(LONG).connect()
}

pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";

#[test]
fn continue_is_awaited_for_a_second_at_most() {
    let _alone = alone();
    // the response to the head, and the time until the body arrives, in milliseconds
    let cases: [(&[u8], u64, u64); 4] = [
        (b"HTTP/1.1 100 Continue\r\n\r\n", 0, 500),
        (b"HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n", 0, 500),
        (
            b"HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
            0,
            500,
        ),
        (b"", 900, 2000),
    ];
    let large = blob(100_000);
    for (consent, least, most) in cases {
        at_best(Duration::from_millis(most), "the body", || {
            let (sender, receiver) = mpsc::channel();
            let url = by_hand(move |mut reader, mut stream| {
                let head = read_head(&mut reader);
                let since = Instant::now();
                stream.write_all(consent).unwrap();
                let mut body = vec![0; 100_000];
                reader.read_exact(&mut body).unwrap();
                sender.send((head, body, since.elapsed())).unwrap();
                stream.write_all(OK).unwrap();
            });
            put(&patient(url), large.clone()).unwrap();
            let (head, body, took) = receiver.recv().unwrap();
            assert!(head.contains("expect: 100-continue"));
            assert_eq!(head.matches("accept-encoding: identity").count(), 1);
            assert!(body == large);
            // the client's second starts slightly earlier
            assert!(took >= Duration::from_millis(least), "{took:?}");
            took
        });
    }
}

/// A forwarding proxy: reads whole requests, and responds itself.
fn forwarding(heads: &Arc<Mutex<Vec<String>>>) -> String {
    let heads = heads.clone();
    by_hand_for(9, move |mut reader, mut stream| {
        for _ in 0..2 {
            let head = read_head(&mut reader);
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            heads.lock().unwrap().push(head);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                .unwrap();
        }
    })
}

#[test]
fn a_proxy_forwards_http_requests_with_url_and_password() {
    let _alone = alone();
    let cases = [
        ("http://", "http://service.example:8000", false, None),
        (
            "http://user:p%40ss@",
            "http://service.example",
            false,
            Some("basic dxnlcjpwqhnz"),
        ),
        (
            "http://user@",
            "http://service.example",
            false,
            Some("basic dxnlcjo="),
        ),
        (
            "http://user:p%40ss@",
            "https://service.example",
            true,
            Some("basic dxnlcjpwqhnz"),
        ),
    ];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    for (scheme, endpoint, forwards, who) in cases {
        let heads = Arc::default();
        let proxy = forwarding(&heads).replace("http://", scheme);
        let setting =
            format!("[default]\nproxies_config =\n  proxy_use_forwarding_for_https = {forwards}\n");
        std::fs::write(&path, setting).unwrap();
        let config = tucuxi::Config::builder()
            .environment([("AWS_CONFIG_FILE", path.to_str().unwrap())])
            .region("us-east-1")
            .credentials(tucuxi::Credentials::new("AKIDEXAMPLE", "secret"))
            .max_attempts(1);
        let client = config
            .endpoint_url(endpoint)
            .proxy(&*proxy, "other.example")
            .connect();
        for _ in 0..2 {
            client.call("lambda", "ListFunctions", json!({})).unwrap();
        }
        let heads = heads.lock().unwrap();
        assert_eq!(heads.len(), 2, "both on one connection");
        for head in heads.iter() {
            let (_, host) = endpoint.split_once("://").unwrap();
            let line = format!("get {endpoint}/2015-03-31/functions http/1.1\r\nhost: {host}\r\n");
            let rest = head.replace(&format!("host: {host}\r\n"), "");
            let first = head.lines().next().unwrap();
            assert!(line.starts_with(first), "{head}");
            assert_eq!(
                head.len() - rest.len(),
                host.len() + 8,
                "one host header: {head}"
            );
            let found = head
                .lines()
                .find_map(|l| l.strip_prefix("proxy-authorization: "));
            assert_eq!(found, who, "{head}");
            assert!(
                !head.contains("connect ") && !head.contains("p%40ss"),
                "{head}"
            );
        }
    }
}

#[test]
fn https_goes_through_a_tunnel_unless_the_host_is_excluded() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel();
    let proxy = by_hand(move |mut reader, mut stream| {
        sender.send(read_head(&mut reader)).unwrap();
        stream.write_all(b"HTTP/1.1 403 No\r\n\r\n").unwrap();
    });
    let proxy = proxy.replace("http://", "http://user:p%40ss@");
    let server = Server::new(Vec::new());
    let https = config(&server).endpoint_url("https://service.example");
    let error = https
        .proxy(&*proxy, "other.example")
        .max_attempts(1)
        .connect()
        .call("dynamodb", "ListTables", json!({}))
        .unwrap_err();
    assert_eq!(crate::word(&error), "connect", "{error}");
    let head = receiver.recv().unwrap();
    assert!(
        head.starts_with("connect service.example:443 http/1.1"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: basic dxnlcjpwqhnz"),
        "{head}"
    );
    assert!(!head.contains("aws4-hmac"), "{head}");

    let direct = config(&server)
        .proxy("http://127.0.0.1:1", "127.0.0.1")
        .connect();
    direct.call("dynamodb", "ListTables", json!({})).unwrap();
    let unreachable = config(&server)
        .proxy("http://user:hidden@127.0.0.1:1", "")
        .connect();
    let error = unreachable
        .call("dynamodb", "ListTables", json!({}))
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hidden"));
    assert_eq!(crate::word(&error), "connect");
}

#[test]
fn invalid_proxies_are_errors_when_a_client_is_created() {
    let _alone = alone();
    let make = |config: tucuxi::ConfigBuilder| connect(config.build().unwrap());
    let isolated = || tucuxi::Config::builder().isolated();
    let socks = make(isolated().proxy("socks5://127.0.0.1:1", "")).unwrap_err();
    assert_eq!(socks.kind(), ErrorKind::Config, "{socks}");
    assert!(socks.to_string().contains("write http or https"), "{socks}");
    let none = make(isolated().proxy("http://u:hidden@", "")).unwrap_err();
    assert!(!none.to_string().contains("hidden"), "{none}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    for setting in ["proxy_ca_bundle = /ca.pem", "proxy_client_cert = /c.pem"] {
        std::fs::write(&path, format!("[default]\nproxies_config =\n  {setting}\n")).unwrap();
        let config = tucuxi::Config::builder();
        let error = make(config.environment([("AWS_CONFIG_FILE", path.to_str().unwrap())]));
        let error = error.unwrap_err().to_string();
        let file = setting.rsplit(' ').next().unwrap();
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn a_given_content_length_must_be_that_of_the_body() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    std::fs::write(&path, "hello").unwrap();
    let bodies: [(&str, &dyn Fn() -> Body); 4] = [
        ("reader", &|| Body::from_reader(&b"hello"[..])),
        ("reader with its length", &|| {
            Body::from_reader_with_len(&b"hello"[..], 5)
        }),
        ("bytes", &|| "hello".into()),
        ("file", &|| Body::file(&path).unwrap()),
    ];
    for when in [
        RequestChecksums::WhenRequired,
        RequestChecksums::WhenSupported,
    ] {
        let client = config(&server).request_checksums(when).connect();
        for (name, body) in &bodies {
            for (stated, is_good) in [(5, true), (4, false), (6, false), (0, false)] {
                let what = format!("{name}, {stated}, {when:?}");
                server.state.bodies.lock().unwrap().clear();
                let params = json!({"Bucket": "bucket", "Key": "key", "ContentLength": stated});
                let request = client.request("s3", "PutObject").params(params);
                let found = request.body(body()).send();
                let stored = server.state.bodies.lock().unwrap();
                let heads = server.state.heads.lock().unwrap();
                let head = heads.last().map(String::as_str).unwrap_or_default();
                match (found, is_good) {
                    (Ok(_), true) => {
                        assert_eq!(
                            stored.last().map(Vec::as_slice),
                            Some(&b"hello"[..]),
                            "{what}"
                        );
                        let length = [
                            "content-length: 5\r\n",
                            "x-amz-decoded-content-length: 5\r\n",
                        ];
                        assert!(
                            length.iter().any(|line| head.contains(line)),
                            "{what}: {head}"
                        );
                        assert!(!head.contains("transfer-encoding"), "{what}: {head}");
                    }
                    (Err(error), false) => {
                        assert!(stored.is_empty(), "{what}");
                        assert!(names_the_length(&error), "{what}: {error}");
                        assert!(!error.is_retryable(), "{what}");
                    }
                    (found, _) => panic!("{what}: {found:?}"),
                }
            }
        }
    }
}

#[test]
fn a_rejection_for_a_missing_length_has_a_hint() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).max_attempts(1).connect();
    server.fail_forever(Fault::AnswerBeforeBody(411));
    let error = put(&client, Body::from_reader(&b"hello"[..]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("ContentLength"), "{error}");
    assert!(!error.contains("when_required"), "{error}");
}
