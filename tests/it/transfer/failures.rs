//! Failed transfers, which leave nothing behind.

use std::io::Read as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;
use tucuxi::transfer::{Snapshot, TransferError};
use tucuxi::transport::{
    CancelToken, Limits, Request, Response, Transport, TransportError, TransportErrorKind,
    UreqTransport,
};
use tucuxi::{ErrorKind, ResponseBody};

use super::{BUCKET, PART, Place, bytes};
use crate::support::client::{IntoClient, over};
use crate::support::proxy::{Fault, Proxy, some_parts};
use crate::support::s3::Refusal;

fn kind(error: &tucuxi::Error) -> &TransferError {
    error.downcast_ref().unwrap_or_else(|| panic!("{error}"))
}

#[test]
fn a_failed_upload_is_aborted() {
    let place = Place::new();
    for operation in ["UploadPart", "CompleteMultipartUpload"] {
        place.backend.refuse(move |asked| {
            let hit =
                asked.operation == operation && asked.part_number.is_none_or(|number| number == 2);
            hit.then(|| Refusal::new("AccessDenied"))
        });
        let error = place
            .s3()
            .upload(bytes(3 * PART), BUCKET, "key")
            .run()
            .unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"), "{operation}: {error}");
        assert_eq!(
            place.backend.asked_for("AbortMultipartUpload").len(),
            1,
            "{operation}"
        );
        place.backend.forget();
        place.assert_clean(&[]);
        assert_eq!(place.backend.keys(BUCKET), Vec::<String>::new());
    }
}

#[test]
fn regression_invalid_arguments_leave_no_upload() {
    let place = Place::new();
    let up = place.file("up", &bytes(PART));
    let job = place.s3().upload_file(&up, BUCKET, "key");
    let error = job.args(json!({"Metadata": 1})).run().unwrap_err();
    assert_eq!(error.root().kind(), ErrorKind::Params, "{error}");
    place.assert_clean(&[&up]);
}

#[test]
fn a_download_that_fails_leaves_the_old_file() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(3 * PART));
    let down = place.file("down", b"old");
    place.backend.refuse(|asked| {
        let hit =
            asked.operation == "GetObject" && asked.range.as_deref() != Some("bytes=0-5242879");
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let error = place
        .s3()
        .download_file(BUCKET, "key", &down)
        .run()
        .unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(std::fs::read(&down).unwrap(), b"old");
    place.assert_clean(&[&down]);
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_an_error() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(3 * PART));
    let s3 = place
        .client
        .transfer_with(place.config().concurrency(1))
        .unwrap();
    let client = place.client.clone();
    let times = AtomicU32::new(0);
    let replace = move |now: &Snapshot| {
        if now.bytes >= PART as u64 && times.fetch_add(1, Ordering::Relaxed) == 0 {
            let key = json!({"Bucket": BUCKET, "Key": "key"});
            client
                .request("s3", "PutObject")
                .params(key)
                .body("new")
                .send()
                .unwrap();
        }
    };
    let job = s3.download_file(BUCKET, "key", place.path("down"));
    let error = job.progress(replace).run().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("did not match the expected ETag"),
        "{error}"
    );
    place.assert_clean(&[]);
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_an_error() {
    for (name, change) in [
        (
            "written",
            Box::new(|path: &std::path::Path| {
                let mut content = bytes(3 * PART);
                content[2 * PART] ^= 1;
                std::fs::write(path, content).unwrap();
            }) as Box<dyn Fn(&std::path::Path) + Send + Sync>,
        ),
        (
            "shorter",
            Box::new(|path| std::fs::write(path, "x").unwrap()),
        ),
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
        let s3 = place
            .client
            .transfer_with(place.config().concurrency(1))
            .unwrap();
        let error = s3.upload_file(&up, BUCKET, "key").run().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the file changed while it was uploaded"),
            "{name}: {error}"
        );
        assert_eq!(place.backend.bytes(BUCKET, "key"), None, "{name}");
        assert_eq!(place.backend.uploads(BUCKET), [], "{name}");
    }
}

#[test]
fn a_cancelled_transfer_is_aborted() {
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
            _ => place
                .s3()
                .download_file(BUCKET, "large", place.path("down")),
        };
        let error = job
            .progress(when_half)
            .cancel_with(&cancel)
            .run()
            .unwrap_err();
        assert!(error.is_cancelled(), "{way}: {error}");
        assert_eq!(place.backend.bytes(BUCKET, "key"), None);
        place.assert_clean(&[&up]);
    }
    let cancelled = CancelToken::default();
    cancelled.cancel();
    let error = place
        .s3()
        .upload("x", BUCKET, "key")
        .cancel_with(&cancelled)
        .run()
        .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[test]
fn regression_a_cancelled_folder_is_reported_as_cancelled() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        place.file(&format!("from/{name}"), b"x");
    }
    let (cancel, other) = (CancelToken::default(), CancelToken::default());
    let token = cancel.clone();
    let when_one_is_done = move |now: &Snapshot| {
        if now.objects == 1 {
            token.cancel();
        }
    };
    let s3 = place
        .client
        .transfer_with(place.config().concurrency(1))
        .unwrap();
    let job = s3.upload_folder(place.path("from"), BUCKET, "p");
    let job = job.progress(when_one_is_done).cancel_with(&cancel);
    let error = job.run().unwrap_err();
    let TransferError::Several { report } = kind(&error) else {
        panic!("{error}");
    };
    assert_eq!(report.objects, 1);
    assert!(error.is_cancelled(), "{error}");
    place.backend.refuse(|_| Some(Refusal::new("AccessDenied")));
    let job = s3.upload_folder(place.path("from"), BUCKET, "p");
    assert!(!job.cancel_with(&other).run().unwrap_err().is_cancelled());
}

#[test]
fn regression_a_listing_that_takes_long_is_cancelled() {
    let place = Place::new();
    let cancel = CancelToken::default();
    let token = cancel.clone();
    let (send, ended) = channel();
    let (report, was_waited_for) = channel();
    let ended = Mutex::new(ended);
    place.backend.watch(move |asked| {
        if asked.operation == "ListObjectsV2" {
            token.cancel();
            let ended = ended.lock().unwrap().recv_timeout(Duration::from_secs(20));
            report.send(ended.is_err()).unwrap();
        }
    });
    let job = place
        .s3()
        .delete_folder(BUCKET, "p")
        .job()
        .cancel_with(&cancel);
    assert!(job.run().unwrap_err().is_cancelled());
    send.send(()).unwrap();
    assert!(!was_waited_for.recv().unwrap());
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
fn regression_a_transfer_that_panics_is_aborted() {
    let place = Place::new();
    let up = place.file("up", &bytes(3 * PART));
    place.backend.put(BUCKET, "large", bytes(3 * PART));
    for job in [
        place.s3().upload(bytes(3 * PART), BUCKET, "key"),
        place.s3().upload_file(&up, BUCKET, "key"),
        place
            .s3()
            .download_file(BUCKET, "large", place.path("down")),
    ] {
        let job = job.progress(|_: &Snapshot| panic!("not counted"));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run()));
        assert!(result.is_err());
        place.assert_clean(&[&up]);
    }
}

/// Responses whose parts are correct, but whose checksum is that of another object.
struct Liar(UreqTransport);

impl Transport for Liar {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let mut response = self.0.send(request, limits)?;
        if let Some(checksum) = response.headers_mut().get_mut("x-amz-checksum-crc32")
            && checksum
                .to_str()
                .is_ok_and(|checksum| checksum.ends_with("-3"))
        {
            *checksum = http::HeaderValue::from_static("AAAAAA==-3");
        }
        Ok(response)
    }
}

#[test]
fn a_wrong_checksum_of_the_whole_names_the_object() {
    let place = Place::new();
    place
        .s3()
        .upload(bytes(3 * PART), BUCKET, "key")
        .run()
        .unwrap();
    let config = place.client.config().with(|config| config).unwrap();
    let liar = Liar(UreqTransport::new(config.network()).unwrap());
    let client = over(config, liar);
    let s3 = client.transfer_with(place.config()).unwrap();
    let error = s3
        .download_file(BUCKET, "key", place.path("down"))
        .run()
        .unwrap_err();
    let TransferError::Failed { source, .. } = kind(&error) else {
        panic!("{error}");
    };
    assert!(
        matches!(kind(source), TransferError::Mismatch { range: None, .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with("failed to download river/key to ") && text.contains(": the CRC32 is"),
        "{error}"
    );
    place.assert_clean(&[]);
}

#[test]
fn regression_an_older_object_is_not_the_lost_upload() {
    let place = Place::new();
    let old = bytes(2 * PART);
    let mut new = old.clone();
    new.reverse();
    place.s3().upload(old, BUCKET, "key").run().unwrap();
    place.backend.forget();
    place.backend.refuse(|asked| {
        let code = match (&*asked.operation, asked.nth) {
            ("CompleteMultipartUpload", 1) => "InternalError",
            ("CompleteMultipartUpload", _) => "NoSuchUpload",
            _ => return None,
        };
        Some(Refusal::new(code))
    });
    let error = place.s3().upload(new, BUCKET, "key").run().unwrap_err();
    assert_eq!(error.code(), Some("NoSuchUpload"), "{error}");
    place.assert_clean(&[]);
}

/// Loses the first response to CompleteMultipartUpload.
struct Loser(UreqTransport, AtomicBool);

impl Transport for Loser {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let is_complete =
            request.method() == http::Method::POST && uri.to_string().contains("uploadId");
        let response = self.0.send(request, limits)?;
        match is_complete && self.1.swap(false, Ordering::Relaxed) {
            true => Err(TransportError::new(
                TransportErrorKind::Interrupted,
                &uri,
                "lost",
            )),
            false => Ok(response),
        }
    }
}

#[test]
fn an_upload_whose_last_response_is_lost_succeeds() {
    let place = Place::new();
    let config = place.client.config().with(|config| config).unwrap();
    let transport = UreqTransport::new(config.network()).unwrap();
    let loser = Loser(transport, AtomicBool::new(true));
    let client = over(config, loser);
    let s3 = client.transfer_with(place.config()).unwrap();
    let content = bytes(2 * PART);
    let report = s3.upload(content.clone(), BUCKET, "key").run().unwrap();
    let etag = place.backend.etag(BUCKET, "key").unwrap();
    assert_eq!(report.etag, Some(format!("\"{etag}\"")));
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
    assert_eq!(place.backend.asked_for("CompleteMultipartUpload").len(), 2);
}

/// Adds bytes to the first response for the first part, which arrives after the second part.
struct Verbose {
    transport: UreqTransport,
    second_is_done: Mutex<Receiver<()>>,
    is_first: AtomicBool,
}

impl Transport for Verbose {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let range = request.headers().get("range").cloned();
        let response = self.transport.send(request, limits)?;
        let is_it = range.is_some_and(|range| range == "bytes=0-5242879");
        if !is_it || !self.is_first.swap(false, Ordering::Relaxed) {
            return Ok(response);
        }
        self.second_is_done.lock().unwrap().recv().unwrap();
        let (mut head, body) = response.into_parts();
        head.headers.remove("content-length");
        let more = body.chain(std::io::repeat(b'x').take(10));
        Ok(Response::from_parts(head, ResponseBody::new(more, None)))
    }
}

#[test]
fn regression_surplus_bytes_do_not_overwrite_the_next_part() {
    let place = Place::new();
    let content = bytes(2 * PART);
    place.backend.put(BUCKET, "key", content.clone());
    let config = place.client.config().with(|config| config).unwrap();
    let (done, second_is_done) = channel();
    let verbose = Verbose {
        transport: UreqTransport::new(config.network()).unwrap(),
        second_is_done: Mutex::new(second_is_done),
        is_first: AtomicBool::new(true),
    };
    let client = over(config, verbose);
    let s3 = client.transfer_with(place.config()).unwrap();
    let down = place.path("down");
    let job = s3.download_file(BUCKET, "key", &down);
    let tell = move |now: &Snapshot| {
        if now.bytes == PART as u64 {
            // waits only once
            let _ = done.send(());
        }
    };
    job.progress(tell).run().unwrap();
    assert!(std::fs::read(&down).unwrap() == content);
}

const FAULTS: &[Fault] = &[
    Fault::FlipAnswerByte(12_345),
    Fault::FlipRequestByte(54_321),
    Fault::ResetAnswer(100_000),
    Fault::ResetInHead,
    Fault::ResetRequest(1_000_000),
    Fault::Status(503),
    Fault::TruncateAnswer(3_000_000),
];

#[test]
fn all_bytes_are_right_with_a_tenth_of_the_parts_failing() {
    let place = Place::new();
    let content = bytes(12 * PART + 1);
    let (up, down) = (place.file("up", &content), place.path("down"));
    let mut met = Vec::new();
    for seed in 0..8 {
        let proxy = Proxy::start(place.backend.address(), some_parts(10, seed, FAULTS));
        let config = crate::support::s3::config_for(&proxy.url()).s3_sign_payload(false);
        let client = config.sleep(|_| {}).connect();
        let s3 = client.transfer_with(place.config()).unwrap();
        let told = |e: tucuxi::Error| panic!("seed {seed}: {e}; {:?}", proxy.faults());
        s3.upload_file(&up, BUCKET, "key")
            .run()
            .unwrap_or_else(told);
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "seed {seed}"
        );
        s3.download_file(BUCKET, "key", &down)
            .run()
            .unwrap_or_else(told);
        assert!(std::fs::read(&down).unwrap() == content, "seed {seed}");
        place.assert_clean(&[&down, &up]);
        met.extend(proxy.faults());
    }
    let kinds = |fault: &Fault| met.iter().filter(|met| *met == fault).count();
    let counts: Vec<_> = FAULTS.iter().map(kinds).collect();
    assert!(
        met.len() > 10 && counts.iter().filter(|count| **count > 0).count() > 4,
        "{counts:?}"
    );
}
