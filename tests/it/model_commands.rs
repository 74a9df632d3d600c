//! `tucuxi models`: where models come from, what changed in them, and how they are brought up to date.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run(home: &Path, variables: &[(&str, &str)], line: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().env("HOME", home).current_dir(home);
    command.envs(variables.iter().copied());
    let output = command.args(line.split(' ')).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn model(operations: &[&str], members: &[&str], values: &[&str]) -> String {
    let operations = operations.iter().map(|name| {
        (
            (*name).to_owned(),
            json!({"name": name, "input": {"shape": "In"}}),
        )
    });
    let members = members
        .iter()
        .map(|name| ((*name).to_owned(), json!({"shape": "Kind"})));
    json!({
        "metadata": {"protocol": "json", "serviceId": "Tower", "endpointPrefix": "tower"},
        "operations": operations.collect::<serde_json::Map<_, _>>(),
        "shapes": {
            "In": {"type": "structure", "members": members.collect::<serde_json::Map<_, _>>()},
            "Kind": {"type": "string", "enum": values},
        },
    })
    .to_string()
}

fn wheel(path: &Path, version: &str, model: &str) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    let member = format!("botocore/data/tower/{version}/service-2.json");
    zip.start_file(member, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(model.as_bytes()).unwrap();
    zip.finish().unwrap();
}

#[test]
fn a_wheel_is_used_and_listed_without_an_import() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("b.whl");
    wheel(&path, "2024-01-01", &model(&["Build"], &["a"], &["x"]));
    let variables = [("AWS_DATA_PATH", path.to_str().unwrap())];
    let operations = run(home.path(), &variables, "operations tower");
    assert_eq!(operations.out, "Build\n", "{}", operations.err);
    let list = run(home.path(), &variables, "models list");
    let place = format!(
        "{}: botocore/data/tower/2024-01-01/service-2.json",
        path.display()
    );
    let line = list
        .out
        .lines()
        .find(|line| line.starts_with("tower "))
        .unwrap();
    assert!(
        line.contains("2024-01-01") && line.ends_with(&place),
        "{line}"
    );
    assert!(
        list.out
            .lines()
            .any(|line| line.starts_with("sqs ") && line.ends_with("embedded"))
    );
    let files = run(home.path(), &variables, "models list tower --json");
    let files: Value = serde_json::from_str(&files.out).unwrap();
    let expected = json!([{
        "service": "tower", "version": "2024-01-01", "kind": "service-2", "source": "archive", "path": place, "used": true,
    }]);
    assert_eq!(files, expected);
}

#[test]
fn what_a_release_changes_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("old.json", &model(&["Build", "Burn"], &["a"], &["x", "y"]));
    wheel(
        &home.path().join("new.whl"),
        "1",
        &model(&["Build", "Paint"], &["a", "b"], &["x", "z"]),
    );
    let text = run(home.path(), &[], "models diff old.json new.whl");
    let expected = "\
tower
  + operation Paint
  - operation Burn
  + member In.b
  + value Kind.z
  - value Kind.y
";
    assert_eq!(text.out, expected, "{}", text.err);
    let json = run(home.path(), &[], "models diff old.json new.whl --json");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let expected = json!({
        "services": {"added": [], "removed": []},
        "changed": {"tower": {
            "operations": {"added": ["Paint"], "removed": ["Burn"]},
            "members": {"added": ["In.b"], "removed": []},
            "values": {"added": ["Kind.z"], "removed": ["Kind.y"]},
        }},
    });
    assert_eq!(json, expected);
    assert_eq!(
        run(home.path(), &[], "models diff old.json old.json").out,
        ""
    );
    std::fs::create_dir(home.path().join("empty")).unwrap();
    let gone = run(home.path(), &[], "models diff old.json empty");
    assert_eq!(gone.out, "- service tower\n");
    for (line, code, expected) in [
        (
            "models diff old.json new.whl --service other",
            252,
            "neither OLD nor NEW has a model of other",
        ),
        ("models diff old.json none.whl", 255, "none.whl"),
    ] {
        let run = run(home.path(), &[], line);
        assert!(run.code == code && run.err.contains(expected), "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_newest_release_is_imported_if_its_hash_is_right() {
    use sha2::{Digest as _, Sha256};

    let home = tempfile::tempdir().unwrap();
    let file = |name: &str| home.path().join(name);
    wheel(
        &file("w.whl"),
        "2024-01-01",
        &model(&["Build"], &["a"], &["x"]),
    );
    let hash = Sha256::digest(std::fs::read(file("w.whl")).unwrap());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let pip = |hash: &str| {
        let report = json!({"install": [{
            "metadata": {"version": "9.9.9"},
            "download_info": {"archive_info": {"hashes": {"sha256": hash}}},
        }]});
        let script = format!(
            "#!/bin/sh\necho \"$@\" >> {log}\ncase $1 in\ninstall) echo '{report}';;\ndownload) cp {wheel} \"$3/\";;\nesac\n",
            log = file("log").display(),
            wheel = file("w.whl").display(),
        );
        std::fs::create_dir_all(file("bin")).unwrap();
        // another process writes it, as a concurrent test may start a process that has our files open
        let write = "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\"";
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", write]).arg(file("bin/pip")).arg(script);
        assert!(shell.status().unwrap().success());
    };
    let path = format!("{}:/usr/bin:/bin", file("bin").display());
    let update = |line: &str| run(home.path(), &[("PATH", &path)], line);
    pip("00");
    let wrong = update("models update");
    assert!(
        wrong.code == 255 && wrong.err.contains("nothing was imported"),
        "{wrong:?}"
    );
    assert!(!file(".aws/models").exists());
    pip(&hash);
    let right = update("models update --botocore 9.9.9");
    assert_eq!(right.code, 0, "{}", right.err);
    assert!(right.out.contains("botocore 9.9.9 (sha256 ") && right.out.contains("1 services"));
    assert!(file(".aws/models/tower/2024-01-01/service-2.json").exists());
    let log = std::fs::read_to_string(file("log")).unwrap();
    assert!(
        log.contains("--no-deps --only-binary :all: botocore==9.9.9"),
        "{log}"
    );
    let without = run(home.path(), &[("PATH", "/nowhere")], "models update");
    assert!(
        without.code == 255 && without.err.contains("cannot run pip"),
        "{without:?}"
    );
}
