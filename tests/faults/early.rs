//! Responses before the whole request was sent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tucuxi::Body;

use crate::server::{Fault, Server};
use crate::streams::{OK, by_hand, patient, put, read_head};
use crate::support::client::IntoClient;
use crate::{alone, blob, config};

#[test]
fn a_final_response_instead_of_continue_leaves_the_body_unread() {
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
fn a_response_while_the_body_is_sent_is_the_response() {
    let _alone = alone();
    for closes in [true, false] {
        let url = by_hand(move |mut reader, mut stream| {
            read_head(&mut reader);
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
            reader.read_exact(&mut [0; 10_000]).unwrap();
            let no = b"HTTP/1.1 503 Slow\r\ncontent-length: 39\r\n\r\n<Error><Code>SlowDown</Code></Error>   ";
            stream.write_all(no).unwrap();
            if !closes {
                stop_reading(stream);
            }
        });
        let error = put(&patient(url), vec![7; 64 << 20]).unwrap_err();
        assert_eq!(error.code(), Some("SlowDown"), "{error}");
    }
}

/// Waits until the client disconnects, without reading.
fn stop_reading(mut stream: TcpStream) {
    while stream.write_all(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// More than the buffers of any socket.
const MANY: u64 = 64 << 20;

#[test]
fn a_success_before_the_whole_body_is_an_error() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(MANY).unwrap();
    let reader = || std::io::repeat(7).take(MANY);
    let bodies: [(&str, &dyn Fn() -> Body); 4] = [
        ("bytes", &|| vec![7; MANY as usize].into()),
        ("file", &|| Body::file(&path).unwrap()),
        ("reader with its length", &|| {
            Body::from_reader_with_len(reader(), MANY)
        }),
        ("reader", &|| Body::from_reader(reader())),
    ];
    for (name, body) in bodies {
        for (reads, closes) in [(false, true), (false, false), (true, true), (true, false)] {
            let url = by_hand(move |mut reader, mut stream| {
                read_head(&mut reader);
                if reads {
                    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
                    reader.read_exact(&mut [0; 10_000]).unwrap();
                }
                stream.write_all(OK).unwrap();
                if !closes {
                    stop_reading(stream);
                }
            });
            let what = format!("{name}, reads {reads}, closes {closes}");
            let error = put(&patient(url), body()).expect_err(&what);
            assert_eq!(crate::word(&error), "broken", "{what}: {error}");
            let text = error.to_string();
            assert!(
                text.contains("200 OK before it had received the whole body"),
                "{what}: {text}"
            );
        }
    }
}

#[test]
fn an_upload_that_was_not_received_is_sent_again() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    let many = || std::io::repeat(7).take(MANY);
    let bodies: [Body; 2] = [
        vec![7; MANY as usize].into(),
        // nothing of it was read
        Body::from_reader_with_len(many(), MANY),
    ];
    for body in bodies {
        server.fail(&[Fault::AnswerBeforeBody(200)]);
        put(&client, body).unwrap();
        let stored = std::mem::take(&mut *server.state.bodies.lock().unwrap());
        let lengths: Vec<_> = stored.iter().map(|body| body.len() as u64).collect();
        assert_eq!(lengths, [MANY]);
    }
}
