//! No secret is logged or shown. The loggers are global.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use tucuxi::transport::Replay;
use tucuxi::{BearerToken, Body, Credentials};

use crate::alone;
use crate::support::client::{IntoClient, isolated};
use crate::support::log::Log;
use crate::support::wire;

#[test]
fn no_secret_is_logged_or_shown() {
    let _alone = alone();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // for this thread, which does everything
    let _subscribed = tracing::subscriber::set_default(subscriber);

    let secrets =
        Credentials::new("AKIDEXAMPLE", "hidden-secret").with_session_token("hidden-token");
    let config = isolated()
        .region("us-east-1")
        .credentials(secrets)
        .bearer_token(BearerToken::new("hidden-bearer"));
    let session = "<CreateSessionResult><Credentials><SessionToken>hidden-token</SessionToken>\
        <SecretAccessKey>hidden-session</SecretAccessKey><AccessKeyId>ASIA</AccessKeyId>\
        <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>";
    let replay = Replay::new()
        .respond(200, &[], session)
        .respond(200, &[], "")
        .respond(200, &[], "")
        .respond(200, &[], "{}")
        .respond(403, &[], "<Error><Code>AccessDenied</Code></Error>");
    let client = config.clone().over(replay);
    let express = json!({"Bucket": "mine--use1-az4--x-s3", "Key": "k"});
    client.call("s3", "GetObject", express).unwrap();
    // hidden-customer-key, as base64
    let key = "aGlkZGVuLWN1c3RvbWVyLWtleQ==";
    let encrypted = json!({
        "Bucket": "bucket", "Key": "k",
        "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": "m",
    });
    client.call("s3", "GetObject", encrypted).unwrap();
    client
        .call("codecatalyst", "CreateAccessToken", json!({"name": "n"}))
        .unwrap();
    let place = json!({"Bucket": "bucket", "Key": "k"});
    let minute = Duration::from_secs(60);
    let url = client
        .presigner()
        .presign("s3", "GetObject", place.clone(), minute)
        .unwrap();
    let form = client
        .presigner()
        .post("bucket", "k")
        .expires(minute)
        .sign()
        .unwrap();
    let error = client.call("s3", "GetObject", place).unwrap_err();
    let shown = format!(
        "{url:?} {form:?} {error} {error:?} {client:?} {:?} {config:?}",
        client.config()
    );
    let log = log.text();
    assert!(log.contains("prepared"), "the log is not captured");
    for secret in ["hidden", "aGlkZGVu", "Signature="] {
        for text in [&log, &shown] {
            let at = text.find(secret);
            let around = at.map(|at| &text[at.saturating_sub(80)..]);
            assert!(at.is_none(), "{secret} in {around:?}");
        }
    }
}

/// The records that programs with the `log` crate see.
struct Bridge(Log);

impl log::Log for Bridge {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.clone().write_all(line.as_bytes()).unwrap();
    }
    fn flush(&self) {}
}

/// Every row of a hex dump contains it, wherever rows begin.
const SECRET: &str = "hiddenhiddenhiddenhidden";

/// Responds to each request on a separate connection, as a service or as a forwarding proxy, with a secret in the body.
fn serve(requests: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let head = wire::read_head(&mut reader).unwrap();
            if head.expects {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
            }
            wire::read_body(&mut reader, &head).unwrap();
            let body = match head.method() {
                "PUT" => String::new(),
                _ => format!(r#"{{"SecretString":"{SECRET}","Name":"n"}}"#),
            };
            let framing = match heads.len() {
                0 | 2 | 3 => format!("content-length: {}\r\n\r\n{body}", body.len()),
                _ => format!(
                    "transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                    body.len()
                ),
            };
            heads.push(head.raw);
            write!(stream, "HTTP/1.1 200 OK\r\netag: \"e\"\r\nset-cookie: {SECRET}\r\nconnection: close\r\n{framing}").unwrap();
        }
        heads
    });
    (address, thread)
}

#[test]
fn no_secret_of_a_connection_is_logged() {
    let _alone = alone();
    let log = Log::default();
    log::set_boxed_logger(Box::new(Bridge(log.clone()))).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    log::trace!("the log is captured");
    let (service, served) = serve(4);
    let (proxy, forwarded) = serve(1);
    let config = isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(SECRET));
    let direct = config.clone().endpoint_url(format!("http://{service}"));
    let client = direct.connect();
    let key = "aGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVuaGk=";
    let encrypted = json!({
        "Bucket": "bucket", "Key": "k",
        "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": "m",
    });
    client
        .request("s3", "GetObject")
        .params(encrypted)
        .send_buffered()
        .unwrap();
    let secret = client.call("secretsmanager", "GetSecretValue", json!({"SecretId": "s"}));
    assert_eq!(secret.unwrap()["SecretString"], SECRET);
    let put = |body: Body| {
        let request = client.request("s3", "PutObject");
        request
            .params(json!({"Bucket": "bucket", "Key": "k"}))
            .body(body)
            .send()
            .unwrap();
    };
    put(Body::from_reader(SECRET.as_bytes()));
    put(SECRET.into());
    let through = config
        .endpoint_url("http://service.example")
        .proxy(format!("http://user:{SECRET}@{proxy}"), "");
    let through = through.connect();
    through
        .call("secretsmanager", "GetSecretValue", json!({"SecretId": "s"}))
        .unwrap();

    // the logger remains for the process, so it is disabled for other tests
    log::set_max_level(log::LevelFilter::Off);
    let heads = [served.join().unwrap(), forwarded.join().unwrap()].concat();
    assert!(
        heads.iter().all(|head| head.contains(SECRET)),
        "the secrets were sent"
    );
    let text = log.text();
    assert!(text.contains("the log is captured"));
    for secret in [
        "hidden",
        "aGlkZGVu",
        "Signature=",
        "6869 6464 656e",
        "Basic",
    ] {
        let at = text.find(secret);
        let around = at.map(|at| &text[at.saturating_sub(80)..]);
        assert!(at.is_none(), "{secret} in {around:?}");
    }
}
