//! The help pages of the command. `INSTA_UPDATE=always cargo test --all-features --test it help` accepts their changes.

use std::process::Command;

#[test]
fn help_pages() {
    let home = tempfile::tempdir().unwrap();
    let pages = [
        "",
        "s3",
        "s3 cp",
        "s3api get-object",
        "sts",
        "sns publish",
        "ec2 wait",
        "ec2 wait instance-running",
        "call",
        "configure",
        "configure list",
        "describe",
        "endpoint",
        "mcp",
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
        // the list of services changes with the models
        let (help, _) = help.split_once("\nSERVICES\n").unwrap_or((&help, ""));
        text += &format!("$ tucuxi {page} --help\n{help}\n");
    }
    insta::assert_snapshot!(text.replace("tucuxi  --help", "tucuxi --help"));
}

#[test]
fn pages_are_found_under_each_form_of_their_name() {
    let forms = [
        "help = --help = -h = --output json help",
        "help s3api get-object = s3api get-object help = --region x s3api get-object --help",
        "sts help = help sts = sts --help = sts -h",
        "configure help = help configure = configure --help",
        "configure set help = help configure set = configure set --help",
        "ec2 wait help = help ec2 wait = ec2 wait --help = ec2 wait -h",
    ];
    for forms in forms {
        let pages: Vec<String> = forms.split(" = ").map(page).collect();
        assert!(pages[0].starts_with("NAME\n"), "{}", pages[0]);
        assert!(pages.iter().all(|page| *page == pages[0]), "{forms}");
    }
    assert!(page("help call").starts_with("Calls an operation"));
}

/// A page in a home without configuration, and with an invalid setting of the environment.
fn page(args: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_PROFILE", "missing")
        .args(args.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{args}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
