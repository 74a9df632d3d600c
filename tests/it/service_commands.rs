//! The commands of `aws` for the operations of services: the real binary against a server that keeps its requests.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::loopback::{Asked, Server};

/// The outcome of a run of the command.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run(home: &Path, url: &str, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().env("HOME", home).current_dir(home);
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_MAX_ATTEMPTS", "1");
    let output = command.args(args).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn in_empty_home(url: &str, args: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), url, args)
}

/// Splits a line at spaces; `_` stands for a space in an argument.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('_', " ")).collect()
}

#[test]
fn wrong_lines_are_explained() {
    let cases = [
        ("nosuch do-it", r#"unknown command "nosuch""#),
        ("dynamo list-tables", r#"did you mean "dynamodb"#),
        (
            "sts get-caller-identiy",
            r#"unknown command "sts get-caller-identiy"; did you mean "sts get-caller-identity"?"#,
        ),
        (
            "sts GetCallerIdentity",
            r#"did you mean "sts get-caller-identity"?"#,
        ),
        ("iam", "iam needs an operation"),
        ("iam get-user --user-name", "--user-name needs a value"),
        ("iam list-users --no-such", "unknown options: --no-such"),
        ("iam list-users stray", "unknown options: stray"),
        (
            "iam list-users --max-itms 1",
            "--max-itms (did you mean --max-items?)",
        ),
        ("--no-such iam list-users", "unknown options: --no-such"),
        ("s3api head-bucket", "--bucket is required"),
        ("s3api get-object --bucket b --key k", "OUTFILE is required"),
        (
            "iam list-users --max-items many",
            r#"--max-items: "many" is no whole number"#,
        ),
        (
            "iam list-users --output xml",
            r#"--output: "xml" must be one of json"#,
        ),
        (
            "s3api list-objects-v2 --bucket b --no-paginate --max-items 1",
            "--max-items: it does not go with",
        ),
        (
            "s3api list-objects-v2 --bucket b --max-keys 1 --max-items 1",
            "--max-items: it does not",
        ),
        (
            "iam create-user --user-name u --tags {\"Key\":",
            "--tags: invalid JSON",
        ),
        (
            "iam create-user --user-name u --tags Key=a,Value=[b",
            "\nKey=a,Value=[b\n",
        ),
        (
            "iam create-user --user-name u --tags Key=a,Value",
            "Tags[0].Value: required member",
        ),
        (
            "iam create-user --user-name file://none",
            "--user-name: file://none: ",
        ),
        (
            "s3api put-object --bucket b --key k --body none",
            "--body: none: ",
        ),
        (
            "iam list-users --generate-cli-skeleton x",
            "--generate-cli-skeleton: \"x\" must be one",
        ),
        ("iam list-users --query a[", "--query: "),
        ("ec2 wait", "ec2 wait needs what to wait for"),
        (
            "ec2 wait instance-runing",
            r#"did you mean "ec2 wait instance-running"?"#,
        ),
        ("s3", "s3 needs a command"),
        ("s3 cpp", r#"did you mean "s3 cp""#),
        ("s3 cp a s3://b --nothing", "unknown argument \"--nothing\""),
        ("s3 cp a", "s3 cp needs LocalPath S3Uri"),
        ("s3 cp a s3://b c", "unknown argument \"c\""),
        ("s3 cp a b", "the paths must be"),
        (
            "s3 cp - s3://b/p --recursive",
            "stdin and stdout (-) can only",
        ),
        ("s3 cp s3://b/a x --sse-c", "--sse-c needs --sse-c-key"),
        (
            "s3 cp s3://b/a x --checksum-algorithm SHA1",
            "is for uploads and copies only",
        ),
        (
            "s3 mv s3://b/a s3://b",
            "an object cannot be moved onto itself",
        ),
        (
            "s3 cp a s3://b --sse x",
            "--sse: \"x\" must be one of AES256, aws:kms",
        ),
        ("s3 cp a s3://b --metadata a", "--metadata: "),
        (
            "s3 sync a s3://b--x-s3",
            "sync cannot be used with a directory bucket",
        ),
        ("s3 mb b", "\"b\" is no S3 URI"),
        ("s3 mb s3://b --tags a", "--tags needs two values"),
        ("s3 rb s3://b/k", "rb needs a bucket without a key"),
        ("s3 presign s3://b", "Key"),
        (
            "emr create-cluster",
            r#""emr create-cluster" is a command of aws"#,
        ),
        (
            "ec2 run-instances --network-interfaces a=b --associate-public-ip-address",
            "--network-interfaces and --associate-public-ip-address exclude each other",
        ),
        (
            "sqs get-queue-url --cli-input-json [] --queue-name q",
            "must be an object",
        ),
    ];
    for (line, expected) in cases {
        let args = words(line);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = in_empty_home("http://127.0.0.1:1", &args);
        assert_eq!((run.code, &*run.out), (252, ""), "{line}: {run:?}");
        assert!(run.err.contains(expected), "{line}: {}", run.err);
        let start = "\ntucuxi: [ERROR]: An error occurred (ParamValidation): ";
        assert!(run.err.starts_with(start), "{line}: {}", run.err);
    }
}

/// A server that accepts everything.
fn server() -> Server {
    Server::start(|_: &Asked| Some((200, "{}".into())))
}

fn sent(server: &Server) -> Value {
    serde_json::from_str(&server.asked().pop().unwrap().body).unwrap()
}

#[test]
fn values_get_the_types_of_their_members() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("text"), "a file").unwrap();
    std::fs::write(home.path().join("bytes"), [0, 1, 255]).unwrap();
    std::fs::write(home.path().join("list.json"), r#"["x", "y"]"#).unwrap();
    let cases = [
        (
            "dynamodb list-tables --no-paginate --limit 5",
            json!({"Limit": 5}),
        ),
        ("dynamodb list-tables --page-size 5", json!({"Limit": 5})),
        (
            "ecs list-tags-for-resource --resource-arn=a=b",
            json!({"resourceArn": "a=b"}),
        ),
        (
            "logs describe-queries --max-results 2",
            json!({"maxResults": 2}),
        ),
        ("kms enable-key --key-id=k", json!({"KeyId": "k"})),
        ("kms enable-key --key k", json!({"KeyId": "k"})),
        (
            "kms enable-key --key-id a --key-id b",
            json!({"KeyId": "b"}),
        ),
        (
            "kms enable-key --key-id file://text",
            json!({"KeyId": "a file"}),
        ),
        (
            "kms encrypt --key-id k --plaintext AAH/",
            json!({"KeyId": "k", "Plaintext": "AAH/"}),
        ),
        (
            "kms encrypt --key-id k --plaintext fileb://bytes",
            json!({"KeyId": "k", "Plaintext": "AAH/"}),
        ),
        (
            "kms encrypt --key-id k --plaintext hi --cli-binary-format raw-in-base64-out",
            json!({"KeyId": "k", "Plaintext": "aGk="}),
        ),
        (
            "kms encrypt --key-id k --plaintext AAH/ --encryption-context a=b,c=d",
            json!({"KeyId": "k", "Plaintext": "AAH/", "EncryptionContext": {"a": "b", "c": "d"}}),
        ),
        (
            "ssm get-parameters --names a b --with-decryption",
            json!({"Names": ["a", "b"], "WithDecryption": true}),
        ),
        (
            "ssm get-parameters --names [\"a\"] --with-decryption --no-with-decryption",
            json!({"Names": ["a"], "WithDecryption": false}),
        ),
        (
            "ssm get-parameters --names file://list.json",
            json!({"Names": ["x", "y"]}),
        ),
        (
            "dynamodb delete-item --table-name t --key a={S=x},b={N=1},c={L=[{BOOL=true}]}",
            json!({"TableName": "t", "Key": {
                "a": {"S": "x"}, "b": {"N": "1"}, "c": {"L": [{"BOOL": true}]},
            }}),
        ),
        (
            "dynamodb delete-item --table-name t --key {\"a\":{\"B\":\"hi\"}} \
             --cli-binary-format raw-in-base64-out",
            json!({"TableName": "t", "Key": {"a": {"B": "aGk="}}}),
        ),
        (
            "dynamodb delete-item --cli-input-json {\"TableName\":\"t\",\"Key\":{\"a\":{\"S\":\"x\"}}} \
             --table-name u",
            json!({"TableName": "u", "Key": {"a": {"S": "x"}}}),
        ),
        (
            "sqs send-message --queue-url http://127.0.0.1/q --message-body m --message-attributes \
             k={DataType=Binary,BinaryValue@=fileb://bytes}",
            json!({"QueueUrl": "http://127.0.0.1/q", "MessageBody": "m", "MessageAttributes": {
                "k": {"DataType": "Binary", "BinaryValue": "AAH/"},
            }}),
        ),
        (
            "configservice put-configuration-recorder --configuration-recorder name=n,roleARN=r \
             --recording-group allSupported=true,resourceTypes=a,b",
            json!({"ConfigurationRecorder": {"name": "n", "roleARN": "r", "recordingGroup": {
                "allSupported": true, "resourceTypes": ["a", "b"],
            }}}),
        ),
        (
            "deploy register-application-revision --application-name a --s3-location \
             bucket=b,key=k,bundleType=zip",
            json!({"applicationName": "a", "revision": {
                "revisionType": "S3",
                "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"},
            }}),
        ),
        (
            "emr list-clusters --failed",
            json!({"ClusterStates": ["TERMINATED_WITH_ERRORS"]}),
        ),
        (
            "datapipeline activate-pipeline --pipeline-id p --parameter-values a=1 b=2 a=3",
            json!({"pipelineId": "p", "parameterValues": [
                {"id": "a", "stringValue": "1"}, {"id": "a", "stringValue": "3"},
                {"id": "b", "stringValue": "2"},
            ]}),
        ),
    ];
    for (line, expected) in cases {
        let server = server();
        let args: Vec<&str> = line.split_whitespace().collect();
        let run = run(home.path(), &server.url, &args);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        assert_eq!(sent(&server), expected, "{line}");
    }
}

#[test]
fn a_listing_is_printed_whole_or_up_to_a_number() {
    let page = |asked: &Asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let page = match body["ExclusiveStartTableName"].as_str() {
            None => json!({"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}),
            Some(_) => json!({"TableNames": ["three"]}),
        };
        Some((200, page.to_string()))
    };
    let server = Server::start(page);
    let tables = |args: &[&str]| {
        let args = [&["dynamodb", "list-tables"], args].concat();
        let run = in_empty_home(&server.url, &args);
        assert_eq!((run.code, &*run.err), (0, ""), "{run:?}");
        serde_json::from_str::<Value>(&run.out).unwrap()
    };
    assert_eq!(tables(&[]), json!({"TableNames": ["one", "two", "three"]}));
    assert_eq!(tables(&["--query", "length(TableNames)"]), json!(3));
    let first = json!({"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"});
    assert_eq!(tables(&["--no-paginate"]), first);
    assert_eq!(tables(&["--limit", "2"]), first);
    let cut = tables(&["--max-items", "1"]);
    assert_eq!(cut["TableNames"], json!(["one"]));
    let token = cut["NextToken"].as_str().unwrap();
    let rest = tables(&["--starting-token", token]);
    assert_eq!(rest["TableNames"], json!(["two", "three"]));
}

#[test]
fn a_body_is_read_from_a_file_and_written_to_one() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("up"), "a fish").unwrap();
    let server = Server::start(|_: &Asked| Some((200, "a reply".into())));
    let invoke = "lambda invoke --function-name f --payload fileb://up reply";
    let args: Vec<&str> = invoke.split(' ').collect();
    let done = run(home.path(), &server.url, &args);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(server.asked()[0].body, "a fish");
    let reply = std::fs::read_to_string(home.path().join("reply")).unwrap();
    assert_eq!(reply, "a reply");
    let printed: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(printed, json!({"StatusCode": 200}));
}

/// A program that a test puts on the path.
#[cfg(unix)]
fn program(folder: &Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_session_is_run_by_the_plugin_or_ended() {
    let server = Server::start(|asked: &Asked| {
        let answer = match asked.header("x-amz-target").unwrap_or_default() {
            "AmazonEC2ContainerServiceV20141113.ExecuteCommand" => json!({
                "clusterArn": "arn:x/c", "taskArn": "arn:x/c/t", "containerName": "n",
                "session": {"sessionId": "s", "tokenValue": "secret", "streamUrl": "wss://x"},
            }),
            "AmazonEC2ContainerServiceV20141113.DescribeTasks" => json!({
                "tasks": [{"containers": [{"name": "n", "runtimeId": "r"}]}],
            }),
            _ => json!({"SessionId": "s", "TokenValue": "secret", "StreamUrl": "wss://x"}),
        };
        Some((200, answer.to_string()))
    });
    let home = tempfile::tempdir().unwrap();
    let run = |args: &str, path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", path);
        command
            .env("AWS_ENDPOINT_URL", &server.url)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret");
        let output = command.args(args.split(' ')).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, _, err) = run("ssm start-session --target i-1", home.path());
    assert_eq!(code, Some(255), "{err}");
    assert!(err.contains("install the Session Manager plugin"), "{err}");
    let targets = server.asked();
    let last = targets.last().unwrap().header("x-amz-target");
    assert_eq!(last, Some("AmazonSSM.TerminateSession"));
    for (version, session) in [
        ("1.2.700.0", "AWS_SSM_START_SESSION_RESPONSE"),
        ("1.1", "{"),
    ] {
        let script = format!("[ $1 = --version ] && echo {version} || echo \"$@\"");
        program(home.path(), "session-manager-plugin", &script);
        let (code, out, err) = run("ssm start-session --target i-1", home.path());
        assert_eq!(code, Some(0), "{err}");
        assert!(out.starts_with(session), "{out}");
        let rest = format!(
            r#" eu-west-1 StartSession  {{"Target":"i-1"}} {}"#,
            server.url
        );
        assert!(out.trim_end().ends_with(&rest), "{out}");
        let line = "ecs execute-command --task t --command ls --interactive --cluster c";
        let (code, out, err) = run(line, home.path());
        assert_eq!(code, Some(0), "{err}");
        assert!(out.contains(r#"{"Target":"ecs:c_t_r"}"#), "{out}");
    }
}

#[test]
fn an_empty_result_is_not_printed() {
    let server = server();
    let run = in_empty_home(&server.url, &["kms", "enable-key", "--key-id", "k"]);
    assert_eq!((run.code, &*run.out, &*run.err), (0, "", ""));
}

#[test]
fn errors_of_the_service_have_a_code_of_their_own() {
    let server = Server::start(|_: &Asked| {
        let error = json!({"__type": "NotFoundException", "message": "no key"});
        Some((400, error.to_string()))
    });
    let run = in_empty_home(&server.url, &["kms", "enable-key", "--key-id", "k"]);
    assert_eq!((run.code, &*run.out), (254, ""), "{run:?}");
    for part in ["NotFoundException", "EnableKey", "no key"] {
        assert!(run.err.contains(part), "{}", run.err);
    }
}

#[test]
fn no_secret_is_requested_that_cannot_be_written() {
    let keys = json!({"certificateArn": "arn", "keyPair": {"PrivateKey": "the-key"}}).to_string();
    let server = Server::start(move |_| Some((200, keys.clone())));
    let home = tempfile::tempdir().unwrap();
    let create = "iot create-keys-and-certificate --private-key-outfile";
    for line in [
        format!("{create} no/such/folder/key"),
        "ec2 get-password-data --instance-id i-1 --priv-launch-key no-such-key".to_owned(),
    ] {
        let line = words(&line);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let found = run(home.path(), &server.url, &line);
        assert_eq!(found.code, 255, "{found:?}");
        assert!(found.err.contains("no"), "{found:?}");
        assert_eq!(server.asked().len(), 0, "{line:?}");
    }
    let line = words(&format!("{create} key"));
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let found = run(home.path(), &server.url, &line);
    assert_eq!(found.code, 0, "{found:?}");
    let file = home.path().join("key");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "the-key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_text_is_an_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    for args in [&[&b"\xff"[..]][..], &[b"iam", b"list-users", b"\xff"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        let output = command
            .args(args.iter().map(|arg| OsStr::from_bytes(arg)))
            .output();
        assert_eq!(output.unwrap().status.code(), Some(252), "{args:?}");
    }
}
