//! What a client may not do, and what it does wrong.

use serde_json::{Value, json};

use super::{Agent, NOWHERE};
use crate::support::loopback::Server;

#[test]
fn operations_that_may_write_need_an_option() {
    let server = Server::start(|_| Some((200, r#"{"TableNames": []}"#.into())));
    let cases: [(&[&str], &str, &str, Option<&str>); 8] = [
        (&[], "dynamodb", "ListTables", None),
        (&[], "dynamodb", "DeleteTable", Some("--allow-writes")),
        (&["--allow-writes"], "dynamodb", "DeleteTable", None),
        (
            &["--allow-writes=dynamodb:DeleteTable"],
            "dynamodb",
            "DeleteTable",
            None,
        ),
        (
            &["--allow-writes=s3,sqs:Send*"],
            "dynamodb",
            "DeleteTable",
            Some("--allow-writes"),
        ),
        (
            &["--allow-writes", "--deny", "*:Delete*"],
            "dynamodb",
            "DeleteTable",
            Some("denies *:Delete* (--deny)"),
        ),
        (
            &["--allow", "s3,ec2:Describe*"],
            "dynamodb",
            "ListTables",
            Some("(--allow)"),
        ),
        (
            &["--allow", "dynamodb:list-tables"],
            "dynamodb",
            "ListTables",
            None,
        ),
    ];
    for (options, service, operation, refused) in cases {
        let before = server.lines().len();
        let mut agent = Agent::start(&server.url, options);
        let params = if operation == "DeleteTable" {
            json!({"TableName": "table"})
        } else {
            json!({})
        };
        let result = agent.call(service, operation, params);
        match refused {
            None => assert!(result.is_ok(), "{options:?}: {result:?}"),
            Some(why) => {
                let error = result.unwrap_err()["error"].to_string();
                assert!(
                    error.contains("is refused") && error.contains(why),
                    "{error}"
                );
                assert_eq!(server.lines().len(), before);
            }
        }
        let name = json!({"service": service, "operation": operation});
        let described = agent.tool("describe_operation", name).unwrap();
        assert_eq!(
            described.get("refused").is_some(),
            refused.is_some(),
            "{options:?}"
        );
        let tools = agent.ask("tools/list", json!({}));
        let may_write = options
            .iter()
            .any(|option| option.starts_with("--allow-writes"));
        let annotations = &tools["result"]["tools"][2]["annotations"];
        assert_eq!(annotations["readOnlyHint"], !may_write);
        assert_eq!(annotations["destructiveHint"], may_write);
    }
}

#[test]
fn a_call_chooses_region_and_profile_only_where_that_is_allowed() {
    let server = Server::start(|_| Some((200, r#"{"TableNames": []}"#.into())));
    let tables = |name: &str, value: &str| json!({"service": "dynamodb", "operation": "ListTables", name: value});
    let mut agent = Agent::start(&server.url, &[]);
    for (name, option) in [
        ("region", "--allow-regions"),
        ("profile", "--allow-profiles"),
    ] {
        let error = agent
            .tool("call_operation", tables(name, "other"))
            .unwrap_err();
        assert!(error["error"].as_str().unwrap().contains(option), "{error}");
    }
    let options = ["--allow-regions=eu-*,us-east-1", "--allow-profiles=other"];
    let mut agent = Agent::start(&server.url, &options);
    for (name, value, is_allowed) in [
        ("region", "eu-central-1", true),
        ("region", "us-east-1", true),
        ("region", "us-east-2", false),
        ("profile", "other", true),
        ("profile", "default", false),
    ] {
        let result = agent.tool("call_operation", tables(name, value));
        assert_eq!(result.is_ok(), is_allowed, "{name} {value}: {result:?}");
    }
    let signed: Vec<String> = (server.asked().iter())
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    for (at, expected) in [
        (0, "OWNKEY/"),
        (0, "/eu-central-1/"),
        (1, "/us-east-1/"),
        (2, "OTHERKEY/"),
    ] {
        assert!(signed[at].contains(expected), "{signed:?}");
    }
    assert_eq!(signed.len(), 3);
}

#[test]
fn an_agents_mistakes_have_answers_that_help() {
    let mut agent = Agent::start(NOWHERE, &["--allow-writes"]);
    let call = |service: &str, operation: &str, parameters: Value| json!({"service": service, "operation": operation, "parameters": parameters});
    let cases = [
        (
            call("dynamo", "ListTables", json!({})),
            "did you mean dynamodb",
            "perhaps",
        ),
        (
            call("s3", "ListBucket", json!({})),
            "did you mean ListBuckets",
            "perhaps",
        ),
        (
            call("s3", "xyzzy", json!({})),
            "there is no operation",
            "operations",
        ),
        (
            call("s3", "ListObjectsV2", json!({"bucket": "b"})),
            "bucket: unknown member; did you mean Bucket?",
            "schema",
        ),
        (
            call("s3", "GetObject", json!({"Bucket": "b"})),
            "Key: required member is missing",
            "schema",
        ),
        (
            call("s3", "GetObject", json!({"Bucket": "b", "Key": 7})),
            "Key: a number is given",
            "schema",
        ),
        (
            call(
                "ec2",
                "DescribeInstances",
                json!({"Filters": "[{\"Name\": \"a\"}]"}),
            ),
            "not as text that contains JSON",
            "schema",
        ),
        (
            call("s3", "GetObject", json!("{\"Bucket\":")),
            "the text is no JSON",
            "error",
        ),
        (
            call("kms", "Decrypt", json!({"CiphertextBlob": "not base64!"})),
            "encode the bytes as base64",
            "schema",
        ),
        (
            json!({"operation": "ListBuckets"}),
            "service is missing",
            "error",
        ),
        (json!({"service": "s3"}), "operation is missing", "error"),
        (
            json!({"service": "s3", "operation": "GetObject", "Bucket": "b"}),
            "parameters of the operation are members of parameters",
            "arguments",
        ),
        (
            json!({"service": "s3", "operation": "ListBuckets", "query": "a["}),
            "it must be a JMESPath expression",
            "error",
        ),
        (
            call("bedrock-runtime", "ConverseStream", json!({"modelId": "m"})),
            "a stream of events",
            "error",
        ),
    ];
    for (arguments, expected, help) in cases {
        let error = agent.tool("call_operation", arguments.clone()).unwrap_err();
        let text = error["error"].as_str().unwrap();
        assert!(text.contains(expected), "{arguments}: {error}");
        assert!(error.get(help).is_some(), "{arguments}: {error}");
        assert!(
            error.to_string().len() < 8000,
            "{arguments}: {}",
            error.to_string().len()
        );
    }
    // other spellings are right
    for (service, operation) in [
        ("S3", "list-buckets"),
        ("s3", "list_buckets"),
        ("s3", "s3:ListBuckets"),
    ] {
        let error = agent.call(service, operation, json!({})).unwrap_err();
        assert!(
            error["error"]
                .as_str()
                .unwrap()
                .contains("could not connect"),
            "{error}"
        );
    }
}

#[test]
fn large_schemas_name_what_they_omit() {
    let mut agent = Agent::start(NOWHERE, &["--max-result", "8000"]);
    let operation = json!({"service": "ec2", "operation": "RunInstances"});
    let described = agent.tool("describe_operation", operation).unwrap();
    assert!(described.to_string().len() <= 9000);
    let omitted = described["schema"]["omitted"].as_array().unwrap().clone();
    assert!(!omitted.is_empty());
    for shape in omitted {
        let arguments = json!({"service": "ec2", "operation": "RunInstances", "shape": shape});
        let found = agent.tool("describe_operation", arguments).unwrap();
        assert!(found["schema"].is_object(), "{found}");
    }
    let wrong = json!({"service": "ec2", "operation": "RunInstances", "shape": "Placment"});
    let error = agent.tool("describe_operation", wrong).unwrap_err();
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("did you mean Placement"),
        "{error}"
    );
    let result = json!({"service": "s3", "operation": "ListBuckets", "of": "result"});
    let described = agent.tool("describe_operation", result).unwrap();
    assert!(described["schema"]["properties"]["Buckets"].is_object());
}

#[test]
fn a_search_says_what_may_be_called() {
    let mut agent = Agent::start(NOWHERE, &["--deny", "s3"]);
    let mut search = |arguments: Value| {
        agent.tool("search_operations", arguments).unwrap()["operations"].clone()
    };
    let hits = search(json!({"query": "list buckets", "limit": 3}));
    assert_eq!(hits.as_array().unwrap().len(), 3);
    assert_eq!(hits[0]["operation"], "ListBuckets");
    assert!(hits[0]["refused"].as_str().unwrap().contains("--deny"));
    let hits = search(json!({"query": "rotate key", "service": "KMS"}));
    assert!(
        hits.as_array()
            .unwrap()
            .iter()
            .all(|hit| hit["service"] == "kms")
    );
    assert!(
        hits[0]["refused"]
            .as_str()
            .unwrap()
            .contains("--allow-writes")
    );
    assert_eq!(search(json!({"query": "qqqqzzzz"})), json!([]));
}

#[test]
fn documentation_of_the_users_models_is_a_resource() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".aws/models/zoo/2026-01-01");
    std::fs::create_dir_all(&folder).unwrap();
    let model = json!({
        "metadata": {"protocol": "json", "serviceId": "Zoo", "endpointPrefix": "zoo", "serviceFullName": "The Zoo"},
        "documentation": "<p>Animals.</p>",
        "operations": {"Feed": {"name": "Feed", "input": {"shape": "FeedInput"}, "documentation": "<p>Feeds them. At noon.</p>"}},
        "shapes": {
            "FeedInput": {"type": "structure", "members": {"Food": {"shape": "Text", "documentation": "<p>What they eat.</p>"}}},
            "Text": {"type": "string"},
        },
    });
    std::fs::write(folder.join("service-2.json"), model.to_string()).unwrap();
    let mut agent = Agent::in_home(home, NOWHERE, &[]);
    agent.ask("initialize", super::initialize("2025-11-25"));
    let list = agent.ask("resources/list", json!({}));
    let resources = json!([{"uri": "aws-docs://zoo", "name": "zoo", "title": "The Zoo", "mimeType": "text/plain"}]);
    assert_eq!(list["result"]["resources"], resources);
    let mut read = |uri: &str| {
        let result = agent.ask("resources/read", json!({"uri": uri}));
        result["result"]["contents"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        read("aws-docs://zoo"),
        "The Zoo\n\nAnimals.\n\nFeed: Feeds them.\n"
    );
    assert!(read("aws-docs://zoo/feed").contains("What they eat."));
    let templates = agent.ask("resources/templates/list", json!({}));
    assert_eq!(
        templates["result"]["resourceTemplates"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let hits = agent.tool("search_operations", json!({"query": "feed zoo"}));
    assert_eq!(hits.unwrap()["operations"][0]["summary"], "Feeds them.");
}
