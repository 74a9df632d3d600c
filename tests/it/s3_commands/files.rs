//! Files and objects are copied, moved, compared and deleted.

use crate::support::s3::Refusal;

use super::{BUCKET, Shell, ran};

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
