//! The async client's tables behave as the blocking client's.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::dynamodb::{Attr, DynamoDbError, Key, Update, cancellation_reasons};
use tucuxi::transport::{
    AsyncTransport, Limits, Replay, Request, Sending, Transport, TransportErrorKind,
};
use tucuxi::{AsyncClient, Result};

use super::config;
use super::fake::{Delays, FakeTable};
use crate::support::asynchronous::{all, client};

fn over(table: &Arc<FakeTable>) -> AsyncClient {
    client(config(), table.clone())
}

fn replay(replay: Replay) -> (AsyncClient, Arc<Replay>) {
    let replay = Arc::new(replay);
    let config = config().build().unwrap();
    let client = AsyncClient::with_transport(config, replay.clone()).unwrap();
    (client, replay)
}

fn sorted(items: Vec<Result<Value>>) -> Vec<i64> {
    let items = items.into_iter();
    let mut found: Vec<i64> = items
        .map(|item| item.unwrap()["n"].as_i64().unwrap())
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn a_thousand_items_are_written_and_read_once_each() {
    let table = Arc::new(FakeTable::refusing(30));
    let delays = Delays::default();
    let kept = delays.clone();
    let config = config().sleep(move |delay: Duration| kept.push(delay));
    let t = client(config, table.clone()).table("t");
    let written = t.with_batch_writer(async |writer| {
        for n in 0..1000 {
            writer.put(json!({"n": n})).await?;
        }
        Ok(())
    });
    written.await.unwrap();
    table.state(|state| {
        assert!(state.writes.values().all(|count| *count == 1));
        assert_eq!(state.items.len(), 1000);
    });
    assert!(!delays.all().is_empty());

    let keys = (0..1000).chain(0..1000).map(|n| json!({"n": n}));
    let found = all(t.batch_get(keys).items::<Value>()).await;
    assert_eq!(sorted(found), (0..1000).collect::<Vec<_>>());
    table.state(|state| assert!(state.reads.values().all(|count| *count == 1)));
}

#[tokio::test]
async fn a_table_that_is_too_busy_is_an_error_with_what_is_unwritten() {
    let table = Arc::new(FakeTable::refusing(100));
    let t = client(config().sleep(|_| {}), table.clone()).table("t");
    let mut writer = t.batch_writer();
    writer.put(json!({"n": 1})).await.unwrap();
    let error = writer.finish().await.unwrap_err();
    let error: DynamoDbError = error.downcast().unwrap();
    let DynamoDbError::Unwritten { requests, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(requests, [json!({"PutRequest": {"Item": {"n": 1}}})]);
    let found = t.batch_get([json!({"n": 1})]).max_attempts(3);
    let found = all(found.items::<Value>()).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].is_err());
    assert_eq!(table.state(|state| state.calls.len()), 13);
}

#[tokio::test]
async fn scans_and_their_segments_are_read_to_their_end() {
    for segments in [0, 1, 3, 8] {
        let table = Arc::new(FakeTable::of(200));
        let t = over(&table).table("t");
        let found = all(t.parallel_scan(segments).items()).await;
        assert_eq!(sorted(found), (0..200).collect::<Vec<_>>(), "{segments}");
        table.state(|state| assert!(state.reads.values().all(|reads| *reads == 1)));
    }
    let table = Arc::new(FakeTable::of(95));
    let t = over(&table).table("t");
    let found = all(t.scan().page_size(20).items()).await;
    assert_eq!(sorted(found), (0..95).collect::<Vec<_>>());
    assert_eq!(t.scan().count().await.unwrap(), 95);
}

#[tokio::test]
async fn an_error_in_one_segment_ends_all() {
    let table = Arc::new(FakeTable::of(1000));
    table.state(|state| state.failing_segment = Some(2));
    let t = over(&table).table("t");
    let found = all(t.parallel_scan(4).items::<Value>()).await;
    assert_eq!(found.iter().filter(|item| item.is_err()).count(), 1);
    assert!(found.last().unwrap().is_err());
}

/// Pages without end.
struct Endless(AtomicUsize);

impl AsyncTransport for Endless {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let page = r#"{"Items": [{"n": {"N": "1"}}], "LastEvaluatedKey": {"n": {"N": "1"}}}"#;
        let replay = Replay::new().respond(200, &[], page);
        Box::pin(async move {
            tokio::task::yield_now().await;
            Transport::send(&replay, request, &limits)
        })
    }
}

#[tokio::test]
async fn tasks_wait_for_the_reader_and_end_when_the_items_are_dropped() {
    let endless = Arc::new(Endless(AtomicUsize::new(0)));
    let client = AsyncClient::with_transport(config().build().unwrap(), endless.clone()).unwrap();
    let mut items = client.table("t").parallel_scan(4).items::<Value>();
    items.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // a page of each segment in the channel, and one waiting for room
    let sent = endless.0.load(Ordering::SeqCst);
    assert!(sent <= 9, "{sent}");
    drop(items);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(endless.0.load(Ordering::SeqCst), sent);
}

/// Panics in each segment.
struct Panicking;

impl AsyncTransport for Panicking {
    fn send(&self, _: Request, _: Limits) -> Sending<'_> {
        panic!("as requested")
    }
}

#[tokio::test]
async fn a_panic_in_a_segment_is_an_error() {
    let client = AsyncClient::with_transport(config().build().unwrap(), Panicking).unwrap();
    let found = all(client.table("t").parallel_scan(2).items::<Value>()).await;
    let [Err(error)] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(error.to_string().contains("panicked"), "{error}");
}

/// Never answers the first request.
struct Silent {
    asked: AtomicUsize,
    then: Arc<Replay>,
}

impl AsyncTransport for Silent {
    fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => Box::pin(std::future::pending()),
            _ => AsyncTransport::send(&self.then, request, limits),
        }
    }
}

#[tokio::test]
async fn a_write_that_is_given_up_loses_no_request() {
    let then = Arc::new(
        Replay::new()
            .respond(200, &[], "{}")
            .respond(200, &[], "{}"),
    );
    let silent = Silent {
        asked: AtomicUsize::new(0),
        then: then.clone(),
    };
    let client = AsyncClient::with_transport(config().build().unwrap(), silent).unwrap();
    client.model("dynamodb").await.unwrap();
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.overwrite_by_keys(["n"]);
    for n in 0..24 {
        writer.put(json!({"n": n})).await.unwrap();
    }
    let last = writer.put(json!({"n": 24}));
    let given_up = tokio::time::timeout(Duration::from_millis(100), last).await;
    assert!(given_up.is_err());
    assert_eq!(writer.pending(), 25);
    // it replaces one of the batch that was given up
    writer.put(json!({"n": 3, "v": "new"})).await.unwrap();
    assert_eq!(writer.pending(), 0);
    writer.finish().await.unwrap();
    let sent: Value = serde_json::from_slice(&then.sent()[0].body).unwrap();
    let sent = sent["RequestItems"]["t"].as_array().unwrap();
    assert_eq!(sent.len(), 25);
    assert_eq!(sent[24]["PutRequest"]["Item"]["v"]["S"], "new");
}

#[tokio::test]
async fn a_dropped_writer_sends_nothing() {
    let (client, replay) = replay(Replay::new());
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.put(json!({"n": 1})).await.unwrap();
    drop(writer);
    assert!(replay.sent().is_empty());
}

#[tokio::test]
async fn errors_of_expressions_and_calls_are_the_first_item() {
    let (client, _) = replay(Replay::new().failure(TransportErrorKind::Request));
    let t = client.table("t");
    let query = t.query(Key("n").eq(f64::NAN));
    let found = all(query.items::<Value>()).await;
    assert_eq!(found.iter().map(Result::is_err).collect::<Vec<_>>(), [true]);
    let found = all(t.scan().items::<Value>()).await;
    assert_eq!(found.iter().map(Result::is_err).collect::<Vec<_>>(), [true]);
}

#[tokio::test]
async fn calls_and_transactions_send_what_the_blocking_ones_do() {
    let cancelled = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons":
        [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]}"#;
    let canned = || {
        let replay = Replay::new().respond(200, &[], r#"{"Attributes": {"n": {"N": "8"}}}"#);
        replay.respond(400, &[], cancelled)
    };
    let (client, sent) = replay(canned());
    let t = client.table("t");
    let update = || Update::new().add("n", 1);
    let call = t.update(json!({"id": 1}), update());
    let new: Option<Value> = call.condition(Attr("n").lt(9)).item().await.unwrap();
    assert_eq!(new, Some(json!({"n": 8})));
    let write = client.transact_write().delete(&t, json!({"id": 1}));
    let write = write.put(&t, json!({"id": 2})).client_request_token("x");
    let error = write.send().await.unwrap_err();
    assert_eq!(cancellation_reasons(&error)[0].index, 1);

    let blocking = Arc::new(canned());
    let config = config().build().unwrap();
    let client = tucuxi::Client::with_transport(config, blocking.clone()).unwrap();
    let t = client.table("t");
    let call = t.update(json!({"id": 1}), update());
    call.condition(Attr("n").lt(9)).send().unwrap();
    let write = client.transact_write().delete(&t, json!({"id": 1}));
    let write = write.put(&t, json!({"id": 2})).client_request_token("x");
    write.send().unwrap_err();
    for (one, other) in sent.sent().iter().zip(blocking.sent()) {
        assert_eq!(one.body, other.body);
    }
}

#[test]
fn futures_can_be_sent_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    let (client, _) = replay(Replay::new());
    let t = client.table("t");
    is_send(&t.get(json!({"n": 1})).send());
    is_send(&t.scan().count());
    is_send(&t.scan().items::<Value>());
    is_send(&t.with_batch_writer(async |writer| writer.put(json!({"n": 1})).await));
    let mut writer = t.batch_writer();
    is_send(&writer.put(json!({"n": 1})));
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let (client, _) = replay(Replay::new());
    let t = client.table("t");
    let mut items = t.parallel_scan(2).items::<Value>();
    let mut next = pin!(items.next());
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Err(error))) = next.as_mut().poll(&mut cx) else {
        panic!("an error");
    };
    assert!(error.to_string().contains("no tokio runtime"), "{error}");
}
