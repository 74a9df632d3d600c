//! Commands of `aws` that are not one operation: the real binary against servers with scripted responses.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::loopback::{Asked, Server};

/// The outcome of a run of the command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run_with(home: &Path, url: &str, variables: &[(&str, &str)], line: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().env("HOME", home).current_dir(home);
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_MAX_ATTEMPTS", "1")
        .envs(variables.iter().copied());
    let output = command.args(line.split(' ')).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn run(home: &Path, url: &str, line: &str) -> Run {
    run_with(home, url, &[], line)
}

fn alone(line: &str) -> Run {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), "http://127.0.0.1:9", line)
}

/// A server whose responses depend on the operation that a header or the form names.
fn server(answer: impl Fn(&str, &Asked) -> (u16, String) + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let target = asked.header("x-amz-target").unwrap_or_default();
        let form = asked
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        let operation = form.unwrap_or_else(|| target.rsplit('.').next().unwrap_or_default());
        Some(answer(operation, asked))
    })
}

#[test]
fn wrong_lines_have_the_exit_codes_of_aws() {
    for (line, code, expected) in [
        (
            "rds generate-db-auth-token",
            252,
            "--hostname, --port, --username are required",
        ),
        (
            "rds generate-db-auth-token --hostname h --port x --username u",
            252,
            "--port: \"x\" is no whole number",
        ),
        (
            "rds generate-db-auth-token --hostname h --port 99999 --username u",
            252,
            "--port: \"99999\" is no whole number",
        ),
        (
            "ecr get-login-pasword",
            252,
            "did you mean \"ecr get-login-password\"?",
        ),
        (
            "ecr get-login-password --no-such",
            252,
            "unknown options: --no-such",
        ),
        ("logs tail", 252, "GROUP is required"),
        (
            "logs tail g --format other",
            252,
            "must be one of detailed, short, json",
        ),
        (
            "logs tail g --since soon",
            252,
            "--since: \"soon\" is no time",
        ),
        (
            "logs tail g --log-stream-names a --log-stream-name-prefix b",
            252,
            "exclude each other",
        ),
        (
            "logs tail g --sinc 5m --formt short",
            252,
            "--formt (did you mean --format?)",
        ),
        (
            "eks get-token",
            1,
            "--cluster-name or --cluster-id is required",
        ),
        (
            "eks get-token --cluster-name a --cluster-id b",
            252,
            "exclude each other",
        ),
        (
            "ec2 run-instances --count x",
            255,
            "--count: \"x\" must be a number or a range",
        ),
        (
            "cloudformation deploy --stack-name s",
            252,
            "--template-file is required",
        ),
        (
            "cloudformation deploy --stack-name s --template-file none",
            255,
            "none is no file",
        ),
        (
            "cloudformation package --template-file none --s3-bucket b",
            255,
            "none is no file",
        ),
    ] {
        let run = alone(line);
        assert_eq!(run.code, code, "{line}: {}", run.err);
        assert!(run.err.contains(expected), "{line}: {}", run.err);
    }
}

#[test]
fn procedures_have_help_and_completion() {
    let page = alone("logs tail help").out;
    for part in [
        "logs tail: prints",
        "GROUP",
        "--since TIME",
        "--format detailed|short|json",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(alone("ecr help").out.contains("get-login-password"));
    let complete = |line: &str| {
        let home = tempfile::tempdir().unwrap();
        let line = format!("tucuxi {line}");
        let point = line.len().to_string();
        let variables = [("COMP_LINE", &*line), ("COMP_POINT", &*point)];
        run_with(home.path(), "", &variables, "__complete")
            .out
            .replace('\n', " ")
    };
    for (line, expected) in [
        ("logs ta", "tag-log-group tag-resource tail "),
        (
            "logs tail g --log-stream-name-",
            "--log-stream-name-prefix ",
        ),
        ("logs tail g --format s", "short "),
        (
            "eks get-token --cl",
            "--cluster-name --cluster-id --cli-auto-prompt",
        ),
    ] {
        assert!(
            complete(line).starts_with(expected.split("--cli").next().unwrap()),
            "{line}: {}",
            complete(line)
        );
    }
}

#[test]
fn tokens_of_databases_are_printed() {
    for (line, expected) in [
        (
            "rds generate-db-auth-token --hostname db --port 5432 --username a@b",
            "db:5432/?Action=connect&DBUser=a%40b&X-Amz-Algorithm=AWS4-HMAC-SHA256",
        ),
        (
            "dsql generate-db-connect-auth-token --hostname c --expires-in 60",
            "c/?Action=DbConnect&",
        ),
        (
            "dsql generate-db-connect-admin-auth-token --hostname c --region us-east-2",
            "c/?Action=DbConnectAdmin&",
        ),
    ] {
        let run = alone(line);
        assert!(run.out.starts_with(expected), "{line}: {run:?}");
    }
}

#[test]
fn passwords_of_registries_are_printed() {
    let token = BASE64_STANDARD.encode("AWS:pass:word");
    let server = server(move |_, asked| {
        let data = json!({"authorizationToken": token});
        let is_public = asked
            .header("x-amz-target")
            .unwrap_or_default()
            .starts_with("Spencer");
        let data = match is_public {
            true => data,
            false => json!([data]),
        };
        (200, json!({"authorizationData": data}).to_string())
    });
    let home = tempfile::tempdir().unwrap();
    for line in ["ecr get-login-password", "ecr-public get-login-password"] {
        let run = run(home.path(), &server.url, line);
        assert_eq!(
            (run.code, &*run.out),
            (0, "pass:word\n"),
            "{line}: {}",
            run.err
        );
    }
}

#[test]
fn a_token_of_a_cluster_is_a_signed_url() {
    let home = tempfile::tempdir().unwrap();
    let url = "http://127.0.0.1:9";
    let url_of = |run: &Run| {
        let printed: Value = serde_json::from_str(&run.out).unwrap();
        let token = printed["status"]["token"].as_str().unwrap();
        let url = token.strip_prefix("k8s-aws-v1.").unwrap();
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(url).unwrap()).unwrap()
    };
    let token = run(
        home.path(),
        url,
        "eks get-token --cluster-name c --endpoint-url http://eks",
    );
    let signed = url_of(&token);
    assert!(signed.starts_with("http://127.0.0.1:9/?Action=GetCallerIdentity&Version=2011-06-15&"));
    assert!(
        signed.contains("X-Amz-Expires=60") && signed.contains("x-k8s-aws-id"),
        "{signed}"
    );
    let info = [(
        "KUBERNETES_EXEC_INFO",
        r#"{"apiVersion": "client.authentication.k8s.io/v1"}"#,
    )];
    let line = "eks get-token --cluster-id c --query apiVersion --output text";
    let newer = run_with(home.path(), url, &info, line);
    assert_eq!(newer.out, "client.authentication.k8s.io/v1\n");
    let broken = run_with(home.path(), url, &[("KUBERNETES_EXEC_INFO", "{")], line);
    assert_eq!(broken.out, "client.authentication.k8s.io/v1beta1\n");
    assert!(
        broken.err.contains("KUBERNETES_EXEC_INFO is no JSON"),
        "{}",
        broken.err
    );
}

#[test]
fn a_token_may_be_that_of_a_role() {
    let server = server(|operation, _| {
        assert_eq!(operation, "AssumeRole");
        let credentials = "<AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
        (
            200,
            format!(
                "<R><AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult></R>"
            ),
        )
    });
    let home = tempfile::tempdir().unwrap();
    let run = run(
        home.path(),
        &server.url,
        "eks get-token --cluster-name c --role arn:aws:iam::1:role/r --query status.token --output text",
    );
    let url = run.out.trim_end().strip_prefix("k8s-aws-v1.").unwrap();
    let url = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(url).unwrap()).unwrap();
    assert!(
        url.contains("AKIDROLE") && url.contains("X-Amz-Security-Token=t"),
        "{url}"
    );
    assert!(
        server.asked()[0]
            .body
            .contains("RoleSessionName=EKSGetTokenAuth")
    );
}

#[test]
fn clusters_are_added_to_a_kubeconfig() {
    let server = Server::start(|_| {
        let cluster = json!({
            "name": "c", "arn": "arn:aws:eks:eu-west-1:1:cluster/c", "status": "ACTIVE",
            "endpoint": "https://e", "certificateAuthority": {"data": "Q0E="},
        });
        Some((200, json!({"cluster": cluster}).to_string()))
    });
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".kube/config");
    let call = |line: &str| run(home.path(), &server.url, line);
    let dry = call("eks update-kubeconfig --name c --dry-run");
    assert!(dry.out.starts_with(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n"
    ));
    assert!(!path.exists());
    let added = call("eks update-kubeconfig --name c --alias mine --profile p");
    assert_eq!(added.code, 255, "the profile does not exist: {}", added.err);
    let added = call("eks update-kubeconfig --name c --alias mine");
    assert_eq!(
        added.out,
        format!("Added new context mine to {}\n", path.display())
    );
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = "\
contexts:
- context:
    cluster: arn:aws:eks:eu-west-1:1:cluster/c
    user: arn:aws:eks:eu-west-1:1:cluster/c
  name: mine
current-context: mine
kind: Config
preferences: {}
users:
- name: arn:aws:eks:eu-west-1:1:cluster/c
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-west-1
      - eks
      - get-token
      - --cluster-name
      - c
      - --output
      - json
      command: aws
";
    assert!(text.ends_with(expected), "{text}");
    assert!(
        added.err.contains("aws, which is not on the PATH"),
        "{}",
        added.err
    );
    let updated =
        call("eks update-kubeconfig --name c --user-alias u --exec-command tucuxi --verbose");
    assert!(
        updated.out.starts_with("Updated context u in "),
        "{updated:?}"
    );
    assert!(updated.out.contains("Entries:\n\ncontext:\n") && updated.err.is_empty());
    std::fs::write(&path, "clusters: 1").unwrap();
    let broken = call("eks update-kubeconfig --name c");
    assert_eq!(broken.code, 255);
    assert!(
        broken.err.contains("clusters must be a list of maps"),
        "{}",
        broken.err
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "clusters: 1");
}

#[test]
fn events_of_a_log_group_are_printed() {
    let server = server(|_, asked| {
        let event = |text: &str| json!({"logStreamName": "s", "timestamp": 1_577_836_800_000_i64, "message": text, "eventId": text});
        let page = match asked.body.contains("nextToken") {
            false => json!({"events": [event("one\n")], "nextToken": "t"}),
            true => json!({"events": [event("{\"a\": 1}")]}),
        };
        (200, page.to_string())
    });
    let home = tempfile::tempdir().unwrap();
    let line = "logs tail g --since 1577836800 --format json --log-stream-names s t --filter-pattern ERROR";
    let run = run(home.path(), &server.url, line);
    assert_eq!(
        run.out,
        "2020-01-01T00:00:00+00:00 s one\n2020-01-01T00:00:00+00:00 s \n{\n    \"a\": 1\n}\n"
    );
    let body: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    let expected = json!({
        "logGroupName": "g", "interleaved": true, "startTime": 1_577_836_800_000_i64,
        "filterPattern": "ERROR", "logStreamNames": ["s", "t"],
    });
    assert_eq!(body, expected);
}

#[test]
fn following_a_log_group_ends_with_an_error_of_the_service() {
    let server = server(|_, asked| {
        match asked.body.contains("nextToken") {
        false => (200, json!({"events": [{"logStreamName": "s", "timestamp": 0, "message": "m", "eventId": "1"}], "nextToken": "t"}).to_string()),
        true => (400, json!({"__type": "ResourceNotFoundException", "message": "gone"}).to_string()),
    }
    });
    let home = tempfile::tempdir().unwrap();
    let run = run(
        home.path(),
        &server.url,
        "logs tail g --follow --format short",
    );
    assert_eq!(
        (run.code, &*run.out),
        (254, "1970-01-01T00:00:00 m\n"),
        "{}",
        run.err
    );
}

#[test]
fn artifacts_of_a_template_are_uploaded_once() {
    let server = Server::start_with_headers(|asked| {
        let is_known = asked.line.contains("92eb5ffee6ae2fec3ad71c777531578f"); // of "b"
        let headers = vec![("etag".to_owned(), "\"e\"".to_owned())];
        Some(match asked.line.starts_with("HEAD") && !is_known {
            true => (404, Vec::new(), Vec::new()),
            false => (200, headers, Vec::new()),
        })
    });
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("code/f.py", "x");
    write("a", "a");
    write("b", "b");
    write(
        "sub/child.yaml",
        "Resources: {A: {Type: 'AWS::Serverless::Api', Properties: {DefinitionUri: ../a}}}",
    );
    write(
        "t.yaml",
        "
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: code, Role: !GetAtt R.Arn}}
  S: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: b}}
  K: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://x/y}}
  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: sub/child.yaml}}
  I: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: a}}}
",
    );
    let line = "cloudformation package --template-file t.yaml --s3-bucket bkt --metadata m=1,n=2 --use-json";
    let run = run(home.path(), &server.url, line);
    let printed: Value = serde_json::from_str(run.out.trim()).unwrap_or_else(|_| panic!("{run:?}"));
    let resources = &printed["Resources"];
    assert_eq!(resources["F"]["Properties"]["Code"]["S3Bucket"], "bkt");
    assert_eq!(
        resources["F"]["Properties"]["Role"],
        json!({"Fn::GetAtt": ["R", "Arn"]})
    );
    let b = "92eb5ffee6ae2fec3ad71c777531578f";
    assert_eq!(
        resources["S"]["Properties"]["DefinitionS3Location"],
        json!({"Bucket": "bkt", "Key": b})
    );
    assert_eq!(resources["K"]["Properties"]["CodeUri"], "s3://x/y");
    let template = resources["N"]["Properties"]["TemplateURL"]
        .as_str()
        .unwrap();
    assert!(
        template.starts_with(&format!("{}/bkt/", server.url)) && template.ends_with(".template")
    );
    let a = "s3://bkt/0cc175b9c0f1b6a831c399e269772661";
    assert_eq!(resources["I"]["Fn::Transform"]["Parameters"]["Location"], a);
    let puts: Vec<Asked> = server
        .asked()
        .into_iter()
        .filter(|asked| asked.line.starts_with("PUT"))
        .collect();
    assert!(
        puts.iter()
            .all(|put| put.header("x-amz-meta-n") == Some("2"))
    );
    assert!(
        puts.iter()
            .all(|put| put.header("x-amz-server-side-encryption") == Some("AES256"))
    );
    assert!(
        !puts.iter().any(|put| put.line.contains(b)),
        "it was there already"
    );
    assert!(
        puts.iter()
            .any(|put| put.body.contains("DefinitionUri: s3://bkt/0cc175b9"))
    );
}

#[test]
fn an_artifact_that_is_missing_is_named() {
    let home = tempfile::tempdir().unwrap();
    let template =
        "Resources: {A: {Type: 'AWS::Serverless::Api', Properties: {DefinitionUri: none.json}}}";
    std::fs::write(home.path().join("t.yaml"), template).unwrap();
    let run = run(
        home.path(),
        "http://127.0.0.1:9",
        "cloudformation package --template-file t.yaml --s3-bucket b",
    );
    assert_eq!(run.code, 255);
    for part in ["DefinitionUri of resource A", "none.json"] {
        assert!(run.err.contains(part), "{}", run.err);
    }
}

/// A CloudFormation service whose change sets are complete at once.
fn stacks(status: &'static str, reason: &'static str, exists: bool) -> Server {
    server(move |operation, _| {
        let body = match operation {
            "DescribeStacks" if !exists => {
                let error = "<Error><Code>ValidationError</Code><Message>Stack with id s does not exist</Message></Error>";
                return (400, format!("<ErrorResponse>{error}</ErrorResponse>"));
            }
            "DescribeStacks" => "<Stacks><member><StackName>s</StackName><CreationTime>2020-01-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>".to_owned(),
            "GetTemplateSummary" => "<Parameters><member><ParameterKey>Old</ParameterKey></member></Parameters>".into(),
            "CreateChangeSet" => "<Id>arn:set</Id>".into(),
            "DescribeChangeSet" => format!("<Status>{status}</Status><StatusReason>{reason}</StatusReason>"),
            _ => String::new(),
        };
        (
            200,
            format!("<R><{operation}Result>{body}</{operation}Result></R>"),
        )
    })
}

const TEMPLATE: &str = "Parameters: {Old: {Type: String}, New: {Type: String}, Given: {Type: String}}\nResources: {}\n";

#[test]
fn a_stack_is_updated_with_a_change_set() {
    let server = stacks("CREATE_COMPLETE", "", true);
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("t.yaml"), TEMPLATE).unwrap();
    let line = "cloudformation deploy --template-file t.yaml --stack-name s --parameter-overrides Given=x --tags a=b --capabilities CAPABILITY_IAM";
    let run = run(home.path(), &server.url, line);
    assert_eq!(
        run.out,
        "\nWaiting for changeset to be created..\nWaiting for stack create/update to complete\nSuccessfully created/updated stack - s\n",
        "{}",
        run.err
    );
    let asked = server.asked();
    let created = asked
        .iter()
        .find(|asked| asked.body.contains("Action=CreateChangeSet"))
        .unwrap();
    for part in [
        "ChangeSetType=UPDATE",
        "Parameters.member.1.ParameterKey=Old&Parameters.member.1.UsePreviousValue=true",
        "Parameters.member.2.ParameterKey=Given&Parameters.member.2.ParameterValue=x",
        "Tags.member.1.Key=a",
        "Capabilities.member.1=CAPABILITY_IAM",
    ] {
        assert!(created.body.contains(part), "{part}: {}", created.body);
    }
    assert!(!created.body.contains("New&"), "{}", created.body);
}

#[test]
fn an_empty_change_set_is_no_failure_unless_it_shall_be() {
    let reason = "The submitted information didn't contain changes. Submit different information.";
    let server = stacks("FAILED", reason, false);
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("t.yaml"), TEMPLATE).unwrap();
    let line = "cloudformation deploy --template-file t.yaml --stack-name s";
    let same = run(home.path(), &server.url, line);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(
        same.out
            .ends_with("\nNo changes to deploy. Stack s is up to date\n")
    );
    let failed = run(
        home.path(),
        &server.url,
        &format!("{line} --fail-on-empty-changeset"),
    );
    assert_eq!(failed.code, 255);
    let server = stacks("FAILED", "no rights", false);
    let failed = run(home.path(), &server.url, line);
    assert!(
        failed.code == 255 && failed.err.contains("reason: no rights"),
        "{}",
        failed.err
    );
    let server = stacks("CREATE_COMPLETE", "", false);
    let kept = run(
        home.path(),
        &server.url,
        &format!("{line} --no-execute-changeset"),
    );
    assert!(
        kept.out
            .ends_with("describe-change-set --change-set-name arn:set\n"),
        "{kept:?}"
    );
}

#[test]
fn urls_and_cookies_of_cloudfront_are_signed() {
    let key = concat!(
        "file://",
        env!("CARGO_MANIFEST_DIR"),
        "/src/cloudfront/test_rsa_pkcs1.pem"
    );
    let sign = |rest: &str| {
        alone(&format!(
            "cloudfront {rest} --key-pair-id K1 --private-key {key}"
        ))
    };
    let url = sign("sign --url https://a/b --date-less-than 2020-01-01").out;
    assert!(
        url.starts_with("https://a/b?Expires=1577836800&Signature=")
            && url.ends_with("&Key-Pair-Id=K1")
    );
    let custom = sign("sign --url https://a/b?c --date-less-than 2020-01-01 --policy-resource https://a/* --hash-algorithm SHA256").out;
    assert!(
        custom.starts_with("https://a/b?c&Policy=")
            && custom.ends_with("&Key-Pair-Id=K1&Hash-Algorithm=SHA256")
    );
    let cookies =
        sign("sign-cookies --resource https://a/* --date-less-than 2020-01-01 --query keys(@)").out;
    let names: Vec<String> = serde_json::from_str(&cookies).unwrap();
    assert_eq!(
        names,
        [
            "CloudFront-Policy",
            "CloudFront-Signature",
            "CloudFront-Key-Pair-Id"
        ]
    );
    for (rest, code, expected) in [
        (
            "sign --url https://a/b#c --date-less-than 2020-01-01",
            252,
            "a fragment",
        ),
        (
            "sign --url https://a/b --date-less-than soon",
            252,
            "--date-less-than: \"soon\" is no time",
        ),
        (
            "sign --url https://a/b --date-less-than 5 --date-greater-than 5",
            252,
            "must begin before it ends",
        ),
        (
            "sign --url https://a/b --date-less-than 5 --ip-address ::1",
            252,
            "an IPv4 address",
        ),
        (
            "sign --url https://a/b --date-less-than 5 --policy-resource https://c/*",
            252,
            "does not match",
        ),
    ] {
        let run = sign(rest);
        assert_eq!(run.code, code, "{rest}: {}", run.err);
        assert!(run.err.contains(expected), "{rest}: {}", run.err);
    }
    let key = alone(
        "cloudfront sign --url https://a/b --date-less-than 5 --key-pair-id K --private-key secret",
    );
    assert!(
        key.code == 255 && !key.err.contains("secret"),
        "{}",
        key.err
    );
}

#[test]
fn items_are_selected_and_put_as_yaml() {
    let server = server(|operation, asked| {
        let body = match operation {
            "Query" | "Scan" if asked.body.contains("ExclusiveStartKey") => {
                json!({"Items": [{"id": {"S": "b"}, "t": {"SS": ["x"]}}], "Count": 1, "ScannedCount": 1})
            }
            "Query" | "Scan" => json!({
                "Items": [{"id": {"S": "a"}, "n": {"N": "1.50"}, "b": {"B": "aGk="}}], "Count": 1, "ScannedCount": 2,
                "LastEvaluatedKey": {"id": {"S": "a"}},
            }),
            "BatchWriteItem" => {
                let sent: Value = serde_json::from_str(&asked.body).unwrap();
                let sent = sent["RequestItems"]["t"].as_array().unwrap().clone();
                match sent.len() {
                    25 => json!({"UnprocessedItems": {"t": &sent[..2]}}),
                    _ => json!({"UnprocessedItems": {}}),
                }
            }
            _ => json!({}),
        };
        (200, body.to_string())
    });
    let home = tempfile::tempdir().unwrap();
    let call = |line: &str| run(home.path(), &server.url, line);
    let found = call(
        "ddb select t --filter n > 1 and id in (\"a\") --key-condition id = 5 --projection id, n",
    );
    let expected = "\
Items:
- id: a
  n: 1.50
  b: !!binary \"aGk=\"
- id: b
  t: !!set
    x: null
Count: 2
ScannedCount: 3
";
    assert_eq!(found.out, expected, "{}", found.err);
    let body: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    let sent = json!({
        "TableName": "t", "ConsistentRead": true, "ReturnConsumedCapacity": "NONE",
        "ProjectionExpression": "#n0, #n1", "FilterExpression": "#n2 > :n3 AND #n4 IN (:n5)",
        "KeyConditionExpression": "#n6 = :n7",
        "ExpressionAttributeNames": {"#n0": "id", "#n1": "n", "#n2": "n", "#n4": "id", "#n6": "id"},
        "ExpressionAttributeValues": {":n3": {"N": "1"}, ":n5": {"S": "a"}, ":n7": {"N": "5"}},
    });
    assert_eq!(body, sent);
    assert_eq!(call("ddb select t --query Items[].id").out, "- a\n- b\n");
    let one = call("ddb select t --no-paginate --attributes COUNT --no-consistent-read");
    assert!(one.out.ends_with("LastEvaluatedKey:\n  id: a\n"), "{one:?}");
    let items: String = (0..30)
        .map(|n| format!("- {{id: {n}, at: '2020-01-01'}}\n"))
        .collect();
    std::fs::write(home.path().join("items.yaml"), items).unwrap();
    let put = call("ddb put t file://items.yaml");
    assert_eq!((put.code, &*put.out), (0, ""), "{}", put.err);
    let bodies = server.asked().into_iter().map(|asked| asked.body);
    let batches = bodies.filter(|body| body.contains("RequestItems"));
    assert_eq!(batches.count(), 2);
    let one = call("ddb put t {id:\u{a0}1} --condition attribute_not_exists(id)");
    assert_eq!(one.code, 0, "{}", one.err);
    for (line, code, expected) in [
        ("ddb", 252, "ddb needs a command"),
        ("ddb selct", 252, "did you mean \"ddb select\"?"),
        ("ddb select t --output json", 252, "ddb prints yaml only"),
        (
            "ddb select t --filter a =",
            252,
            "--filter: the expression ends too early",
        ),
        (
            "ddb select t --no-paginate --max-items 1",
            252,
            "--max-items does not go with --no-paginate",
        ),
        (
            "ddb put t file://items.yaml --condition a",
            252,
            "--condition is for one item only",
        ),
        ("ddb put t {id:2020-01-01", 255, "invalid YAML"),
    ] {
        let run = call(line);
        assert_eq!(run.code, code, "{line}: {}", run.err);
        assert!(run.err.contains(expected), "{line}: {}", run.err);
    }
    assert!(alone("ddb help").out.contains("select"));
    assert!(alone("ddb put help").out.contains("ITEMS"));
}
