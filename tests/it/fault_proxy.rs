//! The test proxy injects the faults of its rule, and leaves other requests alone.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use tucuxi::{Body, Client, Error};

use crate::support::client::IntoClient;
use crate::support::proxy::{Fault, Proxy, Seen, some_parts};
use crate::support::s3::{S3Backend, config_for};

const BUCKET: &str = "bucket";
/// More than one read returns.
const LENGTH: usize = 600_000;

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|n| (n % 251) as u8).collect()
}

fn connect(proxy: &Proxy, attempts: u32) -> Client {
    let config = config_for(&proxy.url()).max_attempts(attempts);
    config.jitter(|| 0.0).connect()
}

/// Reads an object through a proxy that injects this fault once.
fn read(backend: &S3Backend, fault: Fault, attempts: u32) -> Result<Vec<u8>, String> {
    let proxy = Proxy::start(backend.address(), move |seen| {
        (seen.number == 0).then_some(fault)
    });
    let params = json!({"Bucket": BUCKET, "Key": "k"});
    let request = connect(&proxy, attempts)
        .request("s3", "GetObject")
        .params(params);
    let output = request.send().map_err(|e| e.to_string())?;
    let body = output.body.unwrap().read_to_vec();
    assert_eq!(proxy.faults(), [fault]);
    body.map_err(|e| e.to_string())
}

#[test]
fn responses_are_cut_changed_and_refused() {
    let backend = S3Backend::start(BUCKET);
    backend.put(BUCKET, "k", bytes());
    let half = LENGTH as u64 / 2;
    for fault in [
        Fault::ResetInHead,
        Fault::ResetAnswer(half),
        Fault::TruncateAnswer(half),
        Fault::FlipAnswerByte(half),
        Fault::Status(503),
    ] {
        let error = read(&backend, fault, 1).expect_err(&format!("{fault:?}"));
        let expected = match fault {
            Fault::Status(_) => "SlowDown",
            Fault::FlipAnswerByte(_) => "corrupted in transit",
            _ => "",
        };
        assert!(error.contains(expected), "{fault:?}: {error}");
    }
    // the client retries faults before the body
    for fault in [Fault::ResetInHead, Fault::Status(503)] {
        assert_eq!(read(&backend, fault, 2).unwrap(), bytes(), "{fault:?}");
    }
}

#[test]
fn a_reset_is_not_an_end() {
    let backend = S3Backend::start(BUCKET);
    for (fault, expected) in [
        (Fault::ResetInHead, Some(ErrorKind::ConnectionReset)),
        (Fault::ResetAnswer(10), Some(ErrorKind::ConnectionReset)),
        (Fault::TruncateAnswer(10), None),
    ] {
        let proxy = Proxy::start(backend.address(), move |_| Some(fault));
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let error = stream.read_to_end(&mut Vec::new()).err();
        assert_eq!(error.map(|e| e.kind()), expected, "{fault:?}");
    }
}

#[test]
fn requests_are_cut_and_changed() {
    let backend = S3Backend::start(BUCKET);
    let half = LENGTH as u64 / 2;
    let faults = [
        Fault::ResetRequest(half),
        Fault::FlipRequestByte(half),
        Fault::ResetInHead,
    ];
    // a body with its checksum in a header, and one with a trailer
    for behind in [false, true] {
        for fault in faults {
            let proxy = Proxy::start(backend.address(), move |seen| {
                (seen.method == "PUT").then_some(fault)
            });
            let body = match behind {
                true => Body::from_reader_with_len(std::io::Cursor::new(bytes()), LENGTH as u64),
                false => Body::from(bytes()),
            };
            let put = |client: Client, body| -> Result<Value, Error> {
                let params = json!({"Bucket": BUCKET, "Key": "k"});
                let request = client.request("s3", "PutObject").params(params);
                request.body(body).send()?.to_value()
            };
            put(connect(&proxy, 1), body).expect_err(&format!("{fault:?}"));
            // if the response is lost, the server has handled the request
            let stored = (fault == Fault::ResetInHead).then(bytes);
            assert_eq!(backend.bytes(BUCKET, "k"), stored, "{fault:?} {behind}");
        }
        let delete = json!({"Bucket": BUCKET, "Key": "k"});
        let client = backend.config().connect();
        client.call("s3", "DeleteObject", delete).unwrap();
    }
}

#[test]
fn connections_are_kept_and_other_requests_left_alone() {
    let backend = S3Backend::start(BUCKET);
    let proxy = Proxy::start(backend.address(), |_| None);
    let s3 = connect(&proxy, 1);
    for number in 0..5 {
        let key = json!({"Bucket": BUCKET, "Key": format!("{number} ä")});
        let put = s3.request("s3", "PutObject").params(key.clone());
        put.body(bytes()).send().unwrap();
        s3.call("s3", "HeadObject", key.clone()).unwrap();
        let got = s3.request("s3", "GetObject").params(key.clone()).send();
        assert_eq!(got.unwrap().body.unwrap().read_to_vec().unwrap(), bytes());
        s3.call("s3", "DeleteObject", key).unwrap();
    }
    let seen: Vec<_> = proxy.seen().into_iter().map(|(seen, _)| seen).collect();
    assert_eq!(seen.len(), 20);
    assert_eq!(
        (&*seen[2].method, &*seen[2].path),
        ("GET", "/bucket/0%20%C3%A4")
    );
}

#[test]
fn the_same_parts_meet_the_same_faults_once() {
    let faults = &[Fault::ResetInHead, Fault::Status(503)];
    let part = |number: usize| Seen {
        number: 0,
        method: "PUT".to_owned(),
        path: "/bucket/k".to_owned(),
        query: format!("partNumber={number}&uploadId=u"),
        range: None,
    };
    let rule = some_parts(10, 7, faults);
    let first: Vec<_> = (1..1000).map(|number| rule(&part(number))).collect();
    assert!((1..1000).all(|number| rule(&part(number)).is_none()));
    let count = first.iter().flatten().count();
    assert!((60..140).contains(&count), "{count}");
    let again = some_parts(10, 7, faults);
    for number in (1..1000).rev() {
        assert_eq!(again(&part(number)), first[number - 1]);
    }
    let mut whole = part(1);
    whole.query.clear();
    let always = some_parts(100, 7, faults);
    assert_eq!((always(&whole), always(&part(1)).is_some()), (None, true));
}
