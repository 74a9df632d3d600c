//! JSON Schemas of operations: they allow the requests and results of the oracle, and reject what a call rejects.

mod mutate;

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::Value;
use tucuxi::internals::validate;
use tucuxi::model::ServiceModel;
use tucuxi::transport::Replay;

use self::mutate::{Mutations, Random};
use crate::oracle::{Service, services_in};
use crate::suite::{Suite, Verdict, finish, folder, in_parallel};
use crate::support::client::{IntoClient, isolated};

/// How many requests are mutated, and how often each.
const MUTATED: usize = 200;
const MUTATIONS: usize = 20;

/// Every request is allowed, and so is every result.
#[test]
fn json_schema() {
    let Some(folder) = folder("oracle") else {
        return;
    };
    let services = services_in(&folder);
    let results = in_parallel(&services, whole);
    let mut requests = Suite::new("json schema");
    let mut outputs = Suite::new("json schema of results");
    for (one, other) in results {
        requests.add(one);
        outputs.add(other);
    }
    // spread over all services
    let rows: Vec<(&Service, &Value)> = (services.iter())
        .flat_map(|service| service.rows.iter().map(move |row| (service, row)))
        .filter(|(_, row)| row.get("params").is_some())
        .collect();
    let step = (rows.len() / MUTATED).max(1);
    let chosen: Vec<_> = rows.into_iter().step_by(step).take(MUTATED).collect();
    let mut rejected = Suite::new("json schema of mutated requests");
    for part in in_parallel(&chosen, |(service, row)| mutated(service, row)) {
        rejected.add(part);
    }
    finish([requests, outputs, rejected]);
}

/// A schema and the validation of a call judge alike, whether a mutated request is valid or not.
#[test]
fn json_schema_agrees_with_validation() {
    let Some(folder) = folder("oracle") else {
        return;
    };
    let services = services_in(&folder);
    let mut suite = Suite::new("json schema and validation");
    for part in in_parallel(&services, agreeing) {
        suite.add(part);
    }
    finish([suite]);
}

fn model(service: &Service) -> Arc<ServiceModel> {
    isolated().over(Replay::new()).model(&service.name).unwrap()
}

fn compiled(schema: tucuxi::Result<Value>) -> Result<Validator, String> {
    let schema = schema.map_err(|e| e.to_string())?;
    // the meta-schema is checked too
    let compiled = jsonschema::draft202012::new(&schema);
    compiled.map_err(|e| format!("the schema is invalid: {e}"))
}

/// Validators of a service, each compiled once.
struct Validators<'m> {
    model: &'m ServiceModel,
    inputs: HashMap<String, Result<Validator, String>>,
    outputs: HashMap<String, Result<Validator, String>>,
}

impl<'m> Validators<'m> {
    fn new(model: &'m ServiceModel) -> Self {
        let (inputs, outputs) = (HashMap::new(), HashMap::new());
        Self {
            model,
            inputs,
            outputs,
        }
    }

    fn input(&mut self, operation: &str) -> Result<&Validator, String> {
        let compile = || compiled(self.model.input_schema(operation));
        let found = self.inputs.entry(operation.into()).or_insert_with(compile);
        found.as_ref().map_err(Clone::clone)
    }

    fn output(&mut self, operation: &str) -> Result<&Validator, String> {
        let compile = || compiled(self.model.output_schema(operation));
        let found = self.outputs.entry(operation.into()).or_insert_with(compile);
        found.as_ref().map_err(Clone::clone)
    }
}

fn allowed(validator: Result<&Validator, String>, value: &Value) -> Verdict {
    let result = validator.and_then(|validator| {
        let result = validator.validate(value);
        result.map_err(|e| format!("{}: {e}", e.instance_path()))
    });
    match result {
        // such as the policies of IAM, which are text in the model
        Err(error) if error.ends_with("} is not of type \"string\"") => {
            Verdict::Skipped("a customisation parses the text of a member")
        }
        result => result.into(),
    }
}

/// The requests and results of a service.
fn whole(service: &Service) -> (Suite, Suite) {
    let model = model(service);
    let mut validators = Validators::new(&model);
    let (mut requests, mut outputs) = (Suite::new("requests"), Suite::new("outputs"));
    for row in &service.rows {
        let (id, operation) = (row["id"].as_str().unwrap(), row["op"].as_str().unwrap());
        if let Some(params) = row.get("params") {
            requests.case(id, || allowed(validators.input(operation), params));
        }
        if let Some(result) = row.get("result") {
            outputs.case(id, || allowed(validators.output(operation), result));
        }
    }
    (requests, outputs)
}

/// Mutations of a request that no schema may allow.
fn mutated(service: &Service, row: &Value) -> Suite {
    let mut suite = Suite::new("mutated");
    let model = model(service);
    let mut validators = Validators::new(&model);
    let (id, operation) = (row["id"].as_str().unwrap(), row["op"].as_str().unwrap());
    let mut random = Random::new(id);
    let mutations =
        Mutations::of(&model, operation, &row["params"]).invalid(MUTATIONS, &mut random);
    assert_eq!(mutations.len(), MUTATIONS, "{id}");
    for (n, (what, value)) in mutations.into_iter().enumerate() {
        suite.case(&format!("{id} {n}: {what}"), || {
            if validate(&model, operation, &value).is_ok() {
                return Verdict::Failed(format!("a call accepts it: {value}"));
            }
            match validators.input(operation) {
                Err(error) => Verdict::Failed(error),
                Ok(validator) if validator.is_valid(&value) => {
                    Verdict::Failed(format!("the schema allows it: {value}"))
                }
                Ok(_) => Verdict::Passed,
            }
        });
    }
    suite
}

/// Mutations of all requests of a service, valid ones among them.
fn agreeing(service: &Service) -> Suite {
    let mut suite = Suite::new("agreeing");
    let model = model(service);
    let mut validators = Validators::new(&model);
    for row in service
        .rows
        .iter()
        .filter(|row| row.get("params").is_some())
    {
        let (id, operation) = (row["id"].as_str().unwrap(), row["op"].as_str().unwrap());
        let mut random = Random::new(id);
        let mutations =
            Mutations::of(&model, operation, &row["params"]).any(MUTATIONS, &mut random);
        for (n, (what, value)) in mutations.into_iter().enumerate() {
            suite.case(&format!("{id} {n}: {what}"), || {
                let call = validate(&model, operation, &value);
                let schema = match validators.input(operation) {
                    Err(error) => return Verdict::Failed(error),
                    Ok(validator) => validator.validate(&value),
                };
                match (call, schema) {
                    (Ok(()), Ok(())) | (Err(_), Err(_)) => Verdict::Passed,
                    (Ok(()), Err(error)) => {
                        let path = error.instance_path();
                        Verdict::Failed(format!("only the schema rejects it: {path}: {error}"))
                    }
                    (Err(error), Ok(())) => {
                        Verdict::Failed(format!("only a call rejects it: {error}"))
                    }
                }
            });
        }
    }
    suite
}
