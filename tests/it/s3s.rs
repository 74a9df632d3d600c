//! S3 calls to the quickstart's server, which verifies signatures and stores files.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError, UreqTransport};
use tucuxi::{Body, Client, Credentials, PresignedRequest, Reuse};

use crate::s3_server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use crate::support::client::{IntoClient, isolated, over};

fn connect(server: &S3Server, secret: &str) -> Client {
    isolated()
        .region("us-east-1")
        .endpoint_url(server.url())
        .credentials(Credentials::new(ACCESS_KEY_ID, secret))
        .connect()
}

#[test]
fn a_wrong_secret_is_refused() {
    let server = S3Server::start().unwrap();
    connect(&server, SECRET_ACCESS_KEY)
        .call("s3", "ListBuckets", json!({}))
        .unwrap();
    let error = connect(&server, "wrong")
        .call("s3", "ListBuckets", json!({}))
        .unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
    let error = connect(&server, "wrong")
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
    let s3 = connect(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "keys"}))
        .unwrap();
    // the server stores objects as files, so keys with dot segments are tested with moto
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
    let s3 = connect(&server, SECRET_ACCESS_KEY);
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
        if body.reuse() == Reuse::Always {
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

/// Makes a presigned request as any HTTP client would.
fn plain(request: &PresignedRequest, body: &'static str) -> (u16, String) {
    let mut plain = http::Request::builder()
        .method(request.method.clone())
        .uri(&request.url);
    for (name, value) in &request.headers {
        plain = plain.header(name, value);
    }
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let agent = agent.new_agent();
    let answer = match body {
        "" => agent.run(plain.body(()).unwrap()),
        body => agent.run(plain.body(body).unwrap()),
    };
    let mut answer = answer.unwrap();
    (
        answer.status().as_u16(),
        answer.body_mut().read_to_string().unwrap(),
    )
}

#[test]
fn presigned_requests_need_no_credentials() {
    let server = S3Server::start().unwrap();
    let s3 = connect(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "shared"}))
        .unwrap();
    let place = json!({"Bucket": "shared", "Key": "a key+"});
    let minute = Duration::from_secs(60);
    let put = s3
        .presigner()
        .presign("s3", "PutObject", place.clone(), minute)
        .unwrap();
    assert_eq!(plain(&put, "hello").0, 200);
    let get = s3
        .presigner()
        .presign("s3", "GetObject", place.clone(), minute)
        .unwrap();
    assert_eq!(plain(&get, ""), (200, "hello".to_owned()));
    // signed with another secret
    let wrong = connect(&server, "wrong")
        .presigner()
        .presign("s3", "GetObject", place, minute)
        .unwrap();
    assert_eq!(plain(&wrong, "").0, 403);
}

#[test]
fn a_form_uploads_what_its_policy_allows() {
    let server = S3Server::start().unwrap();
    let s3 = connect(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "forms"}))
        .unwrap();
    let minute = Duration::from_secs(60);
    let form = s3
        .presigner()
        .post("forms", "up/f.txt")
        .content_length(1..=10)
        .expires(minute)
        .sign()
        .unwrap();
    let upload = |content: &str| {
        let mut body = String::new();
        for (name, value) in &form.fields {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += &format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n{content}\r\n--b--\r\n"
        );
        ureq::post(&form.url)
            .header("content-type", "multipart/form-data; boundary=b")
            .send(&body)
    };
    upload("hello").unwrap();
    let error = upload("much too long").unwrap_err();
    assert!(
        matches!(error, ureq::Error::StatusCode(400..500)),
        "{error}"
    );
    let place = json!({"Bucket": "forms", "Key": "up/f.txt"});
    let object = s3.call("s3", "GetObject", place).unwrap();
    assert_eq!(object["Body"], "aGVsbG8="); // hello
}

/// Changes a byte of each body that has a trailer.
struct BadNetwork(UreqTransport);

impl Transport for BadNetwork {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (head, body) = request.into_parts();
        let mut bytes = Vec::new();
        body.open().unwrap().read_to_end(&mut bytes).unwrap();
        if head.headers.contains_key("x-amz-trailer") {
            let at = bytes.windows(5).position(|five| five == b"hello").unwrap();
            bytes[at] = b'j';
        }
        self.0
            .send(http::Request::from_parts(head, bytes.into()), limits)
    }
}

#[test]
fn a_reader_has_a_trailing_checksum_that_is_verified() {
    let server = S3Server::start().unwrap();
    let s3 = connect(&server, SECRET_ACCESS_KEY);
    s3.call("s3", "CreateBucket", json!({"Bucket": "readers"}))
        .unwrap();
    let place = json!({"Bucket": "readers", "Key": "k"});
    let put = |client: &Client, algorithm: &str| {
        let mut params = place.clone();
        params["ChecksumAlgorithm"] = algorithm.into();
        let body = Body::from_reader_with_len(&b"hello"[..], 5);
        client
            .request("s3", "PutObject")
            .params(params)
            .body(body)
            .send()
    };
    let transport = UreqTransport::new(s3.config().network()).unwrap();
    let bad = over(s3.config().clone(), BadNetwork(transport));
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        put(&s3, algorithm).unwrap_or_else(|e| panic!("{algorithm}: {e}"));
        let error = put(&bad, algorithm).map(|_| ()).unwrap_err();
        assert!(error.service_error().is_some(), "{algorithm}: {error}");
    }
    let mut params = place.clone();
    params["ChecksumCRC32"] = "AAAAAA==".into();
    let wrong = s3
        .request("s3", "PutObject")
        .params(params)
        .body("hello")
        .send();
    assert!(wrong.unwrap_err().service_error().is_some());
    let mut read = s3
        .request("s3", "GetObject")
        .params(place)
        .send()
        .unwrap()
        .body
        .unwrap();
    assert_eq!(read.read_to_vec().unwrap(), b"hello");
}
