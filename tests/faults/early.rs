//! Responses before the whole request was sent.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tucuxi::Body;

use crate::server::{Fault, Server};
use crate::streams::{OK, by_hand, patient, put, read_head};
use crate::support::client::{IntoClient, isolated};
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

#[test]
fn a_slow_early_error_is_read_to_its_end() {
    let _alone = alone();
    let url = by_hand(|mut reader, mut stream| {
        read_head(&mut reader);
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        reader.read_exact(&mut [0; 10_000]).unwrap();
        let no =
            b"HTTP/1.1 503 Slow\r\ncontent-length: 44\r\n\r\n<Error><Code>SlowDown</Code></Error>";
        stream.write_all(no).unwrap();
        for _ in 0..8 {
            std::thread::sleep(Duration::from_millis(250));
            stream.write_all(b" ").unwrap();
        }
        stop_reading(stream);
    });
    // each pause is shorter, all together are longer
    let client = isolated()
        .unsigned()
        .endpoint_url(url)
        .max_attempts(1)
        .read_timeout(Duration::from_secs(1))
        .connect();
    let error = put(&client, vec![7; 64 << 20]).unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"), "{error}");
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

/// A server that reads a request in its own time. It is silent, sends something that is not the response, rests, and reads.
pub(crate) fn read_slowly(stream: &mut BufReader<impl Read + Write>, silence: u64, sends: &[u8]) {
    let head = read_head(stream);
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    std::thread::sleep(Duration::from_millis(silence));
    stream.get_mut().write_all(sends).unwrap();
    // longer than it takes until the client asks itself whether this is a response
    std::thread::sleep(Duration::from_millis(600));
    let mut body = stream.take(length.unwrap().parse().unwrap());
    std::io::copy(&mut body, &mut std::io::sink()).unwrap();
    stream.get_mut().write_all(OK).unwrap();
}

/// What a server that reads slowly may send before its response, after this number of milliseconds.
pub(crate) const INTERIM: [(u64, &[u8]); 3] = [
    (0, b"HTTP/1.1 100 Continue\r\n\r\n"),
    // the client has begun to send
    (1300, b"HTTP/1.1 100 Continue\r\n\r\n"),
    (
        1300,
        b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
    ),
];

#[test]
fn a_server_that_reads_slowly_gets_the_whole_body() {
    let _alone = alone();
    for (silence, sends) in INTERIM {
        let url = by_hand(move |mut reader, _| read_slowly(&mut reader, silence, sends));
        put(&patient(url), vec![7; MANY as usize]).unwrap();
    }
}

#[test]
fn interim_responses_without_end_end_an_upload() {
    let _alone = alone();
    let url = by_hand(|mut reader, mut stream| {
        read_head(&mut reader);
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let error = put(&patient(url), vec![7; MANY as usize]).unwrap_err();
    assert!(error.to_string().contains("too many interim"), "{error}");
}

/// The last bytes of some of these bodies are the ones for which there is no room before the server reads.
#[test]
fn a_success_after_the_last_byte_is_no_early_one() {
    let _alone = alone();
    let uploads = (10..80).map(|n| {
        std::thread::spawn(move || {
            let url = by_hand(|mut reader, mut stream| {
                let head = read_head(&mut reader);
                let mut lines = head.lines();
                let length = lines.find_map(|line| line.strip_prefix("content-length: "));
                let length: u64 = length.unwrap().parse().unwrap();
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
                std::thread::sleep(Duration::from_millis(100));
                stream
                    .write_all(b"HTTP/1.1 102 Processing\r\n\r\n")
                    .unwrap();
                std::thread::sleep(Duration::from_millis(500));
                let mut body = (&mut reader).take(length);
                std::io::copy(&mut body, &mut std::io::sink()).unwrap();
                stream.write_all(OK).unwrap();
            });
            put(&patient(url), vec![7; n * 100_000]).map(drop)
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.join().unwrap().unwrap();
    }
}
