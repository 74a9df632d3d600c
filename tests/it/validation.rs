//! Validation of parameters before a request is sent, and its errors.

use serde_json::{Value, json};
use tucuxi::params::ParamErrorKind;
use tucuxi::transport::Replay;
use tucuxi::{ConfigBuilder, Error};

use crate::support::client::IntoClient;
use crate::unsigned;

fn call(
    config: ConfigBuilder,
    service: &str,
    operation: &str,
    params: Value,
) -> Result<Value, Error> {
    let client = config.over(Replay::new().respond(200, &[], "{}"));
    client.call(service, operation, params)
}

#[test]
fn all_errors_are_reported_at_once_with_their_paths() {
    let params = json!({"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": 1, "X": 2}], "Quiet": "no"}});
    let error = call(unsigned(), "s3", "DeleteObjects", params).unwrap_err();
    let errors = &error.param_errors().unwrap().0;
    let paths: Vec<&str> = errors.iter().map(|error| &*error.path).collect();
    assert_eq!(
        paths,
        ["Delete.Objects[1].Key", "Delete.Objects[1]", "Delete.Quiet"]
    );
    assert!(matches!(&errors[1].kind, ParamErrorKind::Unknown { member, .. } if &**member == "X"));
    let shown = error.to_string();
    assert!(
        shown.starts_with("s3.DeleteObjects: invalid parameters: Delete.Objects[1].Key: "),
        "{shown}"
    );
}

#[test]
fn validation_can_be_disabled() {
    let params = json!({"TableName": "t", "Nonsense": 1});
    let error = call(unsigned(), "dynamodb", "DescribeTable", params.clone()).unwrap_err();
    assert!(error.param_errors().is_some(), "{error}");
    call(
        unsigned().validate_parameters(false),
        "dynamodb",
        "DescribeTable",
        params,
    )
    .unwrap();
}

#[test]
fn strict_validation_includes_maximums_and_enumerations() {
    let cases = [
        (json!({"TableName": "t", "Select": "NOTHING"}), "NotOneOf"),
        (
            json!({"TableName": "t", "TotalSegments": 1_000_001}),
            "TooLarge",
        ),
        (json!({"TableName": "t".repeat(1025)}), "TooLong"),
    ];
    for (params, kind) in cases {
        call(unsigned(), "dynamodb", "Scan", params.clone()).unwrap();
        let strict = unsigned().validate_strictly(true);
        let error = call(strict, "dynamodb", "Scan", params).unwrap_err();
        let errors = &error.param_errors().unwrap().0;
        assert!(format!("{:?}", errors[0].kind).starts_with(kind), "{error}");
    }
}
