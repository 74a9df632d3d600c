//! No secret is logged or shown.

mod log;

use std::time::Duration;

use log::Log;
use serde_json::json;
use tucuxi::transport::Replay;
use tucuxi::{BearerToken, Client, Config, Credentials};

#[test]
fn no_secret_is_logged_or_shown() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // for the whole process, which this test has for itself: what is of interest is decided once a process
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let secrets =
        Credentials::new("AKIDEXAMPLE", "hidden-secret").with_session_token("hidden-token");
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(secrets)
        .bearer_token(BearerToken::new("hidden-bearer"));
    let session = "<CreateSessionResult><Credentials><SessionToken>hidden-token</SessionToken>\
        <SecretAccessKey>hidden-session</SecretAccessKey><AccessKeyId>ASIA</AccessKeyId>\
        <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>";
    let replay = Replay::new()
        .answer(200, &[], session)
        .answer(200, &[], "")
        .answer(200, &[], "")
        .answer(200, &[], "{}")
        .answer(403, &[], "<Error><Code>AccessDenied</Code></Error>");
    let client = Client::with_transport(config.clone().build().unwrap(), replay).unwrap();
    let express = json!({"Bucket": "mine--use1-az4--x-s3", "Key": "k"});
    client.call("s3", "GetObject", express).unwrap();
    // hidden-customer-key, as base64
    let key = "aGlkZGVuLWN1c3RvbWVyLWtleQ==";
    let encrypted = json!({
        "Bucket": "bucket", "Key": "k",
        "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": "m",
    });
    client.call("s3", "GetObject", encrypted).unwrap();
    client
        .call("codecatalyst", "CreateAccessToken", json!({"name": "n"}))
        .unwrap();
    let place = json!({"Bucket": "bucket", "Key": "k"});
    let minute = Duration::from_secs(60);
    let url = client
        .presign("s3", "GetObject", place.clone(), minute)
        .unwrap();
    let form = client
        .presign_post("bucket", "k", &[], &[], minute)
        .unwrap();
    let error = client.call("s3", "GetObject", place).unwrap_err();
    let shown = format!(
        "{url:?} {form:?} {error} {error:?} {client:?} {:?} {config:?}",
        client.config()
    );
    let log = log.text();
    assert!(log.contains("prepared"), "the log is not captured");
    for secret in ["hidden", "aGlkZGVu", "Signature="] {
        for text in [&log, &shown] {
            let at = text.find(secret);
            let around = at.map(|at| &text[at.saturating_sub(80)..]);
            assert!(at.is_none(), "{secret} in {around:?}");
        }
    }
}
