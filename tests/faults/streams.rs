//! Bodies, and the connections that they go through.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use tucuxi::{Body, Client, Error};

use crate::server::{Fault, Server};
use crate::{Kind, alone, blob, call, client, config, soon};

fn put(client: &Client, body: impl Into<Body>) -> Result<tucuxi::Output, Error> {
    let request = client.request("s3", "PutObject");
    let params = json!({"Bucket": "bucket", "Key": "key"});
    request.params(params).body(body).send()
}

#[test]
fn a_connection_serves_one_call_after_the_other() {
    let _alone = alone();
    let server = Server::new(blob(500_000));
    let client = client(config(&server));
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
fn as_many_connections_as_threads_are_kept() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = client(config(&server).read_timeout(Duration::from_secs(5)));
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
    let client = client(config(&server));
    for _ in 0..3 {
        let request = client.request("s3", "GetObject");
        let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
        let mut output = request.send().unwrap();
        let mut some = [0; 100];
        output.body.as_mut().unwrap().read_exact(&mut some).unwrap();
        let since = Instant::now();
        drop(output);
        assert!(since.elapsed() < Duration::from_millis(100));
        soon("the connection ends", || {
            server.state.open.load(Ordering::SeqCst) == 0
        });
    }
}

#[test]
fn a_reader_that_was_read_is_an_error_that_says_so() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = client(config(&server));
    for fault in [Fault::Status(500), Fault::CloseInHead] {
        server.fail(&[fault]);
        let error = put(&client, Body::from_reader_with_len(&b"hello"[..], 5)).unwrap_err();
        assert!(
            error.to_string().contains("reader that was read already"),
            "{error}"
        );
    }
}

#[test]
fn a_file_and_a_part_of_it_are_sent_again() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = client(config(&server));
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

#[test]
fn a_body_of_another_length_than_it_says_is_not_taken_for_whole() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = client(config(&server));
    for len in [4, 6] {
        let error = put(&client, Body::from_reader_with_len(&b"hello"[..], len)).unwrap_err();
        assert!(error.to_string().contains("length"), "{error}");
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

/// Speaks with one connection by hand.
fn by_hand(speak: impl FnOnce(BufReader<TcpStream>, TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        speak(BufReader::new(stream.try_clone().unwrap()), stream);
    });
    url
}

fn read_head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    head.to_ascii_lowercase()
}

fn patient(url: String) -> Client {
    let server = tucuxi::Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(url)
        .unsigned()
        .max_attempts(1);
    client(server.read_timeout(Duration::from_secs(5)))
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[test]
fn consent_is_waited_for_and_may_have_headers_or_be_missing() {
    let _alone = alone();
    // what the server says to the head, and how long the body may take to come
    let cases: [(&[u8], u64, u64); 2] =
        [(b"HTTP/1.1 100 Continue\r\n\r\n", 0, 500), (b"", 900, 2000)];
    for (consent, least, most) in cases {
        let url = by_hand(move |mut reader, mut stream| {
            let head = read_head(&mut reader);
            assert!(head.contains("expect: 100-continue"));
            let since = Instant::now();
            stream.write_all(consent).unwrap();
            let mut body = [0; 5];
            reader.read_exact(&mut body).unwrap();
            assert_eq!(&body, b"hello");
            let took = since.elapsed().as_millis() as u64;
            assert!((least..most).contains(&took), "{took} ms");
            stream.write_all(OK).unwrap();
        });
        put(&patient(url), "hello").unwrap();
    }
}

#[test]
fn consent_with_headers_is_as_good() {
    let _alone = alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let head = read_head(&mut reader);
            let expects = head.contains("expect:");
            heads.push(head);
            if expects {
                stream
                    .write_all(b"HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n")
                    .unwrap();
                continue;
            }
            let mut body = [0; 5];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(OK).unwrap();
        }
        heads.len()
    });
    put(&patient(url), "hello").unwrap();
    assert_eq!(server.join().unwrap(), 2);
}

#[test]
fn a_final_answer_in_place_of_consent_leaves_the_body_unread() {
    let _alone = alone();
    let url = by_hand(|mut reader, mut stream| {
        read_head(&mut reader);
        let no = b"HTTP/1.1 403 No\r\nx-amz-request-id: 1\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(no).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{} bytes of a body", rest.len());
    });
    let body = Body::from_reader_with_len(std::io::Cursor::new(blob(1000)), 1000);
    let error = put(&patient(url), body.clone()).unwrap_err();
    assert_eq!(
        error.service_error().map(|e| e.status),
        Some(403),
        "{error}"
    );
    assert_eq!(
        std::io::copy(&mut body.open().unwrap(), &mut std::io::sink()).unwrap(),
        1000,
        "it can still be read"
    );
}

#[test]
fn an_answer_that_comes_while_the_body_is_sent_is_the_answer() {
    let _alone = alone();
    for closes in [true, false] {
        let url = by_hand(move |mut reader, mut stream| {
            read_head(&mut reader);
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
            reader.read_exact(&mut [0; 10_000]).unwrap();
            let no = b"HTTP/1.1 503 Slow\r\ncontent-length: 39\r\n\r\n<Error><Code>SlowDown</Code></Error>   ";
            stream.write_all(no).unwrap();
            if !closes {
                // it reads no more, and waits for the client to go: its own words then find nobody
                while stream.write_all(b" ").is_ok() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        let error = put(&patient(url), vec![7; 64 << 20]).unwrap_err();
        assert_eq!(error.code(), Some("SlowDown"), "{error}");
    }
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_with_its_password_unless_the_host_is_excepted() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let target = server.address;
    let proxy = by_hand(move |mut reader, mut stream| {
        let head = read_head(&mut reader);
        assert!(
            head.starts_with(&format!("connect {target} http/1.1")),
            "{head}"
        );
        // user:p@ss
        assert!(
            head.contains("proxy-authorization: basic dxnlcjpwqhnz"),
            "{head}"
        );
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut to = TcpStream::connect(target).unwrap();
        let (mut back, mut forth) = (to.try_clone().unwrap(), stream.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut back, &mut forth));
        let _ = std::io::copy(&mut reader, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let proxy = proxy.replace("http://", "http://user:p%40ss@");
    let through = client(config(&server).proxy(&*proxy, "other.example"));
    through.call("dynamodb", "ListTables", json!({})).unwrap();
    drop(through);
    let direct = client(config(&server).proxy("http://127.0.0.1:1", "127.0.0.1"));
    direct.call("dynamodb", "ListTables", json!({})).unwrap();
    let nobody = client(config(&server).proxy("http://user:hidden@127.0.0.1:1", ""));
    let error = nobody
        .call("dynamodb", "ListTables", json!({}))
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hidden"));
    assert_eq!(crate::word(&error), "connect");
}

#[test]
fn what_a_proxy_cannot_be_is_said_when_the_client_is_made() {
    let make = |config: tucuxi::ConfigBuilder| Client::with_config(config.build().unwrap());
    let isolated = || tucuxi::Config::builder().isolated();
    let socks = make(isolated().proxy("socks5://127.0.0.1:1", "")).unwrap_err();
    assert!(matches!(socks, Error::Unsupported(_)), "{socks}");
    let none = make(isolated().proxy("http://u:hidden@", "")).unwrap_err();
    assert!(!none.to_string().contains("hidden"), "{none}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    let settings = [
        "proxy_use_forwarding_for_https = true",
        "proxy_ca_bundle = /ca.pem",
    ];
    for setting in settings {
        std::fs::write(&path, format!("[default]\nproxies_config =\n  {setting}\n")).unwrap();
        let config = tucuxi::Config::builder();
        let error = make(config.environment([("AWS_CONFIG_FILE", path.to_str().unwrap())]));
        assert!(matches!(error, Err(Error::Unsupported(_))), "{setting}");
    }
}
