//! Messages of HTTP/1.1: what both transports send, and what they make of what they receive.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::*;
use crate::transport::{Transport, UreqTransport};

/// Sends a request with the blocking transport, and reads the response.
async fn call_blocking(request: Request) -> Result<(u16, String), TransportError> {
    let call = move || {
        let transport = UreqTransport::new(&network(|_| {})).unwrap();
        let uri = http::Uri::from_static("http://body");
        let (head, mut body) = Transport::send(&transport, request, &limits())?.into_parts();
        let body = body.read_to_vec();
        let body = body.map_err(|error| TransportError::of_body(&uri, error))?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok((head.status.as_u16(), text))
    };
    tokio::task::spawn_blocking(call).await.unwrap()
}

#[tokio::test]
async fn responses_have_the_verdicts_of_the_blocking_transport() {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let many = "x: y\r\n".repeat(3000);
    let long = format!("x: {}\r\n", "y".repeat(70_000));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(101);
    let cases = [
        head("content-length: 5\r\n\r\nhello"),
        head("content-length: 5\r\n\r\nhelloworld"),
        head("content-length: 6\r\n\r\nhello"),
        head("content-length: 5, 5\r\n\r\nhello"),
        head("content-length: 5\r\ncontent-length: 6\r\n\r\nhello"),
        head("content-length: +5\r\n\r\nhello"),
        head("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        head("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
        head("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        head("transfer-encoding: chunked\r\n\r\nx\r\nhello\r\n"),
        head("transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        head("transfer-encoding: gzip\r\n\r\nhello"),
        head("transfer-encoding: identity\r\ncontent-length: 5\r\n\r\nhello"),
        head(&format!(
            "transfer-encoding: chunked\r\n\r\n5;{}",
            "x".repeat(2000)
        )),
        head("\r\nhello"),
        head("x: a\r\n b\r\ncontent-length: 5\r\n\r\nhello"),
        head(&format!("{many}\r\n")),
        head(&format!("{long}\r\n")),
        head(long.trim_end()),
        head("x"),
        b"".to_vec(),
        b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n".to_vec(),
        b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
        b"HTTP/1.0 200 OK\r\n\r\nhello".to_vec(),
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec(),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_vec(),
        format!("{interim}HTTP/1.1 200 OK\r\n\r\n").into_bytes(),
        b"HTTP/2 200 OK\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(),
        b"\x15\x03\x03\x00\x02\x02\x46".to_vec(),
    ];
    for response in cases {
        let server = Server::sending(response.clone()).await;
        let name = String::from_utf8_lossy(&response[..response.len().min(99)]).into_owned();
        let found = call(&transport(), get(&server.url()), limits()).await;
        let expected = call_blocking(get(&server.url())).await;
        let shown = |result: Result<(u16, String), TransportError>| {
            result.map_err(|error| (error.kind(), error.to_string()))
        };
        assert_eq!(shown(found), shown(expected), "{name:?}");
    }
}

#[tokio::test]
async fn requests_are_those_of_the_blocking_transport() {
    let server = Server::start(|_, mut stream| async move {
        let text = read_request(&mut stream).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", text.len());
        stream.write_all((head + &text).as_bytes()).await.unwrap();
    })
    .await;
    let reader = |text: &'static str| Body::from_reader(text.as_bytes());
    let sized = |text: &'static str| Body::from_reader_with_len(text.as_bytes(), text.len() as u64);
    let cases: [(Method, &str, &dyn Fn() -> Body); 6] = [
        (Method::GET, "/a//../b%2F?c=%20&d", &|| Body::from("")),
        (Method::HEAD, "?x", &|| Body::from("")),
        (Method::POST, "/", &|| Body::from("")),
        (Method::PUT, "/k", &|| Body::from("hello")),
        (Method::PUT, "/k", &|| sized("hello")),
        (Method::PUT, "/k", &|| reader("hello")),
    ];
    for (method, target, body) in cases {
        let url = format!("{}{target}", server.url());
        let with = |body| {
            let mut request = request(method.clone(), &url, body);
            let headers = request.headers_mut();
            headers.insert("x-amz-meta-a", "b, c".parse().unwrap());
            request
        };
        let found = call(&transport(), with(body()), limits()).await.unwrap();
        let expected = call_blocking(with(body())).await.unwrap();
        assert_eq!(found, expected, "{method} {target}");
        assert_eq!(found.1.is_empty(), method == Method::HEAD);
    }
}

#[tokio::test]
async fn a_body_of_the_wrong_length_is_never_a_complete_request() {
    let server = Server::start(|_, mut stream| async move {
        assert!(read_request(&mut stream).await.is_none());
    })
    .await;
    for (text, len) in [("hello", 6), ("hello", 4)] {
        let body = Body::from_reader_with_len(text.as_bytes(), len);
        let error = call(
            &transport(),
            request(Method::PUT, &server.url(), body),
            limits(),
        )
        .await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request);
        assert!(error.to_string().contains("the body "), "{error}");
    }
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more fish"))
        }
    }
    let broken = request(Method::PUT, &server.url(), Body::from_reader(Broken));
    let error = call(&transport(), broken, limits()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Request);
    assert!(error.to_string().contains("no more fish"), "{error}");
}

#[tokio::test]
async fn the_body_waits_for_continue_or_is_not_sent() {
    let expecting = |url: &str| {
        let mut request = request(Method::PUT, url, Body::from_reader(&b"hello"[..]));
        request
            .headers_mut()
            .insert("expect", "100-continue".parse().unwrap());
        request
    };
    let cases: [(&str, u16); 3] = [
        ("HTTP/1.1 100 Continue\r\n\r\n", 200),
        ("HTTP/1.1 102 Processing\r\n\r\n", 200),
        ("HTTP/1.1 417 No\r\ncontent-length: 5\r\n\r\nhello", 417),
    ];
    for (interim, status) in cases {
        let server = Server::start(move |_, mut stream| async move {
            let mut head = vec![0; 1024];
            let n = stream.read(&mut head).await.unwrap();
            assert!(head[..n].ends_with(b"\r\n\r\n"));
            stream.write_all(interim.as_bytes()).await.unwrap();
            let mut body = Vec::new();
            while status == 200 && !body.ends_with(b"0\r\n\r\n") {
                assert!(stream.read_buf(&mut body).await.unwrap() > 0);
            }
            match status {
                200 => stream.write_all(OK).await.unwrap(),
                // nothing of the body follows
                _ => assert_eq!(stream.read_buf(&mut body).await.unwrap(), 0),
            }
        })
        .await;
        let found = call(&transport(), expecting(&server.url()), limits()).await;
        assert_eq!(found.unwrap(), (status, "hello".into()));
    }
}

/// Sends one chunk, and no end.
struct Silent(Option<&'static str>);

impl Stream for Silent {
    type Item = io::Result<&'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn an_early_response_ends_the_body() {
    const MANY: u64 = 64 << 20;
    let endless = || io::Read::take(io::repeat(0), MANY);
    let bodies: [&dyn Fn() -> Body; 5] = [
        &|| Body::from(vec![0; MANY as usize]),
        &|| Body::from_reader_with_len(endless(), MANY),
        &|| Body::from_reader(endless()),
        &|| Body::from_stream_with_len(Silent(Some("a fish")), 7),
        &|| Body::from_stream(Silent(Some("a fish"))),
    ];
    // the server stops reading, closes its side of the connection, or all of it
    for (n, body) in bodies.iter().enumerate() {
        for end in 0..3 {
            let server = Server::start(move |_, mut stream| async move {
                stream.read_exact(&mut [0; 64]).await.unwrap();
                let response = b"HTTP/1.1 503 Slow Down\r\ncontent-length: 5\r\n\r\nhello";
                stream.write_all(response).await.unwrap();
                match end {
                    0 => std::future::pending().await,
                    1 => {
                        stream.shutdown().await.unwrap();
                        while stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
                    }
                    _ => {}
                }
            })
            .await;
            let transport = transport();
            for number in 1..=2 {
                let request = request(Method::PUT, &server.url(), body());
                let found = call(&transport, request, limits()).await;
                assert_eq!(found.unwrap(), (503, "hello".into()), "{n} {end}");
                assert_eq!(server.connections(), number, "{n} {end}");
            }
        }
    }
}

#[tokio::test]
async fn interim_responses_do_not_end_the_body() {
    let server = Server::start(|_, mut stream| async move {
        // until sending is blocked
        tokio::time::sleep(Duration::from_millis(300)).await;
        let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
        stream.write_all(interim).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut received = 0;
        while received < 64 << 20 {
            let mut some = vec![0; 1 << 20];
            received += stream.read(&mut some).await.unwrap();
        }
        stream.write_all(OK).await.unwrap();
    })
    .await;
    let put = request(Method::PUT, &server.url(), vec![0; 64 << 20]);
    let found = call(&transport(), put, limits()).await;
    assert_eq!(found.unwrap(), (200, "hello".into()));
}
