//! The command: the real binary against the quickstart's server.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::s3_server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use crate::support::loopback::Server;

/// The outcome of a run of the command.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Value {
        assert_eq!((self.code, &*self.err), (0, ""), "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }
}

/// The command with an empty environment.
fn command(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().env("HOME", home).current_dir(home);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn run(command: &mut Command, input: &str) -> Run {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // a command may exit without reading it
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A home directory, a server, and a command with credentials for it.
struct Shell {
    home: tempfile::TempDir,
    server: S3Server,
}

impl Shell {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = S3Server::start().unwrap();
        Self { home, server }
    }

    fn command(&self) -> Command {
        let mut command = command(self.home.path());
        command
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        command
    }

    fn call_with(&self, args: &[&str], input: &str) -> Run {
        let url = self.server.url();
        let mut command = self.command();
        command
            .arg("call")
            .args(args)
            .args(["--endpoint-url", &url, "--region", "us-east-1"]);
        run(&mut command, input)
    }

    fn call(&self, args: &[&str]) -> Run {
        self.call_with(args, "")
    }
}

fn plain(args: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    run(command(home.path()).args(args), "")
}

#[test]
fn an_object_is_uploaded_and_downloaded() {
    let shell = Shell::new();
    let file = |name: &str| shell.home.path().join(name);
    std::fs::write(file("up"), "a small fish").unwrap();
    std::fs::write(file("bucket.json"), r#"{"Bucket": "river"}"#).unwrap();

    assert_eq!(shell.call(&["s3", "CreateBucket", "@bucket.json"]).code, 0);
    let place = r#"{"Bucket": "river", "Key": "fish"}"#;
    shell
        .call_with(&["s3", "put-object", "-", "--body", "up"], place)
        .json();
    let listed = shell.call(&[
        "S3",
        "list_objects_v2",
        "@bucket.json",
        "--query",
        "Contents[].[Key, Size]",
    ]);
    assert_eq!(listed.json(), json!([["fish", 12]]));

    let output = shell
        .call(&["s3", "GetObject", place, "--out", "down"])
        .json();
    assert_eq!(output["ContentLength"], 12);
    assert_eq!(
        std::fs::read_to_string(file("down")).unwrap(),
        "a small fish"
    );
    assert_eq!(
        shell.call(&["s3", "GetObject", place, "--out", "-"]).out,
        "a small fish"
    );
    let body = shell.call(&["s3", "GetObject", place]).json()["Body"].clone();
    assert_eq!(body, "YSBzbWFsbCBmaXNo");
}

#[test]
fn exit_codes_name_the_side_at_fault() {
    let shell = Shell::new();
    let cases: [(&[&str], i32, &str); 10] = [
        (
            &["s3", "ListObjectsV2"],
            252,
            "s3.ListObjectsV2: invalid parameters: Bucket: required member is missing",
        ),
        (
            &["s3", "ListObjectsV2", "{\"Bucket\": }"],
            252,
            "the parameters: not JSON: expected value at line 1 column 12; write '{\"Bucket\": \"b\"}', @FILE or -",
        ),
        (&["s3", "ListObjectsV2", "@none.json"], 252, "none.json: "),
        (&["s3", "ListBukets"], 252, "did you mean ListBuckets?"),
        (&["s33", "ListBuckets"], 252, "did you mean s3?"),
        (&["s3", "ListBuckets", "--query", "a["], 252, "--query: "),
        (
            &["s3", "ListBuckets", "--body", "none"],
            252,
            "--body none: ",
        ),
        (
            &["s3", "ListBuckets", "--out", "x"],
            252,
            "--out x: the operation streams no body",
        ),
        (
            &["s3", "ListBuckets", "--profile", "none"],
            255,
            "no profile \"none\" (from --profile): neither ",
        ),
        (
            &["s3", "GetObject", r#"{"Bucket": "river", "Key": "k"}"#],
            254,
            "s3.GetObject: NoSuch",
        ),
    ];
    for (args, code, message) in cases {
        let run = shell.call(args);
        assert_eq!((run.code, &*run.out), (code, ""), "{args:?}: {run:?}");
        assert!(
            run.err.starts_with("tucuxi: ") && run.err.contains(message),
            "{args:?}: {}",
            run.err
        );
    }
    let no_credentials = [
        "call",
        "s3",
        "ListBuckets",
        "--endpoint-url",
        "http://127.0.0.1:1",
        "--region",
        "eu-west-1",
    ];
    let mut command = shell.command();
    let run = run(
        command.args(no_credentials).env("AWS_MAX_ATTEMPTS", "1"),
        "",
    );
    assert_eq!(run.code, 255, "{run:?}");
    assert!(
        run.err.contains(
            "could not connect to http://127.0.0.1:1: nothing listens there (connection refused)"
        ),
        "{}",
        run.err
    );
}

#[test]
fn errors_of_settings_name_their_sources() {
    for (option, value, code, text) in [
        (
            "--region",
            "eu west",
            255,
            "region: \"eu west\", from --region, must be letters",
        ),
        (
            "--endpoint-url",
            "localhost:9000",
            252,
            "endpoint_url: \"localhost:9000\", from --endpoint-url, is not a valid URL: it has no scheme: write http://localhost:9000",
        ),
    ] {
        let run = plain(&["call", "dynamodb", "ListTables", option, value]);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.err.contains(text), "{run:?}");
    }
    let run = plain(&["call", "dynamodb", "ListTables"]);
    assert_eq!(run.code, 253, "{run:?}");
    for place in [
        "no region",
        "AWS_REGION",
        "profile \"default\"",
        ".aws/config",
    ] {
        assert!(run.err.contains(place), "{place}: {}", run.err);
    }
    let run = plain(&["call", "dynamodb", "ListTables", "--region", "eu-west-1"]);
    assert_eq!(run.code, 253, "{run:?}");
    for place in [
        "credentials: ",
        "env (AWS_ACCESS_KEY_ID is not set)",
        "profile \"default\"",
    ] {
        assert!(run.err.contains(place), "{place}: {}", run.err);
    }
}

#[test]
fn unsigned_requests_need_no_credentials() {
    let shell = Shell::new();
    let url = shell.server.url();
    let args = [
        "call",
        "s3",
        "ListBuckets",
        "--no-sign-request",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let run = run(command(shell.home.path()).args(args), "");
    assert_eq!(run.code, 254, "{run:?}"); // the server wants a signature
}

#[test]
fn debug_logs_no_secrets() {
    let shell = Shell::new();
    let run = shell.call(&["s3", "ListBuckets", "--debug"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err.contains("/?x-id=ListBuckets") || run.err.contains("127.0.0.1"),
        "{}",
        run.err
    );
    assert!(!run.err.contains(SECRET_ACCESS_KEY), "{}", run.err);
    assert!(
        !run.err.contains('\u{1b}'),
        "a pipe gets no colours: {:?}",
        run.err
    );
}

#[test]
fn further_pages_are_reported_on_stderr() {
    let pages = [
        (
            "dynamodb",
            "list-tables",
            "{}",
            r#"{"TableNames": ["a"], "LastEvaluatedTableName": "a"}"#,
            Some("ExclusiveStartTableName set to the response's LastEvaluatedTableName"),
        ),
        (
            "dynamodb",
            "ListTables",
            "{}",
            r#"{"TableNames": ["a"]}"#,
            None,
        ),
        (
            "dynamodb",
            "DescribeLimits",
            "{}",
            r#"{"AccountMaxReadCapacityUnits": 1}"#,
            None,
        ),
        // reports on stderr whether there is more
        (
            "iam",
            "ListUsers",
            "{}",
            "<R><ListUsersResult><IsTruncated>true</IsTruncated><Users/><Marker>m</Marker></ListUsersResult></R>",
            Some("Marker set to the response's Marker"),
        ),
        (
            "iam",
            "ListUsers",
            "{}",
            "<R><ListUsersResult><IsTruncated>false</IsTruncated><Users/><Marker>m</Marker></ListUsersResult></R>",
            None,
        ),
        // two resume tokens
        (
            "route53",
            "ListResourceRecordSets",
            r#"{"HostedZoneId": "Z"}"#,
            "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>true</IsTruncated><NextRecordName>n</NextRecordName>\
          <NextRecordType>A</NextRecordType><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>",
            Some(
                "StartRecordName set to the response's NextRecordName and StartRecordType set to the response's NextRecordType",
            ),
        ),
    ];
    for (service, operation, params, answer, expected) in pages {
        let server = Server::start(move |_| Some((200, answer.into())));
        let home = tempfile::tempdir().unwrap();
        let mut command = command(home.path());
        command
            .args(["call", service, operation, params, "--query", "'found'"])
            .envs([
                ("AWS_ENDPOINT_URL", &*server.url),
                ("AWS_REGION", "us-east-1"),
            ])
            .envs([
                ("AWS_ACCESS_KEY_ID", "AKID"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ]);
        let run = run(&mut command, "");
        assert_eq!((run.code, &*run.out), (0, "\"found\"\n"), "{run:?}");
        match expected {
            None => assert_eq!(run.err, "", "{service}.{operation}"),
            Some(expected) => assert!(
                run.err.contains("this is one page, and there are more")
                    && run.err.contains(expected),
                "{}",
                run.err
            ),
        }
    }
}

#[test]
fn all_pages_are_one_response_if_they_are_requested() {
    let server = Server::start(|asked| {
        let is_first = !asked.body.contains("ExclusiveStartTableName");
        let page = match is_first {
            true => json!({"TableNames": ["one"], "LastEvaluatedTableName": "one"}),
            false => json!({"TableNames": ["two"]}),
        };
        Some((200, page.to_string()))
    });
    let home = tempfile::tempdir().unwrap();
    for (query, expected) in [
        (&[][..], json!({"TableNames": ["one", "two"]})),
        (&["--query", "length(TableNames)"], json!(2)),
    ] {
        let mut command = command(home.path());
        command
            .args(["call", "dynamodb", "ListTables", "--paginate"])
            .args(["--endpoint-url", &server.url, "--region", "us-east-1"])
            .args(["--no-sign-request"])
            .args(query);
        assert_eq!(run(&mut command, "").json(), expected);
    }
}

#[test]
fn a_presigned_url_is_printed_with_what_else_its_request_needs() {
    let shell = Shell::new();
    let sign = |args: &[&str]| {
        let mut command = shell.command();
        command
            .arg("presign")
            .args(args)
            .args(["--region", "eu-west-1"]);
        let run = run(&mut command, "");
        assert_eq!(run.code, 0, "{run:?}");
        run
    };
    let get = sign(&["s3", "GetObject", r#"{"Bucket": "river", "Key": "k"}"#]);
    assert!(
        get.out.starts_with("https://river.s3.amazonaws.com/k?"),
        "{}",
        get.out
    );
    assert!(get.out.contains("X-Amz-Expires=3600"), "{}", get.out);
    assert_eq!(get.err, "");
    let put = r#"{"Bucket": "river", "Key": "k", "ContentType": "text/plain"}"#;
    let put = sign(&["s3", "PutObject", put, "--expires", "60"]);
    assert!(put.out.contains("X-Amz-Expires=60"), "{}", put.out);
    for part in ["the URL is for PUT", "the header content-type: text/plain"] {
        assert!(put.err.contains(part), "{}", put.err);
    }
}

#[test]
fn the_endpoint_is_where_the_call_goes() {
    let cases = [
        (
            [
                "s3control",
                "ListAccessPoints",
                r#"{"AccountId": "111122223333"}"#,
            ],
            "https://111122223333.s3-control.eu-west-1.amazonaws.com\n",
            "",
        ),
        (
            ["timestream-query", "Query", r#"{"QueryString": "q"}"#],
            "https://query.timestream.eu-west-1.amazonaws.com\n",
            "DescribeEndpoints is called there first",
        ),
    ];
    for (args, url, note) in cases {
        let run = plain(&[&["endpoint"], &args[..], &["--region", "eu-west-1"]].concat());
        assert_eq!((run.code, &*run.out), (0, url), "{run:?}");
        assert!(run.err.contains(note), "{}", run.err);
    }
}

#[test]
fn an_option_of_aws_is_not_taken_for_another() {
    let run = plain(&["call", "s3", "ListBuckets", "--output", "table"]);
    assert_eq!((run.code, &*run.out), (252, ""), "{run:?}");
    assert!(
        run.err.contains("tip: the output is always JSON"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("'--out'"), "{}", run.err);
    let run = plain(&["modles", "import"]);
    assert_eq!(run.code, 252, "{run:?}");
    assert!(run.err.contains("did you mean \"models\"?"), "{}", run.err);
}

#[test]
fn customisations_apply_to_printed_results() {
    let policy = "<R><GetRolePolicyResult><PolicyDocument>%7B%22Version%22%3A%222012%22%7D</PolicyDocument>\
        </GetRolePolicyResult></R>";
    let server = Server::start(move |_| Some((200, policy.into())));
    let home = tempfile::tempdir().unwrap();
    let ask = |more: Option<(&str, &str)>| {
        let mut command = command(home.path());
        command.args(["call", "iam", "get-role-policy"]);
        command.arg(r#"{"RoleName": "r", "PolicyName": "p"}"#);
        command.envs([
            ("AWS_ENDPOINT_URL", &*server.url),
            ("AWS_REGION", "us-east-1"),
        ]);
        command.envs([
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        run(command.envs(more), "").json()
    };
    assert_eq!(ask(None), json!({"PolicyDocument": {"Version": "2012"}}));
    let off = ("TUCUXI_DISABLED_CUSTOMISATIONS", "iam-policy-documents");
    assert_eq!(
        ask(Some(off)),
        json!({"PolicyDocument": "%7B%22Version%22%3A%222012%22%7D"})
    );
    assert_eq!(server.lines(), ["POST /", "POST /"]);
    let asked = &server.asked()[0];
    assert!(
        asked.body.starts_with("Action=GetRolePolicy"),
        "{}",
        asked.body
    );
    let agent = asked.header("user-agent").unwrap();
    assert!(
        agent.ends_with(" m/E,N,Z,b,g cfg/retry-mode#standard"),
        "{agent}"
    );
}

#[test]
fn services_and_operations_are_listed() {
    let services = plain(&["services"]).out;
    assert_eq!(services.lines().count(), 439);
    assert!(services.lines().any(|name| name == "s3"));
    let operations = plain(&["operations", "dynamodb"]).out;
    assert!(operations.lines().any(|name| name == "GetItem"));
}

#[test]
fn a_pipe_is_sent_as_the_body() {
    let server = Server::start(|_| Some((200, r#"{"total": 6}"#.into())));
    let home = tempfile::tempdir().unwrap();
    let mut command = command(home.path());
    command
        .args(["call", "lambda", "Invoke", r#"{"FunctionName": "sum"}"#])
        .args(["--body", "-"])
        .envs([
            ("AWS_ENDPOINT_URL", &*server.url),
            ("AWS_REGION", "us-east-1"),
        ])
        .envs([
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
    // the signature covers the hash of the body, so the pipe is read before the request is sent
    let output = run(&mut command, "[1, 2, 3]").json();
    assert_eq!(output["Payload"], "eyJ0b3RhbCI6IDZ9", "{output}");
    assert_eq!(server.asked()[0].body, "[1, 2, 3]");
}

#[test]
fn a_large_body_is_not_printed() {
    let shell = Shell::new();
    let place = r#"{"Bucket": "river", "Key": "whale"}"#;
    assert_eq!(
        shell
            .call(&["s3", "CreateBucket", r#"{"Bucket": "river"}"#])
            .code,
        0
    );
    for (len, is_printed) in [(1024 * 1024, true), (1024 * 1024 + 1, false)] {
        std::fs::write(shell.home.path().join("up"), vec![b'w'; len]).unwrap();
        shell
            .call(&["s3", "PutObject", place, "--body", "up"])
            .json();
        let run = shell.call(&["s3", "GetObject", place]);
        if is_printed {
            assert_eq!(
                run.json()["Body"].as_str().map(str::len),
                Some(len.div_ceil(3) * 4)
            );
            continue;
        }
        assert_eq!((run.code, &*run.out), (252, ""), "{len}");
        let expected =
            "the body has 1048577 bytes, too many to print: write it to a file with --out FILE";
        assert!(run.err.contains(expected), "{}", run.err);
        let down = shell.call(&["s3", "GetObject", place, "--out", "-"]);
        assert_eq!(down.out.len(), len);
    }
}

#[test]
fn bodies_are_described_with_their_options() {
    for (service, operation, lines) in [
        (
            "lambda",
            "Invoke",
            [
                "Payload               blob, a secret (the body: --body FILE)",
                "Payload              blob, a secret (the body: --out FILE)",
            ],
        ),
        ("s3", "PutObject", ["blob (the body: --body FILE)", "ETag "]),
        ("s3", "GetObject", ["(the body: --out FILE)", "* Bucket"]),
    ] {
        let text = plain(&["describe", service, operation]).out;
        for line in lines {
            assert!(text.contains(line), "{operation}, {line}: {text}");
        }
    }
}

#[test]
fn an_operation_is_described() {
    let text = plain(&["describe", "s3", "list-objects-v2"]).out;
    assert!(
        text.contains("* Bucket") && text.contains("list of Object"),
        "{text}"
    );
    let json = plain(&["describe", "s3", "ListObjectsV2", "--json"]).json();
    assert_eq!(
        json["shapes"]["ListObjectsV2Request"]["required"],
        json!(["Bucket"])
    );
}

#[test]
fn schemas_and_skeletons_are_printed() {
    let described = |options: &[&str]| {
        let args = [&["describe", "sqs", "send-message"], options].concat();
        plain(&args)
    };
    let schema = described(&["--json-schema"]).json();
    assert_eq!(schema["required"], json!(["QueueUrl", "MessageBody"]));
    let schema = described(&["--json-schema", "--output"]).json();
    assert_eq!(schema["properties"]["MessageId"]["type"], "string");
    let skeleton = described(&["--skeleton"]).json();
    let expected = json!({"QueueUrl": "<QueueUrl>", "MessageBody": "<MessageBody>"});
    assert_eq!(skeleton, expected);
    let full = described(&["--skeleton", "--full"]).json();
    assert_eq!(full["DelaySeconds"], 0);
    for options in [
        &["--full"][..],
        &["--output"],
        &["--json", "--json-schema"],
        &["--skeleton", "--output"],
    ] {
        assert_eq!(described(options).code, 252, "{options:?}");
    }
}

#[test]
fn operations_are_searched() {
    let found = plain(&["search", "list", "buckets", "--limit", "2"]).out;
    assert_eq!(found.lines().next(), Some("s3 ListBuckets"), "{found}");
    assert_eq!(found.lines().count(), 2, "{found}");
    assert_eq!(plain(&["search", "kms"]).out.lines().next(), Some("kms"));
    let found = plain(&["search", "rotate key", "--json"]).json();
    assert_eq!(found[0]["operation"], "RotateKeyOnDemand");
    assert_eq!(plain(&["search", "zzzzzz"]).out, "");
    assert_eq!(plain(&["search"]).code, 252);
}

#[test]
fn documentation_of_a_model_is_described() {
    let home = tempfile::tempdir().unwrap();
    let version = home.path().join("source/tower/2024-01-01");
    std::fs::create_dir_all(&version).unwrap();
    let model = json!({
        "metadata": {"apiVersion": "2024-01-01", "endpointPrefix": "tower", "protocol": "json", "serviceId": "Tower",
            "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Tower"},
        "operations": {"Build": {"name": "Build", "http": {"method": "POST", "requestUri": "/"},
            "documentation": "<p>Builds a <i>tower</i>.</p>", "input": {"shape": "BuildRequest"}}},
        "shapes": {
            "BuildRequest": {"type": "structure", "documentation": "<p>What is built.</p>",
                "members": {"Height": {"shape": "Height", "documentation": "<p>In metres &amp; above.</p>"}}},
            "Height": {"type": "integer"},
        },
    });
    std::fs::write(version.join("service-2.json"), model.to_string()).unwrap();
    let described = |options: &[&str]| {
        let import = [
            &["models", "import", "source", "--into", ".aws/models"],
            options,
        ]
        .concat();
        assert_eq!(run(command(home.path()).args(import), "").code, 0);
        run(
            command(home.path()).args(["describe", "tower", "Build"]),
            "",
        )
        .out
    };
    let text = described(&["--with-docs"]);
    for line in [
        "Builds a tower.",
        "  What is built.",
        "        In metres & above.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    let text = described(&[]);
    assert!(
        !text.contains("metres") && text.contains("Height"),
        "{text}"
    );
}

#[test]
fn a_folder_of_models_is_found_without_a_rebuild() {
    let home = tempfile::tempdir().unwrap();
    let version = home.path().join(".aws/models/tower/2024-01-01");
    std::fs::create_dir_all(&version).unwrap();
    let model = json!({
        "metadata": {"apiVersion": "2024-01-01", "endpointPrefix": "tower", "protocol": "json", "serviceId": "Tower",
            "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Tower"},
        "operations": {"Build": {"name": "Build", "http": {"method": "POST", "requestUri": "/"}}},
        "shapes": {},
    });
    std::fs::write(version.join("service-2.json"), model.to_string()).unwrap();
    let services = run(command(home.path()).arg("services"), "").out;
    assert_eq!(services.lines().count(), 440);
    let operations = run(command(home.path()).args(["operations", "tower"]), "");
    assert_eq!(operations.out, "Build\n");
}

#[test]
fn configuration_is_listed_with_sources() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let config = "[default]\nregion = eu-west-1\naws_access_key_id = AKIDEXAMPLE1\naws_secret_access_key = hidden\n";
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let list = |explain: bool| {
        let mut command = command(home.path());
        command
            .env("AWS_MAX_ATTEMPTS", "7")
            .args(["configure", "list"]);
        if explain {
            command.arg("--explain");
        }
        let run = run(&mut command, "");
        assert!(run.code == 0 && !run.out.contains("hidden"), "{run:?}");
        run.out
    };
    let words = |text: &str, row: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with(row))
            .unwrap_or_else(|| panic!("{row}: {text}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let short = list(false);
    assert_eq!(
        words(&short, "access_key"),
        "access_key : ****************PLE1 : config-file :"
    );
    assert_eq!(
        words(&short, "region"),
        "region : eu-west-1 : config-file : ~/.aws/config"
    );
    assert!(!short.contains("max_attempts"));
    let long = list(true);
    assert_eq!(
        words(&long, "env "),
        "env none: AWS_ACCESS_KEY_ID is not set"
    );
    assert_eq!(words(&long, "iam-role"), "iam-role not queried");
    assert_eq!(
        words(&long, "max_attempts"),
        "max_attempts 7 the environment variable AWS_MAX_ATTEMPTS"
    );
}
