//! Aliases of `~/.aws/cli/alias`.

use std::process::{Command, Output};

fn run(file: &str, args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws/cli")).unwrap();
    std::fs::write(home.path().join(".aws/cli/alias"), file).unwrap();
    Command::new(env!("CARGO_BIN_EXE_tucuxi"))
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn commands_of_the_file_run() {
    let file = "[toplevel]\nwho = sts get-caller-identity\nls = services\ngreet = !echo hello\nfail = !exit 7\n";
    let text = |args: &[&str]| String::from_utf8(run(file, args).stdout).unwrap();
    assert!(text(&["who", "help"]).contains("sts get-caller-identity: calls"));
    assert!(text(&["ls"]).contains("\nsts\n"));
    assert_eq!(text(&["greet", "it's", "a  b"]), "hello it's a  b\n");
    assert_eq!(run(file, &["fail"]).status.code(), Some(7));
}

#[test]
fn an_invalid_file_is_named() {
    let output = run("who = sts", &["sts", "get-caller-identity"]);
    assert_eq!(output.status.code(), Some(255));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains(".aws/cli/alias: line 1: the key is before"),
        "{error}"
    );
}
