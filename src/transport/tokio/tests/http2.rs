//! HTTP/2: sharing of connections, streams in both directions, faults.

use bytes::Bytes;
use futures_core::Stream;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

use super::*;

/// Serves requests, as many at a time: what they get depends on the path.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, most: u32) {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(most);
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        if request.uri().path() == "/leave" {
            connection.graceful_shutdown();
        }
        tokio::spawn(respond_to(request, respond));
    }
}

async fn respond_to(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let (head, mut body) = request.into_parts();
    let response = |status: u16| http::Response::builder().status(status).body(()).unwrap();
    match head.uri.path() {
        "/echo" => {
            let mut stream = respond.send_response(response(200), false).unwrap();
            while let Some(Ok(chunk)) = body.data().await {
                body.flow_control().release_capacity(chunk.len()).unwrap();
                let _ = stream.send_data(chunk, false);
            }
            let _ = stream.send_data(Bytes::new(), true);
            return;
        }
        "/early" | "/stored" => {
            let status = if head.uri.path() == "/early" {
                503
            } else {
                200
            };
            let mut stream = respond.send_response(response(status), false).unwrap();
            stream.send_data("hello".into(), true).unwrap();
            // the rest of the body is not wanted
            return;
        }
        "/refuse" => return respond.send_reset(Reason::REFUSED_STREAM),
        "/break" => return respond.send_reset(Reason::INTERNAL_ERROR),
        "/hang" => return std::future::pending().await,
        "/stall" => {
            let mut stream = respond.send_response(response(200), false).unwrap();
            stream.send_data("hello".into(), false).unwrap();
            return std::future::pending().await;
        }
        "/interim" => {
            for _ in 0..3 {
                respond.send_informational(response(103)).unwrap();
            }
        }
        "/large" => {
            let mut response = response(200);
            let value = "x".repeat(70_000).parse().unwrap();
            response.headers_mut().insert("x", value);
            respond.send_response(response, true).unwrap();
            return;
        }
        _ => {}
    }
    while let Some(Ok(chunk)) = body.data().await {
        body.flow_control().release_capacity(chunk.len()).unwrap();
    }
    let seen = format!("{} {}", head.method, head.uri);
    let text = match head.uri.query() {
        Some("seen") => seen + &format!(" {:?}", head.headers),
        _ => "hello".into(),
    };
    let mut stream = respond.send_response(response(200), false).unwrap();
    let _ = stream.send_data(text.into(), true);
}

async fn server(most: u32) -> Server {
    Server::start(move |_, stream| serve(stream, most)).await
}

fn put(server: &Server, path: &str, body: impl Into<Body>) -> Request {
    request(Method::PUT, &format!("{}{path}", server.url()), body)
}

/// A stream that a test feeds.
struct Fed(mpsc::Receiver<&'static str>);

impl Stream for Fed {
    type Item = io::Result<&'static str>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|next| next.map(Ok))
    }
}

#[tokio::test]
async fn requests_share_a_connection() {
    // more than are allowed at a time
    for most in [200, 30] {
        let server = server(most).await;
        let transport = Arc::new(transport());
        let calls = (0..100).map(|_| {
            let (transport, put) = (transport.clone(), put(&server, "/", "body"));
            tokio::spawn(async move { call(&transport, put, duplex()).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(
                call.await.unwrap().unwrap(),
                (200, "hello".into()),
                "{most}"
            );
        }
    }
}

#[tokio::test]
async fn the_head_is_what_was_signed() {
    let server = server(9).await;
    let mut request = put(
        &server,
        "/a//../b%2F?seen",
        Body::from_reader(&b"hello"[..]),
    );
    request
        .headers_mut()
        .insert("host", "signed:80".parse().unwrap());
    request
        .headers_mut()
        .insert("connection", "close".parse().unwrap());
    let (_, text) = call(&transport(), request, duplex()).await.unwrap();
    let expected = "PUT http://signed:80/a//../b%2F?seen {\"accept-encoding\": \"identity\"}";
    assert_eq!(text, expected);
}

#[tokio::test]
async fn both_bodies_are_streams_at_the_same_time() {
    let server = server(9).await;
    let (feed, fed) = mpsc::channel(1);
    let put = put(&server, "/echo", Body::from_stream(Fed(fed)));
    let limits = Limits {
        read: Duration::from_millis(200),
        streams: true,
        ..duplex()
    };
    let response = AsyncTransport::send(&transport(), put, limits)
        .await
        .unwrap();
    let mut body = response.into_body();
    for text in ["a", "small", "fish"] {
        feed.send(text).await.unwrap();
        assert_eq!(body.chunk().await.unwrap().unwrap(), text);
    }
    drop(feed);
    assert!(body.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_large_body_is_sent_as_the_server_reads() {
    let server = server(9).await;
    for body in [
        Body::from(vec![b'x'; 3 << 20]),
        Body::from_reader(io::repeat(b'x').take(3 << 20)),
    ] {
        let (status, text) = call(&transport(), put(&server, "/echo", body), duplex())
            .await
            .unwrap();
        assert_eq!((status, text.len()), (200, 3 << 20));
    }
    use std::io::Read as _;
}

#[tokio::test]
async fn faults_have_kinds() {
    use TransportErrorKind::{Cancelled, Interrupted, Request, Timeout, TooLarge};
    let server = server(9).await;
    let transport = transport();
    let short = || Limits {
        read: Duration::from_millis(100),
        ..duplex()
    };
    let short_body = || Body::from_reader_with_len(&b"hello"[..], 6);
    type Make<'a> = &'a dyn Fn() -> Body;
    let cases: [(&str, Make<'_>, Option<TransportErrorKind>); 9] = [
        ("/", &|| Body::from(""), None),
        ("/interim", &|| Body::from(""), None),
        ("/early", &|| Body::from(vec![0; 4 << 20]), None),
        ("/refuse", &|| Body::from("hello"), Some(Interrupted)),
        ("/break", &|| Body::from("hello"), Some(Interrupted)),
        ("/hang", &|| Body::from("hello"), Some(Timeout)),
        ("/stall", &|| Body::from("hello"), Some(Timeout)),
        ("/large", &|| Body::from("hello"), Some(TooLarge)),
        ("/", &short_body, Some(Request)),
    ];
    for (path, body, expected) in cases {
        let found = call(&transport, put(&server, path, body()), short()).await;
        let shown = format!("{found:?}");
        assert_eq!(kind(found), expected, "{path}: {shown}");
    }
    let limits = duplex();
    let cancel = limits.cancel.clone();
    let response = AsyncTransport::send(&transport, put(&server, "/stall", ""), limits);
    let response = response.await.unwrap();
    cancel.cancel();
    assert_eq!(kind(read(response).await), Some(Cancelled));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_ends_is_replaced() {
    let server = server(9).await;
    let transport = transport();
    for connections in [1, 2, 3] {
        let found = call(&transport, put(&server, "/leave", "body"), duplex()).await;
        assert_eq!(found.unwrap(), (200, "hello".into()));
        assert_eq!(server.connections(), connections);
        // the server says that it leaves
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let server = Server::start(|number, stream| async move {
        match number {
            0 => std::future::pending().await,
            _ => serve(stream, 9).await,
        }
    })
    .await;
    let transport = transport();
    let silent = call(&transport, put(&server, "/", ""), duplex());
    let silent = tokio::time::timeout(Duration::from_millis(1100), silent).await;
    assert!(silent.is_err());
    let found = call(&transport, put(&server, "/", ""), duplex()).await;
    assert_eq!(found.unwrap(), (200, "hello".into()));
}

#[tokio::test]
async fn streams_that_take_long_leave_room_for_others() {
    let server = server(4).await;
    let transport = transport();
    let long = || Limits {
        streams: true,
        ..duplex()
    };
    // the settings of the server are known after a response
    call(&transport, put(&server, "/", ""), duplex())
        .await
        .unwrap();
    let mut held = Vec::new();
    for _ in 0..5 {
        let response = AsyncTransport::send(&transport, put(&server, "/stall", ""), long());
        held.push(response.await.unwrap());
        let found = call(&transport, put(&server, "/", ""), duplex()).await;
        assert_eq!(found.unwrap(), (200, "hello".into()));
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_dropped_request_resets_its_stream() {
    let (dropped, mut is_dropped) = mpsc::unbounded_channel();
    let server = Server::start(move |_, stream| {
        let dropped = dropped.clone();
        async move {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let dropped = dropped.clone();
                let _: &SendResponse<Bytes> = &respond;
                tokio::spawn(async move {
                    let reason = std::future::poll_fn(|cx| respond.poll_reset(cx)).await;
                    dropped.send(reason.unwrap()).unwrap();
                });
            }
        }
    })
    .await;
    let transport = transport();
    let (_feed, fed) = mpsc::channel(1);
    for body in [
        Body::from(""),
        Body::from(vec![0; 1 << 20]),
        Body::from_stream(Fed(fed)),
    ] {
        let call = call(&transport, put(&server, "/", body), duplex());
        let timeout = tokio::time::timeout(Duration::from_millis(50), call).await;
        assert!(timeout.is_err());
        assert_eq!(is_dropped.recv().await, Some(Reason::CANCEL));
    }
    assert_eq!(server.connections(), 1);
}
