//! Transactions.

use serde_json::{Value, json};
use tucuxi::dynamodb::{Attr, DynamoDbError, Update, cancellation_reasons};
use tucuxi::transport::Replay;

use super::config;
use super::plain::sent;
use crate::support::client::IntoClient;

#[test]
fn all_actions_are_sent_with_their_conditions() {
    let replay = std::sync::Arc::new(Replay::new().respond(200, &[], "{}"));
    let client = config().over(replay.clone());
    let (orders, stock) = (client.table("orders"), client.table("stock"));
    client
        .transact_write()
        .put(&orders, json!({"id": 7, "tags": {"$set": ["a"]}}))
        .condition(Attr("id").not_exists())
        .condition(Attr("closed").not_exists())
        .update(&stock, json!({"id": 1}), Update::new().add("left", -1))
        .condition(Attr("left").gte(1))
        .return_old_on_failure()
        .delete(&orders, json!({"id": 6}))
        .check(&stock, json!({"id": 2}), Attr("open").eq(true))
        .client_request_token("token")
        .send()
        .unwrap();
    let expected = json!({
        "ClientRequestToken": "token",
        "TransactItems": [
            {"Put": {
                "TableName": "orders", "Item": {"id": {"N": "7"}, "tags": {"SS": ["a"]}},
                "ConditionExpression": "(attribute_not_exists(#n0) AND attribute_not_exists(#n1))",
                "ExpressionAttributeNames": {"#n0": "id", "#n1": "closed"},
            }},
            {"Update": {
                "TableName": "stock", "Key": {"id": {"N": "1"}},
                "ConditionExpression": "#n0 >= :v0", "UpdateExpression": "ADD #n1 :v1",
                "ExpressionAttributeNames": {"#n0": "left", "#n1": "left"},
                "ExpressionAttributeValues": {":v0": {"N": "1"}, ":v1": {"N": "-1"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }},
            {"Delete": {"TableName": "orders", "Key": {"id": {"N": "6"}}}},
            {"ConditionCheck": {
                "TableName": "stock", "Key": {"id": {"N": "2"}}, "ConditionExpression": "#n0 = :v0",
                "ExpressionAttributeNames": {"#n0": "open"}, "ExpressionAttributeValues": {":v0": {"BOOL": true}},
            }},
        ],
    });
    assert_eq!(sent(&replay, 0), expected);
}

#[test]
fn every_transaction_has_a_token() {
    let replay = Replay::new()
        .respond(200, &[], "{}")
        .respond(200, &[], "{}");
    let replay = std::sync::Arc::new(replay);
    let client = config().over(replay.clone());
    let t = client.table("t");
    for _ in 0..2 {
        let delete = client.transact_write().delete(&t, json!({"id": 1}));
        delete.send().unwrap();
    }
    let token = |n| sent(&replay, n)["ClientRequestToken"].to_string();
    assert_eq!(token(0).len(), 38);
    assert_ne!(token(0), token(1));
}

#[test]
fn a_cancelled_transaction_has_reasons() {
    let cancelled = r#"{
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
        "CancellationReasons": [
            {"Code": "None"},
            {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": {"left": {"N": "0"}}}
        ]
    }"#;
    let client = config().over(Replay::new().respond(400, &[], cancelled));
    let t = client.table("t");
    let error = client
        .transact_write()
        .put(&t, json!({"id": 1}))
        .check(&t, json!({"id": 2}), Attr("left").gte(1))
        .return_old_on_failure()
        .send()
        .unwrap_err();
    assert_eq!(error.code(), Some("TransactionCanceledException"));
    let reasons = cancellation_reasons(&error);
    assert_eq!(reasons.len(), 1);
    let reason = &reasons[0];
    assert_eq!((reason.index, &*reason.code), (1, "ConditionalCheckFailed"));
    assert_eq!(reason.message, "The conditional request failed");
    assert_eq!(reason.item, Some(json!({"left": 0})));
    // other errors have none
    let other = client.transact_write().send().unwrap_err();
    assert!(cancellation_reasons(&other).is_empty());
}

#[test]
fn items_are_read_in_the_order_of_their_keys() {
    let found = r#"{"Responses": [{}, {"Item": {"n": {"N": "5"}}}]}"#;
    let replay = std::sync::Arc::new(Replay::new().respond(200, &[], found));
    let client = config().over(replay.clone());
    let (a, b) = (client.table("a"), client.table("b"));
    let items: Vec<Option<Value>> = client
        .transact_get()
        .get(&a, json!({"id": 1}))
        .get(&b, json!({"id": 2}))
        .projection(["n"])
        .items()
        .unwrap();
    assert_eq!(items, [None, Some(json!({"n": 5}))]);
    let expected = json!({"TransactItems": [
        {"Get": {"TableName": "a", "Key": {"id": {"N": "1"}}}},
        {"Get": {
            "TableName": "b", "Key": {"id": {"N": "2"}}, "ProjectionExpression": "#n0",
            "ExpressionAttributeNames": {"#n0": "n"},
        }},
    ]});
    assert_eq!(sent(&replay, 0), expected);
}

#[test]
fn an_invalid_action_is_named() {
    let client = config().over(Replay::new());
    let t = client.table("t");
    let cases = [
        (
            client.transact_write().put(&t, 5).send(),
            "dynamodb.TransactWriteItems: action 0 of the transaction: an item or a key must be an object",
        ),
        (
            client
                .transact_write()
                .delete(&t, json!({"id": 1}))
                .put(&t, json!({"id": 1}))
                .condition(Attr("a..b").exists())
                .send(),
            "action 1 of the transaction: \"a..b\" is not a valid attribute path",
        ),
        (
            client
                .transact_write()
                .condition(Attr("a").exists())
                .put(&t, json!({"id": 1}))
                .send(),
            "dynamodb.TransactWriteItems: `condition` must follow an action",
        ),
        (
            client.transact_get().projection(["a"]).send(),
            "dynamodb.TransactGetItems: `projection` must follow an action",
        ),
    ];
    for (result, expected) in cases {
        let error = result.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.downcast_ref::<DynamoDbError>().is_some());
    }
}
