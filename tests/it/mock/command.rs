//! `tucuxi mock`

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tucuxi::{Client, Config, Credentials};

/// A running command, which ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().arg("mock");
    command
}

#[test]
fn the_command_serves_stubs_and_records_requests() {
    let folder = tempfile::tempdir().unwrap();
    let (stubs, record) = (
        folder.path().join("stubs.yaml"),
        folder.path().join("record"),
    );
    let yaml = "- service: dynamodb\n  operation: ListTables\n  when: Limit == `1`\n  responses:\n    - result: {TableNames: [films]}\n";
    std::fs::write(&stubs, yaml).unwrap();
    let mut child = command()
        .arg("--stubs")
        .arg(&stubs)
        .arg("--record")
        .arg(&record)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    let _running = Running(child);
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("serving at ").unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");

    let config = Config::builder()
        .isolated()
        .region("eu-west-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .endpoint_url(url);
    let client = Client::with_config(config.build().unwrap()).unwrap();
    let tables = client
        .call("dynamodb", "ListTables", json!({"Limit": 1}))
        .unwrap();
    assert_eq!(tables["TableNames"], json!(["films"]));
    let line: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    let expected = json!({"service": "dynamodb", "operation": "ListTables", "params": {"Limit": 1}, "problem": null, "status": 200});
    assert_eq!(line, expected);
}

#[test]
fn a_file_that_is_no_stubs_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stubs.json");
    let cases = [
        ("{", "neither JSON nor YAML"),
        ("[{}]", "stub 1: missing field `service`"),
        (
            r#"[{"service": "s3", "operation": "GetThing", "responses": [{}]}]"#,
            "stub 1: there is no operation",
        ),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        let output = command().arg("--stubs").arg(&path).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(expected),
            "{text}: {error}"
        );
    }
}
