//! Transfers of folders and prefixes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tucuxi::Error;
use tucuxi::transfer::{Compare, Difference, Report, SyncPlan, TransferError, TransferManager};
use tucuxi::transport::Replay;

use super::{BUCKET, PART, Place, bytes};
use crate::support::client::over;
use crate::support::s3::Refusal;

pub(crate) fn report(error: Error) -> Report {
    match error.downcast() {
        Ok(TransferError::Several { report }) => *report,
        other => panic!("{other:?}"),
    }
}

/// Files by path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = files(&path);
            found.extend(
                below
                    .into_iter()
                    .map(|(below, content)| (format!("{name}/{below}"), content)),
            );
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

const NAMES: [&str; 9] = [
    "a",
    "b/c",
    "b/c d/ü%20",
    "b.txt",
    "empty",
    "large",
    "x/y/z/w",
    "#hash?",
    "...dots",
];

fn fill(place: &Place) -> std::path::PathBuf {
    for name in NAMES {
        let content = match name {
            "empty" => Vec::new(),
            "large" => bytes(2 * PART + 1),
            name => name.into(),
        };
        place.file(&format!("from/{name}"), &content);
    }
    place.path("from")
}

#[test]
fn a_folder_round_trips() {
    let place = Place::new();
    let from = fill(&place);
    for prefix in ["", "some/where", "slash/"] {
        let report = place
            .s3()
            .upload_folder(&from, BUCKET, prefix)
            .run()
            .unwrap();
        assert_eq!(report.objects, NAMES.len() as u64);
        let to = place.path("to/new");
        let report = place
            .s3()
            .download_folder(BUCKET, prefix, &to)
            .run()
            .unwrap();
        assert_eq!(report.objects, NAMES.len() as u64, "{prefix}");
        assert!(files(&from) == files(&to), "{prefix}");
        let modified = std::fs::metadata(to.join("a")).unwrap().modified().unwrap();
        assert!(
            modified <= SystemTime::now()
                && modified > SystemTime::now() - Duration::from_secs(600)
        );
        std::fs::remove_dir_all(&to).unwrap();
        let deleted = place
            .s3()
            .delete_folder(BUCKET, prefix)
            .job()
            .run()
            .unwrap();
        assert_eq!(
            (deleted.objects, place.backend.keys(BUCKET).len()),
            (NAMES.len() as u64, 0)
        );
        place.assert_clean(&[]);
    }
}

#[test]
fn thousands_of_objects_round_trip() {
    let place = Place::new();
    for n in 0..1_200 {
        place.file(&format!("from/{}/{n}", n % 7), n.to_string().as_bytes());
    }
    let from = place.path("from");
    let report = place.s3().upload_folder(&from, BUCKET, "p").run().unwrap();
    assert_eq!(report.objects, 1_200);
    let report = place
        .s3()
        .download_folder(BUCKET, "p", place.path("to"))
        .run()
        .unwrap();
    assert_eq!(report.objects, 1_200);
    // a listing replaces HeadObject
    assert!(place.backend.asked_for("HeadObject").is_empty());
    assert!(files(&from) == files(&place.path("to")));
    let copied = place
        .s3()
        .copy_folder(BUCKET, "p", BUCKET, "q")
        .run()
        .unwrap();
    assert_eq!(
        (copied.objects, place.backend.keys(BUCKET).len()),
        (1_200, 2_400)
    );
    place.s3().delete_folder(BUCKET, "").job().run().unwrap();
    assert!(place.backend.keys(BUCKET).is_empty());
    assert_eq!(
        place
            .backend
            .asked_for("DeleteObjects")
            .iter()
            .filter(|asked| asked.key.is_none())
            .count(),
        3
    );
}

#[test]
fn regression_a_prefix_is_not_copied_into_itself() {
    let place = Place::new();
    place.backend.put(BUCKET, "p/a", "x");
    for (from, to) in [("p", "p/q"), ("", "q")] {
        let error = place.s3().copy_folder(BUCKET, from, BUCKET, to).run();
        let error = error.unwrap_err().to_string();
        assert!(error.contains("which is below it"), "{error}");
    }
    assert_eq!(place.backend.keys(BUCKET), ["p/a"]);
    for (from, bucket, to) in [("p", BUCKET, "pq"), ("p", "sea", "p/q"), ("p", BUCKET, "")] {
        place.backend.create_bucket(bucket);
        place
            .s3()
            .copy_folder(BUCKET, from, bucket, to)
            .run()
            .unwrap();
    }
    assert_eq!(place.backend.keys(BUCKET), ["a", "p/a", "pq/a"]);
    assert_eq!(place.backend.keys("sea"), ["p/q/a"]);
}

#[test]
fn no_key_leads_out_of_the_folder_or_over_another_file() {
    let place = Place::new();
    for key in [
        "p/good",
        "p/../out",
        "p//double",
        "p/./same",
        "p/folder/",
        "p/",
    ] {
        let content: &[u8] = if key.ends_with('/') { b"" } else { b"x" };
        place.backend.put(BUCKET, key, content.to_vec());
    }
    place
        .backend
        .put(BUCKET, "p/full/", "a file where a folder should be");
    let to = place.path("to");
    let report = report(
        place
            .s3()
            .download_folder(BUCKET, "p", &to)
            .run()
            .unwrap_err(),
    );
    assert_eq!(
        (report.objects, report.failures.len()),
        (1, 4),
        "{report:?}"
    );
    assert_eq!(report.skipped.len(), 2);
    for failure in &report.failures {
        assert!(
            failure
                .error
                .to_string()
                .contains("cannot be mapped to a path inside the folder"),
            "{}",
            failure.error
        );
    }
    assert_eq!(files(&to).into_keys().collect::<Vec<_>>(), ["good"]);
    place.assert_clean(&[]);
}

#[test]
fn a_failure_does_not_stop_other_objects() {
    let place = Place::new();
    let from = fill(&place);
    place.backend.refuse(|asked| {
        let hit = matches!(asked.key.as_deref(), Some("p/a" | "p/large"));
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let error = place
        .s3()
        .upload_folder(&from, BUCKET, "p")
        .run()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("2 of 9 failed: failed to upload"),
        "{error}"
    );
    let report = report(error);
    assert_eq!(report.objects, 7);
    place.assert_clean(&[]);
    // a batch deletion names the keys that were not deleted
    place.backend.refuse(|asked| {
        (asked.key.as_deref() == Some("p/b.txt")).then(|| Refusal::new("AccessDenied"))
    });
    let report = self::report(
        place
            .s3()
            .delete_folder(BUCKET, "p")
            .job()
            .run()
            .unwrap_err(),
    );
    assert_eq!(
        (report.objects, &*report.failures[0].object),
        (6, "s3://river/p/b.txt")
    );
    let error = place
        .s3()
        .upload_folder(place.path("none"), BUCKET, "p")
        .run()
        .unwrap_err();
    assert!(error.to_string().contains("none: No such file"), "{error}");
    let error = place
        .s3()
        .download_folder("nowhere", "p", place.path("to"))
        .run()
        .unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"), "{error}");
}

pub(crate) fn changes(plan: &SyncPlan) -> Vec<(&str, Difference)> {
    plan.changes().collect()
}

#[test]
fn a_sync_performs_its_plan() {
    let place = Place::new();
    let from = fill(&place);
    let s3 = place.s3();
    let plan = s3.sync_up(&from, BUCKET, "p").plan().unwrap();
    assert_eq!(plan.changes().count(), NAMES.len());
    assert!(plan.to_string().contains("upload") && plan.bytes() > 2 * PART as u64);
    assert_eq!(plan.job().run().unwrap().objects, NAMES.len() as u64);
    let plan = s3.sync_up(&from, BUCKET, "p").delete(true).plan().unwrap();
    assert_eq!(
        (changes(&plan), plan.unchanged()),
        (vec![], NAMES.len() as u64)
    );

    std::fs::write(from.join("a"), "longer").unwrap();
    std::fs::remove_file(from.join("b/c")).unwrap();
    std::fs::write(from.join("new"), "new").unwrap();
    let later = SystemTime::now() + Duration::from_secs(3600);
    std::fs::File::options()
        .write(true)
        .open(from.join("b.txt"))
        .unwrap()
        .set_modified(later)
        .unwrap();
    let plan = s3.sync_up(&from, BUCKET, "p").delete(true).plan().unwrap();
    let expected = [
        ("a", Difference::Size),
        ("b.txt", Difference::Time),
        ("b/c", Difference::Extra),
        ("new", Difference::Missing),
    ];
    assert_eq!(changes(&plan), expected);
    let by_size = s3
        .sync_up(&from, BUCKET, "p")
        .compare(Compare::Size)
        .plan()
        .unwrap();
    assert_eq!(
        changes(&by_size),
        [("a", Difference::Size), ("new", Difference::Missing)]
    );
    plan.job().run().unwrap();
    assert!(!place.backend.keys(BUCKET).contains(&"p/b/c".to_owned()));

    // download into a folder that does not exist, then once more
    let to = place.path("to");
    s3.sync_down(BUCKET, "p", &to).job().run().unwrap();
    assert!(files(&from) == files(&to));
    place.file("to/extra/file", b"x");
    let plan = s3.sync_down(BUCKET, "p", &to).plan().unwrap();
    assert_eq!(changes(&plan), []);
    let plan = s3.sync_down(BUCKET, "p", &to).delete(true).plan().unwrap();
    assert_eq!(changes(&plan), [("extra/file", Difference::Extra)]);
    plan.job().run().unwrap();
    assert!(files(&from) == files(&to));
}

#[test]
fn contents_are_compared_by_checksum_or_etag() {
    let place = Place::new();
    let from = fill(&place);
    let s3 = place.s3();
    s3.upload_folder(&from, BUCKET, "p").run().unwrap();
    // without a checksum the ETag is the MD5; in parts it is derived from theirs
    place.backend.put(BUCKET, "p/a", "a");
    let plan = s3
        .sync_up(&from, BUCKET, "p")
        .compare(Compare::Checksum)
        .plan()
        .unwrap();
    assert_eq!(
        (changes(&plan), plan.unchanged()),
        (vec![], NAMES.len() as u64)
    );
    let mut large = bytes(2 * PART + 1);
    large[PART] ^= 1;
    std::fs::write(from.join("large"), large).unwrap();
    std::fs::write(from.join("a"), "b").unwrap();
    std::fs::write(from.join("b/c"), "b/d").unwrap();
    let plan = s3
        .sync_up(&from, BUCKET, "p")
        .compare(Compare::Checksum)
        .plan()
        .unwrap();
    let expected = ["a", "b/c", "large"].map(|name| (name, Difference::Content));
    assert_eq!(changes(&plan), expected);
}

#[test]
fn regression_incomparable_contents_are_different() {
    let place = Place::new();
    let from = fill(&place);
    let s3 = place.s3();
    s3.upload_folder(&from, BUCKET, "p").run().unwrap();
    place.backend.refuse(|asked| {
        let hit = asked.operation == "HeadObject" && asked.key.as_deref() == Some("p/a");
        hit.then(|| Refusal::new("AccessDenied"))
    });
    let sync = s3.sync_up(&from, BUCKET, "p").compare(Compare::Checksum);
    let plan = sync.plan().unwrap();
    assert_eq!(
        (changes(&plan), plan.unchanged()),
        (vec![], NAMES.len() as u64 - 1)
    );
    let report = report(plan.job().run().unwrap_err());
    assert_eq!(&*report.failures[0].object, "s3://river/p/a");
}

#[test]
#[cfg(unix)]
fn skipped_and_unreadable_paths_are_reported() {
    let place = Place::new();
    place.file("from/file", b"x");
    let socket = std::os::unix::net::UnixListener::bind(place.path("from/socket")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.path("from/broken")).unwrap();
    let report = report(
        place
            .s3()
            .upload_folder(place.path("from"), BUCKET, "p")
            .run()
            .unwrap_err(),
    );
    assert_eq!(report.objects, 1);
    assert!(report.skipped[0].ends_with("/socket"), "{report:?}");
    assert!(report.failures[0].object.ends_with("/broken"), "{report:?}");
    // an unreadable folder may contain the files, so nothing counts as extra
    place.backend.put(BUCKET, "p/broken", "x");
    let plan = place
        .s3()
        .sync_up(place.path("from"), BUCKET, "p")
        .delete(true)
        .plan()
        .unwrap();
    assert_eq!(changes(&plan), []);
    drop(socket);
}

#[test]
#[cfg(unix)]
fn regression_no_file_behind_a_link_is_extra() {
    let place = Place::new();
    place.file("elsewhere/file", b"x");
    place.file("to/there/same", b"x");
    place.file("to/extra", b"x");
    for (link, to) in [("out", "../elsewhere"), ("again", "there")] {
        std::os::unix::fs::symlink(to, place.path("to").join(link)).unwrap();
    }
    std::os::unix::fs::symlink("../elsewhere/file", place.path("to/link")).unwrap();
    place.backend.put(BUCKET, "p/there/same", "x");
    let sync = place.s3().sync_down(BUCKET, "p", place.path("to"));
    let plan = sync.compare(Compare::Size).delete(true).plan().unwrap();
    let expected = ["extra", "link"].map(|name| (name, Difference::Extra));
    assert_eq!(changes(&plan), expected);
    plan.job().run().unwrap();
    let left = ["again/same", "out/file", "there/same"];
    assert_eq!(
        files(&place.path("to")).into_keys().collect::<Vec<_>>(),
        left
    );
}

#[test]
#[cfg(unix)]
fn regression_link_targets_are_not_extra() {
    let place = Place::new();
    place.file("to/data/file", b"x");
    place.file("to/data/extra", b"x");
    place.file("to/real", b"x");
    for (link, to) in [("link", "real"), ("folder", "data"), ("extra", "real")] {
        std::os::unix::fs::symlink(to, place.path("to").join(link)).unwrap();
    }
    // both objects exist as files with other names
    place.backend.put(BUCKET, "p/link", "new");
    place.backend.put(BUCKET, "p/folder/file", "x");
    let sync = place.s3().sync_down(BUCKET, "p", place.path("to"));
    let sync = sync.compare(Compare::Size).delete(true);
    let plan = sync.clone().plan().unwrap();
    let expected = [
        ("data/extra", Difference::Extra),
        ("extra", Difference::Extra),
        ("link", Difference::Size),
    ];
    assert_eq!(changes(&plan), expected);
    plan.job().run().unwrap();
    let there = files(&place.path("to"));
    let kept = ["data/file", "folder/file", "link", "real"];
    assert_eq!(there.keys().collect::<Vec<_>>(), kept);
    assert_eq!(there["real"], b"new");
    assert_eq!(changes(&sync.plan().unwrap()), []);
}

#[test]
fn regression_listings_receive_their_arguments() {
    let place = Place::new();
    place.file("folder/file", b"x");
    let listing = "<ListBucketResult><Contents><Key>p/file</Key><Size>1</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>";
    let args = json!({"RequestPayer": "requester", "ExpectedBucketOwner": "123456789012"});
    let job = |s3: &TransferManager, what: &str| {
        let (folder, other) = (place.path("folder"), place.path("other"));
        match what {
            "copy" => s3.copy_folder(BUCKET, "p", BUCKET, "q"),
            "delete" => s3.delete_folder(BUCKET, "p").job(),
            "download" => s3.download_folder(BUCKET, "p", other),
            "sync down" => s3.sync_down(BUCKET, "p", other).job(),
            _ => s3
                .sync_up(folder, BUCKET, "p")
                .compare(Compare::Checksum)
                .job(),
        }
    };
    for what in ["copy", "delete", "download", "sync down", "sync up"] {
        let replay = Arc::new(
            Replay::new()
                .respond(200, &[], listing)
                .respond(404, &[], ""),
        );
        let config = place.client.config().with(|config| config).unwrap();
        let client = over(config, replay.clone());
        // requests after the listing get no response
        let _ = job(&client.transfer(), what).args(args.clone()).run();
        let sent = replay.sent();
        assert!(
            sent.len() > 1 && sent[0].uri.query().unwrap().contains("list-type=2"),
            "{what}"
        );
        for sent in sent {
            for (name, value) in [
                ("x-amz-request-payer", "requester"),
                ("x-amz-expected-bucket-owner", "123456789012"),
            ] {
                let given = sent.headers.get(name).map(|value| value.to_str().unwrap());
                assert_eq!(given, Some(value), "{what}: {} {}", sent.method, sent.uri);
            }
        }
    }
}

#[test]
fn arguments_of_folders_are_those_of_their_transfers() {
    let place = Place::new();
    let from = fill(&place);
    let args = json!({"CacheControl": "no-store"});
    place
        .s3()
        .sync_up(&from, BUCKET, "p")
        .args(args)
        .plan()
        .unwrap()
        .job()
        .run()
        .unwrap();
    let head = place
        .client
        .call(
            "s3",
            "HeadObject",
            json!({"Bucket": BUCKET, "Key": "p/large"}),
        )
        .unwrap();
    assert_eq!(head["CacheControl"], "no-store");
    let wrong = place
        .s3()
        .download_folder(BUCKET, "p", place.path("to"))
        .args(json!({"ACL": "private"}))
        .run();
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("\"ACL\" of a download")
    );
}
