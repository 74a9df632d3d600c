//! A service with one of each kind of entry that a definition can have.

use serde_json::{Value, json};
use tucuxi::model::Memory;

pub(crate) fn models() -> Memory {
    let waiters = json!({"version": 2, "waiters": {"FishGrown": {
        "operation": "DescribeFish", "delay": 5, "maxAttempts": 3,
        "acceptors": [{"matcher": "path", "argument": "Fish.Kind", "expected": "big", "state": "success"}],
    }}});
    let paginators = json!({"pagination": {"ListFish": {
        "input_token": "Token", "output_token": "Next", "limit_key": "Size", "result_key": "Fishes",
    }}});
    Memory::new()
        .with("pond/2024-01-01/service-2", model().to_string())
        .with("pond/2024-01-01/waiters-2", waiters.to_string())
        .with("pond/2024-01-01/paginators-1", paginators.to_string())
        .with("pond/2024-01-01/resources-1", resources().to_string())
}

fn structure(members: &[(&str, &str)]) -> Value {
    let members = members
        .iter()
        .map(|(name, shape)| ((*name).to_owned(), json!({"shape": shape})));
    json!({"type": "structure", "members": members.collect::<serde_json::Map<_, _>>()})
}

fn model() -> Value {
    let operations = [
        "CatchFish",
        "DescribeFish",
        "DescribePond",
        "DrainPond",
        "FeedFish",
        "HatchFish",
        "ListFish",
        "ListPonds",
    ];
    let operation = |name: &&str| {
        let http = json!({"method": "POST", "requestUri": "/"});
        let shapes = json!({"name": name, "http": http, "input": {"shape": "In"}, "output": {"shape": "Out"}});
        ((*name).to_owned(), shapes)
    };
    let list = |of: &str| json!({"type": "list", "member": {"shape": of}});
    json!({
        "metadata": {
            "apiVersion": "2024-01-01", "endpointPrefix": "pond", "protocol": "json", "serviceId": "Pond",
            "signatureVersion": "v4", "jsonVersion": "1.1", "targetPrefix": "Pond",
        },
        "operations": operations.iter().map(operation).collect::<serde_json::Map<_, _>>(),
        "shapes": {
            "In": structure(&[
                ("Name", "Text"), ("PondName", "Text"), ("Kinds", "Texts"), ("Filters", "Filters"), ("Deep", "Deep"),
                ("Entries", "Entries"), ("Token", "Text"), ("Size", "Text"), ("Count", "Number"), ("Wet", "Flag"),
            ]),
            "Out": structure(&[
                ("Fish", "Fish"), ("Fishes", "Fishes"), ("Ponds", "Texts"), ("Pond", "Pond"), ("Next", "Text"),
                ("Count", "Number"), ("Notes", "Notes"),
            ]),
            "Fish": structure(&[
                ("Name", "Text"), ("PondName", "Text"), ("Kind", "Text"), ("Feed", "Text"), ("Load", "Text"),
                ("Meta", "Text"), ("WaitUntilGrown", "Text"), ("Number", "Number"),
            ]),
            "Pond": structure(&[
                ("Name", "Text"), ("Depth", "Number"), ("Keeper", "Text"), ("Guest", "Text"), ("Eggs", "Fishes"),
            ]),
            "Filter": structure(&[("Name", "Text"), ("Values", "Texts")]),
            "Entry": structure(&[("Id", "Text"), ("Note", "Text")]),
            "Deep": structure(&[("Inner", "Text"), ("Values", "Texts")]),
            "Text": {"type": "string"}, "Number": {"type": "integer"}, "Flag": {"type": "boolean"},
            "Texts": list("Text"), "Filters": list("Filter"), "Entries": list("Entry"), "Fishes": list("Fish"),
            "Notes": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
        },
    })
}

/// A source of a parameter or an identifier.
fn from(target: &str, source: &str, name: &str) -> Value {
    let key = match source {
        "identifier" => "name",
        "data" | "requestParameter" | "response" => "path",
        _ => "value",
    };
    json!({"target": target, "source": source, key: name})
}

fn resources() -> Value {
    let of_pond = from("PondName", "identifier", "Name");
    let pond = from("Pond", "identifier", "Name");
    let fish = |path: &str| {
        json!({"type": "Fish", "path": path, "identifiers": [
        pond, from("Name", "response", &format!("{path}.Name"))]})
    };
    let of_fish = json!([
        from("PondName", "identifier", "Pond"),
        from("Name", "identifier", "Name")
    ]);
    let call = |operation: &str| json!({"operation": operation, "params": [of_pond]});
    json!({
        "service": {
            "actions": {
                "DigPond": {
                    "request": {"operation": "DrainPond"},
                    "resource": {"type": "Pond", "identifiers": [from("Name", "requestParameter", "Name")]},
                },
            },
            "has": {
                "Pool": {"resource": {"type": "Pond", "identifiers": [{"target": "Name", "source": "input"}]}},
            },
            "hasMany": {
                "Ponds": {
                    "request": {"operation": "ListPonds"},
                    "resource": {"type": "Pond", "identifiers": [from("Name", "response", "Ponds[]")]},
                },
            },
        },
        "resources": {
            "Pond": {
                "identifiers": [{"name": "Name"}],
                "shape": "Pond",
                "load": {"request": call("DescribePond"), "path": "Pond"},
                "actions": {
                    "Count": {"request": call("DrainPond"), "path": "Count"},
                    "Drain": {"request": {"operation": "DrainPond", "params": [
                        of_pond, from("Kinds[]", "string", "any"), from("Kinds[]", "string", "all"),
                        from("Filters[1].Values[0]", "identifier", "Name"), from("Deep.Inner", "data", "Keeper"),
                        {"target": "Count", "source": "integer", "value": 3},
                        {"target": "Wet", "source": "boolean", "value": true},
                        {"target": "Size", "source": "input"},
                    ]}},
                    "Fill": {"request": call("DrainPond"), "path": "$"},
                    "Hatch": {"request": call("HatchFish"), "resource": fish("Fish")},
                    "HatchMany": {"request": call("HatchFish"), "resource": fish("Fishes[]")},
                    "HatchNamed": {"request": call("HatchFish"), "resource": {"type": "Fish", "identifiers": [
                        from("Pond", "identifier", "Name"), from("Name", "response", "Fishes[?Kind == 'big'].Name")],
                        "path": "Fishes[?Kind == 'big']"}},
                    "HatchNoted": {"request": call("HatchFish"), "resource": {"type": "Fish", "path": "Notes",
                        "identifiers": [pond, from("Name", "response", "Notes.Name")]}},
                    "HatchNumber": {"request": call("HatchFish"), "resource": {"type": "Fish", "path": "Count",
                        "identifiers": [pond, from("Name", "response", "Fish.Name")]}},
                },
                "has": {
                    "Eggs": {"resource": {"type": "Fish", "path": "Eggs[]", "identifiers": [
                        pond, from("Name", "data", "Eggs[].Name")]}},
                    "Fish": {"resource": {"type": "Fish", "identifiers": [pond, {"target": "Name", "source": "input"}]}},
                    "Guest": {"resource": {"type": "Keeper", "identifiers": [from("Name", "data", "Guest")]}},
                    "Keeper": {"resource": {"type": "Keeper", "identifiers": [from("Name", "data", "Keeper")]}},
                },
                "hasMany": {
                    "Fishes": {
                        "request": {"operation": "ListFish", "params": [
                            of_pond, from("Kinds[]", "string", "any"), from("Deep.Inner", "string", "x"),
                        ]},
                        "resource": fish("Fishes[]"),
                    },
                    "Springs": {
                        "request": call("DrainPond"),
                        "resource": {"type": "Pond", "identifiers": [from("Name", "response", "Ponds[]")]},
                    },
                },
            },
            "Fish": {
                "identifiers": [{"name": "Pond", "memberName": "PondName"}, {"name": "Name"}],
                "shape": "Fish",
                "load": {"request": {"operation": "DescribeFish", "params": of_fish}, "path": "Fish"},
                "actions": {"Feed": {"request": {"operation": "FeedFish", "params": of_fish}}},
                "batchActions": {
                    "Catch": {"request": {"operation": "CatchFish", "params": [
                        from("PondName", "identifier", "Pond"), from("Kinds[]", "identifier", "Name"),
                        from("Entries[*].Id", "identifier", "Name"), from("Entries[*].Note", "data", "Kind"),
                    ]}},
                    "Rename": {"request": {"operation": "FeedFish", "params": [from("Kinds[]", "identifier", "Name")]},
                        "resource": {"type": "Keeper", "identifiers": [from("Name", "requestParameter", "Kinds[0]")]}},
                },
                "has": {"Pond": {"resource": {"type": "Pond", "identifiers": [from("Name", "identifier", "Pond")]}}},
                "waiters": {"Grown": {"waiterName": "FishGrown", "params": of_fish}},
            },
            "Keeper": {"identifiers": [{"name": "Name"}], "shape": "Filter"},
        },
    })
}
