//! Plain values in parameters and results of every kind of call.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::dynamodb::{Attr, Binary, Map, Number, ReturnValues, Set, Update, from_item, to_item};
use tucuxi::interceptor::Stub;
use tucuxi::transport::Replay;

use super::config;

use crate::support::client::{IntoClient, over};

fn plain(replay: Replay) -> (Client, Arc<Replay>) {
    let replay = Arc::new(replay);
    let config = config().plain_attribute_values(true).build().unwrap();
    (over(config, replay.clone()), replay)
}

pub(super) fn sent(replay: &Replay, number: usize) -> Value {
    serde_json::from_slice(&replay.sent()[number].body).unwrap()
}

const DIGITS: &str = "3.1415926535897932384626433832795028841";

#[test]
fn parameters_are_typed_wherever_they_are() {
    let digits = json!({"$number": DIGITS});
    let cases = [
        (
            "PutItem",
            json!({"TableName": "t", "Item": {"id": "a", "pi": digits, "tags": {"$set": ["x"]}, "map": {"S": "text"}},
                "ExpressionAttributeValues": {":v": [1, null]}}),
            json!({"TableName": "t", "Item": {"id": {"S": "a"}, "pi": {"N": DIGITS}, "tags": {"SS": ["x"]},
                "map": {"M": {"S": {"S": "text"}}}},
                "ExpressionAttributeValues": {":v": {"L": [{"N": "1"}, {"NULL": true}]}}}),
        ),
        (
            "BatchWriteItem",
            json!({"RequestItems": {"t": [{"PutRequest": {"Item": {"id": 1}}}, {"DeleteRequest": {"Key": {"id": 2}}}]}}),
            json!({"RequestItems": {"t": [{"PutRequest": {"Item": {"id": {"N": "1"}}}},
                {"DeleteRequest": {"Key": {"id": {"N": "2"}}}}]}}),
        ),
        (
            "TransactWriteItems",
            json!({"TransactItems": [{"Update": {"TableName": "t", "Key": {"id": true}, "UpdateExpression": "SET a = :a",
                "ExpressionAttributeValues": {":a": {"$binary": "AA=="}}}}], "ClientRequestToken": "c"}),
            json!({"TransactItems": [{"Update": {"TableName": "t", "Key": {"id": {"BOOL": true}},
                "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"B": "AA=="}}}}],
                "ClientRequestToken": "c"}),
        ),
        (
            "ExecuteStatement",
            json!({"Statement": "SELECT", "Parameters": ["a", 1]}),
            json!({"Statement": "SELECT", "Parameters": [{"S": "a"}, {"N": "1"}]}),
        ),
        (
            "Scan",
            json!({"TableName": "t", "ScanFilter": {"n": {"AttributeValueList": [1], "ComparisonOperator": "EQ"}}}),
            json!({"TableName": "t",
                "ScanFilter": {"n": {"AttributeValueList": [{"N": "1"}], "ComparisonOperator": "EQ"}}}),
        ),
    ];
    for (operation, params, expected) in cases {
        let (client, replay) = plain(Replay::new().respond(200, &[], "{}"));
        client.call("dynamodb", operation, params).unwrap();
        assert_eq!(sent(&replay, 0), expected, "{operation}");
    }
}

#[test]
fn results_are_plain_in_every_form() {
    let answer = format!(
        r#"{{"Responses": {{"t": [{{"id": {{"S": "a"}}, "pi": {{"N": "{DIGITS}"}}, "none": {{"NULL": true}}}}]}},
            "UnprocessedKeys": {{"t": {{"Keys": [{{"id": {{"N": "5"}}}}]}}}},
            "ConsumedCapacity": [{{"TableName": "t", "CapacityUnits": 0.5}}]}}"#
    );
    let expected = json!({
        "Responses": {"t": [{"id": "a", "pi": {"$number": DIGITS}, "none": null}]},
        "UnprocessedKeys": {"t": {"Keys": [{"id": 5}]}},
        "ConsumedCapacity": [{"TableName": "t", "CapacityUnits": 0.5}],
    });
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        responses: std::collections::HashMap<String, Vec<Item>>,
    }
    #[derive(Deserialize)]
    struct Item {
        id: String,
        pi: Number,
        none: Option<u8>,
    }
    let params = json!({"RequestItems": {"t": {"Keys": [{"id": "a"}]}}});
    let replay = (0..3).fold(Replay::new(), |replay, _| {
        replay.respond(200, &[], answer.clone())
    });
    let (client, _) = plain(replay);
    assert_eq!(
        client
            .call("dynamodb", "BatchGetItem", params.clone())
            .unwrap(),
        expected
    );
    let typed: Answer = client
        .call_as("dynamodb", "BatchGetItem", params.clone())
        .unwrap();
    let item = &typed.responses["t"][0];
    assert_eq!(
        (&*item.id, item.pi.as_str(), item.none),
        ("a", DIGITS, None)
    );
    let output = client
        .request("dynamodb", "BatchGetItem")
        .params(params)
        .send()
        .unwrap();
    let mut text = Vec::new();
    output.write_json(&mut text).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), expected);
}

#[test]
fn one_call_or_none_may_be_plain() {
    let item = r#"{"Item": {"id": {"S": "a"}}}"#;
    let answers = || {
        Replay::new()
            .respond(200, &[], item)
            .respond(200, &[], item)
    };
    let ask = |client: &Client, id: Value, plain| {
        let request = client.request("dynamodb", "GetItem");
        let request = request.params(json!({"TableName": "t", "Key": {"id": id}}));
        let request = request.config(|config| config.plain_attribute_values(plain));
        request.send().unwrap().to_value().unwrap()["Item"]["id"].clone()
    };
    let (plain, _) = plain(answers());
    for client in [plain, config().over(answers())] {
        assert_eq!(ask(&client, "a".into(), true), "a");
        assert_eq!(ask(&client, json!({"S": "a"}), false), json!({"S": "a"}));
    }
}

#[test]
fn attribute_values_are_plain_in_streams_but_not_elsewhere() {
    let record = r#"{"Records": [{"dynamodb": {"Keys": {"id": {"N": "1"}}, "NewImage": {"tags": {"NS": ["1", "2"]}}}}]}"#;
    let (client, _) = plain(Replay::new().respond(200, &[], record));
    let records = client
        .call(
            "dynamodbstreams",
            "GetRecords",
            json!({"ShardIterator": "i"}),
        )
        .unwrap();
    let change = &records["Records"][0]["dynamodb"];
    assert_eq!(
        *change,
        json!({"Keys": {"id": 1}, "NewImage": {"tags": {"$set": [1, 2]}}})
    );

    let (client, replay) = plain(Replay::new().respond(200, &[], "{}"));
    let user = json!({"DirectoryId": "d-1234567890", "SAMAccountName": "u", "OtherAttributes": {"a": {"S": "x"}}});
    client.call("ds-data", "CreateUser", user).unwrap();
    assert_eq!(
        sent(&replay, 0)["OtherAttributes"],
        json!({"a": {"S": "x"}})
    );
}

#[test]
fn all_errors_are_reported_with_their_paths() {
    let (client, _) = plain(Replay::new());
    let params = json!({
        "Item": {"a": [{"b": {"$set": ["x", 1]}}], "c": {"$number": "1e500"}, "ok": 1},
        "ExpressionAttributeValues": {":v": {"$set": []}},
        "Unknown": 1,
    });
    let error = client.call("dynamodb", "PutItem", params).unwrap_err();
    let faults = error.param_errors().unwrap();
    let paths: Vec<&str> = faults.0.iter().map(|fault| &*fault.path).collect();
    let expected = [
        "Item.a[0].b.$set[1]",
        "Item.c.$number",
        "ExpressionAttributeValues.:v.$set",
        "",
        "",
    ];
    assert_eq!(paths, expected);
    let text = error.to_string();
    assert!(
        text.starts_with(
            "dynamodb.PutItem: invalid parameters: Item.a[0].b.$set[1]: the type differs"
        ),
        "{text}"
    );
    assert!(
        text.contains("TableName: required member is missing"),
        "{text}"
    );
}

#[test]
fn an_invalid_response_names_the_path() {
    let (client, _) =
        plain(Replay::new().respond(200, &[], r#"{"Item": {"a": {"M": {"b": {}}}}}"#));
    let error = client.call(
        "dynamodb",
        "GetItem",
        json!({"TableName": "t", "Key": {"id": 1}}),
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("b: an attribute value has one member"),
        "{error}"
    );
}

#[test]
fn a_truncated_or_deep_response_is_an_error() {
    let whole = r#"{"Item": {"a": {"L": [{"N": "1.5"}, {"BS": ["AA=="]}, {"M": {"$set": {"NULL": true}}}]}, "b": {"S": "\u0041"}}}"#;
    let key = json!({"TableName": "t", "Key": {"id": 1}});
    let ask = |answer: &str| {
        let (client, _) = plain(Replay::new().respond(200, &[], answer.to_owned()));
        client.call("dynamodb", "GetItem", key.clone())
    };
    let expected =
        json!({"a": [1.5, {"$set": [{"$binary": "AA=="}]}, {"$map": {"$set": null}}], "b": "A"});
    assert_eq!(ask(whole).unwrap()["Item"], expected);
    for end in 1..whole.len() {
        let error = ask(&whole[..end]).unwrap_err().to_string();
        assert!(
            error.contains("expected a well-formed document"),
            "{end}: {error}"
        );
    }
    let deep = format!(
        r#"{{"Item": {{"a": {}{{}}{}}}}}"#,
        r#"{"L": ["#.repeat(1000),
        "]}".repeat(1000)
    );
    let error = ask(&deep).unwrap_err().to_string();
    assert!(error.contains("recursion limit exceeded"), "{error}");
    for wrong in [
        r#"{"Item": []}"#,
        r#"{"Item": {"a": []}}"#,
        r#"{"Item": {"a": {"L": {}}}}"#,
        r#"{"Item": {"a": {"N": 1}}}"#,
    ] {
        let strict = config().plain_attribute_values(true).strict_responses(true);
        let replay = Replay::new().respond(200, &[], wrong.to_owned());
        let client = strict.over(replay);
        let refused = client.call("dynamodb", "GetItem", key.clone());
        assert!(refused.is_err(), "{wrong}");
    }
    // members that the model does not have are dropped, as always
    let more = ask(r#"{"Item": {"a": {"__type": "x", "S": "y"}}, "More": 1}"#).unwrap();
    assert_eq!(more, json!({"Item": {"a": "y"}}));
}

#[test]
fn a_plain_value_in_typed_parameters_gets_a_hint() {
    let client = config().over(Replay::new());
    for (value, given) in [
        (json!(1), "a number"),
        (json!("x"), "a string"),
        (json!([1]), "an array"),
    ] {
        let params = json!({"TableName": "t", "Item": {"a": value}});
        let error = client.call("dynamodb", "PutItem", params).unwrap_err();
        let expected = format!(
            "Item.a: {given} is given, but it must be an object, such as {{\"N\": \"1\"}}; \
             dynamodb::Table and plain_attribute_values take plain values"
        );
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[test]
fn the_item_of_a_failed_condition_is_plain() {
    let failed = r#"{"__type": "ConditionalCheckFailedException", "message": "no", "Item": {"id": {"N": "1"}}}"#;
    let t = config()
        .over(Replay::new().respond(400, &[], failed))
        .table("t");
    let put = t.put(json!({"id": 1})).condition(Attr("id").not_exists());
    let error = put
        .param("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
        .send()
        .unwrap_err();
    let error = error.service_error().unwrap();
    assert_eq!(&*error.code, "ConditionalCheckFailedException");
    assert_eq!(error.value["Item"], json!({"id": 1}));
}

#[test]
fn listings_resume_in_both_forms() {
    let page = r#"{"Items": [{"id": {"B": "AA=="}}, {"id": {"B": "AQ=="}}], "LastEvaluatedKey": {"id": {"B": "AQ=="}}}"#;
    let last = r#"{"Items": [{"id": {"B": "Ag=="}}]}"#;
    let scan = json!({"TableName": "t"});
    let (plain_client, replay) = plain(Replay::new().respond(200, &[], page).respond(
        200,
        &[],
        last,
    ));
    let pages = plain_client
        .pages("dynamodb", "Scan", scan.clone())
        .unwrap();
    let items: Vec<Value> = pages.items().collect::<Result<_, _>>().unwrap();
    assert_eq!(items[2], json!({"id": {"$binary": "Ag=="}}));
    assert_eq!(
        sent(&replay, 1)["ExclusiveStartKey"],
        json!({"id": {"B": "AQ=="}})
    );

    // each client accepts the other's token
    let both = [
        config().over(Replay::new().respond(200, &[], page)),
        plain(Replay::new().respond(200, &[], page)).0,
    ];
    let tokens = both.map(|client| {
        let pages = client.pages("dynamodb", "Scan", scan.clone()).unwrap();
        let mut pages = pages.max_items(2);
        pages.next().unwrap().unwrap();
        pages.resume_token().unwrap()
    });
    assert_eq!(tokens[0], tokens[1]);
    let (plain_client, replay) = plain(Replay::new().respond(200, &[], last));
    let pages = plain_client.pages("dynamodb", "Scan", scan).unwrap();
    let rest: Vec<Value> = pages
        .starting_token(&tokens[0])
        .items()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(rest, [json!({"id": {"$binary": "Ag=="}})]);
    assert_eq!(
        sent(&replay, 0)["ExclusiveStartKey"],
        json!({"id": {"B": "AQ=="}})
    );
}

#[test]
fn a_wait_continues() {
    let active = r#"{"Table": {"TableStatus": "ACTIVE"}}"#;
    let (client, _) = plain(Replay::new().respond(200, &[], active));
    let waited = client
        .wait("dynamodb", "TableExists", json!({"TableName": "t"}))
        .unwrap();
    assert_eq!(waited.attempts, 1);
}

#[test]
fn a_stub_responds_like_the_service() {
    let stub = Stub::new().respond("dynamodb", "GetItem", json!({"Item": {"id": {"N": "7"}}}));
    let config = config()
        .plain_attribute_values(true)
        .interceptor(stub)
        .build()
        .unwrap();
    let client = over(config, Replay::new());
    let found = client
        .call(
            "dynamodb",
            "GetItem",
            json!({"TableName": "t", "Key": {"id": 7}}),
        )
        .unwrap();
    assert_eq!(found, json!({"Item": {"id": 7}}));
}

#[test]
fn a_struct_round_trips() {
    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    #[serde(tag = "kind")]
    enum Shape {
        Circle { radius: f64 },
        Line,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
    struct Item {
        id: String,
        count: i64,
        exact: Number,
        bytes: Binary,
        words: Set<String>,
        numbers: Set<Number>,
        parts: Set<Binary>,
        shapes: Vec<Shape>,
        other: Map<std::collections::BTreeMap<String, Value>>,
        nothing: Option<String>,
        pair: (u8, bool),
    }
    let item = Item {
        id: "a".into(),
        count: i64::MIN,
        exact: DIGITS.parse().unwrap(),
        bytes: Binary(vec![0, 255]),
        words: Set(vec!["x".into()]),
        numbers: Set(vec![1.into(), DIGITS.parse().unwrap()]),
        parts: Set(vec![Binary(vec![1])]),
        shapes: vec![Shape::Circle { radius: 0.1 }, Shape::Line],
        other: Map([("$set".to_owned(), json!([1]))].into()),
        nothing: None,
        pair: (1, true),
    };
    let typed = to_item(&item).unwrap();
    let expected = json!({
        "id": {"S": "a"}, "count": {"N": "-9223372036854775808"}, "exact": {"N": DIGITS}, "bytes": {"B": "AP8="},
        "words": {"SS": ["x"]}, "numbers": {"NS": ["1", DIGITS]}, "parts": {"BS": ["AQ=="]},
        "shapes": {"L": [{"M": {"kind": {"S": "Circle"}, "radius": {"N": "0.1"}}}, {"M": {"kind": {"S": "Line"}}}]},
        "other": {"M": {"$set": {"L": [{"N": "1"}]}}}, "nothing": {"NULL": true},
        "pair": {"L": [{"N": "1"}, {"BOOL": true}]},
    });
    assert_eq!(typed, expected);
    assert_eq!(from_item::<Item>(typed.clone()).unwrap(), item);

    // with a table
    let answer = json!({"Item": typed}).to_string();
    let replay = Arc::new(
        Replay::new()
            .respond(200, &[], "{}")
            .respond(200, &[], answer),
    );
    let t = config().over(replay.clone()).table("t");
    t.put(&item).send().unwrap();
    assert_eq!(sent(&replay, 0)["Item"], expected);
    assert_eq!(
        t.get(json!({"id": "a"})).item::<Item>().unwrap(),
        Some(item)
    );

    #[derive(Serialize)]
    struct Broken {
        list: Vec<f32>,
    }
    let error = to_item(&Broken {
        list: vec![0.0, f32::NAN],
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "list[1]: DynamoDB supports neither NaN nor infinity"
    );
    let error = from_item::<Item>(json!({"id": {"S": "a"}}))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "an item does not fit the type: missing field `count`"
    );
}

#[test]
fn regression_integers_of_128_bits_round_trip() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Account {
        small: u128,
        round: u128,
        large: u128,
        least: i128,
        inner: Map<std::collections::BTreeMap<String, i128>>,
    }
    let account = Account {
        small: 5,
        round: 10_u128.pow(25),
        large: u128::MAX / 10,
        least: i128::from(i64::MIN) - 1,
        inner: Map([("$set".to_owned(), 1 << 100)].into()),
    };
    let typed = to_item(&account).unwrap();
    assert_eq!(typed["round"], json!({"N": "10000000000000000000000000"}));
    let answer = json!({"Item": typed}).to_string();
    assert_eq!(from_item::<Account>(typed).unwrap(), account);

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        item: Account,
    }
    let (client, _) = plain(Replay::new().respond(200, &[], answer));
    let key = json!({"TableName": "t", "Key": {"id": 1}});
    let answer: Answer = client.call_as("dynamodb", "GetItem", key).unwrap();
    assert_eq!(answer.item, account);
}

#[test]
fn a_table_updates_items_and_returns_old_ones() {
    let replay = Replay::new()
        .respond(200, &[], r#"{"Attributes": {"n": {"N": "1"}}}"#)
        .respond(200, &[], "{}")
        .respond(200, &[], r#"{"Attributes": {"n": {"N": "3"}}}"#);
    let replay = Arc::new(replay);
    let t = config().over(replay.clone()).table("t");
    let old: Option<Value> = t
        .delete(json!({"id": 1}))
        .returning(ReturnValues::AllOld)
        .item()
        .unwrap();
    assert_eq!(old, Some(json!({"n": 1})));
    let none: Option<Value> = t
        .delete(json!({"id": 1}))
        .condition(Attr("n").eq(1))
        .item()
        .unwrap();
    assert_eq!(none, None);
    let update = Update::new()
        .add("n", 2)
        .set("b.c[0]", Attr("d"))
        .remove("e");
    let new: Option<Value> = t
        .update(json!({"id": 1}), update)
        .condition(Attr("n").lt(9))
        .item()
        .unwrap();
    assert_eq!(new, Some(json!({"n": 3})));
    assert_eq!(
        sent(&replay, 2),
        json!({
            "TableName": "t", "Key": {"id": {"N": "1"}},
            "ConditionExpression": "#n0 < :v0",
            "UpdateExpression": "SET #n1.#n2[0] = #n3 REMOVE #n4 ADD #n5 :v1",
            "ExpressionAttributeNames": {"#n0": "n", "#n1": "b", "#n2": "c", "#n3": "d", "#n4": "e", "#n5": "n"},
            "ExpressionAttributeValues": {":v0": {"N": "9"}, ":v1": {"N": "2"}},
        })
    );
    assert_eq!(t.name(), "t");
    let error = t.put(json!([1])).send().unwrap_err().to_string();
    assert_eq!(
        error,
        "dynamodb.PutItem: an item or a key must be an object with the attributes as members"
    );
}
