//! Responses that do not match the operation's model are errors, whatever their status; and errors keep their details.

use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::config::ParameterValidation;
use tucuxi::error::UnexpectedResponse;
use tucuxi::transport::Replay;
use tucuxi::{Body, ConfigBuilder, Error};

use super::{WIRES, Wire, build};

use crate::signed;
use crate::support::client::IntoClient;

type Headers = &'static [(&'static str, &'static str)];

const HTML: Headers = &[("content-type", "text/html; charset=utf-8")];
const PAGE: &str = "<!DOCTYPE html>\n<html><body>Please log in<br></body></html>";

fn unexpected(found: &Result<Value, Error>) -> &UnexpectedResponse {
    let error = found.as_ref().expect_err("a result");
    let found = error.unexpected_response();
    found.unwrap_or_else(|| panic!("another error: {error}"))
}

fn is_xml(wire: &Wire) -> bool {
    matches!(wire.protocol, "query" | "ec2" | "rest-xml")
}

fn is_json(wire: &Wire) -> bool {
    wire.protocol.ends_with("json")
}

#[test]
fn unexpected_documents_are_errors_in_every_protocol() {
    let well_formed = "<html><body/></html>";
    let everywhere: [&str; 10] = [
        PAGE,
        well_formed,
        "<HTML><br>",
        "<!-- hello --><html lang='en'>",
        "Bad gateway",
        "[1]",
        "[]",
        "\"x\"",
        "12",
        "null",
    ];
    for wire in &WIRES {
        // truncated XML of a REST protocol counts as a server failure, because S3 may abort a response
        let is_page = |body: &str| body.to_lowercase().contains("<html");
        for body in everywhere
            .iter()
            .filter(|body| wire.protocol != "rest-xml" || is_page(body))
        {
            for headers in [
                HTML,
                &[],
                &[
                    ("x-amzn-requestid", "r-1"),
                    ("content-type", "application/json"),
                ],
            ] {
                let (found, _) = build(wire, Replay::new().respond(200, headers, *body));
                let found = unexpected(&found);
                assert_eq!(found.status, 200, "{} {body}", wire.protocol);
                assert!(found.excerpt.is_some(), "{} {body}", wire.protocol);
            }
        }
    }
}

#[test]
fn a_missing_body_is_an_error_if_the_protocol_requires_one() {
    for wire in &WIRES {
        for body in ["", " \r\n"] {
            let (found, _) = build(wire, Replay::new().respond(200, &[], body));
            match wire.protocol {
                "rest-json" => assert!(found.is_ok() || !body.is_empty()),
                _ => assert_eq!(
                    &*unexpected(&found).received,
                    "no body",
                    "{}",
                    wire.protocol
                ),
            }
        }
    }
}

#[test]
fn the_document_of_another_operation_is_refused() {
    let cases = [
        (
            "query",
            "<OtherResponse><OtherResult><Id>t</Id></OtherResult></OtherResponse>",
        ),
        ("query", "<BuildResponse><Id>t</Id></BuildResponse>"),
        (
            "query",
            "<BuildResponse><ResponseMetadata/></BuildResponse>",
        ),
        ("query", "<BuildResult><Id>t</Id></BuildResult>"),
        ("ec2", "<OtherResponse><other/></OtherResponse>"),
        ("ec2", "<Response/>"),
        ("rest-xml", "<OtherResult><Other/></OtherResult>"),
        ("rest-xml", "<Listing/>"),
        ("rest-xml", "hello <BuildResult><Id>t</Id></BuildResult>"),
    ];
    for (protocol, body) in cases {
        let wire = WIRES.iter().find(|wire| wire.protocol == protocol).unwrap();
        let (found, _) = build(wire, Replay::new().respond(200, &[], body));
        let expected = &unexpected(&found).expected;
        assert!(
            expected.contains("Build") || protocol == "rest-xml",
            "{body}: {expected}"
        );
    }
    // a compatible server may name the root differently, if the members are known
    let kept = [
        ("query", "<R><BuildResult><Id>t</Id></BuildResult></R>"),
        ("ec2", "<n:Built xmlns:n='x'><n:Id>t</n:Id></n:Built>"),
        (
            "rest-xml",
            "<?xml version='1.0'?><!-- c --><n:Built xmlns:n='x'><n:Id>t</n:Id></n:Built>",
        ),
        (
            "rest-xml",
            "\u{feff}<BuildResponse><Id>t</Id></BuildResponse>",
        ),
        ("rest-xml", "<Output><Id>t</Id></Output>"),
    ];
    for (protocol, body) in kept {
        let wire = WIRES.iter().find(|wire| wire.protocol == protocol).unwrap();
        let (found, _) = build(wire, Replay::new().respond(200, &[], body));
        assert_eq!(found.unwrap()["Id"], "t", "{protocol} {body}");
    }
}

#[test]
fn an_error_with_a_status_of_success_is_an_error() {
    for wire in &WIRES {
        if wire.protocol == "smithy-rpc-v2-cbor" {
            continue; // in CBOR only the status distinguishes an error from a result
        }
        let body = match wire.protocol {
            // REST errors have the code in a header, or in this member
            "rest-json" => br#"{"__type":"NoSuchGround","message":"dig"}"#,
            _ => wire.refusal,
        };
        let (found, _) = build(wire, Replay::new().respond(200, &[], body));
        let error = found.unwrap_err();
        assert_eq!(
            error.code(),
            Some("NoSuchGround"),
            "{}: {error}",
            wire.protocol
        );
    }
    for wire in WIRES.iter().filter(|wire| is_json(wire)) {
        let header = [("x-amzn-errortype", "NoSuchGround:http://x")];
        let (found, _) = build(wire, Replay::new().respond(200, &header, "{}"));
        match wire.protocol {
            "smithy-rpc-v2-json" => assert_eq!(found.unwrap(), serde_json::json!({})),
            _ => assert_eq!(found.unwrap_err().code(), Some("NoSuchGround")),
        }
        // a structure may have its own type as a member
        let named = r#"{"__type":"tower#Built","Id":"t"}"#;
        let (found, _) = build(wire, Replay::new().respond(200, &[], named));
        assert_eq!(found.unwrap()["Id"], "t");
    }
}

#[test]
fn a_response_in_another_protocol_is_refused() {
    let is_rpc = |wire: &&Wire| wire.protocol.starts_with("smithy-rpc-v2");
    for wire in WIRES.iter().filter(is_rpc) {
        let own = &wire.protocol["smithy-".len()..];
        for header in [None, Some("rpc-v2-cbor"), Some("rpc-v2-json")] {
            let headers = header.map(|value| ("smithy-protocol", value));
            let headers: Vec<_> = headers.into_iter().collect();
            let (found, _) = build(wire, Replay::new().respond(200, &headers, wire.answer));
            let is_ok = header.is_none_or(|value| value == own);
            assert_eq!(found.is_ok(), is_ok, "{own} {header:?}");
            assert!(is_ok || unexpected(&found).expected.contains(own));
        }
    }
}

#[test]
fn errors_of_malformed_documents_have_status_request_id_and_excerpt() {
    for wire in WIRES
        .iter()
        .filter(|wire| is_json(wire) || matches!(wire.protocol, "query" | "ec2"))
    {
        let half = &wire.answer[..wire.answer.len() / 2];
        let headers = [("x-amzn-requestid", "r-1")];
        let (found, _) = build(wire, Replay::new().respond(200, &headers, half));
        let text = found.as_ref().unwrap_err().to_string();
        let found = unexpected(&found);
        assert_eq!(found.request_id.as_deref(), Some("r-1"));
        assert!(
            found.excerpt.is_some() && text.contains("(status 200, request id r-1)"),
            "{text}"
        );
    }
}

fn config() -> ConfigBuilder {
    signed()
        .endpoint_url("http://user:hidden@localhost:9001")
        .max_attempts(1)
}

#[test]
fn the_error_names_response_and_endpoint() {
    let headers = [("content-type", "text/html"), ("x-amz-request-id", "R1")];
    let client = config().over(Replay::new().respond(200, &headers, PAGE));
    let found = client.call("s3", "ListObjectsV2", json!({"Bucket": "b"}));
    assert_eq!(
        found.unwrap_err().to_string(),
        "s3.ListObjectsV2: unexpected response: expected an element ListBucketResult, received a web page \
         (status 200, content type text/html, request id R1): \"<!DOCTYPE html>\\n<html><body>Please log in<br></body></html>\"; \
         is http://localhost:9001 an endpoint of S3?"
    );
    // the error does not contain a secret of a truncated document
    let half = r#"{"Name":"n","SecretString":"hidden"#;
    let client = config().over(Replay::new().respond(200, &[], half));
    let found = client.call("secretsmanager", "GetSecretValue", json!({"SecretId": "n"}));
    assert_eq!(unexpected(&found).excerpt, None);
    assert!(!format!("{found:?}").contains("hidden"));
}

#[test]
fn responses_of_real_operations_must_match_their_models() {
    let bucket = || json!({"Bucket": "b"});
    let key = || json!({"Bucket": "b", "Key": "k"});
    let listed = "<ListBucketResult><Name>b</Name></ListBucketResult>";
    let versions =
        "<ListVersionsResult><Name>b</Name><IsTruncated>false</IsTruncated></ListVersionsResult>";
    let buckets = "<ListAllMyBucketsResult><Prefix>p</Prefix></ListAllMyBucketsResult>";
    let part = || json!({"Bucket": "b", "Key": "k", "UploadId": "u", "PartNumber": 1});
    let id = || json!({"Bucket": "b", "Key": "k", "UploadId": "u"});
    let etag: Headers = &[("etag", "\"e\"")];
    let page: Headers = &[("content-type", "text/html"), ("etag", "\"e\"")];
    let none: Headers = &[];
    let cases: Vec<(&str, &str, Value, u16, Headers, &str, bool)> = vec![
        ("s3", "ListObjectsV2", bucket(), 200, none, listed, true),
        ("s3", "ListObjects", bucket(), 200, none, listed, true),
        ("s3", "ListObjectsV2", bucket(), 200, none, versions, false),
        ("s3", "ListObjectsV2", bucket(), 200, none, buckets, false),
        (
            "s3",
            "ListObjectVersions",
            bucket(),
            200,
            none,
            listed,
            false,
        ),
        (
            "s3",
            "ListObjectVersions",
            bucket(),
            200,
            none,
            versions,
            true,
        ),
        ("s3", "ListObjectsV2", bucket(), 204, none, "", false),
        ("s3", "ListBuckets", json!({}), 200, none, listed, false),
        (
            "s3",
            "GetBucketLocation",
            bucket(),
            200,
            none,
            "<LocationConstraint/>",
            true,
        ),
        (
            "s3",
            "GetBucketLocation",
            bucket(),
            200,
            none,
            "<Location/>",
            false,
        ),
        (
            "s3",
            "GetBucketVersioning",
            bucket(),
            200,
            none,
            "<VersioningConfiguration/>",
            true,
        ),
        (
            "s3",
            "GetBucketVersioning",
            bucket(),
            200,
            none,
            "<Tagging/>",
            false,
        ),
        (
            "s3",
            "DeleteObjects",
            json!({"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}),
            200,
            none,
            "<DeleteResult/>",
            true,
        ),
        (
            "s3",
            "DeleteObjects",
            json!({"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}),
            200,
            none,
            "",
            false,
        ),
        ("s3", "PutObject", key(), 200, etag, "", true),
        ("s3", "PutObject", key(), 200, none, "", false),
        ("s3", "PutObject", key(), 200, &[("etag", "")], "", false),
        ("s3", "PutObject", key(), 200, page, PAGE, false),
        ("s3", "UploadPart", part(), 200, none, "", false),
        ("s3", "UploadPart", part(), 200, etag, "", true),
        (
            "s3",
            "CreateMultipartUpload",
            key(),
            200,
            none,
            "<InitiateMultipartUploadResult/>",
            false,
        ),
        (
            "s3",
            "CreateMultipartUpload",
            key(),
            200,
            none,
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            true,
        ),
        (
            "s3",
            "CompleteMultipartUpload",
            id(),
            200,
            none,
            "<CompleteMultipartUploadResult/>",
            false,
        ),
        (
            "s3",
            "CompleteMultipartUpload",
            id(),
            200,
            none,
            "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>",
            true,
        ),
        ("s3", "DeleteObject", key(), 204, none, "", true),
        ("s3", "DeleteObject", key(), 200, none, PAGE, false),
        ("s3", "DeleteObject", key(), 200, HTML, "", false),
        ("s3", "HeadBucket", bucket(), 200, none, "", true),
        ("s3", "HeadBucket", bucket(), 200, HTML, "", false),
        (
            "s3",
            "HeadBucket",
            bucket(),
            200,
            &[("content-type", "text/html"), ("x-amz-request-id", "R")],
            "",
            true,
        ),
        ("s3", "HeadObject", key(), 200, page, "", true),
        ("s3", "HeadObject", key(), 200, HTML, "", false),
        ("s3", "GetObject", key(), 200, page, PAGE, true),
        (
            "iam",
            "DeleteUser",
            json!({"UserName": "u"}),
            200,
            none,
            "<DeleteUserResponse/>",
            true,
        ),
        (
            "iam",
            "DeleteUser",
            json!({"UserName": "u"}),
            200,
            none,
            "<DeleteRoleResponse/>",
            false,
        ),
        (
            "iam",
            "DeleteUser",
            json!({"UserName": "u"}),
            200,
            none,
            PAGE,
            false,
        ),
        (
            "iam",
            "ListUsers",
            json!({}),
            200,
            none,
            "<ListUsersResponse/>",
            false,
        ),
        (
            "iam",
            "ListUsers",
            json!({}),
            200,
            none,
            "<ListUsersResponse><ListUsersResult/></ListUsersResponse>",
            true,
        ),
        (
            "iam",
            "ListUsers",
            json!({}),
            200,
            none,
            "<ListRolesResponse><ListUsersResult/></ListRolesResponse>",
            false,
        ),
        (
            "ec2",
            "DescribeVpcs",
            json!({}),
            200,
            none,
            "<DescribeVpcsResponse/>",
            true,
        ),
        (
            "ec2",
            "DescribeVpcs",
            json!({}),
            200,
            none,
            "<DescribeSubnetsResponse><nextToken/></DescribeSubnetsResponse>",
            false,
        ),
        (
            "ec2",
            "DeleteVpc",
            json!({"VpcId": "v"}),
            200,
            none,
            PAGE,
            false,
        ),
        ("dynamodb", "ListTables", json!({}), 200, none, "", false),
        ("dynamodb", "ListTables", json!({}), 200, none, "{}", true),
        (
            "kms",
            "DisableKey",
            json!({"KeyId": "k"}),
            200,
            none,
            "",
            true,
        ),
        (
            "kms",
            "DisableKey",
            json!({"KeyId": "k"}),
            200,
            none,
            PAGE,
            false,
        ),
        ("lambda", "ListFunctions", json!({}), 200, none, "{}", true),
        (
            "lambda",
            "DeleteFunction",
            json!({"FunctionName": "f"}),
            204,
            none,
            "",
            true,
        ),
        (
            "lambda",
            "DeleteFunction",
            json!({"FunctionName": "f"}),
            200,
            none,
            PAGE,
            false,
        ),
        (
            "route53",
            "ListHostedZones",
            json!({}),
            200,
            none,
            "<ListHostedZonesResponse/>",
            true,
        ),
        (
            "route53",
            "ListHostedZones",
            json!({}),
            200,
            none,
            "<ListHealthChecksResponse/>",
            false,
        ),
        (
            "cloudfront",
            "GetInvalidation",
            json!({"DistributionId": "d", "Id": "i"}),
            200,
            none,
            "<Invalidation><Id>i</Id></Invalidation>",
            true,
        ),
        (
            "cloudfront",
            "GetInvalidation",
            json!({"DistributionId": "d", "Id": "i"}),
            200,
            none,
            "",
            false,
        ),
    ];
    for (service, operation, params, status, headers, body, is_ok) in cases {
        let client = config().over(Replay::new().respond(status, headers, body));
        let request = client.request(service, operation).params(params);
        let request = match operation {
            "PutObject" | "UploadPart" => request.body(Body::from("x")),
            _ => request,
        };
        let found = request.send_buffered().and_then(|output| output.to_value());
        match is_ok {
            true => assert!(found.is_ok(), "{operation} {headers:?} {body}: {found:?}"),
            false => drop(unexpected(&found).to_string()),
        }
    }
}

#[test]
fn the_proof_of_an_upload_can_be_disabled() {
    let client = config().over(Replay::new().respond(200, &[], ""));
    let client = client
        .with(|config| config.without_customisation("s3-proof"))
        .unwrap();
    let request = client
        .request("s3", "PutObject")
        .params(json!({"Bucket": "b", "Key": "k"}));
    assert!(request.body(Body::from("x")).send().is_ok());
}

#[test]
fn a_page_is_neither_success_nor_retry_to_a_waiter() {
    let cases = [
        ("s3", "BucketExists", json!({"Bucket": "b"})),
        ("s3", "ObjectExists", json!({"Bucket": "b", "Key": "k"})),
        ("ec2", "VpcExists", json!({"VpcIds": ["v"]})),
        ("dynamodb", "TableExists", json!({"TableName": "t"})),
        ("iam", "UserExists", json!({"UserName": "u"})),
        (
            "cloudformation",
            "StackDeleteComplete",
            json!({"StackName": "s"}),
        ),
    ];
    for (service, waiter, params) in cases {
        let head = service == "s3";
        let replay = Replay::new().respond(200, HTML, if head { "" } else { PAGE });
        let waited = config().over(replay).wait(service, waiter, params);
        let error = waited.unwrap_err();
        assert!(error.unexpected_response().is_some(), "{waiter}: {error}");
    }
}

#[test]
fn statuses_without_a_result_are_errors() {
    for status in [300, 301, 304, 307, 399] {
        for wire in &WIRES {
            let (found, _) = build(
                wire,
                Replay::new().respond(status, wire.headers, wire.answer),
            );
            let error = found.unwrap_err();
            assert_eq!(
                error.service_error().map(|e| e.status),
                Some(status),
                "{}",
                wire.protocol
            );
        }
    }
}

#[test]
fn the_message_of_an_error_is_the_services_or_none() {
    let html = "<html><body>Blocked<br></body></html>";
    // body, status, code, message, and whether the error has an excerpt
    let json: Vec<(&str, u16, &str, &str, bool)> = vec![
        (
            r#"{"__type":"NotAuthorizedException"}"#,
            400,
            "NotAuthorizedException",
            "",
            false,
        ),
        (r#"{"__type":null,"message":"m"}"#, 400, "400", "m", false),
        (r#"{"__type":"","message":"m"}"#, 400, "400", "m", false),
        (r##"{"__type":"#","code":"X"}"##, 400, "X", "", false),
        (r#"{"__type":7,"message":8}"#, 400, "7", "8", false),
        (
            r#"{"__type":["x"],"message":{"a":1}}"#,
            400,
            "400",
            r#"{"a":1}"#,
            false,
        ),
        (
            r#"{"__type":true,"message":null,"Message":"z"}"#,
            400,
            "400",
            "z",
            false,
        ),
        (
            r#"{"__type":"a.b#X:http://x","message":" m "}"#,
            400,
            "X",
            " m ",
            false,
        ),
        (
            r#"{"__type":"X","message":"a\ud800b"}"#,
            400,
            "X",
            "a\u{fffd}b",
            false,
        ),
        (
            r#"{"__type":"X","message":"m","n":1e999}"#,
            400,
            "X",
            "m",
            false,
        ),
        (r#"{"__type":"X","message":"cut"#, 400, "X", "", false),
        ("", 400, "400", "", false),
        ("{}", 503, "503", "", false),
        ("", 503, "503", "Service Unavailable", false),
        (
            "1 validation error detected",
            400,
            "400",
            "1 validation error detected",
            false,
        ),
        (html, 403, "403", html, false),
        (html, 503, "503", "Service Unavailable", true),
        ("upstream failed", 502, "502", "upstream failed", false),
        (r#"{"error":{"code":"X"}}"#, 400, "400", "", true),
        ("[1]", 400, "400", "[1]", false),
    ];
    for wire in WIRES.iter().filter(|wire| is_json(wire)) {
        for case in &json {
            if wire.protocol == "smithy-rpc-v2-json"
                && case.0.contains(r#""code":"X"}"#)
                && case.2 == "X"
            {
                continue; // only `__type` names the error
            }
            check(wire, case.0.as_bytes(), case.1, case.2, case.3, case.4);
        }
        check(
            wire,
            b"{\"__type\":\"X\",\"message\":\"\xff\"}",
            400,
            "X",
            "\u{fffd}",
            false,
        );
    }
    let plain = |protocol: &str| protocol != "rest-xml";
    for wire in WIRES.iter().filter(|wire| is_xml(wire)) {
        let phrase = |text: &'static str, status: &'static str| {
            if plain(wire.protocol) { text } else { status }
        };
        let cases: Vec<(&str, u16, &str, &str, bool)> = vec![
            (
                "<ErrorResponse><Error><Code> X </Code><Message> m \n</Message></Error></ErrorResponse>",
                400,
                "X",
                " m \n",
                false,
            ),
            (
                "<Response><Errors><Error><Code>X</Code><Message/></Error></Errors></Response>",
                400,
                "X",
                "",
                false,
            ),
            ("<Error><Code>X</Code></Error>", 400, "X", "", false),
            (
                "<Error><Code/><Message>m</Message></Error>",
                400,
                "400",
                "m",
                false,
            ),
            (
                "<Error><Code>X</Code><Message>&nope;</Message></Error>",
                400,
                "X",
                "",
                false,
            ),
            (
                "<Error><Code>X</Code><Message>m</Message><HostId>",
                400,
                "X",
                "m",
                false,
            ),
            ("<Error><Code>X</Code><Message>cut", 400, "X", "cut", false),
            ("<Other/>", 400, "400", "", true),
            ("", 503, "503", "Service Unavailable", false),
            ("", 404, "404", phrase("", "Not Found"), false),
            (html, 503, "503", "Service Unavailable", true),
            (
                html,
                403,
                "403",
                phrase(html, "Forbidden"),
                !plain(wire.protocol),
            ),
            (
                "no such host",
                404,
                "404",
                phrase("no such host", "Not Found"),
                !plain(wire.protocol),
            ),
        ];
        for (body, status, code, message, has_excerpt) in cases {
            check(wire, body.as_bytes(), status, code, message, has_excerpt);
        }
    }
    let cbor = WIRES
        .iter()
        .find(|wire| wire.protocol == "smithy-rpc-v2-cbor")
        .unwrap();
    check(cbor, b"\xa1\x66__type\x61X", 400, "X", "", false);
    check(cbor, b"\xa1\x66__type\xf6", 400, "400", "", true);
    check(cbor, html.as_bytes(), 403, "403", html, false);
    check(
        cbor,
        html.as_bytes(),
        503,
        "503",
        "Service Unavailable",
        true,
    );
    check(cbor, b"", 400, "400", "", false);
}

fn check(wire: &Wire, body: &[u8], status: u16, code: &str, message: &str, has_excerpt: bool) {
    let (found, _) = build(wire, Replay::new().respond(status, &[], body.to_vec()));
    let error = found.unwrap_err();
    let shown = String::from_utf8_lossy(body);
    let found = error.service_error().unwrap_or_else(|| panic!("{error}"));
    let seen = (&*found.code, &*found.message, found.excerpt.is_some());
    assert_eq!(
        seen,
        (code, message, has_excerpt),
        "{} {shown}",
        wire.protocol
    );
    if message.is_empty() && status == 400 {
        assert!(
            error.to_string().contains("(status 400 Bad Request"),
            "{error}"
        );
    }
}

#[test]
fn an_error_keeps_ids_and_headers() {
    let body = "<Error><Code>X</Code><Message>m</Message><RequestId> R </RequestId><HostId> H </HostId><Key> k </Key></Error>";
    let wire = WIRES
        .iter()
        .find(|wire| wire.protocol == "rest-xml")
        .unwrap();
    let found = |headers: Headers| {
        let (found, _) = build(wire, Replay::new().respond(403, headers, body));
        found.unwrap_err().service_error().unwrap().clone()
    };
    let error = found(&[("x-amz-id-2", " "), ("x-more", "y")]);
    assert_eq!(error.request_id.as_deref(), Some("R"));
    assert_eq!(error.extended_request_id.as_deref(), Some("H"));
    assert_eq!(error.headers["x-more"], "y");
    assert_eq!(error.value["Key"], " k ");
    let error = found(&[
        ("x-amz-id-2", "H2"),
        ("x-amzn-requestid", ""),
        ("x-amz-request-id", "R2"),
    ]);
    assert_eq!(error.request_id.as_deref(), Some("R2"));
    assert_eq!(error.extended_request_id.as_deref(), Some("H2"));
}

#[test]
fn an_empty_label_is_refused_before_anything_is_sent() {
    let cases = [
        (
            "s3",
            "DeleteObject",
            json!({"Bucket": "b", "Key": ""}),
            "Key",
        ),
        ("s3", "DeleteObject", json!({"Bucket": "b"}), "Key"),
        ("s3", "DeleteBucket", json!({"Bucket": ""}), "Bucket"),
        ("s3", "DeleteBucket", json!({}), "Bucket"),
        ("s3", "ListObjectsV2", json!({"Bucket": ""}), "Bucket"),
        ("s3", "PutObject", json!({"Bucket": "b", "Key": ""}), "Key"),
        (
            "iotwireless",
            "ResetResourceLogLevel",
            json!({"ResourceIdentifier": "", "ResourceType": "x"}),
            "ResourceIdentifier",
        ),
        (
            "lambda",
            "DeleteFunction",
            json!({"FunctionName": ""}),
            "FunctionName",
        ),
        ("route53", "DeleteHostedZone", json!({"Id": ""}), "Id"),
        (
            "glacier",
            "DeleteVault",
            json!({"accountId": "-", "vaultName": ""}),
            "vaultName",
        ),
        (
            "amplify",
            "ListTagsForResource",
            json!({"resourceArn": ""}),
            "resourceArn",
        ),
        (
            "s3control",
            "GetPublicAccessBlock",
            json!({"AccountId": ""}),
            "AccountId",
        ),
    ];
    for (service, operation, params, label) in cases {
        for validation in [ParameterValidation::Enabled, ParameterValidation::Disabled] {
            let (client, replay) = config().replay(Replay::new());
            let client = client
                .with(|config| config.parameter_validation(validation))
                .unwrap();
            let error = client
                .call(service, operation, params.clone())
                .unwrap_err()
                .to_string();
            assert!(error.contains(label), "{operation} {validation:?}: {error}");
            let presigned = client.presigner().presign(
                service,
                operation,
                params.clone(),
                Duration::from_secs(60),
            );
            let error = presigned.map(|_| ()).unwrap_err().to_string();
            assert!(
                error.contains(label),
                "{operation} {validation:?}, presigned: {error}"
            );
            assert!(replay.sent().is_empty(), "{operation}");
        }
    }
}
