//! Messages, versions, and requests at the same time.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Agent, NOWHERE, initialize};
use crate::support::loopback::Server;

#[test]
fn the_version_is_negotiated() {
    for (offered, expected) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-11-25", "2025-11-25"),
        ("2040-01-01", "2025-11-25"),
    ] {
        let mut agent = Agent::uninitialized(NOWHERE, &[]);
        let result = agent.ask("initialize", initialize(offered));
        assert_eq!(result["result"]["protocolVersion"], expected);
        assert_eq!(result["result"]["serverInfo"]["name"], "tucuxi");
        assert!(result["result"]["capabilities"]["tools"].is_object());
        let tools = agent.ask("tools/list", json!({}));
        assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 3);
        let call = json!({"name": "search_operations", "arguments": {"query": "list buckets"}});
        let found = agent.ask("tools/call", call);
        let is_structured = found["result"].get("structuredContent").is_some();
        assert_eq!(is_structured, expected > "2025-06", "{offered}");
        assert!(agent.finish().is_empty());
    }
}

#[test]
fn a_request_may_name_its_version_instead() {
    let mut agent = Agent::uninitialized(NOWHERE, &[]);
    let meta = |version: &str| json!({"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}});
    let found = agent.ask("server/discover", json!({"_meta": meta("2026-07-28")}));
    assert_eq!(found["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(found["result"]["resultType"], "complete");
    assert!(found["result"]["ttlMs"].is_u64());
    let server = "io.modelcontextprotocol/serverInfo";
    assert_eq!(found["result"]["_meta"][server]["name"], "tucuxi");
    let call = json!({"name": "search_operations", "arguments": {"query": "list buckets"}, "_meta": meta("2026-07-28")});
    let found = agent.ask("tools/call", call);
    assert_eq!(found["result"]["resultType"], "complete");
    let hit = &found["result"]["structuredContent"]["operations"][0];
    assert_eq!(hit["operation"], "ListBuckets");
    let other = agent.ask("tools/list", json!({"_meta": meta("2027-01-01")}));
    assert_eq!(other["error"]["code"], -32022);
    assert_eq!(
        other["error"]["data"],
        json!({"supported": ["2026-07-28"], "requested": "2027-01-01"})
    );
    // it is no session
    assert_eq!(agent.ask("tools/list", json!({}))["error"]["code"], -32600);
}

#[test]
fn what_is_no_request_has_an_error() {
    let mut agent = Agent::uninitialized(NOWHERE, &[]);
    let before = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let open = json!({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {}}).to_string();
    for (text, code) in [
        (before.as_str(), -32600),
        (open.as_str(), -32602),
        ("{\"jsonrpc\":", -32700),
        ("\u{7f}", -32700),
        ("7", -32600),
        ("[]", -32600),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32600,
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
            -32600,
        ),
    ] {
        agent.write(&format!("{text}\n"));
        let response = agent.next().unwrap();
        assert_eq!(response["error"]["code"], code, "{text}: {response}");
    }
    assert_eq!(agent.ask("ping", json!({}))["result"], json!({}));
    agent.ask("initialize", initialize("2025-11-25"));
    for (method, params, code) in [
        ("initialize", initialize("2025-11-25"), -32600),
        ("prompts/list", json!({}), -32601),
        ("tools/call", json!({}), -32602),
        ("tools/call", json!({"name": "call"}), -32602),
        ("resources/read", json!({}), -32602),
        (
            "resources/read",
            json!({"uri": "file:///etc/passwd"}),
            -32002,
        ),
        (
            "resources/read",
            json!({"uri": "aws-docs://nothing"}),
            -32002,
        ),
        ("resources/read", json!({"uri": "aws-docs://s3"}), -32002),
    ] {
        let response = agent.ask(method, params);
        assert_eq!(response["error"]["code"], code, "{method}: {response}");
    }
    // these have no response
    agent.write("\n{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}\n");
    agent.write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unknown\"}\n");
    agent.write(&format!("\"{}\"\n", "x".repeat((16 << 20) + 1)));
    let response = agent.next().unwrap();
    assert_eq!(
        response["error"]["message"],
        "the message is longer than 16 MiB"
    );
    assert!(agent.finish().is_empty());
}

#[test]
fn a_batch_has_one_response() {
    let mut agent = Agent::uninitialized(NOWHERE, &[]);
    agent.ask("initialize", initialize("2025-03-26"));
    let search = json!({"name": "search_operations", "arguments": {"query": "list buckets"}});
    agent.send(&json!([
        {"jsonrpc": "2.0", "id": "a", "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "b", "method": "tools/call", "params": search},
        {"jsonrpc": "2.0", "id": "c", "method": "initialize", "params": {}},
        7,
    ]));
    let responses = agent.next().unwrap();
    let mut found: Vec<(String, bool)> = (responses.as_array().unwrap().iter())
        .map(|response| (response["id"].to_string(), response.get("error").is_some()))
        .collect();
    found.sort();
    let expected = [
        ("\"a\"", false),
        ("\"b\"", false),
        ("\"c\"", true),
        ("null", true),
    ];
    assert_eq!(
        found,
        expected.map(|(id, is_error)| (id.to_owned(), is_error))
    );
    // a batch has a maximum, beyond which nothing in it is answered
    for (count, is_refused) in [(100, false), (101, true), (300_000, true)] {
        agent.write(&format!("[7{}]\n", ",7".repeat(count - 1)));
        let response = agent.next().unwrap();
        match is_refused {
            true => assert_eq!(response["error"]["code"], -32600, "{count}: {response}"),
            false => assert_eq!(response.as_array().unwrap().len(), count),
        }
    }
    // a batch of notifications has none
    agent.send(&json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]));
    assert!(agent.finish().is_empty());
}

#[test]
fn a_slow_call_delays_nothing_and_can_be_cancelled() {
    let (came, asked) = mpsc::channel();
    let server = Server::start(move |request| {
        came.send(request.body.clone()).unwrap();
        match request.body.contains("slow") {
            true => None,
            false => Some((200, r#"{"TableNames": ["t"]}"#.into())),
        }
    });
    let mut agent = Agent::start(&server.url, &[]);
    let slow = json!({
        "name": "call_operation",
        "arguments": {"service": "dynamodb", "operation": "DescribeTable", "parameters": {"TableName": "slow"}},
    });
    // more than there are threads
    let mut ids = Vec::new();
    for _ in 0..16 {
        ids.push(agent.request("tools/call", slow.clone()));
        asked.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    ids.extend((0..64).map(|_| agent.request("tools/call", slow.clone())));
    // more than may wait
    for _ in 0..3 {
        let response = agent.ask("tools/call", slow.clone());
        assert_eq!(response["error"]["code"], -32000, "{response}");
    }
    assert_eq!(agent.ask("ping", json!({}))["result"], json!({}));
    let again = json!({"jsonrpc": "2.0", "id": ids[0], "method": "tools/call", "params": slow});
    agent.send(&again);
    assert_eq!(agent.next().unwrap()["error"]["code"], -32600);
    for id in ids {
        let params = json!({"requestId": id, "reason": "not needed"});
        agent.send(
            &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}),
        );
    }
    agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 999}}));
    let tables = agent.call("dynamodb", "ListTables", json!({})).unwrap();
    assert_eq!(tables["result"]["TableNames"], json!(["t"]));
    assert!(agent.finish().is_empty());
}

#[test]
fn what_was_begun_is_finished_when_the_input_ends() {
    let server = Server::start(|_| Some((200, r#"{"TableNames": ["t"]}"#.into())));
    let mut agent = Agent::start(&server.url, &[]);
    let call = json!({"name": "call_operation", "arguments": {"service": "dynamodb", "operation": "ListTables"}});
    for _ in 0..3 {
        agent.request("tools/call", call.clone());
    }
    let responses = agent.finish();
    assert_eq!(responses.len(), 3);
    let text = |response: &Value| response["result"]["content"][0]["text"].to_string();
    assert!(
        responses
            .iter()
            .all(|response| text(response).contains("TableNames"))
    );
}
