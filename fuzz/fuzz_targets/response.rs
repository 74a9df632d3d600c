#![no_main]

use std::sync::LazyLock;

use serde_json::{Value, json};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

/// Calls in all protocols, with results in bodies, headers, streams and event streams.
static CALLS: LazyLock<Vec<(&str, &str, Value)>> = LazyLock::new(|| {
    let object = || json!({"Bucket": "bucket", "Key": "key"});
    vec![
        ("s3", "GetObject", object()),
        ("s3", "HeadObject", object()),
        ("s3", "PutObject", object()),
        (
            "s3",
            "CopyObject",
            json!({"Bucket": "bucket", "Key": "key", "CopySource": "bucket/other"}),
        ),
        ("s3", "ListObjectsV2", json!({"Bucket": "bucket"})),
        ("s3", "GetBucketLocation", json!({"Bucket": "bucket"})),
        (
            "s3",
            "SelectObjectContent",
            json!({"Bucket": "bucket", "Key": "key", "Expression": "e", "ExpressionType": "SQL",
            "InputSerialization": {}, "OutputSerialization": {}}),
        ),
        ("ec2", "DescribeInstances", json!({})),
        ("iam", "ListUsers", json!({})),
        (
            "iam",
            "GetRolePolicy",
            json!({"RoleName": "r", "PolicyName": "p"}),
        ),
        (
            "sqs",
            "ReceiveMessage",
            json!({"QueueUrl": "https://queue.example.com/1"}),
        ),
        (
            "dynamodb",
            "GetItem",
            json!({"TableName": "t", "Key": {"k": {"S": "v"}}}),
        ),
        (
            "kinesis",
            "SubscribeToShard",
            json!({"ConsumerARN": "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1", "ShardId": "s",
            "StartingPosition": {"Type": "LATEST"}}),
        ),
        ("lambda", "Invoke", json!({"FunctionName": "f"})),
        (
            "lambda",
            "InvokeWithResponseStream",
            json!({"FunctionName": "f"}),
        ),
        (
            "lex-runtime",
            "PostText",
            json!({"botName": "b", "botAlias": "a", "userId": "u", "inputText": "t"}),
        ),
        ("route53", "ListHostedZones", json!({})),
        (
            "cloudwatch",
            "GetMetricData",
            json!({"MetricDataQueries": [], "StartTime": 0, "EndTime": 1}),
        ),
        ("eventbridgev2", "ListEventBuses", json!({})),
    ]
});

// the first byte selects the call; then a status, header lines, an empty line and the body
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [call, rest @ ..] = data else { return };
    let (service, operation, params) = &CALLS[usize::from(*call) % CALLS.len()];
    let end = rest.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&rest[..end], &rest[end + 2..]),
        None => (rest, &b""[..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.parse().ok())
        .unwrap_or(200);
    if !(200..1000).contains(&status) {
        return; // the transport rejects these as invalid HTTP
    }
    let is_header = |name: &str, value: &str| {
        http::HeaderName::try_from(name).is_ok() && http::HeaderValue::try_from(value).is_ok()
    };
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, value)| is_header(name, value))
        .collect();
    // a redirect, a session and clock skew take another request each
    let mut replay = Replay::new();
    for _ in 0..4 {
        replay = replay.respond(status, &headers, body.to_vec());
    }
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(tucuxi::Credentials::new("AKIDEXAMPLE", "secret"))
        .max_attempts(1);
    let client =
        Client::with_transport(config.build().expect("it is right"), replay).expect("it is made");
    let request = || client.request(service, operation).params(params.clone());
    if let Ok(output) = request().send_buffered() {
        let mut text = Vec::new();
        if output.write_json(&mut text).is_ok() {
            let read: Value = serde_json::from_slice(&text).expect("the text is JSON");
            assert_eq!(
                output.to_value().expect("the text was written"),
                read,
                "{service}.{operation}"
            );
        }
    }
});
