//! Models in Smithy's JSON AST: each loads, and its calls are those of the same service from botocore's model.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use tucuxi::model::{Kind, Member, Memory, Operation, ServiceModel, ShapeId};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

use crate::oracle::{Parts, services_in};
use crate::suite::{Suite, files, finish, folder, text};
use crate::support::client::IntoClient;

/// Every operation and every shape can be used, and so can the files that the model contains.
#[test]
fn smithy_models() {
    let Some(folder) = folder("smithy") else {
        return;
    };
    let mut suite = Suite::new("smithy models");
    for file in files(&folder, ".json.gz") {
        let name = name(&file);
        suite.case(&name, || whole(&name, &text(&file)).into());
    }
    finish([suite]);
}

/// The rows of the oracle, from the models in the Smithy dialect.
#[test]
fn oracle_smithy() {
    let (Some(folder), Some(oracle)) = (folder("smithy"), folder("oracle")) else {
        return;
    };
    let client = Config::builder().isolated().over(Replay::new());
    let mut ours = HashMap::new();
    for file in files(&folder, ".json.gz") {
        let text = text(&file);
        let model = ServiceModel::parse(&name(&file), &*text).unwrap();
        ours.insert(model.metadata().service_id.clone(), (model, text));
    }
    let mut models = HashMap::new();
    let mut services = Vec::new();
    for mut service in services_in(&oracle) {
        let botocore = client.model(&service.name).unwrap();
        let Some((model, text)) = ours.remove(&botocore.metadata().service_id) else {
            continue;
        };
        let inputs: HashMap<String, Value> = (service.rows.iter())
            .filter(|row| row["kind"] == "min")
            .map(|row| {
                (
                    row["op"].as_str().unwrap().to_owned(),
                    row["params"].clone(),
                )
            })
            .collect();
        let path = format!("{}/9999-12-31/service-2", service.name);
        service.models = Some(Memory::new().with(path, text));
        models.insert(service.name.clone(), (model, botocore, inputs));
        services.push(service);
    }
    Parts::finish("oracle smithy", &services, |service, row| {
        let (smithy, botocore, inputs) = &models[&service.name];
        let input = inputs.get(row["op"].as_str().unwrap());
        difference(smithy, botocore, input, row)
    });
}

/// The service and the version, as in the file's name.
fn name(file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.trim_end_matches(".json.gz").to_owned()
}

fn whole(name: &str, text: &str) -> Result<(), String> {
    let model = ServiceModel::parse(name, text).map_err(|e| e.to_string())?;
    for shape in model.shape_names() {
        let id = model.shape_id(shape).ok_or("a shape is not found")?;
        model.shape(id).map_err(|e| e.to_string())?;
    }
    let path = format!("{name}/1/service-2");
    let config = Config::builder().isolated().region("us-east-1").unsigned();
    let config = config.build().map_err(|e| e.to_string())?;
    let client = Client::with_models(config, Replay::new(), Memory::new().with(path, text));
    let client = client.map_err(|e| e.to_string())?;
    let view = client.introspect().service(name);
    let view = view.map_err(|e| e.to_string())?;
    for operation in view.operation_names() {
        view.describe(operation).map_err(|e| e.to_string())?;
        view.input_schema(operation).map_err(|e| e.to_string())?;
        view.output_schema(operation).map_err(|e| e.to_string())?;
        view.paginator(operation).map_err(|e| e.to_string())?;
        view.examples(operation).map_err(|e| e.to_string())?;
    }
    for waiter in view.waiters().map_err(|e| e.to_string())? {
        view.waiter(&waiter).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Why a row does not apply: the data is of botocore's model, which is newer than the Smithy model and differs from it.
fn difference(
    smithy: &ServiceModel,
    botocore: &ServiceModel,
    input: Option<&Value>,
    row: &Value,
) -> Option<&'static str> {
    if smithy.metadata().protocol != botocore.metadata().protocol {
        return Some("the models have different protocols");
    }
    let name = row["op"].as_str().unwrap();
    let newer = botocore.operation(name).unwrap();
    let Ok(older) = smithy.operation(name) else {
        return Some("the Smithy model lacks the operation");
    };
    let compared = |older: Option<ShapeId>, newer: Option<ShapeId>, value: &Value| {
        let both = Both { smithy, botocore };
        match older.zip(newer) {
            Some((older, newer)) => both.difference(older, newer, value),
            None if newer.is_some() => Some("the Smithy model lacks the input or the output"),
            None => None,
        }
    };
    let kind = row["kind"].as_str().unwrap();
    let sent = || input.and_then(|input| compared(older.input, newer.input, input));
    match kind {
        "response" => compared(older.output, newer.output, &row["result"]).or_else(sent),
        "error" => {
            let declares = |model: &ServiceModel, operation: &Operation, name: &str| {
                operation
                    .errors
                    .iter()
                    .any(|id| model.shape_name(*id) == name)
            };
            let is_lacking = row["modeled"].as_str().is_some_and(|name| {
                declares(botocore, newer, name) && !declares(smithy, older, name)
            });
            is_lacking
                .then_some("the Smithy model lacks the error")
                .or_else(sent)
        }
        _ if path(&older.uri) != path(&newer.uri) => Some("the models have different paths"),
        _ if checksum(older) != checksum(newer) => Some("the models have different checksums"),
        _ => compared(older.input, newer.input, &row["params"]),
    }
}

/// The path without the names of its labels, which are those of members in one dialect and on the wire in the other.
fn path(uri: &str) -> String {
    let mut parts = uri.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let (label, rest) = part.split_once('}').unwrap_or((part, ""));
        let greedy = if label.ends_with('+') { "+" } else { "" };
        format!("{path}{{{greedy}}}{rest}")
    })
}

/// The member that names the checksum's algorithm.
fn checksum(operation: &Operation) -> Option<&str> {
    let checksum = operation.http_checksum.as_ref()?;
    checksum.request_algorithm_member.as_deref()
}

struct Both<'m> {
    smithy: &'m ServiceModel,
    botocore: &'m ServiceModel,
}

impl Both<'_> {
    /// How the shapes of a value differ.
    fn difference(&self, older: ShapeId, newer: ShapeId, value: &Value) -> Option<&'static str> {
        let ids = (older, newer);
        let older = &self.smithy.shape(older).unwrap().kind;
        let newer = &self.botocore.shape(newer).unwrap().kind;
        let entry = |older: &Member, newer: &Member, value: &Value| {
            self.difference(older.target, newer.target, value)
        };
        match (older, newer, value) {
            (Kind::Structure(older), Kind::Structure(newer), Value::Object(given))
            | (Kind::Union(older), Kind::Union(newer), Value::Object(given)) => {
                let is_missing =
                    |member: &Member| member.required && !given.contains_key(&member.name);
                if older.iter().any(is_missing) {
                    return Some("the Smithy model requires a member that the row does not have");
                }
                given
                    .iter()
                    .find_map(|(name, value)| match (older.get(name), newer.get(name)) {
                        (None, Some(_)) => Some("the Smithy model lacks a member"),
                        (Some(older), Some(newer)) => entry(older, newer, value),
                        (_, None) => None,
                    })
            }
            // the events of a stream
            (Kind::Union(_), Kind::Union(_), Value::Array(events)) => events
                .iter()
                .find_map(|event| self.difference(ids.0, ids.1, event)),
            (Kind::List(older), Kind::List(newer), Value::Array(entries)) => {
                entries.iter().find_map(|value| entry(older, newer, value))
            }
            (
                Kind::Map { value: older, .. },
                Kind::Map { value: newer, .. },
                Value::Object(entries),
            ) => entries
                .values()
                .find_map(|value| entry(older, newer, value)),
            _ if older.name() != newer.name() => Some("the models have different types"),
            _ => None,
        }
    }
}
