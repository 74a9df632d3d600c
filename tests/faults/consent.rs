//! Bodies with `Expect: 100-continue`: a small one is sent with its head, a large one when the server agrees.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use tucuxi::Body;

use crate::streams::{OK, by_hand, by_hand_for, patient, put, read_head};
use crate::{alone, blob};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Small bodies that can be sent again, each with the bytes `hello`.
fn small() -> (tempfile::NamedTempFile, [(&'static str, Body); 2]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"hello").unwrap();
    let bodies = [
        ("bytes", Body::from("hello")),
        ("file", Body::file(file.path()).unwrap()),
    ];
    (file, bodies)
}

#[test]
fn a_small_body_is_sent_without_consent() {
    let _alone = alone();
    let (_file, bodies) = small();
    let late = [CONTINUE, b"HTTP/1.1 103 Early Hints\r\n\r\n", CONTINUE].concat();
    for (name, body) in bodies {
        // what the server sends before it has read the body, after it, and after a while
        for (before, after, later) in [
            (CONTINUE, &b""[..], &b""[..]),
            (b"", CONTINUE, b""),
            (b"", b"", &late),
            (b"", b"", b""),
        ] {
            let later = later.to_vec();
            let url = by_hand(move |mut reader, mut stream| {
                let head = read_head(&mut reader);
                assert!(head.contains("expect: 100-continue\r\n"), "{head}");
                assert!(head.contains("content-length: 5\r\n"), "{head}");
                stream.write_all(before).unwrap();
                let mut body = [0; 5];
                reader.read_exact(&mut body).unwrap();
                assert_eq!(&body, b"hello");
                stream.write_all(after).unwrap();
                if !later.is_empty() {
                    std::thread::sleep(Duration::from_millis(100));
                    stream.write_all(&later).unwrap();
                }
                stream.write_all(OK).unwrap();
            });
            let put = put(&patient(url), body.clone());
            let output = put.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(output.to_value().unwrap()["ETag"], "\"e\"");
        }
    }
}

#[test]
fn head_and_small_body_arrive_together() {
    let _alone = alone();
    let (_file, bodies) = small();
    for (name, body) in bodies {
        let url = by_hand(move |_, mut stream| {
            let mut all = vec![0; 1 << 16];
            let len = stream.read(&mut all).unwrap();
            assert!(all[..len].ends_with(b"\r\n\r\nhello"), "{name}");
            stream.write_all(OK).unwrap();
        });
        put(&patient(url), body).unwrap();
    }
}

#[test]
fn a_refusal_of_a_small_body_is_the_response() {
    let _alone = alone();
    let (_file, bodies) = small();
    for (name, body) in bodies {
        for status in [307, 403, 503] {
            for closes in [true, false] {
                // of each attempt, and of the request for the region of the bucket after a redirect
                let connections = if status == 307 { 4 } else { 2 };
                let url = by_hand_for(connections, move |mut reader, mut stream| {
                    let head = read_head(&mut reader);
                    let is_put = head.starts_with("put ");
                    let close = if is_put { "" } else { "connection: close\r\n" };
                    let no = format!("HTTP/1.1 {status} No\r\n{close}content-length: 0\r\n\r\n");
                    stream.write_all(no.as_bytes()).unwrap();
                    // it does not read the body, which is no next request
                    if !closes && is_put {
                        let mut rest = Vec::new();
                        reader.read_to_end(&mut rest).unwrap();
                        assert_eq!(rest, b"hello");
                    }
                });
                let client = patient(url);
                for _ in 0..2 {
                    let error = put(&client, body.clone()).unwrap_err();
                    let found = error.service_error().map(|error| error.status);
                    assert_eq!(found, Some(status), "{name}, {status}, {closes}: {error}");
                }
            }
        }
    }
}

#[test]
fn an_error_after_consent_leaves_the_connection() {
    let _alone = alone();
    let (_file, bodies) = small();
    for (name, body) in bodies {
        let url = by_hand(|mut reader, mut stream| {
            let errors = ["HTTP/1.1 412 No\r\ncontent-length: 0\r\n\r\n"; 2];
            for response in errors.map(str::as_bytes).into_iter().chain([OK]) {
                read_head(&mut reader);
                stream.write_all(CONTINUE).unwrap();
                reader.read_exact(&mut [0; 5]).unwrap();
                stream.write_all(response).unwrap();
            }
        });
        let client = patient(url);
        for _ in 0..2 {
            let error = put(&client, body.clone()).unwrap_err();
            let found = error.service_error().map(|error| error.status);
            assert_eq!(found, Some(412), "{name}: {error}");
        }
        put(&client, body).unwrap();
    }
}

#[test]
fn a_large_body_waits_for_consent() {
    let _alone = alone();
    let many = blob(100_000);
    let sent = many.clone();
    let pause = Duration::from_millis(200);
    let url = by_hand(move |mut reader, mut stream| {
        let head = read_head(&mut reader);
        assert!(head.contains("expect: 100-continue\r\n"), "{head}");
        stream.set_read_timeout(Some(pause)).unwrap();
        let since = Instant::now();
        assert!(reader.read(&mut [0]).is_err(), "a byte without consent");
        assert!(since.elapsed() >= pause / 2);
        stream.set_read_timeout(None).unwrap();
        stream.write_all(CONTINUE).unwrap();
        let mut body = vec![0; sent.len()];
        reader.read_exact(&mut body).unwrap();
        assert!(body == sent);
        stream.write_all(OK).unwrap();
    });
    put(&patient(url), many).unwrap();
}
