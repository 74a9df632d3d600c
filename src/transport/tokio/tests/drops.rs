//! Futures that are dropped at any time.

use std::pin::pin;
use std::task::{Context, Waker};

use super::*;

/// A server that responds to each request with its body.
async fn echo() -> Server {
    Server::start(|_, mut stream| async move {
        while let Some(text) = read_request(&mut stream).await {
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            for piece in [head.as_bytes(), body.as_bytes()] {
                let _ = stream.write_all(piece).await;
                tokio::task::yield_now().await;
            }
        }
    })
    .await
}

/// Polls a future as many times, and drops it. Returns whether it completed.
async fn poll_and_drop(future: impl Future, times: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..times {
        let mut cx = Context::from_waker(Waker::noop());
        if future.as_mut().poll(&mut cx).is_ready() {
            return true;
        }
        // whatever it waits for
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    false
}

#[tokio::test]
async fn a_call_that_is_dropped_at_any_point_spoils_no_other() {
    let server = echo().await;
    let transport = transport();
    let put = |text: &'static str| request(Method::PUT, &server.url(), text);
    let mut times = 0;
    loop {
        let dropped = call(&transport, put("dropped"), limits());
        let is_done = poll_and_drop(dropped, times).await;
        let found = call(&transport, put("next"), limits()).await;
        assert_eq!(found.unwrap(), (200, "next".into()), "{times}");
        if is_done {
            break;
        }
        times += 1;
    }
    assert!(times > 1);
}

#[tokio::test]
async fn the_connection_of_a_dropped_call_is_closed() {
    let (closed, mut is_closed) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |_, mut stream| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await;
            let n = stream.read(&mut [0]).await.unwrap_or(0);
            closed.send(n).unwrap();
        }
    })
    .await;
    let transport = transport();
    let sending = AsyncTransport::send(&transport, get(&server.url()), limits());
    assert!(!poll_and_drop(sending, 5).await);
    assert_eq!(is_closed.recv().await, Some(0));
}
