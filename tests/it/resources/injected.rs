//! Actions and attributes of resources that are not in their definitions.

use serde_json::{Value, json};
use tucuxi::resource::Category;
use tucuxi::transport::Replay;

use super::of_replay;

#[test]
fn a_bucket_is_found_in_the_list() {
    let list = |name: &str| {
        format!(
            "<R><Buckets><Bucket><Name>{name}</Name><CreationDate>2026-01-02T03:04:05Z</CreationDate></Bucket></Buckets></R>"
        )
    };
    let refusal = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    // the date, or the error code
    let cases = [
        (200, list("b"), Ok(json!("2026-01-02T03:04:05Z"))),
        (200, list("other"), Ok(Value::Null)),
        (403, refusal.to_owned(), Ok(Value::Null)),
        (
            403,
            refusal.replace("AccessDenied", "InvalidAccessKeyId"),
            Err("InvalidAccessKeyId".to_owned()),
        ),
    ];
    for (status, answer, expected) in cases {
        let (client, replay) = of_replay(Replay::new().respond(status, &[], answer));
        let bucket = client.resource("s3").unwrap().sub("Bucket", "b").unwrap();
        let found = bucket.attribute("creation_date");
        assert_eq!(found.map_err(|e| e.code().unwrap().to_owned()), expected);
        assert_eq!(replay.sent()[0].uri.path(), "/");
        assert!(bucket.names(Category::Action).contains(&"load"));
    }
}

#[test]
fn injected_actions_are_named_when_read_as_attributes() {
    let (client, _) = of_replay(Replay::new());
    let bucket = client.resource("s3").unwrap().sub("Bucket", "b").unwrap();
    for name in ["load", "upload_file"] {
        let error = bucket.attribute(name).unwrap_err().to_string();
        let expected = format!(
            "unknown attribute \"{name}\"; {name} is one of its actions; its attributes are: "
        );
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn a_bucket_may_be_on_a_later_page() {
    let page = |name: &str, token: &str| {
        format!("<R><Buckets><Bucket><Name>{name}</Name></Bucket></Buckets>{token}</R>")
    };
    let replay = Replay::new()
        .respond(
            200,
            &[],
            page("a", "<ContinuationToken>t</ContinuationToken>"),
        )
        .respond(
            200,
            &[],
            page("b", "<ContinuationToken>u</ContinuationToken>"),
        );
    let (client, replay) = of_replay(replay);
    let bucket = client.resource("s3").unwrap().sub("Bucket", "b").unwrap();
    bucket.load().unwrap();
    assert_eq!(bucket.data().unwrap()["Name"], "b");
    assert_eq!(replay.sent().len(), 2, "no page is asked for behind that");
}

#[test]
fn the_length_of_an_object_is_the_size_of_its_summary() {
    let replay = Replay::new().respond(200, &[("content-length", "5"), ("etag", "\"e\"")], "");
    let (client, replay) = of_replay(replay);
    let summary = client
        .resource("s3")
        .unwrap()
        .sub("ObjectSummary", ["b", "k"])
        .unwrap();
    assert_eq!(summary.attribute("size").unwrap(), 5);
    assert_eq!(summary.attribute("e_tag").unwrap(), "\"e\"");
    let sent = replay.sent();
    assert_eq!(
        (sent[0].method.as_str(), sent[0].uri.path()),
        ("HEAD", "/b/k")
    );
}

#[test]
fn tags_of_several_resources_are_created_together() {
    let (client, replay) = of_replay(Replay::new().respond(200, &[], "<CreateTagsResponse/>"));
    let ec2 = client.resource("ec2").unwrap();
    let tags = json!([{"Key": "k", "Value": "v"}, {"Key": "empty"}]);
    let made = ec2
        .action(
            "create_tags",
            json!({"Resources": ["i-1", "i-2"], "Tags": tags}),
        )
        .unwrap();
    let made: Vec<String> = made
        .resources()
        .unwrap()
        .iter()
        .map(|tag| format!("{tag:?}"))
        .collect();
    let tag = |id: &str, key: &str, value: &str| {
        format!("ec2.Tag(resource_id=\"{id}\", key=\"{key}\", value=\"{value}\")")
    };
    let expected = [
        tag("i-1", "k", "v"),
        tag("i-1", "empty", ""),
        tag("i-2", "k", "v"),
        tag("i-2", "empty", ""),
    ];
    assert_eq!(made, expected);
    assert!(String::from_utf8_lossy(&replay.sent()[0].body).starts_with("Action=CreateTags&"));
    assert!(ec2.names(Category::Action).contains(&"create_tags"));
}

#[test]
fn tags_of_an_instance_are_deleted() {
    for name in ["delete_tags", "DeleteTags"] {
        let (client, replay) = of_replay(Replay::new().respond(200, &[], "<DeleteTagsResponse/>"));
        let instance = client
            .resource("ec2")
            .unwrap()
            .sub("Instance", "i-1")
            .unwrap();
        instance
            .action(name, json!({"Tags": [{"Key": "k"}]}))
            .unwrap();
        let body = replay.sent()[0].body.clone();
        let expected = "Action=DeleteTags&Version=2016-11-15&ResourceId.1=i-1&Tag.1.Key=k";
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}
