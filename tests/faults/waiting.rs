//! Timeouts of connections, attempts and calls, and cancellation.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use tucuxi::error::RetriesEnded;
use tucuxi::transport::CancelToken;
use tucuxi::{Error, ErrorKind};

use crate::server::{Fault, Server};
use crate::streams::{by_hand, patient, read_head};
use crate::support::client::IntoClient;
use crate::{LONG, alone, at_best, blob, config, word};

/// Cancels from another thread after a while. Returns how long the call continued afterwards.
fn cancel_after(while_: Duration, run: impl FnOnce(&CancelToken) -> Error) -> (Error, Duration) {
    let token = CancelToken::default();
    cancel_with(&token, while_, || run(&token))
}

fn cancel_with(
    token: &CancelToken,
    while_: Duration,
    run: impl FnOnce() -> Error,
) -> (Error, Duration) {
    let other = token.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(while_);
        other.cancel();
        Instant::now()
    });
    let error = run();
    let ended = Instant::now();
    (
        error,
        ended.saturating_duration_since(thread.join().unwrap()),
    )
}

#[test]
fn cancel_ends_the_wait_for_a_response_or_a_retry() {
    let _alone = alone();
    for fault in [
        Fault::Silence,
        Fault::StallInHead,
        Fault::StallInBody,
        Fault::Status(503),
    ] {
        let server = Server::new(blob(100_000));
        // the first delay of a throttled call is a second
        let client = config(&server)
            .read_timeout(LONG)
            .jitter(|| 1.0)
            .max_attempts(5)
            .connect();
        server.fail_forever(fault);
        at_best(Duration::from_millis(100), &format!("{fault:?}"), || {
            let (error, after) = cancel_after(Duration::from_millis(30), |token| {
                let request = client.request("dynamodb", "ListTables");
                request.cancel_with(token).send().unwrap_err()
            });
            assert!(error.is_cancelled(), "{fault:?}: {error}");
            assert!(!error.is_retryable());
            after
        });
    }
}

#[test]
fn a_body_is_cancelled_while_it_is_read() {
    let _alone = alone();
    let server = Server::new(blob(100_000));
    let client = config(&server).read_timeout(LONG).connect();
    server.fail_forever(Fault::StallInBody);
    at_best(Duration::from_millis(100), "the rest of a body", || {
        let request = client.request("s3", "GetObject");
        let token = CancelToken::default();
        let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
        // a busy machine may delay the body
        let output = request.cancel_with(&token).send().unwrap();
        let (error, after) = cancel_with(&token, Duration::from_millis(30), || {
            let read = output.body.unwrap().read_to_vec();
            Error::new(ErrorKind::Response, read.unwrap_err())
        });
        assert!(error.to_string().contains("cancelled"), "{error}");
        after
    });
}

#[test]
fn a_call_cancelled_beforehand_is_not_sent() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let token = CancelToken::default();
    token.cancel();
    let request = config(&server).connect().request("dynamodb", "ListTables");
    assert!(
        request
            .cancel_with(&token)
            .send()
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(
        server
            .state
            .requests
            .load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[test]
fn a_call_ends_at_its_timeout_despite_remaining_attempts() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let config = config(&server).max_attempts(100).read_timeout(LONG);
    let client = config
        .operation_timeout(Duration::from_millis(200))
        .connect();
    for fault in [Fault::Silence, Fault::Status(500)] {
        server.fail_forever(fault);
        at_best(Duration::from_millis(400), &format!("{fault:?}"), || {
            let since = Instant::now();
            let request = client.request("dynamodb", "ListTables");
            let error = request.config(|c| c.jitter(|| 1.0)).send().unwrap_err();
            let took = since.elapsed();
            let is_of_a_call = matches!(error.kind(), ErrorKind::Transport | ErrorKind::Service);
            assert!(is_of_a_call, "{error}");
            assert_eq!(
                error.retries_ended(),
                Some(RetriesEnded::Deadline),
                "{error}"
            );
            took
        });
    }
}

#[test]
fn an_attempt_ends_at_its_timeout_and_is_retried() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    // one of them is in time even on a busy machine
    let config = config(&server).max_attempts(50);
    let client = config.attempt_timeout(Duration::from_millis(60)).connect();
    server.fail(&[Fault::Silence]);
    client.call("dynamodb", "ListTables", json!({})).unwrap();
}

#[test]
fn a_setting_of_one_call_applies_to_no_other() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = config(&server).connect();
    server.fail_forever(Fault::Status(500));
    let request = || client.request("dynamodb", "ListTables");
    let once = request().config(|c| c.max_attempts(1)).send().unwrap_err();
    assert_eq!(once.attempts(), 1);
    assert_eq!(request().send().unwrap_err().attempts(), 2);
    server.fail_forever(Fault::Silence);
    let short =
        |c: tucuxi::ConfigBuilder| c.read_timeout(Duration::from_millis(20)).max_attempts(1);
    at_best(Duration::from_millis(120), "a short timeout", || {
        let since = Instant::now();
        let error = request().config(short).send().unwrap_err();
        assert_eq!(word(&error), "timeout");
        since.elapsed()
    });
    let network = request()
        .config(|c| c.proxy("http://127.0.0.1:1", ""))
        .send()
        .unwrap_err();
    assert_eq!(network.kind(), ErrorKind::Config, "{network}");
}

#[test]
fn a_body_that_only_trickles_is_an_error() {
    let _alone = alone();
    let url = by_hand(|mut reader, mut stream| {
        read_head(&mut reader);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
        stream.write_all(head).unwrap();
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let client = patient(url);
    let request = client.request("s3", "GetObject");
    let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
    let request = request.config(|c| c.min_throughput(1_000_000, Duration::from_millis(20)));
    let read = request.send().unwrap().body.unwrap().read_to_vec();
    let error = read.unwrap_err();
    assert!(error.to_string().contains("throughput"), "{error}");
}

#[test]
fn timeouts_beyond_any_clock_are_no_limits() {
    use crate::{Kind, call};
    let _alone = alone();
    let server = Server::new(blob(100_000));
    let config = config(&server)
        .connect_timeout(Duration::MAX)
        .read_timeout(Duration::MAX)
        .operation_timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .max_clock_skew(Duration::MAX)
        .min_throughput(u64::MAX, Duration::MAX)
        .jitter(|| f64::NAN);
    let client = config.connect();
    for kind in crate::KINDS {
        assert_eq!(call(kind, &client, &server), "ok", "{kind:?}");
    }
    server.fail(&[Fault::Status(503)]);
    assert_eq!(call(Kind::Small, &client, &server), "ok");
}
