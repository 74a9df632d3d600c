//! Stubs, faults and records.

use serde_json::{Value, json};
use tucuxi::mock::{Mock, MockFault, MockStub};

use super::client;

#[test]
fn responses_come_in_order_for_the_calls_that_fit() {
    let mock = Mock::start().unwrap();
    let stub = MockStub::new("sqs", "send-message")
        .when("MessageBody == 'one'")
        .unwrap();
    mock.add(
        stub.result(json!({"MessageId": "1"}))
            .result(json!({"MessageId": "2"})),
    )
    .unwrap();
    let client = client(&mock);
    let send = |body: &str| {
        let params = json!({"QueueUrl": mock.url(), "MessageBody": body});
        let sent = client.call("sqs", "SendMessage", params).unwrap();
        sent["MessageId"].as_str().unwrap().to_owned()
    };
    let ids = ["one", "two", "one", "one"].map(send);
    assert_eq!(ids, ["1", "example", "2", "2"]);
    let bodies: Vec<Value> = (mock.requests().iter())
        .map(|request| request.params["MessageBody"].clone())
        .collect();
    assert_eq!(bodies, ["one", "two", "one", "one"]);
    mock.clear_stubs();
    assert_eq!(send("one"), "example");
}

#[test]
fn a_stub_ends_or_starts_again() {
    let mock = Mock::start().unwrap();
    let one = |id: &str| json!({"MessageId": id});
    let stub = || {
        MockStub::new("sqs", "SendMessage")
            .result(one("1"))
            .result(one("2"))
    };
    mock.add(stub().once()).unwrap();
    mock.add(
        MockStub::new("sqs", "SendMessage")
            .result(one("3"))
            .result(one("4"))
            .cycle(),
    )
    .unwrap();
    let client = client(&mock);
    let ids: Vec<Value> = (0..5)
        .map(|_| {
            let params = json!({"QueueUrl": mock.url(), "MessageBody": "x"});
            client.call("sqs", "SendMessage", params).unwrap()["MessageId"].clone()
        })
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4", "3"]);
}

#[test]
fn errors_have_their_code_and_members_in_every_protocol() {
    let mock = Mock::start().unwrap();
    let cases = [
        (
            "dynamodb",
            "GetItem",
            json!({"TableName": "films", "Key": {"id": {"N": "1"}}}),
            "ResourceNotFoundException",
            400,
        ),
        (
            "sqs",
            "SendMessage",
            json!({"QueueUrl": mock.url(), "MessageBody": "x"}),
            "AWS.SimpleQueueService.NonExistentQueue",
            400,
        ),
        (
            "sts",
            "AssumeRole",
            json!({"RoleArn": "arn:aws:iam::123456789012:role/a", "RoleSessionName": "me"}),
            "RegionDisabledException",
            403,
        ),
        (
            "ec2",
            "DescribeInstances",
            json!({}),
            "InvalidInstanceID.NotFound",
            400,
        ),
        (
            "lambda",
            "GetFunction",
            json!({"FunctionName": "f"}),
            "ResourceNotFoundException",
            404,
        ),
        (
            "s3",
            "GetObject",
            json!({"Bucket": "river", "Key": "a"}),
            "NoSuchKey",
            404,
        ),
        (
            "route53",
            "GetHostedZone",
            json!({"Id": "Z1"}),
            "NoSuchHostedZone",
            404,
        ),
        (
            "cloudwatch",
            "DeleteAlarms",
            json!({"AlarmNames": ["a"]}),
            "ResourceNotFound",
            404,
        ),
    ];
    let client = client(&mock);
    for (service, operation, params, code, status) in cases {
        let stub = json!([{
            "service": service, "operation": operation,
            "responses": [{"error": {"code": code, "message": "a <text> & more", "status": status}}],
        }]);
        for stub in MockStub::from_json(stub).unwrap() {
            mock.add(stub).unwrap();
        }
        let error = client.call(service, operation, params).unwrap_err();
        let found = error
            .service_error()
            .unwrap_or_else(|| panic!("{service}: {error}"));
        assert_eq!(
            (&*found.code, found.status, &*found.message),
            (code, status, "a <text> & more"),
            "{service}"
        );
        assert!(found.request_id.is_some(), "{service}");
    }
}

#[test]
fn faults_are_retried_as_those_of_the_service() {
    let mock = Mock::start().unwrap();
    let calls = [
        ("dynamodb", "ListTables"),
        ("iam", "ListUsers"),
        ("ec2", "DescribeRegions"),
        ("lambda", "ListFunctions"),
        ("s3", "ListBuckets"),
    ];
    let faults = [
        MockFault::Cut,
        MockFault::Disconnect,
        MockFault::InternalError,
        MockFault::Throttling,
        MockFault::Unavailable,
    ];
    let client = client(&mock);
    for (service, operation) in calls {
        for fault in faults {
            mock.clear_stubs();
            mock.take_requests();
            mock.add(
                MockStub::new(service, operation)
                    .fault(fault)
                    .merge(json!({})),
            )
            .unwrap();
            let result = client.call(service, operation, json!({}));
            assert!(result.is_ok(), "{service} {fault:?}: {result:?}");
            assert_eq!(mock.take_requests().len(), 2, "{service} {fault:?}");
        }
    }
}

#[test]
fn invalid_stubs_are_refused_with_their_place() {
    let mock = Mock::start().unwrap();
    let add = |stubs: Value| -> tucuxi::Result<()> {
        for stub in MockStub::from_json(stubs)? {
            mock.add(stub)?;
        }
        Ok(())
    };
    let one = |responses: Value| json!([{"service": "sqs", "operation": "SendMessage", "responses": responses}]);
    let cases = [
        (json!({}), "stubs are a JSON array"),
        (
            json!([{"service": "sqs"}]),
            "stub 1: missing field `operation`",
        ),
        (
            json!([{"service": "sqs", "operation": "SendMesage", "responses": [{}]}]),
            "did you mean SendMessage",
        ),
        (
            json!([{"service": "sqss", "operation": "SendMessage", "responses": [{}]}]),
            "did you mean sqs",
        ),
        (one(json!([])), "at least one response"),
        (
            one(json!([{"result": {"MessageID": "1"}}])),
            "MessageID: unknown member; did you mean MessageId?",
        ),
        (
            one(json!([{"merge": {"MessageId": 1}}])),
            "MessageId: a number is given",
        ),
        (
            one(json!([{"result": {}, "fault": "cut"}])),
            "one of result, merge, error and fault",
        ),
        (one(json!([{"fault": "fire"}])), "unknown variant `fire`"),
        (
            one(json!([{"delay": -1}])),
            "delay: -1 is no number of seconds",
        ),
        (
            json!([{"service": "sqs", "operation": "SendMessage", "when": "a[", "responses": [{}]}]),
            "stub 1: ",
        ),
    ];
    for (stubs, expected) in cases {
        let error = add(stubs.clone()).unwrap_err().to_string();
        assert!(error.contains(expected), "{stubs}: {error}");
    }
}
