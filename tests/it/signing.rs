//! Signing: credentials, versions, clocks, and checksums of bodies.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tucuxi::config::{AddressingStyle, RequestChecksums, SignatureVersion};
use tucuxi::transport::{
    Limits, Replay, Request, Response, SentRequest, Transport, TransportError,
};
use tucuxi::{BearerToken, Body, Client, ConfigBuilder, Credentials, Error, ResponseBody};

use crate::support::client::{IntoClient, isolated};

/// 2024-01-15T12:00:00Z.
const NOW: u64 = 1_705_320_000;

fn base() -> ConfigBuilder {
    isolated()
        .region("us-east-1")
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

fn signed() -> ConfigBuilder {
    base().credentials(Credentials::new("AKIDEXAMPLE", "secret-key"))
}

fn header<'s>(sent: &'s SentRequest, name: &str) -> &'s str {
    sent.headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

fn session(id: &str, minutes: u64) -> String {
    let end = jiff::Timestamp::from_second((NOW + minutes * 60) as i64).unwrap();
    format!(
        "<CreateSessionResult><Credentials><SessionToken>token-of-{id}</SessionToken><SecretAccessKey>s</SecretAccessKey>\
         <AccessKeyId>{id}</AccessKeyId><Expiration>{end}</Expiration></Credentials></CreateSessionResult>"
    )
}

fn get(client: &Client, bucket: &str) -> Result<Value, Error> {
    client.call("s3", "GetObject", json!({"Bucket": bucket, "Key": "k"}))
}

#[test]
fn an_express_bucket_has_a_session_which_is_kept_and_renewed() {
    let replay = Replay::new()
        .respond(200, &[], session("ASIA1", 5))
        .respond(200, &[], "a")
        .respond(200, &[], "b")
        .respond(200, &[], session("ASIA2", 0))
        .respond(200, &[], "c")
        .respond(200, &[], session("ASIA3", 5))
        .respond(200, &[], "d");
    let (client, replay) = signed().replay(replay);
    get(&client, "mine--use1-az4--x-s3").unwrap();
    get(&client, "mine--use1-az4--x-s3").unwrap();
    // another bucket has its own session, and an expired session is not used again
    let other = "other--use1-az4--x-s3";
    let asked = |sent: &[SentRequest]| {
        sent.iter()
            .filter(|s| s.uri.query() == Some("session"))
            .count()
    };
    assert_eq!(asked(&replay.sent()), 1);
    get(&client, other).unwrap();
    assert_eq!(asked(&replay.sent()), 2);
    get(&client, other).unwrap();
    assert_eq!(asked(&replay.sent()), 3);
    let sent = replay.sent();
    assert_eq!(header(&sent[0], "x-amz-s3session-token"), "");
    assert!(
        header(&sent[0], "authorization")
            .contains("Credential=AKIDEXAMPLE/20240115/us-east-1/s3express")
    );
    for sent in &sent[1..3] {
        assert_eq!(header(sent, "x-amz-s3session-token"), "token-of-ASIA1");
        assert_eq!(header(sent, "x-amz-security-token"), "");
        assert!(header(sent, "authorization").contains("Credential=ASIA1/"));
    }
}

#[test]
fn a_wrong_clock_is_corrected_with_one_more_attempt() {
    let skewed = "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>";
    let date = [("date", "Mon, 15 Jan 2024 13:00:00 GMT")];
    let replay = Replay::new()
        .respond(403, &date, skewed)
        .respond(200, &[], "<ListAllMyBucketsResult/>")
        .respond(200, &[], "<ListAllMyBucketsResult/>");
    let (client, replay) = signed().max_attempts(1).replay(replay);
    client.call("s3", "ListBuckets", json!({})).unwrap();
    client.call("s3", "ListBuckets", json!({})).unwrap();
    let sent = replay.sent();
    let dates: Vec<&str> = sent.iter().map(|sent| header(sent, "x-amz-date")).collect();
    assert_eq!(
        dates,
        ["20240115T120000Z", "20240115T130000Z", "20240115T130000Z"]
    );
}

#[test]
fn a_rejection_at_the_right_time_is_not_a_clock_error() {
    let skewed = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    let far = [("date", "Mon, 15 Jan 2024 13:00:00 GMT")];
    let near = [("date", "Mon, 15 Jan 2024 12:01:00 GMT")];
    for (headers, attempts) in [(far, 2), (near, 1)] {
        let replay = Replay::new()
            .respond(403, &headers, skewed)
            .respond(403, &headers, skewed);
        let (client, replay) = signed().max_attempts(1).replay(replay);
        let error = client.call("s3", "ListBuckets", json!({})).unwrap_err();
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"));
        assert_eq!(replay.sent().len(), attempts);
    }
}

/// A service whose clock is an hour ahead. It waits for this number of requests before it rejects the first.
struct Ahead {
    together: Barrier,
    refused: AtomicUsize,
}

impl Transport for Ahead {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let time = request.headers()["x-amz-date"].to_str().unwrap();
        let mut response = http::Response::new(ResponseBody::from("<ListAllMyBucketsResult/>"));
        if time != "20240115T130000Z" {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.together.wait();
            let text = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
            response = http::Response::new(text.into());
            *response.status_mut() = http::StatusCode::FORBIDDEN;
        }
        let date = "Mon, 15 Jan 2024 13:00:00 GMT".parse().unwrap();
        response.headers_mut().insert("date", date);
        Ok(response)
    }
}

#[test]
fn every_skewed_request_is_signed_again() {
    const THREADS: usize = 8;
    let service = Arc::new(Ahead {
        together: Barrier::new(THREADS),
        refused: AtomicUsize::new(0),
    });
    let client = signed().max_attempts(1).over(service.clone());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                client.call("s3", "ListBuckets", json!({})).unwrap();
            });
        }
    });
    assert_eq!(service.refused.load(Ordering::Relaxed), THREADS);
    client.call("s3", "ListBuckets", json!({})).unwrap();
    assert_eq!(service.refused.load(Ordering::Relaxed), THREADS);
}

#[test]
fn clock_correction_is_limited_to_a_day_by_default() {
    let skewed = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    let day = Duration::from_secs(24 * 60 * 60);
    let cases = [
        ("Fri, 31 Dec 9999 23:59:59 GMT", day, false),
        ("Thu, 01 Jan 1970 00:00:00 GMT", day, false),
        ("Wed, 17 Jan 2024 12:00:00 GMT", day, false),
        ("Wed, 17 Jan 2024 12:00:00 GMT", 2 * day, true),
        ("Tue, 16 Jan 2024 12:00:00 GMT", day, true),
        ("Sun, 14 Jan 2024 12:00:00 GMT", day, true),
        ("Mon, 15 Jan 2024 13:00:00 GMT", Duration::ZERO, false),
        ("soon", day, false),
    ];
    for (date, limit, is_corrected) in cases {
        let replay = Replay::new()
            .respond(403, &[("date", date)], skewed)
            .respond(200, &[], "<ListAllMyBucketsResult/>");
        let config = signed().max_attempts(1).max_clock_skew(limit);
        let (client, replay) = config.replay(replay);
        let result = client.call("s3", "ListBuckets", json!({}));
        assert_eq!(result.is_ok(), is_corrected, "{date}: {result:?}");
        assert_eq!(replay.sent().len(), if is_corrected { 2 } else { 1 });
        let text = result.map_err(|e| e.to_string()).err().unwrap_or_default();
        let hints = text.contains("max_clock_skew");
        assert_eq!(hints, !is_corrected && date != "soon", "{date}: {text}");
        // the rejected correction does not affect later signatures
        let url =
            client
                .presigner()
                .presign("s3", "GetObject", json!({"Bucket": "b", "Key": "k"}), day);
        let year = if is_corrected {
            "X-Amz-Date=20240"
        } else {
            "X-Amz-Date=20240115T12"
        };
        assert!(url.unwrap().url.contains(year));
    }
}

#[test]
fn a_reader_is_buffered_if_its_hash_is_signed() {
    for (service, operation, params) in [
        ("lambda", "Invoke", json!({"FunctionName": "f"})),
        ("glacier", "UploadArchive", json!({"vaultName": "v"})),
        ("bedrock-runtime", "InvokeModel", json!({"modelId": "m"})),
    ] {
        for len in [5, 9 << 20] {
            let body = vec![b'1'; len];
            let replay = Replay::new()
                .respond(200, &[], "{}")
                .respond(200, &[], "{}");
            let (client, replay) = signed().replay(replay);
            for body in [
                Body::from_reader(std::io::Cursor::new(body.clone())),
                body.clone().into(),
            ] {
                let request = client.request(service, operation).params(params.clone());
                request.body(body).send().unwrap();
            }
            let sent = replay.sent();
            assert!(sent[0].body == body, "{operation}");
            let same = |name| {
                assert_eq!(
                    header(&sent[0], name),
                    header(&sent[1], name),
                    "{operation} {name}"
                )
            };
            same("x-amz-content-sha256");
            same("x-amz-sha256-tree-hash");
            same("authorization");
        }
    }
}

const IDENTITY: &str =
    "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>";

/// The responses to successful uploads.
fn stored(number: usize) -> Replay {
    (0..number).fold(Replay::new(), |replay, _| {
        replay.respond(200, &[("etag", "\"e\"")], "")
    })
}

fn put(client: &Client, body: impl Into<Body>) -> Result<tucuxi::Output, Error> {
    let params = json!({"Bucket": "bucket", "Key": "k"});
    client
        .request("s3", "PutObject")
        .params(params)
        .body(body)
        .send()
}

#[test]
fn readers_over_http_have_trailing_checksums() {
    let replay = stored(2);
    let (client, replay) = signed().endpoint_url("http://127.0.0.1:9").replay(replay);
    put(&client, "hello").unwrap();
    put(&client, Body::from_reader_with_len(&b"hello"[..], 5)).unwrap();
    let sent = replay.sent();
    assert_eq!(header(&sent[0], "x-amz-checksum-crc32"), "NhCmhg==");
    assert_eq!(&*sent[0].body, b"hello");
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(header(&sent[0], "x-amz-content-sha256"), hash);
    assert_eq!(
        &*sent[1].body,
        b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    );
    assert_eq!(
        header(&sent[1], "x-amz-content-sha256"),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    );
    assert_eq!(header(&sent[1], "x-amz-decoded-content-length"), "5");
    assert_eq!(header(&sent[1], "content-encoding"), "aws-chunked");
}

#[test]
fn a_rejected_trailer_names_the_setting_that_omits_it() {
    let refusal = "<Error><Code>NotImplemented</Code><Message>m</Message></Error>";
    let config = signed()
        .endpoint_url("https://s3.example.com")
        .max_attempts(1);
    let (refused, _) = config
        .clone()
        .replay(Replay::new().respond(501, &[], refusal));
    let error = put(&refused, "hello").unwrap_err().to_string();
    assert!(
        error.contains("set request_checksum_calculation to when_required"),
        "{error}"
    );

    let config = config.request_checksums(RequestChecksums::WhenRequired);
    let (plain, replay) = config.replay(stored(1));
    put(&plain, "hello").unwrap();
    assert_eq!(&*replay.sent()[0].body, b"hello");
    assert_eq!(header(&replay.sent()[0], "x-amz-trailer"), "");
}

#[test]
fn every_requested_algorithm_is_supported() {
    let names = [
        "CRC32",
        "CRC32C",
        "CRC64NVME",
        "SHA1",
        "SHA256",
        "SHA512",
        "MD5",
        "XXHASH64",
        "XXHASH3",
        "XXHASH128",
    ];
    for name in names {
        let (client, replay) = signed()
            .endpoint_url("http://127.0.0.1:9")
            .replay(stored(1));
        let params =
            json!({"Bucket": "bucket", "Key": "k", "Body": "aGVsbG8=", "ChecksumAlgorithm": name});
        client.call("s3", "PutObject", params).unwrap();
        let header = format!("x-amz-checksum-{}", name.to_lowercase());
        assert!(replay.sent()[0].headers.contains_key(&header), "{name}");
    }
    let (client, _) = signed().replay(Replay::new());
    let params = json!({"Bucket": "bucket", "Key": "k", "ChecksumAlgorithm": "CRC9"});
    let error = client
        .call("s3", "PutObject", params)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"CRC9\"") && error.contains("CRC64NVME"),
        "{error}"
    );
}

#[test]
fn a_corrupted_body_is_an_error_at_its_end() {
    let headers = [
        ("x-amz-checksum-crc32", "NhCmhg=="),
        ("content-length", "5"),
    ];
    let replay = Replay::new()
        .respond(200, &headers, "hello")
        .respond(200, &headers, "jello");
    let (client, _) = signed().replay(replay);
    let place = json!({"Bucket": "bucket", "Key": "k"});
    let read = || {
        client
            .request("s3", "GetObject")
            .params(place.clone())
            .send()
            .unwrap()
    };
    let good = read();
    assert_eq!(good.meta.checksum_algorithm.unwrap().as_str(), "CRC32");
    let mut text = Vec::new();
    good.body.unwrap().copy_to(&mut text).unwrap();
    assert_eq!(text, b"hello");
    let mut body = read().body.unwrap();
    let mut first = [0; 4];
    body.read_exact(&mut first).unwrap();
    let error = body.read_to_vec().unwrap_err().to_string();
    assert!(
        error.contains("the response declares NhCmhg==") && error.contains("CRC32"),
        "{error}"
    );
}

#[test]
fn long_metrics_are_compressed() {
    let metric = json!({"MetricName": "m".repeat(200), "Value": 1.0});
    let params = json!({"Namespace": "n", "MetricData": vec![metric; 100]});
    let plain = signed().disable_request_compression(true);
    let larger = signed().request_min_compression_size(1024 * 1024);
    for (config, encoding) in [(signed(), "gzip"), (plain, ""), (larger, "")] {
        let (client, replay) = config.replay(Replay::new().respond(200, &[], "{}"));
        let _ = client.call("cloudwatch", "PutMetricData", params.clone());
        let sent = &replay.sent()[0];
        assert_eq!(header(sent, "content-encoding"), encoding);
        let mut unpacked = Vec::new();
        let is_gzip = flate2::read::GzDecoder::new(&*sent.body)
            .read_to_end(&mut unpacked)
            .is_ok();
        assert_eq!(is_gzip, encoding == "gzip");
    }
}

#[test]
fn a_bearer_token_is_sent_over_https_only() {
    let token = base().bearer_token(BearerToken::new("the-token"));
    let params = json!({"name": "n"});
    let (secure, replay) = token.clone().replay(Replay::new().respond(200, &[], "{}"));
    secure
        .call("codecatalyst", "CreateAccessToken", params.clone())
        .unwrap();
    assert_eq!(
        header(&replay.sent()[0], "authorization"),
        "Bearer the-token"
    );
    let (open, replay) = token
        .endpoint_url("http://127.0.0.1:9")
        .replay(Replay::new());
    let error = open
        .call("codecatalyst", "CreateAccessToken", params)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("https only") && !error.contains("the-token"),
        "{error}"
    );
    assert_eq!(replay.sent().len(), 0);
}

#[test]
fn the_environment_has_tokens_by_signing_name() {
    let (client, replay) = isolated()
        .environment([("AWS_BEARER_TOKEN_BEDROCK", "of-bedrock")])
        .region("us-east-1")
        .replay(Replay::new().respond(200, &[], "{}"));
    client.call("bedrock", "ListGuardrails", json!({})).unwrap();
    assert_eq!(
        header(&replay.sent()[0], "authorization"),
        "Bearer of-bedrock"
    );
}

#[test]
fn a_setting_chooses_the_version() {
    let v4a = signed()
        .signature_version(SignatureVersion::V4a)
        .sigv4a_signing_region_set("us-east-1,eu-west-1");
    let (client, replay) = v4a.replay(Replay::new().respond(200, &[], IDENTITY));
    client.call("sts", "GetCallerIdentity", json!({})).unwrap();
    let sent = &replay.sent()[0];
    assert!(
        header(sent, "authorization")
            .starts_with("AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20240115/sts/")
    );
    assert_eq!(header(sent, "x-amz-region-set"), "us-east-1,eu-west-1");
}

#[test]
fn invalid_expiration_times_are_not_signed() {
    let (client, _) = base().replay(Replay::new());
    for seconds in [0, 604_801] {
        let place = json!({"Bucket": "bucket", "Key": "k"});
        let error =
            client
                .presigner()
                .presign("s3", "GetObject", place, Duration::from_secs(seconds));
        // checked before credentials are looked up
        let error = error.unwrap_err().to_string();
        assert!(error.contains("valid for 1 to 604800 seconds"), "{error}");
    }
}

#[test]
fn a_copy_from_another_region_has_a_url_of_that_region() {
    let (client, replay) = signed().replay(
        Replay::new()
            .respond(200, &[], "<CopySnapshotResponse/>")
            .respond(
                200,
                &[],
                "<CopyDBSnapshotResponse><CopyDBSnapshotResult/></CopyDBSnapshotResponse>",
            ),
    );
    let params = json!({"SourceRegion": "eu-west-1", "SourceSnapshotId": "snap-1"});
    client.call("ec2", "CopySnapshot", params).unwrap();
    let params = json!({
        "SourceRegion": "eu-west-1",
        "SourceDBSnapshotIdentifier": "arn:aws:rds:eu-west-1:123456789012:snapshot:s",
        "TargetDBSnapshotIdentifier": "t",
    });
    client.call("rds", "CopyDBSnapshot", params).unwrap();
    for (sent, member, source_stays) in [(0, "PresignedUrl", true), (1, "PreSignedUrl", false)] {
        let body = replay.sent()[sent].body.clone();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone())
        };
        let url = value(member).unwrap();
        assert!(url.contains(".eu-west-1.amazonaws.com/"), "{url}");
        assert!(
            url.contains("DestinationRegion=us-east-1") && url.contains("X-Amz-Signature="),
            "{url}"
        );
        assert_eq!(value("SourceRegion").is_some(), source_stays);
    }
}

/// The Authorization headers equal those of botocore for the same calls, with the bucket in the host or in the path.
#[test]
fn signature_version_s3_signs_the_header() {
    let object = json!({"Bucket": "bucket", "Key": "a b/c", "VersionId": "v+1", "ResponseContentType": "text/plain; x"});
    let put = json!({"Bucket": "bucket", "Key": "k", "ContentType": "text/plain", "Metadata": {"b": "2", "a": "1 x"}});
    let part = json!({"Bucket": "bucket", "Key": "k", "UploadId": "u", "PartNumber": 3});
    let bucket = json!({"Bucket": "bucket"});
    let cases = [
        (
            "GetObject",
            &object,
            [
                "tPKkrl+7CXRWkuKHRkOOoa6FzoE=",
                "k2ZV5q8XBbjF7F4jL0lCpXmdNrU=",
            ],
        ),
        (
            "ListObjectsV2",
            &bucket,
            [
                "iQ21GvSMY75ujMzNUByDbIj92Yo=",
                "w4eMQzVcjH0uDYVOPc1ZX+aKptU=",
            ],
        ),
        (
            "GetBucketAcl",
            &bucket,
            [
                "ypmvcRKXynuu42ZRc1aiT9WxyHM=",
                "owaklieSDw1PVuYWvE1ilK2HH3M=",
            ],
        ),
        (
            "UploadPart",
            &part,
            [
                "kMUQ0Ko4Mmv7sx8FEuS+L0ynse8=",
                "chCHX4VyUEPXqSZ+N2q6DTpsSfg=",
            ],
        ),
        (
            "PutObject",
            &put,
            [
                "HXpsfqAuhmrliJIzhuTswcY2ny8=",
                "dDAEKgJdyeViC2pLD/r+oZgJlbY=",
            ],
        ),
        (
            "ListBuckets",
            &json!({}),
            [
                "9MtMdoxlqVFMGIGg2UreqsLD4ow=",
                "3sOumEc/PBRCzF78EAkxiOiPA9Q=",
            ],
        ),
        (
            "HeadBucket",
            &bucket,
            [
                "cjhgnyrMFNYOEpCcyXxWDoyaNik=",
                "fHW8i1vU+NWJJJ64UvM00jvxH2o=",
            ],
        ),
    ];
    for (operation, params, signatures) in cases {
        for (has_token, signature) in [(false, signatures[0]), (true, signatures[1])] {
            for path_style in [false, true] {
                let sent = older(
                    SignatureVersion::S3,
                    has_token,
                    path_style,
                    operation,
                    params,
                );
                let expected = format!("AWS AKIDEXAMPLE:{signature}");
                let name = format!("{operation} {has_token} {path_style}");
                assert_eq!(header(&sent, "authorization"), expected, "{name}");
                assert_eq!(
                    header(&sent, "date"),
                    "Fri, 27 Nov 2026 12:00:00 GMT",
                    "{name}"
                );
                let token = if has_token { "tok" } else { "" };
                assert_eq!(header(&sent, "x-amz-security-token"), token, "{name}");
                assert_eq!(header(&sent, "x-amz-trailer"), "", "{name}");
            }
        }
    }
}

#[test]
fn signature_version_s3_signs_the_url() {
    let object = json!({"Bucket": "bucket", "Key": "k"});
    let sent = older(SignatureVersion::S3Query, false, true, "GetObject", &object);
    let query = sent.uri.query().unwrap();
    assert!(
        query.contains("Signature=q97oMbYRIV2JYs3CtK3YzOMk82Y%3D"),
        "{query}"
    );
    assert!(query.contains("Expires=1795784400"), "{query}");
    let put = json!({"Bucket": "bucket", "Key": "k", "ContentType": "text/plain"});
    let sent = older(SignatureVersion::S3Query, true, true, "PutObject", &put);
    let query = sent.uri.query().unwrap();
    assert!(
        query.contains("Signature=9ncnLtsbwbnhHvYfhkIC0Ry6yMc%3D"),
        "{query}"
    );
    assert_eq!(header(&sent, "content-type"), "text/plain");
    assert_eq!(header(&sent, "authorization"), "");
}

/// The request that is sent at 2026-11-27T12:00:00Z.
fn older(
    version: SignatureVersion,
    has_token: bool,
    path_style: bool,
    operation: &str,
    params: &Value,
) -> SentRequest {
    let who = Credentials::new("AKIDEXAMPLE", "secret");
    let who = if has_token {
        who.with_session_token("tok")
    } else {
        who
    };
    let config = isolated()
        .region("us-east-1")
        .credentials(who)
        .signature_version(version)
        .request_checksums(RequestChecksums::WhenRequired)
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_780_800));
    let config = match path_style {
        true => config
            .endpoint_url("http://127.0.0.1:9000")
            .addressing_style(AddressingStyle::Path),
        false => config,
    };
    let (client, replay) = config.replay(Replay::new().respond(200, &[("etag", "e")], ""));
    let request = client.request("s3", operation).params(params.clone());
    let request = match operation {
        "PutObject" | "UploadPart" => request.body("hello"),
        _ => request,
    };
    // the response does not matter
    let _ = request.send_buffered();
    replay.sent().remove(0)
}

#[test]
fn a_form_for_an_express_bucket_is_signed_by_its_session() {
    let replay = Replay::new().respond(200, &[], session("ASIA1", 5));
    let (client, _) = signed().replay(replay);
    let bucket = "mine--use1-az4--x-s3";
    let form = client
        .presigner()
        .post(bucket, "k")
        .expires(Duration::from_secs(60))
        .sign()
        .unwrap();
    let field = |name: &str| {
        let found = form.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(field("X-Amz-S3session-Token"), Some("token-of-ASIA1"));
    assert_eq!(field("x-amz-security-token"), None);
    let credential = field("x-amz-credential").unwrap();
    assert_eq!(
        credential,
        "ASIA1/20240115/us-east-1/s3express/aws4_request"
    );
    assert!(form.url.contains("s3express-use1-az4"), "{}", form.url);
}

#[test]
fn the_user_agent_ends_with_what_the_program_adds() {
    let config = signed()
        .app_id("app")
        .user_agent_extra("my-framework/1.2 (x; y)");
    let (client, replay) = config.replay(Replay::new().respond(200, &[], "{}"));
    client.call("dynamodb", "ListTables", json!({})).unwrap();
    let sent = replay.sent().remove(0);
    let agent = header(&sent, "user-agent");
    assert!(
        agent.ends_with(" app/app my-framework/1.2 (x; y)"),
        "{agent}"
    );
}
