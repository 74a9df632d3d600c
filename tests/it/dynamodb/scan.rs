//! Scans, sequential and in parallel segments.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tucuxi::dynamodb::{Attr, Key};
use tucuxi::transport::{Limits, Replay, Request, Response, Transport, TransportError};

use super::fake::FakeTable;
use super::{config, fake};

use crate::support::client::IntoClient;

fn numbers(items: impl Iterator<Item = tucuxi::Result<Value>>) -> Vec<i64> {
    let mut found: Vec<i64> = items
        .map(|item| item.unwrap()["n"].as_i64().unwrap())
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn every_segment_is_read_to_its_end() {
    for segments in [0, 1, 3, 8] {
        let (client, table) = fake(FakeTable::of(200));
        let t = client.table("t");
        let found = numbers(t.parallel_scan(segments).items());
        assert_eq!(found, (0..200).collect::<Vec<_>>(), "{segments}");
        table.state(|state| assert!(state.reads.values().all(|reads| *reads == 1)));
    }
}

#[test]
fn pages_of_a_scan_follow_each_other() {
    let (client, table) = fake(FakeTable::of(95));
    let t = client.table("t");
    assert_eq!(
        numbers(t.scan().page_size(20).items()),
        (0..95).collect::<Vec<_>>()
    );
    assert_eq!(table.state(|state| state.calls.len()), 5);
    assert_eq!(t.scan().count().unwrap(), 95);
    let first = t.scan().items::<Value>().take(3);
    assert_eq!(numbers(first), [0, 1, 2]);
}

#[test]
fn an_item_that_does_not_fit_the_type_does_not_end_a_scan() {
    let page = json!({"Items": [{"n": {"N": "1"}}, {"n": {"S": "2"}}, {"n": {"N": "3"}}]});
    let t = config()
        .over(Replay::new().respond(200, &[], page.to_string()))
        .table("t");
    let found = t.scan().items::<BTreeMap<String, u8>>();
    let found: Vec<_> = found.map(|item| item.ok().map(|item| item["n"])).collect();
    assert_eq!(found, [Some(1), None, Some(3)]);
}

#[test]
fn an_error_in_one_segment_ends_all() {
    let (client, table) = fake(FakeTable::of(1000));
    table.state(|state| state.failing_segment = Some(2));
    let t = client.table("t");
    let mut errors = 0;
    let mut items = t.parallel_scan(4).items::<Value>();
    for item in &mut items {
        errors += u32::from(item.is_err());
    }
    assert_eq!(errors, 1);
    assert!(items.next().is_none());
    table.state(|state| assert!(!state.reads.is_empty()));
}

#[test]
fn threads_end_when_the_items_are_dropped() {
    struct Endless(AtomicU32);
    impl Transport for Endless {
        fn send(&self, _: Request, _: &Limits) -> Result<Response, TransportError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let page = json!({"Items": [{"n": {"N": "1"}}], "LastEvaluatedKey": {"n": {"N": "1"}}});
            Ok(Response::new(page.to_string().into()))
        }
    }
    let endless = Arc::new(Endless(AtomicU32::new(0)));
    let t = config().over(endless.clone()).table("t");
    let mut items = t.parallel_scan(4).items::<Value>();
    items.next().unwrap().unwrap();
    drop(items); // waits for the threads
    let sent = endless.0.load(Ordering::SeqCst);
    // one page consumed, four in the channel, and one in each thread; the last calls may have been cancelled
    assert!(sent <= 9, "{sent}");
    assert_eq!(Arc::strong_count(&endless), 2);
}

#[test]
fn a_panicking_thread_is_reported() {
    struct Panicking;
    impl Transport for Panicking {
        fn send(&self, _: Request, _: &Limits) -> Result<Response, TransportError> {
            panic!("on purpose")
        }
    }
    let t = config().over(Panicking).table("t");
    let found: Vec<_> = t.parallel_scan(1).items::<Value>().collect();
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("panicked")
    );
}

#[test]
fn a_query_sends_all_its_settings() {
    let replay = Arc::new(Replay::new().respond(200, &[], r#"{"Items": []}"#));
    let t = config().over(replay.clone()).table("t");
    let query = t
        .query(Key("id").eq("a") & Key("n").between(1, 2.5))
        .index("by-n")
        .filter(Attr("x").exists())
        .filter(!Attr("y.z[1]").contains("q"))
        .projection(["x"])
        .consistent()
        .descending()
        .page_size(7)
        .param("ReturnConsumedCapacity", "TOTAL");
    assert_eq!(query.items::<Value>().count(), 0);
    let sent: Value = serde_json::from_slice(&replay.sent()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({
            "TableName": "t", "IndexName": "by-n", "ConsistentRead": true, "ScanIndexForward": false, "Limit": 7,
            "ReturnConsumedCapacity": "TOTAL",
            "FilterExpression": "(attribute_exists(#n0) AND (NOT contains(#n1.#n2[1], :v0)))",
            "KeyConditionExpression": "(#n3 = :v1 AND #n4 BETWEEN :v2 AND :v3)",
            "ProjectionExpression": "#n5",
            "ExpressionAttributeNames": {"#n0": "x", "#n1": "y", "#n2": "z", "#n3": "id", "#n4": "n", "#n5": "x"},
            "ExpressionAttributeValues": {":v0": {"S": "q"}, ":v1": {"S": "a"}, ":v2": {"N": "1"}, ":v3": {"N": "2.5"}},
        })
    );
    let error = t
        .query(Key("a b..").eq(1))
        .items::<Value>()
        .next()
        .unwrap()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "dynamodb.Query: \"a b..\" is not a valid attribute path: expected names separated by dots, and \
         indexes such as [0] after a name"
    );
}
