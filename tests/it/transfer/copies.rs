//! Copies in one request and in parts.

use serde_json::{Value, json};
use tucuxi::transfer::CopySource;

use super::{BUCKET, PART, Place, bytes};
use crate::support::s3::Refusal;

fn source(place: &Place, key: &str, len: usize) {
    let args = json!({
        "ContentType": "text/fish",
        "CacheControl": "no-store",
        "Metadata": {"colour": "grey"},
        "Tagging": "a=1&b=2",
    });
    place
        .s3()
        .upload(bytes(len), BUCKET, key)
        .args(args)
        .run()
        .unwrap();
    place.backend.forget();
}

fn head(place: &Place, key: &str) -> Value {
    place
        .client
        .call("s3", "HeadObject", json!({"Bucket": BUCKET, "Key": key}))
        .unwrap()
}

fn tags(place: &Place, key: &str) -> Vec<String> {
    let answer = place
        .client
        .call(
            "s3",
            "GetObjectTagging",
            json!({"Bucket": BUCKET, "Key": key}),
        )
        .unwrap();
    let tag = |tag: &Value| {
        format!(
            "{}={}",
            tag["Key"].as_str().unwrap(),
            tag["Value"].as_str().unwrap()
        )
    };
    answer["TagSet"]
        .as_array()
        .into_iter()
        .flatten()
        .map(tag)
        .collect()
}

#[test]
fn copies_of_all_lengths_are_identical() {
    let place = Place::new();
    for (len, parts) in [(0, 0), (PART - 1, 0), (PART, 1), (2 * PART + 1, 3)] {
        source(&place, "a b/ü", len);
        let report = place
            .s3()
            .copy((BUCKET, "a b/ü"), BUCKET, "copy")
            .run()
            .unwrap();
        assert_eq!((report.objects, report.bytes), (1, len as u64));
        assert!(place.backend.bytes(BUCKET, "copy").unwrap() == bytes(len));
        let copied = place.backend.asked_for("UploadPartCopy");
        assert_eq!(copied.len(), parts, "{len}");
        place.assert_clean(&[]);
    }
}

#[test]
fn a_copy_in_parts_equals_a_whole_one() {
    let place = Place::new();
    source(&place, "key", 2 * PART);
    let copy = |args: Value| {
        place
            .s3()
            .copy((BUCKET, "key"), BUCKET, "copy")
            .args(args)
            .run()
    };
    copy(json!({})).unwrap();
    let metadata = head(&place, "copy");
    assert_eq!(metadata["ContentType"], "text/fish");
    assert_eq!(metadata["CacheControl"], "no-store");
    assert_eq!(metadata["Metadata"], json!({"colour": "grey"}));
    assert_eq!(tags(&place, "copy"), Vec::<String>::new());

    copy(json!({"MetadataDirective": "REPLACE", "ContentType": "text/bird", "TaggingDirective": "COPY"})).unwrap();
    let metadata = head(&place, "copy");
    assert_eq!(
        (&metadata["ContentType"], &metadata["CacheControl"]),
        (&json!("text/bird"), &Value::Null)
    );
    assert_eq!(tags(&place, "copy"), ["a=1", "b=2"]);

    // ignored without the directives, as in boto3
    copy(json!({"ContentType": "text/bird", "Tagging": "c=3"})).unwrap();
    assert_eq!(head(&place, "copy")["ContentType"], "text/fish");
    assert_eq!(tags(&place, "copy"), Vec::<String>::new());

    copy(json!({"TaggingDirective": "REPLACE", "Tagging": "c=3&d=%26"})).unwrap();
    assert_eq!(tags(&place, "copy"), ["c=3", "d=&"]);
}

#[test]
fn a_source_that_is_replaced_meanwhile_is_an_error() {
    let place = Place::new();
    source(&place, "key", 2 * PART);
    place.backend.refuse(|asked| {
        (asked.operation == "UploadPartCopy").then(|| Refusal::new("PreconditionFailed"))
    });
    let error = place
        .s3()
        .copy((BUCKET, "key"), BUCKET, "copy")
        .run()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("s3://river/key: the contents of the stored object did not match"),
        "{error}"
    );
    assert_eq!(place.backend.bytes(BUCKET, "copy"), None);
    place.assert_clean(&[]);
    let asked = place.backend.asked_for("UploadPartCopy");
    let is_of_two = |range: &str| ["bytes=0-5242879", "bytes=5242880-10485759"].contains(&range);
    assert!(
        asked
            .iter()
            .all(|asked| asked.range.as_deref().is_some_and(is_of_two))
    );
}

#[test]
fn an_error_in_a_response_of_status_200_is_an_error() {
    let place = Place::new();
    source(&place, "key", 2 * PART);
    place.backend.refuse(|asked| {
        let hit = asked.operation == "UploadPartCopy" && asked.nth < 2;
        hit.then(|| Refusal::in_body("InternalError"))
    });
    place
        .s3()
        .copy((BUCKET, "key"), BUCKET, "copy")
        .run()
        .unwrap();
    assert!(place.backend.bytes(BUCKET, "copy").unwrap() == bytes(2 * PART));
}

#[test]
fn copies_use_the_clients_and_conditions_of_the_source() {
    let place = Place::new();
    source(&place, "key", 2 * PART);
    let etag = place.backend.etag(BUCKET, "key").unwrap();
    let copy = |etag: &str| {
        let source = CopySource::new(BUCKET, "key").client(&place.client);
        let args = json!({"CopySourceIfMatch": format!("\"{etag}\"")});
        place.s3().copy(source, BUCKET, "copy").args(args).run()
    };
    copy(&etag).unwrap();
    let error = copy("another").unwrap_err();
    assert_eq!(error.service_error().unwrap().status, 412, "{error}");
}
