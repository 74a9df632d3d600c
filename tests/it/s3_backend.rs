//! The S3 server of the tests behaves like S3.

use std::sync::mpsc;

use serde_json::{Value, json};
use tucuxi::{Body, Client, Error};

use crate::support::s3::{Refusal, S3Backend};

const BUCKET: &str = "bucket";

/// The parameters of an operation on an object.
fn at(key: &str, more: Value) -> Value {
    let mut params = json!({"Bucket": BUCKET, "Key": key});
    params.as_object_mut().unwrap().extend(
        more.as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    params
}

fn call(s3: &Client, operation: &str, params: Value) -> Value {
    s3.call("s3", operation, params.clone())
        .unwrap_or_else(|e| panic!("{operation} {params}: {e}"))
}

fn send(s3: &Client, operation: &str, params: Value, body: Body) -> Result<Value, Error> {
    let request = s3.request("s3", operation).params(params);
    request.body(body).send()?.to_value()
}

fn code(outcome: Result<Value, Error>) -> String {
    let error = outcome.map_err(|e| e.code().unwrap_or(&e.to_string()).to_owned());
    error.expect_err("an error")
}

fn read(s3: &Client, params: Value) -> Result<Vec<u8>, Error> {
    let output = s3.request("s3", "GetObject").params(params).send()?;
    Ok(output.body.unwrap().read_to_vec().unwrap())
}

/// Without retries, for tests that count requests.
fn impatient(backend: &S3Backend) -> Client {
    let config = backend.config().max_attempts(1).build().unwrap();
    Client::with_config(config).unwrap()
}

fn backend() -> (S3Backend, Client) {
    let backend = S3Backend::start(BUCKET);
    let client = impatient(&backend);
    (backend, client)
}

#[test]
fn objects_of_any_key_are_stored() {
    let (backend, s3) = backend();
    let long = "k".repeat(1024);
    let mut keys = vec![
        "plain",
        "..",
        "a/../b",
        "a//b",
        "/leading",
        "//",
        "a b",
        "a+b",
        "100%",
        "%2F",
        "ünï/🐬",
        "a?b#c&d=e",
        "'\"<>!*();:@,$~",
        "dir/",
        "tab\tline\n",
        &*long,
    ];
    for key in &keys {
        send(&s3, "PutObject", at(key, json!({})), key.to_string().into()).unwrap();
        assert_eq!(
            read(&s3, at(key, json!({}))).unwrap(),
            key.as_bytes(),
            "{key:?}"
        );
        assert_eq!(
            backend.bytes(BUCKET, key).unwrap(),
            key.as_bytes(),
            "{key:?}"
        );
    }
    keys.sort_by_key(|key| key.as_bytes());
    assert_eq!(backend.keys(BUCKET), keys);
    // the client requests url-encoded keys and decodes them
    for operation in ["ListObjects", "ListObjectsV2"] {
        let listed = call(&s3, operation, json!({"Bucket": BUCKET}));
        let listed: Vec<_> = listed["Contents"].as_array().unwrap().iter().collect();
        let listed: Vec<_> = listed
            .iter()
            .map(|it| it["Key"].as_str().unwrap())
            .collect();
        assert_eq!(listed, keys, "{operation}");
    }
    let too_long = at(&"k".repeat(1025), json!({}));
    let refused = send(&s3, "PutObject", too_long, "x".into());
    assert_eq!(code(refused), "KeyTooLongError");
    let objects: Vec<_> = keys.iter().map(|key| json!({"Key": key})).collect();
    let params = json!({"Bucket": BUCKET, "Delete": {"Objects": objects}});
    let deleted = call(&s3, "DeleteObjects", params);
    assert_eq!(deleted["Deleted"].as_array().unwrap().len(), keys.len());
    assert!(backend.keys(BUCKET).is_empty());
}

#[test]
fn buckets_are_created_and_deleted() {
    let (_backend, s3) = backend();
    let second = json!({"Bucket": "second"});
    let missing = s3.call("s3", "ListObjectsV2", second.clone());
    assert_eq!(code(missing), "NoSuchBucket");
    call(&s3, "CreateBucket", second.clone());
    let head = call(&s3, "HeadBucket", second.clone());
    assert_eq!(head["BucketRegion"], "us-east-1");
    let again = s3.call("s3", "CreateBucket", second.clone());
    assert_eq!(code(again), "BucketAlreadyOwnedByYou");
    let listed = call(&s3, "ListBuckets", json!({}));
    assert_eq!(listed["Buckets"][1]["Name"], "second");
    call(&s3, "GetBucketLocation", second.clone());
    send(
        &s3,
        "PutObject",
        json!({"Bucket": "second", "Key": "k"}),
        "x".into(),
    )
    .unwrap();
    assert_eq!(
        code(s3.call("s3", "DeleteBucket", second.clone())),
        "BucketNotEmpty"
    );
    call(&s3, "DeleteObject", json!({"Bucket": "second", "Key": "k"}));
    call(&s3, "DeleteBucket", second.clone());
    assert_eq!(code(s3.call("s3", "HeadBucket", second)), "404");
}

#[test]
fn unsigned_and_wrongly_signed_requests_are_refused() {
    let (backend, _) = backend();
    let wrong = tucuxi::Credentials::new(crate::support::s3::ACCESS_KEY_ID, "wrong");
    let config = backend.config().credentials(wrong).build().unwrap();
    let s3 = Client::with_config(config).unwrap();
    let refused = s3.call("s3", "ListBuckets", json!({}));
    assert_eq!(code(refused), "SignatureDoesNotMatch");
    let plain = ureq::get(backend.url()).call().unwrap_err();
    assert!(matches!(plain, ureq::Error::StatusCode(403)), "{plain}");
}

#[test]
fn headers_and_metadata_of_an_object_are_returned() {
    let (_backend, s3) = backend();
    let said = json!({
        "CacheControl": "no-cache", "ContentDisposition": "inline", "ContentEncoding": "gzip",
        "ContentLanguage": "fi", "ContentType": "text/x", "Metadata": {"a": "1", "b": "2"},
        "Tagging": "one=1&two=%26",
    });
    let body = Body::from_reader_with_len(&b"hello"[..], 5);
    send(&s3, "PutObject", at("k", said.clone()), body).unwrap();
    for operation in ["HeadObject", "GetObject"] {
        let given = call(&s3, operation, at("k", json!({})));
        for name in [
            "CacheControl",
            "ContentDisposition",
            "ContentEncoding",
            "ContentType",
            "ContentLanguage",
        ] {
            assert_eq!(given[name], said[name], "{operation} {name}");
        }
        assert_eq!(given["Metadata"]["a"], "1");
        assert_eq!(given["ContentLength"], 5);
        assert_eq!(given["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    }
    let tags = call(&s3, "GetObjectTagging", at("k", json!({})));
    let expected = json!([{"Key": "one", "Value": "1"}, {"Key": "two", "Value": "&"}]);
    assert_eq!(tags["TagSet"], expected);
    let other = json!({"Tagging": {"TagSet": [{"Key": "x", "Value": "y"}]}});
    call(&s3, "PutObjectTagging", at("k", other.clone()));
    let tags = call(&s3, "GetObjectTagging", at("k", json!({})));
    assert_eq!(tags["TagSet"], other["Tagging"]["TagSet"]);
    call(&s3, "DeleteObjectTagging", at("k", json!({})));
    let tags = call(&s3, "GetObjectTagging", at("k", json!({})));
    assert_eq!(tags["TagSet"], json!([]));
}

#[test]
fn ranges_are_those_of_http() {
    let (backend, s3) = backend();
    backend.put(BUCKET, "ten", "0123456789");
    backend.put(BUCKET, "empty", "");
    let cases = [
        ("ten", "bytes=0-0", Ok(("0", "bytes 0-0/10"))),
        ("ten", "bytes=2-4", Ok(("234", "bytes 2-4/10"))),
        ("ten", "bytes=8-", Ok(("89", "bytes 8-9/10"))),
        ("ten", "bytes=8-99", Ok(("89", "bytes 8-9/10"))),
        ("ten", "bytes=-3", Ok(("789", "bytes 7-9/10"))),
        ("ten", "bytes=-99", Ok(("0123456789", "bytes 0-9/10"))),
        ("ten", "bytes=10-", Err("InvalidRange")),
        ("ten", "bytes=-0", Err("InvalidRange")),
        ("empty", "bytes=0-", Err("InvalidRange")),
        ("empty", "bytes=-5", Err("InvalidRange")),
    ];
    for (key, range, expected) in cases {
        let params = at(key, json!({"Range": range}));
        match expected {
            Ok((bytes, content_range)) => {
                assert_eq!(
                    read(&s3, params.clone()).unwrap(),
                    bytes.as_bytes(),
                    "{range}"
                );
                let head = call(&s3, "HeadObject", params.clone());
                assert_eq!(head["ContentLength"], bytes.len(), "{range}");
                let got = call(&s3, "GetObject", params);
                assert_eq!(got["ContentRange"], content_range, "{range}");
            }
            Err(expected) => {
                let error = s3.call("s3", "GetObject", params).unwrap_err();
                assert_eq!(error.code(), Some(expected), "{range}");
                assert_eq!(error.service_error().unwrap().status, 416, "{range}");
            }
        }
    }
}

#[test]
fn conditions_are_enforced() {
    let (backend, s3) = backend();
    backend.put(BUCKET, "k", "hello");
    backend.put(BUCKET, "from", "hello");
    let etag = format!("\"{}\"", backend.etag(BUCKET, "k").unwrap());
    let (same, other, any) = (&*etag, "\"0123\"", "*");
    let (past, future) = (
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 2065 07:28:00 GMT",
    );
    let copy =
        |name: &str, value: &str| json!({"CopySource": format!("{BUCKET}/from"), name: value});
    let cases = [
        ("GetObject", json!({"IfMatch": same}), 200),
        ("GetObject", json!({"IfMatch": other}), 412),
        ("GetObject", json!({"IfNoneMatch": same}), 304),
        ("GetObject", json!({"IfNoneMatch": other}), 200),
        ("GetObject", json!({"IfModifiedSince": past}), 200),
        ("GetObject", json!({"IfModifiedSince": future}), 304),
        ("GetObject", json!({"IfUnmodifiedSince": past}), 412),
        ("HeadObject", json!({"IfMatch": other}), 412),
        ("HeadObject", json!({"IfNoneMatch": same}), 304),
        ("PutObject", json!({"IfNoneMatch": any}), 412),
        ("PutObject", json!({"IfMatch": other}), 412),
        (
            "PutObject",
            json!({"IfMatch": same, "Body": "aGVsbG8="}),
            200,
        ),
        ("CopyObject", copy("CopySourceIfMatch", same), 200),
        ("CopyObject", copy("CopySourceIfMatch", other), 412),
        ("CopyObject", copy("CopySourceIfNoneMatch", same), 412),
    ];
    for (operation, more, expected) in cases {
        let outcome = s3.call("s3", operation, at("k", more.clone()));
        let status = outcome.map_or_else(|e| e.service_error().unwrap().status, |_| 200);
        assert_eq!(status, expected, "{operation} {more}");
    }
}

const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

#[test]
fn checksums_are_verified_stored_and_returned() {
    let (_backend, s3) = backend();
    for algorithm in ALGORITHMS {
        let member = format!("Checksum{algorithm}");
        let asked = at(algorithm, json!({"ChecksumAlgorithm": algorithm}));
        // one in a header, one in a trailer
        let in_header = send(&s3, "PutObject", asked.clone(), "hello".into()).unwrap();
        let body = Body::from_reader_with_len(&b"hello"[..], 5);
        let in_trailer = send(&s3, "PutObject", asked, body).unwrap();
        assert!(in_header[&member].is_string(), "{algorithm}: {in_header}");
        assert_eq!(in_header[&member], in_trailer[&member]);
        assert_eq!(in_header["ChecksumType"], "FULL_OBJECT");
        let head = call(
            &s3,
            "HeadObject",
            at(algorithm, json!({"ChecksumMode": "ENABLED"})),
        );
        assert_eq!(head[&member], in_header[&member], "{algorithm}");
        let listed = call(
            &s3,
            "ListObjectsV2",
            json!({"Bucket": BUCKET, "Prefix": algorithm}),
        );
        assert_eq!(
            listed["Contents"][0]["ChecksumAlgorithm"],
            json!([algorithm])
        );
        let mut wrong = json!({});
        wrong[&member] = in_header[&member].clone();
        let refused = send(&s3, "PutObject", at(algorithm, wrong), "hullo".into());
        assert_eq!(code(refused), "BadDigest", "{algorithm}");
    }
    let two = json!({"ChecksumCRC32": "NhCmhg==", "ChecksumSHA1": "qvTGHdzF6KLavt4PO0gs2a6pQ00="});
    let refused = send(&s3, "PutObject", at("k", two), "hello".into());
    assert_eq!(code(refused), "InvalidRequest");
    let md5 = json!({"ContentMD5": "XUFAKrxLKna5cZ2REBfFkg=="});
    send(&s3, "PutObject", at("k", md5.clone()), "hello".into()).unwrap();
    assert_eq!(
        code(send(&s3, "PutObject", at("k", md5), "hullo".into())),
        "BadDigest"
    );
}

#[test]
fn copies_keep_or_replace_metadata() {
    let (backend, s3) = backend();
    let source = "a b+%/ü";
    let said = json!({"ContentType": "text/x", "Metadata": {"a": "1"}, "Tagging": "t=1"});
    send(&s3, "PutObject", at(source, said), "hello".into()).unwrap();
    let from = json!({"Bucket": BUCKET, "Key": source});
    let cases = [
        (json!({}), "text/x", json!({"a": "1"}), "1"),
        (
            json!({"MetadataDirective": "REPLACE", "ContentType": "text/y", "Metadata": {"b": "2"}}),
            "text/y",
            json!({"b": "2"}),
            "1",
        ),
        (
            json!({"TaggingDirective": "REPLACE", "Tagging": "t=2"}),
            "text/x",
            json!({"a": "1"}),
            "2",
        ),
    ];
    for (mut more, content_type, metadata, tag) in cases {
        more["CopySource"] = from.clone();
        let copied = call(&s3, "CopyObject", at("copy", more.clone()));
        assert_eq!(
            copied["CopyObjectResult"]["ETag"],
            "\"5d41402abc4b2a76b9719d911017c592\""
        );
        assert_eq!(backend.bytes(BUCKET, "copy").unwrap(), b"hello");
        let head = call(&s3, "HeadObject", at("copy", json!({})));
        assert_eq!(
            (&head["ContentType"], &head["Metadata"]),
            (&json!(content_type), &metadata),
            "{more}"
        );
        let tags = call(&s3, "GetObjectTagging", at("copy", json!({})));
        assert_eq!(tags["TagSet"][0]["Value"], tag, "{more}");
    }
    let onto_itself = at(source, json!({"CopySource": from}));
    assert_eq!(
        code(s3.call("s3", "CopyObject", onto_itself)),
        "InvalidRequest"
    );
    let nowhere = at("copy", json!({"CopySource": format!("{BUCKET}/none")}));
    assert_eq!(code(s3.call("s3", "CopyObject", nowhere)), "NoSuchKey");
}

/// The keys and common prefixes of all pages.
fn listed(s3: &Client, operation: &str, mut params: Value) -> (Vec<String>, usize) {
    params["Bucket"] = BUCKET.into();
    let (mut found, mut pages) = (Vec::new(), 0);
    for page in s3.pages("s3", operation, params).unwrap() {
        let page = page.unwrap();
        let before = found.len();
        pages += 1;
        for (list, name) in [("Contents", "Key"), ("CommonPrefixes", "Prefix")] {
            for entry in page[list].as_array().into_iter().flatten() {
                found.push(entry[name].as_str().unwrap().to_owned());
            }
        }
        found[before..].sort();
    }
    (found, pages)
}

#[test]
fn lists_have_pages_prefixes_delimiters_and_a_start() {
    let (backend, s3) = backend();
    let keys = [
        "a/1",
        "a/2",
        "a/b/3",
        "b",
        "c/1",
        "c/2",
        "d",
        "\u{10000}",
        "\u{ffff}",
    ];
    for key in keys {
        backend.put(BUCKET, key, key);
    }
    // UTF-8 sorts differently from UTF-16
    let all = [
        "a/1",
        "a/2",
        "a/b/3",
        "b",
        "c/1",
        "c/2",
        "d",
        "\u{ffff}",
        "\u{10000}",
    ];
    let top = ["a/", "b", "c/", "d", "\u{ffff}", "\u{10000}"];
    let cases: [(Value, &[&str]); 7] = [
        (json!({}), &all),
        (json!({"Delimiter": "/"}), &top),
        (json!({"Prefix": "a/"}), &all[..3]),
        (
            json!({"Prefix": "a/", "Delimiter": "/"}),
            &["a/1", "a/2", "a/b/"],
        ),
        (json!({"Prefix": "none"}), &[]),
        (json!({"After": "b"}), &all[4..]),
        (json!({"After": "a/1", "Delimiter": "/"}), &top),
    ];
    for (params, expected) in cases {
        for (operation, start) in [("ListObjects", "Marker"), ("ListObjectsV2", "StartAfter")] {
            for most in [1, 2, 1000] {
                let mut params = params.clone();
                params["MaxKeys"] = most.into();
                if let Some(after) = params.as_object_mut().unwrap().remove("After") {
                    params[start] = after;
                }
                let (found, pages) = listed(&s3, operation, params.clone());
                assert_eq!(found, expected, "{operation} {params}");
                assert_eq!(
                    pages,
                    expected.len().div_ceil(most).max(1),
                    "{operation} {params}"
                );
            }
        }
    }
    let page = call(
        &s3,
        "ListObjectsV2",
        json!({"Bucket": BUCKET, "MaxKeys": 2}),
    );
    assert_eq!(
        (&page["KeyCount"], &page["IsTruncated"]),
        (&json!(2), &json!(true))
    );
}

/// Starts an upload and sends these parts. Returns the parameters of CompleteMultipartUpload.
fn upload(s3: &Client, key: &str, more: Value, parts: &[(i32, &'static str)]) -> Value {
    let algorithm = more["ChecksumAlgorithm"].clone();
    let begun = call(s3, "CreateMultipartUpload", at(key, more));
    let id = &begun["UploadId"];
    let mut sent = Vec::new();
    for (number, bytes) in parts {
        let mut params = at(key, json!({"UploadId": id, "PartNumber": number}));
        if algorithm.is_string() {
            params["ChecksumAlgorithm"] = algorithm.clone();
        }
        let mut part = send(s3, "UploadPart", params, Body::from(*bytes)).unwrap();
        part["PartNumber"] = (*number).into();
        part.as_object_mut().unwrap().retain(|name, _| {
            matches!(&**name, "ETag" | "PartNumber") || name.starts_with("Checksum")
        });
        sent.push(part);
    }
    at(
        key,
        json!({"UploadId": id, "MultipartUpload": {"Parts": sent}}),
    )
}

#[test]
fn parts_become_an_object() {
    let (backend, s3) = backend();
    backend.allow_small_parts();
    let said = json!({"ContentType": "text/x", "Metadata": {"a": "1"}, "Tagging": "t=1"});
    let complete = upload(&s3, "k", said, &[(7, "world"), (3, "hello ")]);
    let open = backend.uploads(BUCKET);
    assert_eq!(open[0].parts, [(3, 6), (7, 5)]);
    let mut wrong = complete.clone();
    assert_eq!(
        code(s3.call("s3", "CompleteMultipartUpload", wrong.clone())),
        "InvalidPartOrder"
    );
    let mut complete = complete;
    let parts = complete["MultipartUpload"]["Parts"].as_array_mut().unwrap();
    parts.reverse();
    wrong = complete.clone();
    wrong["MultipartUpload"]["Parts"][0]["ETag"] = "\"0123\"".into();
    assert_eq!(
        code(s3.call("s3", "CompleteMultipartUpload", wrong)),
        "InvalidPart"
    );
    let done = call(&s3, "CompleteMultipartUpload", complete.clone());
    // md5(md5("hello ") + md5("world"))
    assert_eq!(done["ETag"], "\"e09e4fd6265b36115fe3db32df945d84-2\"");
    assert_eq!(backend.bytes(BUCKET, "k").unwrap(), b"hello world");
    assert!(backend.uploads(BUCKET).is_empty());
    assert_eq!(
        code(s3.call("s3", "CompleteMultipartUpload", complete)),
        "NoSuchUpload"
    );
    let head = call(&s3, "HeadObject", at("k", json!({"PartNumber": 2})));
    assert_eq!(head["PartsCount"], 2);
    assert_eq!(
        (&head["ContentLength"], &head["ContentType"]),
        (&json!(5), &json!("text/x"))
    );
    assert_eq!(head["Metadata"]["a"], "1");
    let got = call(&s3, "GetObject", at("k", json!({"PartNumber": 2})));
    assert_eq!(got["ContentRange"], "bytes 6-10/11");
    let third = s3.call("s3", "GetObject", at("k", json!({"PartNumber": 3})));
    assert_eq!(third.unwrap_err().service_error().unwrap().status, 416);
    let wanted = json!({"ObjectAttributes": ["ETag", "Checksum", "ObjectParts", "ObjectSize"]});
    let attributes = call(&s3, "GetObjectAttributes", at("k", wanted));
    assert_eq!(attributes["ObjectSize"], 11);
    assert_eq!(attributes["ObjectParts"]["TotalPartsCount"], 2);
    assert_eq!(attributes["ObjectParts"]["Parts"][1]["Size"], 5);
}

#[test]
fn small_parts_are_refused_unless_they_are_allowed() {
    let (backend, s3) = backend();
    let complete = upload(&s3, "k", json!({}), &[(1, "a"), (2, "b")]);
    let refused = s3.call("s3", "CompleteMultipartUpload", complete.clone());
    assert_eq!(code(refused), "EntityTooSmall");
    backend.allow_small_parts();
    call(&s3, "CompleteMultipartUpload", complete);
    let number = at("k", json!({"UploadId": "u", "PartNumber": 10_001}));
    assert_eq!(
        code(send(&s3, "UploadPart", number, "x".into())),
        "NoSuchUpload"
    );
}

#[test]
fn parts_have_composite_or_full_object_checksums() {
    let (backend, s3) = backend();
    backend.allow_small_parts();
    let cases = [
        ("CRC32", None, "COMPOSITE"),
        ("CRC32C", Some("FULL_OBJECT"), "FULL_OBJECT"),
        ("CRC64NVME", None, "FULL_OBJECT"),
        ("SHA1", Some("COMPOSITE"), "COMPOSITE"),
        ("SHA256", None, "COMPOSITE"),
    ];
    for (algorithm, asked, kind) in cases {
        let member = &*format!("Checksum{algorithm}");
        let mut more = json!({"ChecksumAlgorithm": algorithm});
        if let Some(asked) = asked {
            more["ChecksumType"] = asked.into();
        }
        let mut complete = upload(&s3, algorithm, more, &[(1, "hello "), (2, "world")]);
        let id = complete["UploadId"].clone();
        let parts = call(&s3, "ListParts", at(algorithm, json!({"UploadId": id})));
        assert_eq!(
            (&parts["ChecksumAlgorithm"], &parts["ChecksumType"]),
            (&json!(algorithm), &json!(kind))
        );
        assert_eq!(
            parts["Parts"][0][member],
            complete["MultipartUpload"]["Parts"][0][member]
        );
        if kind == "COMPOSITE" {
            let mut without = complete.clone();
            let part = without["MultipartUpload"]["Parts"][1]
                .as_object_mut()
                .unwrap();
            part.shift_remove(member);
            let refused = s3.call("s3", "CompleteMultipartUpload", without);
            assert_eq!(code(refused), "InvalidRequest", "{algorithm}");
        }
        let mut wrong = complete.clone();
        wrong[member] = complete["MultipartUpload"]["Parts"][0][member].clone();
        let refused = s3.call("s3", "CompleteMultipartUpload", wrong);
        assert_eq!(code(refused), "BadDigest", "{algorithm}");
        let whole = send(
            &s3,
            "PutObject",
            at("whole", json!({"ChecksumAlgorithm": algorithm})),
            "hello world".into(),
        );
        let whole = whole.unwrap()[member].clone();
        if kind == "FULL_OBJECT" {
            complete[member] = whole.clone();
        }
        complete["MpuObjectSize"] = 11.into();
        let done = call(&s3, "CompleteMultipartUpload", complete);
        assert_eq!(done["ChecksumType"], kind, "{algorithm}");
        let sum = done[member].as_str().unwrap();
        assert_eq!(
            sum.ends_with("-2"),
            kind == "COMPOSITE",
            "{algorithm} {sum}"
        );
        assert_eq!(whole == sum, kind == "FULL_OBJECT", "{algorithm} {sum}");
        let mode = json!({"ChecksumMode": "ENABLED"});
        assert_eq!(call(&s3, "HeadObject", at(algorithm, mode))[member], sum);
        assert_eq!(read(&s3, at(algorithm, json!({}))).unwrap(), b"hello world");
    }
    for (algorithm, kind) in [("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")] {
        let more = json!({"ChecksumAlgorithm": algorithm, "ChecksumType": kind});
        let refused = s3.call("s3", "CreateMultipartUpload", at("k", more));
        assert_eq!(code(refused), "InvalidRequest", "{algorithm} {kind}");
    }
    let more = json!({"ChecksumAlgorithm": "SHA256"});
    let begun = call(&s3, "CreateMultipartUpload", at("k", more));
    let other =
        json!({"UploadId": begun["UploadId"], "PartNumber": 1, "ChecksumAlgorithm": "CRC32"});
    assert_eq!(
        code(send(&s3, "UploadPart", at("k", other), "x".into())),
        "InvalidRequest"
    );
}

#[test]
fn parts_and_uploads_are_listed_in_pages_and_aborted() {
    let (backend, s3) = backend();
    let complete = upload(&s3, "a/1", json!({}), &[(1, "a"), (2, "bb"), (9, "ccc")]);
    let id = complete["UploadId"].clone();
    let second = upload(&s3, "b", json!({}), &[]);
    let third = upload(&s3, "a/1", json!({}), &[]);
    let mut parts = Vec::new();
    let params = at("a/1", json!({"UploadId": id, "MaxParts": 2}));
    for page in s3.pages("s3", "ListParts", params).unwrap() {
        let page = page.unwrap()["Parts"].clone();
        parts.extend(page.as_array().unwrap().iter().map(|part| {
            assert_eq!(part["ETag"].as_str().unwrap().len(), 34);
            (
                part["PartNumber"].as_i64().unwrap(),
                part["Size"].as_i64().unwrap(),
            )
        }));
    }
    assert_eq!(parts, [(1, 1), (2, 2), (9, 3)]);
    for (prefix, expected) in [
        ("", vec![&id, &third["UploadId"], &second["UploadId"]]),
        ("b", vec![&second["UploadId"]]),
    ] {
        let params = json!({"Bucket": BUCKET, "Prefix": prefix, "MaxUploads": 1});
        let mut found = Vec::new();
        for page in s3.pages("s3", "ListMultipartUploads", params).unwrap() {
            found.push(page.unwrap()["Uploads"][0]["UploadId"].clone());
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{prefix}");
    }
    call(
        &s3,
        "AbortMultipartUpload",
        at("a/1", json!({"UploadId": id})),
    );
    assert_eq!(backend.uploads(BUCKET).len(), 2);
    let again = s3.call(
        "s3",
        "AbortMultipartUpload",
        at("a/1", json!({"UploadId": id})),
    );
    assert_eq!(code(again), "NoSuchUpload");
}

#[test]
fn parts_are_copied_from_ranges() {
    let (backend, s3) = backend();
    backend.allow_small_parts();
    backend.put(BUCKET, "from", "0123456789");
    let etag = backend.etag(BUCKET, "from").unwrap();
    let begun = call(&s3, "CreateMultipartUpload", at("to", json!({})));
    let id = &begun["UploadId"];
    let mut parts = Vec::new();
    for (number, range) in [(1, "bytes=0-3"), (2, "bytes=4-9")] {
        let more = json!({"UploadId": id, "PartNumber": number, "CopySourceRange": range,
            "CopySource": format!("{BUCKET}/from"), "CopySourceIfMatch": etag});
        let copied = call(&s3, "UploadPartCopy", at("to", more));
        parts.push(json!({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}));
    }
    for (name, value, expected) in [
        ("CopySourceRange", "bytes=4-10", "InvalidArgument"),
        ("CopySourceIfMatch", "\"0123\"", "PreconditionFailed"),
    ] {
        let more = json!({"UploadId": id, "PartNumber": 3, "CopySource": format!("{BUCKET}/from"), name: value});
        let refused = s3.call("s3", "UploadPartCopy", at("to", more));
        assert_eq!(code(refused), expected, "{name}");
    }
    let complete = json!({"UploadId": id, "MultipartUpload": {"Parts": parts}});
    call(&s3, "CompleteMultipartUpload", at("to", complete));
    assert_eq!(backend.bytes(BUCKET, "to").unwrap(), b"0123456789");
}

#[test]
fn a_test_can_watch_and_refuse_requests() {
    let (backend, s3) = backend();
    let (tell, told) = mpsc::channel();
    backend.watch(move |asked| tell.send((asked.operation.clone(), asked.status)).unwrap());
    backend.refuse(|asked| match &*asked.operation {
        "UploadPart" if asked.nth % 2 == 0 => Some(Refusal::slow_down()),
        "AbortMultipartUpload" => Some(Refusal::new("AccessDenied")),
        "CopyObject" => Some(Refusal::in_body("InternalError")),
        "DeleteObjects" => {
            (asked.key.as_deref() == Some("kept")).then(|| Refusal::new("AccessDenied"))
        }
        _ => None,
    });
    let begun = call(&s3, "CreateMultipartUpload", at("k", json!({})));
    let id = &begun["UploadId"];
    let part = |number: i32| {
        let params = at("k", json!({"UploadId": id, "PartNumber": number}));
        send(&s3, "UploadPart", params, Body::from("hello"))
    };
    part(1).unwrap();
    assert_eq!(code(part(2)), "SlowDown");
    part(3).unwrap();
    let abort = s3.call(
        "s3",
        "AbortMultipartUpload",
        at("k", json!({"UploadId": id})),
    );
    assert_eq!(code(abort), "AccessDenied");
    let copy = s3.call(
        "s3",
        "CopyObject",
        at("x", json!({"CopySource": format!("{BUCKET}/y")})),
    );
    assert_eq!(code(copy), "InternalError");
    let delete =
        json!({"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "kept"}, {"Key": "gone"}]}});
    let deleted = call(&s3, "DeleteObjects", delete);
    assert_eq!(
        (&deleted["Errors"][0]["Key"], &deleted["Deleted"][0]["Key"]),
        (&json!("kept"), &json!("gone"))
    );

    let sent: Vec<_> = backend
        .asked_for("UploadPart")
        .into_iter()
        .map(|asked| {
            assert_eq!((asked.key.as_deref(), asked.bytes), (Some("k"), 5));
            (asked.part_number.unwrap(), asked.status.unwrap())
        })
        .collect();
    assert_eq!(sent, [(1, 200), (2, 503), (3, 200)]);
    let told: Vec<_> = told.try_iter().collect();
    assert_eq!(told[0], ("CreateMultipartUpload".to_owned(), Some(200)));
    assert_eq!(told.len(), backend.asked().len());
    backend.forget();
    backend.relent();
    part(2).unwrap();
    backend.put(BUCKET, "ten", "0123456789");
    read(&s3, at("ten", json!({"Range": "bytes=1-3"}))).unwrap();
    let asked = backend.asked_for("GetObject").remove(0);
    assert_eq!(
        (asked.range.as_deref(), asked.answered_bytes),
        (Some("bytes=1-3"), Some(3))
    );
    assert_eq!(backend.asked().len(), 2);
}

#[test]
fn a_large_body_is_held_once() {
    let (backend, s3) = backend();
    // not a multiple of the buffer size
    let bytes: Vec<u8> = (0..5_000_001_u32).map(|n| (n % 251) as u8).collect();
    send(&s3, "PutObject", at("k", json!({})), bytes.clone().into()).unwrap();
    let pieces = backend.pieces(BUCKET, "k").unwrap();
    assert_eq!(pieces.len(), 5);
    assert_eq!(pieces.concat(), bytes);
    let range = at("k", json!({"Range": "bytes=1048570-2097160"}));
    assert_eq!(read(&s3, range).unwrap(), &bytes[1_048_570..=2_097_160]);
}

#[test]
fn a_server_ends_with_its_handle() {
    let (backend, s3) = backend();
    call(&s3, "ListBuckets", json!({}));
    drop(backend);
    let error = s3.call("s3", "ListBuckets", json!({})).unwrap_err();
    assert!(error.service_error().is_none(), "{error}");
}
