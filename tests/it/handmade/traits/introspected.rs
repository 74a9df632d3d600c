//! Traits that tools see.

use serde_json::{Value, json};
use tucuxi::ServiceView;
use tucuxi::model::{EndpointDiscovery, Shape};
use tucuxi::transport::Replay;

use super::{Service, member};

fn service() -> Service {
    let doc = |text: &str| json!({"smithy.api#documentation": text});
    Service {
        is_signed: true,
        service: json!({
            "smithy.api#title": "The Service", "smithy.api#documentation": "<p>Serves.</p>", "aws.api#service": {"sdkId": "My Service", "endpointPrefix": "mine"},
            "aws.api#clientEndpointDiscovery": {"operation": "t#Op", "error": "t#Bad"},
            "smithy.api#paginated": {"inputToken": "next", "outputToken": "next", "pageSize": "count"},
        }),
        operation: json!({
            "smithy.api#documentation": "<p>Does it.</p>", "smithy.api#deprecated": {}, "smithy.api#readonly": {},
            "smithy.api#idempotent": {}, "smithy.api#paginated": {"items": "words"}, "aws.api#clientDiscoveredEndpoint": {"required": true},
            "smithy.api#examples": [
                {"title": "To do it", "documentation": "Once.", "input": {"count": 1}, "output": {"words": ["a"]}},
                {"title": "Not to", "input": {}, "error": {"shapeId": "t#Bad", "content": {"message": "m"}}},
            ],
            "smithy.waiters#waitable": {"Done": {"minDelay": 3, "maxDelay": 30, "acceptors": [
                {"state": "success", "matcher": {"output": {"path": "state", "expected": "done", "comparator": "stringEquals"}}},
                {"state": "retry", "matcher": {"errorType": "t#Bad"}},
                {"state": "failure", "matcher": {"success": false}}]}},
        }),
        input: json!({
            "next": member("String", json!({})), "count": member("#Count", json!({"smithy.api#default": 5})),
            "id": member("String", json!({"aws.api#clientEndpointDiscoveryId": {}})),
            "name": member("#Name", doc("<p>The name.</p>")),
        }),
        output: json!({"next": member("String", json!({})), "words": member("#Words", json!({})), "state": member("#State", json!({})),
            "old": member("#Old", json!({}))}),
        shapes: json!({
            "t#Count": {"type": "integer", "traits": {"smithy.api#range": {"min": 1, "max": 9}}},
            "t#Name": {"type": "string", "traits": {"smithy.api#pattern": "^[a-z]+$", "smithy.api#length": {"min": 1, "max": 20},
                "smithy.api#sensitive": {}}},
            "t#Words": {"type": "list", "member": {"target": "smithy.api#String"}},
            "t#State": {"type": "enum", "members": {"DONE": {"target": "smithy.api#Unit", "traits": {"smithy.api#enumValue": "done"}}}},
            "t#Old": {"type": "string", "traits": {"smithy.api#enum": [{"value": "x", "name": "X"}, {"value": "y"}]}},
            "t#Named": {"type": "structure", "members": {"extra": member("String", json!({}))}, "traits": {"smithy.api#mixin": {}}},
            "t#Out$state": {"type": "apply", "traits": {"smithy.api#deprecated": {}}},
        }),
        ..Service::default()
    }
}

fn shape<'v>(view: &'v ServiceView, name: &str) -> &'v Shape {
    view.shape(view.shape_id(name).unwrap()).unwrap()
}

pub(super) fn run() {
    let mut service = service();
    // the input is that of the mixin and its own members
    let input = json!({"type": "structure", "mixins": [{"target": "t#Named"}], "members": service.input.take()});
    service.shapes["t#In"] = input;
    let (client, _) = service.client(Replay::new());
    let view = client.introspect().service("t").unwrap();
    let metadata = view.metadata();
    assert_eq!(
        (&*metadata.service_full_name, &*metadata.service_id),
        ("The Service", "My Service")
    );
    assert_eq!(
        (&*metadata.endpoint_prefix, &*metadata.signing_name),
        ("mine", "t")
    );

    assert_eq!(view.documentation().unwrap().to_string(), "Serves.");

    let operation = view.operation("Op").unwrap();
    assert!(operation.deprecated && operation.is_read_only() && operation.is_endpoint_operation);
    assert_eq!(
        operation.endpoint_discovery,
        Some(EndpointDiscovery::Required)
    );
    let notes = view.operation_notes("Op").unwrap();
    assert_eq!(notes.documentation.unwrap().to_string(), "Does it.");

    let input = view.shape_id("In").unwrap();
    let members = shape(&view, "In").members().unwrap();
    let names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
    assert_eq!(names, ["extra", "next", "count", "id", "name"]);
    assert!(members.get("id").unwrap().endpoint_discovery_id);
    let notes = view.shape_notes(input).members;
    assert_eq!(notes["count"].default, Some(json!(5)));
    assert_eq!(
        notes["name"].documentation.as_ref().unwrap().to_string(),
        "The name."
    );
    let notes = view.shape_notes(view.shape_id("Out").unwrap()).members;
    assert!(notes["state"].deprecated);
    let name = shape(&view, "Name");
    assert_eq!(
        (name.min, name.max, name.sensitive),
        (Some(1.0), Some(20.0), true)
    );
    let pattern = view.shape_notes(view.shape_id("Name").unwrap()).pattern;
    assert_eq!(pattern.as_deref(), Some("^[a-z]+$"));
    assert_eq!(
        (shape(&view, "Count").min, shape(&view, "Count").max),
        (Some(1.0), Some(9.0))
    );
    assert_eq!(
        (&*shape(&view, "State").values, &*shape(&view, "Old").values),
        (
            &["done".to_owned()][..],
            &["x".to_owned(), "y".to_owned()][..]
        )
    );

    let paginator = view.paginator("Op").unwrap().unwrap();
    assert_eq!(paginator.result_keys[0].text(), "words");
    assert_eq!(paginator.limit_key.as_deref(), Some("count"));
    let (_, waiter) = view.waiter("done").unwrap();
    assert_eq!((&*waiter.operation, waiter.acceptors.len()), ("Op", 3));

    let examples = view.examples("Op").unwrap();
    assert_eq!(
        (&*examples[0].title, &examples[0].input),
        ("To do it", &json!({"count": 1}))
    );
    assert_eq!(examples[0].output, Some(json!({"words": ["a"]})));
    assert_eq!(examples[1].error.as_ref().unwrap().shape, "Bad");

    let schema = view.input_schema("Op").unwrap();
    let at = |pointer: &str| schema.pointer(pointer).cloned().unwrap_or(Value::Null);
    assert_eq!(at("/properties/count/default"), json!(5));
    assert_eq!(at("/properties/name/minLength"), json!(1));
}
