//! The help pages of the command. `INSTA_UPDATE=always cargo test --all-features --test it help` accepts their changes.

use std::process::Command;

#[test]
fn help_pages() {
    let home = tempfile::tempdir().unwrap();
    let pages = [
        "",
        "call",
        "configure",
        "configure list",
        "describe",
        "endpoint",
        "models",
        "models import",
        "models pack",
        "operations",
        "presign",
        "services",
    ];
    let mut text = String::new();
    for page in pages {
        let output = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
            .env_clear()
            .env("HOME", home.path())
            .args(page.split_whitespace())
            .arg("--help")
            .output()
            .unwrap();
        assert!(output.status.success(), "{page}: {output:?}");
        let help = String::from_utf8(output.stdout).unwrap();
        text += &format!("$ tucuxi {page} --help\n{help}\n");
    }
    insta::assert_snapshot!(text.replace("tucuxi  --help", "tucuxi --help"));
}
