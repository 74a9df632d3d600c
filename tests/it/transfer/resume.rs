//! Transfers that are killed and resumed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::{BUCKET, PART, Place, bytes};

use crate::support::client::IntoClient;

const LEN: usize = 8 * PART + 12_345;

/// Runs this program as a process that can be killed. Its environment determines the transfer.
#[test]
#[ignore = "a part of the tests of this file"]
fn killed_process() {
    let var = |name: &str| std::env::var(name).unwrap();
    let config = crate::support::s3::config_for(&var("TRANSFER_URL")).s3_sign_payload(false);
    let client = config.connect();
    let config = tucuxi::transfer::TransferConfig::default();
    let config = config
        .part_size(PART as u64)
        .multipart_threshold(PART as u64)
        .concurrency(3);
    let s3 = client
        .transfer_with(config.state_folder(var("TRANSFER_STATE")))
        .unwrap();
    let job = match &*var("TRANSFER_WAY") {
        "up" => s3.upload_file(var("TRANSFER_FILE"), BUCKET, "key"),
        "folder" => s3.download_folder(BUCKET, "p", var("TRANSFER_FILE")),
        _ => s3.download_file(BUCKET, "key", var("TRANSFER_FILE")),
    };
    let report = job.run().unwrap();
    println!("resumed {}", report.resumed_bytes);
}

fn command(place: &Place, way: &str) -> Command {
    let (_, module) = module_path!().split_once("::").unwrap();
    let killed_process = format!("{module}::killed_process");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &killed_process, "--ignored", "--nocapture"]);
    command
        .env("TRANSFER_URL", place.backend.url())
        .env("TRANSFER_WAY", way);
    command
        .env("TRANSFER_STATE", place.path("state"))
        .env("TRANSFER_FILE", place.path("file"));
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn start(place: &Place, way: &str) -> Child {
    command(place, way).spawn().unwrap()
}

/// Kills the process after this number of requests for an operation, the last of which has no response: a process that goes on would
/// be done before a busy machine kills it.
pub(crate) fn kill_after(place: &Place, way: &str, operation: &'static str, times: usize) {
    let (send, when) = std::sync::mpsc::channel();
    let (done, is_killed) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(false)));
    let killed = is_killed.clone();
    place.backend.watch(move |asked| {
        if asked.operation == operation {
            // later ones have no receiver
            let _ = send.send(());
            let is_last = done.fetch_add(1, Ordering::SeqCst) + 1 >= times;
            while is_last && !killed.load(Ordering::SeqCst) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
    });
    let mut child = start(place, way);
    for _ in 0..times {
        if when
            .recv_timeout(std::time::Duration::from_secs(60))
            .is_err()
        {
            is_killed.store(true, Ordering::SeqCst);
            panic!("{operation} was not asked for {times} times");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    is_killed.store(true, Ordering::SeqCst);
    place.backend.watch(|_| {});
}

/// Lets the process finish, and returns the bytes.
fn go_on(place: &Place, way: &str) -> u64 {
    let mut child = start(place, way);
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let resumed = lines
        .filter_map(|line| line.split_once("resumed ")?.1.trim().parse().ok())
        .last();
    assert!(child.wait().unwrap().success());
    resumed.unwrap()
}

/// A few pseudo-random numbers, the same in every run.
fn spread(round: usize, most: usize) -> usize {
    1 + (round * 7 + round * round * 3) % most
}

#[test]
fn killed_uploads_are_resumed() {
    let place = Place::new();
    let content = bytes(LEN);
    place.file("file", &content);
    let mut resumed = 0;
    for round in 0..20 {
        place.backend.forget();
        kill_after(&place, "up", "UploadPart", spread(round, 8));
        let [upload] = &place.backend.uploads(BUCKET)[..] else {
            panic!("round {round}: {:?}", place.backend.uploads(BUCKET));
        };
        let there: Vec<u32> = upload
            .parts
            .iter()
            .map(|(number, _)| *number as u32)
            .collect();
        place.backend.forget();
        resumed += go_on(&place, "up");
        let sent = place.backend.asked_for("UploadPart");
        let again: Vec<_> = sent
            .iter()
            .filter(|asked| there.contains(&asked.part_number.unwrap()))
            .collect();
        assert!(
            again.is_empty(),
            "round {round}: {again:?} although {there:?} were there"
        );
        // requests in flight when the process died may arrive, or be sent again
        let (all, known) = (LEN.div_ceil(PART), sent.len() + there.len());
        assert!(known.abs_diff(all) <= 3, "round {round}: {known} of {all}");
        assert!(
            place.backend.bytes(BUCKET, "key").unwrap() == content,
            "round {round}"
        );
        place.assert_clean(&[&place.path("file")]);
        place
            .client
            .call(
                "s3",
                "DeleteObject",
                json!({"Bucket": BUCKET, "Key": "key"}),
            )
            .unwrap();
    }
    assert!(resumed > 0);
}

#[test]
fn killed_downloads_are_resumed() {
    let place = Place::new();
    let content = bytes(LEN);
    let file = place.path("file");
    for (way, from) in [("ranges", 0), ("parts", 10)] {
        match way {
            "ranges" => place.backend.put(BUCKET, "key", content.clone()),
            _ => drop(
                place
                    .s3()
                    .upload(content.clone(), BUCKET, "key")
                    .run()
                    .unwrap(),
            ),
        }
        let mut resumed = 0;
        for round in from..from + 10 {
            let _ = std::fs::remove_file(&file);
            kill_after(&place, "down", "GetObject", spread(round, 8));
            assert!(!file.exists(), "{way}, round {round}");
            place.backend.forget();
            let there = go_on(&place, "down");
            resumed += there;
            let left = LEN.div_ceil(PART) - (there as usize).div_ceil(PART);
            // requests in flight when the process died may arrive late, and are sent again
            let asked = place.backend.asked_for("GetObject").into_iter();
            let asked: BTreeSet<_> = asked.map(|get| (get.part_number, get.range)).collect();
            assert_eq!(asked.len(), left, "{way}, round {round}: {asked:?}");
            assert!(
                std::fs::read(&file).unwrap() == content,
                "{way}, round {round}"
            );
            place.assert_clean(&[&file]);
        }
        assert!(resumed > 0, "{way}");
    }
}

#[test]
fn unfinished_transfers_can_be_aborted() {
    let place = Place::new();
    place.file("file", &bytes(LEN));
    place.backend.put(BUCKET, "down", bytes(LEN));
    kill_after(&place, "up", "UploadPart", 3);
    assert_eq!(place.backend.uploads(BUCKET).len(), 1);
    let unfinished = place.s3().unfinished().unwrap();
    let [upload] = &unfinished[..] else {
        panic!("{unfinished:?}");
    };
    assert_eq!(
        (upload.bucket(), upload.key(), upload.is_upload()),
        (BUCKET, "key", true)
    );
    assert!(upload.file().ends_with("/file"));
    // a locked journal is invisible to others
    assert!(place.s3().unfinished().unwrap().is_empty());
    for unfinished in unfinished {
        unfinished.abort().unwrap();
    }
    place.assert_clean(&[&place.path("file")]);

    std::fs::remove_file(place.path("file")).unwrap();
    place.backend.put(BUCKET, "key", bytes(LEN));
    kill_after(&place, "down", "GetObject", 4);
    for unfinished in place.s3().unfinished().unwrap() {
        assert!(!unfinished.is_upload());
        unfinished.abort().unwrap();
    }
    place.assert_clean(&[]);
}

/// Another machine may create an upload of the same object at the same time.
#[test]
fn regression_uploads_of_others_are_not_touched() {
    let place = Place::new();
    let content = bytes(LEN);
    let file = place.file("file", &content);
    let (send, when) = std::sync::mpsc::channel();
    let (killed, answer) = std::sync::mpsc::channel();
    let answer = std::sync::Mutex::new(answer);
    place.backend.watch(move |asked| {
        if asked.operation == "CreateMultipartUpload" {
            send.send(()).unwrap();
            // the client is gone
            let _ = answer.lock().unwrap().recv();
        }
    });
    let mut child = start(&place, "up");
    when.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    killed.send(()).unwrap();
    place.backend.watch(|_| {});
    let unknown = place.backend.uploads(BUCKET);
    assert_eq!(unknown.len(), 1);
    let unfinished = place.s3().unfinished().unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(
        (unfinished[0].is_upload(), unfinished[0].upload_id()),
        (true, None)
    );
    drop(unfinished);
    // the upload is started again
    assert_eq!(go_on(&place, "up"), 0);
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);
    assert_eq!(place.backend.uploads(BUCKET), unknown);
    assert!(place.s3().unfinished().unwrap().is_empty());

    // only the upload in the journal is aborted
    kill_after(&place, "up", "UploadPart", 2);
    let ours = place.s3().unfinished().unwrap().remove(0);
    assert!(ours.upload_id().is_some_and(|id| id != unknown[0].id));
    ours.abort().unwrap();
    assert_eq!(place.backend.uploads(BUCKET), unknown);
    assert!(place.backend.asked_for("ListMultipartUploads").is_empty());
    drop(file);
}

#[test]
fn changed_files_and_objects_restart_the_transfer() {
    let place = Place::new();
    let file = place.file("file", &bytes(LEN));
    kill_after(&place, "up", "UploadPart", 4);
    let mut other = bytes(LEN);
    other.reverse();
    std::fs::write(&file, &other).unwrap();
    assert_eq!(go_on(&place, "up"), 0);
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == other);
    place.assert_clean(&[&file]);

    std::fs::remove_file(&file).unwrap();
    kill_after(&place, "down", "GetObject", 4);
    place.backend.put(BUCKET, "key", bytes(LEN));
    assert_eq!(go_on(&place, "down"), 0);
    assert!(std::fs::read(&file).unwrap() == bytes(LEN));
    place.assert_clean(&[&file]);
}

#[test]
fn wrong_parts_are_transferred_again() {
    let place = Place::new();
    let content = bytes(LEN);
    let file = place.file("file", &content);
    kill_after(&place, "up", "UploadPart", 4);
    // the object was replaced
    let [upload] = &place.backend.uploads(BUCKET)[..] else {
        panic!("one upload is open");
    };
    let part = json!({"Bucket": BUCKET, "Key": "key", "UploadId": upload.id, "PartNumber": 1});
    place
        .client
        .request("s3", "UploadPart")
        .params(part)
        .body(vec![0; PART])
        .send()
        .unwrap();
    go_on(&place, "up");
    assert!(place.backend.bytes(BUCKET, "key").unwrap() == content);

    std::fs::remove_file(&file).unwrap();
    kill_after(&place, "down", "GetObject", 6);
    let partial = std::fs::read_dir(place.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let partial = partial.into_iter().find(|path| path.is_file()).unwrap();
    let len = std::fs::metadata(&partial).unwrap().len();
    std::fs::write(&partial, vec![0; len as usize]).unwrap();
    assert_eq!(go_on(&place, "down"), 0);
    assert!(std::fs::read(&file).unwrap() == content);
}

#[test]
#[cfg(target_os = "linux")]
fn regression_transfers_work_without_threads() {
    if crate::support::client::is_async() {
        // a runtime needs threads
        return;
    }
    let place = Place::new();
    let content = bytes(3 * PART);
    place.backend.put(BUCKET, "key", content.clone());
    // more than a page
    for n in 0..1_001 {
        place.backend.put(BUCKET, &format!("p/{n}"), "x");
    }
    for way in ["down", "folder"] {
        let mut command = command(&place, way);
        // more than the address space, so that the system refuses to start threads
        let output = command.env("RUST_MIN_STACK", (1_u64 << 50).to_string());
        let output = output.output().unwrap();
        assert!(output.status.success(), "{way}: {output:?}");
        match way {
            "down" => assert!(std::fs::read(place.path("file")).unwrap() == content),
            _ => assert_eq!(
                std::fs::read_dir(place.path("file")).unwrap().count(),
                1_001
            ),
        }
        let _ = std::fs::remove_file(place.path("file"));
    }
}

#[test]
fn nothing_is_kept_if_resuming_is_disabled() {
    let place = Place::new();
    let s3 = place
        .client
        .transfer_with(place.config().resume(false))
        .unwrap();
    let up = place.file("up", &bytes(2 * PART));
    s3.upload_file(&up, BUCKET, "key").run().unwrap();
    s3.download_file(BUCKET, "key", place.path("down"))
        .run()
        .unwrap();
    assert!(!place.path("state").exists());
    assert!(s3.unfinished().unwrap().is_empty());
}
