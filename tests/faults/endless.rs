//! Responses that never end: each part of a response has a limit.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use tucuxi::{Client, Config, Error, ErrorKind};

use crate::streams::{by_hand_for, read_head};
use crate::support::client::IntoClient;
use crate::{LONG, alone, word};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Endless {
    Interim,
    Head,
    HeaderLine,
    HeadTrickle,
    ChunkExtension,
    ChunkExtensions,
    Trailer,
    Trailers,
    Body,
    Chunks,
    UntilClose,
    BodyTrickle,
    WhiteSpace,
}

fn forever(mut stream: &TcpStream, piece: &[u8]) -> std::io::Result<()> {
    // the client should give up, and a failing test must end as well
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(20) {
        stream.write_all(piece)?;
    }
    Ok(())
}

fn trickle(mut stream: &TcpStream, piece: &[u8]) -> std::io::Result<()> {
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(20) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn serve(endless: Endless, status: u16) -> String {
    by_hand_for(3, move |mut reader, stream| {
        let head = read_head(&mut reader);
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let start = |rest: &str| {
            let head = format!("HTTP/1.1 {status} Status\r\n{rest}");
            (&stream).write_all(head.as_bytes())
        };
        let chunked = "transfer-encoding: chunked\r\n\r\n";
        // the client closes the connection, which is not an error of the server
        let _ = match endless {
            Endless::Interim => forever(&stream, b"HTTP/1.1 102 Processing\r\nx: y\r\n\r\n"),
            Endless::Head => start("").and_then(|()| forever(&stream, b"x-a: b\r\n")),
            Endless::HeaderLine => start("x-a: ").and_then(|()| forever(&stream, &[b'x'; 1000])),
            Endless::HeadTrickle => start("x-a: ").and_then(|()| trickle(&stream, b"x")),
            Endless::ChunkExtension => {
                start(chunked).and_then(|()| forever(&stream, &[b';'; 1000]))
            }
            Endless::ChunkExtensions => start(chunked)
                .and_then(|()| forever(&stream, b"1;aaaaaaaaaaaaaaaaaaaaaaaa=b\r\n \r\n")),
            Endless::Trailer => {
                start(&format!("{chunked}0\r\nx: ")).and_then(|()| forever(&stream, &[b'x'; 1000]))
            }
            Endless::Trailers => {
                start(&format!("{chunked}0\r\n")).and_then(|()| forever(&stream, b"x: y\r\n"))
            }
            Endless::Body => start("content-length: 99999999999\r\n\r\n")
                .and_then(|()| forever(&stream, &[b' '; 65536])),
            Endless::Chunks => start(chunked).and_then(|()| {
                forever(
                    &stream,
                    &[&b"1000\r\n"[..], &[b' '; 4096], b"\r\n"].concat(),
                )
            }),
            Endless::UntilClose => {
                start("connection: close\r\n\r\n").and_then(|()| forever(&stream, &[b' '; 65536]))
            }
            Endless::BodyTrickle => {
                start("content-length: 999999\r\n\r\n{").and_then(|()| trickle(&stream, b" "))
            }
            Endless::WhiteSpace => start(chunked).and_then(|()| trickle(&stream, b"1\r\n \r\n")),
        };
    })
}

/// A call of each kind whose response is read whole.
fn calls(client: &Client) -> Vec<(&'static str, Result<(), Error>)> {
    let object = || json!({"Bucket": "bucket", "Key": "k"});
    vec![
        (
            "json",
            client.call("dynamodb", "ListTables", json!({})).map(drop),
        ),
        (
            "xml",
            client
                .call("s3", "ListObjectsV2", json!({"Bucket": "bucket"}))
                .map(drop),
        ),
        ("blob", client.call("s3", "GetObject", object()).map(drop)),
    ]
}

/// The timeout for responses that do not end.
const SHORT: Duration = Duration::from_millis(100);

fn config(url: String) -> tucuxi::ConfigBuilder {
    Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(url)
        .unsigned()
        .max_attempts(1)
        .read_timeout(LONG)
        .max_response_size(1 << 20)
}

#[test]
fn every_part_of_a_response_has_a_maximum_size() {
    let _alone = alone();
    use Endless::*;
    let too_large = [
        Interim,
        Head,
        HeaderLine,
        ChunkExtension,
        ChunkExtensions,
        Trailer,
        Trailers,
        Body,
        Chunks,
        UntilClose,
    ];
    let too_slow = [HeadTrickle, BodyTrickle, WhiteSpace];
    let all = too_large.map(|one| (one, "too large"));
    for (endless, expected) in all.into_iter().chain(too_slow.map(|one| (one, "timeout"))) {
        for status in [200, 503] {
            let config = config(serve(endless, status));
            let client = match expected {
                "timeout" => config.read_timeout(SHORT),
                _ => config,
            }
            .connect();
            let since = Instant::now();
            for (kind, result) in calls(&client) {
                let error = result.unwrap_err();
                assert_eq!(
                    word(&error),
                    expected,
                    "{endless:?} {status} {kind}: {error}"
                );
                assert!(
                    since.elapsed() < Duration::from_secs(12),
                    "{endless:?} {kind}: {:?}",
                    since.elapsed()
                );
            }
        }
    }
}

#[test]
fn an_endless_error_of_a_streaming_call_is_limited() {
    let _alone = alone();
    for endless in [Endless::Body, Endless::BodyTrickle] {
        let client = config(serve(endless, 503)).read_timeout(SHORT).connect();
        let since = Instant::now();
        for (service, operation, params) in [
            ("s3", "GetObject", json!({"Bucket": "bucket", "Key": "k"})),
            (
                "lambda",
                "InvokeWithResponseStream",
                json!({"FunctionName": "f"}),
            ),
        ] {
            let error = client
                .request(service, operation)
                .params(params)
                .send()
                .unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::Transport,
                "{endless:?} {operation}: {error}"
            );
        }
        assert!(since.elapsed() < Duration::from_secs(10), "{endless:?}");
    }
}

#[test]
fn the_size_limit_has_a_hint_and_exempts_streams() {
    let _alone = alone();
    let client = config(serve(Endless::Body, 200)).connect();
    let request = || {
        client
            .request("s3", "GetObject")
            .params(json!({"Bucket": "bucket", "Key": "k"}))
    };
    let error = request().send_buffered().unwrap_err().to_string();
    assert!(error.contains("max_response_size"), "{error}");
    let mut some = vec![0; 2 << 20];
    request()
        .send()
        .unwrap()
        .body
        .unwrap()
        .read_exact(&mut some)
        .unwrap();
}

#[test]
fn interim_responses_are_skipped_and_other_protocols_fail() {
    let _alone = alone();
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let cases = [
        ("HTTP/1.1 100 Continue\r\n\r\n", true),
        ("HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n", true),
        (
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n",
            true,
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
            false,
        ),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", false),
    ];
    for (interim, is_good) in cases {
        let url = by_hand_for(1, move |mut reader, mut stream| {
            let head = read_head(&mut reader);
            assert!(head.starts_with("post / http/1.1"), "{head}");
            stream.write_all(interim.as_bytes()).unwrap();
            // the client may have disconnected
            let _ = stream.write_all(ok.as_bytes());
        });
        let client = config(url).connect();
        let found = client.call("dynamodb", "ListTables", json!({}));
        assert_eq!(found.is_ok(), is_good, "{interim}: {found:?}");
    }
}
