//! Time limits and cancellation.

use std::time::Instant;

use super::*;
use crate::transport::Throughput;

const SHORT: Duration = Duration::from_millis(400);

fn short() -> Limits {
    Limits {
        read: SHORT,
        ..limits()
    }
}

/// What a server does after a request.
type Behaviour = &'static [(u64, &'static [u8])];

/// Starts a server that sends pieces, each after some milliseconds, and is silent then.
async fn slow(pieces: Behaviour) -> Server {
    Server::start(move |_, mut stream| async move {
        read_request(&mut stream).await;
        for (pause, piece) in pieces {
            tokio::time::sleep(Duration::from_millis(*pause)).await;
            let _ = stream.write_all(piece).await;
        }
        std::future::pending().await
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_a_timeout() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    let throughput = Some(Throughput {
        bytes_per_second: 1000,
        grace: SHORT,
    });
    let cases: [(&str, Behaviour, Limits, &str); 8] = [
        (
            "no response",
            &[],
            short(),
            "it took longer than the timeout",
        ),
        (
            "a head in pieces",
            &[
                (0, b"HTTP/1.1"),
                (200, b" 200 OK\r\n"),
                (200, b"x: y\r\n"),
                (200, b"\r\n"),
            ],
            short(),
            "it took longer than the timeout",
        ),
        (
            "no body",
            &[(0, HEAD), (10, b"hello")],
            short(),
            "it took longer than the timeout",
        ),
        (
            "a trickle",
            &[
                (0, HEAD),
                (200, b"a"),
                (200, b"b"),
                (200, b"c"),
                (200, b"d"),
            ],
            Limits {
                throughput,
                ..limits()
            },
            "the throughput is below the minimum",
        ),
        (
            "a trickle of a body that is read whole",
            &[
                (0, HEAD),
                (200, b"a"),
                (200, b"b"),
                (200, b"c"),
                (200, b"d"),
            ],
            Limits {
                whole_throughput: throughput,
                ..limits()
            },
            "the throughput is below the minimum",
        ),
        (
            "a body with a deadline",
            &[
                (0, HEAD),
                (200, b"a"),
                (200, b"b"),
                (200, b"c"),
                (200, b"d"),
            ],
            Limits {
                body_deadline: Some(Instant::now() + SHORT),
                ..limits()
            },
            "the operation timeout or the attempt timeout has passed",
        ),
        (
            "the body of an error",
            &[
                (0, b"HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\n"),
                (200, b"a"),
                (200, b"b"),
            ],
            Limits {
                deadline: Some(Instant::now() + SHORT),
                streams: true,
                ..limits()
            },
            "the operation timeout or the attempt timeout has passed",
        ),
        (
            "no continue, and no response",
            &[],
            Limits {
                deadline: None,
                ..short()
            },
            "it took longer than the timeout",
        ),
    ];
    let mut calls = Vec::new();
    for (name, pieces, limits, expected) in cases {
        calls.push(tokio::spawn(async move {
            let server = slow(pieces).await;
            // a small body would not wait
            let body = vec![7; 100_000];
            let mut request = request(Method::PUT, &server.url(), body);
            if name.contains("continue") {
                let value = "100-continue".parse().unwrap();
                request.headers_mut().insert("expect", value);
            }
            let error = call(&transport(), request, limits).await.expect_err(name);
            assert_eq!(error.kind(), TransportErrorKind::Timeout, "{name}: {error}");
            assert!(error.to_string().ends_with(expected), "{name}: {error}");
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn slow_progress_and_slow_readers_are_no_timeout() {
    let pieces: Behaviour = &[
        (0, b"HTTP/1.1 102 Processing\r\n\r\n"),
        (100, b"HTTP/1.1 102 Processing\r\n\r\n"),
        (100, b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"),
        (100, b"a"),
        (100, b"bc"),
    ];
    let server = slow(pieces).await;
    let limits = Limits {
        throughput: Some(Throughput {
            bytes_per_second: 1,
            grace: SHORT,
        }),
        deadline: Some(Instant::now() + 3 * SHORT),
        streams: true,
        ..short()
    };
    let response = AsyncTransport::send(&transport(), get(&server.url()), limits)
        .await
        .unwrap();
    // a program that takes its time
    tokio::time::sleep(4 * SHORT).await;
    assert_eq!(read(response).await.unwrap(), (200, "abc".into()));
}

#[tokio::test]
async fn a_server_that_does_not_read_is_a_timeout() {
    let server = Server::start(|_, stream| async move {
        let _stream = stream;
        std::future::pending().await
    })
    .await;
    for body in [
        Body::from(vec![0; 64 << 20]),
        Body::from_reader(std::io::repeat(0)),
    ] {
        let request = request(Method::PUT, &server.url(), body);
        let found = call(&transport(), request, short()).await;
        assert_eq!(kind(found), Some(TransportErrorKind::Timeout));
    }
}

#[tokio::test]
async fn a_connection_that_takes_too_long_is_a_connect_error() {
    // the server never begins a handshake
    let server = slow(&[]).await;
    let limits = Limits {
        connect: SHORT,
        ..limits()
    };
    let url = format!("https://{}", server.address);
    let error = call(&transport(), get(&url), limits).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    assert!(
        error
            .to_string()
            .ends_with("it took longer than the timeout"),
        "{error}"
    );
}

#[tokio::test]
async fn a_body_is_cancelled_while_it_is_read() {
    let server = slow(&[(0, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello")]).await;
    let limits = limits();
    let cancel = limits.cancel.clone();
    let response = AsyncTransport::send(&transport(), get(&server.url()), limits)
        .await
        .unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        cancel.cancel();
    });
    let began = Instant::now();
    let found = read(response).await;
    assert_eq!(kind(found), Some(TransportErrorKind::Cancelled));
    assert!(began.elapsed() < Duration::from_secs(2));
}
