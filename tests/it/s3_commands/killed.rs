//! Commands that a signal ends.

use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{BUCKET, MIB, Shell, ran};
use crate::support::s3::Asked;

impl Shell {
    /// The number of journals of unfinished transfers.
    fn journals(&self) -> usize {
        let folder = self.home.path().join(".cache/tucuxi/transfers");
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    /// The sorted names in a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }
}

/// Ends a process with a signal when a request for an operation has arrived this often, the last of which gets no response until
/// then, and the others have had the effect that the test needs.
fn signal_after(
    shell: &Shell,
    line: &str,
    (operation, times): (&'static str, usize),
    is_ready: impl Fn() -> bool,
    signal: Signal,
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
    let start = Instant::now();
    // the server may have to wait for the thread of the request that gets no response
    while !is_ready() && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, signal).unwrap();
    if signal != Signal::KILL {
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

/// Two small files, and one of seven parts.
const SMALL: [&str; 2] = ["t/a", "t/z"];
const BIG: &str = "t/big";
const PARTS: usize = 7;

fn content() -> Vec<u8> {
    (0..31 * MIB).map(|at| (at / 7 % 251) as u8).collect()
}

#[test]
fn killed_uploads_are_resumed_by_the_same_command() {
    let content = content();
    for (line, kills) in [
        ("cp t/big s3://river/t/big", &[4][..]),
        ("cp t s3://river/t --recursive", &[3]),
        ("sync t s3://river/t", &[1, 6]),
    ] {
        let is_sync = line.starts_with("sync");
        for &times in kills {
            let shell = Shell::new();
            shell.small_parts();
            shell.file(BIG, &content);
            for name in SMALL {
                shell.file(name, name);
            }
            let stored = || {
                let uploads = shell.backend.uploads(BUCKET).into_iter();
                uploads.map(|upload| upload.parts.len()).sum::<usize>()
            };
            let parts = ("UploadPart", times);
            signal_after(&shell, line, parts, || stored() + 1 >= times, Signal::KILL);
            let uploads = shell.backend.uploads(BUCKET);
            let [upload] = &uploads[..] else {
                panic!("{line}: {uploads:?}");
            };
            let numbers = upload.parts.iter().map(|(number, _)| *number as u32);
            let there: Vec<u32> = numbers.collect();
            let objects = shell.backend.keys(BUCKET);
            shell.backend.forget();
            let (code, _) = shell.run(line);
            assert_eq!(code, 0, "{line}, {times}");
            let sent = shell.backend.asked_for("UploadPart");
            let is_again = |asked: &&Asked| there.contains(&asked.part_number.unwrap());
            let again: Vec<_> = sent.iter().filter(is_again).collect();
            assert!(
                again.is_empty(),
                "{line}: {again:?} although {there:?} were there"
            );
            assert!(
                shell.backend.bytes(BUCKET, BIG).unwrap() == content,
                "{line}, {times}"
            );
            assert_eq!(shell.backend.uploads(BUCKET), [], "{line}, {times}");
            assert_eq!(shell.journals(), 0, "{line}, {times}");
            if is_sync {
                let whole = shell.backend.asked_for("PutObject");
                let is_again = |asked: &Asked| objects.contains(asked.key.as_ref().unwrap());
                assert!(
                    !whole.iter().any(is_again),
                    "{whole:?} although {objects:?} were there"
                );
                assert_eq!(shell.keys(), "t/a t/big t/z");
                assert_eq!(shell.run(line), ran(0, &[]), "{line}");
            }
        }
    }
}

#[test]
fn killed_downloads_are_resumed_by_the_same_command() {
    let content = content();
    for (line, kills) in [
        ("cp s3://river/t/big t/big", &[4][..]),
        ("cp s3://river/t t --recursive", &[6]),
        ("sync s3://river/t t", &[1, 7]),
    ] {
        let is_sync = line.starts_with("sync");
        for &times in kills {
            let shell = Shell::new();
            shell.small_parts();
            shell.backend.put(BUCKET, BIG, content.clone());
            for name in SMALL {
                shell.backend.put(BUCKET, name, name);
            }
            signal_after(&shell, line, ("GetObject", times), || true, Signal::KILL);
            assert!(!shell.path(BIG).exists(), "{line}, {times}");
            shell.backend.forget();
            let (code, _) = shell.run(line);
            assert_eq!(code, 0, "{line}, {times}");
            let asked = shell.backend.asked_for("GetObject").into_iter();
            let parts = asked.filter(|asked| asked.key.as_deref() == Some(BIG));
            // the small ones and those in flight had not arrived
            let arrived = times.saturating_sub(3 + SMALL.len());
            assert!(parts.count() <= PARTS - arrived, "{line}, {times}");
            assert!(
                std::fs::read(shell.path(BIG)).unwrap() == content,
                "{line}, {times}"
            );
            assert_eq!(shell.journals(), 0, "{line}, {times}");
            let is_part = |name: &String| name.contains("tucuxi");
            assert!(!shell.names("t").iter().any(is_part), "{line}, {times}");
            if is_sync {
                assert_eq!(shell.names("t"), ["a", "big", "z"]);
                assert_eq!(shell.run(line), ran(0, &[]), "{line}");
            }
        }
    }
}

#[test]
fn ctrl_c_leaves_no_upload() {
    let shell = Shell::new();
    shell.small_parts();
    shell.file("big", vec![7; 41 * MIB]);
    for line in ["cp big s3://river/big", "sync . s3://river"] {
        shell.backend.forget();
        let code = signal_after(&shell, line, ("UploadPart", 2), || true, Signal::INT);
        assert_eq!(code, Some(130), "{line}");
        assert_eq!(shell.backend.uploads(BUCKET), [], "{line}");
        assert_eq!(shell.keys(), "", "{line}");
        assert_eq!(shell.journals(), 0, "{line}");
    }
}
