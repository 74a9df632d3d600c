//! Bodies that are streams, in both directions.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tucuxi::transport::Replay;
use tucuxi::{AsyncClient, Body, ErrorKind};

use super::on_one_thread;
use crate::support::client::isolated;
use crate::support::s3::S3Backend;

/// Chunks that are not ready at once, and perhaps an error at their end.
struct Chunks {
    left: Vec<io::Result<Bytes>>,
    is_ready: bool,
}

fn chunks(parts: &[&'static str]) -> Chunks {
    let left = parts
        .iter()
        .rev()
        .map(|part| Ok(Bytes::from_static(part.as_bytes())));
    Chunks {
        left: left.collect(),
        is_ready: false,
    }
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.left.pop())
    }
}

#[test]
fn streams_are_sent_and_received() {
    let backend = S3Backend::start("bucket");
    let config = backend.config();
    on_one_thread(async {
        let client = AsyncClient::with_config(config.build().unwrap()).unwrap();
        let parts = ["a small ", "", "fish"];
        let bodies = [
            Body::from_stream(chunks(&parts)),
            Body::from_stream_with_len(chunks(&parts), 12),
            Body::from_async_read(io::Cursor::new("a small fish")),
            Body::from_http_body(http_body_util::Full::new(Bytes::from("a small fish"))),
            Body::from_reader(io::Cursor::new("a small fish")),
        ];
        for (n, body) in bodies.into_iter().enumerate() {
            let object = json!({"Bucket": "bucket", "Key": format!("key{n}")});
            let mut put = object.clone();
            // the server requires it
            put["ContentLength"] = 12.into();
            let put = client.request("s3", "PutObject").params(put);
            put.body(body).send().await.unwrap();
            let get = client.request("s3", "GetObject").params(object);
            let mut body = get.send().await.unwrap().body.unwrap();
            let mut start = [0; 2];
            body.read_exact(&mut start).await.unwrap();
            assert_eq!(&start, b"a ");
            assert_eq!(body.collect().await.unwrap(), "small fish", "{n}");
        }
    });
}

#[test]
fn a_stream_of_another_length_or_with_an_error_is_never_a_whole_object() {
    let backend = S3Backend::start("bucket");
    let config = backend.config();
    let broken = || {
        let mut chunks = chunks(&["a small "]);
        chunks
            .left
            .insert(0, Err(io::Error::other("the river froze")));
        chunks
    };
    on_one_thread(async {
        let client = AsyncClient::with_config(config.build().unwrap()).unwrap();
        let cases = [
            (Body::from_stream_with_len(chunks(&["fish"]), 5), "early"),
            (Body::from_stream_with_len(chunks(&["fish"]), 3), "longer"),
            (Body::from_stream_with_len(broken(), 12), "froze"),
        ];
        for (body, expected) in cases {
            let object = json!({"Bucket": "bucket", "Key": "broken"});
            let put = client.request("s3", "PutObject").params(object);
            let error = put.body(body).send().await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(backend.bytes("bucket", "broken").is_none(), "{expected}");
        }
    });
}

#[test]
fn a_response_that_does_not_match_its_checksum_is_an_error_of_the_stream() {
    let header = [("x-amz-checksum-crc32", "AAAAAA==")];
    on_one_thread(async {
        let config = isolated().unsigned().build().unwrap();
        let replay = Replay::new().respond(200, &header, "fish");
        let client = AsyncClient::with_transport(config, replay).unwrap();
        let object = json!({"Bucket": "bucket", "Key": "key", "ChecksumMode": "ENABLED"});
        let get = client.request("s3", "GetObject").params(object);
        let mut body = get.send().await.unwrap().body.unwrap();
        let error = body.collect().await.unwrap_err();
        assert!(
            error.to_string().contains("crc32") || error.to_string().contains("CRC32"),
            "{error}"
        );
    });
}

#[test]
fn a_stream_cannot_be_sent_by_the_blocking_client() {
    let config = isolated().unsigned().build().unwrap();
    let client = tucuxi::Client::with_transport(config, Replay::new()).unwrap();
    let put = client.request("s3", "PutObject");
    let put = put.params(json!({"Bucket": "bucket", "Key": "key"}));
    let error = put
        .body(Body::from_stream(chunks(&["fish"])))
        .send()
        .unwrap_err();
    assert!(error.to_string().contains("async client"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Transport);
}
