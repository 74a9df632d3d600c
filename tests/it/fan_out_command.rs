//! `--regions`, `--profiles` and `--roles` of the command: the real binary on a loopback server.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::loopback::{Answer, Asked, Server};

const PROFILES: &str = "[profile a]\naws_access_key_id = KEYA\naws_secret_access_key = s\n\
                        [profile b]\naws_access_key_id = KEYB\naws_secret_access_key = s\n";

fn run(server: &Server, line: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), PROFILES).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command.env_clear().env("HOME", home.path());
    command.env("AWS_ENDPOINT_URL", &server.url);
    command
        .env("AWS_ACCESS_KEY_ID", "KEYOWN")
        .env("AWS_SECRET_ACCESS_KEY", "s");
    command
        .env("AWS_REGION", "eu-north-1")
        .env("AWS_MAX_ATTEMPTS", "1");
    command.args(line.split(' ')).output().unwrap()
}

fn out(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(
        (output.status.code(), &*text(&output.stderr)),
        (Some(0), "")
    );
    text(&output.stdout)
}

/// The items, sorted, as they come in any order.
fn items(output: &Output) -> Vec<Value> {
    let mut items: Vec<Value> = serde_json::from_str(&out(output)).unwrap();
    items.sort_by_key(Value::to_string);
    items
}

/// Two pages of tables, whose names have the key and the region that signed the request.
fn tables(asked: &Asked) -> Answer {
    let scope = asked
        .header("authorization")?
        .split("Credential=")
        .nth(1)?
        .to_owned();
    let parts: Vec<&str> = scope.split('/').collect();
    if asked.body.contains("AssumeRole") {
        let body = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/audit/s</Arn>\
                    </AssumedRoleUser><Credentials><AccessKeyId>KEYROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                    <SessionToken>t</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        return Some((200, body.into()));
    }
    if parts[2] == "us-west-2" {
        let body = r#"{"__type": "com.amazon#AccessDeniedException", "message": "no"}"#;
        return Some((400, body.into()));
    }
    let page = if asked.body.contains("page-1") { 1 } else { 0 };
    let mut result = json!({"TableNames": [format!("{}/{}/{page}", parts[0], parts[2])]});
    if page == 0 {
        result["LastEvaluatedTableName"] = "page-1".into();
    }
    Some((200, result.to_string()))
}

#[test]
fn documents_have_the_region_and_the_account_of_each_result() {
    let server = Server::start(tables);
    let line = "dynamodb list-tables --regions eu-west-1,us-east-1 --profiles a b --query length(TableNames)";
    let found = items(&run(&server, line));
    let expected = [
        json!({"Region": "eu-west-1", "Profile": "a", "Result": 2}),
        json!({"Region": "eu-west-1", "Profile": "b", "Result": 2}),
        json!({"Region": "us-east-1", "Profile": "a", "Result": 2}),
        json!({"Region": "us-east-1", "Profile": "b", "Result": 2}),
    ];
    assert_eq!(found, expected);
    // without a query, each page comes when it is there
    let found = items(&run(&server, "dynamodb list-tables --profiles=a"));
    let page = |n: usize| json!({"Region": "eu-north-1", "Profile": "a", "Result": {"TableNames": [format!("KEYA/eu-north-1/{n}")]}});
    assert_eq!(found, [page(0), page(1)]);
    let role = "arn:aws:iam::111122223333:role/audit";
    let line = format!("dynamodb list-tables --roles {role} --query TableNames[0]");
    let tags = json!({"Region": "eu-north-1", "Account": "111122223333", "Role": "audit", "Result": "KEYROLE/eu-north-1/0"});
    assert_eq!(items(&run(&server, &line)), [tags]);
    // the command without the names of aws has the same
    let line = "call dynamodb ListTables {} --regions eu-west-1,us-east-1 --query TableNames[0]";
    let found = items(&run(&server, line));
    let item = |region: &str| json!({"Region": region, "Result": format!("KEYOWN/{region}/0")});
    assert_eq!(found, [item("eu-west-1"), item("us-east-1")]);
    let line = "call dynamodb ListTables --paginate --regions eu-west-1 --query length(TableNames)";
    assert_eq!(
        items(&run(&server, line)),
        [json!({"Region": "eu-west-1", "Result": 2})]
    );
}

#[test]
fn text_and_tables_have_them_in_each_row() {
    let server = Server::start(tables);
    let sorted = |line: &str| {
        let text = out(&run(&server, line));
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let line = "dynamodb list-tables --regions eu-west-1 --profiles a,b --output text";
    let expected = [
        "eu-west-1\ta\tTABLENAMES\tKEYA/eu-west-1/0",
        "eu-west-1\ta\tTABLENAMES\tKEYA/eu-west-1/1",
        "eu-west-1\tb\tTABLENAMES\tKEYB/eu-west-1/0",
        "eu-west-1\tb\tTABLENAMES\tKEYB/eu-west-1/1",
    ];
    assert_eq!(sorted(line), expected);
    let line = "dynamodb list-tables --regions eu-west-1 --profiles a,b --output table --query TableNames[].[@]";
    let table = out(&run(&server, line));
    for row in [
        "|  eu-west-1 |  a |  KEYA/eu-west-1/0  |",
        "|  eu-west-1 |  b |  KEYB/eu-west-1/1  |",
    ] {
        assert!(table.contains(row), "{table}");
    }
    let line = "dynamodb list-tables --regions eu-west-1 --output yaml --query TableNames";
    let expected =
        "- Region: eu-west-1\n  Result:\n  - KEYOWN/eu-west-1/0\n  - KEYOWN/eu-west-1/1\n";
    assert_eq!(out(&run(&server, line)), expected);
    let line = "dynamodb list-tables --regions eu-west-1 --max-items 1 --query TableNames";
    assert_eq!(
        items(&run(&server, line))[0]["Result"],
        json!(["KEYOWN/eu-west-1/0"])
    );
}

#[test]
fn failures_are_named_and_have_an_exit_code() {
    let server = Server::start(tables);
    let cases = [
        (
            "dynamodb list-tables --regions eu-west-1,us-west-2 --query TableNames",
            1,
            1,
            "tucuxi: us-west-2: dynamodb.ListTables: AccessDeniedException",
        ),
        (
            "dynamodb list-tables --regions us-west-2 --profiles a,b",
            254,
            0,
            "tucuxi: us-west-2, profile a: dynamodb.ListTables: AccessDeniedException",
        ),
        (
            "dynamodb list-tables --profiles a,missing --query TableNames",
            1,
            1,
            "tucuxi: profile missing: configuration: no profile \"missing\"",
        ),
        (
            "dynamodb list-tables --regions eu-west-1 --exclusive-start-table-name x",
            252,
            0,
            "its length is 1",
        ),
        (
            // a query that does not fit the result of one target
            "dynamodb list-tables --regions us-east-1,eu-west-1 --query length(TableNames[?contains(@,'eu-west-1')]|[0])",
            1,
            1,
            "tucuxi: us-east-1: --query: ",
        ),
        (
            "dynamodb list-tables --regions us-east-1,eu-west-1 --query length(Missing)",
            255,
            0,
            "tucuxi: eu-west-1: --query: ",
        ),
        (
            "call dynamodb ListTables {} --roles=",
            252,
            0,
            "--roles: a value is empty",
        ),
        (
            "call dynamodb ListTables {} --regions eu-west-1 --profiles=a,",
            252,
            0,
            "--profiles: a value is empty",
        ),
        (
            "dynamodb list-tables --regions",
            252,
            0,
            "--regions needs at least one value",
        ),
        (
            "dynamodb list-tables --regions all,eu-west-1",
            252,
            0,
            "stands for all regions",
        ),
        (
            "dynamodb list-tables --regions eu-west-1 --starting-token x",
            252,
            0,
            "from its beginning",
        ),
        (
            "s3api get-object --regions eu-west-1 --bucket bucket --key k file",
            252,
            0,
            "go with calls whose result is printed",
        ),
    ];
    for (line, code, count, text) in cases {
        let output = run(&server, line);
        let (printed, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert_eq!(output.status.code(), Some(code), "{line}: {errors}");
        assert!(errors.contains(text), "{line}: {errors}");
        let found: Vec<Value> = match code {
            252 => Vec::new(),
            _ => serde_json::from_str(&printed).expect("stdout is a whole document"),
        };
        assert_eq!(found.len(), count, "{line}: {printed}");
    }
}

#[test]
fn waiters_wait_for_each_target() {
    let server = Server::start(|asked| {
        let status = if asked.header("authorization")?.contains("/us-east-1/") {
            "CREATING"
        } else {
            "ACTIVE"
        };
        Some((200, json!({"Table": {"TableStatus": status}}).to_string()))
    });
    let line = "dynamodb wait table-exists --table-name table --regions eu-west-1,eu-west-2";
    assert_eq!(out(&run(&server, line)), "");
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn an_operation_keeps_its_own_option() {
    let body = "<CreateStackInstancesResponse><CreateStackInstancesResult><OperationId>o</OperationId></CreateStackInstancesResult></CreateStackInstancesResponse>";
    let server = Server::start(move |_| Some((200, body.into())));
    let line =
        "cloudformation create-stack-instances --stack-set-name s --regions eu-west-1 eu-west-2";
    let found: Value = serde_json::from_str(&out(&run(&server, line))).unwrap();
    assert_eq!(found, json!({"OperationId": "o"}));
    let asked = &server.asked()[0];
    assert!(
        asked.body.contains("Regions.member.2=eu-west-2"),
        "{}",
        asked.body
    );
}
