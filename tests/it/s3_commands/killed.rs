//! Commands that a signal ends.

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{BUCKET, MIB, Shell, ran};

/// Ends a process with a signal when a request for an operation has arrived this often, the last of which gets no response until
/// then.
fn signal_after(
    shell: &Shell,
    line: &str,
    operation: &'static str,
    times: usize,
    signal: rustix::process::Signal,
) -> Option<i32> {
    let (send, when) = channel();
    let (go_on, wait) = channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    shell.backend.watch(move |asked| {
        if asked.operation == operation && asked.nth == times {
            let _ = send.send(());
            // until the test has sent the signal
            let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(30));
        }
    });
    let mut child = shell
        .command(line)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    when.recv_timeout(Duration::from_secs(60)).unwrap();
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, signal).unwrap();
    if signal != rustix::process::Signal::KILL {
        // the signal is handled on another thread
        drop(go_on);
        let status = child.wait().unwrap();
        shell.backend.watch(|_| {});
        return status.code();
    }
    let status = child.wait().unwrap();
    drop(go_on);
    shell.backend.watch(|_| {});
    status.code()
}

#[test]
fn a_killed_upload_is_resumed_by_the_same_command() {
    let shell = Shell::new();
    shell.small_parts();
    let content: Vec<u8> = (0..41 * MIB).map(|at| (at / 7 % 251) as u8).collect();
    shell.file("big", &content);
    signal_after(
        &shell,
        "cp big s3://river/big",
        "UploadPart",
        4,
        rustix::process::Signal::KILL,
    );
    let uploads = shell.backend.uploads(BUCKET);
    let [upload] = &uploads[..] else {
        panic!("{uploads:?}");
    };
    let there: Vec<u32> = upload
        .parts
        .iter()
        .map(|(number, _)| *number as u32)
        .collect();
    assert!(there.len() >= 3, "{there:?}");
    shell.backend.forget();
    let done = ran(0, &["upload: ./big to s3://river/big"]);
    assert_eq!(shell.run("cp big s3://river/big"), done);
    let sent = shell.backend.asked_for("UploadPart");
    let again: Vec<_> = sent
        .iter()
        .filter(|asked| there.contains(&asked.part_number.unwrap()))
        .collect();
    assert!(again.is_empty(), "{again:?} although {there:?} were there");
    assert!(shell.backend.bytes(BUCKET, "big").unwrap() == content);
    assert_eq!(shell.backend.uploads(BUCKET), []);
}

#[test]
fn ctrl_c_leaves_no_upload() {
    let shell = Shell::new();
    shell.small_parts();
    shell.file("big", vec![7; 41 * MIB]);
    for line in ["cp big s3://river/big", "sync . s3://river"] {
        shell.backend.forget();
        let code = signal_after(&shell, line, "UploadPart", 2, rustix::process::Signal::INT);
        assert_eq!(code, Some(130), "{line}");
        assert_eq!(shell.backend.uploads(BUCKET), [], "{line}");
        assert_eq!(shell.keys(), "", "{line}");
        let left = shell.home.path().join(".cache/tucuxi/transfers");
        assert_eq!(count(&left), 0, "{line}");
    }
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
