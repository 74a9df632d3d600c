//! Ends of waiting: timeouts of a connection, an attempt and a whole call; a caller who cancels.

use std::time::{Duration, Instant};

use serde_json::json;
use tucuxi::Error;
use tucuxi::error::RetriesEnded;
use tucuxi::transport::CancelToken;

use crate::server::{Fault, Server};
use crate::{alone, blob, client, config, word};

const LONG: Duration = Duration::from_secs(30);

/// Cancels from another thread after a while, and says how long the call went on after that.
fn cancel_after(while_: Duration, run: impl FnOnce(&CancelToken) -> Error) -> (Error, Duration) {
    let token = CancelToken::default();
    let other = token.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(while_);
        other.cancel();
        Instant::now()
    });
    let error = run(&token);
    let ended = Instant::now();
    (
        error,
        ended.saturating_duration_since(thread.join().unwrap()),
    )
}

#[test]
fn a_call_is_cancelled_while_it_waits_for_an_answer_or_for_its_next_attempt() {
    let _alone = alone();
    for fault in [
        Fault::Silence,
        Fault::StallInHead,
        Fault::StallInBody,
        Fault::Status(503),
    ] {
        let server = Server::new(blob(100_000));
        // of the delays of a throttled call, the first is a second
        let client = client(
            config(&server)
                .read_timeout(LONG)
                .jitter(|| 1.0)
                .max_attempts(5),
        );
        server.fail_forever(fault);
        let (error, after) = cancel_after(Duration::from_millis(30), |token| {
            let request = client.request("dynamodb", "ListTables");
            request.cancel_with(token).send().unwrap_err()
        });
        assert!(error.is_cancelled(), "{fault:?}: {error}");
        assert!(!error.is_retryable());
        assert!(after < Duration::from_millis(100), "{fault:?}: {after:?}");
    }
}

#[test]
fn a_body_is_cancelled_while_it_is_read() {
    let _alone = alone();
    let server = Server::new(blob(100_000));
    let client = client(config(&server).read_timeout(LONG));
    server.fail_forever(Fault::StallInBody);
    let (error, after) = cancel_after(Duration::from_millis(30), |token| {
        let request = client.request("s3", "GetObject");
        let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
        let output = request.cancel_with(token).send().unwrap();
        let read = output.body.unwrap().read_to_vec();
        Error::Response(read.unwrap_err().into())
    });
    assert!(error.to_string().contains("cancelled"), "{error}");
    assert!(after < Duration::from_millis(100), "{after:?}");
}

#[test]
fn what_is_cancelled_before_is_not_sent() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let token = CancelToken::default();
    token.cancel();
    let request = client(config(&server)).request("dynamodb", "ListTables");
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
fn a_call_ends_with_its_time_whatever_attempts_are_left() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let config = config(&server).max_attempts(100).read_timeout(LONG);
    let client = client(config.operation_timeout(Duration::from_millis(200)));
    for fault in [Fault::Silence, Fault::Status(500)] {
        server.fail_forever(fault);
        let since = Instant::now();
        let request = client.request("dynamodb", "ListTables");
        let error = request.config(|c| c.jitter(|| 1.0)).send().unwrap_err();
        assert!(
            since.elapsed() < Duration::from_millis(400),
            "{:?}",
            since.elapsed()
        );
        let ended = match error.cause() {
            Error::Transport(error) => error.retries_ended(),
            Error::Service(error) => error.retries_ended,
            other => panic!("{other}"),
        };
        assert_eq!(ended, Some(RetriesEnded::Deadline), "{error}");
    }
}

#[test]
fn an_attempt_ends_with_its_time_and_the_next_begins() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let config = config(&server).read_timeout(LONG);
    let client = client(config.attempt_timeout(Duration::from_millis(60)));
    server.fail(&[Fault::Silence]);
    client.call("dynamodb", "ListTables", json!({})).unwrap();
}

#[test]
fn a_setting_of_one_call_is_of_that_call() {
    let _alone = alone();
    let server = Server::new(Vec::new());
    let client = client(config(&server));
    server.fail_forever(Fault::Status(500));
    let attempts = |error: Error| error.service_error().unwrap().attempts;
    let request = || client.request("dynamodb", "ListTables");
    let once = request().config(|c| c.max_attempts(1)).send().unwrap_err();
    assert_eq!(attempts(once), 1);
    assert_eq!(attempts(request().send().unwrap_err()), 2);
    server.fail_forever(Fault::Silence);
    let short =
        |c: tucuxi::ConfigBuilder| c.read_timeout(Duration::from_millis(20)).max_attempts(1);
    let since = Instant::now();
    assert_eq!(
        word(&request().config(short).send().unwrap_err()),
        "timeout"
    );
    assert!(since.elapsed() < Duration::from_millis(120));
    let network = request()
        .config(|c| c.proxy("http://127.0.0.1:1", ""))
        .send()
        .unwrap_err();
    assert!(matches!(network.cause(), Error::Config(_)), "{network}");
}

#[test]
fn a_body_that_only_trickles_is_given_up() {
    let _alone = alone();
    let server = Server::new(blob(1000));
    let config = config(&server).min_throughput(1_000_000, Duration::from_millis(20));
    let client = client(config);
    server.fail(&[Fault::SlowBody]);
    let request = client.request("s3", "GetObject");
    let request = request.params(json!({"Bucket": "bucket", "Key": "key"}));
    let read = request.send().unwrap().body.unwrap().read_to_vec();
    let error = read.unwrap_err();
    assert!(error.to_string().contains("throughput"), "{error}");
}

#[test]
fn times_that_no_clock_reaches_are_no_limits() {
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
    let client = client(config);
    for kind in crate::KINDS {
        assert_eq!(call(kind, &client, &server), "ok", "{kind:?}");
    }
    server.fail(&[Fault::Status(503)]);
    assert_eq!(call(Kind::Small, &client, &server), "ok");
}
