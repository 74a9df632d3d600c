//! JSON Schemas and skeletons. `tests/conformance` validates requests with the schemas.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tucuxi::internals::validate;
use tucuxi::model::{ServiceModel, Skeleton};
use tucuxi::transport::Replay;

use crate::support::client::IntoClient;
use crate::unsigned;

/// A model with each type, and with what schemas treat in a special way.
fn tower() -> ServiceModel {
    let members = json!({
        "Id": {"shape": "Text", "location": "uri", "locationName": "id"},
        "Token": {"shape": "Text", "idempotencyToken": true},
        "Blob": {"shape": "Blob"},
        "Flag": {"shape": "Flag"},
        "Any": {"shape": "Any"},
        "Ratio": {"shape": "Ratio"},
        "Count": {"shape": "Count"},
        "Names": {"shape": "Names"},
        "Tags": {"shape": "Tags"},
        "Size": {"shape": "Size"},
        "When": {"shape": "When"},
        "Choice": {"shape": "Choice"},
        "Parts": {"shape": "Parts"},
        "Header": {"shape": "Text", "location": "header", "jsonvalue": true},
        "Old": {"shape": "Secret", "deprecated": true, "documentation": "<p>An <b>old</b> secret.</p>"},
    });
    let model = json!({
        "metadata": {"protocol": "rest-json"},
        "operations": {
            "Ring": {
                "http": {"method": "POST", "requestUri": "/{id}"},
                "input": {"shape": "RingInput"},
                "output": {"shape": "RingOutput"},
            },
            "Rest": {"http": {"method": "POST", "requestUri": "/"}},
        },
        "shapes": {
            "RingInput": {"type": "structure", "required": ["Id", "Token", "Names"], "members": members},
            "RingOutput": {"type": "structure", "required": ["Names"], "payload": "Events", "members": {
                "Names": {"shape": "Names"}, "When": {"shape": "When"}, "Events": {"shape": "Events"}}},
            "Any": {"type": "structure", "document": true, "members": {}},
            "Blob": {"type": "blob", "min": 2, "max": 9},
            "Choice": {"type": "structure", "union": true, "members": {
                "Self": {"shape": "Choice"}, "Name": {"shape": "Text"}}},
            "Count": {"type": "long", "min": 1, "max": 5},
            "Events": {"type": "structure", "eventstream": true, "members": {"Rung": {"shape": "Rung"}}},
            "Flag": {"type": "boolean"},
            "Names": {"type": "list", "member": {"shape": "Name"}, "min": 2},
            "Name": {"type": "string", "min": 3, "max": 7, "pattern": "[a-z/]+"},
            "Parts": {"type": "list", "member": {"shape": "Part"}},
            "Part": {"type": "structure", "required": ["Size"], "members": {
                "Size": {"shape": "Size"}, "Parts": {"shape": "Parts"}}},
            "Ratio": {"type": "float", "min": 0},
            "Rung": {"type": "structure", "event": true, "members": {}},
            "Secret": {"type": "string", "sensitive": true},
            "Size": {"type": "string", "enum": ["SMALL", "LARGE"]},
            "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Size"}, "min": 1},
            "Text": {"type": "string"},
            "When": {"type": "timestamp"},
        },
    });
    ServiceModel::parse("tower", model.to_string()).unwrap()
}

#[test]
fn parameters_have_a_schema() {
    let schema = tower().input_schema("ring").unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["title"], "RingInput");
    // a call fills in the token
    assert_eq!(schema["required"], json!(["Id", "Names"]));
    assert_eq!(schema["additionalProperties"], false);
    let properties = &schema["properties"];
    let definitions = &schema["$defs"];
    for (name, expected) in [
        ("Id", json!({"type": "string", "minLength": 1})),
        ("Token", json!({"type": "string"})),
        ("Flag", json!({"type": "boolean"})),
        ("Any", json!({})),
        ("Header", json!({})),
        (
            "Ratio",
            json!({"anyOf": [{"type": "number", "minimum": 0}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}),
        ),
        (
            "Count",
            json!({"type": "integer", "minimum": 1, "maximum": u64::MAX, "description": "At most 5."}),
        ),
        ("Names", json!({"$ref": "#/$defs/Names"})),
        (
            "Old",
            json!({"type": "string", "description": "An old secret.\nA secret.", "deprecated": true}),
        ),
    ] {
        assert_eq!(properties[name], expected, "{name}");
    }
    let name = json!({
        "type": "string",
        "minLength": 3,
        "description": "At most 7 characters.\nMatches [a-z/]+",
    });
    for (shape, expected) in [
        (
            "Names",
            json!({"type": "array", "items": name, "minItems": 2}),
        ),
        (
            "Tags",
            json!({"type": "object", "propertyNames": name, "additionalProperties": {"$ref": "#/$defs/Size"},
                "description": "At least 1 entries."}),
        ),
        (
            "Size",
            json!({"type": "string", "anyOf": [{"enum": ["SMALL", "LARGE"]}, {"type": "string"}]}),
        ),
        (
            "Choice",
            json!({"type": "object", "properties": {"Self": {"$ref": "#/$defs/Choice"}, "Name": {"type": "string"}},
                "additionalProperties": false, "minProperties": 1, "maxProperties": 1}),
        ),
    ] {
        assert_eq!(definitions[shape], expected, "{shape}");
    }
    assert_eq!(properties["Blob"]["contentEncoding"], "base64");
    let none = tower().input_schema("Rest").unwrap();
    assert_eq!(
        (&none["type"], &none["additionalProperties"]),
        (&json!("object"), &json!(false))
    );
    assert!(tower().input_schema("Rung").is_err());
}

#[test]
fn results_have_a_schema_without_limits() {
    let schema = tower().output_schema("Ring").unwrap();
    assert_eq!(schema["required"], Value::Null);
    assert_eq!(schema["additionalProperties"], Value::Null);
    let names = json!({"type": "array", "items": {"type": "string"}});
    assert_eq!(schema["$defs"]["Names"], names);
    let when = json!({"type": "string", "format": "date-time"});
    assert_eq!(schema["properties"]["When"], when);
    let events = json!({"type": "array", "items": {"$ref": "#/$defs/Events"}});
    assert_eq!(schema["properties"]["Events"], events);
}

#[test]
fn skeletons_can_be_sent_as_they_are() {
    let model = tower();
    let minimal = model.skeleton("Ring", Skeleton::Minimal).unwrap();
    assert_eq!(
        minimal,
        json!({"Id": "<Id>", "Names": ["<Name>", "<Name>"]})
    );
    let full = model.skeleton("Ring", Skeleton::Full).unwrap();
    let expected = json!({
        "Id": "<Id>", "Token": "<Token>", "Blob": "", "Flag": false, "Any": {}, "Ratio": 0.0, "Count": 1,
        "Names": ["<Name>", "<Name>"], "Tags": {"<Name>": "SMALL"}, "Size": "SMALL", "When": "1970-01-01T00:00:00Z",
        "Choice": {"Name": "<Name>"}, "Parts": [{"Size": "SMALL"}], "Header": {}, "Old": "<Old>",
    });
    assert_eq!(full, expected);
    for form in [minimal, full] {
        validate(&model, "Ring", &form).unwrap();
    }
    assert_eq!(model.skeleton("Rest", Skeleton::Full).unwrap(), json!({}));
    assert!(model.skeleton("Rung", Skeleton::Full).is_err());
}

/// The names in `$ref` anywhere in a schema.
fn references(schema: &Value, into: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "$ref" => {
                        into.insert(text["#/$defs/".len()..].to_owned());
                    }
                    member => references(member, into),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn all_operations_have_schemas_and_skeletons() {
    let client = unsigned().over(Replay::new());
    let mut count = 0;
    for service in client.introspect().services().unwrap() {
        let model = client.model(&service).unwrap();
        // the rest of the largest services is as these are
        for name in model.operation_names().take(60) {
            count += 1;
            for schema in [model.input_schema(name), model.output_schema(name)] {
                let schema = schema.unwrap();
                let mut found = BTreeSet::new();
                references(&schema, &mut found);
                let defined = schema["$defs"].as_object();
                let defined = defined
                    .into_iter()
                    .flat_map(|defined| defined.keys().cloned());
                assert_eq!(found, defined.collect(), "{service}.{name}");
            }
            for form in [Skeleton::Minimal, Skeleton::Full] {
                let skeleton = model.skeleton(name, form).unwrap();
                let valid = validate(&model, name, &skeleton);
                assert!(valid.is_ok(), "{service}.{name}: {valid:?}: {skeleton}");
            }
        }
    }
    assert!(count > 10_000, "{count}");
}
