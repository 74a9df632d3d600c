//! The spans and events of a call.

use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use tucuxi::transport::Replay;

use crate::alone;
use crate::support::client::{IntoClient, isolated};
use crate::support::log::Log;

#[test]
fn calls_and_attempts_are_spans() {
    let _alone = alone();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // for this thread, which does everything
    let _subscribed = tracing::subscriber::set_default(subscriber);
    let answers = Replay::new()
        .respond(503, &[], "")
        .respond(200, &[("x-amzn-requestid", "r-1")], "{}")
        .respond(400, &[], r#"{"__type": "ValidationException"}"#);
    let (client, replay) = isolated().unsigned().replay(answers);
    client
        .call(
            "dynamodb",
            "ListTables",
            json!({"ExclusiveStartTableName": "not-told"}),
        )
        .unwrap();
    client
        .call("dynamodb", "ListTables", json!({}))
        .unwrap_err();
    let text = log.text();
    let closed: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(": close"))
        .collect();
    let [first, second, call, _, failed] = &closed[..] else {
        panic!("{text}");
    };
    let start = r#"call{otel.name=DynamoDB.ListTables otel.kind="client" rpc.system="aws-api" rpc.service="DynamoDB" rpc.method="ListTables" cloud.region="eu-west-1""#;
    let inner = |number: u32| {
        format!(
            r#":attempt{{number={number} otel.kind="client" http.request.method="POST" server.address="dynamodb.eu-west-1.amazonaws.com" url.path="/""#
        )
    };
    for (line, number, status) in [(first, 1, 503), (second, 2, 200)] {
        let status = format!("http.response.status_code={status}}}");
        assert!(
            line.contains(start) && line.contains(&inner(number)) && line.contains(&status),
            "{line}"
        );
    }
    let end = r#" aws.request_id="r-1" http.response.status_code=200 attempts=2}"#;
    assert!(call.contains(start) && call.contains(end), "{call}");
    let end = r#"error.type="ValidationException" otel.status_code="ERROR" http.response.status_code=400 attempts=1}"#;
    assert!(failed.contains(end), "{failed}");
    assert_eq!(replay.sent().len(), 3);
    assert!(text.contains("retrying") && !text.contains("not-told"));
}
