//! Uploads that could not be completed, and their resumption with servers of several kinds.

use http::{Method, Uri};
use serde_json::json;
use tucuxi::Error;
use tucuxi::transfer::TransferError;
use tucuxi::transport::Response;

use super::{BUCKET, PART, Place, bytes, with_text};
use crate::support::client::IntoClient;
use crate::support::s3::Refusal;

const LEN: usize = 2 * PART + 12_345;

/// The root of a transfer's error.
fn kept(error: &Error) -> Option<&str> {
    let Some(TransferError::Failed { source, .. }) = error.downcast_ref() else {
        panic!("{error}");
    };
    match source.downcast_ref()? {
        TransferError::PartsKept { object, .. } => Some(object),
        _ => None,
    }
}

/// A test setup in which an upload of `file` to `key` has all its parts, but was not completed.
fn refused() -> (Place, Vec<u8>) {
    let place = Place::new();
    let content = bytes(LEN);
    place.file("file", &content);
    place.backend.refuse(|asked| {
        let hit = asked.operation == "CompleteMultipartUpload";
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let job = place.s3().upload_file(place.path("file"), BUCKET, "key");
    job.run().unwrap_err();
    place.backend.relent();
    assert_eq!(place.backend.uploads(BUCKET)[0].parts.len(), 3);
    (place, content)
}

#[test]
fn regression_a_rejected_complete_keeps_the_parts() {
    for (refusal, is_final) in [
        (Refusal::new("AccessDenied"), false),
        (Refusal::new("ExpiredToken"), false),
        (Refusal::new("InternalError"), false),
        (Refusal::new("InvalidPart"), false),
        (Refusal::new("InvalidRequest"), false),
        (Refusal::new("MalformedXML"), false),
        (Refusal::in_body("InternalError"), false),
        (Refusal::in_body("AccessDenied"), false),
        (Refusal::slow_down(), false),
        (Refusal::new("BadDigest"), true),
        (Refusal::new("EntityTooSmall"), true),
        (Refusal::new("EntityTooLarge"), true),
        (Refusal::new("InvalidPartOrder"), true),
        (Refusal::new("NoSuchUpload"), true),
    ] {
        let name = format!("{refusal:?}");
        let place = Place::new();
        let content = bytes(LEN);
        let file = place.file("file", &content);
        place.backend.refuse(move |asked| {
            let hit = asked.operation == "CompleteMultipartUpload";
            hit.then(|| refusal.clone())
        });
        let run = || place.s3().upload_file(&file, BUCKET, "key").run();
        let error = run().unwrap_err();
        if is_final {
            assert_eq!(kept(&error), None, "{name}: {error}");
            place.assert_clean(&[&file]);
            continue;
        }
        assert_eq!(kept(&error), Some("s3://river/key"), "{name}: {error}");
        assert!(error.code().is_some(), "{name}: {error}");
        assert!(error.to_string().contains("are kept"), "{name}: {error}");
        let unfinished = place.s3().unfinished().unwrap();
        let id = place.backend.uploads(BUCKET)[0].id.clone();
        assert_eq!(unfinished[0].upload_id(), Some(&*id), "{name}");
        drop(unfinished);
        // rejected once more, then accepted
        run().unwrap_err();
        place.backend.relent();
        place.backend.forget();
        let report = run().unwrap();
        assert_eq!(report.resumed_bytes, LEN as u64, "{name}");
        assert!(place.backend.asked_for("UploadPart").is_empty(), "{name}");
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "{name}"
        );
        place.assert_clean(&[&file]);
    }
}

#[test]
fn unresumable_uploads_are_aborted_after_a_rejected_complete() {
    let place = Place::new();
    let file = place.file("file", &bytes(LEN));
    place.backend.refuse(|asked| {
        let hit = asked.operation == "CompleteMultipartUpload";
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let unkept = place.client.transfer_with(place.config().resume(false));
    for job in [
        place.s3().upload(bytes(LEN), BUCKET, "key"),
        unkept.unwrap().upload_file(&file, BUCKET, "key"),
    ] {
        let error = job.run().unwrap_err();
        assert_eq!(kept(&error), None, "{error}");
        place.assert_clean(&[&file]);
    }
}

fn is_list(method: &Method, uri: &Uri) -> bool {
    *method == Method::GET && uri.query().is_some_and(|query| query.contains("uploadId="))
}

/// Removes the elements of this name.
fn without(text: String, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut pieces = text.split(&open);
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |all, piece| {
        all + piece.split_once(&close).map_or(piece, |(_, rest)| rest)
    })
}

type Edit = fn(String) -> String;

/// Ways in which servers list parts, and the number of bytes that can be verified.
const LISTINGS: &[(&str, Edit, usize)] = &[
    ("as S3", |text| text, LEN),
    (
        "without checksums",
        |text| without(text, "ChecksumCRC32"),
        LEN,
    ),
    (
        "without checksums, ETags without quotes",
        |text| {
            let text = without(text, "ChecksumCRC32");
            let mut pieces = text.split("<ETag>");
            let first = pieces.next().unwrap().to_owned();
            pieces.fold(first, |all, piece| {
                let (etag, rest) = piece.split_once("</ETag>").unwrap();
                let etag = etag.replace("&quot;", "").replace('"', "");
                all + "<ETag>" + &etag + "</ETag>" + rest
            })
        },
        LEN,
    ),
    (
        "with ETags of encrypted parts",
        |text| without(text, "ChecksumCRC32").replace("<ETag>", "<ETag>x"),
        0,
    ),
    (
        "with other checksums",
        |text| text.replace("<ChecksumCRC32>", "<ChecksumCRC32>A"),
        0,
    ),
    ("without ETags", |text| without(text, "ETag"), 0),
    ("without sizes", |text| without(text, "Size"), 0),
    (
        "with another size",
        |text| text.replace("<Size>5242880</Size>", "<Size>5242881</Size>"),
        12_345,
    ),
    (
        "with a size beyond all",
        |text| text.replace("<Size>5242880</Size>", "<Size>18446744073709551615</Size>"),
        12_345,
    ),
    (
        "with parts that are not ours",
        |text| {
            let part = "<Part><PartNumber>9999</PartNumber><ETag>e</ETag><Size>18446744073709551615</Size></Part>";
            text.replace("</ListPartsResult>", &format!("{part}</ListPartsResult>"))
        },
        LEN,
    ),
];

#[test]
fn regression_uploads_resume_from_listed_parts() {
    for (name, edit, resumed) in LISTINGS {
        let (place, content) = refused();
        place.backend.forget();
        let s3 = place.edited(move |method, uri, response| match is_list(method, uri) {
            true => with_text(response, *edit),
            false => response,
        });
        let file = place.path("file");
        let report = s3.upload_file(&file, BUCKET, "key").run();
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.resumed_bytes, *resumed as u64, "{name}");
        let sent: u64 = place
            .backend
            .asked_for("UploadPart")
            .iter()
            .map(|it| it.bytes)
            .sum();
        assert_eq!(sent + report.resumed_bytes, LEN as u64, "{name}");
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "{name}"
        );
        place.assert_clean(&[&file]);
    }
}

/// Removes headers with these prefixes from responses.
fn without_headers(mut response: Response, start: &str) -> Response {
    let names: Vec<_> = response.headers().keys().cloned().collect();
    for name in names.iter().filter(|name| name.as_str().starts_with(start)) {
        response.headers_mut().remove(name);
    }
    response
}

/// A server without checksums may reject them in CompleteMultipartUpload as well.
#[test]
fn uploads_complete_with_the_checksums_of_the_service() {
    let (place, _) = refused();
    std::fs::remove_dir_all(place.path("state")).unwrap();
    place.backend.refuse(|asked| {
        let hit = asked.operation == "CompleteMultipartUpload" && asked.nth < 2;
        hit.then(|| Refusal::new("AccessDenied"))
    });
    place.backend.forget();
    let s3 = place.edited(|method, uri, response| match is_list(method, uri) {
        true => with_text(response, |text| without(text, "ChecksumCRC32")),
        false => without_headers(response, "x-amz-checksum"),
    });
    let file = place.path("file");
    // the backend requires the checksum of each part, so its error shows that there were none
    let run = || s3.upload_file(&file, BUCKET, "key").run().unwrap_err();
    assert_eq!(run().code(), Some("AccessDenied"));
    let plain = run();
    assert_eq!(plain.code(), Some("InvalidRequest"), "{plain}");
}

#[test]
fn a_listing_of_several_pages_is_read_to_its_end() {
    let (place, content) = refused();
    let s3 = place.edited(|method, uri, response| {
        if !is_list(method, uri) {
            return response;
        }
        let query = uri.query().unwrap().to_owned();
        with_text(response, |text| {
            let start = text.find("<Part>").unwrap();
            let end = text.rfind("</Part>").unwrap() + "</Part>".len();
            let parts: Vec<_> = text[start..end].split_inclusive("</Part>").collect();
            let marker = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("part-number-marker="));
            let at: usize = marker.map_or(0, |marker| marker.parse().unwrap());
            let more = parts.len() > 1;
            let head = without(without(text[..start].to_owned(), "IsTruncated"), "NextPartNumberMarker");
            format!(
                "{head}<IsTruncated>{more}</IsTruncated><NextPartNumberMarker>{}</NextPartNumberMarker>{}</ListPartsResult>",
                at + 1,
                parts[0]
            )
        })
    });
    let file = place.path("file");
    let report = s3.upload_file(&file, BUCKET, "key").run().unwrap();
    assert_eq!(report.resumed_bytes, LEN as u64);
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
    place.assert_clean(&[&file]);
}

#[test]
fn uploads_are_lost_only_if_the_service_says_so() {
    for (code, is_anew) in [
        ("NoSuchUpload", true),
        ("AccessDenied", true),
        ("NotImplemented", true),
        ("InternalError", false),
        ("SlowDown", false),
    ] {
        let (place, content) = refused();
        place.backend.refuse(move |asked| {
            let hit = asked.operation == "ListParts";
            hit.then(|| Refusal::new(code))
        });
        let file = place.path("file");
        let run = || place.s3().upload_file(&file, BUCKET, "key").run();
        match is_anew {
            true => {
                assert_eq!(run().unwrap().resumed_bytes, 0, "{code}");
                let gone = place.backend.uploads(BUCKET).len();
                assert_eq!(gone, usize::from(code == "NoSuchUpload"), "{code}");
            }
            false => {
                assert_eq!(run().unwrap_err().code(), Some(code));
                place.backend.relent();
                assert_eq!(run().unwrap().resumed_bytes, LEN as u64, "{code}");
                place.assert_clean(&[&file]);
            }
        }
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "{code}"
        );
    }
}

/// A web console, or the login page of a proxy.
fn page(response: Response) -> Response {
    let mut response = with_text(response, |_| "<html>log in</html>".to_owned());
    *response.status_mut() = http::StatusCode::OK;
    response.headers_mut().remove("etag");
    let html = http::HeaderValue::from_static("text/html");
    response.headers_mut().insert("content-type", html);
    response
}

#[test]
fn web_pages_as_responses_lose_neither_parts_nor_journals() {
    for wanted in ["uploadId=", "partNumber=3"] {
        let place = Place::new();
        let content = bytes(LEN);
        let file = place.file("file", &content);
        let s3 = place.edited(move |method, uri, response| {
            let query = uri.query().unwrap_or_default();
            let is_it = match wanted {
                "uploadId=" => *method == Method::POST && query.contains(wanted),
                _ => query.contains(wanted),
            };
            match is_it {
                true => page(response),
                false => response,
            }
        });
        let error = s3.upload_file(&file, BUCKET, "key").run().unwrap_err();
        assert!(kept(&error).is_some(), "{wanted}: {error}");
        assert!(
            place.backend.asked_for("AbortMultipartUpload").is_empty(),
            "{wanted}"
        );
        assert_eq!(place.s3().unfinished().unwrap().len(), 1, "{wanted}");
        let report = place.s3().upload_file(&file, BUCKET, "key").run().unwrap();
        assert_eq!(report.bytes, LEN as u64, "{wanted}");
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "{wanted}"
        );
        place.assert_clean(&[&file]);
    }
}

#[test]
#[cfg(unix)]
fn regression_foreign_files_among_journals_are_kept() {
    let (place, _) = refused();
    let at = |name: &str| place.path("state").join(name);
    std::fs::write(at("settings.json"), "{\n  \"a\": 1\n}\n").unwrap();
    std::fs::write(place.path("elsewhere"), "precious").unwrap();
    std::os::unix::fs::symlink(place.path("elsewhere"), at("link.json")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe.json"))
        .status();
    assert!(made.unwrap().success());
    let unfinished = place.s3().unfinished().unwrap();
    assert_eq!(unfinished.len(), 1);
    drop(unfinished);
    assert_eq!(
        std::fs::read(at("settings.json")).unwrap(),
        b"{\n  \"a\": 1\n}\n"
    );
    assert_eq!(std::fs::read(place.path("elsewhere")).unwrap(), b"precious");
}

/// Write access to the folder of journals must not allow removing or writing other files.
#[test]
fn a_journal_with_a_foreign_path_changes_no_file() {
    let place = Place::new();
    let content = bytes(LEN);
    place.backend.put(BUCKET, "key", content.clone());
    let victim = place.file("victim", b"precious");
    let down = place.path("down");
    let fails = || {
        place.backend.refuse(|asked| {
            let hit = asked.operation == "GetObject" && asked.nth > 1;
            hit.then(|| Refusal::new("AccessDenied"))
        });
    };
    // the journal of a running download, with another file in it
    let journal = std::sync::Mutex::new(Vec::new());
    let journal = std::sync::Arc::new(journal);
    let (kept, state) = (journal.clone(), place.path("state"));
    place.backend.watch(move |asked| {
        if asked.operation == "GetObject" {
            let file = std::fs::read_dir(&state).unwrap().next().unwrap().unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            *kept.lock().unwrap() = vec![(file.path(), text)];
        }
    });
    fails();
    place
        .s3()
        .download_file(BUCKET, "key", &down)
        .run()
        .unwrap_err();
    place.backend.relent();
    place.backend.watch(|_| {});
    let (path, text) = journal.lock().unwrap().remove(0);
    let start = text.find("{\"partial\"").unwrap();
    let forged = text[..start].to_owned() + &json!({"partial": victim}).to_string() + "\n";
    std::fs::write(&path, &forged).unwrap();
    place.s3().unfinished().unwrap().remove(0).abort().unwrap();
    assert_eq!(std::fs::read(&victim).unwrap(), b"precious");
    std::fs::write(&path, &forged).unwrap();
    place
        .s3()
        .download_file(BUCKET, "key", &down)
        .run()
        .unwrap();
    assert!(std::fs::read(&down).unwrap() == content);
    assert_eq!(std::fs::read(&victim).unwrap(), b"precious");
    place.assert_clean(&[&down, &victim]);
}

#[test]
fn journals_have_no_password_of_an_endpoint() {
    let place = Place::new();
    let file = place.file("file", &bytes(LEN));
    place.backend.refuse(|asked| {
        let hit = asked.operation == "CompleteMultipartUpload";
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let url = place.backend.url().replace("://", "://user:swordfish@");
    let config = crate::support::s3::config_for(&url).s3_sign_payload(false);
    let client = config.connect();
    let s3 = client.transfer_with(place.config()).unwrap();
    let _ = s3.upload_file(&file, BUCKET, "key").run();
    for entry in std::fs::read_dir(place.path("state")).into_iter().flatten() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("swordfish"), "{text}");
    }
}
