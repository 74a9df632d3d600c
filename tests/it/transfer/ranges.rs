//! Downloads from servers whose responses lack checksums or ranges, or have wrong ones.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderValue, Method, StatusCode, Uri, header};
use tucuxi::transfer::TransferManager;
use tucuxi::transport::Response;

use super::{BUCKET, PART, Place, bytes};

const LEN: usize = 3 * PART + 12_345;

/// A test setup with an object that was uploaded in parts or at once.
fn stored(in_parts: bool) -> (Place, Vec<u8>) {
    let (place, content) = (Place::new(), bytes(LEN));
    match in_parts {
        true => {
            let job = place.s3().upload(content.clone(), BUCKET, "key");
            job.run().unwrap();
        }
        false => place.backend.put(BUCKET, "key", content.clone()),
    }
    place.backend.forget();
    (place, content)
}

fn with_header(mut response: Response, name: header::HeaderName, value: Option<&str>) -> Response {
    match value {
        Some(value) => {
            let value = HeaderValue::from_str(value).unwrap();
            response.headers_mut().insert(name, value);
        }
        None => drop(response.headers_mut().remove(name)),
    }
    response
}

fn is_part(method: &Method, uri: &Uri, wanted: &Method) -> bool {
    method == wanted
        && uri
            .query()
            .is_some_and(|query| query.contains("partNumber="))
}

/// Downloads to a file and to a stream.
fn bring(place: &Place, s3: &TransferManager, to_file: bool) -> Result<Vec<u8>, tucuxi::Error> {
    let (path, mut bytes) = (place.path("down"), Vec::new());
    match to_file {
        true => {
            s3.download_file(BUCKET, "key", &path).run()?;
            bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
        }
        false => drop(s3.download(BUCKET, "key", &mut bytes).run()?),
    }
    Ok(bytes)
}

#[test]
fn regression_chunked_responses_are_checked_for_length() {
    for to_file in [true, false] {
        let place = Place::new();
        let content = bytes(1000);
        place.backend.put(BUCKET, "key", content.clone());
        for (head, is_whole) in [(None, true), (Some("999"), false), (Some("1001"), false)] {
            let s3 = place.edited(move |method, _, response| match (method, head) {
                (&Method::GET, _) => with_header(response, header::CONTENT_LENGTH, None),
                (_, None) => response,
                (_, head) => with_header(response, header::CONTENT_LENGTH, head),
            });
            match (bring(&place, &s3, to_file), is_whole) {
                (Ok(got), true) => assert!(got == content),
                (Err(_), false) => assert!(!place.path("down").exists()),
                (got, _) => panic!("{head:?}: {:?}", got.map(|got| got.len())),
            }
        }
    }
}

#[test]
fn regression_unverifiable_parts_are_fetched_by_ranges() {
    for method in [Method::HEAD, Method::GET] {
        for to_file in [true, false] {
            let (place, content) = stored(true);
            let wanted = method.clone();
            let s3 =
                place.edited(
                    move |method, uri, response| match is_part(method, uri, &wanted) {
                        true => with_header(response, header::CONTENT_RANGE, None),
                        false => response,
                    },
                );
            let got = bring(&place, &s3, to_file);
            let got = got.unwrap_or_else(|error| panic!("{method}: {error}"));
            assert!(got == content, "{method}, {to_file}");
            let gets = place.backend.asked_for("GetObject");
            let ranges = gets.iter().filter(|get| get.range.is_some()).count();
            assert_eq!(ranges, 4, "{method}");
            if method == Method::HEAD {
                assert_eq!(gets.len(), 4);
            }
            place.assert_clean(&[]);
        }
    }
}

/// Responds with the whole object to every request.
fn whole(content: &[u8], response: Response) -> Response {
    let (mut head, _) = response.into_parts();
    head.status = StatusCode::OK;
    head.headers.remove(header::CONTENT_RANGE);
    let len = content.len().into();
    head.headers.insert(header::CONTENT_LENGTH, len);
    Response::from_parts(head, bytes::Bytes::copy_from_slice(content).into())
}

#[test]
fn regression_servers_without_ranges_get_one_request() {
    for (in_parts, to_file) in [(true, true), (false, true), (true, false), (false, false)] {
        let (place, content) = stored(in_parts);
        let all = content.clone();
        let s3 = place.edited(move |method, _, response| match *method == Method::GET {
            true => whole(&all, response),
            false => response,
        });
        let got = bring(&place, &s3, to_file);
        let got = got.unwrap_or_else(|error| panic!("{in_parts}, {to_file}: {error}"));
        assert!(got == content, "{in_parts}, {to_file}");
        place.assert_clean(&[]);
    }
}

#[test]
fn streams_without_ranges_keep_the_memory_limit() {
    let (place, _) = stored(false);
    let small = place.config().memory_limit(PART as u64);
    let s3 = place.edited_with(small, |method, _, response| match *method == Method::GET {
        true => whole(&bytes(LEN), response),
        false => response,
    });
    let error = bring(&place, &s3, false).unwrap_err().to_string();
    assert!(error.contains("memory limit"), "{error}");
    assert!(bring(&place, &s3, true).unwrap() == bytes(LEN));
    place.assert_clean(&[]);
}

/// Invalid values of Content-Range that servers and proxies send.
const WRONG: &[(&str, Option<&str>)] = &[
    ("another total", Some("bytes 0-5242879/5242881")),
    ("another unit", Some("items 0-5242879/15740985")),
    ("another range", Some("bytes 1-5242880/15740985")),
    ("a range that is longer", Some("bytes 0-5242880/15740985")),
    ("a range that is shorter", Some("bytes 0-5242878/15740985")),
    ("a range beyond the end", Some("bytes 0-5242879/5242879")),
    ("no number", Some("bytes 0-x/15740985")),
    (
        "a number beyond all",
        Some("bytes 0-18446744073709551615/18446744073709551615"),
    ),
    ("none", None),
];

#[test]
fn regression_unverifiable_ranges_report_the_response() {
    for (name, value) in WRONG {
        let (place, _) = stored(false);
        let s3 = place.edited(move |method, _, response| match *method == Method::GET {
            true => with_header(response, header::CONTENT_RANGE, *value),
            false => response,
        });
        for to_file in [true, false] {
            let error = bring(&place, &s3, to_file).unwrap_err().to_string();
            let came = value.map(|value| format!("{value:?}"));
            let came = came.as_deref().unwrap_or("no Content-Range");
            assert!(
                error.contains(came) && error.contains("status 206"),
                "{name}: {error}"
            );
            place.assert_clean(&[]);
        }
    }
}

#[test]
fn a_range_of_an_object_of_unknown_length_is_accepted() {
    let (place, content) = stored(false);
    let s3 = place.edited(|method, _, response| {
        let range = response.headers().get(header::CONTENT_RANGE);
        let range = range.map(|range| range.to_str().unwrap().to_owned());
        match range.filter(|_| *method == Method::GET) {
            Some(range) => {
                let (range, _) = range.split_once('/').unwrap();
                let unknown = format!("{range}/*");
                with_header(response, header::CONTENT_RANGE, Some(&unknown))
            }
            None => response,
        }
    });
    assert!(bring(&place, &s3, true).unwrap() == content);
}

#[test]
fn regression_versions_do_not_mix_without_conditional_requests() {
    let other: [(&str, header::HeaderName, Option<&str>); 3] = [
        ("another ETag", header::ETAG, Some("\"other\"")),
        ("no ETag", header::ETAG, None),
        (
            "another version",
            header::HeaderName::from_static("x-amz-version-id"),
            Some("2"),
        ),
    ];
    for (name, header, value) in other {
        for to_file in [true, false] {
            let (place, _) = stored(false);
            let (gets, header) = (AtomicU32::new(0), header.clone());
            let s3 = place.edited(move |method, _, response| {
                let version = header::HeaderName::from_static("x-amz-version-id");
                let response = with_header(response, version, Some("1"));
                let is_late = *method == Method::GET && gets.fetch_add(1, Ordering::Relaxed) > 1;
                match is_late {
                    true => with_header(response, header.clone(), value),
                    false => response,
                }
            });
            let error = bring(&place, &s3, to_file).unwrap_err().to_string();
            assert!(
                error.starts_with("failed to download river/key to "),
                "{name}: {error}"
            );
            place.assert_clean(&[]);
        }
    }
}
