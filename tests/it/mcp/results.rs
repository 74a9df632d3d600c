//! Results: pages, cuts, queries, bodies, and secrets.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::Agent;
use crate::support::loopback::Server;

/// A server of three pages with 100 tables each.
fn tables() -> Server {
    Server::start(|request| Some((200, page(&request.body))))
}

fn page(request: &str) -> String {
    let request: Value = serde_json::from_str(request).unwrap();
    let start = request["ExclusiveStartTableName"].as_str();
    let page: usize = start.map_or(0, |start| start["page-".len()..].parse().unwrap());
    let names: Vec<String> = (0..100).map(|n| format!("table-{page}-{n:03}")).collect();
    let mut result = json!({"TableNames": names});
    if page < 2 {
        result["LastEvaluatedTableName"] = format!("page-{}", page + 1).into();
    }
    result.to_string()
}

fn all_tables() -> Vec<String> {
    let pages = 0..3;
    pages
        .flat_map(|page| (0..100).map(move |n| format!("table-{page}-{n:03}")))
        .collect()
}

/// Continues a result to its end, and returns the parts.
fn parts(agent: &mut Agent, arguments: Value) -> Vec<Value> {
    let mut parts = vec![agent.tool("call_operation", arguments).unwrap()];
    while let Some(token) = parts.last().unwrap().get("resume_token").cloned() {
        // a token can be used again
        let next = agent
            .tool("call_operation", json!({"resume_token": token}))
            .unwrap();
        let again = agent
            .tool("call_operation", json!({"resume_token": token}))
            .unwrap();
        assert_eq!(next["result"], again["result"]);
        parts.push(next);
    }
    parts
}

#[test]
fn a_listing_that_is_cut_is_continued_exactly() {
    for size in ["1000", "1500", "2500", "4000", "32000"] {
        let server = tables();
        let mut agent = Agent::start(&server.url, &["--max-result", size]);
        let arguments = json!({"service": "dynamodb", "operation": "ListTables"});
        let parts = parts(&mut agent, arguments);
        let names = parts
            .iter()
            .flat_map(|part| part["result"]["TableNames"].as_array().unwrap());
        let names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
        assert_eq!(names, all_tables(), "{size}");
        let size: usize = size.parse().unwrap();
        for part in &parts {
            assert!(part["result"].to_string().len() <= size, "{part}");
        }
        assert_eq!(parts.len() == 1, size == 32_000);
        assert!(parts[0].get("starts_at").is_none());
    }
}

#[test]
fn a_page_that_is_cut_inside_is_not_requested_again() {
    let server = tables();
    let mut agent = Agent::start(&server.url, &["--max-result", "1000"]);
    let first = agent.call("dynamodb", "ListTables", json!({})).unwrap();
    assert_eq!(server.lines().len(), 1);
    let token = &first["resume_token"];
    let second = agent
        .tool("call_operation", json!({"resume_token": token}))
        .unwrap();
    let shown = first["result"]["TableNames"].as_array().unwrap().len();
    assert_eq!(second["starts_at"], format!("TableNames[{shown}]"));
    // the first page has less than two parts of this size
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn a_page_that_fails_is_requested_again_by_the_token() {
    let failed = AtomicBool::new(false);
    let server = Server::start(move |request| {
        if request.body.contains("page-1") && !failed.swap(true, Ordering::SeqCst) {
            let body = r#"{"__type": "com.amazon#AccessDeniedException", "message": "not now"}"#;
            return Some((400, body.into()));
        }
        Some((200, page(&request.body)))
    });
    let mut agent = Agent::start(&server.url, &[]);
    let first = agent.call("dynamodb", "ListTables", json!({})).unwrap();
    assert!(
        first["note"].as_str().unwrap().contains("not now"),
        "{first}"
    );
    assert_eq!(first["result"]["TableNames"].as_array().unwrap().len(), 100);
    let rest = agent
        .tool(
            "call_operation",
            json!({"resume_token": first["resume_token"]}),
        )
        .unwrap();
    assert_eq!(rest["result"]["TableNames"].as_array().unwrap().len(), 200);
    assert_eq!(rest.get("resume_token"), None);
}

#[test]
fn a_query_sees_all_pages_and_its_result_is_cut_too() {
    let server = tables();
    let mut agent = Agent::start(&server.url, &["--max-result", "1000"]);
    let query =
        |query: &str| json!({"service": "dynamodb", "operation": "list-tables", "query": query});
    let count = agent
        .tool("call_operation", query("length(TableNames)"))
        .unwrap();
    assert_eq!(count, json!({"result": 300}));
    let parts = parts(&mut agent, query("reverse(TableNames)"));
    let names = parts
        .iter()
        .flat_map(|part| part["result"].as_array().unwrap());
    let names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
    let mut expected = all_tables();
    expected.reverse();
    assert_eq!(names, expected);
    // once for each query
    assert_eq!(server.lines().len(), 6);
}

#[test]
fn a_caller_may_page_by_hand() {
    let server = tables();
    let mut agent = Agent::start(&server.url, &[]);
    let page = agent
        .call("dynamodb", "ListTables", json!({"Limit": 100}))
        .unwrap();
    assert_eq!(page["result"]["LastEvaluatedTableName"], "page-1");
    assert_eq!(server.lines().len(), 1);
}

#[test]
fn a_token_is_of_its_server_and_its_call() {
    let server = tables();
    let mut agent = Agent::start(&server.url, &["--max-result", "1000"]);
    let token = agent.call("dynamodb", "ListTables", json!({})).unwrap()["resume_token"].clone();
    let mut resume = |mut arguments: Value, token: &Value| {
        arguments["resume_token"] = token.clone();
        let result = agent.tool("call_operation", arguments);
        result.map_err(|error| error["error"].as_str().unwrap().to_owned())
    };
    let unknown = "the resume_token is not one of this server, or too old; call the operation again without it";
    for forged in [
        "",
        "x",
        "eyJBIjogMX0=",
        "00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(resume(json!({}), &forged.into()).unwrap_err(), unknown);
    }
    let same = json!({"service": "dynamodb", "operation": "list_tables", "parameters": {}});
    assert!(resume(same, &token).is_ok());
    for other in [
        json!({"service": "dynamodb", "operation": "ListBackups"}),
        json!({"parameters": {"ExclusiveStartTableName": "page-1"}}),
        json!({"query": "TableNames"}),
    ] {
        let error = resume(other, &token).unwrap_err();
        assert!(
            error.starts_with("the resume_token continues dynamodb.ListTables with"),
            "{error}"
        );
    }
}

#[test]
fn secrets_are_removed_before_anything_is_selected() {
    let server = Server::start(|request| {
        let role = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
                    <SecretAccessKey>topsecret</SecretAccessKey><SessionToken>topsecret</SessionToken></Credentials>\
                    </AssumeRoleResult></AssumeRoleResponse>";
        let key = "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><UserName>u</UserName>\
                   <SecretAccessKey>topsecret</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>";
        let body = match &request.body {
            body if body.contains("AssumeRole") => role.to_owned(),
            body if body.contains("CreateAccessKey") => key.to_owned(),
            _ if request.line.contains("/federation/credentials") => {
                json!({"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "topsecret", "sessionToken": "topsecret"}}).to_string()
            }
            _ if request.line.contains("/tags/") => {
                json!({"Tags": {"Password": "topsecret", "SecretAccessKey": "topsecret", "a": "b"}}).to_string()
            }
            _ if request.line.contains("/functions/") => {
                json!({"Code": {"Location": "https://b/k?X-Amz-Signature=topsecret&a=1"}, "Configuration": {"FunctionName": "f", "Environment": {"Variables": {"K": "topsecret"}}}}).to_string()
            }
            _ => json!({"Parameter": {"Name": "p", "Value": "marked"}}).to_string(),
        };
        Some((200, body))
    });
    let mut agent = Agent::start(
        &server.url,
        &["--allow-writes", "--show-sensitive=ssm:GetParameter"],
    );
    let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"});
    let token = "t".repeat(20);
    for (service, operation, params, removed) in [
        (
            "sts",
            "AssumeRole",
            role.clone(),
            json!(["Credentials.SecretAccessKey", "Credentials.SessionToken"]),
        ),
        (
            "iam",
            "CreateAccessKey",
            json!({}),
            json!(["AccessKey.SecretAccessKey"]),
        ),
        (
            "sso",
            "GetRoleCredentials",
            json!({"roleName": "r", "accountId": "123456789012", "accessToken": token}),
            json!([
                "roleCredentials.secretAccessKey",
                "roleCredentials.sessionToken"
            ]),
        ),
        (
            "lambda",
            "GetFunction",
            json!({"FunctionName": "f"}),
            json!(["Code.Location", "Configuration.Environment.Variables"]),
        ),
        (
            // the keys of a map, of which there may be many, are not named
            "lambda",
            "ListTags",
            json!({"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"}),
            json!(["Tags.*"]),
        ),
    ] {
        let result = agent.call(service, operation, params).unwrap();
        assert!(!result.to_string().contains("topsecret"), "{result}");
        assert_eq!(result["removed_secrets"], removed, "{service}: {result}");
    }
    let arguments = json!({"service": "sts", "operation": "AssumeRole", "parameters": role, "query": "Credentials.SecretAccessKey"});
    let found = agent.tool("call_operation", arguments).unwrap();
    assert_eq!(found["result"], "(secret, removed)");
    // what only the model marks can be shown
    let found = agent
        .call("ssm", "GetParameter", json!({"Name": "p"}))
        .unwrap();
    assert_eq!(found["result"]["Parameter"]["Value"], "marked");
}

#[test]
fn a_body_is_text_or_base64_and_is_cut() {
    let mut text = String::new();
    for n in 0..1000 {
        writeln!(text, "line {n} é").unwrap();
    }
    let whole = text.clone();
    let server = Server::start_with_headers(move |request| {
        let body = match request.line.contains("bytes") {
            true => vec![0, 1, 2, 255],
            false if request.line.contains("short") => b"hello".to_vec(),
            false => whole.clone().into_bytes(),
        };
        Some((200, vec![("etag".into(), "\"e\"".into())], body))
    });
    let mut agent = Agent::start(&server.url, &["--max-result", "1000"]);
    let mut get = |key: &str| {
        agent
            .call("s3", "GetObject", json!({"Bucket": "bucket", "Key": key}))
            .unwrap()
    };
    let short = get("short");
    assert_eq!(
        (&short["result"]["Body"], &short["note"]),
        (&json!("hello"), &json!("Body is text"))
    );
    assert_eq!(get("bytes")["result"]["Body"], "AAEC/w==");
    let long = get("long");
    let body = long["result"]["Body"].as_str().unwrap();
    assert!(text.starts_with(body) && body.len() > 400, "{long}");
    let note = long["note"].as_str().unwrap();
    let expected = format!(
        "Body is text: the first {} of {} bytes",
        body.len(),
        text.len()
    );
    assert!(
        note.starts_with(&expected) && note.contains("Range"),
        "{note}"
    );
}
