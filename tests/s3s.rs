//! S3 against the quickstart's server, which verifies signatures and stores files.

#[path = "../examples/quickstart/s3_server.rs"]
mod s3_server;

use std::io::{Read, Write};

use s3_server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use serde_json::json;
use tucuxi::{Body, Client, Config, Credentials};

fn client(server: &S3Server, secret: &str) -> Client {
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .endpoint_url(server.url())
        .credentials(Credentials::new(ACCESS_KEY_ID, secret))
        .build()
        .unwrap();
    Client::with_config(config).unwrap()
}

#[test]
fn a_wrong_secret_is_refused() {
    let server = S3Server::start().unwrap();
    client(&server, SECRET_ACCESS_KEY)
        .call("s3", "ListBuckets", json!({}))
        .unwrap();
    let error = client(&server, "wrong")
        .call("s3", "ListBuckets", json!({}))
        .unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
    let error = client(&server, "wrong")
        .request("s3", "PutObject")
        .params(json!({"Bucket": "bucket", "Key": "k"}))
        .body("x")
        .send()
        .unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
}

#[test]
fn keys_of_all_kinds_survive() {
    let server = S3Server::start().unwrap();
    let s3 = client(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "keys"}))
        .unwrap();
    // the server keeps objects as files: keys with dot segments are moto's to test
    for key in [
        "plain",
        "a b+c&d=e%20f",
        "ünï/cødé",
        "quote'\"(x)!*~",
        "semi;colon:at@",
        "🐬/🐟",
    ] {
        let place = json!({"Bucket": "keys", "Key": key});
        let put = s3.request("s3", "PutObject").params(place.clone());
        put.body(key.to_owned())
            .send()
            .unwrap_or_else(|e| panic!("{key}: {e}"));
        let read = s3
            .request("s3", "GetObject")
            .params(place.clone())
            .send()
            .unwrap();
        assert_eq!(read.body.unwrap().read_to_vec().unwrap(), key.as_bytes());
        let head = s3.call("s3", "HeadObject", place.clone()).unwrap();
        assert_eq!(head["ContentLength"], key.len());
        s3.call("s3", "DeleteObject", place).unwrap();
    }
    s3.call("s3", "DeleteBucket", json!({"Bucket": "keys"}))
        .unwrap();
}

#[test]
fn bodies_from_files_and_readers_arrive_whole() {
    let server = S3Server::start().unwrap();
    let s3 = client(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "bodies"}))
        .unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let bodies = [
        ("bytes", Body::from(bytes.clone())),
        ("empty", Body::empty()),
        ("file", Body::file(file.path()).unwrap()),
        ("part of a file", Body::file_range(file.path(), 10..1000)),
        (
            "reader",
            Body::from_reader_with_len(std::io::Cursor::new(bytes.clone()), bytes.len() as u64),
        ),
    ];
    for (name, body) in bodies {
        let mut expected = Vec::new();
        if body.replayable() {
            body.open().unwrap().read_to_end(&mut expected).unwrap();
        } else {
            expected.clone_from(&bytes);
        }
        let place = json!({"Bucket": "bodies", "Key": name});
        let put = s3
            .request("s3", "PutObject")
            .params(place.clone())
            .body(body);
        put.send().unwrap_or_else(|e| panic!("{name}: {e}"));
        let output = s3.request("s3", "GetObject").params(place).send().unwrap();
        assert_eq!(
            output.body.unwrap().read_to_vec().unwrap(),
            expected,
            "{name}"
        );
    }
}
