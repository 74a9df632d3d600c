//! The words that shells offer at Tab.

use std::process::Command;

/// The candidates for a line with the cursor at its end, as bash requests them.
fn offered(line: &str) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let profiles = "[profile build]\n[profile be ta]\n[profile x:one]\n";
    std::fs::write(home.path().join(".aws/config"), profiles).unwrap();
    let line = format!("tucuxi {line}");
    let output = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_PROFILE", "missing")
        .env("COMP_POINT", line.len().to_string())
        .env("COMP_LINE", format!("{line}rest"))
        .args(["__complete", "tucuxi", "", ""])
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn names_and_values_are_offered() {
    for (line, expected) in [
        ("dynamod", "dynamodb dynamodbstreams"),
        ("compl", "completion"),
        ("sts get-c", "get-caller-identity"),
        ("s3api wa", "wait"),
        ("s3api wait bucket-", "bucket-exists bucket-not-exists"),
        ("s3api wait bucket-exists --b", "--bucket"),
        ("--output json --region x sts get-c", "get-caller-identity"),
        ("--output ya", "yaml yaml-stream"),
        (
            "sts get-caller-identity --region cn-",
            "cn-north-1 cn-northwest-1",
        ),
        (
            "s3api create-bucket --acl pub",
            "public-read public-read-write",
        ),
        ("s3api get-object --b", "--bucket"),
        ("s3api get-object --bucket b --b", ""),
        ("ec2 stop-instances --no-f", "--no-force"),
        ("iam list-users --generate-cli-skeleton i", "input"),
        ("iam list-users --max", "--max-items"),
        (
            "sqs get-queue-attributes --queue-url u --attribute-names Policy VisibilityT",
            "VisibilityTimeout",
        ),
        ("s3 r", "rb rm"),
        ("s3 cp --acl pub", "public-read public-read-write"),
        ("s3 cp a s3://b --metadata-d", "--metadata-directive"),
        ("s3 ls --source", ""),
        ("s3 rm s3://b --dryrun --d", "--debug"),
        ("call dynamodb ListT", "ListTables ListTagsOfResource"),
        ("call dynamodb ListTables --q", "--query"),
        ("configure li", "list list-profiles"),
        (
            "configure export-credentials --format p",
            "process powershell",
        ),
        ("configure import --s", "--skip-invalid"),
        ("conf", "configservice configure"),
        ("sso log", "login logout"),
        ("sso login --use", "--use-device-code"),
        ("login --re", "--remote --redirect-port --region"),
        ("completion z", "zsh"),
        ("sts nosuch --", "--ca-bundle"),
        ("nosuch ", ""),
        ("sts 'get-c", "get-caller-identity"),
    ] {
        let found = offered(line);
        let expected: Vec<&str> = expected.split_whitespace().collect();
        match expected[..] {
            // the first of the global options
            ["--ca-bundle"] => assert_eq!(found[0], "--ca-bundle", "{line}"),
            _ => assert_eq!(found, expected, "{line}"),
        }
    }
    let after_operation = offered("s3api get-object ");
    assert_eq!(after_operation[..2], ["--bucket", "--key"]);
    assert!(offered("").len() > 300);
}

#[test]
fn scripts_are_printed() {
    for shell in ["bash", "fish", "zsh"] {
        let output = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
            .args(["completion", shell])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("__complete"), "{text}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
        .args(["__complete", "--describe", "s3api", "get-object", "--b"])
        .env_remove("COMP_LINE")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "--bucket\trequired\n"
    );
}
