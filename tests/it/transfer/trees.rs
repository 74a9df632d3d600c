//! What trees of files need: listings, many jobs as one, moves, what is not overwritten, guessed types, links.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tucuxi::transfer::{CopyProperties, End, Filter, TransferError};

use super::{BUCKET, PART, Place, bytes};
use crate::support::s3::Refusal;

fn head(place: &Place, key: &str) -> serde_json::Value {
    let params = json!({"Bucket": BUCKET, "Key": key});
    place.client.call("s3", "HeadObject", params).unwrap()
}

#[test]
fn listed_objects_are_downloaded_without_a_head() {
    let place = Place::new();
    for key in ["a", "p/b", "p/c", "q"] {
        place.backend.put(BUCKET, key, key);
    }
    let s3 = place.s3();
    let listed: Vec<_> = s3
        .objects(BUCKET, "p")
        .page_size(1)
        .iter()
        .unwrap()
        .collect();
    let keys: Vec<_> = listed
        .iter()
        .map(|it| it.as_ref().unwrap().key.clone())
        .collect();
    assert_eq!(keys, ["p/b", "p/c"]);
    place.backend.forget();
    let jobs = listed.into_iter().map(|object| {
        let object = object?;
        let path = place.path(object.key.trim_start_matches("p/"));
        Ok(s3.download_file(BUCKET, &object.key, path).listed(&object))
    });
    let report = s3.many(jobs.collect::<Vec<_>>()).run().unwrap();
    assert_eq!((report.objects, report.bytes), (2, 6));
    assert_eq!(std::fs::read(place.path("b")).unwrap(), b"p/b");
    assert!(place.backend.asked_for("HeadObject").is_empty());
    let looked_at = s3.object(BUCKET, "q", json!({})).unwrap();
    assert_eq!((looked_at.size, looked_at.is_archived()), (1, false));
}

#[test]
fn a_listing_that_may_be_incomplete_is_none_of_all() {
    let place = Place::new();
    place.backend.put(BUCKET, "a", "a");
    assert_eq!(place.s3().objects(BUCKET, "").all().unwrap().len(), 1);
    let cut = place.edited(|_, _, response| {
        super::with_text(response, |text| text.replace(super::syncs::LAST, ""))
    });
    assert_eq!(cut.objects(BUCKET, "").iter().unwrap().count(), 1);
    let error = cut.objects(BUCKET, "").all().unwrap_err();
    let error: Option<&TransferError> = error.downcast_ref();
    assert!(
        matches!(error, Some(TransferError::Listing { .. })),
        "{error:?}"
    );
}

#[test]
fn many_jobs_report_each_of_their_ends() {
    let place = Place::new();
    let (good, bad) = (place.file("good", b"g"), place.path("bad"));
    place.backend.put(BUCKET, "old", "old");
    let ends = Arc::new(Mutex::new(Vec::new()));
    let s3 = place
        .client
        .transfer_with(place.config().overwrite(false))
        .unwrap();
    let observed = |name: &'static str| {
        let ends = ends.clone();
        move |end: End<'_>| {
            let how = match end {
                End::Done => "done",
                End::Failed(_) => "failed",
                End::Skipped => "skipped",
                _ => "other",
            };
            ends.lock().unwrap().push(format!("{name} {how}"));
        }
    };
    let jobs = [
        s3.upload_file(&good, BUCKET, "good")
            .on_end(observed("good")),
        s3.upload_file(&bad, BUCKET, "bad").on_end(observed("bad")),
        s3.upload("new", BUCKET, "old").on_end(observed("old")),
        s3.delete(BUCKET, "gone").on_end(observed("gone")),
    ];
    let error = s3.many(jobs.map(Ok)).run().unwrap_err();
    let Some(TransferError::Several { report }) = error.downcast_ref() else {
        panic!("{error}");
    };
    assert_eq!((report.objects, report.failures.len()), (2, 1));
    assert_eq!(report.skipped, [format!("s3://{BUCKET}/old")]);
    let mut ends = ends.lock().unwrap().clone();
    ends.sort_unstable();
    assert_eq!(
        ends,
        ["bad failed", "gone done", "good done", "old skipped"]
    );
    assert_eq!(place.backend.bytes(BUCKET, "old").unwrap(), b"old");
    // a job of many objects is not one of a single object
    let nested = s3.many([Ok(s3.upload_folder(place.path(""), BUCKET, "x"))]);
    assert!(nested.run().is_err());
}

#[test]
fn nothing_that_exists_is_overwritten_on_request() {
    let place = Place::new();
    let large = bytes(2 * PART);
    let (small, big) = (place.file("small", b"new"), place.file("big", &large));
    place.backend.put(BUCKET, "key", "old");
    let s3 = place
        .client
        .transfer_with(place.config().overwrite(false))
        .unwrap();
    for source in [&small, &big] {
        let report = s3.upload_file(source, BUCKET, "key").run().unwrap();
        assert_eq!((report.objects, report.skipped.len()), (0, 1));
    }
    // the parts of the large one are not kept
    assert_eq!(place.backend.uploads(BUCKET), []);
    let report = s3.download_file(BUCKET, "key", &small).run().unwrap();
    assert_eq!((report.objects, report.skipped.len()), (0, 1));
    assert_eq!(std::fs::read(&small).unwrap(), b"new");
    // what was skipped is not moved either
    let moved = s3.upload_file(&small, BUCKET, "key").delete_source(true);
    moved.run().unwrap();
    let moved = s3.download_file(BUCKET, "key", &small).delete_source(true);
    moved.run().unwrap();
    assert!(small.exists() && place.backend.bytes(BUCKET, "key").is_some());
    assert_eq!(
        s3.download_file(BUCKET, "key", place.path("new"))
            .run()
            .unwrap()
            .objects,
        1
    );
    place.assert_clean(&[&small, &big, &place.path("new")]);
}

#[test]
fn moves_delete_their_source_once_it_is_there() {
    let place = Place::new();
    let s3 = place.s3();
    for len in [3, 2 * PART] {
        let path = place.file("file", &bytes(len));
        s3.upload_file(&path, BUCKET, "a")
            .delete_source(true)
            .run()
            .unwrap();
        assert!(!path.exists());
        s3.copy((BUCKET, "a"), BUCKET, "b")
            .delete_source(true)
            .run()
            .unwrap();
        s3.download_file(BUCKET, "b", &path)
            .delete_source(true)
            .run()
            .unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes(len));
        assert!(place.backend.keys(BUCKET).is_empty());
        // a source that cannot be deleted is a failure, and the transfer stays
        s3.upload_file(&path, BUCKET, "a").run().unwrap();
        place.backend.refuse(|asked| {
            (asked.operation == "DeleteObject").then(|| Refusal::new("AccessDenied"))
        });
        let error = s3
            .copy((BUCKET, "a"), BUCKET, "c")
            .delete_source(true)
            .run();
        assert_eq!(error.unwrap_err().code(), Some("AccessDenied"));
        place.backend.relent();
        assert_eq!(place.backend.bytes(BUCKET, "c").unwrap(), bytes(len));
        for key in ["a", "c"] {
            s3.delete(BUCKET, key).run().unwrap();
        }
    }
    // a failed transfer deletes nothing
    let path = place.file("file", b"x");
    let moved = s3.upload_file(&path, "none", "a").delete_source(true);
    assert!(moved.run().is_err() && path.exists());
    let moved = s3.upload("bytes", BUCKET, "a").delete_source(true);
    assert!(
        moved
            .run()
            .unwrap_err()
            .to_string()
            .contains("only files and objects")
    );
}

#[test]
fn content_types_are_guessed_on_request() {
    let place = Place::new();
    let config = place.config().guess_content_type(true);
    let s3 = place.client.transfer_with(config).unwrap();
    place.file("site/a.html", b"a");
    place.file("site/b", b"b");
    s3.upload_folder(place.path("site"), BUCKET, "")
        .run()
        .unwrap();
    assert_eq!(head(&place, "a.html")["ContentType"], "text/html");
    assert_ne!(head(&place, "b")["ContentType"], "text/html");
    let args = json!({"ContentType": "x/y"});
    let upload = s3.upload_file(place.path("site/a.html"), BUCKET, "c");
    upload.args(args).run().unwrap();
    assert_eq!(head(&place, "c")["ContentType"], "x/y");
}

#[test]
fn copies_take_over_what_is_requested() {
    let place = Place::new();
    let args = json!({"ContentType": "a/b", "Metadata": {"k": "v"}, "Tagging": "t=1"});
    for (key, len) in [("small", 3), ("big", PART + 1)] {
        let upload = place.s3().upload(bytes(len), BUCKET, key);
        upload.args(args.clone()).run().unwrap();
    }
    for (properties, content_type, metadata, has_tags) in [
        (CopyProperties::None, false, false, false),
        (CopyProperties::Metadata, true, true, false),
        (CopyProperties::MetadataAndTags, true, true, true),
    ] {
        let config = place.config().copy_properties(properties);
        let s3 = place.client.transfer_with(config).unwrap();
        for key in ["small", "big"] {
            s3.copy((BUCKET, key), BUCKET, "to").run().unwrap();
            let head = head(&place, "to");
            assert_eq!(
                head["ContentType"] == "a/b",
                content_type,
                "{properties:?} {key}"
            );
            assert_eq!(
                head["Metadata"]["k"] == "v",
                metadata,
                "{properties:?} {key}"
            );
            let params = json!({"Bucket": BUCKET, "Key": "to"});
            let tags = place.client.call("s3", "GetObjectTagging", params).unwrap();
            let tags = tags["TagSet"].as_array().cloned().unwrap_or_default();
            assert_eq!(!tags.is_empty(), has_tags, "{properties:?} {key}");
        }
    }
    // an own property is added to those of the source
    let config = place.config().copy_properties(CopyProperties::Metadata);
    let s3 = place.client.transfer_with(config).unwrap();
    let own = json!({"CacheControl": "no-store"});
    s3.copy((BUCKET, "small"), BUCKET, "to")
        .args(own)
        .run()
        .unwrap();
    let head = head(&place, "to");
    assert_eq!(
        (&head["ContentType"], &head["CacheControl"]),
        (&json!("a/b"), &json!("no-store"))
    );
}

#[test]
#[cfg(unix)]
fn links_are_left_out_on_request() {
    let place = Place::new();
    let target = place.file("target", b"t");
    place.file("tree/own", b"o");
    std::os::unix::fs::symlink(&target, place.path("tree/link")).unwrap();
    let config = place.config().follow_links(false);
    let s3 = place.client.transfer_with(config).unwrap();
    let tree = place.path("tree");
    s3.upload_folder(&tree, BUCKET, "").run().unwrap();
    assert_eq!(place.backend.keys(BUCKET), ["own"]);
    assert_eq!(
        s3.sync_up(&tree, BUCKET, "")
            .plan()
            .unwrap()
            .changes()
            .count(),
        0
    );
    place.s3().upload_folder(&tree, BUCKET, "").run().unwrap();
    assert_eq!(place.backend.keys(BUCKET), ["link", "own"]);
}

#[test]
fn what_a_sync_does_not_include_is_left_alone() {
    let place = Place::new();
    for (name, key) in [
        ("a.txt", "a.txt"),
        ("b.tmp", "c.tmp"),
        ("d/e.txt", "gone.txt"),
    ] {
        place.file(&format!("tree/{name}"), b"x");
        place.backend.put(BUCKET, key, "longer");
    }
    let filter = || Filter::new().exclude("*.tmp").exclude("d/*");
    let up = place.s3().sync_up(place.path("tree"), BUCKET, "");
    up.filter(filter()).delete(true).job().run().unwrap();
    assert_eq!(place.backend.keys(BUCKET), ["a.txt", "c.tmp"]);
    let down = place.s3().sync_down(BUCKET, "", place.path("tree"));
    let plan = down.filter(filter()).delete(true).plan().unwrap();
    assert_eq!(plan.changes().count(), 0);
}
