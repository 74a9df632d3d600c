//! Futures that are dropped at any await point.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::json;
use tucuxi::{AsyncClient, Body};

use super::on_one_thread;
use crate::support::s3::S3Backend;

/// Polls a future so often, each time after something has happened, and drops it. Returns whether it was done before.
async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    for _ in 0..polls {
        let once = std::future::poll_fn(|cx| {
            // a poll that is not the last one waits as usual
            Poll::Ready(future.as_mut().poll(cx).is_ready())
        });
        if once.await {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    let _ = Context::from_waker(Waker::noop());
    false
}

#[test]
fn a_call_can_be_dropped_at_every_await_point() {
    let backend = S3Backend::start("bucket");
    let config = backend.config().build().unwrap();
    on_one_thread(async {
        let client = AsyncClient::with_config(config).unwrap();
        let object = json!({"Bucket": "bucket", "Key": "key"});
        let content = vec![7_u8; 300_000];
        let put = || {
            let request = client.request("s3", "PutObject").params(object.clone());
            let len = content.len() as u64;
            request.body(Body::from_reader_with_len(
                std::io::Cursor::new(content.clone()),
                len,
            ))
        };
        let get = || client.request("s3", "GetObject").params(object.clone());
        let mut finished = 0;
        for polls in 1..400 {
            let put_done = dropped_after(polls, put().send()).await;
            let get_done = dropped_after(polls, async {
                let mut body = get().send().await.unwrap().body.unwrap();
                body.collect().await.unwrap()
            })
            .await;
            // the same client works, and what it sends is whole
            if polls % 16 == 1 || (put_done && get_done) {
                put().send().await.unwrap();
                let mut body = get().send().await.unwrap().body.unwrap();
                assert_eq!(
                    body.collect().await.unwrap(),
                    content,
                    "after {polls} polls"
                );
            }
            finished += usize::from(put_done && get_done);
            if finished > 2 {
                return;
            }
        }
        panic!("the calls never finish");
    });
}
