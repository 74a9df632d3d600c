//! Keys that are no names of files in the folder.

use super::{Response, World, is_listing, listed, object, page};

/// Keys, percent-encoded as in listings, and the files that they may become.
const KEYS: &[(&str, &[&str])] = &[
    ("../up", &[]),
    ("../in2/secret", &[]),
    ("../secret", &[]),
    ("../../secret", &[]),
    ("..", &[]),
    ("../", &[]),
    (".", &[]),
    ("./..", &[]),
    ("a/..", &[]),
    ("a/.", &[]),
    ("a/../../up", &[]),
    ("a/./../../up", &[]),
    ("a/b/../../../up", &[]),
    ("a//../../../up", &[]),
    ("./../up", &[]),
    ("/../up", &[]),
    ("//../../up", &[]),
    ("a/../up", &["up"]),
    ("./up", &["up"]),
    ("/tmp-tucuxi-up", &["tmp-tucuxi-up"]),
    ("//tmp-tucuxi-up", &["tmp-tucuxi-up"]),
    ("a//b", &["a/b"]),
    ("..%5Cup", &["..\\up"]),
    ("C%3A%5Cup", &["C:\\up"]),
    ("...", &["..."]),
    ("../...", &[]),
    ("%252e%252e/up", &["%2e%2e/up"]),
    ("%EF%BC%8E%EF%BC%8E/up", &["．．/up"]),
    ("a%00b", &[]),
    ("a%0Ab", &["a\nb"]),
    ("a%1B%5B2Jb", &["a\u{1b}[2Jb"]),
    ("con", &["con"]),
    ("nul", &["nul"]),
    ("aux.txt", &["aux.txt"]),
    ("/dev/null", &["dev/null"]),
    ("/dev/stdout", &["dev/stdout"]),
    ("~", &["~"]),
    ("~/up", &["~/up"]),
    ("$HOME/up", &["$HOME/up"]),
    ("-", &["-"]),
    ("--delete", &["--delete"]),
    ("folder/", &[]),
    ("keep/below", &[]),
    (
        ".keep.0123456789abcdef.tucuxi-part",
        &[".keep.0123456789abcdef.tucuxi-part"],
    ),
];

fn respond(line: &str, key: &str) -> Response {
    match line {
        line if line.contains("list-type=2") => page(&format!(
            "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>{}{}",
            listed(key),
            listed("zz")
        )),
        line if line.starts_with("DELETE") => (204, Vec::new(), Vec::new()),
        _ => object(),
    }
}

#[test]
fn keys_stay_in_the_folder() {
    let long = "n".repeat(300);
    let deep = "d/".repeat(3000) + "x";
    let more = [(&*long, &[][..]), (&*deep, &[])];
    for (key, expected) in KEYS.iter().copied().chain(more) {
        for command in [
            "cp s3://river in --recursive",
            "mv s3://river in --recursive",
            "sync s3://river in --delete",
        ] {
            let name = key.to_owned();
            let world = World::new(move |asked| respond(&asked.line, &name));
            let before = world.outside();
            let ran = world.run(command);
            let shown: String = key.chars().take(40).collect();
            assert_eq!(world.outside(), before, "{command}: {shown}");
            let mut inside = world.inside();
            assert_eq!(
                inside.remove("zz").as_deref(),
                Some(&b"evil"[..]),
                "{command}: {shown}: {ran:?}"
            );
            let kept = inside.remove("keep");
            let names: Vec<&str> = inside.keys().map(String::as_str).collect();
            // what another object of the same name would replace is a file of its own
            assert!(
                names.is_empty() || names == expected,
                "{command}: {shown}: {names:?}: {ran:?}"
            );
            assert!(
                inside.values().all(|content| content == b"evil"),
                "{command}: {shown}"
            );
            // a file in the way of a folder is not deleted either
            let is_deleted = command.ends_with("--delete");
            assert!(kept.is_some() || is_deleted, "{command}: {shown}");
            if names.is_empty() && key != "folder/" {
                assert_ne!(ran.code, 0, "{command}: {shown}");
            }
            // a move deletes what it has downloaded
            let deletions = world.deletions().len();
            let moved = if command.starts_with("mv") {
                1 + names.len()
            } else {
                0
            };
            assert_eq!(
                deletions,
                moved,
                "{command}: {shown}: {:?}",
                world.deletions()
            );
        }
    }
}

#[test]
fn a_folder_that_is_a_link_is_followed_but_no_key_makes_one() {
    let world = World::new(|asked| match is_listing(asked) {
        true => page(&format!(
            "<IsTruncated>false</IsTruncated>{}{}",
            listed("link"),
            listed("link/below")
        )),
        false => object(),
    });
    let ran = world.run("cp s3://river in --recursive");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        world
            .folder()
            .join("link")
            .symlink_metadata()
            .is_ok_and(|it| !it.is_symlink())
    );
}
