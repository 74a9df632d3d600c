//! What the mock understands, beyond the operations of the models.

use serde_json::json;
use tucuxi::mock::Mock;

use super::{client, exchange, request};
use crate::support::mocked::difference;

#[test]
fn what_is_wrong_is_an_error_of_the_service() {
    let mock = Mock::start().unwrap();
    let client = client(&mock)
        .with(|config| config.parameter_validation(tucuxi::config::ParameterValidation::Disabled))
        .unwrap();
    let cases = [
        (
            "dynamodb",
            "GetItem",
            json!({"TableName": "films"}),
            "ValidationException",
            "Key: required member is missing",
        ),
        (
            "sqs",
            "SendMessage",
            json!({"MessageBody": "x"}),
            "ValidationException",
            "QueueUrl: required member is missing",
        ),
        (
            "iam",
            "CreateUser",
            json!({}),
            "InvalidInput",
            "UserName: required member is missing",
        ),
        (
            "ec2",
            "RunInstances",
            json!({"MinCount": 1}),
            "InvalidParameterValue",
            "MaxCount: required member is missing",
        ),
        (
            "lambda",
            "CreateFunction",
            json!({"FunctionName": "f"}),
            "InvalidParameterValueException",
            "Role: required member is missing",
        ),
        (
            "lambda",
            "GetFunction",
            json!({"FunctionName": "bad name!"}),
            "InvalidParameterValueException",
            "FunctionName: \"bad name!\" does not match ",
        ),
        (
            "s3",
            "PutBucketAcl",
            json!({"Bucket": "river", "ACL": "secret"}),
            "InvalidArgument",
            "is not one of",
        ),
    ];
    for (service, operation, params, code, expected) in cases {
        let error = client.call(service, operation, params).unwrap_err();
        assert_eq!(error.code(), Some(code), "{service}: {error}");
        assert!(error.to_string().contains(expected), "{service}: {error}");
        let received = mock.take_requests().pop().unwrap();
        assert_eq!(
            (&*received.service, &*received.operation),
            (service, operation)
        );
        assert!(received.problem.unwrap().contains(expected), "{service}");
    }
}

#[test]
fn requests_of_other_sdks_are_understood() {
    let mock = Mock::start().unwrap();
    let signed = |service: &str| {
        let scope = format!("K/20200101/eu-west-1/{service}/aws4_request");
        format!(
            "authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        )
    };
    let (s3, form) = (
        signed("s3"),
        "content-type: application/x-www-form-urlencoded",
    );
    let inner = "2;chunk-signature=0\r\nhi\r\n0\r\na:b\r\n\r\n";
    let chunked = format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    #[rustfmt::skip] // a request each
    let cases = [
        // S3 with a bucket in the host, and the operation in the query
        (format!("PUT /a/b?x-id=PutObject HTTP/1.1\nhost: river.localhost:1\n{s3}"), "hi", "s3", "PutObject", json!({"Bucket": "river", "Key": "a/b", "Body": "aGk="})),
        // a presigned URL with a bucket before an address
        ("GET /k?X-Amz-Credential=K%2F20200101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0 HTTP/1.1\nhost: river.127.0.0.1:1".into(), "", "s3", "GetObject", json!({"Bucket": "river", "Key": "k"})),
        // chunks inside chunks
        (format!("PUT /river/k HTTP/1.1\nhost: x\n{s3}\ncontent-encoding: aws-chunked\ntransfer-encoding: chunked"), &chunked, "s3", "PutObject", json!({"Bucket": "river", "Key": "k", "Body": "aGk="})),
        // SQS in the query protocol, which older SDKs speak
        (format!("POST /q HTTP/1.1\nhost: x\n{form}\n{}", signed("sqs")), "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fx%2Fq&MessageBody=hi+you", "sqs", "SendMessage", json!({"QueueUrl": "http://x/q", "MessageBody": "hi you"})),
        // CloudWatch in the query protocol, by GET
        ("GET /?Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1=a HTTP/1.1\nhost: x".into(), "", "cloudwatch", "DeleteAlarms", json!({"AlarmNames": ["a"]})),
        // a service that shares its version with others, named by the user agent
        (format!("POST / HTTP/1.1\nhost: x\nuser-agent: aws-sdk-rust/1.3 api/docdb#1.0 os/linux\n{form}"), "Action=DescribeDBClusters&Version=2014-10-31", "docdb", "DescribeDBClusters", json!({})),
        // and by the host
        (format!("POST / HTTP/1.1\nhost: neptune.localhost\n{form}"), "Action=DescribeDBClusters&Version=2014-10-31", "neptune", "DescribeDBClusters", json!({})),
        // a URL as target, as of a proxy
        (format!("GET http://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/?MaxItems=3 HTTP/1.1\n{}", signed("lambda")), "", "lambda", "ListFunctions", json!({"MaxItems": 3})),
        // unsigned
        ("POST / HTTP/1.1\nhost: x\nx-amz-target: AWSCognitoIdentityService.GetId".into(), "{\"IdentityPoolId\": \"us-east-1:0\"}", "cognito-identity", "GetId", json!({"IdentityPoolId": "us-east-1:0"})),
    ];
    for (head, body, service, operation, params) in cases {
        let response = exchange(&mock, &request(&head, body));
        let received = mock.take_requests().pop();
        let received = received.unwrap_or_else(|| panic!("{head}: {response}"));
        let found = (&*received.service, &*received.operation);
        assert_eq!(found, (service, operation), "{head}");
        // headers of the connection may be members, too
        let differs = difference(&params, &received.params, "");
        assert_eq!(differs, None, "{head}");
        assert!(response.starts_with("HTTP/1.1 200 "), "{head}: {response}");
    }
}

#[test]
fn listings_and_waits_end() {
    let mock = Mock::start().unwrap();
    let client = client(&mock);
    let pages = [
        ("dynamodb", "ListTables", json!({})),
        ("s3", "ListObjectsV2", json!({"Bucket": "river"})),
        ("ec2", "DescribeInstances", json!({})),
        ("iam", "ListUsers", json!({})),
    ];
    for (service, operation, params) in pages {
        let pages = client.pages(service, operation, params).unwrap();
        assert_eq!(pages.take(3).count(), 1, "{service}");
    }
    let waits = [
        ("dynamodb", "TableExists", json!({"TableName": "films"})),
        ("ec2", "InstanceRunning", json!({})),
        ("s3", "BucketExists", json!({"Bucket": "river"})),
        ("eks", "ClusterActive", json!({"name": "c"})),
    ];
    for (service, name, params) in waits {
        client.wait(service, name, params).unwrap();
    }
}

#[test]
fn the_mock_has_paths_for_other_languages() {
    let mock = Mock::start().unwrap();
    let post = |path: &str, body: &str| {
        exchange(
            &mock,
            &request(&format!("POST {path} HTTP/1.1\nhost: x"), body),
        )
    };
    let stub = r#"[{"service": "sts", "operation": "GetCallerIdentity", "responses": [{"result": {"Account": "1"}}]}]"#;
    assert!(post("/_mock/stubs", stub).starts_with("HTTP/1.1 200"));
    assert!(post("/_mock/stubs", "[{}]").contains("stub 1: missing field"));
    let found = client(&mock)
        .call("sts", "GetCallerIdentity", json!({}))
        .unwrap();
    assert_eq!(found["Account"], "1");
    let requests = exchange(&mock, &request("GET /_mock/requests HTTP/1.1\nhost: x", ""));
    assert!(
        requests.contains(r#""operation":"GetCallerIdentity""#),
        "{requests}"
    );
}

#[test]
fn compressed_requests_are_understood() {
    let mock = Mock::start().unwrap();
    let client = client(&mock)
        .with(|config| config.request_min_compression_size(1))
        .unwrap();
    let params = json!({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]});
    client
        .call("cloudwatch", "PutMetricData", params.clone())
        .unwrap();
    assert_eq!(mock.requests()[0].params, params);
}
