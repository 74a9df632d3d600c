//! Which connection a request is sent on, and routes through proxies.

use super::*;

/// Responds to requests until the connection is closed.
async fn serve(mut stream: TcpStream) {
    while read_request(&mut stream).await.is_some() {
        stream.write_all(OK).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_is_used_again_once_its_response_is_read() {
    let server = Server::start(|_, stream| serve(stream)).await;
    let transport = transport();
    for _ in 0..3 {
        let found = call(&transport, get(&server.url()), limits()).await;
        assert_eq!(found.unwrap(), (200, "hello".into()));
        assert_eq!(server.connections(), 1);
    }
    // two at a time need two connections, one of which is closed because its body is not read
    let held = AsyncTransport::send(&transport, get(&server.url()), limits());
    let held = held.await.unwrap();
    let other = AsyncTransport::send(&transport, get(&server.url()), limits());
    drop(other.await.unwrap());
    assert_eq!(server.connections(), 2);
    read(held).await.unwrap();
    call(&transport, get(&server.url()), limits())
        .await
        .unwrap();
    assert_eq!(server.connections(), 2);
    let none = TokioTransport::new(&network(|network| network.max_idle_connections = 0)).unwrap();
    for _ in 0..2 {
        call(&none, get(&server.url()), limits()).await.unwrap();
    }
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn a_connection_that_cannot_be_reused_is_not() {
    let cases: [&[u8]; 5] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        // closed at once
        OK,
    ];
    for (n, response) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, mut stream| async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(response).await.unwrap();
                if n == 4 {
                    return;
                }
            }
        })
        .await;
        let transport = transport();
        for connections in 1..=3 {
            let body = Body::from_reader(&b"hello"[..]);
            let request = request(Method::PUT, &server.url(), body);
            let found = call(&transport, request, limits()).await;
            assert_eq!(found.unwrap(), (200, "hello".into()), "{n}");
            assert_eq!(server.connections(), connections, "{n}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A proxy that requires a password: forwards nothing, but responds with what it received, and opens tunnels to one address.
pub(super) async fn act_as_proxy(mut stream: impl AsyncRead + AsyncWrite + Unpin, to: SocketAddr) {
    while let Some(text) = read_request(&mut stream).await {
        let is_known = text.to_lowercase();
        if !is_known.contains("proxy-authorization: basic dtpw\r\n") {
            let refusal = b"HTTP/1.1 407 Password\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(refusal).await.unwrap();
        } else if text.starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut service = TcpStream::connect(to).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut service).await;
            return;
        } else {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", text.len());
            stream.write_all((head + &text).as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn proxies_forward_http_and_tunnel_https() {
    let service = tls::server(tls::Kind::Http1).await;
    let to = service.server.address;
    let proxy = Server::start(move |_, stream| act_as_proxy(stream, to)).await;
    let url = |user: &str| format!("http://{user}{}", proxy.address);
    let through = |proxies: Proxies| {
        TokioTransport::new(&network(|network| {
            network.proxies = proxies;
            network.ca_bundle = Some(service.file("ca"));
        }))
        .unwrap()
    };
    let with = through(Proxies::new().http(url("u:p@")).https(url("u:p@")));
    for _ in 0..2 {
        let found = call(&with, get("http://example.com/a//b?c"), limits()).await;
        let (_, text) = found.unwrap();
        let expected = "GET http://example.com/a//b?c HTTP/1.1\r\nhost: example.com\r\n";
        assert!(text.starts_with(expected), "{text}");
    }
    assert_eq!(proxy.connections(), 1);
    for _ in 0..2 {
        let found = call(&with, get("https://localhost/"), limits()).await;
        assert_eq!(found.unwrap(), (200, "hello".into()));
    }
    assert_eq!((proxy.connections(), service.server.connections()), (2, 1));
    // without a password
    let without = through(Proxies::new().http(url("")).https(url("")));
    let found = call(&without, get("http://example.com"), limits()).await;
    assert_eq!(found.unwrap().0, 407);
    let error = call(&without, get("https://localhost"), limits())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let expected = "could not connect to https://localhost: CONNECT proxy failed: proxy server responded 407/407";
    assert_eq!(error.to_string(), expected);
    // without a proxy
    let direct = Limits {
        direct: true,
        ..limits()
    };
    let url = format!("https://localhost:{}", service.server.address.port());
    assert_eq!(call(&with, get(&url), direct).await.unwrap().0, 200);
    let except = through(Proxies::new().https("http://[::1]:1").except("localhost"));
    assert_eq!(call(&except, get(&url), limits()).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_proxy_over_tls_has_an_authority_of_its_own() {
    for kind in [tls::Kind::Http1, tls::Kind::Http2] {
        let service = tls::server(kind).await;
        let proxy = tls::server(tls::Kind::Proxy(service.server.address)).await;
        let url = proxy.url().replace("https://", "https://u:p@");
        let through = |of_proxy: Option<&tls::Service>, forwards: bool| {
            let network = network(|network| {
                network.proxies = Proxies::new().http(&*url).https(&*url);
                network.ca_bundle = Some(service.file("ca"));
                network.proxy_ca_bundle = of_proxy.map(|proxy| proxy.file("ca"));
                network.proxy_forwards_https = forwards;
            });
            TokioTransport::new(&network).unwrap()
        };
        let good = through(Some(&proxy), false);
        let limits = || match kind {
            tls::Kind::Http2 => duplex(),
            _ => limits(),
        };
        for _ in 0..2 {
            let found = call(&good, get("https://localhost/"), limits()).await;
            assert_eq!(found.unwrap(), (200, "hello".into()), "{kind:?}");
        }
        assert_eq!(proxy.server.connections(), 1, "{kind:?}");
        let forwarding = through(Some(&proxy), true);
        for (transport, url) in [
            (&good, "http://example.com/a"),
            (&forwarding, "http://example.com/a"),
            (&forwarding, "https://example.com/a"),
        ] {
            let (_, text) = call(transport, get(url), super::limits()).await.unwrap();
            let expected = format!("GET {url} HTTP/1.1\r\nhost: example.com\r\n");
            assert!(text.starts_with(&expected), "{text}");
        }
        let forwarded = call(&forwarding, get("https://localhost/"), duplex()).await;
        let error = forwarded.unwrap_err().to_string();
        assert!(error.contains("which a proxy does not forward"), "{error}");
        for untrusting in [through(None, false), through(Some(&service), false)] {
            let found = call(&untrusting, get("https://localhost/"), limits()).await;
            assert_eq!(
                super::kind(found),
                Some(TransportErrorKind::Tls),
                "{kind:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let cases = [
        (
            format!("http://{free}"),
            TransportErrorKind::Connect,
            "connection refused",
        ),
        (
            "http://x.invalid".into(),
            TransportErrorKind::HostNotFound,
            "host not found",
        ),
    ];
    for (url, kind, text) in cases {
        let error = call(&transport(), get(&url), limits()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let transport = transport();
    let mut sending = AsyncTransport::send(&transport, get("http://h"), limits());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = sending.as_mut().poll(&mut cx) else {
        panic!("no error");
    };
    assert_eq!(error.kind(), TransportErrorKind::Request);
    assert!(error.to_string().contains("no tokio runtime"), "{error}");
}

#[test]
fn runtimes_do_not_share_connections() {
    let transport = transport();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (first, second) = (runtime(), runtime());
    let server = first.block_on(Server::start(|_, stream| serve(stream)));
    let url = server.url();
    let thread = std::thread::spawn(move || {
        first.block_on(async {
            tokio::time::sleep(Duration::from_millis(500)).await;
        });
    });
    for _ in 0..2 {
        let found = second.block_on(call(&transport, get(&url), limits()));
        assert_eq!(found.unwrap(), (200, "hello".into()));
    }
    assert_eq!(server.connections(), 1);
    thread.join().unwrap();
    let third = runtime();
    let late = third.block_on(Server::start(|_, stream| serve(stream)));
    let found = third.block_on(call(&transport, get(&late.url()), limits()));
    assert_eq!(found.unwrap(), (200, "hello".into()));
}
