//! Syncs: deletions, skipped files, and hostile servers and names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tucuxi::transfer::{Compare, Difference, Job, TransferManager};
use tucuxi::transport::{CancelToken, Replay};

use super::folders::{changes, files, report};
use super::{BUCKET, PART, Place, bytes};
use crate::support::client::over;
use crate::support::s3::Refusal;

/// A listing with these entries and this end.
fn listing(keys: &[&str], end: &str) -> String {
    let contents = keys.iter().map(|key| {
        format!(
            "<Contents><Key>{key}</Key><Size>1</Size>\
             <LastModified>2020-01-01T00:00:00Z</LastModified></Contents>"
        )
    });
    let contents: String = contents.collect();
    format!("<ListBucketResult>{contents}{end}</ListBucketResult>")
}

pub(super) const LAST: &str = "<IsTruncated>false</IsTruncated>";

fn more(token: &str) -> String {
    format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>")
}

/// A client that receives these responses with status 200.
pub(super) fn replayed(place: &Place, pages: &[(&str, String)]) -> (TransferManager, Arc<Replay>) {
    let replay = pages.iter().fold(Replay::new(), |replay, (kind, page)| {
        replay.respond(200, &[("content-type", *kind)], page.clone())
    });
    let replay = Arc::new(replay);
    let config = place.client.config().with(|config| config).unwrap();
    let client = over(config, replay.clone());
    (client.transfer_with(place.config()).unwrap(), replay)
}

#[test]
fn incomplete_listings_delete_nothing() {
    const XML: &str = "application/xml";
    let xml = |pages: &[String]| -> Vec<(&str, String)> {
        pages.iter().map(|page| (XML, page.clone())).collect()
    };
    let (a, b) = (more("A"), more("B"));
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        ("a web page", vec![("text/html", "<html><body>log in</body></html>".into())]),
        ("a page that is no XML", vec![("text/html", "<!doctype html><p>log in".into())]),
        ("nothing", xml(&[String::new()])),
        ("another result", xml(&["<ListAllMyBucketsResult/>".into()])),
        ("an empty result", xml(&["<ListBucketResult/>".into()])),
        ("no end", xml(&[listing(&["p/a"], "")])),
        ("more without a token", xml(&[listing(&["p/a"], "<IsTruncated>true</IsTruncated>")])),
        ("more with an empty token", xml(&[listing(&["p/a"], &more(""))])),
        ("the last with a token", xml(&[listing(&["p/a"], &format!("{LAST}<NextContinuationToken>A</NextContinuationToken>"))])),
        ("A, A", xml(&[listing(&["p/a"], &a), listing(&["p/b"], &a), listing(&["p/c"], LAST)])),
        ("A, B, A, B", xml(&[listing(&["p/a"], &a), listing(&["p/b"], &b), listing(&["p/c"], &a), listing(&["p/d"], &b), listing(&["p/e"], LAST)])),
        ("the same page under new tokens", xml(&[listing(&["p/a"], &a), listing(&["p/a"], &b), listing(&["p/a"], LAST)])),
        ("a key twice", xml(&[listing(&["p/a", "p/b", "p/b"], LAST)])),
        ("a second page that is cut", xml(&[listing(&["p/a"], &a), listing(&["p/b"], LAST)[..60].to_owned()])),
        ("a second page that is missing", xml(&[listing(&["p/a"], &a)])),
        ("a second page of another kind", vec![(XML, listing(&["p/a"], &a)), ("text/html", "<html/>".into())]),
        ("a key that was not asked for", xml(&[listing(&["p/a", "q/b"], LAST)])),
        ("an entry without a key", xml(&["<ListBucketResult><Contents><Size>1</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>".into()])),
        ("fewer keys than it says", xml(&[listing(&["p/a"], &format!("{LAST}<KeyCount>2</KeyCount>"))])),
        ("keys that are grouped", xml(&[listing(&["p/a"], &format!("{LAST}<CommonPrefixes><Prefix>p/deep/</Prefix></CommonPrefixes>"))])),
        ("a part of the prefix", xml(&[listing(&["p/a"], &format!("<Prefix>p/a</Prefix>{LAST}"))])),
        ("entries that are none", xml(&["<ListBucketResult><IsTruncated>false</IsTruncated><Contents>p/b</Contents></ListBucketResult>".into()])),
        ("an end that is neither", xml(&[listing(&["p/a"], "<IsTruncated>no</IsTruncated>")])),
        ("another prefix", xml(&[listing(&[], &format!("<Prefix>q/</Prefix>{LAST}"))])),
    ];
    for (name, pages) in cases {
        for way in ["down", "up", "delete"] {
            let place = Place::new();
            for file in ["a", "mine", "deep/mine"] {
                place.file(&format!("folder/{file}"), b"x");
            }
            let (s3, replay) = replayed(&place, &pages);
            let folder = place.path("folder");
            let job = match way {
                "down" => s3.sync_down(BUCKET, "p", &folder).delete(true).job(),
                "up" => s3.sync_up(&folder, BUCKET, "p").delete(true).job(),
                _ => s3.delete_folder(BUCKET, "p").job(),
            };
            let result = job.run();
            assert!(result.is_err(), "{name}, {way}: {result:?}");
            let left: Vec<String> = files(&folder).into_keys().collect();
            assert_eq!(left, ["a", "deep/mine", "mine"], "{name}, {way}");
            let changed = |sent: &tucuxi::transport::SentRequest| sent.method != "GET";
            assert!(!replay.sent().iter().any(changed), "{name}, {way}");
        }
    }
}

#[test]
fn unconfirmed_deletions_are_failures() {
    let cases = [
        (
            "all",
            "<Deleted><Key>p/a</Key></Deleted><Deleted><Key>p/b</Key></Deleted>",
            0,
        ),
        ("none", "", 2),
        ("one", "<Deleted><Key>p/a</Key></Deleted>", 1),
        (
            "another",
            "<Deleted><Key>p/a</Key></Deleted><Deleted><Key>p/c</Key></Deleted>",
            1,
        ),
        (
            "an error",
            "<Deleted><Key>p/a</Key></Deleted><Error><Key>p/b</Key><Code>AccessDenied</Code></Error>",
            1,
        ),
        (
            "an error of another",
            "<Deleted><Key>p/a</Key></Deleted><Deleted><Key>p/b</Key></Deleted><Error><Key>p/c</Key><Code>AccessDenied</Code></Error>",
            1,
        ),
    ];
    for (name, result, failed) in cases {
        let place = Place::new();
        let deleted = format!("<DeleteResult>{result}</DeleteResult>");
        let pages = [
            ("application/xml", listing(&["p/a", "p/b"], LAST)),
            ("application/xml", deleted),
        ];
        let (s3, _) = replayed(&place, &pages);
        let failures = match s3.delete_folder(BUCKET, "p").job().run() {
            Ok(_) => 0,
            Err(error) => report(error).failures.len(),
        };
        assert_eq!(failures, failed, "{name}");
    }
}

#[test]
fn regression_keys_with_outer_spaces_are_deleted_one_by_one() {
    let place = Place::new();
    let keys = ["p/ ", "p/a", "p/b ", "p/\u{a0}c\u{a0}"];
    for key in keys {
        place.backend.put(BUCKET, key, "x");
    }
    place.backend.forget();
    place.s3().delete_folder(BUCKET, "p").job().run().unwrap();
    let asked = |operation| place.backend.asked_for(operation).len();
    assert_eq!((asked("DeleteObjects"), asked("DeleteObject")), (1, 3));
    assert_eq!(place.backend.keys(BUCKET), [""; 0]);
}

/// Creates files with one byte, and empty folders for names that end with a slash.
fn fill(place: &Place, files: &[&str]) {
    for file in files {
        match file.strip_suffix('/') {
            Some(folder) => {
                std::fs::create_dir_all(place.path(&format!("folder/{folder}"))).unwrap()
            }
            None => _ = place.file(&format!("folder/{file}"), b"old"),
        }
    }
}

#[test]
fn files_and_folders_replace_each_other_in_one_run() {
    let large = bytes(2 * PART + 1);
    let cases: [(&str, &[&str], &[&str]); 10] = [
        (
            "a file for a folder",
            &["item/old", "other"],
            &["item", "other"],
        ),
        (
            "a folder for a file",
            &["item", "other"],
            &["item/new", "item/deep/new", "other"],
        ),
        ("a file for an empty folder", &["item/"], &["item"]),
        (
            "a file for folders in folders",
            &["item/a/b/c", "item/a/d", "item/e/"],
            &["item"],
        ),
        (
            "a folder below a folder",
            &["a/item", "a/same"],
            &["a/item/x/y", "a/same"],
        ),
        (
            "a file below a folder",
            &["a/item/x/y", "a/same"],
            &["a/item", "a/same"],
        ),
        ("both at once", &["one", "two/x"], &["one/x", "two"]),
        (
            "names that are alike",
            &["item/old", "item-b", "item.c"],
            &["item", "item-b", "item.c"],
        ),
        ("nothing is left", &["item/old", "more"], &[]),
        ("large ones", &["large/old", "small"], &["large", "small/x"]),
    ];
    for (name, here, there) in cases {
        let place = Place::new();
        fill(&place, here);
        for key in there {
            let content: &[u8] = if key.starts_with("large") {
                &large
            } else {
                b"new!"
            };
            place
                .backend
                .put(BUCKET, &format!("p/{key}"), content.to_vec());
        }
        let folder = place.path("folder");
        let sync = place.s3().sync_down(BUCKET, "p", &folder).delete(true);
        if let Err(error) = sync.clone().job().run() {
            panic!("{name}: {error}");
        }
        let found = files(&folder);
        let mut expected: Vec<String> = there.iter().map(|it| (*it).to_owned()).collect();
        expected.sort_unstable();
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>(),
            "{name}"
        );
        assert!(
            found.values().all(|it| it == b"new!" || *it == large),
            "{name}"
        );
        let again = sync.plan().unwrap();
        assert_eq!(changes(&again), [], "{name}");
        // upload again, after files and folders were exchanged
        let up = Place::new();
        fill(&up, here);
        for key in there {
            up.backend.put(BUCKET, &format!("p/{key}"), "new!");
        }
        let sync = up.s3().sync_up(up.path("folder"), BUCKET, "p").delete(true);
        sync.clone().job().run().unwrap();
        let keys = here.iter().filter(|it| !it.ends_with('/'));
        let mut keys: Vec<String> = keys.map(|it| format!("p/{it}")).collect();
        keys.sort_unstable();
        assert_eq!(up.backend.keys(BUCKET), keys, "{name}");
        assert_eq!(changes(&sync.plan().unwrap()), [], "{name}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_is_replaced_and_its_target_kept() {
    for (link, to, key) in [
        ("item", "../elsewhere", "item"),
        ("item", "../elsewhere/kept", "item/new"),
        ("item/link", "../../elsewhere", "item"),
    ] {
        let place = Place::new();
        place.file("elsewhere/kept", b"x");
        place.file("folder/item-b", b"x");
        let link = place.path("folder").join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, &link).unwrap();
        place.backend.put(BUCKET, &format!("p/{key}"), "new!");
        let folder = place.path("folder");
        let sync = place.s3().sync_down(BUCKET, "p", &folder).delete(true);
        sync.clone().job().run().unwrap();
        assert_eq!(
            files(&folder).into_keys().collect::<Vec<_>>(),
            [key],
            "{to}"
        );
        assert_eq!(std::fs::read(place.path("elsewhere/kept")).unwrap(), b"x");
        assert_eq!(changes(&sync.plan().unwrap()), [], "{to}");
    }
}

#[test]
fn nothing_is_deleted_before_its_replacement_is_complete() {
    // the download of one object fails
    for (here, there, refused) in [
        (&["item/old", "extra"][..], &["item"][..], "p/item"),
        (&["item", "extra"], &["item/a", "item/b"], "p/item/b"),
        (&["item/old", "extra"], &["item", "other"], "p/other"),
        (&["extra"], &["a"], "p/a"),
    ] {
        let place = Place::new();
        fill(&place, here);
        for key in there {
            place.backend.put(BUCKET, &format!("p/{key}"), "new!");
        }
        place.backend.refuse(move |asked| {
            let hit = asked.operation == "GetObject" && asked.key.as_deref() == Some(refused);
            hit.then(|| Refusal::new("AccessDenied"))
        });
        let folder = place.path("folder");
        let sync = place.s3().sync_down(BUCKET, "p", &folder).delete(true);
        let report = report(sync.clone().job().run().unwrap_err());
        assert_eq!(report.failures.len(), 2, "{report:?}");
        let found = files(&folder);
        for file in here {
            assert_eq!(
                found.get(*file).map(Vec::as_slice),
                Some(&b"old"[..]),
                "{file}"
            );
        }
        assert!(!found.keys().any(|it| it.contains("tucuxi")), "{found:?}");
        place.backend.relent();
        sync.clone().job().run().unwrap();
        assert_eq!(files(&folder).into_keys().collect::<Vec<_>>(), there);
    }
    // an upload fails
    let place = Place::new();
    fill(&place, &["a", "b"]);
    place.backend.put(BUCKET, "p/extra", "x");
    place.backend.refuse(|asked| {
        (asked.key.as_deref() == Some("p/b")).then(|| Refusal::new("AccessDenied"))
    });
    let sync = place
        .s3()
        .sync_up(place.path("folder"), BUCKET, "p")
        .delete(true);
    sync.job().run().unwrap_err();
    assert_eq!(place.backend.keys(BUCKET), ["p/a", "p/extra"]);
}

#[test]
fn a_file_that_changed_after_it_was_listed_is_not_deleted() {
    for (here, there, changed) in [
        (&["extra"][..], &[][..], "extra"),
        (&["item/old"], &["item"], "item/old"),
        (&["item/old"], &["item"], "item/new"),
        (&["item"], &["item/new"], "item"),
    ] {
        let place = Place::new();
        fill(&place, here);
        for key in there {
            place.backend.put(BUCKET, &format!("p/{key}"), "new!");
        }
        let folder = place.path("folder");
        let sync = place.s3().sync_down(BUCKET, "p", &folder).delete(true);
        let plan = sync.plan().unwrap();
        place.file(&format!("folder/{changed}"), b"changed");
        let error = plan.job().run().unwrap_err().to_string();
        assert!(error.contains("changed after it was listed"), "{error}");
        assert_eq!(std::fs::read(folder.join(changed)).unwrap(), b"changed");
        for file in here.iter().filter(|file| **file != changed) {
            assert_eq!(std::fs::read(folder.join(file)).unwrap(), b"old");
        }
    }
}

#[cfg(unix)]
fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
#[cfg(unix)]
fn paths_skipped_on_one_side_are_kept_on_the_other() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    place.file("folder/file", b"old");
    make_fifo(&place.path("folder/fifo"));
    let _socket = std::os::unix::net::UnixListener::bind(place.path("folder/socket")).unwrap();
    let remote = ["p/fifo", "p/fifo/below", "p/gone", "p/socket"];
    for key in remote {
        place.backend.put(BUCKET, key, "x");
    }
    let up = place
        .s3()
        .sync_up(place.path("folder"), BUCKET, "p")
        .delete(true);
    let plan = up.plan().unwrap();
    let expected = [("file", Difference::Missing), ("gone", Difference::Extra)];
    assert_eq!(changes(&plan), expected);
    let report = plan.job().run().unwrap();
    assert_eq!(report.skipped.len(), 2);
    let kept = ["p/fifo", "p/fifo/below", "p/file", "p/socket"];
    assert_eq!(place.backend.keys(BUCKET), kept);
    // download: skipped files are neither written nor replaced
    let down = place
        .s3()
        .sync_down(BUCKET, "p", place.path("folder"))
        .compare(Compare::Size)
        .delete(true);
    assert_eq!(changes(&down.plan().unwrap()), []);
    // an incomplete listing prevents all deletions
    for (name, make) in [
        (
            "broken",
            (|at: &Path| std::os::unix::fs::symlink("nowhere", at).unwrap()) as fn(&Path),
        ),
        ("loop", |at| std::os::unix::fs::symlink(at, at).unwrap()),
        ("around", |at| {
            std::os::unix::fs::symlink(at.parent().unwrap(), at).unwrap()
        }),
        ("latin", |at| {
            let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
            std::fs::write(at.with_file_name(name), "x").unwrap();
        }),
    ] {
        let place = Place::new();
        place.file("folder/mine", b"old");
        make(&place.path("folder").join(name));
        for key in [
            format!("p/{name}"),
            format!("p/{name}/below"),
            "p/gone".to_owned(),
        ] {
            place.backend.put(BUCKET, &key, "x");
        }
        let up = place
            .s3()
            .sync_up(place.path("folder"), BUCKET, "p")
            .delete(true);
        assert_eq!(report_of(up.job()).failures.len(), 1, "{name}");
        assert_eq!(place.backend.keys(BUCKET).len(), 4, "{name}");
        let down = place
            .s3()
            .sync_down(BUCKET, "other", place.path("folder"))
            .delete(true);
        assert_eq!(report_of(down.job()).failures.len(), 1, "{name}");
        assert!(place.path("folder/mine").exists(), "{name}");
    }
}

fn report_of(job: Job<'static>) -> tucuxi::transfer::Report {
    report(job.run().unwrap_err())
}

#[test]
fn invalid_keys_and_sizes_fail_and_delete_nothing() {
    let entry = |key: &str, size: &str| format!("<Contents><Key>{key}</Key>{size}</Contents>");
    let size = "<Size>1</Size>";
    for (name, entries) in [
        ("up", entry("p/../a", size)),
        ("double", entry("p//a", size)),
        ("absolute", entry("p//etc/passwd", size)),
        ("null", entry("p/a%00b", size)),
        (
            "folder and file",
            entry("p/x", size) + &entry("p/x/y", size),
        ),
        ("no size", entry("p/a", "")),
        ("less than nothing", entry("p/a", "<Size>-1</Size>")),
        ("no number", entry("p/a", "<Size>many</Size>")),
    ] {
        let place = Place::new();
        place.file("folder/mine", b"old");
        let page = format!(
            "<ListBucketResult><EncodingType>url</EncodingType>{entries}{LAST}</ListBucketResult>"
        );
        let (s3, _) = replayed(&place, &[("application/xml", page)]);
        let sync = s3.sync_down(BUCKET, "p", place.path("folder"));
        let job = sync.compare(Compare::Size).delete(true).job();
        assert!(job.run().is_err(), "{name}");
        assert_eq!(
            files(&place.path("folder")),
            BTreeMap::from([("mine".to_owned(), b"old".to_vec())]),
            "{name}"
        );
    }
    // contradictory sizes
    let place = Place::new();
    let huge = format!("<Size>{}</Size>", u64::MAX);
    let page = format!(
        "<ListBucketResult>{}{}{LAST}</ListBucketResult>",
        entry("p/a", &huge),
        entry("p/b", &huge)
    );
    let (s3, _) = replayed(&place, &[("application/xml", page)]);
    let plan = s3
        .sync_down(BUCKET, "p", place.path("folder"))
        .plan()
        .unwrap();
    assert_eq!(plan.bytes(), u64::MAX);
    assert!(plan.job().run().is_err());
}

#[test]
fn keys_that_xml_cannot_represent_are_deleted() {
    let place = Place::new();
    let keys = [
        "p/a\nb",
        "p/a\r\nb",
        "p/plain",
        "p/ blank ",
        "p/a&<>\"'",
        "p/tab\t",
    ];
    for key in keys {
        place.backend.put(BUCKET, key, "x");
    }
    let report = place.s3().delete_folder(BUCKET, "p").job().run().unwrap();
    assert_eq!(report.objects, keys.len() as u64);
    assert!(place.backend.keys(BUCKET).is_empty());
}

#[test]
fn a_key_cannot_forge_a_line_of_a_plan() {
    let place = Place::new();
    let key = "p/a\ndelete /etc\u{1b}[2J\u{9b}\u{202e}";
    place.backend.put(BUCKET, key, "x");
    let folder = place.path("folder");
    let plan = place.s3().sync_down(BUCKET, "p", &folder).plan().unwrap();
    let text = plan.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.trim_end().contains(char::is_control) && !text.contains('\u{202e}'));
    assert!(
        text.contains(r"s3://river/p/a\ndelete /etc\u{1b}[2J\u{9b}\u{202e} to "),
        "{text}"
    );
    place
        .backend
        .refuse(|asked| (asked.operation == "GetObject").then(|| Refusal::new("AccessDenied")));
    let error = plan.job().run().unwrap_err().to_string();
    assert!(!error.contains(char::is_control), "{error}");
    let plan = place
        .s3()
        .sync_up(&folder, BUCKET, "p")
        .delete(true)
        .plan()
        .unwrap();
    assert!(
        plan.to_string()
            .starts_with(r"delete s3://river/p/a\ndelete /etc\u{1b}")
    );
}

#[test]
#[cfg(unix)]
fn cancel_ends_the_wait_for_a_pipe() {
    let place = Place::new();
    let fifo = place.path("fifo");
    make_fifo(&fifo);
    place.backend.put(BUCKET, "key", bytes(1 << 20));
    let job = |way: &str| match way {
        "down" => place.s3().download_file(BUCKET, "key", &fifo),
        _ => place.s3().upload_file(&fifo, BUCKET, "up"),
    };
    // the peer may have opened it and be idle
    let open = |way: &str| {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true);
        (way == "held").then(|| options.open(&fifo).unwrap())
    };
    for way in ["up", "down", "held"] {
        let _held = open(way);
        let cancel = CancelToken::default();
        let running = job(way).cancel_with(&cancel).start();
        std::thread::sleep(Duration::from_millis(100));
        assert!(!running.is_done(), "{way}");
        let start = Instant::now();
        cancel.cancel();
        let error = running.join().unwrap_err();
        assert!(error.is_cancelled(), "{way}: {error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{way}");
    }
    // with a peer it works in both directions
    let up = job("up").start();
    std::fs::write(&fifo, bytes(300_000)).unwrap();
    up.join().unwrap();
    assert!(place.backend.bytes(BUCKET, "up").unwrap() == bytes(300_000));
    let down = job("down").start();
    assert!(std::fs::read(&fifo).unwrap() == bytes(1 << 20));
    down.join().unwrap();
}

#[test]
#[cfg(unix)]
fn a_folder_is_not_downloaded_into_a_pipe() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    make_fifo(&place.path("folder/fifo"));
    place.backend.put(BUCKET, "p/fifo", "x");
    let job = place
        .s3()
        .download_folder(BUCKET, "p", place.path("folder"));
    let report = report_of(job);
    assert!(
        report.failures[0]
            .error
            .to_string()
            .contains("is in the way"),
        "{report:?}"
    );
}

#[test]
fn files_of_a_killed_download_are_ignored_and_removed() {
    let place = Place::new();
    for n in 0..200 {
        place
            .backend
            .put(BUCKET, &format!("p/{n:03}"), n.to_string());
    }
    for n in 0..3 {
        place
            .backend
            .put(BUCKET, &format!("p/large{n}"), bytes(3 * PART));
    }
    let to = place.path("file");
    let mut seen = 0;
    for round in 1..6 {
        super::resume::kill_after(&place, "folder", "GetObject", round * 30);
        let partial = |name: &String| name.contains(".tucuxi-");
        let left: Vec<String> = files(&to).into_keys().filter(partial).collect();
        seen += left.len();
        // without a peer it fails in both directions
        place.backend.forget();
        let up = place.s3().sync_up(&to, BUCKET, "up").plan().unwrap();
        let down = place
            .s3()
            .sync_down(BUCKET, "p", &to)
            .delete(true)
            .plan()
            .unwrap();
        for plan in [&up, &down] {
            assert!(!plan.to_string().contains(".tucuxi-"), "{plan}");
        }
        down.job().run().unwrap();
        let names: Vec<String> = files(&to).into_keys().filter(partial).collect();
        assert_eq!(names, Vec::<String>::new(), "round {round}, of {left:?}");
        assert_eq!(files(&to).len(), 203);
        std::fs::remove_dir_all(&to).unwrap();
    }
    assert!(seen > 0, "no download was killed while it had a file");
}

#[test]
fn two_concurrent_syncs_of_one_folder_succeed() {
    let place = Place::new();
    for n in 0..100 {
        place
            .backend
            .put(BUCKET, &format!("p/{n}"), bytes(n * 1_000));
    }
    let folder = place.path("folder");
    for n in 0..50 {
        place.file(&format!("folder/extra{n}"), b"x");
    }
    let job = || {
        place
            .s3()
            .sync_down(BUCKET, "p", &folder)
            .delete(true)
            .job()
    };
    let running = [job().start(), job().start(), job().start()];
    for running in running {
        running.join().unwrap();
    }
    let found = files(&folder);
    assert_eq!(found.len(), 100);
    assert!(
        found
            .iter()
            .all(|(name, content)| *content == bytes(name.parse::<usize>().unwrap() * 1_000))
    );
}

#[test]
fn a_name_similar_to_that_of_a_partial_file_is_transferred() {
    let place = Place::new();
    let name = ".a.0123456789abcdef.tucuxi-temp";
    place.file(&format!("folder/{name}"), b"mine");
    let report = place
        .s3()
        .upload_folder(place.path("folder"), BUCKET, "p")
        .run()
        .unwrap();
    assert_eq!((report.objects, report.skipped.len()), (1, 0));
    let to = place.path("to");
    place
        .s3()
        .sync_down(BUCKET, "p", &to)
        .delete(true)
        .job()
        .run()
        .unwrap();
    assert_eq!(std::fs::read(to.join(name)).unwrap(), b"mine");
}
