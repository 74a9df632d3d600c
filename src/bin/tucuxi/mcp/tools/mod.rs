//! The tools.

mod answer;
mod arguments;
mod body;
mod call;
mod describe;
mod listing;
mod request;
mod search;

use serde_json::{Value, json};
use tucuxi::ServiceView;
use tucuxi::model::Operation;
use tucuxi::transport::CancelToken;

use self::arguments::Arguments;
pub(super) use self::request::Call;
pub(super) use self::search::summary;
use super::message::Fault;
use super::mistake::Mistake;
use super::version::Version;
use super::{Session, hints};

/// A tool: what `tools/list` says of it, and what runs it.
struct Tool {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The properties of its arguments.
    properties: fn(&Session) -> Value,
    required: &'static [&'static str],
    /// The properties of its result.
    result: fn() -> Value,
    annotations: fn(&Session) -> Value,
    run: fn(&Session, &Arguments<'_>, &CancelToken) -> Result<Value, Mistake>,
}

const TOOLS: [Tool; 3] = [search::TOOL, describe::TOOL, call::TOOL];

/// The annotations of tools that only read what is known here.
fn reads(_: &Session) -> Value {
    json!({"readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false})
}

/// The result of `tools/list`.
pub(super) fn list(session: &Session) -> Value {
    let tools = TOOLS.iter().map(|tool| {
        json!({
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": {
                "type": "object",
                "properties": (tool.properties)(session),
                "required": tool.required,
                "additionalProperties": false,
            },
            "outputSchema": {"type": "object", "properties": (tool.result)()},
            "annotations": (tool.annotations)(session),
        })
    });
    json!({"tools": tools.collect::<Vec<_>>()})
}

/// Runs a tool: `tools/call`.
pub(super) fn call(
    session: &Session,
    params: &Value,
    version: Version,
    cancel: &CancelToken,
) -> Result<Value, Fault> {
    let Some(name) = params["name"].as_str() else {
        return Err(Fault::params("\"name\" must be a string"));
    };
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        let known: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        let message = format!(
            "there is no tool {name:?}; the tools are {}",
            known.join(", ")
        );
        return Err(Fault::params(message));
    };
    let properties = (tool.properties)(session);
    let outcome = Arguments::read(&params["arguments"], &properties, tool.required)
        .and_then(|arguments| (tool.run)(session, &arguments, cancel));
    let (content, is_error) = match outcome {
        Ok(content) => (content, false),
        Err(Mistake { message, help }) => {
            let mut content = json!({"error": message});
            for (name, help) in help.as_object().into_iter().flatten() {
                content[name] = help.clone();
            }
            (content, true)
        }
    };
    let mut result = json!({
        "content": [{"type": "text", "text": content.to_string()}],
        "isError": is_error,
    });
    if version.has_structured_results() {
        result["structuredContent"] = content;
    }
    Ok(result)
}

/// The properties that name an operation.
fn operation_properties() -> Value {
    json!({
        "service": {"type": "string", "description": "The service, such as s3 or ec2"},
        "operation": {"type": "string", "description": "The operation, such as ListObjectsV2"},
    })
}

/// Finds the operation that the arguments name.
fn find(session: &Session, arguments: &Arguments<'_>) -> Result<(ServiceView, String), Mistake> {
    let (service, operation) = arguments.operation()?;
    let known = session.client.introspect();
    let view = known
        .service(&service)
        .map_err(|error| hints::unknown_service(session, error, &service))?;
    let found = match view.operation(&operation) {
        Ok(found) => found.name.clone(),
        Err(error) => return Err(hints::unknown_operation(session, error, &view, &operation)),
    };
    Ok((view, found))
}

/// Says what an operation does to the account, and whether it may be called.
fn access(session: &Session, service: &str, operation: &Operation) -> Value {
    let mut access = json!({"reads_only": operation.is_read_only()});
    if let Err(refused) = session.access.check(service, operation) {
        access["refused"] = refused.to_string().into();
    }
    access
}
