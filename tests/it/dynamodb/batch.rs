//! Batches: nothing is lost or written twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::dynamodb::DynamoDbError;
use tucuxi::transport::{Replay, TransportErrorKind};

use super::fake::FakeTable;
use super::{client_with_delays, config, fake};

use crate::support::client::IntoClient;

fn once_each(counts: &BTreeMap<i64, u32>, items: i64) {
    let expected: BTreeMap<i64, u32> = (0..items).map(|n| (n, 1)).collect();
    assert_eq!(*counts, expected);
}

#[test]
fn a_thousand_items_are_written_and_read_once_each() {
    let table = Arc::new(FakeTable::refusing(30));
    let (client, delays) = client_with_delays(table.clone());
    let t = client.table("t");
    t.with_batch_writer(|writer| {
        (0..1000).try_for_each(|n| writer.put(json!({"n": n, "text": format!("item {n}")})))
    })
    .unwrap();
    table.state(|state| {
        once_each(&state.writes, 1000);
        assert_eq!(state.items.len(), 1000);
        assert_eq!(
            state.items[&7],
            json!({"n": {"N": "7"}, "text": {"S": "item 7"}})
        );
        assert!(state.calls.len() >= 1000 / 25, "{}", state.calls.len());
        state.calls.clear();
    });
    assert!(!delays.all().is_empty());
    assert!(
        delays
            .all()
            .iter()
            .all(|delay| *delay <= Duration::from_secs(20))
    );

    let keys = (0..1000).chain(0..1000).map(|n| json!({"n": n}));
    let found = t
        .batch_get(keys)
        .items::<Value>()
        .collect::<Result<Vec<_>, _>>();
    let mut found: Vec<i64> = found
        .unwrap()
        .iter()
        .map(|item| item["n"].as_i64().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(found, (0..1000).collect::<Vec<_>>());
    table.state(|state| once_each(&state.reads, 1000));

    t.with_batch_writer(|writer| (0..1000).try_for_each(|n| writer.delete(json!({"n": n}))))
        .unwrap();
    table.state(|state| {
        once_each(&state.deletes, 1000);
        assert!(state.items.is_empty());
    });
}

#[test]
fn delays_double_and_are_reset_after_a_complete_batch() {
    let table = Arc::new(FakeTable::refusing(100));
    let (client, delays) = client_with_delays(table.clone());
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.put(json!({"n": 1})).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(error.is_retryable());
    let error: DynamoDbError = error.downcast().unwrap();
    assert_eq!(
        error.to_string(),
        "1 requests to table t were not written: table t is too busy: it processed nothing of a batch in 10 attempts"
    );
    let DynamoDbError::Unwritten { requests, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(requests, [json!({"PutRequest": {"Item": {"n": 1}}})]);
    let waited: Vec<u128> = delays.all().iter().map(Duration::as_millis).collect();
    assert_eq!(waited, [50, 100, 200, 400, 800, 1600, 3200, 6400, 12800]);
    assert_eq!(table.state(|state| state.calls.len()), 10);
}

#[test]
fn a_batch_get_ends_after_the_last_attempt() {
    let (client, table) = fake(FakeTable::refusing(100));
    let t = client.table("t");
    let found = t
        .batch_get([json!({"n": 1}), json!({"n": 1.0})])
        .max_attempts(3)
        .items::<Value>();
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), 1);
    let error = found[0].as_ref().unwrap_err().to_string();
    assert_eq!(
        error,
        "table t is too busy: it processed nothing of a batch in 3 attempts"
    );
    assert_eq!(table.state(|state| state.calls.len()), 3);
}

#[test]
fn later_requests_replace_earlier_ones() {
    let (client, table) = fake(FakeTable::default());
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.overwrite_by_keys(["n"]);
    writer.put(json!({"n": 1, "v": "old"})).unwrap();
    writer.put(json!({"n": 2, "v": "old"})).unwrap();
    writer.put(json!({"v": "new", "n": 1.0})).unwrap();
    writer.delete(json!({"n": {"$number": "2.00"}})).unwrap();
    assert_eq!(writer.pending(), 2);
    let error = writer.put(json!({"v": "no key"})).unwrap_err().to_string();
    assert_eq!(error, "n: the item lacks this key attribute");
    writer.finish().unwrap_or_else(|error| panic!("{error}"));
    table.state(|state| {
        assert_eq!(state.items.len(), 1);
        assert_eq!(state.items[&1]["v"], json!({"S": "new"}));
        assert_eq!(state.calls.len(), 1);
    });
}

#[test]
fn a_failed_call_keeps_its_requests() {
    let replay = Replay::new()
        .failure(TransportErrorKind::Connect)
        .respond(200, &[], "{}");
    let replay = Arc::new(replay);
    let client = config().over(replay.clone());
    let client = client.with(|config| config.max_attempts(1)).unwrap();
    let t = client.table("t");
    let mut writer = t.batch_writer();
    for n in 0..24 {
        writer.put(json!({"n": n})).unwrap();
    }
    writer.put(json!({"n": 24})).unwrap_err();
    assert_eq!(writer.pending(), 25);
    writer.finish().unwrap();
    let sent: Value = serde_json::from_slice(&replay.sent()[1].body).unwrap();
    assert_eq!(sent["RequestItems"]["t"].as_array().unwrap().len(), 25);
    assert_eq!(
        sent["RequestItems"]["t"][24],
        json!({"PutRequest": {"Item": {"n": {"N": "24"}}}})
    );
}

#[test]
fn large_items_are_sent_in_smaller_batches() {
    let (client, table) = fake(FakeTable::default());
    let t = client.table("t");
    let large = "x".repeat(5 << 20);
    t.with_batch_writer(|writer| {
        (0..7).try_for_each(|n| writer.put(json!({"n": n, "large": large})))
    })
    .unwrap();
    table.state(|state| {
        once_each(&state.writes, 7);
        assert_eq!(state.calls.len(), 3);
    });
}

#[test]
fn regression_unwritten_items_keep_the_error_of_the_service() {
    let refused = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
    let t = config()
        .over(Replay::new().respond(400, &[], refused))
        .table("t");
    let error = t.with_batch_writer(|writer| writer.put(json!({"n": 0})));
    let error = error.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert!(!error.is_retryable());
    let error: DynamoDbError = error.downcast().unwrap();
    assert!(matches!(error, DynamoDbError::Unwritten { requests, .. } if requests.len() == 1));
}

#[test]
fn a_dropped_or_failing_writer_writes_its_requests() {
    let (client, table) = fake(FakeTable::default());
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.put(json!({"n": 0})).unwrap();
    drop(writer);
    let failed = t.with_batch_writer(|writer| {
        writer.put(json!({"n": 1}))?;
        writer.put(json!("no item"))?;
        writer.put(json!({"n": 2}))
    });
    assert_eq!(
        failed.unwrap_err().to_string(),
        "an item or a key must be an object with the attributes as members"
    );
    table.state(|state| once_each(&state.writes, 2));
}

#[test]
fn an_invalid_item_is_refused_at_once() {
    let (client, table) = fake(FakeTable::default());
    let t = client.table("t");
    let mut writer = t.batch_writer();
    writer.put(json!({"n": 0})).unwrap();
    let broken = [
        json!({"n": 1, "x": f64::MAX}),
        json!({"n": 1, "x": {"$set": []}}),
        json!(1),
    ];
    for item in broken {
        writer.put(item).unwrap_err();
    }
    writer.finish().unwrap();
    table.state(|state| once_each(&state.writes, 1));
}
