//! Uploads and downloads of one object, from every source and to every destination.

use std::io::{self, Read, Write};

use serde_json::json;
use tucuxi::transfer::{Snapshot, Source, Target};
use tucuxi::{Body, Client};

use super::{BUCKET, MIB, PART, Place, bytes};

#[test]
fn files_of_all_lengths_round_trip() {
    let place = Place::new();
    for len in [
        0,
        1,
        PART - 1,
        PART,
        PART + 1,
        2 * PART - 1,
        2 * PART,
        2 * PART + 1,
    ] {
        let content = bytes(len);
        let (up, down) = (place.file("up", &content), place.path("down"));
        let report = place.s3().upload_file(&up, BUCKET, "key").run().unwrap();
        assert_eq!((report.objects, report.bytes), (1, len as u64), "{len}");
        assert!(report.etag.is_some());
        assert_eq!(
            place.backend.bytes(BUCKET, "key").unwrap(),
            content,
            "{len}"
        );
        let report = place
            .s3()
            .download_file(BUCKET, "key", &down)
            .run()
            .unwrap();
        assert_eq!((report.objects, report.bytes), (1, len as u64), "{len}");
        assert_eq!(std::fs::read(&down).unwrap(), content, "{len}");
        let parts = place.backend.asked_for("UploadPart");
        let expected = if len < PART { 0 } else { len.div_ceil(PART) };
        assert_eq!(parts.len(), expected, "{len}");
        place.backend.forget();
        place.assert_clean(&[&down, &up]);
    }
}

#[test]
fn sources_of_all_kinds_arrive_whole() {
    let place = Place::new();
    for len in [0, 100, PART, 2 * PART + 7] {
        let content = bytes(len);
        let file = place.file("file", &content);
        let sources: [(&str, Source<'_>); 6] = [
            ("path", file.as_path().into()),
            ("bytes", content.clone().into()),
            ("body of a file", Body::file(&file).unwrap().into()),
            ("reader", Source::reader(&*content)),
            ("reader in drops", Source::reader(Drops(&content))),
            (
                "body of a reader",
                Body::from_reader_with_len(io::Cursor::new(content.clone()), len as u64).into(),
            ),
        ];
        for (name, source) in sources {
            let report = place.s3().upload(source, BUCKET, name).run().unwrap();
            assert_eq!(report.bytes, len as u64, "{name}, {len}");
            assert_eq!(
                place.backend.bytes(BUCKET, name).unwrap(),
                content,
                "{name}, {len}"
            );
        }
    }
    let middle = Body::file_range(place.path("file"), 10..20);
    place.s3().upload(middle, BUCKET, "middle").run().unwrap();
    assert_eq!(
        place.backend.bytes(BUCKET, "middle").unwrap(),
        &bytes(20)[10..]
    );
}

/// Returns a few bytes per read.
struct Drops<'b>(&'b [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(99_991);
        self.0.read(&mut buf[..most])
    }
}

#[test]
fn streams_are_written_in_order() {
    let place = Place::new();
    for len in [0, 100, PART, 4 * PART + 1] {
        let content = bytes(len);
        place.backend.put(BUCKET, "key", content.clone());
        let mut out = Vec::new();
        place.s3().download(BUCKET, "key", &mut out).run().unwrap();
        assert!(out == content, "{len}");
        // one part in memory at a time
        let config = place.config().memory_limit(1);
        let mut out = Vec::new();
        let s3 = place.client.transfer_with(config).unwrap();
        s3.download_fileobj(BUCKET, "key", &mut out).run().unwrap();
        assert!(out == content, "{len}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn devices_and_pipes_are_not_replaced() {
    let place = Place::new();
    place.backend.put(BUCKET, "key", bytes(2 * PART));
    place
        .s3()
        .download_file(BUCKET, "key", "/dev/null")
        .run()
        .unwrap();
    use std::os::unix::fs::FileTypeExt as _;
    assert!(
        std::fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    let report = place
        .s3()
        .upload_file("/dev/null", BUCKET, "null")
        .run()
        .unwrap();
    assert_eq!(report.bytes, 0);
}

#[test]
fn keys_and_names_of_all_kinds_survive() {
    let place = Place::new();
    let long = "k".repeat(1024);
    let keys = [
        "..",
        "../..",
        "/a",
        "a//b",
        "a/",
        "./a",
        " a b ",
        "ü🐬",
        "%2F%",
        "a+b&c=d?e#f",
        "'\"<>",
        &long,
    ];
    for key in keys {
        let name = match key.len() {
            1024 => "n".repeat(255),
            _ => key.replace('/', "_") + "x",
        };
        let content = format!("of {key}").into_bytes();
        let up = place.file(&name, &content);
        place.s3().upload_file(&up, BUCKET, key).run().unwrap();
        assert_eq!(place.backend.bytes(BUCKET, key).unwrap(), content, "{key}");
        std::fs::remove_file(&up).unwrap();
        place.s3().download_file(BUCKET, key, &up).run().unwrap();
        assert_eq!(std::fs::read(&up).unwrap(), content, "{key}");
    }
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(place.backend.keys(BUCKET), expected);
    // in parts as well
    place
        .s3()
        .upload(bytes(PART + 1), BUCKET, "a//../b")
        .run()
        .unwrap();
    let mut down = Vec::new();
    place
        .s3()
        .download(BUCKET, "a//../b", &mut down)
        .run()
        .unwrap();
    assert!(down == bytes(PART + 1));
}

#[test]
fn every_checksum_is_sent_and_verified() {
    let place = Place::new();
    let content = bytes(2 * PART + 1);
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        for kind in ["COMPOSITE", "FULL_OBJECT"] {
            let is_crc = algorithm.starts_with("CRC");
            if (kind == "FULL_OBJECT" && !is_crc) || (kind, algorithm) == ("COMPOSITE", "CRC64NVME")
            {
                continue;
            }
            let args = json!({"ChecksumAlgorithm": algorithm, "ChecksumType": kind});
            place
                .s3()
                .upload(content.clone(), BUCKET, "key")
                .args(args)
                .run()
                .unwrap();
            place.backend.forget();
            let head = json!({"Bucket": BUCKET, "Key": "key", "ChecksumMode": "ENABLED"});
            let head = place.client.call("s3", "HeadObject", head).unwrap();
            let checksum = head[format!("Checksum{algorithm}")].as_str().unwrap();
            assert_eq!(
                checksum.ends_with("-3"),
                kind == "COMPOSITE",
                "{algorithm} {kind} {checksum}"
            );
            let mut out = Vec::new();
            place.s3().download(BUCKET, "key", &mut out).run().unwrap();
            assert!(out == content);
            let gets = place.backend.asked_for("GetObject");
            let by_part = gets.iter().all(|get| get.part_number.is_some());
            assert_eq!(
                (gets.len(), by_part),
                (3, kind == "COMPOSITE"),
                "{algorithm} {kind}"
            );
        }
    }
}

#[test]
fn the_caller_may_provide_the_checksum_of_the_whole_object() {
    let place = Place::new();
    let content = bytes(PART + 1);
    let right = tucuxi::checksum::ChecksumAlgorithm::Crc32c.checksum(&content);
    let args = |checksum: &str| json!({"ChecksumCRC32C": checksum});
    place
        .s3()
        .upload(content.clone(), BUCKET, "key")
        .args(args(&right))
        .run()
        .unwrap();
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
    let wrong = place
        .s3()
        .upload(content, BUCKET, "wrong")
        .args(args("AAAAAA=="))
        .run();
    assert!(wrong.unwrap_err().service_error().is_some());
    assert_eq!(place.backend.bytes(BUCKET, "wrong"), None);
    place.assert_clean(&[]);
}

#[test]
fn without_checksums_the_first_range_reports_the_length() {
    let place = Place::new();
    let never = tucuxi::config::ResponseChecksums::WhenRequired;
    let client = place
        .client
        .with(|config| config.response_checksums(never))
        .unwrap();
    let s3 = client.transfer_with(place.config()).unwrap();
    for (len, heads, gets) in [(0, 1, 2), (100, 0, 1), (PART, 0, 1), (2 * PART + 1, 0, 3)] {
        place.backend.put(BUCKET, "key", bytes(len));
        place.backend.forget();
        let down = place.path("down");
        s3.download_file(BUCKET, "key", &down).run().unwrap();
        assert!(std::fs::read(&down).unwrap() == bytes(len), "{len}");
        let asked = |operation| place.backend.asked_for(operation).len();
        assert_eq!(
            (asked("HeadObject"), asked("GetObject")),
            (heads, gets),
            "{len}"
        );
    }
}

#[test]
fn regression_the_rest_after_the_first_range_is_read() {
    let place = Place::new();
    let never = tucuxi::config::ResponseChecksums::WhenRequired;
    let client = place
        .client
        .with(|config| config.response_checksums(never))
        .unwrap();
    let config = place.config().multipart_threshold(100 * MIB as u64);
    let s3 = client.transfer_with(config).unwrap();
    let content = bytes(2 * PART + 1);
    place.backend.put(BUCKET, "key", content.clone());
    let (mut out, down) = (Vec::new(), place.path("down"));
    s3.download(BUCKET, "key", &mut out).run().unwrap();
    assert!(out == content, "{} of {}", out.len(), content.len());
    place.backend.forget();
    s3.download_file(BUCKET, "key", &down).run().unwrap();
    assert!(std::fs::read(&down).unwrap() == content);
    assert_eq!(place.backend.asked_for("GetObject").len(), 3);
}

#[test]
fn progress_counts_all_bytes_but_not_hashing() {
    let place = Place::new();
    // signed payloads are read twice
    let client = place
        .client
        .with(|config| config.s3_sign_payload(true))
        .unwrap();
    let s3 = client.transfer_with(place.config().concurrency(1)).unwrap();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Snapshot>::new()));
    let sink = seen.clone();
    let len = 2 * PART + 1;
    let up = place.file("up", &bytes(len));
    let job = s3.upload_file(&up, BUCKET, "key");
    job.progress(move |now: &Snapshot| sink.lock().unwrap().push(*now))
        .run()
        .unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted_by_key(|now| now.bytes));
    let last = seen.last().unwrap();
    assert_eq!(
        (last.bytes, last.total_bytes, last.objects),
        (len as u64, Some(len as u64), 1)
    );
    assert!(seen.len() > 10 && seen[0].bytes < MIB as u64);
}

#[test]
fn arguments_are_passed_to_their_requests() {
    let place = Place::new();
    for (key, len) in [("small", 10), ("large", PART)] {
        let args = json!({"ContentType": "text/fish", "Metadata": {"colour": "grey"}, "Tagging": "a=1&b=2"});
        place
            .s3()
            .upload(bytes(len), BUCKET, key)
            .args(args)
            .run()
            .unwrap();
        let head = place
            .client
            .call("s3", "HeadObject", json!({"Bucket": BUCKET, "Key": key}))
            .unwrap();
        assert_eq!(head["ContentType"], "text/fish", "{key}");
        assert_eq!(head["Metadata"], json!({"colour": "grey"}), "{key}");
        let tags = place
            .client
            .call(
                "s3",
                "GetObjectTagging",
                json!({"Bucket": BUCKET, "Key": key}),
            )
            .unwrap();
        assert_eq!(tags["TagSet"].as_array().unwrap().len(), 2, "{key}");
    }
    let error = place
        .s3()
        .upload("x", BUCKET, "k")
        .args(json!({"contentType": "x"}))
        .run()
        .unwrap_err();
    assert!(error.to_string().contains("ContentType"), "{error}");
    let deleted = place.s3().delete(BUCKET, "small").run().unwrap();
    assert_eq!(
        (deleted.objects, place.backend.keys(BUCKET)),
        (1, vec!["large".to_owned()])
    );
}

#[test]
fn a_started_job_runs_in_the_background() {
    let place = Place::new();
    let running = place.s3().upload(bytes(PART), BUCKET, "key").start();
    let report = running.join().unwrap();
    assert_eq!(report.bytes, PART as u64);
}

#[test]
fn bandwidth_is_shared_by_all_parts() {
    let place = Place::new();
    let config = place.config().bandwidth(20 * MIB as u64);
    let s3 = place.client.transfer_with(config).unwrap();
    let before = std::time::Instant::now();
    s3.upload(bytes(2 * PART), BUCKET, "key").run().unwrap();
    // ten units at twenty per second, of which the first does not wait
    assert!(
        before.elapsed().as_millis() >= 400,
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn errors_name_the_action() {
    let place = Place::new();
    let up = place.file("up", b"x");
    let s3 = place.s3();
    let text = |result: tucuxi::Result<tucuxi::transfer::Report>| result.unwrap_err().to_string();
    let error = text(s3.upload_file(&up, "none", "key").run());
    let start = format!(
        "failed to upload {} to none/key: s3.PutObject: NoSuchBucket",
        up.display()
    );
    assert!(error.starts_with(&start), "{error}");
    let error = text(s3.download_file(BUCKET, "none", place.path("down")).run());
    assert!(
        error.contains("failed to download river/none to") && error.contains("404"),
        "{error}"
    );
    let error = text(s3.upload_file(place.path("none"), BUCKET, "key").run());
    assert!(error.contains("to river/key: No such file"), "{error}");
    let error = text(s3.upload_file(place.folder.path(), BUCKET, "key").run());
    assert!(error.contains("upload_folder"), "{error}");
    let error = text(
        s3.upload(
            "x",
            "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/a",
            "k",
        )
        .run(),
    );
    assert!(error.contains("Object Lambda"), "{error}");
    place.backend.put(BUCKET, "key", "x");
    let error = text(
        s3.download_file(BUCKET, "key", place.path("none/down"))
            .run(),
    );
    assert!(error.contains("none/down"), "{error}");
    let error = text(s3.download(BUCKET, "key", Target::writer(Full)).run());
    assert!(error.contains("cannot be written: full"), "{error}");
    place.assert_clean(&[&up]);
}

/// A writer that accepts nothing.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("full"))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn managers_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let place = Place::new();
    shared(&place.s3());
    let _: fn(&Client) -> tucuxi::transfer::TransferManager = Client::transfer;
}

#[test]
fn buckets_and_objects_transfer_files() {
    let place = Place::new();
    let s3 = place.client.resource("s3").unwrap();
    let bucket = s3.sub("Bucket", BUCKET).unwrap();
    let object = bucket.sub("Object", "copy").unwrap();
    let (up, down) = (place.file("up", b"fish"), place.path("down"));
    let args = json!({"Filename": up, "Key": "key", "ExtraArgs": {"ContentType": "text/fish"}});
    let uploaded = bucket.action("upload_file", args).unwrap().value().unwrap();
    assert_eq!(uploaded["Bytes"], 4);
    let from = json!({"CopySource": {"Bucket": BUCKET, "Key": "key"}});
    object.action("copy", from).unwrap();
    assert_eq!(object.attribute("content_type").unwrap(), "text/fish");
    object
        .action("download_file", json!({"Filename": down}))
        .unwrap();
    assert_eq!(std::fs::read(&down).unwrap(), b"fish");
    for (on, params, expected) in [
        (&bucket, json!({"Filename": up}), "Key: required"),
        (
            &object,
            json!({"Filename": up, "Key": "k"}),
            "the object has a key",
        ),
        (&object, json!({}), "missing field `Filename`"),
        (
            &object,
            json!({"Filename": up, "Extra": 1}),
            "unknown field `Extra`",
        ),
        (
            &object,
            json!({"Filename": up, "ExtraArgs": {"Acl": 1}}),
            "unknown argument \"Acl\"",
        ),
    ] {
        let error = on.action("upload_file", params).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn regression_transfer_errors_of_resources_name_the_argument() {
    let place = Place::new();
    let s3 = place.client.resource("s3").unwrap();
    let bucket = s3.sub("Bucket", BUCKET).unwrap();
    let cases = [
        (
            "upload_file",
            json!({"Filename": "f"}),
            "Key: required member is missing",
        ),
        ("download_file", json!(["f", "k", {}]), "must be an object"),
        (
            "copy",
            json!({"CopySource": "b/k", "Key": "k"}),
            "invalid type: string \"b/k\", expected an object with Bucket and Key",
        ),
    ];
    for (action, params, expected) in cases {
        let error = bucket.action(action, params).unwrap_err().to_string();
        let place = format!("s3.Bucket.{action}: invalid parameters: the parameters: ");
        assert_eq!(error, format!("{place}{expected}"));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_and_written() {
    let place = Place::new();
    let fifo = place.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    for (key, len) in [("small", 10), ("large", 2 * PART + 7)] {
        let content = bytes(len);
        std::thread::scope(|scope| {
            scope.spawn(|| std::fs::write(&fifo, &content).unwrap());
            place.s3().upload_file(&fifo, BUCKET, key).run().unwrap();
        });
        let read = std::thread::scope(|scope| {
            let reader = scope.spawn(|| std::fs::read(&fifo).unwrap());
            place.s3().download_file(BUCKET, key, &fifo).run().unwrap();
            reader.join().unwrap()
        });
        assert!(read == content, "{key} through a FIFO");

        // like a standard output that is a pipe
        let (mut reader, mut writer) = io::pipe().unwrap();
        let read = std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut read = Vec::new();
                reader.read_to_end(&mut read).unwrap();
                read
            });
            let target = Target::writer(&mut writer);
            place.s3().download(BUCKET, key, target).run().unwrap();
            drop(writer);
            reader.join().unwrap()
        });
        assert!(read == content, "{key} through a pipe");
    }
    // it is still a FIFO, and no other file was left
    use std::os::unix::fs::FileTypeExt;
    assert!(std::fs::metadata(&fifo).unwrap().file_type().is_fifo());
}
