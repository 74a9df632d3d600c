//! The `s3` commands: the real binary, against a server in memory that verifies requests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::s3::{ACCESS_KEY_ID, Refusal, S3Backend, SECRET_ACCESS_KEY};

const BUCKET: &str = "river";
const MIB: usize = 1024 * 1024;

/// A server, a home directory, and a working directory below it.
struct Shell {
    backend: S3Backend,
    home: TempDir,
}

/// The exit code, and the sorted lines.
type Ran = (i32, Vec<String>);

impl Shell {
    fn new() -> Self {
        let shell = Self {
            backend: S3Backend::start(BUCKET),
            home: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(shell.path("")).unwrap();
        shell
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("work").join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        // older than the object that it becomes, whose time has whole seconds
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000))
            .unwrap();
        path
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", self.backend.url())
            .current_dir(self.path(""))
            .arg("s3")
            .args(line.split(' '))
            .stdin(Stdio::null());
        command
    }

    fn output(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn run(&self, line: &str) -> Ran {
        let output = self.output(line);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (output.status.code().unwrap(), lines)
    }

    fn errors(&self, line: &str) -> String {
        String::from_utf8(self.output(line).stderr).unwrap()
    }

    fn keys(&self) -> String {
        self.backend.keys(BUCKET).join(" ")
    }

    /// Parts of this size, one request at a time.
    fn small_parts(&self) {
        let config = self.home.path().join(".aws");
        std::fs::create_dir(&config).unwrap();
        let text = "[default]\ns3 =\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n  max_concurrent_requests = 3\n";
        std::fs::write(config.join("config"), text).unwrap();
    }
}

fn ran(code: i32, lines: &[&str]) -> Ran {
    (code, lines.iter().map(|line| (*line).to_owned()).collect())
}

#[test]
fn files_go_up_and_come_back() {
    let shell = Shell::new();
    shell.file("a.txt", "A");
    shell.file("d/b", "B");
    let up = shell.run("cp . s3://river/p --recursive");
    assert_eq!(
        up,
        ran(
            0,
            &[
                "upload: ./a.txt to s3://river/p/a.txt",
                "upload: d/b to s3://river/p/d/b"
            ]
        )
    );
    let down = shell.run("cp s3://river/p/a.txt new/");
    assert_eq!(down, ran(0, &["download: s3://river/p/a.txt to new/a.txt"]));
    assert_eq!(
        std::fs::read_to_string(shell.path("new/a.txt")).unwrap(),
        "A"
    );
    let moved = shell.run("mv s3://river/p/d s3://river/e --recursive");
    assert_eq!(moved, ran(0, &["move: s3://river/p/d/b to s3://river/e/b"]));
    assert_eq!(shell.keys(), "e/b p/a.txt");
    assert_eq!(shell.run("cp s3://river/e/b -"), ran(0, &["B"]));
    assert_eq!(
        shell.run("rm s3://river --recursive --exclude e/*"),
        ran(0, &["delete: s3://river/p/a.txt"])
    );
    assert_eq!(
        shell.run("rb s3://river --force"),
        ran(0, &["delete: s3://river/e/b", "remove_bucket: river"])
    );
}

#[test]
fn filters_apply_in_order_below_the_source() {
    let shell = Shell::new();
    for name in ["a.txt", "b.log", "d/c.txt", "d/e/f.txt"] {
        shell.file(name, name);
    }
    for (filters, expected) in [
        ("--exclude *", ""),
        ("--exclude * --include *.txt", "a.txt d/c.txt d/e/f.txt"),
        ("--include *.txt --exclude *", ""),
        ("--exclude *.txt --include d/e/*", "b.log d/e/f.txt"),
        ("--exclude d/*", "a.txt b.log"),
        ("--exclude d", "a.txt b.log d/c.txt d/e/f.txt"),
        ("--exclude [!b].*", "b.log d/c.txt d/e/f.txt"),
    ] {
        let (code, lines) = shell.run(&format!("cp . s3://river --recursive --dryrun {filters}"));
        let names: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("(dryrun) upload: ")?.split(' ').next())
            .map(|name| name.trim_start_matches("./"))
            .collect();
        assert_eq!((code, &*names.join(" ")), (0, expected), "{filters}");
    }
    assert_eq!(shell.keys(), "");
}

#[test]
fn levels_of_output_change_lines_but_no_exit_codes() {
    let shell = Shell::new();
    shell.file("good", "g");
    shell.file("bad", "b");
    shell.backend.refuse(|asked| {
        let is_bad = asked.operation == "PutObject" && asked.key.as_deref() == Some("bad");
        is_bad.then(|| Refusal::new("AccessDenied"))
    });
    for (option, out, error) in [
        (
            "--no-progress",
            &["upload: ./good to s3://river/good"][..],
            true,
        ),
        ("--only-show-errors", &[], true),
        ("--quiet", &[], false),
    ] {
        let line = format!("cp . s3://river --recursive {option}");
        assert_eq!(shell.run(&line), ran(1, out), "{option}");
        let errors = shell.errors(&line);
        let expected = "upload failed: ./bad to s3://river/bad An error occurred (AccessDenied) when calling the PutObject operation";
        assert_eq!(errors.starts_with(expected), error, "{option}: {errors}");
        assert_eq!(errors.is_empty(), !error, "{option}: {errors}");
    }
}

#[test]
fn a_sync_transfers_what_changed_and_deletes_what_is_gone() {
    let shell = Shell::new();
    shell.file("t/same", "s");
    shell.file("t/d/new", "n");
    assert_eq!(shell.run("sync t s3://river").1.len(), 2);
    assert_eq!(shell.run("sync t s3://river"), ran(0, &[]));
    shell.backend.put(BUCKET, "gone", "g");
    shell.file("t/same", "longer");
    let planned = [
        "(dryrun) delete: s3://river/gone",
        "(dryrun) upload: t/same to s3://river/same",
    ];
    assert_eq!(
        shell.run("sync t s3://river --delete --dryrun"),
        ran(0, &planned)
    );
    let kept = ["upload: t/same to s3://river/same"];
    assert_eq!(
        shell.run("sync t s3://river --delete --exclude g*"),
        ran(0, &kept)
    );
    assert_eq!(
        shell.run("sync t s3://river --delete"),
        ran(0, &["delete: s3://river/gone"])
    );
    shell.file("t/extra", "e");
    assert_eq!(
        shell.run("sync s3://river t --delete --size-only"),
        ran(0, &["delete: t/extra"])
    );
    let copied = ["copy: s3://river/d/new to s3://river/copy/new"];
    assert_eq!(
        shell.run("sync s3://river/d s3://river/copy"),
        ran(0, &copied)
    );
}

#[test]
fn nothing_is_deleted_because_of_what_could_not_be_read() {
    let shell = Shell::new();
    shell.file("t/ok", "o");
    std::os::unix::fs::symlink("nowhere", shell.path("t/broken")).unwrap();
    for key in ["broken", "broken/below", "gone"] {
        shell.backend.put(BUCKET, key, key);
    }
    let (code, _) = shell.run("sync t s3://river --delete");
    assert_eq!((code, &*shell.keys()), (2, "broken broken/below ok"));
    // a file is no folder
    let (code, _) = shell.run("sync t/ok s3://river --delete");
    assert_eq!((code, &*shell.keys()), (2, "broken broken/below ok"));
    // a listing that fails midway
    for number in 0..3 {
        shell.backend.put(BUCKET, &format!("more/{number}"), "m");
        shell.file(&format!("down/more/{number}"), "m");
    }
    shell.backend.refuse(|asked| {
        let fails = asked.operation == "ListObjectsV2" && asked.nth > 2;
        fails.then(|| Refusal::new("AccessDenied"))
    });
    shell.backend.forget();
    let (code, lines) =
        shell.run("sync s3://river/more down/more --delete --page-size 1 --size-only");
    assert_eq!((code, lines), (1, vec![]));
    assert_eq!(
        std::fs::read_dir(shell.path("down/more")).unwrap().count(),
        3
    );
    shell.backend.forget();
    let (code, lines) = shell.run("rm s3://river/more --recursive --page-size 1");
    assert_eq!((code, lines), (1, vec![]));
    assert!(shell.backend.asked_for("DeleteObject").is_empty());
}

#[test]
fn what_exists_is_not_overwritten_on_request() {
    let shell = Shell::new();
    shell.file("a", "new");
    shell.backend.put(BUCKET, "a", "old");
    for line in [
        "cp a s3://river --no-overwrite",
        "mv a s3://river --no-overwrite",
        "cp s3://river/a a --no-overwrite",
        "mv s3://river . --recursive --no-overwrite",
        "sync . s3://river --no-overwrite",
    ] {
        assert_eq!(shell.run(line), ran(0, &[]), "{line}");
    }
    assert_eq!(std::fs::read_to_string(shell.path("a")).unwrap(), "new");
    assert_eq!(shell.backend.bytes(BUCKET, "a").unwrap(), b"old");
}

#[test]
fn keys_stay_inside_the_folder() {
    let shell = Shell::new();
    for key in ["../up", "a/../../up", "ok", "d//double", "d/./dot"] {
        shell.backend.put(BUCKET, key, key);
    }
    let (code, lines) = shell.run("cp s3://river in --recursive");
    let expected = [
        "download: s3://river/d/./dot to in/d/dot",
        "download: s3://river/d//double to in/d/double",
        "download: s3://river/ok to in/ok",
    ];
    assert_eq!((code, lines), ran(2, &expected));
    assert!(!shell.path("up").exists());
}

#[test]
fn objects_are_not_moved_to_the_same_file() {
    let shell = Shell::new();
    for key in ["./a", "a", "b"] {
        shell.backend.put(BUCKET, key, key);
    }
    let (code, lines) = shell.run("mv s3://river in --recursive");
    let expected = ["move: s3://river/./a to in/a", "move: s3://river/b to in/b"];
    assert_eq!((code, lines), ran(1, &expected));
    assert_eq!(std::fs::read(shell.path("in/a")).unwrap(), b"./a");
    assert_eq!(shell.backend.keys(BUCKET), ["a"]);
}

#[test]
fn listings_are_those_of_aws() {
    let shell = Shell::new();
    shell.backend.put(BUCKET, "a", "12345");
    shell.backend.put(BUCKET, "d/b", vec![0; 2048]);
    let names = |line: &str| {
        let (code, lines) = shell.run(line);
        let after_time = |line: &String| line.chars().skip(20).collect::<String>();
        let mut names: Vec<_> = lines.iter().map(after_time).collect();
        names.sort_unstable();
        (code, names.join("|"))
    };
    for (line, expected) in [
        ("ls s3://river", (0, "         5 a|       PRE d/")),
        ("ls river/d/", (0, "      2048 b")),
        (
            "ls s3://river --recursive --human-readable",
            (0, "   2.0 KiB d/b|   5 Bytes a"),
        ),
        ("ls s3://river/none", (1, "")),
        ("ls", (0, "river")),
    ] {
        let (code, text) = names(line);
        assert_eq!((code, &*text), expected, "{line}");
    }
    let summary = shell.run("ls s3://river --recursive --summarize").1;
    assert!(
        summary.contains(&"Total Objects: 2".to_owned()),
        "{summary:?}"
    );
    assert!(
        summary.contains(&"   Total Size: 2053".to_owned()),
        "{summary:?}"
    );
}

#[test]
fn buckets_are_created_and_deleted() {
    let shell = Shell::new();
    assert_eq!(shell.run("mb s3://sea"), ran(0, &["make_bucket: sea"]));
    assert_eq!(shell.run("mb s3://sea").0, 1);
    shell.backend.put("sea", "k", "k");
    assert_eq!(shell.run("rb s3://sea").0, 1);
    let deleted = ["delete: s3://sea/k", "remove_bucket: sea"];
    assert_eq!(shell.run("rb s3://sea --force"), ran(0, &deleted));
    let (code, lines) = shell.run("presign s3://river/k --expires-in 60");
    assert!(
        code == 0 && lines[0].contains("X-Amz-Expires=60"),
        "{lines:?}"
    );
}

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
