//! The data files that a Smithy model replaces: endpoint rules, paginators and waiters are traits in it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Smithy;
use super::operation::RawOperation;
use super::service::Paginated;
use crate::model::{ENDPOINT_RULES, EXAMPLES, Kind, PAGINATORS, ServiceModel, WAITERS};

/// The number of attempts of a waiter. Smithy leaves it to the program, and botocore's waiters have 40 as a rule.
const MAX_ATTEMPTS: u32 = 40;

/// The seconds between two attempts of a waiter that does not set them.
const MIN_DELAY: u64 = 2;

/// The longest delay of a waiter that does not set it, in seconds.
const MAX_DELAY: u64 = 120;

/// Returns a data file in the form of botocore's.
pub(super) fn file(
    dialect: &Smithy,
    model: &ServiceModel,
    kind: &str,
) -> Result<Option<String>, String> {
    Ok(match kind {
        ENDPOINT_RULES => {
            let service = dialect.raw(model)?;
            let forms = ["smithy.rules#endpointBdd", "smithy.rules#endpointRuleSet"];
            let rules = forms.iter().find_map(|id| service.text(id));
            rules.map(Into::into)
        }
        EXAMPLES => Some(json!({"examples": examples(dialect, model)?}).to_string()),
        PAGINATORS => Some(json!({"pagination": paginators(dialect, model)?}).to_string()),
        WAITERS => Some(json!({"waiters": waiters(dialect, model)?}).to_string()),
        _ => None,
    })
}

/// The operations with this trait: name and definition.
fn with<'m>(
    model: &'m ServiceModel,
    id: &'static str,
) -> impl Iterator<Item = Result<(&'m str, RawOperation<'m>), String>> {
    let operations = model.operations.all();
    let with = operations.filter(move |(_, text)| text.contains(id));
    with.map(|(name, text)| {
        let raw = serde_json::from_str(text).map_err(|e| format!("operation {name}: {e}"))?;
        Ok((name, raw))
    })
}

fn paginators(dialect: &Smithy, model: &ServiceModel) -> Result<Map<String, Value>, String> {
    let defaults = dialect.raw(model)?.paginated()?;
    let mut all = Map::new();
    for operation in with(model, "smithy.api#paginated") {
        let (name, raw) = operation?;
        let Some(own) = raw.traits.paginated else {
            continue;
        };
        let Paginated {
            input_token,
            output_token,
            items,
            page_size,
        } = own;
        let tokens = (
            input_token.or_else(|| defaults.input_token.clone()),
            output_token.or_else(|| defaults.output_token.clone()),
        );
        let (Some(input), Some(output)) = tokens else {
            return Err(format!("operation {name}: its pagination has no token"));
        };
        let items: Vec<String> = match items.or_else(|| defaults.items.clone()) {
            Some(path) => vec![path.into()],
            None => lists(model, name)?,
        };
        // pages without lists have no items, and the program is to repeat the call itself
        if items.is_empty() {
            continue;
        }
        let mut entry = Map::new();
        entry.insert("input_token".into(), (*input).into());
        entry.insert("output_token".into(), (*output).into());
        entry.insert("result_key".into(), items.into());
        if let Some(size) = page_size.or_else(|| defaults.page_size.clone()) {
            entry.insert("limit_key".into(), (*size).into());
        }
        all.insert(name.into(), entry.into());
    }
    Ok(all)
}

/// The lists at the top of an operation's output: the items of a pagination that does not name them.
fn lists(model: &ServiceModel, operation: &str) -> Result<Vec<String>, String> {
    let shape = |id| model.shape(id).map_err(|e| e.to_string());
    let operation = model.operation(operation).map_err(|e| e.to_string())?;
    let Some(output) = operation.output else {
        return Ok(Vec::new());
    };
    let mut lists = Vec::new();
    for member in shape(output)?.members().into_iter().flatten() {
        if matches!(shape(member.target)?.kind, Kind::List(_)) {
            lists.push(member.name.clone());
        }
    }
    Ok(lists)
}

#[derive(Deserialize)]
struct Example {
    title: String,
    documentation: Option<String>,
    input: Option<Value>,
    output: Option<Value>,
    error: Option<ExampleError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExampleError {
    shape_id: String,
    #[serde(default)]
    content: Map<String, Value>,
}

fn examples(dialect: &Smithy, model: &ServiceModel) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for operation in with(model, "smithy.api#examples") {
        let (operation, raw) = operation?;
        let Some(text) = raw.traits.examples else {
            continue;
        };
        let of = |e: String| format!("examples of {operation}: {e}");
        let list: Vec<Example> = serde_json::from_str(text.get()).map_err(|e| of(e.to_string()))?;
        let entry = |example: Example| -> Result<Value, String> {
            let error = example.error.map(|error| {
                let shape = dialect.find(model, &error.shape_id)?;
                let shape = model.shape_name(shape);
                Ok::<_, String>(json!({"shape": shape, "content": error.content}))
            });
            Ok(json!({
                "title": example.title,
                "description": example.documentation,
                "input": example.input.unwrap_or_else(|| Map::new().into()),
                "output": example.output,
                "error": error.transpose()?,
            }))
        };
        let list: Result<Vec<Value>, String> = list.into_iter().map(entry).collect();
        all.insert(operation.into(), list.map_err(of)?.into());
    }
    Ok(all)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Waiter {
    acceptors: Vec<Acceptor>,
    min_delay: Option<u64>,
    max_delay: Option<u64>,
}

#[derive(Deserialize)]
struct Acceptor {
    state: String,
    matcher: Matcher,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Matcher {
    Output(PathMatcher),
    InputOutput(PathMatcher),
    Success(bool),
    ErrorType(String),
}

#[derive(Deserialize)]
struct PathMatcher {
    path: String,
    expected: String,
    comparator: String,
}

fn waiters(dialect: &Smithy, model: &ServiceModel) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    for operation in with(model, "smithy.waiters#waitable") {
        let (operation, raw) = operation?;
        for (name, text) in raw
            .traits
            .waitable
            .into_iter()
            .flat_map(|waiters| waiters.0)
        {
            let of = |e: String| format!("waiter {name}: {e}");
            let raw: Waiter = serde_json::from_str(text.get()).map_err(|e| of(e.to_string()))?;
            let acceptors = (raw.acceptors.into_iter())
                .map(|acceptor| acceptor.entry(dialect, model))
                .collect::<Result<Vec<_>, _>>()
                .map_err(of)?;
            let delay = raw.min_delay.unwrap_or(MIN_DELAY);
            let waiter = json!({
                "operation": operation,
                "delay": delay,
                "maxDelay": raw.max_delay.unwrap_or(MAX_DELAY).max(delay),
                "maxAttempts": MAX_ATTEMPTS,
                "acceptors": acceptors,
            });
            all.insert(String::from(name), waiter);
        }
    }
    Ok(all)
}

impl Acceptor {
    fn entry(self, dialect: &Smithy, model: &ServiceModel) -> Result<Value, String> {
        let state = self.state;
        Ok(match self.matcher {
            Matcher::Output(path) => {
                let (matcher, expected) = path.comparison()?;
                json!({"state": state, "matcher": matcher, "argument": path.path, "expected": expected})
            }
            Matcher::InputOutput(path) => {
                let (matcher, expected) = path.comparison()?;
                json!({"state": state, "matcher": matcher, "argument": path.path, "expected": expected,
                    "scope": "inputOutput"})
            }
            Matcher::Success(is_success) => {
                json!({"state": state, "matcher": "error", "expected": !is_success})
            }
            Matcher::ErrorType(id) => {
                let shape = dialect.find(model, &id).ok();
                let shape = shape.and_then(|id| model.shape(id).ok());
                let code = shape.and_then(|shape| shape.error.as_ref()?.code.clone());
                let name = id.split_once('#').map_or(&*id, |(_, name)| name);
                let code = code.unwrap_or_else(|| name.to_owned());
                json!({"state": state, "matcher": "error", "expected": code})
            }
        })
    }
}

impl PathMatcher {
    /// The matcher and the expected value.
    fn comparison(&self) -> Result<(&'static str, Value), String> {
        Ok(match &*self.comparator {
            "stringEquals" => ("path", (*self.expected).into()),
            "booleanEquals" => match &*self.expected {
                "true" => ("path", true.into()),
                "false" => ("path", false.into()),
                other => return Err(format!("{other:?} is not a boolean")),
            },
            "allStringEquals" => ("pathAll", (*self.expected).into()),
            "anyStringEquals" => ("pathAny", (*self.expected).into()),
            other => return Err(format!("unknown comparator {other:?}")),
        })
    }
}
