//! Requests that no SDK sends: the mock refuses them, and goes on.

use serde_json::json;
use tucuxi::mock::Mock;

use super::{client, exchange, request};

/// A head with a target of JSON, and a body.
fn target(target: &str, body: &str) -> Vec<u8> {
    request(
        &format!("POST / HTTP/1.1\nhost: x\nx-amz-target: {target}"),
        body,
    )
}

#[test]
fn requests_that_are_no_requests_are_refused() {
    let mock = Mock::start().unwrap();
    let get = |line: &str| request(line, "");
    let form = |body: &str| {
        let head = "POST / HTTP/1.1\nhost: x\ncontent-type: application/x-www-form-urlencoded";
        request(head, body)
    };
    let s3 = |head: &str, body: &str| {
        let scope = "Credential=K/20200101/eu-west-1/s3/aws4_request";
        request(
            &format!("{head}\nhost: x\nauthorization: AWS4-HMAC-SHA256 {scope}"),
            body,
        )
    };
    let item = "DynamoDB_20120810.GetItem";
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no HTTP", b"\x16\x03\x01 hello\r\n\r\n".to_vec(), "400"),
        (
            "another protocol",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            "400",
        ),
        ("half a head", b"GET / HTTP/1.1\r\nhost".to_vec(), "400"),
        (
            "a long head",
            [b"GET /", &[b'a'; 300_000][..], b" HTTP/1.1\r\n\r\n"].concat(),
            "431",
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000)).into_bytes(),
            "431",
        ),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
            "400",
        ),
        (
            "a length and chunks",
            b"POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nab"
                .to_vec(),
            "400",
        ),
        (
            "a negative length",
            b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(),
            "400",
        ),
        (
            "a length beyond all limits",
            b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n".to_vec(),
            "413",
        ),
        (
            "an unknown coding",
            b"POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n".to_vec(),
            "501",
        ),
        (
            "a chunk without a size",
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n\r\n".to_vec(),
            "400",
        ),
        (
            "a chunk beyond all limits",
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n"
                .to_vec(),
            "413",
        ),
        (
            "a method that no service has",
            get("BREW / HTTP/1.1\nhost: x"),
            "404",
        ),
        (
            "an unknown path",
            get("GET /a/b/c/d HTTP/1.1\nhost: x\nauthorization: Credential=/lambda/aws4_request"),
            "404",
        ),
        ("an unknown target", target("Nothing.Nothing", "{}"), "400"),
        ("a target without a service", target("GetItem", "{}"), "400"),
        (
            "an unknown action",
            form("Action=Nothing&Version=2010-05-08"),
            "400",
        ),
        ("no JSON", target(item, "{"), "400"),
        ("an array", target(item, "[]"), "400"),
        ("text", target(item, "\"a\""), "400"),
        ("no body", target(item, ""), "400"),
        ("deep JSON", target(item, &deep("[", "]")), "400"),
        (
            "deep members",
            target(item, &format!("{{\"Key\":{}}}", deep("{\"L\":[", "]}"))),
            "400",
        ),
        (
            "a long name in a form",
            form(&format!(
                "Action=CreateUser&Version=2010-05-08&{}=1",
                "a.".repeat(100_000)
            )),
            "400",
        ),
        (
            "a form that is no UTF-8",
            form("Action=CreateUser&Version=2010-05-08&UserName=%ff%fe&Tags.member.x.Key=1"),
            "400",
        ),
        (
            "broken XML",
            s3("PUT /river?tagging HTTP/1.1", "<Tagging><TagSet>"),
            "400",
        ),
        (
            "deep XML",
            s3("PUT /river?tagging HTTP/1.1", &deep("<a>", "</a>")),
            "400",
        ),
        ("no XML", s3("PUT /river?tagging HTTP/1.1", "{}"), "400"),
        (
            "invalid aws-chunked",
            s3(
                "PUT /river/k HTTP/1.1\ncontent-encoding: aws-chunked",
                "5\r\nab",
            ),
            "400",
        ),
        (
            "no CBOR",
            request(
                "POST /service/GraniteServiceVersion20100801/operation/DeleteAlarms HTTP/1.1\nhost: x\nsmithy-protocol: rpc-v2-cbor",
                "\u{9f}",
            ),
            "400",
        ),
        (
            "a percent sign at the end",
            s3("GET /river/% HTTP/1.1", ""),
            "200",
        ),
        (
            "no slash",
            request("GET river HTTP/1.1\nhost: x", ""),
            "400",
        ),
    ];
    for (name, bytes, status) in cases {
        let response = exchange(&mock, &bytes);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {response:.200}"
        );
    }
    client(&mock)
        .call("dynamodb", "ListTables", json!({}))
        .unwrap();
}

#[test]
fn a_request_that_is_cut_anywhere_is_refused_or_dropped() {
    let mock = Mock::start().unwrap();
    let whole = target("DynamoDB_20120810.ListTables", "{\"Limit\": 1}");
    for end in 0..whole.len() {
        let response = exchange(&mock, &whole[..end]);
        assert!(
            response.is_empty() || response.starts_with("HTTP/1.1 400 "),
            "{end}: {response}"
        );
    }
    assert!(mock.requests().is_empty());
    assert!(exchange(&mock, &whole).starts_with("HTTP/1.1 200 "));
}

#[test]
fn requests_on_one_connection_are_answered_in_order() {
    let mock = Mock::start().unwrap();
    let one = |n: u8| {
        target(
            "DynamoDB_20120810.ListTables",
            &format!("{{\"Limit\": {n}}}"),
        )
    };
    let response = exchange(&mock, &[one(1), one(2), one(3)].concat());
    assert_eq!(response.matches("HTTP/1.1 200 OK").count(), 3);
    let limits: Vec<_> = mock
        .requests()
        .iter()
        .map(|request| request.params["Limit"].clone())
        .collect();
    assert_eq!(limits, [1, 2, 3]);
}
