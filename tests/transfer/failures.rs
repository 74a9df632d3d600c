//! What goes wrong, and what is left of it: nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use tucuxi::Client;
use tucuxi::transfer::{Snapshot, TransferError};
use tucuxi::transport::CancelToken;

use crate::common::proxy::{Fault, Proxy, in_ten};
use crate::common::s3::Refusal;
use crate::{BUCKET, PART, Place, bytes};

fn kind(error: &tucuxi::Error) -> &TransferError {
    match error {
        tucuxi::Error::Transfer(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn an_upload_that_is_given_up_is_aborted() {
    let place = Place::new();
    for operation in ["UploadPart", "CompleteMultipartUpload"] {
        place.backend.refuse(move |asked| {
            let hit = asked.operation == operation && asked.part_number.is_none_or(|number| number == 2);
            hit.then(|| Refusal::new("AccessDenied"))
        });
        let error = place.s3().upload(bytes(3 * PART), BUCKET, "key").run().unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"), "{operation}: {error}");
        assert_eq!(place.backend.asked_for("AbortMultipartUpload").len(), 1, "{operation}");
        place.backend.forget();
        place.assert_clean(&[]);
        assert_eq!(place.backend.keys(BUCKET), Vec::<String>::new());
    }
}

#[test]
fn a_download_that_fails_leaves_the_old_file() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(3 * PART));
    let down = place.file("down", b"old");
    place.backend.refuse(|asked| {
        let hit = asked.operation == "GetObject" && asked.range.as_deref() != Some("bytes=0-5242879");
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let error = place.s3().download_file(BUCKET, "key", &down).run().unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(std::fs::read(&down).unwrap(), b"old");
    place.assert_clean(&[&down]);
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_an_error() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(3 * PART));
    let down = place.path("down");
    let s3 = place.client.transfer_with(place.config().concurrency(1)).unwrap();
    let client = place.client.clone();
    let times = AtomicU32::new(0);
    place.backend.watch(move |asked| {
        if asked.operation == "GetObject" && times.fetch_add(1, Ordering::Relaxed) == 0 {
            let put = client.request("s3", "PutObject").params(json!({"Bucket": BUCKET, "Key": "key"}));
            std::thread::spawn(move || put.body("new").send()).join().unwrap().unwrap();
        }
    });
    let error = s3.download_file(BUCKET, "key", &down).run().unwrap_err();
    assert!(error.to_string().contains("did not match the expected ETag"), "{error}");
    place.assert_clean(&[]);
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_an_error() {
    for (name, change) in [
        ("written", Box::new(|path: &std::path::Path| {
            let mut content = bytes(3 * PART);
            content[2 * PART] ^= 1;
            std::fs::write(path, content).unwrap();
        }) as Box<dyn Fn(&std::path::Path) + Send + Sync>),
        ("shorter", Box::new(|path| std::fs::write(path, "x").unwrap())),
        ("gone", Box::new(|path| std::fs::remove_file(path).unwrap())),
    ] {
        let place = Place::new();
        let up = place.file("up", &bytes(3 * PART));
        let path = up.clone();
        let times = AtomicU32::new(0);
        place.backend.watch(move |asked| {
            if asked.operation == "UploadPart" && times.fetch_add(1, Ordering::Relaxed) == 0 {
                change(&path);
            }
        });
        let s3 = place.client.transfer_with(place.config().concurrency(1)).unwrap();
        let error = s3.upload_file(&up, BUCKET, "key").run().unwrap_err();
        assert!(error.to_string().contains("the file changed while it was sent"), "{name}: {error}");
        assert_eq!(place.backend.bytes(BUCKET, "key"), None, "{name}");
        assert_eq!(place.backend.uploads(BUCKET), [], "{name}");
    }
}

#[test]
fn a_cancelled_transfer_is_taken_back() {
    let place = Place::new();
    let up = place.file("up", &bytes(4 * PART));
    place.backend.put(BUCKET, "large", bytes(4 * PART));
    for way in ["up", "down"] {
        let cancel = CancelToken::default();
        let other = cancel.clone();
        let when_half = move |now: &Snapshot| {
            if now.bytes > 2 * PART as u64 {
                other.cancel();
            }
        };
        let job = match way {
            "up" => place.s3().upload_file(&up, BUCKET, "key"),
            _ => place.s3().download_file(BUCKET, "large", place.path("down")),
        };
        let error = job.progress(when_half).cancel_with(&cancel).run().unwrap_err();
        assert!(error.is_cancelled(), "{way}: {error}");
        assert_eq!(place.backend.bytes(BUCKET, "key"), None);
        place.assert_clean(&[&up]);
    }
    let cancelled = CancelToken::default();
    cancelled.cancel();
    let error = place.s3().upload("x", BUCKET, "key").cancel_with(&cancelled).run().unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[test]
fn a_panic_of_the_callers_code_is_passed_on() {
    let place = Place::new();
    let job = place.s3().upload(bytes(3 * PART), BUCKET, "key");
    let job = job.progress(|_: &Snapshot| panic!("not counted"));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run()));
    assert!(result.is_err());
}

#[test]
fn a_wrong_checksum_of_the_whole_names_the_object() {
    let place = Place::new();
    place.s3().upload(bytes(3 * PART), BUCKET, "key").run().unwrap();
    // the parts are right, but what is said of the whole is of another object
    struct Liar;
    impl tucuxi::interceptor::Interceptor for Liar {
        fn result(&self, call: &tucuxi::interceptor::CallContext<'_>, result: &mut tucuxi::Result<tucuxi::Output>) {
            if &*call.operation.name == "HeadObject"
                && let Ok(output) = result
            {
                let mut value = output.value().unwrap();
                if let Some(checksum) = value.get_mut("ChecksumCRC32") {
                    *checksum = "AAAAAA==-3".into();
                }
                output.replace(value);
            }
        }
    }
    let client = place.client.with(|config| config.interceptor(Liar)).unwrap();
    let s3 = client.transfer_with(place.config()).unwrap();
    let error = s3.download_file(BUCKET, "key", place.path("down")).run().unwrap_err();
    let TransferError::Failed { source, .. } = kind(&error) else {
        panic!("{error}");
    };
    assert!(matches!(kind(source), TransferError::Mismatch { range: None, .. }), "{error}");
    assert!(error.to_string().contains("s3://river/key: the CRC32 of what came is"), "{error}");
    place.assert_clean(&[]);
}

/// Every kind of fault, in every tenth request of a part.
#[test]
fn all_bytes_are_right_where_a_tenth_of_the_parts_is_broken() {
    let place = Place::new();
    let content = bytes(12 * PART + 1);
    let up = place.file("up", &content);
    let faults: [(&str, fn(u64) -> Fault); 6] = [
        ("reset", |n| Fault::ResetAnswer(n as usize * 1000 % 100_000)),
        ("cut", |n| Fault::TruncateAnswer(n as usize * 999 % 100_000)),
        ("slow down", |_| Fault::SlowDown),
        ("answer changed", |_| Fault::FlipAnswerByte),
        ("request changed", |_| Fault::FlipRequestByte),
        ("request reset", |n| Fault::ResetRequest(n as usize * 7919 % 1_000_000)),
    ];
    for (name, fault) in faults {
        let hits = Arc::new(AtomicU32::new(0));
        let counter = hits.clone();
        let rule = move |asked: &crate::common::proxy::Request| {
            let is_part = asked.query.contains("partNumber") || asked.headers.contains("range:");
            let hit = is_part && asked.method != "HEAD" && in_ten(7, asked.number);
            hit.then(|| {
                counter.fetch_add(1, Ordering::Relaxed);
                fault(asked.number)
            })
        };
        let proxy = Proxy::start(place.backend.address(), rule);
        let config = crate::common::s3::config_for(&proxy.url()).s3_sign_payload(false).sleep(|_| {});
        let client = Client::with_config(config.build().unwrap()).unwrap();
        let s3 = client.transfer_with(place.config()).unwrap();
        for _ in 0..3 {
            s3.upload_file(&up, BUCKET, "key").run().unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(place.backend.bytes(BUCKET, "key").unwrap() == content, "{name}");
            let down = place.path("down");
            s3.download_file(BUCKET, "key", &down).run().unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(std::fs::read(&down).unwrap() == content, "{name}");
        }
        assert!(hits.load(Ordering::Relaxed) > 3, "{name} came {hits:?} times");
        place.assert_clean(&[&up, &place.path("down")]);
    }
}
