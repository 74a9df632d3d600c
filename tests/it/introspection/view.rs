//! Views of services in both dialects.

use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::model::{Kind, Memory};
use tucuxi::transport::Replay;

use crate::unsigned;

fn client(text: &Value, others: &[(&str, Value)]) -> Client {
    let mut models = Memory::new().with("tower/1/service-2", text.to_string());
    for (kind, text) in others {
        models = models.with(format!("tower/1/{kind}"), text.to_string());
    }
    let config = unsigned().build().unwrap();
    Client::with_models(config, Replay::new(), models).unwrap()
}

/// The tower in botocore's form.
fn c2j() -> Client {
    let model = json!({
        "metadata": {"protocol": "json", "serviceId": "Tower", "targetPrefix": "Tower"},
        "operations": {
            "GetBell": {
                "documentation": "<p>Gets a <i>bell</i>.</p>",
                "input": {"shape": "GetBellInput"},
                "output": {"shape": "Bell"},
                "errors": [{"shape": "NoSuchBell"}],
            },
            "RingBell": {"input": {"shape": "Bell"}, "deprecated": true},
        },
        "shapes": {
            "GetBellInput": {
                "type": "structure",
                "required": ["Name"],
                "members": {
                    "Name": {"shape": "Name", "documentation": "<p>The name.</p>"},
                    "Pull": {"shape": "Count", "deprecated": true},
                },
            },
            "Bell": {"type": "structure", "members": {"Name": {"shape": "Name"}}},
            "Name": {"type": "string", "pattern": "[a-z]+", "min": 1, "max": 20},
            "Count": {"type": "integer", "min": 1},
            "NoSuchBell": {"type": "structure", "members": {}, "exception": true},
        },
    });
    let example = json!({
        "title": "To get a bell",
        "description": "A bell.",
        "input": {"Name": "tom"},
        "output": {"Name": "tom"},
        "comments": {"input": {}},
    });
    let examples = json!({"version": "1.0", "examples": {"GetBell": [example]}});
    client(&model, &[("examples-1", examples)])
}

/// The same tower in Smithy's form.
fn smithy() -> Client {
    let doc = "smithy.api#documentation";
    let model = json!({
        "smithy": "2.0",
        "shapes": {
            "t#Tower": {
                "type": "service",
                "version": "1",
                "operations": [{"target": "t#GetBell"}, {"target": "t#RingBell"}],
                "traits": {"aws.api#service": {"sdkId": "Tower"}, "aws.protocols#awsJson1_0": {}},
            },
            "t#GetBell": {
                "type": "operation",
                "input": {"target": "t#GetBellInput"},
                "output": {"target": "t#Bell"},
                "errors": [{"target": "t#NoSuchBell"}],
                "traits": {
                    doc: "<p>Gets a <i>bell</i>.</p>",
                    "smithy.api#readonly": {},
                    "smithy.api#examples": [
                        {"title": "To get a bell", "documentation": "A bell.", "input": {"Name": "tom"},
                            "output": {"Name": "tom"}},
                        {"title": "No bell", "input": {"Name": "x"},
                            "error": {"shapeId": "t#NoSuchBell", "content": {"message": "none"}}},
                    ],
                },
            },
            "t#RingBell": {
                "type": "operation",
                "input": {"target": "t#Bell"},
                "traits": {"smithy.api#deprecated": {}},
            },
            "t#GetBellInput": {
                "type": "structure",
                "members": {
                    "Name": {"target": "t#Name", "traits": {"smithy.api#required": {}, doc: "<p>The name.</p>"}},
                    "Pull": {"target": "t#Count", "traits": {"smithy.api#deprecated": {}, "smithy.api#default": 1}},
                },
            },
            "t#Bell": {"type": "structure", "members": {"Name": {"target": "t#Name"}}},
            "t#Name": {
                "type": "string",
                "traits": {"smithy.api#pattern": "[a-z]+", "smithy.api#length": {"min": 1, "max": 20}},
            },
            "t#Count": {"type": "integer", "traits": {"smithy.api#range": {"min": 1}}},
            "t#NoSuchBell": {"type": "structure", "members": {}, "traits": {"smithy.api#error": "client"}},
        },
    });
    client(&model, &[])
}

#[test]
fn both_dialects_show_the_same() {
    for (dialect, client) in [("c2j", c2j()), ("smithy", smithy())] {
        let tower = client.introspect().service("tower").unwrap();
        let names: Vec<&str> = tower.operation_names().collect();
        assert_eq!(names, ["GetBell", "RingBell"], "{dialect}");
        let operation = tower.operation("get_bell").unwrap();
        assert!(operation.is_read_only(), "{dialect}");
        let notes = tower.operation_notes("get_bell").unwrap();
        assert_eq!(notes.documentation.unwrap().to_string(), "Gets a bell.");
        assert!(tower.operation_notes("RingBell").unwrap().deprecated);
        assert_eq!(tower.shape_name(operation.errors[0]), "NoSuchBell");

        let input = operation.input.unwrap();
        let members = tower.shape(input).unwrap().members().unwrap();
        let name = members.get("Name").unwrap();
        assert!(name.required && !members.get("Pull").unwrap().required);
        let shape = tower.shape(name.target).unwrap();
        assert!(matches!(shape.kind, Kind::String), "{dialect}");
        assert_eq!((shape.min, shape.max), (Some(1.0), Some(20.0)));
        let pattern = tower.shape_notes(name.target).pattern;
        assert_eq!(pattern.as_deref(), Some("[a-z]+"), "{dialect}");

        let notes = tower.shape_notes(input).members;
        let documentation = notes["Name"].documentation.as_ref().unwrap();
        assert_eq!(documentation.to_string(), "The name.", "{dialect}");
        assert!(notes["Pull"].deprecated, "{dialect}");
        // only Smithy has defaults
        let default = (dialect == "smithy").then(|| json!(1));
        assert_eq!(notes["Pull"].default, default, "{dialect}");
    }
}

#[test]
fn examples_come_from_traits_and_files() {
    for (dialect, client, count) in [("c2j", c2j(), 1), ("smithy", smithy(), 2)] {
        let tower = client.introspect().service("tower").unwrap();
        let examples = tower.examples("get-bell").unwrap();
        assert_eq!(examples.len(), count, "{dialect}");
        let first = &examples[0];
        assert_eq!(first.title, "To get a bell", "{dialect}");
        assert_eq!(first.documentation.as_ref().unwrap().to_string(), "A bell.");
        assert_eq!(first.input, json!({"Name": "tom"}), "{dialect}");
        assert_eq!(first.output, Some(json!({"Name": "tom"})), "{dialect}");
        assert!(first.error.is_none(), "{dialect}");
        if let Some(second) = examples.get(1) {
            let error = second.error.as_ref().unwrap();
            assert_eq!(error.shape, "NoSuchBell");
            assert_eq!(error.content, json!({"message": "none"}));
        }
        assert!(tower.examples("RingBell").unwrap().is_empty(), "{dialect}");
        let error = tower.examples("GetBel").unwrap_err().to_string();
        assert!(error.contains("did you mean GetBell?"), "{error}");
    }
}

#[test]
fn a_broken_file_of_examples_is_an_error() {
    let model = json!({"metadata": {"protocol": "json"}, "operations": {"RingBell": {}}});
    for (examples, expected) in [
        (json!({}), "tower/examples-1: it has no examples"),
        (
            json!({"examples": {"RingBell": 7}}),
            "examples of RingBell: ",
        ),
    ] {
        let client = client(&model, &[("examples-1", examples)]);
        let tower = client.introspect().service("tower").unwrap();
        let error = tower.examples("RingBell").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_view_has_paginators_waiters_and_resources() {
    let client = unsigned().build().unwrap();
    let client = Client::with_transport(client, Replay::new()).unwrap();
    let ec2 = client.introspect().service("ec2").unwrap();
    assert!(ec2.paginator("describe_instances").unwrap().is_some());
    assert!(ec2.paginator("RunInstances").unwrap().is_none());
    assert!(ec2.paginator("DescribeInstance").is_err());
    assert!(ec2.paginators().unwrap().len() > 100);
    assert_eq!(ec2.waiter("instance-running").unwrap().0, "InstanceRunning");
    assert!(ec2.resources().unwrap().contains(&"Vpc".to_owned()));
    let sts = client.introspect().service("sts").unwrap();
    assert!(sts.resources().unwrap().is_empty() && sts.waiters().unwrap().is_empty());
    assert_eq!(format!("{sts:?}"), "ServiceView(\"sts\")");
    assert!(client.introspect().service("stz").is_err());
}
