//! `cloudtrail validate-logs`: digests that are signed here, in the server in memory.

use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rsa::PrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tucuxi::Client;

use crate::support::loopback::Server;
use crate::support::s3::{ACCESS_KEY_ID, S3Backend, SECRET_ACCESS_KEY};

const ARN: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/t";
const BUCKET: &str = "trails";
const FINGERPRINT: &str = "f0";

fn zipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is stored for one hour.
struct Hour {
    value: Value,
    /// What is appended to the content after it was signed.
    appended: &'static [u8],
    metadata: Value,
    is_backfill: bool,
}

/// The digest and the log file of an hour.
fn keys(hour: usize, is_backfill: bool) -> (String, String) {
    let mark = if is_backfill { "_backfill" } else { "" };
    let digest = format!(
        "AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2024/05/01/123456789012_CloudTrail-Digest_us-east-1_t_us-east-1_20240501T{hour:02}0000Z{mark}.json.gz"
    );
    (digest, format!("log{hour:02}{mark}"))
}

/// A trail with a server for its files and one for its keys.
struct Trail {
    s3: S3Backend,
    client: Client,
    key: PrivateKey,
    /// The key and the signature of the last digest.
    last: Option<(String, String)>,
}

impl Trail {
    fn new() -> Self {
        let s3 = S3Backend::start(BUCKET);
        let client = Client::with_config(s3.config().build().unwrap()).unwrap();
        let pem = include_str!("../../src/cloudfront/test_rsa_pkcs1.pem");
        let key = PrivateKey::from_pkcs1_pem(pem)
            .or_else(|_| PrivateKey::from_pkcs8_pem(pem))
            .unwrap();
        Self {
            s3,
            client,
            key,
            last: None,
        }
    }

    /// Stores the digest of an hour, with one log file.
    fn add(&mut self, hour: usize, change: impl Fn(&mut Hour), is_backfill: bool) {
        let (key, log) = keys(hour, is_backfill);
        let content = format!("log {hour}");
        self.s3.put(BUCKET, &log, zipped(content.as_bytes()));
        let (previous, signature) = self.last.clone().unzip();
        let mut of_hour = Hour {
            value: json!({
                "digestStartTime": format!("2024-05-01T{:02}:00:00Z", hour - 1),
                "digestEndTime": format!("2024-05-01T{hour:02}:00:00Z"),
                "digestS3Bucket": BUCKET,
                "digestS3Object": key,
                "digestPublicKeyFingerprint": FINGERPRINT,
                "previousDigestS3Bucket": previous.as_ref().map(|_| BUCKET),
                "previousDigestS3Object": previous,
                "previousDigestSignature": signature,
                "logFiles": [{
                    "s3Bucket": BUCKET,
                    "s3Object": log,
                    "hashValue": hex(&Sha256::digest(content)),
                }],
            }),
            appended: b"",
            metadata: json!({"signature-algorithm": "SHA256withRSA"}),
            is_backfill,
        };
        if is_backfill {
            of_hour.metadata["backfill-generation-timestamp"] = "2024-05-02T00:00:00Z".into();
        }
        change(&mut of_hour);
        self.store(&key, of_hour);
    }

    fn store(&mut self, key: &str, hour: Hour) {
        let value = &hour.value;
        let content = value.to_string().into_bytes();
        let text = |name: &str| value[name].as_str().unwrap_or("null");
        let signed = format!(
            "{}\n{}/{}\n{}\n{}",
            text("digestEndTime"),
            text("digestS3Bucket"),
            text("digestS3Object"),
            hex(&Sha256::digest(&content)),
            text("previousDigestSignature"),
        );
        let signer = SigningKey::<Sha256>::new(self.key.clone());
        let signature = hex(&signer.sign(signed.as_bytes()).to_vec());
        let mut metadata = hour.metadata;
        if metadata["signature"].is_null() {
            metadata["signature"] = signature.clone().into();
        }
        let body = zipped(&[&content, hour.appended].concat());
        let params = json!({
            "Bucket": BUCKET,
            "Key": key,
            "Metadata": metadata,
            "Body": BASE64_STANDARD.encode(body),
        });
        self.client.call("s3", "PutObject", params).unwrap();
        self.last = Some((key.to_owned(), signature));
    }

    fn delete(&self, key: &str) {
        let params = json!({"Bucket": BUCKET, "Key": key});
        self.client.call("s3", "DeleteObject", params).unwrap();
    }

    /// Runs the command over eight hours. Returns the code, stdout and stderr.
    fn run(&self, options: &[&str]) -> (i32, String, String) {
        let der = self.key.to_public_key().to_pkcs1_der().unwrap();
        let key = BASE64_STANDARD.encode(der.as_bytes());
        let cloudtrail = Server::start(move |asked| {
            let target = asked.header("x-amz-target").unwrap_or_default();
            let body = match target.rsplit('.').next() {
                Some("ListPublicKeys") => {
                    json!({"PublicKeyList": [{"Fingerprint": FINGERPRINT, "Value": key}]})
                }
                _ => json!({"trailList": [{"TrailARN": ARN, "S3BucketName": BUCKET}]}),
            };
            Some((200, body.to_string()))
        });
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command
            .env_clear()
            .env("HOME", home.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL_S3", self.s3.url())
            .env("AWS_ENDPOINT_URL_CLOUDTRAIL", &cloudtrail.url)
            .args(["cloudtrail", "validate-logs", "--trail-arn", ARN])
            .args(["--start-time", "2024-05-01T00:00:00Z"])
            .args(["--end-time", "2024-05-01T08:00:00Z"])
            .args(options);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

/// A trail of four hours, whose third digest is another one.
fn trail(change: impl Fn(&mut Hour)) -> Trail {
    let mut trail = Trail::new();
    for hour in 1..=4 {
        match hour {
            3 => trail.add(hour, &change, false),
            _ => trail.add(hour, |_| {}, false),
        }
    }
    trail
}

#[test]
fn a_whole_trail_is_valid() {
    let trail = trail(|_| {});
    let begin = "Validating log files for trail arn:aws:cloudtrail:us-east-1:123456789012:trail/t between 2024-05-01T00:00:00Z and 2024-05-01T08:00:00Z\n\n";
    let end = "Results requested for 2024-05-01T00:00:00Z to 2024-05-01T08:00:00Z\nResults found for 2024-05-01T00:00:00Z to 2024-05-01T04:00:00Z:\n\n4/4 digest files valid\n4/4 log files valid\n";
    assert_eq!(trail.run(&[]), (0, format!("{begin}{end}"), String::new()));
    let mut lines = String::new();
    for hour in (1..=4).rev() {
        let (digest, log) = keys(hour, false);
        lines += &format!("Digest file\ts3://trails/{digest}\tvalid\n");
        lines += &format!("Log file\ts3://trails/{log}\tvalid\n");
    }
    let expected = format!("{begin}{lines}\n{end}");
    assert_eq!(trail.run(&["--verbose"]), (0, expected, String::new()));
    let (code, out, _) = Trail::new().run(&[]);
    assert!(code == 0 && out.ends_with("No digests found\n"), "{out}");
}

#[test]
fn a_digest_that_cloudtrail_did_not_write_is_invalid() {
    let (third, _) = keys(3, false);
    for (name, change, why) in [
        (
            "content",
            (|hour| hour.appended = b" ") as fn(&mut Hour),
            "signature verification failed",
        ),
        ("no JSON", |hour| hour.appended = b"}", "invalid format"),
        (
            "signature of another",
            |hour| hour.metadata["signature"] = "00".repeat(128).into(),
            "signature verification failed",
        ),
        (
            "no signature",
            |hour| hour.metadata = json!({"signature": "00"}),
            "signature verification failed",
        ),
        (
            "odd signature",
            |hour| hour.metadata["signature"] = "x".into(),
            "signature verification failed",
        ),
        (
            "unknown key",
            |hour| hour.value["digestPublicKeyFingerprint"] = "f1".into(),
            "public key not found in region us-east-1 for fingerprint f1",
        ),
        (
            "moved",
            |hour| hour.value["digestS3Object"] = "k".into(),
            "has been moved from its original location",
        ),
        (
            "moved bucket",
            |hour| hour.value["digestS3Bucket"] = "b".into(),
            "has been moved from its original location",
        ),
        (
            "without an end",
            |hour| hour.value["digestEndTime"] = Value::Null,
            "invalid format",
        ),
        (
            "odd time",
            |hour| hour.value["digestStartTime"] = "soon".into(),
            "invalid format",
        ),
    ] {
        let (code, out, err) = trail(change).run(&[]);
        let expected = format!("Digest file\ts3://trails/{third}\tINVALID: {why}\n\n");
        assert_eq!((code, &*err), (1, &*expected), "{name}");
        let counts = "\n3/4 digest files valid, 1/4 digest files INVALID\n3/3 log files valid\n";
        assert!(out.ends_with(counts), "{name}: {out}");
    }
}

#[test]
fn a_log_file_that_changed_is_invalid() {
    let (_, log) = keys(3, false);
    let good = zipped(b"log 3");
    for (content, why) in [
        (zipped(b"log 4"), "hash value doesn't match"),
        (good[..good.len() - 10].to_vec(), "hash value doesn't match"),
        (Vec::new(), "hash value doesn't match"),
        (b"log 3".to_vec(), "invalid format"),
        (
            [&*good, b"x"].concat(),
            "unexpected data after end of compressed stream",
        ),
    ] {
        let trail = trail(|_| {});
        trail.s3.put(BUCKET, &log, content);
        let (code, out, err) = trail.run(&[]);
        let expected = format!("Log file\ts3://trails/{log}\tINVALID: {why}\n\n");
        assert_eq!((code, err), (1, expected));
        let counts = "\n4/4 digest files valid\n3/4 log files valid, 1/4 log files INVALID\n";
        assert!(out.ends_with(counts), "{why}: {out}");
    }
}

#[test]
fn what_is_missing_is_invalid() {
    let ((digest, log), trail) = (keys(2, false), trail(|_| {}));
    trail.delete(&log);
    let (code, _, err) = trail.run(&[]);
    let expected = format!("Log file\ts3://trails/{log}\tINVALID: not found\n\n");
    assert_eq!((code, err), (1, expected));
    trail.delete(&digest);
    let (code, out, err) = trail.run(&[]);
    let expected = format!("Digest file\ts3://trails/{digest}\tINVALID: not found\n\n");
    assert_eq!((code, err), (1, expected));
    let counts = "\n3/4 digest files valid, 1/4 digest files INVALID\n3/3 log files valid\n";
    assert!(out.ends_with(counts), "{out}");
}

#[test]
fn a_gap_is_reported() {
    let mut trail = trail(|_| {});
    trail.last = None;
    trail.add(7, |_| {}, false);
    let (code, _, err) = trail.run(&[]);
    let expected = "No log files were delivered by CloudTrail between 2024-05-01T04:00:00Z and 2024-05-01T06:00:00Z\n\n";
    assert_eq!((code, &*err), (0, expected));
}

#[test]
fn digests_of_the_past_are_a_chain_of_their_own() {
    let mut trail = trail(|_| {});
    trail.last = None;
    trail.add(1, |hour| assert!(hour.is_backfill), true);
    trail.add(2, |hour| hour.appended = b" ", true);
    let (code, out, err) = trail.run(&[]);
    let (second, _) = keys(2, true);
    let expected = format!(
        "(backfill) Digest file\ts3://trails/{second}\tINVALID: signature verification failed\n\n"
    );
    assert_eq!((code, err), (1, expected));
    let counts = "\n4/4 digest files valid\n1/2 backfill digest files valid, 1/2 backfill digest files INVALID\n5/5 log files valid\n";
    assert!(out.ends_with(counts), "{out}");
}

#[test]
fn digests_in_a_circle_end() {
    let mut trail = Trail::new();
    for hour in [1, 2, 1] {
        trail.add(hour, |_| {}, false);
    }
    let (code, _, err) = trail.run(&[]);
    let second = format!("{}\tINVALID: it precedes itself", keys(2, false).0);
    assert!(code == 1 && err.contains(&second), "{err}");
}
