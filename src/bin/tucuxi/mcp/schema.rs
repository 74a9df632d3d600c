//! Schemas that are cut: definitions that have no room are left out, and named.

use std::collections::{HashSet, VecDeque};

use serde_json::{Map, Value, json};

use super::part::length;

const REFERENCE: &str = "#/$defs/";

/// A schema of at most about `room` bytes. Definitions that the root needs first are kept first.
pub(super) fn within(schema: &Value, room: usize) -> Value {
    if length(schema) <= room {
        return schema.clone();
    }
    let mut root = schema.clone();
    let definitions = root
        .as_object_mut()
        .and_then(|root| root.shift_remove("$defs"));
    let Some(Value::Object(definitions)) = definitions else {
        return without_descriptions(root, room);
    };
    root = without_descriptions(root, room);
    let mut left = room.saturating_sub(length(&root));
    let (mut kept, mut omitted) = (Map::new(), Vec::new());
    let (mut wanted, mut seen) = (VecDeque::new(), HashSet::new());
    collect(&root, &mut wanted, &mut seen);
    while let Some(name) = wanted.pop_front() {
        let Some(definition) = definitions.get(&name) else {
            continue;
        };
        let needed = length(definition) + name.len() + 4;
        match left.checked_sub(needed) {
            Some(rest) => {
                left = rest;
                collect(definition, &mut wanted, &mut seen);
                kept.insert(name, definition.clone());
            }
            None => omitted.push(Value::from(name)),
        }
    }
    root["$defs"] = kept.into();
    if !omitted.is_empty() {
        root["omitted"] = omitted.into();
    }
    root
}

/// The part of a schema that is about these members.
pub(super) fn excerpt(schema: &Value, members: &HashSet<&str>, room: usize) -> Value {
    within(&of_members(schema, members), room)
}

/// The schema of one definition.
pub(super) fn of_shape(schema: &Value, name: &str) -> Option<Value> {
    let mut definition = schema["$defs"].get(name)?.clone();
    let needed = needed(&definition, &schema["$defs"]);
    definition["$defs"] = needed.into();
    Some(definition)
}

/// The definitions that a schema refers to, also by others.
fn needed(schema: &Value, definitions: &Value) -> Map<String, Value> {
    let mut needed = Map::new();
    let (mut wanted, mut seen) = (VecDeque::new(), HashSet::new());
    collect(schema, &mut wanted, &mut seen);
    while let Some(name) = wanted.pop_front() {
        if let Some(found) = definitions.get(&name) {
            collect(found, &mut wanted, &mut seen);
            needed.insert(name, found.clone());
        }
    }
    needed
}

/// The schema with these members alone, if it has any of them.
fn of_members(schema: &Value, names: &HashSet<&str>) -> Value {
    let mut schema = schema.clone();
    let Some(properties) = schema["properties"].as_object_mut() else {
        return schema;
    };
    if properties.keys().any(|name| names.contains(&**name)) {
        let others: Vec<&String> = properties
            .keys()
            .filter(|name| !names.contains(&***name))
            .collect();
        let others = json!(others);
        properties.retain(|name, _| names.contains(&**name));
        if others.as_array().is_some_and(|others| !others.is_empty()) {
            schema["other_members"] = others;
        }
        if let Some(definitions) = schema
            .as_object_mut()
            .and_then(|root| root.shift_remove("$defs"))
        {
            schema["$defs"] = needed(&schema, &definitions).into();
        }
    }
    schema
}

fn without_descriptions(mut schema: Value, room: usize) -> Value {
    if length(&schema) > room {
        for property in schema["properties"]
            .as_object_mut()
            .into_iter()
            .flat_map(Map::values_mut)
        {
            if let Some(property) = property.as_object_mut() {
                property.shift_remove("description");
            }
        }
    }
    schema
}

/// Adds the definitions that a schema refers to.
fn collect(schema: &Value, wanted: &mut VecDeque<String>, seen: &mut HashSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect(item, wanted, seen)),
        Value::Object(map) => {
            for (name, value) in map {
                match value.as_str().and_then(|text| text.strip_prefix(REFERENCE)) {
                    Some(target) if name == "$ref" => {
                        let target = target.replace("~1", "/").replace("~0", "~");
                        if seen.insert(target.clone()) {
                            wanted.push_back(target);
                        }
                    }
                    _ => collect(value, wanted, seen),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {"A": {"$ref": "#/$defs/One"}, "B": {"type": "string", "description": "x".repeat(100)}},
            "$defs": {
                "One": {"type": "array", "items": {"$ref": "#/$defs/Two"}},
                "Two": {"type": "object", "properties": {"Self": {"$ref": "#/$defs/One"}, "Text": {"type": "string"}}},
            },
        })
    }

    #[test]
    fn definitions_without_room_are_named() {
        let whole = schema();
        assert_eq!(within(&whole, 1000), whole);
        let some = within(&whole, 300);
        assert!(some["$defs"]["One"].is_object(), "{some}");
        assert_eq!(some["omitted"], json!(["Two"]));
        let none = within(&whole, 10);
        assert_eq!(none["omitted"], json!(["One"]));
        assert_eq!(none["properties"]["B"], json!({"type": "string"}));
    }

    #[test]
    fn a_shape_has_what_it_refers_to() {
        let shape = of_shape(&schema(), "Two").unwrap();
        assert_eq!(shape["$defs"].as_object().unwrap().len(), 2);
        assert_eq!(shape["properties"]["Text"], json!({"type": "string"}));
        assert_eq!(of_shape(&schema(), "Three"), None);
    }

    #[test]
    fn members_that_are_asked_for_are_kept() {
        let found = of_members(&schema(), &HashSet::from(["A"]));
        assert_eq!(found["properties"], json!({"A": {"$ref": "#/$defs/One"}}));
        assert_eq!(found["other_members"], json!(["B"]));
        assert_eq!(of_members(&schema(), &HashSet::from(["Z"])), schema());
    }
}
