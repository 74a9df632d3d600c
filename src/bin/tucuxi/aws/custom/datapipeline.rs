//! Data Pipeline: definitions in the form of the console, in place of the lists of fields that the service has.

use serde_json::{Map, Value, json};

use super::{Added, Custom, NONE, Params, first, one, option, pair};
use crate::aws::grammar::Takes;
use crate::aws::value::parse_json;

pub(super) const TABLE: &[Custom] = &[
    Custom {
        service: "datapipeline",
        operation: "activate-pipeline",
        added: &[
            one("parameter-values-uri", values_of_file),
            option("parameter-values", Takes::Some, inline_values),
        ],
        exclusive: VALUES,
        ..NONE
    },
    Custom {
        service: "datapipeline",
        operation: "get-pipeline-definition",
        result: Some(definition_of),
        ..NONE
    },
    Custom {
        service: "datapipeline",
        operation: "put-pipeline-definition",
        removed: &["pipeline-objects"],
        added: &[
            Added {
                name: "pipeline-definition",
                takes: Takes::One,
                required: true,
                put: definition,
            },
            one("parameter-objects", |params, values| {
                let objects = parameter_objects(&parse_json(first(values))?)?;
                insert(params, "parameterObjects", objects);
                Ok(())
            }),
            one("parameter-values-uri", values_of_file),
            option("parameter-values", Takes::Some, inline_values),
        ],
        exclusive: VALUES,
        ..NONE
    },
];

const VALUES: &[[&[&str]; 2]] = &[[&["parameter-values"], &["parameter-values-uri"]]];

fn definition(params: &mut Params, values: &[String]) -> Result<(), String> {
    let definition = parse_json(first(values))?;
    let objects = definition["objects"].as_array();
    let objects = objects.ok_or("the definition has no \"objects\"")?;
    let objects = objects.iter().map(|object| {
        let (id, fields) = with_fields(object)?;
        let name = object.get("name").unwrap_or(&id).clone();
        let fields = fields.into_iter().filter(|field| field["key"] != "name");
        Ok(json!({"id": id, "name": name, "fields": fields.collect::<Vec<_>>()}))
    });
    let objects = objects.collect::<Result<Vec<Value>, String>>()?;
    params.insert("pipelineObjects".into(), objects.into());
    let parameters = parameter_objects(&definition)?;
    insert(params, "parameterObjects", parameters);
    let values = parameter_values(definition.get("values"));
    insert(params, "parameterValues", values);
    Ok(())
}

fn insert(params: &mut Params, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        params.insert(name.into(), value);
    }
}

fn parameter_objects(definition: &Value) -> Result<Option<Value>, String> {
    let Some(parameters) = definition.get("parameters").and_then(Value::as_array) else {
        return Ok(None);
    };
    let parameters = parameters.iter().map(|parameter| {
        let (id, attributes) = with_fields(parameter)?;
        Ok(json!({"id": id, "attributes": attributes}))
    });
    let parameters = parameters.collect::<Result<Vec<Value>, String>>()?;
    Ok(Some(parameters.into()))
}

/// The id of an object, and its other members as fields, sorted by name.
fn with_fields(object: &Value) -> Result<(Value, Vec<Value>), String> {
    let members = object.as_object();
    let members = members.ok_or("the definition has an element that is no object")?;
    let id = members.get("id");
    let id = id.ok_or_else(|| format!("an element of the definition has no \"id\": {object}"))?;
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let others = sorted.into_iter().filter(|(name, _)| *name != "id");
    let fields = others.flat_map(|(name, value)| {
        each(value).map(move |value| match value.as_object() {
            Some(object) if object.len() == 1 && object.contains_key("ref") => {
                json!({"key": name, "refValue": object["ref"]})
            }
            _ => json!({"key": name, "stringValue": value}),
        })
    });
    Ok((id.clone(), fields.collect()))
}

/// The elements of a list, or the value itself.
fn each(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(list) => list.iter(),
        value => std::slice::from_ref(value).iter(),
    }
}

fn parameter_values(values: Option<&Value>) -> Option<Value> {
    let values = values?.as_object()?.iter();
    let values = values.flat_map(|(id, value)| {
        each(value).map(move |value| json!({"id": id, "stringValue": value}))
    });
    Some(values.collect::<Vec<Value>>().into())
}

fn values_of_file(params: &mut Params, values: &[String]) -> Result<(), String> {
    let definition = parse_json(first(values))?;
    let values = parameter_values(definition.get("values"));
    insert(params, "parameterValues", values);
    Ok(())
}

fn inline_values(params: &mut Params, values: &[String]) -> Result<(), String> {
    let pairs = values.iter().map(|text| pair(text));
    let pairs = pairs.collect::<Result<Vec<(&str, &str)>, String>>()?;
    // the values of a name that occurs more than once are together
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &pairs {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let sorted = names.iter().flat_map(|name| {
        let same = pairs.iter().filter(move |(of, _)| of == name);
        same.map(|(id, value)| json!({"id": id, "stringValue": value}))
    });
    params.insert(
        "parameterValues".into(),
        sorted.collect::<Vec<Value>>().into(),
    );
    Ok(())
}

/// Converts a definition of the service to the form of the console.
fn definition_of(mut result: Value) -> Value {
    let Value::Object(members) = &mut result else {
        return result;
    };
    let mut take = |name: &str| match members.shift_remove(name) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    };
    let of_service = [
        take("pipelineObjects"),
        take("parameterObjects"),
        take("parameterValues"),
    ];
    let [objects, parameters, values] = of_service;
    if let Some(objects) = objects {
        let objects = objects.iter().map(|object| {
            let mut converted = Map::new();
            converted.insert("id".into(), object["id"].clone());
            converted.insert("name".into(), object["name"].clone());
            collect(&mut converted, &object["fields"], "key");
            Value::Object(converted)
        });
        members.insert("objects".into(), objects.collect::<Vec<_>>().into());
    }
    if let Some(parameters) = parameters {
        let parameters = parameters.iter().map(|parameter| {
            let mut converted = Map::new();
            converted.insert("id".into(), parameter["id"].clone());
            collect(&mut converted, &parameter["attributes"], "key");
            Value::Object(converted)
        });
        members.insert("parameters".into(), parameters.collect::<Vec<_>>().into());
    }
    if let Some(values) = values {
        let mut converted = Map::new();
        collect(&mut converted, &values.into(), "id");
        members.insert("values".into(), converted.into());
    }
    result
}

/// Adds fields to an object; a name that occurs more than once gets a list.
fn collect(object: &mut Map<String, Value>, fields: &Value, name_of: &str) {
    for field in fields.as_array().into_iter().flatten() {
        let name = field[name_of].as_str().unwrap_or_default();
        let value = match field.get("stringValue") {
            Some(text) => text.clone(),
            None => json!({"ref": field["refValue"]}),
        };
        match object.get_mut(name) {
            None => {
                object.insert(name.into(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = vec![first.take(), value].into(),
        }
    }
}
